"""What many series do together: their season, and whatever else moves all of them at once.

Series i at time t, with exposure x (residents, days, trials)::

    E[y(i, t)] = level(i) x movement(t) x exposure(i, t)

The movement averages 1 over time. Judged against it, a season that all share, a bank holiday or a
change of the law takes no part: what is left is what one series does and the others do not. It
cannot tell a season of a series' own from a change of its own.

Levels and movement are fitted in turn. A month's movement is the mean of the ratios y / (level x
movement x exposure) of that month, weighted by what is expected of each series, but no series
counts for more than the median one, so that the largest does not set the movement for all; and a
ratio further than 3 robust standard deviations of its series from 1 counts as so far and no further
(Huber 1964, *Annals of Mathematical Statistics* 35(1):73), so that a surge of one stays its own.
The fit of a two-way table with weights: Mosteller and Tukey 1977, *Data Analysis and Regression*.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN, or an exposure of 0        a gap: takes no part
fewer than 10 series            no movement: 1 at every time
a time that fewer than 10 have  movement NaN there: nothing can be said of it
all 0                           no part; where that holds of all, movement 1
negative, infinite, no numbers  `MethodError`
==============================  ===================================================================
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.signals.packed import numbers

Floats = NDArray[np.float64]

FEWEST_SERIES = 10
"""Fewer series than this do not show what all do."""
_FAR = 3.0  # robust standard deviations
_ROUNDS = 8


def shared_movement(values: ArrayLike, exposure: ArrayLike | None = None) -> Floats:
    """The movement (time,) that series (series, time) of counts or amounts, at least 0, share.

    `exposure`, above 0, of a shape that fits the values. Equation, source and defined behaviour are
    in the module's docstring. Raises `MethodError`.
    """
    y, x = numbers(values, exposure, poisson=True)
    there = ~np.isnan(y) & (np.nansum(y, axis=1) > 0)[:, None]
    enough = there.sum(axis=0) >= FEWEST_SERIES
    there &= enough
    some = there.any(axis=1)
    y, x, there = (np.where(there, a, 0.0)[some] for a in (y, x, there))
    movement = np.ones(y.shape[1])
    if not some.any():
        return movement
    there = there > 0
    for _ in range(_ROUNDS):
        expected = x * movement
        expected *= (y.sum(axis=1) / expected.sum(axis=1))[:, None]
        off = np.divide(y, expected, out=np.ones_like(y), where=there) - 1
        # The median distance from 0 of normal ratios is 1 / 1.4826 of their standard deviation.
        spread = 1.4826 * np.nanmedian(np.where(there, np.abs(off), np.nan), axis=1, keepdims=True)
        usual = expected.sum(axis=1) / there.sum(axis=1)
        weight = np.where(there, np.minimum(usual, np.median(usual))[:, None], 0.0)
        off = np.clip(off, -_FAR * spread, _FAR * spread)
        step = np.divide(
            (weight * off).sum(axis=0),
            weight.sum(axis=0),
            out=np.zeros_like(movement),
            where=enough,
        )
        movement = movement * (1 + step)
        movement /= movement[enough].mean()
    return np.where(enough, movement, np.nan)
