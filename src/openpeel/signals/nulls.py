"""How large the best gain of a search gets in pure noise, and from it p-values.

A search over dates finds its best date in noise too, so its gain has no table of chi-squared. The
null here is simulated: the same search over noise of the same length and memory, seed fixed, once
for each length, shape and memory in a process. A parametric bootstrap of the change statistic under
an autoregression: Antoch, Huskova and Praskova 1997, *Journal of Statistical Planning and
Inference* 60:291, say how far memory moves it; that short series should have their own critical
values is Robbins and others 2011, *Journal of Time Series Analysis* 32:498.

Normal noise serves for values and, since the deviance allows for a Poisson's skewness, for Poisson
counts too, down to a few events in all. Counts with more variance are more skewed still, and noise
for them follows a gamma distribution with the same skewness to spare: a negative binomial of mean m
and variance phi m has (2 phi - 1) / sqrt(phi m), the deviance over phi allows for sqrt(phi / m), so
(phi - 1) / sqrt(phi m) is left; a gamma of shape k leaves 2 / sqrt(k) - 1 / sqrt(k). Therefore
k = phi m / (phi - 1)^2. With memory, normal noise that remembers is taken to its quantiles.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.signals.moderated import trigamma_inverse
from openpeel.signals.packed import Places, pack, residual_scale
from openpeel.signals.remembered import DRAWS, MEMORIES, remembering
from openpeel.signals.segments import shift_gains, surge_gains

Floats = NDArray[np.float64]
Search = Literal["shift", "surge", "capped surge"]
"""A capped surge is one in which no point counts higher than the second highest (`surges`)."""

PRIORS = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, np.inf)
"""Degrees with which the scale is known beforehand that are simulated."""
LENGTHS = 24
"""Series with gaps share the noise of lengths that differ by up to 1 in 48: p moves by some 3 %."""
SHAPES = 2.0 ** np.arange(-1, 7)
"""The gamma shapes that are simulated; the nearest stands in, and normal noise for larger ones."""
NODES = ((-np.sqrt(3), 1 / 6), (0.0, 2 / 3), (np.sqrt(3), 1 / 6))
"""Gauss and Hermite's three points, which stand for a normal distribution."""
LONG = 60
"""Points from which on what they tell a variance by is no longer simulated."""


def shapes(mean: Floats, dispersion: Floats) -> Floats:
    """The gamma shape for counts of a mean and a dispersion (series,); infinite for Poisson."""
    with np.errstate(divide="ignore", invalid="ignore"):
        k = np.where(dispersion > 1, dispersion * mean / (dispersion - 1) ** 2, np.inf)
        near = SHAPES[np.clip(np.rint(np.log2(k)) + 1, 0, len(SHAPES) - 1).astype(np.intp)]
    return np.where(k < SHAPES[-1] * np.sqrt(2), near, np.inf)


def p_values(
    gain: Floats,
    count: Places,
    search: Search,
    ends: int,
    shortest: int,
    shape: Floats,
    prior: Floats,
    memory: tuple[Floats, Floats],
) -> Floats:
    """The share of noise series whose best gain, over its scale, is at least the gain given.

    All (series,): gain over the variance or dispersion of a point; observed points; the noise's
    gamma shape (infinite: normal); the degrees with which the scale was known beforehand
    (`moderated`: 0 unknown, infinite given); the memory with its standard error, over which p is
    averaged. NaN where the gain is (nothing was searched). Noise is looked up at the next of
    `PRIORS` and all points: there the gain that has as long a tail of Student's t beyond it. In the
    far tail, where no simulated series reaches, Bonferroni's bound over all dates takes over for
    normal noise: it is never below the truth, so the lesser of the two is right throughout. For
    other noise no p is below 1 / (`DRAWS` + 1).
    """
    p = np.full(len(gain), np.nan)
    at = np.array(PRIORS)[np.searchsorted(PRIORS, prior)]
    weight = _weights(*memory)
    told = prior + told_by(count, memory[0], 2)
    searched = ~np.isnan(gain)
    for n, k, d0 in np.unique(np.stack([count, shape, at])[:, searched], axis=1).T:
        these = np.flatnonzero((count == n) & (shape == k) & (at == d0) & searched)
        made = np.zeros(len(these))
        for r, share in zip(MEMORIES, weight[these].T, strict=True):
            part = these[share > 0]
            if part.size:
                found = _looked_up(
                    np.sqrt(gain[part]),
                    told[part],
                    (search, int(n), ends, shortest),
                    float(d0),
                    float(k),
                    float(r),
                )
                made[share > 0] += share[share > 0] * found
        p[these] = np.where(gain[these] > 0, made, 1.0)
    return p


def _looked_up(
    root: Floats,
    told: Floats,
    searched: tuple[Search, int, int, int],
    prior: float,
    shape: float,
    memory: float,
) -> Floats:
    """p of roots of gains over a scale that was told with so many degrees, at one memory."""
    search, n, ends, shortest = searched
    free = prior + float(told_by(np.array([n]), np.array([memory]), 2)[0])
    same = _student_root(free, _student_tail(told, root))
    # A tail too thin to be told has no root; it is beyond all noise anyhow.
    root = np.where((told < free) & np.isfinite(same), same, root)
    step = max(1, n // LENGTHS)
    null = noise(search, round(n / step) * step, ends, shortest, prior, shape, memory)
    made: Floats = (1 + DRAWS - np.searchsorted(null, root**2)) / (1 + DRAWS)
    if np.isinf(shape):
        spread, dates = _dates(search, n, ends, shortest, memory)
        made = np.minimum(made, 2 * _student_tail(free, root[:, None] / spread) @ dates)
    return made


def _weights(memory: Floats, error: Floats) -> Floats:
    """How much each of `MEMORIES` (series, memory) stands for memories with standard errors."""
    made = np.zeros((len(memory), len(MEMORIES)))
    row = np.arange(len(memory))
    for off, share in NODES:
        r = np.clip(memory + off * error, 0, MEMORIES[-1])
        below = np.clip(np.searchsorted(MEMORIES, r, side="right") - 1, 0, len(MEMORIES) - 2)
        part = (r - MEMORIES[below]) / np.diff(MEMORIES)[below]
        made[row, below] += share * (1 - part)
        made[row, below + 1] += share * part
    return made


def told_by(points: NDArray[np.int64], memory: Floats, levels: int) -> Floats:
    """The degrees (series,) with which points that remember tell a variance beside 1 or 2 levels.

    Points less levels without memory, and never below 1; long series keep (1 - r^2) / (1 + r^2) of
    it (Bayley and Hammersley 1946, *Supplement to JRSS* 8(2):184), shorter ones what noise does.
    """
    kept = (1 - memory**2) / (1 + memory**2)
    for n in np.unique(points[(memory > 0) & (points <= LONG)]):
        these = points == n
        kept[these] = np.interp(memory[these], MEMORIES, _kept(max(int(n), 6), levels > 1))
    made: Floats = np.maximum((points - levels) * kept, 1.0)
    return made


@lru_cache(maxsize=256)
def _kept(n: int, beside: bool) -> Floats:
    """By `MEMORIES`, the degrees that the spread of log variances of noise shows, in those without
    memory: about the series' level, or `beside` the best shift."""
    made = []
    for r in MEMORIES:
        own = _simulated("shift", n, 3, 1, np.inf, float(r))[1] if beside else None
        own = remembering(n, float(r)).var(axis=1) if own is None else own
        made.append(trigamma_inverse(float(np.log(own).var())))
    kept: Floats = np.minimum.accumulate(np.array(made) / made[0])
    return kept


@lru_cache(maxsize=1024)
def noise(
    search: Search,
    n: int,
    ends: int,
    shortest: int,
    prior: float,
    shape: float = np.inf,
    memory: float = 0.0,
) -> Floats:
    """The sorted gains of `DRAWS` noise series of n points, over their scale, known beforehand as
    `prior` degrees tell it: 0 for not at all, infinite for given."""
    gain, own = _simulated(search, n, ends, shortest, shape, memory)
    if np.isinf(prior):
        return np.sort(gain)
    told = told_by(np.array([n]), np.array([memory]), 2)
    # Of series whose variance is prior / chi-squared, over that variance.
    given = np.random.default_rng(20261123).chisquare(prior, DRAWS) if prior else 0.0
    made: Floats = np.sort(gain * (prior + told) / (given + told * own))
    return made


@lru_cache(maxsize=256)
def medians(n: int) -> Floats:
    """By `MEMORIES`, the median gain of a shift in noise over its own scale.

    Lengths that differ by one have what the multiple of 3 between them has: within 3 %.
    """
    n = max(3 * round(n / 3), 6)
    found = [np.median(noise("shift", n, 3, 1, 0.0, np.inf, float(r))) for r in MEMORIES]
    return np.maximum.accumulate(found)


@lru_cache(maxsize=512)
def _simulated(
    search: Search, n: int, ends: int, shortest: int, shape: float, memory: float
) -> tuple[Floats, Floats]:
    """Best gains of `DRAWS` noise series of n points of scale 1, and their own scales beside."""
    y = _drawn(n, shape, memory)
    e = np.ones_like(y)
    poisson = bool(np.isfinite(shape))
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


def _drawn(n: int, shape: float, memory: float) -> Floats:
    """Noise (`DRAWS`, n) of variance 1, or for a finite shape of dispersion 1."""
    if np.isinf(shape):
        y = remembering(n, memory)
        return np.asarray(y - y.mean(axis=1, keepdims=True))
    if not memory:
        # The variance of a gamma is its mean: the dispersion is 1.
        return np.asarray(np.random.default_rng(20261122).gamma(shape, size=(DRAWS, n)))
    return np.asarray(_quantiles(shape)[_places(n, memory)])


@lru_cache(maxsize=len(SHAPES))
def _quantiles(shape: float) -> Floats:
    """Of a gamma distribution, where the normal one has -6 to 6 in steps of 1 in 500."""
    from scipy.special import gammaincinv, ndtr

    return np.asarray(gammaincinv(shape, ndtr(np.linspace(-6, 6, 6001))), np.float64)


@lru_cache(maxsize=16)
def _places(n: int, memory: float) -> Places:
    """At which of those steps normal noise that remembers (`DRAWS`, n) is."""
    return np.rint(500 * (np.clip(remembering(n, memory), -6, 6) + 6)).astype(np.int64)


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


@lru_cache(maxsize=512)
def _dates(
    search: Search, n: int, ends: int, shortest: int, memory: float
) -> tuple[Floats, Floats]:
    """The standard deviations of roots of gains at all dates or pairs of dates, rounded up to 1 in
    25, and at how many each; a surge looks at rises only, so at half."""
    place = np.arange(n)
    if search == "shift":
        start = np.arange(ends, n - ends + 1)
        end, sides = np.full(len(start), n), 1.0
    else:
        start, end = np.nonzero(
            (place[:, None] >= ends)
            & (place <= n - ends)
            & (place - place[:, None] >= shortest)
            & (place - place[:, None] <= n // 2)
        )
        sides = 0.5
    if not memory or n > LONG:
        # No contrast varies more than a long mean.
        widest = np.sqrt((1 + memory) / (1 - memory))
        return np.array([widest]), np.array([sides * len(start)])
    inside = (place >= start[:, None]) & (place < end[:, None])
    few = inside.sum(axis=1)[:, None]
    contrast = np.where(inside, 1 / few, -1 / (n - few)) / np.sqrt(1 / few + 1 / (n - few))
    alike = memory ** np.abs(place[:, None] - place)
    spread = np.sqrt(np.sum((contrast @ alike) * contrast, axis=1))
    rounded, dates = np.unique(np.ceil(25 * spread) / 25, return_counts=True)
    return np.asarray(rounded, np.float64), np.asarray(sides * dates, np.float64)
