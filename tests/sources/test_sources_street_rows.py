"""Rows of street files: bad ones stay out with their reason, odd ones load."""

import pytest

from openpeel.sources import load

LONDON = "2025-01-city-of-london"


@pytest.fixture
def london(put, real):
    return put(f"{LONDON}-street.csv", real(LONDON))


def _edited(data, old, new):
    assert data.count(old) >= 1
    return data.replace(old, new, 1)


BAD = {
    "absurd month": (1, "2025-13", "Month"),
    "no month": (1, "", "Month"),
    "another month": (1, "2025-02", "Month"),
    "another force": (3, "Kent Police", "Falls within"),
    "no force": (3, "", "Falls within"),
    "nobody": (2, "", "Reported by"),
    "west of the islands": (4, "-12.5", "Longitude"),
    "swapped coordinates": (4, "51.51", "Longitude"),
    "in the sea off Africa": (5, "0.0", "Latitude"),
    "no number": (5, "north", "Latitude"),
    "not a number": (5, "NaN", "Latitude"),
    "infinite": (5, "inf", "Latitude"),
    "one coordinate": (4, "", "Longitude"),
    "unknown type": (9, "Piracy", "Crime type"),
    "no type": (9, "", "Crime type"),
    "short id": (0, "abc", "Crime ID"),
    "id of other characters": (0, "z" * 64, "Crime ID"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_quarantined_with_line_column_and_reason(
    lake, put, real, reconciles, contents, case
):
    cell, value, column = BAD[case]
    lines = real(LONDON).decode().splitlines()
    cells = lines[41].split(",")
    assert cells[4], "the line has coordinates"
    cells[cell] = value
    lines[41] = ",".join(cells)
    path = put(f"{LONDON}-street.csv", "\n".join(lines) + "\n")
    (file,) = reconciles(load(lake, [path])).files
    assert (file.rows_read, file.rows_loaded, file.rows_quarantined) == (629, 628, 1)
    (row,) = lake.snapshot().table("quarantine").to_pylist()
    assert (row["file"], row["line"], row["column"]) == (str(path), 42, column)
    assert row["text"] == lines[41]
    assert value in row["reason"]
    assert lake.snapshot().rows("crimes") == 628
    (again,) = reconciles(load(lake, [path])).files
    assert (again.rows_unchanged, again.rows_quarantined) == (628, 1)
    assert lake.snapshot().rows("quarantine") == 1
    load(lake, [put(f"mended/{LONDON}-street.csv", real(LONDON))])
    assert lake.snapshot().rows("quarantine") == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda line: line.rsplit(",", 1)[0], "too few columns: 11, the header has 12"),
        (lambda line: line + ",more", "too many columns: 13, the header has 12"),
        (lambda line: "garbage", "too few columns: 1,"),
        (lambda line: ",,,", "too few columns: 4,"),
        (lambda line: line.replace("On or", '"On or'), "not valid CSV"),
    ],
)
def test_a_ragged_row_is_quarantined_and_the_rows_after_it_load(
    lake, put, real, reconciles, change, reason
):
    lines = real(LONDON).decode().splitlines()
    lines[9] = change(lines[9])
    (file,) = reconciles(load(lake, [put(f"{LONDON}-street.csv", "\n".join(lines))])).files
    assert (file.rows_read, file.rows_loaded, file.rows_quarantined) == (629, 628, 1)
    (row,) = lake.snapshot().table("quarantine").to_pylist()
    assert (row["line"], row["column"], row["text"]) == (10, "", lines[9])
    assert reason in row["reason"]


def test_blank_lines_are_no_rows_and_do_not_shift_the_line_numbers(lake, put, real, reconciles):
    lines = real(LONDON).decode().splitlines()
    lines[30] = lines[30].replace("2025-01", "1899-12")
    lines[20:20] = ["", "   "]
    (file,) = reconciles(load(lake, [put(f"{LONDON}-street.csv", "\n".join(lines))])).files
    assert (file.rows_read, file.rows_loaded) == (629, 628)
    assert lake.snapshot().table("quarantine")["line"].to_pylist() == [33]


def test_commas_quotes_and_line_ends_inside_a_cell_load(lake, put, real, reconciles):
    cells = ['"On or near ""The Oak"", Bank"', '"On or near Bank,\nEC2"', '"On or near A, B"']
    lines = real(LONDON).decode().splitlines()
    for line, cell in zip((5, 7, 9), cells, strict=True):
        parts = lines[line].split(",")
        parts[6] = cell
        lines[line] = ",".join(parts)
    (file,) = reconciles(load(lake, [put(f"{LONDON}-street.csv", "\n".join(lines))])).files
    assert (file.rows_loaded, file.rows_quarantined) == (629, 0)
    found = lake.snapshot().table("crimes")["location"].to_pylist()
    assert found[4] == 'On or near "The Oak", Bank'
    assert found[6] == "On or near Bank,\nEC2"
    assert found[8] == "On or near A, B"


def test_progress_ends_where_it_should(lake, london):
    seen = []
    load(lake, [london], lambda done, total: seen.append((done, total)))
    assert seen == [(london.stat().st_size,) * 2]


def test_a_cell_beyond_all_measure_harms_nobody(lake, put, real, reconciles):
    lines = real(LONDON).decode().splitlines()
    for line, month in ((20, "2025-01"), (30, "1899-01")):
        cells = lines[line].split(",")
        cells[1], cells[6] = month, "x" * 200_000
        lines[line] = ",".join(cells)
    (file,) = reconciles(load(lake, [put(f"{LONDON}-street.csv", "\n".join(lines))])).files
    assert (file.rows_loaded, file.rows_quarantined) == (628, 1)
    (row,) = lake.snapshot().table("quarantine").to_pylist()
    assert (row["line"], row["column"], len(row["text"])) == (31, "Month", 500)
