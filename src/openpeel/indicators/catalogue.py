"""All indicators there are: those that openpeel carries, and those of a folder of one's own."""

import os
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path

from openpeel.errors import DefinitionError, NotKnown
from openpeel.indicators.definition import Indicator, read_indicator
from openpeel.sources import contract


def indicators() -> dict[str, Indicator]:
    """Every indicator by id, in order of id.

    A folder named by OPENPEEL_INDICATORS adds files, and replaces those of the same name.
    Raises DefinitionError for the first file that does not hold together.
    """
    return _read(os.environ.get("OPENPEEL_INDICATORS", ""))


def indicator(name: str) -> Indicator:
    """The indicator of that id; raises NotKnown with the nearest ones."""
    known = indicators()
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"Did you mean {', '.join(near)}? " if near else ""
        raise NotKnown(f"There is no indicator '{name}'. {hint}openpeel indicator list shows all.")
    return known[name]


@cache
def _read(own: str) -> dict[str, Indicator]:
    found = {p.name: p for p in (files(__package__) / "definitions").iterdir()}
    if own:
        folder = Path(own)
        if not folder.is_dir():
            raise DefinitionError(f"OPENPEEL_INDICATORS names {own}, which is no folder.")
        found |= {p.name: p for p in folder.glob("*.toml")}
    read = (read_indicator(p, contract) for n, p in sorted(found.items()) if n.endswith(".toml"))
    return {made.id: made for made in read}
