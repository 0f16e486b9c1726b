"""Inspections: planned, moved on, and the page with evidence beside each characteristic."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from openpeel import framework
from openpeel.records.fieldwork import OVER, set_fieldwork
from openpeel.records.gathering import OPEN
from openpeel.records.judging import advance, plan
from openpeel.records.lifecycles import INSPECTION
from openpeel.records.models import Addressed, Bearing, Inspection, Judgment, Request
from openpeel.records.models.evidence import STANCES
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.records.weighing import agreement, all_wait_for, standing
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, Because, ask, day, line, picked
from openpeel.web.pages import Link, Page, Section, Table, by_weight, link, show, state
from openpeel.web.words import (
    brief,
    cycle_choices,
    cycle_name,
    force_name,
    on,
    own_forces,
    question_name,
    shown_grade,
)

INSPECTION_OF = Of(Inspection, "force_id")
MOVES = ("inspection.plan", "judgment.send", "judgment.sign-off")
_REASONED = ("gather-more", "withdraw")
_WEIGHTS = {"gather-more": "second", "correct": "second", "withdraw": "grave", "retract": "grave"}
_ASKED = {
    "begin": "Begin to gather evidence",
    "grade": "Begin to grade",
    "gather-more": "Gather more evidence",
    "send": "Send the drafts to the force",
    "sign-off": "Sign the inspection off",
    "withdraw": "Give the inspection up",
}
_NONE, _NOT_YET = "Nothing was asked for.", "Nothing is published yet."
_PUBLISHING = {
    "publish": "Publish",
    "correct": "Publish a correction",
    "retract": "Retract the publication",
}


class PlanForm(Asked):
    """A force and a cycle."""

    force = picked("Force")
    cycle = picked("Cycle")
    lead = line("Who leads it", "You, if it is left empty.", required=False)
    begins = day("Fieldwork begins", "As far as it is known.", required=False)
    ends = day("Fieldwork ends", required=False)


@page("inspection.plan")
def planned(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Plan an inspection."""
    return ask(
        request,
        PlanForm,
        lambda said: plan(
            actor,
            said["force"],
            said["cycle"],
            lead=said["lead"],
            begins=said["begins"],
            ends=said["ends"],
        ),
        title="Plan an inspection",
        said="The inspection was planned.",
        button="Plan it",
        done=lambda made: reverse("inspection", args=[made.pk]),
        back=link("Forces", "forces"),
        initial={"force": request.GET.get("force", "")},
        choices={"force": own_forces(actor, "inspection.plan"), "cycle": cycle_choices()},
    )


@page("inspection.read", of=INSPECTION_OF, told=True)
def inspection(request: HttpRequest, actor: Actor, it: Inspection) -> HttpResponse:
    """An inspection: its questions, the evidence on each, findings and requests."""
    sections = [_about(actor, it)]
    if actor.may("judgment.read", it.force_id):
        sections.append(_judgments(it))
    if actor.may("evidence.read", it.force_id):
        sections += _evidence(it)
    sections.append(_findings(actor, it))
    if any(actor.may(a, it.force_id) for a in ("request.make", "evidence.read")):
        sections.append(_requests(actor, it))
    sections.append(_publications(it))
    goes_on = it.state not in ("withdrawn", "retracted")
    can = (
        ("Add evidence", "evidence.write", "evidence-add", it.state in OPEN),
        ("Draft a finding", "finding.draft", "finding-draft", goes_on),
        ("Ask the force for something", "request.make", "request-make", goes_on),
        (
            "Change the fieldwork or the lead",
            "inspection.plan",
            "inspection-fieldwork",
            it.state not in OVER,
        ),
    )
    actions = [
        link(told, to, it.pk, weight="second")
        for told, action, to, now in can
        if now and actor.may(action, it.force_id)
    ]
    texts = []
    for move in INSPECTION.allowed(it.state, actor, it.force_id):
        weight = _WEIGHTS.get(move.name, "")
        if left := all_wait_for(it, move.name):
            texts.append(left)
        elif move.name in _PUBLISHING:
            actions.append(link(_PUBLISHING[move.name], move.name, it.pk, weight=weight))
        else:
            to = "inspection-move"
            actions.append(link(_ASKED[move.name], to, it.pk, move.name, weight=weight))
    back = link(force_name(it.force_id), "force", it.force_id)
    made = Page(str_of(it), sections, back=back, texts=texts, actions=by_weight(actions))
    return show(request, made)


class FieldworkForm(Asked):
    """The days of fieldwork, and who leads it."""

    begins = day("Fieldwork begins", "Empty, as long as it is not known.", required=False)
    ends = day("Fieldwork ends", required=False)
    lead = line("Who leads the inspection")


@page("inspection.plan", of=INSPECTION_OF)
def fieldwork(request: HttpRequest, actor: Actor, it: Inspection) -> HttpResponse:
    """Set or change the days of fieldwork and the lead."""
    return ask(
        request,
        FieldworkForm,
        lambda said: set_fieldwork(
            actor,
            it.pk,
            begins=said["begins"],
            ends=said["ends"],
            lead=said["lead"],
            version=said["version"],
        ),
        title="Change the fieldwork or the lead",
        over=str_of(it),
        record=it,
        initial={"begins": it.fieldwork_begins, "ends": it.fieldwork_ends, "lead": it.lead},
        done=reverse("inspection", args=[it.pk]),
        back=link("The inspection", "inspection", it.pk),
    )


@page(*MOVES, of=INSPECTION_OF)
def moved(request: HttpRequest, actor: Actor, it: Inspection, move: str) -> HttpResponse:
    """Move an inspection on."""
    if move not in _ASKED:
        raise Http404
    told = INSPECTION.move(move)
    return ask(
        request,
        Because if move in _REASONED else Asked,
        lambda said: advance(
            actor, it.pk, move, reason=said.get("reason", ""), version=said["version"]
        ),
        title=_ASKED[move],
        button=_ASKED[move],
        over=str_of(it),
        texts=[
            f"Now: {INSPECTION.states[it.state]}",
            f"Then: {INSPECTION.states[told.target]}",
            *([f"It needs {told.needs}."] if told.needs and move not in _REASONED else []),
            *(["Every draft that the force does not have yet goes to it."] * (move == "send")),
        ],
        said=f"The inspection is now: {told.target.replace('-', ' ')}.",
        grave=move == "withdraw",
        record=it,
        done=reverse("inspection", args=[it.pk]),
        back=link("The inspection", "inspection", it.pk),
    )


def str_of(it: Inspection) -> str:
    """An inspection in words: its force and cycle."""
    return f"{force_name(it.force_id)}, {cycle_name(it.cycle)}"


def _about(actor: Actor, it: Inspection) -> Section:
    facts: list[tuple[str, Any]] = [
        ("State", state(it.state)),
        ("What that means", INSPECTION.states[it.state]),
        ("Lead", it.lead or "not known"),
        ("Fieldwork", fieldwork_days(it) or "no days are set"),
        ("Framework", _framework(it)),
    ]
    if actor.may("judgment.read"):
        agreed = agreement(actor, it.cycle)
        kappa = ""
        if agreed.kappa is not None:
            kappa = f"; weighted kappa {agreed.kappa:z.2f} (1 is full agreement, 0 is chance)"
        if agreed.judgments:
            pairs = f"{agreed.same} of {agreed.judgments} pairs the same{kappa}"
            facts.append(("Blind grades in this cycle", pairs))
    return Section(facts=facts)


def _framework(it: Inspection) -> str:
    """The title of the framework that it is inspected under."""
    of = framework.cycle(it.cycle)
    used = next((v for v in of.versions if v.id == it.framework_version), None)
    # Where a cycle has one framework, its version is called as the cycle's id.
    return used.title if used and used.title != used.id else of.title


def fieldwork_days(it: Inspection) -> str:
    """The days of fieldwork in words; '' where none is known."""
    begins, ends = it.fieldwork_begins, it.fieldwork_ends
    if begins is None:
        return ""
    return f"{on(begins)} to {on(ends)}" if ends else f"from {on(begins)}"


def _judgments(it: Inspection) -> Section:
    rows = []
    for judgment in it.judgments.prefetch_related("changes"):
        question = question_name(it.cycle, judgment.question)
        last = max(judgment.changes.all(), key=lambda c: c.pk, default=None)
        rows.append(
            (
                link(question, "judgment", judgment.pk),
                state(judgment.state),
                shown_grade(it.cycle, judgment.grade),
                f"{last.by}, {on(last.created_at)}" if last else "",
            )
        )
    heads = ("Question", "State", "Grade", "Last changed")
    return Section("Questions", table=Table("Judgments", heads, rows))


def _evidence(it: Inspection) -> list[Section]:
    """For each question, what bears for and against each of its characteristics."""
    found: dict[tuple[str, str], dict[str, list[Link]]] = {}
    bearings = Bearing.objects.filter(revision__in=standing(it)).order_by("pk")
    for one in bearings.select_related("revision__evidence"):
        evidence = one.revision.evidence
        named = f"{evidence.title} ({evidence.get_kind_display()})"
        place = found.setdefault((one.question, one.characteristic), {s: [] for s in STANCES})
        place[one.stance].append(link(named, "evidence", evidence.pk))
    of, sections = framework.cycle(it.cycle), [Section("Evidence")]
    subjects: list[framework.Question | framework.Pillar] = [*of.questions, *of.pillars]
    judged = {j.question for j in it.judgments.all()}
    bare = []
    for subject in subjects:
        characteristics = getattr(subject, "characteristics", ())
        parts = [("", "The question as a whole"), *((c.id, c.text) for c in characteristics)]
        rows = [
            (
                told,
                list(found.get((subject.id, c), {}).get("for", [])) or "none",
                list(found.get((subject.id, c), {}).get("against", [])) or "none",
            )
            for c, told in parts
        ]
        there = any((subject.id, c) in found for c, _ in parts)
        if subject.id in judged and not there and not characteristics:
            bare.append(subject.name)
        elif subject.id in judged or there:
            table = Table(f"Evidence on {subject.name}", ("Characteristic", "For", "Against"), rows)
            sections.append(Section(subject.name, table=table, under=True))
    if bare:
        sections.append(Section(texts=[f"No evidence yet: {'; '.join(bare)}."]))
    withdrawn = [
        (link(e.title, "evidence", e.pk), e.withdrawn_reason)
        for e in it.evidence.exclude(withdrawn_reason="")
    ]
    if withdrawn:
        table = Table("Withdrawn evidence", ("Evidence", "Why"), withdrawn)
        sections.append(Section("Withdrawn evidence", table=table, under=True))
    return sections


def _findings(actor: Actor, it: Inspection) -> Section:
    found = seen(actor, Addressed).filter(finding__inspection=it).select_related("finding")
    rows = [
        (
            link(brief(a.finding.text), "finding", a.pk),
            a.finding.get_kind_display(),
            question_name(it.cycle, a.finding.question),
            state(a.verified_state),
        )
        for a in found
    ]
    return Section(
        "Findings", table=Table("Findings", ("Finding", "Kind", "Question", "State"), rows)
    )


def _requests(actor: Actor, it: Inspection) -> Section:
    rows = [
        (link(brief(r.text), "request", r.pk), state(r.state), on(r.due_on))
        for r in seen(actor, Request).filter(inspection=it)
    ]
    return Section(
        "Requests to the force", table=Table("Requests", ("What", "State", "Due"), rows, _NONE)
    )


def _publications(it: Inspection) -> Section:
    rows = [
        (
            link(f"{p.kind.capitalize()} {p.number}", "publication", p.pk),
            on(p.published_on),
            p.reason,
        )
        for p in it.publications.all()
    ]
    heads = ("Version", "On", "Why")
    return Section("Published", table=Table("Publications", heads, rows, _NOT_YET))


def judgments_of(it: Inspection) -> list[tuple[str, str]]:
    """What an inspection judges, to choose from."""
    found = Judgment.objects.filter(inspection=it)
    return [(j.question, question_name(it.cycle, j.question)) for j in found]
