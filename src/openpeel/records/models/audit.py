"""The trail: what was done, by whom, each entry holding the hash of the one before it."""

import secrets

from django.db import models


def new_key() -> str:
    """A key to seal with, made by chance: 256 bits, in hexadecimal."""
    return secrets.token_hex(32)


class AuditEntry(models.Model):
    """One thing that was done, or one sensitive thing that was read.

    `detail` is JSON in its canonical form (sorted keys, no spaces); `hash` is the SHA-256 of all
    else, `previous` included. `at` is UTC, ISO 8601.
    """

    seq = models.PositiveBigIntegerField(primary_key=True)
    at = models.CharField(max_length=32)
    actor = models.CharField(max_length=150)
    role = models.CharField(max_length=40)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    force_id = models.CharField(max_length=60, blank=True)
    detail = models.TextField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("seq",)
        indexes = (models.Index(fields=["subject"]), models.Index(fields=["force_id"]))

    def __str__(self) -> str:
        return f"{self.seq} {self.at} {self.actor} {self.action} {self.subject}"


class AuditHead(models.Model):
    """The newest entry, in one row that every write locks: entries stand in one line.

    `key` is what the trail seals with: part of the records and of their copies, and of no entry.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")
    key = models.CharField(max_length=64, default=new_key)

    def __str__(self) -> str:
        return f"{self.seq} {self.hash}"
