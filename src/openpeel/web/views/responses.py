"""The 56-day response of the local policing body: its clock, an answer to each recommendation."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.lake import Lake
from openpeel.records import answering
from openpeel.records.models import Response
from openpeel.records.roles import Actor
from openpeel.records.seeing import may, seen
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, address, ask, day, lines, one_of
from openpeel.web.pages import Link, Page, Section, Table, by_weight, link, show, state
from openpeel.web.tasks import answered as answered_what
from openpeel.web.tasks import how_late
from openpeel.web.words import force_name, on

RESPONSE_OF = Of(Response, "force_id")


@page("response.write")
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The responses of the body, the first due first."""
    found = seen(actor, Response).filter(may(actor, "response.write", "force_id"))
    found = found.select_related("publication__inspection", "finding")
    rows = [
        (
            link(answered_what(r), "response", r.pk),
            force_name(r.force_id),
            state(r.state),
            on(r.last_day),
            how_late(r),
        )
        for r in found.order_by("last_day")
        if not _lapsed(r)
    ]
    heads = ("Report", "Force", "State", "Last of the 56 days", "Published or left")
    return show(request, Page("Responses", [Section(table=Table("Responses", heads, rows))]))


@page("response.write", "finding.read", of=RESPONSE_OF)
def response(request: HttpRequest, actor: Actor, it: Response) -> HttpResponse:
    """A response: what is left of the 56 days, and what is answered. A draft is the body's own."""
    mine = actor.may("response.write", it.force_id)
    lapsed = _lapsed(it)
    writes = mine and it.state != "published" and not lapsed
    answers = {a.finding_id: a for a in it.answers.all()}
    rows = []
    found = answering.recommendations(it)
    for finding in found:
        answer = answers.get(finding.pk)
        said = (
            ("Accepted: " if answer.accepted else "Not accepted: ") + answer.text if answer else ""
        )
        cells: list[Any] = [finding.text, said]
        if writes:
            told = "Change the answer" if answer else "Answer it"
            cells.append(link(told, "answer", it.pk, finding.pk))
        rows.append(cells)
    heads = ["Recommendation", "Answer", *(["Change"] if writes else [])]
    facts: list[tuple[str, Any]] = [
        ("State", state(it.state)),
        ("Last of the 56 days", on(it.last_day)),
        (
            "Published or left",
            "Not due any more: the report was retracted." if lapsed else how_late(it),
        ),
    ]
    if it.publication:
        facts.append(("Report", link("As published", "publication", it.publication.pk)))
    if it.url:
        facts.append(("Where it is published", Link(it.url, it.url)))
    quotes = [
        (who, said)
        for who, said in (
            ("The local policing body", it.text),
            ("The chief officer", it.chief_officer),
        )
        if said
    ]
    actions, texts = [], []
    if writes:
        weight = "second" if it.state == "drafted" else ""
        actions.append(link("Write the comments", "response-draft", it.pk, weight=weight))
        left = sum(f.pk not in answers for f in found)
        if left:
            texts.append(f"Recommendations that are not answered yet: {left}.")
        elif it.state == "drafted":
            actions.append(link("Publish the response", "response-publish", it.pk))
    sections = [
        Section(facts=facts),
        Section("Comments", quotes=quotes, texts=[] if quotes else ["There are none yet."]),
        Section("Recommendations", table=Table("Answers", heads, rows)),
    ]
    over = f"{force_name(it.force_id)}: {answered_what(it)}"
    back = link("Responses", "responses") if mine else None
    title = "Response within 56 days"
    return show(request, Page(title, sections, over, back, texts, by_weight(actions)))


def _lapsed(it: Response) -> bool:
    """Whether a response is not to be given any more, as what it answers was retracted."""
    of = it.publication
    return it.state != "published" and of is not None and of.inspection.state == "retracted"


class DraftForm(Asked):
    """Comments."""

    text = lines("Comments of the local policing body")
    chief_officer = lines("Comments of the chief officer", required=False)


@page("response.write", of=RESPONSE_OF)
def drafted(request: HttpRequest, actor: Actor, it: Response) -> HttpResponse:
    """Write the comments."""
    return ask(
        request,
        DraftForm,
        lambda said: answering.draft_response(
            actor,
            it.pk,
            text=said["text"],
            chief_officer=said["chief_officer"],
            version=said["version"],
        ),
        title="Write the comments",
        said="Saved. It is the body's own until the response is published.",
        record=it,
        initial={"text": it.text, "chief_officer": it.chief_officer},
        **_of(it),
    )


class AnswerForm(Asked):
    """An answer to one recommendation."""

    accepted = one_of("Is it accepted", (("yes", "Yes"), ("no", "No")))
    text = lines("What is or will be done, or why nothing will be")


@page("response.write", of=RESPONSE_OF)
def answered(request: HttpRequest, actor: Actor, it: Response, finding: int) -> HttpResponse:
    """Answer one recommendation."""
    to = next((r for r in answering.recommendations(it) if r.pk == finding), None)
    if to is None:
        raise Http404
    there = it.answers.filter(finding=to).first()
    yes = {True: "yes", False: "no"}
    return ask(
        request,
        AnswerForm,
        lambda said: answering.answer_recommendation(
            actor,
            it.pk,
            to.pk,
            accepted=said["accepted"] == "yes",
            text=said["text"],
            version=said["version"],
        ),
        title="Answer a recommendation",
        quotes=[("The recommendation", to.text)],
        record=there,
        initial={"accepted": yes[there.accepted], "text": there.text} if there else {},
        **_of(it),
    )


class PublishForm(Asked):
    """A day and an address."""

    on = day("Published on")
    url = address("Where it is published")


@page("response.write", of=RESPONSE_OF)
def published(request: HttpRequest, actor: Actor, it: Response) -> HttpResponse:
    """Publish the response."""
    return ask(
        request,
        PublishForm,
        lambda said: answering.publish_response(
            actor,
            it.pk,
            said["on"],
            Lake(settings.OPENPEEL_LAKE),
            said["url"],
            version=said["version"],
        ),
        title="Publish the response",
        texts=[
            "Every recommendation has to be answered. It is then public, beside what it answers, "
            "and cannot be changed afterwards."
        ],
        button="Publish it",
        said="The response was published.",
        record=it,
        **_of(it),
    )


def _of(it: Response) -> dict[str, Any]:
    return {
        "over": f"{force_name(it.force_id)}: {answered_what(it)}, by {on(it.last_day)}",
        "done": reverse("response", args=[it.pk]),
        "back": link("The response", "response", it.pk),
    }
