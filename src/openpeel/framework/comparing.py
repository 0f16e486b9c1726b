"""Which cycles may be compared. A pair that no source calls comparable is refused."""

import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from openpeel.errors import FrameworkError, NotComparable
from openpeel.framework.model import Confidence, Cycle
from openpeel.framework.reading import OWN_CYCLES, cycle, cycles
from openpeel.framework.tables import Table

FILE = "comparisons.toml"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two cycles whose grades may be set side by side, and how far."""

    earlier: str
    later: str
    reason: str
    pillars: tuple[str, ...]
    """Ids of the pillars whose grades may be compared."""
    questions: tuple[str, ...]
    """Ids of the questions whose grades may be compared."""
    caveats: tuple[str, ...]
    """To be shown wherever the comparison is shown."""
    confidence: Confidence
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    allowed: bool
    comparison: Comparison


def compare(a: str, b: str, question: str | None = None) -> Comparison:
    """How two cycles may be compared, whichever is named first; with `question`, that question
    or pillar alone.

    Raises NotComparable with the reason where they may not; FrameworkError for a cycle, question
    or pillar that is unknown.
    """
    earlier, later = sorted((cycle(a), cycle(b)), key=lambda c: c.id)
    found = _within(earlier) if earlier.id == later.id else _between(earlier, later)
    if question is None:
        return found
    first, second = earlier.subject(question).id, later.subject(question).id
    if first != second or first not in (*found.pillars, *found.questions):
        raise NotComparable(
            f"{question!r} may not be compared between {earlier.id} and {later.id}. What may be: "
            f"{', '.join((*found.pillars, *found.questions))}. " + " ".join(found.caveats)
        )
    return found


def _within(one: Cycle) -> Comparison:
    partly = [q.id for q in one.questions if 0 < len(q.graded_in) < len(one.versions)]
    return Comparison(
        earlier=one.id,
        later=one.id,
        reason="the same cycle",
        pillars=tuple(p.id for p in one.pillars if p.graded),
        questions=tuple(q.id for q in one.questions if q.graded),
        caveats=tuple(f"Not graded in every force of {one.id}: {name}." for name in partly),
        confidence=one.confidence,
        sources=one.sources,
    )


def _between(earlier: Cycle, later: Cycle) -> Comparison:
    rule = _rules(os.environ.get(OWN_CYCLES, "")).get((earlier.id, later.id))
    if rule and rule.allowed:
        return rule.comparison
    reason = rule.comparison.reason if rule else _difference(earlier, later)
    raise NotComparable(f"{earlier.id} may not be compared with {later.id}: {reason}.")


def _difference(earlier: Cycle, later: Cycle) -> str:
    """Why a pair that no file lists is refused, from the two cycles themselves."""
    why = []
    if [g.id for g in earlier.grades] != [g.id for g in later.grades]:
        why.append("their scales differ")
    if earlier.grades_pillars != later.grades_pillars:
        why.append("only one of them grades pillars")
    return ", ".join(why) or "no source that was read says that they may be"


@lru_cache(maxsize=4)
def _rules(own: str) -> dict[tuple[str, str], _Rule]:
    found = _read(files("openpeel.framework").joinpath(FILE))
    mine = Path(own) / FILE
    return found | (_read(mine) if own and mine.is_file() else {})


def _read(path: Path | Traversable) -> dict[tuple[str, str], _Rule]:
    top = Table.read(path)
    rules = dict(map(_rule, top.tables("comparisons")))
    top.done()
    return rules


def _rule(table: Table) -> tuple[tuple[str, str], _Rule]:
    named = table.texts("cycles")
    known = {c.id: c for c in cycles()}
    if len(named) != 2 or named[0] >= named[1] or not set(named) <= known.keys():
        raise table.error("cycles", f"must name two cycles by id, the earlier first: {named}")
    pair = (known[named[0]], known[named[1]])
    allowed = table.flag("allowed")
    rule = Comparison(
        earlier=pair[0].id,
        later=pair[1].id,
        reason=table.text("reason"),
        pillars=table.texts("pillars"),
        questions=table.texts("questions"),
        caveats=table.texts("caveats"),
        confidence=table.confidence(),
        sources=table.texts("sources"),
    )
    if allowed != bool(rule.pillars or rule.questions):
        raise table.error("allowed", "needs the pillars or questions it covers; a refusal has none")
    for one in pair:
        try:
            graded = [one.pillar(p).graded for p in rule.pillars]
            graded += [one.question(q).graded for q in rule.questions]
        except FrameworkError as error:
            raise table.error("pillars or questions", str(error)) from error
        if not all(graded):
            raise table.error("pillars or questions", f"names one that {one.id} does not grade")
    table.done()
    return (pair[0].id, pair[1].id), _Rule(allowed, rule)
