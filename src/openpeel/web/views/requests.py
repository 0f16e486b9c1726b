"""Requests: documents and data that the inspectorate asks a force for, and the answers."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.records.answering import make_request, move_request, open_answer
from openpeel.records.lifecycles import REQUEST
from openpeel.records.models import Evidence, Inspection, Request
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.web import places
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, Because, ask, day, lines, one_of, picked
from openpeel.web.files import attachment, file_field, keeping
from openpeel.web.pages import Page, Section, Table, by_weight, link, show, state
from openpeel.web.views.inspections import INSPECTION_OF, str_of
from openpeel.web.words import brief, cycle_name, force_name, on

REQUEST_OF = Of(Request, "inspection__force_id")
SIDES = ("request.make", "request.answer")
READ = (*SIDES, "evidence.read")
_ASKED = {
    "answer": "Answer it",
    "return": "Return the answer",
    "accept": "Accept the answer",
    "withdraw": "Withdraw the request",
}
_WEIGHTS = {"return": "second", "withdraw": "grave"}


@page(*READ)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The requests to forces, the first due first."""
    rows = [
        (
            link(brief(r.text), "request", r.pk),
            force_name(r.inspection.force_id),
            cycle_name(r.inspection.cycle),
            state(r.state),
            on(r.due_on),
        )
        for r in seen(actor, Request).select_related("inspection")
    ]
    heads = ("Request", "Force", "Cycle", "State", "Due")
    return show(request, Page("Requests", [Section(table=Table("Requests", heads, rows))]))


@page(*READ, of=REQUEST_OF)
def one(request: HttpRequest, actor: Actor, it: Request) -> HttpResponse:
    """A request, its answer, and what became of it."""
    facts: list[tuple[str, Any]] = [
        ("State", [state(it.state), REQUEST.states[it.state]]),
        ("Due", on(it.due_on)),
    ]
    if it.answered_on:
        facts.append(("Answered", on(it.answered_on)))
    if it.file_name:
        facts.append(("File", link(it.file_name, "request-file", it.pk)))
    if it.evidence and actor.may("evidence.read", it.inspection.force_id):
        facts.append(("Became evidence", link(it.evidence.title, "evidence", it.evidence.pk)))
    named = (("What is asked for", it.text), ("The answer", it.answer), ("Reason", it.reason))
    quotes = [(who, said) for who, said in named if said]
    actions = [
        link(_ASKED[m.name], "request-move", it.pk, m.name, weight=_WEIGHTS.get(m.name, ""))
        for m in REQUEST.allowed(it.state, actor, it.inspection.force_id)
    ]
    made = Page(
        f"Request for {'data' if it.kind == 'data' else 'a document'}",
        [Section(facts=facts, quotes=quotes)],
        str_of(it.inspection),
        link("Requests", "requests"),
        actions=by_weight(actions),
    )
    return show(request, made)


class MakeForm(Asked):
    """What is asked for."""

    kind = one_of("What is it for", (("document", "A document"), ("data", "Data")))
    text = lines("What is asked for")
    due_on = day("By when")


@page("request.make", of=INSPECTION_OF)
def made(request: HttpRequest, actor: Actor, it: Inspection) -> HttpResponse:
    """Ask a force for something."""
    return ask(
        request,
        MakeForm,
        lambda said: make_request(actor, it.pk, said["kind"], said["text"], said["due_on"]),
        title="Ask the force for something",
        button="Ask",
        over=str_of(it),
        done=lambda made: reverse("request", args=[made.pk]),
        back=link("The inspection", "inspection", it.pk),
    )


class AnswerForm(Asked):
    """An answer."""

    text = lines("The answer")
    file = file_field("A file")


class AcceptForm(Asked):
    """The evidence that it became."""

    evidence = picked("The evidence that was made of it", required=False)


@page(*SIDES, of=REQUEST_OF)
def moved(request: HttpRequest, actor: Actor, it: Request, move: str) -> HttpResponse:
    """Answer, return, accept or withdraw a request."""
    if move not in _ASKED:
        raise Http404
    forms = {"answer": AnswerForm, "accept": AcceptForm}
    # What evidence there is, is the inspectorate's to see.
    evidence = seen(actor, Evidence).filter(inspection=it.inspection_id, withdrawn_reason="")

    def do(said: dict[str, Any]) -> Request:
        with keeping(said.get("file")) as (file, name):
            return move_request(
                actor,
                it.pk,
                move,
                text=said.get("text") or said.get("reason", ""),
                file=file,
                file_name=name,
                evidence=int(said["evidence"]) if said.get("evidence") else None,
                version=said["version"],
            )

    return ask(
        request,
        forms.get(move, Because),
        do,
        title=_ASKED[move],
        button=_ASKED[move],
        said=f"The request is now: {REQUEST.move(move).target}.",
        grave=move == "withdraw",
        over=str_of(it.inspection),
        quotes=[("What is asked for", it.text)],
        record=it,
        choices={"evidence": [("", "None"), *((str(e.pk), e.title) for e in evidence)]}
        if move == "accept"
        else {},
        done=reverse("request", args=[it.pk]),
        back=link("The request", "request", it.pk),
    )


@page("request.answer", "evidence.read", of=REQUEST_OF)
def file(request: HttpRequest, actor: Actor, it: Request) -> FileResponse:
    """The file of an answer, as an attachment; the trail tells who read it."""
    answer, place = open_answer(actor, it.pk, places.folder())
    return attachment(place, answer.file_name)
