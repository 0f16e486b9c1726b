"""The force's side: what it thinks of itself in private, and what it is asked for."""

from django.db import models

from openpeel.records.models.base import Fixed, Record
from openpeel.records.models.inspections import Inspection


class SelfAssessment(Record):
    """What a force thinks of itself on one characteristic: private until it submits it.

    `evidence` is what its submissions became in the force's inspection, each as a revision.
    """

    force_id = models.CharField(max_length=60)
    cycle = models.CharField(max_length=20)
    question = models.CharField(max_length=100)
    characteristic = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=20, default="private")
    text = models.TextField()
    gaps = models.TextField(blank=True)
    owner = models.CharField(max_length=150, blank=True)
    confidence = models.CharField(max_length=10)
    test_plan = models.TextField(blank=True)
    statement_url = models.URLField(max_length=500, blank=True)
    evidence = models.ForeignKey("Evidence", on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        ordering = ("force_id", "cycle", "question", "characteristic")

    def __str__(self) -> str:
        return f"{self.force_id}, {self.cycle}: {self.question} {self.characteristic}".rstrip()


class Submitted(Fixed):
    """A self-assessment as it stood when the force submitted it: what inspectors see of it."""

    assessment = models.ForeignKey(
        SelfAssessment, on_delete=models.PROTECT, related_name="submissions"
    )
    content = models.JSONField()

    def __str__(self) -> str:
        return f"{self.assessment}, as submitted"


class Request(Record):
    """A document or data that the inspectorate asks a force for, with a deadline.

    The answer is words, and perhaps a file, kept as those of evidence are.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=20)
    text = models.TextField()
    state = models.CharField(max_length=20, default="made")
    due_on = models.DateField()
    answer = models.TextField(blank=True)
    answered_on = models.DateField(null=True, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    file_type = models.CharField(max_length=100, blank=True)
    file_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    evidence = models.ForeignKey("Evidence", on_delete=models.PROTECT, null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("due_on", "pk")

    def __str__(self) -> str:
        return self.text[:60]
