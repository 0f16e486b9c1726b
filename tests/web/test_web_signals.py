"""A signal goes from the risk view to an inspection, and is evidence for all who work on it."""

import re
from dataclasses import replace
from html import unescape

import pytest
from django.test import override_settings
from django.urls import reverse
from test_web_forms import ODD, fields_of
from web_world import CYCLE, actor, mark

from openpeel.records import gathering, judging
from openpeel.records.gathering import Bears, Said
from openpeel.records.models import AuditEntry, Evidence, Inspection
from openpeel.web.signals import risk_of, signal_facts

pytestmark = pytest.mark.django_db
FORCE = "northumbria"
"""The force that stands out in the crimes of the lake."""
ON = "preventing-crime"


@pytest.fixture
def lake(crime_lake):
    with override_settings(OPENPEEL_LAKE=str(crime_lake.root)):
        yield crime_lake


@pytest.fixture
def inspection() -> Inspection:
    """An inspection of that force that is being graded."""
    it = judging.plan(actor("inspector"), FORCE, CYCLE)
    judging.advance(actor("inspector"), it.pk, "begin")
    return judging.advance(actor("inspector"), it.pk, "grade")


def shown(world, who: str, name: str, *args, query: str = "") -> str:
    answer = world.browser(who).get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def first_link(world) -> str:
    page = shown(world, "analyst", "signals", FORCE)
    return re.findall(r'href="([^"]+/bring/)"', page)[0]


def bring(world, path: str, **given):
    browser = world.browser("analyst")
    page = browser.get(path).content.decode()
    (read_at,) = re.findall(r'name="read_at" value="(\d+)"', page)
    return browser.post(path, {"read_at": read_at, "bears_against": ON, **given})


def test_who_may_bring_a_signal_is_offered_it_and_others_are_not(world, lake, inspection):
    assert "Bring it to an inspection" in shown(world, "analyst", "signals", FORCE)
    path = first_link(world)
    for who in ("moderator", "publisher"):
        assert "Bring it" not in shown(world, who, "signals", FORCE)
        assert world.browser(who).get(path).status_code == 403
    for who in ("inspector", "liaison"):
        assert world.browser(who).get(reverse("signals", args=[FORCE])).status_code == 403


def test_where_no_inspection_takes_evidence_nothing_is_offered(world, lake):
    page = shown(world, "analyst", "signals", FORCE)
    assert "Bring it to an inspection" not in page
    assert "No inspection of the force takes evidence now." in page
    assert "takes evidence" not in shown(world, "moderator", "signals", FORCE)


def test_a_signal_that_was_brought_is_evidence_that_graders_see(world, lake, inspection):
    answer = bring(world, first_link(world), note="In the first half of 2025.")
    assert answer.status_code == 302
    made = Evidence.objects.latest("pk")
    assert made.newest.vintage == lake.snapshot().id
    newest = AuditEntry.objects.filter(action="evidence.add").latest("seq")
    assert (newest.actor, newest.role) == ("analyst", "analyst")
    page = shown(world, "inspector", "evidence", made.pk)
    for told in ("Held against", "Expected false among such (q)", "In the first half of 2025."):
        assert told in page
    assert f"<dd>{made.newest.vintage}</dd>" in re.sub(r"\s*\n\s*", "", page)
    assert "{" not in page
    judgment = inspection.judgments.get(question=ON)
    for who in ("inspector", "moderator"):
        assert made.title in shown(world, who, "inspection", inspection.pk)
        assert made.title in shown(world, who, "judgment", judgment.pk)


def test_what_a_signal_bears_on_is_said_anew_and_what_it_said_stays(world, lake, inspection):
    bring(world, first_link(world))
    made = Evidence.objects.latest("pk")
    path = reverse("evidence-revise", args=[made.pk])
    browser = world.browser("inspector")
    page = browser.get(path).content.decode()
    assert 'name="words"' not in page
    (version,) = re.findall(r'name="version" value="(\d+)"', page)
    answer = browser.post(path, {"version": version, "bears_for": ON, "reason": "so it is meant"})
    assert answer.status_code == 302
    assert [r.text for r in made.revisions.all()] == [made.newest.text] * 2
    assert [b.stance for b in made.newest.bearings.all()] == ["for"]


def test_the_same_signal_is_not_brought_twice(world, lake, inspection):
    path = first_link(world)
    assert bring(world, path).status_code == 302
    again = bring(world, path, note="Once more.")
    assert again.status_code == 422
    assert "brought to this inspection already" in again.content.decode()
    assert "Once more." in again.content.decode()


def test_the_inspection_is_picked_where_several_take_evidence(world, lake, inspection):
    path = first_link(world)
    other = judging.plan(actor("inspector"), FORCE, "2023-25")
    page = world.browser("analyst").get(path).content.decode()
    assert f"?inspection={inspection.pk}" in page
    assert bring(world, f"{path}?inspection={other.pk}", bears_against=[]).status_code == 302
    assert other.evidence.count() == 1
    assert inspection.evidence.count() == 0


def test_a_lake_that_has_moved_on_is_said_in_words(world, lake, inspection, tmp_path):
    path = first_link(world)
    answer = bring(world, path, read_at="999")
    assert answer.status_code == 422
    assert "moved on to snapshot" in answer.content.decode()
    with override_settings(OPENPEEL_LAKE=str(tmp_path / "none")):
        gone = world.browser("analyst").get(path)
    assert gone.status_code == 409
    assert "holds this signal no more" in gone.content.decode()
    assert not inspection.evidence.exists()


@pytest.mark.parametrize("odd", ODD)
def test_nothing_that_is_typed_breaks_the_form(world, lake, inspection, odd):
    path, browser = first_link(world), world.browser("analyst")
    fields = fields_of(browser.get(path).content.decode())
    for typed in (dict.fromkeys([*fields, "read_at"], odd), {"read_at": odd}):
        assert browser.post(f"{path}?inspection={odd}", typed).status_code in (302, 422)


def test_somebody_who_reads_evidence_alone_sees_no_draft_of_a_judgment(world, inspection):
    side = world.sides["cambridgeshire"]
    page = shown(world, "analyst", "inspection", side.pk["inspection"])
    assert mark("title", "cambridgeshire") in page
    hidden = ("Grade</th>", ">Agreed<", "Blind grades", mark("draft", "cambridgeshire"))
    assert not [w for w in hidden if w in page]
    assert [w in shown(world, "inspector", "inspection", side.pk["inspection"]) for w in hidden]


def test_a_signals_numbers_are_told_also_of_an_indicator_that_is_defined_no_more(lake):
    from dataclasses import asdict

    signal = next(iter(risk_of(FORCE, str(lake.root)).signals.values()))
    told = dict(signal_facts(asdict(replace(signal, indicator="gone", usual=None))))
    assert told["Indicator"] == "gone"
    assert "Held against" not in told


def test_a_file_that_was_sent_with_what_is_refused_is_not_kept(world, inspection):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from openpeel.records.files import all_kept
    from openpeel.web import places

    before = set(all_kept(places.folder()))
    sent = {"kind": "document", "title": "A file", "confidence": "high", "as_of": "2024-02-01"}
    path, browser = reverse("evidence-add", args=[inspection.pk]), world.browser("inspector")

    def send(until: str):
        file = SimpleUploadedFile("plan.txt", b"what somebody planned")
        return browser.post(path, {**sent, "as_of_end": until, "file": file})

    assert send("2024-01-01").status_code == 422
    assert set(all_kept(places.folder())) == before
    assert send("2024-03-01").status_code == 302
    assert len(set(all_kept(places.folder())) - before) == 1
    # What is refused later takes nothing away from what was kept before.
    assert send("2024-01-01").status_code == 422
    assert len(set(all_kept(places.folder())) - before) == 1


def test_a_piece_of_evidence_that_was_added_is_no_signal(world, inspection):
    bears = [Bears(ON, "for")]
    by = actor("inspector")
    made = gathering.add_evidence(by, inspection.pk, "data", "T", Said(text="{}"), bears)
    assert "{}" in shown(world, "inspector", "evidence", made.pk)
