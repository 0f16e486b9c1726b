"""Many series of one kind, each judged against what all of them did: shifts, and surges.

For each series one lasting shift (`changepoints`) and one rise and return (`surges`) are looked for
against an expectation that holds what is not the series' own: exposure, what all did, and its own
season where there is enough to tell it by (`expecting`).

* Dispersion: series are of one kind, so what each varies by is drawn toward what all do, and p is
  by as many degrees as both tell it with (`moderated`). It is that about one level, which chance
  did not choose; of series that change, beside their change. One that varies far more than the
  others keeps its own, and it is never below Poisson's. Fewer than 10 series lend each other none.
* Memory, how far a point about its expectation follows the one before, widens what a series may do
  by chance: as far as all series remember, or further for one that does. What all do is the
  correlation of neighbours (`quality.memory_of`) or, where more, what brings the median statistic
  of the panel to where noise has it: the genomic control of Devlin and Roeder 1999, *Biometrics*
  55(4):997, which needs only that most series do not change. A Poisson's chance remembers nothing:
  both are of the share of a series' variance that is beyond it, so that many counts, which hide
  less of what they remember, are widened more. What one does beyond that is shrunk by what chance
  explains of their differences. Points that remember tell a
  dispersion less well than as many that do not; about a mean, which follows them, it comes out too
  small, and that is made good.
  Of fewer than 10 series each has its own memory, and a standard error more.
* A surge lasts two points at least: the highest counts as high as the second highest (`surges`,
  capped), so that one month alone is none. The height comes out low by that: its interval of 90 %
  holds 84 to 93 % of surges, and 74 % of those with a season of their own.
* All is done twice: series with a change of their own in the first pass (p below 0.01) set neither
  movement nor memory in the second.

How often this is wrong, and what it finds, is in docs/calibration.md.

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

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.changepoints import Shift, single_shift
from openpeel.signals.expecting import expect, levelled, residuals, shared_memory
from openpeel.signals.moderated import Prior, prior_of, unknown
from openpeel.signals.movement import FEWEST_SERIES, taking_part
from openpeel.signals.nulls import noise
from openpeel.signals.packed import numbers
from openpeel.signals.surges import Surges, surges

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_POINTS = 9
"""Series with fewer points are not tested."""
LOUD = 0.01
"""Series whose own change has a p below this do not set the movement of all."""
LEAST_SHARE = 0.2
"""Of a smaller share of the variance beyond a Poisson's, nothing tells how far it remembers: what
chance does to the correlation of neighbours (some 0.03 of 43 series) would be many times larger."""


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


@dataclass(frozen=True)
class _Beside:
    """Each series beside the best change that it could be granted: arrays (series,).

    `statistic` is that of a shift over the series' own dispersion, `residuals` (series, time) are
    Pearson's beside it. `dispersion` is that beside a shift or a surge, whichever leaves less.
    """

    points: NDArray[np.intp]
    statistic: Floats
    residuals: Floats
    dispersion: Floats


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
    told = expect(y, x, usual, month, baseline=int(first.min(initial=y.shape[1])))
    y = np.where(np.isnan(told.expected), np.nan, y)
    expected = np.where(np.isnan(y), 0.0, told.expected)
    y = np.where(np.arange(y.shape[1]) >= first[:, None], y, np.nan)
    points = (~np.isnan(y)).sum(axis=1)
    tested = (points >= FEWEST_POINTS) & (told.together | told.seasonal)
    y = np.where(tested[:, None], y, np.nan)
    searched = np.where(np.isnan(y), 0.0, expected)
    quiet = np.asarray((~np.isnan(usual)).any(axis=1))
    beside = _beside_changes(y, searched)
    memory = _memories(y, searched, beside, quiet)
    prior = _prior(y, searched, beside, memory, quiet)
    shift = single_shift(
        y, family="poisson", exposure=searched, prior=prior, memory=memory, confidence=confidence
    )
    surge = surges(
        y, exposure=searched, prior=prior, memory=memory, confidence=confidence, capped=True
    )
    return Panel(
        told.movement, told.together, expected, told.seasonal, tested, memory, shift, surge
    )


def _prior(y: Floats, expected: Floats, beside: _Beside, memory: Floats, quiet: Bools) -> Prior:
    """What the dispersions of all series say of each: nothing where they are too few."""
    n, events = np.maximum((~np.isnan(y)).sum(axis=1), 3), np.nansum(y, axis=1)
    take = events > 0
    if take.sum() < FEWEST_SERIES:
        return unknown(len(y))
    share = (1 - memory**2) / (1 + memory**2)
    told = np.maximum(n * share - 2, 1.0)
    about, changed = _dispersions(y, expected, beside, memory)
    degrees = np.where(quiet, np.maximum(n * share - 1, 1.0), told)
    dispersion = np.where(take, np.where(quiet, about, changed), np.nan)
    prior = prior_of(dispersion, degrees, mean=events / n)
    return prior.sparing(np.where(take, changed, np.nan), told)


def _dispersions(
    y: Floats, expected: Floats, beside: _Beside, memory: Floats
) -> tuple[Floats, Floats]:
    """Each series' own dispersion about one level, which chance did not choose, and beside a
    change: what its levels take off by following points that remember is made good."""
    n, r = np.maximum((~np.isnan(y)).sum(axis=1), 3), memory
    about = np.nansum(residuals(y, levelled(y, expected)) ** 2, axis=1)
    halves = beside.dispersion * np.maximum(n - 2, 1)
    of_all, of_half = (1 - _of_mean(r, m) / m for m in (n, n / 2))
    return about / (n * of_all), halves / (n * of_half)


def _of_mean(r: Floats, points: Floats) -> Floats:
    """The variance of a mean of so many points that remember by r, in that of as many without."""
    made: Floats = (1 + r) / (1 - r) - 2 * r * (1 - r**points) / (points * (1 - r) ** 2)
    return made


def _beside_changes(y: Floats, expected: Floats) -> _Beside:
    """Series as they are beside a change that each is granted."""
    shift = single_shift(y, family="poisson", exposure=expected)
    surge = surges(y, exposure=expected)
    place = np.arange(y.shape[1])
    after = place >= shift.onset[:, None]
    inside = (place >= surge.rise[:, None]) & (place < surge.back[:, None])
    off, squares = _two_levels(y, expected, after)
    least = np.minimum(squares, _two_levels(y, expected, inside)[1])
    return _Beside(shift.points, shift.statistic, off, least / np.maximum(shift.points - 2, 1))


def _two_levels(y: Floats, expected: Floats, apart: Bools) -> tuple[Floats, Floats]:
    """Residuals with one level at times apart and one at the others, and their sum of squares."""
    mean = np.zeros_like(y)
    for part in (apart, ~apart):
        mean = np.where(part, levelled(np.where(part, y, np.nan), expected), mean)
    off = residuals(y, mean)
    return off, np.nansum(off**2, axis=1)


def _memories(y: Floats, expected: Floats, beside: _Beside, quiet: Bools) -> Floats:
    """How far each series remembers the point before: as all do, or more.

    What all do of what is beyond a Poisson's chance is what the correlation of neighbours says, or,
    where that says less, what brings the median of the statistics to where noise has it. What one
    does beyond that is shrunk by what chance explains of how much the series differ. Of fewer than
    10, each by itself.
    """
    points, e = beside.points, beside.residuals
    tested = points >= FEWEST_POINTS
    if not tested.any():
        return np.zeros(len(y))
    own = np.nansum(e[:, 1:] * e[:, :-1], axis=1) / np.maximum(np.nansum(e**2, axis=1), 1e-12)
    own = own + 2 * (1 + 3 * own) / np.maximum(points, 1)
    if tested.sum() < FEWEST_SERIES:
        # What one of a few does by itself would pass for what all do: each beside its own shift,
        # and a standard error more, for nobody shares theirs with it.
        alone = own + 1 / np.sqrt(np.maximum(points, 1))
        return np.where(tested, np.clip(alone, 0, 0.95), 0.0)
    beyond = np.where(tested, _beyond_chance(y, expected, beside, quiet), 0.0)
    telling = quiet & tested
    shared = max(float(beyond[telling].mean()) if telling.any() else 0.0, LEAST_SHARE)
    rho = min(shared_memory(y[quiet], expected[quiet]) / shared, 0.95)
    # By what that multiplies the variance of a mean of half the points, less 1.
    half = np.maximum(points, 2) / 2
    long, most = (_of_mean(np.full(len(y), r), half) - 1 for r in (rho, 0.95))
    lengths, which = np.unique(points[tested], return_inverse=True)
    usual = np.array([np.median(noise("shift", int(n), 3, 1, 0.0)) for n in lengths])
    more = (float(np.median(beside.statistic[tested] / usual[which])) - 1) / shared
    swell = 1 + beyond * np.clip(more, long, most)
    all_do = (swell - 1) / (swell + 1)
    chance, off = 1 / np.maximum(points, 1), own - beyond * rho
    real = max(0.0, float(np.var(off[tested]) - chance[tested].mean()))
    shrunk = beyond * rho + real / (real + chance) * off
    return np.where(tested, np.clip(np.maximum(shrunk, all_do), 0, 0.95), 0.0)


def _beyond_chance(y: Floats, expected: Floats, beside: _Beside, quiet: Bools) -> Floats:
    """The share of each series' variance that is beyond a Poisson's, which remembers nothing."""
    nothing = np.zeros(len(y))
    prior = _prior(y, expected, beside, nothing, quiet)
    about, changed = _dispersions(y, expected, beside, nothing)
    n = np.maximum(beside.points, 3.0)
    # What is remembered passes for a change in part, so that beside a change less is left; of one
    # that changes, or may as far as is known yet, the usual scale says more.
    level = quiet & ((beside.points > 0) & ~quiet).any()
    drawn = np.where(
        level, prior.posterior(about, n - 1), np.fmax(prior.posterior(changed, n - 2), prior.scale)
    )
    return 1 - 1 / np.fmax(drawn, 1.0)
