"""Data quality: steps at known dates, sudden gaps, unusual revisions; false alarms measured."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from openpeel.errors import MethodError
from openpeel.signals.quality import (
    memory_of,
    step_at,
    sudden_gaps,
)

NAN = np.nan
few = settings(max_examples=40, deadline=None)
SERIES, LENGTH, AT = 20_000, 60, 30


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def remembering(memory, series=SERIES, seed=5):
    """Series of unit variance whose neighbours correlate."""
    e = np.random.default_rng(seed).normal(size=(series, LENGTH))
    for t in range(1, LENGTH):
        e[:, t] = memory * e[:, t - 1] + np.sqrt(1 - memory**2) * e[:, t]
    return e


SEASON = 4 * np.sin(np.arange(LENGTH) * 2 * np.pi / 12)


def test_a_step_is_students_t():
    # Oracle: scipy's paired and two-sample t tests.
    y = np.random.default_rng(2).normal(100, 5, LENGTH) + SEASON
    made = step_at(y, AT, memory=0)
    oracle = stats.ttest_rel(y[30:42], y[18:30])
    assert (made.t, made.p) == pytest.approx((oracle.statistic, oracle.pvalue))
    assert made.degrees == 11
    assert made.change == pytest.approx(y[30:42].mean() - y[18:30].mean())
    apart = step_at(y, AT, memory=0, season=None, window=8)
    oracle = stats.ttest_ind(y[30:38], y[22:30])
    assert (apart.t, apart.p) == pytest.approx((oracle.statistic, oracle.pvalue))


def test_dates_of_their_own_and_gaps():
    y = np.random.default_rng(2).normal(100, 5, (3, LENGTH))
    y[2, [20, 33]] = NAN
    made = step_at(y, [30, 20, 30], memory=0)
    for i, at in enumerate((30, 20, 30)):
        assert made.p[i] == pytest.approx(float(step_at(y[i], at, memory=0).p))
    assert made.degrees.tolist() == [11, 11, 9]
    # Near an end there are fewer pairs, and under three none is judged.
    assert step_at(y[0], 55, memory=0).degrees == 4
    assert np.isnan(step_at(y[0], 58, memory=0).p)
    assert step_at(y[0], 3, memory=0).degrees == 2
    assert np.isnan(step_at(y[0], 2, memory=0).p)
    assert np.isnan(step_at([1, 2, 3, 4], 2, memory=0, season=None).p)
    assert not np.isnan(step_at([1, 2, 3, 4, 5], 2, memory=0, season=None).p)


@pytest.mark.parametrize("memory", [0.0, 0.2, 0.4, 0.6, 0.8])
def test_no_step_is_found_where_there_is_none_as_often_as_stated(memory):
    """20,000 seasonal series: 5.0, 5.0, 4.5, 3.9 and 2.4 % are below 0.05, known memory.

    Taken to have none, 18 % of those that remember by 0.4 are.
    """
    y = remembering(memory) + SEASON
    error = 4 * np.sqrt(0.05 * 0.95 / SERIES)
    for season, values in ((12, y), (None, y - SEASON)):
        p = step_at(values, AT, memory=memory, season=season).p
        assert np.mean(p <= 0.05) <= 0.05 + error
        assert np.mean(p <= 0.01) <= 0.01 + error / 2
        assert np.mean(p <= 0.05) > 0.02
    if memory == 0.4:
        assert np.mean(step_at(y, AT, memory=0).p <= 0.05) > 0.15


def test_a_step_is_found():
    """A step of two standard deviations at a date known: power at 1 %, two-sided."""
    y = remembering(0.2, series=2000) + SEASON + 2 * (np.arange(LENGTH) >= AT)
    made = step_at(y, AT, memory=0.2)
    assert np.mean(made.p <= 0.01) == pytest.approx(0.8, abs=0.05)
    assert np.mean(made.change) == pytest.approx(2, abs=0.05)


def test_memory_is_measured():
    for memory in (0.0, 0.3, 0.6):
        y = remembering(memory, series=2000)
        assert memory_of(y + SEASON) == pytest.approx(memory, abs=0.05)
        assert memory_of(y, season=None) == pytest.approx(memory, abs=0.02)
    assert memory_of(np.ones((3, 30))) == 0
    assert memory_of([1.0, 2.0]) == 0
    assert memory_of(np.full((2, 30), NAN)) == 0
    assert memory_of(np.arange(40.0), season=None) == 0.95


def test_steps_without_noise():
    flat = step_at(np.zeros(30), 15, memory=0.3)
    assert (flat.t, flat.p, flat.change) == (0, 1, 0)
    sheer = step_at([5.0] * 12 + [7.0] * 12, 12, memory=0.3)
    assert (sheer.t, sheer.p, sheer.change) == (np.inf, 0, 2)
    assert np.isnan(step_at(np.full(30, NAN), 15, memory=0).p)


@few
@given(st.integers(0, 10**6), st.floats(0, 0.9), st.sampled_from([12, None]), st.floats(0.1, 50))
def test_scale_level_and_order_of_series(seed, memory, season, scale):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(4, 40))
    y[rng.random(y.shape) < 0.1] = NAN
    made = step_at(y, 20, memory=memory, season=season)
    moved = step_at(scale * y[::-1] + 7, 20, memory=memory, season=season)
    np.testing.assert_allclose(moved.p[::-1], made.p, rtol=1e-6)
    np.testing.assert_allclose(moved.change[::-1], scale * made.change, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(step_at(-y, 20, memory=memory, season=season).t, -made.t)
    # What is outside the seasons or windows compared plays no part.
    wider = np.hstack([np.full((4, 2), 99.0), y, np.full((4, 2), NAN)])
    np.testing.assert_allclose(step_at(wider, 22, memory=memory, season=season).p, made.p)


def test_gaps_by_hand():
    made = sudden_gaps([NAN, 1, 2, 3, NAN, NAN, 4, NAN])
    assert made.length.tolist() == [1, 0, 0, 0, 1, 2, 0, 1]
    assert np.isnan(made.p).tolist() == [True, True, True, True, False, False, True, False]
    # After 3 without a gap (1/2)/4, then (1/2)(3/2)/(4 x 5); after 6 with two (5/2)/7.
    assert made.p[[4, 5, 7]].tolist() == pytest.approx([1 / 8, 3 / 80, 5 / 14])
    regular = sudden_gaps([*np.ones(24), NAN, NAN])
    assert regular.p[-2:].tolist() == pytest.approx([0.02, 0.75 / (25 * 26)])


def test_a_series_that_always_had_gaps_surprises_less():
    rng = np.random.default_rng(6)
    reliable, patchy = np.ones(60), np.where(rng.random(60) < 0.3, NAN, 1.0)
    reliable[-1] = patchy[-1] = NAN
    patchy[-2] = 1
    made = sudden_gaps(np.vstack([reliable, patchy]))
    assert made.p[0, -1] < 0.01
    assert made.p[1, -1] > 0.1
    assert sudden_gaps(reliable).p[-1] == made.p[0, -1]
    assert np.isnan(sudden_gaps(np.full(5, NAN)).p).all()


def test_gaps_at_a_constant_rate_are_called_seldom():
    """Gaps at random in 1 of 50 points: the chance stated for one at the 60th point is right."""
    missing = np.random.default_rng(7).random((40_000, 60)) < 0.02
    made = sudden_gaps(np.where(missing, NAN, 1.0))
    stated, last = made.p[:, -1], missing[:, -1] & ~missing[:, -2]
    assert np.mean(last & (stated <= 0.01)) < 0.01
    assert np.mean(stated[last]) == pytest.approx(0.02, abs=0.01)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: step_at([1, 2, 3], 0, memory=0), "from 1 to 2"),
        (lambda: step_at([1, 2, 3], 3, memory=0), "from 1 to 2"),
        (lambda: step_at([1, 2, 3], 1.5, memory=0), "is a position"),
        (lambda: step_at([1, 2, 3], [1, 1], memory=0), "one for each series"),
        (lambda: step_at([1, 2, 3], 1, memory=1), "between -1 and 1"),
        (lambda: step_at([1, 2, 3], 1, memory=0, season=0), "at least 1 point"),
        (lambda: step_at([1, np.inf, 3], 1, memory=0), "is infinite"),
        (lambda: step_at(["a"], 1, memory=0), "needs numbers"),
        (lambda: sudden_gaps([[[1]]]), "dimensions"),
        (lambda: sudden_gaps([]), "at least one point"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(MethodError, match=words):
        call()
