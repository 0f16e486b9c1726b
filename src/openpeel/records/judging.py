"""From two blind grades to a judgment that may be published. A grade is a person's, always.

Every function makes one move of `lifecycles`, in one write, told to the trail.
"""

from datetime import date

from openpeel import framework
from openpeel.errors import DefinitionError, FrameworkError, NotAllowed
from openpeel.records.changing import change, held, in_words
from openpeel.records.fieldwork import in_order
from openpeel.records.gathering import take_in_submitted
from openpeel.records.lifecycles import INSPECTION, JUDGMENT
from openpeel.records.models import (
    AccuracyPoint,
    BasedOn,
    BlindGrade,
    GradeChange,
    Inspection,
    Judgment,
)
from openpeel.records.roles import Actor
from openpeel.records.trail import Writing, writing
from openpeel.records.weighing import (
    all_wait_for,
    evidence_of,
    graded,
    needs_concern,
    round_of,
    seal_of,
    waits_for,
)
from openpeel.reference import force

_UNREASONED = "A grade needs a reason, in words."


def plan(
    actor: Actor,
    force_name: str,
    cycle: str,
    *,
    lead: str = "",
    begins: date | None = None,
    ends: date | None = None,
) -> Inspection:
    """Plan an inspection of a force in a cycle: one judgment for each question that it grades.

    `begins` and `ends` are the days of fieldwork, as far as they are known. Raises NotKnown and
    FrameworkError for a force or cycle that is not known, NotAllowed for the role, or where the
    force has an inspection of that cycle, DefinitionError for fieldwork that ends before it begins.
    """
    it, of = force(force_name), framework.cycle(cycle)
    in_order(begins, ends)
    role = actor.must("inspection.plan", it.id)
    version = of.version_for(it.id)
    with writing(actor) as trail:
        there = Inspection.objects.filter(force_id=it.id, cycle=of.id).exclude(state="withdrawn")
        if there.exists():
            raise NotAllowed(f"{it.name} has an inspection in {of.title} already.")
        made = Inspection(
            force_id=it.id,
            cycle=of.id,
            framework_version=version.id if version else "",
            state=INSPECTION.start,
            fieldwork_begins=begins,
            fieldwork_ends=ends,
            lead=lead or actor.name,
        )
        made.save()
        for scope, question in graded(of, made.framework_version):
            Judgment(inspection=made, scope=scope, question=question, state=JUDGMENT.start).save()
        trail.tell("inspection.plan", made, role=role, force_id=it.id, cycle=of.id)
        take_in_submitted(made)
    return made


def advance(
    actor: Actor, inspection: int, move: str, *, reason: str = "", version: int | None = None
) -> Inspection:
    """Move an inspection on: begin, grade, gather-more, send, sign-off, withdraw.

    To send it sends each draft that the force does not have yet. It is published, corrected and
    retracted by `openpeel.records.publishing` alone.
    """
    with writing(actor) as trail:
        it = held(actor, Inspection, inspection, version)
        state, role = INSPECTION.step(it.state, move, actor, it.force_id)
        if move in ("publish", "correct", "retract"):
            raise NotAllowed(f"An inspection's move '{move}' is made by publishing.")
        if move in ("gather-more", "withdraw"):
            reason = in_words(reason, f"To {move.replace('-', ' ')} needs a reason, in words.")
        if left := all_wait_for(it, move):
            raise NotAllowed(left)
        if move == "send":
            for draft in it.judgments.filter(state__in=JUDGMENT.move("send").sources):
                _move_on(actor, draft.pk, "send", None)
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
        it = held(actor, Judgment, judgment)
        move = "first-grade" if it.state == "open" else "second-grade"
        state, role = _step(actor, it, move)
        made = BlindGrade(
            judgment=it,
            round=round_of(it),
            grader=actor.name,
            grade=_admitted(it, grade),
            reasons=in_words(reasons, _UNREASONED),
        )
        made.save()
        change(it, state=state)
        # The grade itself stays out of the trail until both are in: the trail is read too.
        trail.tell("judgment.grade", it, role=role, force_id=it.inspection.force_id, move=move)
    return made


def carry_over(
    actor: Actor, judgment: int, grade: str, cycle: str, reason: str, *, version: int | None = None
) -> Judgment:
    """Let the grade of an earlier cycle stand for a question that is not inspected in this one.

    Raises NotComparable where the framework does not let the two cycles' grades of the question be
    set side by side, and FrameworkError for a grade that either does not have.
    """
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = _step(actor, it, "carry-over")
        earlier = framework.cycle(cycle)
        framework.compare(earlier.id, it.inspection.cycle, it.question)
        admitted = framework.admit(earlier, it.scope, it.question, grade).grade_id
        if earlier.id >= it.inspection.cycle or admitted != _admitted(it, grade):
            raise DefinitionError("A grade is carried over from a cycle before this one.")
        _settle(trail, it, "carry-over", admitted, reason, role, state)
        change(it, result_status="carried-over", carried_from=earlier.id)
    return it


def agree(
    actor: Actor, judgment: int, grade: str, reason: str, *, version: int | None = None
) -> Judgment:
    """Record the graders' consensus, by one of them."""
    return _regrade(actor, judgment, "agree", grade, reason, version)


def moderate(
    actor: Actor, judgment: int, grade: str, reason: str, *, version: int | None = None
) -> Judgment:
    """Keep or change a grade after holding it beside all other forces' of the question."""
    return _regrade(actor, judgment, "moderate", grade, reason, version)


def send(actor: Actor, judgment: int, *, version: int | None = None) -> Judgment:
    """Send a draft to the force for factual accuracy."""
    return _move_on(actor, judgment, "send", version)


def raise_point(actor: Actor, judgment: int, text: str) -> AccuracyPoint:
    """The force says what it thinks is wrong in the facts of a draft."""
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment)
        role = actor.must("accuracy.answer", it.inspection.force_id)
        if it.state != "with-force":
            raise NotAllowed(
                f"The judgment is '{it.state}': only one that is with the force takes points."
            )
        text = in_words(text, "A point needs a reason, in words.")
        made = AccuracyPoint(judgment=it, text=text, raised_by=actor.name)
        made.save()
        trail.tell("accuracy.answer", made, role=role, force_id=it.inspection.force_id)
    return made


def decide_point(
    actor: Actor, point: int, decision: str, reason: str, *, version: int | None = None
) -> AccuracyPoint:
    """The inspectorate accepts or declines a point, and says why."""
    with writing(actor) as trail:
        it = held(actor, AccuracyPoint, point, version)
        of = it.judgment.inspection.force_id
        role = actor.must("judgment.send", of)
        if decision not in ("accepted", "declined"):
            raise DefinitionError(f"A point is accepted or declined; '{decision}' is neither.")
        if it.judgment.state != "with-force":
            raise NotAllowed(f"The judgment is '{it.judgment.state}': its points are decided.")
        reason = in_words(reason, "A decision needs a reason, in words.")
        told = change(it, decision=decision, decided_by=actor.name, decision_reason=reason)
        trail.tell("accuracy.decide", it, role=role, force_id=of, decision=told.get("decision"))
    return it


def check(actor: Actor, judgment: int, *, version: int | None = None) -> Judgment:
    """The force's check is over: every point of it has been decided."""
    return _move_on(actor, judgment, "check", version)


def sign_off(
    actor: Actor, judgment: int, *, without_concern: str = "", version: int | None = None
) -> Judgment:
    """Sign a judgment off, with the evidence that it rests on as it then stands.

    Inadequate on a scale of five asks for a cause of concern on the question, or a reason why there
    is none (`without_concern`). Raises NotAllowed where either, or any evidence, is missing.
    """
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = _step(actor, it, "sign-off")
        if needs_concern(it) and not without_concern.strip():
            raise NotAllowed(
                "Inadequate asks for the cause of concern behind it, or a recorded reason why "
                "there is none."
            )
        revisions = evidence_of(it)
        for revision in revisions:
            BasedOn(judgment=it, round=round_of(it), revision=revision).save()
        told = change(it, state=state, without_concern_reason=without_concern)
        of, rests = it.inspection.force_id, [r.sha256 for r in revisions]
        # That there is a reason to tell of no concern would tell the grade.
        moved = {"evidence": rests, "state": told["state"]}
        trail.tell("judgment.sign-off", it, role=role, force_id=of, **moved)
    return it


def reopen(actor: Actor, judgment: int, reason: str, *, version: int | None = None) -> Judgment:
    """Grade a question anew, by two people who do not see each other's grades."""
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = _step(actor, it, "reopen")
        reason = in_words(reason, "To reopen needs a reason, in words.")
        seal, before = _changed(it, "reopen", "", reason, actor), it.state
        change(it, state=state, grade="", reasons="", result_status="inspected", carried_from="")
        of = it.inspection.force_id
        trail.tell("judgment.reopen", it, role=role, force_id=of, state=[before, state], seal=seal)
    return it


def correct_grade(
    actor: Actor, judgment: int, grade: str, reason: str, *, version: int | None = None
) -> Judgment:
    """Change what was published, or grade what was not graded then, with a reason.

    It is shown once the correction is published: `openpeel.records.publishing.correct`.
    """
    return _regrade(actor, judgment, "correct", grade, reason, version)


def _step(actor: Actor, it: Judgment, move: str) -> tuple[str, str]:
    """The state that a move leads to and the role, where nothing is in its way."""
    step = JUDGMENT.step(it.state, move, actor, it.inspection.force_id)
    if left := waits_for(actor, it, move):
        raise NotAllowed(left)
    return step


def _move_on(actor: Actor, judgment: int, move: str, version: int | None) -> Judgment:
    """Make a move that changes a judgment's state alone."""
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = _step(actor, it, move)
        told = change(it, state=state)
        trail.tell(f"judgment.{move}", it, role=role, force_id=it.inspection.force_id, **told)
    return it


def _regrade(
    actor: Actor, judgment: int, move: str, grade: str, reason: str, version: int | None
) -> Judgment:
    """Make a move that gives a judgment a grade."""
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = _step(actor, it, move)
        _settle(trail, it, move, _admitted(it, grade), reason, role, state)
    return it


def _settle(
    trail: Writing, it: Judgment, step: str, grade: str, reason: str, role: str, state: str
) -> None:
    """Set a judgment's grade, keeping the one before, the one after and the reason.

    The trail is told of a checksum of them, not of a draft's grade: the trail is read too.
    """
    reason = in_words(reason, _UNREASONED)
    seal = _changed(it, step, grade, reason, trail.actor)
    before = it.state
    change(it, state=state, grade=grade, reasons=reason)
    of = it.inspection.force_id
    trail.tell(f"judgment.{step}", it, role=role, force_id=of, state=[before, state], seal=seal)


def _changed(it: Judgment, step: str, after: str, reason: str, actor: Actor) -> str:
    made = GradeChange(
        judgment=it, step=step, before=it.grade, after=after, reason=reason, by=actor.name
    )
    made.save()
    return seal_of(made)


def _admitted(it: Judgment, grade: str) -> str:
    """The id of a grade that the cycle's framework has for the question."""
    admitted = framework.admit(it.inspection.cycle, it.scope, it.question, grade).grade_id
    if admitted == framework.NOT_YET_GRADED.id:
        raise FrameworkError("'Not yet graded' is what a judgment is before it has a grade.")
    return admitted
