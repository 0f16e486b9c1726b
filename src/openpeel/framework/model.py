"""What a cycle is made of, and how its parts are found by the spellings that sources use."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, NoReturn

from openpeel.errors import FrameworkError

Confidence = Literal["read", "worked-out", "unconfirmed"]
Scope = Literal["pillar", "question"]


@lru_cache(maxsize=4096)
def fold(spelling: str) -> str:
    """A spelling without what sources differ in: case, spaces, underscores, hyphens, slashes, &."""
    plain = unicodedata.normalize("NFKC", spelling).casefold().replace("&", " and ")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


@dataclass(frozen=True, slots=True)
class Grade:
    """A word on a cycle's scale, or a result beside it such as "not graded"."""

    id: str
    label: str
    meaning: str
    """Paraphrased."""
    confidence: Confidence = "read"


NOT_GRADED = Grade(
    "not-graded", "Not graded", "Inspected or due for inspection, but no grade was given."
)
NOT_YET_GRADED = Grade(
    "not-yet-graded", "Not yet graded", "The source was written before a grade was given."
)
RESULTS = (NOT_GRADED, NOT_YET_GRADED)


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One thing that good performance looks like, in our words."""

    id: str
    text: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Dated:
    """Something that happened in a cycle: `date` is YYYY, YYYY-MM or YYYY-MM-DD as far as known."""

    what: str
    date: str
    source: str


@dataclass(frozen=True, slots=True)
class Version:
    """One published text of a cycle's framework."""

    id: str
    title: str
    published: str
    """YYYY-MM or YYYY-MM-DD; empty where it is not known."""
    forces: tuple[str, ...]
    """Force ids it was used for; empty means every force that no other version names."""
    note: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Pillar:
    """Effectiveness, efficiency, legitimacy or leadership, in the cycles that have them."""

    id: str
    name: str
    graded: bool
    note: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a cycle, graded or narrative."""

    id: str
    name: str
    pillar: str | None
    versions: tuple[str, ...]
    """Ids of the framework versions that contain it."""
    graded_in: tuple[str, ...]
    """Ids of the versions under which it is graded."""
    programme: str
    """"peel", or the other programme whose grade stands beside the PEEL report."""
    aliases: tuple[str, ...]
    characteristics: tuple[Characteristic, ...]
    note: str
    confidence: Confidence

    @property
    def graded(self) -> bool:
        """Whether any version of the framework grades it."""
        return bool(self.graded_in)


@dataclass(frozen=True)
class Cycle:
    """One round of assessments: its scale, its pillars, its questions, as read from its file."""

    id: str
    title: str
    aliases: tuple[str, ...]
    note: str
    confidence: Confidence
    sources: tuple[str, ...]
    dates: tuple[Dated, ...]
    versions: tuple[Version, ...]
    grades: tuple[Grade, ...]
    """Best first."""
    pillars: tuple[Pillar, ...]
    questions: tuple[Question, ...]

    @property
    def starts(self) -> str:
        """The earliest date known of the cycle, as the file gives it; empty where none is."""
        known = [d.date for d in self.dates] + [v.published for v in self.versions]
        return min(filter(None, known), default="")

    @property
    def grades_pillars(self) -> bool:
        """Whether any pillar as a whole is graded."""
        return any(p.graded for p in self.pillars)

    @cached_property
    def _questions(self) -> dict[str, Question]:
        return {fold(s): q for q in self.questions for s in (q.id, q.name, *q.aliases)}

    @cached_property
    def _pillars(self) -> dict[str, Pillar]:
        return {fold(s): p for p in self.pillars for s in (p.id, p.name)}

    @cached_property
    def _grades(self) -> dict[str, Grade]:
        return {fold(s): g for g in self.grades for s in (g.id, g.label)}

    def question(self, spelling: str) -> Question:
        """The question known by this id, name or alias.

        Raises FrameworkError, naming what the cycle contains.
        """
        found = self._questions.get(fold(spelling))
        return found or self._unknown("question", spelling, (q.id for q in self.questions))

    def pillar(self, spelling: str) -> Pillar:
        """The pillar of this name. Raises FrameworkError, naming what the cycle contains."""
        found = self._pillars.get(fold(spelling))
        return found or self._unknown("pillar", spelling, (p.id for p in self.pillars))

    def subject(self, spelling: str) -> Question | Pillar:
        """What a finding is about: a question, or a pillar as a whole.

        Raises FrameworkError, naming what the cycle contains.
        """
        key = fold(spelling)
        found = self._questions.get(key) or self._pillars.get(key)
        if found:
            return found
        known = [q.id for q in self.questions] + [p.id for p in self.pillars]
        return self._unknown("question or pillar", spelling, known)

    def grade(self, spelling: str) -> Grade:
        """The grade of this name on the cycle's scale ("not graded" is not on it).

        Raises FrameworkError, naming the scale.
        """
        found = self._grades.get(fold(spelling))
        return found or self._unknown("grade", spelling, (g.id for g in self.grades))

    def result(self, spelling: str) -> Grade:
        """The grade of this name, or the result "not graded" or "not yet graded".

        Raises FrameworkError, naming the scale.
        """
        key = fold(spelling)
        return next((r for r in RESULTS if r.id == key), None) or self.grade(spelling)

    def questions_of(self, pillar: str) -> tuple[Question, ...]:
        """The questions under a pillar, in order. No grade is ever computed from them."""
        wanted = self.pillar(pillar).id
        return tuple(q for q in self.questions if q.pillar == wanted)

    def version_for(self, force_id: str) -> Version | None:
        """The framework version used for a force; None where the cycle's file does not say."""
        named = (v for v in self.versions if force_id in v.forces)
        return next(named, None) or next((v for v in self.versions if not v.forces), None)

    def _unknown(self, kind: str, given: str, known: Iterable[str]) -> NoReturn:
        contains = ", ".join(known) or "none"
        raise FrameworkError(f"{self.id} has no {kind} {given!r}. It has: {contains}.")
