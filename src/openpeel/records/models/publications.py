"""Publications: each a version that stays; what is said beside them; and the 56-day answer."""

from django.db import models

from openpeel.records.models.base import Fixed, Record
from openpeel.records.models.findings import Finding
from openpeel.records.models.inspections import Inspection

TAKEN_OVER = "taken over"
"""The reason of a publication that was made elsewhere, before the records began."""


class Publication(Fixed):
    """One publication of an inspection: the first, a correction, or a retraction, with its reason.

    `snapshot` is the lake snapshot that it became; `vintages` the snapshots that its evidence was
    read at; `trail` the hash that the trail stood at, so that the lake bears witness to the trail.
    """

    inspection = models.ForeignKey(
        Inspection, on_delete=models.PROTECT, related_name="publications"
    )
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    published_on = models.DateField(null=True, blank=True)
    reason = models.TextField(blank=True)
    snapshot = models.PositiveIntegerField(null=True, blank=True)
    vintages = models.JSONField(default=list, blank=True)
    trail = models.CharField(max_length=64)
    content = models.JSONField()

    class Meta:
        ordering = ("inspection", "number")
        constraints = (
            models.UniqueConstraint(fields=["inspection", "number"], name="one_publication"),
        )

    def __str__(self) -> str:
        return f"{self.inspection}: {self.kind} {self.number}"

    @property
    def taken_back(self) -> bool:
        """Whether a later retraction took it back."""
        later = self.inspection.publications.filter(number__gt=self.number)
        return later.filter(kind="retraction").exists()


class Statement(Fixed):
    """An attributed text shown with a publication: the inspector's, or the force's reply."""

    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, related_name="statements"
    )
    side = models.CharField(max_length=20)
    name = models.CharField(max_length=150)
    post = models.CharField(max_length=150)
    text = models.TextField()
    said_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.name}, {self.post}"


class Response(Record):
    """What a local policing body owes on a publication within 56 days, and what it said.

    It answers an inspection's `publication`, or a thematic `finding` addressed to its force.
    """

    force_id = models.CharField(max_length=60)
    publication = models.OneToOneField(
        Publication, on_delete=models.PROTECT, related_name="response", null=True, blank=True
    )
    finding = models.ForeignKey(
        Finding, on_delete=models.PROTECT, related_name="responses", null=True, blank=True
    )
    state = models.CharField(max_length=20, default="due")
    last_day = models.DateField()
    chief_officer = models.TextField(blank=True)
    text = models.TextField(blank=True)
    published_on = models.DateField(null=True, blank=True)
    url = models.URLField(max_length=500, blank=True)

    class Meta:
        ordering = ("last_day", "pk")
        constraints = (
            models.UniqueConstraint(fields=["finding", "force_id"], name="one_response_each"),
            models.CheckConstraint(
                condition=models.Q(publication__isnull=False) ^ models.Q(finding__isnull=False),
                name="of_one_thing",
            ),
        )

    def __str__(self) -> str:
        return f"{self.force_id}: by {self.last_day}"

    @property
    def clocked(self) -> bool:
        """Whether its clock tells anything: not of a report from before the records began."""
        return not (self.publication and self.publication.reason == TAKEN_OVER)


class Answer(Record):
    """What will be done about one recommendation, or why nothing will."""

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="answers")
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="answers")
    accepted = models.BooleanField()
    text = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["response", "finding"], name="one_answer_each"),
        )

    def __str__(self) -> str:
        return f"{'will' if self.accepted else 'will not'}: {self.text[:40]}"
