"""Screening: equal to xmr, cusum and non_restarting on any series, and calibrated in control."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from openpeel.errors import MethodError
from openpeel.signals.cusum import cusum, non_restarting
from openpeel.signals.screening import ROWS, half_width, screen, standardised
from openpeel.signals.xmr import CONVENTIONS, MDC, MDC_UNSCREENED, SHORT, Convention, xmr

SHORT_RUNS = Convention("short runs", 1.5, screen=True, trend_points=3, shift_points=2)


def assert_equal(values, convention, baseline):
    chart = xmr(values, convention=convention, baseline=baseline)
    z = standardised(chart)
    made = screen(values, convention=convention, baseline=baseline, h=2, bound=4)
    np.testing.assert_array_equal(made.rule, chart.rule)
    np.testing.assert_array_equal(made.mean, chart.mean[:, 0])
    np.testing.assert_allclose(made.width, (chart.upper - chart.mean)[:, 0], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(made.points < SHORT, chart.short[:, 0])
    np.testing.assert_array_equal(made.cusum, cusum(z, h=2).signal)
    points = None if baseline is None else np.maximum(made.points, SHORT)
    whole = non_restarting(z, bound=4, baseline=points)
    enough = made.points >= SHORT
    for name in ("p", "p_up", "p_down"):
        last = np.where(enough, getattr(whole, name)[:, -1], np.nan)
        np.testing.assert_allclose(getattr(made, name), last, rtol=1e-10)


@pytest.mark.parametrize("baseline", [None, 2, 24])
@pytest.mark.parametrize("convention", [*CONVENTIONS.values(), SHORT_RUNS], ids=lambda c: c.name)
def test_equal_to_the_charts_on_random_series_with_gaps(convention, baseline):
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(400, 60))
    walks = np.cumsum(rng.normal(size=(400, 60)), axis=1)
    ties = rng.poisson(2, size=(400, 60)).astype(np.float64)
    for y in (noise, walks, ties):
        y[rng.random(y.shape) < rng.choice([0, 0.05, 0.5, 0.95], size=(400, 1))] = np.nan
        assert_equal(y, convention, baseline)


@settings(max_examples=200)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(1, 16)),
        elements=st.one_of(st.just(np.nan), st.integers(0, 4).map(float)),
    ),
    st.sampled_from([MDC, SHORT_RUNS]),
    st.sampled_from([None, 2, 5]),
)
def test_equal_to_the_charts_on_small_ugly_series(y, convention, baseline):
    assert_equal(y, convention, baseline)


def test_rows_of_several_chunks_come_out_in_order_whatever_their_type():
    y = np.random.default_rng(2).poisson(20, size=(2 * ROWS + 7, 13))
    whole, parts = screen(y), [screen(y[:ROWS]), screen(y[ROWS:].astype(np.float32))]
    for name in ("mean", "width", "p", "points", "rule", "cusum"):
        np.testing.assert_array_equal(
            getattr(whole, name), np.concatenate([getattr(part, name) for part in parts])
        )


def test_standardised_values_have_standard_deviation_one_in_the_long_run():
    y = np.random.default_rng(3).normal(7, 3, size=(300, 1000))
    assert half_width(MDC_UNSCREENED) == pytest.approx(2.66 * 2 / np.sqrt(np.pi))
    for convention in CONVENTIONS.values():
        z = standardised(xmr(y, convention=convention))
        # The mean range of 1,000 points varies by about 2.6 %, over 300 series by 0.15 %.
        assert z.std(axis=1).mean() == pytest.approx(1, abs=0.006)


@pytest.mark.parametrize("baseline", [None, 72])
def test_p_values_of_series_in_control_are_not_too_small(baseline):
    y = np.random.default_rng(4).normal(size=(40_000, 144))
    p = screen(y, baseline=baseline).p
    for level in (0.05, 0.01, 0.001):
        # A fifth more is let pass: the spread is estimated from ranges, less well than it allows.
        assert (p <= level).mean() < 1.2 * level + 3 * np.sqrt(level / len(y))


def test_flat_empty_short_and_gap_ended_series_have_no_p():
    rng = np.random.default_rng(5)
    y = np.stack([np.zeros(20), np.full(20, np.nan), *rng.normal(size=(2, 20))])
    y[2, :10], y[3, -1] = np.nan, np.nan
    made = screen(y)
    assert np.isnan(made.p).all()
    assert not made.cusum.any()
    assert made.points.tolist() == [20, 0, 10, 19]


def test_no_series_give_no_result():
    assert screen(np.empty((0, 5))).p.shape == (0,)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: screen([[1.0, 2.0], [np.inf, 1.0]]), "series 1 has an infinite"),
        (lambda: screen([1.0, 2.0]), "of shape"),
        (lambda: screen(np.empty((2, 0))), "of shape"),
        (lambda: screen([["a", "b"]]), "of shape"),
        (lambda: screen([[1.0, 2.0]], k=0), "k, h and bound"),
        (lambda: screen([[1.0, 2.0]], baseline=1), "at least 2"),
    ],
)
def test_what_cannot_be_screened_is_refused(call, told):
    with pytest.raises(MethodError, match=told):
        call()
