"""Doubtful months: published, and unlike anything the force publishes otherwise."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import sqlglot
from numpy.typing import NDArray
from sqlglot import exp

from openpeel.lake import Snapshot
from openpeel.reference import forces, months_between

MIXED_DIFFERENTLY = 0.25
_FEWEST_MONTHS = 6
_NEAR = 12  # months either side that a month is held against
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


def doubted(
    doubts: Collection[tuple[str, str]], areas: Sequence[str], periods: Sequence[str]
) -> NDArray[np.bool_]:
    """Where areas x periods are doubtful."""
    made = np.zeros((len(areas), len(periods)), np.bool_)
    for area, period in doubts:
        if area in areas and period in periods:
            made[areas.index(area), periods.index(period)] = True
    return made


def doubtful_months(snapshot: Snapshot) -> dict[tuple[str, str], Doubt]:
    """Force-months of `crime_counts` whose mix of crime types is unlike the force's other months.

    The distance is the total variation (half the sum of absolute differences) between the month's
    shares by crime type and the median shares of the force's months within a year either side
    (over longer times the mix changes with how crime is recorded); a month is doubtful above
    MIXED_DIFFERENTLY, that is where a quarter of its crimes would have to change their category.
    A month with fewer than six months around it, itself counted, is not judged. Of 461 force-months
    of 2025 one distance is 0.43 and the next is 0.11: see tests/monitoring.
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
    there = total[:, :, 0] > 0
    ordinal = np.array([months_between("2000-01", m) for m in months])
    usual, judged = np.zeros_like(shares), np.zeros_like(there)
    for m, at in enumerate(ordinal):
        near = np.abs(ordinal - at) <= _NEAR
        judged[:, m] = there[:, m] & (there[:, near].sum(axis=1) >= _FEWEST_MONTHS)
        usual[judged[:, m], m] = np.nanmedian(shares[judged[:, m]][:, near], axis=1)
    judged &= np.isin(areas, [f.id for f in forces()])[:, None]
    apart = shares - usual
    distance = np.abs(apart).sum(axis=2) / 2
    found = np.argwhere((distance > MIXED_DIFFERENTLY) & judged)
    doubts = {}
    for a, m in found:
        t = int(np.abs(apart[a, m]).argmax())
        doubts[str(areas[a]), str(months[m])] = Doubt(
            str(areas[a]),
            str(months[m]),
            float(distance[a, m]),
            f"crime types are mixed unlike the force's other months: {types[t].lower()} is "
            f"{shares[a, m, t]:.0%} of the month, usually {usual[a, m, t]:.0%}",
        )
    return doubts
