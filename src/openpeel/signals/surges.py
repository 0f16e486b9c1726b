"""Surges: a rise and its return, told apart from season, from a lasting shift, and from noise.

For each series four fits compete, each with its gain G over one level (`openpeel.signals.segments`)
and a charge of ln(points) x scale for each number it chooses::

    none     one level                                              0
    shift    two levels, a lasting change                           2
    surge    one level, but higher from a rise until a return       3
    steps    three levels, two changes, no return to the first      4

The surge is the epidemic change of Levin and Kline 1985 (Statistics in Medicine 4:469): it leaves
`ends` points on each side, lasts at least `shortest` points and at most half of the series. Its p
is for noise against the best surge, from the statistic max G / scale and a simulated null
(`openpeel.signals.nulls`). A surge is called where p is at most `alpha` and it wins the
competition. The intervals of both dates hold every date that costs no more than -2 ln(1 - sqrt(c))
of G / scale (Hansen 2000, Econometrica 68:575); the interval of the height holds every height that
costs, with the dates that suit it best, no more than the chi-squared quantile of 1 degree.

Points are taken as independent given their season, unless `memory` says otherwise; counts as
Poisson, with variance `scale` times the mean.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN, or an exposure of 0        a gap: takes no part; the interval of a date beside it covers it
too short (below 2 x `ends` +   `Verdict.TOO_SHORT`, dates -1, numbers NaN
`shortest`, or 6 points)
constant, all zero, no rise     `Verdict.NONE`, p 1
a surge from a level of 0       its height is infinite; its lower limit is not
infinite, a negative count      `MethodError`
==============================  ===================================================================
"""

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.moderated import Prior
from openpeel.signals.nulls import Search, shapes
from openpeel.signals.nulls import noise as simulated
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
from openpeel.signals.scale import Scale, scale_of
from openpeel.signals.segments import height_interval, shift_gains, step_gain, surge_gains

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]
Codes = NDArray[np.int8]

FEWEST = 6
"""No surge is looked for in fewer points."""


class Verdict(IntEnum):
    """What a series shows best."""

    TOO_SHORT = -1
    NONE = 0
    SHIFT = 1
    SURGE = 2
    STEPS = 3


@dataclass(frozen=True)
class Surges:
    """The best surge of each series: arrays (series,), or numbers for one series.

    `verdict` holds `Verdict` codes; the rest describes the best surge even where it is not called.
    `rise` is the place in time of its first point, `back` of the first point after it; each with
    its interval (-1: none). `level` is the level outside it: per exposure and season for "poisson",
    less the season for "gaussian". `height` is what it rises by: a ratio for "poisson", a
    difference for "gaussian", with its interval. `scale` is the dispersion or variance about it,
    `statistic` its gain over that, `p` against noise.
    """

    verdict: Codes
    rise: Places
    rise_earliest: Places
    rise_latest: Places
    back: Places
    back_earliest: Places
    back_latest: Places
    level: Floats
    height: Floats
    height_low: Floats
    height_high: Floats
    scale: Floats
    statistic: Floats
    p: Floats
    points: Places


def surges(
    values: ArrayLike,
    *,
    family: Family = "poisson",
    exposure: ArrayLike | None = None,
    season: ArrayLike | None = None,
    scale: ArrayLike | None = None,
    prior: Prior | None = None,
    memory: ArrayLike = 0.0,
    memory_error: ArrayLike = 0.0,
    alpha: float = 0.05,
    shortest: int = 2,
    ends: int = 3,
    confidence: float = 0.95,
    capped: bool = False,
) -> Surges:
    """The best rise and return of each series, and whether it is a surge.

    `values`: (time,) or (series, time), NaN for a gap; counts for "poisson". `exposure` as for
    `changepoints.single_shift`. `season`: what is expected of each point, of a shape that fits the
    values: for "poisson" factors or expected counts, above 0, that multiply the exposure; for
    "gaussian" expected values, taken off.
    `scale`: the known dispersion or variance; estimated when not given, and with a `prior` drawn
    toward that. `memory` and `memory_error` as there. `capped`: the highest point (per what is
    expected) counts as high as the second highest, here and in noise, so that one point alone makes
    no surge.

    Equations, sources and defined behaviour are in the module's docstring. Raises `MethodError`.
    """
    from scipy.special import ndtri

    poisson, width = is_poisson(family), profile_width(confidence)
    at_least("ends", ends, 1)
    at_least("shortest", shortest, 1)
    if not 0 < alpha < 1:
        raise MethodError(f"alpha lies between 0 and 1; got {alpha}.")
    y, e = numbers(values, exposure, poisson)
    if season is not None:
        y, e = _without_season(y, e, season, poisson)
    y = _capped(y, e, poisson) if capped else y
    noise = scale_of(scale, prior, memory, len(y), memory_error)
    reach = float(ndtri((1 + confidence) / 2))
    parts = [
        _surges(
            y[at],
            e[at],
            noise[at],
            poisson,
            (ends, shortest),
            (alpha, width, reach),
            "capped surge" if capped else "surge",
        )
        for at in chunks(len(y))
    ]
    single = np.ndim(values) == 1
    made = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Surges(*(column[0] if single else column for column in made))


def detectable(
    points: int,
    level: ArrayLike,
    *,
    dispersion: ArrayLike = 1.0,
    duration: int = 3,
    power: float = 0.8,
    alpha: float = 0.05,
    shortest: int = 2,
    ends: int = 3,
    known: bool = False,
) -> Floats:
    """The smallest ratio at which a surge of `duration` points is found with stated `power`.

    `points` in the series, each with `level` events expected outside a surge, and `dispersion`
    times the variance of a Poisson count. The signed root of the gain over dispersion is taken as
    normal with variance 1 about the root of the gain of the expected counts, so that root must be
    the critical value's root plus the normal quantile of the power. `known` as when `scale` is
    given to `surges`. "Found" is p at most alpha; winning over a shift and over steps as well costs
    up to 5 points of power. NaN where no ratio up to 1,000 suffices.

    Raises `MethodError`.
    """
    from scipy.special import ndtri

    at_least("points", points, max(2 * ends + shortest, FEWEST))
    at_least("duration", duration, shortest)
    if not (0 < power < 1 and 0 < alpha < 1) or duration > min(points // 2, points - 2 * ends):
        raise MethodError(
            "Power and alpha lie between 0 and 1, and a surge lasts at most half of the points."
        )
    usual, phi = np.broadcast_arrays(np.asarray(level, float), np.asarray(dispersion, float))
    if not (np.all((usual > 0) & np.isfinite(usual)) and np.all((phi > 0) & np.isfinite(phi))):
        raise MethodError("The level and the dispersion must be above 0.")
    critical = np.empty(usual.shape)
    shape = shapes(usual, phi)
    for k in np.unique(shape):
        null = simulated("surge", points, ends, shortest, np.inf if known else 0.0, float(k))
        critical[shape == k] = np.quantile(null, 1 - alpha)
    needed = np.sqrt(critical) + ndtri(power)
    low, high = np.zeros(usual.shape), np.full(usual.shape, np.log(1000.0))
    rest = points - duration

    def gain(log_ratio: Floats) -> Floats:
        ratio = np.exp(log_ratio)
        mean = (rest + duration * ratio) / points
        surge, others = duration * ratio * np.log(ratio / mean), rest * np.log(mean)
        made: Floats = 2 * usual / phi * (surge - others)
        return made

    out = gain(high) < needed**2
    for _ in range(60):
        middle = (low + high) / 2
        enough = gain(middle) >= needed**2
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    ratio: Floats = np.where(out, np.nan, np.exp(high))
    return ratio


def _capped(y: Floats, e: Floats, poisson: bool) -> Floats:
    """Values with the highest point, per exposure for counts, as high as the second highest."""
    gap = np.isnan(y)
    per = np.where(gap, 1.0, e) if poisson else np.ones_like(y)
    second = np.sort(np.where(gap, -np.inf, y / per), axis=1)[:, -2:][:, :1]
    return np.where(np.isfinite(second), np.minimum(y, second * per), y)


def _without_season(
    y: Floats, e: Floats, season: ArrayLike, poisson: bool
) -> tuple[Floats, Floats]:
    """Values and exposures with the season taken out."""
    try:
        expected = np.array(np.broadcast_to(np.asarray(season, dtype=np.float64), y.shape))
    except (TypeError, ValueError) as error:
        raise MethodError(f"The season does not fit values of shape {y.shape}: {error}.") from error
    if np.isinf(expected).any() or (poisson and np.any(expected <= 0)):
        raise MethodError("A season is finite, and for counts above 0.")
    if not poisson:
        return y - expected, e
    y = np.where(np.isnan(expected), np.nan, y)
    return y, e * expected


def _surges(
    y: Floats,
    e: Floats,
    noise: Scale,
    poisson: bool,
    lengths: tuple[int, int],
    limits: tuple[float, float, float],
    search: Search,
) -> tuple[Floats | Places | Codes, ...]:
    """The columns of `Surges` for a chunk of series."""
    (ends, shortest), (alpha, width, reach) = lengths, limits
    summed, middle = centred(y, e, poisson)
    series = pack(summed, e)
    sums, weights, count = series.sums, series.weights, series.count
    rises, returns, end = surge_gains(sums, weights, count, ends, shortest, poisson)
    best = rises.max(axis=1)
    long_enough = count >= max(2 * ends + shortest, FEWEST)
    rising = long_enough & (best > 0)
    start = np.where(rising, rises.argmax(axis=1), 0).astype(np.int64)
    end = np.where(rising, end, count)
    inside, outside = series.levels(start, end)
    position = np.arange(y.shape[1])
    during = (position >= start[:, None]) & (position < end[:, None])
    fitted = np.where(during, inside[:, None], outside[:, None])
    scale = noise.beside(series, fitted, 2, poisson)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(best > LEAST_GAIN * scale, best / scale, 0.0)
        slack = (best - width * scale)[:, None]
        rise_in, return_in = rises >= slack, returns >= slack
    shape = np.full(len(y), np.inf)
    if poisson:
        shape = shapes(sums[:, -1] / np.maximum(count, 1), scale)
    statistic = np.where(long_enough, statistic, np.nan)
    p = noise.p_values(statistic, count, search, ends, shortest, shape)
    verdict = _compete(series, best, noise, poisson, ends, shortest)
    verdict = np.where((verdict == Verdict.SURGE) & ~(p <= alpha), Verdict.NONE, verdict)
    verdict = np.where(long_enough, verdict, Verdict.TOO_SHORT)
    low, high = height_interval(sums, weights, count, (ends, shortest), best, scale, reach, poisson)
    last = rises.shape[1] - 1
    found = statistic > 0

    def place(which: Places) -> Places:
        return np.where(found, which, -1)

    with np.errstate(divide="ignore", invalid="ignore"):
        height = inside / outside if poisson else inside - outside
    return (
        verdict.astype(np.int8),
        place(series.at(start)),
        place(series.earliest(rise_in.argmax(axis=1))),
        place(series.at(last - rise_in[:, ::-1].argmax(axis=1))),
        place(series.at(end)),
        place(series.earliest(return_in.argmax(axis=1))),
        place(series.at(last - return_in[:, ::-1].argmax(axis=1))),
        *(np.where(found, x, np.nan) for x in (outside + middle, height, low, high)),
        np.where(long_enough, scale, np.nan),
        statistic,
        p,
        count,
    )


def _compete(
    series: Packed,
    surge: Floats,
    noise: Scale,
    poisson: bool,
    ends: int,
    shortest: int,
) -> Codes:
    """Which fit wins: gain less ln(points) x scale for each number chosen, the scale being that
    about the fit with most levels."""
    sums, weights, count = series.sums, series.weights, series.count
    shift = shift_gains(sums, weights, count, ends, poisson).max(axis=1)
    steps, first, second = step_gain(sums, weights, count, ends, shortest, poisson)
    position = np.arange(series.values.shape[1])
    bounds = (np.zeros_like(first), first, second, count)
    fitted = np.zeros(series.values.shape)
    for a, b in pairwise(bounds):
        stretch = (position >= a[:, None]) & (position < b[:, None])
        fitted = np.where(stretch, series.levels(a, b)[0][:, None], fitted)
    scale = noise.beside(series, fitted, 3, poisson)
    charge = np.log(np.maximum(count, 2)) * scale
    gains = np.stack([np.zeros(len(count)), shift, surge, steps])
    with np.errstate(invalid="ignore"):
        worth = gains - np.array([0, 2, 3, 4])[:, None] * charge
    best: Codes = np.argmax(np.where(np.isnan(worth), -np.inf, worth), axis=0).astype(np.int8)
    return best
