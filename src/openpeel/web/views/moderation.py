"""Moderation: all forces' proposed grades and reasons for one question, side by side."""

from django.http import Http404, HttpRequest, HttpResponse

from openpeel import framework
from openpeel.errors import OpenpeelError
from openpeel.records.models import Judgment
from openpeel.records.roles import Actor
from openpeel.records.seeing import may, seen
from openpeel.records.weighing import PROPOSED, moderation_rows
from openpeel.web.access import page
from openpeel.web.pages import Page, Section, Table, link, show, state
from openpeel.web.words import cycle_name, force_name, grade_name, question_name, step_name


@page("judgment.moderate")
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The questions for which some force has a proposed grade."""
    mine = may(actor, "judgment.moderate", "inspection__force_id")
    found = seen(actor, Judgment).filter(mine, state__in=PROPOSED)
    found = found.exclude(inspection__state="withdrawn")
    counted: dict[tuple[str, str], list[int]] = {}
    for it in found.select_related("inspection"):
        counts = counted.setdefault((it.inspection.cycle, it.question), [0, 0])
        counts[0] += 1
        counts[1] += it.state == "agreed"
    rows = [
        (
            link(question_name(cycle, question), "moderation-question", cycle, question),
            cycle_name(cycle),
            str(forces),
            str(waiting),
        )
        for (cycle, question), (forces, waiting) in sorted(counted.items(), reverse=True)
    ]
    table = Table("Questions", ("Question", "Cycle", "Forces", "Not moderated yet"), rows)
    return show(request, Page("Moderation", [Section(table=table)]))


@page("judgment.moderate")
def question(request: HttpRequest, actor: Actor, cycle: str, question: str) -> HttpResponse:
    """All forces' grades of one question, by the name of the force: never ranked."""
    try:
        of = framework.cycle(cycle)
        subject = of.subject(question)
    except OpenpeelError as error:
        raise Http404 from error
    rows = [
        (
            link(force_name(row["force"]), "judgment", row["judgment"]),
            grade_name(of.id, row["grade"]),
            row["reasons"],
            [_told(of.id, change) for change in row["changes"]],
            state(row["state"]),
            link("Moderate", "judgment-moderate", row["judgment"]) if row["may"] else "",
        )
        for row in moderation_rows(actor, of.id, subject.id)
        if row["grade"]
    ]
    heads = ("Force", "Proposed grade", "Reasons", "How it came to be", "State", "Change")
    table = Table(f"All forces: {subject.name}", heads, rows)
    back = link("Moderation", "moderation")
    return show(request, Page(subject.name, [Section(table=table)], of.title, back))


def _told(cycle: str, change: dict[str, str]) -> str:
    """A change of a grade on one line."""
    before, after = (grade_name(cycle, change[side]) or "none" for side in ("before", "after"))
    return f"{step_name(change['step'])}: {before} to {after} ({change['by']})"
