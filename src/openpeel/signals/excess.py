"""Many small counts: are a place's newest months above what it and its group make one expect?

For places of one group (of one force and one crime type, say), y the count of a place in the
times before and x in the newest::

    movement          e = group's newest total / group's total before
    level of a place  lambda, its expected count before, ~ Gamma(a, rate b); b = a / group's mean
    times vary        g, h ~ gamma of mean 1: newest by variance tau, those before tau / blocks
    counts            y ~ Poisson(h lambda), x ~ Poisson(g e lambda)

Given h all is closed form: lambda | y ~ Gamma(a + y, b + h), of mean L and variance V, and x is
taken as negative binomial with the mean e L and the variance e L + e^2 (V + tau (V + L^2)), which
is exact where tau or V is 0. h is integrated out, its weight given y being h^(k - 1 + y) exp(-k h)
/ (b + h)^(a + y), k = blocks / tau: a place that was high before may have been so for once.

`a` maximises the negative binomial likelihood of the places' counts before. `tau` is by moments:
the time before is cut into blocks as long as the newest, and what blocks vary by beyond the
multinomial, given each place's total, over what tau = 1 would add, both weighted by 1 / mean.

`expected` is e (a + w y) / (b + w), with w = 1 / (1 + tau (a + y) / (b + 1) / blocks): the weight
of a count whose variance is that much over Poisson's. p is first that of a negative binomial about
it; where that is at most `WORTH`, p is integrated as above.

The group's movement (its season, its trend, a new way of recording) is taken as it is, the place in
it included: what all places of a group do together is no signal here. A season of a place's own,
as at the seaside, is one.

Sources: Clayton and Kaldor 1987, *Biometrics* 43(3):671 (gamma and Poisson, empirical Bayes);
Gelman and others, *Bayesian Data Analysis*, 3rd edition, section 2.6 (the predictive is negative
binomial); Breslow 1984, *Applied Statistics* 33:38 (extra-Poisson variance by moments). Putting
them together so is worked out here; the tests hold what it achieves.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN at a time for all of a      a gap: no part in anything; among the newest, nothing is judged
group                           (expected and p NaN)
NaN for some of a group         `MethodError`: what is absent from a published month is 0
under 30 places in a group,     not judged: expected and p NaN
under 2 blocks before, or no
event before
0 in the newest                 p = 1
newest at or below expected     p = 1: it is not above, and no tail is computed
negative, fraction, infinite,   `MethodError`
no number
==============================  ===================================================================
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.packed import chunks

Floats = NDArray[np.float64]
Groups = NDArray[np.intp]

FEWEST_PLACES = 30
"""Of fewer, neither how places differ nor how months vary is known."""
WORTH = 0.1
"""p-values above this are not refined: they are no signals."""
_SHAPES = np.geomspace(0.01, 1000, 121)
"""The values of a that are tried, a tenth apart; at the last, places hardly differ."""
_NODES = np.linspace(-10, 5, 48)
"""log h, in its standard deviations: its lower tail is the longer."""


@dataclass(frozen=True)
class Excess:
    """Of shape (series,): `observed` and `expected` in the newest times, `before` them, and `p`.

    Of shape (group,): `movement` e, `shape` a and `variation` tau; NaN where nothing is judged.
    """

    observed: Floats
    before: Floats
    expected: Floats
    p: Floats
    movement: Floats
    shape: Floats
    variation: Floats


def excess(counts: ArrayLike, group: ArrayLike, *, newest: int = 1) -> Excess:
    """Judge the `newest` times of counts (series, time) against the times before, within groups.

    `group` (series,) has the number of each series' group, from 0. Equations, sources and defined
    behaviour are in the module's docstring. Raises `MethodError`.
    """
    y, g, groups = _given(counts, group, newest)
    times, split = y.shape[1], y.shape[1] - newest
    seen = _seen(y, g, groups)
    y = np.where(seen[g], y, 0.0)
    totals = np.stack([np.bincount(g, y[:, t], groups) for t in range(times)], axis=1)
    before, observed = y[:, :split].sum(axis=1), y[:, split:].sum(axis=1)
    places = np.bincount(g, minlength=groups)
    whole = totals[:, :split].sum(axis=1)
    blocks = seen[:, :split].sum(axis=1) // newest
    judged = (places >= FEWEST_PLACES) & (blocks >= 2) & (whole > 0)
    current: NDArray[np.bool_] = np.all(seen[:, split:], axis=1)
    judged &= current

    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(judged, whole / places, np.nan)
        movement = np.where(judged, totals[:, split:].sum(axis=1) / whole, np.nan)
    shape = np.where(judged, _shape(before, g, mean), np.nan)
    tau = np.where(judged, _variation(y[:, :split], g, seen[:, :split], newest), np.nan)

    fit = _Fit(before, shape[g], (shape / mean)[g], movement[g], tau[g], blocks[g].astype(float))
    expected, p = fit.roughly(observed)
    worth = np.flatnonzero((p <= WORTH) & (fit.tau > 0))
    for rows in chunks(len(worth)):
        p[worth[rows]] = fit.of(worth[rows]).integrated(observed[worth[rows]])
    return Excess(
        observed=np.where(current[g], observed, np.nan),
        before=before,
        expected=expected,
        p=p,
        movement=movement,
        shape=shape,
        variation=tau,
    )


@dataclass(frozen=True)
class _Fit:
    """Each series' y, and what holds for its group: a, b, e, tau and the number of blocks."""

    y: Floats
    a: Floats
    b: Floats
    e: Floats
    tau: Floats
    blocks: Floats

    def of(self, rows: Groups) -> "_Fit":
        """The fit of some series."""
        columns = (self.y, self.a, self.b, self.e, self.tau, self.blocks)
        return _Fit(*(column[rows] for column in columns))

    def roughly(self, x: Floats) -> tuple[Floats, Floats]:
        """Expected counts, and p without the doubt whether the times before were usual."""
        with np.errstate(invalid="ignore", divide="ignore"):
            w = 1 / (1 + (self.a + self.y) / (self.b + 1) * self.tau / self.blocks)
            level = (self.a + w * self.y) / (self.b + w)
            expected = self.e * level
            more = self._more(level, level / (self.b + w))
        p = np.where(np.isnan(expected), np.nan, 1.0)
        high = x > expected
        p[high] = _upper_tail(x[high], expected[high], more[high])
        return expected, p

    def integrated(self, x: Floats) -> Floats:
        """p, integrated over log h by the trapezoidal rule."""
        from scipy.special import polygamma

        k = self.blocks / self.tau
        logs: Floats = np.multiply.outer(_NODES, np.sqrt(polygamma(1, k)))
        heights = k * (logs - np.expm1(logs)) + self.y * logs
        heights -= (self.a + self.y) * np.log(self.b + np.exp(logs))
        weights = np.exp(heights - heights.max(axis=0))
        weights /= weights.sum(axis=0)
        p = np.zeros(len(x))
        for weight, h in zip(weights, np.exp(logs), strict=True):
            level = (self.a + self.y) / (self.b + h)
            p += weight * _upper_tail(x, self.e * level, self._more(level, level / (self.b + h)))
        return np.minimum(p, 1.0)

    def _more(self, level: Floats, spread: Floats) -> Floats:
        """The variance of x beyond its mean, for a level of that mean and variance."""
        return self.e**2 * (spread + self.tau * (spread + level**2))


def _upper_tail(x: Floats, mean: Floats, more: Floats) -> Floats:
    """P(X >= x) of a negative binomial whose variance is `more` beyond its mean."""
    from scipy.special import betainc

    return np.asarray(betainc(x, mean**2 / more, more / (mean + more)), dtype=np.float64)


def _shape(before: Floats, group: Groups, mean: Floats) -> Floats:
    """The a of each group that makes its places' counts likeliest: equal counts are taken once."""
    from scipy.special import gammaln

    base = before.max(initial=0) + 1
    key, times = np.unique(group * base + before, return_counts=True)
    g = (key // base).astype(np.intp)
    y = key - g * base
    best, shape = np.full(len(mean), -np.inf), np.full(len(mean), np.nan)
    for a in _SHAPES:
        rate = a / mean[g]
        each = gammaln(a + y) - gammaln(a) - a * np.log1p(1 / rate) - y * np.log1p(rate)
        height = np.bincount(g, times * each, len(mean))
        shape[height > best] = a
        best = np.fmax(best, height)
    return shape


def _variation(y: Floats, group: Groups, seen: NDArray[np.bool_], newest: int) -> Floats:
    """tau of each group, at least 0, from blocks of the times before; the oldest rest is unused."""
    groups, length = seen.shape[0], seen.shape[1] // newest
    # Seen times, counted from the newest backwards, fill the blocks.
    block = (np.cumsum(seen[:, ::-1], axis=1)[:, ::-1] - 1) // newest
    block[~seen | (block >= (seen.sum(axis=1) // newest)[:, None])] = length
    parts = np.zeros((len(y), length + 1))
    row = np.arange(len(y))
    for t in range(y.shape[1]):
        parts[row, block[group, t]] += y[:, t]
    parts = parts[:, :length]
    total = parts.sum(axis=1)
    # A place with one event has no choice how to spread it, and none has nothing to spread.
    parts, total, group = parts[total > 1], total[total > 1], group[total > 1]
    sums = np.stack([np.bincount(group, part, groups) for part in parts.T], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = sums / sums.sum(axis=1, keepdims=True)
        mine = share[group]
        mean = total[:, None] * mine
        chance = 1 - mine
        square = np.where(mine > 0, (parts - mean) ** 2 / mean - chance, 0.0).sum(axis=1)
        unit = share * (1 - 2 * share + (share**2).sum(axis=1, keepdims=True))
        added = (total - 1) * unit.sum(axis=1)[group]
        tau = np.bincount(group, square, groups) / np.bincount(group, added, groups)
    return np.fmax(tau, 0.0)


def _seen(y: Floats, group: Groups, groups: int) -> NDArray[np.bool_]:
    """At which times each group (group, time) was published."""
    size = np.bincount(group, minlength=groups)
    gaps = np.stack([np.bincount(group, np.isnan(c), groups) for c in y.T], axis=1)
    if np.any((gaps > 0) & (gaps < size[:, None])):
        g, t = (int(i) for i in np.argwhere((gaps > 0) & (gaps < size[:, None]))[0])
        raise MethodError(
            f"Group {g} has gaps at time {t} for some of its places: give NaN for all where "
            "nothing was published, and 0 for a place without events where it was."
        )
    seen: NDArray[np.bool_] = gaps == 0
    return seen


def _given(counts: ArrayLike, group: ArrayLike, newest: int) -> tuple[Floats, Groups, int]:
    """Counts as floats, groups as whole numbers and how many; refused where they are neither."""
    try:
        y = np.asarray(counts, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(f"Counts are numbers, with NaN for a gap: {error}.") from error
    g = np.asarray(group)
    if y.ndim != 2 or g.shape != y.shape[:1]:
        raise MethodError(
            f"Give counts (series, time) and a group for each series; got {y.shape}, {g.shape}."
        )
    if newest < 1 or y.shape[1] < 3 * newest:
        raise MethodError(
            f"To judge the newest {newest} of {y.shape[1]} times, twice as many before them are "
            "needed."
        )
    if len(g) and (g.dtype.kind not in "iu" or g.min() < 0):
        raise MethodError("Groups are numbered from 0.")
    with np.errstate(invalid="ignore"):
        wrong = np.isinf(y) | (y < 0) | (y % 1 > 0)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise MethodError(f"The count at {where} (series, time) is {y[where]}, which is no count.")
    return y, g.astype(np.intp), int(g.max(initial=-1)) + 1
