"""Forces held against each other: which are unlike the others, and the limits that say so."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openpeel.indicators import Indicator
from openpeel.monitoring.scales import countable, level_of, scaled, unscaled
from openpeel.signals.outliers import as_normal, outliers

Floats = NDArray[np.float64]

CONVENTION = "limits around the other forces, random effects, Huber's proposal 2"
"""How the limits among forces are made: `openpeel.signals.outliers`."""


@dataclass(frozen=True)
class Compared:
    """Forces against each other: arrays by force, in the order that they were given.

    `z` is + where a force has more than its others, `p` two-sided. Limits are in the unit of events
    over base, and hold 95 and 99.8 % of forces that are like the others; `centre` is the usual
    level in that unit.
    """

    centre: float
    z: Floats
    p: Floats
    lower_95: Floats
    upper_95: Floats
    lower_998: Floats
    upper_998: Floats

    def outside(self, share: float) -> NDArray[np.int8]:
        """+1 above the limits that hold such a share, -1 below them, 0 within."""
        made: NDArray[np.int8] = np.where(self.p < 1 - share, np.sign(self.z), 0).astype(np.int8)
        return made

    @property
    def normal(self) -> Floats:
        """z as a standard normal one; `z` itself is Student's."""
        return as_normal(self.z, self.p)


def compare(it: Indicator, events: Floats, base: Floats) -> Compared | None:
    """Compare forces by a share or rate, events of base (force,); NaN is a force without a figure.

    None where the indicator is neither, people decide it, or too few forces have a figure.
    """
    sound = countable(it, events, base)
    if not it.chance or it.unit not in ("rate", "share") or not events[sound].sum() > 0:
        return None
    n, d = (np.where(sound, a, np.nan) for a in (events, base))
    found = outliers(*scaled(it, n, d))
    if not np.isfinite(found.centre):
        return None
    limits = [unscaled(it, x, d) for share in (0.95, 0.998) for x in found.limits(share)]
    return Compared(level_of(it, float(found.centre)), found.z, found.p, *limits)
