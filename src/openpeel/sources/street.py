"""Street-level crime and anti-social behaviour, one CSV per force and month (data.police.uk)."""

import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa

from openpeel.errors import FileRefused, NotKnown
from openpeel.lake import BadRow, Origin, Refusal, Slice, SliceId
from openpeel.reference import force, recognise
from openpeel.sources.contracts import contract
from openpeel.sources.members import Member
from openpeel.sources.source import OGL, Context, Parsed, Target, has_files, origin_of
from openpeel.sources.text import Rows, check_header, even, rows_of

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
            rows = rows_of(text, HEADER)
            if not rows.read:
                raise FileRefused(f"{member.label} has a header and no rows.")
        except FileRefused as error:
            return _refused(origin, crimes, error)
        good, bad = _sorted_out(rows, month, force_id)
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
        return Parsed(pieces, {crimes: good.height}, bad=len(bad))


def _refused(origin: Origin, crimes: SliceId, error: FileRefused) -> Parsed:
    names = (crimes, crimes._replace(table="crime_counts"))
    return Parsed([Refusal(n, origin, str(error)) for n in names], note=str(error))


def _sorted_out(rows: Rows, month: str, force_id: str) -> tuple[pl.DataFrame, list[BadRow]]:
    """Typed good rows, and the bad ones with the first thing wrong with each."""
    spellings = [
        name
        for name in rows.frame["Falls within"].unique().to_list()
        if name is not None and (found := recognise(name)) is not None and found.id == force_id
    ]
    faults: list[tuple[str, pl.Expr, str]] = [
        ("Month", pl.col("Month").ne_missing(month), f"the month is not the file's, {month}"),
        ("Falls within", ~_within("Falls within", spellings), "the row names another force"),
        ("Reported by", pl.col("Reported by").is_null(), "nobody is said to have reported it"),
        ("Crime type", ~_within("Crime type", CRIME_TYPES), "no crime type of the publisher's"),
        (
            "Crime ID",
            pl.col("id").is_null() & pl.col("Crime ID").is_not_null()
            | (pl.col("id").bin.size() != 32),
            "the Crime ID is not 64 hexadecimal digits",
        ),
        *_outside("Longitude", "x", _WEST, _EAST),
        *_outside("Latitude", "y", _SOUTH, _NORTH),
        (
            "Longitude",
            pl.col("x").is_null() != pl.col("y").is_null(),
            "one coordinate is there without the other",
        ),
    ]
    frame = rows.frame.with_columns(
        _binary(rows.frame["Crime ID"]).alias("id"),
        pl.col("Longitude").cast(pl.Float64, strict=False).alias("x"),
        pl.col("Latitude").cast(pl.Float64, strict=False).alias("y"),
    )
    there = frame.select(test.any().alias(str(i)) for i, (_, test, _) in enumerate(faults)).row(0)
    if not any(there):
        return frame, rows.bad
    first = pl.coalesce(
        [pl.when(test).then(pl.lit(i, pl.Int8)) for i, (_, test, _) in enumerate(faults)]
    )
    frame = frame.with_columns(first.alias("fault"))
    bad = list(rows.bad)
    for row in frame.filter(pl.col("fault").is_not_null()).iter_rows(named=True):
        column, _, reason = faults[row["fault"]]
        whole = ",".join(row[name] or "" for name in HEADER)[:500]
        bad.append(BadRow(row["line"], column, f"{reason}: '{row[column] or ''}'", whole))
    return frame.filter(pl.col("fault").is_null()), sorted(bad, key=lambda b: b.line)


def _binary(texts: pl.Series) -> pl.Series:
    """Hexadecimal strings as bytes, null where they are none; the series must be one chunk.

    Where all are well formed one decoding of the whole buffer does: three times as fast.
    """
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    validity, offsets, data = array.buffers()
    if (texts.str.len_bytes() == 64).all() and data is not None and array.offset == 0:
        try:
            decoded = pa.py_buffer(binascii.unhexlify(data))
        except binascii.Error:
            pass
        else:
            halves = pa.py_buffer(np.frombuffer(offsets, np.int64) // 2)
            buffers = [validity, halves, decoded]
            made = pa.Array.from_buffers(pa.large_binary(), len(array), buffers)
            return pl.Series(texts.name, made)
    return texts.str.decode("hex", strict=False)


def _within(column: str, values: Sequence[str]) -> pl.Expr:
    return pl.col(column).is_in(list(values)).fill_null(False)


def _outside(name: str, parsed: str, low: float, high: float) -> list[tuple[str, pl.Expr, str]]:
    missing = pl.col(parsed).is_null() & pl.col(name).is_not_null()
    outside = pl.col(parsed).is_not_null() & ~pl.col(parsed).is_between(low, high)
    return [
        (name, missing, "not a number of degrees"),
        (name, outside, "outside the United Kingdom"),
    ]


def _crimes(good: pl.DataFrame, force_id: str) -> pa.Table:
    return _arrow(
        good.select(
            pl.lit(force_id).alias("force_id"),
            pl.col("id").alias("crime_id"),
            pl.col("Reported by").alias("reported_by"),
            pl.col("x").alias("longitude"),
            pl.col("y").alias("latitude"),
            pl.col("Location").alias("location"),
            pl.col("LSOA code").alias("lsoa_code"),
            pl.col("LSOA name").alias("lsoa_name"),
            pl.col("Crime type").alias("crime_type"),
            pl.col("Last outcome category").alias("outcome"),
            pl.col("Context").alias("context"),
        )
    )


def _counts(good: pl.DataFrame, force_id: str, as_at: str) -> pa.Table:
    by = ["lsoa_code", "crime_type", "outcome"]
    names = {"LSOA code": by[0], "Crime type": by[1], "Last outcome category": by[2]}
    counted = good.select(names.keys()).rename(names).group_by(by).len("crimes")
    return _arrow(
        counted.select(
            pl.lit(force_id).alias("force_id"),
            *by,
            pl.col("crimes").cast(pl.Int64),
            pl.lit(as_at).alias("as_at"),
            pl.lit("rows").alias("basis"),
        )
    )


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.newest())
