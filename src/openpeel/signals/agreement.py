"""Agreement and association of ordinal grades: weighted kappa, gamma, AUC, bootstrap intervals.

They say how far signals went with grades that people gave afterwards, or two people with each
other. None of them predicts a grade.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A statistic and its bootstrap interval; NaN where it is not defined.

    `resamples` is how many of the resamples gave a value: the interval rests on those.
    """

    value: float
    lower: float
    upper: float
    resamples: int


def weighted_kappa(first: ArrayLike, second: ArrayLike, levels: int, power: int = 1) -> float:
    """Agreement of two gradings beyond chance, disagreement weighing |i − j|^power.

    `first`, `second`: grades as whole numbers from 0 to levels − 1, of equal length.
    κ = 1 − Σ w·o / Σ w·e, o being the observed and e the expected shares under the two marginals
    (Cohen 1968, Psychological Bulletin 70:213). 1 is full agreement, 0 that of chance. NaN where
    the expected disagreement is 0 (both give one and the same grade to all), and for no pairs.
    Raises MethodError for grades outside the scale and for unequal lengths.
    """
    a, b = _grades(first, levels), _grades(second, levels)
    if len(a) != len(b):
        raise MethodError("Agreement needs two gradings of the same things.")
    if not len(a):
        return np.nan
    observed = np.zeros((levels, levels))
    np.add.at(observed, (a, b), 1 / len(a))
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0))
    apart = np.abs(np.subtract.outer(np.arange(levels), np.arange(levels))) ** float(power)
    chance = float((apart * expected).sum())
    return 1 - float((apart * observed).sum()) / chance if chance > 0 else np.nan


def gamma(scores: ArrayLike, grades: ArrayLike) -> float:
    """Goodman and Kruskal's γ: of the pairs that differ in both, the share in order less the rest.

    (C − D) / (C + D), from −1 to 1; NaN where no pair differs in both (Goodman and Kruskal 1954,
    JASA 49:732). Raises MethodError for non-finite values and unequal lengths.
    """
    x, y = _numbers(scores), _numbers(grades)
    if len(x) != len(y):
        raise MethodError("Association needs a score for each grade.")
    order = np.sign(np.subtract.outer(x, x)) * np.sign(np.subtract.outer(y, y))
    pairs = float(np.abs(order).sum())
    return float(order.sum()) / pairs if pairs else np.nan


def auc(scores: ArrayLike, event: ArrayLike) -> float:
    """The chance that a unit with the event scores above one without, ties counting half.

    Mann and Whitney's U over the number of pairs (Hanley and McNeil 1982, Radiology 143:29). NaN
    where all have the event, or none. Raises MethodError as `gamma` does.
    """
    x, there = _numbers(scores), np.asarray(event, bool)
    if len(x) != len(there):
        raise MethodError("An AUC needs an event for each score.")
    with_it, without = x[there], x[~there]
    if not len(with_it) or not len(without):
        return np.nan
    return float((np.sign(np.subtract.outer(with_it, without)).mean() + 1) / 2)


def bootstrap(
    statistic: Callable[[NDArray[np.intp]], float],
    units: int,
    resamples: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The percentile interval of a statistic over resamples of whole units (Efron 1979).

    `statistic` takes the numbers of the units drawn, from 0 to units − 1, with repeats. Resamples
    in which it is not defined are left out and counted. Units should be what is independent: of
    several figures of one force, the force.
    """
    if units < 1 or resamples < 1 or not 0 < confidence < 1:
        raise MethodError("A bootstrap needs units, resamples, and a confidence within 0 and 1.")
    draw = np.random.default_rng(seed)
    value = statistic(np.arange(units))
    drawn = np.array([statistic(row) for row in draw.integers(0, units, (resamples, units))])
    sound = drawn[np.isfinite(drawn)]
    if not len(sound):
        return Interval(value, np.nan, np.nan, 0)
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(sound, [tail, 1 - tail])
    return Interval(value, float(lower), float(upper), len(sound))


def _grades(values: ArrayLike, levels: int) -> NDArray[np.intp]:
    made = np.asarray(values)
    whole = made.size == 0 or (np.issubdtype(made.dtype, np.integer) and made.min() >= 0)
    if made.ndim != 1 or not whole or (made.size and made.max() >= levels):
        raise MethodError(f"Grades are whole numbers from 0 to {levels - 1}.")
    return made.astype(np.intp)


def _numbers(values: ArrayLike) -> Floats:
    made = np.asarray(values, float)
    if made.ndim != 1 or not np.isfinite(made).all():
        raise MethodError("Scores and grades must be finite numbers in one row.")
    return made
