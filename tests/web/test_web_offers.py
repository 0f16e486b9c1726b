"""What a page offers is what the records would allow now, and what comes next is offered first."""

import re
from datetime import date
from html import unescape

import pytest
from django.conf import settings
from django.urls import reverse
from web_world import BEFORE, CYCLE, OWN, actor, mark

from openpeel.lake import Lake
from openpeel.records import following, gathering, judging, publishing, weighing
from openpeel.records.gathering import Bears, Said
from openpeel.records.models import Evidence, Inspection, Judgment

pytestmark = pytest.mark.django_db
FORCE = "essex"
ANN, BEN, MO = actor("inspector"), actor("colleague"), actor("moderator")
ON = "preventing-crime"


@pytest.fixture
def gathering_on() -> Inspection:
    """An inspection for which evidence is gathered."""
    return judging.advance(ANN, judging.plan(ANN, FORCE, CYCLE).pk, "begin")


@pytest.fixture
def graded_on(gathering_on) -> Inspection:
    return judging.advance(ANN, gathering_on.pk, "grade")


def shown(world, who: str, name: str, *args) -> str:
    answer = world.browser(who).get(reverse(name, args=args))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def offered(world, who: str, name: str, *args) -> list[str]:
    """The words on the buttons of a page, in their order."""
    return re.findall(r'class="button[^"]*" href="[^"]*">([^<]*)<', shown(world, who, name, *args))


def agree(it: Judgment) -> None:
    for who in (ANN, BEN):
        judging.grade_blind(who, it.pk, "good", "as seen")
    judging.agree(ANN, it.pk, "good", "as seen")


def gather(it: Inspection) -> Evidence:
    """Evidence that bears on all that is judged."""
    bears = [Bears(j.question, "against") for j in it.judgments.all()]
    return gathering.add_evidence(ANN, it.pk, "interview", "A talk", Said(text="So."), bears)


def sign_off(it: Inspection) -> None:
    for one in it.judgments.all():
        agree(one)
        judging.send(ANN, one.pk)
        judging.check(ANN, one.pk)
        judging.sign_off(MO, one.pk)
    judging.advance(MO, it.pk, "send")
    judging.advance(MO, it.pk, "sign-off")


def test_drafts_are_sent_and_all_is_signed_off_once_every_judgment_is_there(world, graded_on):
    page = ("inspection", graded_on.pk)
    send, sign_off = "Send the drafts to the force", "Sign the inspection off"
    assert offered(world, "moderator", *page)[0] != send
    assert "Not every judgment is agreed yet; left: " in shown(world, "moderator", *page)
    for it in graded_on.judgments.all():
        agree(it)
    assert offered(world, "moderator", *page)[0] == send
    assert offered(world, "moderator", *page)[-2:] == [
        "Gather more evidence",
        "Give the inspection up",
    ]
    judging.advance(ANN, graded_on.pk, "send")
    assert sign_off not in offered(world, "moderator", *page)
    assert "Not every judgment is signed off yet; left: " in shown(world, "moderator", *page)


def test_evidence_is_added_as_long_as_the_inspection_takes_it(world, graded_on):
    page, add = ("inspection", graded_on.pk), "Add evidence"
    evidence = gather(graded_on)
    assert add in offered(world, "inspector", *page)
    assert offered(world, "inspector", "evidence", evidence.pk) == ["Say it anew", "Withdraw it"]
    sign_off(graded_on)
    assert add not in offered(world, "inspector", *page)
    assert offered(world, "inspector", "evidence", evidence.pk) == []


def test_what_a_judgment_rests_on_is_not_offered_to_be_withdrawn(world):
    pk = world.sides[OWN].pk["evidence"]
    assert offered(world, "inspector", "evidence", pk) == ["Say it anew"]


def test_a_sample_says_how_many_it_was_drawn_from(world, gathering_on):
    said, bears = Said(text="Looked at."), [Bears(ON, "for")]
    made = gathering.add_evidence(ANN, gathering_on.pk, "file-audit", "Files", said, bears)
    assert offered(world, "inspector", "evidence", made.pk)[0] == "Put in the sample's result"
    gathering.add_file_audit(
        ANN,
        made.newest.pk,
        stage="charge",
        test="in time",
        how_drawn="every tenth",
        drawn_from=500,
        looked_at=50,
        met=41,
    )
    page = shown(world, "inspector", "evidence", made.pk)
    assert "41 of 50 files, of 500, met the test: in time" in page
    assert "Put in the sample's result" not in page


def test_a_question_is_graded_while_the_inspection_is_graded(world, gathering_on):
    it = gathering_on.judgments.get(question=ON)
    assert offered(world, "inspector", "judgment", it.pk) == []
    assert "The inspection is 'gathering'" in shown(world, "inspector", "judgment", it.pk)
    judging.advance(ANN, gathering_on.pk, "grade")
    assert offered(world, "inspector", "judgment", it.pk) == ["Grade it"]


def test_whoever_has_graded_is_told_that_somebody_else_is_needed(world, graded_on):
    it = graded_on.judgments.get(question=ON)
    judging.grade_blind(ANN, it.pk, "good", "as seen")
    assert offered(world, "inspector", "judgment", it.pk) == []
    assert "somebody else is needed" in shown(world, "inspector", "judgment", it.pk)
    assert offered(world, "colleague", "judgment", it.pk) == ["Grade it"]


def test_an_earlier_grade_is_carried_over_from_cycles_that_may_be_compared(world):
    it = judging.plan(ANN, FORCE, BEFORE)
    judging.advance(ANN, it.pk, "begin")
    judging.advance(ANN, it.pk, "grade")
    asked = it.judgments.filter(scope="question")[0]
    carry = "Carry an earlier grade over"
    assert offered(world, "inspector", "judgment", asked.pk) == ["Grade it", carry]
    form = shown(world, "inspector", "judgment-carry-over", asked.pk)
    assert re.findall(r'<option value="([^"]*)"', form) == ["2017"]
    judging.carry_over(ANN, asked.pk, "good", "2017", "low risk")
    page = shown(world, "inspector", "judgment", asked.pk)
    assert "PEEL 2017" in page
    assert "None was given here: the grade was taken over or carried over." in page


def test_a_check_ends_once_each_point_is_decided_beside_the_draft(world):
    pk = world.sides[OWN].pk
    page, end = ("judgment", pk["with-force"]), "End the force's check"
    assert end not in offered(world, "inspector", *page)
    assert "Points of the force are not decided yet." in shown(world, "inspector", *page)
    assert mark("with-force", OWN) in shown(world, "inspector", "point-decide", pk["point"])
    judging.decide_point(ANN, pk["point"], "declined", "It was so.")
    assert offered(world, "inspector", *page) == [end]


def test_signing_off_comes_before_going_back(world, graded_on):
    pk = world.sides[OWN].pk["checked"]
    assert offered(world, "moderator", "judgment", pk) == [
        "Sign it off",
        "Moderate it",
        "Have it graded anew",
    ]
    # No evidence bears on this one.
    it = graded_on.judgments.get(question=ON)
    agree(it)
    for move in (judging.send, judging.check):
        move(ANN, it.pk)
    assert "Sign it off" not in offered(world, "moderator", "judgment", it.pk)
    assert "a judgment rests on evidence" in shown(world, "moderator", "judgment", it.pk)


def test_grades_are_moderated_while_the_inspection_is_graded(world, graded_on):
    it = graded_on.judgments.get(question=ON)
    agree(it)
    link = reverse("judgment-moderate", args=[it.pk])
    assert link in shown(world, "moderator", "moderation-question", CYCLE, ON)
    judging.advance(ANN, graded_on.pk, "gather-more", reason="a doubt")
    page = shown(world, "moderator", "moderation-question", CYCLE, ON)
    assert link not in page
    assert reverse("judgment", args=[it.pk]) in page


def test_a_pillar_is_judged_beside_its_questions_and_their_evidence(world):
    of = Inspection.objects.get(pk=world.sides[OWN].pk["published-inspection"])
    pillar = of.judgments.filter(scope="pillar")[0]
    said, question = Said(text="said"), weighing.under(pillar)[0]
    bears = [Bears(question.question, "against")]
    gathering.add_evidence(ANN, of.pk, "survey", "A survey", said, bears)
    page = shown(world, "moderator", "judgment", pillar.pk)
    assert reverse("judgment", args=[question.pk]) in page
    assert re.search(r"A survey</a>.*?Against", page, re.DOTALL)


def test_a_response_is_published_once_it_answers_everything(world):
    pk = world.sides[OWN].pk["response"]
    publish = "Publish the response"
    assert offered(world, "body", "response", pk)[0] == publish
    of = world.sides[OWN].pk["published-inspection"]
    made = following.draft_finding(ANN, "recommendation", "One more.", inspection=of)
    following.publish_finding(actor("publisher"), made.pk, date(2024, 3, 12))
    assert publish not in offered(world, "body", "response", pk)
    assert "not answered yet: 1" in shown(world, "body", "response", pk)


def test_of_a_report_that_was_retracted_nothing_is_asked_any_more(world):
    pk = world.sides[OWN].pk
    page = ("response", pk["response"])
    assert offered(world, "liaison", "publication", pk["publication"]) == ["Reply"]
    assert len(offered(world, "body", *page)) == 2
    lake, of = Lake(settings.OPENPEEL_LAKE), pk["published-inspection"]
    publishing.retract(actor("publisher"), of, date(2024, 6, 1), "a slip", lake, publisher="test")
    assert offered(world, "liaison", "publication", pk["publication"]) == []
    assert offered(world, "body", *page) == []
    assert "Not due any more" in shown(world, "body", *page)
    assert reverse(*page[:1], args=page[1:]) not in shown(world, "body", "responses")


def test_whoever_publishes_sees_the_findings_that_go_out(world, graded_on):
    gather(graded_on)
    following.draft_finding(ANN, "afi", "Calls wait.", inspection=graded_on.pk)
    sign_off(graded_on)
    assert "Calls wait." in shown(world, "publisher", "publish", graded_on.pk)


def test_a_thematic_finding_asks_to_whom_it_is_addressed(world):
    sent = {"kind": "recommendation", "text": "x", "source_title": "A report"}
    answer = world.browser("inspector").post(reverse("finding-draft-thematic"), sent)
    assert answer.status_code == 422
    assert "Choose at least one." in answer.content.decode()
