"""Screening: every indicator's observations through the signals, for all forces at once.

What comes out is what the charts say, by their named conventions. Nothing is ranked, and no more
is claimed than a first look can bear. Limits follow what all forces did together, so that a season
that all share is no signal; a season of one force's own still looks like one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from openpeel.indicators import Indicator, Observations, indicators, lacking, observe_all
from openpeel.lake import Snapshot
from openpeel.monitoring.baselines import Baseline, baselines, rebases
from openpeel.monitoring.comparing import Compared, compare
from openpeel.monitoring.doubts import Doubt, doubted, doubtful_months, doubts_about
from openpeel.monitoring.scales import countable
from openpeel.reference import Change, Period, changes_in, forces
from openpeel.signals.movement import FEWEST_SERIES, shared_movement
from openpeel.signals.xmr import XmR, xmr

SHOWN = 24
FEWEST = 6
"""Periods below which no limits are drawn: four quarters would make limits of a single season."""
FEWEST_COMPARED = 3
"""Forces below which nothing is compared."""
YEAR = 12  # months
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Screen:
    """One indicator over all forces.

    `observed` are all its observations; `values` and `chart` are areas x periods for the newest
    SHOWN periods of its table; `yearly` are the observations over `window`, a year of periods (or
    as many as there are) up to the newest that most forces have; `among` holds them against each
    other, in the order of `compared`, None where too few have a value or the figure has no limits.
    There is no chart of what is counted once a year, and no limits for what is not left to chance.
    `doubts` are the periods of its table left out of limits, windows and comparisons; `baselines`
    the decisions that hold; `changes` what is defined otherwise, of what it counts, by the first
    period shown that is. Limits are drawn around what all forces did together (`movement`, 1 on
    average; None where they are too few to tell). Charts begin `anew` (areas x periods) at both; a
    stretch of fewer than FEWEST periods has no limits.
    """

    indicator: Indicator
    observed: Observations
    areas: tuple[str, ...]
    periods: tuple[str, ...]
    values: Floats
    chart: XmR | None
    window: Period | None
    yearly: Observations | None
    compared: tuple[str, ...]
    among: Compared | None
    doubts: Mapping[tuple[str, str], Doubt]
    baselines: tuple[Baseline, ...] = ()
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    anew: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), np.bool_))
    movement: Floats | None = None

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
    """One indicator's observations, chart, comparison; raises NotComputable without its tables."""
    return _screens(snapshot, [indicator], doubts)[indicator.id]


def _screens(
    snapshot: Snapshot, group: Sequence[Indicator], doubts: Mapping[tuple[str, str], Doubt]
) -> dict[str, Screen]:
    """Screens by indicator id: each table is read once by month, and once a window."""
    areas = tuple(f.id for f in forces())
    decided = baselines(snapshot)
    observed = observe_all(snapshot, group)
    periods = {i.id: recent(observed[i.id], i.period.every) for i in group}
    values = {name: found.grid(areas, periods[name]) for name, found in observed.items()}
    windows = {i.id: _window(periods[i.id], values[i.id], i.period.every) for i in group}
    yearly: dict[str, Observations] = {}
    for window, table in {(w, i.table) for i in group if (w := windows[i.id]) is not None}:
        mine = [i for i in group if (windows[i.id], i.table) == (window, table)]
        yearly |= observe_all(snapshot, mine, window, tuple(doubts_about(doubts, table)))
    made = {}
    for indicator in group:
        name = indicator.id
        compared, among = _compared(indicator, yearly.get(name))
        doubts_there = doubts_about(doubts, indicator.table)
        judged_anew = tuple(b for b in decided if b.indicator == name and not b.withdrawn)
        changes = _changes(indicator, periods[name])
        anew = rebases(judged_anew, indicator, areas, periods[name])
        for period, found in changes.items():
            touched = [any(c.touches(area) for c in found) for area in areas]
            anew[touched, periods[name].index(period)] = True
        doubtful = doubted(doubts_there, areas, periods[name])
        movement = _movement(indicator, observed[name], areas, periods[name], doubtful)
        made[name] = Screen(
            indicator=indicator,
            observed=observed[name],
            areas=areas,
            periods=periods[name],
            values=values[name],
            chart=_chart(indicator, periods[name], values[name], doubtful, anew, movement),
            window=windows[name],
            yearly=yearly.get(name),
            compared=compared,
            among=among,
            doubts=doubts_there,
            baselines=judged_anew,
            changes=changes,
            anew=anew,
            movement=movement,
        )
    return made


def _chart(
    indicator: Indicator,
    periods: Sequence[str],
    values: Floats,
    doubtful: NDArray[np.bool_],
    anew: NDArray[np.bool_],
    movement: Floats | None,
) -> XmR | None:
    """The XmR charts of all forces, doubtful periods left out; None where there is none.

    Of values over the movement of all; mean and limits are then moved with it, as the values are.
    """
    if not periods or not _limited(indicator):
        return None
    moved = np.ones(len(periods)) if movement is None else movement
    sound = np.where(doubtful, np.nan, values / moved)
    group = np.cumsum(anew, axis=1)
    for g in range(int(group.max()) + 1):
        few = ((group == g) & np.isfinite(sound)).sum(axis=1) < FEWEST
        sound[(group == g) & few[:, None]] = np.nan
    chart = xmr(sound, improvement=indicator.polarity, rebase=anew)
    lines = ("mean", "lower", "upper", "near_lower", "near_upper")
    shown = np.where(np.isnan(chart.values), np.nan, values)
    return replace(chart, values=shown, **{name: getattr(chart, name) * moved for name in lines})


def _movement(
    indicator: Indicator,
    observed: Observations,
    areas: Sequence[str],
    periods: Sequence[str],
    doubtful: NDArray[np.bool_],
) -> Floats | None:
    """What all forces did together (periods,), 1 on average; None where they are too few."""
    if not periods or not _limited(indicator):
        return None
    events = observed.grid(areas, periods, "numerator")
    if indicator.unit == "count":
        of = np.ones_like(events)
    else:
        of = observed.grid(areas, periods, "denominator")
    events[doubtful | ~countable(indicator, events, of)] = np.nan
    if (np.isfinite(events).sum(axis=0) < FEWEST_SERIES).any():
        return None
    made = shared_movement(events, of)
    # A period in which nobody counted anything moves nothing.
    return made if (made > 0).all() else None


def _changes(indicator: Indicator, periods: Sequence[str]) -> dict[str, tuple[Change, ...]]:
    """What is defined otherwise, of what the indicator counts, by the first period that surely is.

    Figures before and after are not of the same thing, so no limit is carried across.
    """
    made: dict[str, tuple[Change, ...]] = {}
    for change in changes_in(indicator.table, periods[0], periods[-1]) if periods else ():
        later = (p for p in periods[1:] if Period.parse(p).start >= change.latest.start)
        first = next(later, None)
        if first and not change.by_file and indicator.counts_what(change):
            made[first] = (*made.get(first, ()), change)
    return made


def _limited(indicator: Indicator) -> bool:
    """Whether limits are drawn around its periods.

    Not for what people decide, not for what is counted once a year (a few points, each close to the
    one before), and not for a ratio, which has an interval of its own.
    """
    return indicator.chance and indicator.period.every < YEAR and indicator.unit != "ratio"


def recent(observed: Observations, step: int, most: int = SHOWN) -> tuple[str, ...]:
    """The newest periods that have a value for any force, without a break, at most `most`."""
    there: Collection[str] = set(observed.period[observed.reason == ""])
    if not there:
        return ()
    newest = Period.parse(max(there))
    periods: list[str] = []
    while str(newest) in there and len(periods) < most:
        periods.append(str(newest))
        newest = newest.shift(-max(1, step // newest.length))
    return tuple(reversed(periods))


def _window(periods: Sequence[str], values: Floats, step: int) -> Period | None:
    """The year of periods (or as many as there are) up to the newest that most forces have.

    A force whose newest comes before the others' does not move the window for all: a period counts
    when at least half as many forces have a value as in the one with the most.
    """
    if not periods:
        return None
    there = np.isfinite(values).sum(axis=0)
    last = int(np.flatnonzero(2 * there >= there.max())[-1])
    first = max(0, last - max(1, YEAR // step) + 1)
    if first == last:
        return Period.parse(periods[last])
    return Period.of_run(periods[first], periods[last])


def _compared(
    indicator: Indicator, yearly: Observations | None
) -> tuple[tuple[str, ...], Compared | None]:
    """The forces that have a value, and how each stands among them where the unit can tell."""
    if yearly is None:
        return (), None
    sound = yearly.where(yearly.reason == "")
    return tuple(map(str, sound.area)), compare(indicator, sound.numerator, sound.denominator)
