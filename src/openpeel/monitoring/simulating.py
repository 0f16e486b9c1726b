"""Made series whose truth is known: counts of 43 forces on several indicators, month by month.

Force i on one indicator in month t, all but `size` of mean 1 or about it::

    count ~ Poisson(size(i) x rate(i) x season(t) x own season(i, t) x shock(i, t) x change(i, t))

`rate` differs between forces by a log-normal of `between`; `shock` is log-normal with memory, or
gamma without, shared in part by neighbours and by all where the regime says so. In a made family
one force in ten of each indicator is given something to find: a lasting shift up, one down, a
surge of `SURGE_MONTHS`, and a rate unlike the others. Sizes are in standard deviations of what the
regime does by chance, so that regimes compare. Nothing here is of a real force.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from openpeel.monitoring.panels import SEARCHED

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]

FORCES, REGIONS = 43, 9
INDICATORS = 6
SHIFT, SURGE, OUTLIER = 2.0, 3.0, 4.5
"""Sizes of what is planted: standard deviations of a month for a shift and a surge, of the
differences between forces (and a year's chance) for an outlier."""
SURGE_MONTHS = 4
_LARGEST = 10.0
"""How many times the typical force the largest is, as in England and Wales."""
RESTLESS = 4.0
"""How many times as much a very restless force varies by itself."""
ENDS = 3
"""Months left before and after what is planted."""


@dataclass(frozen=True)
class Regime:
    """How made series behave.

    `months` of history, `mean` events a month of the typical force, forces' sizes log-normal of
    `sizes`; amplitudes of a `season` of all and of seasons of forces' `own` (a standard deviation);
    `shock`, the standard deviation of log rates from month to month, of which each force remembers
    `memory`, differing by `memories` (a standard deviation), and shares `neighbours` of its
    variance with its region; `everywhere`, shocks to all forces at once; `gamma`, the coefficient
    of variation of gamma shocks. Both of these differ between series by a log-normal of `uneven`
    and are RESTLESS times as large for `restless` forces of each indicator. `between` is how forces
    differ, with Student's `tails` degrees.
    """

    name: str
    months: int = 24
    mean: float = 250.0
    sizes: float = 0.6
    season: float = 0.0
    own: float = 0.0
    shock: float = 0.0
    memory: float = 0.0
    memories: float = 0.0
    neighbours: float = 0.0
    everywhere: float = 0.0
    gamma: float = 0.0
    uneven: float = 0.0
    restless: int = 0
    between: float = 0.15
    tails: float = np.inf


LARGE = Regime("", mean=630.0, sizes=0.66, shock=0.06, season=0.15)
"""Hundreds of events a month, 200 to 2,000 of most forces: what is beyond chance shows plainly."""
REGIMES = (
    Regime("independent Poisson"),
    Regime("season of all, 12 months", months=12, season=0.2),
    Regime("season of all, 48 months", months=48, season=0.2),
    Regime("own seasons, 48 months", months=48, season=0.15, own=0.08),
    Regime("memory 0.3", shock=0.08, memory=0.3, season=0.15),
    Regime("memory 0.6", shock=0.08, memory=0.6, season=0.15),
    Regime("memory from force to force", shock=0.08, memory=0.3, memories=0.2, season=0.15),
    Regime("over-dispersed", gamma=0.12, season=0.15),
    Regime("correlated forces", shock=0.08, neighbours=0.5, everywhere=0.06, season=0.15),
    Regime("small counts, 3 a month", mean=3.0, sizes=0.3),
    Regime("very unlike forces", between=0.45),
    Regime("unlike dispersions", gamma=0.08, uneven=0.5, season=0.15),
    Regime("three restless forces", gamma=0.06, restless=3, season=0.15),
    Regime("three restless, 12 months", months=12, gamma=0.06, restless=3, season=0.15),
    replace(LARGE, name="large, drift 0.3, 12 months", months=12, memory=0.3),
    replace(LARGE, name="large, drift 0.6, 12 months", months=12, memory=0.6),
    replace(LARGE, name="large, drift 0.8, 12 months", months=12, memory=0.8),
    replace(LARGE, name="large, drift 0.6", memory=0.6),
    replace(LARGE, name="large, drift 0.8", memory=0.8),
    replace(LARGE, name="large, drift 0.6, 36 months", months=36, memory=0.6),
    replace(LARGE, name="large, unlike drift", memory=0.6, uneven=0.5),
)
"""What the stated rate is promised for."""
BEYOND = (
    Regime("own seasons, 24 months", season=0.15, own=0.08),
    Regime("forces unlike, long tails", between=0.3, tails=4.0),
    Regime("memory 0.9, 48 months", months=48, shock=0.08, memory=0.9, season=0.15),
    replace(LARGE, name="large, unlike memories", memory=0.5, memories=0.25, uneven=0.5),
)
"""What it is not promised for: measured, so that it is known."""


@dataclass(frozen=True)
class Family:
    """Made counts (indicator, force, month) and their truth, each (indicator, force).

    `size` (force,) is what rates are of; `month` (month,) is 1 to 12. `shift` is +1 or -1 where one
    was planted and 0 elsewhere, `surge` and `outlier` mark theirs; `onset` is the first month of a
    shift or surge, -1 where there is none. `since` is the first month that is searched.
    """

    counts: Floats
    size: Floats
    month: Places
    shift: NDArray[np.int8]
    surge: Bools
    outlier: Bools
    onset: Places
    since: int

    @property
    def changed(self) -> Bools:
        """Which series change, by a shift or a surge."""
        return np.asarray((self.shift != 0) | self.surge)


def family(regime: Regime, draw: np.random.Generator, *, planted: bool) -> Family:
    """Make the series of a regime, with something to find in one force of ten, or with nothing."""
    k, n, months = INDICATORS, FORCES, regime.months
    t = np.arange(months)
    size = np.exp(draw.normal(0, regime.sizes, n))
    size[0] = _LARGEST
    usual = regime.mean * size
    unrest = _unrest(regime, draw)
    gamma, shock = regime.gamma * unrest, regime.shock * unrest
    by_chance = np.sqrt(1 / usual + shock**2 + gamma**2)
    spread = draw.normal(size=(k, n))
    if np.isfinite(regime.tails):
        spread = draw.standard_t(regime.tails, (k, n)) * np.sqrt(1 - 2 / regime.tails)
    rate = regime.between * spread
    angle = 2 * np.pi * (t / 12 + draw.uniform(size=(k, n, 1)))
    log = regime.own * draw.normal(size=(k, n, 1)) * np.sin(angle)
    log = log + np.log(1 + regime.season * np.sin(2 * np.pi * t / 12))
    log = log + regime.everywhere * draw.normal(size=(k, 1, months))
    log = log + shock[..., None] * _shocks(regime, draw)

    shift, onset = np.zeros((k, n), np.int8), np.full((k, n), -1)
    surge, outlier = np.zeros((k, n), np.bool_), np.zeros((k, n), np.bool_)
    since = max(0, months - SEARCHED)
    if planted:
        row = np.arange(k)
        up, down, surging, unlike = draw.permuted(np.tile(np.arange(n), (k, 1)), axis=1)[:, :4].T
        shift[row, up], shift[row, down] = 1, -1
        surge[row, surging] = outlier[row, unlike] = True
        for which in (up, down):
            onset[row, which] = draw.integers(since + ENDS, months - ENDS + 1, k)
        last = months - ENDS - SURGE_MONTHS
        onset[row, surging] = draw.integers(since + ENDS, last + 1, k)
        after = (onset[..., None] >= 0) & (t >= onset[..., None])
        during = after & (t < onset[..., None] + SURGE_MONTHS)
        log = log + SHIFT * (by_chance * shift)[..., None] * after
        log = log + SURGE * (by_chance * surge)[..., None] * during
        sign = draw.choice([-1.0, 1.0], (k, n))
        rate += OUTLIER * outlier * sign * np.sqrt(regime.between**2 + by_chance**2 / 12)
    mean = (usual * np.exp(rate))[..., None] * np.exp(log)
    if regime.gamma:
        mean = mean * draw.gamma(gamma[..., None] ** -2, gamma[..., None] ** 2, mean.shape)
    counts = draw.poisson(mean).astype(np.float64)
    return Family(counts, size, 1 + t % 12, shift, surge, outlier, onset, since)


def remembering(draw: np.random.Generator, memory: Floats, shape: tuple[int, ...]) -> Floats:
    """Standard normal series (..., time) that remember the point before, each as far as it does."""
    e = draw.normal(size=shape)
    for t in range(1, shape[-1]):
        e[..., t] = memory * e[..., t - 1] + np.sqrt(1 - memory**2) * e[..., t]
    return e


def _unrest(regime: Regime, draw: np.random.Generator) -> Floats:
    """By what the shocks of each series (indicator, force) are multiplied."""
    made = np.ones((INDICATORS, FORCES))
    if regime.uneven:
        made = np.exp(draw.normal(0, regime.uneven, made.shape))
    if regime.restless:
        made[draw.uniform(size=made.shape).argsort(axis=1) < regime.restless] = RESTLESS
    return made


def _shocks(regime: Regime, draw: np.random.Generator) -> Floats:
    """Shocks from month to month (indicator, force, month), of standard deviation 1."""
    shape = (INDICATORS, FORCES, regime.months)
    memory = np.clip(draw.normal(regime.memory, regime.memories, shape[:2]), 0, 0.95)
    own = remembering(draw, memory, shape)
    region = np.arange(FORCES) % REGIONS
    usual = np.full((INDICATORS, REGIONS), regime.memory)
    shared = remembering(draw, usual, (INDICATORS, REGIONS, regime.months))
    mixed = np.sqrt(1 - regime.neighbours) * own + np.sqrt(regime.neighbours) * shared[:, region]
    return np.asarray(mixed)
