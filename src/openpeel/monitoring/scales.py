"""Counts on the scale on which they are near normal, with their variance by chance."""

import numpy as np
from numpy.typing import NDArray

from openpeel.indicators import Indicator

Floats = NDArray[np.float64]


def scaled(it: Indicator, events: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Logits of a share, logarithms of all else, with their variances; NaN stays NaN.

    Half an event is added, so that none has a scale too: Cox and Snell 1989, *Analysis of Binary
    Data*, 2.1.6. The variance is by a force's own events: by what is expected of it, few events
    would be called too few too often, for logarithms of small counts are skewed (measured: 14 % of
    such outliers false at 3 a month, where this gives 6 %).
    """
    if it.unit == "share":
        rest = base - events
        return np.log((events + 0.5) / (rest + 0.5)), 1 / (events + 0.5) + 1 / (rest + 0.5)
    return np.log((events + 0.5) / base), 1 / (events + 0.5)


def level_of(it: Indicator, centre: float) -> float:
    """The share or rate that a centre on the scale stands for."""
    made = float(np.exp(centre))
    return made / (1 + made) if it.unit == "share" else made


def unscaled(it: Indicator, at: Floats, base: Floats) -> Floats:
    """The shares or rates whose scaled values these are, of their bases: `scaled`, turned round.

    Never below 0, nor a share above 1; NaN stays NaN.
    """
    if it.unit == "share":
        share = 1 / (1 + np.exp(-at))
        return np.clip((share * (base + 1) - 0.5) / base, 0, 1)
    return np.maximum(np.exp(at) - 0.5 / base, 0)


def countable(it: Indicator, events: Floats, base: Floats) -> NDArray[np.bool_]:
    """Where there are counts of something: not below none, nor a part that is above its whole."""
    there = (events >= 0) & (base > 0)
    return np.asarray(there & (events <= base) if it.unit == "share" else there)


def expected(it: Indicator, level: Floats | float, base: Floats) -> Floats:
    """Events expected at a level; of a share, of whichever of the two sides has fewer."""
    made: Floats = base * (
        np.minimum(level, 1 - np.asarray(level)) if it.unit == "share" else level
    )
    return made
