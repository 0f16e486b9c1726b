"""Newest counts of many places: exact where there is no doubt, calibrated where there is."""

import warnings

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import nbinom

from openpeel.errors import MethodError
from openpeel.signals.discovery import q_values
from openpeel.signals.excess import FEWEST_PLACES, excess

NAN = np.nan
LEVELS = (0.1, 1, 10)


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def made(seed, *, level, shape, variation, places=700, groups=14, season=0.3, times=12):
    """Counts of places whose levels are gamma and whose months vary by gamma, and their groups."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(shape, level / shape, (groups * places, 1))
    moved = 1 + season * draw.uniform(-1, 1, (groups, 1, times))
    mean = rate * np.repeat(moved, places, axis=1).reshape(-1, times)
    if variation:
        mean = mean * draw.gamma(1 / variation, variation, mean.shape)
    return draw.poisson(mean).astype(float), np.repeat(np.arange(groups), places)


def test_one_place_by_hand():
    """The steps of the module's docstring, one after the other, for the place 5 of 40."""
    draw = np.random.default_rng(1)
    mean = np.linspace(0.5, 12, 40)[:, None] * draw.gamma(4, 1 / 4, (40, 7))
    y = draw.poisson(mean).astype(float)
    found = excess(y, np.zeros(40, dtype=int), newest=1)
    before, totals = y[:, :6].sum(axis=1), y.sum(axis=0)
    e = totals[6] / totals[:6].sum()
    m, a = before.mean(), found.shape[0]
    # a is the best of all tried, to the tenth that they are apart.
    heights = [nbinom.logpmf(before, x, x / (x + m)).sum() for x in (a / 1.1, a, a * 1.1)]
    assert np.argmax(heights) == 1
    share = totals[:6] / totals[:6].sum()
    mean = before[:, None] * share
    over = ((y[:, :6] - mean) ** 2 / mean - (1 - share)).sum()
    one = ((before - 1)[:, None] * share * (1 - 2 * share + (share**2).sum())).sum()
    tau = max(over / one, 0)
    assert (found.movement[0], found.variation[0]) == pytest.approx((e, tau))
    b, k = a / m, 6 / tau
    w = 1 / (1 + (a + before[5]) / (b + 1) * tau / 6)
    assert found.expected[5] == pytest.approx(e * (a + w * before[5]) / (b + w))
    # The place is part of its group's movement: what is expected of it rises with its own count.
    y[5, 6] = 40
    again = excess(y, np.zeros(40, dtype=int), newest=1)
    assert again.expected[5] / found.expected[5] == pytest.approx(again.movement[0] / e)
    e = again.movement[0]

    def weight(h):
        """Of h given the count before, up to a constant."""
        return (h / (b + h)) ** before[5] * h ** (k - 1) * np.exp(-k * (h - 1)) * (b + h) ** -a

    def tail(h):
        level = (a + before[5]) / (b + h)
        more = e**2 * (level / (b + h) * (1 + tau) + tau * level**2)
        mean = e * level
        return nbinom.sf(39, mean**2 / more, mean / (mean + more))

    above = quad(lambda h: weight(h) * tail(h), 0, 10, points=[0.5, 1, 2], limit=200)[0]
    assert again.p[5] == pytest.approx(above / quad(weight, 0, 10, points=[0.5, 1, 2])[0], rel=1e-6)


@pytest.mark.parametrize("newest", [1, 3])
@pytest.mark.parametrize("variation", [0, 0.3])
@pytest.mark.parametrize("level", LEVELS)
def test_p_values_of_places_as_usual_are_not_too_small(level, variation, newest):
    """9,800 places: at most 1.1, 1.2 and 1.5 times 5, 1 and 0.1 %, and three standard errors."""
    y, group = made(2, level=level, shape=0.7, variation=variation)
    p = excess(y, group, newest=newest).p
    for nominal, times in ((0.05, 1.1), (0.01, 1.2), (0.001, 1.5)):
        assert np.mean(p <= nominal) < times * nominal + 3 * np.sqrt(nominal / len(p))
    if level == 10:
        # Counts are whole numbers, so p is cautious; where they are large, by little.
        assert np.mean(p <= 0.05) > 0.03


def test_where_months_vary_most_p_values_are_a_little_too_small():
    """78,400 places of 50 a month that vary by 0.6 more: the worst that was tried."""
    p = []
    for seed in range(8):
        y, group = made(100 + seed, level=50, shape=0.7, variation=0.6)
        p.append(excess(y, group, newest=3).p)
    said = np.array([1.06, 1.22, 1.39]) * (0.05, 0.01, 0.001)
    rates = np.mean(np.concatenate(p) <= np.array([[0.05], [0.01], [0.001]]), axis=1)
    assert (np.abs(rates - said) < 3 * np.sqrt(said / 78_400)).all()


def test_no_place_is_signalled_where_all_is_as_usual():
    """At q <= 0.1 some 12 % of families have a signal (of 300): of 100, at most 19 here."""
    alarms = 0
    for seed in range(100):
        y, group = made(seed, level=3, shape=0.7, variation=0.2, places=150, groups=4)
        alarms += bool((q_values(excess(y, group, newest=3).p) <= 0.1).any())
    assert alarms <= 19


def test_places_that_trebled_are_found_and_few_others():
    """40 of 9,800 places, three times as usual in the newest three months: most are found."""
    y, group = made(3, level=5, shape=1, variation=0.1)
    busy = np.flatnonzero(y[:, :9].sum(axis=1) >= 45)
    busy = np.random.default_rng(3).choice(busy, 40, replace=False)
    y[busy, 9:] *= 3
    q = q_values(excess(y, group, newest=3).p)
    signal = np.flatnonzero(q <= 0.1)
    assert np.isin(busy, signal).mean() > 0.6
    assert (~np.isin(signal, busy)).mean() < 0.25


def test_what_all_places_of_a_group_do_is_no_signal():
    draw = np.random.default_rng(4)
    rate = draw.gamma(1, 5, (2000, 1))
    y = draw.poisson(rate * np.where(np.arange(12) < 11, 1, 4)).astype(float)
    group = np.repeat([0, 1], 1000)
    found = excess(y, group)
    assert found.movement == pytest.approx(np.full(2, 4 / 11), rel=0.05)
    assert not (q_values(found.p) <= 0.1).any()


def test_variation_and_spread_are_recovered():
    y, group = made(5, level=8, shape=2, variation=0.25, groups=6, places=4000)
    found = excess(y, group, newest=1)
    assert found.variation == pytest.approx(np.full(6, 0.25), rel=0.12)
    assert found.shape == pytest.approx(np.full(6, 2.0), rel=0.25)


def test_order_groups_and_gaps_change_nothing_that_they_should_not():
    y, group = made(6, level=2, shape=0.7, variation=0.2, places=60, groups=5)
    whole = excess(y, group)
    order = np.random.default_rng(7).permutation(len(y))
    mixed = excess(y[order], 4 - group[order])
    np.testing.assert_allclose(mixed.p, whole.p[order], rtol=1e-9)
    # A gap of one group at one time touches that group alone, and is as if it were not there.
    gap = y.copy()
    gap[group == 2, 4] = NAN
    with_gap = excess(gap, group)
    np.testing.assert_array_equal(with_gap.p[group != 2], whole.p[group != 2])
    without = excess(np.delete(y[group == 2], 4, axis=1), np.zeros(60, dtype=int))
    np.testing.assert_allclose(with_gap.p[group == 2], without.p, rtol=1e-12)


def test_what_is_not_judged_has_no_p():
    y, group = made(8, level=2, shape=0.7, variation=0, places=40, groups=5, times=5)
    y[group == 0, -1] = NAN
    y[group == 1, :2] = NAN
    y[group == 2, :4] = 0
    few = (group != 3) | (np.cumsum(group == 3) < FEWEST_PLACES)
    y, group = y[few], group[few]
    found = excess(y, group)
    unjudged = np.isnan(found.p)
    # Group 1 has two months before the newest, which is two blocks: enough.
    assert set(group[unjudged]) == {0, 2, 3}
    assert set(group[~unjudged]) == {1, 4}
    np.testing.assert_array_equal(np.isnan(found.expected), unjudged)
    assert np.isnan(found.observed).tolist() == (group == 0).tolist()
    quiet = ~unjudged & ~(found.observed > found.expected)
    assert quiet.any()
    assert (found.p[quiet] == 1).all()
    assert ((found.p[~unjudged] > 0) & (found.p[~unjudged] <= 1)).all()


def test_nothing_at_all():
    assert excess(np.empty((0, 12)), np.empty(0, dtype=int), newest=3).p.shape == (0,)


@pytest.mark.parametrize(
    ("counts", "group", "newest", "told"),
    [
        ([["a", "b", "c"]], [0], 1, "are numbers"),
        ([1.0, 2, 3], [0], 1, "a group for each series"),
        ([[1.0, 2, 3]], [0, 1], 1, "a group for each series"),
        ([[1.0, 2]], [0], 1, "twice as many"),
        ([[1.0, 2, 3]], [0], 0, "twice as many"),
        ([[1.0, 2, 3]], [-1], 1, "numbered from 0"),
        ([[1.0, 2, 3]], [0.5], 1, "numbered from 0"),
        ([[1.0, -2, 3]], [0], 1, r"\(0, 1\) .* -2.0"),
        ([[1.0, 2.5, 3]], [0], 1, "no count"),
        ([[1.0, np.inf, 3]], [0], 1, "no count"),
        ([[1.0, NAN, 3], [1.0, 2, 3]], [0, 0], 1, "for some of its places"),
    ],
)
def test_what_is_refused(counts, group, newest, told):
    with pytest.raises(MethodError, match=told):
        excess(counts, np.array(group), newest=newest)
