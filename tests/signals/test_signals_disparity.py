"""Rate ratios: published numbers, coverage where the truth is known, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from openpeel.errors import MethodError
from openpeel.signals.disparity import rate_ratio


def test_the_interval_is_that_of_clopper_and_pearson():
    """scipy's exact interval of the share is the oracle: another implementation of the same."""
    a, n, b, m = 41, 28010.0, 15, 19017.0
    share = binomtest(a, a + b).proportion_ci(0.95, "exact")
    made = rate_ratio(a, n, b, m)
    assert made.ratio == pytest.approx((41 / 28010) / (15 / 19017))
    assert made.lower == pytest.approx(share.low / (1 - share.low) * m / n)
    assert made.upper == pytest.approx(share.high / (1 - share.high) * m / n)


def test_a_published_ratio():
    """Breast cancer by fluoroscopy: 41 cases in 28,010 person-years, 15 in 19,017.

    the worked example of Rothman, Greenland and Lash, Modern Epidemiology: rate ratio 1.86, and the
    approximate 95 % interval 1.03 to 3.35; the exact one lies around it.
    """
    made = rate_ratio(41, 28010, 15, 19017)
    assert round(float(made.ratio), 2) == 1.86
    assert made.lower < 1.03
    assert made.upper > 3.35
    assert made.lower == pytest.approx(1.03, abs=0.04)
    assert made.upper == pytest.approx(3.35, abs=0.35)


@pytest.mark.parametrize(("truth", "expected"), [(1.0, 12.0), (4.0, 30.0), (8.0, 400.0)])
def test_the_interval_holds_the_truth_as_often_as_it_says(truth, expected):
    draw = np.random.default_rng(7)
    residents, others = 5_000.0, 90_000.0
    a = draw.poisson(expected, 20_000)
    b = draw.poisson(expected / truth * others / residents, 20_000)
    made = rate_ratio(a, residents, b, others)
    held = np.mean((made.lower <= truth) & (truth <= made.upper))
    assert held >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 20_000)
    assert held < 0.985  # an interval that always holds says nothing


def test_the_bounds_are_those_of_the_two_extremes():
    made = rate_ratio(20, 1000, 100, 10_000, unknown=30)
    assert made.least == pytest.approx((20 / 1000) / (130 / 10_000))
    assert made.most == pytest.approx((50 / 1000) / (100 / 10_000))


@given(
    st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 5_000),
    st.floats(1, 1e7), st.floats(1, 1e7),
)  # fmt: skip
def test_the_ratio_lies_within_its_interval_and_its_bounds(a, b, unknown, n, m):
    made = rate_ratio(a, n, b, m, unknown)
    if a + b == 0:
        assert np.isnan(made.ratio)
        return
    assert made.lower <= made.ratio <= made.upper
    assert made.least <= made.ratio <= made.most
    assert (made.lower == 0) == (a == 0)
    assert np.isinf(made.upper) == (b == 0)


@given(st.integers(1, 500), st.integers(1, 500), st.floats(10, 1e6), st.floats(10, 1e6))
def test_changing_the_groups_over_turns_the_ratio_over(a, b, n, m):
    one, other = rate_ratio(a, n, b, m), rate_ratio(b, m, a, n)
    assert one.ratio == pytest.approx(1 / other.ratio)
    assert one.lower == pytest.approx(1 / other.upper)


@pytest.mark.parametrize(
    "given",
    [(-1, 10, 1, 10), (1, 0, 1, 10), (1, 10, 1, 0), (np.nan, 10, 1, 10), (1, np.inf, 1, 10)],
)
def test_what_is_no_count_or_no_exposure_is_refused(given):
    with pytest.raises(MethodError):
        rate_ratio(*given)


def test_a_confidence_that_is_none_is_refused():
    with pytest.raises(MethodError):
        rate_ratio(1, 10, 1, 10, confidence=1.0)
