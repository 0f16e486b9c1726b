# ruff: noqa: ANN401 (records of several kinds)
"""What waits for somebody, found by the role in which they would do it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from openpeel.records.listing import OPEN, owed
from openpeel.records.models import (
    AccuracyPoint,
    Action,
    Addressed,
    Inspection,
    Judgment,
    Request,
    Response,
)
from openpeel.records.people import memberships
from openpeel.records.roles import Actor
from openpeel.records.seeing import may, seen
from openpeel.records.weighing import graders
from openpeel.web.pages import Cell, link
from openpeel.web.words import brief, cycle_name, force_name, of_days, on, question_name

M = TypeVar("M", bound=Model)
Tasks = tuple[str, Sequence[str], list[Sequence[Cell]]]


def tasks(actor: Actor) -> Iterator[Tasks]:
    """Each kind of task that may wait for somebody: its title, heads and rows."""
    for action, kind in _KINDS:
        if actor.may(action):
            yield kind(actor, action)


def answered(it: Response) -> str:
    """What a response answers: a report, or a finding of a thematic one."""
    if it.publication:
        return cycle_name(it.publication.inspection.cycle)
    return brief(it.finding.text) if it.finding else ""


def how_late(it: Response) -> str:
    """When a response was published, or the days that are left, or that neither is known."""
    if it.published_on:
        return on(it.published_on)
    if not it.clocked:
        return "not known"
    return of_days((it.last_day - date.today()).days)


def _mine(actor: Actor, action: str, kind: type[M], force_id: str) -> QuerySet[M]:
    """Of the records of a kind that somebody sees, those of forces that they may act for."""
    return seen(actor, kind).filter(may(actor, action, force_id))


def _judgments(
    actor: Actor, action: str, states: Sequence[str], to: str, of: Callable[[Judgment], bool] = bool
) -> list[Sequence[Cell]]:
    """Judgments in some states that somebody may act on, those of them that `of` tells."""
    found = _mine(actor, action, Judgment, "inspection__force_id").filter(state__in=states)
    found = found.exclude(inspection__state__in=("withdrawn", "published"))
    found = found.select_related("inspection").prefetch_related("blind_grades", "changes")
    return [
        (
            link(question_name(j.inspection.cycle, j.question), to, j.pk),
            force_name(j.inspection.force_id),
            cycle_name(j.inspection.cycle),
        )
        for j in found
        if of(j)
    ]


_QUESTION = ("Question", "Force", "Cycle")


def _to_grade(actor: Actor, action: str) -> Tasks:
    def mine(it: Judgment) -> bool:
        return it.inspection.state == "grading" and actor.name not in graders(it)

    rows = _judgments(actor, action, ("open", "graded-once"), "judgment", mine)
    return "To grade, unseen by others", _QUESTION, rows


def _to_agree(actor: Actor, action: str) -> Tasks:
    def mine(it: Judgment) -> bool:
        return actor.name in graders(it)

    rows = _judgments(actor, action, ("graded-twice",), "judgment", mine)
    return "To agree between the two graders", _QUESTION, rows


def _to_moderate(actor: Actor, action: str) -> Tasks:
    return "To moderate", _QUESTION, _judgments(actor, action, ("agreed",), "judgment")


def _to_sign_off(actor: Actor, action: str) -> Tasks:
    return "To sign off", _QUESTION, _judgments(actor, action, ("checked",), "judgment")


def _to_check(actor: Actor, action: str) -> Tasks:
    rows = _judgments(actor, action, ("with-force",), "check")
    return "To check for factual accuracy", _QUESTION, rows


def _to_decide(actor: Actor, action: str) -> Tasks:
    found = _mine(actor, action, AccuracyPoint, "judgment__inspection__force_id")
    rows: list[Sequence[Cell]] = [
        (link(brief(p.text), "point-decide", p.pk), force_name(p.judgment.inspection.force_id))
        for p in found.filter(decision="").select_related("judgment__inspection")
    ]
    return "Points of forces to decide", ("Point", "Force"), rows


def _to_publish(actor: Actor, action: str) -> Tasks:
    found = _mine(actor, action, Inspection, "force_id")
    rows: list[Sequence[Cell]] = [
        (link(force_name(i.force_id), "inspection", i.pk), cycle_name(i.cycle))
        for i in found.filter(state="signed-off")
    ]
    return "Inspections to publish", ("Force", "Cycle"), rows


_FINDING = ("Finding", "Force", "Due")


def _findings(actor: Actor, action: str, **of: Any) -> list[Sequence[Cell]]:
    found = _mine(actor, action, Addressed, "force_id").filter(OPEN, **of)
    return [
        (
            link(brief(a.finding.text), "finding", a.pk),
            force_name(a.force_id),
            on(a.due_on) if a.due_on else "",
        )
        for a in found.select_related("finding")
    ]


def _to_allocate(actor: Actor, action: str) -> Tasks:
    open_states = ("published", "awaiting-review", "revisit", "reopened")
    rows = _findings(
        actor,
        action,
        verified_state__in=open_states,
        claimed_state__in=("not-allocated", "not-known"),
    )
    return "Findings without an owner", _FINDING, rows


def _to_review(actor: Actor, action: str) -> Tasks:
    rows = _findings(
        actor, action, verified_state__in=("published", "reopened"), claimed_state="complete"
    )
    return "Findings that the force says are complete", _FINDING, rows


def _to_close(actor: Actor, action: str) -> Tasks:
    rows = _findings(actor, action, verified_state__in=("awaiting-review", "revisit"))
    return "Findings under review", _FINDING, rows


def _overdue(actor: Actor, action: str) -> Tasks:
    found = _mine(actor, action, Action, "addressed__force_id")
    rows: list[Sequence[Cell]] = [
        (link(brief(a.text), "action", a.pk), a.owner, on(a.due_on))
        for a in found.filter(done_on=None, due_on__lt=date.today())
    ]
    return "Actions that are overdue", ("Action", "Owner", "Due"), rows


def _requests(actor: Actor, action: str) -> Tasks:
    states = ("answered",) if action == "request.make" else ("made", "returned")
    found = _mine(actor, action, Request, "inspection__force_id").filter(state__in=states)
    rows: list[Sequence[Cell]] = [
        (link(brief(r.text), "request", r.pk), force_name(r.inspection.force_id), on(r.due_on))
        for r in found.select_related("inspection")
    ]
    title = "Answers to read" if action == "request.make" else "Requests to answer"
    return title, ("Request", "Force", "Due"), rows


def _responses(actor: Actor, action: str) -> Tasks:
    found = owed(_mine(actor, action, Response, "force_id"))
    rows: list[Sequence[Cell]] = [
        (
            link(answered(r), "response", r.pk),
            force_name(r.force_id),
            on(r.last_day),
            how_late(r),
        )
        for r in found.select_related("publication__inspection", "finding")
    ]
    return "Responses that are due", ("Report", "Force", "Last day", "Left"), rows


def _without_role(actor: Actor, action: str) -> Tasks:
    from django.contrib.auth import get_user_model

    held = {it.user_id for it in memberships(actor)}
    rows: list[Sequence[Cell]] = [
        (link(u.get_username(), "person", u.pk),)
        for u in get_user_model().objects.filter(is_active=True).exclude(pk__in=held)
    ]
    return "People without a role", ("Name",), rows


_KINDS = (
    ("judgment.grade", _to_grade),
    ("judgment.agree", _to_agree),
    ("judgment.moderate", _to_moderate),
    ("judgment.send", _to_decide),
    ("judgment.sign-off", _to_sign_off),
    ("publication.publish", _to_publish),
    ("accuracy.answer", _to_check),
    ("response.write", _responses),
    ("finding.claim", _to_allocate),
    ("action.write", _overdue),
    ("finding.verify", _to_review),
    ("finding.close", _to_close),
    ("request.make", _requests),
    ("request.answer", _requests),
    ("people.manage", _without_role),
)
