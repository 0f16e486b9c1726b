"""EWMA: published run lengths, simulation where the truth is known, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from openpeel.errors import MethodError
from openpeel.signals.ewma import ewma, ewma_arl, ewma_limit

MAYBE = st.one_of(st.just(np.nan), st.floats(-8, 8, allow_nan=False))


def test_run_lengths_and_limit_of_the_r_package_spc():
    """METHODS 1.3 G, spc 0.6.7, two-sided, fixed limits, weight 0.1."""
    assert ewma_limit(0.1, 500, limits="fixed") == pytest.approx(2.81430999548, abs=1e-8)
    assert ewma_arl(0.1, 2.7, limits="fixed") == pytest.approx(368.993733981, rel=1e-10)


def test_a_run_length_of_the_sas_manual():
    """SAS/QC 1999: weight 1/4, width 3, a shift of 1: 11.154267016."""
    assert ewma_arl(0.25, 3, 1, limits="fixed") == pytest.approx(11.154267016, abs=1e-8)


def test_run_lengths_of_crowder():
    """Crowder 1987, Technometrics 29:401, Table 1, width 2, fixed limits, as printed there."""
    half = {0: 26.45, 0.25: 20.12, 0.5: 11.89, 0.75: 7.29, 1: 4.91, 1.5: 2.80, 3: 1.26, 4: 1.05}
    small = {0: 127.53, 0.25: 43.94, 0.5: 18.97, 0.75: 11.64, 1: 8.38, 1.5: 5.41, 3: 2.76}
    for weight, printed in ((0.5, half), (0.05, small)):
        for shift, arl in printed.items():
            assert round(ewma_arl(weight, 2, shift, limits="fixed"), 2) == arl


def test_run_lengths_with_exact_limits_near_those_of_steiner():
    """Steiner 1999, Table 2, weight 0.05, width 3: his Markov chain is good to about 3 % or 0.2."""
    printed = {0: 1353.0, 0.25: 127.0, 0.5: 32.5, 0.75: 15.6, 1: 9.0, 1.5: 4.5, 2: 2.8, 3: 1.6}
    for shift, arl in printed.items():
        assert ewma_arl(0.05, 3, shift) == pytest.approx(arl, rel=0.03, abs=0.2)


def test_a_weight_of_one_is_a_shewhart_chart():
    assert ewma_arl(1, 3) == pytest.approx(370.3983473, rel=1e-9)
    assert ewma_limit(1, 370.3983473449564) == pytest.approx(3, abs=1e-8)


def test_run_lengths_with_exact_limits_in_simulation():
    z = np.random.default_rng(1).normal(size=(4000, 1000))
    width = ewma_limit(0.2, 60)
    signals = ewma(z, weight=0.2, width=width).signal != 0
    assert signals.any(axis=1).all()
    first = signals.argmax(axis=1) + 1
    assert abs(first.mean() - 60) < 3 * first.std() / np.sqrt(len(z))
    # The second is where Steiner's table has 2.8 and openpeel 2.91.
    for weight, wide, shift in ((0.2, width, 1), (0.05, 3, 2)):
        shifted = (ewma(z + shift, weight=weight, width=wide).signal != 0).argmax(axis=1) + 1
        error = 3 * shifted.std() / np.sqrt(len(z))
        assert abs(shifted.mean() - ewma_arl(weight, wide, shift)) < error


def test_the_chart_by_hand():
    """Weight 1/2: variances 1/4, 5/16, 21/64; the gap holds both average and limit."""
    made = ewma([2.0, np.nan, -1.0, 4.0], weight=0.5, width=2)
    np.testing.assert_allclose(made.average, [1, np.nan, 0, 2])
    np.testing.assert_allclose(made.limit, 2 * np.sqrt([1 / 4, np.nan, 5 / 16, 21 / 64]))
    np.testing.assert_array_equal(made.signal, [0, 0, 0, 1])


@given(arrays(np.float64, (3, 12), elements=MAYBE), st.integers(0, 12))
def test_a_gap_changes_only_itself_and_series_know_nothing_of_each_other(z, at):
    made = ewma(z, width=1)
    wider = ewma(np.insert(z, at, np.nan, axis=1), width=1)
    np.testing.assert_array_equal(np.delete(wider.average, at, axis=1), made.average)
    np.testing.assert_array_equal(np.delete(wider.limit, at, axis=1), made.limit)
    assert not wider.signal[:, at].any()
    np.testing.assert_array_equal(ewma(z[::-1], width=1).average, made.average[::-1])
    np.testing.assert_array_equal(ewma(-z, width=1).signal, -made.signal)
    np.testing.assert_array_equal(ewma(z[1], width=1).signal, made.signal[1])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: ewma([1.0, -np.inf]), "infinite"),
        (lambda: ewma([1.0], weight=0), "weight above 0"),
        (lambda: ewma([1.0], width=np.nan), "width above 0"),
        (lambda: ewma_arl(0.1, 3, np.inf), "finite"),
        (lambda: ewma_arl(0.1, 3, limits="loose"), "'loose'"),
        (lambda: ewma_limit(0.1, 0.5), "cannot be set to 0.5"),
    ],
)
def test_what_makes_no_chart_is_refused(call, told):
    with pytest.raises(MethodError, match=told):
        call()
