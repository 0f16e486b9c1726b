"""The compiled pass behind `screening.screen`; nothing else imports it, for it imports Numba.

Sums run in the order in which `xmr` runs them, so that results are equal to the last bit.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

# `Rule` codes of `xmr`, which compiled code takes as plain numbers.
NO_LIMITS, GAP, COMMON, ABOVE, BELOW, TREND_UP, TREND_DOWN = -2, -1, 0, 1, 2, 3, 4
TWO_ABOVE, TWO_BELOW, SHIFT_ABOVE, SHIFT_BELOW = 5, 6, 7, 8

# Marks of one point, as bits.
RISES, FALLS, NEAR, TRIPLE, SHIFTED = 1, 2, 4, 8, 16


@njit(cache=True, nogil=True, error_model="numpy")
def screen_rows(
    y: Floats,
    until: int,
    constant: float,
    screen_at: float,
    trend: int,
    shift: int,
    half: float,
    k: float,
    h: float,
    bound: float,
    mean: Floats,
    width: Floats,
    points: NDArray[np.int32],
    rule: Codes,
    signal: Codes,
    up: Floats,
    down: Floats,
) -> int:
    """Fill the arrays from `mean` on, row by row; the number of a row with an infinity, or -1."""
    marks, z = np.zeros(y.shape[1], dtype=np.int8), np.empty(y.shape[1])
    for i in range(y.shape[0]):
        row = y[i]
        infinite = False
        for value in row:
            infinite |= np.isinf(value)
        if infinite:
            return i
        mean[i], width[i], points[i] = limits(row, until, constant, screen_at)
        mark(row, mean[i], width[i], trend, shift, marks)
        name(row, mean[i], width[i], marks, rule[i])
        # Through the limit and back, as who has the chart alone must do, to the same last bit.
        spread = ((mean[i] + width[i]) - mean[i]) / half
        up[i], down[i] = add_up(row, mean[i], spread, k, h, bound, z, signal[i])
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def limits(row: Floats, until: int, constant: float, screen_at: float) -> tuple[float, float, int]:
    """Mean, distance from mean to limit, and points behind them, of the first `until` positions."""
    least, count = np.inf, 0
    for t in range(until):
        if not np.isnan(row[t]):
            count += 1
            least = min(least, row[t])
    above, ranges, pairs = 0.0, 0.0, 0
    for t in range(until):
        if not np.isnan(row[t]):
            above += row[t] - least
            if t > 0 and not np.isnan(row[t - 1]):
                ranges += abs(row[t] - row[t - 1])
                pairs += 1
    if count == 0:
        return np.nan, np.nan, 0
    mean_range = ranges / pairs
    if screen_at < np.inf and mean_range > 0:
        cut, ranges, pairs = screen_at * mean_range, 0.0, 0
        for t in range(1, until):
            step = abs(row[t] - row[t - 1])
            if step < cut:
                ranges += step
                pairs += 1
        mean_range = ranges / pairs
    return least + above / count, constant * mean_range, count


@njit(cache=True, nogil=True, error_model="numpy")
def mark(row: Floats, mean: float, width: float, trend: int, shift: int, marks: Codes) -> None:
    """Mark the points of each trend, shift and triple, and those between near limit and limit."""
    upper, lower = mean + width, mean - width
    near_upper, near_lower = mean + width * (2 / 3), mean - width * (2 / 3)
    # Points, this one included, that the run up, down or on one side has by now.
    rising = falling = staying = 1
    before, last_side, near_1, near_2 = np.nan, 0, 0, 0
    for t in range(len(row)):
        now = row[t]
        side = int(now > mean) - int(now < mean)
        near = (int(now > near_upper) & int(not now > upper)) | (
            int(now < near_lower) & int(not now < lower)
        )
        marks[t] = NEAR * near
        rising = rising + 1 if now > before else 1
        falling = falling + 1 if now < before else 1
        staying = staying + 1 if side == last_side and side != 0 else 1
        if max(rising, falling) >= trend:
            extend(marks, t, max(rising, falling), trend, RISES if rising > falling else FALLS)
        if staying >= shift:
            extend(marks, t, staying, shift, SHIFTED)
        if int(staying >= 3) & int(near + near_1 + near_2 >= 2):
            for s in range(t - 2, t + 1):
                marks[s] |= TRIPLE
        before, last_side, near_1, near_2 = now, side, near, near_1


@njit(cache=True, nogil=True)
def extend(marks: Codes, t: int, points: int, least: int, bit: int) -> None:
    """Mark this point of a run, and those before it when the run has just become long enough."""
    start = t - least + 1 if points == least else t
    for s in range(start, t + 1):
        marks[s] |= bit


@njit(cache=True, nogil=True)
def name(row: Floats, mean: float, width: float, marks: Codes, rule: Codes) -> None:
    """The first rule that holds at each point, in the order of `Rule`."""
    upper, lower = mean + width, mean - width
    for t in range(len(row)):
        now, has = row[t], marks[t]
        if has == 0 and lower <= now <= upper:
            rule[t] = COMMON
            continue
        rises, falls = (has & RISES) != 0, (has & FALLS) != 0
        turns_down = rises and falls and (t + 1 == len(row) or row[t + 1] < now)
        if np.isnan(now):
            rule[t] = GAP
        elif now > upper:
            rule[t] = ABOVE
        elif now < lower:
            rule[t] = BELOW
        elif rises and not turns_down:
            rule[t] = TREND_UP
        elif falls:
            rule[t] = TREND_DOWN
        elif (has & NEAR) and (has & TRIPLE):
            rule[t] = TWO_ABOVE if now > mean else TWO_BELOW
        elif has & SHIFTED:
            rule[t] = SHIFT_ABOVE if now > mean else SHIFT_BELOW
        else:
            rule[t] = NO_LIMITS if np.isnan(width) else COMMON


@njit(cache=True, nogil=True, error_model="numpy")
def add_up(
    row: Floats,
    mean: float,
    spread: float,
    k: float,
    h: float,
    bound: float,
    z: Floats,
    signal: Codes,
) -> tuple[float, float]:
    """Mark the restarting CUSUM's signals; the non-restarting sums at the end (NaN at a gap).

    `z` is room for the standardised points: in a loop of their own they are divided side by side.
    """
    signal[:] = 0
    if not spread > 0:
        return np.nan, np.nan
    for t in range(len(row)):
        z[t] = (row[t] - mean) / spread
    high = low = up = down = 0.0
    for t in range(len(row)):
        if np.isnan(z[t]):
            continue
        more, less = z[t] - k, -z[t] - k
        high, low = max(high + more, 0.0), max(low + less, 0.0)
        up, down = min(max(up + more, 0.0), bound), min(max(down + less, 0.0), bound)
        if high > h:
            signal[t], high = 1, 0.0
        if low > h:
            signal[t], low = signal[t] - 1, 0.0
    if np.isnan(row[-1]):
        return np.nan, np.nan
    return up, down
