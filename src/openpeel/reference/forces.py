"""The territorial police forces, and how publishers spell them."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from openpeel.errors import DefinitionError, NotKnown


@dataclass(frozen=True, slots=True)
class Force:
    """A territorial police force of England and Wales."""

    id: str
    """Slug on data.police.uk, as avon-and-somerset."""
    name: str
    """Long name, as on data.police.uk street rows."""
    short: str
    """As a person says it: Cambridgeshire."""
    ons_code: str
    """E23… or W15…."""
    region: str
    """ONS region; Wales for the Welsh forces."""
    nation: str
    """England or Wales."""
    area_km2: float
    """Worked out from the bundled generalised boundaries, which reach low water: approximate."""
    valid_from: date | None = None
    """First day; None where it is older than every series that openpeel reads."""
    valid_to: date | None = None
    """First day on which it is no more; None while it lasts."""
    successor: str | None = None
    """Id of the force that replaced it."""
    spellings: tuple[str, ...] = ()
    """Publishers' spellings that normalising does not reach."""
    resident_rates: bool = True
    """False where a rate per resident would mislead; then `why` says so."""
    why: str | None = None


@dataclass(frozen=True, slots=True)
class NotAForce:
    """A row that publishers put beside the forces and that is none of them."""

    id: str
    name: str
    kind: str
    """body, region, nation, total or missing."""
    why: str
    """The reason, as a sentence."""


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


@cache
def _all_forces() -> tuple[Force, ...]:
    rows = _read("forces.toml")["forces"]
    return tuple(
        Force(id=slug, **row | {"spellings": tuple(row.get("spellings", ()))})
        for slug, row in sorted(rows.items())
    )


def forces(on: date | None = None) -> tuple[Force, ...]:
    """The forces that exist on a day (today when not given), sorted by id."""
    day = on or date.today()
    return tuple(
        f
        for f in _all_forces()
        if (f.valid_from is None or f.valid_from <= day)
        and (f.valid_to is None or day < f.valid_to)
    )


_CODE = re.compile(r"[A-Z][0-9]{8}")
_FOOTNOTE = re.compile(
    r"\[[^\]]*\]|\((?:r|p|note[^)]*|[0-9]+)\)|(?<=[a-z])[0-9](?:[, ]*[0-9])*\s*$"
)
_ENDING = re.compile(r"(?: (?:police service|police force|police|constabulary))+$")


def normalise(name: str) -> str:
    """Fold what publishers vary without meaning anything by it.

    Case, "&" and "and", hyphens, underscores, commas, no-break and repeated spaces, footnote marks
    ("[Note 6]", "(R)", a digit stuck to the end, a leading "*"), a leading "the", and the endings
    Police, Police Service, Police Force and Constabulary.
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    text = _FOOTNOTE.sub(" ", text).replace("&", " and ")
    text = " ".join(re.sub(r"[\W_]+", " ", text).split())
    return _ENDING.sub("", text.removeprefix("the "))


@dataclass(frozen=True, slots=True)
class _Index:
    names: dict[str, Force | NotAForce]
    codes: dict[str, Force | NotAForce]
    starts: dict[str, NotAForce]


@cache
def _index() -> _Index:
    """Every normalised spelling and every code. Raises DefinitionError if two claim the same."""
    index = _Index({}, {}, {})

    def claim(key: str, owner: Force | NotAForce) -> None:
        holder = index.names.setdefault(key, owner)
        # A region may bear a force's name (West Midlands); the bare name stays the force's.
        shared = isinstance(owner, NotAForce) and owner.kind == "region"
        if holder.id != owner.id and not shared:
            raise DefinitionError(
                f"The spelling '{key}' belongs to both {holder.id} and {owner.id}: "
                "remove it from one of them in openpeel/reference."
            )

    for force_ in _all_forces():
        index.codes[force_.ons_code] = force_
        for spelling in (force_.id, force_.name, force_.short, *force_.spellings):
            claim(normalise(spelling), force_)
    for id_, row in _read("not_forces.toml").items():
        other = NotAForce(id_, row["name"], row["kind"], row["why"])
        for spelling in (id_, row["name"], *row.get("spellings", ())):
            claim(normalise(spelling), other)
        index.codes.update(dict.fromkeys(row.get("codes", ()), other))
        index.starts.update(dict.fromkeys(row.get("starts", ()), other))
    return index


@lru_cache(maxsize=4096)
def recognise(name: str) -> Force | NotAForce | None:
    """What a publisher's spelling or ONS code means; None when openpeel has never met it.

    A bare "West Midlands" is the force: a region row of that name must be told apart by its code
    (E12000005) or by where it stands in its sheet.
    """
    index = _index()
    code = unicodedata.normalize("NFKC", name).strip().upper()
    if _CODE.fullmatch(code):
        return index.codes.get(code)
    key = normalise(name)
    if key in index.names:
        return index.names[key]
    return next((other for start, other in index.starts.items() if key.startswith(start)), None)


def resolve_names(names: Iterable[str]) -> dict[str, str | None]:
    """For each distinct name its force id, or None when it is no force or is not known.

    For loaders: pass a column's distinct values, then look rows up. `recognise` tells which of the
    two a None is.
    """
    found = {name: recognise(name) for name in names}
    return {name: it.id if isinstance(it, Force) else None for name, it in found.items()}


def force(name: str) -> Force:
    """The force of a slug, an ONS code, or any publisher's spelling.

    Raises NotKnown: for a known row that is no force it says what it is; otherwise it suggests up
    to three forces whose names are near.
    """
    found = recognise(name)
    if isinstance(found, Force):
        return found
    if found is None:
        near = _near(name)
        question = f" Did you mean {' or '.join(near)}?" if near else ""
        raise NotKnown(
            f"'{name}' is no police force that openpeel knows.{question} "
            "A force can be named by its slug (avon-and-somerset), its name or its ONS code."
        )
    members = [f.short for f in forces() if f.region == found.name]
    named = f" Its forces: {', '.join(members)}." if members else ""
    raise NotKnown(f"'{name}' is no territorial police force ({found.name}). {found.why}{named}")


def _near(name: str) -> list[str]:
    """Short names of up to three forces with a spelling like `name`, nearest first."""
    keys = {key: f.short for key, f in _index().names.items() if isinstance(f, Force)}
    near = get_close_matches(normalise(name), keys, n=6, cutoff=0.7)
    return list(dict.fromkeys(keys[key] for key in near))[:3]
