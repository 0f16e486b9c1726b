"""`openpeel source`: what a file is, whether it would load, what would be lost; nothing written."""

import json
from pathlib import Path

import pytest

from openpeel.cli.main import run
from openpeel.errors import DefinitionError
from openpeel.lake import Lake
from openpeel.sources import load, sources

CARRIED = Path(__file__).parents[2] / "src/openpeel/bundled"
GRANT = CARRIED / "workforce" / "police-grant-2025-26.csv"


def check(capsys, *arguments):
    code = run(["source", "check", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_file_is_named_and_nothing_is_written(tmp_path, capsys):
    lake = tmp_path / "lake"
    code, said = check(capsys, GRANT, "--lake", lake)
    assert code == 0
    assert "is police-grant: Police Grant Report" in said
    assert "would load 43 of 43 rows into police_grant" in said
    assert not lake.exists()


def test_what_the_lake_holds_already_and_what_would_give_way_is_counted(tmp_path, capsys):
    lake = tmp_path / "lake"
    load(Lake(lake), [GRANT])
    _, said = check(capsys, GRANT, "--lake", lake)
    assert "would load 0 of 43 rows" in said
    assert "43 rows would change nothing" in said
    revised = tmp_path / "revised.csv"
    text = GRANT.read_text()
    revised.write_text(text.replace("104239821", "104239822"))
    assert revised.read_text() != text
    _, said = check(capsys, revised, "--lake", lake)
    assert "would load 43 of 43 rows" in said
    assert "43 rows of the lake would give way" in said
    assert len(Lake(lake).snapshots()) == 1


def test_rows_for_quarantine_are_shown_with_their_reasons(tmp_path, capsys):
    broken = tmp_path / "grant.csv"
    broken.write_text(GRANT.read_text() + "Ruritania,5\n")
    code, said = check(capsys, broken, "--lake", tmp_path / "lake")
    assert code == 0
    assert "would load 43 of 44 rows" in said
    assert "1 row would go to quarantine" in said
    assert "'Ruritania' is no force or other body" in said


def test_a_header_that_is_nearly_right_is_told_apart(tmp_path, capsys):
    odd = tmp_path / "odd.csv"
    odd.write_text("force,budget\nKent,5\n")
    code, said = check(capsys, odd, GRANT, "--lake", tmp_path / "lake")
    assert code == 2
    told = " ".join(said.split())
    assert "most like police-grant, but lacks budget_gbp and has budget too" in told
    assert all(len(line) <= 80 or "/" in line for line in said.splitlines())


def test_what_is_nothing_that_we_know_is_refused(tmp_path, capsys):
    odd = tmp_path / "odd.csv"
    odd.write_text("a,b\n1,2\n")
    code, said = check(capsys, odd, "--lake", tmp_path / "lake")
    assert code == 3
    assert "of no kind that openpeel reads (its columns: a, b …). docs/sources.md" in said


@pytest.mark.parametrize("command", [["source", "list"], ["source", "check"], ["load"]])
def test_a_broken_source_of_ones_own_is_named_and_nothing_is_written(
    tmp_path, capsys, monkeypatch, command
):
    own = tmp_path / "own"
    own.mkdir()
    (own / "mine.toml").write_text('name = "mine"')
    monkeypatch.setenv("OPENPEEL_SOURCES", str(own))
    lake = tmp_path / "lake"
    more = [] if command == ["source", "list"] else [str(GRANT), "--lake", str(lake)]
    assert run([*command, *more]) == DefinitionError.exit_code == 1
    said = capsys.readouterr()
    assert (said.out, "mine.toml: the description lacks 'title'" in said.err) == ("", True)
    assert not lake.exists()


def test_json_gives_the_same(tmp_path, capsys):
    code = run(["source", "check", str(GRANT), "--json", "--lake", str(tmp_path / "lake")])
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert code == 0
    assert (file["source"], file["rows_read"], file["rows_loaded"]) == ("police-grant", 43, 43)


@pytest.mark.parametrize("json_too", [False, True])
def test_every_source_is_listed(capsys, json_too):
    assert run(["source", "list", *(["--json"] if json_too else [])]) == 0
    out = capsys.readouterr().out
    assert json_too or max(map(len, out.splitlines())) <= 80
    for source in sources():
        assert source.name in out
        assert source.publisher in " ".join(out.split())
