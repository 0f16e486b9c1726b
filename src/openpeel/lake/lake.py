"""The lake: named tables under one snapshot log, with one way to write.

```
lake/
  snapshots/00000001.json    which Delta version of each table belongs together
  tables/crimes/…            one Delta table each
  staging/…                  files of loads under way
  commit.json                what a commit in progress is about to do, for recovery
```
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from openpeel.errors import LakeError, LoadRefused
from openpeel.lake.contract import Contract
from openpeel.lake.delta import DataFile, active_files, commit, keys_in, open_table
from openpeel.lake.journal import Journal
from openpeel.lake.log import Entry, SnapshotLog
from openpeel.lake.own import PROVENANCE, QUARANTINE, provenance_table, quarantine_table
from openpeel.lake.slices import BadRow, Held, Origin, Receipt, Refusal, Slice, SliceId, fate_of
from openpeel.lake.snapshot import Snapshot
from openpeel.lake.staging import Staging, sweep

_MANY_FILES = 8  # above this many files in one partition they are made one
_LOCK_SECONDS = 120.0


class Lake:
    """A folder of versioned tables. Nothing is written until the first `replace`."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._log = SnapshotLog(self.root)
        self._journal = Journal(self.root, self._log)

    def exists(self) -> bool:
        """Whether anything was ever loaded here."""
        return bool(self._log.ids())

    def snapshots(self) -> list[Entry]:
        """All snapshots, oldest first."""
        return [self._log.read(i) for i in self._log.ids()]

    def snapshot(self, number: int | None = None) -> Snapshot:
        """The lake at a vintage (None: the newest); raises LakeError where nothing is loaded."""
        entry = self._log.head() if number is None else self._log.read(number)
        if entry is None:
            raise LakeError(
                f"There is no lake at {self.root}. Load something first: "
                f"openpeel load --bundled --lake {self.root}"
            )
        return Snapshot(self.root, entry)

    def held(self) -> dict[SliceId, Held]:
        """What the newest snapshot holds about every slice; empty before the first load."""
        return self.snapshot().held if self.exists() else {}

    def replace(self, pieces: Iterable[Slice | Refusal], reason: str) -> Receipt:
        """Put slices in the place of those with the same names, all in one new snapshot.

        The pieces may come lazily: they are written as they come, so memory stays flat, fastest
        when in order of partition. Where nothing changes no snapshot is made. Whatever happens
        before the snapshot is written, a kill included, leaves the former one in force. Several
        processes may load at once: their commits take turns.

        Raises LakeError when the lake is held by another commit for too long or was written by
        something else, and when a slice comes twice or does not fit its contract; LoadRefused when
        the disk is full or may not be written. An error raised by `pieces` itself passes through.
        In each case nothing is changed.
        """
        try:
            with Staging(self.root) as staging:
                return self._stage_and_commit(staging, pieces, reason)
        except OSError as error:
            raise LoadRefused(
                f"The lake at {self.root} could not be written: {error.strerror or error}. "
                "Nothing was changed."
            ) from error
        except DeltaError as error:
            raise LakeError(f"The lake at {self.root} could not be written: {error}") from error

    def rehearse(self, pieces: Iterable[Slice | Refusal]) -> Receipt:
        """What `replace` would do with the pieces, with nothing written.

        Raises LakeError for a slice that does not fit its contract.
        """
        held = self.held()
        receipt = Receipt(snapshot=self._log.ids()[-1] if self.exists() else 0)
        for piece in pieces:
            if isinstance(piece, Slice):
                piece.fitted()
                receipt.fates[piece.id] = fate_of(piece, held)
        return receipt

    def _stage_and_commit(
        self, staging: Staging, pieces: Iterable[Slice | Refusal], reason: str
    ) -> Receipt:
        before = self.snapshot() if self.exists() else None
        held = before.held if before else {}
        receipt = Receipt(snapshot=0)
        staged: dict[SliceId, Held] = {}
        bad: list[tuple[SliceId, Origin, BadRow]] = []
        refused: list[Refusal] = []
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for piece in pieces:
            if isinstance(piece, Refusal):
                refused.append(piece)
                continue
            if piece.id in receipt.fates:
                raise LakeError(f"One load brought {piece.id} twice; nothing was changed.")
            fate = receipt.fates[piece.id] = fate_of(piece, held)
            if fate == "loaded":
                staging.write(piece.contract, piece.partition, piece.fitted())
                bad += [(piece.id, piece.origin, row) for row in piece.bad]
                staged[piece.id] = Held(
                    piece.id, piece.origin, "loaded", "", piece.rows_read, len(piece.rows),
                    len(piece.bad), piece.rank, 0, now,
                )  # fmt: skip
        files = staging.files()
        with self._committing():
            self._journal.recover()
            sweep(self.root)
            head = self._log.head()
            if head and (before is None or head.id != before.id):
                before = Snapshot(self.root, head)
                held = before.held
            for name, piece_held in list(staged.items()):
                # Another load may have committed since; the rule is asked again.
                receipt.fates[name] = fate_of(piece_held, held)
                if receipt.fates[name] != "loaded":
                    del staged[name]
            for refusal in refused:
                if refusal.slice not in held and refusal.slice not in staged:
                    staged[refusal.slice] = Held(
                        refusal.slice, refusal.origin, "refused", refusal.reason, 0, 0, 0, 0, 0, now
                    )
            if staged:
                self._commit(staging, files, before, staged, bad, reason)
            receipt.snapshot = self._log.ids()[-1] if self.exists() else 0
        return receipt

    def _commit(
        self,
        staging: Staging,
        files: list[tuple[Contract, Path, DataFile]],
        before: Snapshot | None,
        staged: dict[SliceId, Held],
        bad: list[tuple[SliceId, Origin, BadRow]],
        reason: str,
    ) -> None:
        """Make one snapshot of the staged slices; called with the lock held."""
        number = before.id + 1 if before else 1
        remove = self._make_room(staging, files, before, staged)
        after = (before.held if before else {}) | {
            name: replace(h, snapshot=number) for name, h in staged.items()
        }
        staging.write(PROVENANCE, "", provenance_table(after.values()))
        staging.write(QUARANTINE, "", _quarantine(before, staged, bad))
        for own in (PROVENANCE, QUARANTINE):
            remove[own.table] = before.files(own.table) if before else {}
        add: dict[str, dict[str, DataFile]] = {table: {} for table in remove}
        written = {}
        for contract, path, file in [*files, *staging.files()]:
            add[contract.table][file.path] = file
            written[contract.table, file.path] = path
        touched = sorted(table for table in add if add[table] or remove[table])
        newest = {t: self._untouched(staging.contracts[t], before) for t in touched}
        self._journal.write(
            number,
            {table: add[table] for table in touched},
            {table: remove[table] for table in touched},
            draft=staging.folder / "commit.json",
        )
        try:
            versions = dict(before.tables) if before else {}
            for table in touched:
                folder = self.root / "tables" / table
                for name in add[table]:
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    os.replace(written[table, name], folder / name)
                versions[table] = commit(
                    newest[table], folder, staging.contracts[table], add[table].values(),
                    remove[table],
                )  # fmt: skip
            created = datetime.now(UTC).isoformat()
            self._log.append(
                Entry(number, created, reason, versions), draft=staging.folder / "snapshot.json"
            )
        except BaseException:
            with suppress(Exception):  # what cannot be undone now the next load undoes
                self._journal.recover()
            raise
        self._journal.clear()

    def _make_room(
        self,
        staging: Staging,
        files: list[tuple[Contract, Path, DataFile]],
        before: Snapshot | None,
        staged: dict[SliceId, Held],
    ) -> dict[str, dict[str, DataFile]]:
        """Which files of each table give way; their other slices are carried into new files.

        Also cuts out of the staged files what another load made stale meanwhile.
        """
        remove: dict[str, dict[str, DataFile]] = {}
        by_part: dict[tuple[str, str], list[Path]] = {
            (n.table, n.partition): [] for n, h in staged.items() if h.status == "loaded"
        }
        for contract, path, file in files:
            by_part.setdefault((contract.table, file.partition), []).append(path)
        for (table, partition), fresh in by_part.items():
            contract = staging.contracts[table]
            mine = {n.key for n in staged if (n.table, n.partition) == (table, partition)}
            gone = remove.setdefault(table, {})
            old = before.files(table) if before else {}
            here = {p: f for p, f in old.items() if f.partition == partition}
            folder = self.root / "tables" / table
            for name, file in here.items():
                inside = keys_in(folder / name, contract.key) if contract.key else {""}
                if inside & mine or len(here) >= _MANY_FILES:
                    gone[name] = file
                    _carry(staging, contract, partition, folder / name, inside - mine)
            for path in fresh:
                inside = keys_in(path, contract.key) if contract.key else {""}
                if inside - mine:
                    _carry(staging, contract, partition, path, inside & mine)
                    path.unlink()
        files[:] = [entry for entry in files if entry[1].exists()] + staging.files()
        return remove

    def _untouched(self, contract: Contract, before: Snapshot | None) -> DeltaTable | None:
        """The newest version of a table, None where there is none.

        Raises LakeError where that is not as our snapshot knows it, or has other columns.
        """
        name = contract.table
        newest = open_table(self.root / "tables" / name)
        if newest is None:
            return None
        version = before.tables.get(name) if before else None
        known = before.files(name) if before else {}
        if newest.version() != version and active_files(newest).keys() != known.keys():
            mend = "Take it out of the lake" if version is None else f"Restore version {version}"
            raise LakeError(
                f"Table '{name}' was written by something other than openpeel since snapshot "
                f"{before.id if before else 0}. {mend}, or load into a fresh lake. "
                "Nothing was changed."
            )
        if pa.schema(newest.schema().to_arrow()) != contract.schema:
            raise LakeError(
                f"Table '{name}' has other columns than this openpeel writes: another version made "
                "the lake. Load into a fresh lake. Nothing was changed."
            )
        return newest

    @contextmanager
    def _committing(self) -> Iterator[None]:
        """Hold the lake's commit lock, which a process that dies lets go of."""
        handle = os.open(self.root / "lock", os.O_CREAT | os.O_RDWR)
        try:
            deadline = time.monotonic() + _LOCK_SECONDS
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise LakeError(
                            f"Another load has been committing to {self.root} for over "
                            f"{_LOCK_SECONDS:.0f} s. Nothing was changed; try again later."
                        ) from None
                    time.sleep(0.05)
            yield
        finally:
            os.close(handle)


def _quarantine(
    before: Snapshot | None,
    staged: dict[SliceId, Held],
    bad: list[tuple[SliceId, Origin, BadRow]],
) -> pa.Table:
    """The bad rows held so far, but for those of the staged slices, and the fresh ones."""
    fresh = quarantine_table([entry for entry in bad if entry[0] in staged])
    if before is None:
        return fresh
    old = before.own(QUARANTINE)
    names = zip(*(old[c].to_pylist() for c in SliceId._fields), strict=True)
    kept = old.filter(pa.array([SliceId(*n) not in staged for n in names], pa.bool_()))
    return pa.concat_tables([kept, fresh])


def _carry(
    staging: Staging, contract: Contract, partition: str, path: Path, keys: set[str]
) -> None:
    """Copy the slices with these keys from a file into the staged file of the partition."""
    source = pq.ParquetFile(path)
    for group in range(source.num_row_groups if keys else 0):
        rows = source.read_row_group(group)
        if (rows[contract.key][0].as_py() if contract.key else "") in keys:
            staging.write(contract, partition, rows)
