"""What a judgment is weighed with: its evidence, its questions, other forces', agreement.

And what it waits for: what pages offer and what moves are refused is asked here alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from openpeel import framework
from openpeel.errors import FrameworkError, NotComparable
from openpeel.records.lifecycles import JUDGMENT
from openpeel.records.models import (
    Bearing,
    BlindGrade,
    EvidenceRevision,
    GradeChange,
    Inspection,
    Judgment,
)
from openpeel.records.models.findings import CONCERNS
from openpeel.records.roles import Actor
from openpeel.records.seeing import BLIND, may, seen
from openpeel.records.trail import read, seal

PROPOSED = ("agreed", "moderated", "with-force", "checked", "signed-off")
"""States in which a judgment has a grade that was not published yet."""
SETTLED = (*PROPOSED, "published", "corrected")
"""States in which a judgment has a grade that two people agreed, or that was carried over."""
_AT_WORK = ("grading", "with-force")
"""States of an inspection in which its grades come about."""
_OF_ALL = {"send": (SETTLED, "agreed"), "sign-off": (("signed-off",), "signed off")}
"""What each judgment has to be for a move of its inspection: the states, and in words."""
_OF = "inspection__force_id"


def graded(cycle: framework.Cycle, version: str) -> list[tuple[str, str]]:
    """What a cycle grades under a version of its framework: scope and id, pillars first."""
    pillars = [("pillar", p.id) for p in cycle.pillars if p.graded]
    questions = [
        ("question", q.id)
        for q in cycle.questions
        if q.programme == "peel" and (version in q.graded_in if version else q.graded)
    ]
    return pillars + questions


def seal_of(change: GradeChange) -> str:
    """The seal of a change of grade, by which the trail knows it without telling it."""
    return seal((change.before, change.after, change.reason, change.by), change.subject)


def round_of(it: Judgment) -> int:
    """Which round of blind grades is on: one more than how often it was reopened."""
    return 1 + [c.step for c in it.changes.all()].count("reopen")


def graders(it: Judgment) -> list[str]:
    """Who has given a blind grade in this round."""
    return [g.grader for g in it.blind_grades.all() if g.round == round_of(it)]


def blind_grades(actor: Actor, it: Judgment) -> list[BlindGrade]:
    """The blind grades of this round that somebody may see: the own one, all once two are in."""
    actor.must("judgment.read", it.inspection.force_id)
    mine = seen(actor, BlindGrade).filter(judgment=it, round=round_of(it))
    return list(mine.order_by("pk"))


def standing(of: Inspection) -> QuerySet[EvidenceRevision]:
    """What an inspection's evidence says now: the newest revision of each piece not withdrawn."""
    newest = EvidenceRevision.objects.filter(evidence=OuterRef("evidence")).order_by("-number")
    found = EvidenceRevision.objects.filter(pk=Subquery(newest.values("pk")[:1]))
    found = found.filter(evidence__inspection=of, evidence__withdrawn_reason="")
    return found.select_related("evidence")


def evidence_of(it: Judgment) -> list[EvidenceRevision]:
    """The evidence that bears on what is judged, as it stands: with those `bearings` alone that do.

    On a pillar bears what bears on any of its questions.
    """
    on_it = Bearing.objects.filter(question__in=[it.question, *_questions(it)])
    found = standing(it.inspection).filter(pk__in=on_it.values("revision"))
    return list(found.prefetch_related(Prefetch("bearings", on_it)))


def under(it: Judgment) -> list[Judgment]:
    """The judgments of a pillar's questions, in the framework's order; none under a question.

    They are held beside the pillar's own judgment. Nothing is computed from them.
    """
    order = _questions(it)
    found = it.inspection.judgments.filter(scope="question", question__in=order)
    return sorted(found, key=lambda j: order.index(j.question))


def earlier_cycles(it: Judgment) -> list[framework.Cycle]:
    """The cycles before whose grade of what is judged may be carried over, the newest first."""
    before = [c for c in reversed(framework.cycles()) if c.id < it.inspection.cycle]
    return [c for c in before if _comparable(c, it)]


def needs_concern(it: Judgment) -> bool:
    """Whether a judgment asks for a cause of concern that is not there."""
    scale = framework.cycle(it.inspection.cycle).grades
    if len(scale) < 5 or it.grade != scale[-1].id:
        return False
    concerns = it.inspection.findings.filter(
        kind__in=CONCERNS, question__in=[it.question, *_questions(it)]
    )
    return not concerns.exclude(addressed__verified_state="withdrawn").exists()


def waits_for(actor: Actor, it: Judgment, move: str) -> str:
    """What somebody's move of a judgment waits for besides its state and the role, in words.

    '' where it waits for nothing.
    """
    if move == "correct":
        return ""
    if it.inspection.state not in _AT_WORK:
        return (
            f"The inspection is '{it.inspection.state}': its judgments are worked on while it is "
            "'grading' or 'with-force'."
        )
    if move in ("first-grade", "second-grade"):
        if actor.name in graders(it):
            return f"{actor.name} has graded this already: somebody else is needed."
        left = _named(j for j in under(it) if j.state not in SETTLED)
        return f"A pillar is graded after its questions; left: {left}." if left else ""
    if move == "agree" and actor.name not in graders(it):
        return "The consensus is recorded by one of the two who graded."
    if move == "check" and it.points.filter(decision="").exists():
        return "Points of the force are not decided yet."
    if move == "sign-off":
        left = _named(j for j in under(it) if j.state != "signed-off")
        if left:
            return f"A pillar is signed off after its questions; left: {left}."
        if not evidence_of(it):
            return "No evidence bears on this question: a judgment rests on evidence."
    return ""


def all_wait_for(it: Inspection, move: str) -> str:
    """What a move of an inspection waits for in its judgments, in words; '' where nothing."""
    if move not in _OF_ALL:
        return ""
    states, told = _OF_ALL[move]
    left = _named(it.judgments.exclude(state__in=states))
    return f"Not every judgment is {told} yet; left: {left}." if left else ""


def moderation_rows(actor: Actor, cycle: str, question: str) -> list[dict[str, Any]]:
    """All forces' grades of one question side by side, with how each came to be.

    A grade is there from the consensus on; `may` says whether this actor may change it now. JSON's
    types only; the trail is told of the reading.
    """
    role = actor.must("judgment.moderate")
    of = framework.cycle(cycle)
    subject = of.subject(question).id
    found = (
        seen(actor, Judgment)
        # Whoever checks the facts for a force sees its draft, and not how it came to be.
        .filter(may(actor, "judgment.read", _OF), inspection__cycle=of.id, question=subject)
        .exclude(inspection__state="withdrawn")
        .select_related("inspection")
        .prefetch_related("changes")
        .order_by("inspection__force_id", "scope")
    )
    rows = [
        {
            "judgment": it.pk,
            "version": it.version,
            "force": it.inspection.force_id,
            "scope": it.scope,
            "state": it.state,
            "grade": it.grade,
            "reasons": it.reasons,
            "may": _may_moderate(actor, it),
            "changes": [
                {
                    "step": c.step,
                    "before": c.before,
                    "after": c.after,
                    "reason": c.reason,
                    "by": c.by,
                }
                for c in sorted(it.changes.all(), key=lambda c: c.pk)
            ],
        }
        for it in found
    ]
    read(actor, f"moderation:{of.id}:{subject}", role=role)
    return rows


@dataclass(frozen=True)
class Agreement:
    """How well two blind grades agreed over judgments: `kappa` is None under two of them."""

    judgments: int
    same: int
    kappa: float | None


def agreement(actor: Actor, cycle: str) -> Agreement:
    """How well the blind grades of a cycle agreed, quadratic-weighted (Cohen 1968).

    Of the forces that somebody sees, and of judgments alone for which two grades are in.
    """
    from openpeel.signals.agreement import weighted_kappa

    actor.must("judgment.read")
    scale = [g.id for g in framework.cycle(cycle).grades]
    pairs: list[tuple[int, int]] = []
    found = seen(actor, Judgment).filter(may(actor, "judgment.read", _OF))
    found = found.filter(inspection__cycle=cycle).exclude(state__in=BLIND)
    for it in found.prefetch_related("blind_grades", "changes"):
        both = [g.grade for g in it.blind_grades.all() if g.round == round_of(it)]
        if len(both) == 2 and set(both) <= set(scale):
            pairs.append((scale.index(both[0]), scale.index(both[1])))
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    known = len(pairs) > 1 and len(set(first + second)) > 1
    kappa = weighted_kappa(first, second, len(scale), power=2) if known else None
    return Agreement(len(pairs), sum(a == b for a, b in pairs), kappa)


def _questions(it: Judgment) -> list[str]:
    if it.scope != "pillar":
        return []
    return [q.id for q in framework.cycle(it.inspection.cycle).questions_of(it.question)]


def _comparable(one: framework.Cycle, it: Judgment) -> bool:
    """Whether a cycle's grade of what is judged may be set beside this one."""
    try:
        framework.compare(one.id, it.inspection.cycle, it.question)
    except (NotComparable, FrameworkError):
        return False
    return True


def _may_moderate(actor: Actor, it: Judgment) -> bool:
    """Whether somebody may change a grade by moderation, as things stand."""
    allowed = JUDGMENT.allowed(it.state, actor, it.inspection.force_id)
    return any(m.name == "moderate" for m in allowed) and not waits_for(actor, it, "moderate")


def _named(found: Iterable[Judgment]) -> str:
    """The names of what judgments are of."""
    return "; ".join(framework.cycle(j.inspection.cycle).subject(j.question).name for j in found)
