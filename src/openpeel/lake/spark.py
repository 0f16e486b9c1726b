"""Apache Spark: the engine for a cluster, over the files of a snapshot.

On one machine it runs in a JVM of its own beside this process (`local[*]`), which listens on
loopback alone and goes with it. OPENPEEL_SPARK_MASTER names a cluster's master instead; whatever
else a cluster needs stands in Spark's own spark-defaults.conf. In a notebook that has a Spark
session already, that one is used.
"""

import atexit
import os
import re
import shutil
import tempfile
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from openpeel.errors import LakeError, OpenpeelError
from openpeel.lake.delta import TableFiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER = "OPENPEEL_SPARK_MASTER"
"""Environment variable: the master of a Spark cluster, as spark://host:7077."""

_ALWAYS = {
    # So that what cannot be computed is an error, as in DuckDB, and not a NULL.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    # The files are listed already: no job to look for them, no guess at their types.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000000",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}

_lock = threading.Lock()
_shared: "list[SparkSession]" = []


class SparkEngine:
    """Answers SQL over named sets of Parquet files; safe to share between threads."""

    dialect = "spark"

    def __init__(self, tables: Mapping[str, TableFiles]) -> None:
        """Raises OpenpeelError where Spark does not start, LakeError for a file not there."""
        from pyspark.errors import PySparkException
        from pyspark.sql.pandas.types import from_arrow_schema

        self._session = _session().newSession()  # its views are its own
        for name, value in _settings(str(self._session.sparkContext.master)).items():
            self._session.conf.set(name, value)
        for name, table in tables.items():
            schema = from_arrow_schema(table.schema)
            try:
                if table.files:
                    reader = self._session.read.schema(schema).option("basePath", str(table.folder))
                    # The names are no patterns: a folder may well be called [2025].
                    frame = reader.option("__globPaths__", "false").parquet(
                        *(str(table.folder / file) for file in table.files)
                    )
                else:
                    frame = self._session.createDataFrame([], schema)
                frame.createOrReplaceTempView(name)
            except PySparkException as error:
                raise LakeError(
                    f"Table '{name}' cannot be read: {_first_line(error)}. Restore its folder from "
                    "a backup, or load into a fresh lake."
                ) from error

    def query(self, sql: str) -> pa.Table:
        """Run one SELECT in Spark's dialect; raises LakeError with the engine's own words."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            return self._session.sql(sql).toArrow()
        except (PySparkException, Py4JError, OSError) as error:
            raise LakeError(f"The lake could not answer: {_first_line(error)}") from error


def _settings(master: str) -> dict[str, str]:
    """What a session is set to; a machine shuffles among its own cores, a cluster as it likes."""
    if not master.startswith("local"):
        return _ALWAYS
    return _ALWAYS | {
        "spark.sql.shuffle.partitions": str(os.cpu_count() or 1),
        "spark.sql.adaptive.enabled": "false",
    }


def _first_line(error: Exception) -> str:
    """What an error of Spark says, without the trace of the JVM."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0]


def _session() -> "SparkSession":
    """The one session of this process: that which is there, or a new one until the process ends."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    with _lock:
        if not _shared:
            _quiet()
            there = SparkContext._active_spark_context is not None
            _shared.append(SparkSession.builder.getOrCreate() if there else _started())
        return _shared[0]


def _quiet() -> None:
    """Errors are raised and told once: PySpark would also write them to standard error."""
    from pyspark.logger import PySparkLogger

    PySparkLogger.getLogger("SQLQueryContextLogger").disabled = True
    # It warns of a newer pandas wherever it finds one, and we use none.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)


def _started() -> "SparkSession":
    """A session in a JVM of its own, whose files and log lie in a folder that goes with it."""
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    master = os.environ.get(MASTER, "") or "local[*]"
    folder = Path(tempfile.mkdtemp(prefix="openpeel-spark-"))
    conf = SparkConf(loadDefaults=False).setMaster(master).setAppName("openpeel")
    conf.setAll(list(_here(master, folder).items()))
    log = folder / "spark.log"
    gateway = None

    def stop() -> None:
        if SparkContext._active_spark_context is not None:
            SparkContext._active_spark_context.stop()
        if gateway is not None:
            gateway.shutdown()
            gateway.proc.stdin.close()  # the JVM ends when this does
            gateway.proc.wait(30)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    try:
        with log.open("wb") as out:
            gateway = launch_gateway(conf, {"stdout": out, "stderr": out})  # type: ignore[no-untyped-call]
        return SparkSession(SparkContext(conf=conf, gateway=gateway))
    except (PySparkException, Py4JError, OSError, RuntimeError) as error:
        said = _fault(log.read_text(errors="replace"), error)
        atexit.unregister(stop)
        stop()
        raise OpenpeelError(
            f"Spark did not start on {master}: {said}. Mend that, or set {MASTER} otherwise "
            "(unset, it runs on this machine)."
        ) from error


def _here(master: str, folder: Path) -> dict[str, str]:
    """How the JVM is started: quiet, its files in the folder, on loopback if its master is."""
    # Half the time to start: on one machine a query ends before a better compiler would pay.
    quick = " -XX:TieredStopAtLevel=1" if master.startswith("local") else ""
    made = {
        "spark.ui.enabled": "false",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.driver.defaultJavaOptions": f'"-Djava.io.tmpdir={folder}" -XX:-UsePerfData{quick}',
    }
    if re.match(r"local\b|spark://(127\.|localhost\b)", master):
        made |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return made


def _fault(log: str, error: Exception) -> str:
    """What the JVM's log says went wrong, else what the error says."""
    lines = [line.strip().rstrip(".") for line in log.splitlines()]
    for wanted in (" ERROR ", "Exception", "Error"):
        for number, line in enumerate(lines):
            if wanted in line:
                more = [x for x in lines[number + 1 : number + 2] if not x.startswith("at ")]
                return ": ".join([line, *more])
    return _first_line(error)
