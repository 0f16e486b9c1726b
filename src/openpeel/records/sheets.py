"""Sheets of people's own making: what their cells hold, as texts and days."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpeel.errors import DefinitionError, FileRefused

LARGEST_ROWS = 5_000
SECONDS = 60
"""How long the reading of a workbook may take."""
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
    lines = [(n, row) for n, row in grid if any(text_of(c) for c in row)]
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


def _workbook(data: bytes, name: str) -> Iterable[tuple[int, Sequence[Any]]]:
    """The rows that hold anything, with their numbers; read apart, for a bad one takes all down."""
    reader = str(Path(__file__).with_name("workbook.py"))
    asked = [sys.executable, "-I", reader, str(LARGEST_ROWS + 1)]
    try:
        done = subprocess.run(asked, input=data, capture_output=True, timeout=SECONDS, check=True)
        return [(n, row) for n, row in json.loads(done.stdout)]
    except (subprocess.SubprocessError, ValueError) as error:
        raise FileRefused(
            f"'{name}' cannot be read as a workbook: it is damaged, or spreads too far. Save its "
            "list alone as a new workbook, or as CSV."
        ) from error


def _csv(data: bytes, name: str) -> Iterable[tuple[int, Sequence[Any]]]:
    try:
        text = io.StringIO(data.decode("utf-8-sig"), newline="")
        return list(enumerate(csv.reader(text, strict=True), 1))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileRefused(f"'{name}' is no CSV file in UTF-8: {error}.") from error


def text_of(value: Any) -> str:  # noqa: ANN401 (whatever a cell holds)
    """A cell as a text on one line; '' for an empty one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # Of no meaning in a text, and PostgreSQL takes none.
    return " ".join(str(value).replace("\0", " ").split()) if value is not None else ""


def day_of(value: Any) -> date | None:  # noqa: ANN401
    """A cell as a day; None for an empty one. Raises DefinitionError for any other."""
    text = text_of(value)
    if not text:
        return None
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise DefinitionError(f"'{text}' is no day; write it as 2024-03-12 or 12/03/2024")
