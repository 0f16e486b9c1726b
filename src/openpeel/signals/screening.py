"""Many series at once: XmR limits and rules and a two-sided CUSUM in one compiled pass.

For hundreds of thousands of series, of which few will be looked at. What it gives is exactly what
`xmr` and `cusum` give, without the arrays in between: rows are worked through in chunks, on all
cores. p-values are made for each series' last point only, which is where false discovery is
controlled when a month comes in; for every time at once there is `non_restarting`.

===========================  ======================================================================
what comes in                what comes out
===========================  ======================================================================
NaN                          a gap: `Rule.GAP`, no CUSUM signal; p NaN where the last point is one
no two neighbours in the     `Rule.NO_LIMITS` as in `xmr`; width NaN, no CUSUM signal, p NaN
baseline
under 12 points behind       p NaN
limits
constant, or all 0           limits equal the mean, nothing signals, p NaN
infinite or not numbers      `MethodError`
not (series, time)           `MethodError`
===========================  ======================================================================
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.cusum import p_values
from openpeel.signals.xmr import MDC, SHORT, Convention, XmR

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

ROWS = 1024
"""Rows worked through at a time by one core: those of ten years of months fit its cache."""


@dataclass(frozen=True)
class Screening:
    """What a screening found.

    Of shape (series,): `mean` and `width`, the distance from mean to limit, in the values' unit;
    `points` behind them; `p_up`, `p_down` and `p` of the non-restarting CUSUM at the last point in
    time. Of shape (series, time): `rule`, `Rule` codes as in `XmR`, and `cusum`, the signals of the
    restarting CUSUM, +1, -1 or 0.
    """

    convention: Convention
    k: float
    h: float
    bound: float
    mean: Floats
    width: Floats
    points: NDArray[np.int32]
    rule: Codes
    cusum: Codes
    p_up: Floats
    p_down: Floats
    p: Floats


def standardised(chart: XmR) -> Floats:
    """A chart's values as z for `cusum`: (y - mean) over a standard deviation from its limits.

    That is the width over `half_width`. NaN where there are no limits, or where they equal the
    mean. The shape is the chart's.
    """
    spread = (chart.upper - chart.mean) / half_width(chart.convention)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, (chart.values - chart.mean) / spread, np.nan)


def half_width(convention: Convention) -> float:
    """The limits' distance from the mean, in standard deviations, of long normal baselines.

    A moving range is |D|, D normal of variance 2, with mean d2 = 2 / sqrt(pi). Screening keeps
    |D| < c = `screen_at` d2; with a = c / sqrt(2) the mean of these is
    2 sqrt(2) (phi(0) - phi(a)) / (2 Phi(a) - 1). 2.93 under MDC, whose screening draws limits in.
    """
    from scipy.special import ndtr

    mean_range = 2 / np.sqrt(np.pi)
    if convention.screen:
        a = convention.screen_at * mean_range / np.sqrt(2)
        density = (1 - np.exp(-(a**2) / 2)) / np.sqrt(2 * np.pi)
        mean_range = 2 * np.sqrt(2) * density / (2 * ndtr(a) - 1)
    return float(convention.constant * mean_range)


def screen(
    values: ArrayLike,
    *,
    k: float = 0.5,
    h: float = 5.0,
    bound: float = 15.0,
    convention: Convention = MDC,
    baseline: int | None = None,
) -> Screening:
    """Screen values of shape (series, time), in order of time, NaN for a gap.

    Equal to `chart = xmr(values, convention=convention, baseline=baseline)` for `rule`, to
    `cusum(standardised(chart), k=k, h=h).signal` for `cusum` and to
    `non_restarting(standardised(chart), k=k, bound=bound)` at the last time for p; with a
    `baseline`, p allows for the points behind the limits. Values of any number type are turned to
    floats a chunk of rows at a time. Series that people rebased belong in `xmr`. p-values are for
    independent points in control: those of raw seasonal series are too small; screen the residuals
    of `season`. Raises `MethodError`.
    """
    # Numba takes half a second to import: only a screening pays it.
    from openpeel.signals.kernel import screen_rows

    given = np.asarray(values)
    if given.ndim != 2 or given.shape[1] == 0 or given.dtype.kind not in "iuf":
        raise MethodError("A screening needs numbers of shape (series, time), with NaN for a gap.")
    if not (0 < k < np.inf and 0 < h < np.inf and 0 < bound < np.inf):
        raise MethodError(f"A CUSUM needs k, h and bound above 0: {k}, {h}, {bound}.")
    if baseline is not None and baseline < 2:
        raise MethodError(f"A baseline of {baseline} points gives no limits; give at least 2.")

    series, times = given.shape
    mean, width, up, down = (np.empty(series) for _ in range(4))
    points = np.empty(series, dtype=np.int32)
    rule, signal = (np.empty(given.shape, dtype=np.int8) for _ in range(2))
    half = half_width(convention)
    until = times if baseline is None else min(baseline, times)

    def work(first: int) -> int:
        rows = slice(first, first + ROWS)
        infinite = screen_rows(
            np.ascontiguousarray(given[rows], dtype=np.float64),
            until,
            float(convention.constant),
            float(convention.screen_at) if convention.screen else np.inf,
            convention.trend_points,
            convention.shift_points,
            half,
            float(k),
            float(h),
            float(bound),
            mean[rows],
            width[rows],
            points[rows],
            rule[rows],
            signal[rows],
            up[rows],
            down[rows],
        )
        return first + int(infinite) if infinite >= 0 else -1

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        bad = max(pool.map(work, range(0, series, ROWS)), default=-1)
    if bad >= 0:
        raise MethodError(f"Screening: series {bad} has an infinite value; give NaN for a gap.")

    up[points < SHORT] = down[points < SHORT] = np.nan
    behind = None if baseline is None else np.maximum(points, SHORT)
    p_up, p_down = (p_values(s[:, None], k, bound, behind)[:, 0] for s in (up, down))
    p = np.minimum(1.0, 2 * np.minimum(p_up, p_down))
    return Screening(convention, k, h, bound, mean, width, points, rule, signal, p_up, p_down, p)
