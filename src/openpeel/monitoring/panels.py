"""An indicator's observations as a panel: counts of all forces over the periods that follow on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openpeel.monitoring.doubts import doubted
from openpeel.monitoring.scales import countable
from openpeel.monitoring.screening import YEAR, Screen, recent

Floats = NDArray[np.float64]

HISTORY = 120
"""Periods looked back on, for season."""
SEARCHED = 24
"""Newest periods that are searched for a change: what is older is no news."""
FEWEST_EVENTS = 30
"""A series with fewer events in all is not judged: one person's doing would show."""


@dataclass(frozen=True)
class CountPanel:
    """Counts and what they are counted of, areas x periods, NaN for a gap or a doubtful period.

    Where most of a share's denominator is counted, the rest of it is what is counted here
    (`complement`): few events are what a Poisson's variance fits. `month` is 1 to 12 for periods
    that are months, else None. `since` is, for each area, the first period to be searched.
    """

    areas: tuple[str, ...]
    periods: tuple[str, ...]
    counts: Floats
    exposure: Floats
    complement: bool
    month: tuple[int, ...] | None
    since: NDArray[np.intp]

    def value(self, level: float, per: int) -> float:
        """A level of the counts as the indicator's value."""
        return per * (1 - level if self.complement else level)


def count_panel(screen: Screen) -> CountPanel | str:
    """The panel of a screen, or why its indicator has none."""
    it = screen.indicator
    if not it.chance:
        return "people decide it: chance has no part"
    if it.unit == "ratio":
        return "a ratio: it is held against other forces' ratios"
    if it.unit == "mean":
        return "an average: how much chance moves it is not in the data"
    if it.period.every >= YEAR:
        return "counted once a year: too few periods"
    periods = recent(screen.observed, it.period.every, HISTORY)
    counts = screen.observed.grid(screen.areas, periods, "numerator")
    exposure = np.ones_like(counts)
    if it.unit != "count":
        exposure = screen.observed.grid(screen.areas, periods, "denominator")
    sound = countable(it, counts, exposure)
    sound &= ~doubted(screen.doubts, screen.areas, periods)
    counts[~sound] = exposure[~sound] = np.nan
    share = it.unit == "share" and 2 * np.nansum(counts) > np.nansum(exposure[~np.isnan(counts)])
    counts = exposure - counts if share else counts
    counts[np.nansum(counts, axis=1) < FEWEST_EVENTS] = np.nan
    if np.isnan(counts).all():
        return f"too few events: under {FEWEST_EVENTS} of every force"
    months = tuple(int(p[5:7]) for p in periods) if it.period.every == 1 else None
    since = np.full(len(screen.areas), max(0, len(periods) - SEARCHED))
    begun = np.where(screen.anew, np.arange(screen.anew.shape[1]), 0).max(axis=1, initial=0)
    since = np.maximum(since, begun + len(periods) - len(screen.periods))
    return CountPanel(screen.areas, periods, counts, exposure, bool(share), months, since)
