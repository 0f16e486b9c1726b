"""XmR charts (individuals and moving ranges) over many series at once.

For each group of points, from the points of its baseline::

    mean      = mean of y                       mean range = mean of |y[t] - y[t-1]|
    limits    = mean ± constant x mean range    near limits = mean ± 2/3 constant x mean range

Source: Wheeler, *Understanding Variation* (1993), and for the rules and their order NHS England,
"Making Data Count" (MDC). The constant is 3/d2, d2 = 2/sqrt(pi) = 1.128 being the mean range of
two standard normal values; MDC rounds 3/d2 to 2.66. Which one, whether large moving ranges are
screened, and how long a trend or shift must be are a named `Convention`: they give different
answers.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN                             a gap: no flag, `Rule.GAP`; no moving range is taken across it, and
                                it ends every run
all NaN                         every point `Rule.GAP`; mean and limits NaN
no two neighbours in a group    its mean, but limits NaN: a point that no rule names says
                                `Rule.NO_LIMITS`, never "common cause"
under 12 points behind limits   limits as usual, `short` true
a constant group                limits equal the mean, no point is flagged
infinite or not numbers         `MethodError`
no time, or over 2 dimensions   `MethodError`
rebase not after the 1st point  `MethodError` (as for one after the last)
a baseline below 2              `MethodError`
==============================  ===================================================================
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.runs import joined, long_runs, starts, triples
from openpeel.signals.series import series_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]
Improvement = Literal["higher", "lower", "none"]

SHORT = 12
"""Groups whose limits rest on fewer points than this are marked `short` (MDC)."""


@dataclass(frozen=True)
class Convention:
    """What an XmR chart leaves to choice, under a name that every output carries.

    `constant` multiplies the mean moving range. With `screen`, moving ranges of at least
    `screen_at` times their mean are dropped once and the mean taken again. `trend_points` counts
    points, not steps. Raises `MethodError` for values that make no chart.
    """

    name: str
    constant: float
    screen: bool
    screen_at: float = 3.267
    trend_points: int = 7
    shift_points: int = 7

    def __post_init__(self) -> None:
        if not (0 < self.constant < np.inf and 1 < self.screen_at < np.inf):
            raise MethodError(
                f"Convention {self.name!r}: the constant must be above 0 and screen_at above 1."
            )
        if self.trend_points < 3 or self.shift_points < 2:
            raise MethodError(
                f"Convention {self.name!r}: a trend needs at least 3 points and a shift at least 2."
            )


MDC = Convention("mdc", 2.66, screen=True)
"""Making Data Count as NHSRplotthedots codes it."""
MDC_UNSCREENED = Convention("mdc-unscreened", 2.66, screen=False)
"""Making Data Count as NHS England's Excel tool computes it."""
THREE_OVER_D2 = Convention("3/d2", 3 / 1.128, screen=False)
"""The unrounded constant, no screening (qicharts2's constant)."""
CONVENTIONS = {c.name: c for c in (MDC, MDC_UNSCREENED, THREE_OVER_D2)}


class Rule(IntEnum):
    """The one rule that names a point; where several hold, the first in this order."""

    NO_LIMITS = -2
    GAP = -1
    COMMON = 0
    ABOVE_LIMIT = 1
    BELOW_LIMIT = 2
    TREND_UP = 3
    TREND_DOWN = 4
    TWO_OF_THREE_ABOVE = 5
    TWO_OF_THREE_BELOW = 6
    SHIFT_ABOVE = 7
    SHIFT_BELOW = 8


class Reading(IntEnum):
    """What a point's rule means given the direction of improvement."""

    NO_LIMITS = -2
    GAP = -1
    COMMON = 0
    IMPROVEMENT = 1
    CONCERN = 2
    NEUTRAL = 3


# Direction of each Rule, by its value; the two negative codes index from the end.
_DIRECTION = np.array([0, 1, -1, 1, -1, 1, -1, 1, -1, 0, 0], dtype=np.int8)


@dataclass(frozen=True)
class XmR:
    """An XmR chart: every array has the shape of the values it was made from.

    `mean`, `lower`, `upper`, `near_lower`, `near_upper` are in the values' unit. `two_of_three`
    marks the points beyond a near limit that belong to such a triple. `rule` holds `Rule` codes,
    `reading` `Reading` codes, `direction` +1 (up or above), -1 (down or below) or 0. `group` counts
    rebases passed; `short` marks points whose limits rest on fewer than `SHORT` points.
    """

    convention: Convention
    values: Floats
    mean: Floats
    lower: Floats
    upper: Floats
    near_lower: Floats
    near_upper: Floats
    above: Bools
    below: Bools
    trend_up: Bools
    trend_down: Bools
    two_of_three: Bools
    shift_above: Bools
    shift_below: Bools
    rule: Codes
    direction: Codes
    reading: Codes
    group: NDArray[np.intp]
    short: Bools


def xmr(
    values: ArrayLike,
    *,
    convention: Convention = MDC,
    baseline: int | None = None,
    rebase: Sequence[int] | Bools = (),
    improvement: Improvement | Sequence[Improvement] = "none",
) -> XmR:
    """Chart `values`: one series (time,) or many (series, time), in order of time, NaN for a gap.

    `baseline` fixes each group's limits on its first so many positions in time (gaps counted), and
    judges the rest of the group against them. `rebase` starts new groups: positions for all series,
    or a boolean array of the values' shape that marks each group's first point. Both are decisions
    that a person recorded; nothing here rebases by itself. `improvement` is one direction for all
    series or one for each: with "none" no point is ever better or worse, only `Reading.NEUTRAL`.

    Equations and defined behaviour are in the module's docstring. Runs and triples end at a gap and
    at a rebase. A trend is `trend_points` points each above (below) the one before; a shift is
    `shift_points` points on one side of the mean; two of three: three points on one side of the
    mean, two of them between near limit and limit. Raises `MethodError`.
    """
    given = series_of(values, "XmR").copy()
    y = np.atleast_2d(given)
    group = _groups(y, rebase)
    better = _signs(improvement, len(y))
    position = np.arange(y.shape[1])
    in_baseline = np.ones(y.shape, dtype=np.bool_)
    if baseline is not None:
        if baseline < 2:
            raise MethodError(f"A baseline of {baseline} points gives no limits; give at least 2.")
        in_baseline = position - starts(joined(group)) < baseline

    mean, width, count = _centre_and_width(y, group, in_baseline, convention)
    upper, lower = mean + width, mean - width
    near_upper, near_lower = mean + width * (2 / 3), mean - width * (2 / 3)

    above, below = y > upper, y < lower
    # Comparisons with NaN are false, so a gap is on no side and joins nothing.
    side = (y > mean).astype(np.int8) - (y < mean).astype(np.int8)
    trend_up = long_runs(joined(group, np.diff(y) > 0), convention.trend_points)
    trend_down = long_runs(joined(group, np.diff(y) < 0), convention.trend_points)
    same_side = (side[:, 1:] == side[:, :-1]) & (side[:, 1:] != 0)
    shift = long_runs(joined(group, same_side), convention.shift_points)
    near = ((y > near_upper) & ~above) | ((y < near_lower) & ~below)
    two_of_three = near & triples(near, joined(group, same_side))

    observed = ~np.isnan(y)
    # A turning point belongs to two trends; it is named by the one that begins there.
    turns_down = trend_up & trend_down
    turns_down[:, :-1] &= y[:, 1:] < y[:, :-1]
    rule = np.select(
        [
            ~observed,
            above,
            below,
            trend_up & ~turns_down,
            trend_down,
            two_of_three & (side > 0),
            two_of_three,
            shift & (side > 0),
            shift & (side < 0),
            np.isnan(upper),
        ],
        [
            Rule.GAP,
            Rule.ABOVE_LIMIT,
            Rule.BELOW_LIMIT,
            Rule.TREND_UP,
            Rule.TREND_DOWN,
            Rule.TWO_OF_THREE_ABOVE,
            Rule.TWO_OF_THREE_BELOW,
            Rule.SHIFT_ABOVE,
            Rule.SHIFT_BELOW,
            Rule.NO_LIMITS,
        ],
        Rule.COMMON,
    ).astype(np.int8)
    direction = _DIRECTION[rule]
    toward = direction * better[:, None]
    reading = np.select(
        [rule <= 0, toward > 0, toward < 0],
        [rule, np.int8(Reading.IMPROVEMENT), np.int8(Reading.CONCERN)],
        np.int8(Reading.NEUTRAL),
    )

    def shaped(array: NDArray[Any]) -> NDArray[Any]:
        return array.reshape(given.shape)

    return XmR(
        convention=convention,
        values=given,
        mean=shaped(mean),
        lower=shaped(lower),
        upper=shaped(upper),
        near_lower=shaped(near_lower),
        near_upper=shaped(near_upper),
        above=shaped(above),
        below=shaped(below),
        trend_up=shaped(trend_up),
        trend_down=shaped(trend_down),
        two_of_three=shaped(two_of_three),
        shift_above=shaped(shift & (side > 0)),
        shift_below=shaped(shift & (side < 0)),
        rule=shaped(rule),
        direction=shaped(direction),
        reading=shaped(reading),
        group=shaped(group),
        short=shaped(count < SHORT),
    )


def _groups(y: Floats, rebase: Sequence[int] | Bools) -> NDArray[np.intp]:
    """The group number of each point, from 0, for rebases given as positions or marks."""
    given = np.asarray(rebase)
    marks = np.zeros(y.shape, dtype=np.bool_)
    if given.dtype == np.bool_ and given.size:
        if np.atleast_2d(given).shape != y.shape:
            raise MethodError(f"Rebase marks have shape {given.shape}; the values have {y.shape}.")
        marks |= given
    elif given.size:
        if not np.issubdtype(given.dtype, np.integer) or given.ndim != 1:
            raise MethodError("Rebase takes positions in time, or a boolean array like the values.")
        if given.min() < 1 or given.max() >= y.shape[1]:
            raise MethodError(
                f"Rebase positions must lie from 1 to {y.shape[1] - 1}; got {given.tolist()}."
            )
        marks[:, given] = True
    marks[:, 0] = False
    return np.cumsum(marks, axis=1, dtype=np.intp)


def _signs(improvement: Improvement | Sequence[Improvement], series: int) -> Codes:
    """+1, -1 or 0 for each series."""
    words = [improvement] * series if isinstance(improvement, str) else list(improvement)
    sign = {"higher": 1, "lower": -1, "none": 0}
    unknown = [w for w in words if w not in sign]
    if unknown:
        raise MethodError(f"Improvement is 'higher', 'lower' or 'none'; got {unknown[0]!r}.")
    if len(words) != series:
        raise MethodError(f"{len(words)} directions of improvement for {series} series.")
    return np.array([sign[w] for w in words], dtype=np.int8)


def _centre_and_width(
    y: Floats, group: NDArray[np.intp], in_baseline: Bools, convention: Convention
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Mean, distance from mean to limit, and baseline points behind them, for each point."""
    groups = int(group.max(initial=0)) + 1
    cell = np.arange(len(y))[:, None] * groups + group
    cells = len(y) * groups
    used = in_baseline & ~np.isnan(y)
    count = np.bincount(cell[used], minlength=cells)
    # Sums run from the least value of each group, so that a constant series has exactly its value
    # as mean: a rounding error there would put every point on one side.
    least = np.full(cells, np.inf)
    np.minimum.at(least, cell[used], y[used])
    above_least = np.bincount(cell[used], weights=y[used] - least[cell[used]], minlength=cells)

    step = np.abs(np.diff(y))
    usable = (group[:, 1:] == group[:, :-1]) & in_baseline[:, 1:] & ~np.isnan(step)
    where, ranges = cell[:, 1:][usable], step[usable]
    with np.errstate(invalid="ignore"):
        mean = np.where(count > 0, least, np.nan) + above_least / count
        mean_range = _mean_by_cell(where, ranges, cells)
        if convention.screen:
            # A mean range of 0 screens nothing: all its ranges are 0.
            keep = ~(ranges >= convention.screen_at * mean_range[where]) | (ranges == 0)
            mean_range = _mean_by_cell(where[keep], ranges[keep], cells)
    return mean[cell], convention.constant * mean_range[cell], count[cell]


def _mean_by_cell(cell: NDArray[np.intp], weights: Floats, cells: int) -> Floats:
    """The mean of the weights in each cell; NaN for an empty one."""
    total = np.bincount(cell, weights=weights, minlength=cells)
    return total / np.bincount(cell, minlength=cells)
