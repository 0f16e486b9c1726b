"""Whether a closure held: the measure that should have moved, looked at some time afterwards.

The figures are laid before a person; nothing here says by itself that a closure held.
"""

from dataclasses import dataclass
from datetime import date

from openpeel.errors import NotAllowed, NotComputable
from openpeel.lake import Snapshot
from openpeel.records.changing import change, held, in_words
from openpeel.records.models import Addressed, EffectivenessCheck
from openpeel.records.roles import Actor
from openpeel.records.seeing import one
from openpeel.records.trail import writing

PERIODS = 8
"""How many periods are looked at before a closure, and after it."""


def plan_check(actor: Actor, addressed: int, indicator: str, due_on: date) -> EffectivenessCheck:
    """After closure, say which indicator should have moved, and when to look."""
    from openpeel.indicators import indicator as known

    with writing(actor) as trail:
        it = held(actor, Addressed, addressed)
        role = actor.must("finding.verify", it.force_id)
        if it.verified_state != "closed":
            raise NotAllowed("Whether a closure held is looked at after it is closed.")
        made = EffectivenessCheck(addressed=it, indicator=known(indicator).id, due_on=due_on)
        made.save()
        trail.tell("finding.plan-check", made, role=role, force_id=it.force_id)
    return made


def record_check(
    actor: Actor,
    check: int,
    *,
    held_up: bool,
    result: str,
    vintage: int | None = None,
    version: int | None = None,
) -> EffectivenessCheck:
    """Record what the look found: whether the measure moved and stayed, and at which vintage."""
    in_words(result, "Say in words what was found.")
    with writing(actor) as trail:
        it = held(actor, EffectivenessCheck, check, version)
        role = actor.must("finding.verify", it.addressed.force_id)
        told = change(it, held=held_up, result=result, vintage=vintage, by=actor.name)
        trail.tell("finding.check", it, role=role, force_id=it.addressed.force_id, **told)
    return it


@dataclass(frozen=True)
class Figure:
    """An observation: its period, numerator, denominator and value; None, and why, for a gap."""

    period: str
    numerator: float | None
    denominator: float | None
    value: float | None
    why_not: str


@dataclass(frozen=True)
class Look:
    """An indicator before and after a closure, at a vintage, oldest first; for a person to judge.

    A period that began before the day of closure counts as before it.
    """

    indicator: str
    title: str
    polarity: str
    vintage: int
    closed_on: date
    before: tuple[Figure, ...]
    after: tuple[Figure, ...]


def measure(actor: Actor, check: int, snapshot: Snapshot) -> Look:
    """The newest figures of a check's indicator, up to `PERIODS` on either side of the closure.

    Raises NotComputable where the finding is not closed any more, or the lake does not hold the
    indicator's tables.
    """
    import math

    from openpeel.indicators import indicator, observe
    from openpeel.reference import Period

    it = one(actor, EffectivenessCheck, check)
    closed, force_id = it.addressed.closed_on, it.addressed.force_id
    if closed is None:
        raise NotComputable("The finding is not closed: there is no before and after.")
    definition = indicator(it.indicator)
    found = observe(snapshot, definition)
    mine = found.where(found.area == force_id)

    def figure(i: int) -> Figure:
        numbers = (mine.numerator[i], mine.denominator[i], mine.value[i])
        top, bottom, value = (None if math.isnan(x) else float(x) for x in numbers)
        return Figure(str(mine.period[i]), top, bottom, value, str(mine.reason[i]))

    order = sorted(range(len(mine)), key=lambda i: Period.parse(str(mine.period[i])).first_month)
    begun = f"{closed:%Y-%m}"
    later = [Period.parse(str(mine.period[i])).first_month > begun for i in order]
    before = [figure(i) for i, after in zip(order, later, strict=True) if not after]
    after = [figure(i) for i, after in zip(order, later, strict=True) if after]
    return Look(
        definition.id,
        definition.title,
        definition.polarity,
        snapshot.id,
        closed,
        tuple(before[-PERIODS:]),
        tuple(after[-PERIODS:]),
    )
