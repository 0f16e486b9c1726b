"""The snapshot log: which version of each table belongs together. Written last, never changed."""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from openpeel.errors import LakeError, NotKnown


@dataclass(frozen=True)
class Entry:
    """One snapshot: id (from 1), when (UTC), why, and the Delta version of every table in it."""

    id: int
    created: str
    reason: str
    tables: dict[str, int]


class SnapshotLog:
    """The entries under `snapshots/`, one small file each."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "snapshots"

    def ids(self) -> list[int]:
        """All snapshot ids, oldest first; empty where nothing was ever loaded."""
        names = (re.fullmatch(r"(\d{8})\.json", p.name) for p in self._folder.glob("*.json"))
        return sorted(int(m.group(1)) for m in names if m)

    def read(self, number: int) -> Entry:
        """The entry of one snapshot; raises NotKnown for an id that is not there."""
        try:
            text = self._path(number).read_text(encoding="utf-8")
        except FileNotFoundError:
            known = self.ids()
            there = f"there are 1 to {known[-1]}" if known else "nothing is loaded yet"
            raise NotKnown(f"There is no snapshot {number}: {there}.") from None
        try:
            return Entry(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise LakeError(f"{self._path(number)} is damaged: {error}") from error

    def head(self) -> Entry | None:
        """The newest entry, or None."""
        ids = self.ids()
        return self.read(ids[-1]) if ids else None

    def append(self, entry: Entry, draft: Path) -> None:
        """Add an entry, whole or not at all: written at `draft`, then linked to its place.

        Raises LakeError when another took its number.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("w", encoding="utf-8") as handle:
                json.dump(asdict(entry), handle, indent=1, sort_keys=True)
                handle.flush()
                os.fsync(handle.fileno())
            os.link(draft, self._path(entry.id))  # fails if it exists: never overwrites
        except FileExistsError:
            raise LakeError(
                f"Snapshot {entry.id} was written by another load at the same moment. "
                "Nothing was changed by this one; run it again."
            ) from None

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08d}.json"
