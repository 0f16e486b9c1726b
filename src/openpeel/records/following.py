"""Findings followed: what the force claims and what the inspectorate verified, side by side."""

from collections.abc import Sequence
from datetime import date
from typing import TypedDict, Unpack

from django.db.models import QuerySet

from openpeel import framework
from openpeel.errors import DefinitionError, NotAllowed
from openpeel.records.changing import change, held, in_words
from openpeel.records.clock import in_full
from openpeel.records.lifecycles import CLAIMED, VERIFIED
from openpeel.records.models import (
    Action,
    Addressed,
    EvidenceRevision,
    Finding,
    Inspection,
    Progress,
)
from openpeel.records.models.findings import ASKS, CONCERNS, KINDS
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.records.trail import writing
from openpeel.reference import body


def draft_finding(
    actor: Actor,
    kind: str,
    text: str,
    *,
    inspection: int | None = None,
    bodies: Sequence[str] = (),
    question: str = "",
    cycle: str = "",
    parent: int | None = None,
    due_on: date | None = None,
    source_title: str = "",
    source_url: str = "",
) -> Finding:
    """Draft a finding: of an inspection, addressed to its force, or thematic, to many `bodies`.

    A recommendation to a cause of concern names it as its `parent`. Raises DefinitionError for a
    kind that there is none of or without a text, FrameworkError for a question that the cycle does
    not have, NotKnown for what is no `reference.body`.
    """
    if kind not in KINDS:
        raise DefinitionError(f"'{kind}' is no kind of finding. There are: {', '.join(KINDS)}.")
    text = in_words(text, "A finding needs a text.")
    with writing(actor) as trail:
        of = held(actor, Inspection, inspection) if inspection is not None else None
        to = [of.force_id] if of else list(dict.fromkeys(body(b).id for b in bodies))
        if not to:
            raise DefinitionError("A finding is addressed to somebody: an inspection, or bodies.")
        roles = [actor.must("finding.draft", b) for b in to]
        if of and of.state == "withdrawn":
            raise NotAllowed("The inspection was withdrawn: it has no findings.")
        it_cycle = of.cycle if of else cycle
        above = held(actor, Finding, parent) if parent is not None else None
        if above and (
            kind != "recommendation" or above.kind not in CONCERNS or of != above.inspection
        ):
            raise DefinitionError(
                "Only a recommendation belongs to a cause of concern of its report."
            )
        made = Finding(
            inspection=of,
            parent=above,
            kind=kind,
            cycle=framework.cycle(it_cycle).id if it_cycle else "",
            question=_question(it_cycle, question),
            text=text,
            due_on=due_on,
            source_title=source_title,
            source_url=source_url,
        )
        made.save()
        for one in to:
            Addressed(finding=made, force_id=one, due_on=due_on).save()
        only = to[0] if len(to) == 1 else ""
        trail.tell("finding.draft", made, role=roles[0], force_id=only)
    return made


def revise_finding(
    actor: Actor,
    finding: int,
    text: str,
    *,
    question: str = "",
    due_on: date | None = None,
    version: int | None = None,
) -> Finding:
    """Change a finding that is still a draft: its text, its question, the day it is due."""
    with writing(actor) as trail:
        it = held(actor, Finding, finding, version)
        role = _drafts(actor, it)
        text = in_words(text, "A finding needs a text.")
        told = change(it, text=text, question=_question(it.cycle, question), due_on=due_on)
        for one in it.addressed.all():
            change(one, due_on=due_on)
        trail.tell("finding.revise", it, role=role, force_id=_only(it), fields=sorted(told))
    return it


def withdraw_finding(
    actor: Actor, finding: int, reason: str, *, version: int | None = None
) -> Finding:
    """Give up the draft of a finding, and of the recommendations that belong to it."""
    with writing(actor) as trail:
        it = held(actor, Finding, finding, version)
        role = _drafts(actor, it)
        in_words(reason, "To withdraw a draft needs a reason.")
        for one in Addressed.objects.filter(finding__in=[it, *it.recommendations.all()]):
            if one.verified_state == "draft":
                _verify(actor, one, "withdraw", None, reason)
        change(it)
        trail.tell("finding.withdraw", it, role=role, force_id=_only(it), reason=reason)
    return it


def publish_finding(
    actor: Actor,
    finding: int,
    on: date,
    *,
    at_once: bool = False,
    reason: str = "",
    taken_over: bool = False,
) -> Finding:
    """Publish a drafted finding to all whom it is addressed to, with its recommendations.

    A finding of an inspection goes out with its report; `at_once` is for an accelerated cause of
    concern ahead of it, for a risk to the public, which is the `reason`. `taken_over` is for one
    that was published elsewhere before: what the force claims of it is not known. A cause of
    concern needs a recommendation.
    """
    with writing(actor) as trail:
        it = held(actor, Finding, finding)
        if at_once and (it.kind != "accelerated_cause_of_concern" or not reason.strip()):
            raise NotAllowed(
                "Only an accelerated cause of concern is published ahead of its report, for a risk "
                "to the public, in words."
            )
        if it.inspection and it.inspection.state in ("retracted", "withdrawn"):
            raise NotAllowed(f"The inspection is '{it.inspection.state}': it has no findings.")
        if it.inspection and it.inspection.state != "published" and not at_once:
            raise NotAllowed("A finding is published with the report of its inspection.")
        drafts = [r for r in it.recommendations.all() if r.addressed.filter(verified_state="draft")]
        if it.kind in CONCERNS and not drafts and not taken_over:
            raise NotAllowed(f"The cause of concern '{it.text[:60]}' needs a recommendation.")
        for each in (it, *drafts):
            told = change(each, published_on=on)
            for one in each.addressed.all():
                move = "publish-at-once" if at_once else "publish"
                role = _verify(actor, one, move, on, reason)
                if taken_over:
                    change(one, claimed_state="not-known")
                trail.tell("finding.publish", one, role=role, force_id=one.force_id, **told)
    return it


def claim(
    actor: Actor,
    addressed: int,
    move: str,
    *,
    text: str = "",
    owner: str = "",
    on: date | None = None,
    version: int | None = None,
) -> Addressed:
    """The force's side: allocate, offer, complete, resume. It says nothing of what is verified."""
    with writing(actor) as trail:
        it = held(actor, Addressed, addressed, version)
        state, role = CLAIMED.step(it.claimed_state, move, actor, it.force_id)
        must_ask(it)
        if move == "allocate":
            in_words(owner, "To allocate a finding needs an owner.")
        if move in ("complete", "resume"):
            in_words(text, "Say in words what was done, or why work goes on.")
        _progress(it, "force", move, it.claimed_state, state, text, actor, on)
        told = change(it, claimed_state=state, owner=owner.strip() or it.owner)
        trail.tell(f"finding.claim.{move}", it, role=role, force_id=it.force_id, **told)
    return it


def verify(
    actor: Actor,
    addressed: int,
    move: str,
    *,
    text: str = "",
    on: date | None = None,
    letter: int | None = None,
    letter_url: str = "",
    instead: int | None = None,
    version: int | None = None,
) -> Addressed:
    """The inspectorate's side: await-review, revisit, still-open, close, reopen, supersede.

    To close takes a closure letter, as evidence or a link, and its date; to supersede, the finding
    of a later cycle that stands `instead`.
    """
    with writing(actor) as trail:
        it = held(actor, Addressed, addressed, version)
        VERIFIED.step(it.verified_state, move, actor, it.force_id)
        if move in ("publish", "publish-at-once", "withdraw"):
            raise NotAllowed(f"'{move}' is a move of the whole finding, to all it is addressed to.")
        must_ask(it)
        if move == "await-review" and it.claimed_state != "complete":
            raise NotAllowed("The force has not claimed that it is complete.")
        if move in ("still-open", "reopen"):
            in_words(text, "Say in words why.")
        values: dict[str, object] = {}
        if move == "close":
            if on is None or (letter is None and not letter_url):
                raise DefinitionError("To close a finding takes its closure letter and its date.")
            if it.finding.published_on and on < it.finding.published_on:
                raise DefinitionError("A finding is not closed before it was published.")
            found = held(actor, EvidenceRevision, letter) if letter is not None else None
            if found and found.evidence.inspection.force_id != it.force_id:
                raise DefinitionError("The closure letter is evidence about another force.")
            values = {"closed_on": on, "closure_letter": found, "closure_url": letter_url}
        if move == "reopen":
            values = {"closed_on": None, "closure_letter": None, "closure_url": ""}
        if move == "supersede":
            later = may_supersede(actor, it).filter(pk=instead or 0).first()
            if later is None:
                raise DefinitionError(
                    "Name the finding that stands instead: of the same body, published, and later."
                )
            values = {"superseded_by": later}
        before = it.verified_state
        role = _verify(actor, it, move, on, text, **values)
        trail.tell(
            f"finding.{move}",
            it,
            role=role,
            force_id=it.force_id,
            verified_state=[before, it.verified_state],
            on=on,
        )
    return it


def add_action(
    actor: Actor, addressed: int, text: str, owner: str, due_on: date | None = None
) -> Action:
    """The force adds something that it will do about a finding."""
    text = in_words(text, "An action needs what is to be done.")
    owner = in_words(owner, "An action needs who does it.")
    with writing(actor) as trail:
        it = held(actor, Addressed, addressed)
        role = actor.must("action.write", it.force_id)
        must_ask(it)
        made = Action(addressed=it, text=text, owner=owner, due_on=due_on)
        made.save()
        trail.tell("action.add", made, role=role, force_id=it.force_id, owner=made.owner)
    return made


class OfAction(TypedDict, total=False):
    """What may change of an action. A day that is None is none any more."""

    owner: str
    due_on: date | None
    done_on: date | None
    note: str


def update_action(
    actor: Actor, action: int, *, version: int | None = None, **given: Unpack[OfAction]
) -> Action:
    """The force changes an action; what is not `given` stays."""
    with writing(actor) as trail:
        it = held(actor, Action, action, version)
        role = actor.must("action.write", it.addressed.force_id)
        if "owner" in given:
            given["owner"] = in_words(given["owner"], "An action needs who does it.")
        told = change(it, **given)
        trail.tell("action.update", it, role=role, force_id=it.addressed.force_id, **told)
    return it


def _verify(
    actor: Actor, it: Addressed, move: str, on: date | None, text: str, **values: object
) -> str:
    state, role = VERIFIED.step(it.verified_state, move, actor, it.force_id)
    _progress(it, "inspectorate", move, it.verified_state, state, text, actor, on)
    change(it, verified_state=state, **values)
    return role


def _progress(
    it: Addressed,
    side: str,
    move: str,
    before: str,
    after: str,
    text: str,
    actor: Actor,
    on: date | None,
) -> None:
    if on is not None and on > date.today():
        raise DefinitionError(f"{in_full(on)} is still to come: give the day that it happened.")
    Progress(
        addressed=it,
        side=side,
        move=move,
        before=before,
        after=after,
        text=text,
        by=actor.name,
        on=on or date.today(),
    ).save()


def must_ask(it: Addressed) -> None:
    """Raise NotAllowed for a finding that nobody has to do anything about."""
    if it.finding.kind not in ASKS:
        raise NotAllowed("A notable practice asks for nothing: it is not followed.")


def may_supersede(actor: Actor, it: Addressed) -> QuerySet[Addressed]:
    """The findings of the same body, published later, one of which may stand in its place."""
    found = seen(actor, Addressed).filter(force_id=it.force_id).select_related("finding")
    return found.filter(finding__published_on__gt=it.finding.published_on or date.max)


def _drafts(actor: Actor, it: Finding) -> str:
    """The role in which a finding that is still a draft may be changed."""
    roles = [actor.must("finding.draft", a.force_id) for a in it.addressed.all()]
    if it.addressed.exclude(verified_state="draft").exists():
        raise NotAllowed("Only a draft is changed: what is published is followed, or superseded.")
    return roles[0]


def _question(cycle: str, question: str) -> str:
    return framework.cycle(cycle).subject(question).id if cycle and question else ""


def _only(it: Finding) -> str:
    """The force that a finding is addressed to, where it is one."""
    to = [a.force_id for a in it.addressed.all()]
    return to[0] if len(to) == 1 else ""
