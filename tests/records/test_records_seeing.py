"""Who sees what: by role and force, and nothing by guessing numbers."""

import pytest
from records_story import (
    ADA,
    ANN,
    ASK,
    BEN,
    FIVE,
    KEN,
    LIZ,
    MO,
    OPCC,
    PEOPLE,
    PILLARS,
    PUB,
    ROOT,
    VIC,
    bring,
    concern,
    grading,
    judgment,
    published,
    somebody,
    with_force,
)  # fmt: skip

from openpeel.errors import NotKnown
from openpeel.records import answering, following, judging, models
from openpeel.records.listing import clocks
from openpeel.records.models import (
    Action,
    Addressed,
    Answer,
    AuditEntry,
    BlindGrade,
    Evidence,
    Finding,
    GradeChange,
    Inspection,
    Judgment,
    Membership,
    Publication,
    Response,
    SelfAssessment,
    Submitted,
)
from openpeel.records.seeing import one, seen

pytestmark = pytest.mark.django_db
KINDS = [k for k in vars(models).values() if isinstance(k, type) and hasattr(k, "_meta")]
KINDS = [k for k in KINDS if not k._meta.abstract]


def who_sees(kind) -> set[str]:
    return {p.name for p in PEOPLE if seen(p, kind).exists()}


def test_somebody_without_a_role_sees_nothing(lake):
    published(lake)
    judging.raise_point(LIZ, judgment(with_force(PILLARS)).pk, "Wrong.")
    nobody = somebody("nobody", "no-such-role")
    assert [kind for kind in KINDS if seen(nobody, kind).exists()] == []


def test_a_draft_is_seen_by_the_inspectorate_alone():
    it = grading()
    bring(judgment(it), "agreed")
    concern(it)
    assert who_sees(Judgment) == {"ann", "mo", "pub"}
    assert who_sees(GradeChange) == {"ann", "mo", "pub"}
    assert who_sees(Finding) == who_sees(Addressed) == {"ann", "mo", "pub"}
    assert who_sees(Evidence) == {"ann", "mo", "ana"}
    # The force knows that it is inspected; its evidence and grades it does not see. Nor does
    # whoever brings signals see a grade, or a finding that is drafted.
    assert who_sees(Inspection) == {"ann", "mo", "pub", "ana", "liz"}


def test_a_draft_with_the_force_is_seen_by_that_force_too():
    it = with_force()
    assert who_sees(Judgment) == {"ann", "mo", "pub", "liz"}
    judging.check(ANN, judgment(it).pk)
    assert set(seen(LIZ, Judgment)) == set(it.judgments.exclude(question=ASK))


def test_what_is_published_is_seen_by_every_role_but_the_house(lake):
    published(lake)
    everyone = {p.name for p in PEOPLE} - {"ada", "ken"}
    for kind in (Inspection, Judgment, Finding, Addressed, Publication):
        assert who_sees(kind) == everyone, kind
    assert who_sees(AuditEntry) == {"ada"}
    assert who_sees(Membership) == set()


def test_a_correction_that_is_not_published_is_not_seen(lake):
    it = published(lake)
    judging.correct_grade(MO, judgment(it).pk, "adequate", "a slip")
    for outside in (VIC, LIZ, OPCC):
        assert list(seen(outside, Judgment)) == list(it.judgments.exclude(question=ASK))


def test_a_blind_grade_is_its_givers_until_two_are_in():
    it = judgment(grading())
    bring(it, "graded-once")
    assert who_sees(BlindGrade) == {"ann"}
    assert not seen(BEN, BlindGrade).exists()
    assert not seen(ROOT, BlindGrade).exists()
    judging.grade_blind(BEN, it.pk, "good", "as heard")
    assert who_sees(BlindGrade) == {"ann", "mo", "pub"}


def test_the_forces_side_is_its_own(lake):
    it = published(lake)
    to = Addressed.objects.get(finding__kind="cause_of_concern")
    following.add_action(LIZ, to.pk, "Train people", "DCI Example")
    assert who_sees(Action) == {"liz", "opcc"}
    mine = answering.assess_itself(LIZ, "cambridgeshire", FIVE, ASK, "We are quick.")
    assert who_sees(SelfAssessment) == {"liz"}
    assert who_sees(Submitted) == set()
    answering.submit_assessment(LIZ, mine.pk)
    assert who_sees(SelfAssessment) == {"liz"}
    assert who_sees(Submitted) == {"ann", "mo", "ana", "liz"}
    assert it.evidence.filter(kind="self-assessment").count() == 1


def test_a_response_is_its_bodys_own_until_it_is_published(lake):
    it = published(lake)
    response = it.publications.get().response
    everyone = {p.name for p in PEOPLE} - {"ada", "ken"}
    # Due or drafted: who sees the one and not the other knows which it is. The clock is public.
    assert who_sees(Response) == {"opcc"}
    assert {p.name for p in PEOPLE if response in clocks(p)} == everyone
    answering.draft_response(OPCC, response.pk, text="We accept.")
    to = Finding.objects.get(kind="recommendation")
    answering.answer_recommendation(OPCC, response.pk, to.pk, accepted=True, text="We will.")
    assert who_sees(Response) == who_sees(Answer) == {"opcc"}
    answering.publish_response(OPCC, response.pk, it.publications.get().published_on, lake)
    assert who_sees(Response) == who_sees(Answer) == everyone


def test_what_is_not_seen_is_answered_as_what_does_not_exist():
    it = grading()
    draft = concern(it)
    to = draft.addressed.get()
    one_of = judgment(it)
    tries = (
        lambda pk: judging.moderate(KEN, pk(one_of), "good", "x"),
        lambda pk: judging.advance(KEN, pk(it), "begin"),
        lambda pk: following.claim(KEN, pk(to), "offer"),
        lambda pk: following.claim(LIZ, pk(to), "offer"),  # a draft, also for its own force
        lambda pk: following.add_action(LIZ, pk(to), "x", "y"),
        lambda pk: following.publish_finding(VIC, pk(draft), it.created_at.date()),
        lambda pk: one(VIC, Judgment, pk(one_of)),
    )
    for attempt in tries:
        with pytest.raises(NotKnown) as there:
            attempt(lambda record: record.pk)
        with pytest.raises(NotKnown) as nowhere:
            attempt(lambda record: 987_654)
        assert str(nowhere.value).replace("987654", "N") in {
            str(there.value).replace(str(r.pk), "N") for r in (it, draft, to, one_of)
        }


def test_an_inspector_of_one_force_sees_no_other():
    grading()
    bring(judgment(grading(force="kent")), "agreed")
    mine = somebody("kai", "inspector", "kent")
    assert {i.force_id for i in seen(mine, Inspection)} == {"kent"}
    assert {e.inspection.force_id for e in seen(mine, Evidence)} == {"kent"}
    assert seen(mine, Judgment).count() == 2
    assert seen(PUB, Inspection).count() == 2
    assert not seen(ADA, Judgment).exists()
