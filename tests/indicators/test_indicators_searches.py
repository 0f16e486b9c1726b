"""Indicators of stop and search, against counts made by hand from the real files."""

import csv
import shutil
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from made_lakes import archive, loaded

from openpeel.indicators import indicator, indicators, observe
from openpeel.lake import Lake
from openpeel.monitoring import doubtful_months, screen, screen_all
from openpeel.profiles import Assessor, comparison, trace
from openpeel.publish.page import Pages
from openpeel.publish.terminal import profile_text
from openpeel.sources import load
from openpeel.sources.police_uk.stop_and_search import HEADER

DATA = Path(__file__).parents[1] / "data" / "police_uk"
JUNE = DATA / "2019-06-greater-manchester-stop-and-search.csv"
POPULATION = files("openpeel") / "bundled/population/pfa-population-2001-to-2020.csv"
QUESTION = "police-powers-and-public-treatment"
OF_STOPS = {n for n, i in indicators().items() if i.table == "stop_counts" and not i.disparity}
NOTHING = ("A no further action disposal", "Nothing found - no further action")


@pytest.fixture(scope="module")
def mixed(crime_lake, tmp_path_factory):
    """The bundled data and all searches of the tests in one lake."""
    root = tmp_path_factory.mktemp("mixed") / "lake"
    shutil.copytree(crime_lake.root, root)
    lake = Lake(root)
    load(lake, sorted(DATA.glob("*-stop-and-search.csv")))
    return lake.snapshot()


@pytest.fixture(scope="module")
def assessor(mixed):
    return Assessor(mixed, today=date(2026, 11, 21))


def june(of=lambda row: True):
    """How many of the real rows of Greater Manchester, June 2019, are so."""
    with JUNE.open(newline="") as lines:
        return sum(1 for row in csv.DictReader(lines) if of(row))


def found(row):
    return row["Outcome"] not in NOTHING


EXPECTED = {
    "search-find-share": (june(found), 907),
    "drugs-search-find-share": (
        june(lambda r: found(r) and r["Object of search"] == "Controlled drugs"),
        june(lambda r: r["Object of search"] == "Controlled drugs"),
    ),
    "weapons-search-find-share": (
        june(lambda r: found(r) and r["Object of search"] in ("Offensive weapons", "Firearms")),
        june(lambda r: r["Object of search"] in ("Offensive weapons", "Firearms")),
    ),
    "stolen-goods-search-find-share": (
        june(lambda r: found(r) and r["Object of search"] == "Stolen goods"),
        june(lambda r: r["Object of search"] == "Stolen goods"),
    ),
    "search-arrest-share": (98, 907),
    "search-linked-share": (
        june(lambda r: found(r) and r[HEADER[13]] == "True"),
        june(lambda r: found(r) and r[HEADER[13]] in ("True", "False")),
    ),
    "search-ethnicity-not-stated-share": (
        june(
            lambda r: (
                r["Type"] != "Vehicle search"
                and r["Self-defined ethnicity"] in ("", "Other ethnic group - Not stated")
            )
        ),
        june(lambda r: r["Type"] != "Vehicle search"),
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_shares_are_those_of_the_rows(mixed, name):
    mine = observe(mixed, indicator(name)).of("greater-manchester")
    assert (mine.period.tolist(), mine.reason.tolist()) == (["2019-06"], [""])
    assert (mine.numerator[0], mine.denominator[0]) == EXPECTED[name]
    assert mine.value[0] == EXPECTED[name][0] / EXPECTED[name][1]


def test_every_share_of_searches_is_counted_here_by_hand():
    assert set(EXPECTED) | {"searches-rate"} == OF_STOPS
    assert EXPECTED["search-find-share"] == (202, 907)  # 705 of 907 no further action
    assert EXPECTED["search-linked-share"] == (142, 202)


def test_searches_are_per_resident_of_the_nearest_mid_year(mixed):
    mine = observe(mixed, indicator("searches-rate")).of("greater-manchester")
    with POPULATION.open(newline="", encoding="utf-8-sig") as lines:
        (people,) = [
            int(row["population"].replace(",", ""))
            for row in csv.DictReader(lines)
            if row["pfa21nm"] == "Greater Manchester" and row["mid_year"] == "2019"
        ]
    assert mine.denominator_year.tolist() == ["2019"]
    assert mine.value[0] == pytest.approx(907 / people * 1000)


def test_old_and_new_wordings_give_the_same_shares(mixed):
    """Of the first rows of Cambridgeshire: 4 of 7 with an outcome in 2017, 3 of 5 in 2024."""
    mine = observe(mixed, indicator("search-find-share")).of("cambridgeshire")
    assert mine.period.tolist() == ["2017-07", "2024-01"]
    assert mine.numerator.tolist() == [4, 3]
    assert mine.denominator.tolist() == [7, 5]
    arrests = observe(mixed, indicator("search-arrest-share")).of("cambridgeshire")
    assert arrests.numerator.tolist() == [3, 1]


def test_where_the_file_does_not_tell_what_is_linked_there_is_no_figure(mixed):
    mine = observe(mixed, indicator("search-linked-share")).of("metropolitan")
    assert np.isnan(mine.value).all()
    assert set(mine.reason) == {"nothing to divide by: the denominator is zero or absent"}


def test_searches_have_no_good_direction():
    assert indicator("searches-rate").polarity == "none"
    assert indicator("search-arrest-share").polarity == "none"


def test_all_stand_under_the_question_of_police_powers(assessor):
    (question,) = [q for q in assessor.profile("metropolitan").questions if q.question == QUESTION]
    shown = {v.indicator.id for v in question.historical}
    assert shown == OF_STOPS - {"search-linked-share"}
    assert {v.indicator.id for v in question.missing} & OF_STOPS == {"search-linked-share"}
    assert question.current == (), "the searches of 2020 are older than the cycle"
    rate = next(v for v in question.historical if v.indicator.id == "searches-rate")
    assert (rate.latest.period, rate.age_months) == ("2020-09", 74)
    assert {o.table for o in rate.provenance} == {"stop_counts", "population"}


def test_searches_within_the_cycle_are_current(assessor):
    profile = assessor.profile("cambridgeshire")
    (question,) = [q for q in profile.questions if q.question == QUESTION]
    assert {v.indicator.id for v in question.current} >= {"searches-rate", "search-find-share"}
    assert {v.latest.period for v in question.current} == {"2024-01"}
    assert {c.table for c in profile.coverage} == {"crime_counts", "population", "stop_counts"}


def test_crimes_are_screened_as_they_are_without_searches(mixed, snapshot):
    """The months of one table do not move the windows, charts or funnels of another."""
    alone, together = screen_all(snapshot), screen_all(mixed)
    assert set(together.screens) == set(alone.screens) | OF_STOPS
    for name, made in alone.screens.items():
        beside = together.screens[name]
        assert (made.window, made.periods) == (beside.window, beside.periods)
        assert made.compared == beside.compared
        np.testing.assert_array_equal(made.values, beside.values)


def test_a_force_of_which_nothing_was_loaded_says_why(assessor):
    profile = assessor.profile("greater-manchester")
    missing = {v.indicator.id: v for v in profile.missing}
    assert missing["burglary-rate"].missing.startswith("not published: Greater Manchester")
    (kent,) = [v for v in assessor.profile("kent").missing if v.indicator.id == "searches-rate"]
    assert kent.missing == "in no loaded file"
    assert kent.indicator.questions[1] == "treatment-of-the-public", "as its cycle has it"


def test_pages_and_terminal_show_searches(assessor):
    pages = Pages(assessor)
    profile = assessor.profile("metropolitan")
    title = indicator("searches-rate").title
    assert title in pages.force(profile)
    assert "Stops and searches per 1,000      Sep 2020" in profile_text(profile)
    page = pages.indicator(indicator("searches-rate"), comparison(assessor, "searches-rate"))
    assert "Metropolitan" in page


def test_a_figure_walks_back_to_its_file(mixed):
    walked = trace(mixed, "metropolitan", "searches-rate", "2020-07/2020-09")
    assert walked.figure.numerator == 450
    assert {o.table for o in walked.origins} == {"stop_counts", "population"}
    assert "stop_counts" in walked.sql


MONTHS = [f"2024-{m:02d}" for m in range(1, 8)]


def test_a_month_whose_crimes_are_doubted_keeps_its_searches(tmp_path):
    usual = {("Burglary", "Local resolution"): 50, ("Robbery", "Local resolution"): 50}
    odd = {("Drugs", "Local resolution"): 100}
    kent = ("kent", "Kent Police")
    crimes = archive(
        tmp_path / "crimes.zip", {(*kent, m): odd if m == "2024-04" else usual for m in MONTHS}
    )
    row = f"Person search,{{}}-15T12:00:00+00:00{',' * 10},Arrest,True,False"
    for month in MONTHS:
        path = tmp_path / f"{month}-kent-stop-and-search.csv"
        path.write_text("\n".join([",".join(HEADER), row.format(month)]))
    lake = loaded(tmp_path / "lake", crimes, *tmp_path.glob("*.csv"))
    doubts = doubtful_months(lake.snapshot())
    assert set(doubts) == {("kent", "2024-04")}
    stops = screen(lake.snapshot(), indicator("search-arrest-share"), doubts)
    assert stops.doubts == {}
    assert stops.yearly.of("kent").value.tolist() == [1.0]
    shoplifting = screen(lake.snapshot(), indicator("no-outcome-yet-share"), doubts)
    assert shoplifting.doubts == doubts
    walked = trace(lake.snapshot(), "kent", "search-arrest-share", "2024-01/2024-07")
    assert walked.figure.value == 1.0
    assert not any("doubtful" in note for note in walked.notes)
