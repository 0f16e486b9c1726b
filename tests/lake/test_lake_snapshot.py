"""One way to read: a snapshot."""

import json
import shutil
import threading

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from sqlglot import exp, parse_one

from openpeel.errors import LakeError, NotKnown
from openpeel.lake import Lake

JAN, FEB = "2025-01", "2025-02"


@pytest.fixture
def loaded(lake, shop):
    lake.replace([shop.slice(JAN, "kent", [1, 2]), shop.slice(FEB, "kent", [3])], "first")
    lake.replace([shop.slice(JAN, "essex", [4])], "second")
    return lake


def test_a_lake_that_is_not_there_says_what_to_do(lake):
    with pytest.raises(LakeError, match="openpeel load"):
        lake.snapshot()
    assert lake.held() == {}
    assert lake.snapshots() == []


def test_a_snapshot_that_is_not_there(loaded, lake):
    with pytest.raises(NotKnown, match=r"no snapshot 7: there are 1 to 2"):
        loaded.snapshot(7)
    with pytest.raises(NotKnown, match="nothing is loaded"):
        Lake(lake.root / "elsewhere").snapshot(1)


def test_a_table_and_some_of_its_columns(loaded):
    snapshot = loaded.snapshot()
    table = snapshot.table("tallies", ["crimes", "month"])
    assert table.column_names == ["crimes", "month"]
    assert sorted(table["crimes"].to_pylist()) == [1, 2, 3, 4]
    assert snapshot.table("tallies").column_names == ["month", "force_id", "crimes"]
    assert snapshot.schema("tallies").field("crimes").type == pa.int64()
    assert sorted(snapshot.tables) == ["provenance", "quarantine", "tallies"]


def test_what_is_not_in_the_lake_is_named_with_what_is(loaded):
    snapshot = loaded.snapshot()
    with pytest.raises(NotKnown, match=r"no table 'tally' at snapshot 2.*tallies"):
        snapshot.table("tally")
    with pytest.raises(NotKnown, match=r"no column offence; it has.*crimes"):
        snapshot.table("tallies", ["offence"])
    assert not snapshot.has("tally")
    assert snapshot.rows("tally") == 0


def test_a_query_is_answered_at_its_own_snapshot(loaded):
    query = parse_one("SELECT SUM(crimes) AS n FROM tallies WHERE month = '2025-01'")
    assert isinstance(query, exp.Query)
    assert [loaded.snapshot(n).query(query)["n"][0].as_py() for n in (1, 2)] == [3, 7]


def test_a_query_that_cannot_be_answered_says_why(loaded):
    query = parse_one("SELECT nonsense FROM tallies")
    assert isinstance(query, exp.Query)
    with pytest.raises(LakeError, match="nonsense"):
        loaded.snapshot().query(query)


def test_a_snapshot_may_be_read_by_threads(loaded):
    snapshot, found = loaded.snapshot(), []
    query = parse_one("SELECT COUNT(*) AS n FROM tallies")
    assert isinstance(query, exp.Query)
    readers = [
        threading.Thread(target=lambda: found.append(snapshot.query(query)["n"][0].as_py()))
        for _ in range(8)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert found == [4] * 8


@pytest.mark.parametrize("feature", ["deletionVectors", "columnMapping"])
def test_a_table_that_asks_what_we_do_not_do_is_refused_by_name(loaded, shop, feature):
    log = loaded.root / "tables" / "tallies" / "_delta_log"
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": [feature],
        "writerFeatures": [feature],
    }
    first = log / "00000000000000000000.json"
    lines = [json.loads(line) for line in first.read_text().splitlines()]
    lines = [{"protocol": protocol} if "protocol" in line else line for line in lines]
    first.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(LakeError, match=f"'tallies' uses {feature}"):
        loaded.snapshot().table("tallies")
    with pytest.raises(LakeError, match=f"'tallies' uses {feature}"):
        loaded.replace([shop.slice(JAN, "kent", [9])], "third")


def test_a_table_written_by_something_else_is_refused_and_left_alone(loaded, shop, content):
    folder = loaded.root / "tables" / "tallies"
    strange = pa.table({"month": [JAN], "force_id": ["kent"], "crimes": [99]})
    write_deltalake(folder, strange, mode="append")
    version = DeltaTable(folder).version()
    with pytest.raises(LakeError, match=r"'tallies' was written by something other.*version"):
        loaded.replace([shop.slice(JAN, "kent", [9])], "third")
    assert DeltaTable(folder).version() == version, "their work is not undone"
    assert content(loaded.snapshot())[JAN, "kent"] == [1, 2]
    assert loaded.snapshot().id == 2
    loaded.replace([shop.all([1])], "another table can still be written")
    DeltaTable(folder).restore(loaded.snapshot().tables["tallies"])
    loaded.replace([shop.slice(JAN, "kent", [9])], "restored")
    assert content(loaded.snapshot())[JAN, "kent"] == [9]


def test_a_stranger_under_the_name_of_a_new_table_is_refused_and_left_alone(loaded, shop):
    write_deltalake(loaded.root / "tables" / "all", pa.table({"x": [1]}))
    with pytest.raises(LakeError, match="Take it out of the lake"):
        loaded.replace([shop.all([1])], "third")
    assert DeltaTable(loaded.root / "tables" / "all").to_pyarrow_table()["x"].to_pylist() == [1]


def test_a_table_of_other_columns_is_refused(loaded, shop):
    from dataclasses import replace

    fewer = replace(shop.keyed, columns=shop.keyed.columns[:2])
    rows = pa.table({"force_id": ["kent"]})
    with pytest.raises(LakeError, match="other columns"):
        loaded.replace([replace(shop.slice(FEB, "kent", [9]), contract=fewer, rows=rows)], "x")
    assert loaded.snapshot().id == 2


def test_a_damaged_lake_says_what_is_damaged(loaded, shop):
    (loaded.root / "snapshots" / "00000001.json").write_text("{")
    with pytest.raises(LakeError, match=r"00000001\.json is damaged"):
        loaded.snapshot(1)
    for path in loaded.snapshot().paths("tallies"):
        (loaded.root / path).unlink()
    with pytest.raises(LakeError, match="'tallies' cannot be read"):
        loaded.snapshot().table("tallies")
    for path in loaded.snapshot().paths("provenance"):
        (loaded.root / path).write_bytes(b"no Parquet")
    with pytest.raises(LakeError, match="'provenance' cannot be read"):
        loaded.held()
    (loaded.root / "tables" / "tallies" / "_delta_log" / "00000000000000000002.json").unlink()
    with pytest.raises(LakeError, match="'tallies' cannot be read at version 2"):
        loaded.snapshot().rows("tallies")
    shutil.rmtree(loaded.root / "tables" / "tallies")
    with pytest.raises(LakeError, match="Restore the folder"):
        loaded.snapshot().rows("tallies")


def test_other_delta_tools_read_the_same(loaded):
    """What docs/lake.md promises: any reader of Delta Lake at the snapshot's version."""
    version = loaded.snapshot(1).tables["tallies"]
    table = DeltaTable(loaded.root / "tables" / "tallies", version=version)
    assert sorted(table.to_pyarrow_table()["crimes"].to_pylist()) == [1, 2, 3]
    assert table.metadata().partition_columns == ["month"]
