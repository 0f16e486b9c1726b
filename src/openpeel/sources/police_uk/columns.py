"""The columns of a data.police.uk file, judged as whole arrays and typed."""

import binascii
import csv
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from openpeel.lake import BadRow
from openpeel.reference import recognise
from openpeel.sources.text import Rows, Text

CODED = pa.dictionary(pa.int32(), pa.string())
"""The type of columns whose values repeat: cheaper as dictionaries."""

# The United Kingdom with a margin, degrees.
_WEST, _EAST, _SOUTH, _NORTH = -8.7, 2.0, 49.8, 61.0


class Fault(NamedTuple):
    """Something wrong in a column: in which rows (an array of bools), and the reason."""

    column: str
    where: np.ndarray
    reason: str


def coded(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The table with those columns as dictionaries, whatever they were read as."""
    for name in names:
        if table[name].type != CODED:
            at = table.column_names.index(name)
            table = table.set_column(at, name, table[name].cast(CODED))
    return table


def set_columns(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    """The table with other values in its columns of those names."""
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, values)
    return table


def sorted_out(
    rows: Rows, text: Text, typed: pa.Table, faults: Sequence[Fault]
) -> tuple[pa.Table, list[BadRow]]:
    """The rows of `typed` without fault, and all bad ones with the first thing wrong with each.

    `rows` are as they were read; the order of the faults says which comes first.
    """
    first = np.full(len(typed), len(faults), np.int8)
    for number, fault in reversed([*enumerate(faults)]):
        first[fault.where] = number
    wrong = np.flatnonzero(first < len(faults))
    if not len(wrong):
        return typed, rows.bad
    bad = list(rows.bad)
    header = rows.table.column_names
    lines = text.data.decode("utf-8").split("\n")
    for at, line in zip(wrong.tolist(), rows.lines[wrong].tolist(), strict=True):
        column, _, reason = faults[first[at]]
        cells = next(csv.reader([lines[line - 1][:100_000]]), [])
        whole = len(cells) == len(header)  # not so where a cell spans lines, or is beyond measure
        value = cells[header.index(column)] if whole else rows.table[column][at].as_py() or ""
        bad.append(BadRow(line, column, f"{reason}: '{value}'", lines[line - 1][:500]))
    return typed.filter(first == len(faults)), sorted(bad, key=lambda b: b.line)


def holds(column: pa.ChunkedArray, test: Callable[[str], bool]) -> np.ndarray:
    """Where a column of codes holds a value that passes the test; False where it holds none."""
    values = column.combine_chunks()
    passes = np.array([*map(test, values.dictionary.to_pylist()), False], bool)
    codes: np.ndarray = values.indices.fill_null(-1).to_numpy()
    there: np.ndarray = passes[codes]
    return there


def not_of(table: pa.Table, month: str, force_id: str) -> list[Fault]:
    """What is wrong with the columns that say which month and force the rows are of."""
    return [
        Fault(
            "Month", ~holds(table["Month"], month.__eq__), f"the month is not the file's, {month}"
        ),
        Fault(
            "Falls within",
            ~holds(table["Falls within"], lambda name: _names(name, force_id)),
            "the row names another force",
        ),
        Fault(
            "Reported by",
            ~holds(table["Reported by"], bool),
            "nobody is said to have reported it",
        ),
    ]


def _names(name: str, force_id: str) -> bool:
    found = recognise(name)
    return found is not None and found.id == force_id


def coordinates(table: pa.Table) -> tuple[dict[str, pa.Array], list[Fault]]:
    """Longitude and Latitude as degrees, and what is wrong with them."""
    x, no_longitude, off_longitude = _degrees(table["Longitude"], _WEST, _EAST)
    y, no_latitude, off_latitude = _degrees(table["Latitude"], _SOUTH, _NORTH)
    faults = [
        Fault("Longitude", no_longitude, "not a number of degrees"),
        Fault("Longitude", off_longitude, "outside the United Kingdom"),
        Fault("Latitude", no_latitude, "not a number of degrees"),
        Fault("Latitude", off_latitude, "outside the United Kingdom"),
        Fault("Longitude", np.isnan(x) != np.isnan(y), "one coordinate is there without the other"),
    ]
    typed = {"Longitude": pa.array(x, from_pandas=True), "Latitude": pa.array(y, from_pandas=True)}
    return typed, faults


def _degrees(
    column: pa.ChunkedArray, low: float, high: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A column's numbers (NaN where none), where it is no number, where one beyond the bounds."""
    there: np.ndarray = column.is_valid().to_numpy(zero_copy_only=False)
    if column.type != pa.float64():
        column = pa.array([_number(text) for text in column.to_pylist()], pa.float64())
    numbers: np.ndarray = column.to_numpy(zero_copy_only=False)
    return numbers, np.isnan(numbers) & there, (numbers < low) | (numbers > high)


def _number(text: str | None) -> float | None:
    """The number that a text is to Arrow, which reads the columns of a sound file; NaN if none."""
    try:
        return None if text is None else float(pa.scalar(text.strip()).cast(pa.float64()).as_py())
    except pa.ArrowInvalid:
        return float("nan")


def crime_ids(table: pa.Table) -> tuple[pa.BinaryArray, list[Fault]]:
    """The column Crime ID, 64 hexadecimal digits a cell, as 32 bytes, and where a cell is none.

    Where all are well formed one decoding of the whole buffer does.
    """
    texts = table["Crime ID"].combine_chunks()
    validity, buffer, data = texts.buffers()
    offsets = np.frombuffer(buffer, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    sizes = np.diff(offsets)
    if ((sizes == 64) | (sizes == 0)).all() and texts.offset == 0:
        try:
            decoded = binascii.unhexlify(memoryview(data or b"")[: offsets[-1]])
        except binascii.Error:
            pass
        else:
            halves = pa.py_buffer(offsets // 2)
            made = [validity, halves, pa.py_buffer(decoded)]
            return pa.Array.from_buffers(pa.binary(), len(texts), made), []
    made = [_bytes(text) for text in texts.to_pylist()]
    wrong = [one is None and text.is_valid for one, text in zip(made, texts, strict=True)]
    reason = "the Crime ID is not 64 hexadecimal digits"
    return pa.array(made, pa.binary()), [Fault("Crime ID", np.array(wrong, bool), reason)]


def _bytes(text: str | None) -> bytes | None:
    try:
        return binascii.unhexlify(text) if text is not None and len(text) == 64 else None
    except ValueError:
        return None


def constant(value: str, size: int) -> pa.DictionaryArray:
    """A column that holds one value throughout."""
    return pa.DictionaryArray.from_arrays(np.zeros(size, np.int32), pa.array([value]))


def crime_and_place(good: pa.Table, force_id: str) -> dict[str, pa.Array | pa.ChunkedArray]:
    """The columns that crimes and their outcomes share: which crime, who says so, and where."""
    return {
        "force_id": constant(force_id, len(good)),
        "crime_id": good["Crime ID"],
        "reported_by": good["Reported by"],
        "longitude": good["Longitude"],
        "latitude": good["Latitude"],
        "location": good["Location"],
        "lsoa_code": good["LSOA code"],
        "lsoa_name": good["LSOA name"],
    }
