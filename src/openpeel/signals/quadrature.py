"""Run lengths of charts by Gauss-Legendre quadrature: what CUSUM and EWMA share."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from openpeel.errors import MethodError

Floats = NDArray[np.float64]

MEASURABLE = 1e12
"""Mean run lengths above this are given as infinite."""


@cache
def _legendre(n: int) -> tuple[Floats, Floats]:
    """The nodes and weights of n-point Gauss-Legendre quadrature on (-1, 1)."""
    node, weight = np.polynomial.legendre.leggauss(n)
    return node, weight


def nodes_on(low: float, high: float, width: float = 1.0) -> tuple[Floats, Floats]:
    """Nodes and weights on (low, high), enough for a normal kernel of standard deviation `width`.

    Eight to each standard deviation and 40 at least: run lengths to a million then agree to 1e-8
    with those from twice as many. Raises `MethodError` above 250 standard deviations.
    """
    spread = (high - low) / width
    if spread > 250:
        raise MethodError(f"A chart this wide ({spread:.0f} standard deviations) is not computed.")
    node, weight = _legendre(40 + 8 * int(spread))
    half = (high - low) / 2
    return low + half * (1 + node), half * weight


def mean_time(move: Floats) -> float:
    """Mean number of moves from the first state until one leaves: the first of (1 - move)^-1 1.

    Infinite above `MEASURABLE`.
    """
    with np.errstate(all="ignore"):
        try:
            time = float(np.linalg.solve(np.eye(len(move)) - move, np.ones(len(move)))[0])
        except np.linalg.LinAlgError:
            return np.inf
    return time if 0 < time < MEASURABLE else np.inf


def crossing(rising: Callable[[float], float], target: float, chart: str, wanted: float) -> float:
    """Where a rising function of a limit (from just above 0 to 100) meets the target.

    Raises `MethodError` where it does not, naming the chart and the value `wanted`.
    """
    from scipy.optimize import brentq

    low, high = 1e-6, 1.0
    while high < 100 and rising(high) < target:
        low, high = high, 2 * high
    if not (np.isfinite(target) and rising(low) < target <= rising(high)):
        raise MethodError(f"{chart} cannot be set to {wanted}.")
    return float(brentq(lambda limit: rising(limit) - target, low, high, xtol=1e-12, rtol=1e-13))
