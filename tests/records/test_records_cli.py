"""The commands, on records in a folder of their own; those on one folder run in one process."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

DRIVER = """
import contextlib, io, json, sys
from openpeel.cli.main import run
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


def run(folder: Path, *commands: list[str]) -> list[tuple[int, str, str]]:
    """Exit code, output and errors of each command."""
    env = {
        k: v
        for k, v in os.environ.items()
        if k not in ("DATABASE_URL", "OPENPEEL_CYCLES", "OPENPEEL_SMTP")
    }
    made = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(commands)],
        env=env | {"OPENPEEL_RECORDS": str(folder)},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    return [tuple(json.loads(line)) for line in made.stdout.splitlines()]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the commands told on the demo's records, by their first words; and the folder."""
    base = tmp_path_factory.mktemp("demo")
    tracker, wrong = base / "tracker.csv", base / "wrong.csv"
    head = "Recommendation,Date published,Status\n"
    tracker.write_text(head + "Answer sooner,2024-03-12,open\n")
    wrong.write_text(head + "Answer sooner,soon,open\n")
    force = ["--force", "cambridgeshire"]
    twice = [a for name in ("paper.pdf", "paper.docx") for a in ("--paper", str(base / name))]
    commands = {
        "demo": ["workbench", "demo", "--no-serve"],
        "findings": ["findings", *force, "--json"],
        "read": ["findings"],
        "clock": ["clock", "2024-03-12"],
        "paper": ["findings", *force, *twice],
        "due": ["due", *force, "--json"],
        "of-a-body": ["findings", "--force", "the Home Office"],
        "reminded": ["remind", "--dry-run", "--json"],
        "remind": ["remind"],
        "verify": ["audit", "verify", "--lake", str(base / "records" / "demo-lake")],
        "tried": ["records", "import", str(tracker), "--force", "Kent"],
        "wrong": ["records", "import", str(wrong), "--force", "Kent", "--write"],
        "backup": ["records", "backup", str(base / "copy")],
        "digest": ["records", "digest"],
        "written": ["records", "import", str(tracker), "--force", "Kent", "--write"],
    }
    made = run(base / "records", *commands.values())
    return dict(zip(commands, made, strict=True)) | {"base": base}


def test_all_is_done_but_a_wrong_list_and_mails_without_a_server(told):
    assert {k: v[0] for k, v in told.items() if k != "base" and v[0]} == {
        "wrong": 3,
        "remind": 3,
    }


def test_the_findings_of_the_founding_case(told):
    found = json.loads(told["findings"][1])["findings"]
    (concern,) = [f for f in found if f["kind"] == "cause_of_concern" and f["cycle"] == "2023-25"]
    assert (concern["verified_state"], concern["closed_on"]) == ("closed", "2024-12-09")
    assert (told["base"] / "paper.pdf").read_bytes().startswith(b"%PDF-")
    assert (told["base"] / "paper.docx").read_bytes().startswith(b"PK")


def test_people_read_names_and_days_as_the_pages_write_them(told):
    read = told["read"][1]
    assert "Cambridgeshire Constabulary, PEEL 2023–25: Cause of concern" in read
    assert "Verified: closed, 9 December 2024" in read
    assert not [word for word in ("2024-12-09", "cambridgeshire,", "not-known") if word in read]
    assert max(map(len, read.splitlines())) <= 80
    assert told["clock"][1].startswith("Published 12 March 2024: to be answered by 6 May 2024 (")


ROLES = """
from openpeel.cli.main import run
run(["workbench", "init"])
from openpeel.records import answering, judging
from openpeel.records.people import add_person
from openpeel.records.roles import ROLES, system
from datetime import date
ann = system(ROLES, "test")
add_person(ann, "ann")
run(["people", "give", "ann", "force-liaison", "--force", "Kent", "--until", "2999-12-09"])
run(["people", "give", "ann", "viewer"])
run(["people", "list"])
run(["people", "list", "--json"])
it = judging.plan(ann, "kent", "2023-25")
judging.advance(ann, it.pk, "begin")
answering.make_request(ann, it.pk, "data", "Calls " * 30, date.today())
run(["due"])
run(["due", "--json"])
"""


def test_who_has_which_role_and_what_is_due_is_told_in_names_and_as_json_in_ids(tmp_path):
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "OPENPEEL_CYCLES")}
    made = subprocess.run(
        [sys.executable, "-c", ROLES],
        env=env | {"OPENPEEL_RECORDS": str(tmp_path / "records")},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    _, given, _, first, second, *rest = made.stdout.splitlines()
    assert given == "ann: Force liaison, Kent Police, until 9 December 2999."
    assert first == "1  ann: Force liaison, Kent Police, until 9 December 2999"
    assert second == "2  ann: Viewer, all forces"
    people, end = json.JSONDecoder().raw_decode("\n".join(rest))
    assert people["people"][0] == {
        "number": 1,
        "name": "ann",
        "role": "force-liaison",
        "force": "kent",
        "last_day": "2999-12-09",
    }
    due = "\n".join(rest)[end:].strip()
    today = date.today()
    assert due.startswith(f"{today.day} {today:%B %Y} (today), Kent Police, request: Calls")
    text, _, ids = due.partition("{")
    assert max(map(len, text.splitlines())) <= 80
    (row,) = json.loads("{" + ids)["due"]
    assert (row["force"], row["due_on"]) == ("kent", today.isoformat())


def test_what_is_due_is_listed(told):
    # Whether what was owed before the records began was given is not known, nor called late.
    assert json.loads(told["due"][1]) == {"due": []}


def test_a_national_body_is_asked_for_like_a_force(told):
    assert told["of-a-body"][1] == "0 findings. Open: none.\n"


def test_reminders_are_tried_and_without_a_server_it_is_told_how_to_name_one(told):
    assert json.loads(told["reminded"][1]) == {"reminders": []}
    assert "OPENPEEL_SMTP" in told["remind"][2]


def test_a_list_is_tried_and_then_imported(told):
    assert "Tried, not written (--write): 1 new" in told["tried"][1]
    assert "Imported: 1 new" in told["written"][1]
    assert "row 2, column 'Date published'" in told["wrong"][2]


def test_a_copy_restores_to_the_same_digest(told, tmp_path):
    (code, _, error), (_, digest, _) = run(
        tmp_path / "again",
        ["records", "restore", str(told["base"] / "copy")],
        ["records", "digest"],
    )
    assert (code, error) == (0, "")
    assert digest == told["digest"][1]


def test_a_damaged_copy_leaves_nothing(tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "manifest.json").write_text('{"tables": {}}')
    ((code, _, error),) = run(tmp_path / "damaged", ["records", "restore", str(tmp_path / "copy")])
    assert code == 3
    assert "no whole copy" in error
    assert not (tmp_path / "damaged").exists()


def test_a_tampered_trail_does_not_verify(told, tmp_path):
    (tmp_path / "bent").mkdir()
    folders = (told["base"] / "records", tmp_path / "bent")
    kept, bent = (sqlite3.connect(folder / "records.sqlite3") for folder in folders)
    with kept, bent:
        kept.backup(bent)
        bent.execute("UPDATE records_auditentry SET actor = 'nobody' WHERE seq = 2")
    ((code, _, error),) = run(tmp_path / "bent", ["audit", "verify"])
    assert code == 3
    assert "entry 2 " in error


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "openpeel workbench init"),
        (b"", "not of this version"),
        (b"this is no database, it is a text", "cannot be read"),
    ],
)
def test_records_that_cannot_be_read_are_told(tmp_path, content, words):
    folder = tmp_path / "records"
    if content is not None:
        folder.mkdir()
        (folder / "records.sqlite3").write_bytes(content)
    ((code, _, error),) = run(folder, ["findings"])
    assert code == 3
    assert words in error
    assert folder.exists() == (content is not None)


def test_the_folder_is_its_owners_alone(told):
    folder = told["base"] / "records"
    assert oct(folder.stat().st_mode)[-3:] == "700"
    assert oct((folder / "secret-key").stat().st_mode)[-3:] == "600"
