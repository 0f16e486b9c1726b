"""Variances lent among series: Smyth's formulas by closed forms, and made variances."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq
from scipy.special import polygamma, psi

from openpeel.errors import MethodError
from openpeel.signals.changepoints import single_shift
from openpeel.signals.moderated import Prior, prior_of, unknown
from openpeel.signals.nulls import PRIORS, noise
from openpeel.signals.surges import surges

NAN, INF = np.nan, np.inf


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def drawn(seed, series, degrees, d0, s0=1.0):
    """Sample variances of series whose own are scaled inverse chi-squared."""
    draw = np.random.default_rng(seed)
    own = s0 * d0 / draw.chisquare(d0, series) if np.isfinite(d0) else np.full(series, s0)
    return own, own * draw.chisquare(degrees, series) / degrees


def test_two_degrees_by_hand():
    """With d = 2, psi(1) = -gamma and trigamma(1) = pi^2 / 6: Abramowitz and Stegun 6.3.2, 6.4.2.

    Logarithms of s^2 of -a and a, with 0 between, have the mean 0 and the variance a^2. For
    a^2 = pi^2 / 3 trigamma(d0 / 2) is pi^2 / 6 too: d0 = 2. Then ln s0^2 is the mean of
    e = ln s^2 + gamma, which is gamma, less gamma, less ln 1: s0 = 1.
    """
    a = np.pi / np.sqrt(3)
    prior = prior_of(np.exp([-a, 0, a]), 2)
    assert prior.degrees == pytest.approx([2, 2, 2])
    assert prior.scale == pytest.approx([1, 1, 1])
    # Half of each: (2 x 1 + 2 s^2) / 4.
    own = np.array([0.2, 1, 5])
    assert prior.posterior(own, np.full(3, 2.0)) == pytest.approx((1 + own) / 2)


@given(st.integers(0, 9999), st.integers(3, 60), st.sampled_from([4, 10, 40]))
def test_the_moments_are_met(seed, series, degrees):
    """Mean and variance of ln s^2 are those of ln(s0^2 F(d, d0)), solved here in another way."""
    _, s2 = drawn(seed, series, degrees, 5.0, 3.0)
    prior = prior_of(s2, degrees)
    d0 = prior.degrees[0]
    e = np.log(s2)
    left = np.var(e, ddof=1) - polygamma(1, degrees / 2)
    if left <= 0:
        assert d0 == INF
        assert np.log(prior.scale[0]) == pytest.approx(
            e.mean() - psi(degrees / 2) + np.log(degrees / 2)
        )
        return
    other = 2 * brentq(lambda y: polygamma(1, y) - left, 1e-6, 1e8, xtol=1e-12)
    assert d0 == pytest.approx(other, rel=1e-6)
    # E ln F(d, d0) = psi(d/2) - ln(d/2) - psi(d0/2) + ln(d0/2).
    log_f = psi(degrees / 2) - np.log(degrees / 2) - psi(d0 / 2) + np.log(d0 / 2)
    assert np.log(prior.scale[0]) + log_f == pytest.approx(e.mean())


@pytest.mark.parametrize("d0", [3.0, 8.0, 30.0])
def test_what_variances_were_drawn_from_is_found(d0):
    _, s2 = drawn(1, 20_000, 10, d0, 4.0)
    prior = prior_of(s2, 10)
    assert prior.degrees[0] == pytest.approx(d0, rel=0.1)
    assert prior.scale[0] == pytest.approx(4, rel=0.03)


def test_a_t_by_the_posterior_is_students_of_all_degrees():
    """Smyth's section 4: beta / sqrt(posterior) has d0 + d degrees; over the own s, d."""
    own, s2 = drawn(2, 200_000, 6, 8.0)
    beta = np.random.default_rng(3).normal(size=len(own)) * np.sqrt(own)
    prior = prior_of(s2, 6)
    t = beta / np.sqrt(prior.posterior(s2, np.full(len(own), 6.0)))
    p = 2 * stats.t.sf(np.abs(t), prior.degrees[0] + 6)
    for share in (0.05, 0.01, 0.001):
        error = np.sqrt(share * (1 - share) / len(p))
        assert (p < share).mean() == pytest.approx(share, abs=4 * error)


def test_the_limits():
    """Nothing known: each keeps its own. Variances alike: all have one."""
    own = np.array([0.5, 2.0, 7.0])
    assert unknown(3).posterior(own, np.full(3, 4.0)).tolist() == own.tolist()
    known = Prior(np.full(3, INF), np.full(3, 2.0))
    assert known.posterior(own, np.full(3, 4.0)).tolist() == [2, 2, 2]
    for degrees, drawn_to in ((1e-9, own), (1e9, np.full(3, 2.0))):
        prior = Prior(np.full(3, degrees), np.full(3, 2.0))
        assert prior.posterior(own, np.full(3, 4.0)) == pytest.approx(drawn_to, rel=1e-6)
    alike = prior_of([3.0, 3.0, 3.0, 3.0], 5)
    assert alike.degrees.tolist() == [INF] * 4
    # Far apart: hardly anything is lent.
    assert prior_of(np.exp([-30.0, -10, 10, 30]), 50).degrees[0] < 0.2


def test_few_gaps_and_zeros():
    assert prior_of([2.0], 5).degrees.tolist() == [0]
    assert prior_of([2.0, NAN, 3.0], 5).degrees.tolist() == [0, 0, 0]
    assert prior_of(np.zeros(5), 5).degrees.tolist() == [0] * 5
    assert prior_of([1.0, 2, 3], 0).degrees.tolist() == [0] * 3
    _, s2 = drawn(4, 40, 8, 6.0)
    whole = prior_of(s2, 8)
    torn = prior_of(np.append(s2, NAN), np.append(np.full(40, 8.0), 8))
    # A gap takes no part, and is told what the others say.
    assert torn.degrees == pytest.approx(np.full(41, whole.degrees[0]))
    assert torn.scale == pytest.approx(np.full(41, whole.scale[0]))
    zero = prior_of(np.append(s2, 0.0), 8)
    assert 0 < zero.degrees[0] < whole.degrees[0]
    assert zero.posterior(np.append(s2, 0.0), np.full(41, 8.0))[-1] > 0


@given(st.integers(0, 999), st.floats(1e-3, 1e3))
def test_order_and_scale(seed, factor):
    _, s2 = drawn(seed, 20, 7, 5.0)
    degrees = np.random.default_rng(seed).integers(3, 20, 20)
    order = np.random.default_rng(seed + 1).permutation(20)
    one = prior_of(s2, degrees)
    assert prior_of(s2[order], degrees[order]).scale == pytest.approx(one.scale)
    two = prior_of(factor * s2, degrees)
    assert two.degrees == pytest.approx(one.degrees, rel=1e-6)
    assert two.scale == pytest.approx(factor * one.scale)


def test_dispersions_of_counts_follow_their_mean():
    """Rates that vary by 10 % beside a Poisson: 1 + 0.01 x mean, not one scale."""
    mean = np.geomspace(10, 20_000, 400)
    draw = np.random.default_rng(5)
    true = 1 + 0.01 * mean
    prior = prior_of(true * draw.chisquare(20, 400) / 20, 20, mean=mean)
    assert prior.scale == pytest.approx(true, rel=0.15)
    assert prior.degrees[0] > 50
    # One scale for all would make them look far more unlike each other than they are.
    assert prior_of(true * draw.chisquare(20, 400) / 20, 20).degrees[0] < 3
    # Poisson's own: one for all, and never below.
    plain = prior_of(draw.chisquare(20, 400) / 20, 20, mean=mean)
    assert np.median(plain.scale) == pytest.approx(1, abs=0.05)
    assert plain.degrees[0] > 50
    assert (prior_of(0.2 * draw.chisquare(20, 400) / 20, 20, mean=mean).scale == 1).all()


def test_one_that_varies_far_more_keeps_its_own():
    _, s2 = drawn(6, 43, 20, 40.0)
    s2[7] = 60
    prior = prior_of(s2, 20)
    spared = prior.sparing(s2, np.full(43, 20.0))
    # d0 x P(F >= s^2 / s0^2) x 43 / 0.5 for the largest.
    tail = stats.f.sf(60 / prior.scale[7], 20, prior.degrees[7])
    assert spared.degrees[7] == pytest.approx(prior.degrees[7] * tail * 86)
    assert spared.posterior(s2, np.full(43, 20.0))[7] > 0.95 * 60
    others = np.delete(spared.degrees, 7)
    assert (others <= prior.degrees[0]).all()
    assert np.median(others) > 0.5 * prior.degrees[0]
    assert unknown(3).sparing(np.ones(3), np.ones(3)).degrees.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("variance", "degrees", "more"),
    [
        ([-1.0, 1, 1], 5, {}),
        ([INF, 1, 1], 5, {}),
        ([1.0, 1, 1], [5, 5], {}),
        ([1.0, 1, 1], -1, {}),
        ([[1.0, 1, 1]], 5, {}),
        (["a", 1, 1], 5, {}),
        ([1.0, 1, 1], 5, {"mean": [1, -1, 1]}),
    ],
)
def test_bad_input_is_refused(variance, degrees, more):
    with pytest.raises(MethodError):
        prior_of(variance, degrees, **more)


@pytest.mark.parametrize("search", [single_shift, surges])
def test_a_prior_of_the_scale_is_used_by_a_search(search):
    """At its limits it is an own scale, and a given one; between, noise is called as is said."""
    draw = np.random.default_rng(7)
    y = draw.poisson(200, (60, 24)).astype(float)
    own = search(y, family="poisson")
    assert search(y, family="poisson", prior=unknown(60)).p == pytest.approx(own.p)
    sure = search(y, family="poisson", prior=Prior(np.full(60, INF), np.full(60, 2.0)))
    assert sure.p == pytest.approx(search(y, family="poisson", scale=2.0).p)
    assert sure.scale == pytest.approx(np.full(60, 2.0))
    between = search(y, family="poisson", prior=Prior(np.full(60, 1.0), np.full(60, 50.0)))
    assert (between.scale > own.scale).all()
    with pytest.raises(MethodError):
        search(y, family="poisson", scale=2.0, prior=unknown(60))
    with pytest.raises(MethodError):
        search(y, family="poisson", prior=unknown(59))


@pytest.mark.parametrize("points", [12, 24])
@pytest.mark.parametrize("d0", [3.0, 12.0, 50.0])
def test_noise_is_called_as_often_as_is_said(points, d0):
    """Normal series, their variances drawn from a prior that is known: 5 and 1 %, by 3 errors
    and a tenth, for noise of a rounder d0 stands in."""
    own, _ = drawn(8, 6000, 5, d0)
    draw = np.random.default_rng((9, points))
    y = np.sqrt(own)[:, None] * draw.normal(size=(6000, points))
    prior = Prior(np.full(6000, d0), np.ones(6000))
    for search in (single_shift, surges):
        p = search(y, family="gaussian", prior=prior).p
        for share in (0.05, 0.01):
            error = np.sqrt(share * (1 - share) / 6000)
            assert (p < share).mean() == pytest.approx(share, abs=3 * error + 0.1 * share)


def test_noise_of_a_known_scale_has_shorter_tails_the_better_it_is_known():
    tails = [np.quantile(noise("shift", 12, 3, 1, d0), 0.995) for d0 in (0.0, 4.0, 16.0, INF)]
    assert all(d0 in PRIORS for d0 in (0.0, 4.0, 16.0, INF))
    assert all(a > 1.05 * b for a, b in pairwise(tails))
