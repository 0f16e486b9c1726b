"""Season and memory: recovered where known, alarms as promised in control, shifts found in time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import ndtr
from scipy.stats import nbinom, poisson

from openpeel.errors import MethodError
from openpeel.signals.cusum import cusum, cusum_arl, cusum_limit
from openpeel.signals.season import season
from openpeel.signals.xmr import THREE_OVER_D2, xmr

BASELINE, LATER, KIND = 60, 72, 43
MONTH = np.arange(BASELINE + LATER) % 12 + 1
PATTERN = 0.15 * np.cos(2 * np.pi * (np.arange(12) - 6) / 12)


def memory(rng, shape, rho):
    """Standard normal points, each of which remembers the one before."""
    e = rng.normal(size=shape)
    for t in range(1, shape[1]):
        e[:, t] = rho * e[:, t - 1] + np.sqrt(1 - rho**2) * e[:, t]
    return e


def made(mean, dispersion, rho, *, series=10 * KIND, seed=1):
    """Seasonal counts in control: Poisson or negative binomial of variance dispersion x mean.

    Each series has its own season, near a common one; memory is that of the normal points that the
    counts are quantiles of.
    """
    rng = np.random.default_rng(seed)
    effect = 1 + PATTERN + rng.normal(scale=0.03, size=(series, 12))
    expected = mean * effect[:, MONTH - 1]
    share = np.clip(ndtr(memory(rng, expected.shape, rho)), 1e-15, 1 - 1e-15)
    if dispersion == 1:
        return poisson.ppf(share, expected)
    return nbinom.ppf(share, expected / (dispersion - 1), 1 / dispersion)


def rates(z):
    """False signals a point after the baseline, with errors: CUSUM, outside limits, other rules."""
    h = cusum_limit(0.5, 370, baseline=BASELINE)
    chart = xmr(z, convention=THREE_OVER_D2, baseline=BASELINE)
    flags = [
        cusum(z[:, BASELINE:], h=h).signal != 0,
        (chart.above | chart.below)[:, BASELINE:],
        chart.rule[:, BASELINE:] > 2,
    ]
    shares = np.array([flag.mean(axis=1) for flag in flags])
    return shares.mean(axis=1), shares.std(axis=1) / np.sqrt(len(z))


@pytest.fixture(scope="module")
def nominal():
    """What the same charts do on independent standard normal points with the same baseline."""
    rng = np.random.default_rng(7)
    share, error = rates(rng.normal(size=(4000, BASELINE + LATER)))
    share[0], error[0] = 1 / 370, 0
    return share, error


ALONE = {(50, 1, 0): 1, (50, 1, 0.3): 1, (50, 1, 0.6): 1, (500, 5, 0): 1, (500, 5, 0.3): 1}
ALONE |= {(500, 5, 0.6): 1.15, (50, 3, 0): 1.15, (50, 3, 0.3): 1.15, (50, 3, 0.6): 1.4}


@pytest.mark.exhaustive
@pytest.mark.parametrize(("mean", "dispersion", "rho"), list(ALONE))
def test_false_alarms_on_residuals_are_no_more_than_nominal(nominal, mean, dispersion, rho):
    """With alike series never more; alone, CUSUM at most by the factor above (docs/methods.md)."""
    y = made(mean, dispersion, rho)
    for alike, factor in ((np.arange(len(y)) // KIND, 1), (None, ALONE[mean, dispersion, rho])):
        fit = season(y, MONTH, baseline=BASELINE, alike=alike)
        share, error = rates(fit.residual)
        allowed = nominal[0] * [factor, 1, 1] + 3 * np.hypot(error, nominal[1])
        # The other rules together name about 75 points in 1,000: 5 more are let pass.
        assert np.all(share < [*allowed[:2], allowed[2] + 0.005])


def test_false_alarms_of_small_counts_are_no_more_than_nominal(nominal):
    y = made(8, 1, 0.3)
    fit = season(y, MONTH, baseline=BASELINE, alike=np.arange(len(y)) // KIND)
    share, error = rates(fit.residual)
    assert np.all(share < nominal[0] + 3 * np.hypot(error, nominal[1]))


def test_false_alarms_where_the_rate_behind_the_counts_remembers(nominal):
    """Poisson counts of a rate with memory are not of the model's form: what is left of memory.

    The rate remembers 0.6, the counts about 0.3, and that fades more slowly than 0.3 foretells.
    """
    rng = np.random.default_rng(11)
    rate = np.exp(0.15 * memory(rng, (10 * KIND, len(MONTH)), 0.6) - 0.15**2 / 2)
    y = rng.poisson(50 * (1 + PATTERN)[MONTH - 1] * rate).astype(np.float64)
    fit = season(y, MONTH, baseline=BASELINE, alike=np.arange(len(y)) // KIND)
    assert fit.autocorrelation.mean() == pytest.approx(0.31, abs=0.03)
    share, error = rates(fit.residual)
    assert np.all(share < nominal[0] * [2, 1, 1.35] + 3 * error)


def test_false_alarms_within_the_fitted_months(nominal):
    """Without a baseline all months are fitted: limits and CUSUM need no allowance."""
    y = made(50, 3, 0.3)
    z = season(y, MONTH, alike=np.arange(len(y)) // KIND).residual
    flags = (cusum(z, h=cusum_limit(0.5, 370)).signal != 0).mean(axis=1)
    assert flags.mean() < 1 / 370 + 3 * flags.std() / np.sqrt(len(y))
    chart = xmr(z, convention=THREE_OVER_D2)
    assert (chart.above | chart.below).mean() < 0.0035


def test_raw_counts_alarm_far_too_often(nominal):
    share, _ = rates(made(50, 3, 0.3))
    assert share[1] > 4 * nominal[0][1]
    assert share[2] > 2 * nominal[0][2]


@pytest.mark.parametrize(("rho", "shift"), [(0, 1), (0, 2), (0.3, 2), (0.6, 2)])
def test_a_shift_is_found_about_when_it_should_be(rho, shift):
    """A lasting shift of so many standard deviations; memory makes it look smaller, by
    sqrt((1 - rho) / (1 + rho)), and the run length at that size foretells the mean delay."""
    y = made(500, 5, rho)
    start = BASELINE + 12
    y[:, start:] += np.round(shift * np.sqrt(5 * 500))
    z = season(y, MONTH, baseline=BASELINE, alike=np.arange(len(y)) // KIND).residual
    h = cusum_limit(0.5, 370, baseline=BASELINE)
    hit = cusum(z, h=h).signal[:, start:] == 1
    delay = np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, LATER - 12)
    foretold = cusum_arl(0.5, h, shift * np.sqrt((1 - rho) / (1 + rho)))
    assert delay.mean() == pytest.approx(foretold, rel=0.2)
    assert hit.any(axis=1).mean() > 0.97


def test_a_known_season_level_dispersion_and_memory_are_recovered():
    y = made(500, 5, 0.4)
    kinds = np.arange(len(y)) // KIND
    fit = season(y, MONTH, alike=kinds)
    assert fit.fitted.all()
    assert fit.seasonal.all()
    np.testing.assert_allclose(fit.level, 500, rtol=0.06)
    np.testing.assert_allclose(fit.effect.mean(axis=1), 1)
    np.testing.assert_allclose(fit.effect.mean(axis=0), 1 + PATTERN, atol=0.01)
    assert fit.dispersion.mean() == pytest.approx(5, rel=0.05)
    assert fit.autocorrelation.mean() == pytest.approx(0.4, abs=0.03)


def test_the_bias_of_short_autocorrelations_is_taken_off():
    e = memory(np.random.default_rng(8), (3000, 40), 0.5)
    fit = season(e, MONTH[:40], family="measures")
    assert fit.autocorrelation.mean() == pytest.approx(0.5, abs=0.03)


def test_shrinking_brings_effects_nearer_the_truth():
    """24 months of small counts: own month means are worse than shrunk, and alike is best."""
    y = made(10, 1, 0, seed=2)[:, :24]
    truth = 1 + PATTERN
    own = y.reshape(len(y), 2, 12).mean(axis=1)
    own /= own.mean(axis=1, keepdims=True)

    def error(effect):
        return np.sqrt(np.mean((effect - truth) ** 2))

    alone = season(y, MONTH[:24])
    alike = season(y, MONTH[:24], alike=np.zeros(len(y)))
    assert error(alike.effect) < 0.5 * error(alone.effect)
    assert error(alone.effect) < 0.9 * error(own)


def test_no_season_is_claimed_from_under_two_full_years():
    y = made(100, 1, 0)[:5]
    short = season(y, MONTH, baseline=23)
    assert short.fitted.all()
    assert not short.seasonal.any()
    assert np.all(short.effect == 1)
    gap = y.copy()
    gap[0, 3] = np.nan
    made_of_two_years = season(gap, MONTH, baseline=24)
    assert made_of_two_years.seasonal.tolist() == [False, True, True, True, True]


def test_exposure_scales_what_is_expected():
    y = made(100, 1, 0)[:20]
    plain = season(y, MONTH)
    per_head = season(y, MONTH, exposure=np.full((20, 1), 1e5))
    np.testing.assert_allclose(per_head.level * 1e5, plain.level)
    np.testing.assert_allclose(per_head.residual, plain.residual)
    growing = np.broadcast_to(np.linspace(1, 2, len(MONTH)), y.shape)
    grown = season(np.round(y * growing), MONTH, exposure=growing)
    assert np.all(np.abs(grown.residual[:, -24:].mean(axis=1)) < 1)
    np.testing.assert_allclose(grown.level, 100, rtol=0.05)


def test_measures_are_invariant_to_unit_and_origin():
    e = 7 + 3 * memory(np.random.default_rng(9), (10, 72), 0.3)
    one = season(e, MONTH[:72], family="measures", baseline=48)
    two = season(1000 - 5 * e, MONTH[:72], family="measures", baseline=48)
    np.testing.assert_allclose(two.residual, -one.residual, atol=1e-9)
    np.testing.assert_allclose(two.level, 1000 - 5 * one.level)


COUNTS = st.one_of(st.just(np.nan), st.integers(0, 30).map(float))


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, (4, 40), elements=COUNTS))
def test_series_alone_know_nothing_of_each_other_and_gaps_at_the_end_change_nothing(y):
    month = np.arange(40) % 12 + 1
    fit = season(y, month)
    turned = season(y[::-1], month)
    np.testing.assert_allclose(turned.residual, fit.residual[::-1], rtol=1e-9, atol=1e-9)
    longer = season(
        np.hstack([y, np.full((4, 3), np.nan)]), np.append(month, [5, 6, 7]), baseline=40
    )
    np.testing.assert_allclose(longer.residual[:, :40], fit.residual, rtol=1e-9, atol=1e-9)
    assert np.isnan(longer.residual[:, 40:]).all()
    assert np.all(np.isnan(fit.residual) | np.isfinite(fit.residual))
    assert np.isfinite(fit.residual[fit.fitted][~np.isnan(y[fit.fitted])]).all()


def test_a_long_gap_is_forgotten():
    """After a gap of g months a point remembers rho^(g+1): the next residual is its own e."""
    e = memory(np.random.default_rng(10), (50, 96), 0.6)
    e[:, 60:84] = np.nan
    fit = season(e, MONTH[:96], family="measures", baseline=60)
    expected = (e[:, 84] - fit.expected[:, 84]) / np.sqrt(fit.dispersion)
    # What is not known of level and month (about 1/60 and less than 1/5) is divided out.
    ratio = (fit.residual[:, 84] / expected)[fit.autocorrelation < 0.8]
    assert len(ratio) > 40
    assert np.all((ratio > 0.9) & (ratio < 1.001))


def test_series_that_cannot_be_fitted_say_so():
    y = np.stack([np.zeros(30), np.full(30, np.nan), np.full(30, 4.0), np.arange(30.0)])
    y[3, 5:] = np.nan
    fit = season(y, MONTH[:30])
    assert fit.fitted.tolist() == [False, False, True, False]
    assert np.isnan(fit.residual[[0, 1, 3]]).all()
    assert fit.dispersion[2] == 1
    np.testing.assert_allclose(fit.residual[2], fit.residual[2, 0], atol=1e-6)
    for flat in (np.full(36, 0.1), np.tile(np.linspace(0, 1, 12) / 3, 3)):
        assert not season(flat, MONTH[:36], family="measures").fitted.any()


def test_counts_that_repeat_exactly_keep_their_season():
    year = np.array([900, 950, 1000, 1050, 1100, 1150, 1100, 1050, 1000, 950, 900, 850.0])
    fit = season(np.tile(year, 4), MONTH[:48])
    np.testing.assert_allclose(fit.effect[0], year / 1000, atol=0.01)
    assert np.all(np.abs(fit.residual) < 1)


def test_one_series_is_one_row():
    y = made(100, 1, 0.3)[0]
    one = season(y, MONTH)
    assert one.residual.shape == y.shape
    np.testing.assert_array_equal(one.residual, season(y[None], MONTH).residual[0])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda y, m: season(-y, m), "negative"),
        (lambda y, m: season(y * np.inf, m), "infinite"),
        (lambda y, m: season(y, m[:-1]), "one whole month number"),
        (lambda y, m: season(y, m - 1), "1 to 12"),
        (lambda y, m: season(y, m[::-1]), "every month in order"),
        (lambda y, m: season(y, m + 0.5), "one whole month number"),
        (lambda y, m: season(y, m, exposure=0), "must be above 0"),
        (lambda y, m: season(y, m, exposure=np.nan), "must be above 0"),
        (lambda y, m: season(y, m, exposure=np.ones(5)), "shape"),
        (lambda y, m: season(y, m, exposure=1, family="measures"), "no exposure"),
        (lambda y, m: season(y, m, family="rates"), "'rates'"),
        (lambda y, m: season(y, m, baseline=6), "at least 12"),
        (lambda y, m: season(y, m, alike=[1]), "1 kinds for 2 series"),
    ],
)
def test_what_has_no_model_is_refused(call, told):
    with pytest.raises(MethodError, match=told):
        call(np.ones((2, 24)), np.arange(24) % 12 + 1)
