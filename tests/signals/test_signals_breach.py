"""Standards: the posterior against scipy, exact tests, coverage where the truth is known."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from openpeel.errors import MethodError
from openpeel.signals.breach import breach

NAN = np.nan
few = settings(max_examples=50, deadline=None)


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_nine_in_ten_calls_within_ten_seconds():
    """90 % of 999 calls in 10 seconds: of 1,000 calls 880, 900 and 915 were.

    Oracle: scipy's beta distribution and exact binomial test.
    """
    calls = np.array([880, 900, 915])
    made = breach(calls, 1000, 0.9, kind="share", better="higher")
    posterior = stats.beta(calls + 0.5, 1000.5 - calls)
    assert made.probability == pytest.approx(posterior.cdf(0.9))
    assert made.lower == pytest.approx(posterior.ppf(0.025))
    assert made.upper == pytest.approx(posterior.ppf(0.975))
    tests = [stats.binomtest(int(x), 1000, 0.9, alternative="less").pvalue for x in calls]
    assert made.p == pytest.approx(tests)
    assert made.probability.round(2).tolist() == [0.98, 0.51, 0.05]
    # The same 88 % of 50 calls says little.
    small = breach(44, 50, 0.9, kind="share", better="higher")
    assert small.probability == pytest.approx(0.70, abs=0.01)


def test_a_share_that_should_be_low():
    made = breach(30, 200, 0.1, kind="share", better="lower")
    assert made.probability == pytest.approx(stats.beta(30.5, 170.5).sf(0.1))
    expected = stats.binomtest(30, 200, 0.1, alternative="greater").pvalue
    assert made.p == pytest.approx(expected)


def test_a_rate():
    made = breach(130, 50.0, 2.0, kind="rate", better="lower")
    posterior = stats.gamma(130.5, scale=1 / 50)
    assert made.value == 2.6
    assert made.probability == pytest.approx(posterior.sf(2.0))
    assert (made.lower, made.upper) == pytest.approx(tuple(posterior.ppf([0.025, 0.975])))
    assert made.p == pytest.approx(stats.poisson(100).sf(129))
    higher = breach(130, 50.0, 2.0, kind="rate", better="higher")
    assert higher.p == pytest.approx(stats.poisson(100).cdf(130))


def test_a_mean():
    seconds = np.random.default_rng(4).gamma(2, 6, size=60)
    made = breach(seconds.sum(), 60, 10, kind="mean", better="lower", deviation=seconds.std(ddof=1))
    expected = stats.ttest_1samp(seconds, 10, alternative="greater")
    interval = stats.ttest_1samp(seconds, 10).confidence_interval(0.95)
    assert made.p == pytest.approx(expected.pvalue)
    assert made.probability == pytest.approx(1 - expected.pvalue)
    assert (made.lower, made.upper) == pytest.approx((interval.low, interval.high))


def test_a_prior_counts_as_so_many_trials():
    made = breach(8, 10, 0.9, kind="share", better="higher", prior=(90.0, 10.0))
    assert made.probability == pytest.approx(stats.beta(98, 12).cdf(0.9))
    rate = breach(8, 10, 1, kind="rate", better="lower", prior=(2.0, 4.0), confidence=0.8)
    assert rate.lower == pytest.approx(stats.gamma(10, scale=1 / 14).ppf(0.1))


def test_the_ends():
    none, every = breach([0, 20], 20, 0.5, kind="share", better="higher").p
    assert none == pytest.approx(0.5**20)
    assert every == 1
    made = breach([0, 20], 20, 0.5, kind="share", better="lower")
    assert made.p.tolist() == pytest.approx([1, 0.5**20])
    assert made.lower[0] == 0
    assert made.upper[1] == 1
    quiet = breach(0, 12.0, 0.5, kind="rate", better="lower")
    assert (quiet.lower, quiet.p) == (0, 1)
    assert 0 < quiet.probability < 0.001


def test_what_was_not_seen_has_no_standing():
    made = breach([NAN, 5, 0, 9], [10, NAN, 0, 10], 0.9, kind="share", better="higher")
    for a in (made.value, made.probability, made.lower, made.upper, made.p):
        assert np.isnan(a).tolist() == [True, True, True, False]
    mean = breach([8, 16, 24], [1, 2, 3], 9, kind="mean", better="lower", deviation=[NAN, 0, 1.0])
    assert np.isnan(mean.probability).tolist() == [True, True, False]
    assert mean.value.tolist() == [8, 8, 8]


@pytest.mark.parametrize("truth", [0.02, 0.5, 0.9])
def test_the_interval_holds_the_truth_on_average(truth):
    """Jeffreys' interval covers 95 % on average over n, not at each (Brown and others 2001)."""
    rng = np.random.default_rng(11)
    n = rng.integers(20, 400, size=20_000)
    made = breach(rng.binomial(n, truth), n, 0.5, kind="share", better="higher")
    assert np.mean((made.lower <= truth) & (truth <= made.upper)) == pytest.approx(0.95, abs=0.006)
    rate = breach(rng.poisson(n * truth), n, 0.5, kind="rate", better="higher")
    assert np.mean((rate.lower <= truth) & (truth <= rate.upper)) == pytest.approx(0.95, abs=0.006)


def test_probabilities_come_true():
    """Over truths drawn from the prior, breaches called at 70 to 80 % are breaches as often."""
    rng = np.random.default_rng(12)
    truth = rng.beta(45, 5, size=150_000)
    made = breach(
        rng.binomial(60, truth), 60, 0.9, kind="share", better="higher", prior=(45.0, 5.0)
    )
    for low in (0.1, 0.4, 0.7):
        said = (made.probability >= low) & (made.probability < low + 0.2)
        error = 4 * 0.5 / np.sqrt(said.sum())
        assert np.mean(truth[said] < 0.9) == pytest.approx(made.probability[said].mean(), abs=error)


def test_forces_that_just_meet_the_standard_fail_the_test_no_oftener_than_it_says():
    rng = np.random.default_rng(13)
    p = breach(rng.binomial(500, 0.9, 50_000), 500, 0.9, kind="share", better="higher").p
    assert np.mean(p <= 0.05) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 50_000)


@few
@given(st.integers(1, 500), st.floats(0, 1), st.floats(0.01, 0.99))
def test_the_posterior_lies_between_the_two_exact_tails(n, part, standard):
    x = np.floor(part * n)
    for kind, law in (("share", stats.binom(n, standard)), ("rate", stats.poisson(n * standard))):
        made = breach(x, n, standard, kind=kind, better="higher")
        assert law.sf(x) - 1e-12 <= made.probability <= law.sf(x - 1) + 1e-12
        assert made.lower <= made.value <= made.upper
        other = breach(x, n, standard, kind=kind, better="lower")
        assert made.probability + other.probability == pytest.approx(1)


@few
@given(st.integers(2, 100), st.floats(0.05, 0.95), st.floats(0.05, 0.9))
def test_more_events_make_a_breach_of_a_floor_less_likely(n, standard, other):
    made = breach(np.arange(n + 1), n, standard, kind="share", better="higher")
    assert (np.diff(made.probability) <= 0).all()
    stricter = breach(np.arange(n + 1), n, max(standard, other), kind="share", better="higher")
    assert (stricter.probability >= made.probability).all()


@pytest.mark.parametrize(
    ("x", "n", "options", "words"),
    [
        ([3], [2], {}, r"at \(0,\) has more events than trials"),
        ([-3], [2], {}, "is negative"),
        ([3], [np.inf], {}, "is infinite"),
        ([3], [0], {"kind": "rate"}, "denominator of 0"),
        (["a"], [2], {}, "needs numbers"),
        ([1, 2, 3], [4, 5], {}, "one shape"),
        ([1], [2], {"standard": 1.0}, "outside 0 to 1"),
        ([1], [2], {"standard": NAN}, "outside 0 to 1"),
        ([1], [2], {"standard": 0, "kind": "rate"}, "outside 0 to inf"),
        ([1], [2], {"kind": "ratio"}, "kind 'ratio'"),
        ([1], [2], {"better": "none"}, "'none'"),
        ([1], [2], {"confidence": 1}, "confidence"),
        ([1], [2], {"prior": (0, 1)}, r"cannot be \(0, 1\)"),
        ([1], [2], {"kind": "mean"}, "standard deviation"),
        ([1], [2], {"deviation": 1}, "standard deviation"),
    ],
)
def test_what_is_refused(x, n, options, words):
    given_ = {"standard": 0.9, "kind": "share", "better": "higher", **options}
    with pytest.raises(MethodError, match=words):
        breach(x, n, **given_)
