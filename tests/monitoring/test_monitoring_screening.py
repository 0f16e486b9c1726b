"""Screening: the charts and comparisons of all indicators, from the same observations."""

import numpy as np
import pytest
from made_lakes import counts_slice, lake_of

from openpeel.errors import NotComputable
from openpeel.indicators import indicator, indicators, observe
from openpeel.monitoring import Doubt, screen, screen_all
from openpeel.monitoring.screening import FEWEST
from openpeel.reference import Period, forces
from openpeel.signals.xmr import Reading, Rule, xmr

AREAS = tuple(f.id for f in forces())


@pytest.fixture(scope="module")
def screened(assessor):
    return assessor.screened


def burglaries(numbers, first="2024-01", force="kent"):
    """{(force, month): counts} with so many burglaries a month."""
    start = Period.parse(first)
    return {
        (force, str(start.shift(i))): {("Burglary", None): n, ("Robbery", None): 10 * n}
        for i, n in enumerate(numbers)
        if n is not None
    }


def test_every_indicator_is_screened_or_named(screened):
    assert set(screened.screens) | set(screened.missing) == set(indicators())
    others = {name for name, i in indicators().items() if i.table != "crime_counts"}
    assert set(screened.missing) == others, "the bundled data have crimes alone"
    for made in screened.screens.values():
        assert made.areas == AREAS


@pytest.mark.parametrize("name", ["shoplifting-rate", "no-suspect-share"])
def test_the_chart_is_xmr_around_what_all_forces_did_without_doubtful_months(screened, name):
    made = screened.screens[name]
    grid = made.observed.grid(AREAS, made.periods)
    np.testing.assert_array_equal(made.values, grid)
    for area, month in screened.doubts:
        if month in made.periods:
            grid[AREAS.index(area), made.periods.index(month)] = np.nan
    grid[np.isfinite(grid).sum(axis=1) < FEWEST] = np.nan
    moved = made.movement
    expected = xmr(grid / moved, improvement=indicator(name).polarity)
    for field in ("mean", "lower", "upper"):
        np.testing.assert_allclose(getattr(made.chart, field), getattr(expected, field) * moved)
    for field in ("rule", "reading"):
        np.testing.assert_array_equal(getattr(made.chart, field), getattr(expected, field))
    np.testing.assert_array_equal(made.chart.values, grid)
    assert moved.mean() == pytest.approx(1)
    assert moved.std() > 0.005, "the forces of 2025 moved together"


def test_the_months_shown_are_those_that_can_be_used(screened):
    year = Period.parse("2025").months
    assert screened.screens["shoplifting-rate"].periods == year
    assert screened.screens["shoplifting-rate"].window == Period.parse("2025-01/2025-12")
    # Outcomes need six months: the newest that has them is June.
    assert screened.screens["no-suspect-share"].periods == year[:6]
    assert screened.screens["charged-share"].periods == ()
    assert screened.screens["charged-share"].chart is None
    assert screened.screens["charged-share"].among is None


def test_forces_that_have_a_value_are_held_against_each_other(screened):
    for name in ("shoplifting-rate", "no-suspect-share"):
        made = screened.screens[name]
        yearly = observe(screened.snapshot, made.indicator, made.window, tuple(screened.doubts))
        sound = yearly.where(yearly.reason == "")
        assert made.compared == tuple(sound.area)
        among, value = made.among, sound.value / made.indicator.per
        outside = among.outside(0.95)
        np.testing.assert_array_equal(outside == 1, value > among.upper_95)
        np.testing.assert_array_equal(outside == -1, value < among.lower_95)
        assert (np.abs(among.outside(0.998)) <= np.abs(outside)).all()
        assert among.lower_998.max() < among.centre < among.upper_998.min()
        # Of some 40 forces that differ as most of them do, about two are outside 95 % limits.
        assert 0 < np.abs(outside).sum() <= 6


def test_without_a_direction_nothing_reads_better_or_worse(screened):
    better_or_worse = {Reading.IMPROVEMENT, Reading.CONCERN}
    signals = 0
    for made in screened.screens.values():
        if made.chart is None or made.indicator.polarity != "none":
            continue
        assert not better_or_worse & set(made.chart.reading.ravel().tolist())
        signals += int((made.chart.rule > 0).sum())
    assert signals > 0


def test_a_direction_turns_a_fall_into_an_improvement(tmp_path):
    flat = [100, 102, 99, 101, 100, 98, 101, 100, 99, 101, 102, 100]
    lake = lake_of(
        tmp_path / "lake", counts=burglaries([*flat, 20]), population={"2020": {"kent": 1000}}
    )
    made = screen(lake.snapshot(), indicator("burglary-rate"), {})
    row = made.row("kent")
    assert made.chart.rule[row, -1] == Rule.BELOW_LIMIT
    assert made.chart.reading[row, -1] == Reading.IMPROVEMENT
    # The same fall of a rate without a direction is neither good nor bad.
    none = screen(lake.snapshot(), indicator("all-crime-rate"), {})
    assert none.chart.rule[row, -1] == Rule.BELOW_LIMIT
    assert none.chart.reading[row, -1] == Reading.NEUTRAL


def test_a_gap_ends_what_is_shown(tmp_path):
    lake = lake_of(
        tmp_path / "lake",
        counts=burglaries([5, 5, None, 7, 8]),
        population={"2020": {"kent": 1000}},
    )
    made = screen(lake.snapshot(), indicator("burglary-rate"), {})
    assert made.periods == ("2024-04", "2024-05")
    assert made.window == Period.parse("2024-04/2024-05")
    assert len(made.observed) == 4


def test_at_most_two_years_are_shown_and_one_compared(tmp_path):
    lake = lake_of(
        tmp_path / "lake", counts=burglaries([5] * 30), population={"2020": {"kent": 1000}}
    )
    made = screen(lake.snapshot(), indicator("burglary-rate"), {})
    assert len(made.periods) == 24
    assert made.window == Period.parse("2025-07/2026-06")


def test_one_force_ahead_of_the_others_does_not_move_the_window(tmp_path):
    """A force's newest month is on its chart; all are compared where most have figures."""
    three = ("kent", "essex", "sussex")
    counts = {k: v for f in three for k, v in burglaries([9, 8, 7], force=f).items()}
    lake = lake_of(
        tmp_path / "lake", counts=counts, population={"2020": dict.fromkeys(three, 1000)}
    )
    lake.replace([counts_slice("kent", "2024-04", {("Burglary", None): 6}, "2024-04")], "newer")
    made = screen(lake.snapshot(), indicator("burglary-rate"), {})
    assert made.periods[-1] == "2024-04"
    assert made.window == Period.parse("2024-01/2024-03")
    assert made.compared == ("essex", "kent", "sussex")


def _residential():
    return [f for f in forces() if f.resident_rates]


def test_a_count_of_zero_has_a_place_too(tmp_path):
    numbers = {f.id: 20 + n for n, f in enumerate(_residential()[:12])} | {"kent": 0}
    lake = lake_of(
        tmp_path / "lake",
        counts={(f, "2024-01"): {("Burglary", None): n, ("Drugs", None): 5} for f, n in
                numbers.items() if n} | {("kent", "2024-01"): {("Drugs", None): 5}},
        population={"2020": dict.fromkeys(numbers, 10_000)},
    )  # fmt: skip
    made = screen(lake.snapshot(), indicator("burglary-rate"), {})
    at = made.compared.index("kent")
    assert made.among.outside(0.95)[at] == -1
    assert made.among.lower_95[at] > 0
    assert np.isfinite(made.among.z).all()


@pytest.mark.filterwarnings("error")
def test_limits_are_level_where_a_month_had_none_of_it_anywhere(tmp_path):
    """What all did cannot be told of such a month."""
    some = [f.id for f in _residential()[:12]]
    counts = {
        (f, month): {("Burglary", None): 20 + n + i % 3, ("Drugs", None): 5}
        for n, f in enumerate(some)
        for i, month in enumerate(Period.parse("2024-01/2024-08").months)
    }
    for f in some:
        del counts[f, "2024-04"]["Burglary", None]
    lake = lake_of(
        tmp_path / "lake", counts=counts, population={"2020": dict.fromkeys(some, 10_000)}
    )
    made = screen(lake.snapshot(), indicator("burglary-rate"), {})
    assert made.movement is None
    assert np.isfinite(made.chart.upper[made.row(some[0])]).all()
    assert screen(lake.snapshot(), indicator("drugs-rate"), {}).movement is not None


def test_nine_forces_have_no_limits(tmp_path):
    few = [f.id for f in _residential()[:9]]
    counts = {k: v for n, f in enumerate(few) for k, v in burglaries([5 + n], force=f).items()}
    lake = lake_of(tmp_path / "lake", counts=counts, population={"2020": dict.fromkeys(few, 1000)})
    made = screen(lake.snapshot(), indicator("burglary-rate"), {})
    assert made.compared == tuple(sorted(few))
    assert made.among is None


def test_what_cannot_be_screened_is_named_with_its_table(tmp_path):
    lake = lake_of(tmp_path / "lake", counts=burglaries([5] * 7))
    screened = screen_all(lake.snapshot())
    crimes = {n: i for n, i in indicators().items() if i.table == "crime_counts"}
    rates = {n for n, i in crimes.items() if i.per_resident}
    assert set(screened.missing) == rates | (set(indicators()) - set(crimes))
    assert all("population" in screened.missing[name] for name in rates)
    assert "stop_counts" in screened.missing["search-find-share"]
    assert screened.screens["no-suspect-share"].periods == ()
    with pytest.raises(NotComputable, match="population"):
        screen(lake.snapshot(), indicator("burglary-rate"), {})


def test_doubts_of_others_and_of_other_months_change_nothing(tmp_path):
    lake = lake_of(
        tmp_path / "lake",
        counts=burglaries([5, 6, 7, 6, 5, 7]),
        population={"2020": {"kent": 1000}},
    )
    doubts = {
        (area, month): Doubt(area, month, 1.0, "made up")
        for area, month in [("essex", "2024-01"), ("kent", "2023-01"), ("nowhere", "2024-01")]
    }
    made = screen(lake.snapshot(), indicator("burglary-rate"), doubts)
    np.testing.assert_array_equal(made.chart.values[made.row("kent")], [5, 6, 7, 6, 5, 7])
    assert made.compared == ("kent",)
