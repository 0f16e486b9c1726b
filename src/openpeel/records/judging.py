"""From two blind grades to a judgment that may be published. A grade is a person's, always.

Every function makes one move of `lifecycles`, in one write, told to the trail.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from openpeel import framework
from openpeel.errors import DefinitionError, FrameworkError, NotAllowed
from openpeel.records.changing import change, held
from openpeel.records.lifecycles import INSPECTION, JUDGMENT
from openpeel.records.models import (
    AccuracyPoint,
    BasedOn,
    BlindGrade,
    EvidenceRevision,
    GradeChange,
    Inspection,
    Judgment,
)
from openpeel.records.models.findings import CONCERNS
from openpeel.records.roles import Actor
from openpeel.records.trail import Writing, writing
from openpeel.reference import force


def plan(actor: Actor, force_name: str, cycle: str, *, lead: str = "") -> Inspection:
    """Plan an inspection of a force in a cycle: one judgment for each question that it grades.

    Raises NotKnown and FrameworkError for a force or cycle that is not known, NotAllowed for the
    role, or where the force has an inspection of that cycle.
    """
    it, of = force(force_name), framework.cycle(cycle)
    role = actor.must("inspection.plan", it.id)
    version = of.version_for(it.id)
    if Inspection.objects.filter(force_id=it.id, cycle=of.id).exclude(state="withdrawn").exists():
        raise NotAllowed(f"{it.name} has an inspection in {of.title} already.")
    with writing(actor) as trail:
        made = Inspection(
            force_id=it.id,
            cycle=of.id,
            framework_version=version.id if version else "",
            state=INSPECTION.start,
            lead=lead or actor.name,
        )
        made.save()
        for scope, question in graded(of, made.framework_version):
            Judgment(inspection=made, scope=scope, question=question, state=JUDGMENT.start).save()
        trail.tell("inspection.plan", made, role=role, force_id=it.id, cycle=of.id)
    return made


def graded(cycle: framework.Cycle, version: str) -> list[tuple[str, str]]:
    """What a cycle grades under a version of its framework: scope and id, pillars first."""
    pillars = [("pillar", p.id) for p in cycle.pillars if p.graded]
    questions = [
        ("question", q.id)
        for q in cycle.questions
        if q.programme == "peel" and (version in q.graded_in if version else q.graded)
    ]
    return pillars + questions


def advance(
    actor: Actor, inspection: int, move: str, *, reason: str = "", version: int | None = None
) -> Inspection:
    """Move an inspection on: begin, grade, gather-more, send, sign-off, withdraw."""
    with writing(actor) as trail:
        it = held(Inspection, inspection, version)
        state, role = INSPECTION.step(it.state, move, actor, it.force_id)
        if move in ("gather-more", "withdraw"):
            _reason(reason, f"To {move.replace('-', ' ')}")
        if move == "send":
            _all_are(it, ("agreed", "moderated", "with-force", "checked"), "agreed or moderated")
        if move == "sign-off":
            _all_are(it, ("signed-off",), "signed off")
        withdrawn = {"withdrawn_reason": reason} if move == "withdraw" else {}
        told = change(it, state=state, **withdrawn)
        trail.tell(f"inspection.{move}", it, role=role, force_id=it.force_id, reason=reason, **told)
    return it


def grade_blind(actor: Actor, judgment: int, grade: str, reasons: str) -> BlindGrade:
    """Grade a question without having seen anybody else's grade of it; once each.

    Raises FrameworkError for a grade that the cycle does not have, NotAllowed for a second grade by
    the same person, and DefinitionError without reasons.
    """
    with writing(actor) as trail:
        it = held(Judgment, judgment)
        admitted = _admitted(it, grade)
        earlier = it.blind_grades.filter(round=_round(it))
        if earlier.filter(grader=actor.name).exists():
            raise NotAllowed(f"{actor.name} has graded this already: somebody else is needed.")
        move = "first-grade" if it.state == "open" else "second-grade"
        state, role = JUDGMENT.step(it.state, move, actor, it.inspection.force_id)
        _reason(reasons, "A grade")
        made = BlindGrade(
            judgment=it, round=_round(it), grader=actor.name, grade=admitted, reasons=reasons
        )
        made.save()
        change(it, state=state)
        # The grade itself stays out of the trail until both are in: the trail is read too.
        trail.tell("judgment.grade", it, role=role, force_id=it.inspection.force_id, move=move)
    return made


def blind_grades(actor: Actor, it: Judgment) -> Sequence[BlindGrade]:
    """The blind grades that somebody may see: the own one, and all once two are in."""
    actor.must("judgment.read", it.inspection.force_id)
    mine = it.blind_grades.filter(round=_round(it)).order_by("pk")
    if it.state in ("open", "graded-once"):
        mine = mine.filter(grader=actor.name)
    return list(mine)


def agree(
    actor: Actor, judgment: int, grade: str, reason: str, *, version: int | None = None
) -> Judgment:
    """Record the graders' consensus, by one of them."""
    with writing(actor) as trail:
        it = held(Judgment, judgment, version)
        state, role = JUDGMENT.step(it.state, "agree", actor, it.inspection.force_id)
        if not it.blind_grades.filter(round=_round(it), grader=actor.name).exists():
            raise NotAllowed("The consensus is recorded by one of the two who graded.")
        _settle(trail, it, "agree", _admitted(it, grade), reason, actor, role, state)
    return it


def moderate(
    actor: Actor, judgment: int, grade: str, reason: str, *, version: int | None = None
) -> Judgment:
    """Keep or change a grade after holding it beside all other forces' of the question."""
    with writing(actor) as trail:
        it = held(Judgment, judgment, version)
        state, role = JUDGMENT.step(it.state, "moderate", actor, it.inspection.force_id)
        _settle(trail, it, "moderate", _admitted(it, grade), reason, actor, role, state)
    return it


def send(actor: Actor, judgment: int) -> Judgment:
    """Send a draft to the force for factual accuracy."""
    return _step(actor, judgment, "send")


def raise_point(actor: Actor, judgment: int, text: str) -> AccuracyPoint:
    """The force says what it thinks is wrong in the facts of a draft."""
    with writing(actor) as trail:
        it = held(Judgment, judgment)
        role = actor.must("accuracy.answer", it.inspection.force_id)
        if it.state != "with-force":
            raise NotAllowed(
                f"The judgment is '{it.state}': only one that is with the force takes points."
            )
        _reason(text, "A point")
        made = AccuracyPoint(judgment=it, text=text, raised_by=actor.name)
        made.save()
        trail.tell("accuracy.answer", made, role=role, force_id=it.inspection.force_id)
    return made


def decide_point(actor: Actor, point: int, decision: str, reason: str) -> AccuracyPoint:
    """The inspectorate accepts or declines a point, and says why."""
    if decision not in ("accepted", "declined"):
        raise NotAllowed(f"A point is accepted or declined; '{decision}' is neither.")
    with writing(actor) as trail:
        it = held(AccuracyPoint, point)
        of = it.judgment.inspection.force_id
        role = actor.must("judgment.send", of)
        _reason(reason, "A decision")
        told = change(it, decision=decision, decided_by=actor.name, decision_reason=reason)
        trail.tell("accuracy.decide", it, role=role, force_id=of, **told)
    return it


def check(actor: Actor, judgment: int) -> Judgment:
    """The force's check is over: every point of it has been decided."""
    it = Judgment.objects.get(pk=judgment)
    if it.points.filter(decision="").exists():
        raise NotAllowed("Points of the force are not decided yet.")
    return _step(actor, judgment, "check")


def sign_off(
    actor: Actor, judgment: int, *, without_concern: str = "", version: int | None = None
) -> Judgment:
    """Sign a judgment off, with the evidence that it rests on as it then stands.

    Inadequate on a scale of five asks for a cause of concern on the question, or a reason why there
    is none (`without_concern`). Raises NotAllowed where either, or any evidence, is missing.
    """
    with writing(actor) as trail:
        it = held(Judgment, judgment, version)
        state, role = JUDGMENT.step(it.state, "sign-off", actor, it.inspection.force_id)
        revisions = evidence_of(it)
        if not revisions:
            raise NotAllowed("No evidence bears on this question: a judgment rests on evidence.")
        if needs_concern(it) and not without_concern.strip():
            raise NotAllowed(
                "Inadequate asks for the cause of concern behind it, or a recorded reason why "
                "there is none."
            )
        for revision in revisions:
            BasedOn(judgment=it, revision=revision).save()
        told = change(it, state=state, without_concern_reason=without_concern)
        trail.tell(
            "judgment.sign-off",
            it,
            role=role,
            force_id=it.inspection.force_id,
            evidence=[r.sha256 for r in revisions],
            **told,
        )
    return it


def reopen(actor: Actor, judgment: int, reason: str) -> Judgment:
    """Grade a question anew, by two people who do not see each other's grades."""
    with writing(actor) as trail:
        it = held(Judgment, judgment)
        state, role = JUDGMENT.step(it.state, "reopen", actor, it.inspection.force_id)
        _reason(reason, "To reopen")
        _changed(it, "reopen", "", reason, actor)
        told = change(it, state=state, grade="")
        trail.tell(
            "judgment.reopen", it, role=role, force_id=it.inspection.force_id, reason=reason, **told
        )
    return it


def evidence_of(it: Judgment) -> list[EvidenceRevision]:
    """The newest revisions of the evidence that bears on a judgment's question, not withdrawn."""
    found = EvidenceRevision.objects.filter(
        evidence__inspection=it.inspection,
        evidence__withdrawn_reason="",
        bearings__question=it.question,
    ).distinct()
    return [r for r in found.select_related("evidence") if r == r.evidence.newest]


def needs_concern(it: Judgment) -> bool:
    """Whether a judgment asks for a cause of concern that is not there."""
    scale = framework.cycle(it.inspection.cycle).grades
    if len(scale) < 5 or it.grade != scale[-1].id:
        return False
    return not it.inspection.findings.filter(kind__in=CONCERNS, question=it.question).exists()


@dataclass(frozen=True)
class Agreement:
    """How well two blind grades agreed over judgments: `kappa` is None under two of them."""

    judgments: int
    same: int
    kappa: float | None


def agreement(cycle: str) -> Agreement:
    """How well the blind grades of a cycle agreed, quadratic-weighted (Cohen 1968)."""
    from openpeel.signals.agreement import weighted_kappa

    scale = [g.id for g in framework.cycle(cycle).grades]
    pairs: list[tuple[int, int]] = []
    for it in Judgment.objects.filter(inspection__cycle=cycle).prefetch_related("blind_grades"):
        both = [g.grade for g in it.blind_grades.all() if g.round == _round(it)]
        if len(both) == 2 and set(both) <= set(scale):
            pairs.append((scale.index(both[0]), scale.index(both[1])))
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    known = len(pairs) > 1 and len(set(first + second)) > 1
    kappa = weighted_kappa(first, second, len(scale), power=2) if known else None
    return Agreement(len(pairs), sum(a == b for a, b in pairs), kappa)


def _step(actor: Actor, judgment: int, move: str) -> Judgment:
    with writing(actor) as trail:
        it = held(Judgment, judgment)
        state, role = JUDGMENT.step(it.state, move, actor, it.inspection.force_id)
        told = change(it, state=state)
        trail.tell(f"judgment.{move}", it, role=role, force_id=it.inspection.force_id, **told)
    return it


def _settle(
    trail: Writing,
    it: Judgment,
    step: str,
    grade: str,
    reason: str,
    actor: Actor,
    role: str,
    state: str,
) -> None:
    """Set a judgment's grade, keeping the one before, the one after and the reason."""
    _reason(reason, "A grade")
    _changed(it, step, grade, reason, actor)
    told = change(it, state=state, grade=grade, reasons=reason)
    trail.tell(
        f"judgment.{step}", it, role=role, force_id=it.inspection.force_id, reason=reason, **told
    )


def _changed(it: Judgment, step: str, after: str, reason: str, actor: Actor) -> None:
    GradeChange(
        judgment=it, step=step, before=it.grade, after=after, reason=reason, by=actor.name
    ).save()


def _admitted(it: Judgment, grade: str) -> str:
    """The id of a grade that the cycle's framework has for the question."""
    admitted = framework.admit(it.inspection.cycle, it.scope, it.question, grade).grade_id
    if admitted == framework.NOT_YET_GRADED.id:
        raise FrameworkError("'Not yet graded' is what a judgment is before it has a grade.")
    return admitted


def _round(it: Judgment) -> int:
    """Which round of blind grades is on: one more than how often it was reopened."""
    return 1 + it.changes.filter(step="reopen").count()


def _all_are(it: Inspection, states: tuple[str, ...], what: str) -> None:
    left = [j.question for j in it.judgments.exclude(state__in=states)]
    if left:
        raise NotAllowed(f"Not every judgment is {what}: {', '.join(left)}.")


def _reason(text: str, what: str) -> None:
    if not text.strip():
        raise DefinitionError(f"{what} needs a reason, in words.")
