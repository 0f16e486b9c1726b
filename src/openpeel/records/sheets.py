"""Sheets of people's own making: what their cells hold, as texts and days."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpeel.errors import DefinitionError, FileRefused

LARGEST_ROWS = 5_000
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d.%m.%Y")


@dataclass(frozen=True)
class Sheet:
    """A sheet: the names of its columns, and its rows with their numbers in the file."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, Any]], ...]


def read_sheet(data: bytes, name: str) -> Sheet:
    """A CSV file (UTF-8) or the first sheet of a workbook; its first row names the columns.

    Raises FileRefused for what is neither, has no row, or has a column twice.
    """
    grid = _workbook(data, name) if data[:4] == b"PK\x03\x04" else _csv(data, name)
    lines = [(n, row) for n, row in enumerate(grid, 1) if any(text_of(c) for c in row)]
    if len(lines) < 2:
        raise FileRefused(f"'{name}' has no row below its column names.")
    if len(lines) > LARGEST_ROWS:
        raise FileRefused(f"'{name}' has more than {LARGEST_ROWS:,} rows.")
    columns = tuple(text_of(c) for c in lines[0][1])
    twice = sorted({c for c in columns if c and columns.count(c) > 1})
    if twice:
        raise FileRefused(f"'{name}' has a column twice: {', '.join(twice)}.")
    rows = ((n, dict(zip(columns, row, strict=False))) for n, row in lines[1:])
    return Sheet(name, tuple(c for c in columns if c), tuple(rows))


def fold(text: str) -> str:
    """A name without what sheets differ in: case, spaces, hyphens, underscores."""
    return "".join(c for c in text.casefold() if c.isalnum())


def _workbook(data: bytes, name: str) -> Sequence[Sequence[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise FileRefused(f"'{name}' cannot be read as a workbook: {error}.") from error


def _csv(data: bytes, name: str) -> Sequence[Sequence[Any]]:
    try:
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileRefused(f"'{name}' is no CSV file in UTF-8: {error}.") from error


def text_of(value: Any) -> str:  # noqa: ANN401 (whatever a cell holds)
    """A cell as a text on one line; '' for an empty one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split()) if value is not None else ""


def day_of(value: Any) -> date | None:  # noqa: ANN401
    """A cell as a day; None for an empty one. Raises DefinitionError for any other."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = text_of(value)
    if not text:
        return None
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise DefinitionError(f"'{text}' is no day; write it as 2024-03-12 or 12/03/2024")
