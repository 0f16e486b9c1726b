"""Noise that remembers: its tables, p by it, and how far many series are seen to remember."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpeel.errors import MethodError
from openpeel.signals.changepoints import single_shift
from openpeel.signals.memories import memories
from openpeel.signals.moderated import Prior
from openpeel.signals.nulls import told_by
from openpeel.signals.panel import judge_panel
from openpeel.signals.remembered import MEMORIES, about_level, neighbours, swell
from openpeel.signals.surges import surges

NAN = np.nan


def remembering(draw, memory, shape):
    """Stationary normal series, written apart from what is tested."""
    y = draw.normal(size=shape)
    for t in range(1, shape[1]):
        y[:, t] = memory * y[:, t - 1] + np.sqrt(1 - np.square(memory)) * y[:, t]
    return y


@given(st.integers(2, 40), st.floats(0, 0.97))
def test_what_memory_does_to_a_mean_is_the_sum_of_its_covariances(half, memory):
    place = np.arange(half)
    alike = memory ** np.abs(place[:, None] - place)
    assert swell(2 * half, memory) == pytest.approx(alike.sum() / half, rel=1e-6)


def test_the_correlation_of_neighbours_passes_over_gaps():
    assert neighbours(np.array([[1.0, 1, -1, NAN, 5], [0, 0, 0, 0, 0]])) == pytest.approx([0, 0])
    assert neighbours(np.array([[2.0, 1, 0, NAN]]))[0] == pytest.approx(2 / 5)


def test_short_series_show_less_memory_than_they_have():
    """12 points that remember by 0.8 correlate by 0.42 on average, 24 by 0.61 (own simulation)."""
    for points, memory, seen in ((12, 0.8, 0.422), (24, 0.8, 0.608), (24, 0.3, 0.211)):
        told = np.interp(memory, MEMORIES, about_level(points)[0])
        assert told == pytest.approx(seen, abs=0.015)


def test_points_that_remember_tell_a_variance_less_well():
    points = np.array([24, 24, 24, 100])
    told = told_by(points, np.array([0.0, 0.4, 0.8, 0.5]), 1)
    assert told[0] == 23
    assert 23 > told[1] > told[2] > 1
    assert told[3] == pytest.approx(99 * 0.75 / 1.25)


@pytest.mark.parametrize("points", [12, 24])
@pytest.mark.parametrize("memory", [0.36, 0.6, 0.84])
def test_p_holds_in_noise_that_remembers(points, memory):
    """Of 8,000 series whose variances are known as 12 degrees tell them."""
    draw = np.random.default_rng((31, points, int(memory * 100)))
    variance = 12 / draw.chisquare(12, 8000)
    y = np.sqrt(variance)[:, None] * remembering(draw, memory, (8000, points))
    known = {"prior": Prior(np.full(8000, 12.0), np.ones(8000)), "memory": memory}
    for found in (
        single_shift(y, family="gaussian", **known),
        surges(y, family="gaussian", capped=True, **known),
    ):
        assert 0.035 < (found.p <= 0.05).mean() < 0.065
        assert 0.006 < (found.p <= 0.01).mean() < 0.014
        assert (found.p <= 0.0005).mean() < 0.0012


def test_p_is_averaged_over_what_the_memory_may_be():
    y = remembering(np.random.default_rng(32), 0.5, (200, 24))
    y[:100, 12:] += 3
    known = {"family": "gaussian", "memory": 0.5}
    sure, unsure = single_shift(y, **known), single_shift(y, memory_error=0.2, **known)
    assert single_shift(y, memory_error=0.0, **known).p == pytest.approx(sure.p)
    far = sure.p < 0.001
    assert far.sum() > 10
    assert (unsure.p[far] > sure.p[far]).all()
    for wrong in (-0.1, np.inf, [0.1, 0.2]):
        with pytest.raises(MethodError, match="error"):
            single_shift(y, memory_error=wrong, **known)


@pytest.mark.parametrize("points", [12, 24])
def test_the_memory_of_all_is_found_in_short_series(points):
    """The mean over 30 panels of 43 series is within 0.07, where neighbours alone say 0.2 less."""
    found, errors = [], []
    for seed in range(30):
        y = remembering(np.random.default_rng((33, seed, points)), 0.7, (43, points))
        off = y - y.mean(axis=1, keepdims=True)
        n, gain = np.full(43, points), single_shift(y, family="gaussian").statistic
        memory, error = memories(off, n, gain, np.ones(43), np.full(43, True))
        found.append(np.median(memory))
        errors.append(np.median(error))
    assert np.mean(found) == pytest.approx(0.7, abs=0.07)
    assert 0.03 < np.mean(errors) < 0.25
    assert np.std(found) < 2 * np.mean(errors)


def test_series_that_remember_unlike_each_other_are_told_apart():
    draw = np.random.default_rng(34)
    y = remembering(draw, np.repeat([0.1, 0.8], 20), (60, 40)[::-1])
    off = y - y.mean(axis=1, keepdims=True)
    gain = single_shift(y, family="gaussian").statistic
    memory, error = memories(off, np.full(40, 60), gain, np.ones(40), np.full(40, True))
    assert np.median(memory[:20]) < np.median(memory[20:]) - 0.2
    assert (error > 0).all()


@pytest.mark.parametrize("months", [12, 24])
def test_drift_of_large_counts_is_no_change(months):
    """200 to 2,000 a month that drift unlike each other: p holds within half (own simulation)."""
    rates = []
    for seed in range(40):
        draw = np.random.default_rng((35, seed, months))
        mean = np.exp(draw.uniform(np.log(200), np.log(2000), (40, 1)))
        drift = 0.05 * np.exp(0.5 * draw.normal(size=(40, 1)))
        memory = np.clip(draw.normal(0.5, 0.25, 40), 0, 0.97)
        y = draw.poisson(mean * np.exp(drift * remembering(draw, memory, (40, months))))
        found = judge_panel(y.astype(float))
        rates.append([(p < 0.01).mean() for p in (found.shift.p, found.surge.p)])
    assert (np.mean(rates, axis=0) < 0.015).all()


def test_changes_are_found_in_a_year_of_counts_that_drift():
    """By a fifth, in counts that drift by a twentieth and remember by 0.6 (own simulation)."""
    found = []
    for seed in range(20):
        draw = np.random.default_rng((36, seed))
        mean = np.exp(draw.uniform(np.log(200), np.log(2000), (40, 1)))
        rate = mean * np.exp(0.05 * remembering(draw, 0.6, (40, 12)))
        rate[:2, 6:] *= 1.2
        found.append(judge_panel(draw.poisson(rate).astype(float)).shift.p[:2] < 0.01)
    assert np.mean(found) > 0.4
