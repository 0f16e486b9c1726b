"""Street-level crime and anti-social behaviour, one CSV per force and month (data.police.uk)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from openpeel.errors import FileRefused, NotKnown
from openpeel.lake import BadRow, Origin, Refusal, Slice, SliceId
from openpeel.reference import force, recognise
from openpeel.sources.columns import (
    CODED,
    Fault,
    coded,
    constant,
    coordinates,
    crime_ids,
    holds,
    not_of,
    set_columns,
    sorted_out,
)
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
_TYPES = dict.fromkeys(_REPEATING, CODED) | {
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
    table = coded(rows.table, _REPEATING)
    crime_id, misshapen = crime_ids(table)
    places, misplaced = coordinates(table)
    faults = [
        *not_of(table, month, force_id),
        Fault(
            "Crime type",
            ~holds(table["Crime type"], CRIME_TYPES.__contains__),
            "no crime type of the publisher's",
        ),
        *misshapen,
        *misplaced,
    ]
    return sorted_out(rows, text, set_columns(table, {"Crime ID": crime_id, **places}), faults)


def _crimes(good: pa.Table, force_id: str) -> pa.Table:
    return pa.table(
        {
            "force_id": constant(force_id, len(good)),
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
            "force_id": constant(force_id, len(groups)),
            **found,
            "crimes": crimes.astype(np.int64),
            "as_at": constant(as_at, len(groups)),
            "basis": constant("rows", len(groups)),
        }
    )
