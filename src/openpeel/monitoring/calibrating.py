"""Calibration of what `watch` does, on made series whose truth is known: how often is it wrong?

Families of tests are made as `watch` makes them (`judging`), on made series (`simulating`): a
shift, a surge and an outlier for each force and indicator, a false-discovery rate over all changes
and one over all outliers, and one change at most for a series. (`watch` also leaves out changes
that rest on very few events: fewer signals yet.) A change is false where the series has none; an
outlier is false where the force is none and did not change. What a changed series does among the
outliers is not counted.

* `achieved_fdr` is the mean, over families, of the share of signals that are false (0 where there
  are none), with one force in ten of each indicator truly different; `monte_carlo_error` is the
  standard error of that mean. So are they of changes and of outliers alone.
* `any_false` is the chance that a family in which nothing is different has a signal at all, which
  the same promise bounds.

Seeds are fixed: the same numbers each time.
"""

from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openpeel.monitoring.among import FEWEST_EXPECTED
from openpeel.monitoring.changing import CONFIDENCE
from openpeel.monitoring.measuring import (
    Coverage,
    Delay,
    RunLength,
    coverage,
    delays,
    run_lengths,
    surprising,
)
from openpeel.monitoring.panels import FEWEST_EVENTS
from openpeel.monitoring.simulating import BEYOND, REGIMES, Family, Regime, family
from openpeel.monitoring.watching import RATE
from openpeel.signals.discovery import q_values
from openpeel.signals.outliers import outliers
from openpeel.signals.panel import judge_panel
from openpeel.signals.xmr import xmr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Told = Callable[[int, int], None]

SEED = 20261122
FAMILIES = {True: 3, False: 100}
"""Families of each regime and kind, quick or not."""
SERIES, DRAWS, PANELS = {True: 250, False: 5000}, {True: 200, False: 4000}, {True: 6, False: 150}
"""Series for run lengths, draws for coverage and panels for delays, quick or not."""


@dataclass(frozen=True)
class PeerRow:
    """Another rule on the same series: the mean share of its flags that are false, and its power.

    `flagged` is the share that it flags of series that do not change.
    """

    rule: str
    false_share: float
    monte_carlo_error: float
    power: float
    flagged: float


@dataclass(frozen=True)
class RegimeRow:
    """What came of a regime; None where there was nothing to measure it by.

    `power` is the share found of what was planted, changes and outliers; also of each. The rate is
    promised of changes and of outliers alone (`changes_fdr`, `outliers_fdr`, each with its error)
    and so of both. Of changes found as what they are, `onset_error` is the median of how many
    months the onset was off, and `onset_coverage` how often its interval, which promises
    `onset_nominal`, held it. `tests` is the usual size of a family, `replications` how many of each
    kind were made.
    """

    regime: str
    nominal_fdr: float
    achieved_fdr: float
    monte_carlo_error: float
    any_false: float
    any_false_error: float
    power: float
    power_changes: float
    power_outliers: float
    changes_fdr: float
    changes_error: float
    outliers_fdr: float
    outliers_error: float
    onset_error: float | None
    onset_nominal: float
    onset_coverage: float | None
    onset_coverage_error: float | None
    tests: int
    replications: int
    peers: tuple[PeerRow, ...]

    @property
    def kept(self) -> bool:
        """Whether the promised rate was kept, as far as so many families can tell."""
        measured = (
            (self.achieved_fdr, self.monte_carlo_error),
            (self.changes_fdr, self.changes_error),
            (self.outliers_fdr, self.outliers_error),
        )
        return all(rate <= self.nominal_fdr + 2 * error for rate, error in measured)


@dataclass(frozen=True)
class Calibration:
    """All that was measured. `regimes` are those that the rate is promised for, `beyond` others."""

    quick: bool
    regimes: tuple[RegimeRow, ...]
    beyond: tuple[RegimeRow, ...]
    run_lengths: tuple[RunLength, ...]
    coverage: tuple[Coverage, ...]
    delays: tuple[Delay, ...]


@dataclass(frozen=True)
class Judged:
    """What `watch` would say of a family: arrays (indicator, force).

    `shift` and `surge` mark the changes told (one at most for a series), `outlier` the outliers;
    `onset`, `earliest`, `latest` are those of the change. `tests` counts what was tested.
    """

    shift: Bools
    surge: Bools
    outlier: Bools
    onset: NDArray[np.intp]
    earliest: NDArray[np.intp]
    latest: NDArray[np.intp]
    tests: int


def judging(made: Family, rate: float = RATE) -> Judged:
    """Judge a made family as `watch` judges observations."""
    shift_p, surge_p, outlier_p, dates = [], [], [], []
    for counts in made.counts:
        y = np.where((counts.sum(axis=1) >= FEWEST_EVENTS)[:, None], counts, np.nan)
        found = judge_panel(
            y, made.size[:, None], month=made.month, since=made.since, confidence=CONFIDENCE
        )
        shift_p.append(found.shift.p)
        surge_p.append(found.surge.p)
        a, b = found.shift, found.surge
        dates.append(((a.onset, a.earliest, a.latest), (b.rise, b.rise_earliest, b.rise_latest)))
        year = counts[:, -12:].sum(axis=1)
        # As `scales.scaled` has it.
        others = outliers(np.log((year + 0.5) / made.size), 1 / (year + 0.5))
        enough = made.size * np.exp(others.centre) >= FEWEST_EXPECTED
        outlier_p.append(np.where(enough, others.p, np.nan))
    p = np.stack([shift_p, surge_p, outlier_p])
    # The families of `watching.FAMILIES`.
    q = np.concatenate([q_values(p[:2]), q_values(p[2:])])
    told = q <= rate
    # One change of a series: the likelier.
    rather = np.nan_to_num(p[0], nan=2.0) <= np.nan_to_num(p[1], nan=2.0)
    shift = told[0] & (rather | ~told[1])
    surge = told[1] & ~shift
    of_shift, of_surge = np.moveaxis(np.array(dates), (1, 2), (0, 1))
    onset, earliest, latest = np.where(surge, of_surge, of_shift)
    return Judged(shift, surge, told[2], onset, earliest, latest, int(np.isfinite(p).sum()))


def calibrate(*, quick: bool = False, told: Told | None = None) -> Calibration:
    """Measure everything; `told` is given how many parts of how many are done.

    `quick` makes few families, of what the rate is promised for alone: enough to see that it is
    kept, not by how much.
    """
    regimes = (*REGIMES, *(() if quick else BEYOND))
    # What is measured hangs on seeds alone, so that each part may have a process of its own.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        rows = [pool.submit(measured, regime, FAMILIES[quick]) for regime in regimes]
        lengths = pool.submit(run_lengths, SERIES[quick])
        held = pool.submit(coverage, DRAWS[quick])
        found = pool.submit(delays, PANELS[quick])
        parts: list[Future[Any]] = [*rows, lengths, held, found]
        for done, _ in enumerate(as_completed(parts), start=1):
            if told:
                told(done, len(parts))
        made = [row.result() for row in rows]
        kept, beyond = made[: len(REGIMES)], made[len(REGIMES) :]
        return Calibration(
            quick,
            tuple(kept),
            tuple(beyond),
            lengths.result(),
            held.result(),
            found.result(),
        )


def measured(regime: Regime, families: int) -> RegimeRow:
    """Judge so many families of a regime with something in them to find, and as many without."""
    shares: list[tuple[float, float, float]] = []
    nothing, hits, tests = [], [], []
    off: list[float] = []
    inside: list[float] = []
    flagged: dict[str, list[tuple[float, float, float]]] = {}
    for number in range(families):
        made = _family(regime, number, planted=True)
        said = judging(made)
        changes, outlying = said.shift | said.surge, said.outlier & ~made.changed
        false = np.array([(changes & ~made.changed).sum(), (outlying & ~made.outlier).sum()])
        all_told = np.array([changes.sum(), outlying.sum()])
        both = false.sum() / max(1, all_told.sum())
        changed, unlike = map(float, false / np.maximum(all_told, 1))
        shares.append((float(both), changed, unlike))
        hits.append(
            (
                (changes & made.changed).sum() / made.changed.sum(),
                (said.outlier & made.outlier).sum() / made.outlier.sum(),
                ((changes & made.changed) | (said.outlier & made.outlier)).sum()
                / (made.changed | made.outlier).sum(),
            )
        )
        right = (said.shift & (made.shift != 0)) | (said.surge & made.surge)
        off += np.abs(said.onset - made.onset)[right].tolist()
        within = (said.earliest <= made.onset) & (made.onset <= said.latest)
        inside += within[right].tolist()
        tests.append(said.tests)
        for rule, flags in peer_flags(made.counts).items():
            true = (flags & made.changed).sum()
            flagged.setdefault(rule, []).append(
                (
                    (flags.sum() - true) / max(1, flags.sum()),
                    true / made.changed.sum(),
                    (flags & ~made.changed).sum() / (~made.changed).sum(),
                )
            )
        none = judging(_family(regime, number, planted=False))
        nothing.append(float((none.shift | none.surge | none.outlier).any()))
    (share, error), of_changes, of_outliers = (
        _mean(list(column)) for column in zip(*shares, strict=True)
    )
    chance, chance_error = _mean(nothing)
    power = np.mean(hits, axis=0)
    held, held_error = _mean(inside) if inside else (None, None)
    return RegimeRow(
        regime=regime.name,
        nominal_fdr=RATE,
        achieved_fdr=share,
        monte_carlo_error=error,
        any_false=chance,
        any_false_error=chance_error,
        power=float(power[2]),
        power_changes=float(power[0]),
        power_outliers=float(power[1]),
        changes_fdr=of_changes[0],
        changes_error=of_changes[1],
        outliers_fdr=of_outliers[0],
        outliers_error=of_outliers[1],
        onset_error=float(np.median(off)) if off else None,
        onset_nominal=CONFIDENCE,
        onset_coverage=held,
        onset_coverage_error=held_error,
        tests=int(np.median(tests)),
        replications=families,
        peers=tuple(
            PeerRow(rule, *_mean([f for f, _, _ in rows]), *map(float, np.mean(rows, axis=0)[1:]))
            for rule, rows in flagged.items()
        ),
    )


def _family(regime: Regime, number: int, *, planted: bool) -> Family:
    """The family of that number: its seed hangs on nothing but regime, number and kind."""
    seed = (SEED, *regime.name.encode(), number, planted)
    return family(regime, np.random.default_rng(seed), planted=planted)


def peer_flags(counts: Floats) -> dict[str, Bools]:
    """What common rules flag of counts (..., month), each (...): any of their signals counts."""
    y = counts.reshape(-1, counts.shape[-1])
    rule = xmr(y).rule > 0
    flags = {
        "XmR, newest month": rule[:, -1],
        "XmR, newest 12 months": rule[:, -12:].any(axis=1),
        "month on month, 2 sd": surprising(y)[:, -1],
        "month on month, colour": y[:, -1] != y[:, -2],
    }
    return {name: found.reshape(counts.shape[:-1]) for name, found in flags.items()}


def as_json(made: Calibration) -> dict[str, Any]:
    """The calibration for `--json`."""
    return asdict(made)


def _mean(values: list[float]) -> tuple[float, float]:
    """A mean and its standard error; 0 for one value, which cannot tell."""
    n = len(values)
    return float(np.mean(values)), float(np.std(values) / np.sqrt(max(n - 1, 1)))
