# ruff: noqa: ANN401 (what a form is told is as `ask` takes it)
"""What people do to a judgment: two blind grades, a consensus, moderation, sign-off, correction."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.records import judging, weighing
from openpeel.records.models import AccuracyPoint, Judgment
from openpeel.records.roles import Actor
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, Because, ask, lines, one_of, picked
from openpeel.web.pages import Link, link
from openpeel.web.views.inspections import str_of
from openpeel.web.views.judgments import JUDGMENT_OF, both_grades, named
from openpeel.web.words import grade_choices, shown_grade

POINT_OF = Of(AccuracyPoint, "judgment__inspection__force_id")


class GradeForm(Asked):
    """A grade with its reasons."""

    grade = one_of("Grade")
    reasons = lines("Reasons", "What the evidence says for it and against it.")


@page("judgment.grade", of=JUDGMENT_OF)
def graded(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """Grade a question without seeing anybody else's grade."""
    return ask(
        request,
        GradeForm,
        lambda said: judging.grade_blind(actor, it.pk, said["grade"], said["reasons"]),
        title="Grade the question",
        texts=["Nobody sees your grade until a second person has graded it too."],
        button="Give this grade",
        said="Your grade was recorded.",
        choices={"grade": grade_choices(it.inspection.cycle)},
        **_of(it),
    )


@page("judgment.agree", of=JUDGMENT_OF)
def agreed(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """Record the consensus of the two who graded."""
    return _regraded(
        request,
        actor,
        it,
        judging.agree,
        title="Record the consensus",
        quotes=both_grades(it, weighing.blind_grades(actor, it)),
        said="The consensus was recorded.",
    )


@page("judgment.moderate", of=JUDGMENT_OF)
def moderated(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """Keep or change a grade, with a reason."""
    place = reverse("moderation-question", args=[it.inspection.cycle, it.question])
    return _regraded(
        request,
        actor,
        it,
        judging.moderate,
        title="Moderate the grade",
        texts=["A grade that stays needs a reason too."],
        quotes=[(f"Now: {shown_grade(it.inspection.cycle, it.grade) or 'no grade'}", it.reasons)],
        said="The grade was moderated.",
        done=place,
        back=Link("All forces' grades of it", place),
    )


@page("judgment.moderate", of=JUDGMENT_OF)
def corrected(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """Correct a grade after it was published; the correction is then published."""
    return _regraded(
        request,
        actor,
        it,
        judging.correct_grade,
        title="Correct the grade",
        texts=["It is shown once a publisher has published the correction."],
        quotes=[(f"Published: {shown_grade(it.inspection.cycle, it.grade)}", it.reasons)],
        said="The grade was corrected. A publisher publishes the correction.",
    )


@page("judgment.send", of=JUDGMENT_OF)
def sent(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """Send a draft to the force for factual accuracy."""
    return _moved(
        request,
        actor,
        it,
        judging.send,
        title="Send the draft to the force",
        texts=["The force sees the grade and its reasons, and may say what is wrong in the facts."],
        button="Send it",
        said="The draft was sent to the force.",
    )


@page("judgment.send", of=JUDGMENT_OF)
def checked(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """End the force's check: all its points are decided."""
    return _moved(
        request,
        actor,
        it,
        judging.check,
        title="End the force's check",
        texts=["Every point of the force has to be decided."],
        button="End it",
        said="The force's check has ended.",
    )


class SignOffForm(Asked):
    """What an inadequate grade asks for."""

    without_concern = lines(
        "Why there is no cause of concern", "Where there is to be one, draft it first."
    )


@page("judgment.sign-off", of=JUDGMENT_OF)
def signed_off(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """Sign a judgment off, with the evidence that it rests on."""
    wanted = weighing.needs_concern(it)
    count = len(weighing.evidence_of(it))
    pieces = f"{count} piece{'' if count == 1 else 's'}"
    texts = [f"The evidence that it rests on is kept as it now stands: {pieces}."]
    if wanted:
        texts.append("The grade asks for a cause of concern on the question, or for a reason.")
    return ask(
        request,
        SignOffForm if wanted else Asked,
        lambda said: judging.sign_off(
            actor,
            it.pk,
            without_concern=said.get("without_concern", ""),
            version=said["version"],
        ),
        title="Sign it off",
        texts=texts,
        quotes=[(shown_grade(it.inspection.cycle, it.grade), it.reasons)],
        button="Sign it off",
        said="It was signed off.",
        record=it,
        **_of(it),
    )


@page("judgment.sign-off", of=JUDGMENT_OF)
def reopened(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """Have a question graded anew."""
    return ask(
        request,
        Because,
        lambda said: judging.reopen(actor, it.pk, said["reason"], version=said["version"]),
        record=it,
        title="Have it graded anew",
        texts=["Two people grade it again; the grades so far stay on record."],
        button="Have it graded anew",
        said="Two people can grade it anew.",
        **_of(it),
    )


class CarryForm(Asked):
    """An earlier cycle's grade."""

    cycle = picked("The cycle whose grade still stands")
    grade = one_of("Grade")
    reasons = lines("Why it still stands")


@page("judgment.agree", of=JUDGMENT_OF)
def carried(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """Carry a grade over from an earlier cycle that the framework lets be compared."""
    earlier = [(c.id, c.title) for c in weighing.earlier_cycles(it)]
    return ask(
        request,
        CarryForm,
        lambda said: judging.carry_over(
            actor, it.pk, said["grade"], said["cycle"], said["reasons"], version=said["version"]
        ),
        title="Carry an earlier grade over",
        said="The grade was carried over.",
        choices={"cycle": earlier, "grade": grade_choices(it.inspection.cycle)},
        record=it,
        **_of(it),
    )


class DecideForm(Asked):
    """Accepted or declined, and why."""

    decision = one_of("Decision", (("accepted", "Accepted"), ("declined", "Declined")))
    reason = lines("Why")


@page("judgment.send", of=POINT_OF)
def decided(request: HttpRequest, actor: Actor, it: AccuracyPoint) -> HttpResponse:
    """Decide a point of the force."""
    of = it.judgment
    return ask(
        request,
        DecideForm,
        lambda said: judging.decide_point(
            actor, it.pk, said["decision"], said["reason"], version=said["version"]
        ),
        record=it,
        initial={"decision": it.decision, "reason": it.decision_reason},
        title="Decide a point of the force",
        said="The point was decided.",
        quotes=[
            (f"The draft: {shown_grade(of.inspection.cycle, of.grade)}", of.reasons),
            (f"{it.raised_by}, on the draft", it.text),
        ],
        **_of(of),
    )


def _regraded(
    request: HttpRequest, actor: Actor, it: Judgment, do: Callable[..., Judgment], **told: Any
) -> HttpResponse:
    """Ask for a grade with its reasons, beginning with those that it has."""
    return ask(
        request,
        GradeForm,
        lambda said: do(actor, it.pk, said["grade"], said["reasons"], version=said["version"]),
        choices={"grade": grade_choices(it.inspection.cycle)},
        initial={"grade": it.grade, "reasons": it.reasons},
        record=it,
        **{**_of(it), **told},
    )


def _moved(
    request: HttpRequest, actor: Actor, it: Judgment, do: Callable[..., Judgment], **told: Any
) -> HttpResponse:
    """Ask to be sure of what changes a judgment's state alone."""
    return ask(
        request,
        Asked,
        lambda said: do(actor, it.pk, version=said["version"]),
        record=it,
        **_of(it),
        **told,
    )


def _of(it: Judgment) -> dict[str, Any]:
    """What all forms on a judgment share."""
    return {
        "over": f"{str_of(it.inspection)}: {named(it)}",
        "done": reverse("judgment", args=[it.pk]),
        "back": link(named(it), "judgment", it.pk),
    }
