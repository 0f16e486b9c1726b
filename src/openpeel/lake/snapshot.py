"""Reading: every table as it was at one snapshot. All reading of the lake goes through here."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from openpeel.errors import LakeError, NotKnown
from openpeel.lake.contract import Contract
from openpeel.lake.delta import DataFile, TableFiles, active_files, open_table
from openpeel.lake.engines import Engine, engine_name, start_engine
from openpeel.lake.log import Entry, SnapshotLog
from openpeel.lake.own import PROVENANCE, held_from
from openpeel.lake.slices import Held, SliceId

if TYPE_CHECKING:
    from sqlglot import exp


class Snapshot:
    """The lake at one vintage: immutable, so everything read from it is kept.

    It is read with DuckDB, or with the engine that OPENPEEL_ENGINE or `on` names.
    """

    def __init__(self, root: Path, entry: Entry, engine: str = "") -> None:
        self._root = root
        self.entry = entry
        self._engine = engine
        self._opened: dict[str, tuple[pa.Schema, dict[str, DataFile]]] = {}

    @property
    def id(self) -> int:
        """The snapshot's number: the vintage."""
        return self.entry.id

    @property
    def tables(self) -> dict[str, int]:
        """The Delta version of each table of this snapshot, by name."""
        return self.entry.tables

    def files(self, table: str) -> dict[str, DataFile]:
        """The active files of a table by path within its folder."""
        return self._open(table)[1] if self.has(table) else {}

    def rows(self, table: str) -> int:
        """How many rows a table has (0 for a table that is not there)."""
        return sum(f.rows for f in self.files(table).values())

    def has(self, table: str) -> bool:
        """Whether the table exists at this snapshot."""
        return table in self.tables

    def on(self, engine: str) -> "Snapshot":
        """The same vintage, read with another engine: duckdb or spark; raises NotKnown."""
        made = Snapshot(self._root, self.entry, engine_name(engine))
        made._opened = self._opened
        return made

    def at(self, number: int) -> "Snapshot":
        """The same lake at another vintage; raises NotKnown for one that is not there."""
        return Snapshot(self._root, SnapshotLog(self._root).read(number), self._engine)

    @cached_property
    def engine(self) -> Engine:
        """The engine over this snapshot's files; raises OpenpeelError where it cannot run here."""
        tables = {
            name: TableFiles(self._folder(name), tuple(self.files(name)), self.schema(name))
            for name in self.tables
        }
        return start_engine(engine_name(self._engine), tables)

    def paths(self, table: str) -> list[str]:
        """The absolute paths of a table's files."""
        return [str(self._folder(table) / path) for path in self.files(table)]

    def schema(self, table: str) -> pa.Schema:
        """The Arrow schema of a table; raises NotKnown for a table that is not there."""
        if not self.has(table):
            raise NotKnown(
                f"The lake has no table '{table}' at snapshot {self.id}. It has: "
                f"{', '.join(sorted(self.tables)) or 'none'}."
            )
        return self._open(table)[0]

    def table(self, name: str, columns: Sequence[str] = ()) -> pa.Table:
        """A whole table, or some of its columns, as Arrow."""
        from sqlglot import exp

        known = self.schema(name).names
        missing = [c for c in columns if c not in known]
        if missing:
            raise NotKnown(f"Table '{name}' has no column {', '.join(missing)}; it has {known}.")
        chosen = [exp.column(c, quoted=True) for c in (columns or known)]
        return self.query(exp.select(*chosen).from_(exp.to_table(name)))

    def query(self, query: "exp.Query") -> pa.Table:
        """The answer to a sqlglot query, rendered in the engine's own dialect."""
        return self.engine.query(query.sql(dialect=self.engine.dialect, identify=True))

    @cached_property
    def held(self) -> dict[SliceId, Held]:
        """What is held about every slice: origin, counts, status."""
        return held_from(self.own(PROVENANCE))

    def own(self, contract: Contract) -> pa.Table:
        """One of the lake's own tables (provenance, quarantine), read without an engine."""
        try:
            parts = [pq.read_table(p).cast(contract.schema) for p in self.paths(contract.table)]
        except (OSError, pa.ArrowInvalid) as error:
            raise LakeError(
                f"Table '{contract.table}' cannot be read: {error}. Restore its folder from a "
                "backup, or load into a fresh lake."
            ) from error
        return pa.concat_tables(parts or [contract.schema.empty_table()])

    def _open(self, name: str) -> tuple[pa.Schema, dict[str, DataFile]]:
        if name not in self._opened:
            folder = self._folder(name)
            table = open_table(folder, self.tables[name])
            if table is None:
                raise LakeError(
                    f"Snapshot {self.id} names the table '{name}', and {folder} holds none. "
                    "Restore the folder from a backup, or load into a fresh lake."
                )
            self._opened[name] = pa.schema(table.schema().to_arrow()), active_files(table)
        return self._opened[name]

    def _folder(self, table: str) -> Path:
        return self._root.absolute() / "tables" / table
