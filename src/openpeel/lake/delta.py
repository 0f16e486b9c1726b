"""One Delta table: which files are active at a version, and a commit that adds and removes some."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from openpeel.errors import LakeError
from openpeel.lake.contract import Contract

# Old versions are vintages: they must stay readable for ever. Checkpoints keep opening them fast.
_CONFIGURATION = {
    "delta.checkpointInterval": "20",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.enableExpiredLogCleanup": "false",
}


@dataclass(frozen=True)
class DataFile:
    """One Parquet file of a table: path within the table's folder, partition value, size, rows."""

    path: str
    partition: str
    size: int
    rows: int


@dataclass(frozen=True)
class TableFiles:
    """One version of a table: its folder, the paths of its files in it, its whole schema.

    The partition column is no column of the files; it stands in their paths, as Hive writes it.
    """

    folder: Path
    files: tuple[str, ...]
    schema: pa.Schema


def open_table(folder: Path, version: int | None = None) -> DeltaTable | None:
    """The Delta table at a version (None: newest), or None where there is no table.

    Raises LakeError for a table that is damaged, and for one that asks of its readers what we do
    not do: we read its Parquet files ourselves, so deletion vectors or column mapping would give
    wrong rows in silence.
    """
    try:
        table = DeltaTable(folder, version=version)
    except TableNotFoundError:
        return None
    except DeltaError as error:
        wanted = "" if version is None else f" at version {version}"
        raise LakeError(
            f"Table '{folder.name}' cannot be read{wanted}: {error}. Restore {folder} from a "
            "backup, or load into a fresh lake."
        ) from error
    protocol = table.protocol()
    features = list(protocol.reader_features or [])
    if protocol.min_reader_version > 1 and not features:
        features = [f"reader version {protocol.min_reader_version}"]
    if features:
        raise LakeError(
            f"Table '{folder.name}' uses {', '.join(sorted(features))}, which openpeel does not "
            "read. Rewrite the table without it, or load its data into a fresh lake."
        )
    return table


def partition_of(table: DeltaTable) -> str:
    """The partition column of an opened table, "" for none."""
    return next(iter(table.metadata().partition_columns), "")


def active_files(table: DeltaTable) -> dict[str, DataFile]:
    """The files of an opened table by path."""
    partition = partition_of(table)
    # `pa.table` would import pandas, wherever it is installed, to ask whether this is a frame.
    stream = pa.RecordBatchReader.from_stream(table.get_add_actions(flatten=True))
    actions = stream.read_all().to_pylist()
    return {
        (path := unquote(a["path"])): DataFile(  # the log of Delta writes paths as URIs
            path=path,
            partition=a[f"partition.{partition}"] if partition else "",
            size=a["size_bytes"],
            rows=a["num_records"],
        )
        for a in actions
    }


def commit(
    table: DeltaTable | None,
    folder: Path,
    contract: Contract,
    add: Iterable[DataFile],
    remove: Mapping[str, DataFile],
) -> int:
    """Add and remove files in one Delta commit; returns the version.

    `table` is the newest version of what lies in the folder; None makes a new table. The files to
    add must already lie in the folder.
    """
    if table is None:
        table = DeltaTable.create(
            folder,
            schema=contract.schema,
            partition_by=[contract.partition] if contract.partition else None,
            name=contract.table,
            description=contract.title,
            configuration=dict(_CONFIGURATION),
        )
    now = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = [
        AddAction(
            path=f.path,
            size=f.size,
            partition_values=_values(contract, f),
            modification_time=int((folder / f.path).stat().st_mtime * 1000),
            data_change=True,
            stats=json.dumps({"numRecords": f.rows}),
        )
        for f in add
    ]
    actions += [
        RemoveAction(
            path=f.path,
            deletion_timestamp=now,
            data_change=True,
            partition_values=_values(contract, f),
            size=f.size,
        )
        for f in remove.values()
    ]
    table.create_write_transaction(
        actions=actions,
        mode="append",
        schema=table.schema(),
        partition_by=[contract.partition] if contract.partition else None,
    )
    table.update_incremental()
    return int(table.version())


def _values(contract: Contract, file: DataFile) -> dict[str, str | None]:
    return {contract.partition: file.partition} if contract.partition else {}


def keys_in(path: Path, key: str) -> set[str]:
    """The values of the key column in a file of ours, from its footer: each row group has one."""
    metadata: Any = pq.ParquetFile(path).metadata
    column = next(i for i in range(metadata.num_columns) if metadata.schema.column(i).name == key)
    return {
        metadata.row_group(g).column(column).statistics.min for g in range(metadata.num_row_groups)
    }
