"""Plain tables as workbooks, and descriptions of workbooks that do not hold together."""

import csv
from pathlib import Path

import pytest
from made_workbooks import ods, xlsx

from openpeel.errors import DefinitionError
from openpeel.sources import contract, load
from openpeel.sources.workbooks.described import Workbook

ARRESTS = Path(__file__).parents[1] / "data/home_office/arrests-2006-07-to-2017-18.csv"


def _arrests():
    """The real rows of the arrests table, the header first."""
    return [*csv.reader(ARRESTS.read_text(encoding="utf-8").splitlines())]


@pytest.mark.parametrize("made", [ods, xlsx])
def test_a_plain_table_with_a_sheet_a_year_loads_as_its_csv_does(lake, put, made):
    header, *rows = _arrests()
    years = sorted({row[0] for row in rows})[-2:]
    sheets = {"Cover": [["Arrests open data"]]}
    for year in years:
        of_year = [row for row in rows if row[0] == year]
        sheets[year.replace("/", "_")] = [["Arrests"], [], header, *of_year, [], ["Source: forces"]]
    (file,) = load(lake, [put(f"arrests.{made.__name__}", made(sheets))]).files
    kept = [row for row in rows if row[0] in years]
    assert (file.table, file.rows_loaded, file.rows_quarantined) == ("arrests", len(kept), 0)
    assert file.note == "sheets not read: Cover"
    text = "\n".join(",".join(row) for row in [header, *kept])
    (again,) = load(lake, [put("arrests.csv", text)]).files
    assert (again.rows_loaded, again.rows_unchanged) == (0, len(kept))
    held = next(h for name, h in lake.held().items() if name.table == "arrests")
    assert held.origin.file.endswith(made.__name__)


def test_a_row_of_a_plain_table_with_one_cell_is_quarantined_unless_it_is_a_note(lake, put):
    header, *rows = _arrests()
    rows[5] = ["Kent"]
    (file,) = load(lake, [put("a.ods", ods({"1": [header, *rows, ["Source: forces"]]}))]).files
    assert (file.rows_read, file.rows_quarantined) == (len(rows), 1)


def test_a_bad_row_of_a_plain_table_says_its_sheet_and_row(lake, put):
    header, *rows = _arrests()
    rows[7][header.index("force_name")] = "Atlantis"
    (file,) = load(lake, [put("a.ods", ods({"2017_18": [["Arrests"], header, *rows]}))]).files
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert (bad["line"], bad["column"].split(",")[0]) == (10, "2017_18")
    assert file.rows_quarantined == 1


GOOD = """
name = "beds"
title = "Cells"
publisher = "…"
licence = "…"
[[sheets]]
table = "force_incidents"
title = "Cells"
[sheets.columns]
year = { value = "2019/20" }
force_id = { from = "Force", as = "force" }
incidents = { from = "Cells", as = "int" }
"""


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('name = "beds"', "", "lacks 'name'"),
        ("[[sheets]]", "[sheets]", "not the shape"),
        ('table = "force_incidents"', 'table = "beds"', "no contract"),
        ('title = "Cells"\n[s', 'title = "("\n[s', "not the shape"),
        ('as = "int"', 'as = "text"', "'incidents' is int, and as = 'text' makes string"),
        ('as = "int"', 'as = "number"', "has as = 'number'"),
        ('from = "Cells", ', "", "'incidents' is made with one of"),
        ('value = "2019/20"', 'value = "x", words = "y"', "takes words 'y'"),
        ('value = "2019/20"', 'above = "x"', "'above' is a regular expression with one group"),
        ('value = "2019/20"', 'across = "name"', "one column is their name and one their cell"),
        ('as = "force"', 'as = "required"', "one column is made as = 'force' or 'area'"),
        ("[sheets.columns]", "sums.beds = []\n[sheets.columns]", "name no columns: beds"),
        ("year =", "month =", "it makes"),
        ('name = "beds"', "name = ", "not valid TOML"),
        ('name = "beds"', 'name = "beds"\nedition = "2019"', "'edition' is a regular expression"),
    ],
)
def test_a_description_that_does_not_hold_together_is_refused(tmp_path, old, new, reason):
    path = tmp_path / "beds.toml"
    path.write_text(GOOD)
    Workbook(path, contract)
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(DefinitionError, match=r"beds\.toml") as caught:
        Workbook(path, contract)
    assert reason in str(caught.value)
