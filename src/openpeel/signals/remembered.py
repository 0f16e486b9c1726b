"""What noise that remembers looks like: autoregressive series of order 1, in tables by memory.

Memory r is the correlation of neighbours; those k apart correlate as r^k. A mean of m such points
varies more than one of m points without memory by

    (1 + r) / (1 - r) - 2 r (1 - r^m) / (m (1 - r)^2)

(Bayley and Hammersley 1946, *Supplement to JRSS* 8(2):184). A series' own correlation of neighbours
comes out lower than r, the more so the fewer its points, for they follow the mean that is taken
off; how much lower is simulated (`about_level`), as Andrews 1993, *Econometrica* 61(1):139, and
MacKinnon and Smith 1998, *Journal of Econometrics* 85:205, turn round a bias that is known.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

DRAWS = 9_999
MEMORIES = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
"""The memories that are simulated; what lies between two is between theirs."""
_FEW = 2_000
"""Draws where a mean is wanted, no tail."""


def swell(points: ArrayLike, memory: ArrayLike) -> Floats:
    """The variance of a mean of half of so many points, in that of one without memory."""
    half, r = np.maximum(points, 2) / 2, np.asarray(memory, np.float64)
    made: Floats = (1 + r) / (1 - r) - 2 * r * (1 - r**half) / (half * (1 - r) ** 2)
    return made


@lru_cache(maxsize=16)
def remembering(points: int, memory: float, draws: int = DRAWS) -> Floats:
    """Standard normal series (draws, points) that remember; the seed is fixed."""
    y = np.random.default_rng(20261122).normal(size=(draws, points))
    for t in range(1, points):
        y[:, t] = memory * y[:, t - 1] + np.sqrt(1 - memory**2) * y[:, t]
    return y


def neighbours(off: Floats) -> Floats:
    """The correlation (series,) of neighbours in residuals (series, time), NaN in gaps; 0 for none.

    Not about a mean of theirs: they are residuals already.
    """
    e = np.nan_to_num(off)
    made: Floats = (e[:, 1:] * e[:, :-1]).sum(axis=1) / np.maximum((e**2).sum(axis=1), 1e-12)
    return made


@lru_cache(maxsize=256)
def about_level(points: int, share: float = 1.0) -> tuple[Floats, Floats]:
    """Mean and variance, by `MEMORIES`, of the correlation of neighbours about a series' level.

    A share of the variance remembers, the rest does not.
    """
    fresh = np.random.default_rng(20261124).normal(size=(_FEW, points))
    found = []
    for r in MEMORIES:
        y = np.sqrt(share) * remembering(points, float(r), _FEW) + np.sqrt(1 - share) * fresh
        found.append(neighbours(y - y.mean(axis=1, keepdims=True)))
    return np.maximum.accumulate([f.mean() for f in found]), np.array([f.var() for f in found])
