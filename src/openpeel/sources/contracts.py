"""The contracts of the tables that published sources fill, read from `tables/*.toml`."""

from functools import cache
from importlib.resources import files

from openpeel.errors import NotKnown
from openpeel.lake import Contract, read_contract


@cache
def contract(table: str) -> Contract:
    """The contract of a table; raises NotKnown for a table that no source fills."""
    path = files(__package__) / "tables" / f"{table}.toml"
    if not path.is_file():
        raise NotKnown(f"No source fills a table '{table}'.")
    return read_contract(path)
