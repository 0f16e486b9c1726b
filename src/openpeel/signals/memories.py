"""How far each of many like series remembers the point before, and how surely that is known.

What all remember is told by two moments, each as large as noise of that memory has it
(`remembered`, `nulls`): the mean correlation of neighbours about their levels, and the median gain
of a shift. The second is the genomic control of Devlin and Roeder 1999, *Biometrics* 55(4):997: it
needs only that most series do not change, and no form of memory. The larger of the two counts.

A Poisson's chance remembers nothing. Of a series' variance the share w beyond it does, and such a
series counts as one that remembers wholly, by what makes as much of a mean of half the points::

    swell(own memory) - 1  =  w (swell(memory of all) - 1)

What one does beside that is shrunk by what chance explains of how much the series differ; what is
left open, of all and of one, is its standard error. DerSimonian and Laird 1986 (doi
10.1016/0197-2456(86)90046-2).
"""

import numpy as np
from numpy.typing import NDArray

from openpeel.signals.nulls import medians
from openpeel.signals.remembered import MEMORIES, about_level, neighbours, swell

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST = 0.95
"""Series that remember further do not come back within any time that is searched."""
LEAST_SHARE = 0.2
"""Of a smaller share of the variance beyond a Poisson's, nothing tells how far it remembers: what
chance does to the correlation of neighbours (some 0.03 of 43 series) would be many times larger."""
MOST_ERROR = 0.5


def memories(
    off: Floats, points: NDArray[np.int64], gain: Floats, beyond: Floats, telling: Bools
) -> tuple[Floats, Floats]:
    """The memory of each series, 0 to `MOST`, and its standard error: arrays (series,).

    `off` (series, time) are residuals about each series' level, NaN in gaps; `points` how many
    there are, `gain` the best gain of a shift over the series' own scale, `beyond` the share of its
    variance beyond a Poisson's, `telling` those that do not change by themselves, at least one.
    """
    own = neighbours(off)
    lengths, which = np.unique(points, return_inverse=True)
    shared = max(float(beyond[telling].mean()), LEAST_SHARE)
    usual = np.array([about_level(int(n), round(shared, 1))[0] for n in lengths])[which]
    by_neighbours = np.interp(own[telling].mean(), usual[telling].mean(axis=0), MEMORIES)
    by_gain = np.interp(-1.0, -_gains(points, gain, beyond), MEMORIES)
    of_all = min(float(max(by_neighbours, by_gain)), MOST)

    memory, mean, spread, slope = (np.empty(len(own)) for _ in range(4))
    alike = _wholly(points, beyond, of_all)
    for n in lengths:
        these = points == n
        table, vary = about_level(int(n))
        low, high = np.maximum(alike[these] - 0.1, 0), np.minimum(alike[these] + 0.1, MEMORIES[-1])
        mean[these] = np.interp(alike[these], MEMORIES, table)
        spread[these] = np.interp(alike[these], MEMORIES, vary)
        rise = np.interp(high, MEMORIES, table) - np.interp(low, MEMORIES, table)
        slope[these] = rise / (high - low)
    beside = np.where(telling, own - mean, 0.0)
    real = max(0.0, float(np.var(beside[telling]) - spread[telling].mean()))
    drawn = np.where(telling, real / (real + spread), 0.0)
    for n in lengths:
        these = points == n
        told = (mean + drawn * beside)[these]
        memory[these] = np.clip(np.interp(told, about_level(int(n))[0], MEMORIES), 0, MOST)
    error = np.sqrt(spread.mean() / telling.sum() + real * (1 - drawn)) / slope
    return memory, np.minimum(error, MOST_ERROR)


def _gains(points: NDArray[np.int64], gain: Floats, beyond: Floats) -> Floats:
    """By `MEMORIES`, the median of gains over the medians that noise of such a memory has."""
    found = []
    for r in MEMORIES:
        alike, usual = _wholly(points, beyond, float(r)), np.empty(len(gain))
        for n in np.unique(points):
            these = points == n
            usual[these] = np.interp(alike[these], MEMORIES, medians(int(n)))
        found.append(np.median(gain / usual))
    return np.array(found)


def _wholly(points: NDArray[np.int64], share: Floats, memory: float) -> Floats:
    """The memories of whole series of which a share remembers."""
    made = np.empty(len(share))
    for n in np.unique(points):
        these = points == n
        more = 1 + share[these] * (swell(n, memory) - 1)
        made[these] = np.interp(more, swell(n, MEMORIES), MEMORIES)
    return made
