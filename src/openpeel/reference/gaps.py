"""Gaps in what is published that a publisher has stated."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from openpeel.errors import DefinitionError
from openpeel.reference.forces import force
from openpeel.reference.periods import Period


@dataclass(frozen=True, slots=True)
class Gap:
    """Months of a table that a force did not publish, by a published statement."""

    force_id: str
    tables: tuple[str, ...]
    first_month: str
    last_month: str
    """Last month for which a source supports the statement; the gap may last longer."""
    reason: str
    confidence: str
    """read, worked-out or unconfirmed."""
    source: str
    source_url: str


@cache
def stated_gaps() -> tuple[Gap, ...]:
    """Every stated gap, in file order. Raises DefinitionError for a file that does not hold."""
    text = files(__package__).joinpath("gaps.toml").read_text(encoding="utf-8")
    gaps = []
    for row in tomllib.loads(text)["gap"]:
        if row["confidence"] not in ("read", "worked-out", "unconfirmed"):
            raise DefinitionError(f"gaps.toml: '{row['confidence']}' is no confidence mark.")
        run = Period.of_run(row["from"], row["to"])
        gaps.append(
            Gap(
                force_id=force(row["force"]).id,
                tables=tuple(row["tables"]),
                first_month=run.first_month,
                last_month=run.last_month,
                reason=row["reason"],
                confidence=row["confidence"],
                source=row["source"],
                source_url=row["source_url"],
            )
        )
    return tuple(gaps)


def stated_gap(force_id: str, table: str, month: str) -> Gap | None:
    """The statement that explains why a force's month (2025-06) is absent from a lake table.

    None means that no statement is known: the month is merely in no loaded file.
    """
    return next(
        (
            gap
            for gap in stated_gaps()
            if gap.force_id == force_id
            and table in gap.tables
            and gap.first_month <= month <= gap.last_month
        ),
        None,
    )
