"""Outbreak limits against R's surveillance, and what made outbreaks and usual months do."""

import numpy as np
import pytest

from openpeel.errors import MethodError
from openpeel.signals.outbreaks import outbreak_limits, rossi

# Made, no publisher's: 60 Poisson months about 12 exp(0.012 t) (1 + 0.3 cos(2 pi t / 12)), with
# outbreaks added at 20, 21, 54 and 57.
MADE = np.fromstring(
    """10 16 7 20 9 12 9 6 10 19 14 17 9 23 14 8 12 13 15 14 22 28 18 16 30 19 22 9 11 15 14 8 10 21
    19 19 26 23 23 8 17 12 12 13 24 13 27 32 21 31 29 26 13 17 42 14 18 33 26 34""",
    sep=" ",
)
# Upper limits of the last 12 months from algo.farrington of R's surveillance 1.20.3 on `MADE`, with
# b = 3, w = 2, alpha = 0.01, its regressions run to epsilon = 1e-15 instead of 1e-8.
FULL = """46.58993036 37.13932225 37.23121564 30.01010817 23.31603749 22.17690970 23.90249488
    27.98158652 32.58586169 36.48884769 38.29783508 37.81786976"""
UNWEIGHTED = """47.59214461 39.25490832 39.70709355 32.23998409 26.97258115 22.40237967 26.74721721
    32.58851088 35.82929240 39.89589897 40.21648392 39.97425027"""
NO_TREND = FULL.replace("46.58993036", "32.52372523")


@pytest.mark.parametrize(
    ("choices", "upper", "trends"),
    [
        ({}, FULL, [48]),
        ({"reweight": False}, UNWEIGHTED, [48]),
        ({"trend": False}, NO_TREND, []),
    ],
)
def test_as_in_surveillance(choices, upper, trends):
    made = outbreak_limits(MADE, period=12, first=48, years=3, half_window=2, alpha=0.01, **choices)
    np.testing.assert_allclose(made.upper[48:], np.array(upper.split(), float), rtol=1e-7)
    assert np.flatnonzero(made.alarm).tolist() == [54]
    assert np.flatnonzero(made.trend).tolist() == trends
    assert (made.past[48:] == 15).all()
    assert np.isnan(made.upper[:48]).all()


def test_the_limit_is_where_p_is_half_of_alpha():
    y = np.tile(MADE, (2, 1))
    upper = outbreak_limits(y, period=12, alpha=0.05).upper
    y[:, -1] = upper[:, -1]
    assert outbreak_limits(y, period=12, alpha=0.05).p[:, -1] == pytest.approx(0.025)


@pytest.mark.parametrize(("mean", "least", "most"), [(2, 0.02, 0.045), (20, 0.025, 0.045)])
def test_usual_poisson_months_alarm_about_as_often_as_promised(mean, least, most):
    """Half of alpha = 0.05 is promised; estimates from 28 counts bring it to some 3.5 %."""
    y = np.random.default_rng(1).poisson(mean, (2000, 61)).astype(float)
    rate = outbreak_limits(y, period=12, years=4).alarm[:, 51:].mean()
    assert least < rate < most


def test_past_outbreaks_are_taken_down():
    """One in the past raises the limit by less than without the weights."""
    y = np.random.default_rng(2).poisson(20, (300, 61)).astype(float)
    hit = y.copy()
    hit[:, 24] += 60
    limits = [
        outbreak_limits(x, period=12, years=4, reweight=w).upper[:, -1].mean()
        for x, w in ((y, True), (hit, True), (hit, False))
    ]
    assert limits[0] < limits[1] < limits[2]
    assert limits[1] - limits[0] < 0.5 * (limits[2] - limits[0])


def test_gaps_zeros_and_too_little_past():
    y = np.zeros((1, 40))
    y[0, -1] = 6
    made = outbreak_limits(y, period=12)
    assert made.upper[0, -1] == 0
    assert made.alarm[0, -1]
    y = np.array([5.0, np.nan, 6, 4, 5, 7, 5, 6, 4, 5, 30, np.nan])
    made = outbreak_limits(y, period=4, years=2, half_window=1)
    assert made.past[9:].tolist() == [5, 5, 6]
    assert made.alarm.tolist() == [False] * 10 + [True, False]
    assert np.isnan(outbreak_limits(y[:5], period=4, years=1, half_window=0).upper).all()


def test_few_events_do_not_alarm():
    y = np.zeros(40)
    y[-1] = 4
    assert not outbreak_limits(y, period=12).alarm.any()
    assert outbreak_limits(y, period=12, enough=(4, 4)).alarm[-1]


def test_series_do_not_touch_each_other():
    y = np.random.default_rng(3).poisson(9, (6, 60)).astype(float)
    order = np.array([3, 1, 5, 0, 2, 4])
    made, turned = outbreak_limits(y, period=12), outbreak_limits(y[order], period=12)
    np.testing.assert_array_equal(turned.upper, made.upper[order])


def test_rossi_makes_poisson_counts_nearly_standard():
    """Mean and deviation over 200,000 counts of mean 5; and 0 at the mean."""
    z = rossi(np.random.default_rng(4).poisson(5, 200_000), 5.0)
    assert abs(z.mean()) < 0.08
    assert z.std() == pytest.approx(1, abs=0.05)
    assert rossi([4.0], [4.0]) == pytest.approx(0)


def test_refused():
    for wrong in ([1.0, -1], [1.0, np.inf], [["a"]]):
        with pytest.raises(MethodError):
            outbreak_limits(wrong, period=12)
    for choices in ({"half_window": 6}, {"alpha": 0.0}, {"years": 0}, {"enough": (5, 0)}):
        with pytest.raises(MethodError):
            outbreak_limits(MADE, period=12, **choices)
    for counts, expected in (([-1.0], 1.0), ([1.0], 0.0)):
        with pytest.raises(MethodError):
            rossi(counts, expected)
