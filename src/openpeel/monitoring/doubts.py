"""Doubtful months: published, and unlike anything the force publishes otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import sqlglot
from sqlglot import exp

from openpeel.lake import Snapshot
from openpeel.reference import forces

MIXED_DIFFERENTLY = 0.25
_FEWEST_MONTHS = 6
_JUDGED = "crime_counts"


@dataclass(frozen=True)
class Doubt:
    """A force's month whose figures should not be read as they stand, and why."""

    area: str
    month: str
    distance: float
    reason: str


def doubts_about(
    doubts: Mapping[tuple[str, str], Doubt], table: str
) -> Mapping[tuple[str, str], Doubt]:
    """Those that bear on a table: how a force typed its crimes says nothing of its other files."""
    return doubts if table == _JUDGED else {}


def doubtful_months(snapshot: Snapshot) -> dict[tuple[str, str], Doubt]:
    """Force-months of `crime_counts` whose mix of crime types is unlike the force's other months.

    The distance is the total variation (half the sum of absolute differences) between the month's
    shares by crime type and the median shares of the force's months; a month is doubtful above
    MIXED_DIFFERENTLY, that is where a quarter of its crimes would have to change their category.
    Forces with fewer than six months are not judged. Of 461 force-months of 2025 the largest
    distance but one is 0.11 and one is 0.43: see tests/monitoring.
    """
    if not snapshot.has(_JUDGED):
        return {}
    query = sqlglot.parse_one(
        'SELECT "force_id", "month", "crime_type", SUM("crimes") AS "crimes" FROM "crime_counts" '
        'GROUP BY "force_id", "month", "crime_type"',
        dialect="duckdb",
    )
    assert isinstance(query, exp.Query)
    table = snapshot.query(query)
    (areas, i), (months, j), (types, k) = (
        np.unique(np.array(table[n].to_pylist()), return_inverse=True)
        for n in ("force_id", "month", "crime_type")
    )
    counts = np.zeros((len(areas), len(months), len(types)))
    counts[i, j, k] = table["crimes"].cast(pa.float64()).to_numpy()
    total = counts.sum(axis=2, keepdims=True)
    shares = np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0)
    judged = (total[:, :, 0] > 0).sum(axis=1) >= _FEWEST_MONTHS
    judged &= np.isin(areas, [f.id for f in forces()])
    usual = np.zeros_like(shares[:, :1])
    usual[judged] = np.nanmedian(shares[judged], axis=1, keepdims=True)
    apart = shares - usual
    distance = np.abs(apart).sum(axis=2) / 2
    found = np.argwhere((distance > MIXED_DIFFERENTLY) & judged[:, None])
    doubts = {}
    for a, m in found:
        t = int(np.abs(apart[a, m]).argmax())
        doubts[str(areas[a]), str(months[m])] = Doubt(
            str(areas[a]),
            str(months[m]),
            float(distance[a, m]),
            f"crime types are mixed unlike the force's other months: {types[t].lower()} is "
            f"{shares[a, m, t]:.0%} of the month, usually {usual[a, 0, t]:.0%}",
        )
    return doubts
