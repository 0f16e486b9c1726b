"""CSV text as publishers write it, made even: marks, line ends, encodings, ragged rows."""

import csv
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from openpeel.errors import FileRefused
from openpeel.lake import BadRow

_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_EDGE_BLANKS = re.compile('(?:(?<=[,"])|^)\u00a0+|\u00a0+(?=[,"]|$)', re.MULTILINE)
_SPAN = 20  # lines that one row may run over; a stray quote would swallow the rest of the file


@dataclass(frozen=True)
class Text:
    """A file's text: UTF-8, LF, no mark; with the checksums of its bytes and of the text."""

    data: bytes
    sha256: str
    digest: str
    size: int


@dataclass(frozen=True)
class Rows:
    """The good rows of a CSV file, the line in the file of each (from 1), and the bad rows.

    Empty cells are null. Columns are of the types asked for, or, where a cell does not fit its
    type, all strings. Each is one chunk.
    """

    table: pa.Table
    lines: np.ndarray
    bad: list[BadRow]

    @property
    def read(self) -> int:
        """All rows, good and bad."""
        return len(self.lines) + len(self.bad)

    def cells(self) -> list[dict[str, Any]]:
        """The good rows as dicts of stripped strings (empty where null), with their `line`."""
        rows: list[dict[str, Any]] = self.table.to_pylist()
        for row, line in zip(rows, self.lines.tolist(), strict=True):
            row.update({name: (cell or "").strip() for name, cell in row.items()}, line=line)
        return rows


def even(raw: bytes, label: str) -> Text:
    """Make a file's bytes even; raises FileRefused where they are no text at all.

    Bytes that are not UTF-8 are read as Windows-1252, line by line, for some publishers mix both.
    No-break spaces become spaces, and none at the edge of a cell.
    """
    if raw.startswith(_GZIP):
        raise FileRefused(
            f"{label} is no text but a gzip file under another name. Unpack it, or end its name "
            "in .gz."
        )
    sha = hashlib.sha256(raw).hexdigest()
    data = raw.removeprefix(_BOM)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\x00" in data:
        raise FileRefused(f"{label} is not text: it holds zero bytes. Save it as UTF-8 CSV.")
    if not data.isascii():
        text = _decoded(data, label)
        if "\u00a0" in text:
            text = _EDGE_BLANKS.sub("", text).replace("\u00a0", " ")
        data = text.encode()
    if not data or data.isspace():
        raise FileRefused(f"{label} is empty.")
    digest = sha if data == raw else hashlib.sha256(data).hexdigest()
    return Text(data, sha, digest, len(raw))


def _decoded(data: bytes, label: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    lines = []
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            try:
                lines.append(line.decode("cp1252"))
            except UnicodeDecodeError as error:
                raise FileRefused(
                    f"{label}, line {number}: neither UTF-8 nor Windows-1252 ({error.reason}). "
                    "Save the file as UTF-8."
                ) from error
    return "\n".join(lines)


def header_of(text: bytes) -> list[str]:
    """The names in the first line, without blanks around them."""
    first = text[: text.find(b"\n")] if b"\n" in text else text
    try:
        row = next(csv.reader([first.decode("utf-8", "replace")]), [])
    except csv.Error:  # a cell beyond all measure
        return []
    return [name.strip() for name in row]


def check_header(text: bytes, expected: Sequence[str], label: str) -> None:
    """Raise FileRefused, naming what lacks and what is new, unless the header is as expected."""
    found = header_of(text)
    if found == list(expected):
        return
    lacks = [n for n in expected if n not in found]
    new = [n for n in found if n not in expected]
    detail = "; ".join(
        part
        for part in (
            f"it lacks {', '.join(lacks)}" if lacks else "",
            f"it has {', '.join(map(repr, new))}, which is not expected" if new else "",
            "the columns stand in another order" if not lacks and not new else "",
        )
        if part
    )
    raise FileRefused(f"{label}, line 1: the header is not as expected: {detail}.")


def rows_of(
    text: Text, header: Sequence[str], types: Mapping[str, pa.DataType] | None = None
) -> Rows:
    """Read all rows. Those with too few or too many columns are bad, each with its line.

    `types` are those of columns that are better not strings.
    """
    fast = _fast(text.data, header, types or {})
    return fast if fast is not None else _careful(text.data, header)


def _fast(data: bytes, header: Sequence[str], types: Mapping[str, pa.DataType]) -> Rows | None:
    """Arrow over the whole text; None where a row may be ragged, blank, span lines, or not fit."""
    quoted = b'"' in data
    if len(header) == 1 or (quoted and not _quotes_are_plain(data)):
        return None
    try:
        table = pyarrow.csv.read_csv(
            pa.py_buffer(data),
            pyarrow.csv.ReadOptions(
                use_threads=False, block_size=len(data) + 1, skip_rows=1, column_names=[*header]
            ),
            pyarrow.csv.ParseOptions(quote_char='"' if quoted else False, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()) | dict(types),
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if all(column.null_count for column in table.columns):
        return None  # a blank line makes a row of nulls
    if quoted and len(table) != data.count(b"\n") - data.endswith(b"\n"):
        return None  # some cell spans lines
    return Rows(table, np.arange(2, len(table) + 2), [])


def _quotes_are_plain(data: bytes) -> bool:
    """Whether every quote opens or closes a whole cell, and none is doubled."""
    text = np.frombuffer(data + b"\n", np.uint8)
    at = np.flatnonzero(text == ord('"'))
    around = text[np.concatenate([at[::2] - 1, at[1::2] + 1])]  # a header's first cell: the end's
    at_edge = np.isin(around, [ord(","), ord("\n")]).all()
    return len(at) % 2 == 0 and bool(at_edge and (np.diff(at) > 1).all())


def _careful(data: bytes, header: Sequence[str]) -> Rows:
    """Row by row, for files with ragged rows, blank lines or line ends inside cells.

    Where a quote that is not closed would swallow the lines after it, only its own line is bad.
    """
    lines = data.decode("utf-8").split("\n")
    good: list[list[str | None]] = []
    numbers: list[int] = []
    bad: list[BadRow] = []
    at = 1
    while at < len(lines):
        reader = csv.reader((f"{line}\n" for line in lines[at : at + _SPAN]), strict=True)
        reason, taken = "", 1
        try:
            row = next(reader)
        except csv.Error as error:
            reason = f"not valid CSV: {error}"
        else:
            if len(row) == len(header):
                good.append([cell or None for cell in row])
                numbers.append(at + 1)
                taken = reader.line_num
            elif reader.line_num > 1:
                reason = "not valid CSV: a quote is not closed, or too few or too many columns"
            else:
                few = "few" if len(row) < len(header) else "many"
                reason = f"too {few} columns: {len(row)}, the header has {len(header)}"
        if reason and lines[at].strip():
            bad.append(BadRow(at + 1, "", reason, lines[at][:500]))
        at += taken
    columns = zip(*good, strict=True) if good else [()] * len(header)
    table = pa.table({n: pa.array(c, pa.string()) for n, c in zip(header, columns, strict=True)})
    return Rows(table, np.array(numbers, np.int64), bad)
