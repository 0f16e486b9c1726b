"""Changing a record that somebody else may be changing too."""

from typing import Any, TypeVar

from openpeel.errors import DefinitionError, NotKnown, Stale
from openpeel.records.models import Record
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen

R = TypeVar("R", bound=Record)


def held(actor: Actor, kind: type[R], pk: int, version: int | None = None) -> R:
    """The record, locked for this write, at the version that the writer has seen (None: any).

    Raises NotKnown where there is none that the actor may see, and Stale where somebody has changed
    it since.
    """
    # Of itself alone: PostgreSQL locks no row that a query only looks at sideways.
    found: R | None = seen(actor, kind).select_for_update(of=("self",)).filter(pk=pk).first()
    if found is None:
        raise NotKnown(f"There is no {kind._meta.verbose_name} {pk}.")
    if version is not None and found.version != version:
        raise Stale(
            "Somebody has changed this since you opened it. Nothing was overwritten: look at it "
            "again and repeat your change."
        )
    return found


def in_words(text: str, lacking: str) -> str:
    """A text without the blanks around it.

    Raises DefinitionError, which says what is `lacking`, where there are only blanks.
    """
    if not text.strip():
        raise DefinitionError(lacking)
    return text.strip()


def change(record: Record, **values: object) -> dict[str, Any]:
    """Write new values of a held record, as its next version; what they were and are, to tell."""
    told = {}
    for name, value in values.items():
        before = getattr(record, name)
        if before != value:
            told[name] = [before, value]
            setattr(record, name, value)
    record.version += 1
    record.save()
    return told
