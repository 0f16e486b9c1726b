"""CUSUM: published run lengths, simulation where the truth is known, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from openpeel.errors import MethodError
from openpeel.signals.cusum import (
    cusum,
    cusum_arl,
    cusum_bound,
    cusum_limit,
    false_signal_rate,
    non_restarting,
    p_values,
    steady_tail,
)

MAYBE = st.one_of(st.just(np.nan), st.floats(-8, 8, allow_nan=False))


@pytest.mark.parametrize(
    ("h", "shift", "arl"),
    [(4, 0, 335.367577627), (5, 0, 930.887012064), (4, 1, 8.38320212975)],
)
def test_one_sided_run_lengths_of_the_r_package_spc(h, shift, arl):
    """METHODS 1.3 G, spc 0.6.7, k = 1/2."""
    assert cusum_arl(0.5, h, shift, sides="one") == pytest.approx(arl, rel=1e-10)


def test_the_limit_for_a_wanted_run_length():
    """METHODS 1.3 G, spc 0.6.7: its limit is 4.38912974026."""
    h = cusum_limit(0.5, 500, sides="one")
    assert h == pytest.approx(4.38912974026, abs=1e-8)
    assert cusum_arl(0.5, h, sides="one") == pytest.approx(500, rel=1e-9)


def test_k_and_h_for_two_wanted_run_lengths():
    """METHODS 1.3 G, surveillance 1.20.3, find.kh(500, 7): k, and 7 points after a shift of 2 k."""
    k, h = 0.593593506073, 3.80078906325
    assert cusum_limit(k, 500, sides="one") == pytest.approx(h, abs=1e-8)
    # R's search for k stops within 1e-4 of the 7 points.
    assert cusum_arl(k, h, 2 * k, sides="one") == pytest.approx(7, abs=1e-4)


def test_two_sided_run_lengths_of_lucas_and_crosier():
    """Lucas and Crosier 1982, Technometrics 24:199, Table 1 (k = 1/2, h = 4), as printed there.

    Its last entry, 1.31 at 5, and 168 at no shift carry three digits.
    """
    printed = {0: 168, 0.25: 74.2, 0.5: 26.6, 0.75: 13.3, 1: 8.38, 1.5: 4.75, 2: 3.34, 2.5: 2.62}
    printed |= {3: 2.19, 4: 1.71, 5: 1.31}
    for shift, arl in printed.items():
        assert float(f"{cusum_arl(0.5, 4, shift):.3g}") == arl
        assert cusum_arl(0.5, 4, -shift) == pytest.approx(cusum_arl(0.5, 4, shift))


def test_run_lengths_of_waldmann_and_vance():
    """Waldmann 1986 (k = 1/2, h = 3): 1963, 117.4 (he truncates 117.6), 17.35.

    Vance 1986 (k = 0, h = 10): 400.28, 124.66, 59.30, 36.71, 20.37, 14.06, 10.75.
    """
    assert round(cusum_arl(0.5, 3, -0.5, sides="one")) == 1963
    assert round(cusum_arl(0.5, 3, 0.5, sides="one"), 2) == 17.35
    shifts = [-0.125, 0, 0.125, 0.25, 0.5, 0.75, 1]
    made = [round(cusum_arl(0, 10, shift, sides="one"), 2) for shift in shifts]
    assert made == [400.28, 124.66, 59.30, 36.71, 20.37, 14.06, 10.75]


def test_a_run_length_that_cannot_be_told_from_endless_is_infinite():
    assert cusum_arl(0.5, 30) == np.inf


def test_the_chart_by_hand():
    """k = 1/2, h = 2: sums worked out by hand, a gap in the middle, a restart after the signal."""
    made = cusum([1.0, 1.5, np.nan, 1.5, 0.25, 1.0, -3.5], k=0.5, h=2)
    np.testing.assert_array_equal(made.up, [0.5, 1.5, np.nan, 2.5, 0, 0.5, 0])
    np.testing.assert_array_equal(made.down, [0, 0, np.nan, 0, 0, 0, 3])
    np.testing.assert_array_equal(made.signal, [0, 0, 0, 1, 0, 0, -1])
    np.testing.assert_array_equal(made.rising, [1, 2, 0, 3, 0, 1, 0])
    np.testing.assert_array_equal(made.falling, [0, 0, 0, 0, 0, 0, 1])


def test_the_false_signals_of_the_chart_are_those_that_were_asked_for():
    z = np.random.default_rng(1).normal(size=(2000, 1500))
    h = cusum_limit(0.5, 100)
    per_series = (cusum(z, h=h).signal != 0).mean(axis=1)
    error = per_series.std() / np.sqrt(len(z))
    # A share of (1/2) 100 / 1500 of one run is cut off by the end of each series.
    assert abs(per_series.mean() - 0.01) < 3 * error + 0.01 * 50 / 1500


def test_a_baseline_that_was_estimated_is_allowed_for():
    """Mean and standard deviation from 60 points: the rate is as asked, and without, far higher."""
    rng, points = np.random.default_rng(2), 60
    z = rng.normal(size=(6000, points + 400))
    mean, sd = z[:, :points].mean(axis=1), z[:, :points].std(axis=1, ddof=1)
    later = ((z - mean[:, None]) / sd[:, None])[:, points:]

    def rate(h):
        per_series = (cusum(later, h=h).signal != 0).mean(axis=1)
        return per_series.mean(), per_series.std() / np.sqrt(len(z))

    achieved, error = rate(cusum_limit(0.5, 100, baseline=points))
    assert abs(achieved - 0.01) < 3 * error + 0.01 * 50 / 400
    plain, error = rate(cusum_limit(0.5, 100))
    assert plain > 0.0125 + 3 * error
    assert plain == pytest.approx(
        false_signal_rate(0.5, cusum_limit(0.5, 100), baseline=points), rel=0.15
    )


def test_p_values_are_uniform_in_the_long_run_and_cautious_at_first():
    bound = cusum_bound(0.5, 1e-4)
    z = np.random.default_rng(3).normal(size=(40_000, 120))
    made = non_restarting(z, bound=bound)
    for p in (0.2, 0.05, 0.01, 0.001):
        error = 3 * np.sqrt(p * (1 - p) / len(z))
        assert abs((made.p_up[:, -1] <= p).mean() - p) < error
        assert (made.p_down[:, 2] <= p).mean() < p
        assert (made.p[:, -1] <= p).mean() < p + error
    np.testing.assert_array_equal(made.p_up == 1, made.up == 0)


@pytest.mark.exhaustive
@pytest.mark.parametrize("points", [30, 72])
def test_p_values_allow_for_an_estimated_baseline(points):
    rng = np.random.default_rng(4)
    z = rng.normal(size=(20_000, points + 100))
    mean, sd = z[:, :points].mean(axis=1), z[:, :points].std(axis=1, ddof=1)
    later = ((z - mean[:, None]) / sd[:, None])[:, points:]
    plain = non_restarting(later, bound=15.0).p[:, -1]
    made = non_restarting(later, bound=15.0, baseline=np.full(len(z), points)).p[:, -1]
    for p in (0.05, 0.01, 0.001):
        assert (made <= p).mean() < p + 3 * np.sqrt(p / len(z))
        assert (plain <= p).mean() > 1.5 * p


def test_the_tail_at_the_bound_and_the_interpolation():
    bound = cusum_bound(0.5, 1e-5)
    assert float(steady_tail(bound, 0.5, bound)) == pytest.approx(1e-5, rel=1e-8)
    assert float(steady_tail(bound + 1e-9, 0.5, bound)) == 0
    assert float(steady_tail(0.0, 0.5, bound)) == 1
    s = np.random.default_rng(5).uniform(0, bound, 500)
    np.testing.assert_allclose(p_values(s, 0.5, bound), steady_tail(s, 0.5, bound), rtol=2e-4)


def test_false_discovery_is_controlled_at_each_time_and_recovery_shows():
    """1,000 series, a tenth of them shifted by 1.5 from point 30 to 60: Benjamini and Hochberg."""
    rng = np.random.default_rng(6)
    shifted = np.arange(1000) < 100
    bound = cusum_bound(0.5, 0.1 / 2000)
    shares, found = np.zeros((40, 120)), np.zeros((40, 120))
    for run in range(len(shares)):
        z = rng.normal(size=(1000, 120))
        z[shifted, 30:60] += 1.5
        p = np.sort(made := non_restarting(z, bound=bound).p, axis=0)
        passes = p <= 0.1 * np.arange(1, 1001)[:, None] / 1000
        cut = np.where(passes.any(axis=0), np.max(np.where(passes, p, 0), axis=0), -1)
        hit = made <= cut
        shares[run] = (hit & ~shifted[:, None]).sum(axis=0) / np.maximum(hit.sum(axis=0), 1)
        found[run] = hit[shifted].mean(axis=0)
    error = 3 * shares[:, :60].std(axis=0) / np.sqrt(len(shares))
    assert np.all(shares[:, :60].mean(axis=0) < 0.1 + error + 0.01)
    assert found[:, 45:60].mean() > 0.9
    # Back in control a sum at its bound loses half a point: all are down within 2 x bound points.
    assert found[:, 60 + int(2 * bound) + 5 :].mean() < 0.01


@given(arrays(np.float64, (3, 12), elements=MAYBE), st.integers(0, 12))
def test_a_gap_changes_only_itself_and_series_know_nothing_of_each_other(z, at):
    made = cusum(z, h=2)
    wider = cusum(np.insert(z, at, np.nan, axis=1), h=2)
    np.testing.assert_array_equal(np.delete(wider.up, at, axis=1), made.up)
    np.testing.assert_array_equal(np.delete(wider.signal, at, axis=1), made.signal)
    assert not wider.signal[:, at].any()
    np.testing.assert_array_equal(cusum(z[::-1], h=2).down, made.down[::-1])
    np.testing.assert_array_equal(cusum(-z, h=2).signal, -made.signal)
    np.testing.assert_array_equal(cusum(z[1], h=2).up, made.up[1])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: cusum([1.0, np.inf]), "infinite"),
        (lambda: cusum(["a"]), "numbers"),
        (lambda: cusum(np.zeros((1, 1, 1))), "3 dimensions"),
        (lambda: cusum([]), "at least one point"),
        (lambda: cusum([1.0], h=0), "limit h above 0"),
        (lambda: cusum([1.0], k=-1), "k of at least 0"),
        (lambda: non_restarting([1.0], bound=np.inf), "bound above 0"),
        (lambda: non_restarting([1.0], bound=3, baseline=2), "at least 3"),
        (lambda: cusum_limit(0.5, 1), "cannot be set to 1"),
        (lambda: cusum_limit(0.5, 100, baseline=2), "at least 3"),
        (lambda: cusum_bound(0.5, 0.5), "between 0 and 1/4"),
        (lambda: cusum_arl(0.5, 4, np.nan), "finite"),
        (lambda: cusum_arl(0.5, 4, sides="three"), "'three'"),
        (lambda: cusum_arl(0.5, 1000), "not computed"),
    ],
)
def test_what_makes_no_chart_is_refused(call, told):
    with pytest.raises(MethodError, match=told):
        call()
