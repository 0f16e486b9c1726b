"""Indicators over quarterly and yearly tables, against sums made by hand from real rows.

The rows are excerpts: the sums beside each figure are of the excerpt, which holds Cambridgeshire
whole but for arrests (two groups of offences), and the other forces in a few rows.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from made_lakes import origin

from openpeel.errors import NotComputable
from openpeel.indicators import indicator, indicators, observe
from openpeel.lake import Lake, Slice
from openpeel.profiles import Assessor, comparison, trace
from openpeel.publish.data import comparison_data
from openpeel.publish.terminal import comparison_text, trace_text
from openpeel.reference import Period
from openpeel.signals.disparity import rate_ratio
from openpeel.sources import contract, load

DATA = Path(__file__).parents[1] / "data"
CARRIED = Path(__file__).parents[2] / "src/openpeel/bundled"
HOME_OFFICE = (
    "arrests-2006-07-to-2017-18.csv",
    "crime-severity-score.csv",
    "outcomes-2018-19-q2-cambridgeshire.csv.gz",
    "outcomes-open-data-2017-18.csv",
    "prc-pfa-mar2013-onwards-tables201718.csv",
    "stop-and-search-2006-07-to-2018-19.csv",
    "use-of-force-2017-18-excerpt.ods",
    "use-of-force-2019-20-excerpt.ods",
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A lake of the excerpts, the census and the mid-year populations."""
    lake = Lake(tmp_path_factory.mktemp("tables") / "lake")
    paths = [DATA / "home_office" / name for name in HOME_OFFICE]
    paths += sorted((DATA / "workforce").iterdir())
    paths.append(CARRIED / "workforce" / "police-grant-2025-26.csv")
    paths += (CARRIED / "population").iterdir()
    paths.append(DATA / "police_uk" / "2019-06-greater-manchester-stop-and-search.csv")
    load(lake, paths)
    return lake.snapshot()


def figure(snapshot, name, period, force="cambridgeshire"):
    """The observation of an indicator, a force and a period of its table."""
    found = observe(snapshot, indicator(name)).of(force)
    return found.where(found.period == period)


# Per resident: mid-2017 847,151; mid-2018 852,523; mid-2019 855,796; mid-2020 859,830.
RATES = [
    ("searches-yearly-rate", "2018/19", 1757 / 852_523 * 1000),
    ("arrests-rate", "2017/18", 1279 / 847_151 * 1000),
    ("recorded-crime-quarterly-rate", "2017-Q2", 17_126 / 847_151 * 1000),
    ("recorded-crime-quarterly-rate", "2018-Q1", 15_067 / 852_523 * 1000),
    ("robbery-quarterly-rate", "2017-Q4", 201 / 847_151 * 1000),
    ("residential-burglary-quarterly-rate", "2017-Q3", 1124 / 847_151 * 1000),
    ("officers-rate", "2022-03", 1644.714 / 859_830 * 1000),
    ("pcso-rate", "2022-03", 29.4757 / 859_830 * 1000),
    ("special-constables-rate", "2022-03", 129 / 859_830 * 1000),
    ("central-grant-per-resident", "2025/26", 104_239_821 / 859_830),
    ("force-incidents-rate", "2019/20", 4629 / 855_796 * 1000),
    ("taser-rate", "2019/20", 208 / 855_796 * 1000),
]
SHARES = [
    ("search-arrest-yearly-share", "2018/19", 291, 1757),
    ("drugs-search-arrest-yearly-share", "2018/19", 186, 1079),
    ("weapons-search-arrest-yearly-share", "2018/19", 48 + 2, 317 + 8),
    ("theft-search-arrest-yearly-share", "2018/19", 15 + 38, 78 + 258),
    ("charged-quarterly-share", "2018-Q3", 1374, 16_972),
    ("evidential-victim-supports-quarterly-share", "2018-Q3", 1911, 16_972),
    ("victim-does-not-support-quarterly-share", "2018-Q3", 892 + 2772, 16_972),
    ("no-suspect-quarterly-share", "2018-Q3", 8687, 16_972),
    ("out-of-court-quarterly-share", "2018-Q3", 22 + 158 + 1 + 269, 16_972),
    ("prevented-quarterly-share", "2018-Q3", 7 + 33 + 306 + 26 + 49 + 6 + 82 + 17, 16_972),
    ("violence-charged-quarterly-share", "2018-Q3", 502, 4567),
    ("violence-victim-does-not-support-quarterly-share", "2018-Q3", 379 + 1719, 4567),
    ("women-officers-share", "2022-03", 580, 1671),
    ("women-senior-officers-share", "2022-03", 23, 108),
    ("constables-per-sergeant", "2022-03", 1297.475, 239.239),
    ("staff-per-officer", "2022-03", 804.135 + 22, 1644.714),
    ("control-room-officers-share", "2021", 23.7515, 1582.163),
    ("response-officers-share", "2021", 600.8085, 1582.163),
    ("taser-discharged-share", "2017/18", 18, 18 + 129),
    ("crime-severity-score", "2023", 13.021318, 1),
]


@pytest.mark.parametrize(("name", "period", "value"), RATES)
def test_rates_are_per_resident_of_the_nearest_mid_year(tables, name, period, value):
    assert figure(tables, name, period).value == pytest.approx([value], rel=1e-5)


@pytest.mark.parametrize(("name", "period", "numerator", "denominator"), SHARES)
def test_parts_and_wholes_are_those_of_the_rows(tables, name, period, numerator, denominator):
    found = figure(tables, name, period)
    assert found.reason.tolist() == [""]
    assert found.numerator == pytest.approx([numerator], rel=1e-5)
    assert found.denominator == pytest.approx([denominator], rel=1e-5)
    assert found.value == pytest.approx([numerator / denominator], rel=1e-5)


def test_shares_of_a_quarter_show_what_has_no_outcome_yet(tables):
    assert figure(tables, "charged-quarterly-share", "2018-Q3").unresolved == [156 / 16_972]
    assert figure(tables, "violence-charged-quarterly-share", "2018-Q3").unresolved == [25 / 4567]


@pytest.mark.parametrize("name", sorted(n for n, i in indicators().items() if i.needs))
def test_whoever_needs_a_whole_file_gets_no_figure_from_a_part(tables, name):
    """Some offences are no file of all; before 2016 functions had other names."""
    definition = indicator(name)
    part = {
        "crime_outcomes": ("2017-Q2", "cambridgeshire"),
        "recorded_crime": ("2017-Q4", "lancashire"),
        "officers_by_function": ("2012", "cambridgeshire"),
    }
    found = figure(tables, name, *part[definition.table])
    assert np.isnan(found.value).all()
    assert found.reason.tolist() == [
        f"a part only: the loaded file has no '{definition.needs[0].value}' of the force"
    ]


def test_a_row_that_adds_up_the_others_is_not_counted_again(tables):
    """In 2016 'total' stands among local policing: 1,361.95 beside functions of 1,375.60."""
    found = figure(tables, "local-policing-officers-share", "2016")
    assert found.denominator == pytest.approx([1375.6], abs=0.005)
    rows = tables.table("officers_by_function").to_pylist()
    local = [
        row["officers"]
        for row in rows
        if (row["force_id"], row["year"]) == ("cambridgeshire", "2016")
        and row["function_group"] == "local policing"
    ]
    assert found.numerator == pytest.approx([sum(local) - 1361.95])
    assert 0 < found.value[0] < 1


def test_public_protection_is_the_same_before_and_after_it_had_a_group(tables):
    """In 2016 it is one row among investigations: there once, and not in both."""
    assert figure(tables, "public-protection-officers-share", "2016").numerator == [170.14]
    together = figure(tables, "investigation-officers-share", "2016").numerator[0] + 170.14
    rows = tables.table("officers_by_function").to_pylist()
    of_group = [
        row["officers"]
        for row in rows
        if (row["force_id"], row["year"]) == ("cambridgeshire", "2016")
        and row["function_group"] == "investigations"
    ]
    assert together == pytest.approx(sum(of_group))


def test_officers_are_held_against_march_2013(tables):
    definition = indicator("officers")
    assert definition.against is not None
    then = figure(tables, "officers", definition.against.period)
    now = figure(tables, "officers", "2022-03")
    assert (then.value[0], now.value[0]) == (pytest.approx(1383.66), pytest.approx(1644.714))


def test_counts_of_two_years_are_not_added_up(tables):
    with pytest.raises(NotComputable, match="such counts are not added up"):
        observe(tables, indicator("officers"), Period.parse("2013-03/2022-03"))
    one = observe(tables, indicator("officers"), Period.parse("2022-03")).of("cambridgeshire")
    assert one.value == pytest.approx([1644.714])


def test_a_year_is_four_quarters_or_no_figure(tables):
    year = Period.parse("2017/18")
    found = observe(tables, indicator("robbery-quarterly-rate"), year)
    assert found.of("cambridgeshire").numerator.tolist() == [162 + 157 + 201 + 149]
    assert found.of("lancashire").reason.tolist() == ["2 of 4 quarters can be used"]
    with pytest.raises(NotComputable, match="March 2018 is not made of whole quarters"):
        observe(tables, indicator("robbery-quarterly-rate"), Period.parse("2018-03"))


# Residents at the census of 2011. Cambridgeshire: White 726,531, Black 10,174, Mixed 16,029;
# Greater Manchester: White 2,248,123, Black 74,097, Asian 272,173; Wiltshire: see the test.
RATIOS = [
    ("search-disparity-black", "cambridgeshire", "2018/19", (98, 10_174, 1059, 726_531, 305, 1668)),
    ("search-disparity-mixed", "cambridgeshire", "2018/19", (71, 16_029, 1059, 726_531, 305, 1668)),
    ("arrest-disparity-black", "cambridgeshire", "2017/18", (166, 10_174, 904, 726_531, 35, 1279)),
    (
        "search-disparity-black-monthly",
        "greater-manchester",
        "2019-06",
        (113, 74_097, 498, 2_248_123, 64, 867),
    ),
    (
        "search-disparity-asian-monthly",
        "greater-manchester",
        "2019-06",
        (142, 272_173, 498, 2_248_123, 64, 867),
    ),
    ("force-disparity-black", "wiltshire", "2019/20", (157, 6089, 2402, 642_869, 328, 3026)),
    ("taser-disparity-black", "wiltshire", "2019/20", (26, 6089, 182, 642_869, 29, 255)),
]


@pytest.mark.parametrize(("name", "force", "period", "parts"), RATIOS)
def test_a_ratio_shows_all_that_it_was_made_of(tables, name, force, period, parts):
    events, residents, reference, reference_residents, not_stated, of_all = parts
    found = figure(tables, name, period, force)
    groups = found.groups
    assert groups is not None
    assert (found.numerator[0], groups.residents[0]) == (events, residents)
    assert (groups.reference[0], groups.reference_residents[0]) == (reference, reference_residents)
    assert (groups.not_stated[0], groups.events[0]) == (not_stated, of_all)
    expected = (events / residents) / (reference / reference_residents)
    assert found.value[0] == pytest.approx(expected)
    assert found.denominator_year.tolist() == ["2011"]


def test_the_bounds_put_everybody_unknown_in_one_of_the_groups(tables):
    groups = figure(tables, "search-disparity-black", "2018/19").groups
    assert groups is not None
    made = rate_ratio(98, groups.residents, groups.reference, groups.reference_residents, 305)
    assert made.least == pytest.approx([(98 / 10_174) / ((1059 + 305) / 726_531)])
    assert made.most == pytest.approx([((98 + 305) / 10_174) / (1059 / 726_531)])
    assert made.lower < 6.608 < made.upper


def test_every_ratio_is_worked_out_here():
    ratios = {name for name, made in indicators().items() if made.unit == "ratio"}
    assert {name for name, *_ in RATIOS} == ratios


def test_fewer_than_ten_of_a_group_make_no_ratio(tables):
    """Wiltshire's excerpt of 2018/19 has searches of nobody; its arrests are of White people."""
    found = figure(tables, "arrest-disparity-black", "2017/18", "wiltshire")
    assert np.isnan(found.value).all()
    assert found.reason.tolist() == ["too few to compare: under 10 in one of the groups"]


def test_where_most_levels_are_not_stated_no_share_of_discharges_is_made(tables):
    """Hampshire 2017/18: of 158 uses 152 have no level, and none of the six was a discharge."""
    assert np.isnan(figure(tables, "taser-discharged-share", "2017/18", "hampshire").value).all()
    assert figure(tables, "taser-rate", "2017/18", "hampshire").numerator.tolist() == [158]


def test_searches_whose_arrests_were_filed_elsewhere_have_no_share(tmp_path):
    """West Midlands 2006/07: 12,479 searches for drugs, all its arrests under other reasons."""
    table = contract("searches")
    common = {"year": "2006/07", "force_id": "west-midlands", "legislation": "Section 1 (PACE)"}
    common |= {"ethnic_group": "White", "ethnicity": "White British"}
    rows = [
        common | {"reason": "Drugs", "searches": 12_479, "arrests": None},
        common | {"reason": "Other", "searches": None, "arrests": 1440},
    ]
    made = pa.Table.from_pylist(rows, schema=table.stored)
    lake = Lake(tmp_path / "lake")
    sums = origin("sums", file="sums-of-real-rows.csv")
    lake.replace([Slice(table, "2006/07", "west-midlands", made, sums, 2)], "sums")
    found = observe(lake.snapshot(), indicator("drugs-search-arrest-yearly-share"))
    assert found.reason.tolist() == ["nothing to divide by: the denominator is zero or absent"]


def test_the_city_of_london_has_no_severity_score_and_no_rate(tables):
    score = observe(tables, indicator("crime-severity-score")).of("city-of-london")
    assert len(score) == 21
    assert np.isnan(score.value).all()
    rate = figure(tables, "central-grant-per-resident", "2025/26", "city-of-london")
    assert rate.reason[0].startswith("Few people live there")


def test_what_was_not_given_is_no_number_on_any_face(tables):
    """The severity score of the City of London is a row without a number."""
    walked = trace(tables, "city-of-london", "crime-severity-score", "2023")
    assert walked.figure.numerator is None
    assert "observation  none given / 0\n" in trace_text(walked)
    found = comparison(Assessor(tables), "crime-severity-score")
    (city,) = (f for f in found.forces if f.force.id == "city-of-london")
    assert (city.numerator, city.value) == (None, None)


def test_who_divides_the_observation_of_a_trace_meets_the_figure(tables):
    walked = trace(tables, "cambridgeshire", "constables-per-sergeant", "2022-03")
    assert "observation  1,297.47575 / 239.23825\n" in trace_text(walked)


def test_a_comparison_says_of_when_its_residents_are_and_has_no_empty_limits(tables):
    found = comparison(Assessor(tables), "central-grant-per-resident")
    assert found.residents == ("Residents are of mid-2020, the nearest mid-year loaded.",)
    text = comparison_text(found)
    assert found.residents[0] in text
    assert "No limits." in text.splitlines()
    assert "95 %" not in text
    assert comparison_data(found)["residents"] == list(found.residents)


def test_a_month_that_looks_like_a_financial_year_is_told_apart(tables):
    with pytest.raises(NotComputable, match=r"by financial year, .* Write 2011/12 for"):
        trace(tables, "cambridgeshire", "arrests-rate", "2011-12")
    with pytest.raises(
        NotComputable, match=r"December 2015 is not made of whole financial years.$"
    ):
        trace(tables, "cambridgeshire", "arrests-rate", "2015-12")


def test_a_force_that_gave_no_numbers_has_no_rate_rather_than_none(tables):
    """Lancashire's arrests of 2017/18 are NA throughout."""
    found = figure(tables, "arrests-rate", "2017/18", "lancashire")
    assert np.isnan(found.value).all()
    assert found.reason.tolist() == ["not given: the loaded file has no number"]


def test_999_calls_are_held_against_nine_in_ten(tmp_path):
    """Synthetic: no published file of the answering times is at hand."""
    table = contract("emergency_calls")
    row = {"month": "2022-01", "force_id": "kent", "calls": 1000, "under_10": 710}
    row |= {"from_10_to_60": 250, "from_60": 40, "mean_seconds": 12.0, "median_seconds": 6.0}
    made = pa.Table.from_pylist([row], schema=table.stored)
    lake = Lake(tmp_path / "lake")
    made_up = origin("synthetic", file="synthetic-999.csv")
    lake.replace([Slice(table, "2022-01", "kent", made, made_up, 1)], "synthetic")
    within = indicator("emergency-calls-within-10-seconds-share")
    assert observe(lake.snapshot(), within).value.tolist() == [0.71]
    late = indicator("emergency-calls-over-60-seconds-share")
    assert observe(lake.snapshot(), late).value.tolist() == [0.04]
    standard = within.standard_on(date(2022, 1, 31))
    assert standard is not None
    assert standard.value == 0.9
