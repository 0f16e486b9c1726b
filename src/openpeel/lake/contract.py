"""Contracts: what a lake table holds, column by column, read from a TOML file.

```toml
table = "population"
title = "Residents by force and mid-year"
grain = "one row per force and mid-year"
partition = ""            # the column the files are parted by; "" for none
key = ""                  # the column that, with the partition, names one slice; "" for none
[columns]
force_id = { type = "string", null = false, meaning = "slug of the force" }
year = { type = "string", null = false, period = "year", meaning = "mid-year, YYYY" }
```

A slice (one value of the partition, one of the key) is the unit that a load replaces.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import pyarrow as pa

from openpeel.errors import DefinitionError

_TYPES = {
    "string": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "binary": pa.binary(),
    "bool": pa.bool_(),
    "date": pa.date32(),
}

_PERIODS = {"month": 1, "quarter": 3, "year": 12, "financial-year": 12}

OWN_TABLES = ("provenance", "quarantine")


@dataclass(frozen=True)
class Column:
    """One column: its name, type, whether it may be null, and what it means.

    `period` says which kind of period its values are ('' where they are none), `every` how many
    months lie between one and the next: that of counts taken each March is 12.
    """

    name: str
    type: str
    null: bool
    meaning: str
    period: str = ""
    every: int = 0


@dataclass(frozen=True)
class Contract:
    """A table's name, grain, columns, and how it is cut into slices."""

    table: str
    title: str
    grain: str
    partition: str
    key: str
    columns: tuple[Column, ...]

    @cached_property
    def period(self) -> Column | None:
        """The column that tells when; None for a table without one."""
        return next((c for c in self.columns if c.period), None)

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the whole table, the partition column included."""
        return pa.schema([pa.field(c.name, _TYPES[c.type], c.null) for c in self.columns])

    @cached_property
    def plain(self) -> pa.Schema:
        """The schema without the partition column."""
        return pa.schema([f for f in self.schema if f.name != self.partition])

    @cached_property
    def stored(self) -> pa.Schema:
        """The schema of the files: without the partition column, which is in their path.

        Strings are dictionaries, as Parquet has them: what comes so is written as it is.
        """
        coded = pa.dictionary(pa.int32(), pa.string())
        return pa.schema([f.with_type(coded) if f.type == pa.string() else f for f in self.plain])


def read_contract(path: Path | Traversable) -> Contract:
    """Read a contract file; raises DefinitionError naming the file and the key that is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        columns = tuple(_column(name, c) for name, c in data["columns"].items())
        contract = Contract(
            table=data["table"],
            title=data["title"],
            grain=data["grain"],
            partition=data.get("partition", ""),
            key=data.get("key", ""),
            columns=columns,
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{path}: not valid TOML: {error}") from error
    except KeyError as error:
        raise DefinitionError(f"{path}: the contract lacks {error}") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise DefinitionError(f"{path}: not the shape of a contract: {error}") from error
    for fault in _faults(contract):
        raise DefinitionError(f"{path}: {fault}")
    return contract


def _column(name: str, given: dict[str, Any]) -> Column:
    period = given.get("period", "")
    return Column(
        name,
        given["type"],
        bool(given.get("null", True)),
        given["meaning"],
        period,
        given.get("every", _PERIODS.get(period, 0)),
    )


def _faults(contract: Contract) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", contract.table) or contract.table in OWN_TABLES:
        yield (
            f"'{contract.table}' cannot name a table: use small letters, digits and underscores, "
            f"and none of the lake's own names, {' and '.join(OWN_TABLES)}"
        )
    for column in contract.columns:
        if column.type not in _TYPES:
            yield (
                f"column '{column.name}' has type '{column.type}'; use one of {', '.join(_TYPES)}"
            )
        if column.period and column.period not in _PERIODS:
            yield (
                f"column '{column.name}' has period '{column.period}'; "
                f"use one of {', '.join(_PERIODS)}"
            )
        elif type(column.every) is not int or column.every < _PERIODS.get(column.period, 0):
            yield f"column '{column.name}': every is the months between periods, not shorter"
    if sum(1 for c in contract.columns if c.period) > 1:
        yield "two columns have a period: only one can tell when"
    columns = {c.name: c for c in contract.columns}
    for role in filter(None, (contract.partition, contract.key)):
        if role not in columns:
            yield f"'{role}' is named but is no column of the contract"
        elif columns[role].type != "string" or columns[role].null:
            yield f"column '{role}' cuts the table into slices: make it a string with null = false"
    if contract.partition and contract.partition == contract.key:
        yield f"'{contract.key}' cannot be both the partition and the key"
