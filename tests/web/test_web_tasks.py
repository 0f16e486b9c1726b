"""What waits for somebody, and what is never called late."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.urls import reverse
from web_world import OWN, actor

from openpeel.records import answering, judging
from openpeel.records.demo import make_demo
from openpeel.records.listing import due
from openpeel.records.models import Response
from openpeel.web.pages import Link
from openpeel.web.tasks import how_late, tasks

pytestmark = pytest.mark.django_db
BODY = "cambridgeshire"


@pytest.fixture
def old(tmp_path):
    """A response of a report that was taken over, by the body that is now to draft it."""
    make_demo(tmp_path)
    return Response.objects.filter(force_id=BODY, publication__isnull=False).first()


def late(it: Response) -> SimpleNamespace:
    """What is told of it where somebody looks."""
    told = [d for d in due(actor("viewer"), date.today(), within=20_000) if d.kind == "response"]
    mine = [rows for title, _, rows in tasks(actor("body")) if "Responses" in title]
    return SimpleNamespace(due=told, tasks=sum(map(len, mine)), words=how_late(it))


def test_it_is_never_called_late_nor_once_an_answer_is_drafted(old):
    assert (late(old).due, late(old).tasks, late(old).words) == ([], 0, "not known")
    answering.draft_response(actor("body"), old.pk, text="After all.")
    old.refresh_from_db()
    assert old.state == "drafted"
    assert (late(old).due, late(old).tasks, late(old).words) == ([], 0, "not known")


def titles(name: str, pk: int) -> list[str]:
    """The kinds of task under which a judgment waits for somebody."""
    at = reverse("judgment", args=[pk])
    return [
        title
        for title, _, rows in tasks(actor(name))
        if any(isinstance(row[0], Link) and row[0].url == at for row in rows)
    ]


def test_two_graders_agree_and_nobody_else_is_told_to(world):
    pk = world.sides[OWN].pk["graded-twice"]
    assert (
        titles("inspector", pk) == titles("colleague", pk) == ["To agree between the two graders"]
    )
    assert titles("local", pk) == []


def test_whoever_graded_before_a_reopening_is_to_grade_again(world):
    pk = world.sides[OWN].pk["graded-twice"]
    judging.agree(actor("inspector"), pk, "good", "agreed")
    judging.reopen(actor("moderator"), pk, "new evidence")
    asked = ["To grade, unseen by others"]
    assert titles("inspector", pk) == titles("colleague", pk) == asked
    judging.grade_blind(actor("colleague"), pk, "good", "anew")
    assert titles("inspector", pk) == titles("local", pk) == asked
    assert titles("colleague", pk) == []
