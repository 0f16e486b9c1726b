"""Funnels with and without units so large that they move the yardstick they are judged by.

Of 43 forces one employs about a quarter of all officers: it pulls the pooled target to itself, and
over-dispersion with it. `both_ways` gives both funnels and the units whose reading hangs on it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.signals.funnel import Dispersion, Funnel, Kind, funnel
from openpeel.signals.overdispersion import Recipe

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class BothWays:
    """One funnel with its leverage units among those that set target, phi and tau2, and without.

    `moved_95` and `moved_998` mark the units whose side of the limits (adjusted where a recipe is
    given) depends on it: a signal that stands only one way is a question about the yardstick.
    """

    included: Funnel
    left_out: Funnel
    moved_95: Bools
    moved_998: Bools


def both_ways(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    leverage: ArrayLike,
    kind: Kind,
    recipe: Recipe | None,
    target: ArrayLike | None = None,
    dispersion: Dispersion = "additive",
    deviation: ArrayLike | None = None,
) -> BothWays:
    """The funnel with and without its leverage units, say a force of a quarter of all officers.

    `leverage` marks them, as `leave_out` of `funnel`, which says what the rest is and raises.
    """
    included, left_out = (
        funnel(
            numerator,
            denominator,
            kind=kind,
            recipe=recipe,
            target=target,
            dispersion=dispersion,
            leave_out=out,
            deviation=deviation,
        )
        for out in (None, leverage)
    )
    one, other = included.adjusted or included.limits, left_out.adjusted or left_out.limits
    return BothWays(
        included,
        left_out,
        one.outlier_95 != other.outlier_95,
        one.outlier_998 != other.outlier_998,
    )
