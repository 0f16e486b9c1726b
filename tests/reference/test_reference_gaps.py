import pytest

from openpeel.errors import NotKnown
from openpeel.reference import Period, recognise, stated_gap, stated_gaps, whole_column


def test_greater_manchester_street_crime_is_stated_from_july_2019():
    assert stated_gap("greater-manchester", "crime_counts", "2019-06") is None
    gap = stated_gap("greater-manchester", "crime_counts", "2019-07")
    assert gap is not None
    assert gap is stated_gap("greater-manchester", "crime_counts", "2026-07")
    assert ("IT systems" in gap.reason, gap.part) == (True, False)
    assert gap.source_url.startswith("https://")


@pytest.mark.parametrize(
    ("force_id", "table", "period"),
    [
        ("greater-manchester", "crime_counts", "2026-08"),  # no source reaches so far
        ("greater-manchester", "population", "2020-01"),
        ("metropolitan", "crime_counts", "2025-01"),  # absent, but nobody says why
        ("lancashire", "arrests", "2016/17"),
        ("greater-manchester", "recorded_crime", "2020-Q1"),
    ],
)
def test_an_absence_without_a_statement_stays_unexplained(force_id, table, period):
    assert stated_gap(force_id, table, period) is None


def test_statements_are_of_quarters_and_years_too():
    arrests = stated_gap("lancashire", "arrests", "2017/18")
    assert (arrests.period, arrests.part) == (Period.of_run("2017-04", "2018-03"), False)
    quarter = stated_gap("greater-manchester", "crime_outcomes", Period.parse("2019-Q4"))
    assert "July to December 2019" in quarter.reason


def test_a_period_that_is_stated_only_in_part_is_not_explained():
    """Half of 2019 is stated for Greater Manchester: that is no reason for the year."""
    assert stated_gap("greater-manchester", "crimes", "2019-07/2019-12") is not None
    assert stated_gap("greater-manchester", "crimes", "2019") is None


def test_a_part_may_be_stated():
    gap = stated_gap("staffordshire", "arrests", "2006/07")
    assert gap.part


def test_what_is_no_period_is_an_error():
    with pytest.raises(NotKnown, match="no period"):
        stated_gap("kent", "arrests", "last year")


def test_every_gap_names_its_source_and_a_force():
    for gap in stated_gaps():
        assert recognise(gap.force_id).id == gap.force_id
        assert gap.source
        assert gap.reason.endswith(".")


def test_a_table_has_one_column_that_tells_a_part_from_the_whole_or_none():
    assert whole_column("crime_outcomes") == "offence_group"
    assert whole_column("crimes") == ""
