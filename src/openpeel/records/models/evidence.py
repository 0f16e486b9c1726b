"""Evidence: what somebody, or a signal, says about a characteristic; in fixed revisions."""

from django.db import models

from openpeel.records.models.base import Fixed, Record
from openpeel.records.models.inspections import Inspection

KINDS = {
    "document": "Document",
    "data": "Data",
    "interview": "Interview",
    "focus-group": "Focus group",
    "observation": "Observation or reality testing",
    "file-audit": "File audit",
    "survey": "Survey",
    "signal": "Signal",
    "self-assessment": "Self-assessment that the force submitted",
}
CONFIDENCES = {"high": "High", "medium": "Medium", "low": "Low"}
STANCES = {"for": "For", "against": "Against"}


class Evidence(Record):
    """Something that bears on an inspection; what it says is in its newest revision."""

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=20, choices=tuple(KINDS.items()))
    title = models.CharField(max_length=200)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        ordering = ("inspection", "pk")
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return self.title

    @property
    def newest(self) -> "EvidenceRevision":
        """Its newest revision; it has one from the beginning."""
        revision: EvidenceRevision = self.revisions.order_by("-number")[0]
        return revision


class EvidenceRevision(Fixed):
    """What a piece of evidence says: a text, a link or a file, with its SHA-256.

    `as_of` and `as_of_end` are the days that it is about. A file is kept by its SHA-256, and shown
    as an attachment only. `url` is an address, or what a source without one is cited by. `vintage`
    is the lake snapshot that data or a signal was read at.
    """

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    file_type = models.CharField(max_length=100, blank=True)
    file_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    as_of = models.DateField(null=True, blank=True)
    as_of_end = models.DateField(null=True, blank=True)
    collected_by = models.CharField(max_length=150)
    confidence = models.CharField(max_length=10, choices=tuple(CONFIDENCES.items()))
    vintage = models.PositiveIntegerField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("evidence", "number")
        constraints = (models.UniqueConstraint(fields=["evidence", "number"], name="one_revision"),)

    def __str__(self) -> str:
        return f"{self.evidence}, revision {self.number}"


class Bearing(Fixed):
    """That a revision bears on a question, or one of its characteristics, for or against it."""

    revision = models.ForeignKey(
        EvidenceRevision, on_delete=models.PROTECT, related_name="bearings"
    )
    question = models.CharField(max_length=100)
    characteristic = models.CharField(max_length=100, blank=True)
    stance = models.CharField(max_length=10, choices=tuple(STANCES.items()))
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.stance} {self.question} {self.characteristic}".rstrip()


class FileAudit(Fixed):
    """A sample of case files: how it was drawn, how many were looked at, how many passed.

    The case files themselves never come here. `met` of `looked_at` passed the test; a share without
    its n and interval is not shown.
    """

    revision = models.OneToOneField(
        EvidenceRevision, on_delete=models.PROTECT, related_name="file_audit"
    )
    stage = models.CharField(max_length=60)
    test = models.CharField(max_length=200)
    drawn_from = models.PositiveIntegerField(null=True, blank=True)
    how_drawn = models.TextField()
    looked_at = models.PositiveIntegerField()
    met = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(met__lte=models.F("looked_at")), name="met_within_looked_at"
            ),
        )

    def __str__(self) -> str:
        return f"{self.test}: {self.met} of {self.looked_at}"
