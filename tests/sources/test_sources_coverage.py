"""Coverage: which force and period is there, and why not."""

import pytest
from made_lakes import archive, lake_of, loaded, street_csv

from openpeel.errors import NotKnown
from openpeel.reference import Period, forces
from openpeel.sources import Cell, coverage, load

CAMBRIDGESHIRE = ("cambridgeshire", "Cambridgeshire Constabulary")
KENT = ("kent", "Kent Police")


@pytest.fixture(scope="module")
def grid(snapshot):
    return coverage(snapshot, "crime_counts")


def test_the_grid_is_all_forces_by_all_months(grid):
    assert grid.areas == tuple(f.id for f in forces())
    assert grid.periods == Period.parse("2025").months
    assert set(grid.cells) == {(a, m) for a in grid.areas for m in grid.periods}


def test_greater_manchester_is_absent_for_the_reason_it_stated(grid):
    assert grid.counts("greater-manchester") == {"complete": 0, "partial": 0, "absent": 12}
    for month in grid.periods:
        cell = grid.cells["greater-manchester", month]
        assert "no street-level crime since July 2019" in cell.reason


def test_what_nobody_explained_is_only_in_no_loaded_file(grid):
    assert grid.cells["thames-valley", "2025-07"] == Cell("absent", "in no loaded file")
    assert grid.counts("thames-valley") == {"complete": 11, "partial": 0, "absent": 1}
    assert grid.counts("metropolitan") == {"complete": 0, "partial": 0, "absent": 12}
    there = [m for m in grid.periods if grid.cells["avon-and-somerset", m].status == "complete"]
    assert there == ["2025-01", "2025-02", "2025-03", "2025-04", "2025-09", "2025-12"]


def test_a_force_that_is_there_is_complete_without_a_reason(grid):
    assert {grid.cells["kent", m] for m in grid.periods} == {Cell("complete")}


def test_rows_are_covered_where_there_are_rows(snapshot):
    rows = coverage(snapshot, "crimes")
    assert rows.counts("cambridgeshire")["complete"] == 12
    assert rows.counts("kent")["absent"] == 12


def test_a_refused_member_shows_as_refused_with_its_reason(tmp_path):
    crime = {("Burglary", "Local resolution"): 2}
    packed = archive(
        tmp_path / "a.zip",
        {(*KENT, "2024-01"): crime, (*CAMBRIDGESHIRE, "2024-01"): "Month,Crime\n2024-01,x\n"},
    )
    snapshot = loaded(tmp_path / "lake", packed).snapshot()
    for table in ("crimes", "crime_counts"):
        cell = coverage(snapshot, table).cells["cambridgeshire", "2024-01"]
        assert cell.status == "absent"
        assert cell.reason.startswith("refused: ")
        assert "2024-01-cambridgeshire-street.csv" in cell.reason
        assert coverage(snapshot, table).cells["kent", "2024-01"].status == "complete"


def test_rows_in_quarantine_make_a_month_partial_until_a_sound_file_comes(tmp_path):
    crime = {("Burglary", "Local resolution"): 50}
    text = street_csv("2024-01", KENT[1], crime)
    bad = text.replace(",Burglary,", ",Burglery,", 2)
    lake = loaded(tmp_path / "lake", archive(tmp_path / "bad.zip", {(*KENT, "2024-01"): bad}))
    for table in ("crimes", "crime_counts"):
        cell = coverage(lake.snapshot(), table).cells["kent", "2024-01"]
        assert cell == Cell("partial", "2 rows are in quarantine")
    load(lake, [archive(tmp_path / "good.zip", {(*KENT, "2024-01"): text})])
    assert coverage(lake.snapshot(), "crime_counts").cells["kent", "2024-01"].status == "complete"
    assert coverage(lake.snapshot(1), "crime_counts").cells["kent", "2024-01"].status == "partial"


def test_months_between_the_first_and_the_last_are_covered_even_if_nobody_has_them(tmp_path):
    counts = {("kent", month): {("Burglary", None): 1} for month in ("2024-11", "2025-02")}
    grid = coverage(lake_of(tmp_path / "lake", counts=counts).snapshot(), "crime_counts")
    assert grid.periods == ("2024-11", "2024-12", "2025-01", "2025-02")
    assert grid.cells["kent", "2024-12"].status == "absent"


def test_a_table_that_is_not_loaded_or_has_no_periods_has_an_empty_grid(snapshot, tmp_path):
    assert coverage(snapshot, "areas").periods == ()
    people = lake_of(tmp_path / "lake", population={"2020": {"kent": 1}})
    assert coverage(people.snapshot(), "crime_counts").cells == {}
    with pytest.raises(NotKnown, match="no_such_table"):
        coverage(snapshot, "no_such_table")
