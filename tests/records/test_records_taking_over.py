from datetime import date

import pytest
from records_story import ANN, PUB, ROOT

from openpeel.errors import DefinitionError, NotAllowed
from openpeel.lake import Lake
from openpeel.records import publishing, trail
from openpeel.records.clock import clock
from openpeel.records.demo import LAKE, make_demo
from openpeel.records.listing import finding_rows, overdue
from openpeel.records.models import BlindGrade, EvidenceRevision, Inspection, Judgment, Response
from openpeel.records.taking_over import take_over, take_over_findings

pytestmark = pytest.mark.django_db


def row(question: str, grade: str, source: str = "A report", **others) -> dict:
    return {
        "force_id": "cambridgeshire", "cycle": "2023-25", "scope": "question", "question": question,
        "grade": grade, "basis": "published", "status": "inspected", "published": "2024-03-12",
        "source_title": source, "source_url": "https://example.org/report", "note": "",
    } | others  # fmt: skip


def finding(kind: str, day: str, **others) -> dict:
    return {
        "force_id": "cambridgeshire", "cycle": "2023-25", "kind": kind, "date": day,
        "question": "managing-offenders", "summary": f"{kind} of {day}",
        "source_title": "A report", "source_url": "https://example.org/report",
    } | others  # fmt: skip


@pytest.fixture
def demo(tmp_path):
    """The founding case."""
    return make_demo(tmp_path)


def test_the_founding_case(demo):
    (concern,) = [
        r
        for r in finding_rows(ROOT, "cambridgeshire")
        if (r["kind"], r["cycle"]) == ("cause_of_concern", "2023-25")
    ]
    assert concern["verified_state"] == "closed"
    assert concern["closed_on"] == "2024-12-09"
    assert concern["claimed_state"] == "not-known"
    assert concern["published_on"] == "2024-03-12"
    response = Response.objects.get(publication__inspection__cycle="2023-25")
    assert response.last_day == clock(response.publication.published_on).last_day
    assert (str(response.last_day), response.state) == ("2024-05-06", "not-known")
    assert overdue(ROOT, date.today()) == []
    assert trail.verify().wrong == ()


def test_the_demo_has_the_published_grades_and_no_others(demo):
    grades = {
        j.question: j.grade
        for j in Judgment.objects.filter(inspection__cycle="2023-25").order_by("pk")
    }
    # HMICFRS, Cambridgeshire 2023-25, 12 March 2024: 1, 2, 2, 1 and 2 of the eight graded areas.
    assert sorted(grades.values()).count("inadequate") == 2
    assert grades["police-powers-and-public-treatment"] == "outstanding"
    assert grades["managing-offenders"] == "inadequate"
    assert Judgment.objects.filter(result_status="carried-over").exists()
    assert not BlindGrade.objects.exists()
    lake = Lake(demo.lake).snapshot()
    assert {r["publisher"] for r in lake.table("judgments").to_pylist()} == {"demo"}
    assert lake.rows("judgments") == Judgment.objects.count()


def test_a_demo_is_made_once_and_after_one_that_was_broken_off(tmp_path):
    (tmp_path / LAKE).mkdir()
    (tmp_path / LAKE / "half-done").touch()
    assert make_demo(tmp_path).inspections == Inspection.objects.count() == 3
    assert make_demo(tmp_path) is None


def test_sources_that_differ_in_a_grade_are_refused():
    rows = [row("managing-offenders", "inadequate"), row("managing-offenders", "good", "A blog")]
    with pytest.raises(DefinitionError, match="managing-offenders"):
        take_over(PUB, "cambridgeshire", "2023-25", rows, 1)
    assert not Inspection.objects.exists()


def test_sources_that_agree_are_all_evidence():
    rows = [row("managing-offenders", "inadequate", s) for s in ("A report", "A newspaper")]
    it = take_over(PUB, "cambridgeshire", "2023-25", rows, 7)
    assert [e.title for e in it.evidence.all()] == ["A report", "A newspaper"]
    assert set(EvidenceRevision.objects.values_list("vintage", flat=True)) == {7}


def test_what_is_inferred_is_not_taken_over():
    rows = [row("managing-offenders", "inadequate", basis="inferred")]
    with pytest.raises(DefinitionError, match="No published grade"):
        take_over(PUB, "cambridgeshire", "2023-25", rows, 1)


def test_a_closure_closes_one_cause_of_concern():
    it = take_over(PUB, "cambridgeshire", "2023-25", [row("managing-offenders", "inadequate")], 1)
    where = {("cambridgeshire", "2023-25"): it}
    closure = finding("cause_of_concern_closed", "2024-12-09")
    with pytest.raises(DefinitionError, match="finds 0"):
        take_over_findings(ROOT, [closure], where)
    twice = [finding("cause_of_concern", "2024-03-12", summary=s) for s in ("a", "b")]
    with pytest.raises(DefinitionError, match="finds 2"):
        take_over_findings(ROOT, [*twice, closure], where)


def test_a_row_without_a_whole_day_is_left_out():
    it = take_over(PUB, "cambridgeshire", "2023-25", [row("managing-offenders", "inadequate")], 1)
    where = {("cambridgeshire", "2023-25"): it}
    assert take_over_findings(ROOT, [finding("afi", "2024")], where) == []


def test_who_takes_over_and_only_once(tmp_path):
    rows = [row("managing-offenders", "inadequate")]
    with pytest.raises(NotAllowed, match="publisher"):
        take_over(ANN, "cambridgeshire", "2023-25", rows, 1)
    it = take_over(PUB, "cambridgeshire", "2023-25", rows, 1)
    with pytest.raises(NotAllowed, match="already"):
        take_over(PUB, "cambridgeshire", "2023-25", rows, 1)
    lake = Lake(tmp_path / "lake")
    made = publishing.publish_taken_over(PUB, it.pk, lake, publisher="demo")
    # No source gives the day: the clock cannot be told.
    assert (made.published_on, Response.objects.count()) == (None, 0)
    with pytest.raises(NotAllowed, match="not in the lake yet"):
        publishing.publish_taken_over(PUB, it.pk, lake, publisher="demo")
