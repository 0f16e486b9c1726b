from datetime import date

import pytest
from records_story import (
    ALSO,
    ANN,
    ASK,
    BEN,
    CAT,
    FIVE,
    KEN,
    LIZ,
    MO,
    PILLARS,
    PUB,
    VIC,
    bring,
    concern,
    grading,
    judgment,
    planned,
    published,
    signed_off,
    with_force,
)  # fmt: skip

from openpeel.errors import (
    DefinitionError,
    FrameworkError,
    NotAllowed,
    NotComparable,
    NotKnown,
    Stale,
)
from openpeel.records import following, gathering, judging, weighing
from openpeel.records.fieldwork import set_fieldwork
from openpeel.records.models import AuditEntry, BlindGrade, GradeChange, Inspection, Judgment

pytestmark = pytest.mark.django_db


def test_an_inspection_has_a_judgment_for_all_that_its_cycle_grades():
    assert [j.question for j in planned().judgments.all()] == [ASK, ALSO]
    found = planned(PILLARS).judgments.all()
    assert [(j.scope, j.question) for j in found] == [
        ("pillar", "service"),
        ("question", ASK),
        ("question", ALSO),
    ]


def test_a_force_has_one_inspection_in_a_cycle_unless_it_was_withdrawn():
    it = planned()
    with pytest.raises(NotAllowed, match="already"):
        planned()
    with pytest.raises(DefinitionError, match="reason"):
        judging.advance(ANN, it.pk, "withdraw")
    judging.advance(ANN, it.pk, "withdraw", reason="the force merged")
    assert planned().pk != it.pk


def test_fieldwork_has_days_and_a_lead_until_the_inspection_is_published(lake):
    it = judging.plan(ANN, "kent", FIVE, begins=date(2031, 3, 3))
    assert (it.fieldwork_begins, it.fieldwork_ends, it.lead) == (date(2031, 3, 3), None, "ann")
    days = {"begins": date(2031, 3, 3), "ends": date(2031, 3, 14)}
    made = set_fieldwork(MO, it.pk, **days, lead=" ben ", version=it.version)
    assert (made.fieldwork_ends, made.lead) == (date(2031, 3, 14), "ben")
    told = AuditEntry.objects.latest("seq")
    assert (told.actor, told.action, told.force_id) == ("mo", "inspection.fieldwork", "kent")
    assert "2031-03-14" in told.detail
    with pytest.raises(Stale):
        set_fieldwork(ANN, it.pk, **days, lead="cat", version=it.version)
    for other in (PUB, LIZ):
        with pytest.raises((NotAllowed, NotKnown)):
            set_fieldwork(other, it.pk, **days, lead="cat")
    for wrong in ({"begins": date(2031, 3, 15)}, {"begins": None}):
        with pytest.raises(DefinitionError, match="ends on the day"):
            set_fieldwork(ANN, it.pk, **(days | wrong), lead="cat")
        with pytest.raises(DefinitionError, match="ends on the day"):
            judging.plan(ANN, "cumbria", FIVE, **(days | wrong))
    with pytest.raises(DefinitionError, match="who leads"):
        set_fieldwork(ANN, it.pk, **days, lead=" ")
    set_fieldwork(ANN, it.pk, begins=None, ends=None, lead="cat")
    over = published(lake)
    with pytest.raises(NotAllowed, match="'published'"):
        set_fieldwork(ANN, over.pk, **days, lead="cat")


@pytest.mark.parametrize("move", ["publish", "correct", "retract"])
def test_nothing_is_published_by_advancing(move, lake):
    it = published(lake) if move != "publish" else signed_off()
    with pytest.raises(NotAllowed, match="publishing"):
        judging.advance(PUB, it.pk, move, reason="because")


def test_two_people_grade_without_seeing_each_others_grade():
    it = judgment(grading())
    judging.grade_blind(ANN, it.pk, "good", "as seen")
    it.refresh_from_db()
    assert [g.grade for g in weighing.blind_grades(ANN, it)] == ["good"]
    for other in (BEN, MO, PUB):
        assert weighing.blind_grades(other, it) == []
    with pytest.raises(NotAllowed):
        weighing.blind_grades(LIZ, it)
    with pytest.raises(NotAllowed, match="somebody else"):
        judging.grade_blind(ANN, it.pk, "adequate", "on second thoughts")
    judging.grade_blind(BEN, it.pk, "adequate", "as heard")
    it.refresh_from_db()
    assert [g.grade for g in weighing.blind_grades(MO, it)] == ["good", "adequate"]
    with pytest.raises(NotAllowed, match="'graded-twice'"):
        judging.grade_blind(CAT, it.pk, "good", "me too")


def test_the_first_grade_cannot_be_guessed_from_anything_else():
    it, other = grading(), grading(force="kent")
    for one, grade in ((judgment(it), "good"), (judgment(other), "inadequate")):
        judging.grade_blind(ANN, one.pk, grade, "same words")
    assert weighing.agreement(BEN, FIVE) == weighing.Agreement(0, 0, None)
    rows = weighing.moderation_rows(MO, FIVE, ASK)
    assert [(r["grade"], r["reasons"], r["changes"]) for r in rows] == [("", "", [])] * 2
    told = AuditEntry.objects.filter(action="judgment.grade")
    assert len({e.detail for e in told}) == 1


def test_agreement_is_measured_over_what_both_have_graded():
    it = grading()
    for one, second in ((judgment(it), "good"), (judgment(it, ALSO), "inadequate")):
        judging.grade_blind(ANN, one.pk, "good", "a")
        judging.grade_blind(BEN, one.pk, second, "b")
    found = weighing.agreement(ANN, FIVE)
    # Cohen's weighted kappa of (good, good), (good, inadequate): no better than chance.
    assert (found.judgments, found.same, found.kappa) == (2, 1, 0)
    with pytest.raises(NotAllowed):
        weighing.agreement(VIC, FIVE)


def test_a_grade_that_the_cycle_does_not_have_is_refused():
    it = grading(PILLARS)
    with pytest.raises(FrameworkError, match="adequate"):
        judging.grade_blind(ANN, judgment(it).pk, "adequate", "because")
    with pytest.raises(FrameworkError, match="before it has a grade"):
        judging.grade_blind(ANN, judgment(it).pk, "not yet graded", "because")
    with pytest.raises(DefinitionError, match="reason"):
        judging.grade_blind(ANN, judgment(it).pk, "good", " ")
    assert not BlindGrade.objects.exists()


def test_grades_come_about_while_the_inspection_is_at_work():
    it = planned()
    with pytest.raises(NotAllowed, match="'planned'"):
        judging.grade_blind(ANN, judgment(it).pk, "good", "early")
    it = grading(force="kent")
    judging.advance(ANN, it.pk, "withdraw", reason="given up")
    with pytest.raises(NotAllowed, match="'withdrawn'"):
        judging.grade_blind(ANN, judgment(it).pk, "good", "late")


def test_the_consensus_is_recorded_by_one_who_graded():
    it = bring(judgment(grading()), "graded-twice")
    with pytest.raises(NotAllowed, match="one of the two"):
        judging.agree(CAT, it.pk, "good", "I say so")
    judging.agree(BEN, it.pk, "good", "we say so")
    it.refresh_from_db()
    assert (it.state, it.grade, it.reasons) == ("agreed", "good", "we say so")


def test_moderation_keeps_the_grade_before_the_grade_after_and_the_reason():
    it = bring(judgment(grading()), "agreed")
    with pytest.raises(NotAllowed, match="moderator"):
        judging.moderate(ANN, it.pk, "adequate", "elsewhere")
    judging.moderate(MO, it.pk, "adequate", "as in Kent")
    judging.moderate(MO, it.pk, "adequate", "looked at again")
    changes = [(c.step, c.before, c.after, c.by) for c in GradeChange.objects.order_by("pk")]
    assert changes == [
        ("agree", "", "good", "ann"),
        ("moderate", "good", "adequate", "mo"),
        ("moderate", "adequate", "adequate", "mo"),
    ]


def test_moderation_holds_all_forces_side_by_side_and_the_trail_is_told():
    bring(judgment(grading()), "agreed")
    bring(judgment(grading(force="kent")), "agreed", "inadequate")
    rows = weighing.moderation_rows(MO, FIVE, ASK)
    assert [(r["force"], r["grade"]) for r in rows] == [
        ("cambridgeshire", "good"),
        ("kent", "inadequate"),
    ]
    newest = AuditEntry.objects.latest("seq")
    assert (newest.action, newest.actor) == ("read", "mo")
    with pytest.raises(NotAllowed):
        weighing.moderation_rows(ANN, FIVE, ASK)


def test_the_second_writer_is_told_and_nothing_is_overwritten():
    it = bring(judgment(grading()), "agreed")
    judging.moderate(MO, it.pk, "adequate", "first", version=it.version)
    for write in (
        lambda: judging.moderate(MO, it.pk, "inadequate", "second", version=it.version),
        lambda: judging.send(ANN, it.pk, version=it.version),
        lambda: judging.reopen(MO, it.pk, "second", version=it.version),
    ):
        with pytest.raises(Stale, match="Nothing was overwritten"):
            write()
    it.refresh_from_db()
    assert (it.grade, it.state) == ("adequate", "moderated")


def test_the_force_checks_facts_of_its_own_draft_alone():
    it = judgment(with_force())
    point = judging.raise_point(LIZ, it.pk, "It was 41 of 79.")
    for stranger in (KEN, VIC):
        with pytest.raises(NotKnown):
            judging.raise_point(stranger, it.pk, "Me too.")
    with pytest.raises(NotAllowed, match="not decided"):
        judging.check(ANN, it.pk)
    with pytest.raises(DefinitionError, match="accepted or declined"):
        judging.decide_point(ANN, point.pk, "maybe", "who knows")
    judging.decide_point(ANN, point.pk, "accepted", "So it was.")
    judging.check(ANN, it.pk)
    with pytest.raises(NotKnown):  # it is no longer with the force
        judging.raise_point(LIZ, it.pk, "And another.")
    with pytest.raises(NotAllowed, match="'checked'"):
        judging.decide_point(ANN, point.pk, "declined", "after all")


def test_a_judgment_rests_on_evidence():
    it = judging.plan(ANN, "kent", FIVE)
    judging.advance(ANN, it.pk, "begin")
    judging.advance(ANN, it.pk, "grade")
    one = bring(judgment(it), "checked")
    with pytest.raises(NotAllowed, match="rests on evidence"):
        judging.sign_off(MO, one.pk)


def test_inadequate_of_five_asks_for_the_concern_or_a_reason():
    it = with_force(grade="inadequate")
    one, other = judgment(it), judgment(it, ALSO)
    for each in (one, other):
        judging.check(ANN, each.pk)
        with pytest.raises(NotAllowed, match="cause of concern"):
            judging.sign_off(MO, each.pk)
    made = concern(it)
    judging.sign_off(MO, one.pk)
    judging.sign_off(MO, other.pk, without_concern="It is the same concern.")
    following.withdraw_finding(ANN, made.pk, "not so")
    assert weighing.needs_concern(Judgment.objects.get(pk=one.pk))


def test_inadequate_of_four_asks_for_no_concern():
    it = grading(PILLARS)
    one = bring(judgment(it), "checked", "inadequate")
    judging.sign_off(MO, one.pk)


def test_a_pillar_is_judged_on_its_own_after_its_questions():
    it = grading(PILLARS)
    pillar = it.judgments.get(scope="pillar")
    bring(judgment(it), "agreed")
    with pytest.raises(NotAllowed, match="left: Recording"):
        judging.grade_blind(ANN, pillar.pk, "good", "early")
    bring(judgment(it, ALSO), "agreed", "requires improvement")
    assert [j.grade for j in weighing.under(pillar)] == ["good", "requires-improvement"]
    bring(pillar, "checked", "requires improvement")
    assert pillar.grade == "requires-improvement"
    assert len(weighing.evidence_of(pillar)) == 2
    with pytest.raises(NotAllowed, match="after its questions"):
        judging.sign_off(MO, pillar.pk)


def test_reopening_begins_a_new_blind_round():
    it = judgment(grading())
    bring(it, "agreed")
    with pytest.raises(DefinitionError, match="reason"):
        judging.reopen(MO, it.pk, "")
    judging.reopen(MO, it.pk, "new evidence")
    judging.grade_blind(ANN, it.pk, "inadequate", "anew")
    it.refresh_from_db()
    assert it.grade == ""
    assert weighing.blind_grades(BEN, it) == []
    assert [g.round for g in weighing.blind_grades(ANN, it)] == [2]


def test_evidence_is_pinned_as_it_stood_at_each_sign_off():
    it = with_force()
    one = judgment(it)
    judging.check(ANN, one.pk)
    judging.sign_off(MO, one.pk)
    judging.reopen(MO, one.pk, "a better talk")
    (evidence,) = it.evidence.filter(revisions__bearings__question=ASK)
    said = gathering.Said(text="They said otherwise.", vintage=9)
    gathering.revise_evidence(ANN, evidence.pk, said, [gathering.Bears(ASK, "against")], "better")
    bring(Judgment.objects.get(pk=one.pk), "checked")
    judging.sign_off(MO, one.pk)
    rounds = one.based_on.order_by("pk").values_list("round", "revision__number")
    assert list(rounds) == [(1, 1), (2, 2)]


def test_an_inspection_is_sent_and_signed_off_when_all_of_it_is():
    it = grading()
    bring(judgment(it), "agreed")
    with pytest.raises(NotAllowed, match="left: Recording"):
        judging.advance(ANN, it.pk, "send")
    bring(judgment(it, ALSO), "moderated")
    judging.send(ANN, judgment(it).pk)
    judging.advance(ANN, it.pk, "send")
    assert {judgment(it, ALSO).state, judgment(it).state} == {"with-force"}
    told = AuditEntry.objects.filter(action__endswith=".send").order_by("-seq")
    assert [e.action for e in told[:2]] == ["inspection.send", "judgment.send"]
    with pytest.raises(NotAllowed, match="left: Answering; Recording"):
        judging.advance(MO, it.pk, "sign-off")


def test_a_signed_off_inspection_can_go_back_to_gathering():
    it = signed_off()
    with pytest.raises(NotAllowed, match="'signed-off'"):
        judging.reopen(MO, judgment(it).pk, "a doubt")
    judging.advance(ANN, it.pk, "gather-more", reason="a doubt")
    judging.advance(ANN, it.pk, "grade")
    judging.reopen(MO, judgment(it).pk, "a doubt")
    assert judgment(it).state == "open"


def test_a_grade_is_carried_over_from_a_cycle_that_may_be_compared():
    it = judging.plan(ANN, "cumbria", "2018-19")
    judging.advance(ANN, it.pk, "begin")
    judging.advance(ANN, it.pk, "grade")
    one = it.judgments.filter(scope="question")[0]
    judging.carry_over(ANN, one.pk, "good", "2017", "low risk")
    one.refresh_from_db()
    assert (one.state, one.grade, one.result_status, one.carried_from) == (
        "agreed", "good", "carried-over", "2017",
    )  # fmt: skip
    assert weighing.blind_grades(ANN, one) == []
    made_up = judgment(grading())
    with pytest.raises((NotComparable, FrameworkError)):
        judging.carry_over(ANN, made_up.pk, "good", "2018-19", "low risk")


def test_what_was_published_is_corrected_by_a_moderator(lake):
    it = published(lake)
    with pytest.raises(NotAllowed, match="moderator"):
        judging.correct_grade(ANN, judgment(it).pk, "adequate", "a slip")
    judging.correct_grade(MO, judgment(it).pk, "adequate", "a slip")
    assert judgment(it).state == "corrected"
    assert Inspection.objects.get(pk=it.pk).state == "published"


def test_the_trail_does_not_tell_what_a_draft_says():
    it = with_force(grade="inadequate")
    one = judgment(it)
    point = judging.raise_point(LIZ, one.pk, "A secret point.")
    judging.decide_point(ANN, point.pk, "declined", "A secret decision.")
    judging.check(ANN, one.pk)
    judging.moderate(MO, one.pk, "outstanding", "A secret reason.")
    judging.reopen(MO, one.pk, "A secret doubt.")
    following.revise_finding(ANN, concern(it).pk, "A secret finding.")
    other = judgment(it, ALSO)
    judging.check(ANN, other.pk)
    judging.sign_off(MO, other.pk, without_concern="A secret excuse.")
    told = " ".join(e.detail for e in AuditEntry.objects.all())
    assert not [w for w in ("secret", "inadequate", "outstanding", "both say so") if w in told]
    # It knows each change of grade all the same.
    for change in GradeChange.objects.all():
        assert weighing.seal_of(change) in told
