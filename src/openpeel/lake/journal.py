"""What a commit is about to do, written down before it does it, so that a killed one is undone."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from openpeel.lake.contract import Contract
from openpeel.lake.delta import DataFile, active_files, commit, open_table, partition_of
from openpeel.lake.log import SnapshotLog
from openpeel.lake.snapshot import Snapshot

Files = Mapping[str, Mapping[str, DataFile]]
"""Files by table and by path within the table's folder."""


class Journal:
    """The one file `commit.json`: there while a commit is under way, or after it was killed."""

    def __init__(self, root: Path, log: SnapshotLog) -> None:
        self._root = root
        self._log = log
        self._path = root / "commit.json"

    def write(self, number: int, add: Files, remove: Files, draft: Path) -> None:
        """Note which files snapshot `number` will add and remove; `draft` is a path to write at."""
        plan = {
            "snapshot": number,
            "add": {table: sorted(files) for table, files in add.items()},
            "remove": {table: sorted(files) for table, files in remove.items()},
        }
        draft.write_text(json.dumps(plan), encoding="utf-8")
        os.replace(draft, self._path)

    def clear(self) -> None:
        """The commit is done."""
        self._path.unlink()

    def recover(self) -> None:
        """Undo what a killed commit left: tables go back to the files of the last snapshot.

        Only what the commit itself did is undone. A commit that got as far as its snapshot stands.
        """
        if not self._path.exists():
            return
        plan = json.loads(self._path.read_text(encoding="utf-8"))
        if plan["snapshot"] not in self._log.ids():
            head = self._log.head()
            before = Snapshot(self._root, head) if head else None
            for table, added in plan["add"].items():
                folder = self._root / "tables" / table
                if before is None or not before.has(table):
                    shutil.rmtree(folder, ignore_errors=True)
                    continue
                self._undo(folder, before.files(table), added, plan["remove"][table])
                for path in added:
                    (folder / path).unlink(missing_ok=True)
        self.clear()

    def _undo(
        self, folder: Path, before: Mapping[str, DataFile], added: list[str], removed: list[str]
    ) -> None:
        table = open_table(folder)
        now = active_files(table) if table else {}
        extra = {p: now[p] for p in added if p in now}
        lost = [before[p] for p in removed if p not in now]
        if table and (extra or lost):
            shape = Contract(folder.name, "", "", partition_of(table), "", ())
            commit(table, folder, shape, lost, extra)
