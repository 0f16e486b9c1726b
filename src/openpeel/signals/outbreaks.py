"""Outbreak limits for counts: is this week or month above what the same season of past years bears?

For each point, the counts within `half_window` of the same time in each of `years` years before it
are fitted by a quasi-Poisson regression, log mu = a + b t, in these steps (Farrington, Andrews,
Beale and Catchpole 1996, Journal of the Royal Statistical Society A 159:547; as in
`algo.farrington` of R's surveillance):

1. Fit, with dispersion phi = Pearson's chi-squared / degrees of freedom, at least 1.
2. Take past outbreaks down: with Anscombe residuals s = 3/2 (y^(2/3) mu^(-1/6) - mu^(1/2)) /
   sqrt(phi (1 - h)), h the leverage, weights are proportional to s^-2 where s > 1, to 1 elsewhere,
   and add up to the number of counts. Fit again.
3. Leave the trend out unless it differs from 0 at 5 % (t test), there are at least 3 years, and the
   expected count is no more than the largest past one; then steps 1 and 2 again without it.
4. With tau = phi + var(mu) / mu, the upper limit is
   (mu^(2/3) + z 2/3 mu^(1/6) sqrt(tau))^(3/2), z the normal quantile of 1 - alpha / 2.

A point alarms where it lies above its upper limit and the last points, itself one of them, hold
enough events. `alpha` is thus two-sided: 0.01 lets about 1 in 200 usual points alarm.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN                             a gap: no past count, no alarm, nothing for "enough"
a point with under 3 past       limits NaN, no alarm
counts
past counts all 0               expected 0 and limit 0, which the formula tends to
infinite, a negative count      `MethodError`
==============================  ===================================================================
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.packed import at_least, numbers

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]

FEWEST_PAST = 3
"""No limit is set from fewer past counts."""
MOST_STEPS = 60
SETTLED = 1e-12
"""A regression has settled when its deviance moves by no more than this share of itself."""


@dataclass(frozen=True)
class Outbreaks:
    """Limits for each point: arrays of the counts' shape; NaN where there is no limit.

    `expected` and `upper` are counts, `dispersion` is phi, `p` the one-sided probability of so high
    a count (normal on the 2/3 power scale), `trend` whether a trend was kept, `past` how many past
    counts the limit rests on, `alarm` whether the count is above it with enough events.
    """

    expected: Floats
    upper: Floats
    dispersion: Floats
    p: Floats
    trend: Bools
    past: Places
    alarm: Bools


def outbreak_limits(
    counts: ArrayLike,
    *,
    period: int,
    first: int | None = None,
    years: int = 3,
    half_window: int = 3,
    alpha: float = 0.05,
    reweight: bool = True,
    trend: bool = True,
    enough: tuple[int, int] = (5, 4),
) -> Outbreaks:
    """Farrington limits for every point of each series from place `first` on.

    `counts`: (time,) or (series, time), NaN for a gap. `period`: points in a year (12, 52).
    `first`: the first place judged, by default the first with all its years; an earlier one uses
    the past counts there are. `enough` = (events, points): no alarm unless the last so many points
    hold so many events. `half_window` must be below half the period.

    Equations, source and defined behaviour are in the module's docstring. Raises `MethodError`.
    """
    from scipy.special import ndtr, ndtri, stdtrit

    at_least("period", period, 2)
    at_least("years", years, 1)
    at_least("half_window", half_window, 0)
    if 2 * half_window >= period or not 0 < alpha < 1 or min(enough) < 0 or enough[1] < 1:
        raise MethodError(
            "Outbreak limits need a window below half the period, alpha between 0 and 1, and for "
            "`enough` 0 or more events and 1 or more points."
        )
    y, _ = numbers(counts, None, poisson=True)
    start = period * years + half_window if first is None else first
    at_least("first", start, 0)
    most = years * (2 * half_window + 1)
    with np.errstate(invalid="ignore"):
        t_limits = stdtrit(np.maximum(np.arange(most + 1) - 2.0, 0.5), 0.975)
    expected, variance, dispersion, kept, past = _limits(
        y, start, period, years, half_window, reweight, trend, t_limits
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = dispersion + np.where(expected > 0, variance / expected, 0)
        error = 2 / 3 * expected ** (1 / 6) * np.sqrt(tau)
        middle = expected ** (2 / 3)
        upper = (middle + ndtri(1 - alpha / 2) * error) ** 1.5
        above = np.where(error > 0, (y ** (2 / 3) - middle) / error, np.where(y > 0, np.inf, 0.0))
    p = np.where(np.isnan(expected) | np.isnan(y), np.nan, ndtr(-above))
    recent = np.cumsum(np.nan_to_num(y), axis=1)
    recent[:, enough[1] :] -= recent[:, : -enough[1]].copy()
    alarm = (y > upper) & (recent >= enough[0])
    shape = np.shape(counts)
    return Outbreaks(
        expected.reshape(shape),
        upper.reshape(shape),
        dispersion.reshape(shape),
        p.reshape(shape),
        kept.reshape(shape),
        past.reshape(shape),
        alarm.reshape(shape),
    )


def rossi(counts: ArrayLike, expected: ArrayLike) -> Floats:
    """Poisson counts made nearly standard normal, as a CUSUM needs them.

    (x - 3 m + 2 sqrt(x m)) / (2 sqrt m) for `expected` m above 0, of a shape that fits; NaN passes.
    Rossi, Lampugnani and Marchi 1999, Statistics in Medicine 18:2111. Raises `MethodError`.
    """
    x, m = np.asarray(counts, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if np.any(x < 0) or np.any(m <= 0) or np.isinf(x).any() or np.isinf(m).any():
        raise MethodError("Rossi's transformation needs finite counts, and means above 0.")
    made: Floats = (x - 3 * m + 2 * np.sqrt(x * m)) / (2 * np.sqrt(m))
    return made


@njit(cache=True)
def _fit(
    y: Floats, t: Floats, weight: Floats, trend: bool, mu: Floats
) -> tuple[float, float, float, float, bool]:
    """A weighted Poisson regression on a constant and, if asked, on t, by Fisher's scoring.

    Fills `mu` with the fitted means; gives the slope, the inverse information (00, 01, 11), and
    whether it settled.
    """
    mu[:] = y + 0.1
    slope, i00, i01, i11 = 0.0, 0.0, 0.0, 0.0
    before = np.inf
    for _ in range(MOST_STEPS):
        a, b, c, d, e = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(len(y)):
            w = weight[i] * mu[i]
            z = np.log(mu[i]) + (y[i] - mu[i]) / mu[i]
            a += w
            b += w * t[i]
            c += w * t[i] * t[i]
            d += w * z
            e += w * t[i] * z
        determinant = a * c - b * b
        if not trend:
            i00 = 1 / a
        elif determinant > 1e-12 * a * c:
            i00, i01, i11 = c / determinant, -b / determinant, a / determinant
        else:
            return slope, i00, i01, i11, False
        constant, slope = i00 * d + i01 * e, i01 * d + i11 * e
        deviance = 0.0
        for i in range(len(y)):
            # A step too far would overflow; the next one comes back.
            mu[i] = np.exp(min(max(constant + slope * t[i], -30.0), 30.0))
            deviance -= 2 * weight[i] * (y[i] - mu[i])
            if y[i] > 0:
                deviance += 2 * weight[i] * y[i] * np.log(y[i] / mu[i])
        if abs(deviance - before) < SETTLED * (abs(deviance) + 0.1):
            return slope, i00, i01, i11, True
        before = deviance
    return slope, i00, i01, i11, False


@njit(cache=True)
def _model(
    y: Floats, t: Floats, reweight: bool, trend: bool
) -> tuple[float, float, float, float, float, bool]:
    """Steps 1 and 2: mean now, slope, inverse information (00, 11), raw dispersion, settled."""
    n = len(y)
    free = max(n - 1 - int(trend), 1)
    mu, weight = np.empty(n), np.ones(n)
    again = reweight
    while True:
        slope, i00, i01, i11, settled = _fit(y, t, weight, trend, mu)
        phi = 0.0
        for i in range(n):
            phi += weight[i] * (y[i] - mu[i]) ** 2 / mu[i] / free
        if not (again and settled):
            break
        again = False
        total = 0.0
        for i in range(n):
            leverage = mu[i] * (i00 + 2 * i01 * t[i] + i11 * t[i] * t[i])
            spread = max(phi, 1.0) * max(1 - leverage, 1e-12)
            s = 1.5 * (y[i] ** (2 / 3) * mu[i] ** (-1 / 6) - np.sqrt(mu[i])) / np.sqrt(spread)
            weight[i] = s**-2 if s > 1 else 1.0
            total += weight[i]
        for i in range(n):
            weight[i] *= n / total
    now = mu[n - 1] * np.exp(-slope * t[n - 1])
    return now, slope, i00, i11, phi, settled


@njit(cache=True)
def _limits(
    counts: Floats,
    start: int,
    period: int,
    years: int,
    half_window: int,
    reweight: bool,
    allow_trend: bool,
    t_limits: Floats,
) -> tuple[Floats, Floats, Floats, Bools, Places]:
    """Expected count, its variance, dispersion, trend and number of past counts for each point."""
    expected = np.full(counts.shape, np.nan)
    variance = np.full(counts.shape, np.nan)
    dispersion = np.full(counts.shape, np.nan)
    kept = np.zeros(counts.shape, dtype=np.bool_)
    past = np.zeros(counts.shape, dtype=np.int64)
    size = years * (2 * half_window + 1)
    values, times = np.empty(size), np.empty(size)
    for row in range(counts.shape[0]):
        for now in range(start, counts.shape[1]):
            n = 0
            for year in range(years, 0, -1):
                for at in range(
                    now - year * period - half_window, now - year * period + half_window + 1
                ):
                    if at >= 0 and not np.isnan(counts[row, at]):
                        values[n] = counts[row, at]
                        # Measured from now, in units of the whole past: now is t = 0.
                        times[n] = (at - now) / (years * period)
                        n += 1
            past[row, now] = n
            if n < FEWEST_PAST:
                continue
            y, t = values[:n], times[:n]
            largest = y.max()
            if largest == 0:
                expected[row, now], variance[row, now], dispersion[row, now] = 0.0, 0.0, 1.0
                continue
            trend = allow_trend and years >= 3
            if trend:
                centre, slope, i00, i11, phi, trend = _model(y, t, reweight, True)
                error = np.sqrt(phi * i11)
                trend = trend and abs(slope) > t_limits[n] * error and centre <= largest
            if not trend:
                centre, slope, i00, i11, phi, _ = _model(y, t, reweight, False)
            phi = max(phi, 1.0)
            expected[row, now], dispersion[row, now] = centre, phi
            variance[row, now] = phi * i00 * centre**2
            kept[row, now] = trend
    return expected, variance, dispersion, kept, past
