"""Many findings at once, and who has them: one write, all or none."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from openpeel.errors import DefinitionError, OpenpeelError
from openpeel.records.changing import change, held
from openpeel.records.following import claim, must_ask, verify
from openpeel.records.models import Addressed
from openpeel.records.roles import Actor
from openpeel.records.trail import writing


def hand_over(
    actor: Actor,
    addressed: int,
    *,
    owner: str | None = None,
    target_on: date | None = None,
    version: int | None = None,
) -> Addressed:
    """The force changes who has a finding, or its own target day; what is None stays."""
    with writing(actor) as trail:
        it = held(actor, Addressed, addressed, version)
        role = actor.must("finding.claim", it.force_id)
        must_ask(it)
        if owner is not None and not owner.strip():
            raise DefinitionError("Say who has it from now on.")
        told = change(
            it,
            owner=it.owner if owner is None else owner.strip(),
            target_on=it.target_on if target_on is None else target_on,
        )
        trail.tell("finding.hand-over", it, role=role, force_id=it.force_id, **told)
    return it


def in_bulk(
    actor: Actor,
    side: str,
    move: str,
    chosen: Sequence[tuple[int, int | None]],
    **given: object,
) -> list[Addressed]:
    """Make one move for many findings, each named with the version that was seen: all or none.

    `side` is force (a move of `claim`, or hand-over) or inspectorate (a move of `verify`); `given`
    is what that takes. The error of the first that refuses names it.
    """
    if side not in ("force", "inspectorate") or not chosen:
        raise DefinitionError("Choose findings, and the side that makes the move.")
    made, values = [], dict[str, Any](given)
    with writing(actor) as trail:
        for pk, version in chosen:
            try:
                if side == "inspectorate":
                    made.append(verify(actor, pk, move, version=version, **values))
                elif move == "hand-over":
                    made.append(hand_over(actor, pk, version=version, **values))
                else:
                    made.append(claim(actor, pk, move, version=version, **values))
            except OpenpeelError as error:
                raise type(error)(f"Finding {pk}: {error} None of them was changed.") from error
        role = actor.must("finding.verify" if side == "inspectorate" else "finding.claim")
        trail.tell(f"finding.bulk.{move}", "findings", role=role, of=[pk for pk, _ in chosen])
    return made
