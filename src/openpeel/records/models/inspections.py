"""Inspections: a force, a cycle, the framework version that is held against."""

from django.db import models

from openpeel.records.models.base import Record


class Inspection(Record):
    """One force inspected in one cycle. `state` is of `lifecycles.INSPECTION`."""

    force_id = models.CharField(max_length=60)
    cycle = models.CharField(max_length=20)
    framework_version = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=20, default="planned")
    fieldwork_begins = models.DateField(null=True, blank=True)
    fieldwork_ends = models.DateField(null=True, blank=True)
    lead = models.CharField(max_length=150, blank=True)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        ordering = ("cycle", "force_id")
        constraints = (
            models.UniqueConstraint(
                fields=["force_id", "cycle"],
                condition=~models.Q(state="withdrawn"),
                name="one_inspection",
            ),
        )

    def __str__(self) -> str:
        return f"{self.force_id}, {self.cycle}"


class MonitoringPhase(Record):
    """A force's phase of monitoring from a day on; levels and their names are dated data."""

    force_id = models.CharField(max_length=60)
    level = models.CharField(max_length=40)
    begins = models.DateField()
    ends = models.DateField(null=True, blank=True)
    reason = models.TextField()
    source_url = models.URLField(max_length=500, blank=True)

    class Meta:
        ordering = ("force_id", "begins")

    def __str__(self) -> str:
        return f"{self.force_id}: {self.level} from {self.begins}"
