"""EWMA charts over standardised series: a moving average that forgets, with exact limits.

For z that is standard normal and independent while in control, and a weight w::

    average[t] = w z[t] + (1 - w) average[t-1]     limits[t] = ± width x sd of average[t]
    variance of average[t] = w^2 + (1 - w)^2 variance of average[t-1] = w (1 - (1-w)^(2t)) / (2 - w)

from an average of 0 that is known. Roberts 1959, *Technometrics* 1:239; Lucas and Saccucci 1990,
*Technometrics* 32:1. A small weight finds small shifts; a weight of 1 is a Shewhart chart.

===========================  ======================================================================
what comes in                what comes out
===========================  ======================================================================
NaN                          a gap: no signal, average and limit NaN; both go on after it unchanged
all NaN                      no signal anywhere
constant or all 0            an average that nears the constant; no signal at 0
infinite or not numbers      `MethodError`
no time, over 2 dimensions   `MethodError`
weight outside (0, 1],       `MethodError`
width not above 0
===========================  ======================================================================
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.quadrature import MEASURABLE, crossing, mean_time, nodes_on
from openpeel.signals.series import series_of

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Limits = Literal["exact", "fixed"]

SETTLED = 1e-9
"""Exact limits are taken as settled once within this share of where they tend."""


@dataclass(frozen=True)
class Ewma:
    """An EWMA chart: every array has the shape of the z it was made from.

    `average` and `limit` (the upper; the lower is its negative) are in standard deviations of z.
    `signal` is +1 where the average is above the upper limit, -1 below the lower, else 0.
    """

    weight: float
    width: float
    average: Floats
    limit: Floats
    signal: Codes


def ewma(z: ArrayLike, *, weight: float = 0.1, width: float = 2.8) -> Ewma:
    """Chart z of shape (time,) or (series, time), with exact limits that widen from the start.

    `ewma_limit` gives the width for a wanted average run length. A chart does not restart after a
    signal. Defined behaviour is in the module's docstring. Raises `MethodError`.
    """
    _checked(weight, width)
    given = series_of(z, "EWMA")
    by_time = np.moveaxis(np.atleast_2d(given), 1, 0)
    seen = ~np.isnan(by_time)
    average = np.empty(by_time.shape)
    level = np.zeros(by_time.shape[1])
    for t, now in enumerate(by_time):
        level = np.where(seen[t], weight * now + (1 - weight) * level, level)
        average[t] = np.where(seen[t], level, np.nan)
    limit = np.where(seen, width * _deviation(weight, np.cumsum(seen, axis=0)), np.nan)
    signal = (average > limit).astype(np.int8) - (average < -limit).astype(np.int8)

    def shaped(array: NDArray[Any]) -> NDArray[Any]:
        return np.moveaxis(array, 0, 1).reshape(given.shape)

    return Ewma(weight, width, shaped(average), shaped(limit), shaped(signal))


def ewma_arl(weight: float, width: float, shift: float = 0.0, *, limits: Limits = "exact") -> float:
    """The mean number of points to a signal, from an average of 0, when z is normal about `shift`.

    `limits` are those that `ewma` draws ("exact") or their final value from the start ("fixed"):
    with fixed limits ±c and phi the normal density, Crowder 1987 (*Technometrics* 29:401) has, from
    an average of u::

        L(u) = 1 + integral over the limits of L(x) phi((x - (1-w) u) / w - shift) / w dx

    solved by Gauss-Legendre quadrature. With exact limits the density of the averages that have not
    signalled is carried from point to point by the same rule until the limits have settled, and
    L(u) says what is still to come. Infinite above `quadrature.MEASURABLE`. Raises `MethodError`.
    """
    _checked(weight, width)
    if not np.isfinite(shift):
        raise MethodError(f"A shift is a finite number of standard deviations; got {shift}.")
    if limits not in ("exact", "fixed"):
        raise MethodError(f"EWMA limits are 'exact' or 'fixed'; got {limits!r}.")
    settled = width * np.sqrt(weight / (2 - weight))
    x, quadrature = nodes_on(-settled, settled, weight)
    state = np.concatenate([[0.0], x])
    if limits == "fixed":
        move = _density(state, state, weight, shift)
        move[:, 1:] *= quadrature
        move[:, 0] = 0
        return mean_time(move)

    time, alive, mass, t = 1.0, np.zeros(1), np.ones(1), 0
    steps = 1 if weight == 1 else int(np.ceil(np.log(2 * SETTLED) / (2 * np.log1p(-weight))))
    for t in range(1, steps + 1):
        now = width * float(_deviation(weight, t))
        there, by = x * (now / settled), quadrature * (now / settled)
        mass = (mass @ _density(alive, there, weight, shift)) * by
        alive = there
        time += float(mass.sum())
    move = _density(x, x, weight, shift) * quadrature
    # What is left: from each average alive now, the points to come after those counted so far.
    with np.errstate(all="ignore"):
        left = np.linalg.solve(np.eye(len(x)) - move, np.ones(len(x)))
    total = time + float(mass @ (left - 1))
    return total if 0 < total < MEASURABLE else np.inf


def ewma_limit(weight: float, arl: float, *, limits: Limits = "exact") -> float:
    """The width at which `ewma_arl(weight, width)`, in control, is `arl`. Raises `MethodError`."""
    return crossing(
        lambda width: np.log(ewma_arl(weight, width, limits=limits)),
        np.log(arl),
        f"An EWMA of weight {weight}",
        arl,
    )


def _deviation(weight: float, points: NDArray[np.intp] | int) -> Floats:
    """The standard deviation of an in-control average after so many points."""
    kept = np.power(1 - weight, 2 * np.asarray(points, dtype=np.float64))
    return np.asarray(np.sqrt(weight / (2 - weight) * (1 - kept)))


def _density(start: Floats, end: Floats, weight: float, shift: float) -> Floats:
    """The density of the next average at each `end` from each `start`: (start, end)."""
    z = (end[None, :] - (1 - weight) * start[:, None]) / weight - shift
    return np.asarray(np.exp(-(z**2) / 2) / (weight * np.sqrt(2 * np.pi)))


def _checked(weight: float, width: float) -> None:
    """Refuse a weight or width that makes no chart."""
    if not (0 < weight <= 1 and 0 < width < np.inf):
        raise MethodError(
            f"An EWMA needs a weight above 0 and at most 1, and a width above 0: {weight}, {width}."
        )
