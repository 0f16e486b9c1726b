"""Outliers: units unlike the others, where all differ by more than chance and some by far more.

Estimate i has variance v(i) by chance, and units truly vary, by a normal distribution, about one
centre; unlike units are not of that distribution and must not set its width::

    x(i) ~ N(centre, v(i) + between)       z(i) = (x(i) - centre) / sqrt(v(i) + between)

Centre and `between` are Huber's Proposal 2 (Huber 1981, *Robust Statistics*, 6.4), for unequal
variances, with psi(z) = z cut at ±1.345::

    sum psi(z) / sqrt(v + between) = 0
    sum psi(z)^2 = (n - 1) E[psi(Z)^2],  Z standard normal

so that the cut is paid for: over-dispersion that is trimmed and not corrected (the SHMI and CQC
recipes of `overdispersion`) comes out too small, and z too large. Each unit is held against a fit
of the others, with the variance of that fit's centre; p is from Student's t, as the scale is
estimated and worth about `EFFICIENCY` x (others - 1) degrees of freedom. Where units truly vary
more than chance p is exact to within simulation; where they do not, it is too large.

Random effects rather than a multiplier, so that a small unit's wide limits stay wide and a large
one's do not shrink to nothing: Spiegelhalter 2005, *Statistics in Medicine*, doi 10.1002/sim.1970.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN in either                   not compared: NaN
fewer than 10 units             not compared: z and p NaN (`between` could be anything)
all alike                       z 0, p 1
negative variance, infinite,    `MethodError`
shapes that differ
==============================  ===================================================================
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError

Floats = NDArray[np.float64]

FEWEST_UNITS = 10
"""Fewer units than this do not show what is usual."""
CUT = 1.345
"""Where z is cut: 95 % efficient for the centre of a normal distribution."""
MOST = 1e100
"""Numbers beyond this count as infinite: their squares are."""
EFFICIENCY = 0.75
"""What the cut leaves of the degrees of freedom of the scale."""
LEAST = 1e-6
"""A variance between units of less than this share of chance's is none."""
_ROUNDS, _HALVINGS = 8, 30


@dataclass(frozen=True)
class Outliers:
    """Units against each other: `z` and two-sided `p` (..., unit); `centre`, `between` (...).

    `expected` and `spread` (..., unit) are what z is from: the centre of a unit's others, and how
    far from it the unit may be by chance and by how units differ. `degrees` (...) are of Student's
    t, NaN where nothing was compared.
    """

    z: Floats
    p: Floats
    centre: Floats
    between: Floats
    expected: Floats
    spread: Floats
    degrees: Floats

    def limits(self, share: float) -> tuple[Floats, Floats]:
        """What holds such a share of units that are like the others, on the estimates' scale.

        A unit lies outside exactly where its p is below 1 - share.
        """
        from scipy.special import stdtrit

        wide = stdtrit(self.degrees, (1 + share) / 2)[..., None] * self.spread
        return self.expected - wide, self.expected + wide


def as_normal(z: Floats, p: Floats) -> Floats:
    """The standard normal z, of the sign of another's, that has the two-sided p; NaN stays NaN."""
    from scipy.special import ndtri

    made: Floats = -np.sign(z) * ndtri(np.maximum(p, 1e-300) / 2)
    return made


def outliers(estimates: ArrayLike, variances: ArrayLike) -> Outliers:
    """Compare estimates of shape (unit,) or (set, unit), with the variance of each by chance.

    Use a scale on which they are near normal: logarithms of rates and ratios, logits of shares.
    Equations, source and defined behaviour are in the module's docstring. Raises `MethodError`.
    """
    from scipy.special import stdtr

    try:
        x, v = (np.array(a, dtype=np.float64) for a in (estimates, variances))
    except (TypeError, ValueError) as error:
        raise MethodError(f"Outliers are of numbers, with NaN for none: {error}.") from error
    if x.shape != v.shape or x.ndim not in (1, 2) or 0 in x.shape:
        raise MethodError(
            "Estimates and variances have one shape, (unit,) or (set, unit); "
            f"got {x.shape} and {v.shape}."
        )
    if (np.abs(x) > MOST).any() or (v > MOST).any() or (v < 0).any():
        raise MethodError("Estimates are finite, and variances finite and at least 0.")
    shape, sets = x.shape, x.shape[:-1]
    x, v = np.atleast_2d(x), np.atleast_2d(v)
    there = ~np.isnan(x) & ~np.isnan(v)
    there &= there.sum(axis=1, keepdims=True) >= FEWEST_UNITS
    x, v = (np.where(there, a, np.nan) for a in (x, v))
    expected, spread = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    centre, between, degrees = (np.full(len(x), np.nan) for _ in range(3))
    for row in np.flatnonzero(there.any(axis=1)):
        mine = there[row]
        found = _others(x[row, mine], v[row, mine])
        expected[row, mine], spread[row, mine], centre[row], between[row] = found
        degrees[row] = EFFICIENCY * (mine.sum() - 2)
    z = (x - expected) / spread
    p = 2 * stdtr(degrees[:, None], -np.abs(z))
    return Outliers(
        z.reshape(shape),
        p.reshape(shape),
        centre.reshape(sets),
        between.reshape(sets),
        expected.reshape(shape),
        spread.reshape(shape),
        degrees.reshape(sets),
    )


def _others(x: Floats, v: Floats) -> tuple[Floats, Floats, float, float]:
    """The centre of each unit's others and how far from it the unit may be; the fit of all."""
    n = len(x)
    # Rounding is no variance: units that are all alike are not far apart.
    v = np.maximum(v, (1e-9 * np.abs(x).max()) ** 2 + 1e-200)
    # The first row is all units, each other row all but one.
    used = np.ones((n + 1, n), np.bool_)
    used[np.arange(1, n + 1), np.arange(n)] = False
    centre = np.full((n + 1, 1), np.median(x))
    wanted = (used.sum(axis=1, keepdims=True) - 1) * _kept()
    for _ in range(_ROUNDS):
        between = _between(np.where(used, x - centre, 0.0), v, wanted)
        z = (x - centre) / np.sqrt(v + between)
        weight = np.where(used, np.minimum(1.0, CUT / np.maximum(np.abs(z), CUT)), 0.0)
        weight /= v + between
        total = weight.sum(axis=1, keepdims=True)
        centre = (weight * x).sum(axis=1, keepdims=True) / total
    spread = np.sqrt(v + between[1:, 0] + 1 / total[1:, 0])
    return centre[1:, 0], spread, float(centre[0, 0]), float(between[0, 0])


def _kept() -> float:
    """E[psi(Z)^2], what the cut leaves of a standard normal's variance."""
    from scipy.special import ndtr

    density = np.exp(-(CUT**2) / 2) / np.sqrt(2 * np.pi)
    return float(1 - 2 * ndtr(-CUT) - 2 * CUT * density + 2 * CUT**2 * ndtr(-CUT))


def _between(off: Floats, v: Floats, wanted: Floats) -> Floats:
    """The variance between units at which the cut squares add up to what is wanted; 0 if under."""

    square = off**2

    def too_many(between: Floats) -> NDArray[np.bool_]:
        cut = np.minimum(square / (v + between), CUT**2)
        return np.asarray(cut.sum(axis=1, keepdims=True) > wanted)

    # Halved as logarithms, from where it would make no difference.
    low = np.full(wanted.shape, np.log(LEAST * v.min()))
    high = np.log(square.max(axis=1, keepdims=True) * off.shape[1] + LEAST * v.min())
    over = too_many(np.zeros_like(wanted))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        more = too_many(np.exp(middle))
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return np.where(over, np.exp(high), 0.0)
