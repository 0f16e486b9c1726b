"""Variances of many like series, each told by few points: what they share lends each a share.

The variances of series are taken to be spread about one scale as a scaled inverse chi-squared of
`d0` degrees: 1 / variance(i) ~ chi-squared(d0) / (d0 s0(i)^2). A series' own variance s(i)^2, with
d(i) degrees, is then drawn toward the scale, and a t with it has d0 + d(i) degrees::

    posterior(i)  (d0 s0(i)^2 + d(i) s(i)^2) / (d0 + d(i))

Scale and degrees are those that give the logarithms of s^2 the mean and the variance that they
have. With e(i) = ln s(i)^2 - psi(d(i)/2) + ln(d(i)/2)::

    trigamma(d0/2) = variance of e - mean of trigamma(d(i)/2)      (d0 infinite where below 0)
    ln s0^2        = mean of e + psi(d0/2) - ln(d0/2)

Counts: s^2 is a dispersion, of variance over mean, and where rates vary by a share of their own, it
grows with the mean m: s0(i)^2 goes as 1 + tau2 m(i), tau2 >= 0 being what takes the mean of
e(i) - ln(1 + tau2 m(i)) to 0.

Source: Smyth 2004, *Statistical Applications in Genetics and Molecular Biology* 3(1):3, doi
10.2202/1544-6115.1027 (sections 3 and 6.2). That the scale may follow a trend: Law and others 2014,
*Genome Biology* 15:R29. That series which vary far more should be lent less (`Prior.sparing`):
Phipson and others 2016, *Annals of Applied Statistics* 10(2):946; theirs keep a few degrees more.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN, no degrees, a mean of 0    a gap: takes no part, and has the prior of the others
a variance of 0                 counts as 1e-5 of the median of those above 0
under 3 variances, all 0        no prior: degrees 0, and each keeps its own
one variance for all            degrees infinite: each has the scale
negative, infinite, no numbers  `MethodError`
==============================  ===================================================================
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError

Floats = NDArray[np.float64]

FEWEST = 3
"""Variances from fewer series than this have no spread to be told."""
_LEAST = 1e-5  # of the median variance: what a variance of 0 counts as
_ROUNDS = 60


@dataclass(frozen=True)
class Prior:
    """What is known of the variances of series beforehand: arrays (series,).

    `scale` is s0^2, and is known as well as `degrees` points would tell it: 0 where nothing is
    known, infinite where the scale is given.
    """

    degrees: Floats
    scale: Floats

    def __getitem__(self, rows: slice) -> "Prior":
        """That of some of the series."""
        return Prior(self.degrees[rows], self.scale[rows])

    def posterior(self, own: Floats, degrees: Floats) -> Floats:
        """Variances drawn toward the scale, of own ones (series,) with so many degrees."""
        sure = np.isinf(self.degrees)
        d0 = np.where(sure, 0.0, self.degrees)
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = (d0 * self.scale + degrees * own) / (d0 + degrees)
        return np.where(sure, self.scale, np.where(d0 > 0, drawn, own))

    def sparing(self, variance: Floats, degrees: Floats) -> "Prior":
        """The same, but that of series which vary more than it bears has fewer degrees.

        Of n series of own variances (series,) with their degrees, that with the k-th largest has d0
        times min(1, P(F >= variance / scale) n / (k - 1/2)): as likely as it is to be none of them.
        """
        from scipy.special import fdtrc

        there = np.isfinite(variance) & (self.degrees > 0)
        v, d, s0 = variance[there], degrees[there], self.scale[there]
        d0 = np.minimum(self.degrees[there], d.sum())
        beyond = fdtrc(d, d0, v / s0)
        rank = np.empty(len(v))
        rank[np.argsort(beyond)] = np.arange(len(v)) + 0.5
        likely = np.minimum(1.0, beyond * len(v) / rank)
        made = self.degrees.copy()
        made[there] = d0 * likely
        return Prior(made, self.scale)


def unknown(series: int) -> Prior:
    """Nothing known of any series."""
    return Prior(np.zeros(series), np.full(series, np.nan))


def prior_of(variance: ArrayLike, degrees: ArrayLike, *, mean: ArrayLike | None = None) -> Prior:
    """The prior that variances (series,) with their degrees of freedom come from.

    `degrees` are one for each, or one for all; with `mean`, (series,) and not below 0, variances
    are dispersions of counts of such means, and the scale follows them. Equations, source and
    defined behaviour are in the module's docstring. Raises `MethodError`.
    """
    from scipy.special import polygamma, psi

    s2, d, m = _numbers(variance, degrees, 0.0 if mean is None else mean)
    part = np.isfinite(s2) & (d > 0) & ((m > 0) | (mean is None))
    some = s2[part & (s2 > 0)]
    if part.sum() < FEWEST or not some.size:
        return unknown(len(s2))
    half = d[part] / 2
    e = np.log(np.maximum(s2[part], _LEAST * np.median(some))) - psi(half) + np.log(half)
    tau2 = 0.0 if mean is None else _tau2(e, m[part])
    e = e - np.log1p(tau2 * m[part])
    d0 = 2 * trigamma_inverse(float(np.var(e, ddof=1) - polygamma(1, half).mean()))
    centre = e.mean() + (0.0 if np.isinf(d0) else psi(d0 / 2) - np.log(d0 / 2))
    scale = np.exp(centre) * (1 + tau2 * m)
    if mean is not None:
        scale = np.maximum(scale, 1.0)
    return Prior(np.full(len(s2), d0), scale)


def _tau2(e: Floats, mean: Floats) -> float:
    """The tau2 of the module's docstring, of means above 0: 0 for a Poisson's dispersions."""
    if e.mean() <= 0:
        return 0.0
    low, high = -40.0, float(e.mean() - np.log(mean.min()))
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        enough = np.log1p(np.exp(middle) * mean).mean() >= e.mean()
        low, high = (low, middle) if enough else (middle, high)
    return float(np.exp(high))


def trigamma_inverse(x: float) -> float:
    """The y of trigamma(y) = x, infinite for x not above 0: half the degrees of a variance whose
    logarithm has variance x. Newton's method, from Smyth's appendix."""
    from scipy.special import polygamma

    if x <= 0:
        return np.inf
    y = 0.5 + 1 / x
    for _ in range(_ROUNDS):
        trigamma = float(polygamma(1, y))
        step = trigamma * (1 - trigamma / x) / float(polygamma(2, y))
        y += step
        if -step / y < 1e-10:
            break
    return float(y)


def _numbers(*given: ArrayLike) -> tuple[Floats, ...]:
    """Numbers of one length, not below 0 nor infinite."""
    try:
        made = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in given))
    except (TypeError, ValueError) as error:
        raise MethodError(f"Variances, degrees and means are of one length: {error}.") from error
    if made[0].ndim != 1 or any(np.any((a < 0) | np.isinf(a)) for a in made):
        raise MethodError("Variances, degrees and means are one a series, 0 or more, and finite.")
    return tuple(made)
