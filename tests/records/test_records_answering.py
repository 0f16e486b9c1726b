from datetime import date, timedelta
from io import BytesIO

import pytest
from records_story import (
    ALSO,
    ANN,
    ASK,
    DAY,
    FIVE,
    KEN,
    LIZ,
    MO,
    OPCC,
    PUB,
    VIC,
    grading,
    judgment,
    planned,
    published,
)  # fmt: skip

from openpeel.errors import DefinitionError, FrameworkError, LakeError, NotAllowed, NotKnown, Stale
from openpeel.lake import Lake
from openpeel.records import answering, following, gathering, publishing, weighing
from openpeel.records.files import keep
from openpeel.records.models import Evidence, Finding, Response, Submitted

pytestmark = pytest.mark.django_db
LAST = date(2024, 5, 6)


@pytest.fixture
def owed(lake) -> Response:
    return published(lake).publications.get().response


def todo() -> Finding:
    return Finding.objects.get(kind="recommendation")


def test_the_56_days_begin_with_publication(owed):
    assert (owed.state, owed.last_day, owed.force_id) == ("due", LAST, "cambridgeshire")


def test_every_recommendation_is_answered_before_it_is_published(owed, lake):
    with pytest.raises(DefinitionError, match="comments"):
        answering.draft_response(OPCC, owed.pk, text=" ")
    answering.draft_response(OPCC, owed.pk, text="We agree.", chief_officer="So do I.")
    with pytest.raises(NotAllowed, match="1 recommendations are not answered"):
        answering.publish_response(OPCC, owed.pk, LAST, lake)
    with pytest.raises(DefinitionError, match="why nothing"):
        answering.answer_recommendation(OPCC, owed.pk, todo().pk, accepted=False, text="")
    made = answering.answer_recommendation(
        OPCC, owed.pk, todo().pk, accepted=True, text="By summer."
    )
    answering.answer_recommendation(
        OPCC, owed.pk, todo().pk, accepted=True, text="By June.", version=made.version
    )
    with pytest.raises(Stale):
        answering.answer_recommendation(
            OPCC, owed.pk, todo().pk, accepted=False, text="No.", version=made.version
        )
    with pytest.raises(DefinitionError, match="of 12 March 2024"):
        answering.publish_response(OPCC, owed.pk, date(2024, 3, 11), lake)
    assert answering.publish_response(OPCC, owed.pk, LAST, lake).state == "published"
    with pytest.raises(NotAllowed, match="published"):
        answering.answer_recommendation(OPCC, owed.pk, todo().pk, accepted=False, text="No.")


def told(lake) -> list[dict]:
    snapshot, table = lake.snapshot(), "publication_responses"
    return snapshot.table(table).to_pylist() if snapshot.has(table) else []


def test_a_published_response_is_in_the_lake_with_what_it_answers(owed, lake):
    answering.draft_response(OPCC, owed.pk, text="We agree.", chief_officer="So do I.")
    answering.answer_recommendation(OPCC, owed.pk, todo().pk, accepted=False, text="It is done.")
    assert told(lake) == []
    with pytest.raises(DefinitionError, match="still to come"):
        answering.publish_response(OPCC, owed.pk, date.today() + timedelta(days=1), lake)
    answering.publish_response(OPCC, owed.pk, LAST, lake, "https://example.org/response")
    rows = told(lake)
    assert [(r["part"], r["recommendation"], r["accepted"], r["text"]) for r in rows] == [
        ("comments", "", "", "We agree."),
        ("chief-officer", "", "", "So do I."),
        ("answer", todo().text, "no", "It is done."),
    ]
    assert {(r["inspection"], r["published_on"], r["last_day"], r["source_url"]) for r in rows} == {
        (f"cambridgeshire.{FIVE}", "2024-05-06", "2024-05-06", "https://example.org/response")
    }
    it = owed.publication.inspection
    publishing.retract(PUB, it.pk, LAST, "the wrong force", lake, publisher="demo")
    assert told(lake) == []
    publishing.correct(PUB, it.pk, LAST, "the right one after all", lake, publisher="demo")
    assert told(lake) == rows


def test_a_response_is_not_published_where_the_lake_cannot_be_written(owed, lake, monkeypatch):
    answering.draft_response(OPCC, owed.pk, text="We agree.")
    answering.answer_recommendation(OPCC, owed.pk, todo().pk, accepted=True, text="Yes.")

    def broken(*_):
        raise LakeError("The lake is held by another commit.")

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "replace", broken)
        with pytest.raises(LakeError):
            answering.publish_response(OPCC, owed.pk, LAST, lake)
    owed.refresh_from_db()
    assert owed.state == "drafted"
    of = owed.publication.inspection_id
    publishing.retract(PUB, of, LAST, "the wrong force", lake, publisher="demo")
    with pytest.raises(NotAllowed, match="retracted"):
        answering.publish_response(OPCC, owed.pk, LAST, lake)


def test_the_clock_is_the_local_policing_bodys(owed):
    for other in (LIZ, ANN, MO, PUB, VIC, KEN):
        with pytest.raises(NotKnown):
            answering.draft_response(other, owed.pk, text="x")


def test_only_a_recommendation_of_the_report_is_answered(owed):
    practice = Finding.objects.get(kind="notable_practice")
    with pytest.raises(NotAllowed, match="no recommendation"):
        answering.answer_recommendation(OPCC, owed.pk, practice.pk, accepted=True, text="x")
    draft = following.draft_finding(
        ANN, "recommendation", "Later.", inspection=owed.publication.inspection_id
    )
    assert draft not in answering.recommendations(owed)
    with pytest.raises(NotKnown):
        answering.answer_recommendation(OPCC, owed.pk, draft.pk, accepted=True, text="x")


def test_a_thematic_report_is_answered_body_by_body(lake):
    made = following.draft_finding(
        ANN, "recommendation", "All forces should.", bodies=["Kent", "Cambridgeshire", "Kent"]
    )
    publishing.publish_thematic(PUB, made.pk, DAY, lake)
    owed = {r.force_id: r for r in Response.objects.all()}
    assert {f: r.last_day for f, r in owed.items()} == {"kent": LAST, "cambridgeshire": LAST}
    answering.draft_response(OPCC, owed["cambridgeshire"].pk, text="We agree.")
    with pytest.raises(NotKnown):
        answering.draft_response(OPCC, owed["kent"].pk, text="They agree.")
    answering.answer_recommendation(
        OPCC, owed["cambridgeshire"].pk, made.pk, accepted=True, text="Yes."
    )
    answering.publish_response(OPCC, owed["cambridgeshire"].pk, LAST, lake)
    assert [(r["inspection"], r["force_id"], r["text"]) for r in told(lake)] == [
        (f"thematic.{made.pk}", "cambridgeshire", "We agree."),
        (f"thematic.{made.pk}", "cambridgeshire", "Yes."),
    ]
    rows = lake.snapshot().table("judgment_findings").to_pylist()
    assert {(r["inspection"], r["force_id"]) for r in rows} == {
        (f"thematic.{made.pk}", "cambridgeshire"),
        (f"thematic.{made.pk}", "kent"),
    }


def test_a_request_is_asked_answered_returned_and_accepted(tmp_path):
    it = grading()
    made = answering.make_request(ANN, it.pk, "data", "Waiting times", date(2031, 3, 1))
    with pytest.raises(DefinitionError, match="neither"):
        answering.make_request(ANN, it.pk, "gossip", "x", DAY)
    with pytest.raises(NotAllowed):
        answering.move_request(ANN, made.pk, "answer", text="x")
    with pytest.raises(NotKnown):
        answering.move_request(KEN, made.pk, "answer", text="x")
    answering.move_request(LIZ, made.pk, "answer", text="Here.", version=made.version)
    with pytest.raises(DefinitionError, match="reason"):
        answering.move_request(ANN, made.pk, "return")
    answering.move_request(ANN, made.pk, "return", text="Of last year, please.")
    kept = keep(tmp_path, BytesIO(b"month,wait\n"), "../../wait.csv")
    done = answering.move_request(
        LIZ, made.pk, "answer", text="Here.", file=kept, file_name="../../wait.csv"
    )
    assert (done.file_name, done.sha256) == ("wait.csv", kept.sha256)
    for reader in (ANN, LIZ):
        _, place = answering.open_answer(reader, made.pk, tmp_path)
        assert place.read_bytes() == b"month,wait\n"
    other = grading(force="kent").evidence.first()
    with pytest.raises(DefinitionError, match="another inspection"):
        answering.move_request(ANN, made.pk, "accept", evidence=other.pk)
    answering.move_request(ANN, made.pk, "accept", evidence=it.evidence.first().pk)
    with pytest.raises(NotAllowed, match="'accepted'"):
        answering.move_request(ANN, made.pk, "withdraw", text="x")


def test_a_self_assessment_is_private_until_it_is_submitted():
    it = planned()
    made = answering.assess_itself(
        LIZ, "cambridgeshire", FIVE, ASK, "We are quick.", characteristic="quickly", gaps="Nights."
    )
    assert not Evidence.objects.filter(kind="self-assessment").exists()
    for other in (ANN, MO, OPCC, KEN):
        with pytest.raises(NotKnown):
            answering.submit_assessment(other, made.pk)
    answering.submit_assessment(LIZ, made.pk, stance="against", version=made.version)
    (evidence,) = it.evidence.filter(kind="self-assessment")
    assert (evidence.newest.text, evidence.newest.collected_by) == (
        "We are quick.\n\nGaps: Nights.",
        "liz",
    )
    assert [b.stance for b in evidence.newest.bearings.all()] == ["against"]
    assert evidence.newest in weighing.evidence_of(judgment(it))


def test_what_is_written_after_submitting_is_private_again():
    it = planned()
    made = answering.assess_itself(LIZ, "cambridgeshire", FIVE, ASK, "We are quick.")
    answering.submit_assessment(LIZ, made.pk)
    with pytest.raises(NotAllowed, match="'submitted'"):
        answering.submit_assessment(LIZ, made.pk)
    answering.assess_itself(LIZ, "cambridgeshire", FIVE, ASK, "We are slow.", assessment=made.pk)
    assert [r.text for r in it.evidence.get().revisions.all()] == ["We are quick."]
    answering.submit_assessment(LIZ, made.pk)
    assert [r.text for r in it.evidence.get().revisions.all()] == [
        "We are quick.",
        "We are slow.",
    ]
    assert [s.content["text"] for s in Submitted.objects.order_by("pk")] == [
        "We are quick.",
        "We are slow.",
    ]


def test_what_was_submitted_before_an_inspection_is_taken_in_when_it_is_planned():
    made = answering.assess_itself(LIZ, "cambridgeshire", FIVE, ASK, "We are quick.")
    answering.submit_assessment(LIZ, made.pk)
    assert planned(force="kent").evidence.count() == 0
    assert planned().evidence.get().kind == "self-assessment"


def test_a_self_assessment_is_of_the_own_force_and_what_the_cycle_has():
    with pytest.raises(NotAllowed):
        answering.assess_itself(LIZ, "Kent", FIVE, ASK, "They are slow.")
    with pytest.raises(FrameworkError):
        answering.assess_itself(LIZ, "cambridgeshire", FIVE, "nope", "x")
    with pytest.raises(DefinitionError, match="no characteristic"):
        answering.assess_itself(LIZ, "cambridgeshire", FIVE, ASK, "x", characteristic="nope")
    with pytest.raises(DefinitionError, match="confidence"):
        answering.assess_itself(LIZ, "cambridgeshire", FIVE, ASK, "x", confidence="sure")
    made = answering.assess_itself(LIZ, "cambridgeshire", FIVE, ASK, "x")
    with pytest.raises(DefinitionError, match="another characteristic"):
        answering.assess_itself(LIZ, "cambridgeshire", FIVE, ALSO, "x", assessment=made.pk)
    with pytest.raises(DefinitionError, match="for or against"):
        answering.submit_assessment(LIZ, made.pk, stance="maybe")


def test_no_inspector_adds_a_self_assessment_or_a_bare_signal():
    it = grading()
    for kind in ("self-assessment", "signal", "rumour"):
        with pytest.raises(DefinitionError, match="no kind"):
            gathering.add_evidence(
                ANN, it.pk, kind, "x", gathering.Said(text="x"), [gathering.Bears(ASK, "for")]
            )
