"""What a cycle's framework contains, and so what may be held as a grade of it."""

from dataclasses import dataclass

from openpeel.errors import FrameworkError
from openpeel.framework.model import RESULTS, Cycle, Pillar, Question, Scope
from openpeel.framework.reading import cycle as find_cycle


@dataclass(frozen=True, slots=True)
class Admitted:
    """A grade that its cycle's framework contains, in canonical ids."""

    cycle_id: str
    scope: Scope
    question_id: str
    """Of the question, or of the pillar where `scope` is "pillar"."""
    grade_id: str
    """Of a grade on the scale, or not-graded, or not-yet-graded."""


def admit(cycle: Cycle | str, scope: str, question: str, grade: str) -> Admitted:
    """Canonical ids of a grade in any source's spelling.

    `scope` is "pillar" or "question"; `question` names the pillar or the question.
    Raises FrameworkError with the reason where the cycle contains no such thing, or contains it
    and does not grade it.
    """
    found = cycle if isinstance(cycle, Cycle) else find_cycle(cycle)
    graded: Pillar | Question
    canonical: Scope
    if scope == "pillar":
        if not found.grades_pillars:
            raise FrameworkError(
                f"{found.id} has no pillar grades, so {question!r} cannot be graded {grade!r} in "
                f"it. It grades questions: {_listed(found, found.questions)}."
            )
        graded, canonical = found.pillar(question), "pillar"
    elif scope == "question":
        graded, canonical = found.question(question), "question"
    else:
        raise FrameworkError(f"the scope {scope!r} is unknown: it must be pillar or question.")
    result = found.result(grade)
    if result not in RESULTS and not graded.graded:
        others = found.pillars if canonical == "pillar" else found.questions
        raise FrameworkError(
            f"{found.id} does not grade the {scope} {graded.id!r}, so {grade!r} cannot be its "
            f"grade. Graded: {_listed(found, others)}."
        )
    return Admitted(found.id, canonical, graded.id, result.id)


def _listed(cycle: Cycle, entries: tuple[Pillar, ...] | tuple[Question, ...]) -> str:
    return ", ".join(e.id for e in entries if e.graded) or f"none in {cycle.id}"
