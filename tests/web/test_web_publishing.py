"""What people publish and move in the workbench reaches the lake; what they draft never does."""

from datetime import date

import pytest
from django.conf import settings
from django.urls import reverse
from web_world import BEFORE, CYCLE, HIDDEN_PREFIX, OWN, mark

from openpeel.lake import Lake
from openpeel.records.models import Addressed, Inspection, Response

pytestmark = pytest.mark.django_db


def rows(table: str, key: str) -> list[dict]:
    found = Lake(settings.OPENPEEL_LAKE).snapshot().table(table).to_pylist()
    return [row for row in found if row["inspection"] == key]


def test_no_table_of_any_vintage_holds_a_draft(world):
    lake = Lake(settings.OPENPEEL_LAKE)
    for entry in lake.snapshots():
        snapshot = lake.snapshot(entry.id)
        for table in snapshot.tables:
            assert HIDDEN_PREFIX not in str(snapshot.table(table).to_pylist()), (entry.id, table)


def test_a_move_is_in_the_lake_at_once(world):
    one = Addressed.objects.get(pk=world.sides[OWN].pk["finding"])
    given = {"owner": "DCI Example", "text": "", "version": one.version}
    url = reverse("finding-claim", args=[one.pk, "allocate"])
    assert world.browser("liaison").post(url, given).status_code == 302
    key = f"{OWN}.{BEFORE}"

    def stands():
        found = rows("judgment_findings", key)
        return [
            (r["claimed_state"], r["verified_state"])
            for r in found
            if r["kind"] == "recommendation"
        ]

    assert stands() == [("in-progress", "published")]
    one.refresh_from_db()
    picked = f"{reverse('findings-bulk')}?id={one.pk}.{one.version}"
    sent = {"move": "inspectorate.revisit"}
    assert world.browser("inspector").post(picked, sent).status_code == 302
    assert stands() == [("in-progress", "revisit")]
    one.refresh_from_db()
    url = reverse("finding-verify", args=[one.pk, "close"])
    letter = {"on": "2024-12-09", "letter_url": "https://example.org/l", "version": one.version}
    assert world.browser("moderator").post(url, letter).status_code == 302
    assert stands() == [("in-progress", "closed")]
    assert "DCI Example" not in str(rows("judgment_findings", key))


def test_a_response_is_in_the_lake_once_it_is_published(world):
    response = Response.objects.get(pk=world.sides[OWN].pk["response"])
    url = reverse("response-publish", args=[response.pk])
    given = {"on": date.today().isoformat(), "version": response.version}
    assert world.browser("body").post(url, given).status_code == 302
    found = rows("publication_responses", f"{OWN}.{BEFORE}")
    assert [r["part"] for r in found] == ["comments", "answer"]
    assert {r["text"] for r in found} == {mark("response", OWN)}


def test_an_accelerated_concern_is_in_the_lake_ahead_of_its_report_and_alone(world):
    draft = world.sides[OWN].pk["draft"]
    url, browser = reverse("finding-publish", args=[draft]), world.browser("publisher")
    given = {"on": "2026-01-05", "version": Addressed.objects.get(pk=draft).finding.version}
    assert browser.post(url, given | {"reason": ""}).status_code == 422
    assert browser.post(url, given | {"reason": "children"}).status_code == 302
    found = rows("judgment_findings", f"{OWN}.{CYCLE}")
    assert {(r["kind"], r["text"]) for r in found} == {
        ("accelerated_cause_of_concern", mark("draft", OWN)),
        ("recommendation", mark("draft", OWN)),
    }
    assert rows("judgments", f"{OWN}.{CYCLE}") == []


def test_what_was_taken_back_is_shown_to_the_inspectorate_alone(world):
    side = world.sides[OWN].pk
    url = reverse("retract", args=[side["published-inspection"]])
    version = Inspection.objects.get(pk=side["published-inspection"]).version
    given = {"on": date.today().isoformat(), "reason": "All wrong.", "version": version}
    assert world.browser("publisher").post(url, given).status_code == 302
    page, force = reverse("publication", args=[side["publication"]]), reverse("force", args=[OWN])
    for name, told in (("viewer", False), ("liaison", False), ("body", False), ("moderator", True)):
        shown = world.browser(name).get(page).content.decode()
        assert ("open reasons" in shown) == told, name
        assert ("Taken back" in shown) != told, name
        listed = world.browser(name).get(force).content.decode()
        assert (": Good" in listed) == (told and name != "viewer"), name
