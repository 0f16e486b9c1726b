import json
import os
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import pytest
from django.core.management import call_command
from django.db import connection
from records_story import ADA, ANN, FIVE, MO, published

from openpeel.errors import NotAllowed, RecordsError
from openpeel.lake import Lake
from openpeel.records import copying, files, following, gathering, judging, trail, weighing
from openpeel.records.models import AuditEntry, GradeChange, Inspection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def copy(tmp_path) -> Path:
    """A copy of records with a published story and a file."""
    it = published(Lake(tmp_path / "lake"))
    kept = files.keep(tmp_path / "r", BytesIO(b"%PDF-1.7"), "plan.pdf")
    said = gathering.Said(file=kept, file_name="plan.pdf")
    gathering.add_evidence(
        ANN, it.pk, "document", "Plan", said, [gathering.Bears("answering", "for")]
    )
    copying.backup(ADA, tmp_path / "r", tmp_path / "copy")
    return tmp_path / "copy"


def emptied() -> None:
    call_command("flush", verbosity=0, interactive=False)


def test_a_restored_copy_is_equal_and_works(copy, tmp_path):
    before = dict(copying.digest(tmp_path / "r"))
    emptied()
    copying.restore(copy, tmp_path / "again")
    assert dict(copying.digest(tmp_path / "again")) == before
    assert trail.verify().wrong == ()
    # The seals of the trail are still those of what was said.
    change = GradeChange.objects.filter(step="agree").first()
    told = AuditEntry.objects.get(action="judgment.agree", subject=change.judgment.subject)
    assert weighing.seal_of(change) in told.detail
    # What comes after gets numbers of its own.
    judging.plan(ANN, "kent", FIVE)
    following.draft_finding(ANN, "afi", "More.", bodies=["kent"])
    assert trail.verify().wrong == ()


def test_the_copy_holds_the_entry_of_its_own_making(copy):
    lines = (copy / "records.auditentry.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["fields"]["action"] == "records.backup"
    assert oct(copy.stat().st_mode)[-3:] == "700"


def test_a_copy_taken_while_somebody_writes_is_of_one_moment(tmp_path):
    judging.plan(ANN, "cambridgeshire", FIVE)
    stop, begun = Event(), Event()

    def write():
        while not stop.wait(0.01):  # others have a turn too
            following.draft_finding(ANN, "afi", "More.", bodies=["kent", "essex"])
            begun.set()
        connection.close()

    writer = Thread(target=write)
    writer.start()
    try:
        begun.wait(30)
        manifests = [copying.backup(ADA, tmp_path / "r", tmp_path / f"copy-{n}") for n in range(3)]
    finally:
        stop.set()
        writer.join()
    rows = [
        tuple(m["tables"][f"records.{t}"]["rows"] for t in ("finding", "addressed", "auditentry"))
        for m in manifests
    ]
    for findings, addressed, entries in rows:
        assert addressed == 2 * findings
        assert entries > findings
    assert rows == sorted(rows)
    emptied()
    copying.restore(tmp_path / "copy-2", tmp_path / "again")
    assert trail.verify().wrong == ()
    assert AuditEntry.objects.count() == rows[2][2]


@pytest.mark.parametrize("table", ["records.judgment.jsonl", "records.auditentry.jsonl"])
def test_a_damaged_table_is_named_and_nothing_is_restored(copy, tmp_path, table):
    text = (copy / table).read_text()
    (copy / table).write_text(text.replace("cambridgeshire", "kent", 1) + " ")
    emptied()
    with pytest.raises(RecordsError, match=table):
        copying.restore(copy, tmp_path / "again")
    assert not Inspection.objects.exists()
    assert not (tmp_path / "again").exists()


def test_a_damaged_file_is_named(copy, tmp_path):
    (kept,) = (copy / "files").iterdir()
    kept.write_bytes(b"%PDF-1.8")
    emptied()
    with pytest.raises(RecordsError, match=kept.name):
        copying.restore(copy, tmp_path / "again")


@pytest.mark.parametrize("name", ["manifest.json", "records.judgment.jsonl"])
def test_a_part_that_is_missing_is_named(copy, tmp_path, name):
    (copy / name).unlink()
    emptied()
    with pytest.raises(RecordsError, match="no whole copy"):
        copying.restore(copy, tmp_path / "again")


def test_a_copy_that_was_bent_with_its_checksums_does_not_verify(copy, tmp_path):
    manifest = json.loads((copy / "manifest.json").read_text())
    path = copy / "records.auditentry.jsonl"
    path.write_text(path.read_text().replace('"actor": "mo"', '"actor": "ed"', 1))
    manifest["tables"]["records.auditentry"]["sha256"] = copying._sha256(path)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    emptied()
    with pytest.raises(RecordsError, match="was changed"):
        copying.restore(copy, tmp_path / "again")
    assert not Inspection.objects.exists()
    assert list((tmp_path / "again" / "files").iterdir()) == []


def test_a_copy_of_another_version_is_refused(copy, tmp_path):
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["migrations"].append("records.9999_later")
    (copy / "manifest.json").write_text(json.dumps(manifest))
    emptied()
    with pytest.raises(RecordsError, match="another version"):
        copying.restore(copy, tmp_path / "again")


def test_nothing_is_restored_onto_records_that_hold_something(copy, tmp_path):
    with pytest.raises(RecordsError, match="not empty"):
        copying.restore(copy, tmp_path / "again")


def test_who_copies_and_where_to(copy, tmp_path):
    with pytest.raises(RecordsError, match="there already"):
        copying.backup(ADA, tmp_path / "r", copy)
    for other in (ANN, MO):
        with pytest.raises(NotAllowed, match="administrator"):
            copying.backup(other, tmp_path / "r", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_copy_that_cannot_be_written_leaves_nothing(copy, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space"):
        copying.backup(ADA, tmp_path / "r", tmp_path / "other")
    assert not [p for p in tmp_path.iterdir() if "other" in p.name]


def test_a_copy_is_restored_into_sqlite_whatever_it_was_taken_of(copy, tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from openpeel.web.starting import make; make()\n"
        "from openpeel.records.copying import digest, restore\n"
        "restore(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "print(dict(digest(Path(sys.argv[2]))))"
    )
    folder = tmp_path / "elsewhere"
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    found = subprocess.run(
        [sys.executable, "-c", code, str(copy), str(folder)],
        env=env | {"OPENPEEL_RECORDS": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == str(dict(copying.digest(tmp_path / "r")))
