"""Phases in the monitoring of forces: dated data, for their names and number change."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from openpeel.errors import DefinitionError
from openpeel.records.changing import change, in_words
from openpeel.records.clock import in_full
from openpeel.records.models import MonitoringPhase
from openpeel.records.roles import Actor
from openpeel.records.trail import writing
from openpeel.reference import force


@dataclass(frozen=True)
class Level:
    """A level of monitoring, and from when to when there was one of that name."""

    id: str
    name: str
    what: str
    begins: date | None
    ends: date | None
    confidence: str
    source: str


@cache
def levels() -> tuple[Level, ...]:
    """Every level known, in the order of the file."""
    text = (files(__package__) / "phases.toml").read_text(encoding="utf-8")
    return tuple(
        Level(
            row["id"],
            row["name"],
            row["what"],
            row.get("from"),
            row.get("to"),
            row["confidence"],
            row["source"],
        )
        for row in tomllib.loads(text)["level"]
    )


def level_on(level: str, day: date) -> str:
    """The id of a level, if there was one of that id on a day. Raises DefinitionError if not."""
    there = [x for x in levels() if (x.begins or day) <= day <= (x.ends or day)]
    if level not in {x.id for x in there}:
        raise DefinitionError(
            f"There was no phase '{level_name(level)}' of monitoring on {in_full(day)}. There "
            f"were: {', '.join(x.name for x in there) or 'none that is known'}."
        )
    return level


def level_name(level: str) -> str:
    """What a level is called; an id that is none stays."""
    return {x.id: x.name for x in levels()}.get(level, level)


def set_phase(
    actor: Actor, force_name: str, level: str, begins: date, reason: str, source_url: str = ""
) -> MonitoringPhase:
    """Record that a force is in a phase of monitoring from a day on; the one before ends then."""
    it = force(force_name)
    in_words(reason, "A phase needs a reason.")
    with writing(actor) as trail:
        role = actor.must("phase.set", it.id)
        known = level_on(level, begins)
        for before in MonitoringPhase.objects.filter(force_id=it.id, ends=None):
            if before.begins >= begins:
                now, since = level_name(before.level), in_full(before.begins)
                raise DefinitionError(
                    f"{it.name} is in the phase '{now}' since {since}: the next begins after that."
                )
            change(before, ends=begins)
        made = MonitoringPhase(
            force_id=it.id, level=known, begins=begins, reason=reason, source_url=source_url
        )
        made.save()
        trail.tell("phase.set", made, role=role, force_id=it.id, level=known, begins=begins)
    return made
