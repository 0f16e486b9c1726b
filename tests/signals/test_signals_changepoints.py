"""Change points: published numbers, what noise does, how often intervals hold the truth."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openpeel.errors import MethodError
from openpeel.signals.changepoints import bai_interval, change_points, single_shift

# Annual flow of the Nile at Aswan 1871-1970, 10^8 m^3: Cobb 1978, Biometrika 65:243, table 1.
NILE = np.fromstring(
    """1120 1160 963 1210 1160 1160 813 1230 1370 1140 995 935 1110 994 1020 960 1180 799 958 1140
    1100 1210 1150 1250 1260 1220 1030 1100 774 840 874 694 940 833 701 916 692 1020 1050 969 831
    726 456 824 702 1120 1100 832 764 821 768 845 864 862 698 845 744 796 1040 759 781 865 845 944
    984 897 822 1010 771 676 649 846 812 742 801 1040 860 874 848 890 744 749 838 1050 918 986 797
    923 975 815 1020 906 901 1170 912 746 919 718 714 740""",
    sep=" ",
)
SERIES = 2000


def dispersed(draw, mean, dispersion):
    """Negative binomial counts."""
    return draw.negative_binomial(mean / (dispersion - 1), 1 / dispersion).astype(float)


def test_the_nile():
    """As R's strucchange 1.5-3 gives it: the break, means, residual sums of squares, sup F (Fstats)

    and the 95 % interval 1895 to 1902 (confint, which is Bai's).
    """
    made = single_shift(NILE, family="gaussian")
    assert 1871 + made.onset - 1 == 1898
    assert made.before == pytest.approx(1097.75)
    assert made.after == pytest.approx(849.972222222)
    assert made.scale * 98 == pytest.approx(1597457.194444)
    assert made.scale * (98 + made.statistic) == pytest.approx(2835156.75)
    assert made.statistic == pytest.approx(75.93, abs=0.005)
    assert made.p < 1e-9
    assert [1870 + year for year in bai_interval(NILE, 28)] == [1895, 1902]
    # The likelihood's own interval is narrower, and holds what it promises (below).
    assert [1870 + made.earliest, 1870 + made.latest] == [1896, 1899]
    cut = change_points(NILE, family="gaussian")
    assert np.flatnonzero(cut.change).tolist() == [28]


def all_partitions(n, shortest):
    """Every way to cut n points into levels of at least `shortest`."""
    if n >= shortest:
        yield [n]
    for first in range(shortest, n - shortest + 1):
        for rest in all_partitions(n - first, shortest):
            yield [first, *rest]


@pytest.mark.parametrize("seed", range(4))
def test_the_partition_is_the_best_of_all(seed):
    """By trying every one."""
    y = np.random.default_rng(seed).normal(size=14)
    y[5:9] += 3
    costs = {}
    for lengths in all_partitions(14, 2):
        starts = np.cumsum([0, *lengths])
        levels = [y[a:b] for a, b in pairwise(starts)]
        costs[tuple(starts[1:-1])] = (
            sum(((x - x.mean()) ** 2).sum() for x in levels) + (len(levels) - 1) * 4.0
        )
    cut = change_points(y, family="gaussian", scale=1.0, penalty=4.0, shortest=2)
    assert tuple(np.flatnonzero(cut.change)) == min(costs, key=costs.get)
    assert cut.changes == len(min(costs, key=costs.get))


def test_levels_are_the_means_and_the_rates_between_changes():
    counts = np.array([[4.0, 6, 5, 5, 20, 22, 18, np.nan, 20]])
    exposure = np.array([1.0, 1, 1, 1, 2, 2, 2, 2, 2])
    cut = change_points(counts, family="poisson", exposure=exposure)
    assert np.flatnonzero(cut.change[0]).tolist() == [4]
    assert cut.level[0, [0, 3]] == pytest.approx(5)
    assert cut.level[0, [4, 8]] == pytest.approx(10)
    assert np.isnan(cut.level[0, 7])


@pytest.mark.parametrize("length", [24, 60, 144])
@pytest.mark.parametrize("kind", ["normal", "Poisson 0.5", "Poisson 20", "dispersed 20"])
def test_noise_is_not_called_a_shift(length, kind):
    """At most 5 % and three standard errors; counts of dispersion 3 at most 1.5 points more."""
    draw, size = np.random.default_rng(5), (SERIES, length)
    y = {
        "normal": lambda: draw.normal(size=size),
        "Poisson 0.5": lambda: draw.poisson(0.5, size).astype(float),
        "Poisson 20": lambda: draw.poisson(20, size).astype(float),
        "dispersed 20": lambda: dispersed(draw, np.full(size, 20.0), 3),
    }[kind]()
    family = "gaussian" if kind == "normal" else "poisson"
    error = 3 * np.sqrt(0.05 * 0.95 / SERIES)
    called = np.mean(single_shift(y, family=family).p <= 0.05)
    assert called < 0.05 + error + (0.015 if "dispersed" in kind else 0)
    if kind == "normal":
        assert called > 0.05 - error
    # The penalty of 3 ln(points) is stricter, the more so the longer the series.
    assert np.mean(change_points(y, family=family).changes > 0) < 0.065


@pytest.mark.parametrize("memory", [0.2, 0.4])
def test_memory_calls_shifts_that_are_not_there_unless_it_is_given(memory):
    draw = np.random.default_rng(6)
    y = draw.normal(size=(SERIES, 60))
    for t in range(1, 60):
        y[:, t] = memory * y[:, t - 1] + np.sqrt(1 - memory**2) * y[:, t]
    assert np.mean(single_shift(y, family="gaussian").p <= 0.05) > 0.1
    assert np.mean(single_shift(y, family="gaussian", memory=memory).p <= 0.05) < 0.06
    assert np.mean(change_points(y, family="gaussian", memory=memory).changes > 0) < 0.05


@pytest.mark.parametrize("length", [24, 60, 144])
@pytest.mark.parametrize("family", ["gaussian", "poisson"])
@pytest.mark.parametrize("step", [2, 3])
def test_the_interval_holds_the_date_as_often_as_it_says(length, family, step):
    """Steps in standard deviations of a point, a third into the series; counts of dispersion 2."""
    draw, at = np.random.default_rng(7), length // 3
    after = np.arange(length) >= at
    if family == "gaussian":
        y = draw.normal(size=(SERIES, length)) + step * after
    else:
        y = dispersed(draw, np.full((SERIES, length), 20.0) + step * np.sqrt(40) * after, 2)
    made = single_shift(y, family=family)
    called = made.p <= 0.05
    assert called.mean() > 0.85
    held = (made.earliest <= at) & (at <= made.latest)
    assert held.mean() > 0.95 - 3 * np.sqrt(0.05 * 0.95 / SERIES)
    assert held[called].mean() > 0.95 - 3 * np.sqrt(0.05 * 0.95 / SERIES)
    cut = change_points(y, family=family)
    one = cut.changes == 1
    inside = (cut.earliest == -1) | ((cut.earliest <= at) & (at <= cut.latest))
    assert one.mean() > 0.8
    assert inside.all(axis=1)[one].mean() > 0.95


@pytest.mark.parametrize(("step", "holds"), [(0.5, 0.77), (1.5, 0.89)])
def test_the_interval_of_bai_holds_less_than_it_says(step, holds):
    """Which is why `single_shift` does not give it; 24 points, Bai 1997 at 95 %."""
    y = np.random.default_rng(3).normal(size=(800, 24)) + step * (np.arange(24) >= 8)
    onset = single_shift(y, family="gaussian").onset
    low, high = np.array([bai_interval(x, int(i)) for x, i in zip(y, onset, strict=True)]).T
    assert np.mean((low <= 8) & (high >= 8)) == pytest.approx(holds, abs=0.05)


@pytest.mark.parametrize(
    ("values", "last"), [([1.0, 2, np.nan, 5, 6], 2), ([1.0, 2, 5, 6], 1), ([1.0, 1, 5, 5], 2)]
)
def test_no_interval_of_bai(values, last):
    with pytest.raises(MethodError):
        bai_interval(values, last)


def test_a_change_after_a_gap_may_lie_within_it():
    y = np.array([0.0, 0.1, -0.1, 0.05, np.nan, np.nan, 9.0, 9.1, 8.9, 9.05])
    made = single_shift(y, family="gaussian")
    assert (made.earliest, made.onset, made.latest) == (4, 6, 6)
    cut = change_points(y, family="gaussian")
    assert (cut.earliest[6], cut.latest[6]) == (4, 6)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.floats(0.01, 1000),
    st.floats(-1000, 1000),
    st.integers(0, 30),
)
def test_order_scale_and_gaps_change_nothing(seed, factor, offset, gap):
    draw = np.random.default_rng(seed)
    y = draw.normal(size=(5, 30))
    y[:, 12:] += draw.uniform(0, 3, size=(5, 1))
    made = single_shift(y, family="gaussian")
    turned = single_shift(y[::-1] * factor + offset, family="gaussian")
    np.testing.assert_array_equal(turned.onset[::-1], made.onset)
    np.testing.assert_allclose(turned.p[::-1], made.p, rtol=1e-5)
    np.testing.assert_allclose(turned.before[::-1], made.before * factor + offset, atol=1e-6)
    gappy = single_shift(np.insert(y, gap, np.nan, axis=1), family="gaussian")
    np.testing.assert_array_equal(gappy.onset, made.onset + (made.onset >= gap))
    np.testing.assert_allclose(gappy.statistic, made.statistic)


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
@pytest.mark.parametrize("value", [0.0, 0.1, 7.0])
def test_constant_series_have_no_shift(family, value):
    made = single_shift(np.full(20, value), family=family)
    assert (made.onset, made.p) == (-1, 1)
    assert change_points(np.full((3, 20), value), family=family).changes.tolist() == [0, 0, 0]


def test_short_and_empty_series_have_no_answer():
    made = single_shift([[1.0, 2, 9, 9, np.nan], [np.nan] * 5], family="gaussian")
    assert made.onset.tolist() == [-1, -1]
    assert np.isnan(made.p).all()
    assert change_points([[np.nan] * 5], family="poisson").changes.tolist() == [0]
    assert single_shift(np.zeros((0, 9)), family="poisson").p.shape == (0,)


def test_a_step_without_noise_is_certain():
    assert single_shift([0.0] * 6 + [5.0] * 6, family="gaussian").p < 1e-6


@pytest.mark.parametrize(
    ("values", "more", "says"),
    [
        ([1, np.inf, 2], {}, "infinite"),
        ([1, -1, 2], {}, "below 0"),
        ([[[1.0]]], {}, "series, time"),
        (["a"], {}, "needs numbers"),
        ([], {}, "at least one point"),
        ([1, 2, 3], {"exposure": [1, np.inf, 1]}, "infinite exposure"),
        ([1, 2, 3], {"exposure": ["a"]}, "Exposures do not fit"),
        ([1, 2, 3], {"exposure": [1, 0, 1]}, "exposure of 0"),
        ([1, 2, 3], {"exposure": [1, 2]}, "do not fit"),
        ([1, 2, 3], {"scale": 0.0}, "above 0"),
        ([1, 2, 3], {"confidence": 1.0}, "between 0 and 1"),
        ([1, 2, 3], {"memory": 1.0}, "correlation"),
        ([1, 2, 3], {"family": "binomial"}, "family"),
    ],
)
def test_refused(values, more, says):
    with pytest.raises(MethodError, match=says):
        single_shift(values, **{"family": "poisson", **more})
    with pytest.raises(MethodError, match=says):
        change_points(values, **{"family": "poisson", **more})
