"""What publishers have stated to be missing, and what every force's file is known to hold."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from openpeel.errors import DefinitionError
from openpeel.reference.forces import force
from openpeel.reference.periods import Period

CONFIDENCE = ("read", "worked-out", "unconfirmed")
"""How sure a dated fact is: read in its source, worked out from sources, or general knowledge."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Periods for which a force did not publish a table, or only a part, by a statement."""

    force_id: str
    tables: tuple[str, ...]
    period: Period
    """Up to the last month for which a source supports the statement; the gap may last longer."""
    part: bool
    """Whether only a part is missing, such as a column; the reason says which."""
    reason: str
    confidence: str
    """One of CONFIDENCE."""
    source: str
    source_url: str

    def covers(self, force_id: str, table: str, period: Period) -> bool:
        """Whether the statement is about a force's period of a table, all of it."""
        return (
            force_id == self.force_id
            and table in self.tables
            and self.period.start <= period.start
            and period.start + period.length <= self.period.start + self.period.length
        )


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("gaps.toml").read_text(encoding="utf-8"))


@cache
def stated_gaps() -> tuple[Gap, ...]:
    """Every stated gap, in file order. Raises DefinitionError for a file that does not hold."""
    return tuple(_gap(row) for row in _read()["gap"])


def _gap(row: dict[str, Any]) -> Gap:
    check_confidence("gaps.toml", row["confidence"])
    return Gap(
        force_id=force(row["force"]).id,
        tables=tuple(row["tables"]),
        period=Period.of_run(row["from"], row["to"]),
        part=row.get("part", False),
        reason=row["reason"],
        confidence=row["confidence"],
        source=row["source"],
        source_url=row["source_url"],
    )


def check_confidence(file: str, mark: str) -> None:
    """Raise DefinitionError for a mark that is none of CONFIDENCE."""
    if mark not in CONFIDENCE:
        raise DefinitionError(f"{file}: '{mark}' is no mark; use one of {', '.join(CONFIDENCE)}.")


def stated_gap(force_id: str, table: str, period: str | Period) -> Gap | None:
    """The statement that explains why a force's period is absent from a lake table, or partial.

    The period lies whole in what is stated. None means that no statement is known: the period is
    merely in no loaded file. Of several the first in the file. Raises NotKnown for what is no
    period.
    """
    when = period if isinstance(period, Period) else Period.parse(period)
    return next((g for g in stated_gaps() if g.covers(force_id, table, when)), None)


@cache
def whole_column(table: str) -> str:
    """The column of a table whose values every force's rows of a period hold; '' for none known.

    It tells a file that holds a part only: one of violent offences lacks the other offence groups.
    """
    return next((str(row["column"]) for row in _read()["whole"] if row["table"] == table), "")
