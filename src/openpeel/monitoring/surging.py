"""Surges of a force: a rise and its return in whatever it counts by month or quarter.

Every indicator whose numerator is a count and whose table is by month or quarter is looked at, on
whichever table it stands; what is searched is the count, not the rate. How is in
`openpeel.monitoring.surge_search`, of what in `openpeel.monitoring.surge_expected`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from openpeel.errors import NotComputable
from openpeel.indicators import Indicator, Observations, indicators, lacking, observe_all
from openpeel.lake import Snapshot
from openpeel.monitoring.doubts import Doubt, doubtful_months, doubts_about
from openpeel.monitoring.surge_expected import FEWEST, expectation, from_others, highest
from openpeel.monitoring.surge_search import Answer, Found, search
from openpeel.reference import Change, Force, Period, changes_in, forces, months_between
from openpeel.signals.discovery import q_values

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LONGEST_GAP = 12
"""Months that nobody has, above which a table's periods are no longer one stretch."""
REACH = 24
"""Months either side of a period that is asked about."""
ALONE = (
    "fewer than 10 other forces are loaded for these periods, and under two years of the force: a "
    "surge cannot be told from the season"
)
FEW = f"fewer than {FEWEST} periods can be used: a rise and its return take as many"
UNTOLD = "of the periods asked about the force has none that enough other forces have"
UNSURE = "under 10 other forces have enough of these periods to tell how much such counts vary"
NOTHING = "nothing was counted in any period"
_QUARTER = 3


@dataclass(frozen=True)
class Surge:
    """A rise and its return: the first period of it, and the first after it, with intervals.

    `height` is the ratio to what is expected, with its interval (infinite where outside of it there
    was nothing). `p` is that of so good a surge in noise; `asked` says whether the question is
    about it.
    """

    rise: str
    rise_earliest: str
    rise_latest: str
    back: str
    back_earliest: str
    back_latest: str
    height: float
    height_low: float
    height_high: float
    p: float
    asked: bool


@dataclass(frozen=True)
class SurgeSeries:
    """What one series of a force says.

    Arrays over `periods`: `counts`; `values`, the indicator's own (NaN where it has none);
    `expected`, what the force's other periods and what the other forces saw make of each. `surges`
    in order of time. `at` is the highest of the periods asked about, `ratio` its count over what is
    expected, `rank` that of `of` forces' highest ratios in the same periods, 0 where there is none.
    `p` and `q` are of the surge asked about, else of the best that could be found; `smallest` is
    the smallest surge that would have stood out 4 times of 5. `dated` says that surges were
    searched for with their dates, not period by period. `others` are the forces that the
    movement rests on. `reason` says why a series was not judged, `values_reason` why values lack.
    """

    indicator: Indicator
    force: str
    periods: tuple[str, ...]
    counts: Floats
    values: Floats
    expected: Floats
    changes: tuple[Change, ...]
    doubts: tuple[Doubt, ...]
    values_reason: str = ""
    reason: str = ""
    verdict: Answer = "not-judged"
    dated: bool = False
    surges: tuple[Surge, ...] = ()
    at: str = ""
    ratio: float = math.nan
    rank: int = 0
    of: int = 0
    p: float = math.nan
    q: float = math.nan
    smallest: float = math.nan
    dispersion: float = math.nan
    memory: float = 0.0
    others: int = 0
    seasonal: bool = False

    @property
    def asked(self) -> tuple[Surge, ...]:
        """The surges that the question is about, in order of time."""
        return tuple(s for s in self.surges if s.asked)

    @property
    def recurrences(self) -> tuple[Surge, ...]:
        """Those asked about that rose after an earlier surge had returned."""
        return tuple(s for s in self.asked if s != self.surges[0])

    @property
    def quarterly(self) -> bool:
        """Whether it is by quarter."""
        return self.indicator.period.every == _QUARTER


@dataclass(frozen=True)
class SurgeReport:
    """What all series of a force say; `lacking` says why others say nothing, by indicator."""

    snapshot: Snapshot
    force: Force
    around: Period | None
    after: Period | None
    series: tuple[SurgeSeries, ...]
    lacking: dict[str, str]


def surges_of(
    snapshot: Snapshot, force: Force, around: Period | None = None, after: Period | None = None
) -> SurgeReport:
    """Look for a rise and its return in every series of counts that a force has.

    `around` keeps the series that hold a part of that period, REACH months either side of it, and
    asks about it; without it the newest stretch of each table is looked at as a whole. `after` asks
    only about surges that rise after that period: what came back after a claimed fix.

    Raises NotComputable where no series of the force can be looked at, saying what is held.
    """
    known = {n: i for n, i in indicators().items() if _is_counted(i)}
    silent = {
        n: f"table {i.table} is not loaded" for n, i in known.items() if not snapshot.has(i.table)
    }
    # The count behind a rate is searched: it needs no residents.
    counted = [
        replace(i, unit="count", denominator=None, per=1)
        for n, i in known.items()
        if n not in silent
    ]
    observed = observe_all(snapshot, counted)
    own = observe_all(snapshot, [known[n] for n in observed if not lacking(snapshot, known[n])])
    doubts = doubtful_months(snapshot)
    made = []
    for name, found in observed.items():
        indicator = known[name]
        stretches = _stretches(found, indicator.period.every)
        stretch = _chosen(stretches, around)
        if not stretch:
            of = f" of {around.label}" if around and stretches else " that can be used"
            silent[name] = f"nothing{of} is in {indicator.table}{_held(stretches)}"
            continue
        one = _series(indicator, found, stretch, force, (around, after), doubts)
        if one is None:
            silent[name] = f"nothing of {force.short} is in {indicator.table}"
            silent[name] += f" for {around.label}" if around else ""
            continue
        made.append(_with_values(one, own.get(name), lacking(snapshot, indicator)))
    if not made:
        why = "; ".join(dict.fromkeys(silent.values()))
        raise NotComputable(f"No series of {force.short} can be looked at for a surge: {why}.")
    q = q_values([s.p for s in made])
    series = tuple(replace(s, q=float(x)) for s, x in zip(made, q, strict=True))
    return SurgeReport(snapshot, force, around, after, series, silent)


def _with_values(series: SurgeSeries, own: Observations | None, why: str) -> SurgeSeries:
    """The series with its indicator's own values, or with the reason for none."""
    if own is None:
        return replace(series, values_reason=why)
    mine = own.where(np.isin(own.period, series.periods)).of(series.force)
    values = mine.grid((series.force,), series.periods)[0]
    reasons = [str(r) for r in mine.reason if r]
    return replace(series, values=values, values_reason=reasons[0] if reasons else "")


def _is_counted(indicator: Indicator) -> bool:
    """Whether it counts what chance has a hand in, by month or quarter."""
    every = indicator.period.every
    return indicator.chance and indicator.unit in ("rate", "count") and 0 < every < LONGEST_GAP


def _stretches(found: Observations, every: int) -> list[tuple[Period, ...]]:
    """The periods that any force has, in runs without a gap of more than LONGEST_GAP months."""
    there = sorted(Period.parse(p) for p in set(found.period[found.reason == ""]))
    made: list[tuple[Period, ...]] = []
    for period in there:
        if made and months_between(made[-1][-1], period) - period.length <= LONGEST_GAP:
            last = made[-1][-1]
            steps = (period.start - last.start) // every
            made[-1] += tuple(last.shift(n + 1) for n in range(steps))
        else:
            made.append((period,))
    return made


def _chosen(stretches: Sequence[tuple[Period, ...]], around: Period | None) -> tuple[Period, ...]:
    """The newest stretch, or the one that holds a part of `around`; none where none does."""
    for stretch in reversed(stretches):
        if around is None or any(_asked(stretch, around)):
            return stretch
    return ()


def _asked(periods: Sequence[Period], around: Period | None) -> list[bool]:
    """Which periods the question is about: all, or those that share a month with `around`."""
    if around is None:
        return [True] * len(periods)
    end = around.start + around.length
    return [p.start < end and around.start < p.start + p.length for p in periods]


def _held(stretches: Sequence[tuple[Period, ...]]) -> str:
    """What is held, for a reason: ', which holds 2017-Q2 to 2018-Q1'."""
    runs = [f"{s[0]} to {s[-1]}" if len(s) > 1 else str(s[0]) for s in stretches]
    return f", which holds {', '.join(runs)}" if runs else ""


def _series(
    indicator: Indicator,
    found: Observations,
    stretch: Sequence[Period],
    force: Force,
    question: tuple[Period | None, Period | None],
    doubts: Mapping[tuple[str, str], Doubt],
) -> SurgeSeries | None:
    """One series, judged; None where the force has nothing of what is asked about."""
    around, after = question
    areas = [f.id for f in forces()]
    row = areas.index(force.id)
    counts = found.grid(areas, [str(p) for p in stretch])
    counts[counts < 0] = np.nan
    doubted = doubts_about(doubts, indicator.table)
    for a, p in doubted:
        if a in areas and Period.parse(p) in stretch:
            counts[areas.index(a), stretch.index(Period.parse(p))] = np.nan
    asked = np.array(_asked(stretch, around))
    if not np.isfinite(counts[row, asked]).any():
        return None
    if around is None:
        # A rise and its return have a period before and one after.
        asked[[0, -1]] = False
    begins = 0
    if after:
        begins = sum(p.start < after.start + after.length for p in stretch)
        asked[:begins] = False
    told = expectation(counts, row, stretch)
    near = _near(stretch, around)
    periods = tuple(str(p) for p in stretch[near])
    counts, asked = counts[:, near], asked[near]
    begins = max(0, begins - (near.start or 0))
    empty = np.full(len(periods), np.nan)
    changes = changes_in(indicator.table, periods[0], periods[-1])
    made = SurgeSeries(
        indicator=indicator,
        force=force.id,
        periods=periods,
        counts=counts[row],
        values=empty,
        expected=empty,
        changes=tuple(
            c for c in changes if not c.by_file and indicator.counts_what(c) and c.touches(force.id)
        ),
        doubts=tuple(d for (a, p), d in doubted.items() if a == force.id and p in periods),
    )
    if not counts[row, np.isfinite(counts[row])].any():
        return replace(made, reason=NOTHING)
    if told is None:
        return replace(made, reason=ALONE)
    told = replace(told, expected=told.expected[:, near])
    usable = np.isfinite(counts[row]) & np.isfinite(told.expected[row])
    if usable.sum() < FEWEST:
        return replace(made, reason=FEW)
    if not (usable & asked).any():
        return replace(made, reason=UNTOLD)
    judged = search(counts, row, told, indicator.period.every, asked, begins)
    if judged.answer == "not-judged":
        return replace(made, reason=UNSURE)
    usual = from_others(counts, told.expected)
    at = highest(counts, told.expected, asked)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (counts / np.where(usual > 0, usual, np.nan))[np.arange(len(areas)), at]
    ratio[at < 0] = np.nan
    surges = [_surge(f, stretch[near], asked, begins) for f in judged.found]
    told_apart = np.isfinite(ratio).sum() > 1 and np.isfinite(ratio[row])
    return replace(
        made,
        expected=usual[row],
        verdict=judged.answer,
        dated=judged.dated,
        surges=tuple(sorted(surges, key=lambda s: s.rise)),
        at=periods[at[row]],
        ratio=float(ratio[row]),
        rank=1 + int((ratio > ratio[row]).sum()) if told_apart else 0,
        of=int(np.isfinite(ratio).sum()) if told_apart else 0,
        p=judged.p,
        smallest=judged.smallest,
        dispersion=judged.dispersion,
        memory=told.memory,
        others=told.others,
        seasonal=told.seasonal,
    )


def _near(stretch: Sequence[Period], around: Period | None) -> slice:
    """The part of a stretch within REACH months of `around`; all of it without."""
    if around is None:
        return slice(None)
    first, end = around.start - REACH, around.start + around.length + REACH
    inside = [i for i, p in enumerate(stretch) if first <= p.start and p.start + p.length <= end]
    return slice(inside[0], inside[-1] + 1)


def _surge(found: Found, periods: Sequence[Period], asked: Bools, begins: int) -> Surge:
    """A surge with its periods; `begins` is the first position at which one asked about rises."""
    return Surge(
        rise=str(periods[found.rise]),
        rise_earliest=str(periods[found.rise_earliest]),
        rise_latest=str(periods[found.rise_latest]),
        back=str(periods[found.back]),
        back_earliest=str(periods[found.back_earliest]),
        back_latest=str(periods[found.back_latest]),
        height=found.height,
        height_low=found.height_low,
        height_high=found.height_high,
        p=found.p,
        asked=bool(asked[found.rise : found.back].any()) and found.rise >= begins,
    )
