"""Outcomes files as data.police.uk publishes them."""

from pathlib import Path

import pytest

from openpeel.lake import SliceId
from openpeel.sources import load

DATA = Path(__file__).parents[1] / "data" / "police_uk"
NAME = "2017-07-cambridgeshire-outcomes.csv"
REAL = (DATA / NAME).read_bytes()


@pytest.fixture
def many():
    """The header and the six real rows ten times over: a Crime ID may come again."""
    header, *rows = REAL.decode().splitlines()
    return [header, *rows * 10]


def test_real_rows_load_cell_by_cell(lake, put, rows_in, reconciles):
    report = reconciles(load(lake, [put(NAME, REAL)]))
    (file,) = report.files
    assert (file.table, file.rows_read, file.rows_loaded) == ("outcomes", 6, 6)
    shown = [
        {
            "Crime ID": row["crime_id"].hex(),
            "Month": row["month"],
            "Reported by": row["reported_by"],
            "Longitude": row["longitude"],
            "Latitude": row["latitude"],
            "Location": row["location"],
            "LSOA code": row["lsoa_code"],
            "LSOA name": row["lsoa_name"],
            "Outcome type": row["outcome"],
        }
        for row in lake.snapshot().table("outcomes").to_pylist()
    ]
    given = rows_in(REAL)
    for row in given:
        assert row.pop("Falls within") == row["Reported by"]
        row["Longitude"], row["Latitude"] = float(row["Longitude"]), float(row["Latitude"])
    assert shown == given
    held = lake.held()[SliceId("outcomes", "2017-07", "cambridgeshire")]
    assert (held.origin.publisher, held.origin.source) == ("data.police.uk", "outcomes")


def test_longitude_comes_before_latitude(lake, put):
    """Trap 4: as in street files, and unlike stop and search."""
    load(lake, [put(NAME, REAL)])
    rows = lake.snapshot().table("outcomes").to_pylist()
    assert all(-0.6 < r["longitude"] < 0.6 and 52 < r["latitude"] < 53 for r in rows)


def test_an_outcome_of_a_crime_finds_its_crime_by_the_same_bytes(lake, put, rows_in):
    load(lake, [put(NAME, REAL)])
    ids = lake.snapshot().table("outcomes")["crime_id"].to_pylist()
    assert [i.hex() for i in ids] == [row["Crime ID"] for row in rows_in(REAL)]
    assert {len(i) for i in ids} == {32}


def test_missing_values_are_null(lake, put, many, reconciles):
    cells = many[7].split(",")
    many[7] = ",".join(["", *cells[1:4], *[""] * 5, cells[9]])
    (file,) = reconciles(load(lake, [put(NAME, "\n".join(many))])).files
    assert (file.rows_loaded, file.rows_quarantined) == (60, 0)
    row = lake.snapshot().table("outcomes").to_pylist()[6]
    empty = ("crime_id", "longitude", "latitude", "location", "lsoa_code", "lsoa_name")
    assert {row[name] for name in empty} == {None}


BAD = {
    "another month": (1, "2017-06", "Month"),
    "nobody": (2, "", "Reported by"),
    "another force": (3, "Kent Police", "Falls within"),
    "swapped coordinates": (4, "52.6", "Longitude"),
    "no number": (5, "north", "Latitude"),
    "one coordinate": (4, "", "Longitude"),
    "no outcome": (9, "", "Outcome type"),
    "short id": (0, "abc", "Crime ID"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_quarantined_with_line_column_and_reason(lake, put, many, reconciles, case):
    cell, value, column = BAD[case]
    cells = many[33].split(",")
    cells[cell] = value
    many[33] = ",".join(cells)
    path = put(NAME, "\n".join(many))
    (file,) = reconciles(load(lake, [path])).files
    assert (file.rows_read, file.rows_loaded, file.rows_quarantined) == (60, 59, 1)
    (row,) = lake.snapshot().table("quarantine").to_pylist()
    assert (row["line"], row["column"], row["text"]) == (34, column, many[33])
    assert f"'{value}'" in row["reason"]
    (again,) = reconciles(load(lake, [path])).files
    assert (again.rows_unchanged, again.rows_quarantined) == (59, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda line: line.rsplit(",", 1)[0], "too few columns: 9, the header has 10"),
        (lambda line: line + ",more", "too many columns: 11"),
        (lambda line: line.replace("On or", '"On or'), "not valid CSV"),
    ],
)
def test_a_ragged_row_is_quarantined_and_the_rows_after_it_load(lake, put, many, change, reason):
    many[9] = change(many[9])
    (file,) = load(lake, [put(NAME, "\n".join(many))]).files
    assert (file.rows_read, file.rows_loaded, file.rows_quarantined) == (60, 59, 1)
    (row,) = lake.snapshot().table("quarantine").to_pylist()
    assert (row["line"], reason in row["reason"]) == (10, True)


def test_under_another_name_the_file_is_refused_with_the_name_it_needs(lake, put, real):
    sample = put("2017-07-cambridgeshire-outcomes.first-rows.csv", REAL)
    good = put("2025-01-city-of-london-street.csv", real("2025-01-city-of-london", 20))
    (refused,) = load(lake, [sample, good]).refused
    assert "its name does not say of which force and month" in refused.refused
    assert "2025-06-cambridgeshire-outcomes.csv" in refused.refused
    assert not lake.snapshot().has("outcomes")


def test_loading_twice_changes_nothing_and_a_revision_replaces(lake, put, many):
    load(lake, [put(NAME, "\n".join(many))])
    assert load(lake, [put(NAME, "\n".join(many))]).snapshot == 1
    many[5] = many[5].replace("Investigation complete; no suspect identified", "Local resolution")
    report = load(lake, [put(f"revised/{NAME}", "\n".join(many))])
    assert (report.snapshot, report.files[0].rows_loaded) == (2, 60)
    assert lake.snapshot().rows("outcomes") == lake.snapshot(1).rows("outcomes") == 60
