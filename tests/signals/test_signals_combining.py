"""One statement per question: by hand, calibrated under correlated nulls, what must not move."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from openpeel.errors import MethodError
from openpeel.signals.combining import combine

NAN = np.nan
few = settings(max_examples=40, deadline=None)


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def blocks(low, high):
    """Six indicators: three that correlate by `low`, three by `high`, none across."""
    matrix = np.zeros((6, 6))
    matrix[:3, :3], matrix[3:, 3:] = low, high
    np.fill_diagonal(matrix, 1)
    return matrix


def nulls(matrix, questions, seed=3, forces=43):
    """z-scores of forces like each other, whose indicators correlate."""
    rng = np.random.default_rng(seed)
    count = len(matrix)
    return rng.normal(size=(questions, forces, count)) @ np.linalg.cholesky(matrix).T


def test_by_hand():
    z = np.array([[2.0, 1.0], [0.0, -1.0]])
    half = combine(z, correlation=[[1, 0.5], [0.5, 1]])
    # (2 + 1) / sqrt(1 + 1 + 2 x 0.5)
    assert half.z.tolist() == pytest.approx([3 / np.sqrt(3), -1 / np.sqrt(3)])
    assert half.p == pytest.approx(2 * ndtr(-np.abs(half.z)))
    assert half.independent.tolist() == pytest.approx([4 / 3, 4 / 3])
    stouffer = combine(z, correlation=np.eye(2))
    assert stouffer.z[0] == pytest.approx(3 / np.sqrt(2))
    same = combine(z, correlation=np.ones((2, 2)))
    assert same.z[0] == pytest.approx(1.5)
    weighted = combine(z, weights=[3, 1], correlation=[[1, 0.5], [0.5, 1]])
    assert weighted.z[0] == pytest.approx(7 / np.sqrt(9 + 1 + 2 * 0.5 * 3))
    # Correlations that cancel out do not sharpen.
    against = combine(z, correlation=[[1, -0.9], [-0.9, 1]])
    assert against.z.tolist() == stouffer.z.tolist()


@pytest.mark.parametrize(
    ("matrix", "naive"),
    [
        (np.eye(6), 0.05),
        (0.5 * np.eye(6) + 0.5, 0.295),
        (0.2 * np.eye(6) + 0.8, 0.38),
        (blocks(0.8, 0.3), 0.17),
    ],
    ids=["none", "half", "high", "blocks"],
)
def test_forces_like_the_others_are_called_as_often_as_stated(matrix, naive):
    """43 forces, 2,000 questions, all null: 5 %, 1 % and 0.2 % of statements at most.

    Between 4 and 5 % are below 0.05, for all of these; Stouffer's sum without correlation, the
    naive way, calls up to 38 %.
    """
    z = nulls(matrix, 2000)
    made = combine(z)
    for stated, least in ((0.05, 0.035), (0.01, 0.005), (0.002, 0.0005)):
        called = (made.p <= stated).mean(axis=1)
        error = called.std() / np.sqrt(2000)
        assert called.mean() <= stated + 4 * error
        assert called.mean() > least
    plain = np.mean(2 * ndtr(-np.abs(z.sum(axis=2) / np.sqrt(6))) <= 0.05)
    assert plain == pytest.approx(naive, abs=0.015)


def test_indicators_missing_at_random_leave_it_calibrated():
    z = nulls(blocks(0.8, 0.3), 2000)
    z[np.random.default_rng(4).random(z.shape) < 0.25] = NAN
    made = combine(z)
    called = np.nanmean(made.p <= 0.05, axis=1)
    assert called.mean() <= 0.05 + 4 * called.std() / np.sqrt(2000)
    assert called.mean() > 0.035


def test_the_correlation_is_found():
    truth = blocks(0.8, 0.3)
    made = combine(nulls(truth, 1, forces=5000))
    assert made.correlation[0] == pytest.approx(truth, abs=0.05)
    assert made.shrinkage[0] < 0.01
    # Equal correlations are nothing but noise apart from their mean: all is shrunk to it.
    equal = combine(nulls(0.5 * np.eye(6) + 0.5, 200))
    assert equal.shrinkage.mean() > 0.8
    assert (np.linalg.eigvalsh(equal.correlation) > -1e-9).all()


def test_a_force_that_is_somewhat_worse_on_all_stands_out():
    z = nulls(0.7 * np.eye(6) + 0.3, 500)
    z[:, 0] += 2
    made = combine(z)
    assert np.mean(made.p[:, 0] < 0.01) > 0.4
    assert np.mean(made.z[:, 0]) > 2.4


def test_what_is_not_there():
    z = nulls(np.eye(3), 1)[0]
    z[0], z[1, 1:] = NAN, NAN
    made = combine(z)
    assert np.isnan(made.z[0])
    assert np.isnan(made.p[0])
    assert made.indicators[:3].tolist() == [0, 1, 3]
    assert made.z[1] == pytest.approx(z[1, 0])
    assert combine([[1.5], [NAN]]).z[0] == 1.5


def test_too_few_forces_to_tell_are_taken_to_say_one_thing():
    z = nulls(np.eye(3), 1, forces=9)[0]
    assert (combine(z).correlation == 1).all()
    assert combine(z).z == pytest.approx(z.mean(axis=1))
    constant = nulls(np.eye(2), 1)[0]
    constant[:, 1] = 0.7
    assert combine(constant).correlation[0, 1] == 1
    assert (combine(np.zeros((43, 3))).z == 0).all()


@few
@given(
    st.integers(0, 10**6), st.integers(1, 3), st.integers(12, 45), st.integers(1, 6), st.booleans()
)
def test_order_scale_of_weights_and_turning_round(seed, questions, forces, count, gaps):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(questions, forces, count)) + rng.normal(size=(questions, forces, 1))
    if gaps:
        z[rng.random(z.shape) < 0.2] = NAN
    w = rng.uniform(0.1, 3, count)
    made = combine(z, weights=w)
    rows, columns = rng.permutation(forces), rng.permutation(count)
    mixed = combine(z[:, rows][:, :, columns], weights=5 * w[columns])
    np.testing.assert_allclose(mixed.z, made.z[:, rows], rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(combine(-z, weights=w).z, -made.z, rtol=1e-9)
    for i in range(questions):
        np.testing.assert_allclose(combine(z[i], weights=w).z, made.z[i], rtol=1e-9)
    seen = made.indicators > 0
    assert (np.isnan(made.z) == ~seen).all()
    # Never bolder than if all were independent.
    mask = ~np.isnan(z)
    total = np.nansum(z * w, axis=2)
    bold = np.abs(total) / np.sqrt(np.sum(mask * w**2, axis=2) + ~seen)
    assert (np.abs(made.z) <= bold + 1e-9)[seen].all()


@pytest.mark.parametrize(
    ("z", "options", "words"),
    [
        ([1.0, 2.0], {}, "need .force, indicator"),
        (np.zeros((3, 0)), {}, "at least one each"),
        ([["a", "b"]], {}, "are numbers"),
        ([[1.0, np.inf]], {}, r"z-score at \(0, 1\) is infinite"),
        ([[1.0, 2.0]], {"weights": [1, 0]}, "above 0"),
        ([[1.0, 2.0]], {"weights": [1]}, "2 numbers"),
        ([[1.0, 2.0]], {"correlation": [[1]]}, "No correlation matrix"),
        ([[1.0, 2.0]], {"correlation": [[1, 2], [2, 1]]}, "No correlation matrix"),
        ([[1.0, 2.0]], {"correlation": [[1, NAN], [NAN, 1]]}, "No correlation matrix"),
    ],
)
def test_what_is_refused(z, options, words):
    with pytest.raises(MethodError, match=words):
        combine(z, **options)
