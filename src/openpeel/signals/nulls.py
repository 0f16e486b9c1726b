"""How large the best gain of a search gets in pure noise, and from it p-values.

A search over dates finds its best date in noise too, so its gain has no table of chi-squared. The
null here is simulated: the same search over independent noise of the same length, seed fixed, once
for each length and shape in a process.

Normal noise serves for values and, since the deviance allows for a Poisson's skewness, for Poisson
counts too, down to a few events in all. Counts with more variance are more skewed still, and noise
for them follows a gamma distribution with the same skewness to spare: a negative binomial of mean m
and variance phi m has (2 phi - 1) / sqrt(phi m), the deviance over phi allows for sqrt(phi / m), so
(phi - 1) / sqrt(phi m) is left; a gamma of shape k leaves 2 / sqrt(k) - 1 / sqrt(k). Therefore
k = phi m / (phi - 1)^2.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.signals.packed import Places, pack, residual_scale
from openpeel.signals.segments import shift_gains, surge_gains

Floats = NDArray[np.float64]
Search = Literal["shift", "surge", "capped surge"]
"""A capped surge is one in which no point counts higher than the second highest (`surges`)."""

DRAWS = 9_999
PRIORS = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, np.inf)
"""Degrees with which the scale is known beforehand that are simulated."""
LENGTHS = 24
"""Series with gaps share the noise of lengths that differ by up to 1 in 48: p moves by some 3 %."""
SHAPES = 2.0 ** np.arange(-1, 7)
"""The gamma shapes that are simulated; the nearest stands in, and normal noise for larger ones."""


def shapes(mean: Floats, dispersion: Floats) -> Floats:
    """The gamma shape for counts of a mean and a dispersion (series,); infinite for Poisson."""
    with np.errstate(divide="ignore", invalid="ignore"):
        k = np.where(dispersion > 1, dispersion * mean / (dispersion - 1) ** 2, np.inf)
        near = SHAPES[np.clip(np.rint(np.log2(k)) + 1, 0, len(SHAPES) - 1).astype(np.intp)]
    return np.where(k < SHAPES[-1] * np.sqrt(2), near, np.inf)


def p_values(
    statistic: Floats,
    count: Places,
    search: Search,
    ends: int,
    shortest: int,
    shape: Floats,
    prior: Floats,
    told: Floats,
) -> Floats:
    """The share of noise series whose best gain, over its scale, is at least the statistic.

    All (series,): gain over scale; observed points; the noise's gamma shape (infinite: normal); the
    degrees with which the scale was known beforehand (`moderated`: 0 unknown, infinite given), and
    those that the points told beside two levels, at most points - 2. NaN where the statistic is
    (nothing was searched). Noise is looked up at the next of `PRIORS` and all points: there the
    statistic that has as long a tail of Student's t beyond it. In the far tail, where no simulated
    series reaches, Bonferroni's bound over all pairs of dates takes over for normal noise: it is
    never below the truth, so the lesser of the two is right throughout. For other noise no p is
    below 1 / (`DRAWS` + 1).
    """
    p = np.full(len(statistic), np.nan)
    at = np.array(PRIORS)[np.searchsorted(PRIORS, prior)]
    searched = ~np.isnan(statistic)
    kinds = np.stack([count, shape, at])[:, searched]
    for n, k, d0 in np.unique(kinds, axis=1).T:
        these = (count == n) & (shape == k) & (at == d0) & searched
        root, free = np.sqrt(statistic[these]), d0 + n - 2
        same = _student_root(free, _student_tail(prior[these] + told[these], root))
        # A tail too thin to be told has no root; it is beyond all noise anyhow.
        root = np.where((prior[these] + told[these] < free) & np.isfinite(same), same, root)
        step = max(1, int(n) // LENGTHS)
        null = noise(search, round(n / step) * step, ends, shortest, float(d0), float(k))
        made = (1 + DRAWS - np.searchsorted(null, root**2)) / (1 + DRAWS)
        if np.isinf(k):
            tail = 2 * _student_tail(free, root)
            made = np.minimum(made, _searched(search, int(n), ends, shortest) * tail)
        p[these] = np.where(root > 0, made, 1.0)
    return p


@lru_cache(maxsize=512)
def noise(
    search: Search, n: int, ends: int, shortest: int, prior: float, shape: float = np.inf
) -> Floats:
    """The sorted statistics of `DRAWS` noise series of n points, their scale known beforehand as
    `prior` degrees tell it: 0 for not at all, infinite for given."""
    gain, own = _simulated(search, n, ends, shortest, shape)
    if np.isinf(prior):
        return np.sort(gain)
    # Of series whose variance is prior / chi-squared, over that variance.
    given = np.random.default_rng(20261123).chisquare(prior, DRAWS) if prior else 0.0
    return np.sort(gain * (prior + n - 2) / (given + (n - 2) * own))


@lru_cache(maxsize=512)
def _simulated(
    search: Search, n: int, ends: int, shortest: int, shape: float
) -> tuple[Floats, Floats]:
    """Best gains of `DRAWS` noise series of n points of scale 1, and their own scales beside."""
    draw = np.random.default_rng(20261122)
    poisson = bool(np.isfinite(shape))
    if poisson:
        # The variance of a gamma is its mean: the dispersion is 1.
        y = draw.gamma(shape, size=(DRAWS, n))
    else:
        y = draw.normal(size=(DRAWS, n))
        y -= y.mean(axis=1, keepdims=True)
    e = np.ones_like(y)
    if search == "capped surge":
        y = np.minimum(y, np.sort(y, axis=1)[:, -2:-1])
    series = pack(y, e)
    sums, weights, count = series.sums, series.weights, series.count
    if search == "shift":
        gains = shift_gains(sums, weights, count, ends, poisson)
        first, last = gains.argmax(axis=1), count
    else:
        gains, _, last = surge_gains(sums, weights, count, ends, shortest, poisson)
        first = gains.argmax(axis=1)
    inside, outside = series.levels(first, np.maximum(last, first))
    position = np.arange(n)
    during = (position >= first[:, None]) & (position < last[:, None])
    fitted = np.where(during, inside[:, None], outside[:, None])
    return np.maximum(gains.max(axis=1), 0), residual_scale(series, fitted, 2, poisson, 0.0)


def _student_tail(degrees: ArrayLike, root: Floats) -> Floats:
    """The chance that Student's t exceeds a root above 0; of infinite degrees the normal's."""
    from scipy.special import ndtr, stdtr

    d = np.asarray(degrees, dtype=np.float64)
    sure = np.isinf(d)
    made: Floats = np.where(sure, ndtr(-root), stdtr(np.where(sure, 1.0, d), -root))
    return made


def _student_root(degrees: float, tail: Floats) -> Floats:
    """The root that Student's t exceeds with such a chance."""
    from scipy.special import ndtri, stdtrit

    return -np.asarray(ndtri(tail) if np.isinf(degrees) else stdtrit(degrees, tail), np.float64)


def _searched(search: Search, n: int, ends: int, shortest: int) -> float:
    """How many dates or pairs of dates are searched; a surge looks at rises only, so at half."""
    if search == "shift":
        return n - 2 * ends + 1
    start = np.arange(ends, n - ends - shortest + 1)
    pairs = np.minimum(start + n // 2, n - ends) - (start + shortest) + 1
    return float(np.maximum(pairs, 0).sum()) / 2
