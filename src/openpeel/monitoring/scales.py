"""Counts on the scale on which they are near normal, with their variance by chance."""

import numpy as np
from numpy.typing import NDArray

from openpeel.indicators import Indicator

Floats = NDArray[np.float64]


def scaled(it: Indicator, events: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Logits of a share, logarithms of all else, with their variances; NaN stays NaN.

    Half an event is added, so that none has a scale too: Cox and Snell 1989, *Analysis of Binary
    Data*, 2.1.6. The variance is that of a force like the others, at their median: were it by its
    own events, few would make it large and hide that they are few, and many the other way round.
    """
    there = np.isfinite(events) & np.isfinite(base)
    level = np.median(events[there] / base[there]) if there.any() else np.nan
    if not level > 0:
        level = events[there].sum() / base[there].sum() if there.any() else np.nan
    with np.errstate(divide="ignore"):
        if it.unit == "share":
            rest = base - events
            variance = 1 / (base * level + 0.5) + 1 / (base * (1 - level) + 0.5)
            return np.log((events + 0.5) / (rest + 0.5)), variance
        return np.log((events + 0.5) / base), 1 / (base * level + 0.5)


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
