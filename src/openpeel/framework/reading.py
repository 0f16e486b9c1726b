"""Cycles from their files: one TOML file for each, checked as it is read."""

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from openpeel.errors import DefinitionError, FrameworkError
from openpeel.framework.model import (
    RESULTS,
    Characteristic,
    Cycle,
    Dated,
    Grade,
    Pillar,
    Question,
    Version,
    fold,
)
from openpeel.framework.tables import Table

OWN_CYCLES = "OPENPEEL_CYCLES"
"""Environment variable: a folder of cycle files that add to the bundled ones or replace them."""

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def cycles() -> tuple[Cycle, ...]:
    """Every cycle in order of time: the bundled ones, and those in the folder OPENPEEL_CYCLES.

    Raises DefinitionError where a file does not hold together.
    """
    return _all(os.environ.get(OWN_CYCLES, ""))


def cycle(name: str) -> Cycle:
    """The cycle of this id or alias: "2018-19", "2018/19". Raises FrameworkError."""
    key = fold(name)
    for one in cycles():
        if key in map(fold, (one.id, *one.aliases)):
            return one
    known = ", ".join(c.id for c in cycles())
    raise FrameworkError(f"there is no cycle {name!r}. Known cycles: {known}.")


def load_cycle(path: Path | Traversable) -> Cycle:
    """One cycle from its file (docs/framework.md says how it is written).

    Raises DefinitionError, naming the file and the key that is wrong.
    """
    top = Table.read(path)
    cycle_id = top.text("id")
    if not re.match(r"\d{4}(?!\d)", cycle_id) or not _ID.fullmatch(cycle_id):
        raise top.error("id", f"is {cycle_id!r}; it must begin with a year, as 2018 or 2018-19")
    # A cycle whose file speaks of no versions has one, the framework itself.
    versions = tuple(map(_version, top.tables("versions"))) or (
        Version(cycle_id, cycle_id, "", (), "", "read"),
    )
    pillars = tuple(map(_pillar, top.tables("pillars")))
    found = Cycle(
        id=cycle_id,
        title=top.text("title"),
        aliases=top.texts("aliases"),
        note=top.text("note", ""),
        confidence=top.confidence(),
        sources=top.texts("sources"),
        dates=tuple(map(_dated, top.tables("dates"))),
        versions=versions,
        grades=tuple(map(_grade, top.tables("grades"))),
        pillars=pillars,
        questions=tuple(_question(t, versions, pillars) for t in top.tables("questions")),
    )
    if not found.grades:
        raise top.error("grades", "is missing: a cycle needs its scale, best grade first")
    if not found.questions:
        raise top.error("questions", "is missing: a cycle needs at least one question")
    _distinct(top, "grades", ((g.id, (g.label,)) for g in (*found.grades, *RESULTS)))
    _distinct(top, "pillars", ((p.id, (p.name,)) for p in pillars))
    _distinct(top, "versions", ((v.id, v.forces) for v in versions))
    if sum(not v.forces for v in versions) > 1:
        raise top.error("versions", "only one may leave out `forces`: it holds for all the others")
    _distinct(top, "questions", ((q.id, (q.name, *q.aliases)) for q in found.questions))
    top.done()
    return found


def _dated(table: Table) -> Dated:
    found = Dated(table.text("what"), _date(table, "date"), table.text("source"))
    table.done()
    return found


def _grade(table: Table) -> Grade:
    found = Grade(_id(table), table.text("label"), table.text("meaning"), table.confidence())
    table.done()
    return found


def _version(table: Table) -> Version:
    found = Version(
        id=_id(table),
        title=table.text("title"),
        published=_date(table, "published", ""),
        forces=table.texts("forces"),
        note=table.text("note", ""),
        confidence=table.confidence(),
    )
    table.done()
    return found


def _pillar(table: Table) -> Pillar:
    found = Pillar(
        id=_id(table),
        name=table.text("name"),
        graded=table.flag("graded"),
        note=table.text("note", ""),
        confidence=table.confidence(),
    )
    table.done()
    return found


def _question(table: Table, versions: tuple[Version, ...], pillars: tuple[Pillar, ...]) -> Question:
    known = tuple(v.id for v in versions)
    within = table.texts("versions") or known
    graded = table.flag_or_texts("graded", True)
    graded_in = graded if isinstance(graded, tuple) else within if graded else ()
    for key, given in (("versions", within), ("graded", graded_in)):
        strange = [v for v in given if v not in (known if key == "versions" else within)]
        if strange:
            raise table.error(key, f"names versions that the cycle or question lacks: {strange}")
    pillar = table.text("pillar", "") or None
    if pillar and pillar not in {p.id for p in pillars}:
        raise table.error("pillar", f"is {pillar!r}, which is no pillar of the cycle")
    found = Question(
        id=_id(table),
        name=table.text("name"),
        pillar=pillar,
        versions=within,
        graded_in=graded_in,
        programme=table.text("programme", "peel"),
        aliases=table.texts("aliases"),
        characteristics=tuple(map(_characteristic, table.tables("characteristics"))),
        note=table.text("note", ""),
        confidence=table.confidence(),
    )
    table.done()
    return found


def _characteristic(table: Table) -> Characteristic:
    found = Characteristic(table.text("id"), table.text("text"), table.confidence())
    table.done()
    return found


def _id(table: Table) -> str:
    given = table.text("id")
    if not _ID.fullmatch(given):
        raise table.error("id", f"is {given!r}; use small letters, digits and single hyphens")
    return given


def _date(table: Table, key: str, default: str | None = None) -> str:
    given = table.text(key, default)
    if given and not _DATE.fullmatch(given):
        raise table.error(key, f"is {given!r}; write YYYY, YYYY-MM or YYYY-MM-DD in quotes")
    return given


def _distinct(table: Table, key: str, entries: Iterable[tuple[str, tuple[str, ...]]]) -> None:
    """No spelling may mean two things, or a grade could land on the wrong question."""
    owner: dict[str, str] = {}
    ids = set[str]()
    for entry, spellings in entries:
        if entry in ids:
            raise table.error(key, f"the id {entry!r} is there twice")
        ids.add(entry)
        for spelling in (entry, *spellings):
            if owner.setdefault(fold(spelling), entry) != entry:
                raise table.error(
                    key, f"{spelling!r} means both {owner[fold(spelling)]!r} and {entry!r}"
                )


@lru_cache(maxsize=4)
def _all(own: str) -> tuple[Cycle, ...]:
    found = {c.id: c for c in map(load_cycle, _bundled())}
    found |= {c.id: c for c in map(load_cycle, own_files(own))}
    names: dict[str, str] = {}
    for one in found.values():
        for name in (one.id, *one.aliases):
            if names.setdefault(fold(name), one.id) != one.id:
                raise DefinitionError(
                    f"cycle {one.id}: aliases: {name!r} already means {names[fold(name)]}"
                )
    # A cycle id begins with its year, so the order of ids is the order of time.
    return tuple(found[key] for key in sorted(found))


def _bundled() -> list[Traversable]:
    folder = files("openpeel.framework").joinpath("cycles")
    return [file for file in folder.iterdir() if file.name.endswith(".toml")]


def own_files(own: str) -> list[Path]:
    """Cycle files of a folder of one's own; its comparisons.toml is no cycle."""
    if not own:
        return []
    folder = Path(own)
    if not folder.is_dir():
        raise DefinitionError(f"{OWN_CYCLES}: {own} is no folder")
    return sorted(p for p in folder.glob("*.toml") if p.name != "comparisons.toml")
