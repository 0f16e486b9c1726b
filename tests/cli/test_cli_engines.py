"""`openpeel engines`: what it says, and the code it ends with. Spark itself is tested elsewhere."""

import re
from pathlib import Path

import pytest

from openpeel.indicators import agreeing
from openpeel.indicators.agreeing import Agreement, Difference
from openpeel.lake import engine_version

PAGE = (Path(__file__).parents[2] / "docs/engines.md").read_text()
DIFFERENT = [
    Difference("drugs-rate", "kent", "2025-01", "numerator", 4, 5),
    Difference("crimes", "essex", "2025-02", "rows", 7, 7, held=8),
    Difference("robbery-rate", "", "", "answer", "12 rows", "no such thing " * 20),
]


@pytest.fixture
def check(openpeel, crime_lake, monkeypatch):
    """Run `engines check` as if the engines had been found to differ so."""

    def run(differences, *more):
        found = Agreement(99, differences, ["drugs-rate"], ["crimes"], {"stops-rate": "no stops"})
        monkeypatch.setattr(agreeing, "agreement", lambda snapshot: found)
        return openpeel("engines", "check", "--lake", crime_lake.root, *more)

    return run


def test_engines_that_agree(check):
    ran = check([])
    assert ran.code == 0
    assert "99 figures compared,\nof 1 indicators, and the rows and coverage of 1 tables" in ran.out
    assert "tables; none differs.\n" in ran.out
    assert "Not compared: 1; --json says of each why" in ran.out
    told = check([], "--json")
    assert told.code == 0
    assert told.json == {
        "compared": 99,
        "different": 0,
        "differences": [],
        "indicators": ["drugs-rate"],
        "tables": ["crimes"],
        "left_out": {"stops-rate": "no stops"},
        "snapshot": 1,
        "engines": {"duckdb": engine_version("duckdb"), "spark": engine_version("spark")},
    }


def test_engines_that_differ(check):
    ran = check(DIFFERENT)
    assert ran.code == 1
    assert "; 3 differ.\n" in ran.out
    assert (
        "  drugs-rate (kent, 2025-01), numerator:\n    duckdb     4\n    spark      5\n" in ran.out
    )
    assert "    provenance 8\n" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    told = check(DIFFERENT, "--json")
    assert told.code == 1
    assert told.json["different"] == 3
    assert told.json["differences"][0] == {
        "what": "drugs-rate",
        "area": "kent",
        "period": "2025-01",
        "column": "numerator",
        "duckdb": 4,
        "spark": 5,
    }
    assert told.json["differences"][1]["held"] == 8


def test_many_differences_are_summed_up(check):
    ran = check(DIFFERENT[:1] * 30)
    assert "… and 10 more; --json lists them all" in ran.out


def test_which_engines_run_here_and_why_not(openpeel, monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    for words in (["engines"], ["engines", "list"]):
        ran = openpeel(*words)
        assert ran.code == 0
        assert re.search(r"^duckdb +\d\S+ +runs here$", ran.out, re.MULTILINE)
        assert re.search(r"^spark +.*JAVA_HOME is|is not installed", ran.out, re.MULTILINE)
        assert max(map(len, ran.out.splitlines())) <= 80
    told = openpeel("engines", "list", "--json").json
    assert [(e["engine"], bool(e["why_not"])) for e in told] == [("duckdb", False), ("spark", True)]


def test_an_engine_that_cannot_run_ends_a_command_with_its_reason(
    openpeel, crime_lake, monkeypatch, tmp_path
):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    where = ("--lake", crime_lake.root)
    ran = openpeel("engines", "check", *where)
    assert (ran.code, ran.out) == (1, "")
    assert "The engine 'spark' cannot run here: " in ran.err
    monkeypatch.setenv("OPENPEEL_ENGINE", "spark")
    assert openpeel("compare", "shoplifting-rate", *where).code == 1
    monkeypatch.setenv("OPENPEEL_ENGINE", "sprak")
    ran = openpeel("compare", "shoplifting-rate", *where)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "There is no engine 'sprak'" in ran.err


def test_every_command_of_the_page_is_a_command(openpeel):
    commands = re.findall(r"^\$ openpeel (\w+)(?: (check))?", PAGE, re.MULTILINE)
    assert ("engines", "check") in commands
    for command in set(commands):
        assert openpeel(*filter(None, command), "--help").code == 0
