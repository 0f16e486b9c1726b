"""Workforce, grant, census, look-ups and collected figures, from real files or excerpts."""

import csv
import gzip
import io
from pathlib import Path

import pytest

from openpeel.errors import LoadRefused
from openpeel.reference import forces
from openpeel.sources import load

DATA = Path(__file__).parents[1] / "data"
CARRIED = Path(__file__).parents[2] / "src/openpeel/bundled"
WORKFORCE = DATA / "workforce" / "workforce-2007-to-2022.csv"
FUNCTIONS = DATA / "workforce" / "officers-by-function-2012-to-2021.csv"
GRANT = CARRIED / "workforce" / "police-grant-2025-26.csv"
ETHNICITY = CARRIED / "population" / "force-demographics-census-2011.csv"
DISTRICTS = DATA / "geography" / "lad_pfa_lookup.csv"
LSOAS = DATA / "geography" / "lsoa-2011-to-force-incomplete.csv"
FIGURES = CARRIED / "peel" / "published-figures.csv"
TOTALS = CARRIED / "peel" / "published-totals.csv"

ALL = [
    (WORKFORCE, "workforce"),
    (FUNCTIONS, "officers_by_function"),
    (GRANT, "police_grant"),
    (ETHNICITY, "ethnicity"),
    (DISTRICTS, "districts"),
    (LSOAS, "lsoas"),
    (FIGURES, "published_figures"),
    (TOTALS, "published_totals"),
]


def _rows(path):
    lines = [x for x in path.read_text("utf-8-sig").splitlines() if not x.startswith("#")]
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


@pytest.mark.parametrize(("path", "table"), ALL)
def test_every_row_loads_and_a_second_time_is_unchanged(lake, put, reconciles, path, table):
    (file,) = reconciles(load(lake, [path])).files
    assert (file.table, file.rows_loaded) == (table, len(_rows(path)))
    assert file.rows_quarantined == 0
    assert lake.snapshot().rows(table) == file.rows_loaded
    packed = gzip.compress(b"\xef\xbb\xbf" + path.read_bytes())
    again = load(lake, [put(f"{path.name}.gz", packed)])
    assert (again.snapshot, again.files[0].rows_unchanged) == (1, file.rows_loaded)


def test_officers_of_cambridgeshire_in_march_2013(lake):
    load(lake, [WORKFORCE])
    (found,) = (
        lake.snapshot()
        .engine.query(
            "SELECT SUM(headcount) AS heads, SUM(fte) AS fte FROM workforce WHERE counted = "
            "'2013-03' AND force_id = 'cambridgeshire' AND worker_type = 'police officer'"
        )
        .to_pylist()
    )
    # Sums of the published table: 1,411 officers, 1,383.66 full-time equivalents.
    assert (found["heads"], found["fte"]) == (1411, pytest.approx(1383.66))


def test_both_spellings_of_volunteers_stay_as_published(lake):
    load(lake, [WORKFORCE])
    ranks = set(lake.snapshot().table("workforce")["rank"].to_pylist())
    assert {"Police support volunteer", "Police Support Volunteer"} <= ranks


def test_functions_have_snake_case_forces_padding_rows_and_fractions(lake):
    load(lake, [FUNCTIONS])
    found = lake.snapshot().table("officers_by_function").to_pylist()
    assert {"avon-and-somerset", "devon-and-cornwall"} <= {row["force_id"] for row in found}
    padding = [row for row in found if row["force_id"] == "missing"]
    assert padding, "the forces x and x_"
    assert {row["officers"] for row in padding} == {None}
    nameless = [row for row in found if row["function"] is None]
    assert nameless
    assert {row["officers"] for row in nameless} == {None}
    mine = [r for r in found if r["force_id"] == "cambridgeshire" and r["year"] == "2021"]
    given = [r for r in _rows(FUNCTIONS) if r["force"] == "cambridgeshire" and r["year"] == "2021"]
    assert sum(r["officers"] for r in mine) == pytest.approx(
        sum(float(r["officers"]) for r in given)
    )


def test_a_total_stands_among_the_functions_and_is_no_function(lake):
    load(lake, [FUNCTIONS])
    found = lake.snapshot().table("officers_by_function").to_pylist()
    mine = [r for r in found if r["force_id"] == "cambridgeshire" and r["officers"] is not None]
    totals = {r["year"]: r for r in mine if r["function"] == "total"}
    parts = {
        year: sum(r["officers"] for r in mine if r["year"] == year and r["function"] != "total")
        for year in ("2012", "2016")
    }
    assert parts["2012"] == pytest.approx(totals["2012"]["officers"]) == 1377.45
    # The total of 2016 is the workforce of March 2015, and stands under a group of functions.
    assert totals["2016"]["officers"] == pytest.approx(1361.95)
    assert totals["2016"]["function_group"] == "local policing"
    assert parts["2016"] == pytest.approx(1375.6)
    assert not [r for r in mine if r["year"] == "2021" and r["function"] == "total"]


def test_the_year_of_the_grant_is_in_its_comments(lake):
    load(lake, [GRANT])
    found = lake.snapshot().table("police_grant").to_pylist()
    assert {row["year"] for row in found} == {"2025/26"}
    assert {row["force_id"] for row in found} == {f.id for f in forces()}
    pounds = {row["force_id"]: row["pounds"] for row in found}
    assert pounds["cambridgeshire"] == 104_239_821
    # Its comments give 9,806,553,489 in all: the rows, each rounded, add up to two pounds less.
    assert sum(pounds.values()) == 9_806_553_487


def test_lines_are_counted_with_the_comments(lake, put):
    text = GRANT.read_text("utf-8").replace("Wiltshire,", "Wessex,")
    text = text.replace("Bedfordshire,89796074\n", "# a remark\nBedfordshire,89796074,0\n")
    load(lake, [put("grant.csv", text)])
    bad = lake.snapshot().table("quarantine").sort_by("line").to_pylist()
    lines = text.splitlines()
    assert [(row["line"], row["column"]) for row in bad] == [
        (lines.index("Bedfordshire,89796074,0") + 1, ""),
        (lines.index("Wessex,82937470") + 1, "force"),
    ]
    assert "'Wessex' is no force or other body that openpeel knows" in bad[1]["reason"]


def test_a_grant_without_its_year_is_refused(lake, put):
    with pytest.raises(LoadRefused, match="its comments do not say the year"):
        load(lake, [put("grant.csv", GRANT.read_text("utf-8").replace("2025-26", "this year"))])
    bare = "".join(x for x in GRANT.open(encoding="utf-8") if not x.startswith("#"))
    with pytest.raises(LoadRefused, match="its comments do not say the year"):
        load(lake, [put("police-grant-2025-26.csv", bare)])


def test_ethnic_groups_of_the_census_add_up(lake):
    load(lake, [ETHNICITY])
    found = lake.snapshot().table("ethnicity").to_pylist()
    assert len(found) == 43
    for row in found:
        groups = [row[g] for g in ("white", "mixed", "asian", "black", "other")]
        assert sum(groups) == row["residents"]
        assert row["white_british"] <= row["white"]
    (mine,) = (row for row in found if row["force_id"] == "cambridgeshire")
    assert (mine["year"], mine["residents"], mine["black"]) == ("2011", 804_841, 10_174)


def test_districts_name_every_force_and_lsoas_not_all(lake):
    load(lake, [DISTRICTS, LSOAS])
    found = lake.snapshot().table("districts").to_pylist()
    assert {row["force_id"] for row in found} == {f.id for f in forces()}
    areas = lake.snapshot().table("lsoas").to_pylist()
    unsaid = {r["LSOA Code"] for r in _rows(LSOAS) if not r["Police_force"]}
    assert unsaid
    assert {row["lsoa_code"] for row in areas if row["force_id"] is None} == unsaid
    assert {row["edition"] for row in areas} == {"2011"}


def test_published_figures_are_kept_as_stated(lake):
    load(lake, [FIGURES])
    found = lake.snapshot().table("published_figures").to_pylist()
    assert {"1 in 3", "41 of 79", "50-60", ">=90"} <= {row["value"] for row in found}
    assert {"england-and-wales", "united-kingdom"} <= {row["force_id"] for row in found}
    assert None in {row["source_url"] for row in found}


def test_published_totals_stand_under_the_cycles_of_the_framework(lake, put):
    load(lake, [TOTALS])
    found = lake.snapshot().table("published_totals").to_pylist()
    assert {row["cycle"] for row in found} == {"2021-22", "2023-25"}
    odd = TOTALS.read_text() + "kent,1999,1,1,0,0,0,0,,somewhere,\n"
    load(lake, [put("totals.csv", odd)])
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert bad["column"] == "cycle"
    assert "1999" in bad["reason"]
