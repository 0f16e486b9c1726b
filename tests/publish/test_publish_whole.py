"""All that openpeel carries, on every face: by month, quarter and year, and ratios of groups."""

import re

import pytest
from page_reading import faults, read_page

from openpeel.profiles import comparison, trace
from openpeel.publish.page import Pages, force_page
from openpeel.publish.terminal import comparison_text, profile_text, trace_text

FORCES = ("cambridgeshire", "greater-manchester", "city-of-london")


@pytest.fixture(scope="module")
def whole_pages(whole_assessor):
    return {f: read_page(force_page(whole_assessor, f)) for f in FORCES}


def test_thirty_indicators_have_a_figure(whole_assessor):
    shown = whole_assessor.profile("cambridgeshire").indicators
    assert len({v.indicator.id for v in shown if v.latest.value is not None}) >= 30


@pytest.mark.parametrize("force", FORCES)
def test_a_page_is_sound_and_every_figure_links_to_its_trace(whole_pages, force):
    page = whole_pages[force]
    assert faults(page) == []
    rows = {a["id"] for tag, a in page.attributes if tag in ("tr", "p") and "id" in a}
    assert {href[1:] for href, _ in page.figures} <= rows


def test_officers_stand_against_those_of_march_2013(whole_assessor, whole_pages):
    """Home Office workforce open data: 1,383.66 in March 2013, 1,644.71 in March 2022."""
    view = next(
        v
        for v in whole_assessor.profile("cambridgeshire").indicators
        if v.indicator.id == "officers"
    )
    assert view.against.period == "2013-03"
    assert view.against.value == pytest.approx(1383.66, abs=0.01)
    assert view.latest.value == pytest.approx(1644.71, abs=0.01)
    said = "March 2022 is 18.9 % above March 2013"
    assert said in re.sub(r"\s", " ", whole_pages["cambridgeshire"].text)
    text = profile_text(whole_assessor.profile("cambridgeshire"), verbose=True)
    assert said in " ".join(text.split())
    assert view.trend.state == "no limits: people decide it, it is not left to chance"
    assert view.position is None


def test_a_ratio_says_what_it_is_made_of_and_how_sure_it_is(whole_assessor, whole_pages):
    made = trace(whole_assessor.snapshot, "cambridgeshire", "search-disparity-black", "2018/19")
    told = made.figure.disparity
    assert (told.events, told.reference_events) == (98, 1059)
    assert told.lower < made.figure.value < told.upper
    assert told.least < made.figure.value < told.most
    for face in (trace_text(made), whole_pages["cambridgeshire"].text):
        said = re.sub(r"\s+", " ", face)
        assert "Black: 98 among 10,174 residents; White: 1,059 among 726,531" in said
        assert "95 % interval for chance: 5.32 to 8.13" in said
        assert "Ethnicity is not stated for 18.3 % of all: 5.13" in said
        assert "census of 2011" in said


def test_a_comparison_of_ratios_gives_each_force_its_own_interval(whole_assessor):
    made = comparison(whole_assessor, "search-disparity-black")
    mine = next(f for f in made.forces if f.force.id == "cambridgeshire")
    assert (round(mine.lower, 2), round(mine.upper, 2)) == (5.32, 8.13)
    text = comparison_text(made)
    assert "95 % interval" in text
    assert "against the limits" not in text
    city = next(f for f in made.forces if f.force.id == "city-of-london")
    assert city.value is None
    assert "Few people live there" in city.reason


def test_the_lines_of_every_kind_fit_80_columns(whole_assessor):
    for name in FORCES:
        for verbose in (False, True):
            text = profile_text(whole_assessor.profile(name), verbose=verbose)
            assert text.isascii()
            assert max(map(len, text.splitlines())) <= 80, name


def test_changes_of_definition_stand_on_the_page_and_in_the_chart(whole_assessor, whole_pages):
    view = next(
        v
        for v in whole_assessor.profile("cambridgeshire").indicators
        if v.trend and any(p.change for p in v.trend.points)
    )
    (changed, *_) = [p for p in view.trend.points if p.change]
    text = re.sub(r"\s+", " ", whole_pages["cambridgeshire"].text)
    assert f"Definition changed: {changed.change}" in text
    assert "Definition changed, marked D: " in text
    assert "Definition changed, " in text


@pytest.mark.parametrize("name", ["officers", "search-disparity-black", "charged-quarterly-share"])
def test_an_indicators_page_is_sound(whole_assessor, name):
    definition = whole_assessor.screened.screens[name].indicator
    page = read_page(
        Pages(whole_assessor, site=True).indicator(definition, comparison(whole_assessor, name))
    )
    assert faults(page) == []


def test_the_index_counts_tables_and_does_not_run_their_periods_together(whole_assessor):
    profile = whole_assessor.profile("greater-manchester")
    html = Pages(whole_assessor, site=True).index([profile], [])
    whole = sum(not view.gaps for view in profile.coverage)
    assert 0 < whole < len(profile.coverage)
    text = re.sub(r"\s+", " ", read_page(html).text)
    assert f"{whole} of {len(profile.coverage)}" in text
    assert "complete" not in text
