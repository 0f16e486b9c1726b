"""The records on PostgreSQL: every test of this folder again, and copies from one to the other."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from postgresql_server import pg_ctl, server

HERE = Path(__file__).parent
NO_DATABASE = ("test_records_lifecycles", "test_records_clock", "test_records_cli")
pytestmark = pytest.mark.skipif(
    bool(os.environ.get("DATABASE_URL")), reason="these tests run on PostgreSQL already"
)


@pytest.fixture(scope="module")
def url():
    with server() as address:
        yield address


@pytest.mark.database
def test_all_that_holds_on_sqlite_holds_on_postgresql(url):
    tests = [str(p) for p in HERE.glob("test_*.py") if p.stem not in NO_DATABASE]
    made = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests],
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout[-5_000:]
    assert int(re.findall(r"(\d+) passed", made.stdout)[-1]) > 200


@pytest.mark.database
def test_a_copy_goes_from_sqlite_to_postgresql_and_back(url, tmp_path):
    def run(folder, address, *words):
        env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "OPENPEEL_CYCLES")}
        env |= {"OPENPEEL_RECORDS": str(folder)} | ({"DATABASE_URL": address} if address else {})
        made = subprocess.run(
            [sys.executable, "-c", "from openpeel.cli.main import main; main()", *words],
            env=env,
            capture_output=True,
            text=True,
        )
        assert made.returncode == 0, made.stderr
        return made.stdout

    first, second, third = (tmp_path / name for name in ("one", "two", "three"))
    run(first, "", "workbench", "demo", "--no-serve")
    run(first, "", "records", "backup", str(tmp_path / "copy"))
    digest = run(first, "", "records", "digest")
    run(second, url, "records", "restore", str(tmp_path / "copy"))
    assert run(second, url, "records", "digest") == digest
    run(second, url, "audit", "verify")
    run(second, url, "records", "backup", str(tmp_path / "again"))
    digest = run(second, url, "records", "digest")
    run(third, "", "records", "restore", str(tmp_path / "again"))
    assert run(third, "", "records", "digest") == digest


def test_a_server_that_does_not_answer_is_told_without_its_password(tmp_path):
    made = subprocess.run(
        [sys.executable, "-c", "from openpeel.cli.main import main; main()", "findings"],
        env=os.environ
        | {
            "OPENPEEL_RECORDS": str(tmp_path),
            "DATABASE_URL": "postgresql://somebody:a-secret@127.0.0.1:1/records",
        },
        capture_output=True,
        text=True,
    )
    assert made.returncode == 3
    assert "cannot be read" in made.stderr
    assert "a-secret" not in made.stderr + made.stdout
    assert "Traceback" not in made.stderr


@pytest.mark.parametrize(
    "address",
    ["mysql://u:a-secret@h/n", "postgresql://u:a-secret@h:no/n", "postgresql://u:a-secret@h"],
)
def test_an_address_that_is_none_is_told_without_its_password(monkeypatch, address):
    from openpeel.errors import RecordsError
    from openpeel.web import places

    monkeypatch.setenv("DATABASE_URL", address)
    with pytest.raises(RecordsError, match="must be like") as told:
        places.database()
    assert "a-secret" not in str(told.value)


def test_what_else_an_address_says_is_passed_on(monkeypatch):
    from openpeel.web import places

    monkeypatch.setenv("DATABASE_URL", "postgresql://u%40x:p%2Fq@h:5433/n%20m?sslmode=require")
    made = places.database()
    names = ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS")
    assert [made[n] for n in names] == ["u@x", "p/q", "h", "5433", "n m", {"sslmode": "require"}]


def test_a_server_is_found_or_the_reason_for_skipping_is_told():
    assert Path(pg_ctl()).is_file()
