"""The engines that answer SQL over a snapshot's files: which there are, and which can run here."""

import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

import pyarrow as pa

from openpeel.errors import NotKnown, OpenpeelError
from openpeel.lake.delta import TableFiles

ENGINES = {"duckdb": "duckdb", "spark": "pyspark"}
"""Every engine, by the name of its SQL, with the package that it comes in."""

CHOICE = "OPENPEEL_ENGINE"
"""Environment variable: the engine of whoever asks for none."""


class Engine(Protocol):
    """What runs SQL over a snapshot's files: `dialect` names the SQL it speaks to sqlglot."""

    dialect: str

    def query(self, sql: str) -> pa.Table:
        """The answer to one SELECT; raises LakeError with the engine's own words."""
        ...


def engine_name(asked: str = "") -> str:
    """The engine asked for, else that of the environment, else DuckDB; raises NotKnown."""
    name = asked or os.environ.get(CHOICE, "") or "duckdb"
    if name not in ENGINES:
        told = f" ({CHOICE} names it)" if not asked else ""
        raise NotKnown(f"There is no engine '{name}'{told}. There are: {', '.join(ENGINES)}.")
    return name


def start_engine(name: str, tables: Mapping[str, TableFiles]) -> Engine:
    """An engine over tables by name.

    Raises OpenpeelError where the engine cannot run here, and LakeError for files that cannot be
    read.
    """
    if why := why_not(name):
        raise OpenpeelError(f"The engine '{name}' cannot run here: {why}")
    if name == "spark":
        from openpeel.lake.spark import SparkEngine

        return SparkEngine(tables)
    from openpeel.lake.duck import DuckEngine

    return DuckEngine(tables)


def engine_version(name: str) -> str:
    """The version of an engine's package; '' where it is not installed."""
    try:
        return version(ENGINES[name])
    except PackageNotFoundError:
        return ""


def why_not(name: str) -> str:
    """Why an engine cannot run here, and what to do; '' where it can."""
    if not engine_version(name):
        return f"{ENGINES[name]} is not installed. pip install 'openpeel[{name}]'"
    if name != "spark":
        return ""
    from openpeel.lake.java import lacking_java

    return lacking_java()
