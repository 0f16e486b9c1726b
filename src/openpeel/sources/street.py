"""Street-level crime and anti-social behaviour, one CSV per force and month (data.police.uk)."""

import binascii
import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from openpeel.errors import FileRefused, NotKnown
from openpeel.lake import BadRow, Origin, Refusal, Slice, SliceId
from openpeel.reference import force, recognise
from openpeel.sources.contracts import contract
from openpeel.sources.members import Member
from openpeel.sources.source import OGL, Context, Parsed, Target, has_files, origin_of
from openpeel.sources.text import Rows, Text, check_header, even, rows_of

_NAME = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))-([a-z0-9-]+)-street\.csv")
_READER = "street/1 "  # part of the digest: a new reader reads known files again
ROWS, COUNTS = 2, 1  # ranks: rows outrank counts that somebody made of them

HEADER = (
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
)

# Columns whose values repeat are cheaper as dictionaries; nothing ever stood in the last.
_REPEATING = tuple(n for n in HEADER if n not in ("Crime ID", "Longitude", "Latitude"))
_CODED = pa.dictionary(pa.int32(), pa.string())
_TYPES = dict.fromkeys(_REPEATING, _CODED) | {
    "Longitude": pa.float64(), "Latitude": pa.float64(), "Context": pa.null()
}  # fmt: skip

# The publisher's categories; the last two were in use until April 2013.
CRIME_TYPES = (
    "Anti-social behaviour",
    "Bicycle theft",
    "Burglary",
    "Criminal damage and arson",
    "Drugs",
    "Other crime",
    "Other theft",
    "Possession of weapons",
    "Public order",
    "Robbery",
    "Shoplifting",
    "Theft from the person",
    "Vehicle crime",
    "Violence and sexual offences",
    "Public disorder and weapons",
    "Violent crime",
)

# The United Kingdom with a margin, degrees.
_WEST, _EAST, _SOUTH, _NORTH = -8.7, 2.0, 49.8, 61.0


class StreetFiles:
    """Files named YYYY-MM-<force>-street.csv, in an archive, a folder, or alone."""

    name = "street"
    title = "Street-level crime, outcomes as of download"
    publisher = "data.police.uk"
    licence = OGL

    def recognise(self, member: Member, header: Callable[[], Sequence[str]]) -> Target | None:
        """By its name; under another name it is refused: only the name tells force and month."""
        match = _NAME.fullmatch(member.base)
        if match is None:
            if member.base.endswith(".csv") and tuple(header()) == HEADER:
                raise FileRefused(
                    f"{member.label} is a street file, and its name does not say of which force "
                    "and month. Name it as the publisher does: 2025-06-cambridgeshire-street.csv."
                )
            return None
        month, slug = match.groups()
        known = recognise(slug)
        if known is None or not has_files(known):
            try:
                known = force(slug)  # it says why not, or suggests what is near
            except NotKnown as error:
                raise FileRefused(f"{member.label}: {error}") from error
        return Target("crimes", (month, known.id), (SliceId("crimes", month, known.id),))

    def read(self, member: Member, target: Target, context: Context) -> Parsed:
        """Rows to `crimes`, and their counts to `crime_counts`.

        Rows are bad whose month is not the file's, that name another force, whose crime type or
        Crime ID the publisher does not use, or whose coordinates lie outside the United Kingdom.
        """
        crimes, (month, force_id) = target.names[0], target.order
        try:
            text = even(member.read(), member.label)
        except FileRefused as error:
            return _refused(origin_of(self, member, "", "", 0), crimes, error)
        as_at = context.as_at.get(member.container, month)
        origin = origin_of(self, member, text.sha256, _READER + text.digest, text.size)
        counts = SliceId("crime_counts", month, force_id)
        before, counted = context.held.get(crimes), context.held.get(counts)
        if (
            before is not None
            and counted is not None
            and before.origin.digest == counted.origin.digest == origin.digest
            and counted.origin.as_at >= as_at
        ):
            return Parsed(known=before.rows_loaded, bad=before.rows_quarantined)
        try:
            check_header(text.data, HEADER, member.label)
            rows = rows_of(text, HEADER, _TYPES)
            if not rows.read:
                raise FileRefused(f"{member.label} has a header and no rows.")
        except FileRefused as error:
            return _refused(origin, crimes, error)
        good, bad = _sorted_out(rows, text, month, force_id)
        pieces: list[Slice | Refusal] = [
            Slice(
                contract("crimes"), month, force_id, _crimes(good, force_id), origin,
                rows.read, bad, ROWS,
            ),
            Slice(
                contract("crime_counts"), month, force_id, _counts(good, force_id, as_at),
                replace(origin, as_at=as_at), rows.read, (), ROWS,
            ),
        ]  # fmt: skip
        return Parsed(pieces, {crimes: len(good)}, bad=len(bad))


def _refused(origin: Origin, crimes: SliceId, error: FileRefused) -> Parsed:
    names = (crimes, crimes._replace(table="crime_counts"))
    return Parsed([Refusal(n, origin, str(error)) for n in names], note=str(error))


def _sorted_out(rows: Rows, text: Text, month: str, force_id: str) -> tuple[pa.Table, list[BadRow]]:
    """Good rows, typed, and the bad ones with the first thing wrong with each."""
    table = rows.table
    for name in _REPEATING:
        if table[name].type != _CODED:
            table = table.set_column(HEADER.index(name), name, table[name].cast(_CODED))
    crime_id, misshapen = _binary(table["Crime ID"].combine_chunks())
    x, no_longitude, off_longitude = _degrees(table["Longitude"], _WEST, _EAST)
    y, no_latitude, off_latitude = _degrees(table["Latitude"], _SOUTH, _NORTH)
    faults = [
        ("Month", ~_is(table["Month"], month.__eq__), f"the month is not the file's, {month}"),
        (
            "Falls within",
            ~_is(table["Falls within"], lambda name: _names(name, force_id)),
            "the row names another force",
        ),
        ("Reported by", ~_is(table["Reported by"], bool), "nobody is said to have reported it"),
        (
            "Crime type",
            ~_is(table["Crime type"], CRIME_TYPES.__contains__),
            "no crime type of the publisher's",
        ),
        ("Crime ID", misshapen, "the Crime ID is not 64 hexadecimal digits"),
        ("Longitude", no_longitude, "not a number of degrees"),
        ("Longitude", off_longitude, "outside the United Kingdom"),
        ("Latitude", no_latitude, "not a number of degrees"),
        ("Latitude", off_latitude, "outside the United Kingdom"),
        ("Longitude", np.isnan(x) != np.isnan(y), "one coordinate is there without the other"),
    ]
    first = np.full(len(table), len(faults), np.int8)
    for number, (_, there, _) in reversed([*enumerate(faults)]):
        first[there] = number
    typed = table.set_column(0, "Crime ID", crime_id)
    for name, values in (("Longitude", x), ("Latitude", y)):
        typed = typed.set_column(HEADER.index(name), name, pa.array(values, from_pandas=True))
    wrong = np.flatnonzero(first < len(faults))
    if not len(wrong):
        return typed, rows.bad
    bad = list(rows.bad)
    lines = text.data.decode("utf-8").split("\n")
    for at, line in zip(wrong.tolist(), rows.lines[wrong].tolist(), strict=True):
        column, _, reason = faults[first[at]]
        cells = next(csv.reader([lines[line - 1][:100_000]]), [])
        whole = len(cells) == len(HEADER)  # not so where a cell spans lines, or is beyond measure
        value = cells[HEADER.index(column)] if whole else table[column][at].as_py() or ""
        bad.append(BadRow(line, column, f"{reason}: '{value}'", lines[line - 1][:500]))
    return typed.filter(first == len(faults)), sorted(bad, key=lambda b: b.line)


def _names(name: str, force_id: str) -> bool:
    found = recognise(name)
    return found is not None and found.id == force_id


def _is(column: pa.ChunkedArray, test: Callable[[str], bool]) -> np.ndarray:
    """Where a column of codes holds a value that passes the test; False where it holds none."""
    values = column.combine_chunks()
    passes = np.array([*map(test, values.dictionary.to_pylist()), False], bool)
    codes: np.ndarray = values.indices.fill_null(-1).to_numpy()
    there: np.ndarray = passes[codes]
    return there


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


def _binary(texts: pa.StringArray) -> tuple[pa.BinaryArray, np.ndarray]:
    """Strings of 64 hexadecimal digits as 32 bytes, and where a string is none (null there).

    Where all are well formed one decoding of the whole buffer does.
    """
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
            return pa.Array.from_buffers(pa.binary(), len(texts), made), np.zeros(len(texts), bool)
    made = [_bytes(text) for text in texts.to_pylist()]
    wrong = [one is None and text.is_valid for one, text in zip(made, texts, strict=True)]
    return pa.array(made, pa.binary()), np.array(wrong, bool)


def _bytes(text: str | None) -> bytes | None:
    try:
        return binascii.unhexlify(text) if text is not None and len(text) == 64 else None
    except ValueError:
        return None


def _constant(value: str, size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(np.zeros(size, np.int32), pa.array([value]))


def _crimes(good: pa.Table, force_id: str) -> pa.Table:
    return pa.table(
        {
            "force_id": _constant(force_id, len(good)),
            "crime_id": good["Crime ID"],
            "reported_by": good["Reported by"],
            "longitude": good["Longitude"],
            "latitude": good["Latitude"],
            "location": good["Location"],
            "lsoa_code": good["LSOA code"],
            "lsoa_name": good["LSOA name"],
            "crime_type": good["Crime type"],
            "outcome": good["Last outcome category"],
            "context": good["Context"],
        }
    )


def _counts(good: pa.Table, force_id: str, as_at: str) -> pa.Table:
    names = {
        "lsoa_code": "LSOA code", "crime_type": "Crime type", "outcome": "Last outcome category"
    }  # fmt: skip
    columns = [good[name].combine_chunks() for name in names.values()]
    # The codes of the three columns as one number: counting numbers is fast. Null is a code too.
    shape = [len(column.dictionary) + 1 for column in columns]
    codes = [
        column.indices.fill_null(size - 1).to_numpy().astype(np.int64)
        for column, size in zip(columns, shape, strict=True)
    ]
    groups, crimes = np.unique(np.ravel_multi_index(codes, shape), return_counts=True)
    found = {
        name: pa.DictionaryArray.from_arrays(
            pa.array(code.astype(np.int32), mask=code == size - 1), column.dictionary
        )
        for name, column, size, code in zip(
            names, columns, shape, np.unravel_index(groups, shape), strict=True
        )
    }
    return pa.table(
        {
            "force_id": _constant(force_id, len(groups)),
            **found,
            "crimes": crimes.astype(np.int64),
            "as_at": _constant(as_at, len(groups)),
            "basis": _constant("rows", len(groups)),
        }
    )
