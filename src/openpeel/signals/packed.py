"""Series with their gaps taken out, as running sums, and what every search over them needs."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.series import series_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]
Family = Literal["gaussian", "poisson"]

CHUNK = 20_000
"""Series handled at once: what bounds memory."""
LEAST_GAIN = 1e-6
"""A gain of less, in units of its scale, is rounding."""
LEAST_NOISE = 1e-12
"""Noise is taken to be at least this share of all variation, so that nothing is divided by 0."""


@dataclass(frozen=True)
class Packed:
    """Series with their gaps taken out.

    `values` and `exposure` (series, time) start with the `count` observed points of each series and
    end in zeros; `place` is where each stood; `sums` and `weights` (series, time + 1) run.
    """

    values: Floats
    exposure: Floats
    place: Places
    count: Places
    sums: Floats
    weights: Floats

    def levels(self, start: Places, end: Places) -> tuple[Floats, Floats]:
        """The levels (series,) from point `start` until before `end`, and of all other points.

        NaN where there are no such points.
        """
        row = np.arange(len(self.count))
        s, w, n = self.sums, self.weights, self.count
        total, weight = s[row, end] - s[row, start], w[row, end] - w[row, start]
        with np.errstate(divide="ignore", invalid="ignore"):
            return total / weight, (s[row, n] - total) / (w[row, n] - weight)

    def earliest(self, point: Places) -> Places:
        """The first place in time at which a change between points could have happened."""
        row = np.arange(len(self.count))
        return np.where(point > 0, self.place[row, np.maximum(point - 1, 0)] + 1, 0)

    def at(self, point: Places) -> Places:
        """The place in time of each series' point."""
        row = np.arange(len(self.count))
        made: Places = self.place[row, np.minimum(point, self.place.shape[1] - 1)]
        return made


def numbers(values: ArrayLike, exposure: ArrayLike | None, poisson: bool) -> tuple[Floats, Floats]:
    """Values and exposures as (series, time); a gap in either is a gap in both.

    Raises `MethodError` for other shapes, infinite numbers, an exposure below 0, a value where the
    exposure is 0, and for Poisson a count below 0. A count of 0 at no exposure is a gap.
    """
    y = np.atleast_2d(series_of(values, "A search of series")).copy()
    try:
        weight = np.asarray(1.0 if exposure is None else exposure, dtype=np.float64)
        e = np.broadcast_to(weight, y.shape).copy()
    except (TypeError, ValueError) as error:
        raise MethodError(f"Exposures do not fit values of shape {y.shape}: {error}.") from error
    _refuse(np.isinf(e), "has an infinite exposure; give NaN where there is none")
    _refuse(e < 0, "has an exposure below 0")
    _refuse((e == 0) & (y != 0) & ~np.isnan(y), "has a value but an exposure of 0")
    if poisson:
        _refuse(y < 0, "is a count below 0")
    gap = np.isnan(y) | np.isnan(e) | (e == 0)
    y[gap] = np.nan
    return y, e


def pack(y: Floats, e: Floats) -> Packed:
    """Take the gaps out of series that `numbers` has passed."""
    gap = np.isnan(y)
    values, exposure, place = y, e, np.tile(np.arange(y.shape[1]), (len(y), 1))
    if gap.any():
        place = np.argsort(gap, axis=1, kind="stable").astype(np.int64)
        values, exposure = (
            np.take_along_axis(np.where(gap, 0.0, x), place, axis=1) for x in (y, e)
        )
    none = np.zeros((len(y), 1))
    return Packed(
        values,
        exposure,
        place,
        (~gap).sum(axis=1).astype(np.int64),
        np.concatenate([none, np.cumsum(values, axis=1)], axis=1),
        np.concatenate([none, np.cumsum(exposure, axis=1)], axis=1),
    )


def _refuse(wrong: Bools, what: str) -> None:
    """Raise for the first point that is wrong."""
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise MethodError(f"The point at {where} (series, time) {what}.")


def centred(y: Floats, e: Floats, poisson: bool) -> tuple[Floats, Floats]:
    """What a search sums: counts, or weighted values less their series' mean; and that mean."""
    if poisson:
        return y, np.zeros(len(y))
    there = ~np.isnan(y)
    some = there.any(axis=1)
    # Counted from the least value, a constant series is exactly its mean.
    least = np.where(some, np.min(y, axis=1, where=there, initial=np.inf), 0.0)
    above = y - least[:, None]
    weight = np.where(some, np.sum(e, axis=1, where=there), 1.0)
    middle = np.sum(above * e, axis=1, where=there) / weight
    return (above - middle[:, None]) * e, least + middle


def residual_scale(
    series: Packed, fitted: Floats, levels: int, poisson: bool, least: float = 1.0
) -> Floats:
    """Variance or dispersion (series,) about `fitted` (series, time), `levels` of them free.

    Gaussian: sum e (y - fitted)^2 / (points - levels), and at least `LEAST_NOISE` of the same sum
    about 0, which is the series' mean. Poisson: sum (y - e fitted)^2 / (e fitted) / (points -
    levels), and at least `least`. NaN where no degrees of freedom are left.
    """
    there = np.arange(series.values.shape[1]) < series.count[:, None]
    e = np.where(there, series.exposure, 1.0)
    rate = series.values / e
    free = series.count - levels
    free = np.where(free > 0, free, np.nan)
    if poisson:
        # A level of 0 has only counts of 0, which do not vary about it.
        about = np.where(fitted > 0, fitted, 1.0)
        pearson = np.sum(e * (rate - fitted) ** 2 / about, axis=1, where=there)
        dispersion: Floats = np.maximum(pearson / free, least)
        return dispersion
    left = np.sum(e * (rate - fitted) ** 2, axis=1, where=there)
    whole = np.sum(e * rate**2, axis=1, where=there)
    variance: Floats = np.maximum(left, LEAST_NOISE * whole) / free
    return variance


def is_poisson(family: Family) -> bool:
    """Whether the family is "poisson"; refuses what is neither it nor "gaussian"."""
    if family not in ("gaussian", "poisson"):
        raise MethodError(f"The family is 'gaussian' or 'poisson'; got {family!r}.")
    return family == "poisson"


def known_scale(scale: ArrayLike | None, rows: int) -> Floats | None:
    """A given variance or dispersion for each series, or None."""
    if scale is None:
        return None
    given = np.asarray(scale, dtype=np.float64)
    if given.shape not in ((), (rows,)) or not np.all((given > 0) & np.isfinite(given)):
        raise MethodError(
            "A scale (variance or dispersion) is above 0, one or one for each series."
        )
    return np.broadcast_to(given, (rows,))


def profile_width(confidence: float) -> float:
    """How much gain over scale a date may cost and stay in its interval; 7.35 at 0.95.

    The likelihood ratio of a change's date tends to twice the greater of two independent
    exponentials, so P(ratio <= x) = (1 - exp(-x / 2))^2 (Hansen 2000, Econometrica 68:575).
    """
    if not 0 < confidence < 1:
        raise MethodError(f"A confidence lies between 0 and 1; got {confidence}.")
    return float(-2 * np.log(1 - np.sqrt(confidence)))


def chunks(rows: int) -> list[slice]:
    """The rows in slices of at most `CHUNK`."""
    return [slice(at, at + CHUNK) for at in range(0, max(rows, 1), CHUNK)]


def at_least(name: str, value: float, smallest: float) -> None:
    """Refuse an argument below its smallest value."""
    if not value >= smallest:
        raise MethodError(f"{name} must be at least {smallest}; got {value}.")
