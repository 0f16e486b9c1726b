"""What is expected of one force's counts, and how much they may vary about it.

What is expected is as in `openpeel.signals.expecting`, told by the other forces alone.

* The memory is one number for all other forces about their expectation.
* The dispersion of a count is 1 + tau2 x mean: tau2 is how much the counts of the other forces vary
  about their expectation, relative to it and beyond Poisson: the mean over forces of (phi - 1) /
  mean, weighted by 1 / (1 / mean + tau2)^2, phi being Pearson's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openpeel.reference import Period
from openpeel.signals.expecting import expect, levelled, shared_memory
from openpeel.signals.movement import FEWEST_SERIES

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]

FEWEST = 3
"""A rise and its return take a period before, one of it, and one after."""
TRUST = 12
"""Points with which a force's own dispersion weighs as much as the other forces'."""
CHI = 0.4549
"""The median of chi-squared with 1 degree."""
_YEAR = 12


@dataclass(frozen=True)
class Expectation:
    """What is expected of counts (area, time), up to each area's level, NaN where nobody can say.

    `others` is how many other areas the movement rests on, 0 where it rests on none; `seasonal`
    says whether a season of the area's own is in it; `memory` is that of the others.
    """

    expected: Floats
    others: int
    seasonal: bool
    memory: float


def expectation(counts: Floats, row: int, periods: Sequence[Period]) -> Expectation | None:
    """What the other areas say of one row of counts (area, time); None where nobody can say.

    `periods` follow each other, all of one length in months; NaN is a gap, and no count is below 0.
    """
    told = expect(
        counts,
        1.0,
        np.where(np.arange(len(counts))[:, None] == row, np.nan, counts),
        [1 + p.start % _YEAR for p in periods],
        every=periods[0].length,
    )
    seasonal = bool(told.seasonal[row])
    if not (told.together or seasonal):
        return None
    known = (np.arange(len(counts)) != row) == told.together
    memory = shared_memory(counts[known], told.expected[known])
    return Expectation(told.expected, told.others, seasonal, memory)


def excess_of(counts: Floats, expected: Floats, row: int) -> float:
    """tau2 of the module's docstring, over all rows but one; NaN where they are too few."""
    y, e = np.delete(counts, row, axis=0), np.delete(expected, row, axis=0)
    y = np.where(np.isnan(e), np.nan, y)
    n = np.isfinite(y).sum(axis=1)
    usable = (n >= FEWEST) & (np.nansum(y, axis=1) > 0)
    if usable.sum() < FEWEST_SERIES:
        return float("nan")
    y, e, n = y[usable], e[usable], n[usable]
    mean = levelled(y, e)
    usual = np.nanmean(mean, axis=1)
    phi = np.nansum((y - mean) ** 2 / mean, axis=1) / (n - 1)
    own = (phi - 1) / usual
    tau2 = max(float(np.median(own)), 0.0)
    for _ in range(3):
        tau2 = max(float(np.average(own, weights=(1 / usual + tau2) ** -2)), 0.0)
    return tau2


def usual_scale(y: Floats, e: Floats, excess: float) -> float:
    """The dispersion of a row: the others' at its mean, drawn toward its own where that is more.

    Its own is from the median square, which a surge or two do not move: about the expectation,
    over the median of chi-squared with one degree.
    """
    there = np.isfinite(y)
    others = 1 + excess * float(y[there].mean())
    level, n = float(np.median(y[there] / e[there])), there.sum()
    if level <= 0:
        return others
    mean = level * e[there]
    own = float(np.median((y[there] - mean) ** 2 / mean)) / CHI
    weight = float(n / (n + TRUST))
    drawn: float = others ** (1 - weight) * (own * float(n / (n - 1))) ** weight
    return max(others, drawn)


def from_others(counts: Floats, expected: Floats) -> Floats:
    """What an area's other periods, and the others' movement, make of each count (area, time).

    NaN in gaps, and for an area with one count.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        e = np.where(np.isnan(counts), np.nan, expected)
        y = np.where(np.isnan(e), np.nan, counts)
        rest = np.nansum(y, axis=1, keepdims=True) - y
        made: Floats = rest / (np.nansum(e, axis=1, keepdims=True) - e) * e
        return np.where(np.isfinite(made), made, np.nan)


def highest(counts: Floats, expected: Floats, asked: Bools) -> Places:
    """Of each area, where among the periods asked about its count is highest against `from_others`.

    Against 0, or alone, it is the highest count. -1 where it has none.
    """
    usual = from_others(counts, expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(usual > 0, counts / usual, np.where(counts > 0, np.inf, 0.0))
    possible = np.isfinite(counts) & np.isfinite(expected) & asked
    # Of periods that are as high, the one with most.
    order = np.lexsort((np.nan_to_num(counts), np.where(possible, ratio, -1.0)))
    return np.where(possible.any(axis=1), order[:, -1], -1)
