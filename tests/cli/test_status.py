"""`openpeel status`: tables, grids, gaps and changes of definition."""

from pathlib import Path

import pytest

from openpeel.lake import Lake
from openpeel.sources import load

DATA = Path(__file__).parents[1] / "data"
CARRIED = Path(__file__).parents[2] / "src/openpeel/bundled"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A lake of excerpts of real tables, by quarter, year and count."""
    lake = Lake(tmp_path_factory.mktemp("status") / "lake")
    offences = CARRIED / "home_office/offence-code-to-police-uk-category.csv"
    excerpts = [*(DATA / "home_office").glob("*.csv"), *(DATA / "workforce").glob("*.csv")]
    load(lake, [*excerpts, offences, CARRIED / "workforce/police-grant-2025-26.csv"])
    return lake.root


@pytest.fixture
def status(openpeel, root):
    """Ask for the status of that lake; no line is wider than a terminal."""

    def ask(*words):
        told = openpeel("status", "--lake", root, *words)
        assert (told.code, told.err) == (0, "")
        assert max(map(len, told.out.splitlines())) <= 80
        return told.out

    return ask


def test_the_tables_have_rows_version_span_and_share(status):
    lines = {line.split()[0]: line.split() for line in status().splitlines()}
    assert lines["severity"][1:] == ["62", "1", "2003", "to", "2023", "(21)", "4", "%"]
    assert lines["recorded_crime"][3:6] == ["2017-Q2", "to", "2018-Q1"]
    assert lines["offence_categories"][1:] == ["132", "1"]
    assert "crime_outcomes: 1 row is in quarantine of outcomes-open-data-2017-18.csv" in status()


def test_a_table_shows_every_force_and_what_changed(status):
    told = status("--table", "workforce")
    assert told.startswith("Coverage of workforce by month, 2007-03 to 2022-03 (16)\n")
    assert "  2007-03  2022-03\n" in told
    rows = [line.split() for line in told.splitlines() if line.startswith("  ")]
    marks = {row[0]: row[1:] for row in rows if len(row) == 3}
    assert len(marks) == 43
    for drawn, there in marks.values():
        assert len(drawn) == 16
        assert there == f"{drawn.count('#')}/16"
    assert "Change of definition, from 2018-03 on: Police support volunteers" in told


def test_many_periods_are_folded(openpeel, tmp_path):
    lake = Lake(tmp_path / "lake")
    names = ["2014-04-cambridgeshire", "2018-10-cambridgeshire", "2025-01-city-of-london"]
    load(lake, [DATA / "police_uk" / f"{name}-street.csv" for name in names])
    told = openpeel("status", "--lake", lake.root, "--table", "crimes").out
    assert "each mark is 3 periods, ~ where they differ)" in " ".join(told.split())
    (drawn,) = (line.split() for line in told.splitlines() if line.startswith("  cambridgeshire"))
    assert drawn[1:] == ["~" + "." * 17 + "~" + "." * 25, "2/130"]
    assert max(map(len, told.splitlines())) <= 80


def test_a_force_shows_its_gaps_in_every_table_and_why(status):
    told = " ".join(status("--force", "Lancashire Constabulary").split())
    assert "2017/18 absent: Lancashire Constabulary could not provide arrests for 2017/18." in told
    assert "severity, 2003 to 2023 (21): 0 of 21 complete 2003 to 2023 absent: in no" in told
    assert "Change of definition in arrests, from 2015/16 on: Offences are in ten groups" in told
    assert "Humberside" not in told
    surrey = " ".join(status("--force", "surrey", "--table", "arrests").split())
    assert "Humberside and Surrey give arrests by the offence groups of 2015/16" in surrey


def test_json_holds_grids_gaps_and_changes(openpeel, root):
    data = openpeel("status", "--lake", root, "--json").json
    assert {"snapshot", "created", "reason", "tables", "coverage"} == set(data)
    arrests = data["coverage"]["arrests"]
    assert (arrests["kind"], arrests["periods"][0]) == ("financial-year", "2006/07")
    assert sum(arrests[s] for s in ("complete", "partial", "absent")) == 43 * 12
    assert [c["id"] for c in arrests["changes"]] == ["arrests-groups-early", "arrests-groups"]
    one = openpeel("status", "--lake", root, "--json", "--force", "kent", "--table", "severity")
    assert set(one.json["coverage"]) == {"severity"}
    assert one.json["coverage"]["severity"]["forces"] == {
        "kent": {
            "complete": 0,
            "partial": 0,
            "absent": 21,
            "gaps": [
                {
                    "status": "absent",
                    "first": "2003",
                    "last": "2023",
                    "reason": "in no loaded file",
                }
            ],
        }
    }


@pytest.mark.parametrize("table", ["offence_categories", "no_such"])
def test_a_table_without_coverage_is_refused_with_those_that_have_it(openpeel, root, table):
    told = openpeel("status", "--lake", root, "--table", table)
    assert told.code == 1
    assert f"no table '{table}' by force and period. It has: arrests, crime_outcomes" in told.err
