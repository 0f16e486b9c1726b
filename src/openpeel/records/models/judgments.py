"""Judgments: two blind grades, a consensus, moderation across forces, the force's check."""

from django.db import models

from openpeel.records.models.base import Fixed, Record
from openpeel.records.models.inspections import Inspection


class Judgment(Record):
    """One question of one inspection. `state` is of `lifecycles.JUDGMENT`.

    `grade` is what was agreed, then moderated; '' before. `result_status` says whether the question
    was inspected or its grade carried over from `carried_from`. `scope` is question or pillar: a
    pillar's judgment is one of its own, made beside those of its questions.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="judgments")
    scope = models.CharField(max_length=10, default="question")
    question = models.CharField(max_length=100)
    state = models.CharField(max_length=20, default="open")
    grade = models.CharField(max_length=40, blank=True)
    reasons = models.TextField(blank=True)
    result_status = models.CharField(max_length=20, default="inspected")
    carried_from = models.CharField(max_length=20, blank=True)
    without_concern_reason = models.TextField(blank=True)

    class Meta:
        ordering = ("inspection", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["inspection", "scope", "question"], name="one_judgment"
            ),
        )

    def __str__(self) -> str:
        return f"{self.inspection}: {self.question}"


class BlindGrade(Fixed):
    """What one person graded before seeing anybody else's grade. `round` counts reopenings."""

    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="blind_grades")
    round = models.PositiveIntegerField(default=1)
    grader = models.CharField(max_length=150)
    grade = models.CharField(max_length=40)
    reasons = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["judgment", "round", "grader"], name="one_blind_grade_each"
            ),
        )

    def __str__(self) -> str:
        return f"{self.judgment}: {self.grader}"


class GradeChange(Fixed):
    """How a judgment's grade came to be: the grade before, the one after, why, who, at which step.

    `step` is agree, carry-over, moderate, reopen, correct or taken-over. A moderation that leaves
    the grade is one too.
    """

    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="changes")
    step = models.CharField(max_length=20)
    before = models.CharField(max_length=40, blank=True)
    after = models.CharField(max_length=40, blank=True)
    reason = models.TextField()
    by = models.CharField(max_length=150)

    def __str__(self) -> str:
        return f"{self.before or 'none'} to {self.after}"


class AccuracyPoint(Record):
    """A point of the force on a draft's facts, and what the inspectorate decided on it."""

    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="points")
    text = models.TextField()
    raised_by = models.CharField(max_length=150)
    decision = models.CharField(max_length=20, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decision_reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.judgment}: {self.text[:40]}"


class BasedOn(Fixed):
    """That a judgment, when it was signed off, rested on a revision of evidence; in which round."""

    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="based_on")
    round = models.PositiveIntegerField(default=1)
    revision = models.ForeignKey(
        "EvidenceRevision", on_delete=models.PROTECT, related_name="rested_on"
    )

    def __str__(self) -> str:
        return f"{self.judgment}: {self.revision}"
