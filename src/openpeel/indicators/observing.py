"""The one way from a definition to observations, on any engine."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openpeel.errors import NotComputable
from openpeel.indicators.definition import Indicator
from openpeel.indicators.query import query_of
from openpeel.lake import Snapshot
from openpeel.reference import Force, Period, forces, months_between

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Observations:
    """Observations of one indicator at one vintage: arrays of equal length, by area and period.

    `value` is numerator over denominator, times `per` for a rate; NaN where `reason` says why there
    is none. `denominator_year` is the mid-year of a population, else ''. `unresolved` is the share
    of the denominator that may still change (NaN where the indicator does not have it). `as_at` is
    the last month published when the data were made. Areas that published nothing have no row: an
    absent row is a gap, never a zero.
    """

    area: Texts
    period: Texts
    numerator: Floats
    denominator: Floats
    value: Floats
    denominator_year: Texts
    unresolved: Floats
    as_at: Texts
    reason: Texts

    def __len__(self) -> int:
        return len(self.value)

    def where(self, mask: NDArray[np.bool_]) -> "Observations":
        """Those that the mask picks."""
        return Observations(*(getattr(self, f.name)[mask] for f in fields(self)))

    def of(self, area: str) -> "Observations":
        """Those of one area."""
        return self.where(self.area == area)

    def grid(self, areas: Sequence[str], periods: Sequence[str]) -> Floats:
        """Values as areas x periods; NaN where there is no row or no value."""
        rows, columns = ({name: i for i, name in enumerate(names)} for names in (areas, periods))
        made = np.full((len(areas), len(periods)), np.nan)
        at = [
            (rows.get(a, -1), columns.get(p, -1))
            for a, p in zip(self.area, self.period, strict=True)
        ]
        places = np.array(at, dtype=int).reshape(-1, 2)
        inside = (places >= 0).all(axis=1)
        made[places[inside, 0], places[inside, 1]] = self.value[inside]
        return made


def observe(
    snapshot: Snapshot,
    indicator: Indicator,
    window: Period | None = None,
    without: Collection[tuple[str, str]] = (),
) -> Observations:
    """Observations of the 43 forces, by month, or one a force over a window of months.

    Over a window a force has a value only when every month of it is there. `without` are (area,
    month) pairs to leave out. Raises NotComputable when a table it needs is not loaded.
    """
    needed = [indicator.table, *(["population"] if indicator.per_resident else [])]
    missing = [t for t in needed if not snapshot.has(t)]
    if missing:
        raise NotComputable(
            f"'{indicator.title}' needs the table {' and '.join(missing)}, which is not loaded."
        )
    known = {f.id: f for f in forces()}
    table = snapshot.query(query_of(indicator, window, without))
    keep = np.isin(_texts(table, "area"), list(known))
    table = table.filter(pa.array(keep))
    area, period, as_at = (_texts(table, n) for n in ("area", "period", "as_at"))
    numerator, denominator = _floats(table, "numerator"), _floats(table, "denominator")
    year = _texts(table, "denominator_year")
    reason = _reasons(table, indicator, window, known)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = numerator / denominator if indicator.unit != "count" else numerator
        unresolved = _floats(table, "unresolved") / denominator
    nothing = (reason == "") & ~(np.isfinite(ratio))
    reason[nothing] = "nothing to divide by: the denominator is zero or absent"
    value = np.where(
        reason == "", ratio * (indicator.per if indicator.unit == "rate" else 1), np.nan
    )
    return Observations(
        area, period, numerator, denominator, value, year, unresolved, as_at, reason
    )


def _reasons(
    table: pa.Table, indicator: Indicator, window: Period | None, known: dict[str, Force]
) -> Texts:
    """Why a row has no value: '' where it has one; the first reason counts."""
    area, period, as_at = (_texts(table, n) for n in ("area", "period", "as_at"))
    reason = np.full(len(area), "", object)

    def because(mask: NDArray[np.bool_], why: str) -> None:
        reason[mask & (reason == "")] = why

    if indicator.per_resident:
        for force in known.values():
            if not force.resident_rates:
                because(area == force.id, force.why or "no rate per resident")
        because(np.isnan(_floats(table, "denominator")), "no population of the force is loaded")
    # A category that occurs anywhere in what was made at one time is in the vocabulary of it all.
    file = np.array([f"{a} {d}" for a, d in zip(area, as_at, strict=True)], dtype=object)
    for i, merged in enumerate(indicator.merged):
        because(
            np.isin(file, file[_floats(table, f"merged_{i}") > 0]),
            f"the file's '{merged.value}' merges {merged.hides}: the figure cannot be told apart",
        )
    if indicator.matures:
        newest = [p if window is None else window.last_month for p in period]
        age = np.array([months_between(m, a) for m, a in zip(newest, as_at, strict=True)], int)
        for months in np.unique(age[age < indicator.matures]):
            because(
                age == months,
                f"too young: {months} months old when the file was made, and outcomes need "
                f"{indicator.matures}",
            )
    if window is not None:
        months = _floats(table, "months")
        for there in np.unique(months[months < len(window.months)]):
            because(months == there, f"{int(there)} of {len(window.months)} months can be used")
    return reason


def _floats(table: pa.Table, name: str) -> Floats:
    """A column as floats; NaN throughout where the query has no such column."""
    if name not in table.column_names:
        return np.full(len(table), np.nan)
    column = table[name].cast(pa.float64())
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=float)


def _texts(table: pa.Table, name: str) -> Texts:
    """A column as strings; '' where null, and throughout where the query has no such column."""
    made = np.full(len(table), "", dtype=object)
    if name in table.column_names:
        made[:] = [text or "" for text in table[name].to_pylist()]
    return made
