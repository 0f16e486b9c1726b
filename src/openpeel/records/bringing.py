"""Signals brought to inspections as evidence: what the risk view said, at the vintage it said it.

The ranked risk view stays with those who may read it; what was brought out of it is evidence like
any other, for judgments rest on nothing that their graders cannot see.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from openpeel.errors import DefinitionError, NotAllowed
from openpeel.records.changing import held
from openpeel.records.gathering import OPEN, Bears, Said, put
from openpeel.records.models import Evidence, EvidenceRevision, Inspection
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.records.trail import canonical, writing
from openpeel.records.weighing import standing

if TYPE_CHECKING:
    from openpeel.monitoring import Signal

_SAME = ("force_id", "indicator", "table", "kind", "trouble", "direction", "onset")


def bring_signal(
    actor: Actor, inspection: int, signal: "Signal", vintage: int, bears: Sequence[Bears]
) -> Evidence:
    """Bring a signal to an inspection of its force: its sentence, its numbers, its vintage.

    Raises NotAllowed where the inspection takes no evidence, or has the signal at that vintage
    already; DefinitionError for a signal of another force.
    """
    from openpeel.publish.sentences import KINDS, sentence, subject
    from openpeel.publish.words import when

    with writing(actor) as trail:
        of = held(actor, Inspection, inspection)
        role = actor.must("signal.bring", of.force_id)
        if signal.force_id != of.force_id:
            raise DefinitionError(f"The signal is of {signal.force_id}, not of {of.force_id}.")
        numbers = asdict(signal)
        brought = standing(of).filter(evidence__kind="signal", vintage=vintage)
        if mark_of(numbers) in (mark_of(numbers_of(it)[1]) for it in brought):
            raise NotAllowed(
                f"This signal was brought to this inspection already, at snapshot {vintage}."
            )
        said = Said(text=f"{sentence(signal)}\n\n{canonical(numbers)}", vintage=vintage)
        title = f"{subject(signal)}: {KINDS[signal.kind]}, {when(signal.period)}"
        return put(trail, of, role, "signal", title[:200], said, bears)


def takers(actor: Actor, force_id: str) -> list[Inspection]:
    """The inspections of a force that take evidence, the newest cycle first."""
    found = seen(actor, Inspection).filter(force_id=force_id, state__in=OPEN)
    return list(found.order_by("-cycle"))


def numbers_of(revision: EvidenceRevision) -> tuple[str, dict[str, Any]]:
    """The sentence of a signal that was brought, and its numbers by the names of `Signal`."""
    sentence, _, numbers = revision.text.partition("\n\n")
    return sentence, json.loads(numbers)


def mark_of(numbers: Mapping[str, Any]) -> str:
    """What tells a signal, by its numbers, from all others of its vintage."""
    return canonical([numbers.get(name) for name in _SAME])
