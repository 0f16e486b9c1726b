"""The tests behind `watch` on made screens, for what no file would hold: rules that always hold.

Forces in another order, residents in another unit, gaps and few events change nothing they should
not; each kind of signal of data quality finds what was planted, and not what was not.
"""

import math
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_monitoring_watching import TODAY

from openpeel.indicators import Observations, indicator
from openpeel.indicators.observing import Groups
from openpeel.monitoring import Screen, Screened, among, redefining, watch
from openpeel.monitoring.among import FEWEST_EXPECTED
from openpeel.monitoring.comparing import compare
from openpeel.reference import Period, forces

AREAS = tuple(f.id for f in forces())
MONTHS = tuple(str(Period.parse("2024-10").shift(i)) for i in range(24))


def observed(name, events, base, periods=MONTHS):
    """Observations of a grid (area, period); NaN in `events` leaves a row out."""
    rows, columns = np.nonzero(~np.isnan(events))
    n, d = events[rows, columns], base[rows, columns]
    texts = {k: np.full(len(n), "", object) for k in ("denominator_year", "as_at", "reason")}
    return Observations(
        area=np.array(AREAS, object)[rows],
        period=np.array(periods, object)[columns],
        numerator=n,
        denominator=d,
        value=n / d * indicator(name).per,
        unresolved=np.full(len(n), np.nan),
        **texts,
    )


def screen_of(name, events, base, periods=MONTHS, **more):
    """A screen of a grid; compared is the newest year of those that have all of it."""
    year = events[:, -12:].sum(axis=1, keepdims=True)
    whole = base[:, -12:].sum(axis=1, keepdims=True)
    there = ~np.isnan(year[:, 0])
    window = Period.of_run(periods[-12:][0], periods[-1])
    return Screen(
        indicator=indicator(name),
        observed=observed(name, events, base, periods),
        areas=AREAS,
        periods=periods,
        values=events / base,
        chart=None,
        window=window,
        yearly=observed(name, year, whole, (str(window),)),
        compared=tuple(np.array(AREAS)[there]),
        among=compare(indicator(name), year[there, 0], whole[there, 0]),
        doubts=more.pop("doubts", {}),
        anew=more.pop("anew", np.zeros(events.shape, np.bool_)),
        **more,
    )


NOWHERE = SimpleNamespace(tables={}, has=lambda _: False, id=1)


def watch_of(*screens, **options):
    """A watch of made screens alone."""
    made = Screened(NOWHERE, {s.indicator.id: s for s in screens}, {}, {})
    return watch(NOWHERE, today=TODAY, screened=made, budget=0, **options)


def noise(level=60.0, seed=0):
    rng = np.random.default_rng(seed)
    base = np.repeat(100_000.0 + 20_000 * np.arange(len(AREAS))[:, None], 24, axis=1)
    usual = level * base / 500_000 * (1 + 0.2 * np.sin(np.arange(24) / 2))
    return rng.poisson(usual).astype(float), base


def changed(level=60.0, seed=0):
    """Noise with a shift, a surge and an outlier in it."""
    events, base = noise(level, seed)
    events[20, 14:] *= 2
    events[30, 8:13] *= 2.5
    events[40] *= 5
    return events, base


def said(made):
    return {(s.force_id, s.indicator, s.kind, s.direction, s.onset) for s in made.signals}


@settings(max_examples=12)
@given(st.permutations(range(len(AREAS))))
def test_the_order_of_forces_changes_nothing(order):
    events, base = changed()
    one = watch_of(screen_of("burglary-rate", events, base))
    two = watch_of(screen_of("burglary-rate", events[order], base[order]))
    moved = {AREAS[old]: AREAS[new] for new, old in enumerate(order)}
    assert {(moved[f], *rest) for f, *rest in said(one)} == said(two)
    assert sorted(s.p for s in one.signals) == pytest.approx(sorted(s.p for s in two.signals))


@settings(max_examples=12)
@given(st.floats(1e-3, 1e3))
def test_the_unit_of_residents_changes_nothing(factor):
    events, base = changed()
    one = watch_of(screen_of("burglary-rate", events, base))
    two = watch_of(screen_of("burglary-rate", events, base * factor))
    assert said(one) == said(two)
    for a, b in zip(one.signals, two.signals, strict=True):
        assert b.value == pytest.approx(a.value / factor)
        assert b.p == pytest.approx(a.p, rel=1e-3)


@settings(max_examples=12)
@given(st.integers(0, 18), st.sets(st.integers(0, 23), min_size=1, max_size=6))
def test_a_gap_of_one_force_changes_no_kind_of_another(row, months):
    events, base = changed()
    one = watch_of(screen_of("burglary-rate", events, base))
    torn = events.copy()
    torn[row, list(months)] = np.nan
    two = watch_of(screen_of("burglary-rate", torn, base))
    others = {AREAS[i] for i in (20, 30, 40)}
    assert {s[:4] for s in said(one) if s[0] in others} == {
        s[:4] for s in said(two) if s[0] in others
    }


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.05, 6))
def test_no_signal_rests_on_few_events(seed, level):
    """However the counts fall, with less than 10 events expected nothing is said."""
    rng = np.random.default_rng(seed)
    base = np.full((len(AREAS), 24), 1000.0)
    events = rng.negative_binomial(0.5, 0.5 / (0.5 + level / 12), base.shape).astype(float)
    events[rng.integers(len(AREAS)), 12:] += 9
    made = watch_of(screen_of("burglary-rate", events, base), rate=0.9)
    usual = events.sum() / base.sum() * 12_000
    for s in made.signals:
        row = AREAS.index(s.force_id)
        if s.kind == "outlier":
            assert s.usual * 12 >= FEWEST_EXPECTED  # per 1,000, and so many there are 12 times
        else:
            first = MONTHS.index(s.onset)
            last = MONTHS.index(s.back) if s.back else 24
            share = (last - first) / 24
            # What all do moves, so a tenth less is allowed for.
            assert events[row].sum() * min(share, 1 - share) >= 0.5 * FEWEST_EXPECTED
    both = {s.force_id for s in made.signals if s.kind == "outlier" and s.direction == "down"}
    assert usual >= FEWEST_EXPECTED / 2 or not both


def test_doubtful_months_and_impossible_numbers_take_no_part():
    events, base = noise()
    events[5, 20] = 100_000
    doubted = screen_of("burglary-rate", events, base, doubts={(AREAS[5], MONTHS[20]): None})
    # The year of the window is without it, as the query leaves it out.
    events[5, 20] = 0
    without = screen_of("burglary-rate", events, base)
    doubted = replace(doubted, yearly=without.yearly, among=without.among)
    assert not watch_of(doubted).of(AREAS[5])
    events[6, 3], base[7, 4] = -5, 0
    with np.errstate(divide="ignore"):
        made = watch_of(screen_of("burglary-rate", events, base))
    assert made.tests > 100
    assert not {AREAS[6], AREAS[7]} & {s.force_id for s in made.signals}


def test_every_number_of_a_signal_is_finite():
    """Counts from nothing: a level of 0 has no ratio."""
    events, base = noise()
    events[3, :16], events[3, 16:] = 0, 80
    events[4, :] = 0
    events[4, 10:14] = 80
    made = watch_of(screen_of("burglary-rate", events, base))
    assert "shift" in {s.kind for s in made.of(AREAS[3])}
    assert "surge" in {s.kind for s in made.of(AREAS[4])}
    for s in made.signals:
        assert all(math.isfinite(v) for v in asdict(s).values() if isinstance(v, float)), s


def test_a_share_of_most_is_told_by_its_own_value():
    """Where most of the denominator is counted, the rest is what is tested."""
    events, base = noise(level=40)
    events[9, 12:] *= 2
    made = watch_of(screen_of("no-suspect-share", 5000 - events, np.full_like(base, 5000.0)))
    (shift,) = [s for s in made.of(AREAS[9]) if s.kind == "shift"]
    assert shift.direction == "down"
    assert 1 - shift.value == pytest.approx(2 * (1 - shift.usual), rel=0.15)


def test_a_part_above_its_whole_takes_no_part():
    events, base = noise(level=40)
    base[:] = 5000
    events[8, 3], events[9, :] = 6000, 5001
    made = watch_of(screen_of("no-suspect-share", events, base))
    assert made.made_of[AREAS[10]] > made.made_of.get(AREAS[9], 0) == 0
    assert not made.of(AREAS[8])


def test_a_standard_is_held_against_the_newest_sound_month():
    name, rng = "emergency-calls-within-10-seconds-share", np.random.default_rng(4)
    base = np.full((len(AREAS), 24), 4000.0)
    events = rng.binomial(4000, 0.93, base.shape).astype(float)
    events[1, -1] = 3300
    events[2, -2:] = [3300, np.nan]
    events[3, -1] = 3300
    events[4, -1], base[4, -1] = 3, 5
    (tests,) = among.tests_of_breaches(
        screen_of(name, events, base, doubts={(AREAS[3], MONTHS[-1]): None})
    )
    low = {a for a, p in zip(tests.areas, tests.p, strict=True) if p < 1e-6}
    assert low == {AREAS[1], AREAS[2]}
    assert math.isnan(tests.p[4]), "five calls are too few"
    signal = tests.signal(2)
    assert (signal.period, signal.value, signal.usual) == (MONTHS[-2], 0.825, 0.9)
    assert (signal.direction, signal.reading) == ("down", "concern")


def test_a_disparity_needs_events_of_both_groups():
    """Of two groups the one with fewer expected events decides."""
    (tests,) = among.tests_of_outliers(ratio_screen(group=40.0, reference=400.0))
    assert np.isfinite(tests.p).all()
    (few,) = among.tests_of_outliers(ratio_screen(group=40.0, reference=400.0, small=(4.0, 12.0)))
    assert np.isnan(few.p[0])
    assert np.isfinite(few.p[1:]).all()


def ratio_screen(group, reference, small=None):
    rng = np.random.default_rng(2)
    n, m = rng.poisson(group, len(AREAS)) + 1.0, rng.poisson(reference, len(AREAS)) + 1.0
    if small:
        n[0], m[0] = small
    events, base = n[:, None], (m / 10)[:, None]
    made = screen_of("search-disparity-black", np.repeat(events, 12, axis=1), np.repeat(
        base, 12, axis=1), MONTHS[-12:])  # fmt: skip
    nothing = np.zeros(len(AREAS))
    yearly = observed("search-disparity-black", events, base, (str(made.window),))
    groups = Groups(np.full(len(AREAS), 1e4), m, np.full(len(AREAS), 1e5), nothing, n + m)
    return replace(made, yearly=replace(yearly, groups=groups))


def change(period, touched=()):
    """A change of definition, as a screen knows it."""
    return SimpleNamespace(what="Counted otherwise.", touches=lambda a: not touched or a in touched)


def test_a_step_at_a_change_of_definition_is_told_of_those_it_touches():
    events, base = noise(level=100)
    events[10:20, 12:] = np.round(events[10:20, 12:] * 1.5)
    events[25, 12:] *= 2
    made = screen_of("burglary-rate", events, base, changes={MONTHS[12]: (change(12, AREAS[:20]),)})
    told = [s for s in watch_of(made).signals if s.trouble == "step"]
    assert {s.force_id for s in told} == set(AREAS[10:20])
    for s in told:
        assert (s.kind, s.onset, s.direction, s.reading) == (
            "data-quality", MONTHS[12], "up", "neutral")  # fmt: skip
        assert s.value / s.usual == pytest.approx(1.5, rel=0.15)
        assert "a year before" in s.convention
        assert "Counted otherwise." in s.caution


def test_without_a_year_before_either_side_is_compared():
    events, base = noise(level=100)
    events[10, 8:] *= 3
    made = screen_of("burglary-rate", events, base, changes={MONTHS[8]: (change(8),)})
    (tests,) = redefining.tests_of_steps(made)
    assert tests.areas[int(np.nanargmin(tests.p))] == AREAS[10]
    assert "either side" in tests.signal(10).convention


def test_a_change_that_changed_nothing_is_no_step():
    p = []
    for seed in range(10):
        events, base = noise(level=100, seed=seed)
        (tests,) = redefining.tests_of_steps(
            screen_of("burglary-rate", events, base, changes={MONTHS[12]: (change(12),)})
        )
        p.append(tests.p)
    below = np.mean(np.concatenate(p) < 0.05)
    assert 0.01 < below < 0.08


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_a_change_of_figures_that_drift_says_so(memory):
    """Counts of 1,000 a month that drift by 6 %, or differ by as much from month to month."""
    rng = np.random.default_rng(9)
    events, base = noise(level=1000)
    wave = rng.normal(size=events.shape)
    for t in range(1, events.shape[1]):
        wave[:, t] = memory * wave[:, t - 1] + np.sqrt(1 - memory**2) * wave[:, t]
    events = np.round(events * np.exp(0.06 * wave))
    events[10, 12:] *= 3
    told = watch_of(screen_of("burglary-rate", events, base)).of(AREAS[10])
    (s,) = [s for s in told if s.kind == "shift"]
    assert ("drifts from month to month" in s.caution) == (memory > 0)
