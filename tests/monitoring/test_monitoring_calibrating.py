"""Calibration: its own arithmetic on families whose signals are known; the same each time."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from openpeel.monitoring import calibrating
from openpeel.monitoring.calibrating import RATE, Judged, judging, measured, peer_flags
from openpeel.monitoring.measuring import (
    AFTER,
    SIZES,
    charts,
    coverage,
    delays,
    run_lengths,
    surprising,
)
from openpeel.monitoring.simulating import (
    BEYOND,
    FORCES,
    INDICATORS,
    REGIMES,
    SURGE_MONTHS,
    Regime,
    family,
    remembering,
)

PLAIN = REGIMES[0]


def draw(*seed):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("regime", [*REGIMES, *BEYOND], ids=lambda r: r.name)
def test_a_made_family_holds_what_it_says(regime):
    made = family(regime, draw(1), planted=True)
    assert made.counts.shape == (INDICATORS, FORCES, regime.months)
    assert (made.counts >= 0).all()
    assert (made.counts % 1 == 0).all()
    # In each indicator one shift up, one down, one surge and one outlier, of different forces.
    assert (made.shift == 1).sum(axis=1).tolist() == [1] * INDICATORS
    assert (made.shift == -1).sum(axis=1).tolist() == [1] * INDICATORS
    assert made.surge.sum(axis=1).tolist() == [1] * INDICATORS
    assert made.outlier.sum(axis=1).tolist() == [1] * INDICATORS
    assert not (made.changed & made.outlier).any()
    assert made.changed.sum() == 3 * INDICATORS
    # Each with room before and after, in the months that are searched.
    assert ((made.onset >= 0) == made.changed).all()
    room = made.onset[made.shift != 0]
    assert room.min() >= made.since + 3
    assert room.max() <= regime.months - 3
    assert made.onset[made.surge].max() <= regime.months - 3 - SURGE_MONTHS
    assert made.month[0] == 1
    none = family(regime, draw(1), planted=False)
    assert not (none.changed | none.outlier).any()


def test_made_series_behave_as_their_regime_says():
    """Means over a family of 258 series: dispersion, memory, and what neighbours share."""

    def off(regime):
        y = family(replace(regime, months=240, between=0.0, sizes=0.0), draw(2), planted=False)
        rate = y.counts[:, 1:] / y.counts[:, 1:].mean(axis=1, keepdims=True)
        return np.log(rate) - np.log(rate).mean(axis=2, keepdims=True), y.counts[:, 1:]

    plain, counts = off(Regime("", mean=400))
    assert (counts.var(axis=2) / counts.mean(axis=2)).mean() == pytest.approx(1, abs=0.05)
    _, counts = off(Regime("", mean=400, gamma=0.12))
    assert (counts.var(axis=2) / counts.mean(axis=2)).mean() == pytest.approx(6.76, rel=0.1)
    e, _ = off(Regime("", mean=1e6, shock=0.1, memory=0.6))
    assert (e[..., 1:] * e[..., :-1]).mean() / (e**2).mean() == pytest.approx(0.6, abs=0.03)
    assert e.std() == pytest.approx(0.1, rel=0.05)
    e, _ = off(Regime("", mean=1e6, shock=0.1, neighbours=0.5))
    # Forces 1 and 10 are of one region (the first force is left out), 1 and 2 are not.
    same, other = (np.corrcoef(e[:, 0].ravel(), e[:, k].ravel())[0, 1] for k in (9, 1))
    assert same == pytest.approx(0.5, abs=0.08)
    assert other == pytest.approx(0, abs=0.1)
    assert np.abs(plain).mean() < 0.06


def test_forces_vary_as_unlike_each_other_as_their_regime_says():
    plain = Regime("", months=240, mean=1e5, gamma=0.05, between=0.0, sizes=0.0)

    def spread(regime):
        y = family(regime, draw(8), planted=False).counts[:, 1:]
        return y.std(axis=2) / y.mean(axis=2)

    assert np.log(spread(plain)).std() < 0.08
    assert np.log(spread(replace(plain, uneven=0.5))).std() == pytest.approx(0.5, rel=0.15)
    restless = spread(replace(plain, restless=3)) > 2 * 0.05
    # The largest, left out here, may be one of them.
    assert set(restless.sum(axis=1)) <= {2, 3}
    assert np.median(spread(replace(plain, restless=3))[restless]) == pytest.approx(0.2, rel=0.1)


def test_memory_is_what_it_is_said_to_be():
    e = remembering(draw(3), np.array([0.0, 0.5, 0.9]), (3, 60_000))
    assert e.std(axis=1) == pytest.approx(np.ones(3), abs=0.05)
    products = (e[:, 1:] * e[:, :-1]).mean(axis=1)
    assert products == pytest.approx([0, 0.5, 0.9], abs=0.05)


def test_judging_finds_what_is_planted_large_and_no_more():
    regime = replace(PLAIN, months=36)
    made = family(regime, draw(4), planted=False)
    counts = made.counts.copy()
    counts[0, 3, 24:] *= 2
    counts[1, 5, 20:24] *= 2
    counts[2, 7] *= 6
    said = judging(replace(made, counts=counts, since=0))
    assert np.argwhere(said.shift).tolist() == [[0, 3]]
    assert np.argwhere(said.surge).tolist() == [[1, 5]]
    unlike = np.argwhere(said.outlier).tolist()
    # Those that changed are unlike too; one more by chance is what the rate allows.
    assert [2, 7] in unlike
    assert len([at for at in unlike if at not in ([0, 3], [1, 5], [2, 7])]) <= 1
    assert said.onset[0, 3] == 24
    assert said.onset[1, 5] == 20
    assert said.earliest[1, 5] <= 20 <= said.latest[1, 5]
    assert said.tests == 3 * INDICATORS * FORCES


def test_one_change_of_a_series_at_most():
    for number in range(3):
        said = judging(family(REGIMES[-2], draw(5, number), planted=True))
        assert not (said.shift & said.surge).any()


def test_series_of_few_events_are_not_judged():
    made = family(replace(PLAIN, mean=0.5, sizes=0.0), draw(6), planted=False)
    said = judging(made)
    # About 12 events in two years: under the 30 that a change takes; and 6 a year, under 10.
    assert said.tests < 0.1 * 3 * INDICATORS * FORCES


def told(made, shift=(), surge=(), outlier=()):
    marks = []
    for cells in (shift, surge, outlier):
        mark = np.zeros(made.changed.shape, np.bool_)
        for cell in cells:
            mark[cell] = True
        marks.append(mark)
    onset = made.onset + 1
    return Judged(*marks, onset, onset - 1, onset + 2, 774)


def test_the_shares_are_counted_as_said(monkeypatch):
    """Half of the families with two true signals and two false ones, half with nothing told."""
    number = 0

    def judge(made):
        nonlocal number
        number += 1
        # Each family that has something in it is followed by one that has not.
        if number % 4 != 1:
            return told(made)
        true = tuple(np.argwhere(made.shift == 1)[0])
        unlike = tuple(np.argwhere(made.outlier)[0])
        nothing = tuple(np.argwhere(~made.changed & ~made.outlier)[0])
        # An outlier that is a change is not counted either way.
        return told(made, [true, nothing], outlier=[unlike, nothing, true])

    monkeypatch.setattr(calibrating, "judging", judge)
    row = measured(PLAIN, 4)
    assert row.achieved_fdr == 0.25
    # Of 0.5, 0, 0.5 and 0: the standard deviation, with 3 degrees of freedom, over 2.
    assert row.monte_carlo_error == pytest.approx(np.sqrt(0.25 / 3) / 2)
    assert row.any_false == 0
    assert row.power_changes == pytest.approx(0.5 / (3 * INDICATORS))
    assert row.power_outliers == pytest.approx(0.5 / INDICATORS)
    assert row.power == pytest.approx(0.5 * 2 / (4 * INDICATORS))
    assert row.changes_fdr == row.outliers_fdr == 0.25
    assert row.onset_error == 1
    assert row.onset_coverage == 1
    assert row.nominal_fdr == RATE == 0.1
    assert row.kept
    for error in ("monte_carlo_error", "changes_error", "outliers_error"):
        assert not replace(row, **{error: 0.01}).kept


def test_any_signal_of_nothing_is_counted(monkeypatch):
    monkeypatch.setattr(
        calibrating,
        "judging",
        lambda made: told(made, surge=[] if made.changed.any() else [(0, 0)]),
    )
    row = measured(PLAIN, 2)
    assert (row.any_false, row.achieved_fdr) == (1.0, 0.0)
    assert row.onset_error is row.onset_coverage is None


def test_the_same_seed_gives_the_same_row_and_the_promise_is_kept():
    row = measured(PLAIN, 3)
    assert row == measured(PLAIN, 3)
    assert row.kept
    assert row.power_outliers > 0.4
    assert [peer.rule for peer in row.peers] == list(peer_flags(np.ones((2, 3, 24))))
    # What the other rules flag of nearly a thousand charts is mostly chance.
    assert all(peer.false_share > 3 * row.achieved_fdr for peer in row.peers)


def test_rules_of_others():
    y = np.full((2, 24), 100.0)
    y[0, -1] = 130
    flags = peer_flags(y[None])
    assert {name: f.tolist() for name, f in flags.items()} == {
        "XmR, newest month": [[True, False]],
        "XmR, newest 12 months": [[True, False]],
        "month on month, 2 sd": [[False, False]],
        "month on month, colour": [[True, False]],
    }
    # 2 standard deviations of the difference of 100 and 133 are 30.5.
    assert surprising(np.array([[100.0, 130, 100, 133]])).tolist() == [[False, False, False, True]]


def test_charts_signal_only_after_their_baseline_and_find_what_is_plain():
    y = draw(7).normal(100, 10, (40, 90)).round()
    y[0, 70:] += 40
    for name, signal in charts(y, 60).items():
        assert signal.shape == y.shape
        assert signal[0, 70:80].any(), name
        assert name.startswith("XmR") or not signal[:, :60].any()


def test_run_lengths_say_what_season_and_memory_do():
    rows = {(r.method, r.series, r.residuals): r for r in run_lengths(250)}
    assert len(rows) == 5 * 4 * 2
    for method in ("CUSUM, limit by ARL", "EWMA, limit by ARL", "XmR, outside limits"):
        plain = rows[method, "independent", False]
        seasonal = rows[method, "seasonal", False]
        mended = rows[method, "seasonal", True]
        assert seasonal.average < plain.average / 4
        assert mended.average > seasonal.average * 4
    cusum = rows["CUSUM, limit by ARL", "independent", False]
    assert abs(cusum.average - cusum.nominal) < 3 * cusum.monte_carlo_error
    both = rows["CUSUM, limit by ARL", "seasonal, memory 0.3", True]
    assert both.average + 3 * both.monte_carlo_error > both.nominal


def test_delays_grow_shorter_as_shifts_grow():
    rows = delays(3)
    for method in {row.method for row in rows}:
        mine = [row for row in rows if row.method == method]
        assert [row.size for row in mine] == list(SIZES)
        assert mine[-1].found > 0.6
        assert all(row.months is None or 1 <= row.months <= AFTER for row in mine)
    panel = [row for row in rows if row.method.startswith("panel")]
    assert panel[0].found < 0.05
    assert panel[-1].found == 1
    assert panel[-1].months <= 4


def test_coverage_is_near_what_is_said_where_it_should_be():
    rows = {row.interval: row for row in coverage(120)}
    assert len(rows) == 18
    for name, row in rows.items():
        assert row.draws > 0
        assert 0 < row.monte_carlo_error < 0.1
        # Trimmed recipes are known to be too narrow where units truly differ.
        if "SHMI" in name or "CQC" in name:
            assert row.achieved < row.nominal
        else:
            assert row.achieved > row.nominal - 0.005 - 4 * row.monte_carlo_error, name


def test_everything_is_measured_and_is_json(monkeypatch):
    monkeypatch.setattr(calibrating, "FAMILIES", {True: 1, False: 1})
    monkeypatch.setattr(calibrating, "REGIMES", REGIMES[:2])
    monkeypatch.setattr(calibrating, "BEYOND", BEYOND[:1])
    for name in ("SERIES", "DRAWS"):
        monkeypatch.setattr(calibrating, name, {True: 30, False: 30})
    monkeypatch.setattr(calibrating, "PANELS", {True: 1, False: 1})
    # Here a process of its own for each part would cost more than it saves.
    one_thread = lambda mp_context: ThreadPoolExecutor(1)  # noqa: E731
    monkeypatch.setattr(calibrating, "ProcessPoolExecutor", one_thread)
    steps = []
    made = calibrating.calibrate(told=lambda done, parts: steps.append((done, parts)))
    assert steps == [(n, 6) for n in range(1, 7)]
    given = json.loads(json.dumps(calibrating.as_json(made), allow_nan=False))
    assert [row["regime"] for row in given["regimes"]] == [r.name for r in REGIMES[:2]]
    assert {"nominal_fdr", "achieved_fdr", "monte_carlo_error", "power"} <= set(given["regimes"][0])
    assert [row["regime"] for row in given["beyond"]] == [BEYOND[0].name]
    assert given["run_lengths"]
    assert given["coverage"]
    assert given["delays"]
    assert calibrating.calibrate(quick=True).beyond == ()
