"""The contracts of the tables that published sources fill: `tables/*.toml`, and one's own."""

import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from openpeel.errors import DefinitionError, NotKnown
from openpeel.lake import Contract, read_contract

OWN_SOURCES = "OPENPEEL_SOURCES"
"""Environment variable: a folder of one's own: plain tables, and in its folders `workbooks/` and
`tables/` (contracts)."""


def own_sources() -> Path | None:
    """The folder of one's own sources; raises DefinitionError where it is none."""
    named = os.environ.get(OWN_SOURCES, "")
    if named and not Path(named).is_dir():
        raise DefinitionError(f"{OWN_SOURCES} names {named}, which is no folder.")
    return Path(named) if named else None


def contract(table: str) -> Contract:
    """The contract of a table; raises NotKnown for a table that no source fills."""
    return _contract(table, own_sources())


@cache
def _contract(table: str, own: Path | None) -> Contract:
    bundled = files(__package__) / "tables" / f"{table}.toml"
    for path in (bundled, own / "tables" / f"{table}.toml") if own else (bundled,):
        if path.is_file():
            found = read_contract(path)
            if found.table != table:
                raise DefinitionError(f"{path}: it is of table '{found.table}': name it so.")
            return found
    raise NotKnown(f"No source fills a table '{table}'.")
