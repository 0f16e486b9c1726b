"""Cells of plain CSV files as values: a converter for each word that a description may use."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from openpeel import framework
from openpeel.errors import FrameworkError
from openpeel.reference import Force, Period, recognise

NO_VALUE = frozenset({"", "NA", "N/A", "..", "NULL"})
"""How publishers write that there is no value, in capital or small letters."""

_GROUPED = (
    "(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"  # a comma that parts no thousands is no comma of ours
)
_MONTH = "(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])"
_DAY = "(?:0[1-9]|[12][0-9]|3[01])"


def whole(value: str) -> int:
    """A whole number of up to 18 digits, with or without commas at the thousands.

    Raises ValueError for anything else.
    """
    if not re.fullmatch(f"[+-]?{_GROUPED}", value):
        raise ValueError(f"'{value}' is no whole number")
    digits = value.replace(",", "")
    if len(digits.lstrip("+-")) > 18:
        raise ValueError(f"'{value}' is too large: it has more than 18 digits")
    return int(digits)


def number(value: str) -> float:
    """A finite number, with or without commas at the thousands; raises ValueError for others."""
    wanted = rf"[+-]?(?:{_GROUPED}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{{1,2}})?"
    if not re.fullmatch(wanted, value) or len(value) > 60:
        raise ValueError(f"'{value}' is no number")
    return float(value.replace(",", ""))


def _truth(value: str) -> bool:
    try:
        return {"true": True, "false": False}[value.casefold()]
    except KeyError:
        raise ValueError(f"'{value}' is neither true nor false") from None


def _force(value: str) -> str:
    found = recognise(value)
    if isinstance(found, Force):
        return found.id
    why = f"is no force: {found.why}" if found else "is no force that openpeel knows"
    raise ValueError(f"'{value}' {why}")


def _area(value: str) -> str:
    found = recognise(value)
    if found is None:
        raise ValueError(f"'{value}' is no force or other body that openpeel knows")
    return found.id


def _required(value: str) -> str:
    if value.upper() in NO_VALUE:
        raise ValueError(f"'{value}' stands for no value")
    return value


def _shaped(pattern: str, what: str, keep: int) -> Callable[[str], str]:
    def convert(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"'{value}' is not {what}")
        return value[:keep]

    return convert


def _financial_year(value: str) -> str:
    ended = re.fullmatch("((?:19|20)[0-9]{2})-03-31", value)
    if ended:
        return str(Period.of_financial_year(int(ended[1]) - 1))
    found = re.fullmatch("((?:19|20)[0-9]{2})[-/_]([0-9]{2})", value)
    if not found or (int(found[1]) + 1) % 100 != int(found[2]):
        raise ValueError(f"'{value}' is not a financial year (2017/18, or its last day)")
    return str(Period.of_financial_year(int(found[1])))


def _financial_quarter(value: str) -> str:
    year, _, quarter = value.rpartition(" ")
    if quarter not in {"1", "2", "3", "4"}:
        raise ValueError(f"'{value}' is not a financial year and its quarter (2017/18 1)")
    return str(Period.of_financial_quarter(int(_financial_year(year)[:4]), int(quarter)))


def _cycle(value: str) -> str:
    try:
        return framework.cycle(value).id
    except FrameworkError as error:
        raise ValueError(str(error)) from error


Value = str | int | float | bool | None

CONVERTERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "required": _required,
    "int": whole,
    "float": number,
    "bool": _truth,
    "force": _force,
    "area": _area,
    "year": _shaped("(?:19|20)[0-9]{2}", "a year", 4),
    "month": _shaped(f"{_MONTH}(?:-{_DAY})?", "a month (YYYY-MM)", 7),
    "financial-year": _financial_year,
    "financial-quarter": _financial_quarter,
    "cycle": _cycle,
}
"""Each takes a cell without blanks around it, and raises ValueError with the reason."""

KINDS = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
"""The ways that make something other than a string."""

PARTING = ("force", "area", "year", "month", "financial-year", "financial-quarter", "cycle")
"""The ways whose values may part a table."""


@dataclass(frozen=True)
class Made:
    """A column of values (null where there is none, or where the cell is at fault).

    `faults` are the reasons by code, '' for a sound cell; `codes` gives the code of each row.
    """

    values: pa.Array
    codes: np.ndarray
    faults: list[str]

    @property
    def wrong(self) -> np.ndarray:
        """Where a cell is at fault."""
        there: np.ndarray = np.array([bool(f) for f in self.faults], bool)[self.codes]
        return there


def make(cells: pa.StringArray, way: str, null: bool, least: float | None = None) -> Made:
    """Convert a column without nulls or outer blanks, each distinct value once.

    `null`: whether the table takes rows without a value here.
    """
    encoded = cells.dictionary_encode()
    made: list[Value] = []
    faults: list[str] = []
    for cell in encoded.dictionary.to_pylist():
        try:
            made.append(_one(cell, way, null, least))
            faults.append("")
        except ValueError as error:
            made.append(None)
            faults.append(str(error))
    values = pa.array(made, KINDS.get(way, pa.string())).take(encoded.indices)
    return Made(values, encoded.indices.to_numpy(), faults)


def _one(cell: str, way: str, null: bool, least: float | None) -> Value:
    if cell.upper() in NO_VALUE:
        if null:
            return None
        if way == "text":
            return ""
        if not cell:
            raise ValueError("empty")
    value: Value = CONVERTERS[way](cell)
    if least is not None and isinstance(value, int | float) and value < least:
        raise ValueError(f"{cell} is below {least}")
    return value
