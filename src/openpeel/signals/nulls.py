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
from numpy.typing import NDArray

from openpeel.signals.packed import Places, pack, residual_scale
from openpeel.signals.segments import shift_gains, surge_gains

Floats = NDArray[np.float64]
Search = Literal["shift", "surge"]

DRAWS = 9_999
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
    known: bool,
    shape: Floats,
) -> Floats:
    """The share of noise series whose best gain, over its scale, is at least the statistic.

    `statistic`, `count`, `shape` (series,): gain over scale, observed points, and the noise's gamma
    shape (infinite: normal); NaN where the statistic is (nothing was searched). `known` says that
    the scale was given rather than estimated beside two levels. In the far tail, where no simulated
    series reaches, Bonferroni's bound over all pairs of dates takes over for normal noise: it is
    never below the truth, so the lesser of the two is right throughout. For other noise no p is
    below 1 / (`DRAWS` + 1).
    """
    from scipy.special import fdtrc, ndtr

    p = np.full(len(statistic), np.nan)
    searched = ~np.isnan(statistic)
    for n, k in np.unique(np.stack([count[searched], shape[searched]]), axis=1).T:
        these = (count == n) & (shape == k) & searched
        found = statistic[these]
        step = max(1, int(n) // LENGTHS)
        null = noise(search, round(n / step) * step, ends, shortest, known, float(k))
        made = (1 + DRAWS - np.searchsorted(null, found)) / (1 + DRAWS)
        if np.isinf(k):
            tail = 2 * ndtr(-np.sqrt(found)) if known else fdtrc(1, n - 2, found)
            made = np.minimum(made, _searched(search, int(n), ends, shortest) * tail)
        p[these] = np.where(found > 0, made, 1.0)
    return p


@lru_cache(maxsize=512)
def noise(
    search: Search, n: int, ends: int, shortest: int, known: bool, shape: float = np.inf
) -> Floats:
    """The sorted statistics of `DRAWS` noise series of n points."""
    draw = np.random.default_rng(20261122)
    poisson = bool(np.isfinite(shape))
    if poisson:
        y = draw.gamma(shape, size=(DRAWS, n))
    else:
        y = draw.normal(size=(DRAWS, n))
        y -= y.mean(axis=1, keepdims=True)
    e = np.ones_like(y)
    series = pack(y, e)
    sums, weights, count = series.sums, series.weights, series.count
    if search == "shift":
        gains = shift_gains(sums, weights, count, ends, poisson)
        first, last = gains.argmax(axis=1), count
    else:
        gains, _, last = surge_gains(sums, weights, count, ends, shortest, poisson)
        first = gains.argmax(axis=1)
    gain = np.maximum(gains.max(axis=1), 0)
    if known:
        # The variance of a gamma is its mean: the dispersion is 1.
        return np.sort(gain)
    inside, outside = series.levels(first, np.maximum(last, first))
    position = np.arange(n)
    during = (position >= first[:, None]) & (position < last[:, None])
    fitted = np.where(during, inside[:, None], outside[:, None])
    scale = residual_scale(series, fitted, 2, poisson, 0.0)
    return np.sort(gain / scale)


def _searched(search: Search, n: int, ends: int, shortest: int) -> float:
    """How many dates or pairs of dates are searched; a surge looks at rises only, so at half."""
    if search == "shift":
        return n - 2 * ends + 1
    start = np.arange(ends, n - ends - shortest + 1)
    pairs = np.minimum(start + n // 2, n - ends) - (start + shortest) + 1
    return float(np.maximum(pairs, 0).sum()) / 2
