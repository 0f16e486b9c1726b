"""Change points: when did the level of a series shift, and did it?

`single_shift` asks whether one lasting shift is there at all, with a p-value and an interval for
its date. `change_points` cuts a series into as many levels as a penalty allows. With the gain of a
fit as in `openpeel.signals.segments` and its scale (a variance for values, a dispersion for
counts)::

    statistic   max over dates of gain / scale
    scale       given, or estimated beside the shift: sum of squared residuals / (n - 2);
                for counts squared Pearson residuals, and never below 1
    interval    all dates whose gain / scale lies within -2 ln(1 - sqrt(confidence)) of the best

Sources: Hawkins 1977, JASA 72:180 (the statistic); Hansen 2000, Econometrica 68:575, and Eo and
Morley 2015, Quantitative Economics 6:463 (the interval); Jackson and others 2005, IEEE Signal
Processing Letters 12:105 (the partition); Rice 1984, Annals of Statistics 12:1215 (noise from
neighbours' differences); Bai 1997, Review of Economics and Statistics 79:551 (`bai_interval`).

They assume independent points, unless `memory` says otherwise: a series that remembers its last
month is said to shift too often. docs/methods.md says how often.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN, or an exposure of 0        a gap: takes no part; a change after it may lie within it, and the
                                interval says so
too short (below 2 x `ends`,    no shift: dates -1, numbers NaN
or 4 points)
constant, all zero              no shift: p is 1, one level
no noise about a shift          the shift, with p near 0
infinite, a negative count      `MethodError`
==============================  ===================================================================
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.moderated import Prior
from openpeel.signals.nulls import shapes
from openpeel.signals.packed import (
    LEAST_GAIN,
    Family,
    Packed,
    at_least,
    centred,
    chunks,
    is_poisson,
    numbers,
    pack,
    profile_width,
)
from openpeel.signals.remembered import swell
from openpeel.signals.scale import Scale, scale_of
from openpeel.signals.segments import describe, partition, shift_gains

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Shift:
    """One lasting shift for each series: arrays (series,), or numbers for one series.

    `onset` is the place in time of the first point at the new level, `earliest` and `latest` its
    interval (-1: none). `before` and `after` are levels: means, or events per exposure. `scale` is
    the variance or dispersion (with memory), `statistic` the best gain over it, `p` its p-value
    against no shift, `points` the observed points.
    """

    onset: Places
    earliest: Places
    latest: Places
    before: Floats
    after: Floats
    scale: Floats
    statistic: Floats
    p: Floats
    points: Places


@dataclass(frozen=True)
class ChangePoints:
    """Levels of each series: arrays of the values' shape, but `scale` and `changes` (series,).

    `change` marks the first point of each new level, `level` is the level at each observed point
    (NaN in a gap), `earliest` and `latest` are the interval for the date where `change` is true,
    and -1 elsewhere. `scale` is the variance or dispersion (with memory), `changes` counts changes.
    """

    change: Bools
    level: Floats
    earliest: Places
    latest: Places
    scale: Floats
    changes: Places


def single_shift(
    values: ArrayLike,
    *,
    family: Family,
    exposure: ArrayLike | None = None,
    scale: ArrayLike | None = None,
    prior: Prior | None = None,
    memory: ArrayLike = 0.0,
    memory_error: ArrayLike = 0.0,
    ends: int = 3,
    confidence: float = 0.95,
) -> Shift:
    """The best single lasting shift of each series, and whether noise alone would give as good.

    `values`: (time,) or (series, time), NaN for a gap; counts for "poisson". `exposure` (above 0,
    of a shape that fits the values): the counts' base (population, days of the month, a season's
    factors), or the weights of values, whose variance is scale / weight. `scale`: the known
    variance or dispersion, one or one for each series; estimated when not given, and with a `prior`
    (`moderated`) drawn toward that. `memory`: how far a point about its level is correlated with
    the one before, from 0, one or one for each series; it multiplies the scale by what it makes of
    the variance of half the points' mean (`remembered`), and p is by noise that remembers as far,
    averaged over the memory's standard error, `memory_error`. At least `ends` points lie before and
    after the shift.

    Equations, sources and defined behaviour are in the module's docstring. Raises `MethodError`.
    """
    poisson, width = is_poisson(family), profile_width(confidence)
    at_least("ends", ends, 1)
    y, e = numbers(values, exposure, poisson)
    noise = scale_of(scale, prior, memory, len(y), memory_error)
    parts = [_shift(y[at], e[at], noise[at], poisson, ends, width) for at in chunks(len(y))]
    single = np.ndim(values) == 1
    made = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Shift(*(column[0] if single else column for column in made))


def change_points(
    values: ArrayLike,
    *,
    family: Family,
    exposure: ArrayLike | None = None,
    scale: ArrayLike | None = None,
    penalty: float | None = None,
    memory: ArrayLike = 0.0,
    shortest: int = 3,
    confidence: float = 0.95,
) -> ChangePoints:
    """Cut each series into levels: the partition of least cost, exactly.

    A change must add `penalty` to the gain over scale; 3 ln(points) when not given, which is near
    the modified BIC of Zhang and Siegmund 2007 (Biometrics 63:22). Each level lasts at least
    `shortest` points. `scale` when not given is estimated from differences of neighbours (a shift
    moves it little; memory from month to month makes it too small). The interval of a change is
    taken between the changes on either side of it. Other arguments as for `single_shift`.

    Raises `MethodError`.
    """
    poisson, width = is_poisson(family), profile_width(confidence)
    at_least("shortest", shortest, 1)
    if penalty is not None and not 0 < penalty < np.inf:
        raise MethodError(f"The penalty of a change must be above 0; got {penalty}.")
    y, e = numbers(values, exposure, poisson)
    noise = scale_of(scale, None, memory, len(y))
    parts = [
        _levels(y[at], e[at], noise[at], poisson, (penalty, shortest, width))
        for at in chunks(len(y))
    ]
    made = [np.concatenate(column) for column in zip(*parts, strict=True)]
    shape = np.shape(values)
    return ChangePoints(
        *(column.reshape(shape if column.ndim == 2 else shape[:-1]) for column in made)
    )


def bai_interval(values: ArrayLike, last: int, confidence: float = 0.95) -> tuple[int, int]:
    """Bai's interval for the last point before a shift in mean of one series without gaps.

    `last` is the estimate: how many points lie before the shift. Each side keeps its own variance,
    as in R's strucchange. With q(r) the quantile of how far the maximum of a two-sided Brownian
    motion with drift lies off, r the ratio of variances: last - ceil(q(1/r) v2 / d^2) to last +
    ceil(q(r) v1 / d^2). It rests on a shift that is small against noise and on long series, and is
    wide for large shifts; `single_shift` says which interval holds what it promises.

    Raises `MethodError` for gaps, for fewer than 2 points on a side, and where neither side varies.
    """
    y, _ = numbers(values, None, False)
    if len(y) != 1 or np.isnan(y).any() or not 2 <= last <= y.shape[1] - 2:
        raise MethodError("Bai's interval needs one series without gaps, 2 points on each side.")
    profile_width(confidence)
    before, after = y[0, :last], y[0, last:]
    step = (after.mean() - before.mean()) ** 2
    v1, v2 = before.var(), after.var()
    if step == 0 or v1 == 0 or v2 == 0:
        raise MethodError("Bai's interval needs two levels that differ and vary.")
    tail = (1 - confidence) / 2
    down = np.ceil(_bai_quantile(tail, v1 / v2) * v2 / step)
    up = np.ceil(_bai_quantile(tail, v2 / v1) * v1 / step)
    return last - int(down), last + int(up)


def _shift(
    y: Floats,
    e: Floats,
    noise: Scale,
    poisson: bool,
    ends: int,
    width: float,
) -> tuple[Floats | Places, ...]:
    """The columns of `Shift` for a chunk of series."""
    summed, middle = centred(y, e, poisson)
    series = pack(summed, e)
    gains = shift_gains(series.sums, series.weights, series.count, ends, poisson)
    best = gains.max(axis=1)
    searched = np.isfinite(best) & (series.count >= 4)
    point = np.where(searched, gains.argmax(axis=1), 0).astype(np.int64)
    before, after = series.levels(np.zeros_like(point), point)
    fitted = np.where(np.arange(y.shape[1]) < point[:, None], before[:, None], after[:, None])
    scale = noise.beside(series, fitted, 2, poisson)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(best > LEAST_GAIN * scale, best / scale, 0.0)
        inside = gains >= (best - width * scale)[:, None]
    statistic = np.where(searched, statistic, np.nan)
    found = statistic > 0
    shape = np.full(len(y), np.inf)
    if poisson:
        shape = shapes(series.sums[:, -1] / np.maximum(series.count, 1), scale)
    first = inside.argmax(axis=1)
    final = gains.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    return (
        np.where(found, series.at(point), -1),
        np.where(found, series.earliest(first), -1),
        np.where(found, series.at(final), -1),
        np.where(searched, before + middle, np.nan),
        np.where(searched, after + middle, np.nan),
        np.where(searched, scale, np.nan),
        statistic,
        noise.p_values(statistic, series.count, "shift", ends, 1, shape),
        series.count,
    )


def _levels(
    y: Floats,
    e: Floats,
    noise: Scale,
    poisson: bool,
    choices: tuple[float | None, int, float],
) -> tuple[Bools | Floats | Places, ...]:
    """The columns of `ChangePoints` for a chunk of series."""
    penalty, shortest, width = choices
    summed, middle = centred(y, e, poisson)
    series = pack(summed, e)
    if noise.prior is None:
        # Differences of neighbours that are alike are too small by 1 - r.
        told = _neighbours_scale(series, poisson) / (1 - noise.memory)
    else:
        told = noise.prior.scale
    scale = swell(series.count, noise.memory) * told
    points = np.maximum(series.count, 2)
    cost = (3 * np.log(points) if penalty is None else penalty) * scale
    change = partition(series.sums, series.weights, series.count, shortest, cost, poisson)
    level, first, final = describe(
        change, series.sums, series.weights, series.count, shortest, width * scale, poisson
    )
    marked = change[:, :-1]
    there = np.arange(y.shape[1]) < series.count[:, None]
    # Each observed point goes back to its place in time; the rest are the gaps.
    made = (
        np.zeros(y.shape, dtype=np.bool_),
        np.full(y.shape, np.nan),
        np.full(y.shape, -1, dtype=np.int64),
        np.full(y.shape, -1, dtype=np.int64),
    )
    found = (
        marked,
        np.where(there, level + middle[:, None], np.nan),
        np.where(
            marked, np.take_along_axis(series.place, np.maximum(first - 1, 0), axis=1) + 1, -1
        ),
        np.where(marked, np.take_along_axis(series.place, final, axis=1), -1),
    )
    for empty, column in zip(made, found, strict=True):
        np.put_along_axis(empty, series.place, column, axis=1)
    return (*made, scale, change.sum(axis=1).astype(np.int64))


def _neighbours_scale(series: Packed, poisson: bool) -> Floats:
    """Variance or dispersion (series,) from differences of neighbours.

    Gaussian: the mean of (r[t] - r[t-1])^2 / (1/e[t] + 1/e[t-1]), r being values per exposure
    (Rice 1984). Poisson: the sum of (r[t] - r[t-1])^2 over the sum of what Poisson counts at the
    two points' common rate would give, (y[t] + y[t-1]) / (e[t] e[t-1]); at least 1.
    """
    there = np.arange(1, series.values.shape[1]) < series.count[:, None]
    e = np.where(series.exposure > 0, series.exposure, 1.0)
    y, rate = series.values, series.values / e
    square = np.diff(rate, axis=1) ** 2
    if poisson:
        due = (y[:, 1:] + y[:, :-1]) / (e[:, 1:] * e[:, :-1])
        due_sum = np.sum(due, axis=1, where=there)
        seen = np.sum(square, axis=1, where=there)
        dispersion: Floats = np.maximum(seen / np.where(due_sum > 0, due_sum, 1.0), 1.0)
        return dispersion
    unit = square / (1 / e[:, 1:] + 1 / e[:, :-1])
    variance: Floats = np.sum(unit, axis=1, where=there) / np.maximum(series.count - 1, 1)
    return variance


def _bai_quantile(tail: float, ratio: float) -> float:
    """Where the far tail begins, in units of variance / step^2 of its own side; 0 if it is thinner.

    `ratio` is the other side's variance over this side's. The tail beyond x is (Bai 1997, appendix
    B): -sqrt(x / 2 pi) exp(-x / 8) - r (r + 2) / (r + 1) exp(f (1 + f) x / 2) N(-(1/2 + f) sqrt x)
    + (x / 2 - 2 + (r + 2)^2 / (r + 1)) N(-sqrt(x) / 2), with f = 1 / r and N the normal integral.
    """
    from scipy.optimize import brentq
    from scipy.special import log_ndtr, ndtr

    f = 1 / ratio

    def beyond(x: float) -> float:
        root = np.sqrt(x)
        return float(
            -root / np.sqrt(2 * np.pi) * np.exp(-x / 8)
            - ratio
            * (ratio + 2)
            / (ratio + 1)
            * np.exp(f * (1 + f) * x / 2 + log_ndtr(-(0.5 + f) * root))
            + (x / 2 - 2 + (ratio + 2) ** 2 / (ratio + 1)) * ndtr(-root / 2)
        )

    if beyond(0.0) <= tail:
        return 0.0
    return float(brentq(lambda x: beyond(x) - tail, 0.0, 400.0))
