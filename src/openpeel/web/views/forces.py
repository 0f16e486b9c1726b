"""Forces, and what is going on with each: inspections, findings, responses, phase."""

from collections import Counter
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.records.exporting import as_docx, as_pdf, committee_paper
from openpeel.records.fieldwork import OVER as DONE
from openpeel.records.listing import OPEN, clocks
from openpeel.records.models import Addressed, Inspection, MonitoringPhase, Publication
from openpeel.records.models.findings import ASKS
from openpeel.records.phases import level_name, levels, set_phase
from openpeel.records.roles import Actor
from openpeel.records.seeing import HIDDEN, may, seen
from openpeel.reference import Force, forces
from openpeel.web.access import OfForce, page
from openpeel.web.asking import Asked, address, ask, day, lines, picked
from openpeel.web.pages import Link, Page, Section, Table, link, show, state
from openpeel.web.tasks import answered, how_late
from openpeel.web.views.inspections import fieldwork_days
from openpeel.web.words import brief, cycle_name, grade_name, on, question_name

SEEN = ("inspection.read", "force.read")


@page(*SEEN)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The forces that somebody may look at, with what is open at each."""
    mine = [f for f in forces() if any(actor.may(a, f.id) for a in SEEN)]
    found = seen(actor, Addressed).filter(OPEN)
    open_findings = Counter(found.values_list("force_id", flat=True))
    inside = seen(actor, Inspection).filter(may(actor, "inspection.read", "force_id"))
    going_on = {i.force_id: i for i in inside.exclude(state__in=DONE)}
    phases = {
        p.force_id: level_name(p.level) for p in seen(actor, MonitoringPhase).filter(ends=None)
    }
    rows = [
        (
            link(f.name, "force", f.id),
            state(going_on[f.id].state) if f.id in going_on else "",
            str(open_findings[f.id]),
            phases.get(f.id, ""),
        )
        for f in mine
    ]
    table = Table("Forces", ("Force", "Inspection now", "Open findings", "Phase"), rows)
    actions = [link("Plan an inspection", "inspection-plan")]
    return show(
        request,
        Page(
            "Forces",
            [Section(table=table)],
            actions=actions if actor.may("inspection.plan") else (),
        ),
    )


@page(*SEEN, of=OfForce())
def force(request: HttpRequest, actor: Actor, it: Force) -> HttpResponse:
    """A force: its inspections, its published judgments, its findings and responses."""
    inside = actor.may("inspection.read", it.id)
    sections = []
    if inside:
        rows = [
            (
                link(cycle_name(i.cycle), "inspection", i.pk),
                state(i.state),
                i.lead,
                fieldwork_days(i),
            )
            for i in seen(actor, Inspection).filter(force_id=it.id).order_by("-cycle")
        ]
        table = Table("Inspections", ("Cycle", "State", "Lead", "Fieldwork"), rows)
        sections.append(Section("Inspections", table=table))
    sections += [_publications(actor, it.id), _findings(actor, it.id)]
    sections += [_responses(actor, it.id), _phases(actor, it.id)]
    can = [
        ("Plan an inspection", "inspection.plan", reverse("inspection-plan") + f"?force={it.id}"),
        ("See the signals", "risk.read", reverse("signals", args=[it.id])),
        ("Record a phase of monitoring", "phase.set", reverse("phase", args=[it.id])),
    ]
    can += [
        (f"Committee paper ({kind})", "finding.read", reverse("paper", args=[it.id, kind.lower()]))
        for kind in ("PDF", "DOCX")
    ]
    weights = {"inspection.plan": ""}
    actions = [
        Link(name, url, weight=weights.get(action, "second"))
        for name, action, url in can
        if actor.may(action, it.id)
    ]
    return show(request, Page(it.name, sections, back=link("Forces", "forces"), actions=actions))


@page("finding.read", of=OfForce())
def paper(request: HttpRequest, actor: Actor, it: Force, kind: str) -> HttpResponse:
    """A committee paper of a force's findings, as a Word document or a PDF."""
    make = {"docx": as_docx, "pdf": as_pdf}.get(kind)
    if make is None:
        raise Http404
    response = HttpResponse(
        make(committee_paper(actor, it.id, date.today())), content_type="application/octet-stream"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="findings-{it.id}.{kind}"'
    return response


class PhaseForm(Asked):
    """A phase of monitoring from a day on."""

    level = picked("Phase")
    begins = day("From")
    reason = lines("Why")
    source_url = address("Where that was published")


@page("phase.set", of=OfForce())
def phase(request: HttpRequest, actor: Actor, it: Force) -> HttpResponse:
    """Record that a force is in a phase of monitoring."""

    def do(said: dict[str, Any]) -> object:
        return set_phase(
            actor, it.id, said["level"], said["begins"], said["reason"], said["source_url"]
        )

    return ask(
        request,
        PhaseForm,
        do,
        title="Record a phase of monitoring",
        over=it.name,
        done=reverse("force", args=[it.id]),
        back=link(it.name, "force", it.id),
        choices={"level": [(x.id, x.name) for x in levels()]},
    )


def _publications(actor: Actor, force_id: str) -> Section:
    found = seen(actor, Publication).filter(inspection__force_id=force_id).order_by("-pk")
    rows = []
    for p in found.select_related("inspection"):
        cycle = p.inspection.cycle
        grades = [
            f"{question_name(cycle, j['question'])}: {grade_name(cycle, j['grade'])}"
            for j in p.content["judgments"]
            if j["grade"]
        ]
        if p.taken_back and not actor.may("judgment.read", force_id):
            grades = ["taken back"]
        rows.append(
            (
                link(f"{cycle_name(cycle)}, {p.kind} {p.number}", "publication", p.pk),
                on(p.published_on),
                grades,
            )
        )
    table = Table("What was published", ("Report", "Published", "Grades"), rows)
    return Section("Published judgments", table=table)


def _findings(actor: Actor, force_id: str) -> Section:
    found = seen(actor, Addressed).filter(force_id=force_id).exclude(verified_state__in=HIDDEN)
    rows = [
        (
            link(brief(a.finding.text), "finding", a.pk),
            a.finding.get_kind_display(),
            state(a.claimed_state) if a.finding.kind in ASKS else "",
            state(a.verified_state),
        )
        for a in found.select_related("finding").order_by("-finding__published_on", "pk")
    ]
    heads = ("Finding", "Kind", "The force says", "Verified")
    return Section("Findings", table=Table("Findings", heads, rows))


def _responses(actor: Actor, force_id: str) -> Section:
    found = clocks(actor).filter(force_id=force_id)
    mine = actor.may("response.write", force_id)
    rows = [
        (
            # That an answer is being drafted is the body's own: others see no page of it till then.
            link(answered(r), "response", r.pk) if mine or r.published_on else answered(r),
            state("due" if r.state == "drafted" and not mine else r.state),
            on(r.last_day),
            how_late(r),
        )
        for r in found.select_related("publication__inspection", "finding")
    ]
    heads = ("Report", "State", "Last of the 56 days", "Published or left")
    return Section("Responses", table=Table("Responses of the local policing body", heads, rows))


def _phases(actor: Actor, force_id: str) -> Section:
    rows = [
        (level_name(p.level), on(p.begins), on(p.ends) if p.ends else "now", p.reason)
        for p in seen(actor, MonitoringPhase).filter(force_id=force_id).order_by("-begins")
    ]
    heads = ("Phase", "From", "To", "Why")
    none = "No phase is recorded."
    return Section("Monitoring", table=Table("Phases of monitoring", heads, rows, none=none))
