"""How each force stood among the others by what had been published before a month began.

Nothing else is used: not a later period, not a later edition where the data say when they were
made, not a later count of residents. Only that figures were revised since cannot be undone.
"""

from dataclasses import dataclass

import numpy as np
import sqlglot
from numpy.typing import NDArray
from sqlglot import exp

from openpeel.indicators import Indicator, Observations, indicators, lacking, observe_all
from openpeel.lake import Snapshot
from openpeel.monitoring.comparing import compare
from openpeel.reference import (
    Period,
    Publishing,
    forces,
    months_between,
    published_before,
    publishing,
)

OLDEST = 24
"""Months before fieldwork in which a figure's period must end: older ones nobody would look at."""
FEWEST_FORCES = 10
"""Forces with a figure, below which none is said to stand out from them."""
_YEAR = 12  # months
_MAD = 1.4826  # takes the median absolute deviation of normal values to their standard deviation

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Standing:
    """One indicator over the last year of periods that was out: z by force, in `forces()` order.

    z is standard normal if the forces differ only as most of them do: + is a high value, whatever
    that means. NaN for a force without a figure.
    """

    indicator: Indicator
    period: Period
    published: Publishing
    z: Floats


def standings(snapshot: Snapshot, month: Period) -> dict[str, Standing]:
    """The standings, by indicator id, of what was published before `month` and is not older than
    OLDEST months.

    A share or rate that is left to chance is held against the other forces (as `screen` does);
    anything else by (value - median) / (1.4826 x median absolute deviation), a ratio on the log
    scale. A count says how large a force is and no more: there is none. An indicator with fewer
    than FEWEST_FORCES figures has none.
    """
    residents = _residents(snapshot, month)
    by_table: dict[str, list[Indicator]] = {}
    for indicator in indicators().values():
        if not lacking(snapshot, indicator) and indicator.unit != "count":
            by_table.setdefault(indicator.table, []).append(indicator)
    made = {}
    for group in by_table.values():
        newest = _newest(snapshot, group[0], month)
        delay = publishing(group[0].table, newest) if newest else None
        if newest is None or delay is None:
            continue
        # A year of periods, so that season does not tell.
        shorter = group[0].period.every < _YEAR
        first = newest.shift(-(_YEAR // newest.length - 1))
        window = Period.of_run(first, newest) if shorter else newest
        for name, observed in observe_all(snapshot, group, window).items():
            indicator = next(i for i in group if i.id == name)
            z = _z(indicator, _then(indicator, observed, month), residents)
            if np.isfinite(z).sum() >= FEWEST_FORCES:
                made[name] = Standing(indicator, window, delay, z)
    return made


def _newest(snapshot: Snapshot, indicator: Indicator, month: Period) -> Period | None:
    """The newest period of its table that had been published; None where it is too old."""
    when = exp.column(indicator.period.name, quoted=True).as_("period")
    query = sqlglot.select(when).distinct().from_(exp.to_table(indicator.table))
    loaded = [Period.parse(p) for p in snapshot.query(query)["period"].to_pylist()]
    out = [p for p in loaded if published_before(indicator.table, p, month)]
    newest = max(out, default=None)
    return newest if newest and months_between(newest, month) <= OLDEST else None


def _then(indicator: Indicator, observed: Observations, month: Period) -> Observations:
    """The observations that have a value, and were made of what was out before the month."""
    keep = observed.reason == ""
    for made in np.unique(observed.as_at[keep]):
        if made and not published_before(indicator.table, made, month):
            keep &= observed.as_at != made
    if indicator.disparity:
        for year in np.unique(observed.denominator_year[keep]):
            if not published_before(indicator.base, year, month):
                keep &= observed.denominator_year != year
    return observed.where(keep)


def _residents(snapshot: Snapshot, month: Period) -> dict[str, float]:
    """Residents by force, of the newest year that had been published before the month."""
    if not snapshot.has("population"):
        return {}
    rows = snapshot.table("population").to_pylist()
    out = {row["year"] for row in rows if published_before("population", row["year"], month)}
    newest = max(out, default="")
    return {row["force_id"]: float(row["residents"]) for row in rows if row["year"] == newest}


def _z(indicator: Indicator, observed: Observations, residents: dict[str, float]) -> Floats:
    """z of every force; NaN for those without a figure, and throughout where none can be judged."""
    areas = [f.id for f in forces()]
    at = np.array([areas.index(a) for a in observed.area], dtype=np.intp)
    numerator, denominator = (np.full(len(areas), np.nan) for _ in range(2))
    numerator[at] = observed.numerator
    denominator[at] = observed.denominator
    if indicator.per_resident:
        denominator = np.array([residents.get(area, np.nan) for area in areas])
    there = np.isfinite(numerator) & (denominator > 0)
    numerator, denominator = np.where(there, (numerator, denominator), np.nan)
    if indicator.chance and indicator.unit in ("rate", "share"):
        judged = compare(indicator, numerator, denominator)
        return np.full(len(areas), np.nan) if judged is None else judged.normal
    with np.errstate(divide="ignore", invalid="ignore"):
        value = numerator / denominator
        value = np.log(value) if indicator.unit == "ratio" else value
    value = np.where(np.isfinite(value), value, np.nan)
    if not np.isfinite(value).any():
        return value
    middle = np.nanmedian(value)
    spread = _MAD * np.nanmedian(np.abs(value - middle))
    return (value - middle) / spread if spread > 0 else np.full(len(areas), np.nan)
