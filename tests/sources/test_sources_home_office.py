"""Home Office open data tables, from excerpts of the real files (rows untouched, some left out)."""

import csv
import gzip
import io
from pathlib import Path

import pytest

from openpeel.indicators import indicator, observe
from openpeel.reference import Period, force, forces
from openpeel.sources import contract, load

DATA = Path(__file__).parents[1] / "data" / "home_office"
CARRIED = Path(__file__).parents[2] / "src/openpeel/bundled"
RECORDED = "prc-pfa-mar2013-onwards-tables201718.csv"
OUTCOMES_17 = "outcomes-open-data-2017-18.csv"
OUTCOMES_18 = "outcomes-open-data-2018-19-violence.csv"
SEARCHES = "stop-and-search-2006-07-to-2018-19.csv"
ARRESTS = "arrests-2006-07-to-2017-18.csv"

FILES = [  # file, table, rows in quarantine, column of the file, column of the table
    (RECORDED, "recorded_crime", 0, "Number of Offences", "offences"),
    (OUTCOMES_17, "crime_outcomes", 1, "offences", "offences"),
    (OUTCOMES_17, "crime_outcomes", 1, "force_outcomes_recorded_in_quarter", "outcomes"),
    (
        OUTCOMES_18,
        "crime_outcomes",
        0,
        "force_outcomes_for_offences_recorded_in_quarter",
        "offences",
    ),
    (SEARCHES, "searches", 0, "searches", "searches"),
    (ARRESTS, "arrests", 0, "arrests", "arrests"),
    ("crime-severity-score.csv", "severity", 0, "score", "score"),
]


def _rows(name):
    return list(csv.DictReader(io.StringIO((DATA / name).read_text(encoding="utf-8"))))


@pytest.mark.parametrize(("name", "table", "bad", "given", "made"), FILES)
def test_every_row_of_a_file_and_its_sum_are_in_the_table(
    lake, reconciles, name, table, bad, given, made
):
    (file,) = reconciles(load(lake, [DATA / name])).files
    rows = _rows(name)
    assert (file.table, file.rows_read) == (table, len(rows))
    assert (file.rows_loaded, file.rows_quarantined) == (len(rows) - bad, bad)
    values = [row[given].strip() for row in rows]
    numbers = [float(value) for value in values if value != "NA"]
    found = lake.snapshot().table(table)[made].to_pylist()
    assert sum(v for v in found if v is not None) == pytest.approx(sum(numbers))
    assert found.count(None) == len(values) - len(numbers) - bad


@pytest.mark.parametrize("name", sorted({name for name, *_ in FILES}))
def test_a_copy_saved_in_another_way_is_unchanged(lake, put, reconciles, name):
    plain = (DATA / name).read_bytes()
    header, *rows = plain.splitlines()
    odd = [row.replace(b",NA", b", .. ", 1) if row[:2] != b"NA" else row for row in rows]
    copy = b"\xef\xbb\xbf" + b"\r\n".join([b" , ".join(header.split(b",")), *odd]) + b"\r\n"
    load(lake, [DATA / name])
    report = reconciles(load(lake, [put(f"{name}.gz", gzip.compress(copy))]))
    assert (report.snapshot, report.files[0].rows_loaded) == (1, 0)


def test_recorded_crime_by_calendar_quarter_with_zeros_and_corrections(lake):
    load(lake, [DATA / RECORDED])
    found = lake.snapshot().table("recorded_crime").to_pylist()
    quarters = {row["quarter"] for row in found}
    assert quarters == {"2017-Q2", "2017-Q3", "2017-Q4", "2018-Q1"}
    assert Period.parse("2017-Q2").first_month == "2017-04", "quarter 1 of 2017/18"
    cambridgeshire = dict.fromkeys(quarters, 0)
    for row in found:
        if row["force_id"] == "cambridgeshire":
            cambridgeshire[row["quarter"]] += row["offences"]
    # Sums of the published file's rows for Cambridgeshire, quarters 1 to 4.
    assert [cambridgeshire[q] for q in sorted(quarters)] == [17126, 16988, 17013, 15067]
    assert min(row["offences"] for row in found) == -45
    zero = [row for row in found if row["offence"] == "Wildlife" and row["force_id"] == "wiltshire"]
    assert {row["offences"] for row in zero} == {0}, "the file writes -00"


def test_bodies_that_are_no_force_stand_under_their_own_ids(lake):
    load(lake, [DATA / RECORDED])
    found = set(lake.snapshot().table("recorded_crime")["force_id"].to_pylist())
    assert found - {f.id for f in forces()} == {
        "action-fraud",
        "british-transport-police",
        "cifas",
        "uk-finance",
    }
    assert {"city-of-london", "devon-and-cornwall"} <= found


def test_an_offence_never_seen_before_is_counted_under_what_the_file_says_of_it(lake, put):
    mine = "2017/18,1,Cambridgeshire,"
    violence = "Violence against the person,"
    new = [
        mine + "Harm by a drone," + violence + "Violence with injury,999Z, 7 ",
        mine + "Menaces by a drone," + violence + "Violence by machines,999Y, 5 ",
        mine + "An offence without a code," + violence + "Violence with injury,, 900 ",
    ]
    text = (DATA / RECORDED).read_text()
    injury, everything = "violence-with-injury-quarterly-rate", "recorded-crime-quarterly-rate"

    def counted(name):
        found = observe(lake.snapshot(), indicator(name)).of("cambridgeshire")
        return found.numerator[list(found.period).index("2017-Q2")]

    load(lake, [DATA / RECORDED, CARRIED / "population"])
    before = {name: counted(name) for name in (injury, everything)}
    (file,) = load(lake, [put(RECORDED, "\n".join([text.rstrip("\n"), *new]))]).files
    assert file.rows_quarantined == 1
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert (bad["column"], bad["reason"]) == ("Offence Code", "empty")
    rows = lake.snapshot().table("recorded_crime").to_pylist()
    codes = {r["offence"]: r["offence_code"] for r in rows if r["offence"].endswith("by a drone")}
    assert codes == {"Harm by a drone": "999Z", "Menaces by a drone": "999Y"}
    assert counted(injury) == before[injury] + 7
    assert counted(everything) == before[everything] + 7 + 5


def test_two_headers_of_outcomes_fill_one_table(lake, reconciles):
    first, second = reconciles(load(lake, [DATA / OUTCOMES_17, DATA / OUTCOMES_18])).files
    assert {first.table, second.table} == {"crime_outcomes"}
    found = lake.snapshot().table("crime_outcomes").to_pylist()
    by_year = {q: {r["offence_expired"] for r in found if r["quarter"] == q} for q in
               ("2017-Q2", "2018-Q2")}  # fmt: skip
    assert by_year == {"2017-Q2": {None}, "2018-Q2": {False}}
    assert True in {row["offence_expired"] for row in found}
    none_yet = [row for row in found if row["outcome_type"] == "0"]
    assert none_yet
    assert {row["outcomes"] for row in none_yet} == {None}
    assert min(row["offences"] for row in found if row["offences"] is not None) == -1
    assert "Caution \u2013 adults" in {row["outcome"] for row in found}


def test_the_trailing_row_without_anything_is_quarantined_at_its_line(lake, put):
    packed = gzip.compress((DATA / OUTCOMES_17).read_bytes())
    (file,) = load(lake, [put("outcomes-open-data-2017-18.csv.gz", packed)]).files
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert bad["line"] == file.rows_read + 1 == len(_rows(OUTCOMES_17)) + 1
    assert bad["column"] == "financial_year, financial_quarter"
    assert "'NA NA' is not a financial year" in bad["reason"]
    assert bad["text"] == ",".join(["NA"] * 13)


def test_a_revision_replaces_only_what_it_changes(lake, put, reconciles):
    load(lake, [DATA / OUTCOMES_17, DATA / ARRESTS])
    lines = (DATA / ARRESTS).read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("2017/18,Cambridgeshire"))
    cells = lines[at].split(",")
    cells[6] = str(int(cells[6]) + 1)
    lines[at] = ",".join(cells)
    (file,) = reconciles(load(lake, [put("arrests.csv", "\n".join(lines) + "\n")])).files
    same = sum(line.startswith("2017/18,Cambridgeshire,") for line in lines)
    assert file.rows_loaded == same
    assert file.rows_unchanged == len(lines) - 1 - same
    # A later year alone takes nothing away from the earlier ones.
    later = [lines[0], *(line.replace("2017/18", "2018/19").replace("2018-03", "2019-03") for
             line in lines[1:] if line.startswith("2017/18"))]  # fmt: skip
    (file,) = reconciles(load(lake, [put("arrests-2018-19.csv", "\n".join(later))])).files
    years = lake.snapshot().table("arrests")["year"].to_pylist()
    assert years.count("2018/19") == years.count("2017/18") == file.rows_loaded
    assert "2006/07" in years


def test_financial_years_part_the_tables_and_read_as_periods(lake):
    load(lake, [DATA / SEARCHES, DATA / ARRESTS])
    for table in ("searches", "arrests"):
        assert contract(table).partition == "year"
        years = set(lake.snapshot().table(table)["year"].to_pylist())
        assert {Period.parse(year).kind for year in years} == {"financial-year"}
    by_year = lake.snapshot().engine.query(
        "SELECT SUM(arrests) AS n FROM arrests "
        "WHERE year = '2011/12' AND force_id = 'cambridgeshire'"
    )
    rows = [r for r in _rows(ARRESTS) if r["financial_year"] == "2011/12"]
    mine = sum(int(r["arrests"]) for r in rows if r["force_name"] == "Cambridgeshire")
    assert by_year["n"].to_pylist() == [mine]
    assert mine > 0


def test_searches_keep_what_they_say(lake):
    load(lake, [DATA / SEARCHES])
    found = lake.snapshot().table("searches").to_pylist()
    assert {row["weapons_arrests_s60"] for row in found} <= {None, True}
    assert any(True in (r["weapons_arrests_s60"], r["other_arrests_s60"]) for r in found)
    assert any(row["searches"] is None for row in found)
    assert "british-transport-police" in {row["force_id"] for row in found}
    assert {"2006/07", "2018/19"} <= {row["year"] for row in found}


def test_a_force_that_gave_no_figures_has_nulls_and_not_zeros(lake):
    load(lake, [DATA / ARRESTS])
    found = lake.snapshot().table("arrests").to_pylist()
    mine = [r for r in found if r["force_id"] == "lancashire" and r["year"] == "2017/18"]
    assert mine
    assert {row["arrests"] for row in mine} == {None}


def test_the_offence_look_up_has_an_index_column_without_a_name(lake, reconciles):
    path = CARRIED / "home_office" / "offence-code-to-police-uk-category.csv"
    (file,) = reconciles(load(lake, [path])).files
    assert (file.table, file.rows_loaded) == ("offence_categories", 132)
    found = {r["offence_code"]: r for r in lake.snapshot().table("offence_categories").to_pylist()}
    assert found["17A"]["category"] == "Violence and Sexual Offences"
    assert found["95"]["offence"] == "Disclosure, obstruction, false or misleading statements etc"


def test_the_severity_score_is_null_where_none_is_published(lake):
    load(lake, [DATA / "crime-severity-score.csv"])
    found = lake.snapshot().table("severity").to_pylist()
    missing = {row["force_id"] for row in found if row["score"] is None}
    named = {force(r["code"]).id for r in _rows("crime-severity-score.csv") if r["score"] == "NA"}
    assert missing == named
    assert missing
