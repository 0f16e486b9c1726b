"""Coverage: which force and period of a table is complete, partial or absent, and why."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, product
from pathlib import Path

from openpeel.errors import NotKnown
from openpeel.lake import Column, Contract, Snapshot
from openpeel.reference import (
    Change,
    Period,
    changes,
    changes_in,
    forces,
    stated_gap,
    whole_column,
)
from openpeel.sources.contracts import contract
from openpeel.sources.presence import Key, Presence, by_slice, has_grid, lacking, presence

_COUNTED_FROM = {"crime_counts": "crimes", "stop_counts": "stops"}
NOT_LOADED = "in no loaded file"
"""The reason of what nobody has explained."""


@dataclass(frozen=True)
class Cell:
    """One force and period of a table: complete, partial or absent, with the reason."""

    status: str
    reason: str = ""


_COMPLETE = Cell("complete")


@dataclass(frozen=True)
class Gap:
    """Periods in a row that are absent or partial, for one reason."""

    status: str
    first: str
    last: str
    reason: str


@dataclass(frozen=True)
class Break:
    """A change of definition that divides the periods of a table, and what the data show there.

    `before` and `after` are the last period before it and the first of it that are loaded ('' for a
    change that depends on the files, not on the period). Where the change names a figure,
    `sum_before` and `sum_after` add it up over the forces that have both periods: the step between
    them is of the change and of whatever else happened.
    """

    change: Change
    before: str = ""
    after: str = ""
    sum_before: float | None = None
    sum_after: float | None = None


@dataclass(frozen=True)
class Coverage:
    """A table's coverage over the periods from the first to the last that are loaded.

    `periods` are written as the table writes them (2025-06, 2017-Q2, 2013, 2017/18); one between
    them that nobody has is among them. `notes` tell of rows that belong to no cell.
    """

    table: str
    kind: str
    areas: tuple[str, ...]
    periods: tuple[str, ...]
    cells: dict[Key, Cell]
    changes: tuple[Break, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def totals(self) -> dict[str, int]:
        """How many cells are complete, partial and absent."""
        found = Counter(cell.status for cell in self.cells.values())
        return {status: found[status] for status in ("complete", "partial", "absent")}

    def counts(self, area: str) -> dict[str, int]:
        """How many periods of a force are complete, partial and absent."""
        found = Counter(self.cells[area, period].status for period in self.periods)
        return {status: found[status] for status in ("complete", "partial", "absent")}

    def gaps(self, area: str) -> tuple[Gap, ...]:
        """The periods of a force that are not complete, those with one reason in a row together."""
        made: list[Gap] = []
        for cell, run in groupby(self.periods, lambda period: self.cells[area, period]):
            periods = list(run)
            if cell.status != "complete":
                made.append(Gap(cell.status, periods[0], periods[-1], cell.reason))
        return tuple(made)

    def why_absent(self, area: str, period: str) -> str:
        """Why a force has nothing of a period, inside the grid or outside; '' where it has."""
        cell = self.cells.get((area, period))
        if cell is not None:
            return cell.reason if cell.status == "absent" else ""
        gap = stated_gap(area, self.table, period)
        return gap.reason if gap else NOT_LOADED


def coverage(snapshot: Snapshot, table: str) -> Coverage:
    """The grid of the forces and the periods of a table.

    It is empty for a table that is not loaded, and for one without forces or periods. Raises
    NotKnown for a table that no source fills.
    """
    it = contract(table)
    areas = tuple(f.id for f in forces())
    kind = it.period.period if it.period else ""
    if it.period is None or not has_grid(it) or not snapshot.has(table):
        return Coverage(table, kind, areas, (), {})
    known = {c.name for c in it.columns}
    figures = (c.figure for c in changes() if table in c.tables and c.figure in known)
    found = presence(snapshot, it, tuple(dict.fromkeys(figures)))
    read, unread = _periods({period for _, period in found.rows}, it.period)
    refused, bad, notes = _told(snapshot, it)
    notes += [f"the rows of '{text}' are in no cell: that is no {kind}" for text in unread]
    if not read:
        return Coverage(table, kind, areas, (), {}, notes=tuple(notes))
    grid = {str(p): p for p in _grid(read, it.period.every)}
    dividing = changes_in(table, min(grid.values()), max(grid.values()))
    here = {key for key in found.rows if key[0] in areas and key[1] in grid}
    missed = _missed(snapshot, it, here, grid, dividing)
    cells: dict[Key, Cell] = {}
    for area, (name, period) in product(areas, grid.items()):
        key, gap = (area, name), stated_gap(area, table, period)
        absent = gap.reason if gap and not gap.part else ""
        if key not in here:
            told = f"refused: {refused[key]}" if key in refused else absent or NOT_LOADED
            cells[key] = Cell("absent", told)
        elif found.is_empty(key):
            cells[key] = Cell("absent", absent or _unfilled(found.rows[key]))
        else:
            why = [gap.reason] if gap and gap.part else []
            why += [_quarantined(bad[key])] if key in bad else []
            why += [f"no figure in {column}" for column in found.missing(key)]
            why += [missed[key]] if key in missed else []
            cells[key] = Cell("partial", "; ".join(why)) if why else _COMPLETE
    breaks = tuple(_broken(change, grid, here, found) for change in dividing)
    return Coverage(table, kind, areas, tuple(grid), cells, breaks, tuple(notes))


def _quarantined(rows: int) -> str:
    return "1 row is in quarantine" if rows == 1 else f"{rows:,} rows are in quarantine"


def _unfilled(rows: int) -> str:
    return "its row holds no figure" if rows == 1 else f"its {rows:,} rows hold no figure"


def _periods(texts: Iterable[str], column: Column) -> tuple[list[Period], list[str]]:
    """What a period column holds: the periods of its kind, and what is none."""
    read: list[Period] = []
    unread: list[str] = []
    for text in sorted(texts):
        try:
            period = Period.parse(text)
        except NotKnown:
            unread.append(text)
            continue
        if period.kind == column.period and str(period) == text:
            read.append(period)
        else:
            unread.append(text)
    return read, unread


def _grid(loaded: Sequence[Period], every: int) -> list[Period]:
    """The periods from the first loaded to the last, `every` months apart, and all that are loaded.

    Counts of each March stay a grid of Marches though one September is among them.
    """
    first, last = min(loaded), max(loaded)
    step = Counter(p.start % every for p in loaded).most_common(1)[0][0]
    starts = {p.start for p in loaded}
    starts |= set(range(first.start + (step - first.start) % every, last.start + 1, every))
    return [Period(start, first.length, first.kind) for start in sorted(starts)]


def _told(snapshot: Snapshot, table: Contract) -> tuple[dict[Key, str], dict[Key, int], list[str]]:
    """What provenance says: why cells were refused, their rows in quarantine, and what is of none.

    A bad row is of a cell where its file brought that cell alone. A file of many forces does not
    tell whose a row was that could not be read.
    """
    refused: dict[Key, str] = {}
    bad: dict[Key, int] = {}
    of_files: dict[str, int] = {}
    names = {table.table, _COUNTED_FROM.get(table.table, table.table)}
    held = [h for name, h in snapshot.held.items() if name.table in names]
    brought = Counter((h.id.table, h.origin.file, h.origin.member) for h in held)
    for entry in held:
        cell = (entry.id.key, entry.id.partition)
        if entry.status == "refused":
            refused[cell] = entry.reason
        elif entry.rows_quarantined:
            alone = brought[entry.id.table, entry.origin.file, entry.origin.member] == 1
            if alone and by_slice(table):
                bad[cell] = bad.get(cell, 0) + entry.rows_quarantined
            else:
                file = Path(entry.origin.member or entry.origin.file).name
                of_files[file] = of_files.get(file, 0) + entry.rows_quarantined
    notes = [
        f"{_quarantined(rows)} of {file}, of no force and period that can be told"
        for file, rows in sorted(of_files.items())
    ]
    return refused, bad, notes


def _missed(
    snapshot: Snapshot,
    table: Contract,
    here: Collection[Key],
    grid: Mapping[str, Period],
    dividing: Sequence[Change],
) -> dict[Key, str]:
    """Of the cells whose file held a part only, what is not there."""
    column = whole_column(table.table)
    if column not in {c.name for c in table.columns}:
        return {}
    edges = [c.latest.start for c in dividing if column in c.columns]
    eras = {name: sum(edge <= period.start for edge in edges) for name, period in grid.items()}
    made = {}
    for cell, values in lacking(snapshot, table, column, here, eras).items():
        named = ", ".join(values[:3]) + (f" and {len(values) - 3} more" if len(values) > 3 else "")
        made[cell] = f"no row of the {column.replace('_', ' ')} {named}, as nearly all others have"
    return made


def _broken(
    change: Change, grid: Mapping[str, Period], here: Collection[Key], found: Presence
) -> Break:
    """A change where it divides the loaded periods of a grid."""
    if change.by_file:
        return Break(change)
    loaded = {name: grid[name] for _, name in here}
    before = [p for p in loaded.values() if p.start + p.length <= change.period.start]
    after = [p for p in loaded.values() if p.start >= change.latest.start]
    if not before or not after:
        return Break(change)
    last, first = str(max(before)), str(min(after))
    sums = found.sums.get(change.figure)
    if sums is None:
        return Break(change, last, first)
    both = [
        area
        for area in {area for area, _ in here}
        if (area, last) in here and (area, first) in here and area in (change.forces or (area,))
    ]
    return Break(
        change,
        last,
        first,
        math.fsum(sums[area, last] for area in both),
        math.fsum(sums[area, first] for area in both),
    )
