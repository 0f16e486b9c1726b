"""Surges: made ones are found with their dates, season, shifts and noise are not called surges."""

from itertools import product
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from openpeel.errors import MethodError
from openpeel.signals.quarters import one_against_rest
from openpeel.signals.surges import Verdict, detectable, surges

SERIES = 2000
ERROR = 3 * np.sqrt(0.05 * 0.95 / SERIES)
SEASON = 1 + 0.3 * np.cos(2 * np.pi * np.arange(12) / 12)


def counts(mean, dispersion, seed, length=60):
    """Poisson or negative binomial counts of (time,) means, `SERIES` times."""
    draw = np.random.default_rng(seed)
    mean = np.broadcast_to(mean, (SERIES, length))
    if dispersion == 1:
        return draw.poisson(mean).astype(float)
    return draw.negative_binomial(mean / (dispersion - 1), 1 / dispersion).astype(float)


def with_surge(length, start, end, height):
    return np.where((np.arange(length) >= start) & (np.arange(length) < end), height, 1.0)


@pytest.mark.parametrize("length", [24, pytest.param(144, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize(("mean", "dispersion"), [(0.5, 1), (20, 1), (20, 1.5), (20, 3), (200, 8)])
def test_noise_is_not_called_a_surge(length, mean, dispersion):
    """At most 5 %, and 2 points more where variance beyond Poisson is estimated."""
    called = surges(counts(mean, dispersion, 1, length)).verdict == Verdict.SURGE
    assert called.mean() < 0.05 + ERROR + (0 if dispersion == 1 else 0.02)


@pytest.mark.parametrize("dispersion", [1, 3])
def test_season_that_is_known_is_not_called_a_surge(dispersion):
    season = np.resize(np.roll(SEASON, -3), 60)
    made = surges(counts(20 * season, dispersion, 2), season=season)
    assert np.mean(made.verdict == Verdict.SURGE) < 0.05 + ERROR + (dispersion > 1) * 0.02
    assert np.median(made.level[made.p < 1]) == pytest.approx(20, rel=0.05)


def test_season_that_is_not_known_is_called_too_often():
    called = surges(counts(20 * np.resize(SEASON, 24), 1, 2, 24)).verdict == Verdict.SURGE
    assert 0.06 < called.mean() < 0.11


@pytest.mark.parametrize("dispersion", [1, 3])
@pytest.mark.parametrize("ratio", [1.2, 1.5, 2, 3])
@pytest.mark.parametrize("at", [15, 30, 55])
def test_lasting_shifts_are_not_called_surges(dispersion, ratio, at):
    """At most 10 %, where a shift is as small as noise; below 1 % from a doubling on."""
    mean = 20 * with_surge(60, at, 60, ratio)
    share = np.mean(surges(counts(mean, dispersion, 3)).verdict == Verdict.SURGE)
    assert share < (0.02 if ratio >= 2 else 0.10)


@pytest.mark.parametrize("dispersion", [1, 3])
def test_a_return_to_another_level_and_a_dip_are_not_surges(dispersion):
    half = np.where(np.arange(60) < 30, 20.0, np.where(np.arange(60) < 35, 60.0, 36.0))
    assert np.mean(surges(counts(half, dispersion, 4)).verdict == Verdict.SURGE) < 0.02
    dip = 20 * with_surge(60, 30, 35, 0.4)
    assert np.mean(surges(counts(dip, dispersion, 5)).verdict == Verdict.SURGE) < 0.05


@pytest.mark.parametrize("length", [24, 60, pytest.param(144, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize(("dispersion", "height"), [(1, 2.0), (3, 3.0)])
def test_surges_are_found_with_their_dates(length, dispersion, height):
    """Of 4 months in season: at least 88 % called, dates held by 95 % intervals, height by 93 %."""
    start, season = length // 2, np.resize(SEASON, length)
    mean = 20 * season * with_surge(length, start, start + 4, height)
    made = surges(counts(mean, dispersion, 6, length), season=season)
    called = made.verdict == Verdict.SURGE
    assert called.mean() > 0.88
    held = (made.rise_earliest <= start) & (start <= made.rise_latest)
    back = (made.back_earliest <= start + 4) & (start + 4 <= made.back_latest)
    assert held[called].mean() > 0.95
    assert back[called].mean() > 0.95
    near = (abs(made.rise - start) <= 1) & (abs(made.back - start - 4) <= 1)
    assert near[called].mean() > 0.95
    true = (made.height_low <= height) & (height <= made.height_high)
    assert true[called].mean() > 0.91


def test_values_have_differences_for_heights():
    draw = np.random.default_rng(7)
    season = np.resize(np.arange(12.0), 60)
    y = draw.normal(size=(SERIES, 60)) + season + 50
    y[:, 30:35] += 3
    made = surges(y, family="gaussian", season=season)
    called = made.verdict == Verdict.SURGE
    assert called.mean() > 0.9
    assert made.height[called].mean() == pytest.approx(3, abs=0.1)
    assert made.level[called].mean() == pytest.approx(50, abs=0.1)
    held = (made.height_low <= 3) & (made.height_high >= 3)
    assert held[called].mean() > 0.93


def test_memory_calls_fewer():
    draw = np.random.default_rng(8)
    y = draw.normal(size=(SERIES, 60))
    for t in range(1, 60):
        y[:, t] = 0.4 * y[:, t - 1] + np.sqrt(1 - 0.16) * y[:, t]
    assert np.mean(surges(y, family="gaussian").verdict == Verdict.SURGE) > 0.15
    assert np.mean(surges(y, family="gaussian", memory=0.4).verdict == Verdict.SURGE) < 0.05


@pytest.mark.parametrize(("dispersion", "level"), [(1, 20.0), (3, 20.0), (2, 100.0)])
def test_the_detectable_surge_is_found_as_often_as_stated(dispersion, level):
    """Stated: p at most alpha in 80 % of series; called in at most 6 points fewer."""
    height = float(detectable(60, level, dispersion=dispersion, duration=4, power=0.8))
    made = surges(counts(level * with_surge(60, 25, 29, height), dispersion, 9))
    assert 0.78 < np.mean(made.p <= 0.05) < 0.88
    assert np.mean(made.verdict == Verdict.SURGE) > 0.74


def test_the_detectable_surge_shrinks_with_level_and_grows_with_dispersion():
    heights = detectable(60, [1.0, 10.0, 100.0, 1000.0])
    assert (np.diff(heights) < 0).all()
    assert (heights > 1).all()
    assert detectable(60, [5.0, 20.0, 100.0]) == pytest.approx([2.44, 1.66, 1.28], abs=0.03)
    thrice = detectable(60, [5.0, 20.0, 100.0], dispersion=3)
    assert thrice == pytest.approx([4.03, 2.27, 1.52], abs=0.06)
    assert (np.diff(detectable(60, 20.0, dispersion=[1.0, 2.0, 4.0])) > 0).all()
    assert np.isnan(detectable(24, 1e-4))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(0, 40))
def test_order_exposure_and_gaps_change_nothing(seed, factor, gap):
    y = np.random.default_rng(seed).poisson(9 * with_surge(40, 18, 22, 2), (4, 40)).astype(float)
    made = surges(y)
    turned = surges(y[::-1], exposure=float(factor))
    np.testing.assert_array_equal(turned.rise[::-1], made.rise)
    np.testing.assert_array_equal(turned.verdict[::-1], made.verdict)
    np.testing.assert_allclose(turned.height[::-1], made.height)
    np.testing.assert_allclose(turned.level[::-1] * factor, made.level)
    gappy = surges(np.insert(y, gap, np.nan, axis=1))
    np.testing.assert_array_equal(gappy.rise, made.rise + (made.rise >= gap))
    np.testing.assert_allclose(gappy.p, made.p)


def test_what_is_no_surge_at_all():
    flat = surges(np.full((2, 20), 7.0))
    assert flat.verdict.tolist() == [Verdict.NONE] * 2
    assert (flat.p == 1).all()
    assert (flat.rise == -1).all()
    short = surges([3.0, 9, 3, np.nan, np.nan, np.nan, np.nan, np.nan])
    assert short.verdict == Verdict.TOO_SHORT
    assert np.isnan(short.p)
    assert surges(np.zeros((1, 20))).verdict.tolist() == [Verdict.NONE]
    from_none = surges([0.0] * 8 + [9, 11, 8] + [0.0] * 8)
    assert from_none.verdict == Verdict.SURGE
    assert (from_none.rise, from_none.back) == (8, 11)
    assert np.isinf(from_none.height)
    assert 1 < from_none.height_low < np.inf


@pytest.mark.parametrize(
    "more",
    [
        {"alpha": 0.0},
        {"confidence": 1.0},
        {"ends": 0},
        {"memory": -0.1},
        {"scale": -1.0},
        {"season": 0.0},
        {"season": [1.0, 2.0]},
        {"family": "binomial"},
    ],
)
def test_refused(more):
    with pytest.raises(MethodError):
        surges(np.arange(20.0), **more)


def test_refused_elsewhere():
    for wrong in ({"points": 5}, {"duration": 31}, {"power": 1.0}, {"level": 0.0}):
        with pytest.raises(MethodError):
            detectable(**{"points": 60, "level": 10.0, **wrong})
    for wrong in ({"dispersion": 0.5}, {"alpha": 1.0}, {"expected": -1.0}):
        with pytest.raises(MethodError):
            one_against_rest([1.0, 2, 3, 4], **wrong)


@pytest.mark.parametrize(
    ("y", "expected"), [([1, 2, 9, 1], [1, 1, 1, 1]), ([1, 1, 7, 1], [1, 1, 2, 1])]
)
def test_the_scan_is_that_of_the_multinomial(y, expected):
    """Against every table with the same sum: never below the exact p, and within p^2 / 2 of it."""
    total, share = sum(y), np.array(expected) / sum(expected)

    def extreme(table):
        return min(binom.sf(np.array(table) - 1, total, share))

    exact, least = 0.0, extreme(y) * (1 + 1e-9)
    for three in product(range(total + 1), repeat=3):
        table = (*three, total - sum(three))
        if table[3] >= 0 and extreme(table) <= least:
            ways = factorial(total) / np.prod([float(factorial(v)) for v in table])
            exact += ways * np.prod(share ** np.array(table))
    made = one_against_rest(y, expected=expected)
    assert exact * (1 - 1e-9) <= made.p[2] <= exact + exact**2
    assert (made.p[[0, 1, 3]] > 0.5).all()
    limits = binomtest(y[2], total).proportion_ci(0.95, "exact")
    odds = (1 - share[2]) / share[2]
    assert made.low[2] == pytest.approx(limits.low / (1 - limits.low) * odds)
    assert made.high[2] == pytest.approx(limits.high / (1 - limits.high) * odds)


@pytest.mark.parametrize(("mean", "dispersion"), [(3, 1), (50, 1), (50, 3)])
def test_four_quarters_of_noise_are_not_called(mean, dispersion):
    made = one_against_rest(counts(mean, dispersion, 10, 4), dispersion=dispersion)
    assert np.mean(made.p.min(axis=1) <= 0.05) < 0.05 + ERROR


def test_the_detectable_quarter_is_found_as_often_as_stated():
    """Given the sum: 4 quarters of 400 events in all, the second truly higher."""
    assert one_against_rest([1000.0] * 4).detectable == pytest.approx(1.118, abs=0.001)
    assert one_against_rest([1000.0] * 4, dispersion=5).detectable == pytest.approx(
        1.277, abs=0.001
    )
    height = one_against_rest([100.0] * 4).detectable[1]
    share = np.array([1, height, 1, 1]) / (3 + height)
    y = np.random.default_rng(11).multinomial(400, share, size=SERIES)
    assert 0.77 < np.mean(one_against_rest(y).p[:, 1] <= 0.05) < 0.85


def test_a_missing_quarter_takes_no_part():
    made = one_against_rest([10.0, np.nan, 30, 10])
    alone = one_against_rest([10.0, 30, 10])
    assert np.isnan(made.p[1])
    np.testing.assert_allclose(made.p[[0, 2, 3]], alone.p)
    np.testing.assert_allclose(made.ratio[[0, 2, 3]], alone.ratio)
    nothing = one_against_rest([0.0, 0, 0, 0])
    assert (nothing.p == 1).all()
    assert np.isnan(nothing.detectable).all()
