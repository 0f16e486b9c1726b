"""Screening: every indicator's observations through the signals, for all forces at once.

What comes out is what the charts say, by their named conventions. Nothing is ranked, and no more
is claimed than a first look can bear: limits from a year of months know nothing of season.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openpeel.errors import MethodError, NotComputable
from openpeel.indicators import Indicator, Observations, indicators, observe
from openpeel.lake import Snapshot
from openpeel.monitoring.doubts import Doubt, doubtful_months
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
    MONTHS_SHOWN months; `yearly` are the observations over `window`, the newest twelve months (or
    as many as there are) that can be used; `funnel` judges them against each other, in the order of
    `compared`. `doubts` are the months left out of limits, windows and funnels.
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
    screens: dict[str, Screen] = {}
    missing: dict[str, str] = {}
    for name, definition in indicators().items():
        try:
            screens[name] = screen(snapshot, definition, doubts)
        except NotComputable as error:
            missing[name] = str(error)
    return Screened(snapshot, screens, missing, doubts)


def screen(
    snapshot: Snapshot, indicator: Indicator, doubts: Mapping[tuple[str, str], Doubt]
) -> Screen:
    """One indicator's observations, chart and funnel; raises NotComputable without its tables."""
    monthly = observe(snapshot, indicator)
    areas = tuple(f.id for f in forces())
    months = _recent(monthly)
    values = monthly.grid(areas, months)
    chart = None
    if months:
        sound = values.copy()
        for area, month in doubts:
            if area in areas and month in months:
                sound[areas.index(area), months.index(month)] = np.nan
        chart = xmr(sound, improvement=indicator.polarity)
    window = Period.of_run(months[-YEAR:][0], months[-1]) if months else None
    yearly = observe(snapshot, indicator, window, tuple(doubts)) if window else None
    compared, judged = _funnel(indicator, yearly) if yearly else ((), None)
    return Screen(
        indicator, monthly, areas, months, values, chart, window, yearly, compared, judged, doubts
    )


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


def _funnel(indicator: Indicator, yearly: Observations) -> tuple[tuple[str, ...], Funnel | None]:
    """A funnel over the forces that have a value, where the unit has one."""
    sound = yearly.where(yearly.reason == "")
    compared = tuple(str(a) for a in sound.area)
    if len(compared) < 3 or indicator.unit not in ("rate", "share"):
        return compared, None
    kind, recipe = ("rate", SHMI_UNROUNDED) if indicator.unit == "rate" else ("proportion", CQC)
    try:
        return compared, funnel(sound.numerator, sound.denominator, kind=kind, recipe=recipe)  # type: ignore[arg-type]
    except MethodError:
        if indicator.unit != "rate":
            raise
        # A count of zero has no logarithm: the square-root recipe is defined for it.
        return compared, funnel(sound.numerator, sound.denominator, kind="rate", recipe=CQC)
