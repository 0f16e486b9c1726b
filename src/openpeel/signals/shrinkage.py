"""Small areas: rates and shares drawn towards their fellows by as much as their size leaves open.

An area's true figure theta comes from a distribution that all areas share, which is estimated from
them (empirical Bayes); y events in exposure or trials n::

    rate   y ~ Poisson(n theta)    theta ~ Gamma(m k, rate k)
           posterior Gamma(m k + y, rate k + n)
    share  y ~ binomial(n, theta)  theta ~ Beta(m k, (1 - m) k)
           posterior Beta(m k + y, (1 - m) k + n - y)

    estimate = w y/n + (1 - w) m,  w = n / (n + k)

m is the mean of the areas, k the strength of the prior in units of n: an area with n = k is drawn
half way. Two ways to them:

* "likelihood": k is integrated over by the counts' likelihood, negative binomial or beta-binomial
  (`priors`), and the estimate and interval are those of the gamma or beta distribution with the
  posterior mean and variance that result. This pays for not knowing m and k.
* "moments": m = sum(y) / sum(n) and k = m / v for rates, m (1 - m) / v - 1 for shares, with the
  variance between areas v = (sum(n (y/n - m)^2) - (areas - 1) b) / (N - sum(n^2) / N), N = sum(n)
  and b = m or m (1 - m). Where v is not above 0 areas are pooled: k is infinite, each estimate m
  and the interval that of m. It takes m and k as known, so its intervals are too narrow with few
  areas, or areas that differ little: see the methods page.

Sources: Clayton and Kaldor 1987, *Biometrics* 43(3):671; Christiansen and Morris 1997, *JASA*
92(438):618, doi 10.1080/01621459.1997.10474012 (rates; k integrated, posterior matched); Marshall
1991, *Applied Statistics* 40(2):283 and Kleinman 1973, *JASA* 68:46 (moments).

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN in either array             a gap: NaN, no part in m and k
denominator 0 (no events)       the same: nothing was seen there
fewer than 3 areas, or one with m, k and all results NaN: no fellows to be drawn towards
nothing at all in the others
no events anywhere, or all      pooled at 0 (or 1), k infinite, with the interval of the whole
events above trials             `MethodError` for a share
negative, infinite, no numbers  `MethodError`
shapes that differ              `MethodError`
==============================  ===================================================================
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.priors import integrated

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Kind = Literal["rate", "share"]
Way = Literal["moments", "likelihood"]

FEWEST_AREAS = 3
"""No prior is estimated from fewer areas than this."""


@dataclass(frozen=True)
class Shrunk:
    """Shrunken figures of shape (..., area); `mean` and `strength` have shape (...).

    `raw` is events / denominator; `estimate`, `lower` and `upper` are in its unit: the posterior's
    mean and equal-tailed interval of `confidence`. `weight`, 0 to 1, is what the area's own figure
    counts for. `strength` is k, infinite where the areas are pooled.
    """

    kind: Kind
    way: Way
    confidence: float
    raw: Floats
    estimate: Floats
    lower: Floats
    upper: Floats
    weight: Floats
    mean: Floats
    strength: Floats


def shrink(
    events: ArrayLike,
    denominator: ArrayLike,
    *,
    kind: Kind,
    way: Way = "likelihood",
    confidence: float = 0.95,
) -> Shrunk:
    """Shrink the figures of areas, (area,) or (..., area) for many sets, each with its own prior.

    `events` are counts, `denominator` the exposure (for a standardised ratio the expected count) or
    the trials, of one shape. Equations, sources and defined behaviour are in the module's
    docstring. Raises `MethodError`.
    """
    if kind not in ("rate", "share") or way not in ("moments", "likelihood"):
        raise MethodError(
            f"Shrinkage is of a 'rate' or 'share', by 'moments' or 'likelihood'; got {kind!r}, "
            f"{way!r}."
        )
    if not 0 < confidence < 1:
        raise MethodError(f"A confidence lies between 0 and 1; got {confidence}.")
    y, n = _counts(events, denominator, kind)
    used = ~np.isnan(y)
    # A gap adds nothing to any sum.
    y0, n0 = np.where(used, y, 0.0), np.where(used, n, 0.0)
    total_y, total_n = y0.sum(axis=-1, keepdims=True), n0.sum(axis=-1, keepdims=True)
    areas = used.sum(axis=-1, keepdims=True)
    enough = areas >= FEWEST_AREAS
    # Nothing, or everything, everywhere: no prior to be found.
    plain = (total_y == 0) | ((kind == "share") & (total_y == total_n))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total_y / total_n
        strength = np.where(plain, np.inf, _moments(y0, n0, mean, areas, kind))
        own = (mean * strength + y) / (strength + n)
        weight = n / (n + strength)
        spread = own * (1 - own) / (strength + n + 1) if kind == "share" else own / (strength + n)
        if way == "likelihood":
            found = integrated(y0, n0, share=kind == "share")
            mean, strength = (
                np.where(plain, old, new)
                for old, new in ((mean, found.mean), (strength, found.strength))
            )
            own, spread, weight = found.estimate, found.variance, n / (n + strength)
        pooled = np.isinf(strength)
        # Pooled: the areas' counts together, after Jeffreys' prior.
        if kind == "rate":
            shape = np.where(pooled, total_y + 0.5, own**2 / spread)
            lower, upper = _gamma(shape, np.where(pooled, total_n, own / spread), confidence)
        else:
            both = own * (1 - own) / spread - 1
            lower, upper = _beta(
                np.where(pooled, total_y + 0.5, own * both),
                np.where(pooled, total_n - total_y + 0.5, (1 - own) * both),
                confidence,
            )
            upper = np.where(pooled & (total_y == total_n), 1.0, upper)
        lower = np.where(pooled & (total_y == 0), 0.0, lower)
        raw = y / n
        estimate = np.where(pooled, mean, own)
        weight = np.where(pooled, 0.0, weight)
    seen = used & enough
    estimate, lower, upper, weight = (
        np.where(seen, a, np.nan) for a in (estimate, lower, upper, weight)
    )
    return Shrunk(
        kind=kind,
        way=way,
        confidence=confidence,
        raw=raw,
        estimate=estimate,
        lower=lower,
        upper=upper,
        weight=weight,
        mean=np.where(enough, mean, np.nan)[..., 0],
        strength=np.where(enough, strength, np.nan)[..., 0],
    )


def _moments(y: Floats, n: Floats, mean: Floats, areas: NDArray[np.intp], kind: Kind) -> Floats:
    """k by moments, infinite where the areas differ by no more than chance."""
    total = n.sum(axis=-1, keepdims=True)
    raw = np.where(n > 0, y / n, 0.0)
    within = mean if kind == "rate" else mean * (1 - mean)
    between = (
        np.sum(n * (raw - mean) ** 2, axis=-1, keepdims=True, where=n > 0) - (areas - 1) * within
    )
    between = between / (total - np.sum(n**2, axis=-1, keepdims=True) / total)
    strength = within / between - (0 if kind == "rate" else 1)
    # A share's variance cannot pass m (1 - m), which only all-or-nothing areas reach.
    return np.where((between > 0) & (within > 0), np.maximum(strength, 1e-3), np.inf)


def _gamma(shape: Floats, rate: Floats, confidence: float) -> tuple[Any, Any]:
    """Equal-tailed quantiles of a gamma distribution."""
    from scipy.special import gammainccinv, gammaincinv

    tail = (1 - confidence) / 2
    return gammaincinv(shape, tail) / rate, gammainccinv(shape, tail) / rate


def _beta(a: Floats, b: Floats, confidence: float) -> tuple[Any, Any]:
    """Equal-tailed quantiles of a beta distribution."""
    from scipy.special import betainccinv, betaincinv

    tail = (1 - confidence) / 2
    return betaincinv(a, b, tail), betainccinv(a, b, tail)


def _counts(events: ArrayLike, denominator: ArrayLike, kind: Kind) -> tuple[Floats, Floats]:
    """Both arrays as floats, NaN at every gap, refused where no figure is defined."""
    try:
        y, n = np.array(events, dtype=np.float64), np.array(denominator, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(f"Shrinkage needs numbers, with NaN for a gap: {error}.") from error
    if y.shape != n.shape or y.ndim == 0:
        raise MethodError(
            f"Events and denominators need one shape, areas last; got {y.shape} and {n.shape}."
        )
    for wrong, what in (
        (np.isinf(y) | np.isinf(n), "is infinite; give NaN where nothing was published"),
        ((y < 0) | (n < 0), "is negative"),
        ((n == 0) & (y > 0), "has events but a denominator of 0"),
        ((kind == "share") & (y > n), "has more events than trials, which is no share"),
    ):
        if np.any(wrong):
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise MethodError(f"Shrinkage: the area at {where} {what}.")
    gap = np.isnan(y) | np.isnan(n) | (n == 0)
    y[gap] = n[gap] = np.nan
    return y, n
