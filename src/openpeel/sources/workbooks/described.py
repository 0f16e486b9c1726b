"""Workbooks exactly as published, each kind described by a TOML file: `workbooks/*.toml`.

```toml
name = "use-of-force"
title = "Police use of force statistics, tables by police force"
publisher = "Home Office"
licence = "Open Government Licence v3.0"
edition = "March ([0-9]{4})"       # the latest year in its first rows: the newer edition wins
no_value = [":"]                   # how it says "no value", beside empty, NA, N/A, .. and NULL
csv = true                         # also as a CSV file of one sheet
[words.perceived]                  # ours = theirs
Black = ["Black (or Black British)"]
[[sheets]]
table = "force_tactics"            # its contract is tables/force_tactics.toml
title = "^Table [0-9]+[.:] .*by police force and"  # a text in the first rows of the sheet, if any
header = ["number"]                # names of the header row that make no column
skip = ["Region"]                  # named columns that are left out
total = "Total"                    # the column that adds up the figures across: checked, not loaded
sums = { uses = ["discharge", "non_discharge"] }   # what should add up: reported where it does not
must = { calls = ["under_10", "from_10"] }         # what must: else the row is bad
[sheets.columns]
force_id = { from = "Police force", as = "force" }               # "" for the column without a name
calls = { from = ["Calls", "999 calls"], as = "int", least = 0 } # spellings, the first one found
year = { from = "Financial year", edition = "{}-03-31", as = "financial-year" }
rank = { from = "Rank", as = "text", optional = true }           # may be missing from the header
perceived = { across = "name", as = "required", words = "perceived" }  # one row for each column
uses = { across = "cell", as = "int", least = 0 }                      # that stands across
measure = { above = "(Headcount|Full-time equivalents)" }        # a text above the header
seconds = { from = "Mean", as = "float", adds = false }          # sums of it are not checked
role = { value = "officer" }
```

A sheet is found by its title, or by its header alone, and its header row by its names: neither the
sheet's name nor the place of rows and columns matters. Below it a row is of a force or body, or a
sum over such (a region, a nation, a total), or it holds no figure and is a note. Sums are checked
and not loaded. A merged cell stands for each of its cells, but a figure merged over several is
none. Footnote marks behind a name or a figure are dropped. A row that stands twice is bad.

`as` and `least` are those of plain tables (`flat/described.py`). `words` rename: a text that they
lack stays, or, where the contract takes nulls, is null and named in the note.
"""

import csv
import hashlib
import io
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import pyarrow as pa

from openpeel.errors import DefinitionError, FileRefused, NotKnown
from openpeel.lake import BadRow, Contract, Held, Slice, SliceId
from openpeel.sources.cells import Made, make
from openpeel.sources.members import Member
from openpeel.sources.source import Context, Parsed, Target, cut, origin_of
from openpeel.sources.text import even
from openpeel.sources.workbooks.grid import Grid, is_workbook, read_workbook
from openpeel.sources.workbooks.layout import Layout, folded, has_all, layout_of
from openpeel.sources.workbooks.sheet import Taken, take


class Workbook:
    """A source made of a description and the contracts of its tables."""

    def __init__(self, path: Path | Traversable, contract_of: Callable[[str], Contract]) -> None:
        """Read a description; raises DefinitionError naming the file and what is wrong in it."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            self.name: str = data["name"]
            self.title: str = data["title"]
            self.publisher: str = data["publisher"]
            self.licence: str = data["licence"]
            self._edition = re.compile(data.get("edition", "()"))
            if self._edition.groups != 1:
                raise ValueError("'edition' is a regular expression with one group")
            self._csv: bool = data.get("csv", False)
            self._words = {
                name: {folded(theirs): ours for ours, all_ in pairs.items() for theirs in all_}
                for name, pairs in data.get("words", {}).items()
            }
            no_value = frozenset(data.get("no_value", ()))
            self.layouts = [
                layout_of(sheet, contract_of(sheet["table"]), no_value, self._words)
                for sheet in data["sheets"]
            ]
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DefinitionError(f"{path}: not valid TOML: {error}") from error
        except KeyError as error:
            raise DefinitionError(f"{path}: the description lacks {error}") from error
        except NotKnown as error:
            raise DefinitionError(f"{path}: its table has no contract: {error}") from error
        except (AttributeError, TypeError, ValueError, re.error) as error:
            raise DefinitionError(f"{path}: not the shape of a description: {error}") from error
        except DefinitionError as error:
            raise DefinitionError(f"{path}: {error}") from error

    def recognise(self, member: Member, header: Callable[[], Sequence[str]]) -> Target | None:
        """By a title or a header among the first rows of its sheets, or of the CSV file."""
        if not (is_workbook(member) or (self._csv and member.base.endswith(".csv"))):
            return None
        first = list(header())
        found = next((x for x in self.layouts if _is_of(x, first, first)), None)
        if found is None:
            return None
        # The newest edition is read first: an older one of the same load then gives way to it.
        return Target(found.table, (str(9999 - self._edition_of(first)),))

    def _edition_of(self, first: Sequence[str]) -> int:
        years = self._edition.findall("\n".join(first))
        return max((int(year) for year in years if year.isdecimal()), default=0)

    def read(self, member: Member, target: Target, context: Context) -> Parsed:
        """The rows of all its sheets that are known; what does not add up is in the note."""
        data = member.read()
        grids = read_workbook(data, member.label) if is_workbook(member) else [_grid(member, data)]
        edition = self._edition_of([cell for grid in grids for cell in grid.top])
        if self._edition.pattern != "()" and not edition:
            raise FileRefused(f"{member.label} does not say of which year it is.")
        taken = self._taken(grids, edition, member.label)
        notes = [note for _, sheet in taken for note in sheet.notes]
        bad: list[BadRow] = []
        good: dict[str, list[pa.Table]] = {}
        for layout in self.layouts:
            sheets = [sheet for of, sheet in taken if of is layout]
            if sheets:
                rows, wrong, said = self._rows(layout, sheets)
                good.setdefault(layout.table, []).append(rows)
                bad += wrong
                notes += said
        reasons = "; ".join(dict.fromkeys(f"{b.column}: {b.reason}" for b in bad[:3]))
        if not any(map(len, (rows for tables in good.values() for rows in tables))):
            raise FileRefused(f"{member.label} holds no row that can be loaded. {reasons}".strip())
        unread = [grid.name for grid in grids if grid.name not in {s.sheet for _, s in taken}]
        if unread:
            notes.append(f"sheets not read: {', '.join(unread)}")
        sha = hashlib.sha256(data).hexdigest()
        origin = origin_of(self, member, sha, sha, len(data))
        parsed = Parsed(bad=len(bad))
        for layout in {x.table: x for x in self.layouts if x.table in good}.values():
            rows = pa.concat_tables(good[layout.table])
            part = cut(layout.contract, rows, bad if len(rows) else (), origin)
            bad = bad if not len(rows) else []
            parsed.good |= part.good
            parsed.pieces += [
                replace(p, rank=edition) if edition and isinstance(p, Slice) else p
                for p in part.pieces
            ]
        parsed.check = _note_of(notes, parsed.good, edition, context.held)
        return parsed

    def _taken(self, grids: Sequence[Grid], edition: int, label: str) -> list[tuple[Layout, Taken]]:
        """All sheets that are known, each by the first layout it is of."""
        taken = []
        for grid in grids:
            layout = next((x for x in self.layouts if _is_of(x, grid.heading, grid.top)), None)
            if layout is not None:
                try:
                    taken.append((layout, take(layout, grid, edition)))
                except FileRefused as error:
                    raise FileRefused(f"{label}: {error}") from error
        if not taken:
            raise FileRefused(f"{label}: none of its sheets is one of {self.title}.")
        return taken

    def _rows(
        self, layout: Layout, sheets: Sequence[Taken]
    ) -> tuple[pa.Table, list[BadRow], list[str]]:
        """The good rows of sheets of one layout, the bad ones, and what is to be said of them."""
        where = [
            (sheet.sheet, *place)
            for sheet in sheets
            for place in zip(sheet.lines, sheet.across, sheet.texts, strict=True)
        ]
        notes: list[str] = []
        made: dict[str, Made] = {}
        for column in layout.contract.columns:
            given = layout.columns[column.name]
            cells = [cell for sheet in sheets for cell in sheet.cells[column.name]]
            if "words" in given:
                cells, strange = self._worded(cells, given["words"], column.null)
                if strange:
                    notes.append(f"no {column.name} is known for {', '.join(strange)}")
            made[column.name] = make(
                pa.array(cells, pa.string()), given.get("as", "text"), column.null,
                given.get("least"),
            )  # fmt: skip
        rows = pa.table([m.values for m in made.values()], names=list(made))
        reasons = _reasons(made, len(rows))
        for name, parts in layout.must.items():
            for at, told in _unequal(rows, name, parts):
                reasons[at] = reasons[at] or (name, told)
        names = [c.name for c in layout.contract.columns if c.type == "string"]
        seen: set[tuple[str | None, ...]] = set()
        for at, key in enumerate(zip(*(rows[n].to_pylist() for n in names), strict=True)):
            if not reasons[at] and key in seen:
                reasons[at] = (layout.area, "the row stands twice")
            seen.add(key)
        bad = []
        known = {name: its for sheet in sheets for name, its in sheet.names.items()}
        for at, (sheet, line, across, text) in enumerate(where):
            if fault := reasons[at]:
                is_across = "across" in layout.columns[fault[0]]
                name = across if is_across else known.get(fault[0]) or fault[0]
                place = f"{sheet}, {name}" if sheet else name
                bad.append(BadRow(line, place, fault[1], text))
        for name, parts in layout.sums.items():
            odd = [(at, told) for at, told in _unequal(rows, name, parts) if not reasons[at]]
            if odd:
                at, told = odd[0]
                more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
                sheet = where[at][0] or "the file"
                notes.append(f"{sheet} does not add up: row {where[at][1]}, {told}{more}")
        good = rows.filter(pa.array([not fault for fault in reasons], pa.bool_()))
        return good.cast(layout.contract.schema), bad, notes

    def _worded(self, cells: list[str], words: str, null: bool) -> tuple[list[str], list[str]]:
        """The cells in our words, and the texts that these lack where such become null."""
        known = self._words[words]
        ours = {
            cell: known.get(folded(cell), "" if null else cell) for cell in dict.fromkeys(cells)
        }
        return [ours[cell] for cell in cells], [c for c, made in ours.items() if c and not made]


def _is_of(layout: Layout, heading: Sequence[str], top: Sequence[str]) -> bool:
    if layout.title is not None:
        return any(map(layout.title.search, heading))
    return has_all(layout.columns, top)


def _grid(member: Member, data: bytes) -> Grid:
    """A CSV file as a sheet without a name."""
    reader = csv.reader(io.StringIO(even(data, member.label).data.decode()), strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append([" ".join(cell.split()) for cell in row])
            rows += [[]] * (reader.line_num - len(rows))  # so that a row's place is its line
    except csv.Error as error:
        raise FileRefused(f"{member.label} is not valid CSV: {error}.") from error
    width = max(map(len, rows), default=0)
    return Grid("", [row + [""] * (width - len(row)) for row in rows])


def _reasons(made: Mapping[str, Made], size: int) -> list[tuple[str, str] | None]:
    """Of each row the first column at fault and why, None for a sound one."""
    reasons: list[tuple[str, str] | None] = [None] * size
    for name, column in made.items():
        for at in np.flatnonzero(column.wrong).tolist():
            reasons[at] = reasons[at] or (name, column.faults[column.codes[at]])
    return reasons


def _unequal(rows: pa.Table, name: str, parts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The rows in which a column is not the sum of others, and how it is told; none with a null."""
    given = [rows[n].cast(pa.float64()).to_numpy() for n in (name, *parts)]  # null is NaN
    whole, added = given[0], np.sum(given[1:], axis=0)
    for at in np.flatnonzero(np.abs(whole - added) > 0.005).tolist():
        yield at, f"{name} is {whole[at]:,.10g}, {' + '.join(parts)} are {added[at]:,.10g}"


def _note_of(
    notes: Sequence[str], mine: Mapping[SliceId, int], edition: int, before: Mapping[SliceId, Held]
) -> Callable[[set[SliceId], Mapping[SliceId, Held]], str]:
    """What to say when the fate of the slices is known: also which edition won."""
    older = Counter(
        (name.table, name.partition, before[name].origin.file)
        for name in mine
        if name in before and before[name].rank < edition
    )
    won = [f"{table} {period} replaces that of {Path(f).name}" for table, period, f in older]

    def check(outranked: set[SliceId], held: Mapping[SliceId, Held]) -> str:
        newer = Counter(
            (name.table, name.partition, held[name].origin.file)
            for name in sorted(outranked)
            if name in held
        )
        lost = [f"{t} {p} stays that of {Path(f).name}, which is newer" for t, p, f in newer]
        return "; ".join([*won, *lost, *notes])

    return check
