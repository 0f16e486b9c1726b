"""The back-test on made-up lakes with known truth: women among officers, and grades of legitimacy.

The share of women in March 2015 came out in July 2015, fieldwork on legitimacy began in May 2016:
the count of March 2016 came out too late.
"""

from dataclasses import asdict

import numpy as np
import pytest
from graded_lakes import AREAS, PILLARS, WOMEN, lake, officers, sliced, stated, whole
from made_lakes import counts_slice, population_slice

from openpeel.monitoring import backtest
from openpeel.monitoring.backtesting import FEWEST_EVENTS
from openpeel.monitoring.standings import FEWEST_FORCES, standings
from openpeel.reference import Period
from openpeel.sources import contract

MARCH = officers("2015-03", WOMEN)


def row_of(made, question="legitimacy", cycle="2016", score="worse"):
    """The one row of a back-test with this name."""
    found = backtest(made.snapshot(), resamples=200)
    (row,) = (r for r in found.rows if (r.cycle, r.question, r.score) == (cycle, question, score))
    return row


def by_women():
    """The fewer women, the worse the grade: 10 outstanding, 20 good, 9 and 4 worse than that."""
    order = sorted(AREAS, key=WOMEN.get, reverse=True)
    words = ["outstanding"] * 10 + ["good"] * 20 + ["requires-improvement"] * 9 + ["inadequate"] * 4
    return dict(zip(order, words, strict=True))


def test_a_planted_association_is_found(tmp_path):
    row = row_of(lake(tmp_path, whole(by_women()), *MARCH))
    assert (row.n, row.base_rate, row.incomplete, row.no_figure) == (43, 13 / 43, 0, 0)
    assert row.gamma == row.auc == 1
    assert row.p == 1 / 201, "no shuffle comes up to it"
    # Without a cycle before there are equal parts: 10 + 20 + 9 + 4 against 11 + 11 + 10 + 11.
    assert row.kappa > 0.5
    assert row.kappa_low <= row.kappa <= row.kappa_high
    assert (row.data_cutoff, row.data_to) == ("2016-05", "2015-03")
    assert row.indicators == ("women-officers-share",)
    assert row.last_grade_kappa is None
    assert "equal parts" in row.note


def test_the_other_way_round_is_found_as_the_other_way_round(tmp_path):
    turned = dict(zip(by_women(), reversed(by_women().values()), strict=True))
    row = row_of(lake(tmp_path, whole(turned), *MARCH))
    assert row.gamma == -1
    assert row.auc == 0
    assert row.kappa_high < 0


def test_where_there_is_none_none_is_found_beyond_chance(tmp_path):
    """Grades drawn without regard to anything, in all cycles with pillars: p is what it says."""
    draw = np.random.default_rng(11)
    words = ["outstanding", "good", "requires-improvement", "inadequate"]
    rows, slices = [], []
    for cycle, pillars in {
        "2015": PILLARS,
        "2016": PILLARS,
        "2017": PILLARS,
        "2018-19": PILLARS,
    }.items():
        rows += [
            stated(f, draw.choice(words, p=[0.1, 0.6, 0.25, 0.05]), p, cycle)
            for f in AREAS
            for p in pillars
        ]
    volunteers = {f: int(n) for f, n in zip(AREAS, draw.integers(50, 500, 43), strict=True)}
    for year in range(2014, 2019):
        women = dict(zip(AREAS, draw.permutation(range(200, 630, 10)), strict=True))
        slices += officers(f"{year}-03", women, volunteers)
    people = {f: int(n) for f, n in zip(AREAS, draw.integers(500_000, 900_000, 43), strict=True)}
    slices += [population_slice(str(year), people) for year in (2012, 2016)]
    found = backtest(lake(tmp_path, rows, *slices).snapshot(), resamples=200)
    assert found.tested == len(found.rows) >= 10
    assert found.below <= 2  # of a dozen; 3 or more by chance in one of fifty
    assert all(row.gamma_low < row.gamma_high for row in found.rows)


def test_later_data_change_nothing(tmp_path):
    """Not a later count, not a later count of residents, not a grade that came afterwards."""
    rows = whole(by_women())
    volunteers = {area: 100 + 3 * i for i, area in enumerate(AREAS)}
    people = {area: 500_000 + 7_000 * (i % 9) for i, area in enumerate(AREAS)}
    before = [*officers("2015-03", WOMEN, volunteers), population_slice("2013", people)]
    turned = {area: 830 - number for area, number in WOMEN.items()}
    grown = {area: 900_000 - 9_000 * (i % 7) for i, area in enumerate(AREAS)}
    after = [
        *officers("2016-03", turned, dict.fromkeys(AREAS, 7)),
        population_slice("2015", grown),  # nearest to March 2015, and out in June 2016
        population_slice("2016", grown),
    ]
    later = [stated(f, "inadequate", p, "2017") for f in AREAS for p in PILLARS]
    lean = lake(tmp_path / "lean", rows, *before)
    full = lake(tmp_path / "full", rows + later, *before, *after)
    for score, question in (("worse", "legitimacy"), ("unusual", "efficiency")):
        assert row_of(lean, question, score=score) == row_of(full, question, score=score)
    # Fieldwork on effectiveness began in September: by then all of it was out.
    changed = [row_of(made, "effectiveness", score="unusual") for made in (lean, full)]
    assert [row.data_to for row in changed] == ["2015-03", "2016-03"]


def test_what_is_older_than_two_years_is_no_signal(tmp_path):
    made = lake(tmp_path, whole(by_women()), *officers("2014-03", WOMEN))
    found = backtest(made.snapshot(), resamples=20)
    (why,) = (
        one.why
        for one in found.left_out
        if (one.cycle, one.question) == ("2016", "legitimacy") and one.score == "worse"
    )
    assert "not too old" in why
    assert standings(made.snapshot(), Period.parse("2015-05"))


@pytest.mark.parametrize(("made_in", "out"), [("2018-06", True), ("2018-07", False)])
def test_figures_made_after_the_cut_off_are_not_used(tmp_path, made_in, out):
    """Outcomes of 2017 as they stood in a later download were not known before."""
    months = Period.parse("2017-07/2018-06").parts("month")
    counts = [
        counts_slice(area, str(month), {("Burglary", None): 50 + 9 * i}, made_in)
        for i, area in enumerate(AREAS[:12])
        for month in months
    ]
    people = population_slice("2016", dict.fromkeys(AREAS, 600_000))
    made = lake(tmp_path, [], *counts, people).snapshot()
    assert ("burglary-rate" in standings(made, Period.parse("2018-09"))) is out


@pytest.mark.parametrize(("censuses", "out"), [(["2011"], True), (["2011", "2021"], False)])
def test_residents_of_a_later_census_are_not_used(tmp_path, censuses, out):
    """The census of 2021 is as near to 2016/17 as that of 2011, and came out later."""
    groups = ("White", "Black or Black British")
    bare = dict.fromkeys([c.name for c in contract("searches").columns])
    searched = [
        sliced(
            "searches",
            "2016/17",
            area,
            [
                bare
                | {"year": "2016/17", "force_id": area, "legislation": "PACE", "reason": "Drugs"}
                | {"ethnic_group": group, "ethnicity": group, "searches": 100 + i * j, "arrests": 9}
                for j, group in enumerate(groups, 2)
            ],
        )
        for i, area in enumerate(AREAS)
    ]
    columns = [c.name for c in contract("ethnicity").columns][2:]
    residents = [
        sliced(
            "ethnicity",
            "",
            year,
            [{"year": year, "force_id": a, **dict.fromkeys(columns, 5000)} for a in AREAS],
        )
        for year in censuses
    ]
    made = lake(tmp_path, [], *searched, *residents).snapshot()
    assert ("search-disparity-black" in standings(made, Period.parse("2018-09"))) is out


def test_what_has_no_worse_way_is_judged_by_how_far_it_is_from_the_others(tmp_path):
    """Special constables: the fewest and the most are graded worst, the middle best."""
    volunteers = {area: 100 + 10 * i for i, area in enumerate(AREAS)}
    apart = {area: abs(i - 21) for i, area in enumerate(AREAS)}
    grades = {a: "good" if far < 11 else "requires-improvement" for a, far in apart.items()}
    rows = [stated(a, grade, "efficiency") for a, grade in grades.items()]
    rows += [stated(a, "good", p) for a in AREAS for p in ("effectiveness", "legitimacy")]
    people = {area: 600_000 for area in AREAS if area != "city-of-london"}
    figures = [*officers("2015-03", WOMEN, volunteers), population_slice("2013", people)]
    row = row_of(lake(tmp_path, rows, *figures), "efficiency", score="unusual")
    assert row.indicators == ("special-constables-rate",)
    assert (row.n, row.no_figure) == (42, 1), "City of London has no rate per resident"
    assert row.auc > 0.95
    assert row.p < 0.05


def test_the_order_of_rows_and_files_changes_nothing(tmp_path):
    rows = whole(by_women())
    one = lake(tmp_path / "one", rows, *MARCH)
    other = lake(tmp_path / "other", rows[::-1], *MARCH[::-1])
    assert backtest(one.snapshot(), 50) == backtest(other.snapshot(), 50)


def test_other_names_for_the_forces_change_no_figure(tmp_path):
    """Intervals and p are drawn at random, and follow the order of names."""
    renamed = dict(zip(AREAS, np.random.default_rng(5).permutation(AREAS), strict=True))
    grades = {renamed[area]: grade for area, grade in by_women().items()}
    grades[renamed["kent"]] = "outstanding"
    women = {renamed[area]: number for area, number in WOMEN.items()}
    one = row_of(lake(tmp_path / "a", whole(by_women() | {"kent": "outstanding"}), *MARCH))
    other = row_of(lake(tmp_path / "b", whole(grades), *officers("2015-03", women)))
    for field in ("n", "base_rate", "kappa", "auc", "gamma"):
        assert getattr(one, field) == pytest.approx(getattr(other, field))


def test_a_force_without_a_complete_set_takes_no_part(tmp_path):
    """Partial sets are no random part: the press names the best and the worst."""
    lacking = AREAS[:5]
    rows = [
        r
        for r in whole(by_women())
        if not (r["force_id"] in lacking and r["question"] == "efficiency")
    ]
    row = row_of(lake(tmp_path, rows, *MARCH))
    assert (row.n, row.incomplete) == (38, 5)
    scored = {a: g for a, g in by_women().items() if a not in lacking}
    bad = sum(grade in ("requires-improvement", "inadequate") for grade in scored.values())
    assert row.base_rate == bad / 38


def test_too_few_complete_sets_are_left_out_with_the_reason(tmp_path):
    few = dict(list(by_women().items())[: FEWEST_FORCES - 1])
    found = backtest(lake(tmp_path, whole(few), *MARCH).snapshot(), resamples=20)
    assert not found.rows
    (why,) = (o.why for o in found.left_out if (o.cycle, o.question) == ("2016", "legitimacy"))
    assert why == f"{FEWEST_FORCES - 1} forces have a complete set of grades, and a test needs 10"


def test_a_grade_carried_over_is_no_fresh_judgment_and_is_counted(tmp_path):
    rows = [
        r | {"status": "carried-over"}
        if r["force_id"] in AREAS[:7] and r["question"] == "legitimacy"
        else r
        for r in whole(by_women())
    ]
    row = row_of(lake(tmp_path, rows, *MARCH))
    assert (row.n, row.carried_over, row.incomplete) == (36, 7, 0)


def test_inferred_grades_and_missing_ones_are_not_used(tmp_path):
    rows = whole(by_women())
    rows += [stated(f, "inadequate", basis="inferred", part=f"{f}/inferred") for f in AREAS]
    plain = row_of(lake(tmp_path / "a", whole(by_women()), *MARCH))
    assert row_of(lake(tmp_path / "b", rows, *MARCH)) == plain
    rows = [
        r | {"grade": "not-graded"}
        if (r["force_id"], r["question"]) == ("kent", "legitimacy")
        else r
        for r in whole(by_women())
    ]
    assert row_of(lake(tmp_path / "c", rows, *MARCH)).n == 42


@pytest.mark.parametrize(
    ("dates", "n"),
    [
        (("2016-12-08", "2017-05-01"), 43),
        (("2016", "2017-05-01"), 43),
        (("2016-12-08", ""), 43),
        (("2016", "2016-12-08"), 42),
        (("", ""), 42),
    ],
)
def test_a_grade_changed_afterwards_counts_as_first_published(tmp_path, dates, n):
    """Where none of two is surely the first, the force has no grade, and no complete set."""
    rows = [
        r for r in whole(by_women()) if (r["force_id"], r["question"]) != ("kent", "legitimacy")
    ]
    first = by_women()["kent"]
    other = "good" if first != "good" else "inadequate"
    rows += [
        stated("kent", grade, published=day, source_row=i)
        for i, (grade, day) in enumerate(zip((first, other), dates, strict=True), 1)
    ]
    row = row_of(lake(tmp_path, rows, *MARCH))
    assert row.n == n
    assert row.gamma == 1


def test_the_last_grade_is_carried_forward_only_where_the_framework_compares(tmp_path):
    rows = whole(by_women()) + whole(by_women(), cycle="2015", published="2016-02-11")
    row = row_of(lake(tmp_path, rows, *MARCH))
    assert (row.last_grade_kappa, row.last_grade_n) == (1, 43)
    assert row.kappa == 1, "allotted in the shares of 2015, which are those of 2016"
    assert "as last" in row.note
    rows = whole(by_women(), cycle="2015", published="2016-02-11")
    row = row_of(lake(tmp_path / "2015", rows, *officers("2014-03", WOMEN)), cycle="2015")
    assert row.last_grade_kappa is None
    assert "2014 may not be compared with 2015" in row.note


def test_what_is_not_defined_is_none_with_a_reason(tmp_path):
    """All grades alike; then fewer bad ones than an interval can rest on. Never NaN."""
    same = row_of(lake(tmp_path / "same", whole(dict.fromkeys(AREAS, "good")), *MARCH))
    assert same.base_rate == 0
    assert same.gamma is same.p is same.auc is same.auc_low is None
    assert "no AUC: 0 of 43" in same.note
    assert "gamma is not defined" in same.note
    assert all(value == value for value in asdict(same).values())
    grades = dict.fromkeys(AREAS, "good") | dict.fromkeys(AREAS[: FEWEST_EVENTS - 1], "inadequate")
    few = row_of(lake(tmp_path / "few", whole(grades), *MARCH))
    assert few.auc is None
    assert few.gamma is not None


def test_forces_that_are_all_alike_have_no_score(tmp_path):
    made = lake(tmp_path, whole(by_women()), *officers("2015-03", dict.fromkeys(AREAS, 300)))
    found = backtest(made.snapshot(), resamples=20)
    assert not found.rows


def test_a_lake_without_grades_or_without_figures_tests_nothing(tmp_path):
    graded = backtest(lake(tmp_path / "a", whole(by_women())).snapshot())
    figured = backtest(lake(tmp_path / "b", [], *MARCH).snapshot())
    for found in (graded, figured):
        assert found.rows == ()
        assert (found.tested, found.below, found.apart) == (0, 0, (0, 0))
        assert all(one.why for one in found.left_out)
    assert {one.why for one in figured.left_out} == {"no published grade is loaded"}


def test_nothing_that_comes_out_is_about_one_force(tmp_path):
    found = backtest(lake(tmp_path, whole(by_women()), *MARCH).snapshot(), resamples=20)
    told = repr(found)
    assert not [area for area in AREAS if f"'{area}'" in told]
    assert not [v for row in found.rows for v in asdict(row).values() if isinstance(v, np.ndarray)]


def test_the_bundled_grades_take_part_where_their_sets_are_complete(bundled_lake):
    """The forces with complete five-grade sets are those that the collection itself lists."""
    found = backtest(bundled_lake.snapshot(), resamples=20)
    taking = {(row.cycle, row.scope): row.n + row.no_figure for row in found.rows}
    assert taking["2021-22", "question"] == 12
    assert taking["2023-25", "question"] == 20
    # Published totals lack Derbyshire and Humberside; Greater Manchester was twice not graded.
    assert taking["2017", "pillar"] == 40
    assert taking["2018-19", "pillar"] == 42  # no legitimacy grade of Surrey was found
    assert all(row.data_to < row.data_cutoff for row in found.rows)
    assert len(found.rows) + len({(o.cycle, o.question) for o in found.left_out}) > 60
