"""Single methods on made series: how long until a false signal, how soon a true one, how often an
interval holds the truth. Seeds are fixed.

Run lengths are of series in control: limits are set by the first `BASELINE` months, and the
`WATCHED` after them are charted. The mean is the months charted, each series up to its first
signal, over the series that signalled: what a constant chance a month would come to. Delays are of
independent Poisson counts that shift, in a panel of 43; coverage is by plain simulation.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from openpeel.monitoring.simulating import FORCES, remembering
from openpeel.signals.changepoints import single_shift
from openpeel.signals.cusum import cusum, cusum_bound, cusum_limit, non_restarting
from openpeel.signals.disparity import rate_ratio
from openpeel.signals.ewma import ewma, ewma_limit
from openpeel.signals.funnel import funnel
from openpeel.signals.outliers import outliers
from openpeel.signals.overdispersion import CQC, SHMI_UNROUNDED
from openpeel.signals.panel import judge_panel
from openpeel.signals.screening import standardised
from openpeel.signals.season import season
from openpeel.signals.shrinkage import shrink
from openpeel.signals.surges import surges
from openpeel.signals.xmr import xmr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Charts = dict[str, Bools]

SEED = 20261123
BASELINE, WATCHED = 60, 120
ARL, K, WEIGHT, ALPHA = 500.0, 0.5, 0.1, 0.01
LEAST_P = 0.001
"""The least p of the non-restarting CUSUM: that of its bound."""
SIZES = (0.0, 0.5, 1.0, 2.0, 3.0)
BEFORE, AFTER = 36, 12
PER_SIZE = 2
"""Series of a panel that shift by each size; the rest do not."""


@dataclass(frozen=True)
class RunLength:
    """Months to a first false signal, by `method` on `series`, raw or less their season.

    `nominal` is what the method promises, None where it promises nothing; `average` is infinite
    (None) where there was no signal in `charted` months.
    """

    method: str
    series: str
    residuals: bool
    nominal: float | None
    average: float | None
    monte_carlo_error: float | None
    charted: int


@dataclass(frozen=True)
class Delay:
    """A lasting shift of `size` standard deviations of a month: how often and how soon it is found.

    `found` is the share of series that signal within `AFTER` months (for size 0, falsely), `months`
    the median number until then, the first month of the shift being 1.
    """

    method: str
    size: float
    found: float
    monte_carlo_error: float
    months: float | None


@dataclass(frozen=True)
class Coverage:
    """How often an interval, or limits, hold what they say they do; `draws` is out of how many."""

    interval: str
    nominal: float
    achieved: float
    monte_carlo_error: float
    draws: int


def run_lengths(series: int) -> tuple[RunLength, ...]:
    """Run lengths in control, of so many series of each kind."""
    month = 1 + np.arange(BASELINE + WATCHED) % 12
    rows = []
    for number, (name, wave, memory) in enumerate(
        (
            ("independent", 0.0, 0.0),
            ("seasonal", 0.2, 0.0),
            ("memory 0.3", 0.0, 0.3),
            ("seasonal, memory 0.3", 0.2, 0.3),
        )
    ):
        draw = np.random.default_rng((SEED, number))
        expected = 200 * (1 + wave * np.sin(2 * np.pi * month / 12))
        e = remembering(draw, np.full(series, memory), (series, len(month)))
        y = np.maximum(np.rint(expected + np.sqrt(2 * expected) * e), 0)
        rest = season(y, month, baseline=BASELINE, alike=np.zeros(series)).residual
        for residuals, values in ((False, y), (True, rest)):
            for method, signal in charts(values, BASELINE, given=residuals).items():
                rows.append(_run_length(method, name, residuals, signal[:, BASELINE:]))
    return tuple(rows)


NOMINAL = {
    "XmR, all rules": None,
    "XmR, outside limits": 370.4,
    "CUSUM, limit by ARL": ARL,
    "EWMA, limit by ARL": ARL,
    "CUSUM, p at most 0.01": 1 / ALPHA,
}
"""Months to a false signal that are promised; that of XmR is of three known standard deviations."""


def charts(values: Floats, baseline: int, *, given: bool = False) -> Charts:
    """Where each chart signals (series, time), its limits set by a baseline.

    Values are standardised as a screening does it; `given` says that they are so already.
    """
    chart = xmr(values, baseline=baseline)
    z = (values if given else standardised(chart)).copy()
    z[:, :baseline] = np.nan
    h, bound, width = _limits(baseline)
    p = non_restarting(z, k=K, bound=bound, baseline=baseline).p
    return {
        "XmR, all rules": chart.rule > 0,
        "XmR, outside limits": chart.above | chart.below,
        "CUSUM, limit by ARL": cusum(z, k=K, h=h).signal != 0,
        "EWMA, limit by ARL": ewma(z, weight=WEIGHT, width=width).signal != 0,
        "CUSUM, p at most 0.01": p <= ALPHA,
    }


@cache
def _limits(baseline: int) -> tuple[float, float, float]:
    """The limit and the bound of CUSUM charts and the width of EWMA's."""
    return (
        cusum_limit(K, ARL, baseline=baseline),
        cusum_bound(K, LEAST_P, baseline=baseline),
        ewma_limit(WEIGHT, ARL),
    )


def surprising(counts: Floats) -> Bools:
    """Where a count differs from the one before by more than 2 Poisson standard deviations."""
    flags = np.zeros(counts.shape, np.bool_)
    step = np.abs(np.diff(counts, axis=1))
    flags[:, 1:] = step > 2 * np.sqrt(counts[:, 1:] + counts[:, :-1])
    return flags


def _run_length(method: str, name: str, residuals: bool, signal: Bools) -> RunLength:
    """The run length that signals (series, time) come to."""
    some = signal.any(axis=1)
    charted = int(np.where(some, signal.argmax(axis=1) + 1, signal.shape[1]).sum())
    signals = int(some.sum())
    average = charted / signals if signals else None
    error = average / np.sqrt(signals) if average else None
    return RunLength(method, name, residuals, NOMINAL[method], average, error, charted)


def delays(panels: int) -> tuple[Delay, ...]:
    """How soon shifts are found, in so many panels of independent Poisson counts of 100 a month."""
    first: dict[str, list[Floats]] = {}
    t = np.arange(BEFORE + AFTER)
    size = np.zeros(FORCES)
    size[: PER_SIZE * (len(SIZES) - 1)] = np.repeat(SIZES[1:], PER_SIZE)
    sign = np.where(np.arange(FORCES) % PER_SIZE, -1, 1)
    made = []
    for number in range(panels):
        mean = 100 + 10 * (sign * size)[:, None] * (t >= BEFORE)
        y = np.random.default_rng((SEED, 9, number)).poisson(mean).astype(np.float64)
        made.append(y)
        found = np.zeros((FORCES, AFTER), np.bool_)
        for last in range(AFTER):
            seen = y[:, : BEFORE + last + 1]
            judged = judge_panel(seen, month=1 + t[: seen.shape[1]] % 12, since=last + BEFORE - 23)
            found[:, last] = judged.shift.p <= ALPHA
        first.setdefault("panel shift, p at most 0.01", []).append(_first(found))
    counts = np.concatenate(made)
    others: Charts = charts(counts, BEFORE) | {"month on month, 2 sd": surprising(counts)}
    by_method = {name: np.concatenate(f) for name, f in first.items()}
    by_method |= {name: _first(signal[:, BEFORE:]) for name, signal in others.items()}
    sizes = np.tile(size, panels)
    return tuple(
        _delay(method, shift, months[sizes == shift])
        for method, months in by_method.items()
        for shift in SIZES
    )


def _first(signal: Bools) -> Floats:
    """The month of the first signal, from 1; infinite where there is none."""
    return np.where(signal.any(axis=1), signal.argmax(axis=1) + 1.0, np.inf)


def _delay(method: str, size: float, months: Floats) -> Delay:
    """How often and how soon series signal."""
    share, error = _share(np.isfinite(months))
    found = months[np.isfinite(months)]
    return Delay(method, size, share, error, float(np.median(found)) if len(found) else None)


def coverage(draws: int) -> tuple[Coverage, ...]:
    """How often intervals and limits hold the truth, in so many sets or series of each."""
    rows = []

    def add(interval: str, nominal: float, holds: Bools) -> None:
        rows.append(Coverage(interval, nominal, *_share(holds), holds.size))

    draw = np.random.default_rng((SEED, 99))
    expected = np.geomspace(5, 3000, FORCES)
    alike = draw.poisson(expected, (draws, FORCES))
    plain = funnel(
        alike, np.broadcast_to(expected, alike.shape), kind="standardised-ratio", recipe=None
    ).limits
    add("funnel limits, forces alike, 95 %", 0.95, plain.outlier_95 == 0)
    add("funnel limits, forces alike, 99.8 %", 0.998, plain.outlier_998 == 0)
    sizes = np.geomspace(200, 20000, FORCES)
    unlike = draw.poisson(sizes * np.exp(draw.normal(0, 0.15, (draws, FORCES))))
    for recipe in (SHMI_UNROUNDED, CQC):
        limits = funnel(
            unlike, np.broadcast_to(sizes, unlike.shape), kind="standardised-ratio", recipe=recipe
        ).adjusted
        assert limits is not None
        name = f"funnel limits, forces that differ, {recipe.name}"
        add(f"{name}, 95 %", 0.95, limits.outlier_95 == 0)
        add(f"{name}, 99.8 %", 0.998, limits.outlier_998 == 0)
    few = min(draws, 300)
    p = outliers(np.log((unlike[:few] + 0.5) / sizes), 1 / (unlike[:few] + 0.5)).p
    add("p of outliers, forces that differ, above 5 %", 0.95, p > 0.05)
    add("p of outliers, forces that differ, above 0.2 %", 0.998, p > 0.002)

    rate = draw.gamma(0.1 * 200, 1 / 200, (draws, FORCES))
    shrunk = shrink(
        draw.poisson(rate * expected), np.broadcast_to(expected, rate.shape), kind="rate"
    )
    add("shrunken rate, 95 %", 0.95, (shrunk.lower <= rate) & (rate <= shrunk.upper))
    for events in (12, 100):
        a, b = draw.poisson(events, draws * 10), draw.poisson(events * 5, draws * 10)
        ratio = rate_ratio(a, np.ones(len(a)), b, np.full(len(b), 10.0))
        add(
            f"rate ratio, {events} events, 95 %",
            0.95,
            (ratio.lower <= 2.0) & (ratio.upper >= 2.0),
        )
    rows += _dates(draws, draw)
    return tuple(rows)


def _dates(draws: int, draw: np.random.Generator) -> list[Coverage]:
    """The intervals of dates: 48 months of Poisson counts of 100, all series and those found."""
    rows = []
    t = np.arange(48)
    for size in (1.0, 2.0):
        onset = draw.integers(6, 43, draws)
        y = draw.poisson(100 + 10 * size * (t >= onset[:, None]))
        shift = single_shift(y, family="poisson", confidence=0.9)
        within = (shift.earliest <= onset) & (onset <= shift.latest)
        found = shift.p <= ALPHA
        rows += [
            Coverage(f"onset of a shift of {size:g} sd, 90 %", 0.9, *_share(within), draws),
            Coverage(
                f"onset of a shift of {size:g} sd, where found, 90 %",
                0.9,
                *_share(within[found]),
                int(found.sum()),
            ),
        ]
    rise = draw.integers(4, 40, draws)[:, None]
    y = draw.poisson(100 + 20.0 * ((t >= rise) & (t < rise + 4)))
    surge = surges(y, confidence=0.9)
    for name, low, high, truth in (
        ("rise", surge.rise_earliest, surge.rise_latest, rise[:, 0]),
        ("return", surge.back_earliest, surge.back_latest, rise[:, 0] + 4),
    ):
        within = (low <= truth) & (truth <= high)
        rows.append(
            Coverage(f"{name} of a surge of 2 sd for 4 months, 90 %", 0.9, *_share(within), draws)
        )
    within = (surge.height_low <= 1.2) & (surge.height_high >= 1.2)
    rows.append(Coverage("height of that surge, 90 %", 0.9, *_share(within), draws))
    return rows


def _share(holds: Bools) -> tuple[float, float]:
    """A share and its standard error, which is never below that of one exception."""
    share = float(holds.mean())
    least = 1 / max(holds.size, 1)
    return share, float(np.sqrt(max(share * (1 - share), least) / holds.size))
