"""Findings followed: what the force claims, and what the inspectorate verified, each by its side."""

from collections.abc import Sequence
from datetime import date

from openpeel import framework
from openpeel.errors import DefinitionError, NotAllowed
from openpeel.records.changing import change, held
from openpeel.records.lifecycles import CLAIMED, VERIFIED
from openpeel.records.models import (
    Action,
    Addressed,
    EffectivenessCheck,
    EvidenceRevision,
    Finding,
    Inspection,
    MonitoringPhase,
    Progress,
)
from openpeel.records.models.findings import ASKS, KINDS
from openpeel.records.roles import Actor
from openpeel.records.trail import writing
from openpeel.reference import force


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
    not have, NotKnown for a body.
    """
    if kind not in KINDS:
        raise DefinitionError(f"'{kind}' is no kind of finding. There are: {', '.join(KINDS)}.")
    if not text.strip():
        raise DefinitionError("A finding needs a text.")
    with writing(actor) as trail:
        of = held(Inspection, inspection) if inspection is not None else None
        to = [of.force_id] if of else [force(b).id for b in bodies]
        if not to:
            raise DefinitionError("A finding is addressed to somebody: an inspection, or bodies.")
        roles = [actor.must("finding.draft", b) for b in to]
        it_cycle = of.cycle if of else cycle
        asked = framework.cycle(it_cycle).subject(question).id if it_cycle and question else ""
        made = Finding(
            inspection=of,
            parent=held(Finding, parent) if parent is not None else None,
            kind=kind,
            cycle=framework.cycle(it_cycle).id if it_cycle else "",
            question=asked,
            text=text.strip(),
            due_on=due_on,
            source_title=source_title,
            source_url=source_url,
        )
        made.save()
        for body in to:
            Addressed(finding=made, force_id=body, due_on=due_on).save()
        trail.tell(
            "finding.draft", made, role=roles[0], force_id=to[0] if len(to) == 1 else "", kind=kind
        )
    return made


def publish_finding(
    actor: Actor, finding: int, on: date, *, at_once: bool = False, taken_over: bool = False
) -> Finding:
    """Publish a drafted finding to all whom it is addressed to.

    `at_once` is for an accelerated cause of concern: ahead of its report, for a risk to the public.
    `taken_over` is for one that was published elsewhere before: what the force claims of it is not
    known.
    """
    with writing(actor) as trail:
        it = held(Finding, finding)
        if at_once and it.kind != "accelerated_cause_of_concern":
            raise NotAllowed(
                "Only an accelerated cause of concern is published ahead of its report."
            )
        told = change(it, published_on=on)
        for one in it.addressed.all():
            move = "publish-at-once" if at_once else "publish"
            role = _verify(actor, one, move, on, "")
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
        it = held(Addressed, addressed, version)
        state, role = CLAIMED.step(it.claimed_state, move, actor, it.force_id)
        _asks(it)
        if it.verified_state == "draft":
            raise NotAllowed("The finding is not published.")
        if move == "allocate" and not owner.strip():
            raise DefinitionError("To allocate a finding needs an owner.")
        if move in ("complete", "resume") and not text.strip():
            raise DefinitionError("Say in words what was done, or why work goes on.")
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
        it = held(Addressed, addressed, version)
        _asks(it)
        if move == "await-review" and it.claimed_state != "complete":
            raise NotAllowed("The force has not claimed that it is complete.")
        if move in ("still-open", "reopen") and not text.strip():
            raise DefinitionError("Say in words why.")
        values: dict[str, object] = {}
        if move == "close":
            if on is None or (letter is None and not letter_url):
                raise DefinitionError("To close a finding takes its closure letter and its date.")
            found = held(EvidenceRevision, letter) if letter is not None else None
            values = {"closed_on": on, "closure_letter": found, "closure_url": letter_url}
        if move == "reopen":
            values = {"closed_on": None}
        if move == "supersede":
            later = held(Addressed, instead) if instead is not None else None
            if later is None or later.force_id != it.force_id or later.pk == it.pk:
                raise DefinitionError("Name the finding, of the same body, that stands instead.")
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
    if not text.strip() or not owner.strip():
        raise DefinitionError("An action needs what is to be done and who does it.")
    with writing(actor) as trail:
        it = held(Addressed, addressed)
        role = actor.must("action.write", it.force_id)
        made = Action(addressed=it, text=text.strip(), owner=owner.strip(), due_on=due_on)
        made.save()
        trail.tell("action.add", made, role=role, force_id=it.force_id, owner=made.owner)
    return made


def update_action(
    actor: Actor,
    action: int,
    *,
    owner: str | None = None,
    due_on: date | None = None,
    done_on: date | None = None,
    note: str | None = None,
    version: int | None = None,
) -> Action:
    """The force changes an action; what is None stays."""
    with writing(actor) as trail:
        it = held(Action, action, version)
        role = actor.must("action.write", it.addressed.force_id)
        given = {"owner": owner, "due_on": due_on, "done_on": done_on, "note": note}
        told = change(it, **{name: value for name, value in given.items() if value is not None})
        trail.tell("action.update", it, role=role, force_id=it.addressed.force_id, **told)
    return it


def plan_check(actor: Actor, addressed: int, indicator: str, due_on: date) -> EffectivenessCheck:
    """After closure, say which indicator should have moved, and when to look."""
    from openpeel.indicators import indicator as known

    with writing(actor) as trail:
        it = held(Addressed, addressed)
        role = actor.must("finding.verify", it.force_id)
        if it.verified_state != "closed":
            raise NotAllowed("Whether a closure held is looked at after it is closed.")
        made = EffectivenessCheck(addressed=it, indicator=known(indicator).id, due_on=due_on)
        made.save()
        trail.tell("finding.plan-check", made, role=role, force_id=it.force_id)
    return made


def record_check(
    actor: Actor, check: int, *, held_up: bool, result: str, vintage: int | None = None
) -> EffectivenessCheck:
    """Record what the look found: whether the measure has moved and stayed, and at which vintage."""
    if not result.strip():
        raise DefinitionError("Say in words what was found.")
    with writing(actor) as trail:
        it = held(EffectivenessCheck, check)
        role = actor.must("finding.verify", it.addressed.force_id)
        told = change(it, held=held_up, result=result, vintage=vintage, by=actor.name)
        trail.tell("finding.check", it, role=role, force_id=it.addressed.force_id, **told)
    return it


def set_phase(
    actor: Actor, force_name: str, level: str, begins: date, reason: str, source_url: str = ""
) -> MonitoringPhase:
    """Record that a force is in a phase of monitoring from a day on; the one before ends then."""
    from openpeel.records.phases import level_on

    it = force(force_name)
    if not reason.strip():
        raise DefinitionError("A phase needs a reason.")
    with writing(actor) as trail:
        role = actor.must("phase.set", it.id)
        known = level_on(level, begins)
        for before in MonitoringPhase.objects.filter(force_id=it.id, ends=None):
            if before.begins >= begins:
                raise DefinitionError(f"{it.name} is in '{before.level}' since {before.begins}.")
            change(before, ends=begins)
        made = MonitoringPhase(
            force_id=it.id, level=known, begins=begins, reason=reason, source_url=source_url
        )
        made.save()
        trail.tell("phase.set", made, role=role, force_id=it.id, level=known, begins=begins)
    return made


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


def _asks(it: Addressed) -> None:
    if it.finding.kind not in ASKS:
        raise NotAllowed("A notable practice asks for nothing: it is not followed.")
