"""The trail: every write, and every sensitive read, in one line of entries that cannot be bent.

Each entry holds the SHA-256 of the one before it, so that one that was changed, left out or moved
breaks the line there. Entries cut off at the end are found by the row that holds the newest, and by
publications, each of which carries the hash that the trail stood at into the lake.

Of what people write the trail is told a seal, never the words: the trail is read by people who see
no draft.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models, transaction

from openpeel.errors import RecordsError
from openpeel.records.models import AuditEntry, AuditHead, Publication, Record
from openpeel.records.models.base import WRITING
from openpeel.records.moment import one_moment
from openpeel.records.roles import Actor

FIRST = "0" * 64
"""What the first entry follows."""
_NAMES = frozenset({"owner", "file_name"})
"""Short texts that not everybody sees: who in a force has a finding, what a sent file is called."""


class Writing:
    """A write that is going on: what it does is told here, at least once.

    `stood_at` is the hash that the trail stood at when it began.
    """

    def __init__(self, actor: Actor, stood_at: str) -> None:
        self.actor = actor
        self.stood_at = stood_at
        self.told = 0

    def tell(
        self,
        action: str,
        subject: Record | str,
        *,
        role: str,
        force_id: str = "",
        **detail: object,
    ) -> None:
        """Add an entry: what was done to what, in which role, and the details that matter.

        Details by the name of a text that people write are sealed: see `seal`.
        """
        _append(self.actor, action, _subject(subject), role, force_id, detail)
        self.told += 1


@contextmanager
def alone() -> Iterator[AuditHead]:
    """A time in which nobody else writes; what is written in it happens whole or not at all."""
    with transaction.atomic():
        yield _held_head()


@contextmanager
def writing(actor: Actor) -> Iterator[Writing]:
    """One write: all of it happens or none, and the trail tells of it.

    Raises RecordsError, and undoes everything, where nothing was told.
    """
    with alone() as head:
        token = WRITING.set(True)
        try:
            going_on = Writing(actor, head.hash or FIRST)
            yield going_on
            if not going_on.told:
                raise RecordsError("A write told nothing to the trail; nothing was written.")
        finally:
            WRITING.reset(token)


def read(actor: Actor, subject: Record | str, *, role: str, force_id: str = "") -> None:
    """Tell of a sensitive read: a draft of another's, a file, an export, the trail itself."""
    with transaction.atomic():
        _append(actor, "read", _subject(subject), role, force_id, {})


@dataclass(frozen=True)
class Verified:
    """What a check of the trail found: how many entries, the newest hash, and what is wrong."""

    entries: int
    hash: str
    wrong: tuple[str, ...]


def verify(witnesses: Mapping[str, str] | None = None) -> Verified:
    """Go through the whole trail and name each entry that was changed, left out or moved.

    `witnesses` are hashes that the trail once stood at, held elsewhere, each with who holds it: a
    trail that was replaced whole, or cut off, does not know them.
    """
    with one_moment():
        wrong: list[str] = []
        previous, expected, count = FIRST, 1, 0
        seen: set[str] = {FIRST}
        for entry in AuditEntry.objects.order_by("seq").iterator(chunk_size=2_000):
            wrong += _faults(entry, expected, previous)
            previous, expected, count = entry.hash, entry.seq + 1, count + 1
            seen.add(entry.hash)
        head = AuditHead.objects.filter(id=1).first()
        if head is not None and (head.seq, head.hash or FIRST) != (expected - 1, previous):
            wrong.append(
                f"the newest entry should be {head.seq}; the trail ends with {expected - 1}"
            )
        elif head is None and count:
            wrong.append("the row that holds the newest entry is missing")
        held = {p.trail: f"publication {p.pk}" for p in Publication.objects.order_by("pk")}
    for trail, holder in (held | dict(witnesses or {})).items():
        if trail not in seen:
            wrong.append(f"{holder} names a trail that is not this one")
    return Verified(count, previous, tuple(wrong))


def _faults(entry: AuditEntry, expected: int, previous: str) -> Iterator[str]:
    if entry.seq != expected:
        last = entry.seq - 1
        yield (
            f"entry {expected} is missing"
            if last == expected
            else (f"entries {expected} to {last} are missing")
        )
    elif entry.previous != previous:
        yield f"entry {entry.seq} does not follow entry {entry.seq - 1}: moved or replaced"
    if entry.hash != digest(entry):
        yield f"entry {entry.seq} ({entry.action}, {entry.subject}) was changed"


def digest(entry: AuditEntry) -> str:
    """The SHA-256 of an entry with all but its own hash, in canonical JSON."""
    fields = (
        entry.seq,
        entry.at,
        entry.actor,
        entry.role,
        entry.action,
        entry.subject,
        entry.force_id,
        entry.detail,
        entry.previous,
    )
    return hashlib.sha256(canonical(fields).encode()).hexdigest()


def canonical(data: object) -> str:
    """JSON in one form only: sorted keys, no spaces, dates as ISO 8601."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def seal(said: object, of: str) -> str:
    """What the trail knows of what was said, without telling it; `of` is what it is said of.

    HMAC-SHA256 (RFC 2104) of both, as canonical JSON, under the records' own key: whoever reads the
    trail alone can confirm no guess, and the same words said twice do not look alike. In an entry
    `of` is its number and the detail's name, as '12.reason'.
    """
    key = AuditHead.objects.values_list("key", flat=True).get(id=1)
    made = hmac.new(key.encode(), canonical([of, said]).encode(), hashlib.sha256)
    return f"hmac-sha256:{made.hexdigest()}"


def _sealed(value: object, of: str) -> object:
    """A text, or the one before and the one after, as seals; of nothing, nothing."""
    if isinstance(value, (list, tuple)):
        return [_sealed(one, of) for one in value]
    return seal(value, of) if value else value


@cache
def _written() -> frozenset[str]:
    """The names of what people write: every text of a record, and names that few may read."""
    fields = [f for kind in apps.get_app_config("records").get_models() for f in kind._meta.fields]
    return frozenset(f.name for f in fields if isinstance(f, models.TextField)) | _NAMES


def _append(
    actor: Actor,
    action: str,
    subject: str,
    role: str,
    force_id: str,
    detail: Mapping[str, Any],
) -> None:
    head = _held_head()
    seq = head.seq + 1
    told = {n: _sealed(v, f"{seq}.{n}") if n in _written() else v for n, v in detail.items()}
    entry = AuditEntry(
        seq=seq,
        at=datetime.now(UTC).isoformat(timespec="microseconds"),
        actor=actor.name,
        role=role,
        action=action,
        subject=subject,
        force_id=force_id,
        detail=canonical(told),
        previous=head.hash or FIRST,
    )
    entry.hash = digest(entry)
    entry.save(force_insert=True)
    head.seq, head.hash = entry.seq, entry.hash
    head.save(update_fields=["seq", "hash"])


def _held_head() -> AuditHead:
    """The row of the newest entry, locked, so that writes stand in line; SQLite has one writer."""
    heads = AuditHead.objects.select_for_update()
    return heads.filter(id=1).first() or heads.get_or_create(id=1)[0]


def _subject(subject: Record | str) -> str:
    return subject if isinstance(subject, str) else subject.subject
