"""Watching: what is planted is found, with its date and once; what is chance is not told."""

import math
from datetime import date

import pytest
from made_lakes import lake_of, monthly_counts

from openpeel.errors import MethodError
from openpeel.monitoring import CURRENT, screen_all, watch
from openpeel.reference import Period, forces

TODAY = date(2026, 11, 21)
AREAS = tuple(f.id for f in forces())


def run(force, first, last, factor):
    return {(force, str(m)): factor for m in Period.of_run(first, last).months}


PLANTED = (
    run("kent", "2025-12", "2026-09", 1.6)
    | run("essex", "2025-04", "2025-09", 1.8)
    | run("dorset", "2023-10", "2026-09", 6)
    | run("surrey", "2026-07", "2026-09", 0)
)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """36 months of 43 forces: Kent rises for good, Essex and returns, Dorset has six times more,
    Surrey goes missing."""
    counts, people = monthly_counts(PLANTED)
    root = tmp_path_factory.mktemp("planted") / "lake"
    return lake_of(root, counts=counts, population=people).snapshot()


@pytest.fixture(scope="module")
def screened(planted):
    return screen_all(planted)


@pytest.fixture(scope="module")
def watched(planted, screened):
    return watch(planted, today=TODAY, screened=screened)


def found(made, force, name="burglary-rate"):
    return [s for s in made.of(force) if s.indicator == name]


def test_a_planted_shift_is_found_with_its_date_and_told_once(watched):
    (shift,) = found(watched, "kent")
    assert (shift.kind, shift.direction, shift.reading) == ("shift", "up", "concern")
    assert shift.onset == "2025-12"
    assert shift.onset_earliest <= "2025-12" <= shift.onset_latest
    assert shift.period == "2026-09"
    # A season of its own, known from three years, takes a part of the change.
    assert shift.value / shift.usual == pytest.approx(1.6, rel=0.1)
    assert shift.q < 0.01


def test_the_figure_of_a_shift_is_that_of_its_months_together(watched, screened):
    (shift,) = found(watched, "kent")
    mine = screened.screens["burglary-rate"].observed.of("kent")
    since = mine.where(mine.period >= shift.onset)
    assert shift.value == pytest.approx(
        1000 * since.numerator.sum() / since.denominator.sum(), rel=1e-12
    )


def test_a_planted_surge_is_found_with_both_dates(watched):
    (surge,) = found(watched, "essex")
    assert (surge.kind, surge.onset, surge.back) == ("surge", "2025-04", "2025-10")
    assert surge.back_earliest <= surge.back <= surge.back_latest
    assert surge.value / surge.usual == pytest.approx(1.8, rel=0.06)


def test_an_outlier_and_a_gap_are_found(watched):
    (outlier,) = found(watched, "dorset")
    assert (outlier.kind, outlier.direction) == ("outlier", "up")
    assert outlier.value > 4 * outlier.usual
    (gap,) = watched.of("surrey")
    assert (gap.kind, gap.trouble, gap.indicator) == ("data-quality", "gap", "")
    assert (gap.onset, gap.period, gap.value) == ("2026-07", "2026-09", 3)


def test_nobody_else_stands_out(watched):
    assert {s.force_id for s in watched.signals} == {"kent", "essex", "dorset", "surrey"}


def test_signals_are_ranked_and_within_rate_and_budget(planted, screened, watched):
    every = watch(planted, today=TODAY, screened=screened, budget=0)
    q = [s.q for s in every.signals]
    assert q == sorted(q)
    assert max(q) <= every.rate
    assert not every.beyond
    one = watch(planted, today=TODAY, screened=screened, budget=1)
    assert one == every.within(1)
    first = {s.force_id: s for s in reversed(every.signals)}
    assert set(one.signals) == set(first.values())
    assert sum(one.beyond.values()) == len(every.signals) - len(one.signals) > 0


def test_a_stricter_rate_tells_a_part(planted, screened, watched):
    strict = watch(planted, today=TODAY, screened=screened, rate=1e-4)
    assert 0 < len(strict.signals) < len(watched.signals)
    assert {s.key for s in strict.signals} < {s.key for s in watched.signals}


def test_all_tests_are_counted(watched):
    assert watched.tests == sum(watched.made.values()) == sum(watched.made_of.values())
    assert set(watched.made_of) == set(AREAS)
    assert watched.untested["officers"].startswith("not loaded")
    assert watched.untested["robbery-rate"] == "too few events: under 30 of every force"


@pytest.mark.parametrize("options", [{"rate": 0}, {"rate": 1}, {"rate": math.nan}, {"budget": -1}])
def test_a_rate_or_budget_that_is_none_is_refused(planted, screened, options):
    with pytest.raises(MethodError, match="between 0 and 1"):
        watch(planted, today=TODAY, screened=screened, **options)


def test_old_figures_are_history_unless_asked_for(planted, screened):
    later = date(2026 + 1 + CURRENT // 12, 11, 21)
    made = watch(planted, today=later, screened=screened)
    assert (made.signals, made.tests) == ((), 0)
    assert made.untested["burglary-rate"] == "too old: its newest figures are of 2026-09"
    assert watch(planted, today=later, screened=screened, oldest=None).signals


@pytest.mark.exhaustive
def test_nothing_but_chance_seldom_gives_a_signal(tmp_path):
    """Of made lakes with nothing in them to find one in ten or so says something, and no change."""
    saying = 0
    for seed in range(11, 17):
        counts, people = monthly_counts(seed=seed)
        lake = lake_of(tmp_path / str(seed), counts=counts, population=people)
        made = watch(lake.snapshot(), today=TODAY)
        assert made.tests > 400
        assert {s.kind for s in made.signals} <= {"outlier"}
        saying += bool(made.signals)
    assert saying <= 2


def test_a_lake_of_nothing_that_can_be_tested(tmp_path):
    lake = lake_of(tmp_path / "lake", population={"2024": {"kent": 1000}})
    made = watch(lake.snapshot(), today=TODAY)
    assert (made.signals, made.tests, made.together) == ((), 0, ())
