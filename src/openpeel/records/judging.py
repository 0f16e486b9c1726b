"""From two blind grades to a judgment that may be published. A grade is a person's, always.

Every function makes one move of `lifecycles`, in one write, told to the trail.
"""

from datetime import date

from openpeel import framework
from openpeel.errors import DefinitionError, FrameworkError, NotAllowed
from openpeel.records.changing import change, held
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
    SETTLED,
    evidence_of,
    graded,
    needs_concern,
    round_of,
    seal_of,
    under,
)
from openpeel.reference import force


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

    It is published, corrected and retracted by `openpeel.records.publishing` alone.
    """
    with writing(actor) as trail:
        it = held(actor, Inspection, inspection, version)
        state, role = INSPECTION.step(it.state, move, actor, it.force_id)
        if move in ("publish", "correct", "retract"):
            raise NotAllowed(f"An inspection's move '{move}' is made by publishing.")
        if move in ("gather-more", "withdraw"):
            _reason(reason, f"To {move.replace('-', ' ')}")
        if move == "send":
            _all_are(it, SETTLED, "agreed")
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
        it = held(actor, Judgment, judgment)
        actor.must("judgment.grade", it.inspection.force_id)
        earlier = it.blind_grades.filter(round=round_of(it))
        if earlier.filter(grader=actor.name).exists():
            raise NotAllowed(f"{actor.name} has graded this already: somebody else is needed.")
        move = "first-grade" if it.state == "open" else "second-grade"
        state, role = JUDGMENT.step(it.state, move, actor, it.inspection.force_id)
        _at_work(it)
        left = [j.question for j in under(it) if j.state not in SETTLED]
        if left:
            raise NotAllowed(f"A pillar is graded after its questions; left: {', '.join(left)}.")
        _reason(reasons, "A grade")
        made = BlindGrade(
            judgment=it,
            round=round_of(it),
            grader=actor.name,
            grade=_admitted(it, grade),
            reasons=reasons,
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
        state, role = JUDGMENT.step(it.state, "carry-over", actor, it.inspection.force_id)
        _at_work(it)
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
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = JUDGMENT.step(it.state, "agree", actor, it.inspection.force_id)
        _at_work(it)
        if not it.blind_grades.filter(round=round_of(it), grader=actor.name).exists():
            raise NotAllowed("The consensus is recorded by one of the two who graded.")
        _settle(trail, it, "agree", _admitted(it, grade), reason, role, state)
    return it


def moderate(
    actor: Actor, judgment: int, grade: str, reason: str, *, version: int | None = None
) -> Judgment:
    """Keep or change a grade after holding it beside all other forces' of the question."""
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = JUDGMENT.step(it.state, "moderate", actor, it.inspection.force_id)
        _at_work(it)
        _settle(trail, it, "moderate", _admitted(it, grade), reason, role, state)
    return it


def send(actor: Actor, judgment: int, *, version: int | None = None) -> Judgment:
    """Send a draft to the force for factual accuracy."""
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = JUDGMENT.step(it.state, "send", actor, it.inspection.force_id)
        _at_work(it)
        told = change(it, state=state)
        trail.tell("judgment.send", it, role=role, force_id=it.inspection.force_id, **told)
    return it


def raise_point(actor: Actor, judgment: int, text: str) -> AccuracyPoint:
    """The force says what it thinks is wrong in the facts of a draft."""
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment)
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
        _reason(reason, "A decision")
        told = change(it, decision=decision, decided_by=actor.name, decision_reason=reason)
        trail.tell("accuracy.decide", it, role=role, force_id=of, decision=told.get("decision"))
    return it


def check(actor: Actor, judgment: int, *, version: int | None = None) -> Judgment:
    """The force's check is over: every point of it has been decided."""
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = JUDGMENT.step(it.state, "check", actor, it.inspection.force_id)
        _at_work(it)
        if it.points.filter(decision="").exists():
            raise NotAllowed("Points of the force are not decided yet.")
        told = change(it, state=state)
        trail.tell("judgment.check", it, role=role, force_id=it.inspection.force_id, **told)
    return it


def sign_off(
    actor: Actor, judgment: int, *, without_concern: str = "", version: int | None = None
) -> Judgment:
    """Sign a judgment off, with the evidence that it rests on as it then stands.

    Inadequate on a scale of five asks for a cause of concern on the question, or a reason why there
    is none (`without_concern`). Raises NotAllowed where either, or any evidence, is missing.
    """
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = JUDGMENT.step(it.state, "sign-off", actor, it.inspection.force_id)
        _at_work(it)
        left = [j.question for j in under(it) if j.state != "signed-off"]
        if left:
            raise NotAllowed(f"A pillar is signed off after its questions: {', '.join(left)}.")
        revisions = evidence_of(it)
        if not revisions:
            raise NotAllowed("No evidence bears on this question: a judgment rests on evidence.")
        if needs_concern(it) and not without_concern.strip():
            raise NotAllowed(
                "Inadequate asks for the cause of concern behind it, or a recorded reason why "
                "there is none."
            )
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
        state, role = JUDGMENT.step(it.state, "reopen", actor, it.inspection.force_id)
        _at_work(it)
        _reason(reason, "To reopen")
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
    with writing(actor) as trail:
        it = held(actor, Judgment, judgment, version)
        state, role = JUDGMENT.step(it.state, "correct", actor, it.inspection.force_id)
        _settle(trail, it, "correct", _admitted(it, grade), reason, role, state)
    return it


def _at_work(it: Judgment) -> None:
    """Raise NotAllowed unless the inspection is at a stage in which grades come about."""
    if it.inspection.state not in ("grading", "with-force"):
        raise NotAllowed(
            f"The inspection is '{it.inspection.state}': its judgments are worked on while it is "
            "'grading' or 'with-force'."
        )


def _settle(
    trail: Writing, it: Judgment, step: str, grade: str, reason: str, role: str, state: str
) -> None:
    """Set a judgment's grade, keeping the one before, the one after and the reason.

    The trail is told of a checksum of them, not of a draft's grade: the trail is read too.
    """
    _reason(reason, "A grade")
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


def _all_are(it: Inspection, states: tuple[str, ...], what: str) -> None:
    left = [j.question for j in it.judgments.exclude(state__in=states)]
    if left:
        raise NotAllowed(f"Not every judgment is {what}: {', '.join(left)}.")


def _reason(text: str, what: str) -> None:
    if not text.strip():
        raise DefinitionError(f"{what} needs a reason, in words.")
