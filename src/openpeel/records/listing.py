"""What is listed: findings and how old they are, and what is due, as far as somebody may see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from openpeel.errors import OpenpeelError
from openpeel.records.models import (
    Action,
    Addressed,
    EffectivenessCheck,
    Finding,
    Request,
    Response,
)
from openpeel.records.models.findings import ASKS
from openpeel.records.models.publications import TAKEN_OVER
from openpeel.records.roles import Actor
from openpeel.records.seeing import HIDDEN, may, seen

OVER = ("closed", "superseded")
"""States of a published finding in which nobody has to do anything about it any more."""
OPEN = Q(finding__kind__in=sorted(ASKS)) & ~Q(verified_state__in=(*OVER, *HIDDEN))
"""The findings that somebody has still to do something about: no notable practice is."""
AGES = ((90, "under 3 months"), (180, "3 to 6 months"), (365, "6 to 12 months"))
OLDEST = "over a year"
NOT_KNOWN = "not known"


def finding_rows(
    actor: Actor,
    force_id: str = "",
    *,
    finding: int | None = None,
    open_only: bool = False,
    today: date | None = None,
) -> list[dict[str, Any]]:
    """Published findings of a force, or ('') of all that somebody sees: JSON's types, oldest first.

    `claimed_state` is the force's, `verified_state` the inspectorate's; `age_days` runs from
    publication to closure, or to today, `age` is its band; a finding is `open` as long as somebody
    has to do something about it, and only then `overdue`. With `finding`, how one of a thematic
    report stands for each body. Who has it in the force is told to the force and to inspectors,
    the force's own target to the force alone.
    """
    found = seen(actor, Addressed).exclude(verified_state__in=HIDDEN).select_related("finding")
    if force_id:
        found = found.filter(force_id=force_id)
    if finding is not None:
        found = found.filter(finding=finding)
    if open_only:
        found = found.filter(OPEN)
    day = today or date.today()
    return [_row(actor, it, day) for it in found.order_by("finding__published_on", "pk")]


def ageing(rows: list[dict[str, Any]]) -> dict[str, int]:
    """How many of the findings that are open are how old, by band; every band is there."""
    made = dict.fromkeys([*(name for _, name in AGES), OLDEST, NOT_KNOWN], 0)
    for row in rows:
        if row["open"]:
            made[row["age"]] += 1
    return made


@dataclass(frozen=True)
class Due:
    """Something that is due: its kind, number, force, what it is, whose, when, in how many days.

    `kind` is response, finding, target, action, request or check; below 0 days it is overdue.
    """

    kind: str
    pk: int
    force_id: str
    what: str
    owner: str
    due_on: date
    days: int


def due(actor: Actor, today: date, *, within: int = 14, force_id: str = "") -> list[Due]:
    """What is overdue, and what is due in the next days, of all that somebody may see.

    The earliest first. A day that is today is not overdue.
    """
    found = sorted(_due(actor), key=lambda d: (d[5], d[0], d[1]))
    made = [Due(*d, days=(d[5] - today).days) for d in found if not force_id or d[2] == force_id]
    return [d for d in made if d.days <= within]


def overdue(actor: Actor, today: date, *, force_id: str = "") -> list[Due]:
    """What is overdue, the earliest first."""
    return due(actor, today, within=-1, force_id=force_id)


def clocks(actor: Actor) -> QuerySet[Response]:
    """The responses of the bodies whose 56 days somebody may see, being drafted or not.

    The clock is public. That an answer is being drafted is not: `seen` says whose that is to know.
    """
    return Response.objects.filter(may(actor, "finding.read", "force_id"))


def owed(found: QuerySet[Response]) -> QuerySet[Response]:
    """Of responses those that are still to be given, and whose clock tells anything."""
    found = found.exclude(state="published").exclude(publication__reason=TAKEN_OVER)
    return found.exclude(publication__inspection__state="retracted")


def _due(actor: Actor) -> Iterator[tuple[str, int, str, str, str, date]]:
    for r in owed(clocks(actor)):
        what = "Response of the local policing body"
        yield "response", r.pk, r.force_id, what, "", r.last_day
    stands = seen(actor, Addressed).filter(OPEN).select_related("finding")
    for it in stands.exclude(due_on=None):
        if it.due_on:
            yield "finding", it.pk, it.force_id, it.finding.text, _owner(actor, it), it.due_on
    for it in stands.exclude(target_on=None).exclude(claimed_state="complete"):
        if it.target_on and actor.may("force.read", it.force_id):
            yield "target", it.pk, it.force_id, it.finding.text, it.owner, it.target_on
    for a in seen(actor, Action).filter(done_on=None).select_related("addressed"):
        if a.due_on:
            yield "action", a.pk, a.addressed.force_id, a.text, a.owner, a.due_on
    asked = seen(actor, Request).filter(state__in=("made", "returned"))
    for q in asked.select_related("inspection"):
        yield "request", q.pk, q.inspection.force_id, q.text, "", q.due_on
    for c in seen(actor, EffectivenessCheck).filter(held=None).select_related("addressed"):
        yield (
            "check",
            c.pk,
            c.addressed.force_id,
            f"Look whether a closure held: {indicator_name(c.indicator)}",
            "",
            c.due_on,
        )


def indicator_name(indicator: str) -> str:
    """An indicator's title: 'Shoplifting'; an id that is none stays."""
    from openpeel.indicators import indicator as known

    try:
        return known(indicator).title
    except OpenpeelError:
        return indicator


def _owner(actor: Actor, it: Addressed) -> str:
    inside = actor.may("force.read", it.force_id) or actor.may("finding.verify", it.force_id)
    return it.owner if inside else ""


def _row(actor: Actor, it: Addressed, today: date) -> dict[str, Any]:
    of: Finding = it.finding
    until = it.closed_on or today
    age = (until - of.published_on).days if of.published_on else None
    own = actor.may("force.read", it.force_id)
    stands = of.kind in ASKS and it.verified_state not in OVER
    return {
        "id": it.pk,
        "finding": of.pk,
        "version": it.version,
        "force": it.force_id,
        "kind": of.kind,
        "kind_name": of.get_kind_display(),
        "cycle": of.cycle,
        "question": of.question,
        "text": of.text,
        "published_on": of.published_on.isoformat() if of.published_on else None,
        "due_on": it.due_on.isoformat() if it.due_on else None,
        "target_on": it.target_on.isoformat() if it.target_on and own else None,
        "overdue": stands and bool(it.due_on and today > it.due_on),
        "owner": _owner(actor, it),
        "claimed_state": it.claimed_state,
        "verified_state": it.verified_state,
        "open": stands,
        "closed_on": it.closed_on.isoformat() if it.closed_on else None,
        "closure_url": it.closure_url or None,
        "age_days": age,
        "age": _age(age),
        "source_title": of.source_title,
        "source_url": of.source_url,
        "imported_from": of.imported_from,
    }


def _age(days: int | None) -> str:
    if days is None:
        return NOT_KNOWN
    return next((name for limit, name in AGES if days < limit), OLDEST)
