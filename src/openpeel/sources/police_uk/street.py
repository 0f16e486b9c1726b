"""Street-level crime and anti-social behaviour, one CSV per force and month (data.police.uk)."""

import numpy as np
import pyarrow as pa

from openpeel.lake import BadRow
from openpeel.sources.police_uk.columns import (
    CODED,
    Fault,
    coded,
    constant,
    coordinates,
    crime_and_place,
    crime_ids,
    holds,
    not_of,
    set_columns,
    sorted_out,
)
from openpeel.sources.police_uk.force_month import ForceMonthFiles, Made
from openpeel.sources.text import Rows, Text

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


class StreetFiles(ForceMonthFiles):
    """Files named YYYY-MM-<force>-street.csv: rows to `crimes`, their counts to `crime_counts`.

    Rows are bad whose month is not the file's, that name another force, whose crime type or Crime
    ID the publisher does not use, or whose coordinates lie outside the United Kingdom.
    """

    name = "street"
    title = "Street-level crime, outcomes as of download"
    kind = "street"
    header = HEADER
    types = _TYPES
    tables = ("crimes", "crime_counts")
    reader = "street/1"
    rank = ROWS

    def made(self, rows: Rows, text: Text, month: str, force_id: str, as_at: str) -> Made:
        """One row a crime or incident, and how many there are of each kind."""
        good, bad = _sorted_out(rows, text, month, force_id)
        counts = _counts(good, force_id, as_at)
        return Made({"crimes": _crimes(good, force_id), "crime_counts": counts}, bad)


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
            **crime_and_place(good, force_id),
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
