import csv
import io
import zipfile
from datetime import date, timedelta

import pytest
from records_story import (
    ADA,
    ANN,
    DAY,
    KEN,
    LIZ,
    MO,
    OPCC,
    PUB,
    ROOT,
    VIC,
    concern,
    grading,
    published,
)  # fmt: skip

from openpeel.errors import NotAllowed
from openpeel.records import answering, effects, exporting, following, publishing
from openpeel.records.listing import ageing, due, finding_rows, overdue
from openpeel.records.models import Addressed, AuditEntry

pytestmark = pytest.mark.django_db
TODAY = date(2024, 6, 20)


@pytest.fixture
def it(lake):
    return published(lake)


def recommendation() -> Addressed:
    return Addressed.objects.get(finding__kind="recommendation")


def test_rows_hold_published_findings_and_their_age(it):
    concern(grading(force="kent"))
    rows = finding_rows(VIC, today=TODAY)
    assert [r["kind"] for r in rows] == ["cause_of_concern", "recommendation", "notable_practice"]
    assert {(r["age_days"], r["age"]) for r in rows} == {(100, "3 to 6 months")}
    assert [r["overdue"] for r in rows] == [False, True, False]
    # A notable practice asks for nothing: it is not open.
    assert [r["open"] for r in rows] == [True, True, False]
    assert len(finding_rows(VIC, today=TODAY, open_only=True)) == 2
    assert ageing(rows)["3 to 6 months"] == sum(ageing(rows).values()) == 2
    assert finding_rows(KEN, today=TODAY) == finding_rows(ADA, today=TODAY) == []
    assert finding_rows(ROOT, "kent", today=TODAY) == []


def test_who_has_a_finding_is_told_to_the_force_and_to_inspectors(it):
    following.claim(LIZ, recommendation().pk, "allocate", owner="DCI Example")
    told = {p.name: {r["owner"] for r in finding_rows(p)} for p in (LIZ, OPCC, ANN, PUB, VIC)}
    assert told == {
        "liz": {"", "DCI Example"},
        "opcc": {"", "DCI Example"},
        "ann": {"", "DCI Example"},
        "pub": {""},
        "vic": {""},
    }


def test_a_closed_finding_ages_no_more(it):
    to = recommendation()
    following.verify(ANN, to.pk, "revisit")
    following.verify(MO, to.pk, "close", on=date(2024, 6, 1), letter_url="https://example.org/x")
    row = next(r for r in finding_rows(VIC, today=TODAY) if r["id"] == to.pk)
    assert (row["age_days"], row["overdue"]) == (81, False)
    assert to.pk not in {r["id"] for r in finding_rows(VIC, open_only=True)}


def test_what_was_closed_late_is_not_overdue_any_more(it):
    to = recommendation()
    following.verify(ANN, to.pk, "revisit")
    late = date(2024, 7, 1)
    assert to.due_on < late
    following.verify(MO, to.pk, "close", on=late, letter_url="https://example.org/x")
    (row,) = (r for r in finding_rows(VIC, today=late) if r["id"] == to.pk)
    assert (row["open"], row["overdue"]) == (False, False)


def test_a_thematic_recommendation_is_tracked_body_by_body(lake):
    made = following.draft_finding(ANN, "recommendation", "All.", bodies=["kent", "cambridgeshire"])
    publishing.publish_thematic(PUB, made.pk, DAY, lake)
    mine = made.addressed.get(force_id="cambridgeshire")
    following.claim(LIZ, mine.pk, "allocate", owner="DCI Example")
    rows = finding_rows(ANN, finding=made.pk)
    assert [(r["force"], r["claimed_state"]) for r in rows] == [
        ("kent", "not-allocated"),
        ("cambridgeshire", "in-progress"),
    ]


def test_what_is_due_and_overdue_is_listed_by_day(it):
    to = recommendation()
    following.add_action(LIZ, to.pk, "Train people", "DCI Example", date(2024, 7, 1))
    following.add_action(LIZ, to.pk, "Some day", "DCI Example")
    answering.make_request(ANN, it.pk, "data", "Waiting times", date(2024, 6, 30))
    found = due(LIZ, TODAY)
    assert [(d.kind, d.days) for d in found] == [
        ("response", -45),
        ("finding", -8),
        ("request", 10),
        ("action", 11),
    ]
    assert [d.kind for d in overdue(LIZ, TODAY)] == ["response", "finding"]
    assert [d.kind for d in due(ANN, TODAY)] == ["response", "finding", "request"]
    assert [d.kind for d in due(VIC, TODAY)] == ["response", "finding"]
    assert due(KEN, TODAY) == due(ADA, TODAY) == []


def test_the_last_day_itself_is_not_overdue(it):
    last = date(2024, 5, 6)
    assert [d.kind for d in overdue(VIC, last)] == []
    assert [d.kind for d in overdue(VIC, last + timedelta(days=1))] == ["response"]


def test_what_is_done_is_due_no_more(it, lake):
    response, to = it.publications.get().response, recommendation()
    answering.draft_response(OPCC, response.pk, text="Yes.")
    assert "response" in {d.kind for d in due(VIC, TODAY)}  # that it is drafted is not told
    answering.answer_recommendation(OPCC, response.pk, to.finding_id, accepted=True, text="Yes.")
    answering.publish_response(OPCC, response.pk, TODAY, lake)
    following.verify(ANN, to.pk, "revisit")
    following.verify(MO, to.pk, "close", on=TODAY, letter_url="https://example.org/x")
    assert due(VIC, TODAY) == []
    check = effects.plan_check(ANN, to.pk, "shoplifting-rate", date(2024, 6, 25))
    assert [d.kind for d in due(ANN, TODAY)] == ["check"]
    effects.record_check(ANN, check.pk, held_up=True, result="It held.")
    assert due(ANN, TODAY) == []


def test_a_retracted_report_is_not_waited_for(it, lake):
    publishing.retract(PUB, it.pk, DAY, "the wrong force", lake, publisher="demo")
    assert "response" not in {d.kind for d in due(VIC, TODAY)}


def test_an_export_holds_what_its_maker_sees_and_is_told(it):
    following.draft_finding(ANN, "afi", "A secret.", inspection=it.pk)
    rows = list(csv.DictReader(io.StringIO(exporting.findings_csv(VIC, today=TODAY))))
    assert rows[0]["kind_name"] == "Cause of concern"
    assert "A secret." not in {r["text"] for r in rows}
    told = AuditEntry.objects.latest("seq")
    assert (told.actor, told.action, told.subject) == ("vic", "read", "export:findings.csv")
    with pytest.raises(NotAllowed):
        exporting.findings_csv(ADA)
    with pytest.raises(NotAllowed):
        exporting.findings_csv(KEN, "cambridgeshire")


def test_no_text_becomes_a_formula_in_a_spreadsheet(lake):
    made = following.draft_finding(ANN, "afi", '=HYPERLINK("x")', bodies=["kent"])
    publishing.publish_thematic(PUB, made.pk, DAY, lake)
    (row,) = csv.DictReader(io.StringIO(exporting.findings_csv(VIC)))
    assert row["text"] == '\'=HYPERLINK("x")'


HOSTILE = 'Calls #include "x" <b>wait</b> $too$ *long* \\ @here `code` ]] é'


@pytest.fixture
def paper(it):
    to = recommendation()
    following.claim(LIZ, to.pk, "allocate", owner="DCI Example", text=HOSTILE)
    following.add_action(LIZ, to.pk, HOSTILE, "DCI Example", date(2024, 7, 1))
    return exporting.committee_paper(LIZ, "cambridgeshire", TODAY)


def test_a_committee_paper_tells_claims_and_verification_apart(paper):
    assert paper.title == "Cambridgeshire Constabulary: inspection findings and progress"
    assert exporting.NOT_OURS in paper.note
    assert {("Open findings", "2"), ("Notable practices", "1")} <= set(paper.summary)
    assert ("Overdue", "2") in paper.summary
    facts = dict(next(i for i in paper.items if i.heading == "Recommendation").facts)
    assert facts["The force claims"] == "in progress"
    assert facts["Verified"] == "published"
    assert facts["Published"] == "12 March 2024"
    assert facts["Cycle and question"].startswith("Made-up 2031: Answering")
    assert facts["The force last said"].endswith(HOSTILE)
    assert AuditEntry.objects.latest("seq").subject == "export:committee-paper"


def test_a_paper_shows_what_its_reader_may_see(paper):
    seen = exporting.committee_paper(VIC, "cambridgeshire", TODAY)
    facts = [dict(i.facts) for i in seen.items]
    assert not any("Actions not done" in f or "Who has it" in f for f in facts)
    with pytest.raises(NotAllowed):
        exporting.committee_paper(KEN, "cambridgeshire", TODAY)


def test_a_paper_as_a_word_document(paper):
    from docx import Document

    made = Document(io.BytesIO(exporting.as_docx(paper)))
    headings = [p.text for p in made.paragraphs if p.style.name.startswith(("Heading", "Title"))]
    assert headings[:3] == [paper.title, "Summary", "Due and overdue"]
    assert "Cause of concern" in headings
    cells = [c.text for t in made.tables for row in t.rows for c in row.cells]
    assert any(HOSTILE in c for c in cells)
    with zipfile.ZipFile(io.BytesIO(exporting.as_docx(paper))) as archive:
        assert archive.read("word/document.xml").count(b"tblHeader") == len(made.tables)


def test_a_paper_as_a_tagged_pdf(paper):
    made = exporting.as_pdf(paper)
    assert made.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in made
    assert b"pdfuaid" in made


def test_a_paper_of_a_force_without_findings(it):
    empty = exporting.committee_paper(ROOT, "kent", TODAY)
    assert empty.items == ()
    assert exporting.as_pdf(empty).startswith(b"%PDF-")
    assert exporting.as_docx(empty).startswith(b"PK")
