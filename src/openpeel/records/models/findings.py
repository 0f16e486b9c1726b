"""Findings, whom they are addressed to, and what became of them.

What the force claims and what the inspectorate verified are two fields with two life cycles;
neither is ever derived from the other.
"""

from django.db import models

from openpeel.records.models.base import Fixed, Record
from openpeel.records.models.inspections import Inspection

KINDS = {
    "cause_of_concern": "Cause of concern",
    "accelerated_cause_of_concern": "Accelerated cause of concern",
    "recommendation": "Recommendation",
    "afi": "Area for improvement",
    "notable_practice": "Notable practice",
    "finding": "Plain finding",
}
"""What a finding may be. A cause of concern has recommendations; a practice asks for nothing."""
ASKS = frozenset(KINDS) - {"notable_practice"}
"""Kinds that somebody has to do something about."""
CONCERNS = frozenset({"cause_of_concern", "accelerated_cause_of_concern"})


class Finding(Record):
    """A finding of an inspection, or of a thematic report (no inspection) to many bodies.

    `imported_from` names the spreadsheet of a force that it came from; '' for all others.
    """

    inspection = models.ForeignKey(
        Inspection, on_delete=models.PROTECT, related_name="findings", null=True, blank=True
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="recommendations", null=True, blank=True
    )
    kind = models.CharField(max_length=40, choices=tuple(KINDS.items()))
    cycle = models.CharField(max_length=20, blank=True)
    question = models.CharField(max_length=100, blank=True)
    text = models.TextField()
    published_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    source_title = models.CharField(max_length=300, blank=True)
    source_url = models.CharField(max_length=500, blank=True)
    imported_from = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("published_on", "pk")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}"


class Addressed(Record):
    """A finding as it stands for one body: the unit that is tracked.

    `verified_state` is of `lifecycles.VERIFIED` and moved by the inspectorate alone;
    `claimed_state` is of `lifecycles.CLAIMED` and moved by the force alone. `due_on` is the day
    that the inspectorate set, `target_on` the force's own.
    """

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="addressed")
    force_id = models.CharField(max_length=60)
    verified_state = models.CharField(max_length=20, default="draft")
    claimed_state = models.CharField(max_length=20, default="not-allocated")
    owner = models.CharField(max_length=150, blank=True)
    due_on = models.DateField(null=True, blank=True)
    target_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    closure_letter = models.ForeignKey(
        "EvidenceRevision", on_delete=models.PROTECT, null=True, blank=True
    )
    closure_url = models.URLField(max_length=500, blank=True)
    superseded_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes"
    )

    class Meta:
        ordering = ("finding", "force_id")
        verbose_name_plural = "addressed"
        constraints = (
            models.UniqueConstraint(fields=["finding", "force_id"], name="one_of_each_body"),
        )

    def __str__(self) -> str:
        return f"{self.force_id}: {self.finding}"


class Progress(Fixed):
    """One step on the way: whose it is ('force' or 'inspectorate'), from which state to which."""

    addressed = models.ForeignKey(Addressed, on_delete=models.PROTECT, related_name="progress")
    side = models.CharField(max_length=20)
    move = models.CharField(max_length=30)
    before = models.CharField(max_length=20)
    after = models.CharField(max_length=20)
    text = models.TextField(blank=True)
    by = models.CharField(max_length=150)
    on = models.DateField()

    class Meta:
        ordering = ("addressed", "pk")
        verbose_name_plural = "progress"

    def __str__(self) -> str:
        return f"{self.on} {self.side}: {self.before} to {self.after}"


class Action(Record):
    """Something that the force does about a finding: the force's own list."""

    addressed = models.ForeignKey(Addressed, on_delete=models.PROTECT, related_name="actions")
    text = models.TextField()
    owner = models.CharField(max_length=150)
    due_on = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("addressed", "pk")

    def __str__(self) -> str:
        return self.text[:60]


class EffectivenessCheck(Record):
    """Whether, some time after closure, the measure that should have moved has."""

    addressed = models.ForeignKey(Addressed, on_delete=models.PROTECT, related_name="checks")
    indicator = models.CharField(max_length=100)
    due_on = models.DateField()
    vintage = models.PositiveIntegerField(null=True, blank=True)
    result = models.TextField(blank=True)
    held = models.BooleanField(null=True, blank=True)
    by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("due_on", "pk")

    def __str__(self) -> str:
        return f"{self.indicator} by {self.due_on}"
