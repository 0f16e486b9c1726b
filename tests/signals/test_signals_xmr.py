"""XmR: gaps, baselines, rebases, rules, readings, bad input, and what must not change anything."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from openpeel.errors import MethodError
from openpeel.signals.xmr import CONVENTIONS, MDC, MDC_UNSCREENED, Convention, Reading, Rule, xmr

NAN = np.nan
FIELDS = [
    *["mean", "lower", "upper", "near_lower", "near_upper"],
    *["above", "below", "trend_up", "trend_down", "two_of_three", "shift_above", "shift_below"],
    *["rule", "direction", "reading", "group", "short"],
]
FLAGS = FIELDS[5:12]
few = settings(max_examples=40, deadline=None)


def values(min_dims=1, max_dims=2):
    """Whole numbers with gaps: means and ranges are exact, so flags are."""
    return arrays(
        np.float64,
        array_shapes(min_dims=min_dims, max_dims=max_dims, max_side=30),
        elements=st.one_of(st.integers(-6, 6).map(float), st.just(NAN)),
        fill=st.nothing(),
    )


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_limits_by_hand():
    # mean 4, moving ranges 2, 4, 2: mean range 8/3.
    chart = xmr([3, 5, 1, 3, 8], convention=MDC_UNSCREENED, baseline=4)
    assert chart.mean.tolist() == [3] * 5
    assert chart.upper == pytest.approx(3 + 2.66 * 8 / 3)
    assert chart.lower == pytest.approx(3 - 2.66 * 8 / 3)
    assert chart.near_upper == pytest.approx(3 + 2.66 * 16 / 9)
    assert chart.near_lower == pytest.approx(3 - 2.66 * 16 / 9)
    assert chart.convention.name == "mdc-unscreened"


def test_conventions_are_found_by_name():
    assert set(CONVENTIONS) == {"mdc", "mdc-unscreened", "3/d2"}
    assert all(CONVENTIONS[name].name == name for name in CONVENTIONS)


def test_no_moving_range_is_taken_across_a_gap():
    # Across the gap the range would be 90; the two real ranges are 2 and 2.
    chart = xmr([8, 10, NAN, 100, 102], convention=MDC_UNSCREENED)
    assert chart.mean[0] == 55
    assert chart.upper[0] == pytest.approx(55 + 2.66 * 2)
    assert chart.rule[2] == Rule.GAP
    assert chart.reading[2] == Reading.GAP


@pytest.mark.parametrize("broken", [3, 6])
def test_a_gap_ends_every_run(broken):
    rising = np.arange(13.0)
    assert xmr(rising).trend_up.all()
    rising[broken] = NAN
    chart = xmr(rising)
    assert chart.trend_up.tolist() == [False] * (broken + 1) + [12 - broken >= 7] * (12 - broken)
    # The second half of two levels is a shift of 8 points; a gap in it leaves runs below 7.
    levels = np.tile([0.0, 1.0], 8) + np.repeat([0, 10], 8)
    assert xmr(levels).shift_above.sum() == 8
    levels[11] = NAN
    assert not xmr(levels).shift_above.any()


def test_two_of_three_needs_neighbours_in_time():
    # Fixed limits: mean 0, mean range 2, limits ±5.32, near limits ±3.55.
    baseline = np.tile([1.0, -1.0], 10)
    close = xmr(np.append(baseline, [5, 1, 5]), baseline=20)
    assert close.two_of_three[20:].tolist() == [True, False, True]
    assert close.rule[20:].tolist() == [Rule.TWO_OF_THREE_ABOVE, 0, Rule.TWO_OF_THREE_ABOVE]
    assert not xmr(np.append(baseline, [5, NAN, 1, 5]), baseline=20).two_of_three.any()
    # The third point on the other side of the mean, or a point beyond the limit: no triple.
    assert not xmr(np.append(baseline, [5, -1, 5]), baseline=20).two_of_three.any()
    assert not xmr(np.append(baseline, [5, 1, 6]), baseline=20).two_of_three.any()
    low = xmr(np.append(baseline, [-5, -1, -5]), baseline=20, improvement="higher")
    assert low.rule[20:].tolist() == [Rule.TWO_OF_THREE_BELOW, 0, Rule.TWO_OF_THREE_BELOW]
    assert low.reading[20:].tolist() == [Reading.CONCERN, 0, Reading.CONCERN]


@pytest.mark.parametrize(("points", "found"), [(6, False), (7, True), (8, True)])
def test_a_trend_is_seven_points_and_a_shift_too(points, found):
    up = np.append(np.tile([5.0, 4.0], 10), np.arange(points) + 1.0)
    assert xmr(up).trend_up[20:].all() == found
    six = Convention("six", 2.66, screen=True, trend_points=6)
    assert xmr(up, convention=six).trend_up[20:].all()
    baseline = np.tile([1.0, -1.0], 10)
    shifted = np.append(baseline, np.tile([1.0, 2.0], 4)[:points])
    assert xmr(shifted[: 20 + points], baseline=20).shift_above[20:].all() == found
    assert xmr(-shifted, baseline=20).shift_below[20:].all() == found


def test_equal_neighbours_end_a_trend_and_points_on_the_mean_a_shift():
    assert not xmr([1, 2, 3, 4, 4, 5, 6, 7]).trend_up.any()
    on_the_line = np.append(np.tile([1.0, -1.0], 10), [1, 1, 1, 0, 1, 1, 1])
    assert not xmr(on_the_line, baseline=20).shift_above.any()


def test_a_point_in_two_trends_is_named_by_the_one_it_begins():
    wide = Convention("wide", 100, screen=False)
    tent = [0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1, 0]
    chart = xmr(tent, convention=wide)
    assert (chart.trend_up[6], chart.trend_down[6]) == (True, True)
    assert chart.rule[5:8].tolist() == [Rule.TREND_UP, Rule.TREND_DOWN, Rule.TREND_DOWN]
    assert xmr(np.negative(tent), convention=wide).rule[6] == Rule.TREND_UP
    # Where two equal points separate the trends each keeps its own name.
    plateau = [0, 1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1, 0]
    names = xmr(plateau, convention=wide).rule
    assert names.tolist() == [Rule.TREND_UP] * 7 + [Rule.TREND_DOWN] * 7


def test_rules_are_named_in_order_of_priority():
    # Baseline limits ±5.32, near limits ±3.55 about 0; then a rise through every zone.
    y = np.append(np.tile([1.0, -1.0], 10), [0.5, 1, 2, 3, 4, 5, 6, 4, 5, 1, 2, 1, 2])
    chart = xmr(y, baseline=20)
    assert chart.trend_up[20:27].all()
    assert chart.two_of_three[[24, 25, 27, 28]].all()
    assert chart.shift_above[20:].all()
    assert chart.rule[20:].tolist() == [
        *[Rule.TREND_UP] * 6,
        Rule.ABOVE_LIMIT,
        *[Rule.TWO_OF_THREE_ABOVE] * 2,
        *[Rule.SHIFT_ABOVE] * 4,
    ]


def test_a_baseline_fixes_limits_and_judges_what_follows():
    baseline = np.tile([1.0, -1.0], 6)
    chart = xmr(np.append(baseline, [50, 0]), baseline=12)
    assert chart.mean.tolist() == [0] * 14
    assert chart.rule[12] == Rule.ABOVE_LIMIT
    assert not chart.short.any()
    assert xmr(np.append(baseline, [50, 0]), baseline=11).short.all()


def test_rebases_start_groups_each_with_its_own_baseline_and_runs():
    y = np.append(np.tile([1.0, -1.0], 6), np.tile([11.0, 9.0], 7))
    chart = xmr(y, rebase=[12], baseline=12)
    assert chart.mean.tolist() == [0] * 12 + [10] * 14
    assert chart.group.tolist() == [0] * 12 + [1] * 14
    assert not chart.rule.any()
    # A rise over the rebase is no trend: 6 points before it and 6 after.
    assert not xmr(np.arange(12.0), rebase=[6]).trend_up.any()


def test_rebases_may_differ_by_series():
    y = np.tile(np.append(np.tile([1.0, -1.0], 6), np.tile([11.0, 9.0], 7)), (2, 1))
    marks = np.zeros(y.shape, dtype=bool)
    marks[1, 12] = True
    chart = xmr(y, rebase=marks)
    assert chart.group.max(axis=1).tolist() == [0, 1]
    for field in FIELDS:
        alone = [getattr(xmr(y[0]), field), getattr(xmr(y[1], rebase=[12]), field)]
        np.testing.assert_array_equal(getattr(chart, field), alone)


def test_nothing_rebases_by_itself():
    step = np.append(np.tile([1.0, -1.0], 12), np.tile([101.0, 99.0], 12))
    chart = xmr(step)
    assert np.unique(chart.mean).size == 1
    assert not chart.group.any()


@pytest.mark.parametrize(
    ("improvement", "up", "down"),
    [
        ("higher", Reading.IMPROVEMENT, Reading.CONCERN),
        ("lower", Reading.CONCERN, Reading.IMPROVEMENT),
        ("none", Reading.NEUTRAL, Reading.NEUTRAL),
    ],
)
def test_the_direction_of_improvement_gives_the_reading(improvement, up, down):
    y = np.append(np.tile([1.0, -1.0], 10), [50, -50])
    chart = xmr(y, baseline=20, improvement=improvement)
    assert chart.direction.tolist() == [0] * 20 + [1, -1]
    assert chart.reading.tolist() == [Reading.COMMON] * 20 + [up, down]


def test_directions_of_improvement_may_differ_by_series():
    y = np.append(np.tile([1.0, -1.0], 10), [50, -50])
    chart = xmr([y, y], baseline=20, improvement=["higher", "none"])
    assert chart.reading[:, 20].tolist() == [Reading.IMPROVEMENT, Reading.NEUTRAL]


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e9 + 0.1, 0.0])
def test_a_constant_series_has_no_signal(value):
    chart = xmr([value] * 40)
    assert (chart.mean == value).all()
    assert (chart.lower == value).all()
    assert (chart.upper == value).all()
    assert not chart.rule.any()


def test_series_without_limits_are_not_called_common_cause():
    empty = xmr([NAN] * 5)
    assert (empty.rule == Rule.GAP).all()
    assert np.isnan(empty.mean).all()
    assert empty.short.all()
    for y in ([4.0], [4.0, NAN, 6.0]):
        chart = xmr(y)
        assert chart.mean[0] == np.nanmean(y)
        assert np.isnan(chart.upper).all()
        assert chart.rule[0] == Rule.NO_LIMITS
        assert chart.reading[0] == Reading.NO_LIMITS


def test_no_series_is_no_trouble():
    assert xmr(np.empty((0, 5))).mean.shape == (0, 5)


@pytest.mark.parametrize(
    ("y", "options", "words"),
    [
        ([1, np.inf], {}, r"value at \(1,\) is infinite"),
        ([[1, 2], [3]], {}, "one length"),
        (["many"], {}, "needs numbers"),
        (5.0, {}, "0 dimensions"),
        (np.ones((2, 2, 2)), {}, "3 dimensions"),
        ([], {}, "at least one point"),
        ([1, 2, 3], {"baseline": 1}, "baseline of 1"),
        ([1, 2, 3], {"rebase": [0]}, "from 1 to 2"),
        ([1, 2, 3], {"rebase": [3]}, "from 1 to 2"),
        ([1, 2, 3], {"rebase": [1.5]}, "positions in time"),
        ([1, 2, 3], {"rebase": np.array([True])}, "Rebase marks have shape"),
        ([1, 2, 3], {"improvement": "up"}, "'up'"),
        ([1, 2, 3], {"improvement": ["higher", "lower"]}, "2 directions of improvement for 1"),
    ],
)
def test_what_is_refused(y, options, words):
    with pytest.raises(MethodError, match=words):
        xmr(y, **options)


@pytest.mark.parametrize(
    "choice",
    [
        {"constant": 0},
        {"constant": NAN},
        {"screen_at": 1},
        {"trend_points": 2},
        {"shift_points": 1},
    ],
)
def test_conventions_that_make_no_chart_are_refused(choice):
    with pytest.raises(MethodError, match="Convention 'own'"):
        Convention(**{"name": "own", "constant": 2.66, "screen": False, **choice})


@few
@given(values(min_dims=2), st.sampled_from([None, 2, 10]), st.sampled_from([(), (1,)]))
def test_many_series_at_once_are_each_series_alone(y, baseline, rebase):
    rebase = [position for position in rebase if position < y.shape[1]]
    together = xmr(y, baseline=baseline, rebase=rebase, improvement="higher")
    for i, one in enumerate(y):
        alone = xmr(one, baseline=baseline, rebase=rebase, improvement="higher")
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(together, field)[i], getattr(alone, field))


@few
@given(values(), st.sampled_from([2.0, 0.25, 8.0]), st.integers(-64, 64))
def test_limits_move_and_stretch_with_the_values(y, scale, shift):
    # Powers of two and whole shifts are exact, so flags must be the same ones.
    chart, moved = xmr(y), xmr(y * scale + shift)
    for field in FIELDS[:5]:
        np.testing.assert_allclose(
            getattr(moved, field), getattr(chart, field) * scale + shift, rtol=1e-12, atol=1e-9
        )
    for field in ("trend_up", "trend_down", "short", "group"):
        np.testing.assert_array_equal(getattr(moved, field), getattr(chart, field))


@few
@given(values())
def test_turning_the_series_over_turns_the_rules_over(y):
    chart, turned = xmr(y), xmr(-y)
    np.testing.assert_allclose(turned.lower, -chart.upper, rtol=1e-12, atol=1e-9)
    np.testing.assert_array_equal(turned.trend_down, chart.trend_up)
    np.testing.assert_array_equal(turned.rule == Rule.GAP, chart.rule == Rule.GAP)


@few
@given(values(max_dims=1), st.integers(1, 5))
def test_gaps_added_before_or_after_change_nothing(y, gaps):
    pad = np.full(gaps, NAN)
    chart, padded = xmr(y, convention=MDC), xmr(np.concatenate([pad, y, pad]), convention=MDC)
    for field in [*FIELDS[:5], *FLAGS, "rule"]:
        np.testing.assert_array_equal(
            getattr(padded, field)[gaps : gaps + len(y)], getattr(chart, field)
        )


@few
@given(values())
def test_no_point_is_flagged_without_a_reason(y):
    chart = xmr(y)
    flagged = np.any([getattr(chart, field) for field in FLAGS], axis=0)
    np.testing.assert_array_equal(chart.rule > 0, flagged)
    np.testing.assert_array_equal(chart.direction != 0, flagged)
    assert not flagged[np.isnan(y)].any()
    assert set(np.unique(chart.reading)) <= {-2, -1, Reading.COMMON, Reading.NEUTRAL}
