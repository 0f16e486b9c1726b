"""The force's check of drafts for factual accuracy: the drafts that are with it, and no others."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.records.judging import raise_point
from openpeel.records.models import Judgment
from openpeel.records.roles import Actor
from openpeel.records.seeing import may, seen
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, ask, lines
from openpeel.web.pages import Page, Section, Table, link, show, state
from openpeel.web.views.inspections import str_of
from openpeel.web.views.judgments import named
from openpeel.web.words import cycle_name, shown_grade

WITH_FORCE = Q(state="with-force") & ~Q(inspection__state="withdrawn")
CHECK_OF = Of(Judgment, "inspection__force_id", WITH_FORCE)


@page("accuracy.answer")
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The drafts that are with the force."""
    mine = may(actor, "accuracy.answer", "inspection__force_id")
    found = seen(actor, Judgment).filter(mine, WITH_FORCE).select_related("inspection")
    rows = [
        (link(named(j), "check", j.pk), cycle_name(j.inspection.cycle), str(j.raised))
        for j in found.annotate(raised=Count("points"))
    ]
    table = Table("Drafts", ("Question", "Cycle", "Points so far"), rows, none="No draft is here.")
    texts = ["Say what is wrong in the facts. The grade is the inspectorate's."]
    return show(request, Page("Factual accuracy", [Section(table=table)], texts=texts))


@page("accuracy.answer", of=CHECK_OF, told=True)
def check(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """A draft that is with the force, with its points."""
    grade = shown_grade(it.inspection.cycle, it.grade)
    rows = [
        (
            p.text,
            p.raised_by,
            state(p.decision) if p.decision else "not decided yet",
            p.decision_reason,
        )
        for p in it.points.order_by("pk")
    ]
    points = Table(
        "Points", ("Point", "By", "Decision", "Why"), rows, none="No point is raised yet."
    )
    sections = [
        Section("The draft", quotes=[(f"Draft grade: {grade}", it.reasons)]),
        Section("Points on the facts", table=points),
    ]
    made = Page(
        named(it),
        sections,
        str_of(it.inspection),
        link("Factual accuracy", "checks"),
        actions=[link("Raise a point", "point-raise", it.pk)],
    )
    return show(request, made)


class PointForm(Asked):
    """A point on the facts."""

    text = lines("What is wrong in the facts", "Name the sentence, and say what is right and why.")


@page("accuracy.answer", of=CHECK_OF)
def raised(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """Raise a point on the facts of a draft."""
    return ask(
        request,
        PointForm,
        lambda said: raise_point(actor, it.pk, said["text"]),
        title="Raise a point",
        over=f"{str_of(it.inspection)}: {named(it)}",
        said="The point was sent to the inspectorate.",
        done=reverse("check", args=[it.pk]),
        back=link(named(it), "check", it.pk),
    )
