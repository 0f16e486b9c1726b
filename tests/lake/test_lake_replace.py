"""One way to write: `replace`."""

import json

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from openpeel.errors import LakeError
from openpeel.lake import Lake, Refusal, Slice, SliceId

JAN, FEB = "2025-01", "2025-02"


def test_a_first_load_makes_snapshot_1(lake, shop, content):
    assert not lake.exists()
    receipt = lake.replace([shop.slice(JAN, "kent", [1, 2]), shop.slice(FEB, "kent", [3])], "first")
    assert receipt.snapshot == 1
    assert set(receipt.fates.values()) == {"loaded"}
    snapshot = lake.snapshot()
    assert content(snapshot) == {(JAN, "kent"): [1, 2], (FEB, "kent"): [3]}
    assert snapshot.rows("tallies") == 3
    assert (snapshot.entry.reason, lake.exists()) == ("first", True)


def test_the_same_content_again_makes_no_snapshot(lake, shop):
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    before = sorted(p for p in lake.root.rglob("*") if p.is_file())
    receipt = lake.replace([shop.slice(JAN, "kent", [1])], "again")
    assert receipt.snapshot == 1
    assert receipt.fates == {SliceId("tallies", JAN, "kent"): "unchanged"}
    assert sorted(p for p in lake.root.rglob("*") if p.is_file()) == before


def test_a_revised_slice_replaces_and_the_old_one_stays_readable(lake, shop, content):
    lake.replace([shop.slice(JAN, f, [1, 2]) for f in ("essex", "kent", "sussex")], "first")
    lake.replace([shop.slice(JAN, "kent", [7])], "revised")
    assert content(lake.snapshot()) == {
        (JAN, "essex"): [1, 2],
        (JAN, "kent"): [7],
        (JAN, "sussex"): [1, 2],
    }
    assert content(lake.snapshot(1))[JAN, "kent"] == [1, 2]


def test_a_revision_leaves_the_files_of_other_partitions_alone(lake, shop):
    lake.replace([shop.slice(m, f, [1]) for m in (JAN, FEB) for f in ("essex", "kent")], "first")
    files = lake.snapshot().files("tallies")
    lake.replace([shop.slice(JAN, "kent", [2])], "revised")
    kept = files.keys() & lake.snapshot().files("tallies").keys()
    assert {files[name].partition for name in kept} == {FEB}


def test_an_empty_slice_removes_its_rows(lake, shop, content):
    lake.replace([shop.slice(JAN, "essex", [1]), shop.slice(JAN, "kent", [2])], "first")
    lake.replace([shop.slice(JAN, "kent", [])], "nothing left")
    assert content(lake.snapshot()) == {(JAN, "essex"): [1]}
    held = lake.held()[SliceId("tallies", JAN, "kent")]
    assert (held.status, held.rows_loaded, held.snapshot) == ("loaded", 0, 2)


def test_a_slice_never_replaces_one_of_higher_rank(lake, shop, content):
    lake.replace([shop.slice(JAN, "kent", [1], rank=2)], "rows")
    receipt = lake.replace([shop.slice(JAN, "kent", [9], rank=1)], "counts")
    assert list(receipt.fates.values()) == ["outranked"]
    assert receipt.snapshot == 1
    lake.replace([shop.slice(JAN, "kent", [5], rank=2)], "newer rows")
    assert content(lake.snapshot()) == {(JAN, "kent"): [5]}
    lake.replace([shop.slice(FEB, "kent", [1], rank=1)], "counts")
    lake.replace([shop.slice(FEB, "kent", [1], rank=2)], "the same in rows: the basis changes")
    assert lake.held()[SliceId("tallies", FEB, "kent")].rank == 2


def test_the_same_content_as_at_a_later_month_is_a_change(lake, shop):
    lake.replace([shop.slice(JAN, "kent", [1], as_at="2025-03")], "first")
    earlier = lake.replace([shop.slice(JAN, "kent", [1], as_at="2025-01")], "older download")
    assert (list(earlier.fates.values()), earlier.snapshot) == (["unchanged"], 1)
    later = lake.replace([shop.slice(JAN, "kent", [1], as_at="2025-06")], "newer download")
    assert (list(later.fates.values()), later.snapshot) == (["loaded"], 2)
    assert lake.held()[SliceId("tallies", JAN, "kent")].origin.as_at == "2025-06"


def test_a_refusal_is_kept_only_where_nothing_is_held(lake, shop):
    kent, essex = SliceId("tallies", JAN, "kent"), SliceId("tallies", JAN, "essex")
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    refusals = [Refusal(n, shop.origin(""), "wrong header") for n in (kent, essex)]
    assert lake.replace(refusals, "bad files").snapshot == 2
    assert (lake.held()[kent].status, lake.held()[essex].status) == ("loaded", "refused")
    assert lake.held()[essex].reason == "wrong header"
    assert lake.replace(refusals, "bad files again").snapshot == 2
    lake.replace([shop.slice(JAN, "essex", [4])], "mended")
    assert (lake.held()[essex].status, lake.held()[essex].reason) == ("loaded", "")
    both = [Refusal(essex, shop.origin(""), "x"), shop.slice(FEB, "essex", [1])]
    lake.replace(both, "one good and one refused")
    assert lake.held()[essex].status == "loaded"


def test_provenance_and_quarantine_say_the_same_as_the_tables(lake, shop):
    lake.replace([shop.slice(JAN, "essex", [1], bad=(4, 5)), shop.slice(JAN, "kent", [2])], "first")
    lake.replace([shop.slice(FEB, "kent", [3, 4], bad=(9,), file="b.csv")], "second")
    snapshot = lake.snapshot()
    provenance = snapshot.table("provenance").to_pylist()
    assert sum(row["rows_loaded"] for row in provenance) == snapshot.rows("tallies") == 4
    assert all(r["rows_read"] == r["rows_loaded"] + r["rows_quarantined"] for r in provenance)
    bad = [(r["key"], r["file"], r["line"]) for r in snapshot.table("quarantine").to_pylist()]
    assert sorted(bad) == [("essex", "a.csv", 4), ("essex", "a.csv", 5), ("kent", "b.csv", 9)]
    lake.replace([shop.slice(JAN, "essex", [1, 1])], "mended")
    assert [r["line"] for r in lake.snapshot().table("quarantine").to_pylist()] == [9]
    assert lake.snapshot(1).rows("quarantine") == 2


def test_a_slice_named_twice_in_one_load_is_refused_whole(lake, shop, orphans):
    with pytest.raises(LakeError, match="twice"):
        lake.replace([shop.slice(JAN, "kent", [1]), shop.slice(JAN, "kent", [2])], "both")
    assert not lake.exists()
    assert not orphans(lake)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rows": pa.table({"force_id": ["kent"]})}, "crimes"),
        ({"rows": pa.table({"force_id": ["kent"], "crimes": [1], "more": [1]})}, "more"),
        ({"rows": pa.table({"force_id": ["kent"], "crimes": ["many"]})}, "many"),
        ({"rows": pa.table({"force_id": [None], "crimes": [1]})}, "force_id"),
        ({"rows": pa.table({"force_id": ["kent", "essex"], "crimes": [1, 2]})}, "other values"),
        ({"rows": pa.table({"force_id": ["essex"], "crimes": [1]})}, "other values"),
        ({"partition": "../../x"}, "cannot name a folder"),
        ({"partition": "2017/../x"}, "cannot name a folder"),
        ({"partition": "/etc"}, "cannot name a folder"),
        ({"partition": ""}, "in another way"),
    ],
)
def test_rows_that_do_not_fit_the_contract_change_nothing(lake, shop, content, changes, reason):
    lake.replace([shop.slice(JAN, "kent", [1])], "first")
    good = shop.slice(FEB, "essex", [1])
    with pytest.raises(LakeError, match=reason):
        lake.replace([good, Slice(**{**shop.slice(FEB, "kent", [1]).__dict__, **changes})], "bad")
    assert lake.snapshot().id == 1
    assert content(lake.snapshot()) == {(JAN, "kent"): [1]}


def test_a_financial_year_is_one_folder_and_comes_back_as_it_was(lake, shop, content, orphans):
    years = ("2016/17", "2017/18")
    lake.replace([shop.slice(y, f, [1]) for y in years for f in ("essex", "kent")], "first")
    lake.replace([shop.slice("2017/18", "kent", [2])], "revised")
    assert content(lake.snapshot()) == {
        ("2016/17", "essex"): [1],
        ("2016/17", "kent"): [1],
        ("2017/18", "essex"): [1],
        ("2017/18", "kent"): [2],
    }
    assert content(lake.snapshot(1))["2017/18", "kent"] == [1]
    assert {name.partition for name in lake.held()} == {*years}
    assert not orphans(lake)
    other = DeltaTable(lake.root / "tables" / "tallies").to_pyarrow_table().to_pylist()
    assert sorted((r["month"], r["force_id"], r["crimes"]) for r in other) == [
        ("2016/17", "essex", 1),
        ("2016/17", "kent", 1),
        ("2017/18", "essex", 1),
        ("2017/18", "kent", 2),
    ], "any reader of Delta finds the files"


def test_columns_may_come_in_another_order(lake, shop, content):
    rows = pa.table({"crimes": [1], "force_id": ["kent"]})
    lake.replace([Slice(**{**shop.slice(JAN, "kent", [1]).__dict__, "rows": rows})], "first")
    assert content(lake.snapshot()) == {(JAN, "kent"): [1]}


def test_a_table_without_a_key_is_replaced_month_by_month(lake, shop, content):
    lake.replace([shop.month(JAN, [1, 2]), shop.month(FEB, [3])], "first")
    lake.replace([shop.month(JAN, [9])], "revised")
    assert content(lake.snapshot(), "months") == {(JAN, "kent"): [9], (FEB, "kent"): [3]}


def test_a_table_that_is_not_cut_is_replaced_whole(lake, shop, content):
    lake.replace([shop.all([1, 2])], "first")
    lake.replace([shop.all([3])], "revised")
    assert content(lake.snapshot(), "all") == {(JAN, "kent"): [3]}
    lake.replace([shop.all([])], "emptied")
    assert content(lake.snapshot(), "all") == {}
    assert lake.snapshot().table("all").num_rows == 0


def test_many_files_of_one_partition_are_made_one(lake, shop, content):
    forces = [f"force-{n:02d}" for n in range(12)]
    for number, force in enumerate(forces):
        lake.replace([shop.slice(JAN, force, [number])], force)
    assert content(lake.snapshot()) == {(JAN, f): [n] for n, f in enumerate(forces)}
    assert len(lake.snapshot().files("tallies")) < 9
    assert content(lake.snapshot(8)) == {(JAN, f): [n] for n, f in enumerate(forces[:8])}


def test_slices_may_come_in_any_order_of_partition(lake, shop, content):
    pieces = [shop.slice(m, f, [1]) for f in ("essex", "kent") for m in (JAN, FEB)]
    lake.replace(pieces, "mixed")
    assert len(content(lake.snapshot())) == 4


def test_an_empty_load_makes_no_snapshot(lake):
    assert lake.replace([], "nothing").snapshot == 0
    assert not lake.exists()


def test_an_error_of_the_giver_passes_through_and_changes_nothing(lake, shop, orphans):
    def pieces():
        yield shop.slice(JAN, "kent", [1])
        raise KeyError("the giver's own")

    with pytest.raises(KeyError, match="the giver's own"):
        lake.replace(pieces(), "broken")
    assert not lake.exists()
    assert not orphans(lake)


def test_after_checkpoints_of_the_log_the_first_snapshot_still_reads(lake, shop, content):
    for number in range(25):
        lake.replace([shop.slice(JAN, "kent", [number])], str(number))
    logs = lake.root / "tables" / "tallies" / "_delta_log"
    assert list(logs.glob("*.checkpoint.parquet")), "the test must reach a checkpoint"
    for number in (1, 2, 20, 22, 25):
        assert content(Lake(lake.root).snapshot(number)) == {(JAN, "kent"): [number - 1]}
    assert json.loads((logs / "00000000000000000000.json").read_text().splitlines()[0])
