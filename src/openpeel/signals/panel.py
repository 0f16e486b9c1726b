"""Many series of one kind, each judged against what all of them did: shifts, and surges.

For each series one lasting shift (`changepoints`) and one rise and return (`surges`) are looked for
against an expectation that holds what is not the series' own: exposure, what all did, and its own
season where there is enough to tell it by (`expecting`).

* Dispersion: series are of one kind, so what each varies by is drawn toward what all do, and p is
  by as many degrees as both tell it with (`moderated`). It is that about one level, which chance
  did not choose; of series that change, beside their change. One that varies far more than the
  others keeps its own, and it is never below Poisson's. Fewer than 10 series lend each other none.
* Memory, how far a point about its expectation follows the one before: as far as all series do, or
  otherwise for one that does (`memories`), and p is by noise that remembers as far (`nulls`),
  averaged over what the memory may be. A Poisson's chance remembers nothing: that is of the share
  of a series' variance beyond it, so that many counts, which hide less, are held to remember more.
  Points that remember tell a dispersion less well than as many that do not; about a mean, which
  follows them, it comes out too small, and that is made good. Of fewer than 10 series each has its
  own memory, and a standard error more.
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
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.changepoints import Shift, single_shift
from openpeel.signals.expecting import expect, levelled, residuals
from openpeel.signals.memories import MOST, memories
from openpeel.signals.moderated import Prior, prior_of, unknown
from openpeel.signals.movement import FEWEST_SERIES, taking_part
from openpeel.signals.nulls import told_by
from openpeel.signals.packed import numbers
from openpeel.signals.remembered import neighbours, swell
from openpeel.signals.surges import Surges, surges

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_POINTS = 9
"""Series with fewer points are not tested."""
LOUD = 0.01
"""Series whose own change has a p below this do not set the movement of all."""


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
    memory, error = _memories(y, searched, beside, quiet)
    prior = _prior(y, searched, beside, memory, quiet)
    noise: dict[str, Any] = {"prior": prior, "memory": memory, "memory_error": error}
    shift = single_shift(y, family="poisson", exposure=searched, confidence=confidence, **noise)
    surge = surges(y, exposure=searched, confidence=confidence, capped=True, **noise)
    return Panel(
        told.movement, told.together, expected, told.seasonal, tested, memory, shift, surge
    )


def _prior(y: Floats, expected: Floats, beside: _Beside, memory: Floats, quiet: Bools) -> Prior:
    """What the dispersions of all series say of each: nothing where they are too few."""
    n, events = np.maximum((~np.isnan(y)).sum(axis=1), 3), np.nansum(y, axis=1)
    take = events > 0
    if take.sum() < FEWEST_SERIES:
        return unknown(len(y))
    told = told_by(n, memory, 2)
    about, changed = _dispersions(y, expected, beside, memory)
    degrees = np.where(quiet, told_by(n, memory, 1), told)
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
    of_all, of_half = (1 - swell(2 * m, r) / m for m in (n, n / 2))
    return about / (n * of_all), halves / (n * of_half)


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


def _memories(y: Floats, expected: Floats, beside: _Beside, quiet: Bools) -> tuple[Floats, Floats]:
    """How far each series remembers the point before, with its standard error (`memories`).

    Of fewer than 10 series each by itself, beside its own shift, and a standard error more: what
    one of a few does would pass for what all do, and nobody shares theirs with it.
    """
    memory, error = np.zeros(len(y)), np.zeros(len(y))
    tested = beside.points >= FEWEST_POINTS
    telling = (quiet & tested)[tested]
    points = beside.points[tested]
    if tested.sum() < FEWEST_SERIES:
        own = neighbours(beside.residuals[tested])
        error[tested] = 1 / np.sqrt(points)
        alone = own + 2 * (1 + 3 * own) / points + error[tested]
        memory[tested] = np.clip(alone, 0, MOST)
    elif telling.any():
        off = residuals(y, levelled(y, expected))[tested]
        beyond = _beyond_chance(y, expected, beside, quiet)[tested]
        memory[tested], error[tested] = memories(
            off, points, beside.statistic[tested], beyond, telling
        )
    return memory, error


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
