"""One contract for both engines: the same snapshot, the same query, the same answer.

Spark runs in one JVM for all tests of a process; where there is no Java its half is skipped.
"""

import datetime
import math
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from sqlglot import parse_one

from openpeel.errors import LakeError, NotKnown, OpenpeelError
from openpeel.lake import (
    ENGINES,
    Column,
    Contract,
    Lake,
    Slice,
    Snapshot,
    engine_version,
    why_not,
)

JAN, FEB = "2025-01", "2025-02"

KINDS = Contract(
    "kinds",
    "A column of each type",
    "a row",
    "year",
    "",
    (
        Column("year", "string", False, "the partition"),
        Column("name", "string", True, "a text"),
        Column("number", "int", True, "a whole number"),
        Column("share", "float", True, "a fraction"),
        Column("yes", "bool", True, "a truth"),
        Column("day", "date", True, "a day"),
        Column("bytes", "binary", True, "bytes"),
    ),
)
ROWS = [
    ("Ynys Môn 🚓", -3, 0.1, True, datetime.date(1899, 12, 31), b"\x00\xff"),
    ('it\'s \\ "so"', 2**60, -0.0, False, datetime.date(2025, 1, 1), b""),
    ("", 0, math.inf, None, None, None),
    (None, None, None, None, None, None),
]


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request):
    return request.param


@pytest.fixture
def kinds(lake, shop):
    """A table of all types in a partition whose value is written otherwise in a path."""
    columns = list(zip(*ROWS, strict=True))
    rows = pa.table(columns, schema=KINDS.plain)
    lake.replace([Slice(KINDS, "2017/18", "", rows, shop.origin("k"), len(ROWS))], "kinds")
    return lake


def rows_of(table):
    return sorted(map(repr, table.to_pylist()))


def test_every_type_is_read_as_it_was_written(kinds, engine):
    table = kinds.snapshot().on(engine).table("kinds")
    wanted = [dict(zip(KINDS.schema.names, ("2017/18", *row), strict=True)) for row in ROWS]
    assert rows_of(table) == sorted(map(repr, wanted))
    assert table.schema.types == KINDS.schema.types


def test_a_partition_is_a_text_even_if_it_looks_like_a_number(lake, shop, engine):
    pieces = [shop.slice(month, "kent", [1]) for month in ("2025", "0012", "1e3", JAN)]
    lake.replace(pieces, "numbers")
    months = lake.snapshot().on(engine).table("tallies", ["month"])["month"]
    assert sorted(months.to_pylist()) == ["0012", "1e3", "2025", JAN]
    query = parse_one("SELECT COUNT(*) AS n FROM tallies WHERE month = '0012'")
    assert lake.snapshot().on(engine).query(query)["n"].to_pylist() == [1]


def test_several_files_of_one_partition_are_one_table(lake, shop, engine):
    for force in ("kent", "essex", "surrey"):
        lake.replace([shop.slice(JAN, force, [1, 2])], force)
    snapshot = lake.snapshot().on(engine)
    assert len(snapshot.files("tallies")) == 3
    forces = snapshot.table("tallies", ["force_id"])["force_id"].to_pylist()
    assert sorted(forces) == ["essex"] * 2 + ["kent"] * 2 + ["surrey"] * 2


def test_a_vintage_stays_what_it_was(lake, shop, engine):
    lake.replace([shop.slice(JAN, "kent", [1, 2])], "first")
    first = lake.snapshot().on(engine)
    query = parse_one("SELECT SUM(crimes) AS n FROM tallies")
    assert first.query(query)["n"].to_pylist() == [3]
    lake.replace([shop.slice(JAN, "kent", [10])], "revised")
    assert lake.snapshot().on(engine).query(query)["n"].to_pylist() == [10]
    assert first.query(query)["n"].to_pylist() == [3]
    assert lake.snapshot(1).on(engine).query(query)["n"].to_pylist() == [3]


def test_tables_without_a_row(lake, shop, engine):
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    lake.replace([shop.slice(JAN, "kent", []), shop.all([])], "nothing")
    snapshot = lake.snapshot().on(engine)
    assert not snapshot.files("tallies")  # no file at all; the other has one without rows
    for table in ("tallies", "all"):
        found = snapshot.table(table)
        assert len(found) == 0
        assert found.schema.types == snapshot.schema(table).types
        query = parse_one(f'SELECT COUNT(*) AS n, SUM(crimes) AS s FROM "{table}"')
        assert snapshot.query(query).to_pylist() == [{"n": 0, "s": None}]


def test_the_lakes_own_tables_can_be_asked(lake, shop, engine):
    lake.replace([shop.slice(JAN, "kent", [1, 2], bad=[7])], "first")
    query = parse_one('SELECT "table", "key", rows_loaded FROM provenance')
    found = lake.snapshot().on(engine).query(query).to_pylist()
    assert found == [{"table": "tallies", "key": "kent", "rows_loaded": 2}]
    assert lake.snapshot().on(engine).table("quarantine", ["line"])["line"].to_pylist() == [7]


def test_a_lake_in_a_folder_with_an_odd_name(tmp_path, shop, engine, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lake = Lake("it's a {lake} [2025], 100% *new*?")
    lake.replace([shop.slice(JAN, "kent", [1]), shop.all([2])], "first")
    snapshot = lake.snapshot().on(engine)
    assert snapshot.table("tallies", ["crimes"])["crimes"].to_pylist() == [1]
    assert snapshot.table("all", ["crimes"])["crimes"].to_pylist() == [2]


def test_what_cannot_be_answered_is_told_without_the_engines_traces(kinds, engine):
    snapshot = kinds.snapshot().on(engine)
    wrong = (
        "SELECT nothing FROM kinds",
        "SELECT 1 FROM nowhere",
        "SELECT CAST(name AS INT) AS n FROM kinds",
        "SELECT number * 1000 AS n FROM kinds",
    )
    for sql in wrong:
        with pytest.raises(LakeError, match="could not answer: ") as refused:
            snapshot.query(parse_one(sql))
        assert "\tat " not in str(refused.value)
    assert len(snapshot.table("kinds")) == len(ROWS)  # and the next is answered


def test_a_file_that_is_gone_names_its_table(lake, shop, engine):
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    snapshot = lake.snapshot().on(engine)
    for path in snapshot.paths("tallies"):
        os.remove(path)
    with pytest.raises(LakeError, match=r"Table 'tallies' cannot be read.*Restore"):
        snapshot.table("tallies")


def test_the_engine_is_duckdb_unless_somebody_asks(lake, shop, monkeypatch):
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    monkeypatch.delenv("OPENPEEL_ENGINE", raising=False)
    assert lake.snapshot().engine.dialect == "duckdb"
    monkeypatch.setenv("OPENPEEL_ENGINE", "sprak")
    assert lake.snapshot().on("duckdb").engine.dialect == "duckdb"  # who asks is not asked
    with pytest.raises(NotKnown, match=r"'sprak' \(OPENPEEL_ENGINE names it\).*duckdb, spark"):
        _ = lake.snapshot().engine
    with pytest.raises(NotKnown, match="no engine 'duck'"):
        lake.snapshot().on("duck")


@pytest.mark.spark
def test_the_environment_can_ask_for_spark(lake, shop, monkeypatch):
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    monkeypatch.setenv("OPENPEEL_ENGINE", "spark")
    assert lake.snapshot().engine.dialect == "spark"


@pytest.mark.spark
def test_a_session_that_is_there_is_used(lake, shop, monkeypatch):
    from openpeel.lake import spark

    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    assert len(lake.snapshot().on("spark").table("tallies")) == 1
    (before,) = spark._shared
    monkeypatch.setattr(spark, "_shared", [])  # as if somebody else had started it
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(lake.snapshot().on("spark").table, "tallies") for _ in range(3)]
        assert [len(found.result()) for found in asked] == [1, 1, 1]
    assert [s.sparkContext for s in spark._shared] == [before.sparkContext]


def asked_for_spark(root) -> Snapshot:
    return Lake(root).snapshot().on("spark")


@pytest.mark.parametrize(
    ("java", "said"),
    [
        (None, r"JAVA_HOME is .*, and there is no bin/java\. Install Java 17 or newer"),
        ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", r"bin/java is Java 11\. Install"),
        ("echo 'java version \"1.8.0_392\"' >&2", r"bin/java is Java 8\. Install"),
        ("echo no such thing", r"bin/java is no Java: 'no such thing'\. Install"),
    ],
)
def test_without_a_java_that_will_do(lake, shop, tmp_path, monkeypatch, java, said):
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    if java:
        (home / "bin" / "java").write_text(f"#!/bin/sh\n{java}\n")
        (home / "bin" / "java").chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(home))
    with pytest.raises(OpenpeelError, match=said) as refused:
        asked_for_spark(lake.root).table("tallies")
    assert refused.value.exit_code == 1


def test_without_any_java(monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert why_not("spark").startswith("there is no Java. Install Java 17")


def test_without_the_package(lake, shop, monkeypatch):
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    monkeypatch.setitem(ENGINES, "spark", "no-such-package-of-ours")
    assert engine_version("spark") == ""
    with pytest.raises(OpenpeelError, match=r"cannot run here.*pip install 'openpeel\[spark\]'"):
        asked_for_spark(lake.root).table("tallies")


SCRIPT = """
import sys
from openpeel.errors import LakeError
from openpeel.lake import Lake
from sqlglot import parse_one
snapshot = Lake(sys.argv[1]).snapshot()
print(snapshot.table("tallies", ["crimes"]).to_pylist())
sums = "SELECT force_id AS f, SUM(crimes) AS n FROM tallies GROUP BY force_id ORDER BY force_id"
print(snapshot.query(parse_one(sums)).to_pylist())
try:
    snapshot.query(parse_one("SELECT crimes / 0 AS n FROM tallies"))
except LakeError:
    print("refused")
if len(sys.argv) > 2:
    import psutil
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    ears = [c.laddr.ip for p in family for c in p.net_connections() if c.status == "LISTEN"]
    print(all(ip.removeprefix("::ffff:").startswith("127.") for ip in ears) and len(ears) > 1)
"""


ANSWERS = ["[{'crimes': 1}]", "[{'f': 'kent', 'n': 1}]", "refused"]


def run_apart(lake, here, *more, **environment):
    """The script in a process of its own, whose folder and temporary folder are `here`'s."""
    for folder in ("cwd", "t m p"):
        (here / folder).mkdir()
    environment = (
        os.environ | {"TMPDIR": str(here / "t m p"), "OPENPEEL_ENGINE": "spark"} | environment
    )
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, lake.root, *more],
        cwd=here / "cwd", env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.spark
def test_spark_says_nothing_leaves_nothing_and_listens_on_loopback_alone(lake, shop, tmp_path):
    lake.replace([shop.slice(JAN, "kent", [1]), shop.slice(FEB, "kent", [])], "first")
    ran = run_apart(lake, tmp_path, "ears")
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [*ANSWERS, "True"]
    assert list((tmp_path / "cwd").iterdir()) == []
    assert list((tmp_path / "t m p").iterdir()) == []


@pytest.mark.spark
def test_a_master_that_is_none_is_named(lake, shop, tmp_path):
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    ran = run_apart(lake, tmp_path, OPENPEEL_SPARK_MASTER="nonsense")
    last = ran.stderr.splitlines()[-1]
    assert "OpenpeelError: Spark did not start on nonsense: " in last
    assert "set OPENPEEL_SPARK_MASTER otherwise" in last
    assert list((tmp_path / "t m p").iterdir()) == []


@pytest.fixture
def cluster(tmp_path):
    """The address of a cluster of one master and one worker on loopback, made of PySpark alone."""
    import pyspark

    home = Path(pyspark.__file__).parent
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    master = f"spark://127.0.0.1:{port}"
    quick = {"SPARK_HOME": str(home), "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1"}
    deploy = "org.apache.spark.deploy"
    here = ["--host", "127.0.0.1", "--webui-port", "0"]
    work = ["--cores", "1", "--memory", "1g", "--work-dir", str(tmp_path / "work")]
    started = [
        subprocess.Popen(
            [home / "bin" / "spark-class", f"{deploy}.{role}", *here, *more],
            env=os.environ | quick | {"SPARK_LOCAL_IP": "127.0.0.1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for role, more in (
            ("master.Master", ["--port", str(port)]),
            ("worker.Worker", [*work, master]),
        )
    ]
    yield master
    for process in reversed(started):
        process.terminate()
        process.wait(30)


@pytest.mark.spark
def test_a_cluster_gives_the_same(lake, shop, tmp_path, cluster):
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    ran = run_apart(lake, tmp_path, OPENPEEL_SPARK_MASTER=cluster)
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == ANSWERS
    assert any((tmp_path / "work").iterdir())  # the worker did it
