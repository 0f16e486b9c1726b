"""When and by whom a force is inspected in the field."""

from datetime import date

from openpeel.errors import DefinitionError, NotAllowed
from openpeel.records.changing import change, held, in_words
from openpeel.records.models import Inspection
from openpeel.records.roles import Actor
from openpeel.records.trail import writing

OVER = ("published", "retracted", "withdrawn")
"""States of an inspection whose fieldwork is over: its days and its lead stand."""


def set_fieldwork(
    actor: Actor,
    inspection: int,
    *,
    begins: date | None,
    ends: date | None,
    lead: str,
    version: int | None = None,
) -> Inspection:
    """Set or change the days of fieldwork and who leads the inspection, until it is published.

    A day that is None is not known. Raises DefinitionError for fieldwork that ends before it
    begins, and without a lead.
    """
    with writing(actor) as trail:
        it = held(actor, Inspection, inspection, version)
        role = actor.must("inspection.plan", it.force_id)
        if it.state in OVER:
            raise NotAllowed(f"The inspection is '{it.state}': its fieldwork is over.")
        in_order(begins, ends)
        lead = in_words(lead, "Say who leads the inspection.")
        told = change(it, fieldwork_begins=begins, fieldwork_ends=ends, lead=lead)
        trail.tell("inspection.fieldwork", it, role=role, force_id=it.force_id, **told)
    return it


def in_order(begins: date | None, ends: date | None) -> None:
    """Raise DefinitionError for fieldwork that ends before it begins, or never begins."""
    if ends and (begins is None or ends < begins):
        raise DefinitionError("Fieldwork ends on the day that it begins, or later: give both days.")
