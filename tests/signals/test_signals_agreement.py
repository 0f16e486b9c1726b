"""Agreement and association: by definition, against other implementations, and under chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, somersd

from openpeel.errors import MethodError
from openpeel.signals.agreement import auc, bootstrap, gamma, weighted_kappa

# Two gradings of 10 things on 3 levels; by hand: observed disagreement 0.4, by chance 0.94.
FIRST = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2])
SECOND = np.array([0, 0, 1, 1, 1, 2, 0, 2, 2, 1])


def test_kappa_by_hand():
    observed = np.abs(FIRST - SECOND).mean()
    chance = np.abs(np.subtract.outer(FIRST, SECOND)).mean()
    assert observed == pytest.approx(0.4)
    assert weighted_kappa(FIRST, SECOND, 3) == pytest.approx(1 - observed / chance)
    square = (np.subtract.outer(FIRST, SECOND) ** 2).mean()
    kappa = weighted_kappa(FIRST, SECOND, 3, power=2)
    assert kappa == pytest.approx(1 - ((FIRST - SECOND) ** 2).mean() / square)


grades = st.lists(st.integers(0, 4), min_size=2, max_size=40)


@given(grades, st.randoms(use_true_random=False))
def test_kappa_does_not_depend_on_order_or_on_who_was_first(given_grades, random):
    second = given_grades[:]
    random.shuffle(second)
    places = list(range(len(second)))
    random.shuffle(places)
    one = weighted_kappa(given_grades, second, 5)
    other = weighted_kappa([second[i] for i in places], [given_grades[i] for i in places], 5)
    assert one == pytest.approx(other, nan_ok=True)
    assert np.isnan(one) or -1.0001 <= one <= 1.0001


def test_kappa_of_the_same_is_one_and_of_one_grade_nothing():
    assert weighted_kappa(FIRST, FIRST, 3) == 1
    assert np.isnan(weighted_kappa([2, 2], [2, 2], 3))
    assert np.isnan(weighted_kappa(np.zeros(0, int), np.zeros(0, int), 3))


def test_kappa_by_chance_is_about_zero():
    draw = np.random.default_rng(3)
    found = [
        weighted_kappa(draw.integers(0, 5, 43), draw.integers(0, 5, 43), 5) for _ in range(900)
    ]
    assert abs(np.mean(found)) < 4 * np.std(found) / 30


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=50))
def test_auc_is_the_share_of_mann_and_whitney(rows):
    scores = np.array([s for s, _ in rows], float)
    event = np.array([e for _, e in rows])
    found = auc(scores, event)
    if event.all() or not event.any():
        assert np.isnan(found)
        return
    u = mannwhitneyu(scores[event], scores[~event]).statistic
    assert found == pytest.approx(u / (event.sum() * (~event).sum()))
    assert auc(-scores, event) == pytest.approx(1 - found)
    assert auc(3 * scores + 7, event) == pytest.approx(found)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=2, max_size=40))
def test_gamma_counts_pairs_in_order_and_out_of_it(rows):
    x, y = (np.array(v, float) for v in zip(*rows, strict=True))
    found = gamma(x, y)
    pairs = [np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) for i in range(len(x)) for j in range(i)]
    order, against = sum(p > 0 for p in pairs), sum(p < 0 for p in pairs)
    if order + against == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx((order - against) / (order + against))


def test_gamma_without_ties_is_somers_d():
    draw = np.random.default_rng(5)
    x, y = draw.normal(size=30), draw.normal(size=30)
    assert gamma(x, y) == pytest.approx(somersd(x, y).statistic)


def test_the_bootstrap_covers_a_mean_about_as_often_as_it_says():
    draw = np.random.default_rng(11)
    held = 0
    for n in range(400):
        values = draw.normal(size=43)
        made = bootstrap(lambda at, v=values: float(v[at].mean()), 43, 400, seed=n)
        held += made.lower <= 0 <= made.upper
    assert 0.90 <= held / 400 <= 0.98


def test_resamples_without_a_value_are_counted_out():
    event = np.array([True] + [False] * 5)
    scores = np.arange(6.0)
    made = bootstrap(lambda at: auc(scores[at], event[at]), 6, 500)
    assert made.value == 0
    assert 0 < made.resamples < 500
    nothing = bootstrap(lambda at: np.nan, 6, 10)
    assert np.isnan(nothing.lower)
    assert nothing.resamples == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: weighted_kappa([0, 5], [0, 1], 5),
        lambda: weighted_kappa([0.5, 1], [0, 1], 5),
        lambda: weighted_kappa([0, 1, 2], [0, 1], 5),
        lambda: weighted_kappa([-1, 1], [0, 1], 5),
        lambda: auc([1, np.nan], [True, False]),
        lambda: auc([1, 2, 3], [True, False]),
        lambda: gamma([1, np.inf], [0, 1]),
        lambda: gamma([1], [0, 1]),
        lambda: bootstrap(lambda at: 0.0, 0),
        lambda: bootstrap(lambda at: 0.0, 3, confidence=1.0),
    ],
)
def test_what_is_no_grading_is_refused(wrong):
    with pytest.raises(MethodError):
        wrong()
