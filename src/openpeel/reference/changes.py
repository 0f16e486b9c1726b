"""Dated changes of definition: where figures before and after are not of the same thing."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from openpeel.errors import DefinitionError
from openpeel.reference.forces import recognise
from openpeel.reference.gaps import check_confidence
from openpeel.reference.periods import Period


@dataclass(frozen=True, slots=True)
class Change:
    """A change in what a table holds: of words, groups, codes, or of what is counted."""

    id: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    """The columns that it touches; none where it is of the table as a whole."""
    values: tuple[str, ...]
    """The values of those columns that it is about; none for all."""
    forces: tuple[str, ...]
    """Ids of the forces (or other bodies) that it touches; none for all."""
    period: Period
    """The first period for which it holds, or may hold."""
    latest: Period
    """The first period for which it is known to hold: the same, where the date is known."""
    by_file: bool
    """Whether it depends on when a file was made, not on the period that the file is of."""
    what: str
    figure: str
    """The column whose sum shows whether the data jump there; '' where none would."""
    confidence: str
    """read, worked-out or unconfirmed."""
    source: str
    source_url: str

    def touches(self, body: str) -> bool:
        """Whether it is of a force (or other body), by id."""
        return not self.forces or body in self.forces

    def divides(self, first: Period, last: Period) -> bool:
        """Whether it may lie within a span: after its first period began, before its last ended."""
        return self.latest.start > first.start and self.period.start < last.start + last.length


@cache
def changes() -> tuple[Change, ...]:
    """Every known change, in order of time. Raises DefinitionError for a file that is wrong."""
    text = files(__package__).joinpath("changes.toml").read_text(encoding="utf-8")
    made = sorted((_change(row) for row in tomllib.loads(text)["change"]), key=lambda c: c.period)
    if len({c.id for c in made}) < len(made):
        raise DefinitionError("changes.toml: two changes have the same id.")
    return tuple(made)


def _change(row: dict[str, Any]) -> Change:
    check_confidence("changes.toml", row["confidence"])
    if row["dated_by"] not in ("period", "file"):
        raise DefinitionError(f"changes.toml: '{row['id']}' is dated_by neither period nor file.")
    begins = Period.parse(row["from"])
    return Change(
        id=row["id"],
        tables=tuple(row["tables"]),
        columns=tuple(row.get("columns", ())),
        values=tuple(row.get("values", ())),
        forces=tuple(_body(name) for name in row.get("forces", ())),
        period=begins,
        latest=Period.parse(row["latest"]) if "latest" in row else begins,
        by_file=row["dated_by"] == "file",
        what=row["what"],
        figure=row.get("figure", ""),
        confidence=row["confidence"],
        source=row["source"],
        source_url=row.get("source_url", ""),
    )


def _body(name: str) -> str:
    found = recognise(name)
    if found is None:
        raise DefinitionError(f"changes.toml: '{name}' is no force or body that openpeel knows.")
    return found.id


def changes_in(table: str, first: str | Period, last: str | Period) -> tuple[Change, ...]:
    """The changes of a table that divide a span of periods, in order of time.

    A change that holds from the first period on divides nothing and is not among them; one that
    depends on when files were made always is, for any period may come from an older file or a newer
    one. Raises NotKnown for what is no period.
    """
    begin, end = (p if isinstance(p, Period) else Period.parse(p) for p in (first, last))
    return tuple(c for c in changes() if table in c.tables and (c.by_file or c.divides(begin, end)))
