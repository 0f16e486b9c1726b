"""What is expected of counts: what all did, times a season of their own where years allow."""

import warnings

import numpy as np
import pytest

from openpeel.signals.expecting import ALONE, TOGETHER, expect, levelled, residuals, shared_memory

NAN = np.nan


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def made(series, times, every=1, own=0.3, seed=0):
    """Counts with a season of all and one of each, of periods of so many months."""
    draw = np.random.default_rng(seed)
    angle = 2 * np.pi * (np.arange(times * every) / 12)
    effect = 1 + own * np.sin(angle + draw.uniform(0, 6, (series, 1)))
    mean = 500 * (1 + 0.2 * np.sin(angle)) * effect
    mean = mean.reshape(series, times, every).sum(axis=2)
    return draw.poisson(mean).astype(float), mean


def month(times, every=1):
    return 1 + (every * np.arange(times)) % 12


@pytest.mark.parametrize("every", [1, 3])
def test_what_is_expected_is_what_counts_were_made_of(every):
    y, mean = made(43, 60 // every, every)
    told = expect(y, 1.0, y, month(60 // every, every), every=every)
    assert told.together
    assert told.seasonal.all()
    assert told.others == 43
    assert told.movement.mean() == pytest.approx(1)
    off = levelled(y, told.expected) / mean - 1
    assert np.abs(off).mean() < 0.02
    # Without months it is what all did alone.
    plain = expect(y, 1.0, y, None)
    assert not plain.seasonal.any()
    assert plain.expected[3] == pytest.approx(plain.movement)


@pytest.mark.parametrize(("series", "enough"), [(5, ALONE), (43, TOGETHER)])
@pytest.mark.parametrize("every", [1, 3])
def test_each_series_has_a_season_once_its_own_years_allow(series, enough, every):
    times = enough // every
    y, _ = made(series, times, every)
    y[1, 0] = NAN
    told = expect(y, 1.0, y, month(times, every), every=every)
    assert told.together == (series >= 10)
    assert told.seasonal.tolist() == [row != 1 for row in range(series)]


def test_a_season_is_told_by_what_lies_before():
    y, _ = made(43, 60)
    y[3, 36:] *= 2
    before = expect(y, 1.0, y, month(60), baseline=36)
    whole = expect(y, 1.0, y, month(60))
    usual = expect(made(43, 60)[0], 1.0, y, month(60), baseline=36)
    assert before.expected[3] == pytest.approx(usual.expected[3])
    assert not np.allclose(whole.expected[3], usual.expected[3], rtol=0.02)


def test_those_that_do_not_tell_are_expected_all_the_same():
    y, _ = made(43, 24, own=0.0)
    telling = y.copy()
    telling[0] = NAN
    told = expect(y, np.full((43, 1), 3.0), telling, month(24))
    assert told.others == 42
    assert np.isfinite(told.expected).all()
    assert told.expected[0] == pytest.approx(3 * told.movement)
    telling[5:, 7] = NAN
    assert np.isnan(expect(y, 1.0, telling, None).expected[:, 7]).all()


def test_levels_and_residuals_and_their_memory():
    y = np.array([[8.0, 12, NAN, 10], [0, 0, 0, 0], [NAN] * 4])
    mean = levelled(y, np.ones((3, 4)))
    assert mean[0] == pytest.approx([10, 10, NAN, 10], nan_ok=True)
    assert mean[1].tolist() == [0] * 4
    off = residuals(y, mean)
    assert off[0] == pytest.approx([-2 / np.sqrt(10), 2 / np.sqrt(10), NAN, 0], nan_ok=True)
    assert np.isnan(off[1:]).all()
    draw = np.random.default_rng(1)
    e = draw.normal(size=(40, 60))
    for t in range(1, 60):
        e[:, t] = 0.5 * e[:, t - 1] + np.sqrt(0.75) * e[:, t]
    counts = draw.poisson(1e5 * np.exp(0.1 * e)).astype(float)
    assert shared_memory(counts, np.ones((40, 60))) == pytest.approx(0.5, abs=0.05)
    assert shared_memory(np.zeros((3, 9)), np.ones((3, 9))) == 0
