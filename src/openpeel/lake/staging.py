"""Parquet files being written for a load that is not committed yet.

They lie in a folder of their own under `staging/`, held by a lock that a killed process loses; the
next commit sweeps what nobody holds.
"""

import fcntl
import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from openpeel.lake.contract import Contract
from openpeel.lake.delta import DataFile

_PLAIN = {"binary", "float"}  # types whose values hardly repeat: no dictionary for them


class Staging:
    """Writes slices as Parquet row groups, one open file per table; `files()` when done."""

    def __init__(self, root: Path) -> None:
        self.folder, self._lock = _claimed(root / "staging")
        self._open: dict[str, tuple[str, Path, pq.ParquetWriter, int]] = {}
        self._files: list[tuple[Contract, Path, DataFile]] = []
        self._contracts: dict[str, Contract] = {}

    def __enter__(self) -> "Staging":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _, _, writer, _ in self._open.values():
            with suppress(OSError):  # what it could not write is thrown away anyhow
                writer.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)

    def write(self, contract: Contract, partition: str, rows: pa.Table) -> None:
        """Append rows (one slice) to the table's file for the partition.

        Slices that come in order of partition share one file; a table is read much faster from one
        file a month than from one a force and month. A keyed slice without rows writes nothing.
        """
        self._contracts[contract.table] = contract
        if contract.key and not len(rows):
            return
        current = self._open.get(contract.table)
        if current is not None and current[0] != partition:
            self._close(contract.table)
            current = None
        if current is None:
            path = self.folder / f"{contract.table}-{uuid.uuid4().hex}.parquet"
            columns = [c for c in contract.columns if c.name != contract.partition]
            writer = pq.ParquetWriter(
                path,
                contract.stored,
                compression={c.name: "none" if c.type == "binary" else "snappy" for c in columns},
                use_dictionary=[c.name for c in columns if c.type not in _PLAIN],
                write_statistics=[contract.key] if contract.key else False,
            )
            current = (partition, path, writer, 0)
        partition, path, writer, count = current
        if rows.schema != contract.stored:
            rows = rows.cast(contract.stored)
        writer.write_table(rows, row_group_size=max(1, len(rows)))
        self._open[contract.table] = (partition, path, writer, count + len(rows))

    @property
    def contracts(self) -> dict[str, Contract]:
        """The contracts of all tables that were written to."""
        return dict(self._contracts)

    def files(self) -> list[tuple[Contract, Path, DataFile]]:
        """Close all files and say what they are: contract, where it lies now, what it will be."""
        for table in list(self._open):
            self._close(table)
        done, self._files = self._files, []
        return done

    def _close(self, table: str) -> None:
        partition, path, writer, rows = self._open.pop(table)
        writer.close()
        contract = self._contracts[table]
        name = path.name.removeprefix(f"{table}-")
        # As Hive writes it: a financial year, 2017/18, is one folder, 2017%2F18.
        folder = f"{contract.partition}={quote(partition, safe='')}/"
        inside = f"{folder}{name}" if contract.partition else name
        entry = DataFile(inside, partition, path.stat().st_size, rows)
        self._files.append((contract, path, entry))


def _claimed(parent: Path) -> tuple[Path, int]:
    """A new folder and the lock on it, which lasts until the handle is closed."""
    while True:
        folder = parent / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # swept before it was locked
        fcntl.flock(handle, fcntl.LOCK_EX)
        if folder.exists():
            return folder, handle
        os.close(handle)


def sweep(root: Path) -> None:
    """Remove the staging folders of processes that are gone."""
    for folder in (root / "staging").glob("*"):
        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # its load has just ended
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass  # its load is still running
        finally:
            os.close(handle)
