"""All indicators there are: those that openpeel carries, and those of a folder of one's own."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from openpeel.errors import DefinitionError, NotKnown
from openpeel.indicators.definition import Indicator
from openpeel.indicators.reading import read_indicator
from openpeel.sources import contract


def indicators() -> dict[str, Indicator]:
    """Every indicator by id, in order of id.

    A folder named by OPENPEEL_INDICATORS adds files, and replaces those of the same name. It is
    looked at again on each call: a file that was changed counts at once.
    Raises DefinitionError for the first file that does not hold together.
    """
    own = os.environ.get("OPENPEEL_INDICATORS", "")
    found = _carried() | {path.stem: _read(path, stamp) for path, stamp in _files(own)}
    return dict(sorted(found.items()))


def indicator(name: str) -> Indicator:
    """The indicator of that id; raises NotKnown with the nearest ones."""
    known = indicators()
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"Did you mean {', '.join(near)}? " if near else ""
        raise NotKnown(f"There is no indicator '{name}'. {hint}openpeel indicator list shows all.")
    return known[name]


@cache
def _carried() -> dict[str, Indicator]:
    listed = (files(__package__) / "definitions").iterdir()
    read = (read_indicator(p, contract) for p in listed if p.name.endswith(".toml"))
    return {made.id: made for made in read}


def _files(folder: str) -> Iterator[tuple[Path, int]]:
    """The definitions in a folder, and when each was last changed."""
    if folder and not Path(folder).is_dir():
        raise DefinitionError(f"OPENPEEL_INDICATORS names {folder}, which is no folder.")
    for path in sorted(Path(folder).glob("*.toml")) if folder else ():
        yield path, path.stat().st_mtime_ns


@lru_cache(maxsize=1024)
def _read(path: Path, stamp: int) -> Indicator:
    return read_indicator(path, contract)
