"""A panel judged against what all did: what is planted is found with its date, noise is not."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openpeel.errors import MethodError
from openpeel.signals.changepoints import single_shift
from openpeel.signals.expecting import ALONE, TOGETHER
from openpeel.signals.panel import FEWEST_POINTS, judge_panel

NAN = np.nan


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def months(times):
    return np.arange(times) % 12 + 1


def made(seed=0, series=43, times=36, mean=200.0, season=0.2):
    """Counts of series of many sizes, the first as large as a third of all others, one season."""
    draw = np.random.default_rng(seed)
    level = mean * np.exp(draw.normal(0, 0.6, (series, 1)))
    level[0] = level[1:].sum() / 3 if series > 1 else mean
    wave = 1 + season * np.sin(2 * np.pi * np.arange(times) / 12)
    return draw.poisson(level * wave).astype(float)


def p_of(judged):
    return np.stack([judged.shift.p, judged.surge.p])


def test_a_planted_shift_and_surge_are_found_with_their_dates():
    y = made(1)
    y[3, 20:] *= 1.5
    y[5, 24:] *= 0.6
    y[7, 15:19] *= 1.6
    found = judge_panel(y, month=months(36))
    assert np.flatnonzero(found.shift.p < 1e-5).tolist() == [3, 5]
    assert np.flatnonzero(found.surge.p < 1e-4)[-1] == 7
    assert found.shift.onset[[3, 5]].tolist() == [20, 24]
    assert (found.shift.earliest[[3, 5]] <= [20, 24]).all()
    assert (found.shift.latest[[3, 5]] >= [20, 24]).all()
    assert (found.shift.after / found.shift.before)[[3, 5]] == pytest.approx([1.5, 0.6], rel=0.1)
    assert (found.surge.rise[7], found.surge.back[7]) == (15, 19)
    assert found.surge.height[7] == pytest.approx(1.6, rel=0.1)
    assert found.surge.height_low[7] < found.surge.height[7] < found.surge.height_high[7]
    assert found.together
    assert found.tested.all()


def test_a_season_of_all_is_no_change_of_one():
    """Alone it is: one year holds one rise and one return."""
    y = made(2, times=12, season=0.5)
    assert (p_of(judge_panel(y, month=months(12))) > 0.001).all()
    assert (single_shift(y, family="poisson").p < 0.01).mean() > 0.3


def test_a_season_of_ones_own_is_none_either_given_three_years():
    draw = np.random.default_rng(3)
    angle = 2 * np.pi * (np.arange(48) / 12 + draw.uniform(size=(43, 1)))
    y = draw.poisson(400 * (1 + 0.3 * np.sin(angle))).astype(float)
    y[5, 36:] *= 1.4
    known, unknown = (judge_panel(y, month=m, since=24) for m in (months(48), None))
    assert known.seasonal.all()
    assert not unknown.seasonal.any()
    assert np.flatnonzero(known.shift.p < 0.001).tolist() == [5]
    # A season that is not known is taken for memory: nothing is called, and nothing found.
    assert (p_of(unknown) > 0.05).all()
    assert np.median(unknown.memory) > np.median(known.memory) + 0.4


@pytest.mark.parametrize(("series", "enough"), [(1, ALONE), (9, ALONE), (12, TOGETHER)])
def test_how_many_months_a_season_of_ones_own_takes(series, enough):
    y = made(4, series, enough)
    together = series >= 10
    assert judge_panel(y, month=months(enough)).seasonal.all()
    fewer = judge_panel(y[:, :-1], month=months(enough - 1))
    assert not fewer.seasonal.any()
    # Without movement and season nothing is judged; with a movement everything is.
    assert (fewer.tested == together).all()
    assert (np.isnan(fewer.shift.p) != together).all()
    assert fewer.together == together


def test_the_largest_series_does_not_set_what_all_did():
    y = made(5)
    y[0, 18:] *= 2
    found = judge_panel(y, month=months(36))
    assert found.shift.p[0] < 1e-9
    assert found.shift.onset[0] == 18
    assert (found.shift.p[1:] > 0.001).all()
    assert (found.surge.p[1:] > 0.001).all()


def test_series_that_change_do_not_set_the_movement():
    """Six of 43 double in one month; the second pass is without them."""
    y = made(6)
    usual = judge_panel(y, month=months(36)).movement
    y[1:7, 20:] *= 2
    found = judge_panel(y, month=months(36))
    assert found.movement == pytest.approx(usual, rel=0.02)
    assert np.flatnonzero(found.shift.p < 1e-3).tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("memory", [0.0, 0.4])
@pytest.mark.parametrize("times", [24, 48])
def test_noise_is_not_called_more_often_than_is_said(memory, times):
    """At 5 and 1 %, over 12 panels, by no more than 3 standard errors (over panels).

    A memory of 0.4 is estimated from the panel, and is allowed half as much again.
    """
    rates = []
    for seed in range(12):
        draw = np.random.default_rng((7, seed, times))
        e = draw.normal(size=(43, times))
        for t in range(1, times):
            e[:, t] = memory * e[:, t - 1] + np.sqrt(1 - memory**2) * e[:, t]
        y = draw.poisson(300 * np.exp(0.1 * e)).astype(float)
        p = p_of(judge_panel(y, month=months(times), since=times - 24))
        rates.append([(p < 0.05).mean(), (p < 0.01).mean()])
    error = np.std(rates, axis=0) / np.sqrt(12)
    allowed = np.array([0.05, 0.01]) * (1.5 if memory else 1)
    assert (np.mean(rates, axis=0) <= allowed + 3 * error).all()
    assert np.mean(rates, axis=0)[0] > 0.005


@pytest.mark.exhaustive
def test_memory_is_estimated_and_makes_shyer():
    draw = np.random.default_rng(8)
    e = draw.normal(size=(43, 60))
    for t in range(1, 60):
        e[:, t] = 0.6 * e[:, t - 1] + 0.8 * e[:, t]
    found = judge_panel(draw.poisson(1000 * np.exp(0.15 * e)))
    assert 0.4 < np.median(found.memory) < 0.75
    assert np.median(judge_panel(draw.poisson(1000, (43, 60))).memory) < 0.15


def test_what_all_vary_by_is_lent_to_each():
    """Series that vary alike find their changes by it; one that varies more keeps its own."""
    draw = np.random.default_rng(15)
    y = draw.poisson(300 * draw.gamma(100, 1 / 100, (43, 24))).astype(float)
    y[0] = draw.poisson(300 * draw.gamma(4, 1 / 4, 24))
    y[1, 12:] *= 1.25
    found = judge_panel(y)
    alone = single_shift(y, family="poisson", exposure=found.expected, memory=found.memory)
    spread = [np.std(np.log(p.scale[2:])) for p in (found.shift, alone)]
    assert spread[0] < 0.75 * spread[1]
    assert np.median(found.shift.scale) == pytest.approx(4, rel=0.3)
    assert found.shift.p[1] < alone.p[1] / 2
    assert np.flatnonzero(p_of(found).min(axis=0) < 1e-3).tolist() == [1]
    assert found.shift.scale[0] > 0.8 * alone.scale[0] > 15


@pytest.mark.exhaustive
def test_slow_drifts_that_neighbours_hardly_show_are_allowed_for():
    """A slow wander under noise: by what neighbours alone say, 29 % would be called at 1 %."""
    draw = np.random.default_rng(16)
    called = []
    for _ in range(4):
        wander = np.cumsum(draw.normal(0, 0.012, (43, 48)), axis=1)
        y = draw.poisson(400 * np.exp(wander)).astype(float)
        called.append((judge_panel(y).shift.p < 0.01).mean())
    assert np.mean(called) < 0.05


def test_gaps_in_half_of_the_series():
    y = made(9)
    y[:21, :18] = NAN
    y[21:30, ::4] = NAN
    y[40, 25:] *= 1.6
    found = judge_panel(y, month=months(36))
    assert np.isfinite(p_of(found)).all()
    assert found.shift.points[0] == 18
    assert np.flatnonzero(found.shift.p < 1e-4).tolist() == [40]
    assert (found.expected[np.isnan(y)] == 0).all()


def test_too_short_series_are_not_tested():
    y = made(10)
    y[2, FEWEST_POINTS - 1 :] = NAN
    y[4] = NAN
    found = judge_panel(y, month=months(36))
    assert np.flatnonzero(~found.tested).tolist() == [2, 4]
    for array in (found.shift.p, found.surge.p, found.shift.before, found.surge.height):
        assert np.flatnonzero(np.isnan(array)).tolist()[:2] == [2, 4]
    assert np.isnan(found.shift.p).sum() == 2
    assert (found.memory[[2, 4]] == 0).all()
    assert (found.shift.onset[[2, 4]] == -1).all()


def test_a_series_without_events_does_not_change():
    y = made(11)
    y[6] = 0
    found = judge_panel(y, month=months(36))
    assert found.tested[6]
    assert (found.shift.p[6], found.surge.p[6]) == (1, 1)


@pytest.mark.parametrize("y", [np.zeros((43, 36)), np.full((43, 36), NAN), np.ones((43, 1))])
def test_nothing_to_judge(y):
    found = judge_panel(y, month=months(y.shape[1]))
    assert not found.tested.any()
    assert np.isnan(p_of(found)).all()


@pytest.mark.parametrize("value", [1.0, 7.0, 1e6])
def test_constant_series_do_not_change(value):
    found = judge_panel(np.full((12, 36), value), month=months(36))
    assert found.tested.all()
    assert (p_of(found) == 1).all()


def test_a_time_without_events_anywhere_and_one_that_few_have_are_gaps():
    y = made(12)
    y[:, 30] = 0
    y[5:, 33] = NAN
    found = judge_panel(y, month=months(36))
    assert (found.shift.points == 34).all()
    assert np.isnan(found.movement[33])
    assert found.movement[30] == 0
    assert np.isfinite(p_of(found)).all()
    # One count where all others have none has no expectation to be held against.
    y[2, 30] = 50
    assert np.isfinite(p_of(judge_panel(y, month=months(36)))).all()


def test_what_lies_before_is_not_searched():
    y = made(13, times=48)
    y[3, :12] *= 2
    assert judge_panel(y, month=months(48)).shift.p[3] < 1e-4
    assert judge_panel(y, since=24).shift.p[3] > 0.01
    since = np.zeros(43, int)
    since[3] = 24
    each = judge_panel(y, since=since)
    assert each.shift.points[[2, 3]].tolist() == [48, 24]


def test_exposure_is_what_counts_are_of():
    y = made(14)
    x = np.ones(y.shape)
    y[3, 20:] *= 3
    x[3, 20:] *= 3
    assert judge_panel(y, x, month=months(36)).shift.p[3] > 0.01
    y[4] = x[4] = 0
    assert np.isnan(judge_panel(y, x).shift.p[4])


@pytest.mark.parametrize(
    ("y", "given"),
    [
        (np.full((12, 12), -1.0), {}),
        (np.full((12, 12), np.inf), {}),
        (np.ones((12, 12)), {"exposure": np.zeros((12, 12))}),
        (np.ones((12, 12)), {"exposure": np.ones(5)}),
        (np.ones((12, 12)), {"month": np.arange(12)}),
        (np.ones((12, 12)), {"month": np.ones(12, int)}),
        (np.ones((12, 12)), {"month": np.arange(1, 4)}),
        (np.ones((12, 12)), {"since": [1, 2]}),
        (np.ones((12, 12)), {"since": 0.5}),
        (np.ones((12, 12)), {"confidence": 1.0}),
        (np.ones((2, 12, 12)), {}),
    ],
)
def test_bad_input_is_refused(y, given):
    with pytest.raises(MethodError):
        judge_panel(y, **given)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 999), st.sampled_from([0.4, 6, 150]), st.floats(0.001, 1000))
def test_order_scale_of_exposure_and_series_of_gaps(seed, mean, scale):
    draw = np.random.default_rng(seed)
    y = made(seed, 14, 30, mean)
    y[3, 10:16] = y[4, ::3] = NAN
    y[2, 15:] *= 4
    m = months(30)
    found = judge_panel(y, month=m)
    same = {"rel": 1e-6, "abs": 1e-9, "nan_ok": True}
    order = draw.permutation(14)
    assert p_of(judge_panel(y[order], month=m)) == pytest.approx(p_of(found)[:, order], **same)
    assert p_of(judge_panel(y, np.full((14, 1), scale), month=m)) == pytest.approx(
        p_of(found), **same
    )
    more = judge_panel(np.vstack([y, np.full((3, 30), NAN)]), month=m)
    assert p_of(more)[:, :14] == pytest.approx(p_of(found), **same)
    assert np.isnan(p_of(more)[:, 14:]).all()
    longer = judge_panel(np.hstack([y, np.full((14, 2), NAN)]), month=months(32))
    assert p_of(longer) == pytest.approx(p_of(found), **same)
    assert longer.shift.onset.tolist() == found.shift.onset.tolist()
    p = p_of(found)[:, found.tested]
    assert ((p > 0) & (p <= 1)).all()


def test_a_force_alone_shows_its_change_beside_its_own_season():
    """Without others to share what is noise: 96 months, the newest 12 at 1.8 times."""
    draw = np.random.default_rng(4)
    month = np.arange(96) % 12 + 1
    season = 1 + 0.15 * np.sin(2 * np.pi * month / 12)

    def found(times):
        mean = 300 * season * np.exp(0.08 * draw.normal(size=96))
        mean[84:] *= times
        made = judge_panel(draw.poisson(mean)[None, :], month=month, since=72)
        return float(made.shift.p[0]), int(made.shift.onset[0])

    changed, quiet = [found(1.8) for _ in range(40)], [found(1.0)[0] for _ in range(100)]
    assert np.mean([p < 0.01 for p, _ in changed]) > 0.85
    assert np.median([onset for _, onset in changed]) == 84
    # At 5 %, with two standard errors of so few.
    assert np.mean(np.array(quiet) < 0.05) < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 100)


def test_one_month_alone_is_no_surge_however_high():
    y = made(21, times=24)
    y[4, 12] *= 3
    y[6, 12:15] *= 2
    found = judge_panel(y, month=months(24))
    assert found.surge.p[4] > 0.05
    assert found.surge.p[6] < 1e-4
    assert (found.surge.rise[6], found.surge.back[6]) == (12, 15)


def test_large_counts_show_the_memory_that_small_ones_hide():
    """All remember by 0.6; of 20 a month most is chance, of 2,000 little (own simulation)."""
    draw = np.random.default_rng(22)
    level = np.repeat([20.0, 2000.0], 20)[:, None]
    e = draw.normal(size=(40, 36))
    for t in range(1, 36):
        e[:, t] = 0.6 * e[:, t - 1] + 0.8 * e[:, t]
    found = judge_panel(draw.poisson(level * np.exp(0.08 * e)).astype(float), month=None)
    small, large = np.median(found.memory[:20]), np.median(found.memory[20:])
    assert large > 0.4
    assert small < 0.3
