"""Lists: a page at a time, or cut short in words; and what everybody may read."""

import re

import pytest
from django.urls import reverse

from openpeel.records.models import AuditEntry
from openpeel.web.views import findings, home, trail

ASKED = "?force=&kind=&verified=published"


@pytest.fixture
def tracker(world, monkeypatch):
    """Ask for a page of the tracker with one finding on each; its text."""
    monkeypatch.setattr(findings, "MOST", 1)
    browser = world.browser("inspector")

    def page(query: str) -> str:
        answer = browser.get(reverse("findings") + query)
        assert answer.status_code == 200
        return answer.content.decode()

    return page


def picked(page: str) -> list[str]:
    return re.findall(r'name="id" value="(\d+)\.', page)


def test_every_finding_is_on_one_page_and_the_pages_lead_on(tracker):
    page, found = tracker(ASKED), []
    count = int(re.search(r"<p>(\d+) findings?,", page)[1])
    assert count > 1
    while True:
        found += picked(page)
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        if not onward:
            break
        assert "verified=published" in onward[1]
        page = tracker(onward[1].replace("&amp;", "&"))
    assert len(found) == len(set(found)) == count
    assert f"Page {count} of {count}" in page


@pytest.mark.parametrize("asked", ["0", "-1", "x", "", "99999999999999999999"])
def test_a_page_that_there_is_not_is_one_that_there_is(tracker, asked):
    assert len(picked(tracker(f"{ASKED}&page={asked}"))) == 1


def test_a_download_holds_all_pages(world, monkeypatch):
    monkeypatch.setattr(findings, "MOST", 1)
    answer = world.browser("inspector").get(reverse("findings-csv") + ASKED)
    assert len(b"".join(answer.streaming_content).decode().splitlines()) > 2


def test_what_is_due_is_cut_short_only_in_words(world, monkeypatch):
    monkeypatch.setattr(home, "MOST", 1)
    page = world.browser("inspector").get(reverse("home")).content.decode()
    count = int(re.search(r"Due and overdue, the first 1 of (\d+)", page)[1])
    assert count > 1
    assert "To grade, unseen by others, the first 1 of 6" in page


def test_the_accessibility_statement_is_there_for_everybody(client, db):
    page = client.get(reverse("accessibility"))
    assert page.status_code == 200
    assert "WCAG 2.2" in page.content.decode()


def numbers(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'<th scope="row">(\d+)\s*</th>', page)]


def test_every_entry_of_the_trail_is_found_by_going_back(world, monkeypatch):
    monkeypatch.setattr(trail, "AT_ONCE", 40)
    browser, asked, found = world.browser("administrator"), "?action=judgment.", []
    last = AuditEntry.objects.order_by("-seq")[0].seq
    path = asked
    while path:
        page = browser.get(reverse("trail") + path).content.decode()
        found += numbers(page)
        assert ("The newest" in page) == ("before" in path)
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        path = onward[1].replace("&amp;", "&") if onward else ""
    fitting = AuditEntry.objects.filter(action__startswith="judgment.", seq__lte=last)
    assert len(found) > 2 * 40
    assert found == sorted(fitting.values_list("seq", flat=True), reverse=True)


def test_the_trail_is_looked_through_by_day_and_by_record(world):
    browser, url = world.browser("administrator"), reverse("trail")
    newest = AuditEntry.objects.order_by("-seq")[0]
    today = newest.at[:10]

    def count(**asked: str) -> int:
        page = browser.get(url, asked).content.decode()
        return int(re.search(r"<p>([\d,]+) entr(?:y|ies)\.</p>", page)[1].replace(",", ""))

    assert count(since=today, until=today, action="judgment.") > 100
    assert count(until="2020-01-01") == count(since="9999-12-31") == 0
    one = AuditEntry.objects.filter(subject__startswith="judgment:").order_by("seq")[0].subject
    assert count(subject=one) == AuditEntry.objects.filter(subject=one).count()
    assert count(subject="judgment") > count(subject=one)
