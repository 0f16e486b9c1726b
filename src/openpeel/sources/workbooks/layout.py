"""The description of a kind of sheet, and how a header is known by it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpeel.errors import DefinitionError
from openpeel.lake import Contract
from openpeel.sources.cells import CONVERTERS, KINDS
from openpeel.sources.workbooks.grid import unmarked

_ORIGINS = {"from", "value", "above", "across", "edition"}
_KEYS = _ORIGINS | {"as", "least", "words", "optional", "adds"}

Column = Mapping[str, Any]
"""How one column of the table is made: see `described.py`."""


@dataclass(frozen=True)
class Layout:
    """What is known of a kind of sheet before one is met: see `described.py`."""

    contract: Contract
    title: re.Pattern[str] | None
    header: frozenset[str]
    skip: frozenset[str]
    total: str
    sums: Mapping[str, list[str]]
    must: Mapping[str, list[str]]
    columns: Mapping[str, Column]
    no_value: frozenset[str]

    @property
    def table(self) -> str:
        """The table that it fills."""
        return self.contract.table

    @property
    def area(self) -> str:
        """The column that says of which force or body a row is."""
        return next(n for n, c in self.columns.items() if c.get("as") in ("force", "area"))


def layout_of(
    given: Mapping[str, Any],
    contract: Contract,
    no_value: frozenset[str],
    words: Mapping[str, object],
) -> Layout:
    """A sheet's description; raises DefinitionError with what does not hold together in it."""
    layout = Layout(
        contract,
        re.compile(given["title"]) if "title" in given else None,
        frozenset(map(folded, given.get("header", ()))),
        frozenset(map(folded, given.get("skip", ()))),
        folded(given.get("total", "")),
        given.get("sums", {}),
        given.get("must", {}),
        given["columns"],
        no_value,
    )
    for fault in _faults(layout, words):
        raise DefinitionError(f"the sheet of '{contract.table}': {fault}")
    return layout


def _faults(layout: Layout, words: Mapping[str, object]) -> Iterator[str]:
    columns = {c.name: c for c in layout.contract.columns}
    if set(layout.columns) != set(columns):
        yield f"it makes {sorted(layout.columns)}, the table needs {sorted(columns)}"
    for name, made in layout.columns.items():
        way = made.get("as", "text")
        kind = way if way in KINDS else "string"
        if set(made) - _KEYS or not set(made) & _ORIGINS:
            yield f"column '{name}' is made with one of {', '.join(sorted(_ORIGINS))}"
        if way not in CONVERTERS:
            yield f"column '{name}' has as = '{way}'; use one of {', '.join(CONVERTERS)}"
        if kind != columns[name].type:
            yield f"column '{name}' is {columns[name].type}, and as = '{way}' makes {kind}"
        if made.get("words", next(iter(words), "")) not in {*words, ""}:
            yield f"column '{name}' takes words '{made['words']}', of which there are none"
        if re.compile(made.get("above", "()")).groups != 1:
            yield f"column '{name}': 'above' is a regular expression with one group"
        if made.get("across", "name") not in ("name", "cell"):
            yield f"column '{name}': 'across' is name or cell"
    across = sorted(c["across"] for c in layout.columns.values() if "across" in c)
    if across not in ([], ["cell", "name"]):
        yield "where figures stand across, one column is their name and one their cell"
    if layout.title is None and not any(map(any, needed(layout.columns))):
        yield "it has neither a title nor a column with a name to be found by"
    if sum(c.get("as") in ("force", "area") for c in layout.columns.values()) != 1:
        yield "one column is made as = 'force' or 'area': rows and sums are told apart by it"
    strange = {*layout.sums, *layout.must} | {
        n for parts in (*layout.sums.values(), *layout.must.values()) for n in parts
    }
    if strange - set(columns):
        yield f"'sums' and 'must' name no columns: {', '.join(sorted(strange - set(columns)))}"


def folded(name: str) -> str:
    """A header's name as compared: without case, blanks around it and footnote marks."""
    return unmarked(name).casefold().strip()


def spellings(column: Column) -> list[str]:
    """The names under which a column may stand in a header."""
    given = column.get("from", [])
    return [given] if isinstance(given, str) else list(given)


def needed(columns: Mapping[str, Column]) -> list[list[str]]:
    """Of each column that a header must have, its spellings."""
    return [
        spellings(column)
        for column in columns.values()
        if "from" in column and not column.get("optional") and "edition" not in column
    ]


def has_all(columns: Mapping[str, Column], cells: Sequence[str]) -> bool:
    """Whether some cells (a row, or the top of a sheet) name all the columns needed."""
    there = {folded(cell) for cell in cells} | {""}
    return all(there.intersection(map(folded, names)) for names in needed(columns))
