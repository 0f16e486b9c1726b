"""Outcomes of crimes, one CSV per force and month (data.police.uk)."""

import pyarrow as pa

from openpeel.sources.police_uk.columns import (
    CODED,
    Fault,
    coded,
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
    "Outcome type",
)
_REPEATING = tuple(n for n in HEADER if n not in ("Crime ID", "Longitude", "Latitude"))


class OutcomeFiles(ForceMonthFiles):
    """Files named YYYY-MM-<force>-outcomes.csv: what became of crimes, in the month it was settled.

    Rows are bad as street rows are (month, force, Crime ID, coordinates), or without an outcome.
    """

    name = "outcomes"
    title = "Outcomes of crimes"
    kind = "outcomes"
    header = HEADER
    types = dict.fromkeys(_REPEATING, CODED) | {
        "Longitude": pa.float64(), "Latitude": pa.float64()
    }  # fmt: skip
    tables = ("outcomes",)
    reader = "outcomes/1"

    def made(self, rows: Rows, text: Text, month: str, force_id: str, as_at: str) -> Made:
        """One row an outcome."""
        table = coded(rows.table, _REPEATING)
        crime_id, misshapen = crime_ids(table)
        places, misplaced = coordinates(table)
        faults = [
            *not_of(table, month, force_id),
            Fault("Outcome type", ~holds(table["Outcome type"], bool), "no outcome is told"),
            *misshapen,
            *misplaced,
        ]
        typed = set_columns(table, {"Crime ID": crime_id, **places})
        good, bad = sorted_out(rows, text, typed, faults)
        made = crime_and_place(good, force_id) | {"outcome": good["Outcome type"]}
        return Made({"outcomes": pa.table(made)}, bad)
