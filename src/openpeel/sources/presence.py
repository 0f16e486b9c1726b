"""What rows a table holds of each force and period: the queries under coverage, for any engine."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from openpeel.errors import NotKnown
from openpeel.lake import Column, Contract, Snapshot
from openpeel.sources.contracts import contract

if TYPE_CHECKING:
    from sqlglot import exp

Key = tuple[str, str]
"""An area and a period."""

_PLACES = ("longitude", "latitude")  # numbers that are no figures
_NEARLY_ALL = 0.9  # share of the forces that must have a value before the others are missed


def has_grid(table: Contract) -> bool:
    """Whether a table has forces and a period, so that its coverage can be told."""
    return table.period is not None and any(c.name == "force_id" for c in table.columns)


def covered_tables(snapshot: Snapshot) -> tuple[str, ...]:
    """The snapshot's tables that have forces and a period, in alphabetical order."""
    made = []
    for table in sorted(snapshot.tables):
        try:
            if has_grid(contract(table)):
                made.append(table)
        except NotKnown:
            continue  # one of the lake's own, or of a source that is not configured now
    return tuple(made)


def figure_columns(table: Contract) -> tuple[Column, ...]:
    """A table's columns of numbers, without coordinates, which are no figures."""
    return tuple(c for c in table.columns if c.type in ("int", "float") and c.name not in _PLACES)


def coverage_query(table: str, figures: Sequence[str] = ()) -> "exp.Query":
    """How many rows a table has of each force (or other body) and period.

    Columns: area, period, rows; for each of `figures`, columns of the table, also filled_NAME (rows
    that hold one) and sum_NAME. Ordered by area and period. Raises NotKnown for a table that no
    source fills, or that has no force or no period.
    """
    from sqlglot import exp

    it = contract(table)
    if it.period is None or not has_grid(it):
        raise NotKnown(f"Table '{table}' has no force or no period: it has no coverage to tell.")
    area, period = (exp.column(n, quoted=True) for n in ("force_id", it.period.name))
    made = {"area": area, "period": period, "rows": exp.Count(this=exp.Star())}
    for name in figures:
        made[f"filled_{name}"] = exp.Count(this=exp.column(name, quoted=True))
        made[f"sum_{name}"] = exp.Sum(this=exp.column(name, quoted=True))
    return (
        exp.select(*(exp.alias_(value, name, quoted=True) for name, value in made.items()))
        .from_(exp.to_table(table, quoted=True))
        .group_by(area, period)
        .order_by(area, period)
    )


def _values_query(table: str, period: str, column: str) -> "exp.Query":
    """The distinct (area, period, value) of a column."""
    from sqlglot import exp

    names = {"area": "force_id", "period": period, "value": column}
    chosen = {alias: exp.column(name, quoted=True) for alias, name in names.items()}
    return (
        exp.select(*(exp.alias_(c, alias, quoted=True) for alias, c in chosen.items()))
        .from_(exp.to_table(table, quoted=True))
        .where(chosen["value"].is_(exp.null()).not_())
        .distinct()
    )


@dataclass(frozen=True)
class Presence:
    """The rows of a table by (area, period), and what they hold of its figures."""

    rows: dict[Key, int]
    filled: dict[str, dict[Key, int]] = field(default_factory=dict)
    """How many of the rows hold a figure, by column and cell."""
    sums: dict[str, dict[Key, float]] = field(default_factory=dict)
    """The figures of a cell added up, by column and cell."""
    more: bool = False
    """Whether the table has figures beside those in `filled`, which are never null."""

    @cached_property
    def _told(self) -> set[Key]:
        """The columns and periods in which anybody has a figure."""
        return {
            (name, period)
            for name, filled in self.filled.items()
            for (_, period), rows in filled.items()
            if rows
        }

    def missing(self, cell: Key) -> list[str]:
        """The columns in which a cell holds no figure at all, and another of its period does."""
        return [
            name
            for name, filled in self.filled.items()
            if not filled[cell] and (name, cell[1]) in self._told
        ]

    def is_empty(self, cell: Key) -> bool:
        """Whether a cell holds no figure in any column that is for figures."""
        return (
            bool(self.filled)
            and not self.more
            and not any(filled[cell] for filled in self.filled.values())
        )


def presence(snapshot: Snapshot, table: Contract, sums: Sequence[str] = ()) -> Presence:
    """What a snapshot holds of a table: from provenance where that tells it, else by one query.

    `sums` are columns to be added up.
    """
    assert table.period is not None
    numbers = figure_columns(table)
    nullable = [c.name for c in numbers if c.null]
    asked = tuple(dict.fromkeys((*nullable, *sums)))
    if not asked and by_slice(table):
        loaded = (h for n, h in snapshot.held.items() if n.table == table.table)
        return Presence(
            {(h.id.key, h.id.partition): h.rows_loaded for h in loaded if h.status == "loaded"}
        )
    found = snapshot.query(coverage_query(table.table, asked))
    cells = list(zip(found["area"].to_pylist(), found["period"].to_pylist(), strict=True))

    def by_cell(name: str) -> dict[Key, Any]:
        return dict(zip(cells, found[name].to_pylist(), strict=True))

    return Presence(
        by_cell("rows"),
        {f: by_cell(f"filled_{f}") for f in nullable},
        {f: {cell: float(v or 0) for cell, v in by_cell(f"sum_{f}").items()} for f in sums},
        more=len(nullable) < len(numbers),
    )


def by_slice(table: Contract) -> bool:
    """Whether one slice of a table is one force's period."""
    return (
        table.period is not None
        and table.partition == table.period.name
        and table.key == "force_id"
    )


def lacking(
    snapshot: Snapshot, table: Contract, column: str, cells: Collection[Key], eras: dict[str, int]
) -> dict[Key, tuple[str, ...]]:
    """Of each of the cells, the values of a column that it lacks and nearly all areas have.

    `eras` gives periods a number; periods of one number are under the same definitions, and a value
    that nearly all areas have in one of them is missed in all.
    """
    assert table.period is not None
    found = snapshot.query(_values_query(table.table, table.period.name, column))
    has: dict[Key, set[str]] = {cell: set() for cell in cells}
    times: Counter[tuple[str, str]] = Counter()
    for area, period, value in zip(
        *(found[n].to_pylist() for n in found.column_names), strict=True
    ):
        if (area, period) in has:
            has[area, period].add(value)
            times[period, value] += 1
    there = Counter(period for _, period in cells)
    expected: dict[int, set[str]] = {}
    for (period, value), number in times.items():
        if number >= _NEARLY_ALL * there[period]:
            expected.setdefault(eras[period], set()).add(value)
    return {
        cell: tuple(sorted(missed))
        for cell, values in has.items()
        if (missed := expected.get(eras[cell[1]], set()) - values)
    }
