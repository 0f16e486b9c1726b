"""Coverage: which force and month of a table is complete, partial or absent, and why."""

from dataclasses import dataclass
from itertools import groupby

from openpeel.lake import SliceId, Snapshot
from openpeel.reference import forces, month_range, stated_gap
from openpeel.sources.contracts import contract

_COUNTED_FROM = {"crime_counts": "crimes", "stop_counts": "stops"}


@dataclass(frozen=True)
class Cell:
    """One force and month of a table: complete, partial or absent, with the reason."""

    status: str
    reason: str = ""


@dataclass(frozen=True)
class Gap:
    """Months in a row that are absent or partial, for one reason."""

    status: str
    first_month: str
    last_month: str
    reason: str


@dataclass(frozen=True)
class Coverage:
    """A table's coverage over the months between the first and the last that are loaded."""

    table: str
    areas: tuple[str, ...]
    months: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]

    def counts(self, area: str) -> dict[str, int]:
        """How many months of a force are complete, partial and absent."""
        made = {"complete": 0, "partial": 0, "absent": 0}
        for month in self.months:
            made[self.cells[area, month].status] += 1
        return made

    def gaps(self, area: str) -> tuple[Gap, ...]:
        """The months of a force that are not complete, those with one reason in a row together."""
        made: list[Gap] = []
        for cell, run in groupby(self.months, lambda month: self.cells[area, month]):
            months = list(run)
            if cell.status != "complete":
                made.append(Gap(cell.status, months[0], months[-1], cell.reason))
        return tuple(made)


def coverage(snapshot: Snapshot, table: str) -> Coverage:
    """The grid of the 43 forces and the months of a table; empty where it is not parted by month.

    Raises NotKnown for a table that no source fills.
    """
    by_month = contract(table).partition == "month"
    held = {
        (name.key, name.partition): entry
        for name, entry in snapshot.held.items()
        if name.table == table and by_month
    }
    loaded = [month for (_, month), entry in held.items() if entry.status == "loaded"]
    areas = tuple(f.id for f in forces())
    if not loaded:
        return Coverage(table, areas, (), {})
    months = month_range(min(loaded), max(loaded))
    cells: dict[tuple[str, str], Cell] = {}
    for area in areas:
        for month in months:
            entry = held.get((area, month))
            if entry is None:
                gap = stated_gap(area, table, month)
                reason = gap.reason if gap else "in no loaded file"
                cells[area, month] = Cell("absent", reason)
            elif entry.status == "refused":
                cells[area, month] = Cell("absent", f"refused: {entry.reason}")
            elif bad := _bad(snapshot, entry.id):
                cells[area, month] = Cell(
                    "partial", f"{bad:,} row{'s are' if bad > 1 else ' is'} in quarantine"
                )
            else:
                cells[area, month] = Cell("complete")
    return Coverage(table, areas, months, cells)


def _bad(snapshot: Snapshot, name: SliceId) -> int:
    """Rows in quarantine for a slice; those of counts stand with the rows they came from."""
    rows = _COUNTED_FROM.get(name.table)
    names = (name, name._replace(table=rows)) if rows else (name,)
    return sum(h.rows_quarantined for n in names if (h := snapshot.held.get(n)))
