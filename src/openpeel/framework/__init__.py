"""Assessment cycles as data: what each grades, on which scale, and what may be compared."""

from openpeel.framework.admitting import Admitted, admit
from openpeel.framework.comparing import Comparison, compare
from openpeel.framework.inspections import Fieldwork, complete_set, fieldwork, questions_behind
from openpeel.framework.model import (
    NOT_GRADED,
    NOT_YET_GRADED,
    Characteristic,
    Cycle,
    Dated,
    Grade,
    Pillar,
    Question,
    Version,
)
from openpeel.framework.reading import cycle, cycles, load_cycle

__all__ = [
    "NOT_GRADED",
    "NOT_YET_GRADED",
    "Admitted",
    "Characteristic",
    "Comparison",
    "Cycle",
    "Dated",
    "Fieldwork",
    "Grade",
    "Pillar",
    "Question",
    "Version",
    "admit",
    "compare",
    "complete_set",
    "cycle",
    "cycles",
    "fieldwork",
    "load_cycle",
    "questions_behind",
]
