"""`openpeel indicator new`: a draft that says what is still open, and becomes an indicator."""

import re

import pytest

from openpeel.cli.main import run
from openpeel.indicators.definition import UNITS

TABLES = ("crime_counts", "searches", "recorded_crime", "workforce", "police_grant")


def finished(text: str) -> str:
    """The draft as a hasty person would finish it."""
    text = re.sub(r'"<a question[^"]*"', '"preventing-crime"', text)
    return re.sub(r"<([^<>]*)>", r"\1", text)


@pytest.mark.parametrize(
    ("table", "unit"),
    [(t, u) for t in TABLES for u in UNITS if u != "ratio" or t == "searches"],
)
def test_a_draft_is_refused_until_it_is_finished_and_then_sound(tmp_path, capsys, table, unit):
    made = tmp_path / "own" / "my-own.toml"
    new = ["indicator", "new", "my-own", "--table", table, "--unit", unit]
    assert run([*new, "--folder", str(made.parent)]) == 0
    assert f"openpeel indicator check {made}" in capsys.readouterr().out
    none = str(tmp_path / "none")
    assert run(["indicator", "check", str(made), "--lake", none]) == 1
    assert "still holds <" in capsys.readouterr().err
    made.write_text(finished(made.read_text()))
    assert run(["indicator", "check", str(made), "--lake", none]) == 0


def test_the_draft_names_the_columns_and_the_questions(tmp_path):
    new = ["indicator", "new", "my-own", "--table", "searches", "--question", "preventing-crime"]
    assert run([*new, "--folder", str(tmp_path)]) == 0
    text = (tmp_path / "my-own.toml").read_text()
    assert "#   legislation: the power used" in text
    assert "#   managing-offenders: Managing offenders and suspects" in text
    assert 'questions = ["preventing-crime"]' in text


@pytest.mark.parametrize(
    ("name", "table", "more", "said"),
    [
        ("My Own", "searches", [], "no id"),
        ("../up", "searches", [], "no id"),
        ("my-own", "grades", [], "not by force and period"),
        ("my-own", "nothing", [], "No source fills"),
        ("my-own", "searches", ["--unit", "furlong"], "no unit"),
        ("my-own", "searches", ["--question", "no-such-question"], "no-such-question"),
    ],
)
def test_what_cannot_be_drafted_is_said_and_nothing_written(
    tmp_path, capsys, name, table, more, said
):
    folder = tmp_path / "own"
    assert run(["indicator", "new", name, "--table", table, "--folder", str(folder), *more]) == 1
    assert said in capsys.readouterr().err
    assert not folder.exists()


def test_a_file_that_is_there_is_not_written_over(tmp_path, capsys):
    new = ["indicator", "new", "my-own", "--table", "searches", "--folder", str(tmp_path)]
    assert run(new) == 0
    (tmp_path / "my-own.toml").write_text("mine")
    assert run(new) == 1
    assert "there already" in capsys.readouterr().err
    assert (tmp_path / "my-own.toml").read_text() == "mine"
