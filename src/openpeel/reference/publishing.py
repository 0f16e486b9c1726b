"""When figures came out: by which month a table's period had been published."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from openpeel.errors import DefinitionError
from openpeel.reference.gaps import check_confidence
from openpeel.reference.periods import Period


@dataclass(frozen=True, slots=True)
class Publishing:
    """How long after a period's end a table's figures came out, from a period on."""

    table: str
    period: Period
    """The first period that it is about."""
    months: int
    """From the last month of the period to the month of publication."""
    first: Period | None
    """The month before which nothing of the table was published; None where none is known."""
    confidence: str
    """read, worked-out or unconfirmed."""
    source: str
    source_url: str

    def month(self, period: Period) -> Period:
        """The month in which the figures of a period came out."""
        last = Period.parse(period.last_month).shift(self.months)
        return max(last, self.first) if self.first else last


@cache
def publishings() -> tuple[Publishing, ...]:
    """All that is known, in order of time. Raises DefinitionError for a file that is wrong."""
    text = files(__package__).joinpath("published_on.toml").read_text(encoding="utf-8")
    made = tuple(sorted(map(_made, tomllib.loads(text)["published"]), key=lambda p: p.period))
    if len({(p.table, p.period) for p in made}) < len(made):
        raise DefinitionError("published_on.toml: two entries are of one table and period.")
    return made


def _made(row: dict[str, Any]) -> Publishing:
    check_confidence("published_on.toml", row["confidence"])
    return Publishing(
        table=row["table"],
        period=Period.parse(row["from"]),
        months=row["months"],
        first=Period.parse(row["first"]) if "first" in row else None,
        confidence=row["confidence"],
        source=row["source"],
        source_url=row.get("source_url", ""),
    )


def publishing(table: str, period: str | Period) -> Publishing | None:
    """What is known of when a table's period came out; None where nothing is.

    Raises NotKnown for what is no period.
    """
    when = period if isinstance(period, Period) else Period.parse(period)
    known = [p for p in publishings() if p.table == table and p.period.start <= when.start]
    return known[-1] if known else None


def published_before(table: str, period: str | Period, month: Period) -> bool:
    """Whether a table's period had surely come out before a month began.

    A period of which it is not known when it came out had not. Raises NotKnown for what is no
    period.
    """
    when = period if isinstance(period, Period) else Period.parse(period)
    found = publishing(table, when)
    return found is not None and found.month(when).start < month.start
