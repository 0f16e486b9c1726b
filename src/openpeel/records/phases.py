"""Phases in the monitoring of forces: dated data, for their names and number change."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from openpeel.errors import DefinitionError


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
            f"There was no monitoring level '{level}' on {day}. There were: "
            f"{', '.join(x.id for x in there) or 'none that is known'}."
        )
    return level
