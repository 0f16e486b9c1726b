"""Self-assessment: what a force thinks of itself, private until it is submitted."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.records.answering import assess_itself, submit_assessment
from openpeel.records.lifecycles import ASSESSMENT
from openpeel.records.models import SelfAssessment
from openpeel.records.models.evidence import CONFIDENCES, STANCES
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, address, ask, line, lines, one_of, picked
from openpeel.web.pages import Link, Page, Section, Table, by_weight, link, show, state
from openpeel.web.words import (
    bearing_choices,
    characteristic_text,
    cycle_choices,
    cycle_name,
    force_name,
    on,
    own_forces,
    question_name,
)

_NONE = "Nothing was submitted yet."
ASSESSMENT_OF = Of(SelfAssessment, "force_id")
FIELDS = ("text", "gaps", "owner", "confidence", "test_plan", "statement_url")


@page("assessment.write")
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The force's own view of itself, and where to write a new one."""
    rows = [
        (
            link(question_name(a.cycle, a.question), "assessment", a.pk),
            characteristic_text(a.cycle, a.question, a.characteristic),
            cycle_name(a.cycle),
            force_name(a.force_id),
            a.owner,
            state(a.state),
        )
        for a in seen(actor, SelfAssessment)
    ]
    heads = ("Question", "Characteristic", "Cycle", "Force", "Owner", "State")
    table = Table("Self-assessment", heads, rows, none="Nothing is written yet.")
    # A national body is not assessed, and has no cycle to write for.
    newest = cycle_choices()[:2] if own_forces(actor, "assessment.write") else []
    actions = [
        link(f"Write one for {name}", "assessment-write", cycle, weight="second" if at else "")
        for at, (cycle, name) in enumerate(newest)
    ]
    texts = ["Only the force sees this, until it submits it."]
    return show(
        request, Page("Self-assessment", [Section(table=table)], texts=texts, actions=actions)
    )


@page("assessment.write", of=ASSESSMENT_OF)
def one(request: HttpRequest, actor: Actor, it: SelfAssessment) -> HttpResponse:
    """One self-assessment, as it now stands and as it was submitted."""
    facts: list[tuple[str, Any]] = [
        ("State", [state(it.state), ASSESSMENT.states[it.state]]),
        ("Characteristic", characteristic_text(it.cycle, it.question, it.characteristic)),
        ("Owner", it.owner or "none yet"),
        ("How sure", CONFIDENCES[it.confidence]),
    ]
    if it.statement_url:
        facts.append(("Force management statement", Link(it.statement_url, it.statement_url)))
    named = (
        ("What we think", it.text),
        ("Gaps", it.gaps),
        ("How we test it in reality", it.test_plan),
    )
    submitted = [
        (on(s.created_at), s.content["text"], s.content.get("submitted_by", ""))
        for s in it.submissions.order_by("pk")
    ]
    table = Table("As submitted", ("On", "Text", "By"), submitted, none=_NONE)
    sections = [
        Section(facts=facts, quotes=[(who, said) for who, said in named if said]),
        Section("Submitted", table=table),
    ]
    actions = [link("Change it", "assessment-change", it.pk, weight="second")]
    if it.state == "private":
        actions.append(link("Submit it", "assessment-submit", it.pk))
    title = question_name(it.cycle, it.question)
    over = f"{force_name(it.force_id)}, {cycle_name(it.cycle)}"
    back = link("Self-assessment", "assessments")
    return show(request, Page(title, sections, over, back, actions=by_weight(actions)))


class WriteForm(Asked):
    """What a force thinks of itself on a characteristic."""

    text = lines("What we think", "With the evidence for it.")
    gaps = lines("Gaps", required=False)
    owner = line("Owner", required=False)
    confidence = one_of("How sure are we", CONFIDENCES.items())
    test_plan = lines("How we test it in reality", required=False)
    statement_url = address("Link to the force management statement")


class NewForm(WriteForm):
    """Of which force and characteristic."""

    force = picked("Force")
    subject = picked("Question or characteristic")
    field_order = ("force", "subject")


@page("assessment.write")
def written(request: HttpRequest, actor: Actor, cycle: str) -> HttpResponse:
    """Write a self-assessment for a cycle."""
    subjects = bearing_choices(cycle)

    def do(said: dict[str, Any]) -> SelfAssessment:
        question, _, characteristic = said["subject"].partition("|")
        values = {name: said[name] for name in FIELDS}
        return assess_itself(
            actor, said["force"], cycle, question, characteristic=characteristic, **values
        )

    return ask(
        request,
        NewForm,
        do,
        title="Write a self-assessment",
        said="Saved. Only the force sees it.",
        over=cycle_name(cycle),
        texts=["Only the force sees it, until it submits it."],
        choices={"force": own_forces(actor, "assessment.write"), "subject": subjects},
        initial={"confidence": "medium"},
        done=lambda made: reverse("assessment", args=[made.pk]),
        back=link("Self-assessment", "assessments"),
    )


@page("assessment.write", of=ASSESSMENT_OF)
def changed(request: HttpRequest, actor: Actor, it: SelfAssessment) -> HttpResponse:
    """Change a self-assessment; it is private again."""
    return ask(
        request,
        WriteForm,
        lambda said: assess_itself(
            actor,
            it.force_id,
            it.cycle,
            it.question,
            characteristic=it.characteristic,
            assessment=it.pk,
            version=said["version"],
            **{name: said[name] for name in FIELDS},
        ),
        title="Change the self-assessment",
        texts=["What was submitted stays as it was; what you write now is private again."],
        record=it,
        initial={name: getattr(it, name) for name in FIELDS},
        **_of(it),
    )


class SubmitForm(Asked):
    """For or against."""

    stance = one_of("It speaks for or against the force", STANCES.items())


@page("assessment.write", of=ASSESSMENT_OF)
def submitted(request: HttpRequest, actor: Actor, it: SelfAssessment) -> HttpResponse:
    """Show a self-assessment to the inspectorate, as it now stands."""
    return ask(
        request,
        SubmitForm,
        lambda said: submit_assessment(
            actor, it.pk, stance=said["stance"], version=said["version"]
        ),
        title="Submit the self-assessment",
        button="Submit it",
        texts=["The inspectorate sees it as it now stands: owner, gaps and test plan too."],
        record=it,
        said="It was submitted.",
        **_of(it),
    )


def _of(it: SelfAssessment) -> dict[str, Any]:
    return {
        "over": f"{force_name(it.force_id)}: {question_name(it.cycle, it.question)}",
        "done": reverse("assessment", args=[it.pk]),
        "back": link("The self-assessment", "assessment", it.pk),
    }
