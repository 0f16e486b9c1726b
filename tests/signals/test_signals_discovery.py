"""q-values: the published ones, statsmodels' order of things, and the rate that they achieve."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from openpeel.errors import MethodError
from openpeel.signals.discovery import q_values

NAN = np.nan
# Benjamini and Hochberg's example as run in R 4 (p.adjust) and statsmodels 0.15 (multipletests).
P = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269]
P += [0.275, 0.34, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975, 0.986]


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_published_q_values():
    bh = q_values(P)
    expected = [0.025, 0.1, 0.21, 0.21, 0.21, 0.25, 0.264286, 0.491071]
    assert bh[:8].tolist() == pytest.approx(expected, abs=5e-7)
    by = q_values(P, method="by")
    assert by[:3].tolist() == pytest.approx([0.095399, 0.381596, 0.801351], abs=5e-7)
    # scipy's own implementation, to the last.
    assert bh == pytest.approx(false_discovery_control(P, method="bh"))
    assert by == pytest.approx(false_discovery_control(P, method="by"))


probabilities = arrays(
    np.float64, st.tuples(st.integers(1, 5), st.integers(1, 12)), elements=st.floats(0, 1)
)


@settings(max_examples=60, deadline=None)
@given(probabilities, st.sampled_from(["bh", "by"]), st.integers(0, 99))
def test_rows_order_and_missing_tests(p, method, seed):
    together = q_values(p, method=method)
    assert together == pytest.approx(
        false_discovery_control(p.ravel(), method=method).reshape(p.shape)
    )
    rows = q_values(p, method=method, over="row")
    for row, q in zip(p, rows, strict=True):
        assert q == pytest.approx(false_discovery_control(row, method=method))
    # No test counts as none, wherever it stands, and order does not matter.
    rng = np.random.default_rng(seed)
    order = rng.permutation(p.shape[1] + 3)
    wider = np.hstack([p, np.full((len(p), 3), NAN)])[:, order]
    back = np.argsort(order)
    assert q_values(wider, method=method, over="row")[:, back][:, :-3] == pytest.approx(rows)
    assert q_values(wider, method=method)[:, back][:, :-3] == pytest.approx(together)
    assert np.isnan(q_values(wider, method=method)[:, back][:, -3:]).all()
    assert (together >= p - 1e-15).all()
    assert (together <= 1).all()


def test_edges():
    assert q_values([]).shape == (0,)
    assert q_values(0.03) == 0.03
    assert np.isnan(q_values([NAN, NAN], method="by")).all()
    assert np.isnan(q_values([[NAN, NAN], [NAN, 0.5]], over="row")).tolist() == [
        [True, True],
        [True, False],
    ]
    assert q_values([0, 0.5, 0.5]).tolist() == [0, 0.5, 0.5]


@pytest.mark.parametrize(
    ("p", "options", "words"),
    [
        ([0.5, 1.1], {}, r"at \(1,\) is 1.1"),
        ([-0.1], {}, "no probability"),
        (["x"], {}, "are numbers"),
        ([0.1], {"method": "storey"}, "'storey'"),
        ([0.1], {"over": "column"}, "'column'"),
    ],
)
def test_what_is_refused(p, options, words):
    with pytest.raises(MethodError, match=words):
        q_values(p, **options)


def achieved(z, null, method, rate):
    """The mean over families of the share of false ones among discoveries, and its error."""
    found = q_values(ndtr(-z), method=method, over="row") <= rate
    false = (found & null).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    return false.mean(), false.std() / np.sqrt(len(z))


@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_the_rate_achieved_when_forces_are_independent(rate):
    """43 forces, 8 of which are truly worse by 3: the rate is 35/43 of the nominal, exactly."""
    rng = np.random.default_rng(21)
    null = np.arange(43) >= 8
    z = rng.normal(size=(20_000, 43)) + np.where(null, 0, 3)
    made, error = achieved(z, null, "bh", rate)
    assert abs(made - rate * 35 / 43) < 4 * error
    careful, error = achieved(z, null, "by", rate)
    assert abs(careful - rate * 35 / 43 / np.sum(1 / np.arange(1, 44))) < 4 * error


@pytest.mark.parametrize(("shared", "said"), [(0.2, 0.079), (0.5, 0.070), (0.8, 0.056)])
def test_the_rate_achieved_when_forces_move_together(shared, said):
    """Positive correlation, as of a national shock: at most 35/43 of the nominal 10 %, and less.

    The mean is made by the few families in which many nulls pass together.
    """
    rng = np.random.default_rng(22)
    null = np.arange(43) >= 8
    common = rng.normal(size=(20_000, 1))
    z = np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.normal(size=(20_000, 43))
    made, error = achieved(z + np.where(null, 0, 3), null, "bh", 0.1)
    assert made < 0.1 * 35 / 43 + 4 * error
    assert abs(made - said) < 4 * error
    none, error = achieved(z, np.ones(43, dtype=bool), "bh", 0.1)
    assert none < 0.1 + 4 * error
