"""Outliers: p as exact as simulation can tell, also where some are far off and sizes differ."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openpeel.errors import MethodError
from openpeel.signals.outliers import CUT, FEWEST_UNITS, outliers

NAN = np.nan


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def sets(n, between, sets, seed):
    """Units that differ by `between`, with chance variances over a range of 100 and more."""
    draw = np.random.default_rng(seed)
    v = np.exp(draw.normal(-4, 1, (sets, n)))
    return draw.normal(0, np.sqrt(v + between**2)), v


@pytest.mark.exhaustive
@pytest.mark.parametrize(("n", "made"), [(10, 900), (20, 500), (43, 250)])
def test_p_is_exact_where_units_truly_vary(n, made):
    """Within 4 standard errors, and a tenth for the cut's degrees of freedom being rounded.

    Units of one set share its fit: the standard error is over sets.
    """
    p = outliers(*sets(n, 0.3, made, n)).p
    for alpha in (0.05, 0.01):
        by_set = (p < alpha).mean(axis=1)
        error = by_set.std() / np.sqrt(made)
        assert abs(by_set.mean() - alpha) < 4 * error + alpha * (0.2 if n < 20 else 0.1)


def test_p_is_too_large_where_only_chance_varies():
    p = outliers(*sets(43, 0.0, 250, 1)).p
    assert 0.02 < (p < 0.05).mean() < 0.05
    assert (p < 0.01).mean() < 0.01


def test_outliers_are_found_and_do_not_hide_each_other():
    x, v = sets(43, 0.3, 150, 2)
    x[:, :4] += 5 * np.sqrt(0.09 + v[:, :4])
    found = outliers(x, v)
    assert (found.p[:, :4] < 0.005).mean() > 0.8
    assert (found.z[:, :4] > 0).mean() > 0.99
    # They set neither centre nor width by much; the others are not made outliers by them.
    assert (found.p[:, 4:] < 0.05).mean() < 0.05
    assert abs(found.centre.mean()) < 0.15
    assert 0.3**2 < found.between.mean() < 1.8 * 0.3**2


def test_between_is_what_units_truly_vary_by():
    found = outliers(*sets(43, 0.3, 200, 3))
    # Of 43 units a variance has a standard deviation of about 0.25 of itself.
    assert found.between.mean() == pytest.approx(0.09, abs=4 * 0.25 * 0.09 / np.sqrt(200) + 0.003)


def test_it_is_hubers_proposal_2():
    """The two equations hold at the fit of all."""
    x, v = sets(20, 0.5, 1, 4)
    found = outliers(x[0], v[0])
    z = np.clip((x[0] - found.centre) / np.sqrt(v[0] + found.between), -CUT, CUT)
    assert (z / np.sqrt(v[0] + found.between)).sum() == pytest.approx(0, abs=0.02)
    # E[psi(Z)^2] for a cut of 1.345: Huber 1981, 6.4, by simulation of 10^7 normals 0.7102.
    assert (z**2).sum() == pytest.approx(19 * 0.7102, rel=1e-3)


def test_a_unit_is_held_against_the_others_and_the_doubt_of_their_centre():
    """Nine at 0 of variance 1, no more than chance: their centre has a variance of 1/9."""
    found = outliers([0.0] * 9 + [2.0], [1.0] * 10)
    assert found.between == 0
    assert found.z[-1] == pytest.approx(2 / np.sqrt(1 + 1 / 9), rel=1e-6)


def test_a_small_unit_is_not_far_off_by_chance():
    """Its own variance counts: the same estimate is an outlier of a large unit only."""
    x, v = np.tile(np.linspace(-0.2, 0.2, 20), 1), np.full(20, 0.001)
    x[0] = 1.0
    sure = outliers(x, v).p[0]
    v[0] = 0.5
    assert sure < 0.001
    assert outliers(x, v).p[0] > 0.1


def test_gaps_and_too_few():
    x, v = sets(FEWEST_UNITS, 0.3, 1, 5)
    x, v = x[0], v[0]
    few = outliers(x[:-1], v[:-1])
    assert np.isnan(few.z).all()
    assert np.isnan(few.p).all()
    assert np.isnan(few.centre)
    assert np.isnan(few.between)
    whole = outliers(x, v)
    gapped = outliers(np.append(x, [NAN, 1.0]), np.append(v, [1.0, NAN]))
    assert gapped.p[:-2] == pytest.approx(whole.p)
    assert np.isnan(gapped.p[-2:]).all()
    x[0] = NAN
    assert np.isnan(outliers(x, v).p).all()
    # One set of few does not spoil another.
    (other,), (chance,) = sets(FEWEST_UNITS, 0.3, 1, 6)
    both = outliers([x, other], [v, chance])
    assert np.isnan(both.p[0]).all()
    assert np.isfinite(both.p[1]).all()


@pytest.mark.parametrize("value", [0.0, 3.0, -1e-7, 1e30])
@pytest.mark.parametrize("variance", [0.0, 0.1])
def test_all_alike_are_no_outliers(value, variance):
    found = outliers(np.full(12, value), np.full(12, variance))
    assert found.z == pytest.approx(np.zeros(12), abs=1e-6)
    assert found.p == pytest.approx(np.ones(12), abs=1e-6)
    assert found.between == 0


def test_one_alone_among_units_that_are_alike():
    found = outliers([0.0] * 11 + [1.0], [0.0] * 12)
    assert found.p[-1] < 1e-9
    assert (found.p[:-1] > 0.5).all()


@pytest.mark.parametrize(
    ("x", "v"),
    [
        (np.zeros(12), -np.ones(12)),
        (np.full(12, np.inf), np.ones(12)),
        (np.zeros(12), np.full(12, np.inf)),
        (np.zeros(12), np.zeros(11)),
        (np.zeros((2, 2, 12)), np.zeros((2, 2, 12))),
        (0.0, 0.0),
        ([], []),
        (["a"] * 12, np.zeros(12)),
    ],
)
def test_bad_input_is_refused(x, v):
    with pytest.raises(MethodError):
        outliers(x, v)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 9999), st.sampled_from([10, 17]), st.floats(-1e3, 1e3), st.floats(0.01, 100))
def test_order_place_and_scale(seed, n, place, scale):
    draw = np.random.default_rng(seed)
    (x,), (v,) = sets(n, 0.3, 1, seed)
    found = outliers(x, v)
    order = draw.permutation(n)
    mixed = outliers(x[order], v[order])
    assert mixed.z == pytest.approx(found.z[order], abs=1e-6)
    moved = outliers(place + scale * x, scale**2 * v)
    assert moved.z == pytest.approx(found.z, abs=1e-4)
    assert outliers(-x, v).z == pytest.approx(-found.z, abs=1e-6)
    assert np.all((found.p >= 0) & (found.p <= 1))


@pytest.mark.parametrize("share", [0.95, 0.998])
def test_a_unit_is_outside_its_limits_exactly_where_p_says_so(share):
    draw = np.random.default_rng(8)
    x, v = draw.standard_t(3, (20, 30)), draw.uniform(0.1, 1, (20, 30))
    x[:, 7] = np.nan
    found = outliers(x, v)
    low, high = found.limits(share)
    outside = (x < low) | (x > high)
    np.testing.assert_array_equal(outside, found.p < 1 - share)
    assert outside.any()
    assert np.isnan(low[:, 7]).all()
    few = outliers(x[0, :9], v[0, :9])
    assert np.isnan(few.limits(share)).all()
