"""A kill at any moment leaves the last snapshot readable and the next load clean."""

import multiprocessing
import os
import shutil
import signal
import sys
import time

import pytest

from openpeel.errors import LoadRefused
from openpeel.lake import Lake

JAN, FEB = "2025-01", "2025-02"
KILLED = 9

# Forked from a process that has imported and used nothing: the engines do not survive a fork.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    ["openpeel.lake", "openpeel.lake.duck", "pytest", "pyarrow.dataset"]
)

# What Python does to the disk, each of which may be the last thing a process does.
_EFFECTS = {"os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "open"}


def _first(shop):
    return [shop.slice(JAN, f, [1], bad=(7,)) for f in ("essex", "kent")]


def _second(shop):
    """Revises a month, adds one, brings a table that was not there, empties a slice."""
    return [
        shop.slice(JAN, "essex", []),
        shop.slice(JAN, "kent", [2, 3]),
        shop.slice(FEB, "kent", [4]),
        shop.all([5]),
    ]


def _load_and_die(root, shop, pieces, step):
    """Load, and be gone without a word just before the step-th effect on the lake's folder."""
    seen = 0

    def hook(event, args):
        nonlocal seen
        if event not in _EFFECTS or not str(args[0]).startswith(str(root)):
            return
        if event == "open" and not (isinstance(args[1], str) and args[1][0] in "wxa"):
            return
        seen += 1
        if seen == step:
            os._exit(KILLED)

    sys.addaudithook(hook)
    Lake(root).replace(pieces(shop), "to be killed")
    os._exit(0)


def _load(root, shop, pieces):
    Lake(root).replace(pieces(shop), "in a process of its own")


def _run(target, *args):
    process = _context.Process(target=target, args=args)
    process.start()
    return process


@pytest.mark.exhaustive
@pytest.mark.parametrize("there_was_a_load", [True, False])
def test_killed_before_every_single_step(tmp_path, shop, content, orphans, there_was_a_load):
    step, code = 0, KILLED
    done = {(JAN, "kent"): [2, 3], (FEB, "kent"): [4]}
    kept = {(JAN, "essex"): [1], (JAN, "kent"): [1]} if there_was_a_load else {}
    stood = []
    first = Lake(tmp_path / "first")
    if there_was_a_load:
        first.replace(_first(shop), "first")
    while code == KILLED:
        step += 1
        lake = Lake(tmp_path / str(step))
        if there_was_a_load:
            shutil.copytree(first.root, lake.root)
        process = _run(_load_and_die, lake.root, shop, _second, step)
        process.join()
        code = process.exitcode
        before = lake.snapshots()
        committed = len(before) > there_was_a_load
        stood.append(committed)
        if before:
            assert content(lake.snapshot()) == (done if committed else kept), step
        receipt = lake.replace(_second(shop), "the next load")
        assert receipt.snapshot == 1 + there_was_a_load, step
        assert content(lake.snapshot()) == done, step
        assert content(lake.snapshot(), "all") == {(JAN, "kent"): [5]}
        assert lake.snapshot().rows("quarantine") == 0
        assert lake.snapshots()[: len(before)] == before
        if there_was_a_load:
            assert content(lake.snapshot(1)) == kept
        assert not orphans(lake), step
    assert code == 0
    assert step > 12, "the steps were not seen"
    assert stood == sorted(stood), "once the snapshot is written it stands"
    assert stood[0] is False
    assert stood[-2] is True, "killed between the snapshot and the end"


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_any_moment(tmp_path, shop, content, orphans, seed):
    lake = Lake(tmp_path / "lake")
    lake.replace(_first(shop), "first")
    process = _run(_load, lake.root, shop, _second)
    time.sleep(0.02 + seed * 0.02)
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    committed = len(lake.snapshots()) == 2
    found = content(lake.snapshot())
    assert found == content(lake.snapshot(2 if committed else 1))
    assert found[JAN, "kent"] == ([2, 3] if committed else [1])
    lake.replace(_second(shop), "the next load")
    assert content(lake.snapshot()) == {(JAN, "kent"): [2, 3], (FEB, "kent"): [4]}
    assert not orphans(lake)


@pytest.mark.parametrize("same", [True, False])
def test_several_loaders_at_once_all_succeed(tmp_path, shop, content, orphans, same):
    lake = Lake(tmp_path / "lake")
    pieces = [_second] * 3 if same else [_of_essex, _of_kent, _of_sussex]
    running = [_run(_load, lake.root, shop, p) for p in pieces]
    for process in running:
        process.join()
    assert [p.exitcode for p in running] == [0, 0, 0]
    assert len(lake.snapshots()) == (1 if same else 3)
    if same:
        assert content(lake.snapshot()) == {(JAN, "kent"): [2, 3], (FEB, "kent"): [4]}
    else:
        found = content(lake.snapshot())
        assert found == {(JAN, f): [n] for n, f in enumerate(["essex", "kent", "sussex"])}
    assert not orphans(lake)


def _of_essex(shop):
    return [shop.slice(JAN, "essex", [0])]


def _of_kent(shop):
    return [shop.slice(JAN, "kent", [1])]


def _of_sussex(shop):
    return [shop.slice(JAN, "sussex", [2])]


def test_a_load_that_another_overtook_gives_way_to_what_it_may_not_replace(lake, shop, content):
    def overtaken():
        yield shop.slice(JAN, "kent", [1], rank=1)
        yield shop.slice(JAN, "essex", [1], rank=1)
        Lake(lake.root).replace([shop.slice(JAN, "kent", [9], rank=2)], "the faster one")

    receipt = lake.replace(overtaken(), "the slower one")
    assert sorted(receipt.fates.values()) == ["loaded", "outranked"]
    assert content(lake.snapshot()) == {(JAN, "essex"): [1], (JAN, "kent"): [9]}


@pytest.mark.parametrize("which", ["rename", "link", "replace"])
def test_a_full_disk_changes_nothing(lake, shop, content, orphans, monkeypatch, which):
    lake.replace(_first(shop), "first")
    before = content(lake.snapshot())

    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    for nth in range(1, 9):
        calls = iter(range(1, 99))
        real = getattr(os, which)
        fake = lambda *a, n=nth, c=calls, r=real, **k: full() if next(c) == n else r(*a, **k)  # noqa: E731
        with monkeypatch.context() as patch:
            patch.setattr(os, which, fake)
            try:
                lake.replace(_second(shop), "no room")
                break
            except LoadRefused as error:
                assert "No space left on device" in str(error)  # noqa: PT017
                assert error.exit_code == 3  # noqa: PT017
        assert lake.snapshot().id == 1
        assert content(lake.snapshot()) == before
        assert not orphans(lake), "what was moved in is taken out at once"
    lake.replace(_second(shop), "room again")
    assert content(lake.snapshot()) == {(JAN, "kent"): [2, 3], (FEB, "kent"): [4]}
    assert not orphans(lake)


def test_a_disk_that_fills_while_files_are_staged_changes_nothing(lake, shop, monkeypatch, orphans):
    import pyarrow.parquet as pq

    lake.replace(_first(shop), "first")

    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(LoadRefused, match=r"No space left on device.*Nothing was changed"):
        lake.replace(_second(shop), "no room")
    assert lake.snapshot().id == 1
    assert not orphans(lake)


def test_a_place_that_cannot_be_written_is_refused(tmp_path, shop):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LoadRefused, match="Nothing was changed"):
        Lake(tmp_path / "file" / "lake").replace(_first(shop), "first")
