"""Disparity: how much more often something happens to one group than to another, by residents."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from openpeel.errors import MethodError

Floats = NDArray[np.float64]
CONFIDENCE = 0.95


@dataclass(frozen=True)
class RateRatio:
    """Ratios of two rates, arrays of one length: NaN where there is none.

    `lower` and `upper` are the limits of the interval for chance; `least` and `most` the ratios if
    all events of unknown group were of the reference group, or of the group: no probability, but
    how far what was not stated could move the figure.
    """

    ratio: Floats
    lower: Floats
    upper: Floats
    least: Floats
    most: Floats


def rate_ratio(
    events: ArrayLike,
    exposure: ArrayLike,
    reference_events: ArrayLike,
    reference_exposure: ArrayLike,
    unknown: ArrayLike = 0.0,
    confidence: float = CONFIDENCE,
) -> RateRatio:
    """The ratio of two Poisson rates with its exact interval, and its bounds under the unknown.

    Given their sum, the events of the group are binomial, so the limits of Clopper and Pearson for
    its share turn into limits for the ratio (Przyborowski and Wilenski 1940, Biometrika 31:313;
    Sahai and Khurshid 1996, Statistics in Epidemiology, 8.4). They hold at least the stated
    confidence for independent events; people who are searched several times are not independent,
    and nor is who lives somewhere the same as who is out there.

    `events`, `reference_events`, `unknown`: counts of 0 or more; exposures above 0 (residents). The
    ratio is infinite where the reference has no events, NaN where neither has.
    Raises MethodError for negative or non-finite counts and for exposures that are not above 0.
    """
    a, n, b, m, u = np.broadcast_arrays(
        *(
            np.asarray(x, float)
            for x in (events, exposure, reference_events, reference_exposure, unknown)
        )
    )
    counts = np.stack([a, b, u])
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise MethodError("A rate ratio needs counts of 0 or more.")
    if not (np.isfinite(n).all() and np.isfinite(m).all() and (n > 0).all() and (m > 0).all()):
        raise MethodError("A rate ratio needs exposures above 0.")
    if not 0 < confidence < 1:
        raise MethodError("A confidence lies between 0 and 1.")
    tail = (1 - confidence) / 2
    some = a + b > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(a > 0, betaincinv(a, b + 1, tail), 0.0)
        high = np.where(b > 0, betaincinv(a + 1, b, 1 - tail), 1.0)
        made = [
            np.where(some, ratio, np.nan)
            for ratio in (
                (a / n) / (b / m),
                low / (1 - low) * m / n,
                high / (1 - high) * m / n,
                (a / n) / ((b + u) / m),
                ((a + u) / n) / (b / m),
            )
        ]
    return RateRatio(*made)
