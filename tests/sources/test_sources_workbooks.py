"""Use of force and workforce workbooks of the Home Office: excerpts of the files as published.

Sheets, and in the sheets by tactic the rows of forces, were left out; the rest is untouched.
"""

from pathlib import Path

import pytest

from openpeel.reference import forces
from openpeel.sources import contract, load

DATA = Path(__file__).parents[1] / "data" / "home_office"
FORCE_17 = DATA / "use-of-force-2017-18-excerpt.ods"
FORCE_18 = DATA / "use-of-force-2018-19-excerpt.ods"
FORCE_19 = DATA / "use-of-force-2019-20-excerpt.ods"
HEADS_18 = DATA / "workforce-sep-2018-excerpt.ods"
HEADS_19 = DATA / "workforce-sep-2019-excerpt.ods"


def _query(lake, sql):
    return lake.snapshot().engine.query(sql).to_pylist()


def _rows(lake, table, **wanted):
    rows = lake.snapshot().table(table).to_pylist()
    return [r for r in rows if all(r[name] == value for name, value in wanted.items())]


# --- use of force ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "year", "incidents", "metropolitan"),
    [  # The rows "Total England and Wales" and "Metropolitan" of table 12 of each edition.
        (FORCE_17, "2017/18", 313_137, 61_016),
        (FORCE_18, "2018/19", 427_725, 129_729),
        (FORCE_19, "2019/20", 491_984, 157_705),
    ],
)
def test_incidents_by_force_add_up_to_the_published_total(
    lake, reconciles, path, year, incidents, metropolitan
):
    reconciles(load(lake, [path]))
    found = _rows(lake, "force_incidents")
    assert {r["year"] for r in found} == {year}
    assert {r["force_id"] for r in found} == {f.id for f in forces()}
    assert sum(r["incidents"] for r in found) == incidents
    (met,) = (r["incidents"] for r in found if r["force_id"] == "metropolitan")
    assert met == metropolitan


def test_the_west_midlands_force_is_told_from_its_region(lake):
    load(lake, [FORCE_17, HEADS_19])
    (force,) = _rows(lake, "force_incidents", force_id="west-midlands")
    assert force["incidents"] == 1607, "the region has 15,024"
    (officers,) = _rows(
        lake, "workforce_half_year", force_id="west-midlands", counted="2019-09",
        role="police officer", measure="headcount",
    )  # fmt: skip
    assert officers["people"] == 6546, "the region has 11,254"


def test_ced_uses_of_a_force_level_by_level(lake):
    load(lake, [FORCE_19])
    (found,) = _rows(lake, "ced_use", force_id="wiltshire", year="2018/19")
    levels = dict(list(found.items())[2:])
    assert levels == {  # table 13, row 107
        "uses": 309, "non_discharge": 160, "drawn": 40, "aimed": 7, "red_dot": 109, "arced": 4,
        "discharge": 24, "drive_stun": 2, "fired": 21, "angled_drive_stun": 1, "not_stated": 125,
    }  # fmt: skip
    years = {r["year"] for r in _rows(lake, "ced_use")}
    assert years == {"2017/18", "2018/19", "2019/20"}


def test_ced_tables_of_other_periods_are_not_read_and_named(lake):
    (file,) = load(lake, [FORCE_17]).files
    assert "sheets not read: Cover_sheet, Contents, Table_1, Table_4, Table_14, Table_15" in (
        file.note
    )
    assert sum(r["uses"] for r in _rows(lake, "ced_use")) == 17_084
    assert file.rows_read == 43 + 43


def test_tactics_by_group_of_the_person(lake):
    load(lake, [FORCE_18, FORCE_19])
    assert contract("force_tactics").period.period == "financial-year"
    found = {
        r["perceived"]: r["uses"]
        for r in _rows(
            lake, "force_tactics", year="2018/19", force_id="wiltshire", tactic="CED",
            characteristic="ethnicity",
        )
    }  # fmt: skip
    assert found == {  # table 16 of 2018/19, row "Wiltshire, Less lethal weapons, CED"
        "White": 239, "Black": 21, "Asian": 11, "Chinese": 0, "Mixed": 8, "Other": 4,
        "Don't know": 3, "Not reported": 23,
    }  # fmt: skip
    assert {r["perceived"] for r in _rows(lake, "force_tactics", characteristic="age")} >= {
        "Under 11 years", "Not reported"
    }  # fmt: skip


def test_the_tactics_of_one_level_add_up_to_the_next(lake):
    load(lake, [FORCE_18, FORCE_19])
    found = _query(
        lake,
        "SELECT year, force_id, perceived, "
        "SUM(CASE WHEN level = 'all' THEN uses END) AS whole, "
        "SUM(CASE WHEN level = 'type' THEN uses END) AS types "
        "FROM force_tactics WHERE characteristic = 'ethnicity' GROUP BY 1, 2, 3",
    )
    assert len(found) == 3 * (8 + 6)
    assert all(row["whole"] == row["types"] > 0 for row in found if row["whole"])
    levels = {r["level"] for r in _rows(lake, "force_tactics")}
    assert levels == {"all", "type", "tactic", "part", "apart"}


def test_two_editions_spell_a_tactic_alike_in_the_table(lake):
    load(lake, [FORCE_18, FORCE_19])
    by_year = {
        year: {r["tactic"] for r in _rows(lake, "force_tactics", year=year)}
        for year in ("2018/19", "2019/20")
    }
    assert {"Handcuffing not stated", "CED", "Baton"} <= by_year["2018/19"] & by_year["2019/20"]
    assert by_year["2018/19"] - by_year["2019/20"] == {"AEP aimed", "AEP fired"}


def test_a_colon_for_not_available_is_null_and_no_zero(lake):
    load(lake, [FORCE_19])
    cells = {
        r["uses"]
        for r in _rows(
            lake, "force_tactics", force_id="avon-and-somerset", tactic="Compliant handcuffing"
        )
    }
    assert cells == {None}


def test_a_row_that_does_not_add_up_across_loads_and_is_reported(lake):
    (file,) = load(lake, [FORCE_19]).files
    assert file.rows_quarantined == 0
    assert (
        "Table_14 does not add up: row 64 (Bedfordshire, Less lethal weapons, "
        "*Total Less lethal weapons, Number of times tactic reported) says 250, its parts 249; "
    ) in file.note
    found = _rows(
        lake, "force_tactics", force_id="bedfordshire", tactic="Less lethal weapons",
        characteristic="age",
    )  # fmt: skip
    assert sum(r["uses"] for r in found) == 249


@pytest.mark.parametrize("path", [FORCE_17, FORCE_18, FORCE_19, HEADS_18, HEADS_19])
def test_no_note_of_a_published_sheet_is_taken_for_a_row(lake, path):
    """Some begin "The total number of tactics used": a total by its first words."""
    (file,) = load(lake, [path]).files
    assert "without any figure" not in file.note


def test_a_total_over_forces_that_are_not_there_is_reported(lake):
    (file,) = load(lake, [FORCE_18]).files
    assert "Table_16 has no row of Cambridgeshire, Cheshire, City of London, Cleveland" in file.note
    assert (
        "Table_16 does not add up: row 6 (Total England and Wales, Total (excluding not reported "
        "and tactical communication), *Total Tactics, White) says 447,337, its parts 17,953"
    ) in file.note


# --- workforce ------------------------------------------------------------------------------------


def test_officers_by_force_add_up_to_the_published_totals(lake, reconciles):
    (file,) = reconciles(load(lake, [HEADS_19])).files
    assert (file.rows_quarantined, "add up" in file.note) == (0, False)
    found = _query(
        lake,
        "SELECT counted, measure, SUM(people) AS people FROM workforce_half_year "
        "WHERE role = 'police officer' AND force_id NOT IN "
        "('british-transport-police', 'central-service-secondments') GROUP BY 1, 2 ORDER BY 1, 2",
    )
    assert [(r["counted"], r["measure"], round(r["people"], 2)) for r in found] == [
        ("2018-09", "fte", 122_406.45),  # "Total 43 forces" of tables 1 and 7
        ("2019-03", "fte", 123_170.86),
        ("2019-03", "headcount", 125_793.0),
        ("2019-09", "fte", 124_783.97),
        ("2019-09", "headcount", 127_381.0),
    ]
    assert contract("workforce_half_year").period.every == 6


def test_two_dots_are_null_and_bodies_stand_under_their_ids(lake):
    load(lake, [HEADS_19])
    found = _rows(lake, "workforce_half_year", role="designated officer", counted="2019-09")
    assert len(found) == 2 * 44
    assert {r["people"] for r in found if r["force_id"] == "cleveland"} == {None}
    (fte,) = (
        r["people"]
        for r in found
        if (r["force_id"], r["measure"]) == ("british-transport-police", "fte")
    )
    assert fte == 15.5


def test_roles_and_measures_are_those_of_the_sheets(lake):
    load(lake, [HEADS_18])
    found = {(r["role"], r["measure"]) for r in _rows(lake, "workforce_half_year")}
    assert found == {("police officer", "fte"), ("police support volunteer", "headcount")}


# --- editions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [[FORCE_17, FORCE_18], [FORCE_18, FORCE_17]])
@pytest.mark.parametrize("together", [True, False])
def test_the_newer_edition_wins_in_whichever_order(lake, reconciles, order, together):
    """Hampshire used devices 329 times in 2017/18, and by the next edition 158 times."""
    notes = ""
    for paths in [order] if together else [[path] for path in order]:
        notes += " ".join(file.note for file in reconciles(load(lake, paths)).files)
    (hampshire,) = _rows(lake, "ced_use", force_id="hampshire", year="2017/18")
    assert (hampshire["uses"], hampshire["not_stated"]) == (158, 152)
    if together or order[0] == FORCE_18:
        assert f"ced_use 2017/18 stays that of {FORCE_18.name}, which is newer" in notes
    else:
        assert f"ced_use 2017/18 replaces that of {FORCE_17.name}" in notes
    years = {r["year"] for r in _rows(lake, "force_incidents")}
    assert years == {"2017/18", "2018/19"}, "what only the older has stays"


def test_the_older_edition_stays_readable_as_a_vintage(lake):
    load(lake, [FORCE_17])
    load(lake, [FORCE_18])
    older = lake.snapshot(1).table("ced_use").to_pylist()
    assert [r["uses"] for r in older if r["force_id"] == "hampshire"] == [329]


@pytest.mark.parametrize("path", [FORCE_17, FORCE_18, FORCE_19, HEADS_18, HEADS_19])
def test_a_second_load_changes_nothing(lake, reconciles, path):
    load(lake, [path])
    (file,) = reconciles(load(lake, [path])).files
    assert (file.rows_loaded, lake.snapshot().id) == (0, 1)


def test_a_workbook_within_an_archive_is_read(lake, put, zipped):
    path = put("workbooks.zip", zipped({f"ods/{HEADS_18.name}": HEADS_18.read_bytes()}))
    (file,) = load(lake, [path]).files
    assert file.rows_loaded == 2 * 45 * 3 - 3
