"""One finding as it stands for one body: what the force claims, what has been verified."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.records.following import may_supersede
from openpeel.records.lifecycles import CLAIMED, VERIFIED
from openpeel.records.listing import indicator_name
from openpeel.records.models import Addressed, EffectivenessCheck, Publication
from openpeel.records.models.findings import ASKS
from openpeel.records.roles import Actor
from openpeel.records.seeing import HIDDEN, seen
from openpeel.web.access import Of, page
from openpeel.web.pages import Link, Page, Section, Table, by_weight, link, show, state
from openpeel.web.words import brief, cycle_name, force_name, on, question_name

FINDING_OF = Of(Addressed, "force_id")
CLAIMS = {
    "allocate": "Give it an owner",
    "offer": "Offer it for sign-off",
    "complete": "Say that it is complete",
    "resume": "Say that work goes on",
}
HELD = {None: "not looked at yet", True: "It held", False: "It did not hold"}
"""What a look found, in words."""
VERIFIES = {
    "await-review": "Take it for review",
    "revisit": "Look at it again",
    "still-open": "Say that it is still open",
    "close": "Close it",
    "reopen": "Open it again",
    "supersede": "Say what stands in its place",
}

_WEIGHTS = {"resume": "second", "still-open": "second", "supersede": "second", "reopen": "grave"}


@page("finding.read", of=FINDING_OF)
def finding(request: HttpRequest, actor: Actor, it: Addressed) -> HttpResponse:
    """A finding of one body."""
    of = it.finding
    sections = [_about(actor, it), Section("Progress", table=_progress(it))]
    if it.finding.kind in ASKS and actor.may("force.read", it.force_id):
        sections.append(_actions_of(actor, it))
    # A section with nothing in it would tell of drafts.
    recommended = seen(actor, Addressed).filter(finding__parent=of, force_id=it.force_id)
    if recommended:
        sections.append(_recommendations(recommended))
    checks = seen(actor, EffectivenessCheck).filter(addressed=it)
    if checks:
        sections.append(_checks(list(checks)))
    title = f"{of.get_kind_display()}"
    if of.question:
        title += f": {question_name(of.cycle, of.question)}"
    made = Page(
        title,
        sections,
        f"{force_name(it.force_id)}{', ' + cycle_name(of.cycle) if of.cycle else ''}",
        link("Findings", "findings"),
        actions=_can(actor, it),
    )
    return show(request, made)


def form_of(it: Addressed) -> dict[str, Any]:
    """What all forms on a finding share."""
    return {
        "over": f"{force_name(it.force_id)}: {brief(it.finding.text)}",
        "done": reverse("finding", args=[it.pk]),
        "back": link("The finding", "finding", it.pk),
    }


def _can(actor: Actor, it: Addressed) -> list[Link]:
    if it.finding.kind not in ASKS and it.verified_state != "draft":
        return []
    draft = it.verified_state == "draft"
    made = []
    if draft and actor.may("finding.draft", it.force_id):
        made.append(link("Change the draft", "finding-revise", it.pk, weight="second"))
        made.append(link("Give the draft up", "finding-withdraw", it.pk, weight="grave"))
    # Until somebody has it, to give it an owner is the one way.
    has_owner = it.owner or it.claimed_state not in CLAIMED.move("allocate").sources
    if not draft and has_owner and actor.may("finding.claim", it.force_id):
        told = "Change the owner or the target"
        made.append(link(told, "finding-hand-over", it.pk, weight="second"))
    if not draft:
        made += [
            link(CLAIMS[m.name], "finding-claim", it.pk, m.name, weight=_WEIGHTS.get(m.name, ""))
            for m in CLAIMED.allowed(it.claimed_state, actor, it.force_id)
        ]
    made += [
        link(VERIFIES[m.name], "finding-verify", it.pk, m.name, weight=_WEIGHTS.get(m.name, ""))
        for m in VERIFIED.allowed(it.verified_state, actor, it.force_id)
        if m.name in VERIFIES and offered(actor, it, m.name)
    ]
    alone = it.finding.inspection is None or it.finding.kind == "accelerated_cause_of_concern"
    if draft and alone and actor.may("publication.publish", it.force_id):
        made.append(link("Publish it", "finding-publish", it.pk))
    if it.verified_state == "closed" and actor.may("finding.verify", it.force_id):
        made.append(link("Plan to look whether it held", "finding-check-plan", it.pk))
    return by_weight(made)


def offered(actor: Actor, it: Addressed, move: str) -> bool:
    """Whether there is what a move takes: the force's claim, a later finding."""
    if move == "await-review":
        return it.claimed_state == "complete"
    return move != "supersede" or may_supersede(actor, it).exists()


def _about(actor: Actor, it: Addressed) -> Section:
    of = it.finding
    draft = it.verified_state in HIDDEN
    facts: list[tuple[str, Any]] = [
        ("Verified", [state(it.verified_state), VERIFIED.states[it.verified_state]]),
        ("Published", "not yet" if draft else on(of.published_on)),
    ]
    if of.kind in ASKS and not draft:
        says = [state(it.claimed_state), CLAIMED.states[it.claimed_state]]
        facts = [("The force says", says), *facts, *_followed(actor, it)]
    elif it.due_on:
        facts.append(("Due", on(it.due_on)))
    if of.imported_from:
        facts.append(("From the force's list", of.imported_from))
    if it.closed_on:
        facts.append(("Closed", on(it.closed_on)))
    if it.closure_url:
        facts.append(("Closure letter", Link("The letter", it.closure_url)))
    elif it.closure_letter:
        kept = link(str(it.closure_letter), "evidence", it.closure_letter.evidence_id)
        inside = actor.may("evidence.read", it.force_id)
        facts.append(("Closure letter", kept if inside else "kept by the inspectorate"))
    if it.superseded_by_id:
        facts.append(("Stands instead", link("The later finding", "finding", it.superseded_by_id)))
    if of.inspection_id and actor.may("inspection.read", it.force_id):
        facts.append(("Inspection", link(cycle_name(of.cycle), "inspection", of.inspection_id)))
    report = seen(actor, Publication).filter(inspection=of.inspection_id or 0).last()
    if report:
        facts.append(("Report", link("As published", "publication", report.pk)))
    if of.source_url:
        facts.append(("Source", Link(of.source_title or of.source_url, of.source_url)))
    if of.parent:
        parent = of.parent.addressed.filter(force_id=it.force_id).first()
        if parent is not None:
            facts.append(("Belongs to", link(brief(of.parent.text), "finding", parent.pk)))
    return Section(quotes=[("The finding", of.text)], facts=facts)


def _followed(actor: Actor, it: Addressed) -> list[tuple[str, Any]]:
    """When a finding is due, and who has it in the force."""
    facts: list[tuple[str, Any]] = [("Due", on(it.due_on) if it.due_on else "no day is set")]
    inside = actor.may("force.read", it.force_id)
    if inside or actor.may("finding.verify", it.force_id):
        facts.append(("Owner in the force", it.owner or "none yet"))
    if inside:
        facts.append(("The force's own target", on(it.target_on) if it.target_on else "none"))
    return facts


def _progress(it: Addressed) -> Table:
    rows = [
        (
            on(p.on),
            "The force" if p.side == "force" else "Verified",
            f"{p.before.replace('-', ' ')} to {p.after.replace('-', ' ')}",
            p.text,
            p.by,
        )
        for p in it.progress.order_by("on", "pk")
    ]
    return Table("Progress", ("On", "Side", "From, to", "What was said", "By"), rows)


def _actions_of(actor: Actor, it: Addressed) -> Section:
    may = actor.may("action.write", it.force_id)
    rows = [
        (
            link(brief(a.text), "action", a.pk) if may else a.text,
            a.owner,
            on(a.due_on) if a.due_on else "",
            on(a.done_on) if a.done_on else "not done",
        )
        for a in it.actions.all()
    ]
    can = [link("Add an action", "action-add", it.pk)]
    return Section(
        "The force's actions",
        texts=["The force's own list: the inspectorate does not see it."],
        table=Table("Actions", ("Action", "Owner", "Due", "Done"), rows),
        actions=can if may else (),
    )


def _recommendations(found: QuerySet[Addressed]) -> Section:
    rows = [
        (
            link(brief(a.finding.text), "finding", a.pk),
            on(a.due_on) if a.due_on else "",
            state(a.verified_state),
        )
        for a in found.select_related("finding")
    ]
    table = Table("Recommendations", ("Recommendation", "Due", "Verified"), rows)
    return Section("Its recommendations", table=table)


def _checks(checks: Sequence[EffectivenessCheck]) -> Section:
    rows = [
        (link(indicator_name(c.indicator), "effect-check", c.pk), on(c.due_on), HELD[c.held])
        for c in checks
    ]
    heads = ("Indicator", "To look on", "Result")
    return Section("Whether the closure held", table=Table("Checks", heads, rows))
