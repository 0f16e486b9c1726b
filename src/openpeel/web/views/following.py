"""A finding followed: what the force claims, what the inspectorate verifies, each by its side."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from openpeel.lake import Lake
from openpeel.records import bulk, following, publishing
from openpeel.records.lifecycles import CLAIMED, VERIFIED
from openpeel.records.models import Addressed, EvidenceRevision
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.web.access import page
from openpeel.web.asking import Asked, address, ask, day, line, lines, picked
from openpeel.web.views.finding import CLAIMS, FINDING_OF, VERIFIES, form_of


class AllocateForm(Asked):
    """An owner."""

    owner = line("Owner", "Who in the force answers for it.")
    text = lines("A note", required=False)


class ClaimForm(Asked):
    """What was done."""

    text = lines("What was done, or why", required=False)
    on = day("On", "Today, if it is left empty.", required=False)


@page("finding.claim", of=FINDING_OF)
def claimed(request: HttpRequest, actor: Actor, it: Addressed, move: str) -> HttpResponse:
    """The force moves its own side of a finding."""
    if move not in CLAIMS:
        raise Http404

    def do(said: dict[str, Any]) -> object:
        return publishing.followed(
            Lake(settings.OPENPEEL_LAKE),
            lambda: following.claim(
                actor,
                it.pk,
                move,
                text=said["text"],
                owner=said.get("owner", ""),
                on=said.get("on"),
                version=said["version"],
            ),
        )

    return ask(
        request,
        AllocateForm if move == "allocate" else ClaimForm,
        do,
        title=CLAIMS[move],
        said=f"The force now says: {CLAIMED.move(move).target.replace('-', ' ')}.",
        texts=["This is what the force claims. What is verified is the inspectorate's to say."],
        initial={"owner": it.owner},
        record=it,
        **form_of(it),
    )


class VerifyForm(Asked):
    """Why, and when."""

    text = lines("What was found, or why", required=False)
    on = day("On", "Today, if it is left empty.", required=False)


class CloseForm(Asked):
    """A closure letter and its date."""

    on = day("Date of the closure letter")
    letter_url = address("Its address, if it is published")
    letter = picked("Or the letter among the evidence", required=False)
    text = lines("What was found", required=False)


class SupersedeForm(Asked):
    """The finding that stands instead."""

    instead = picked("The finding that stands in its place")
    text = lines("Why", required=False)
    on = day("On", "Today, if it is left empty.", required=False)


@page("finding.verify", "finding.close", of=FINDING_OF)
def verified(request: HttpRequest, actor: Actor, it: Addressed, move: str) -> HttpResponse:
    """The inspectorate moves its own side of a finding."""
    if move not in VERIFIES:
        raise Http404

    def do(said: dict[str, Any]) -> object:
        return publishing.followed(
            Lake(settings.OPENPEEL_LAKE),
            lambda: following.verify(
                actor,
                it.pk,
                move,
                text=said["text"],
                on=said["on"],
                letter=int(said["letter"]) if said.get("letter") else None,
                letter_url=said.get("letter_url", ""),
                instead=int(said["instead"]) if said.get("instead") else None,
                version=said["version"],
            ),
        )

    forms = {"close": CloseForm, "supersede": SupersedeForm}
    choices = {}
    if move == "close":
        found = seen(actor, EvidenceRevision).filter(
            evidence__inspection__force_id=it.force_id, evidence__withdrawn_reason=""
        )
        letters = [(str(r.pk), str(r)) for r in found.select_related("evidence").order_by("-pk")]
        choices = {"letter": [("", "None"), *letters]}
    if move == "supersede":
        later = following.may_supersede(actor, it)
        choices = {"instead": [(str(a.pk), str(a.finding)) for a in later]}
    return ask(
        request,
        forms.get(move, VerifyForm),
        do,
        title=VERIFIES[move],
        said=f"Verified is now: {VERIFIED.move(move).target.replace('-', ' ')}.",
        grave=move == "reopen",
        choices=choices,
        record=it,
        **form_of(it),
    )


class HandOverForm(Asked):
    """Who has it, and the force's own target."""

    owner = line("Owner", "Who in the force answers for it.")
    target_on = day("The force's own target day", required=False)


@page("finding.claim", of=FINDING_OF)
def handed_over(request: HttpRequest, actor: Actor, it: Addressed) -> HttpResponse:
    """The force changes who has a finding, or its own target day."""
    return ask(
        request,
        HandOverForm,
        lambda said: bulk.hand_over(
            actor,
            it.pk,
            owner=said["owner"],
            target_on=said["target_on"],
            version=said["version"],
        ),
        title="Change the owner or the target",
        initial={"owner": it.owner, "target_on": it.target_on},
        record=it,
        **form_of(it),
    )
