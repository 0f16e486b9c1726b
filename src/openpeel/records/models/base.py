# ruff: noqa: ANN401 (these pass on what Django is given)
"""What every record has: it is written only in a write that the trail tells of."""

from contextvars import ContextVar
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from openpeel.errors import DefinitionError, RecordsError

_WEB = ("https://", "http://")
WRITING: ContextVar[bool] = ContextVar("writing", default=False)
"""Whether a write that the trail tells of is going on; `openpeel.records.writing` sets it."""


def _only_in_a_write() -> None:
    if not WRITING.get():
        raise RecordsError(
            "A record was about to be written outside of `openpeel.records.writing`, where the "
            "trail would not have told of it. Nothing was written."
        )


class RecordSet(models.QuerySet[Any]):
    """Queries whose writes are held to the same rule as those of single records."""

    def update(self, **values: object) -> int:
        """As Django's; only in a write."""
        _only_in_a_write()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused: records are closed, withdrawn or superseded, never deleted."""
        raise RecordsError("Records are never deleted. Nothing was changed.")

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[Any]:
        """As Django's; only in a write."""
        _only_in_a_write()
        return super().bulk_create(*args, **kwargs)


class Record(models.Model):
    """A record: it knows when it was made, and which version of it this is.

    `version` counts its writes: somebody who writes onto an older one is told, and nothing is
    overwritten.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)

    objects = RecordSet.as_manager()

    class Meta:
        abstract = True

    @property
    def subject(self) -> str:
        """What the trail calls it: its kind and number."""
        return f"{self._meta.model_name}:{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's; only in a write. Raises DefinitionError for what a field does not take."""
        _only_in_a_write()
        self._fits()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: records are closed, withdrawn or superseded, never deleted."""
        raise RecordsError("Records are never deleted. Nothing was changed.")

    def _fits(self) -> None:
        """The same limits on every database: lengths, choices, ranges, addresses, no NUL."""
        links = {f.name for f in self._meta.concrete_fields if f.is_relation}
        try:
            self.clean_fields(exclude=links)
        except ValidationError as error:
            wrong = "; ".join(f"{n}: {' '.join(m)}" for n, m in error.message_dict.items())
            raise DefinitionError(f"This cannot be kept: {wrong}") from error
        for field in self._meta.concrete_fields:
            value = getattr(self, field.attname)
            if not isinstance(value, str):
                continue
            if "\0" in value:
                raise DefinitionError(f"This cannot be kept: {field.name} holds a NUL character.")
            # Pages link to addresses; a source without one may be cited in words.
            if field.name.endswith("url") and ":" in value and not value.startswith(_WEB):
                raise DefinitionError(f"'{value[:60]}' is no address: it begins with https://.")


class Fixed(Record):
    """A record that never changes once it is written."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's, once."""
        if self.pk is not None and not self._state.adding:
            raise RecordsError(f"{self.subject} is fixed: a change is a new one. Nothing changed.")
        super().save(*args, **kwargs)
