"""When cycles were inspected, which grades a complete set holds, and where a question came from."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from openpeel.errors import FrameworkError
from openpeel.framework.model import Confidence, Cycle, Pillar, Question
from openpeel.framework.reading import cycle, cycles
from openpeel.framework.tables import Table

FILE = "inspections.toml"


@dataclass(frozen=True, slots=True)
class Fieldwork:
    """The earliest month in which a cycle's fieldwork can be said to have begun."""

    cycle: str
    subjects: tuple[str, ...]
    """Ids of pillars, which stand for their questions too; none for all of the cycle."""
    begins: str
    """YYYY-MM."""
    confidence: Confidence
    source: str
    source_url: str


@dataclass(frozen=True, slots=True)
class _Inspections:
    fieldwork: tuple[Fieldwork, ...]
    not_everywhere: frozenset[tuple[str, str]]
    asked_before: tuple[tuple[str, tuple[str, ...]], ...]


def fieldwork(cycle_name: str, subject: str) -> Fieldwork | None:
    """When fieldwork on a pillar or question began; None where the cycle has no date.

    Raises FrameworkError for a cycle or subject that is unknown.
    """
    one = cycle(cycle_name)
    found = one.subject(subject)
    pillar = found.id if isinstance(found, Pillar) else found.pillar
    for known in _read().fieldwork:
        if known.cycle == one.id and (not known.subjects or pillar in known.subjects):
            return known
    return None


def complete_set(cycle_name: str, subject: str, force_id: str) -> frozenset[str]:
    """Ids of the grades that a force's set holds, when it is complete, for a pillar or question.

    Of a pillar: all graded pillars of the cycle. Of a question: all graded questions of its pillar;
    where the cycle has no pillars, all that the PEEL report of every force grades. The subject
    itself always belongs to it. A set with less is no random part: the press names the best and
    the worst. Raises FrameworkError for a cycle or subject that is unknown.
    """
    one = cycle(cycle_name)
    found = one.subject(subject)
    if isinstance(found, Pillar):
        return frozenset(p.id for p in one.pillars if p.graded) | {found.id}
    version = one.version_for(force_id)
    return frozenset(
        q.id
        for q in one.questions
        if q.pillar == found.pillar
        and q.programme == "peel"
        and (q.graded if version is None else version.id in q.graded_in)
        and (one.id, q.id) not in _read().not_everywhere
    ) | {found.id}


def questions_behind(cycle_name: str, subject: str) -> frozenset[str]:
    """Ids of the questions, of any cycle, whose indicators tell about a pillar or question.

    They are the question itself and those of later cycles that ask the same; of a pillar, those of
    all its questions. Raises FrameworkError for a cycle or subject that is unknown.
    """
    one = cycle(cycle_name)
    found = one.subject(subject)
    own = {found.id} if isinstance(found, Question) else {q.id for q in one.questions_of(found.id)}
    later = {question for question, as_ in _read().asked_before if own & set(as_)}
    return frozenset(own | later)


@cache
def _read() -> _Inspections:
    top = Table.read(files("openpeel.framework").joinpath(FILE))
    made = _Inspections(
        fieldwork=tuple(map(_fieldwork, top.tables("fieldwork"))),
        not_everywhere=frozenset(map(_not_everywhere, top.tables("not_everywhere"))),
        asked_before=tuple(map(_asked_before, top.tables("asked_before"))),
    )
    top.done()
    return made


def _fieldwork(table: Table) -> Fieldwork:
    found = Fieldwork(
        cycle=_cycle(table).id,
        subjects=table.texts("subjects"),
        begins=table.text("begins"),
        confidence=table.confidence(),
        source=table.text("source"),
        source_url=table.text("source_url"),
    )
    known = {p.id for p in cycle(found.cycle).pillars}
    if not known.issuperset(found.subjects):
        raise table.error("subjects", f"names what is no pillar of {found.cycle}")
    table.done()
    return found


def _not_everywhere(table: Table) -> tuple[str, str]:
    one, question = _cycle(table), table.text("question")
    try:
        found = one.id, one.question(question).id
    except FrameworkError as error:
        raise table.error("question", str(error)) from error
    table.text("why")
    table.confidence()
    table.done()
    return found


def _asked_before(table: Table) -> tuple[str, tuple[str, ...]]:
    found = table.text("question"), table.texts("as")
    table.confidence()
    known = {q.id for c in cycles() for q in c.questions}
    for name in (found[0], *found[1]):
        if name not in known:
            raise table.error("question or as", f"{name!r} is a question of no cycle")
    table.done()
    return found


def _cycle(table: Table) -> Cycle:
    try:
        return cycle(table.text("cycle"))
    except FrameworkError as error:
        raise table.error("cycle", str(error)) from error
