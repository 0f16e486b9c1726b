"""One sheet of a workbook as rows of a table: header, areas, sums and footnotes told apart."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from openpeel.errors import FileRefused
from openpeel.reference import Force, NotAForce, forces, normalise, recognise
from openpeel.sources.cells import NO_VALUE, number
from openpeel.sources.workbooks.grid import Grid, unmarked
from openpeel.sources.workbooks.layout import Column, Layout, folded, has_all, needed, spellings

_TOLERANCE = 0.005  # sums of full-time equivalents, given to two decimals
_DATES = ("%d %B %Y", "%d %b %Y", "%d/%m/%Y", "%B %Y", "%b %Y", "%b-%y", "%B-%y", "%m/%Y")


@dataclass
class Taken:
    """The rows of a sheet, column by column as text, with where each stands in it.

    `names` are those of the columns in its header; `notes` say what does not add up and what was
    passed over.
    """

    sheet: str
    names: dict[str, str]
    cells: dict[str, list[str]]
    lines: list[int]
    across: list[str]
    texts: list[str]
    notes: list[str]


def take(layout: Layout, grid: Grid, edition: int) -> Taken:
    """The rows of a sheet; raises FileRefused where it has no such header."""
    return _Reading(layout, grid, edition).taken()


@dataclass(frozen=True)
class _Line:
    """A row of the sheet that holds figures: of an area, or a sum of such."""

    row: int
    label: str
    found: Force | NotAForce | None
    group: tuple[str, ...]


class _Reading:
    """A sheet while it is read: which columns it has, and where."""

    def __init__(self, layout: Layout, grid: Grid, edition: int) -> None:
        self.layout, self.grid, self.edition = layout, grid, edition
        self.sheet = f"its sheet '{grid.name}'" if grid.name else "it"
        self.head = self._header_row()
        names = [folded(cell) for cell in grid.rows[self.head]]
        self.places = {
            name: place
            for name, column in layout.columns.items()
            if (place := self._place(names, column)) is not None
        }
        has_total = layout.total and layout.total in names
        self.total = names.index(layout.total) if has_total else None
        passed = {*self.places.values(), self.total}
        rest = [
            n for n, name in enumerate(names)
            if name and n not in passed and name not in layout.skip
        ]  # fmt: skip
        spread = any("across" in column for column in layout.columns.values())
        self.across = rest if spread else []
        self.unread = [] if spread else [grid.rows[self.head][n] for n in rest]
        of = layout.columns
        numeric = [p for n, p in self.places.items() if of[n].get("as") in ("int", "float")]
        mean = [p for n, p in self.places.items() if not of[n].get("adds", True)]
        self.figures = [*numeric, *self.across]
        self.added = [place for place in self.figures if place not in mean]
        self.labels = sorted({*self.places.values()} - {*numeric, self.places[layout.area]})
        if not self.figures:
            raise FileRefused(f"{self.sheet} has no column of figures beside its names.")

    def _header_row(self) -> int:
        """The first row that holds all names of the header, wherever it stands."""
        layout = self.layout
        for number_, row in enumerate(self.grid.rows):
            there = {folded(cell) for cell in row}
            if there.issuperset(layout.header) and has_all(layout.columns, row):
                return number_
        wanted = [*layout.header, *(names[0] for names in needed(layout.columns))]
        raise FileRefused(
            f"{self.sheet} has no row with the names {', '.join(filter(None, wanted))}."
        )

    def _place(self, names: list[str], column: Column) -> int | None:
        """Where a column stands; one without a name is the first such that holds any text."""
        for name in map(folded, spellings(column)):
            at = [n for n, other in enumerate(names) if other == name]
            if not name:
                at = [n for n in at if any(row[n] for row in self.grid.rows[self.head + 1 :])][:1]
            if len(at) > 1:
                raise FileRefused(f"{self.sheet}, row {self.head + 1}, names '{name}' twice.")
            if at:
                return at[0]
        return None

    def taken(self) -> Taken:
        """The rows of areas, one for each figure where figures stand across."""
        rows, layout = self.grid.rows, self.layout
        lines = [*self._lines()]
        of_areas = [line for line in lines if not _is_sum(line.found)]
        spread = self.across or [-1]
        texts = [", ".join(filter(None, rows[line.row]))[:500] for line in of_areas]
        return Taken(
            self.grid.name,
            {name: rows[self.head][place] for name, place in self.places.items()},
            {
                name: self._column(name, column, [line.row for line in of_areas], spread)
                for name, column in layout.columns.items()
            },
            [line.row + 1 for line in of_areas for _ in spread],
            [rows[self.head][n] if self.across else "" for _ in of_areas for n in spread],
            [text for text in texts for _ in spread],
            [*self._passed(lines), *self._notes(of_areas, [x for x in lines if _is_sum(x.found)])],
        )

    def _column(
        self, name: str, column: Column, rows: Sequence[int], spread: Sequence[int]
    ) -> list[str]:
        """The cells of one column of the table, row by row and within a row across."""
        cells = self.grid.rows
        place = self.places.get(name)
        if column.get("across") == "cell":
            return [self._figure(row, n) for row in rows for n in spread]
        if column.get("across") == "name":
            made = [unmarked(cells[self.head][n]) for n in spread] * len(rows)
        elif place is None:
            made = [self._fixed(name, column)] * (len(rows) * len(spread))
        elif place in self.figures:
            made = [self._figure(row, place) for row in rows]
        else:
            made = [text for row in rows for text in [unmarked(cells[row][place])] * len(spread)]
        return [iso(text) for text in made] if column.get("as") == "month" else made

    def _fixed(self, name: str, column: Column) -> str:
        """What a column holds throughout: its value, the edition, or what stands above."""
        if "above" not in column:
            edition = column.get("edition", "").format(self.edition)
            return str(column.get("value", "")) or edition
        above = [cell for row in self.grid.rows[: self.head] for cell in row if cell]
        found = re.search(column["above"], "\n".join(above))
        if not found:
            raise FileRefused(
                f"{self.sheet} does not say the {name} above its header (as in "
                f"'{column['above']}')."
            )
        return " ".join(unmarked(found[1]).split())

    def _figure(self, row: int, place: int) -> str:
        """A figure without footnote marks, '' for none; one over several cells is none at all."""
        text = unmarked(self.grid.rows[row][place])
        if (row, place) in self.grid.merged and text:
            return f"{text} (one cell merged of several)"
        return "" if text in self.layout.no_value else text

    def _lines(self) -> Iterator[_Line]:
        """The rows below the header that are no text lines (notes, sources, blanks)."""
        place = self.places[self.layout.area]
        rows = self.grid.rows
        labels = [unmarked(row[place]) for row in rows]
        above = None
        for at in range(self.head + 1, len(rows)):
            found = recognise(labels[at]) if labels[at] else None
            is_area = found is not None and not _is_sum(found)  # a note may begin "The total …"
            if not is_area and not any(self._is_figure(rows[at][n]) for n in self.figures):
                continue
            below = next((x for x in map(recognise, filter(None, labels[at + 1 :])) if x), None)
            region = _region(above, found, below)
            yield _Line(at, labels[at], region or found, tuple(rows[at][n] for n in self.labels))
            above = found

    def _is_figure(self, text: str) -> bool:
        text = unmarked(text)
        if text.upper() in NO_VALUE or text in self.layout.no_value:
            return bool(text)
        return _number(text) is not None

    # --- what does not add up ---------------------------------------------------------------------

    def _passed(self, lines: Sequence[_Line]) -> Iterator[str]:
        """Rows of text alone that stand among the others: notes stand below them."""
        known = {line.row for line in lines}
        rows = range(min(known, default=0), max(known, default=0))
        strange = [row + 1 for row in rows if row not in known and any(self.grid.rows[row])]
        if strange:
            which = ", ".join(map(str, strange[:5]))
            yield f"{self.grid.name or 'the file'} has rows without any figure: {which}"

    def _notes(self, of_areas: Sequence[_Line], sums: Sequence[_Line]) -> Iterator[str]:
        sheet = self.grid.name or "the file"
        there = {line.found.id for line in of_areas if line.found}
        missing = [f.short for f in forces() if f.id not in there]
        if missing:
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            yield f"{sheet} has no row of {', '.join(missing[:5])}{more}"
        if self.unread:
            yield f"{sheet}: columns not read: {', '.join(self.unread)}"
        wrong = [*self._wrong_sums(of_areas, sums), *self._wrong_totals(of_areas)]
        if wrong:
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            yield f"{sheet} does not add up: {'; '.join(wrong[:3])}{more}"

    def _wrong_sums(self, of_areas: Sequence[_Line], sums: Sequence[_Line]) -> Iterator[str]:
        """Sums of areas that are not what their areas add up to."""
        by_group: dict[tuple[str, ...], list[_Line]] = {}
        for line in of_areas:
            by_group.setdefault(line.group, []).append(line)
        for line in sums:
            ids = _summed(line)
            parts = [p for p in by_group.get(line.group, []) if ids is None or _id(p) in ids]
            for place in self.added:
                said = _number(self._figure(line.row, place))
                given = [_number(self._figure(p.row, place)) for p in parts]
                yield from self._wrong(line, place, said, given)

    def _wrong_totals(self, of_areas: Sequence[_Line]) -> Iterator[str]:
        """Cells of the total column that are not what the figures across add up to."""
        if self.total is None:
            return
        for line in of_areas:
            given = [_number(self._figure(line.row, place)) for place in self.across]
            if None not in given:
                said = _number(self._figure(line.row, self.total))
                yield from self._wrong(line, self.total, said, given)

    def _wrong(
        self, line: _Line, place: int, said: float | None, given: Sequence[float | None]
    ) -> Iterator[str]:
        parts = math.fsum(n for n in given if n is not None)
        if said is not None and given and not math.isclose(said, parts, abs_tol=_TOLERANCE):
            what = ", ".join(
                filter(None, (line.label, *line.group, self.grid.rows[self.head][place]))
            )
            yield f"row {line.row + 1} ({what}) says {said:,.10g}, its parts {parts:,.10g}"


@lru_cache(maxsize=4096)
def iso(text: str) -> str:
    """A date or month in words or with strokes as YYYY-MM-DD; any other text as it is."""
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date().isoformat()
        except ValueError:
            pass
    return text


def _number(text: str) -> float | None:
    try:
        return number(text)
    except ValueError:
        return None


def _is_sum(found: Force | NotAForce | None) -> bool:
    return isinstance(found, NotAForce) and found.kind in ("region", "nation", "total")


def _id(line: _Line) -> str:
    return line.found.id if line.found else ""


def _region(
    above: Force | NotAForce | None,
    found: Force | NotAForce | None,
    below: Force | NotAForce | None,
) -> NotAForce | None:
    """The region of a label that a force bears too: "West Midlands" just above Staffordshire.

    Region rows stand above their forces; that force stands below another of its region.
    """
    if not isinstance(found, Force) or normalise(found.region) != normalise(found.short):
        return None
    here = [x.region if isinstance(x, Force) and x != found else "" for x in (above, below)]
    region = recognise(f"{found.region} region")
    first = here[0] != found.region == here[1] and above != found
    return region if first and isinstance(region, NotAForce) else None


def _summed(line: _Line) -> set[str] | None:
    """The ids of the forces that a sum is over; None for all rows; empty where it does not say."""
    rest = re.sub(r"^total\b", "", normalise(line.label)).strip()
    if not rest:
        return None
    of = recognise(rest)
    name = of.region if isinstance(of, Force) else of.name if of else ""
    every = name == "England and Wales" or rest.endswith(" forces")
    return {f.id for f in forces() if every or name in (f.region, f.nation)}
