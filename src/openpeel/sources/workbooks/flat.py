"""Plain tables published as workbooks: sheets that hold what a CSV of the same header holds."""

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from openpeel.errors import FileRefused
from openpeel.lake import BadRow, Slice
from openpeel.sources.flat.described import FlatFile
from openpeel.sources.members import Member
from openpeel.sources.source import OGL, Context, Parsed, Target
from openpeel.sources.workbooks.grid import Grid, is_workbook, read_workbook


class FlatWorkbooks:
    """Every sheet whose header is that of a plain table is read as its CSV would be.

    A table may go on from sheet to sheet (one a year). Titles above the header and notes at the end
    (rows with one filled cell) are left out.
    """

    name = "plain-tables-as-workbooks"
    title = "Plain tables published as workbooks"
    publisher = "as of the table"
    licence = OGL

    def __init__(self, flat: Sequence[FlatFile]) -> None:
        """`flat` are the tables known."""
        self._flat = flat

    def recognise(self, member: Member, header: Callable[[], Sequence[str]]) -> Target | None:
        """By a header among the first rows of its sheets."""
        found = self._of(header()) if is_workbook(member) else None
        return Target(found.contract.table) if found else None

    def _of(self, cells: Sequence[str]) -> FlatFile | None:
        """The table whose header stands among the cells, in its order."""
        there = list(cells)
        for flat in self._flat:
            wanted = [name for name in flat.header if name]
            starts = (n for n, cell in enumerate(there) if cell in wanted[:1])
            if any(there[n : n + len(wanted)] == wanted for n in starts):
                return flat
        return None

    def read(self, member: Member, target: Target, context: Context) -> Parsed:
        """As the table's own source reads the CSV; bad rows say sheet and row."""
        data = member.read()
        grids = read_workbook(data, member.label)
        flat = self._of([cell for grid in grids for cell in grid.top])
        if flat is None:
            raise FileRefused(f"{member.label} has no sheet with the header of a plain table.")
        rows = [row for grid in grids for row in _rows(grid, flat.header)]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([flat.header, *(r.cells for r in rows)])
        sheet = _AsCsv(
            member.file, member.name, member.size, member.container, member.packed,
            text.getvalue().encode(),
        )  # fmt: skip
        parsed = flat.read(sheet, target, context)
        sha = hashlib.sha256(data).hexdigest()
        parsed.pieces = [
            replace(
                piece,
                origin=replace(piece.origin, sha256=sha, bytes=len(data)),
                bad=[_placed(bad, rows[bad.line - 2]) for bad in piece.bad],
            )
            for piece in parsed.pieces
            if isinstance(piece, Slice)
        ]
        unread = [g.name for g in grids if g.name not in {row.sheet for row in rows}]
        if unread:
            parsed.check = lambda _outranked, _held: f"sheets not read: {', '.join(unread)}"
        return parsed


@dataclass(frozen=True)
class _Row:
    sheet: str
    number: int
    cells: list[str]


@dataclass(frozen=True)
class _AsCsv(Member):
    """A workbook's rows as the CSV that its publisher might have made of them."""

    text: bytes = b""

    def read(self) -> bytes:
        """The CSV text."""
        return self.text


def _rows(grid: Grid, header: Sequence[str]) -> list[_Row]:
    """The rows below the header, in its columns; none where the sheet has no such header."""
    wide = len(header)
    for at, row in enumerate(grid.rows):
        for left in range(len(row) - wide + 1):
            if row[left : left + wide] == list(header):
                made = [
                    _Row(grid.name, number, cells)
                    for number, row in enumerate(grid.rows[at + 1 :], at + 2)
                    if any(cells := row[left : left + wide])
                ]
                while made and sum(map(bool, made[-1].cells)) == 1:
                    made.pop()
                return made
    return []


def _placed(bad: BadRow, row: _Row) -> BadRow:
    return replace(bad, line=row.number, column=f"{row.sheet}, {bad.column}".rstrip(", "))
