"""Plain CSV tables, each described by a TOML file: a source without a line of code.

```toml
name = "population"
title = "Mid-year population estimates by police force area"
publisher = "Office for National Statistics"
licence = "Open Government Licence v3.0"
table = "population"                    # its contract is tables/population.toml
header = ["pfa21cd", "pfa21nm", "mid_year", "population"]
[columns]                               # the table's columns, and how each is made
force_id = { from = "pfa21cd", as = "force" }
residents = { from = "population", as = "int", least = 1 }
```

`as` is one of text, required, int, float, force, year, month. A row that cannot be made so is bad,
with the column and the reason; a row that is no force (a region, a total) is bad too.

Descriptions lie in `flat/` here, and in the folder that OPENPEEL_SOURCES names; their contracts in
`tables/` here, and in `tables/` of that folder.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from openpeel.errors import DefinitionError, FileRefused, NotKnown
from openpeel.lake import BadRow, Contract
from openpeel.reference import Force, recognise
from openpeel.sources.members import Member
from openpeel.sources.source import Context, Parsed, Target, origin_of, sliced
from openpeel.sources.text import check_header, even, rows_of


def _force(value: str) -> str:
    found = recognise(value)
    if isinstance(found, Force):
        return found.id
    why = f"is no force: {found.why}" if found else "is no force that openpeel knows"
    raise ValueError(f"'{value}' {why}")


def _int(value: str) -> int:
    digits = value.replace(",", "")
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", digits):
        raise ValueError(f"'{value}' is no whole number")
    return int(digits)


def _float(value: str) -> float:
    digits = value.replace(",", "")
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?", digits):
        raise ValueError(f"'{value}' is no number")
    return float(digits)


def _shaped(pattern: str, what: str) -> Callable[[str], str]:
    def convert(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"'{value}' is not {what}")
        return value

    return convert


_NUMBERS = ("int", "float")
_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "required": str,
    "int": _int,
    "float": _float,
    "force": _force,
    "year": _shaped(r"(19|20)\d{2}", "a year"),
    "month": _shaped(r"(19|20)\d{2}-(0[1-9]|1[0-2])", "a month (YYYY-MM)"),
}


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

    def _faults(self) -> Iterator[str]:
        if not isinstance(self._columns, dict) or not isinstance(self.header, list):
            yield "'header' is a list of names, 'columns' a table"
        wanted = {c.name for c in self.contract.columns}
        if set(self._columns) != wanted:
            yield f"it makes {sorted(self._columns)}, the table needs {sorted(wanted)}"
        for column in self.contract.columns:
            made = self._columns[column.name]
            if not isinstance(made, dict) or made.keys() - {"from", "as", "least"}:
                yield f"column '{column.name}' is made with 'from', 'as' and 'least' alone"
            way = made.get("as")
            if way not in _CONVERTERS or made.get("from") not in self.header:
                yield (
                    f"column '{column.name}' needs 'from' (a name of the header) and 'as' "
                    f"(one of {', '.join(_CONVERTERS)})"
                )
            kind = way if way in _NUMBERS else "string"
            if kind != column.type:
                yield f"column '{column.name}' is {column.type}, and as = '{way}' makes {kind}"
            if "least" in made and (kind == "string" or type(made["least"]) not in (int, float)):
                yield f"column '{column.name}': 'least' is a number, and for numbers"
            if column.name == self.contract.partition and way not in ("force", "year", "month"):
                yield f"column '{column.name}' parts the table: make it a force, year or month"

    def recognise(self, member: Member, header: Callable[[], Sequence[str]]) -> Target | None:
        """By the header."""
        if not member.base.endswith(".csv") or list(header()) != self.header:
            return None
        return Target(self.contract.table)

    def read(self, member: Member, target: Target, context: Context) -> Parsed:
        """Slices by the contract's partition and key."""
        text = even(member.read(), member.label)
        check_header(text.data, self.header, member.label)
        rows = rows_of(text, self.header)
        bad = list(rows.bad)
        made: list[dict[str, Any]] = []
        for row in rows.cells():
            values, fault = self._made(row)
            if fault is None:
                made.append(values)
            else:
                whole = ",".join(row[name] for name in self.header)[:500]
                bad.append(BadRow(row["line"], fault[0], fault[1], whole))
        if not made:
            raise FileRefused(f"{member.label} holds no row that can be loaded.")
        origin = origin_of(self, member, text.sha256, text.digest, text.size)
        return sliced(self.contract, made, bad, origin)

    def _made(self, row: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, str] | None]:
        made: dict[str, Any] = {}
        for name, column in self._columns.items():
            given = row[column["from"]]
            if not given:
                if column["as"] != "text":
                    return made, (column["from"], "empty")
                made[name] = ""
                continue
            try:
                made[name] = _CONVERTERS[column["as"]](given)
            except ValueError as error:
                return made, (column["from"], str(error))
            if "least" in column and made[name] < column["least"]:
                return made, (column["from"], f"{given} is below {column['least']}")
        return made, None
