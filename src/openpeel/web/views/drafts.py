"""Findings drafted: of an inspection or a thematic report; changed, given up, published."""

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.lake import Lake
from openpeel.records import following, publishing
from openpeel.records.following import draft_finding
from openpeel.records.models import Addressed, Finding, Inspection
from openpeel.records.models.findings import CONCERNS, KINDS
from openpeel.records.roles import Actor
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, Because, address, ask, day, line, lines, picked, some_of
from openpeel.web.pages import Link, link
from openpeel.web.views.finding import FINDING_OF, form_of
from openpeel.web.views.inspections import INSPECTION_OF, judgments_of, str_of
from openpeel.web.words import (
    body_choices,
    brief,
    cycle_choices,
    force_choices,
    question_choices,
)

DRAFT_OF = Of(Addressed, "force_id", Q(verified_state="draft"))
EVERY_FORCE = "every-force"


class DraftForm(Asked):
    """A finding of an inspection."""

    kind = picked("Kind", KINDS.items())
    question = picked("Question", required=False)
    parent = picked("The cause of concern that it belongs to", required=False)
    text = lines("The finding")
    due_on = day("Due", "For a recommendation: by when.", required=False)
    source_title = line("Where it was published, if it was", required=False, longest=300)
    source_url = address("The address of that")


@page("finding.draft", of=INSPECTION_OF)
def drafted(request: HttpRequest, actor: Actor, it: Inspection) -> HttpResponse:
    """Draft a finding of an inspection."""
    concerns = Finding.objects.filter(inspection=it, kind__in=CONCERNS)
    concerns = concerns.exclude(addressed__verified_state="withdrawn")
    return ask(
        request,
        DraftForm,
        lambda said: draft_finding(
            actor,
            said["kind"],
            said["text"],
            inspection=it.pk,
            question=said["question"],
            parent=int(said["parent"]) if said["parent"] else None,
            due_on=said["due_on"],
            source_title=said["source_title"],
            source_url=said["source_url"],
        ),
        title="Draft a finding",
        over=str_of(it),
        said="The finding was drafted. It is published with the inspection.",
        choices={
            "question": [("", "None"), *judgments_of(it)],
            "parent": [("", "None"), *((str(c.pk), brief(c.text)) for c in concerns)],
        },
        done=lambda made: reverse("finding", args=[made.addressed.get().pk]),
        back=link("The inspection", "inspection", it.pk),
    )


class ThematicForm(Asked):
    """A finding of a thematic report, to many bodies."""

    kind = picked("Kind", KINDS.items())
    text = lines("The finding")
    bodies = some_of("To whom it is addressed", required=True)
    cycle = picked(
        "Cycle, if it belongs to one", lambda: [("", "None"), *cycle_choices()], required=False
    )
    due_on = day("Due", required=False)
    source_title = line("Title of the report", longest=300)
    source_url = address("Its address")


@page("finding.draft")
def thematic(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Draft a finding of a thematic report, tracked for each body that it is addressed to."""
    every = force_choices()

    def do(said: dict[str, Any]) -> Finding:
        names = ("cycle", "due_on", "source_title", "source_url")
        to = [b for b in said["bodies"] if b != EVERY_FORCE]
        if len(to) < len(said["bodies"]):
            to += [force for force, _ in every]
        given = {n: said[n] for n in names}
        return draft_finding(actor, said["kind"], said["text"], bodies=to, **given)

    mine = [one for one in body_choices() if actor.may("finding.draft", one[0])]
    # National bodies are few, and stand before the forces.
    mine.sort(key=every.__contains__)
    if all(one in mine for one in every):
        mine.insert(0, (EVERY_FORCE, "All forces"))
    return ask(
        request,
        ThematicForm,
        do,
        title="Draft a thematic finding",
        choices={"bodies": mine},
        done=lambda made: reverse("finding", args=[made.addressed.first().pk]),
        back=Link("Findings", reverse("findings")),
    )


class PublishForm(Asked):
    """A day; and for a cause of concern ahead of its report, the risk."""

    on = day("Published on")
    reason = lines(
        "The risk to the public", "For a cause of concern ahead of its report.", required=False
    )


@page("publication.publish", of=FINDING_OF)
def published(request: HttpRequest, actor: Actor, it: Addressed) -> HttpResponse:
    """Publish a thematic finding, or an accelerated cause of concern ahead of its report."""
    at_once = it.finding.kind == "accelerated_cause_of_concern"
    if it.verified_state != "draft" or not (at_once or it.finding.inspection is None):
        raise Http404

    def do(said: dict[str, Any]) -> object:
        lake, version = Lake(settings.OPENPEEL_LAKE), said["version"]
        if at_once:
            return publishing.publish_at_once(
                actor, it.finding_id, said["on"], said["reason"], lake, version=version
            )
        return publishing.publish_thematic(actor, it.finding_id, said["on"], lake, version=version)

    return ask(
        request,
        PublishForm,
        do,
        title="Publish the finding",
        texts=["It is published to all whom it is addressed to."],
        quotes=[("What will be published", it.finding.text)],
        button="Publish it",
        record=it.finding,
        **form_of(it),
    )


class ReviseForm(Asked):
    """A draft as it should be."""

    text = lines("The finding")
    question = picked("Question", required=False)
    due_on = day("Due", required=False)


@page("finding.draft", of=DRAFT_OF)
def revised(request: HttpRequest, actor: Actor, it: Addressed) -> HttpResponse:
    """Change a draft."""
    of = it.finding
    return ask(
        request,
        ReviseForm,
        lambda said: following.revise_finding(
            actor,
            of.pk,
            said["text"],
            question=said["question"],
            due_on=said["due_on"],
            version=said["version"],
        ),
        title="Change the draft",
        initial={"text": of.text, "question": of.question, "due_on": of.due_on},
        choices={"question": [("", "None"), *(question_choices(of.cycle) if of.cycle else [])]},
        record=of,
        **form_of(it),
    )


@page("finding.draft", of=DRAFT_OF)
def withdrawn(request: HttpRequest, actor: Actor, it: Addressed) -> HttpResponse:
    """Give a draft up."""
    return ask(
        request,
        Because,
        lambda said: following.withdraw_finding(
            actor, it.finding_id, said["reason"], version=said["version"]
        ),
        title="Give the draft up",
        button="Give it up",
        grave=True,
        record=it.finding,
        **form_of(it),
    )
