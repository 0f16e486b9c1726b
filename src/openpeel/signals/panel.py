"""Many series of one kind, each judged against what all of them did: shifts, and surges.

For each series one lasting shift (`changepoints`) and one rise and return (`surges`) are looked for
against an expectation that holds what is not the series' own::

    expected(i, t) = exposure(i, t) x movement(t) x season(i, month of t)

* `movement` is what all series did together (`movement`), 1 where they are too few to tell.
* `season` is a series' own, drawn toward what is usual (`season`), where three years of months are
  there, or two where there is no movement; 1 otherwise. With less, a season of a series' own and a
  change of its own look alike: whoever shows the result has to say so.
* Memory, how far a point about its expectation follows the one before, widens what a series may do
  by chance: as far as all series remember, or further for one that does. What all do is the
  correlation of neighbours (`quality.memory_of`) or, where more, what brings the median statistic
  of the panel to where noise has it: the genomic control of Devlin and Roeder 1999, *Biometrics*
  55(4):997, which needs no model of the memory, only that most series do not change. What one does
  beyond is shrunk by what chance explains of their differences. n points that remember by r tell
  the scale as well as n (1 - r^2) / (1 + r^2) (Bayley and Hammersley 1946, *Supplement to JRSS*
  8(2):184), and p is that of the statistic with as long a tail of Student's t beyond it. Fewer than
  10 series cannot lend each other any of this: each has its own memory, and a standard error more.
* All is done twice: series with a change of their own in the first pass (p below 0.01) set neither
  movement nor memory in the second.

Counts have a dispersion of their own, never below Poisson's. How often this is wrong, and what it
finds, is in docs/calibration.md.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN, or an exposure of 0        a gap
a time at which fewer than 10   a gap: nothing can be expected there
have a count, or none an event
under 9 points                  not tested: p NaN
under 10 series with events,    not tested: p NaN, for season and change cannot be told apart
and no two years of months
all 0                           p 1: no change (in a panel with a movement)
negative, infinite, no numbers  `MethodError`
==============================  ===================================================================
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.changepoints import Shift, single_shift
from openpeel.signals.movement import FEWEST_SERIES, shared_movement, taking_part
from openpeel.signals.nulls import Search, noise, p_values, shapes
from openpeel.signals.packed import numbers
from openpeel.signals.quality import memory_of
from openpeel.signals.season import season
from openpeel.signals.surges import Surges, surges

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_POINTS = 9
"""Series with fewer points are not tested."""
LOUD = 0.01
"""Series whose own change has a p below this do not set the movement of all."""
ALONE, TOGETHER = 24, 36
"""Months that a season of a series' own takes: alone, and beside what all did."""


@dataclass(frozen=True)
class Panel:
    """What became of each series, judged against all.

    `movement` (time,) is what all did, where they are enough to say (`together`), `expected`
    (series, time) that with the exposure and each series' own season where it is `seasonal`
    (series,); 0 in a gap. `tested` (series,) says whether a series was judged at all, `memory`
    (series,) how far its points follow the one before. `shift` and `surge` hold arrays (series,),
    levels per `expected`, p NaN where not tested.
    """

    movement: Floats
    together: bool
    expected: Floats
    seasonal: Bools
    tested: Bools
    memory: Floats
    shift: Shift
    surge: Surges


def judge_panel(
    counts: ArrayLike,
    exposure: ArrayLike | None = None,
    *,
    month: ArrayLike | None = None,
    since: ArrayLike = 0,
    confidence: float = 0.9,
) -> Panel:
    """Judge counts (series, time) of one kind, with exposures above 0 of a shape that fits.

    `month` is 1 to 12 for each time of a monthly panel; None for others. `since` is the first place
    in time that is searched, one or one for each series: what lies before serves the season alone.
    `confidence` is that of the intervals of dates and heights. The model and defined behaviour are
    in the module's docstring. Raises `MethodError`.
    """
    y, x = numbers(counts, exposure, poisson=True)
    first = np.asarray(since)
    if not np.issubdtype(first.dtype, np.integer) or first.shape not in ((), y.shape[:1]):
        raise MethodError("The first place searched is a whole number, one or one for each series.")
    first = np.broadcast_to(first, y.shape[:1])
    found = _judge(y, x, y, month, first, confidence)
    # What changed by itself has no say in what all did, nor in how much they remember.
    quiet = ~np.asarray((found.shift.p < LOUD) | (found.surge.p < LOUD))
    usual = np.where(quiet[:, None], y, np.nan)
    if quiet.all() or not taking_part(usual).any():
        return found
    return _judge(usual, x, y, month, first, confidence)


def _judge(
    usual: Floats,
    x: Floats,
    y: Floats,
    month: ArrayLike | None,
    first: NDArray[np.intp],
    confidence: float,
) -> Panel:
    """Judge counts y of exposures x against the movement of those that are `usual`."""
    movement = shared_movement(usual, x)
    y = np.where(movement > 0, y, np.nan)
    together = bool(taking_part(usual).any())
    expected = np.where(np.isnan(y), 0.0, x * movement)
    seasonal = np.zeros(len(y), np.bool_)
    if month is not None:
        before = int(first.min(initial=y.shape[1]))
        expected, seasonal = _in_season(y, expected, np.asarray(month, np.intp), together, before)
    y = np.where(np.arange(y.shape[1]) >= first[:, None], y, np.nan)
    points = (~np.isnan(y)).sum(axis=1)
    tested = (points >= FEWEST_POINTS) & (together | seasonal)
    y = np.where(tested[:, None], y, np.nan)
    searched = np.where(np.isnan(y), 0.0, expected)
    memory = _memories(y, searched, points, np.asarray((~np.isnan(usual)).any(axis=1)))
    shift = single_shift(
        y, family="poisson", exposure=searched, memory=memory, confidence=confidence
    )
    surge = surges(y, family="poisson", exposure=searched, memory=memory, confidence=confidence)
    mean = np.nansum(y, axis=1) / np.maximum(points, 1)
    shift = replace(shift, p=_shyer(shift, "shift", 1, mean, memory))
    surge = replace(surge, p=_shyer(surge, "surge", 2, mean, memory))
    return Panel(movement, together, expected, seasonal, tested, memory, shift, surge)


def _shyer(
    found: Shift | Surges, search: Search, shortest: int, mean: Floats, memory: Floats
) -> Floats:
    """p where points with memory told the scale.

    It is that of the statistic with as long a tail beyond it were the scale told by points without.
    """
    from scipy.special import stdtr, stdtrit

    n, root = found.points, np.sqrt(found.statistic)
    told = np.maximum(n * (1 - memory**2) / (1 + memory**2) - 2, 1)
    free = np.maximum(n - 2, told)
    worth = np.where(told < free, stdtrit(free, stdtr(told, -root)), -root) ** 2
    return p_values(worth, n, search, 3, shortest, False, shapes(mean, found.scale))


def _in_season(
    y: Floats, expected: Floats, month: NDArray[np.intp], together: bool, before: int
) -> tuple[Floats, Bools]:
    """What is expected with each series' own season, where there is enough to tell it by.

    Told by the times before those that are searched where they are enough, else by all: then a
    change takes part of the season, and shows less.
    """
    there = ~np.isnan(y)
    exposure = np.where(there, expected, 1.0)
    baseline = before if before >= TOGETHER else None
    own = season(y, month, exposure=exposure, alike=np.zeros(len(y)), baseline=baseline)
    enough = there[:, :baseline].sum(axis=1) >= (TOGETHER if together else ALONE)
    seasonal = own.seasonal & own.fitted & enough
    effect = np.where(seasonal[:, None], own.effect[:, month - 1], 1.0)
    return expected * effect, seasonal


def _memories(y: Floats, expected: Floats, points: NDArray[np.intp], quiet: Bools) -> Floats:
    """How far each series remembers the point before: as all do, or more.

    What all do is what the correlation of neighbours says, or, where that says less, what brings
    the median of the statistics to where noise has it. What one does beyond that is shrunk by what
    chance explains of how much the series differ. Of fewer than 10, each by itself.
    """
    free = single_shift(y, family="poisson", exposure=expected)
    tested = free.points >= FEWEST_POINTS
    if not tested.any():
        return np.zeros(len(y))
    place = np.arange(y.shape[1]) < free.onset[:, None]
    level = np.where(place, free.before[:, None], free.after[:, None])
    e = (y - level * expected) / np.sqrt(np.where(level * expected > 0, level * expected, np.nan))
    e = np.where(np.isnan(y), np.nan, e)
    own = np.nansum(e[:, 1:] * e[:, :-1], axis=1) / np.maximum(np.nansum(e**2, axis=1), 1e-12)
    own = own + 2 * (1 + 3 * own) / np.maximum(points, 1)
    if tested.sum() < FEWEST_SERIES:
        # What one of a few does by itself would pass for what all do: each beside its own shift,
        # and a standard error more, for nobody shares theirs with it.
        alone = own + 1 / np.sqrt(np.maximum(points, 1))
        return np.where(tested, np.clip(alone, 0, 0.95), 0.0)
    all_do = memory_of(_residuals(y, expected)[quiet], season=None)
    lengths, which = np.unique(points[tested], return_inverse=True)
    usual = np.array([np.median(noise("shift", int(n), 3, 1, False)) for n in lengths])
    swell = float(np.median(free.statistic[tested] / usual[which]))
    all_do = max(all_do, (swell - 1) / (swell + 1))
    chance = 1 / np.maximum(points, 1)
    real = max(0.0, float(np.var(own[tested]) - chance[tested].mean()))
    shrunk = all_do + real / (real + chance) * (own - all_do)
    return np.where(tested, np.clip(np.maximum(shrunk, all_do), 0, 0.95), 0.0)


def _residuals(y: Floats, expected: Floats) -> Floats:
    """Pearson's residuals about each series' own level, over their own spread; NaN for a gap."""
    there = ~np.isnan(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.nansum(y, axis=1, keepdims=True) / expected.sum(axis=1, keepdims=True)
        off = (y - level * expected) / np.sqrt(level * expected)
        made: Floats = off / np.sqrt(
            np.nansum(off**2, axis=1, keepdims=True) / there.sum(axis=1, keepdims=True)
        )
    return np.where(there & np.isfinite(made), made, np.nan)
