"""999 answering. No real file was at hand: the data is synthetic, and the headers are guesses."""

import csv
from pathlib import Path

import pytest
from made_workbooks import ods, xlsx

from openpeel.errors import LoadRefused
from openpeel.sources import contract, load, sources

SYNTHETIC = Path(__file__).parents[1] / "data" / "synthetic" / "synthetic-999-answering.csv"
SOURCE = next(s for s in sources() if s.name == "999-answering")
SPELLINGS = {n: c["from"] for n, c in SOURCE.layouts[0].columns.items()}
FIGURES = ("calls", "under_10", "from_10_to_60", "from_60")


def _given():
    return [*csv.reader(SYNTHETIC.read_text(encoding="utf-8").splitlines())]


def _calls(lake):
    return lake.snapshot().table("emergency_calls").to_pylist()


def test_every_row_of_a_force_or_body_loads_and_the_national_rows_are_checked(lake, reconciles):
    (file,) = reconciles(load(lake, [SYNTHETIC])).files
    assert (file.table, file.rows_read, file.rows_loaded) == ("emergency_calls", 15, 15)
    assert "add up" not in file.note, "the nation's mean is no sum"
    assert {(r["month"], r["force_id"]) for r in _calls(lake)} == {
        (month, force_id)
        for month in ("2021-11", "2021-12", "2022-01")
        for force_id in ("avon-and-somerset", "cambridgeshire", "metropolitan", "city-of-london",
                         "british-transport-police")
    }  # fmt: skip
    national = [row for row in _given() if row[1] == "England and Wales"]
    for n, name in enumerate(FIGURES, 2):
        total = sum(int(row[n].replace(",", "")) for row in national)
        of_forces = [r for r in _calls(lake) if r["force_id"] != "british-transport-police"]
        assert sum(row[name] for row in of_forces) == total
    assert {r["median_seconds"] for r in _calls(lake)} == {None}
    assert all(5 < r["mean_seconds"] < 31 for r in _calls(lake))
    assert contract("emergency_calls").partition == "month"


@pytest.mark.parametrize("made", [ods, xlsx])
def test_as_a_workbook_under_a_title_it_holds_the_same(lake, put, made):
    load(lake, [SYNTHETIC])
    before = _calls(lake)
    rows = [["Synthetic: 999 answering"], [], *_given(), ["Notes"], ["1. All of it is made up."]]
    (file,) = load(lake, [put(f"synthetic-999.{made.__name__}", made({"Data": rows}))]).files
    assert (file.rows_loaded, file.rows_unchanged) == (0, 15)
    assert _calls(lake) == before


@pytest.mark.parametrize(
    ("name", "spelling"), [(n, s) for n, spelled in SPELLINGS.items() for s in spelled]
)
def test_each_guessed_name_of_a_column_is_taken(lake, put, name, spelling):
    header = {n: spelled[0] for n, spelled in SPELLINGS.items()} | {name: spelling.upper()}
    row = "2024-05,Kent,10,7,2,1,9.5,6"
    load(lake, [put("synthetic.csv", ",".join(f'"{h}"' for h in header.values()) + f"\n{row}\n")])
    (found,) = _calls(lake)
    assert list(found.values()) == ["2024-05", "kent", 10, 7, 2, 1, 9.5, 6.0]


@pytest.mark.parametrize(
    "month", ["2024-05", "2024-05-01", "May 2024", "May-24", "01/05/2024", "1 May 2024", "05/2024"]
)
def test_months_are_read_in_several_forms(lake, put, month):
    header = ",".join(spelled[0] for spelled in list(SPELLINGS.values())[:6])
    load(lake, [put("synthetic.csv", f"{header}\n{month},Kent,10,7,2,1\n")])
    assert [row["month"] for row in _calls(lake)] == ["2024-05"]


def test_bands_that_do_not_add_up_to_the_calls_are_quarantined(lake, put, reconciles):
    header, first, *rest = _given()
    rows = [header, [*first[:3], "1", *first[4:]], *rest, *_later(rest)]
    (file,) = reconciles(load(lake, [put("synthetic.csv", _text(rows))])).files
    assert (file.rows_loaded, file.rows_quarantined) == (29, 1)
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert bad["line"] == 2
    assert bad["reason"].startswith("calls is 31,280, ")
    assert "under_10 + from_10_to_60 + from_60 are 11,712" in bad["reason"]
    assert "England and Wales" in file.note, "nor does the nation's row add up then"


def test_shares_in_place_of_counts_are_refused(refused, put):
    header = ",".join(spelled[0] for spelled in list(SPELLINGS.values())[:6])
    error = refused(LoadRefused, put("synthetic.csv", f"{header}\n2024-05,Kent,1000,70,20,10\n"))
    assert "calls is 1,000, under_10 + from_10_to_60 + from_60 are 100" in str(error)


def test_a_quote_that_is_not_closed_refuses_the_file(lake, put):
    text = SYNTHETIC.read_text().replace('"14,324"', '"14,324')
    with pytest.raises(LoadRefused, match="is not valid CSV"):
        load(lake, [put("synthetic.csv", text)])


def test_lines_are_counted_as_in_the_file(lake, put):
    header, *rows = _given()
    odd = [["Nov-41", "City of\nLondon", *rows[3][2:]], ["May", *rows[4][1:]]]
    load(lake, [put("synthetic.csv", _text([header, *odd, *rows, *_later(rows)]))])
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert (bad["line"], bad["column"]) == (4, "Month")


def test_a_file_without_bands_is_none_of_it(lake, put):
    with pytest.raises(LoadRefused, match="of no kind that openpeel reads"):
        load(lake, [put("calls.csv", "Month,Force,Calls\n2024-05,Kent,10\n")])


def test_that_its_headers_are_guesses_stands_in_its_description():
    described = Path(contract.__code__.co_filename).parent / "workbooks" / "999-answering.toml"
    assert described.read_text().startswith("# confidence: unconfirmed. No file")


def _later(rows):
    return [[row[0].replace("-2", "-3"), *row[1:]] for row in rows] + [
        ["Nov-31", "Kent", "10", "7", "2", "1", ""]
    ]


def _text(rows):
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
