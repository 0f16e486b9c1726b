"""What many series do together: their season, and whatever else moves all of them at once.

Series i at time t, with exposure x (residents, days, trials)::

    E[y(i, t)] = level(i) x movement(t) x exposure(i, t)

The movement averages 1 over time. Judged against it, a season that all share, a bank holiday or a
change of the law takes no part: what is left is what one series does and the others do not. It
cannot tell a season of a series' own from a change of its own.

Levels and movement are fitted in turn, each by the mean of the ratios y / E[y] of its row or its
column, weighted by E[y]; but among the series of a column none counts for more than the median
one, so that the largest does not set the movement for all. A ratio further than 3 standard
deviations of its series from 1 (robust, and a Poisson count's at least) counts as so far and no
further (Huber 1964, *Annals of Mathematical Statistics* 35(1):73), so that a surge of one stays its
own. The fit of a two-way table with weights: Mosteller and Tukey 1977, *Data Analysis and
Regression*.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN, or an exposure of 0        a gap: takes no part
all 0                           the series takes no part: it has no level
a time that fewer than 10 have  movement NaN there: nothing can be said of it
no time that 10 have            no movement: 1 at every time
nothing anywhere at a time      movement 0 there
negative, infinite, no numbers  `MethodError`
==============================  ===================================================================
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.signals.packed import numbers

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_SERIES = 10
"""Fewer series than this do not show what all do."""
_FAR = 3.0  # standard deviations
_ROUNDS = 8


def shared_movement(values: ArrayLike, exposure: ArrayLike | None = None) -> Floats:
    """The movement (time,) that counts (series, time) share.

    `exposure`, above 0, of a shape that fits the values. Equation, source and defined behaviour are
    in the module's docstring. Raises `MethodError`.
    """
    y, x = numbers(values, exposure, poisson=True)
    there = taking_part(y)
    some, enough = there.any(axis=1), there.any(axis=0)
    movement = np.ones(y.shape[1])
    if not some.any():
        return movement
    y, x, there = np.where(there, y, 0.0)[some], np.where(there, x, 0.0)[some], there[some]
    points = there.sum(axis=1, keepdims=True)
    level = y.sum(axis=1, keepdims=True) / x.sum(axis=1, keepdims=True)
    for _ in range(_ROUNDS):
        expected, off = _off(y, level * x * movement, there)
        total = expected.sum(axis=1, keepdims=True)
        level *= 1 + (expected * off).sum(axis=1, keepdims=True) / total
        expected, off = _off(y, level * x * movement, there)
        usual = expected.sum(axis=1, keepdims=True) / points
        weight = np.where(there, np.minimum(usual, np.median(usual)), 0.0)
        step = (weight * off).sum(axis=0)
        movement *= 1 + np.divide(step, weight.sum(axis=0), out=np.zeros_like(step), where=enough)
        movement /= movement[enough].mean()
    return np.where(enough, movement, np.nan)


def _off(y: Floats, expected: Floats, there: Bools) -> tuple[Floats, Floats]:
    """What is expected, and by what share of it counts are off, but no further than is usual."""
    some = expected > 0
    off = np.divide(y, expected, out=np.ones_like(y), where=some) - 1
    # The median distance from 0 of normal ratios is 1 / 1.4826 of their standard deviation.
    spread = 1.4826 * _median(np.where(there, np.abs(off), np.nan))[:, None]
    # A Poisson count's; small ones have a long tail, and a single event is never far.
    chance = np.divide(np.sqrt(expected) + 1, expected, out=np.zeros_like(y), where=some)
    far = _FAR * np.maximum(spread, chance)
    return expected, np.clip(off, -far, far)


def _median(a: Floats) -> Floats:
    """The median of each row without its gaps (`nanmedian` is slow for small arrays)."""
    ordered, n = np.sort(a, axis=1), (~np.isnan(a)).sum(axis=1)
    row = np.arange(len(a))
    middle: Floats = (ordered[row, (n - 1) // 2] + ordered[row, n // 2]) / 2
    return middle


def taking_part(counts: Floats) -> Bools:
    """The points (series, time), NaN for a gap, that say what all do.

    They are of series with events, at times that `FEWEST_SERIES` such series have.
    """
    there = ~np.isnan(counts)
    while True:
        events = np.sum(counts, axis=1, where=there, keepdims=True) > 0
        kept = there & events
        kept &= kept.sum(axis=0) >= FEWEST_SERIES
        if (kept == there).all():
            return there
        there = kept
