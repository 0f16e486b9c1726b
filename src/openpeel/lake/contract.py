"""Contracts: what a lake table holds, column by column, read from a TOML file.

```toml
table = "population"
title = "Residents by force and mid-year"
grain = "one row per force and mid-year"
partition = ""            # the column the files are parted by; "" for none
key = ""                  # the column that, with the partition, names one slice; "" for none
[columns]
force_id = { type = "string", null = false, meaning = "slug of the force" }
```

A slice (one value of the partition, one of the key) is the unit that a load replaces.
"""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path

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

_VIEWS = {pa.string(): pa.string_view(), pa.binary(): pa.binary_view()}


@dataclass(frozen=True)
class Column:
    """One column: its name, type, whether it may be null, and what it means."""

    name: str
    type: str
    null: bool
    meaning: str


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
    def schema(self) -> pa.Schema:
        """The Arrow schema of the whole table, the partition column included."""
        return pa.schema([pa.field(c.name, _TYPES[c.type], c.null) for c in self.columns])

    @cached_property
    def stored(self) -> pa.Schema:
        """The schema of the files: without the partition column, which is in their path.

        Strings are views: what Polars hands over without a copy, and the same in Parquet.
        """
        return pa.schema(
            [
                f.with_type(_VIEWS.get(f.type, f.type))
                for f in self.schema
                if f.name != self.partition
            ]
        )


def read_contract(path: Path | Traversable) -> Contract:
    """Read a contract file; raises DefinitionError naming the file and the key that is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        columns = tuple(
            Column(name, c["type"], bool(c.get("null", True)), c["meaning"])
            for name, c in data["columns"].items()
        )
        contract = Contract(
            table=data["table"],
            title=data["title"],
            grain=data["grain"],
            partition=data.get("partition", ""),
            key=data.get("key", ""),
            columns=columns,
        )
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{path}: not valid TOML: {error}") from error
    except KeyError as error:
        raise DefinitionError(f"{path}: the contract lacks {error}") from error
    names = {c.name for c in columns}
    for role in (contract.partition, contract.key):
        if role and role not in names:
            raise DefinitionError(f"{path}: '{role}' is named but is no column of the contract")
    for column in columns:
        if column.type not in _TYPES:
            raise DefinitionError(
                f"{path}: column '{column.name}' has type '{column.type}'; "
                f"use one of {', '.join(_TYPES)}"
            )
    return contract
