"""Fits of levels to stretches of series: the compiled part of change points and of surges.

A series comes with its gaps taken out (`openpeel.signals.packed`), as running sums: `sums[k]` of
its first k values, `weights[k]` of their exposures, `count` values in all. The score of a stretch
with total s and weight w is twice its greatest log likelihood, less what every fit shares::

    Gaussian   s^2 / w               (variance 1 for a weight of 1)
    Poisson    2 s ln(s / w)         (0 where s = 0)

so that the gain of a fit, the sum of its stretches' scores less the score of the whole, is the fall
of the residual sum of squares, or of the Poisson deviance.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]


@njit(cache=True)
def score(total: float, weight: float, poisson: bool) -> float:
    """The score of a stretch, as in the module's docstring."""
    if poisson:
        return 2.0 * total * np.log(total / weight) if total > 0 else 0.0
    return total * total / weight


@njit(cache=True)
def shift_gains(sums: Floats, weights: Floats, count: Places, ends: int, poisson: bool) -> Floats:
    """The gain of one lasting shift before each point; -inf where fewer than `ends` are left."""
    rows, columns = sums.shape
    gains = np.full((rows, columns), -np.inf)
    for row in range(rows):
        s, w, n = sums[row], weights[row], count[row]
        if n < 2 * ends:
            continue
        whole = score(s[n], w[n], poisson)
        for k in range(ends, n - ends + 1):
            gains[row, k] = (
                score(s[k], w[k], poisson) + score(s[n] - s[k], w[n] - w[k], poisson) - whole
            )
    return gains


@njit(cache=True)
def surge_gains(
    sums: Floats, weights: Floats, count: Places, ends: int, shortest: int, poisson: bool
) -> tuple[Floats, Floats, Places]:
    """The gain of a rise and its return, for each point as rise (over returns) and as return.

    A surge leaves at least `ends` points before and after it, lasts at least `shortest` points and
    at most half of the series, and is higher than the rest. Also the return for the best rise.
    """
    rows, columns = sums.shape
    rises = np.full((rows, columns), -np.inf)
    returns = np.full((rows, columns), -np.inf)
    end = np.zeros(rows, dtype=np.int64)
    for row in range(rows):
        s, w, n = sums[row], weights[row], count[row]
        if n < 2 * ends + shortest:
            continue
        whole, level = score(s[n], w[n], poisson), s[n] / w[n]
        best = -np.inf
        for a in range(ends, n - ends - shortest + 1):
            for b in range(a + shortest, min(a + n // 2, n - ends) + 1):
                inside, weight = s[b] - s[a], w[b] - w[a]
                if inside <= level * weight:
                    continue
                gain = (
                    score(inside, weight, poisson)
                    + score(s[n] - inside, w[n] - weight, poisson)
                    - whole
                )
                rises[row, a] = max(rises[row, a], gain)
                returns[row, b] = max(returns[row, b], gain)
                if gain > best:
                    best = gain
                    end[row] = b
    return rises, returns, end


@njit(cache=True)
def step_gain(
    sums: Floats, weights: Floats, count: Places, ends: int, shortest: int, poisson: bool
) -> tuple[Floats, Places, Places]:
    """The best gain of two changes between three free levels, and where they are."""
    rows = len(count)
    best = np.full(rows, -np.inf)
    first, second = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    for row in range(rows):
        s, w, n = sums[row], weights[row], count[row]
        if n < 2 * ends + shortest:
            continue
        whole = score(s[n], w[n], poisson)
        after = np.empty(n + 1)
        for b in range(ends + shortest, n - ends + 1):
            after[b] = score(s[n] - s[b], w[n] - w[b], poisson)
        for a in range(ends, n - ends - shortest + 1):
            before = score(s[a], w[a], poisson) - whole
            for b in range(a + shortest, n - ends + 1):
                gain = before + score(s[b] - s[a], w[b] - w[a], poisson) + after[b]
                if gain > best[row]:
                    best[row] = gain
                    first[row] = a
                    second[row] = b
    return best, first, second


@njit(cache=True)
def partition(
    sums: Floats,
    weights: Floats,
    count: Places,
    shortest: int,
    penalty: Floats,
    poisson: bool,
) -> Bools:
    """Which points begin a new level in the best partition: score less `penalty` for each change.

    The exact dynamic programme of optimal partitioning (Jackson and others 2005, IEEE Signal
    Processing Letters 12:105), O(time^2) for a series; levels last at least `shortest` points.
    """
    rows, columns = sums.shape
    change = np.zeros((rows, columns), dtype=np.bool_)
    for row in range(rows):
        s, w, n = sums[row], weights[row], count[row]
        best = np.full(n + 1, -np.inf)
        last = np.zeros(n + 1, dtype=np.int64)
        best[0] = 0.0
        for end in range(shortest, n + 1):
            best[end] = score(s[end], w[end], poisson)
            for start in range(shortest, end - shortest + 1):
                value = (
                    best[start]
                    - penalty[row]
                    + score(s[end] - s[start], w[end] - w[start], poisson)
                )
                if value > best[end]:
                    best[end] = value
                    last[end] = start
        point = last[n]
        while point > 0:
            change[row, point] = True
            point = last[point]
    return change


@njit(cache=True)
def describe(
    change: Bools,
    sums: Floats,
    weights: Floats,
    count: Places,
    shortest: int,
    width: Floats,
    poisson: bool,
) -> tuple[Floats, Places, Places]:
    """The level of each point of a partition, and for each change its first and last likely point.

    A change may move between its neighbours, at least `shortest` points from each, as long as that
    costs no more than `width` of the gain.
    """
    rows, columns = sums.shape
    level = np.zeros((rows, columns - 1))
    first = np.zeros((rows, columns - 1), dtype=np.int64)
    final = np.zeros((rows, columns - 1), dtype=np.int64)
    for row in range(rows):
        s, w, n = sums[row], weights[row], count[row]
        start, middle = 0, 0
        for end in range(1, n + 1):
            if end < n and not change[row, end]:
                continue
            level[row, middle:end] = (s[end] - s[middle]) / (w[end] - w[middle])
            if middle > 0:
                k = middle
                least = score(s[k] - s[start], w[k] - w[start], poisson)
                least += score(s[end] - s[k], w[end] - w[k], poisson) - width[row]
                first[row, middle] = final[row, middle] = middle
                for k in range(start + shortest, end - shortest + 1):
                    value = score(s[k] - s[start], w[k] - w[start], poisson)
                    value += score(s[end] - s[k], w[end] - w[k], poisson)
                    if value >= least:
                        first[row, middle] = min(first[row, middle], k)
                        final[row, middle] = max(final[row, middle], k)
            start, middle = middle, end
    return level, first, final


@njit(cache=True)
def height_interval(
    sums: Floats,
    weights: Floats,
    count: Places,
    lengths: tuple[int, int],
    best: Floats,
    scale: Floats,
    reach: float,
    poisson: bool,
) -> tuple[Floats, Floats]:
    """The least and greatest height of a surge that the data allow, over all its likely dates.

    Dates that cost c of the gain over scale leave sqrt(reach^2 - c) standard errors to their own
    height: a difference, or the exponential of a difference of logarithms with half an event added
    to each count.
    """
    rows = len(count)
    ends, shortest = lengths
    lowest, highest = np.full(rows, np.inf), np.full(rows, -np.inf)
    for row in range(rows):
        s, w, n = sums[row], weights[row], count[row]
        if not best[row] > 0:
            continue
        whole, level = score(s[n], w[n], poisson), s[n] / w[n]
        for a in range(ends, n - ends - shortest + 1):
            for b in range(a + shortest, min(a + n // 2, n - ends) + 1):
                inside, weight = s[b] - s[a], w[b] - w[a]
                if inside <= level * weight:
                    continue
                rest, other = s[n] - inside, w[n] - weight
                gain = score(inside, weight, poisson) + score(rest, other, poisson) - whole
                left = reach * reach - (best[row] - gain) / scale[row]
                if left < 0:
                    continue
                if poisson:
                    height = np.log((inside + 0.5) / weight) - np.log((rest + 0.5) / other)
                    error = scale[row] * (1 / (inside + 0.5) + 1 / (rest + 0.5))
                else:
                    height = inside / weight - rest / other
                    error = scale[row] * (1 / weight + 1 / other)
                swing = np.sqrt(left * error)
                lowest[row] = min(lowest[row], height - swing)
                highest[row] = max(highest[row], height + swing)
    if poisson:
        return np.exp(lowest), np.exp(highest)
    return lowest, highest
