"""What a judgment is weighed with: its evidence, its questions, other forces', agreement."""

from dataclasses import dataclass
from typing import Any

from openpeel import framework
from openpeel.records.models import BlindGrade, EvidenceRevision, GradeChange, Judgment
from openpeel.records.models.findings import CONCERNS
from openpeel.records.roles import Actor
from openpeel.records.seeing import BLIND, seen
from openpeel.records.trail import read, seal

SETTLED = (
    "agreed",
    "moderated",
    "with-force",
    "checked",
    "signed-off",
    "published",
    "corrected",
)
"""States in which a judgment has a grade that two people agreed, or that was carried over."""


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
    """The checksum of a change of grade, by which the trail knows it without telling it."""
    return seal((change.pk, change.before, change.after, change.reason, change.by))


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


def evidence_of(it: Judgment) -> list[EvidenceRevision]:
    """The newest revisions of the evidence that bears on what is judged, not withdrawn.

    On a pillar bears what bears on any of its questions.
    """
    found = EvidenceRevision.objects.filter(
        evidence__inspection=it.inspection,
        evidence__withdrawn_reason="",
        bearings__question__in=[it.question, *_questions(it)],
    ).distinct()
    return [r for r in found.select_related("evidence") if r == r.evidence.newest]


def under(it: Judgment) -> list[Judgment]:
    """The judgments of a pillar's questions, in the framework's order; none under a question.

    They are held beside the pillar's own judgment. Nothing is computed from them.
    """
    order = _questions(it)
    found = it.inspection.judgments.filter(scope="question", question__in=order)
    return sorted(found, key=lambda j: order.index(j.question))


def needs_concern(it: Judgment) -> bool:
    """Whether a judgment asks for a cause of concern that is not there."""
    scale = framework.cycle(it.inspection.cycle).grades
    if len(scale) < 5 or it.grade != scale[-1].id:
        return False
    concerns = it.inspection.findings.filter(
        kind__in=CONCERNS, question__in=[it.question, *_questions(it)]
    )
    return not concerns.exclude(addressed__verified_state="withdrawn").exists()


def moderation_rows(actor: Actor, cycle: str, question: str) -> list[dict[str, Any]]:
    """All forces' grades of one question side by side, with how each came to be.

    A grade is there from the consensus on. JSON's types only; the trail is told of the reading.
    """
    role = actor.must("judgment.moderate")
    of = framework.cycle(cycle)
    subject = of.subject(question).id
    found = (
        seen(actor, Judgment)
        .filter(inspection__cycle=of.id, question=subject)
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
        # Whoever checks the facts for a force sees its draft, and not how it came to be.
        if actor.may("judgment.read", it.inspection.force_id)
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
    found = seen(actor, Judgment).filter(inspection__cycle=cycle).exclude(state__in=BLIND)
    for it in found.select_related("inspection").prefetch_related("blind_grades", "changes"):
        if not actor.may("judgment.read", it.inspection.force_id):
            continue
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
