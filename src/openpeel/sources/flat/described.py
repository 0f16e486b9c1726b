"""Plain CSV tables, each described by a TOML file: a source without a line of code.

```toml
name = "population"
title = "Mid-year population estimates by police force area"
publisher = "Office for National Statistics"
licence = "Open Government Licence v3.0"
table = "population"                    # its contract is tables/population.toml
header = ["pfa21cd", "pfa21nm", "mid_year", "population"]
comments = "#"                          # where the file has them: how such a line begins
[columns]                               # the table's columns, and how each is made
force_id = { from = "pfa21cd", as = "force" }
quarter = { from = ["Year", "Quarter"], as = "financial-quarter" }   # cells joined by a space
residents = { from = "population", as = "int", least = 1 }
census = { value = "2011" }                                          # what the file does not say
year = { comment = "Report ([0-9-]+)", as = "financial-year" }       # what only its comments say
```

`as` is a word of `cells.CONVERTERS`. A cell that says "no value" (empty, NA, N/A, .., NULL) is null
where the contract takes nulls. A row that cannot be made so is bad, with the column and the reason.
A row that is no force (a region, a total, Action Fraud) is bad with `force`, and loads under an id
of its own with `area`.

Descriptions lie beside this file, and in the folder that OPENPEEL_SOURCES names; their contracts in
`sources/tables/`, and in `tables/` of that folder.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openpeel.errors import DefinitionError, FileRefused, NotKnown
from openpeel.lake import BadRow, Contract
from openpeel.sources.cells import CONVERTERS, KINDS, PARTING, Made, make
from openpeel.sources.members import Member
from openpeel.sources.source import Context, Parsed, Target, cut, origin_of
from openpeel.sources.text import Rows, Text, check_header, even, header_of, rows_of


class FlatFile:
    """A source made of a description and the contract of its table."""

    def __init__(self, path: Path | Traversable, contract_of: Callable[[str], Contract]) -> None:
        """Read a description; raises DefinitionError naming the file and what is wrong in it."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            self.name: str = data["name"]
            self.title: str = data["title"]
            self.publisher: str = data["publisher"]
            self.licence: str = data["licence"]
            self.header: list[str] = data["header"]
            self._comments: str = data.get("comments", "")
            self._columns: dict[str, dict[str, Any]] = data["columns"]
            self.contract = contract_of(data["table"])
        except ValueError as error:
            raise DefinitionError(f"{path}: not valid TOML: {error}") from error
        except KeyError as error:
            raise DefinitionError(f"{path}: the description lacks {error}") from error
        except NotKnown as error:
            raise DefinitionError(f"{path}: its table has no contract: {error}") from error
        for fault in self._faults():
            raise DefinitionError(f"{path}: {fault}")
        self._null = {c.name: c.null for c in self.contract.columns}

    def _faults(self) -> Iterator[str]:
        if not isinstance(self._columns, dict) or not isinstance(self.header, list):
            yield "'header' is a list of names, 'columns' a table"
        if not isinstance(self._comments, str):
            yield "'comments' is the text that a comment line begins with"
        wanted = {c.name for c in self.contract.columns}
        if set(self._columns) != wanted:
            yield f"it makes {sorted(self._columns)}, the table needs {sorted(wanted)}"
        for column in self.contract.columns:
            made = self._columns[column.name]
            for fault in _column_faults(made, self.header, bool(self._comments)):
                yield f"column '{column.name}' {fault}"
            way = made.get("as", "")
            kind = way if way in KINDS else "string"
            if kind != column.type:
                yield f"column '{column.name}' is {column.type}, and as = '{way}' makes {kind}"
            if column.name == self.contract.partition and way not in (*PARTING, ""):
                yield (
                    f"column '{column.name}' parts the table: make it one of {', '.join(PARTING)}"
                )

    def recognise(self, member: Member, header: Callable[[], Sequence[str]]) -> Target | None:
        """By the header, which may stand below comments."""
        if not member.base.endswith(".csv"):
            return None
        found = list(header())
        if self._comments and found and found[0].startswith(self._comments):
            found = header_of(self._without_comments(even(member.read(), member.label))[0].data)
        return Target(self.contract.table) if found == self.header else None

    def read(self, member: Member, target: Target, context: Context) -> Parsed:
        """Slices by the contract's partition and key."""
        text, lines, said = self._without_comments(even(member.read(), member.label))
        check_header(text.data, self.header, member.label)
        # Columns by their place: a header may have one without a name, or a name twice.
        rows = rows_of(text, [str(n) for n in range(len(self.header))])
        made = {
            name: self._made(name, column, rows, said, member.label)
            for name, column in self._columns.items()
        }
        first = np.full(len(rows.table), len(made), np.int64)  # the first column at fault
        for number, column in reversed([*enumerate(made.values())]):
            first[column.wrong] = number
        bad = [replace(b, line=int(lines[b.line - 1])) for b in rows.bad]
        columns = [*made.items()]
        for at in np.flatnonzero(first < len(made)).tolist():
            name, column = columns[first[at]]
            given = self._columns[name].get("from", "")
            cells = ((c[at].as_py() or "").strip() for c in rows.table.columns)
            bad.append(
                BadRow(
                    line=int(lines[rows.lines[at] - 1]),
                    column=given if isinstance(given, str) else ", ".join(given),
                    reason=column.faults[column.codes[at]],
                    text=",".join(cells)[:500],
                )
            )
        bad.sort(key=lambda row: row.line)
        values = [made[name].values for name in self._null]
        good = pa.table(values, schema=self.contract.schema).filter(first == len(made))
        if not len(good):
            reasons = "; ".join(dict.fromkeys(b.reason for b in bad[:3]))
            raise FileRefused(f"{member.label} holds no row that can be loaded. {reasons}".strip())
        origin = origin_of(self, member, text.sha256, text.digest, text.size)
        return cut(self.contract, good, bad, origin)

    def _without_comments(self, text: Text) -> tuple[Text, np.ndarray, str]:
        """The text below its comments, the line in the file of each of its lines, the comments."""
        lines = text.data.split(b"\n")
        mark = self._comments.encode()
        numbers = np.arange(1, len(lines) + 1)
        if not mark:
            return text, numbers, ""
        said = np.array([line.startswith(mark) for line in lines], bool)
        kept = b"\n".join(line for line, is_said in zip(lines, said, strict=True) if not is_said)
        words = (line.decode().lstrip(self._comments) for line in lines if line.startswith(mark))
        return replace(text, data=kept), numbers[~said], " ".join(" ".join(words).split())

    def _made(self, name: str, column: dict[str, Any], rows: Rows, said: str, label: str) -> Made:
        """A column of the table; raises FileRefused where the comments do not give it."""
        if "from" not in column:
            found = re.search(column["comment"], said) if "comment" in column else None
            if "comment" in column and not found:
                raise FileRefused(
                    f"{label}: its comments do not say the {name} (as in '{column['comment']}')."
                )
            cells = pa.repeat(found[1] if found else column["value"], len(rows.table))
        else:
            given = column["from"] if isinstance(column["from"], list) else [column["from"]]
            parts = [_trimmed(rows.table.column(self.header.index(n))) for n in given]
            cells = pc.binary_join_element_wise(*parts, " ") if len(parts) > 1 else parts[0]
        return make(cells, column.get("as", "text"), self._null[name], column.get("least"))


def _trimmed(column: pa.ChunkedArray) -> pa.StringArray:
    return pc.utf8_trim_whitespace(column.combine_chunks().fill_null(""))


def _column_faults(given: object, header: Sequence[str], commented: bool) -> Iterator[str]:
    """What is wrong with how one column is made."""
    made: dict[str, Any] = given if isinstance(given, dict) else {}
    keys = set(made)
    if keys == {"value"}:
        if not isinstance(made["value"], str) or not made["value"]:
            yield "has a 'value' that is no text"
        return
    if keys == {"comment", "as"}:
        try:
            groups = re.compile(made["comment"]).groups
        except (re.error, TypeError):
            groups = 0
        if groups != 1 or not commented:
            yield (
                "needs 'comment' (a regular expression with one group) and, for the whole file, "
                "'comments' (how such a line begins)"
            )
    elif not keys or keys - {"from", "as", "least"}:
        yield (
            "is made with 'from', 'as' and 'least' alone, or with 'value' alone, or with "
            "'comment' and 'as'"
        )
    way, source = made.get("as"), made.get("from", [])
    names = source if isinstance(source, list) else [source]
    known = isinstance(way, str) and way in CONVERTERS and all(n in header for n in names)
    if not known or bool(names) == ("comment" in keys):
        yield (
            "needs 'from' (a name of the header, or a list of such) and 'as' "
            f"(one of {', '.join(CONVERTERS)})"
        )
    twice = [n for n in names if header.count(n) > 1]
    if twice:
        yield f"comes from '{twice[0]}', which stands twice in the header"
    if "least" in keys and (way not in ("int", "float") or type(made["least"]) not in (int, float)):
        yield "has a limit that is none: 'least' is a number, and for numbers"
