"""Many findings at once, and who has them: one write, all or none."""

from collections.abc import Sequence
from datetime import date
from textwrap import shorten
from typing import Any, TypedDict, Unpack

from openpeel.errors import DefinitionError, OpenpeelError
from openpeel.records.changing import change, held, in_words
from openpeel.records.following import claim, must_ask, verify
from openpeel.records.models import Addressed
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.records.trail import writing


class Whose(TypedDict, total=False):
    """Who has a finding in the force, and its own target day; None for a day that is none."""

    owner: str
    target_on: date | None


def hand_over(
    actor: Actor, addressed: int, *, version: int | None = None, **given: Unpack[Whose]
) -> Addressed:
    """The force changes who has a finding, or its own target day; what is not `given` stays."""
    if not given:
        raise DefinitionError("Say who has it from now on, or by when it is to be done.")
    with writing(actor) as trail:
        it = held(actor, Addressed, addressed, version)
        role = actor.must("finding.claim", it.force_id)
        must_ask(it)
        if "owner" in given:
            given["owner"] = in_words(given["owner"], "Say who has it from now on.")
        told = change(it, **given)
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
                it = seen(actor, Addressed).filter(pk=pk).select_related("finding").first()
                which = shorten(it.finding.text, 80, placeholder=" …") if it else f"finding {pk}"
                raise type(error)(f"'{which}': {error} None of them was changed.") from error
        role = actor.must("finding.verify" if side == "inspectorate" else "finding.claim")
        trail.tell(f"finding.bulk.{move}", "findings", role=role, of=[pk for pk, _ in chosen])
    return made
