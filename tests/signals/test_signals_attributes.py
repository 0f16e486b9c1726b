"""p, u, c, p' and u' charts: textbook answers, exact limits, frozen baselines, bad input."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from openpeel.errors import MethodError
from openpeel.signals.attributes import attribute_chart, runs_test
from openpeel.signals.xmr import MDC, Convention

NAN = np.nan
few = settings(max_examples=30, deadline=None)

# Montgomery, Introduction to Statistical Quality Control, 6th edition. Example 7.1: orange juice
# cans not conforming, 30 samples of 50.
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22]
CANS += [8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
# Table 7.4: purchase orders with errors, and how many were looked at.
ORDERS = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
LOOKED_AT = [100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120]
LOOKED_AT += [120, 110, 80, 80, 80, 90, 100, 100, 100, 100, 90, 90]
# Example 7.3: nonconformities in 26 samples of 100 printed circuit boards.
BOARDS = [21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16]
BOARDS += [19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19, 17, 15]
# Example 7.5: nonconformities in rolls of dyed cloth, and the rolls in inspection units of 50 m2.
CLOTH = [14, 12, 20, 11, 7, 10, 21, 16, 19, 23]
ROLLS = [10, 8, 13, 10, 9.5, 10, 12, 10.5, 12, 12.5]
# NHS attendances seen within four hours, and all, in 20 weeks: official counts, as tabulated after
# Mohammed and others 2013, doi 10.1136/bmjqs-2012-001373, in Anhøj and Mohammed's online book,
# Mastering Statistical Process Control Charts in Healthcare, "Prime charts".
IN_TIME = [266501, 264225, 276532, 281461, 269071, 261215, 270409, 279778, 270483, 270320]
IN_TIME += [267923, 271478, 255353, 256820, 261835, 259144, 255910, 260863, 264465, 260989]
ATTENDED = [280443, 276823, 291681, 296155, 282343, 275888, 283867, 295251, 284468, 282529]
ATTENDED += [279618, 283932, 266629, 268091, 276803, 271578, 266005, 273520, 278574, 273772]


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def outside(chart):
    return np.flatnonzero(chart.above | chart.below).tolist()


def test_p_chart_of_the_textbook():
    # Montgomery, example 7.1: 0.2313, 0.4102, 0.0524; samples 15 and 23 above. Without them 0.2150,
    # 0.3893, 0.0407, and then sample 21 above.
    chart = attribute_chart(CANS, np.full(30, 50), kind="p")
    assert chart.centre[0] == pytest.approx(347 / 1500)
    assert (chart.upper[0], chart.lower[0]) == pytest.approx((0.4102, 0.0524), abs=5e-5)
    assert outside(chart) == [14, 22]
    assert chart.above.sum() == 2
    revised = np.where(chart.above, NAN, CANS)
    again = attribute_chart(revised, np.full(30, 50), kind="p")
    assert again.centre[0] == pytest.approx(0.2150, abs=5e-5)
    assert (again.upper[0], again.lower[0]) == pytest.approx((0.3893, 0.0407), abs=5e-5)
    assert outside(again) == [20]


def test_p_chart_of_the_textbook_with_denominators_that_vary():
    # Montgomery, table 7.4: centre 234/2450, limits at n = 100 to 0.184 and 0.007 (from a centre
    # rounded to 0.096: 0.184, 0.008); sample 11 above.
    chart = attribute_chart(ORDERS, LOOKED_AT, kind="p")
    assert chart.centre[0] == pytest.approx(234 / 2450)
    assert chart.upper[0] == pytest.approx(0.184, abs=5e-4)
    assert chart.lower[0] == pytest.approx(0.0075, abs=5e-4)
    assert outside(chart) == [10]


def test_c_chart_of_the_textbook():
    # Montgomery, example 7.3: 19.85, 33.22, 6.48; samples 6 and 20 outside. Without: 19.67, 32.97,
    # 6.36.
    chart = attribute_chart(BOARDS, kind="c")
    made = (chart.centre[0], chart.upper[0], chart.lower[0])
    # The book's 33.22 is from a centre rounded to 19.85.
    assert made == pytest.approx((19.85, 33.22, 6.48), abs=0.01)
    assert outside(chart) == [5, 19]
    kept = np.where(chart.above | chart.below, NAN, BOARDS)
    again = attribute_chart(kept, kind="c")
    made = (again.centre[0], again.upper[0], again.lower[0])
    assert made == pytest.approx((19.67, 32.97, 6.36), abs=0.006)


def test_u_chart_of_the_textbook():
    # Montgomery, example 7.5: centre 1.42; upper and lower limits for each roll.
    chart = attribute_chart(CLOTH, ROLLS, kind="u")
    assert chart.centre[0] == pytest.approx(153 / 107.5)
    upper = [2.55, 2.68, 2.41, 2.55, 2.58, 2.55, 2.45, 2.52, 2.45, 2.43]
    lower = [0.29, 0.16, 0.43, 0.29, 0.26, 0.29, 0.39, 0.32, 0.39, 0.41]
    assert chart.upper == pytest.approx(np.array(upper), abs=0.01)
    assert chart.lower == pytest.approx(np.array(lower), abs=0.01)
    assert outside(chart) == []


def test_large_denominators_need_laney():
    # qicharts2 0.8.1, summary(qic(..., chart = "p")) and "pp": its limits are means over the weeks.
    chart = attribute_chart(IN_TIME, ATTENDED, kind="p")
    assert chart.centre[0] == pytest.approx(0.952899711344, abs=1e-12)
    assert chart.lower.mean() == pytest.approx(0.95169692401, abs=1e-11)
    assert chart.upper.mean() == pytest.approx(0.954102498678, abs=1e-12)
    assert len(outside(chart)) == 16
    laney = attribute_chart(IN_TIME, ATTENDED, kind="p", laney=True)
    assert laney.lower.mean() == pytest.approx(0.940101546701, abs=1e-12)
    assert laney.upper.mean() == pytest.approx(0.965697875987, abs=1e-12)
    assert outside(laney) == []
    # u' on the same counts by hand: sigma z from the moving ranges of z, over 1.128.
    x, n = np.array(IN_TIME), np.array(ATTENDED)
    centre = x.sum() / n.sum()
    sigma = np.sqrt(centre / n)
    sigma_z = np.abs(np.diff((x / n - centre) / sigma)).mean() / 1.128
    rates = attribute_chart(x, n, kind="u", laney=True)
    assert rates.upper == pytest.approx(centre + 3 * sigma * sigma_z)


def test_c_limits_of_a_known_centre():
    # qicharts2 0.8.1 on its `cdi` counts, of which only the mean is used here: 14.8333333333 gives
    # (3.27911332504, 26.3875533416). Any 6 counts with that mean have these limits.
    chart = attribute_chart([15, 15, 15, 14, 15, 15], kind="c")
    assert chart.centre[0] == pytest.approx(14.8333333333)
    assert chart.lower[0] == pytest.approx(3.27911332504, abs=1e-11)
    assert chart.upper[0] == pytest.approx(26.3875533416, abs=1e-10)


@pytest.mark.parametrize(("useful", "most", "least"), [(10, 6, 2), (24, 8, 8), (36, 8, 13)])
def test_anhoj_limits_are_the_published_ones(useful, most, least):
    # Anhøj and Olesen 2014; qicharts2's vignette, appendix 2; for `cdi` (36 months) 8 and 13.
    test = runs_test(np.arange(useful) - useful / 2 + 0.25, 0)
    assert (test.longest_most, test.crossings_least) == (most, least)
    assert (test.longest, test.crossings, test.signal) == (useful // 2, 1, True)


def test_runs_pass_over_gaps_and_the_centre():
    plain = [1, 2, -1, 3, 4, 5, -2, -3]
    spread = [1, NAN, 2, 0, -1, 3, 4, 0, 5, -2, NAN, -3]
    for values in (plain, spread):
        test = runs_test(values, 0)
        assert (test.useful, test.longest, test.crossings) == (8, 3, 3)
        assert not test.signal
    both = runs_test([[1, 1, 1], [NAN, 0, NAN]], [[0], [0]])
    assert both.useful.tolist() == [3, 0]
    assert both.signal.tolist() == [False, False]
    with pytest.raises(MethodError, match="fits no"):
        runs_test([1, 2, 3], [0, 0])


@pytest.mark.parametrize("kind", ["p", "u"])
def test_exact_limits_are_quantiles(kind):
    n = np.array([3.0, 20, 400, 90000])
    chart = attribute_chart(np.round(n * 0.2), n, kind=kind, exact=True)
    law = binom(n, chart.centre) if kind == "p" else poisson(n * chart.centre)
    tail = 0.0013498980316301
    assert (chart.lower * n).tolist() == pytest.approx(law.ppf(tail).tolist())
    assert (chart.upper * n).tolist() == pytest.approx(law.ppf(1 - tail).tolist())
    # Beyond either limit a point in control lies no oftener than 0.135 % of the time.
    assert (law.cdf(chart.lower * n - 0.5) < tail).all()
    assert (law.sf(chart.upper * n + 0.5) <= tail).all()


def test_exact_limits_signal_as_often_as_they_say_where_approximate_ones_do_not():
    # Poisson of mean 0.5: the approximate upper limit is 2.62 and P(X > 2) = 0.0144; the exact one
    # is 4 and P(X > 4) = 0.00017.
    counts = np.random.default_rng(1).poisson(0.5, size=(1000, 400))
    rough = attribute_chart(counts, kind="c").above.mean()
    exact = attribute_chart(counts, kind="c", exact=True).above.mean()
    assert rough == pytest.approx(poisson.sf(2, 0.5), rel=0.1)
    assert exact < 0.00135


def test_a_frozen_baseline_sets_the_limits_of_all_that_follows():
    later = [20, 22, 19, 21, 60, 61]
    chart = attribute_chart(later, kind="c", baseline=4)
    assert (chart.centre == 20.5).all()
    assert outside(chart) == [4, 5]
    both = attribute_chart([*later, 60, 62, 58], kind="c", rebase=[4])
    assert both.centre[3] == 20.5
    assert both.centre[4] == np.mean([60, 61, 60, 62, 58])
    frozen = attribute_chart(IN_TIME, ATTENDED, kind="p", laney=True, baseline=12)
    alone = attribute_chart(IN_TIME[:12], ATTENDED[:12], kind="p", laney=True)
    assert frozen.lower[:12] == pytest.approx(alone.lower)


def test_run_rules_are_judged_on_z():
    # The share rises in equal steps; its denominator falls, so that z does not.
    chart = attribute_chart([50, 51, 52, 53, 54, 55, 56, 57], np.full(8, 100), kind="p")
    assert chart.trend_up.all()
    assert not chart.trend_down.any()
    low, high = [40] * 7, [60] * 7
    chart = attribute_chart(low + high, np.full(14, 100), kind="p")
    assert chart.shift_below.tolist() == [True] * 7 + [False] * 7
    assert chart.shift_above.tolist() == [False] * 7 + [True] * 7
    two = attribute_chart([100, 98, 102, 101, 99, 126, 101, 127, 99], kind="c", baseline=5)
    assert np.flatnonzero(two.two_of_three).tolist() == [5, 7]
    short = Convention("short", 2.66, screen=False, shift_points=3)
    chart = attribute_chart([4, 4, 4, 6, 6, 6], kind="c", convention=short)
    assert chart.shift_above.sum() == 3


def test_laney_screens_as_its_convention_says():
    rng = np.random.default_rng(3)
    n = rng.integers(200_000, 300_000, 30).astype(float)
    x = np.round(n * (0.9 + rng.normal(0, 0.005, 30)))
    x[17] = np.round(n[17] * 0.8)
    screened = attribute_chart(x, n, kind="p", laney=True, convention=MDC)
    assert screened.below[17]
    plain = attribute_chart(x, n, kind="p", laney=True)
    assert (plain.upper - plain.lower > screened.upper - screened.lower).all()


def test_laney_is_the_plain_chart_where_only_chance_moves_events():
    # z is then standard normal and the mean moving range over 1.128 tends to 1: 2 % over 10,000.
    rng = np.random.default_rng(8)
    n = rng.integers(500, 5000, size=10_000)
    chart = attribute_chart(rng.binomial(n, 0.4), n, kind="p", laney=True)
    plain = attribute_chart(rng.binomial(n, 0.4), n, kind="p")
    widening = (chart.upper - chart.centre) / (plain.upper - plain.centre)
    assert widening == pytest.approx(np.ones(10_000), abs=0.03)


def test_what_has_no_spread_has_no_signal_until_it_moves():
    zero = attribute_chart([0, 0, 0, 0], [5, 6, 7, 8], kind="p")
    assert zero.upper.tolist() == zero.lower.tolist() == [0, 0, 0, 0]
    assert outside(zero) == []
    assert zero.z.tolist() == [0, 0, 0, 0]
    moved = attribute_chart([0, 0, 0, 5], kind="c", baseline=3)
    assert outside(moved) == [3]
    assert moved.z[3] == np.inf
    full = attribute_chart([5, 6, 7], [5, 6, 7], kind="p", exact=True)
    assert full.lower.tolist() == full.upper.tolist() == [1, 1, 1]
    laney = attribute_chart([0, 0, 0, 5], [9, 9, 9, 9], kind="p", laney=True, baseline=3)
    assert np.isnan(laney.upper).all()
    assert outside(laney) == []
    constant = attribute_chart([3, 6, 9], [30, 60, 90], kind="p", laney=True)
    assert constant.upper.tolist() == constant.centre.tolist()
    assert outside(constant) == []
    # Rates that are equal but for rounding are on the centre.
    n = np.array([0.3, 0.6, 0.7, 1.1, 1.3, 1.7, 1.9, 2.3]) * 1e-3
    assert not attribute_chart(n * 0.1 / 1e-3, n, kind="u").shift_above.any()


def test_gaps():
    chart = attribute_chart([3, NAN, 5, 0], [30, 30, NAN, 0], kind="p")
    assert np.isnan(chart.value[1:]).all()
    assert chart.centre.tolist() == [0.1] * 4
    nothing = attribute_chart([NAN, NAN], [1, 2], kind="u")
    assert np.isnan(nothing.centre).all()
    assert outside(nothing) == []


@pytest.mark.parametrize(
    ("events", "n", "options", "words"),
    [
        ([1, 2], [1, 1], {}, r"point at \(1,\) has more events than trials"),
        ([1, 2], [1, 0], {"kind": "u"}, "denominator of 0"),
        ([1, -2], [1, 3], {}, "is negative"),
        ([[1, np.inf]], [[1, 3]], {"kind": "u"}, r"point at \(0, 1\) is infinite"),
        (["a"], [1], {}, "needs numbers"),
        ([1, 2], [1, 2, 3], {}, "one shape"),
        ([], [], {}, "one shape"),
        ([1, 2], None, {}, "need a denominator"),
        ([1, 2], [1, 2], {"kind": "c"}, "a c chart has none"),
        ([1, 2], [3, 3], {"kind": "g"}, "kind 'g'"),
        ([1, 2], [3, 3], {"laney": True, "exact": True}, "take exact off"),
        ([1, 2], None, {"laney": True, "kind": "c"}, "p' and u'"),
        ([1.5, 2], [3, 3], {"exact": True}, "fraction of an event"),
        ([1, 2], [3.5, 3], {"exact": True}, "fraction of a trial"),
        ([1, 2], [3, 3], {"baseline": 1}, "at least 2"),
        ([1, 2], [3, 3], {"rebase": [5]}, "positions must lie"),
    ],
)
def test_what_is_refused(events, n, options, words):
    with pytest.raises(MethodError, match=words):
        attribute_chart(events, n, **{"kind": "p", **options})


@st.composite
def counted(draw):
    """Many series of events in trials, with gaps."""
    series, time = draw(st.integers(1, 5)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = rng.integers(1, 1000, size=(series, time)).astype(float)
    x = np.floor(n * rng.uniform(0, 1, size=n.shape))
    x[rng.random(n.shape) < 0.15] = NAN
    return x, n


def arrays_of(chart):
    names = ("centre", "lower", "upper", "z", "above", "below", "shift_above", "two_of_three")
    return [getattr(chart, name) for name in names]


@few
@given(data=counted(), laney=st.booleans(), exact=st.booleans(), seed=st.integers(0, 99))
def test_series_do_not_know_each_other(data, laney, exact, seed):
    x, n = data
    options = {"kind": "p", "laney": laney, "exact": exact and not laney}
    together = attribute_chart(x, n, **options)
    order = np.random.default_rng(seed).permutation(len(x))
    mixed = attribute_chart(x[order], n[order], **options)
    for a, b in zip(arrays_of(together), arrays_of(mixed), strict=True):
        np.testing.assert_array_equal(a[order], b)
    for i in range(len(x)):
        alone = attribute_chart(x[i], n[i], **options)
        for a, b in zip(arrays_of(together), arrays_of(alone), strict=True):
            np.testing.assert_allclose(a[i], b, rtol=1e-12)


@few
@given(data=counted(), laney=st.booleans())
def test_gaps_at_the_end_change_nothing_and_limits_hold_the_centre(data, laney):
    x, n = data
    chart = attribute_chart(x, n, kind="p", laney=laney)
    wider = attribute_chart(
        np.hstack([x, np.full((len(x), 3), NAN)]), np.hstack([n, n[:, :1].repeat(3, 1)]),
        kind="p", laney=laney,
    )  # fmt: skip
    for a, b in zip(arrays_of(chart), arrays_of(wider), strict=True):
        np.testing.assert_array_equal(a, b[:, : x.shape[1]])
    known = ~np.isnan(chart.lower)
    assert (chart.lower <= chart.centre)[known].all()
    assert (chart.upper >= chart.centre)[known].all()
    assert ((chart.lower >= 0) & (chart.upper <= 1))[known].all()


@few
@given(data=counted(), scale=st.floats(0.01, 100), laney=st.booleans())
def test_the_unit_of_exposure_does_not_matter(data, scale, laney):
    x, n = data
    one = attribute_chart(x, n, kind="u", laney=laney)
    other = attribute_chart(x, n * scale, kind="u", laney=laney)
    np.testing.assert_allclose(other.upper * scale, one.upper, rtol=1e-9)
    np.testing.assert_allclose(other.z, one.z, rtol=1e-6, atol=1e-9)
