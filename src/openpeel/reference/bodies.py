"""Bodies that findings are addressed to: the forces, and national bodies that are none."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from openpeel.errors import DefinitionError, NotKnown
from openpeel.reference.forces import Force, force, forces, normalise, recognise
from openpeel.reference.gaps import check_confidence


@dataclass(frozen=True, slots=True)
class Body:
    """A national body, as the Home Office: no force, without an area, residents or figures."""

    id: str
    name: str
    spellings: tuple[str, ...] = ()
    valid_from: date | None = None
    """First day; None where it is not known, or older than every report that openpeel knows."""
    valid_to: date | None = None
    """First day on which it is no more; None while it lasts."""
    successor: str | None = None
    """Id of the body that came after it."""
    confidence: str | None = None
    """Of the dates: read, worked-out or unconfirmed; None where there are none."""
    source: str | None = None
    """Where the dates are from."""


def bodies(on: date | None = None) -> tuple[Force | Body, ...]:
    """The forces, then the national bodies, that there are on a day (today when not given)."""
    day = on or date.today()
    national = (
        b
        for b in _national()
        if (b.valid_from is None or b.valid_from <= day)
        and (b.valid_to is None or day < b.valid_to)
    )
    return (*forces(day), *national)


def body(name: str) -> Force | Body:
    """The force or the national body of an id, a name or a spelling.

    Raises NotKnown for what is neither.
    """
    found = _index().get(normalise(name))
    if found is not None:
        return found
    try:
        return force(name)
    except NotKnown as error:
        known = ", ".join(b.name for b in bodies() if isinstance(b, Body))
        raise NotKnown(f"{error} Besides the forces there are: {known}.") from error


@cache
def _national() -> tuple[Body, ...]:
    text = files(__package__).joinpath("bodies.toml").read_text(encoding="utf-8")
    return tuple(_body(id_, row) for id_, row in sorted(tomllib.loads(text).items()))


def _body(id_: str, row: dict[str, Any]) -> Body:
    if "valid_from" in row or "valid_to" in row:
        check_confidence("bodies.toml", row["confidence"])
    return Body(id=id_, **row | {"spellings": tuple(row.get("spellings", ()))})


@cache
def _index() -> dict[str, Body]:
    """Every normalised spelling. Raises DefinitionError where two claim the same, or a force."""
    made: dict[str, Body] = {}
    for it in _national():
        for spelling in (it.id, it.name, *it.spellings):
            holder = made.setdefault(normalise(spelling), it)
            if holder is not it or isinstance(recognise(spelling), Force):
                raise DefinitionError(
                    f"bodies.toml: the spelling '{spelling}' of {it.id} is another's too."
                )
    return made
