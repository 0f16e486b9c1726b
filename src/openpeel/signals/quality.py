"""Signals about the data, not the force: steps at known dates, sudden gaps.

Each asks whether a figure that moved says that the counting changed.

* `step_at`: at a date known beforehand (a definition, a system, a recording rule changed), is the
  step more than the series' own noise? With a season of s points the d[i] = y[at + i] - y[at - s +
  i] pair each of the s points from the date on with the one a season before, so any seasonal
  pattern cancels: t = mean(d) / (sd(d) / sqrt(pairs)), pairs - 1 degrees of freedom. Without one,
  the two-sample t of the points on either side, with pooled variance. Both are corrected for the
  memory phi of the series: neighbours correlate as phi, phi^2, … (`memory_of` measures it), so with
  C their covariance, c'y the step and y'Ay its sum of squares, t^2 is divided by
  c'Cc / (tr(AC) / degrees) over the same at phi = 0, and the degrees are tr(AC)^2 / tr(ACAC).
  Satterthwaite 1946, *Biometrics Bulletin* 2(6):110; Kendall 1954, *Biometrika* 41:403 (bias).
* `sudden_gaps`: a series that was published g times missing in n goes missing for L points in a
  row. Were gaps as likely as ever, with Jeffreys' prior the chance of that is
  B(g + 1/2 + L, n - g + 1/2) / B(g + 1/2, n - g + 1/2). Gelman and others, *Bayesian Data
  Analysis*, 3rd edition, 2.4 (predictive distribution of a beta posterior).

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN                             a gap: pairs and points with one are passed over
too short                       `step_at`: t and p NaN under 3 pairs, or under 2 points on a side or
                                5 in all; `sudden_gaps`: p is large, for little is known
all zero, constant              `step_at`: no step, t 0 and p 1
a step without any noise        t infinite, p 0
a series that had not begun     `sudden_gaps`: p NaN
infinite, no numbers            `MethodError`
a date outside the series       `MethodError`
==============================  ===================================================================
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.runs import starts
from openpeel.signals.series import series_of

Floats = NDArray[np.float64]

FEWEST_PAIRS = 3


@dataclass(frozen=True)
class Step:
    """Steps of many series, each array of shape (series,), or () for one.

    `before` and `after` are the means compared, `change` their difference, in the values' unit; `t`
    and `degrees` are of Student's t, `p` two-sided.
    """

    before: Floats
    after: Floats
    change: Floats
    t: Floats
    degrees: Floats
    p: Floats


def step_at(
    values: ArrayLike, at: ArrayLike, *, memory: float, season: int | None = 12, window: int = 12
) -> Step:
    """The step at position `at`, the first point under the new rule, one or one for each series.

    `values` are (time,) or (series, time), NaN for a gap. With a `season` (12 for months, 4 for
    quarters) the points from `at` on, at most a season of them, are compared with those a season
    before; with None, `window` points on each side. Take logarithms first where steps multiply.

    `memory`, -1 to 1, is the correlation of neighbours, season apart. It has no default since 0 is
    seldom true of police data and false steps abound where it is taken to be. Equations and defined
    behaviour are in the module's docstring. Raises `MethodError`.
    """
    given = series_of(values, "A step")
    y = np.atleast_2d(given)
    reach = window if season is None else season
    if reach < 1:
        raise MethodError(f"A season or window has at least 1 point; got {reach}.")
    if not -1 < memory < 1:
        raise MethodError(f"A memory lies between -1 and 1; got {memory}.")
    place = np.asarray(at)
    if not np.issubdtype(place.dtype, np.integer) or place.shape not in ((), given.shape[:-1]):
        raise MethodError("The date of a step is a position, one or one for each series.")
    if np.any((place < 1) | (place >= y.shape[1])):
        raise MethodError(
            f"The date of a step must lie from 1 to {y.shape[1] - 1}; got {place.tolist()}."
        )
    offset = np.arange(reach)
    first = np.broadcast_to(place, y.shape[:1])[:, None]
    old, new = _taken(y, first - reach + offset), _taken(y, first + offset)
    with np.errstate(divide="ignore", invalid="ignore"):
        if season is None:
            before, n_old, squares_old = _mean(old)
            after, n_new, squares_new = _mean(new)
            change, degrees = after - before, n_old + n_new - 2
            enough = (n_old >= 2) & (n_new >= 2) & (degrees >= FEWEST_PAIRS)
            error = np.sqrt((squares_old + squares_new) / degrees * (1 / n_old + 1 / n_new))
        else:
            both = ~np.isnan(old) & ~np.isnan(new)
            before, after = (_mean(np.where(both, a, np.nan))[0] for a in (old, new))
            change, pairs, squares = _mean(new - old)
            degrees = pairs - 1
            enough = pairs >= FEWEST_PAIRS
            error = np.sqrt(squares / degrees / pairs)
        inflation, kept = _remembered(reach, memory, paired=season is not None)
        degrees = degrees * kept
        t = np.where(change == 0, 0.0, change / (error * np.sqrt(inflation)))
        t = np.where(enough, t, np.nan)
    from scipy.special import stdtr

    p = 2 * stdtr(np.where(enough, degrees, 1.0), -np.abs(t))
    shape = given.shape[:-1]
    return Step(*(np.reshape(a, shape) for a in (before, after, change, t, degrees, p)))


def memory_of(values: ArrayLike, *, season: int | None = 12) -> float:
    """The correlation of neighbours in (time,) or (series, time), one for all series, 0 to 0.95.

    Of the differences from a season before (from the series' mean with None), about each series'
    mean, numerators and denominators summed over series, with Kendall's correction for its bias,
    (1 + 3 phi) / n. Shifts raise it, which makes tests that use it shyer. Below 0 it is 0; with
    nothing to measure it by, 0. Raises `MethodError`.
    """
    y = np.atleast_2d(series_of(values, "A memory"))
    d = y if season is None else y[:, season:] - y[:, :-season]
    if d.shape[1] < 2:
        return 0.0
    mean, n, squares = _mean(d)
    d = np.asarray(d - mean[:, None])
    if not np.nansum(squares) > 0:
        return 0.0
    products = d[:, 1:] * d[:, :-1]
    phi = np.nansum(products) / np.nansum(squares)
    phi += (1 + 3 * phi) / n[n > 0].mean()
    return float(np.clip(phi, 0, 0.95))


def _remembered(reach: int, memory: float, *, paired: bool) -> tuple[float, float]:
    """What memory multiplies the step's variance by, and the share of the degrees it leaves."""
    place = np.arange(2 * reach)
    c: Floats = memory ** np.abs(place[:, None] - place)
    a: Floats = np.eye(reach) - 1 / reach
    contrast: Floats = np.full(reach, 1 / reach)
    degrees = reach - 1
    if paired:
        c = c[reach:, reach:] + c[:reach, :reach] - c[reach:, :reach] - c[:reach, reach:]
    else:
        a = np.kron(np.eye(2), a).astype(np.float64)
        contrast = np.concatenate([-contrast, contrast])
        degrees *= 2
    if degrees == 0:
        return 1.0, 1.0
    within = a @ c
    trace = float(np.trace(within))
    inflation = float(contrast @ c @ contrast) * degrees / trace / float(contrast @ contrast)
    return inflation, trace**2 / float(np.trace(within @ within)) / degrees


def _taken(y: Floats, index: NDArray[np.intp]) -> Floats:
    """The values at positions of each series, NaN outside it."""
    inside = (index >= 0) & (index < y.shape[1])
    return np.where(inside, np.take_along_axis(y, np.where(inside, index, 0), axis=1), np.nan)


def _mean(a: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean of each row without gaps, how many, and the sum of squares about it."""
    seen = ~np.isnan(a)
    n = seen.sum(axis=1).astype(np.float64)
    # From the least value, so that a constant row has exactly its value as mean.
    least = np.min(a, axis=1, where=seen, initial=np.inf)
    least = np.where(n > 0, least, np.nan)
    mean = least + np.sum(a - least[:, None], axis=1, where=seen) / np.maximum(n, 1)
    return mean, n, np.sum((a - mean[:, None]) ** 2, axis=1, where=seen)


@dataclass(frozen=True)
class Gaps:
    """Gaps in the shape of the values: `length` counts the points missing in a row up to here.

    `p` is the chance of so long a gap were gaps as likely as before it; NaN at no gap.
    """

    length: NDArray[np.intp]
    p: Floats


def sudden_gaps(values: ArrayLike) -> Gaps:
    """How surprising each gap is, given the series up to it; (time,) or (series, time).

    What counts as before is from the first published point on. A gap at the very next point has
    p = 0.02 after 24 published without one, and 0.001 when it lasts a second. Many series missing
    at once are one event, and each still has its own p. Raises `MethodError`.
    """
    from scipy.special import betaln

    given = series_of(values, "A search for gaps")
    missing = np.isnan(np.atleast_2d(given))
    on = np.zeros(missing.shape, dtype=np.bool_)
    on[:, 1:] = missing[:, 1:] & missing[:, :-1]
    start = starts(on)
    length = np.where(missing, np.arange(missing.shape[1]) - start + 1, 0)
    seen = np.maximum.accumulate(~missing, axis=1)
    # What had happened when the gap began.
    gaps, points = (
        np.take_along_axis(np.cumsum(a, axis=1) - a, start, axis=1)
        for a in ((missing & seen).astype(np.int64), seen.astype(np.int64))
    )
    a, b = gaps + 0.5, points - gaps + 0.5
    p = np.exp(betaln(a + length, b) - betaln(a, b))
    p = np.where(missing & seen, p, np.nan)
    return Gaps(length.reshape(given.shape), p.reshape(given.shape))
