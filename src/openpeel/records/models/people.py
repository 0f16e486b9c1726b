"""People's roles. Who they are and how they sign in is Django's and allauth's."""

from django.conf import settings
from django.db import models

from openpeel.records.models.base import Record


class Membership(Record):
    """A role that somebody has: for one force, or ('') for all. It ends, and stays on record.

    A temporary one has a last day, `last_day`; None for one that lasts until it is ended.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=40)
    force_id = models.CharField(max_length=60, blank=True)
    last_day = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user", "role", "force_id"],
                condition=models.Q(ended_at__isnull=True),
                name="one_membership",
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} of {self.force_id or 'all forces'}"
