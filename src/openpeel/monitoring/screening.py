"""Screening: every indicator's observations through the signals, for all forces at once.

What comes out is what the charts say, by their named conventions. Nothing is ranked, and no more
is claimed than a first look can bear: limits from a year of months know nothing of season.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openpeel.indicators import Indicator, Observations, indicators, lacking, observe_all
from openpeel.lake import Snapshot
from openpeel.monitoring.doubts import Doubt, doubtful_months, doubts_about
from openpeel.reference import Period, forces
from openpeel.signals.funnel import Funnel, funnel
from openpeel.signals.overdispersion import CQC, SHMI_UNROUNDED
from openpeel.signals.xmr import XmR, xmr

MONTHS_SHOWN = 24
YEAR = 12
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Screen:
    """One indicator over all forces.

    `monthly` are all its observations; `values` and `chart` are areas x months for the newest
    MONTHS_SHOWN months; `yearly` are the observations over `window`, twelve months (or as many as
    there are) up to the newest that most forces have; `funnel` judges them against each other, in
    the order of `compared`, None where too few have a value or the unit has none. `doubts` are the
    months of its table left out of limits, windows and funnels.
    """

    indicator: Indicator
    monthly: Observations
    areas: tuple[str, ...]
    months: tuple[str, ...]
    values: Floats
    chart: XmR | None
    window: Period | None
    yearly: Observations | None
    compared: tuple[str, ...]
    funnel: Funnel | None
    doubts: Mapping[tuple[str, str], Doubt]

    def row(self, area: str) -> int:
        """The row of a force in `values` and `chart`."""
        return self.areas.index(area)


@dataclass(frozen=True)
class Screened:
    """All screens of a snapshot by indicator id, and why an indicator has none."""

    snapshot: Snapshot
    screens: Mapping[str, Screen]
    missing: Mapping[str, str]
    doubts: Mapping[tuple[str, str], Doubt]


def screen_all(snapshot: Snapshot) -> Screened:
    """Screen every indicator; one whose tables are not loaded is named in `missing`."""
    doubts = doubtful_months(snapshot)
    missing = {name: why for name, i in indicators().items() if (why := lacking(snapshot, i))}
    usable = [i for name, i in indicators().items() if name not in missing]
    return Screened(snapshot, _screens(snapshot, usable, doubts), missing, doubts)


def screen(
    snapshot: Snapshot, indicator: Indicator, doubts: Mapping[tuple[str, str], Doubt]
) -> Screen:
    """One indicator's observations, chart and funnel; raises NotComputable without its tables."""
    return _screens(snapshot, [indicator], doubts)[indicator.id]


def _screens(
    snapshot: Snapshot, group: Sequence[Indicator], doubts: Mapping[tuple[str, str], Doubt]
) -> dict[str, Screen]:
    """Screens by indicator id: each table is read once by month, and once a window."""
    areas = tuple(f.id for f in forces())
    monthly = observe_all(snapshot, group)
    months = {name: _recent(found) for name, found in monthly.items()}
    values = {name: found.grid(areas, months[name]) for name, found in monthly.items()}
    windows = {name: _window(months[name], values[name]) for name in monthly}
    yearly: dict[str, Observations] = {}
    for window, table in {(w, i.table) for i in group if (w := windows[i.id]) is not None}:
        mine = [i for i in group if (windows[i.id], i.table) == (window, table)]
        yearly |= observe_all(snapshot, mine, window, tuple(doubts_about(doubts, table)))
    made = {}
    for indicator in group:
        name = indicator.id
        compared, judged = _funnel(indicator, yearly.get(name))
        doubted = doubts_about(doubts, indicator.table)
        made[name] = Screen(
            indicator=indicator,
            monthly=monthly[name],
            areas=areas,
            months=months[name],
            values=values[name],
            chart=_chart(indicator, areas, months[name], values[name], doubted),
            window=windows[name],
            yearly=yearly.get(name),
            compared=compared,
            funnel=judged,
            doubts=doubted,
        )
    return made


def _chart(
    indicator: Indicator,
    areas: Sequence[str],
    months: Sequence[str],
    values: Floats,
    doubts: Collection[tuple[str, str]],
) -> XmR | None:
    """The XmR charts of all forces, the doubtful months left out; None where no month is."""
    if not months:
        return None
    sound = values.copy()
    for area, month in doubts:
        if area in areas and month in months:
            sound[areas.index(area), months.index(month)] = np.nan
    return xmr(sound, improvement=indicator.polarity)


def _recent(monthly: Observations) -> tuple[str, ...]:
    """The newest months that have a value for any force, without a break, at most MONTHS_SHOWN."""
    there: Collection[str] = set(monthly.period[monthly.reason == ""])
    if not there:
        return ()
    newest = Period.parse(max(there))
    months: list[str] = []
    while str(newest) in there and len(months) < MONTHS_SHOWN:
        months.append(str(newest))
        newest = newest.shift(-1)
    return tuple(reversed(months))


def _window(months: Sequence[str], values: Floats) -> Period | None:
    """The twelve months (or as many as there are) up to the newest that most forces have.

    A force whose newest month comes before the others' does not move the window for all: a month
    counts when at least half as many forces have a value as in the month with the most.
    """
    if not months:
        return None
    there = np.isfinite(values).sum(axis=0)
    last = int(np.flatnonzero(2 * there >= there.max())[-1])
    return Period.of_run(months[max(0, last - YEAR + 1)], months[last])


def _funnel(
    indicator: Indicator, yearly: Observations | None
) -> tuple[tuple[str, ...], Funnel | None]:
    """The forces that have a value, and a funnel over them where the unit has one."""
    if yearly is None:
        return (), None
    sound = yearly.where(yearly.reason == "")
    compared = tuple(str(a) for a in sound.area)
    counts = sound.numerator, sound.denominator
    counted = bool((counts[0] >= 0).all() and (counts[1] > 0).all())
    if len(compared) < 3 or indicator.unit not in ("rate", "share") or not counted:
        return compared, None
    if indicator.unit == "share":
        return compared, funnel(*counts, kind="proportion", recipe=CQC)
    # A count of zero has no logarithm; the square-root recipe is defined for it.
    recipe = CQC if (sound.numerator == 0).any() else SHMI_UNROUNDED
    return compared, funnel(*counts, kind="rate", recipe=recipe)
