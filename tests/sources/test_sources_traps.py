"""The fourteen traps of the published files, one test a trap, on real rows.

Other tests go further into most of them; here each is held in one place. Of the fourteenth, what
is about times of dispatch (negative durations, dates in 1899) has no source yet: here it is only
held that no converter takes such a date.
"""

import csv
import gzip
import io
from pathlib import Path

import pytest

from openpeel.lake import Lake
from openpeel.reference import force, recognise
from openpeel.sources import coverage, load
from openpeel.sources.cells import CONVERTERS

DATA = Path(__file__).parents[1] / "data"
CARRIED = Path(__file__).parents[2] / "src/openpeel/bundled"
POLICE, HOME_OFFICE, WORKFORCE = (DATA / n for n in ("police_uk", "home_office", "workforce"))
STREET = {
    "cambridgeshire-2014": "2014-04-cambridgeshire-street.csv",
    "cambridgeshire-2018": "2018-10-cambridgeshire-street.csv",
    "london": "2025-01-city-of-london-street.csv",
    "btp": "2025-01-btp-street.csv",
    "ulster": "2025-01-northern-ireland-street.csv",
}
STOPS = [
    "2017-07-cambridgeshire-stop-and-search.csv",
    "2019-06-greater-manchester-stop-and-search.csv",
    "2020-08-metropolitan-stop-and-search.csv",
    "2024-01-cambridgeshire-stop-and-search.csv",
]
OUTCOMES = "2017-07-cambridgeshire-outcomes.csv"
HEADS_18 = HOME_OFFICE / "workforce-sep-2018-excerpt.ods"
HEADS_19 = HOME_OFFICE / "workforce-sep-2019-excerpt.ods"
FORCE_18 = HOME_OFFICE / "use-of-force-2018-19-excerpt.ods"


def _given(path):
    """A file's rows, read by Python's own reader."""
    return [*csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))]


@pytest.fixture(scope="module")
def street():
    """The rows of each street file."""
    return {name: _given(POLICE / file) for name, file in STREET.items()}


@pytest.fixture(scope="module")
def lake_of_all(tmp_path_factory):
    """A lake of all the files of data.police.uk at hand."""
    lake = Lake(tmp_path_factory.mktemp("traps") / "lake")
    report = load(lake, [POLICE / name for name in (*STREET.values(), *STOPS, OUTCOMES)])
    assert not report.refused
    assert not any(file.rows_quarantined for file in report.files)
    return lake


@pytest.fixture(scope="module")
def crimes(lake_of_all):
    """The crimes of each street file."""
    rows = lake_of_all.snapshot().table("crimes").to_pylist()

    def of(file):
        month, slug = file[:7], file[8:].removesuffix("-street.csv")
        force_id = recognise(slug).id
        return [r for r in rows if (r["month"], r["force_id"]) == (month, force_id)]

    return {name: of(file) for name, file in STREET.items()}


def _table(lake, table, **wanted):
    rows = lake.snapshot().table(table).to_pylist()
    return [r for r in rows if all(r[name] == value for name, value in wanted.items())]


def test_trap_1_missing_values_are_empty_cells_and_become_null(street, crimes):
    columns = {"Crime ID": "crime_id", "LSOA code": "lsoa_code", "Longitude": "longitude",
               "Last outcome category": "outcome"}  # fmt: skip
    for name in STREET:
        for given, made in columns.items():
            empty = sum(not row[given] for row in street[name])
            assert sum(row[made] is None for row in crimes[name]) == empty, (name, given)
    for row in crimes["cambridgeshire-2018"]:
        antisocial = row["crime_type"] == "Anti-social behaviour"
        assert antisocial == (row["crime_id"] is None) == (row["outcome"] is None)
    assert {row["crime_id"] for row in crimes["btp"]} == {None}
    assert {(r["lsoa_code"], r["outcome"]) for r in crimes["ulster"]} == {(None, None)}


def test_trap_2_a_crime_id_is_not_unique_and_every_row_is_kept(street, crimes):
    repeats = 0
    for name in STREET:
        ids = [row["Crime ID"] for row in street[name] if row["Crime ID"]]
        repeats += len(ids) - len(set(ids))
        assert len(crimes[name]) == len(street[name])
    assert repeats == 13, "all in the City of London"


def test_trap_3_the_columns_that_say_nothing_new_and_long_names_beside_slugs(street, crimes):
    for name, file in STREET.items():
        assert {row["Context"] for row in street[name]} == {""}
        assert all(r["Reported by"] == r["Falls within"] for r in street[name])
        assert {row["Month"] for row in street[name]} == {file[:7]}
        (long_name,) = {row["Falls within"] for row in street[name]}
        assert {row["force_id"] for row in crimes[name]} == {recognise(long_name).id}
        assert {row["context"] for row in crimes[name]} == {None}
    assert recognise("Devon & Cornwall Police").id == "devon-and-cornwall"


def test_trap_4_longitude_is_first_but_in_stop_and_search(lake_of_all, crimes):
    header = (POLICE / STOPS[0]).read_text().splitlines()[0].split(",")
    assert header.index("Latitude") < header.index("Longitude")
    placed = [r for rows in crimes.values() for r in rows]
    placed += _table(lake_of_all, "outcomes") + _table(lake_of_all, "stops")
    placed = [r for r in placed if r["longitude"] is not None]
    assert len(placed) > 3000
    assert all(-8 < r["longitude"] < 2 and 49 < r["latitude"] < 61 for r in placed)


def test_trap_5_the_wording_of_outcomes_depends_on_the_day_of_the_download(crimes):
    worded = {name: {row["outcome"] for row in rows} for name, rows in crimes.items()}
    assert "Offender sent to prison" in worded["cambridgeshire-2014"]
    assert "Defendant found not guilty" in worded["cambridgeshire-2018"]
    assert "Awaiting court outcome" in worded["london"]
    assert "Offender sent to prison" not in worded["london"]


def test_trap_6_publishers_revise_and_the_older_figure_stays_a_vintage(lake):
    """Northumbria had 3,140.62 officers in September 2018, and 3,151.62 a year later."""
    wanted = {"force_id": "northumbria", "counted": "2018-09", "role": "police officer"}
    load(lake, [HEADS_18])
    load(lake, [HEADS_19])
    (now,) = _table(lake, "workforce_half_year", **wanted)
    then = lake.snapshot(1).table("workforce_half_year").to_pylist()
    (before,) = (r for r in then if wanted.items() <= r.items())
    assert (round(before["people"], 2), round(now["people"], 2)) == (3140.62, 3151.62)
    assert _table(lake, "workforce_half_year", counted="2017-09"), "only the older has it"


def test_trap_7_outcomes_of_searches_were_reworded_under_one_header(lake_of_all):
    first = {(POLICE / name).read_text().splitlines()[0] for name in STOPS}
    assert len(first) == 1
    by_year = {
        year: {r["outcome"]: r["outcome_kind"] for r in _table(lake_of_all, "stops")
               if r["searched_at"][:4] == year}
        for year in ("2017", "2019")
    }  # fmt: skip
    assert "A no further action disposal" not in by_year["2017"]
    assert "Nothing found - no further action" not in by_year["2019"]
    nothing = by_year["2017"]["Nothing found - no further action"]
    assert nothing == by_year["2019"]["A no further action disposal"]


def test_trap_8_searches_are_timed_in_utc_and_truths_may_be_untold(lake_of_all):
    august = _table(lake_of_all, "stops", month="2020-08", force_id="metropolitan")
    assert min(r["searched_at"] for r in august) == "2020-07-31T23:00:00Z"
    truths = {r["part_of_operation"] for r in _table(lake_of_all, "stops")}
    assert truths == {None, True, False}


def test_trap_9_a_month_that_is_missing_is_no_zero_and_codes_lie_outside(lake_of_all, street):
    found = coverage(lake_of_all.snapshot(), "crimes")
    assert found.cells["city-of-london", "2025-01"].status == "complete"
    missing = found.cells["greater-manchester", "2025-01"]
    assert (missing.status, bool(missing.reason)) == ("absent", True)
    counts = _table(lake_of_all, "crime_counts", force_id="greater-manchester")
    assert counts == []
    outside = {r["LSOA name"][:-5] for r in street["london"]} - {"", "City of London"}
    assert outside == {"Tower Hamlets", "Camden", "Hackney", "Southwark", "Islington"}
    lsoas = {r["lsoa_code"] for r in _table(lake_of_all, "crimes", force_id="city-of-london")}
    assert {r["LSOA code"] for r in street["london"]} == {code or "" for code in lsoas}


def test_trap_10_codes_of_small_areas_are_of_2011_and_of_2021(crimes):
    newest = "E01033768"  # the last code of 2011 in England; those of 2021 go on after it
    codes = {name: {r["lsoa_code"] or "" for r in crimes[name]} for name in STREET}
    assert max(codes["cambridgeshire-2018"]) < newest < max(codes["london"])


@pytest.mark.parametrize("name", [STOPS[1], OUTCOMES])
def test_trap_11_marks_and_line_ends_differ_and_locations_may_be_upper_case(
    lake, put, contents, name
):
    raw = (POLICE / name).read_bytes()
    load(lake, [POLICE / name])
    text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    odd = b"\xef\xbb\xbf" + text.replace("\n", "\n" if b"\r\n" in raw else "\r\n").encode()
    (file,) = load(lake, [put(name, odd)]).files
    assert (file.rows_loaded, file.rows_unchanged > 0) == (0, True)
    if name == OUTCOMES:
        assert "On or near KIRKMEADOW" in {r["location"] for r in _table(lake, "outcomes")}


def test_trap_12_names_vary_and_some_rows_are_no_force(lake):
    load(lake, [
        HOME_OFFICE / "prc-pfa-mar2013-onwards-tables201718.csv", HEADS_19, FORCE_18,
        WORKFORCE / "officers-by-function-2012-to-2021.csv",
        HOME_OFFICE / "outcomes-open-data-2017-18.csv",
    ])  # fmt: skip
    tables = ("recorded_crime", "workforce_half_year", "ced_use", "officers_by_function")
    for table in tables:  # "Devon and Cornwall", "Devon & Cornwall", "… ", "devon_and_cornwall"
        assert _table(lake, table, force_id="devon-and-cornwall"), table
        assert _table(lake, table, force_id="city-of-london"), table
    bodies = {r["force_id"] for r in _table(lake, "recorded_crime")}
    assert {"action-fraud", "cifas", "uk-finance", "british-transport-police"} <= bodies
    assert force("Hampshire and Isle of Wight") == force("Hampshire")
    assert force("Metropolitan Police[Note 6]").id == "metropolitan"
    assert recognise("E12000005").kind == "region"
    assert recognise("K04000001").kind == "total"
    bad = _table(lake, "quarantine")
    assert [row["text"] for row in bad] == [",".join(["NA"] * 13)], "the trailing row"


def test_trap_13_workbooks_have_titles_notes_and_subtotals_around_their_rows(lake):
    (file,) = load(lake, [FORCE_18]).files
    forces_and_years = 43 + 2 * 43
    assert len(_table(lake, "force_incidents")) + len(_table(lake, "ced_use")) == forces_and_years
    assert not [r for r in _table(lake, "ced_use") if r["uses"] in (23_451, 795)], (
        "the rows of England and Wales and of the North East"
    )
    assert file.rows_quarantined == 0, "nor is a title or a note a bad row"


def test_trap_14_odd_cells(lake, put):
    # No-break spaces behind codes, and NULL: as published elsewhere, put on real rows.
    lines = (HOME_OFFICE / "arrests-2006-07-to-2017-18.csv").read_text().splitlines()
    header, *rows = [line.split(",") for line in lines]
    odd = [[f"{cell}\u00a0" if n < 4 else cell for n, cell in enumerate(row)] for row in rows]
    odd = [["NULL" if cell == "NA" else cell for cell in row] for row in odd]
    text = "\n".join(",".join(row) for row in ([f" {name} " for name in header], *odd))
    load(lake, [HOME_OFFICE / "arrests-2006-07-to-2017-18.csv"])
    (file,) = load(lake, [put("arrests.csv.gz", gzip.compress(text.encode()))]).files
    assert (file.rows_loaded, file.rows_unchanged) == (0, len(rows))
    # Thousands with commas and blanks, " -00 " for zero, two dots, line ends within a cell,
    # comment lines, a header without a name.
    load(lake, [
        HOME_OFFICE / "prc-pfa-mar2013-onwards-tables201718.csv", HEADS_18,
        HOME_OFFICE / "use-of-force-2019-20-excerpt.ods",
        CARRIED / "workforce" / "police-grant-2025-26.csv",
        CARRIED / "home_office" / "offence-code-to-police-uk-category.csv",
    ])  # fmt: skip
    fraud = _table(lake, "recorded_crime", force_id="action-fraud", quarter="2017-Q2")
    assert [r["offences"] for r in fraud] == [66_776]
    zero = _table(lake, "recorded_crime", force_id="wiltshire", offence="Wildlife")
    assert {r["offences"] for r in zero} == {0}
    volunteers = _table(lake, "workforce_half_year", role="police support volunteer")
    assert None in {r["people"] for r in volunteers if r["force_id"] == "gwent"}
    assert _table(lake, "force_tactics", perceived="Under 11 years")
    assert _table(lake, "police_grant", year="2025/26")
    assert _table(lake, "offence_categories", offence_code="17A")
    for way in ("month", "year", "financial-year"):
        with pytest.raises(ValueError, match="1899"):
            CONVERTERS[way]("1899-12-31")
