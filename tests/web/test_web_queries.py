"""A page asks the database as often for many rows as for few."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from web_world import CYCLE, OWN, actor

from openpeel.records import gathering, judging
from openpeel.records.gathering import Bears, Said
from openpeel.records.models import Inspection, Judgment

pytestmark = pytest.mark.django_db
ANN, BEN, LIZ = actor("inspector"), actor("colleague"), actor("liaison")
ON = "preventing-crime"


def graded(force: str) -> Judgment:
    """A question of a force whose inspection is being graded."""
    it = judging.plan(ANN, force, CYCLE)
    for move in ("begin", "grade"):
        judging.advance(ANN, it.pk, move)
    return it.judgments.get(question=ON)


def asked(world, who: str, name: str, *args) -> int:
    """How many queries a page takes, with nothing of it remembered from before."""
    browser, path = world.browser(who), reverse(name, args=args)
    with CaptureQueriesContext(connection) as found:
        assert browser.get(path).status_code == 200
    return len(found)


def add(of: Inspection) -> None:
    said, bears = Said(text="said"), [Bears(ON, "for"), Bears(ON, "against")]
    gathering.add_evidence(ANN, of.pk, "interview", "A talk", said, bears)


def test_of_a_judgment_and_its_inspection_with_much_evidence(world):
    it = graded("essex")
    pages = (("judgment", it.pk), ("inspection", it.inspection_id), ("judgment-grade", it.pk))
    add(it.inspection)
    few = [asked(world, "inspector", *page) for page in pages]
    for _ in range(3):
        add(it.inspection)
    assert [asked(world, "inspector", *page) for page in pages] == few


def test_of_evidence_that_was_often_said_anew(world):
    of = graded("essex").inspection
    add(of)
    pk = of.evidence.get().pk
    counts = []
    for number in range(3):
        counts.append(asked(world, "inspector", "evidence", pk))
        said, bears = Said(text=f"said {number}"), [Bears(ON, "for")]
        gathering.revise_evidence(ANN, pk, said, bears, "better")
    assert len(set(counts)) == 1


def test_of_many_drafts_with_points_and_of_many_forces(world):
    pages = (
        ("liaison", "checks"),
        ("moderator", "moderation"),
        ("moderator", "moderation-question", CYCLE, ON),
    )
    few = [asked(world, *page) for page in pages]
    mine = Inspection.objects.get(pk=world.sides[OWN].pk["inspection"])
    more = [graded("essex"), graded("surrey"), *mine.judgments.filter(state="open")]
    for it in more:
        for who in (ANN, BEN):
            judging.grade_blind(who, it.pk, "good", "as seen")
        judging.agree(ANN, it.pk, "good", "as seen")
        judging.send(ANN, it.pk)
        if it.inspection.force_id == OWN:
            judging.raise_point(LIZ, it.pk, "Not so.")
    assert [asked(world, *page) for page in pages] == few
