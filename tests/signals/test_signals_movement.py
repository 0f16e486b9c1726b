"""What many series do together: made movements are found, and nobody sets them alone."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openpeel.errors import MethodError
from openpeel.signals.movement import FEWEST_SERIES, shared_movement, taking_part

T = 24
SEASON = 1 + 0.3 * np.sin(2 * np.pi * np.arange(T) / 12)


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def made(seed=0, series=43, mean=200.0, wave=SEASON):
    draw = np.random.default_rng(seed)
    level = mean * np.exp(draw.normal(0, 1, (series, 1)))
    return draw.poisson(level * wave).astype(float)


def test_a_movement_without_noise_is_found_exactly():
    level = np.geomspace(5, 5000, 12)[:, None]
    assert shared_movement(level * SEASON) == pytest.approx(SEASON / SEASON.mean())
    # With gaps too, since each series has its own level.
    y = level * SEASON
    y[0, :12] = y[1, ::2] = np.nan
    assert shared_movement(np.vstack([y, y]))[:] == pytest.approx(SEASON / SEASON.mean())


def test_exposure_is_no_movement():
    days = np.tile([31.0, 28, 31, 30], T // 4)
    level = np.geomspace(5, 5000, 12)[:, None]
    assert shared_movement(level * days, days) == pytest.approx(np.ones(T))


def test_the_movement_is_unbiased_and_as_sure_as_its_counts():
    """43 series of about 200: a month's mean ratio errs by less than 1 / sqrt(43 x 100)."""
    off = np.array([shared_movement(made(seed)) for seed in range(40)]) / SEASON - 1
    assert np.abs(off.mean(axis=0)).max() < 4 * 0.0153 / np.sqrt(40)
    assert off.std() < 0.0153


def test_the_largest_does_not_set_the_movement_of_all():
    """As large as all others together, and doubled at half time: what the others did stands."""
    y = made(1)
    y[0] = y[1:].sum(axis=0)
    y[0, T // 2 :] *= 2
    alone = shared_movement(y[1:])
    assert shared_movement(y) == pytest.approx(alone, rel=0.03)
    # By plain totals it would have moved by far more.
    total = y.sum(axis=0) / y.sum(axis=0).mean()
    assert np.abs(total / alone - 1).max() > 0.2


def test_a_surge_of_one_stays_its_own():
    y = made(2)
    usual = shared_movement(y)
    y[3, 10:13] *= 50
    assert shared_movement(y) == pytest.approx(usual, rel=0.02)


def test_what_has_no_events_or_too_few_series_takes_no_part():
    y = made(3)
    usual = shared_movement(y)
    with_zeros = np.vstack([y, np.zeros((5, T)), np.full((5, T), np.nan)])
    assert shared_movement(with_zeros).tolist() == usual.tolist()
    # A time that only 9 have is NaN, and does not touch the others.
    y[FEWEST_SERIES - 1 :, 4] = np.nan
    some = shared_movement(y)
    assert np.isnan(some).nonzero()[0].tolist() == [4]
    # Enough have the time, yet some of them have events at no other.
    y = np.zeros((FEWEST_SERIES, T))
    y[:-1] = made(4, FEWEST_SERIES - 1)
    y[-1, :3], y[-1, 3:] = 7, np.nan
    assert np.isnan(shared_movement(y)).tolist() == [False] * 3 + [True] * (T - 3)
    assert taking_part(y).any(axis=0).tolist() == [True] * 3 + [False] * (T - 3)


@pytest.mark.parametrize("series", [0, 1, FEWEST_SERIES - 1])
def test_too_few_series_have_no_movement(series):
    assert shared_movement(made(5, series)).tolist() == [1.0] * T


def test_ten_series_at_no_one_time_have_no_movement():
    y = made(6, 12)
    y[:6, :12] = y[6:, 12:] = np.nan
    assert shared_movement(y).tolist() == [1.0] * T
    assert not taking_part(y).any()


def test_nothing_anywhere_at_a_time_is_a_movement_of_0():
    y = made(7)
    y[:, 5] = 0
    movement = shared_movement(y)
    assert movement[5] == 0
    assert np.all(movement[np.arange(T) != 5] > 0)


@pytest.mark.parametrize("y", [np.zeros((12, T)), np.full((12, T), 7.0), np.full((12, T), np.nan)])
def test_all_zero_constant_and_nothing_at_all(y):
    assert shared_movement(y) == pytest.approx(np.ones(T))


@pytest.mark.parametrize(
    ("y", "exposure"),
    [
        (np.full((12, 4), -1.0), None),
        (np.full((12, 4), np.inf), None),
        ([["a"]], None),
        (np.ones((12, 4)), np.ones(3)),
        (np.ones((12, 4)), -np.ones(4)),
    ],
)
def test_bad_input_is_refused(y, exposure):
    with pytest.raises(MethodError):
        shared_movement(y, exposure)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.floats(0.001, 1000), st.sampled_from([0.3, 5, 200]))
def test_order_scale_of_exposure_and_added_gaps(seed, scale, mean):
    draw = np.random.default_rng(seed)
    y = made(seed, 15, mean)
    y[draw.random(y.shape) < 0.1] = np.nan
    x = np.exp(draw.normal(size=y.shape))
    movement = shared_movement(y, x)
    assert np.nanmean(movement) == pytest.approx(1)
    assert shared_movement(y[draw.permutation(15)], x * 0 + 1) == pytest.approx(
        shared_movement(y), nan_ok=True
    )
    assert shared_movement(y, x * scale) == pytest.approx(movement, nan_ok=True)
    # Levels are each series' own, so each may be counted in its own unit of exposure.
    each = scale ** draw.uniform(-1, 1, (15, 1))
    assert shared_movement(y, x * each) == pytest.approx(movement, nan_ok=True)
    wider = np.insert(y, [0, 7, T], np.nan, axis=1)
    added = shared_movement(wider)
    kept = np.delete(np.arange(wider.shape[1]), [0, 8, wider.shape[1] - 1])
    assert np.isnan(np.delete(added, kept)).all() or (np.delete(added, kept) == 1).all()
    assert added[kept] == pytest.approx(shared_movement(y), nan_ok=True)
