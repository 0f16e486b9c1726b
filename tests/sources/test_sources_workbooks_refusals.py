"""Workbooks gone wrong, and odd ones that are right: small ones made for the purpose."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from made_workbooks import ods, ods_parts, packed, xlsx

from openpeel.errors import LoadRefused
from openpeel.reference import forces
from openpeel.sources import load

ARRESTS = Path(__file__).parents[1] / "data/home_office/arrests-2006-07-to-2017-18.csv"
TITLE = "Table 12. Incidents by police force, year ending March 2020"
NOTES = [[], ["Notes"], ["These figures do not stand for all force used in 2019-20."]]


@pytest.fixture
def sheet():
    """The sheet of incidents as published, of all forces; each has 10 and its total says so."""

    def make(changed=(), total=430, title=TITLE):
        rows = [[f.region, f.short, 10] for f in forces()]
        for at, row in changed:
            rows[at] = row
        return [
            [title], ["Contents"], [],
            ["Region", "Police force", "Total"],
            ["England and Wales", "Total England and Wales", total],
            *rows, *NOTES,
        ]  # fmt: skip

    return make


@pytest.fixture
def loaded(lake, put, reconciles):
    """Load one workbook and give back its report."""

    def make(data, name="tables.ods"):
        (file,) = reconciles(load(lake, [put(name, data)])).files
        return file

    return make


def _incidents(lake):
    return {
        r["force_id"]: r["incidents"] for r in lake.snapshot().table("force_incidents").to_pylist()
    }


# --- odd, and right -------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [ods, xlsx])
@pytest.mark.parametrize("name", ["Table_12", "2019-20", "2019_20", "Sheet1"])
def test_a_sheet_is_found_by_its_title_whatever_its_name(lake, loaded, sheet, made, name):
    file = loaded(made({"Cover": [["Hello"]], name: sheet()}), f"tables.{made.__name__}")
    assert (file.table, file.rows_loaded, file.note) == (
        "force_incidents", 43, "sheets not read: Cover"
    )  # fmt: skip
    assert set(_incidents(lake).values()) == {10}


def test_a_header_row_is_found_wherever_it_stands(lake, loaded, sheet):
    rows = sheet()
    moved = [rows[0], ["Back to contents"], [], [], [], *([None, *row[::-1]] for row in rows[3:])]
    assert loaded(ods({"Table_12": moved})).rows_loaded == 43
    assert _incidents(lake)["kent"] == 10


@pytest.mark.parametrize("made", [ods, xlsx])
def test_merged_cells_stand_for_each_of_their_cells(lake, loaded, made):
    """The force is written once beside its tactics, as are title and groups across columns."""
    title = (
        "Table 16. Number of times tactics were used, by police force and officer perceived "
        "ethnicity of person involved, year ending March 2020"
    )
    tactics = [
        ["Restraint", "*Total Restraint", 30, 12, 42],
        [None, "Handcuffing, of which", 20, 10, 30],
        [None, "Ground restraint", 10, 2, 12],
    ]
    head = ["Police force", "Type of force", "Tactic", "White", "Black (or Black British)"]
    rows = [
        [title],
        ["", "", "", "Perceived ethnicity"],
        [*head, "Number of times tactic reported"],
    ]
    for force in ("Kent", "Surrey"):
        rows += [[force if n == 0 else None, *row] for n, row in enumerate(tactics)]
    areas = [(0, 0, 1, 6), (1, 3, 1, 2), (3, 0, 3, 1), (6, 0, 3, 1), (3, 1, 3, 1), (6, 1, 3, 1)]
    data = made({"Table_16": rows}, {"Table_16": areas})
    assert loaded(data, f"tables.{made.__name__}").rows_loaded == 12
    found = lake.snapshot().table("force_tactics").to_pylist()
    assert {(r["force_id"], r["force_type"]) for r in found} == {
        ("kent", "Restraint"), ("surrey", "Restraint")
    }  # fmt: skip


@pytest.mark.parametrize("mark", ["[note 3]", " [R]", " (r)", " (2)", "[x][note 1]"])
def test_a_footnote_mark_is_no_part_of_a_number_or_a_name(lake, loaded, sheet, mark):
    met = next(n for n, f in enumerate(forces()) if f.id == "metropolitan")
    row = ["London", f"Metropolitan Police{mark}", f"1,234{mark}"]
    file = loaded(ods({"Table_12": sheet([(met, row)], total=f"1,654{mark}")}))
    assert _incidents(lake)["metropolitan"] == 1234
    assert "add up" not in file.note


def test_revised_marks_in_a_column_of_their_own_are_passed_over(lake, loaded, sheet):
    rows = [[*row, "R"] if len(row) == 3 and row[0] != "Region" else row for row in sheet()]
    assert loaded(ods({"Table_12": rows})).rows_loaded == 43


@pytest.mark.parametrize(("cell", "value"), [(" -00 ", 0), ("1\n234", None), ("12.5", None)])
def test_what_is_a_number(lake, loaded, sheet, cell, value):
    file = loaded(ods({"Table_12": sheet([(0, ["South West", "Avon & Somerset", cell])])}))
    assert _incidents(lake).get("avon-and-somerset") == value
    assert file.rows_quarantined == (value is None)


@pytest.mark.parametrize("cell", ["..", "N/A", ":", None])
def test_no_value_is_quarantined_where_the_table_wants_one(lake, loaded, sheet, cell):
    file = loaded(ods({"Table_12": sheet([(0, ["South West", "Avon & Somerset", cell])])}))
    assert (file.rows_loaded, file.rows_quarantined) == (42, 1)
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert (bad["line"], bad["column"]) == (6, "Table_12, Total")


# --- wrong, and said ------------------------------------------------------------------------------


def test_a_force_that_is_missing_is_named(loaded, sheet):
    file = loaded(ods({"Table_12": sheet([(0, []), (1, [])], total=410)}))
    assert file.note == "Table_12 has no row of Avon and Somerset, Bedfordshire"
    assert file.rows_loaded == 41


def test_an_unknown_force_is_quarantined_with_its_sheet_and_row(lake, loaded, sheet):
    file = loaded(ods({"Table_12": sheet([(4, ["North East", "Atlantis", 10])])}))
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert (bad["line"], bad["column"]) == (10, "Table_12, Police force")
    assert bad["reason"] == "'Atlantis' is no force that openpeel knows"
    assert bad["text"] == "North East, Atlantis, 10"
    assert (file.rows_read, file.rows_loaded, file.rows_quarantined) == (43, 42, 1)


def test_a_total_that_does_not_add_up_is_reported(loaded, sheet):
    file = loaded(ods({"Table_12": sheet(total=431)}))
    assert file.note == (
        "Table_12 does not add up: row 5 (Total England and Wales, Total) says 431, its parts 430"
    )
    assert (file.rows_read, file.rows_loaded) == (43, 43)


@pytest.mark.parametrize(
    ("label", "says", "wrong"),
    [("North East", 30, False), ("Total North East ", 29, True), ("Total Wales", 40, False),
     ("Wales", 41, True), ("Total West Midlands ", 40, False), ("Total 43 forces", 1, True),
     ("Total", 430, False), ("Total of the others", 7, False)],
)  # fmt: skip
def test_regions_nations_and_totals_are_sums_of_their_forces(loaded, sheet, label, says, wrong):
    rows = sheet()
    file = loaded(ods({"Table_12": [*rows[:-3], ["", label, says], *rows[-3:]]}))
    assert (f"({label.strip()}, Total) says {says}" in file.note) == wrong
    assert file.rows_read == 43


def test_a_figure_merged_over_two_forces_is_none(lake, loaded, sheet):
    data = ods({"Table_12": sheet([(1, ["East of England", "Bedfordshire", None])])},
               {"Table_12": [(5, 2, 2, 1)]})  # fmt: skip
    assert loaded(data).rows_quarantined == 2
    reasons = {r["reason"] for r in lake.snapshot().table("quarantine").to_pylist()}
    assert reasons == {"'10 (one cell merged of several)' is no whole number"}


def test_a_row_that_stands_twice_is_loaded_once(lake, loaded, sheet):
    file = loaded(ods({"Table_12": sheet([(1, ["South West", "Avon and Somerset", 10])])}))
    assert (file.rows_loaded, file.rows_quarantined) == (42, 1)
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert (bad["line"], bad["reason"]) == (7, "the row stands twice")


def test_a_tactic_and_a_group_that_are_new_load_and_are_named(lake, loaded):
    title = (
        "Table 16. Number of times tactics were used, by police force and officer perceived "
        "ethnicity of person involved, year ending March 2021"
    )
    head = ["Police force", "Type of force", "Tactic", "White", "Arab"]
    rows = [
        [title],
        [*head, "Number of times tactic reported"],
        ["Kent", "Other", "Net gun", 3, 1, 4],
    ]
    file = loaded(ods({"Table_16": rows}))
    assert "no level is known for Net gun" in file.note
    found = lake.snapshot().table("force_tactics").to_pylist()
    assert {(r["tactic"], r["level"], r["perceived"], r["year"]) for r in found} == {
        ("Net gun", None, "White", "2020/21"), ("Net gun", None, "Arab", "2020/21")
    }  # fmt: skip


def test_a_column_that_is_not_read_is_named(loaded, sheet):
    beside = [None, None, None, "Of which firearms", *[1] * 60]
    rows = [[*row, extra] for row, extra in zip(sheet(), beside, strict=False)]
    assert "Table_12: columns not read: Of which firearms" in loaded(ods({"Table_12": rows})).note


def test_more_than_5_in_100_bad_rows_change_nothing(refused, put, sheet):
    strange = [(n, ["North East", f"Atlantis {n}", 10]) for n in range(3)]
    error = refused(LoadRefused, put("tables.ods", ods({"Table_12": sheet(strange)})))
    assert "3 of 43 rows are bad" in str(error)
    assert "line 6, Table_12, Police force: 'Atlantis 0' is no force" in str(error)


def test_a_row_without_any_figure_among_the_others_is_named(loaded, sheet):
    file = loaded(ods({"Table_12": sheet([(4, ["North East", "Atlantis"])], total=420)}))
    assert file.note.startswith("Table_12 has rows without any figure: 10; ")
    assert (file.rows_read, file.rows_quarantined) == (42, 0)


# --- no workbook, or none of ours -----------------------------------------------------------------


def _refuses(lake, put, real, name, data, reason):
    good = put("2025-01-btp-street.csv", real("2025-01-btp", 10))
    report = load(lake, [put(name, data), good])
    (file,) = report.refused
    assert reason in file.refused
    assert file.rows_read == 0
    assert lake.snapshot().rows("crimes") == 10


MANIFEST = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
CSV = b"Region,Police force,Total\nWales,Gwent,1\n"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.ods", b"", "is no whole workbook"),
        ("a.ods", CSV, "is no whole workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "password, or a workbook of the old"),
        ("a.ods", packed(ods_parts("", MANIFEST)), "is protected by a password"),
        ("a.ods", ods({"One": [["Table 12. Incidents"]]})[:-30], "is no whole workbook"),
        ("a.ods", packed({"content.xml": "<a>"}), "'content.xml' is damaged: no element found"),
        ("a.ods", packed({"content.xml": "<a/>".encode("utf-16")}), "is not UTF-8"),
        ("a.ods", packed({"notes.xml": "<a/>"}), "is no workbook that can be read"),
        ("a.ods", packed({"content.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}), "an entity"),
        ("a.ods", ods({"Empty": []}), "of no kind that openpeel reads"),
        ("a.ods", ods({"One": [["Budget"], ["x"]]}), "reads (its first cells: Budget, x"),
        ("a.xlsx", ods({"One": [["Budget"]]}), "first cells: Budget"),
        ("a.ods", packed(ods_parts("<table:table><table:table-row "
         "table:number-rows-repeated='many'/></table:table>")), "'number-rows-repeated' is none"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_of_ours_is_refused_and_the_rest_loads(
    lake, put, real, name, data, reason
):
    _refuses(lake, put, real, name, data, reason)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[TITLE]], "sheet 'Table_12' has no row with the names Police force, Total"),
        ([[TITLE], ["Police force", "Sum"], ["Kent", 1]], "has no row with the names"),
        ([[TITLE], ["Police force", "Total", "Total"], ["Kent", 1, 1]], "names 'total' twice"),
        ([[TITLE], ["Police force", "Total"], ["Notes"]], "holds no row that can be loaded"),
        ([["Table 12. Incidents by police force"], ["Police force", "Total"], ["Kent", 1]],
         "does not say of which year it is"),
    ],
)  # fmt: skip
def test_a_sheet_without_its_header_year_or_rows_is_refused(lake, put, real, rows, reason):
    _refuses(lake, put, real, "a.ods", ods({"Table_12": rows}), reason)


def test_a_workforce_sheet_that_does_not_say_what_it_counts_is_refused(lake, put, real):
    rows = [
        ["Table 1: Police officers by police force area, 30 September 2019"],
        ["", "2019-09-30", "number", "%"],
        ["Kent", 5, 0, 0],
    ]
    reason = "'Table_1' does not say the measure above its header"
    _refuses(lake, put, real, "a.ods", ods({"Table_1": rows}), reason)


def _repeated(rows, columns):
    return packed(ods_parts(
        '<table:table table:name="a"><table:table-row table:number-rows-repeated="'
        f'{rows}"><table:table-cell table:number-columns-repeated="{columns}" '
        'office:value-type="float" office:value="1"/></table:table-row></table:table>'
    ))  # fmt: skip


def _far(cell):
    with zipfile.ZipFile(io.BytesIO(xlsx({"a": [[1]]}))) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace("</row>", f'</row><row r="1048576">{cell}</row>')
    return packed(parts)


def test_a_zip_bomb_that_is_called_a_workbook_changes_nothing(refused, put):
    bomb = packed({"content.xml": bytes(50_000_000)})
    assert len(bomb) < 100_000
    error = refused(LoadRefused, put("bomb.ods", bomb))
    assert "would inflate from" in str(error)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.ods", _repeated(1_048_576, 16_384)),
        ("a.ods", _repeated(1_000, 10_000)),
        ("a.xlsx", _far('<c r="XFD1048576"><v>1</v></c>')),
        ("a.xlsx", _far("<c><v>1</v></c>" * 9)),
    ],
)
def test_a_sheet_that_would_spread_beyond_measure_changes_nothing(refused, put, name, data):
    assert len(data) < 3_000
    assert "would spread over" in str(refused(LoadRefused, put(name, data)))


def test_empty_cells_to_the_end_of_a_sheet_are_no_bomb(loaded, sheet):
    rest = (
        '<table:table-row table:number-rows-repeated="1048514">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'
    )
    with zipfile.ZipFile(io.BytesIO(ods({"Table_12": sheet()}))) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    parts["content.xml"] = parts["content.xml"].replace("</table:table>", rest)
    assert loaded(packed(parts)).rows_loaded == 43


def test_a_part_that_lies_about_its_size_is_not_inflated(lake, put, real):
    data = bytearray(packed({"content.xml": "<a>" + " " * 100_000 + "</a>"}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.index(mark) + at, 10)
    _refuses(lake, put, real, "a.ods", bytes(data), "is no whole workbook")
