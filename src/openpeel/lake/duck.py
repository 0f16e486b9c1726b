"""DuckDB in process: the engine for one machine, over the files of a snapshot."""

import threading
from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from openpeel.errors import LakeError


class DuckEngine:
    """Answers SQL over named sets of Parquet files; safe to share between threads."""

    dialect = "duckdb"

    def __init__(self, files: Mapping[str, Sequence[str]], empty: Mapping[str, pa.Schema]) -> None:
        """`files`: paths by table; `empty`: the schema of each table that has no file.

        Raises LakeError for a file that is not there or is no Parquet file.
        """
        self._lock = threading.Lock()
        self._connection = duckdb.connect(":memory:")
        # Extensions would be fetched from the network; all we need is built in.
        self._connection.execute("SET autoinstall_known_extensions = false")
        for table, paths in files.items():
            name = _quoted(table)
            if paths:
                listed = ", ".join("'" + p.replace("'", "''") + "'" for p in paths)
                try:
                    self._connection.execute(
                        f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{listed}], "
                        "hive_partitioning = true, hive_types_autocast = false)"
                    )
                except duckdb.Error as error:
                    raise LakeError(
                        f"Table '{table}' cannot be read: {error}. Restore its folder from a "
                        "backup, or load into a fresh lake."
                    ) from error
            else:
                self._connection.register(table, empty[table].empty_table())

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
