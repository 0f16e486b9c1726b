"""Judgments: two grades that do not see each other, a consensus, and what follows to sign-off."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from openpeel.records import weighing
from openpeel.records.lifecycles import JUDGMENT
from openpeel.records.models import BlindGrade, Judgment
from openpeel.records.roles import Actor
from openpeel.web.access import Of, page
from openpeel.web.pages import Link, Page, Section, Table, by_weight, link, show, state
from openpeel.web.views.inspections import str_of
from openpeel.web.words import cycle_name, grade_name, on, question_name, shown_grade, step_name

JUDGMENT_OF = Of(Judgment, "inspection__force_id")
_ASKED = {
    "first-grade": ("Grade it", "judgment-grade"),
    "second-grade": ("Grade it", "judgment-grade"),
    "agree": ("Record the consensus", "judgment-agree"),
    "moderate": ("Moderate it", "judgment-moderate"),
    "send": ("Send the draft to the force", "judgment-send"),
    "check": ("End the force's check", "judgment-check"),
    "sign-off": ("Sign it off", "judgment-sign-off"),
    "reopen": ("Have it graded anew", "judgment-reopen"),
    "carry-over": ("Carry an earlier grade over", "judgment-carry-over"),
    "correct": ("Correct the grade", "judgment-correct"),
}

_NO_CHANGE = "No grade has been agreed yet."
_NO_POINT = "The force has raised none."
_NO_EVIDENCE = "No evidence bears on it yet."
_SECOND = ("reopen", "carry-over", "correct")


def named(it: Judgment) -> str:
    """What a judgment is of: its question's name."""
    return question_name(it.inspection.cycle, it.question)


@page("judgment.read", of=JUDGMENT_OF, told=True)
def judgment(request: HttpRequest, actor: Actor, it: Judgment) -> HttpResponse:
    """A judgment: where it stands, its evidence, its grades and how they came to be."""
    of = it.inspection
    grades = weighing.blind_grades(actor, it)
    facts: list[tuple[str, Any]] = [
        ("State", state(it.state)),
        ("What that means", JUDGMENT.states[it.state]),
        ("Grade", shown_grade(of.cycle, it.grade) or "none yet"),
    ]
    if it.result_status == "carried-over":
        facts.append(("Carried over from", cycle_name(it.carried_from) or "an earlier cycle"))
    if it.without_concern_reason:
        facts.append(("Why no cause of concern", it.without_concern_reason))
    sections = [
        Section(facts=facts, quotes=[("Reasons", it.reasons)] if it.reasons else []),
        Section("Grades given unseen", quotes=both_grades(it, grades), texts=_waiting(it, grades)),
        Section("How the grade came to be", table=_changes(it)),
        Section("The force's points on the facts", table=_points(actor, it)),
    ]
    if of_it := weighing.under(it):
        sections.insert(1, Section("Its questions", table=_questions(of_it)))
    if actor.may("evidence.read", of.force_id):
        sections.insert(1, Section("Evidence that bears on it", table=_evidence(it)))
    back = link("The inspection", "inspection", of.pk)
    actions, texts = _offered(actor, it)
    made = Page(named(it), sections, str_of(of), back, texts, actions)
    return show(request, made)


def both_grades(it: Judgment, grades: list[BlindGrade]) -> list[tuple[str, str]]:
    """Blind grades with their reasons, as a page quotes them."""
    return [(f"{g.grader}: {grade_name(it.inspection.cycle, g.grade)}", g.reasons) for g in grades]


def _waiting(it: Judgment, grades: list[BlindGrade]) -> list[str]:
    if it.state == "open":
        return ["Nobody has graded it yet in this round."]
    if it.state == "graded-once":
        return ["One person has graded it. Both grades are shown when two are in."]
    return [] if grades else ["None was given here: the grade was taken over or carried over."]


def _offered(actor: Actor, it: Judgment) -> tuple[list[Link], list[str]]:
    """What somebody can do now, the next step first; and what the rest waits for."""
    actions, waits = [], []
    for move in JUDGMENT.allowed(it.state, actor, it.inspection.force_id):
        if move.name not in _ASKED:
            continue
        if move.name == "carry-over" and not weighing.earlier_cycles(it):
            continue
        if left := weighing.waits_for(actor, it, move.name):
            waits.append(left)
            continue
        told, to = _ASKED[move.name]
        again = move.name == "moderate" and it.state != "agreed"
        second = again or move.name in _SECOND
        actions.append(link(told, to, it.pk, weight="second" if second else ""))
    return by_weight(actions), list(dict.fromkeys(waits))


def _questions(of_it: list[Judgment]) -> Table:
    """The judgments of a pillar's questions: its own is made beside them, not from them."""
    rows = [
        (
            link(named(j), "judgment", j.pk),
            state(j.state),
            shown_grade(j.inspection.cycle, j.grade) or "none yet",
        )
        for j in of_it
    ]
    return Table("Questions of the pillar", ("Question", "State", "Grade"), rows)


def _changes(it: Judgment) -> Table:
    cycle = it.inspection.cycle
    rows = [
        (
            step_name(c.step),
            grade_name(cycle, c.before) if c.before else "none",
            grade_name(cycle, c.after) if c.after else "none",
            c.reason,
            f"{c.by}, {on(c.created_at)}",
        )
        for c in it.changes.order_by("pk")
    ]
    return Table(
        "Changes of the grade", ("Step", "Before", "After", "Why", "By"), rows, none=_NO_CHANGE
    )


def _points(actor: Actor, it: Judgment) -> Table:
    may = actor.may("judgment.send", it.inspection.force_id)
    rows = [
        (
            p.text,
            p.raised_by,
            state(p.decision)
            if p.decision
            else (link("Decide it", "point-decide", p.pk) if may else "not decided"),
            p.decision_reason,
        )
        for p in it.points.order_by("pk")
    ]
    return Table("Points", ("Point", "By", "Decision", "Why"), rows, none=_NO_POINT)


def _evidence(it: Judgment) -> Table:
    rows = []
    for revision in weighing.evidence_of(it):
        stances = {b.get_stance_display() for b in revision.bearings.all()}
        rows.append(
            (
                link(revision.evidence.title, "evidence", revision.evidence_id),
                revision.evidence.get_kind_display(),
                ", ".join(sorted(stances)),
                revision.get_confidence_display(),
            )
        )
    return Table(
        "Evidence", ("Evidence", "Kind", "For or against", "How sure"), rows, none=_NO_EVIDENCE
    )
