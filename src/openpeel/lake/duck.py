"""DuckDB in process: the engine for one machine, over the files of a snapshot."""

import threading
from collections.abc import Mapping

import duckdb
import pyarrow as pa

from openpeel.errors import LakeError
from openpeel.lake.delta import TableFiles


class DuckEngine:
    """Answers SQL over named sets of Parquet files; safe to share between threads."""

    dialect = "duckdb"

    def __init__(self, tables: Mapping[str, TableFiles]) -> None:
        """Raises LakeError for a file that is not there or is no Parquet file."""
        self._lock = threading.Lock()
        self._connection = duckdb.connect(":memory:")
        # Extensions would be fetched from the network; all we need is built in.
        self._connection.execute("SET autoinstall_known_extensions = false")
        for name, table in tables.items():
            if not table.files:
                self._connection.register(name, table.schema.empty_table())
                continue
            listed = ", ".join(_text(str(table.folder / file)) for file in table.files)
            try:
                self._connection.execute(
                    f"CREATE VIEW {_quoted(name)} AS SELECT * FROM read_parquet([{listed}], "
                    "hive_partitioning = true, hive_types_autocast = false)"
                )
            except duckdb.Error as error:
                told = str(error).splitlines()[0]  # the rest shows our own SQL
                raise LakeError(
                    f"Table '{name}' cannot be read: {told}. Restore its folder from a backup, or "
                    "load into a fresh lake."
                ) from error

    def query(self, sql: str) -> pa.Table:
        """Run one SELECT in DuckDB's dialect; raises LakeError with the engine's own words."""
        with self._lock:
            try:
                return self._connection.sql(sql).to_arrow_table()
            except duckdb.Error as error:
                raise LakeError(f"The lake could not answer: {error}") from error

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
