"""Publications: published, corrected, retracted; and the texts that stand beside them."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.errors import DefinitionError
from openpeel.lake import Lake
from openpeel.records import publishing
from openpeel.records.listing import clocks
from openpeel.records.models import Finding, Inspection, Publication, Response
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.records.to_lake import Attributed
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, ask, day, line, lines
from openpeel.web.pages import Link, Page, Section, Table, link, show, state
from openpeel.web.views.inspections import INSPECTION_OF, str_of
from openpeel.web.words import force_name, grade_name, on, question_name

PUBLICATION_OF = Of(Publication, "inspection__force_id")


@page("finding.read", of=PUBLICATION_OF)
def publication(request: HttpRequest, actor: Actor, it: Publication) -> HttpResponse:
    """What one version of a publication says, as it went to the lake."""
    of = it.inspection
    newest = of.publications.order_by("-number").first()
    facts: list[tuple[str, Any]] = [
        ("Published", on(it.published_on)),
        ("Snapshot of the data", str(it.snapshot)),
        ("Seal of the trail", it.trail),
    ]
    if it.reason:
        facts.append(("Why", it.reason))
    if actor.may("inspection.read", of.force_id):
        facts.append(("From", link("The inspection", "inspection", of.pk)))
    if newest is not None and newest.pk != it.pk:
        facts.append(
            ("A newer version", link(f"{newest.kind} {newest.number}", "publication", newest.pk))
        )
    if it.taken_back and not actor.may("judgment.read", of.force_id):
        facts.append(("Taken back", "What it said is taken back, and is not shown any more."))
        return show(request, Page(_named(it), [Section(facts=facts)], str_of(of), _back(actor, of)))
    grades = [
        (
            question_name(of.cycle, j["question"]),
            grade_name(of.cycle, j["grade"]) if j["grade"] else "none",
            j["reasons"],
        )
        for j in it.content["judgments"]
    ]
    findings = [
        (
            f["text"],
            question_name(of.cycle, f["question"]),
            state(f["claimed_state"]),
            state(f["verified_state"]),
        )
        for f in it.content["findings"]
    ]
    said = [(f"{s.name}, {s.post}, {on(s.said_on)}", s.text) for s in it.statements.all()]
    sections = [
        Section(facts=facts),
        Section("Grades", table=Table("Grades", ("Question", "Grade", "Reasons"), grades)),
        Section(
            "Findings",
            table=Table(
                "Findings", ("Finding", "Question", "The force says", "Verified"), findings
            ),
        ),
        Section("Statements", quotes=said, texts=[] if said else ["There are none."]),
    ]
    for due in clocks(actor).filter(publication=it):
        told = on(due.published_on) if due.published_on else f"By {on(due.last_day)}"
        there = seen(actor, Response).filter(pk=due.pk).exists()
        shown = [link(told, "response", due.pk)] if there else told
        sections.append(Section("Response", facts=[("The 56 days", shown)]))
    can = []
    if of.state == "published" and actor.may("accuracy.answer", of.force_id):
        can.append(link("Reply", "reply", it.pk, weight="second"))
    made = Page(_named(it), sections, str_of(of), _back(actor, of), actions=can)
    return show(request, made)


def _named(it: Publication) -> str:
    return f"{it.kind.capitalize()} {it.number}"


def _back(actor: Actor, of: Inspection) -> Link | None:
    inside = actor.may("inspection.read", of.force_id) or actor.may("force.read", of.force_id)
    return link(force_name(of.force_id), "force", of.force_id) if inside else None


class PublishForm(Asked):
    """The day, and the inspector's statement."""

    on = day("Published on", "The 56 days of the local policing body begin with it.")
    name = line("The inspector who makes a statement", required=False)
    post = line("That inspector's post", required=False)
    statement = lines("The statement", required=False)


@page("publication.publish", of=INSPECTION_OF)
def published(request: HttpRequest, actor: Actor, it: Inspection) -> HttpResponse:
    """Publish an inspection."""

    def do(said: dict[str, Any]) -> Publication:
        if bool(said["statement"]) != bool(said["name"]):
            raise DefinitionError("A statement has a text and a name: give both or neither.")
        statements = [
            Attributed("inspectorate", said["name"], said["post"], said["statement"], said["on"])
        ]
        return publishing.publish(
            actor,
            it.pk,
            said["on"],
            Lake(settings.OPENPEEL_LAKE),
            publisher=settings.OPENPEEL_PUBLISHER,
            statements=statements if said["statement"] else (),
            version=said["version"],
        )

    grades = [
        f"{question_name(it.cycle, j.question)}: {grade_name(it.cycle, j.grade)}"
        for j in it.judgments.all()
    ]
    drafts = seen(actor, Finding).filter(inspection=it, addressed__verified_state="draft")
    findings = [f"{f.get_kind_display()}: {f.text}" for f in drafts]
    quotes = [("Grades that will be published", "\n".join(grades))]
    if findings:
        quotes.append(("Findings that will be published", "\n\n".join(findings)))
    return ask(
        request,
        PublishForm,
        do,
        title="Publish the inspection",
        button="Publish it",
        over=str_of(it),
        texts=["What is published is public, and stays: a mistake is corrected by a new version."],
        quotes=quotes,
        said="It was published.",
        record=it,
        done=lambda made: reverse("publication", args=[made.pk]),
        back=link("The inspection", "inspection", it.pk),
    )


class AgainForm(Asked):
    """A day and a reason."""

    on = day("On")
    reason = lines("Why", "It is published with the new version.")


@page("publication.publish", of=INSPECTION_OF)
def corrected(request: HttpRequest, actor: Actor, it: Inspection) -> HttpResponse:
    """Publish a correction: a new version of what was published."""
    told = "The former version stays readable."
    return _again(request, actor, it, publishing.correct, "Publish a correction", told)


@page("publication.publish", of=INSPECTION_OF)
def retracted(request: HttpRequest, actor: Actor, it: Inspection) -> HttpResponse:
    """Retract a publication: its newest version holds no grade."""
    told = "The newest version then holds no grade and says why; the former stays readable."
    return _again(request, actor, it, publishing.retract, "Retract the publication", told)


def _again(
    request: HttpRequest,
    actor: Actor,
    it: Inspection,
    make: Callable[..., Publication],
    title: str,
    told: str,
) -> HttpResponse:
    return ask(
        request,
        AgainForm,
        lambda said: make(
            actor,
            it.pk,
            said["on"],
            said["reason"],
            Lake(settings.OPENPEEL_LAKE),
            publisher=settings.OPENPEEL_PUBLISHER,
            version=said["version"],
        ),
        title=title,
        record=it,
        button=title,
        said="The new version was published.",
        grave=make is publishing.retract,
        over=str_of(it),
        texts=[told],
        done=lambda made: reverse("publication", args=[made.pk]),
        back=link("The inspection", "inspection", it.pk),
    )


class ReplyForm(Asked):
    """The force's reply, attributed."""

    name = line("Who replies")
    post = line("Post", "For example, Chief Constable.")
    text = lines("The reply")
    on = day("On")


@page("accuracy.answer", of=PUBLICATION_OF)
def replied(request: HttpRequest, actor: Actor, it: Publication) -> HttpResponse:
    """The force's reply, shown with the publication from then on."""
    return ask(
        request,
        ReplyForm,
        lambda said: publishing.reply(
            actor,
            it.pk,
            said["text"],
            said["name"],
            said["post"],
            said["on"],
            Lake(settings.OPENPEEL_LAKE),
        ),
        title="Reply to the publication",
        over=str_of(it.inspection),
        done=reverse("publication", args=[it.pk]),
        back=link("The publication", "publication", it.pk),
    )
