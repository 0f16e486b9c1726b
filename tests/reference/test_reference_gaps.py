import pytest

from openpeel.reference import recognise, stated_gap, stated_gaps


def test_greater_manchester_street_crime_is_stated_from_july_2019():
    assert stated_gap("greater-manchester", "crime_counts", "2019-06") is None
    gap = stated_gap("greater-manchester", "crime_counts", "2019-07")
    assert gap is not None
    assert gap is stated_gap("greater-manchester", "crime_counts", "2025-12")
    assert "IT systems" in gap.reason
    assert gap.source_url.startswith("https://")


@pytest.mark.parametrize(
    ("force_id", "table", "month"),
    [
        ("greater-manchester", "crime_counts", "2026-01"),  # no source reaches so far
        ("greater-manchester", "population", "2020-01"),
        ("metropolitan", "crime_counts", "2025-01"),  # absent, but nobody says why
    ],
)
def test_an_absence_without_a_statement_stays_unexplained(force_id, table, month):
    assert stated_gap(force_id, table, month) is None


def test_every_gap_names_its_source_and_a_force():
    for gap in stated_gaps():
        assert recognise(gap.force_id).id == gap.force_id
        assert gap.source
        assert gap.first_month <= gap.last_month
