"""The front door: what a person types, what is said, and the exit code."""

import csv
import json
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from openpeel import indicators
from openpeel.sources import bundled

OPENPEEL = Path(sys.executable).with_name("openpeel")
ARCHIVE = next(found for f in bundled() for found in f.glob("cambridgeshire-2025.zip"))


@pytest.fixture
def street(tmp_path):
    """A folder with two real street files of Cambridgeshire."""
    folder = tmp_path / "street"
    with zipfile.ZipFile(ARCHIVE) as archive:
        for name in archive.namelist()[:2]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(archive.read(name))
    return folder


def test_load_then_again_changes_nothing(openpeel, street, tmp_path):
    lake = tmp_path / "lake"
    first = openpeel("load", street, "--lake", lake, "--json")
    assert first.code == 0
    assert len(first.json["files"]) == 2
    for entry in first.json["files"]:
        assert entry["table"] == "crimes"
        assert entry["rows_read"] == entry["rows_loaded"] > 6000
        assert entry["rows_unchanged"] == entry["rows_quarantined"] == 0
    again = openpeel("load", street, "--lake", lake, "--json")
    assert again.json["snapshot"] == first.json["snapshot"] == 1
    assert all(f["rows_unchanged"] == f["rows_read"] for f in again.json["files"])
    said = openpeel("load", street, "--lake", lake)
    assert "Nothing is new: snapshot 1 stays in force." in said.out


def test_status_shows_tables_and_coverage(openpeel, crime_lake):
    told = openpeel("status", "--lake", crime_lake.root, "--table", "crime_counts")
    assert told.code == 0
    assert re.search(r"^ *greater-manchester +\.{12} 0/12$", told.out, re.MULTILINE)
    assert re.search(r"^ *cambridgeshire +#{12} 12/12$", told.out, re.MULTILINE)
    data = openpeel("status", "--lake", crime_lake.root, "--json").json
    assert data["snapshot"] == crime_lake.snapshot().id
    rows = {t["table"]: t["rows"] for t in data["tables"]}
    assert rows["population"] == 860
    grid = data["coverage"]["crime_counts"]["forces"]["greater-manchester"]
    assert (grid["complete"], grid["absent"]) == (0, 12)
    one = openpeel("status", "--lake", crime_lake.root, "--force", "Thames Valley Police")
    assert "2025-07 absent: in no loaded file" in one.out
    long = openpeel("status", "--lake", crime_lake.root, "--force", "greater-manchester")
    assert "2025-01 to 2025-12 absent: Greater Manchester Police has published no" in long.out
    assert "kent" not in one.out


def test_assess_in_three_forms(openpeel, crime_lake, tmp_path):
    lake = ("--lake", crime_lake.root)
    text = openpeel("assess", "cambridgeshire", *lake)
    assert text.code == 0
    assert "Not published by HMICFRS. Published by: demo" in text.out
    assert max(map(len, text.out.splitlines())) <= 80
    data = openpeel("assess", "Cambridgeshire Constabulary", *lake, "--json").json
    assert data
    page = tmp_path / "page.html"
    written = openpeel("assess", "E23000023", *lake, "--out", page)
    assert written.code == 0
    assert page.read_text().startswith("<!doctype html>")
    assert not list(tmp_path.glob(".*"))


def test_publisher_is_named(openpeel, crime_lake, monkeypatch):
    monkeypatch.setenv("OPENPEEL_PUBLISHER", "Office of an analyst")
    told = openpeel("assess", "kent", "--lake", crime_lake.root)
    assert "Published by: Office of an analyst" in told.out


def test_compare_names_every_force_and_ranks_none(openpeel, crime_lake):
    told = openpeel("compare", "burglary-rate", "--lake", crime_lake.root)
    assert told.code == 0
    shown = [told.out.index(name) for name in ("Avon and Somerset", "Cambridgeshire", "Wiltshire")]
    assert shown == sorted(shown)
    data = openpeel("compare", "burglary-rate", "--lake", crime_lake.root, "--json").json
    assert len(data["forces"]) == 43


def test_trace_walks_to_a_file_and_a_checksum(openpeel, crime_lake):
    told = openpeel(
        "trace", "cambridgeshire", "shoplifting-rate", "2025-06", "--lake", crime_lake.root
    )
    assert told.code == 0
    assert "2025-06-cambridgeshire-street.csv" in told.out
    assert re.search(r"\b[0-9a-f]{64}\b", told.out)


def test_sql_in_both_dialects(openpeel):
    assert 'SUM(CASE WHEN "crime_type"' in openpeel("sql", "shoplifting-rate").out
    assert "`crime_type`" in openpeel("sql", "shoplifting-rate", "--dialect", "spark").out
    assert openpeel("sql", "shoplifting-rate", "--dialect", "oracle").code == 1


def test_sql_runs_on_the_lake(openpeel, crime_lake):
    told = openpeel("sql", "shoplifting-rate", "--run", "--lake", crime_lake.root)
    rows = {(r["area"], r["period"]): r for r in csv.DictReader(told.out.splitlines())}
    assert rows["cambridgeshire", "2025-06"]["numerator"] == "671"
    assert ("greater-manchester", "2025-06") not in rows


def test_sql_of_a_table_that_is_not_loaded_says_so(openpeel, crime_lake):
    told = openpeel("sql", "officers-rate", "--run", "--lake", crime_lake.root)
    assert told.code == 1
    assert "it needs workforce, which is not loaded" in told.err


def test_the_list_of_indicators_has_no_long_line_and_names_what_is_missing(openpeel, crime_lake):
    told = openpeel("indicator", "list", "--lake", crime_lake.root).out
    assert max(map(len, told.replace(str(crime_lake.root), "lake").splitlines())) <= 80
    assert "\nofficers-rate\n    Police officers per 1,000 residents\n" in told
    assert "needs workforce, not loaded" in " ".join(told.split())


def test_check_says_what_a_definition_gives(openpeel, crime_lake):
    own = Path(indicators.__file__).parent / "definitions" / "charged-share.toml"
    told = openpeel("indicator", "check", own, "--lake", crime_lake.root)
    assert told.code == 0
    assert "0 with a value" in told.out
    assert "Court result unavailable" in told.out


def test_indicator_list_and_check(openpeel, tmp_path):
    listed = openpeel("indicator", "list", "--json").json
    assert len(listed) >= 15
    good = tmp_path / "mine.toml"
    good.write_text(
        'title = "Robbery, count"\nquestions = ["preventing-crime"]\ntable = "crime_counts"\n'
        "numerator = \"SUM(CASE WHEN crime_type = 'Robbery' THEN crimes END)\"\n"
        'unit = "count"\npolarity = "lower"\nwhy = "w"\nsource = "s"\n'
    )
    assert "sound definition" in openpeel("indicator", "check", good).out
    good.write_text(good.read_text().replace("SUM(", "read_csv("))
    refused = openpeel("indicator", "check", good)
    assert refused.code == 1
    assert "mine.toml: numerator" in refused.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("asess", "kent"), 1, "Did you mean 'assess'"),
        (("load",), 1, "--bundled"),
        (("load", "nowhere.zip"), 3, "nowhere.zip is not there"),
        (("status",), 3, "Load something first"),
        (("sql", "shoplifing-rate"), 1, "Did you mean shoplifting-rate"),
    ],
)
def test_wrong_words_cost_a_message(openpeel, tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    told = openpeel(*words)
    assert told.code == code
    assert told.out == ""
    assert said in told.err
    assert "Traceback" not in told.err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("assess", "cambridgshire"), "Did you mean Cambridgeshire?"),
        (("assess", "British Transport Police"), "no territorial police force"),
        (("trace", "kent", "shoplifting-rate", "June"), "June"),
        (("trace", "greater-manchester", "shoplifting-rate", "2025-06"), "A gap is not a zero"),
        (("compare", "charged-share"), "Court result unavailable"),
        (("assess", "kent", "--snapshot", "99"), "There is no snapshot 99"),
        (("assess", "kent", "--out", "nowhere/kent.html"), "there is no folder nowhere"),
    ],
)
def test_questions_without_an_answer(openpeel, crime_lake, words, said):
    told = openpeel(*words, "--lake", crime_lake.root)
    assert told.code == 1
    assert said in told.err


@pytest.mark.parametrize(("name", "said"), [("nowhere/kent.html", "no folder"), ("", "a folder")])
def test_where_a_page_goes_is_checked_before_the_lake_is_read(openpeel, tmp_path, name, said):
    told = openpeel("assess", "kent", "--out", tmp_path / name, "--lake", tmp_path / "no-lake")
    assert (told.code, "--out: " in told.err, said in told.err) == (1, True, True)


def test_some_files_refused_is_exit_2(openpeel, street, tmp_path):
    (street / "2025-01" / "strange.csv").write_text("a,b\n1,2\n")
    told = openpeel("load", street, "--lake", tmp_path / "lake")
    assert told.code == 2
    assert "strange.csv is of no kind that openpeel reads" in " ".join(told.out.split())


def test_kill_in_the_middle_and_load_again(tmp_path):
    """A load killed at any moment costs nothing; the next one is whole."""
    lake = tmp_path / "lake"
    command = [OPENPEEL, "load", ARCHIVE, "--lake", lake, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not any(lake.glob("staging/*")):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["snapshot"] == 1
    assert not any((lake / "staging").iterdir())


def test_help_of_every_command(openpeel):
    top = openpeel("--help").out
    for command in ("load", "status", "assess", "compare", "trace", "sql", "site", "indicator"):
        assert re.search(rf"\b{command}\b", top)
        told = openpeel(command, "--help")
        assert told.code == 0
        assert "--json" in told.out or command == "indicator"


def test_starting_loads_no_data_library():
    """`openpeel --help` and `import openpeel` stay quick: nothing heavy is loaded."""
    code = (
        "import sys, openpeel, openpeel.cli.main\n"
        "heavy = {'polars', 'pyarrow', 'duckdb', 'deltalake', 'numpy', 'scipy', 'vl_convert'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_lake_that_cannot_be_written(openpeel, street, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("not a folder")
    told = openpeel("load", street, "--lake", blocked / "lake")
    assert told.code == 3
    assert "Traceback" not in told.err
    assert blocked.read_text() == "not a folder"
