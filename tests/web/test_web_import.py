"""A force's spreadsheet is taken over in steps: sent, mapped, tried, written; or not at all."""

import hashlib
import os
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from web_world import OTHER, OWN

from openpeel.records.models import Addressed
from openpeel.web import places

pytestmark = pytest.mark.django_db
GOOD = "Recommendation,Published,Status,Lead\nMend the roof,12/03/2024,In progress,A. Person\n"
BAD = GOOD + "Mend the door,sometime,In progress,A. Person\n,12/03/2024,Open,B\n"


def send(browser, content: str, force: str = OWN):
    file = SimpleUploadedFile("our list.csv", content.encode())
    return browser.post(reverse("findings-import"), {"force": force, "file": file})


def mapping(do: str) -> dict[str, str]:
    columns = {"text": "Recommendation", "published_on": "Published"}
    columns |= {"claimed_state": "Status", "owner": "Lead"}
    return {f"column_{field}": column for field, column in columns.items()} | {"do": do}


def test_it_is_tried_before_it_is_taken_over(world):
    browser = world.browser("liaison")
    page = send(browser, GOOD).url
    shown = browser.get(page).content.decode()
    assert "Mend the roof" in shown
    assert '<option value="Recommendation" selected>' in shown
    before = Addressed.objects.count()
    tried = browser.post(page, mapping("try"))
    assert "1 would be new" in tried.content.decode()
    assert Addressed.objects.count() == before
    assert browser.post(page, mapping("take")).status_code == 302
    made = Addressed.objects.get(finding__text="Mend the roof")
    assert (made.claimed_state, made.owner, made.force_id) == ("in-progress", "A. Person", OWN)
    assert "1 would be new" not in browser.post(page, mapping("try")).content.decode()


def test_each_row_that_cannot_be_taken_is_named_and_none_is(world):
    browser = world.browser("liaison")
    page = send(browser, BAD).url
    before = Addressed.objects.count()
    answer = browser.post(page, mapping("take"))
    told = answer.content.decode()
    assert answer.status_code == 422
    assert "Row 3" in told
    assert "Row 4" in told
    assert Addressed.objects.count() == before


def test_a_sheet_is_kept_for_a_day_apart_from_evidence(world):
    browser = world.browser("liaison")
    page = send(browser, GOOD).url
    waiting = places.folder() / "imports" / "files"
    kept = waiting / hashlib.sha256(GOOD.encode()).hexdigest()
    assert kept.is_file()
    assert not (places.folder() / "files" / kept.name).exists()
    os.utime(kept, (time.time() - 90_000,) * 2)
    send(browser, GOOD.replace("roof", "wall"))
    assert kept not in list(waiting.iterdir())
    gone = browser.get(page)
    assert gone.status_code == 400
    assert "send it again" in gone.content.decode()


def test_a_sheet_is_for_whoever_sent_it_and_their_force(world):
    browser = world.browser("liaison")
    page = send(browser, GOOD).url
    assert send(browser, GOOD, OTHER).status_code == 422
    for other in ("body", "inspector", "administrator"):
        assert world.browser(other).get(page).status_code == 403
    assert browser.get(page.replace("/import/", "/import/x")).status_code == 404


@pytest.mark.parametrize("content", ["", "only,a,head\n", "a,a\n1,2\n", "\0\0"])
def test_a_file_that_is_no_list_is_refused(world, content):
    assert send(world.browser("liaison"), content).status_code == 422


def test_a_column_that_is_needed_is_asked_for(world):
    browser = world.browser("liaison")
    page = send(browser, GOOD).url
    answer = browser.post(page, {"do": "take", "column_text": "Recommendation"})
    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()
