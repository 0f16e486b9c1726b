"""Surges of a force: made ones are found with their dates as often as docs/surge.md states."""

import re
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_lakes import counts_slice, lake_of, quarter_slice

from openpeel.errors import NotComputable
from openpeel.indicators import indicators, observe_all
from openpeel.lake import Lake
from openpeel.monitoring import surges_of
from openpeel.monitoring.surge_expected import expectation, from_others
from openpeel.monitoring.surge_search import ALPHA, search
from openpeel.reference import Period, force, forces

PAGE = (Path(__file__).parents[2] / "docs/surge.md").read_text()
TIMES = 200
FORCES = 43


@dataclass(frozen=True)
class Made:
    """Series of a force among others: a season and a drift of all, ways of its own, surges."""

    length: int
    every: int
    level: float = 300
    rises: tuple[int, ...] = ()
    lasts: int = 1
    height: float = 1
    shift: float = 1
    own_season: float = 0
    seed: int = field(default=20170701)

    def counts(self):
        """Counts (time, force, period): the first force is the one; the second is eight of it."""
        draw = np.random.default_rng(self.seed)
        shape = (TIMES, FORCES, self.length)
        level = self.level * np.exp(draw.normal(0, 0.6, shape[:2]))
        level[:, 0], level[:, 1] = self.level, 8 * self.level
        month = (3 + self.every * np.arange(self.length)) % 12
        wave = np.cos(2 * np.pi * (month - 6) / 12)
        drift = np.exp(np.cumsum(draw.normal(0, 0.02, (TIMES, 1, self.length)), axis=2))
        own = draw.normal(size=shape)
        for t in range(1, self.length):
            own[:, :, t] = 0.3 * own[:, :, t - 1] + np.sqrt(1 - 0.09) * own[:, :, t]
        mean = level[:, :, None] * (1 + 0.2 * wave) * drift * np.exp(0.05 * own)
        for rise in self.rises:
            mean[:, 0, rise : rise + self.lasts] *= self.height
        mean[:, 0, self.length // 2 :] *= self.shift
        mean[:, 0] *= 1 + self.own_season * np.cos(2 * np.pi * month / 12)
        return draw.poisson(mean).astype(float)

    @property
    def periods(self):
        first = Period.of_month(2015, 4) if self.every == 1 else Period.of_quarter(2015, 2)
        return [first.shift(i) for i in range(self.length)]

    def searched(self):
        """What a search of the first force says, each time."""
        asked = np.ones(self.length, bool)
        asked[[0, -1]] = False
        made = []
        for counts in self.counts():
            told = expectation(counts, 0, self.periods)
            assert told.others == FORCES - 1
            made.append(search(counts, 0, told, self.every, asked))
        return made


SURGES = {
    "4 quarters, the second 1.5 times": Made(4, 3, 1000, (1,), 1, 1.5),
    "12 quarters, the second 1.5 times": Made(12, 3, 1000, (1,), 1, 1.5),
    "12 months, 3 of them 1.5 times": Made(12, 1, 300, (4,), 3, 1.5),
    "48 months, 3 of them 1.3 times": Made(48, 1, 300, (15,), 3, 1.3),
    "48 months, 3 and 3 of them 1.5 times": Made(48, 1, 300, (15, 33), 3, 1.5),
}
OTHERS = {
    "4 quarters": Made(4, 3, 1000),
    "12 quarters": Made(12, 3, 1000),
    "12 months": Made(12, 1),
    "48 months": Made(48, 1),
    "48 months, the later half 1.3 times": Made(48, 1, shift=1.3),
    "48 months, a season of 30 % of its own": Made(48, 1, own_season=0.3),
}


def stated(name):
    """The percentages of a row of the page's tables."""
    (row,) = re.findall(rf"^\| {re.escape(name)} \|(.*)\|$", PAGE, re.MULTILINE)
    return [float(cell) for cell in re.findall(r"[\d.]+", row)]


def holds(found, made, rise):
    back = rise + made.lasts
    return (
        found.rise_earliest <= rise <= found.rise_latest
        and found.back_earliest <= back <= found.back_latest
    )


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", SURGES)
def test_made_surges_are_found_with_their_dates_as_often_as_stated(name):
    """Of 200: the percentages are those stated, and what was promised less 3 errors at least."""
    made = SURGES[name]
    said = made.searched()
    called = [s for s in said if len(s.found) >= len(made.rises)]
    dated = [s for s in called if all(any(holds(f, made, r) for f in s.found) for r in made.rises)]
    heights = [f for s in called for f in s.found if any(holds(f, made, r) for r in made.rises)]
    true = [f for f in heights if f.height_low <= made.height <= f.height_high]
    rates = len(called) / TIMES, len(dated) / len(called), len(true) / len(heights)
    assert [round(100 * r) for r in rates] == pytest.approx(stated(name), abs=1)
    for rate, promised in zip(rates, (0.85, 0.95, 0.95), strict=True):
        assert rate > promised - 3 * np.sqrt(promised * (1 - promised) / TIMES)
    if len(made.rises) == 1:
        assert all(s.answer == "surge" for s in called)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_surge_is_called_one_no_more_often_than_stated(name):
    said = OTHERS[name].searched()
    rate = np.mean([s.answer == "surge" for s in said])
    assert round(100 * rate, 1) == pytest.approx(stated(name)[0], abs=0.5)
    assert rate < ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / TIMES)
    shifts = np.mean([s.answer == "shift" for s in said])
    assert (shifts > 0.95) if OTHERS[name].shift > 1 else (shifts < 0.12)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("length", "every", "level"), [(4, 3, 1000), (12, 3, 1000), (48, 1, 300)])
def test_the_smallest_surge_stands_out_as_often_as_stated(length, every, level):
    """4 times of 5 is promised; the page says between which shares it is."""
    quiet = Made(length, every, level)
    smallest = float(np.median([s.smallest for s in quiet.searched()]))
    rise, lasts = (15, 3) if every == 1 else (length // 2, 1)
    said = Made(length, every, level, (rise,), lasts, smallest).searched()
    share = np.mean([s.p <= ALPHA for s in said])
    low, high = (int(n) / 100 for n in re.search(r"(\d+) to (\d+) % of them", PAGE).groups())
    assert low - 0.005 <= share <= high + 0.005


def test_without_other_forces_a_year_says_nothing_and_two_years_have_a_season():
    counts = Made(36, 1, 300, (15,), 3, 2).counts()[0]
    few = counts[:9]
    periods = Made(36, 1).periods
    assert expectation(few[:, :12], 0, periods[:12]) is None
    told = expectation(few, 0, periods)
    assert (told.others, told.seasonal) == (0, True)
    found = search(few, 0, told, 1, np.ones(36, bool)).found
    assert [(f.rise, f.back) for f in found] == [(15, 18)]


def test_a_surge_that_all_forces_have_is_not_one_of_this_force():
    made = Made(12, 3, 1000)
    counts = made.counts()[0]
    counts[:, 5] = np.round(counts[:, 5] * 2)
    said = search(counts, 0, expectation(counts, 0, made.periods), 3, np.ones(12, bool))
    assert said.answer == "none"


def test_a_gap_within_the_surge_widens_its_dates_only():
    made = Made(48, 1, 300, (15,), 5, 2)
    counts = made.counts()[0]
    counts[0, 17] = np.nan
    said = search(counts, 0, expectation(counts, 0, made.periods), 1, np.ones(48, bool))
    assert [(f.rise, f.back) for f in said.found] == [(15, 20)]
    counts[0, [14, 17]] = np.nan
    said = search(counts, 0, expectation(counts, 0, made.periods), 1, np.ones(48, bool))
    assert [(f.rise_earliest, f.back) for f in said.found] == [(14, 20)]


def test_the_order_of_other_forces_and_their_size_change_nothing():
    made = Made(12, 1, 300, (4,), 3, 1.5)
    counts = made.counts()[0]
    turned = np.concatenate([counts[:1], counts[:0:-1]])
    first, second = (
        search(c, 0, expectation(c, 0, made.periods), 1, np.ones(12, bool))
        for c in (counts, turned)
    )
    assert (first.found[0].rise, first.found[0].back) == (
        second.found[0].rise,
        second.found[0].back,
    )
    assert first.p == pytest.approx(second.p)


def test_what_is_expected_is_made_of_the_other_periods():
    counts = np.array([[10.0, 30, 10, np.nan], [np.nan, 3, np.nan, np.nan]])
    made = from_others(counts, np.array([[1.0, 1.5, 1, 1]] * 2))
    assert made[0, :3] == pytest.approx([40 / 2.5, 20 / 2 * 1.5, 40 / 2.5])
    assert np.isnan(made[0, 3])
    assert np.isnan(made[1]).all()


def test_eight_months_have_an_answer():
    """Room for a surge of two months between three on either side, and none for a quarter."""
    counts = np.random.default_rng(1).poisson(20, (12, 8)).astype(float)
    told = expectation(counts, 0, Made(8, 1).periods)
    said = search(counts, 0, told, 1, np.ones(8, dtype=bool))
    assert said.answer in ("surge", "none", "shift", "steps")
    assert said.smallest > 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_comes_in_has_an_answer(data):
    """Gaps, zeros, few counts, few forces: no error, no warning, and dates in their order."""
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    every, length = data.draw(st.sampled_from([1, 3])), data.draw(st.integers(1, 40))
    areas = data.draw(st.sampled_from([1, 2, 11, 14]))
    level = data.draw(st.sampled_from([0.0, 0.1, 2, 500]))
    counts = draw.poisson(level * draw.gamma(3, 1 / 3, (areas, 1)), (areas, length)).astype(float)
    counts[draw.random(counts.shape) < data.draw(st.sampled_from([0, 0.1, 0.7]))] = np.nan
    periods = Made(length, every).periods
    told = expectation(counts, 0, periods)
    asked = draw.random(length) < 0.5
    if told is None or not (asked & np.isfinite(counts[0] * told.expected[0])).any():
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = search(counts, 0, told, every, asked)
    assert (said.answer == "not-judged") == np.isnan(said.p)
    assert said.answer != "surge" or said.found
    for f in said.found:
        assert 0 < f.rise_earliest <= f.rise <= f.rise_latest < length - 1
        assert f.rise < f.back_earliest <= f.back <= f.back_latest < length
        assert f.height_low <= f.height <= f.height_high


# The lake


def made_counts(lake_root, *, months=12, areas=12, surge=(), gap=(), first="2024-01"):
    """A lake of about 200 burglaries a month in each force, Kent's tripled in months of `surge`."""
    draw = np.random.default_rng(5)
    ids = ["kent", *(f.id for f in forces() if f.id not in ("kent", "city-of-london"))][:areas]
    start = Period.parse(first)
    counts = {}
    for area in ids:
        for i in range(months):
            if area == "kent" and i in gap:
                continue
            n = 200 * (3 if area == "kent" and i in surge else 1)
            counts[area, str(start.shift(i))] = {("Burglary", None): int(draw.poisson(n))}
    return lake_of(lake_root, counts=counts)


def burglary(report):
    return next(s for s in report.series if s.indicator.id == "burglary-rate")


def test_a_surge_is_told_with_both_dates(tmp_path):
    lake = made_counts(tmp_path, surge=(5, 6, 7))
    made = burglary(surges_of(lake.snapshot(), force("kent")))
    (surge,) = made.surges
    assert (made.verdict, made.dated, surge.rise, surge.back) == (
        "surge",
        True,
        "2024-06",
        "2024-09",
    )
    assert surge.height_low < 3 < surge.height_high
    assert (made.rank, made.of, made.others) == (1, 12, 11)
    assert made.p < 0.01
    assert made.recurrences == ()
    assert np.isnan(made.values).all()
    assert made.values_reason == "it needs population, which is not loaded"


def test_a_surge_that_comes_back_is_a_recurrence_with_both_dates(tmp_path):
    lake = made_counts(tmp_path, months=36, surge=(8, 9, 10, 24, 25, 26))
    made = burglary(surges_of(lake.snapshot(), force("kent")))
    assert [(s.rise, s.back) for s in made.surges] == [
        ("2024-09", "2024-12"),
        ("2026-01", "2026-04"),
    ]
    assert [s.rise for s in made.recurrences] == ["2026-01"]
    after = burglary(surges_of(lake.snapshot(), force("kent"), after=Period.parse("2025-01")))
    assert [s.rise for s in after.asked] == ["2026-01"]
    assert len(after.surges) == 2
    later = burglary(surges_of(lake.snapshot(), force("kent"), after=Period.parse("2026-06")))
    assert (later.verdict, later.asked) == ("none", ())
    around = burglary(surges_of(lake.snapshot(), force("kent"), Period.parse("2024-Q4")))
    assert [s.rise for s in around.asked] == ["2024-09"]
    assert around.at in Period.parse("2024-Q4").months


def test_a_gap_within_a_surge_is_bridged(tmp_path):
    lake = made_counts(tmp_path, months=18, surge=(7, 8, 9, 10), gap=(9,))
    made = burglary(surges_of(lake.snapshot(), force("kent")))
    assert [(s.rise, s.back) for s in made.surges] == [("2024-08", "2024-12")]
    assert np.isnan(made.counts[9])


def test_one_force_alone_is_not_judged_on_a_year(tmp_path):
    lake = made_counts(tmp_path, areas=1, surge=(5, 6, 7))
    report = surges_of(lake.snapshot(), force("kent"))
    made = burglary(report)
    assert (made.verdict, made.surges) == ("not-judged", ())
    assert "cannot be told from the season" in made.reason
    assert np.isnan(made.q)
    with pytest.raises(NotComputable, match="nothing of Essex is in crime_counts"):
        surges_of(lake.snapshot(), force("essex"))


def test_a_period_that_is_not_held_is_named_with_what_is(tmp_path):
    lake = made_counts(tmp_path, months=4, areas=2)
    with pytest.raises(
        NotComputable, match="2017 is in crime_counts, which holds 2024-01 to 2024-04"
    ):
        surges_of(lake.snapshot(), force("kent"), Period.parse("2017"))


def test_years_apart_are_two_stretches(tmp_path):
    lake = made_counts(tmp_path, months=6)
    later = {(a, m): n for a in ("kent", "essex") for m, n in [("2026-01", 7), ("2026-02", 9)]}
    lake.replace(
        [counts_slice(*k, {("Burglary", None): n}, k[1]) for k, n in later.items()], "more"
    )
    made = burglary(surges_of(lake.snapshot(), force("kent")))
    assert made.periods == ("2026-01", "2026-02")
    assert "fewer than" in made.reason
    before = burglary(surges_of(lake.snapshot(), force("kent"), Period.parse("2024-03")))
    assert before.periods[-1] == "2024-06"


def test_more_quarters_give_dates(tmp_path):
    """Four quarters say which; when more are loaded, the same surge has its dates."""
    draw = np.random.default_rng(6)
    lake = Lake(tmp_path)
    ids = ["kent", *(f.id for f in forces() if f.id != "kent")][:14]
    mean = np.full((14, 12), 400.0)
    mean[0, 1] *= 2
    counts = draw.poisson(mean)
    said = []
    for quarters in (slice(0, 4), slice(4, 12)):
        pieces = [
            quarter_slice(area, str(Period.parse("2017-Q2").shift(q)), {"Robbery": counts[i, q]})
            for i, area in enumerate(ids)
            for q in range(12)[quarters]
        ]
        lake.replace(pieces, "made up")
        report = surges_of(lake.snapshot(), force("kent"), Period.parse("2017-07"))
        said.append(next(s for s in report.series if s.indicator.id == "robbery-quarterly-rate"))
    assert [s.verdict for s in said] == ["surge", "surge"]
    assert [s.dated for s in said] == [False, True]
    assert [(s.surges[0].rise, s.surges[0].back) for s in said] == [("2017-Q3", "2017-Q4")] * 2


def test_every_counted_indicator_is_looked_at_or_has_a_reason(bundled_lake):
    report = surges_of(bundled_lake.snapshot(), force("cambridgeshire"))
    looked = {s.indicator.id for s in report.series} | set(report.lacking)
    assert looked == {
        n
        for n, i in indicators().items()
        if i.chance and i.unit in ("rate", "count") and 0 < i.period.every < 12
    }


def test_an_indicator_of_ones_own_takes_part(tmp_path, monkeypatch):
    definition = """
title = "Burglaries in a month"
questions = ["preventing-crime"]
table = "crime_counts"
numerator = "SUM(CASE WHEN crime_type = 'Burglary' THEN crimes END)"
unit = "count"
polarity = "lower"
why = "A test asks."
source = "made up"
"""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "burglaries.toml").write_text(definition)
    monkeypatch.setenv("OPENPEEL_INDICATORS", str(tmp_path / "own"))
    lake = made_counts(tmp_path / "lake", surge=(5, 6, 7))
    report = surges_of(lake.snapshot(), force("kent"))
    mine = next(s for s in report.series if s.indicator.id == "burglaries")
    assert (mine.verdict, mine.surges[0].rise) == ("surge", "2024-06")
    np.testing.assert_array_equal(mine.values, mine.counts)


def test_the_city_of_london_has_surges_though_it_has_no_rates(bundled_lake):
    report = surges_of(bundled_lake.snapshot(), force("city-of-london"), Period.parse("2017-Q3"))
    judged = [s for s in report.series if s.verdict != "not-judged"]
    assert len(judged) > 5
    assert all(np.isnan(s.values).all() for s in judged)
    assert all(s.values_reason.startswith("Few people live there") for s in judged)


def test_few_surges_are_called_in_the_real_quarters_of_all_forces(bundled_lake):
    snapshot = bundled_lake.snapshot()
    counted = [i for i in indicators().values() if i.table == "recorded_crime" and i.unit == "rate"]
    areas = [f.id for f in forces()]
    periods = [Period.parse("2017-Q2").shift(i) for i in range(4)]
    said = []
    for found in observe_all(snapshot, counted).values():
        kept = replace(found, value=found.numerator)
        counts = kept.grid(areas, [str(p) for p in periods])
        for row in range(len(areas)):
            told = expectation(counts, row, periods)
            said.append(search(counts, row, told, 3, np.array([False, True, True, False])).answer)
    called, series = re.search(r"Of the (\d+) real series .*, (\d+) have a surge", PAGE).groups()[
        ::-1
    ]
    assert (said.count("surge"), len(said)) == (int(called), int(series))
