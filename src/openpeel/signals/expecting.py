"""What is expected of each of many series of counts, up to a level of its own.

For series i at time t::

    expected(i, t) = exposure(i, t) x movement(t) x season(i, month of t)

* `movement` is what all series did together (`movement`), 1 where they are too few to tell.
* `season` is a series' own, drawn toward what is usual (`season`), where three years of months are
  there, or two where there is no movement; 1 otherwise. With less, a season of a series' own and a
  change of its own look alike: whoever shows the result has to say so.

What is left are Pearson's residuals about the level; how far they follow each other is the memory.
Gaps are NaN.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.signals.movement import shared_movement, taking_part
from openpeel.signals.quality import memory_of
from openpeel.signals.season import season

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ALONE, TOGETHER = 24, 36
"""Months that a season of a series' own takes: alone, and beside what all did."""


@dataclass(frozen=True)
class Expected:
    """What is expected of counts (series, time), up to each series' level.

    `movement` (time,) is what all did, where they are enough to say (`together`); `others` is how
    many series say it, at most at a time. `expected` is NaN where nobody can say; `seasonal`
    (series,) marks those whose own season is in it.
    """

    movement: Floats
    together: bool
    others: int
    expected: Floats
    seasonal: Bools


def expect(
    counts: Floats,
    exposure: ArrayLike,
    telling: Floats,
    month: ArrayLike | None,
    *,
    every: int = 1,
    baseline: int = 0,
) -> Expected:
    """What `telling`, the counts (series, time) of those that show what all do, say of `counts`.

    `month` is 1 to 12 of the first month of each period of `every` months, None where periods
    follow no months. A season is told by the times before `baseline` where they are enough, else by
    all: then a change takes part of the season, and shows less. Raises `MethodError`.
    """
    movement = shared_movement(telling, exposure)
    there = taking_part(telling)
    moved = np.where(movement > 0, movement, np.nan)
    expected = np.asarray(exposure * np.broadcast_to(moved, counts.shape), np.float64)
    seasonal = np.zeros(len(counts), np.bool_)
    together, others = bool(there.any()), int(there.sum(axis=0).max(initial=0))
    if month is None:
        return Expected(movement, together, others, expected, seasonal)
    y = np.where(np.isnan(expected), np.nan, counts)
    before = baseline if baseline * every >= TOGETHER else None
    enough = np.isfinite(y[:, :before]).sum(axis=1) * every >= (TOGETHER if together else ALONE)
    effect, told = _own_seasons(y, expected, np.asarray(month, np.intp), every, before)
    seasonal = told & enough
    # A month in which nothing was ever counted would let nothing be counted.
    expected = expected * np.where(seasonal[:, None] & (effect > 0), effect, 1.0)
    return Expected(movement, together, others, expected, seasonal)


def _own_seasons(
    y: Floats, expected: Floats, month: NDArray[np.intp], every: int, before: int | None
) -> tuple[Floats, Bools]:
    """The effect of each series' own season at each time, and which series have one."""
    # A quarter is three months alike: effects and their variances come out as of quarters.
    by_month = np.repeat(y, every, axis=1) / every
    exposure = np.repeat(np.where(np.isnan(y), 1.0, expected), every, axis=1)
    months = np.repeat(month, every) + np.tile(np.arange(every), len(month))
    months = np.where(months > 12, months - 12, months)
    own = season(
        by_month,
        months,
        exposure=exposure,
        alike=np.zeros(len(y)),
        baseline=None if before is None else before * every,
    )
    return own.effect[:, month - 1], own.seasonal & own.fitted


def levelled(counts: Floats, expected: Floats) -> Floats:
    """What is expected of counts (series, time) at each series' own level; NaN in gaps."""
    e = np.where(np.isnan(counts), np.nan, expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        made: Floats = e * (np.nansum(counts, axis=1) / np.nansum(e, axis=1))[:, None]
        return made


def residuals(counts: Floats, mean: Floats) -> Floats:
    """Pearson's residuals of counts; NaN in gaps, and where none is expected."""
    with np.errstate(divide="ignore", invalid="ignore"):
        made: Floats = (counts - mean) / np.sqrt(mean)
        return np.where(mean > 0, made, np.nan)


def shared_memory(counts: Floats, expected: Floats) -> float:
    """The memory of all series (`quality.memory_of`), about their levels, over their spread."""
    off = residuals(counts, levelled(counts, expected))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.nansum(off**2, axis=1) / np.isfinite(off).sum(axis=1))[:, None]
        return memory_of(np.where(spread > 0, off / spread, np.nan), season=None)
