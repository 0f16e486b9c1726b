"""What is asked and answered: the 56-day response, requests to a force, and its own view of itself."""

from datetime import date

from openpeel import framework
from openpeel.errors import DefinitionError, NotAllowed
from openpeel.records.changing import change, held
from openpeel.records.lifecycles import ASSESSMENT, REQUEST, RESPONSE
from openpeel.records.models import (
    Answer,
    Evidence,
    Finding,
    Inspection,
    Request,
    Response,
    SelfAssessment,
    Submitted,
)
from openpeel.records.models.evidence import CONFIDENCES
from openpeel.records.roles import Actor
from openpeel.records.trail import writing
from openpeel.reference import force


def draft_response(
    actor: Actor,
    response: int,
    *,
    text: str,
    chief_officer: str = "",
    version: int | None = None,
) -> Response:
    """The local policing body drafts its comments, with those of the chief officer."""
    with writing(actor) as trail:
        it = held(Response, response, version)
        of = it.publication.inspection.force_id
        state, role = RESPONSE.step(it.state, "draft", actor, of)
        change(it, state=state, text=text, chief_officer=chief_officer)
        trail.tell("response.draft", it, role=role, force_id=of)
    return it


def answer_recommendation(
    actor: Actor, response: int, finding: int, *, accepted: bool, text: str
) -> Answer:
    """Say of one recommendation what is or will be done, or why nothing will be."""
    if not text.strip():
        raise DefinitionError("Say what is or will be done, or why nothing will be.")
    with writing(actor) as trail:
        it, to = held(Response, response), held(Finding, finding)
        of = it.publication.inspection.force_id
        role = actor.must("response.write", of)
        if it.state == "published":
            raise NotAllowed("The response is published.")
        if to not in recommendations(it):
            raise NotAllowed("That is no recommendation of this publication.")
        made = Answer.objects.filter(response=it, finding=to).first()
        if made is None:
            made = Answer(response=it, finding=to, accepted=accepted, text=text)
            made.save()
        else:
            change(made, accepted=accepted, text=text)
        trail.tell("response.answer", made, role=role, force_id=of, accepted=accepted)
    return made


def publish_response(
    actor: Actor, response: int, on: date, url: str = "", *, version: int | None = None
) -> Response:
    """Publish the response: every recommendation has to be answered."""
    with writing(actor) as trail:
        it = held(Response, response, version)
        of = it.publication.inspection.force_id
        state, role = RESPONSE.step(it.state, "publish", actor, of)
        left = [r for r in recommendations(it) if not it.answers.filter(finding=r).exists()]
        if left:
            raise NotAllowed(f"{len(left)} recommendations are not answered.")
        told = change(it, state=state, published_on=on, url=url)
        trail.tell("response.publish", it, role=role, force_id=of, late=on > it.last_day, **told)
    return it


def recommendations(it: Response) -> list[Finding]:
    """The recommendations that a response has to answer."""
    found = it.publication.inspection.findings.filter(kind="recommendation")
    return list(found.order_by("pk"))


def make_request(actor: Actor, inspection: int, kind: str, text: str, due_on: date) -> Request:
    """Ask a force for a document or data, with a deadline."""
    if kind not in ("document", "data") or not text.strip():
        raise DefinitionError("A request is for a document or data, and says in words for what.")
    with writing(actor) as trail:
        of = held(Inspection, inspection)
        role = actor.must("request.make", of.force_id)
        made = Request(
            inspection=of, kind=kind, text=text.strip(), state=REQUEST.start, due_on=due_on
        )
        made.save()
        trail.tell("request.make", made, role=role, force_id=of.force_id, due_on=due_on)
    return made


def move_request(
    actor: Actor,
    request: int,
    move: str,
    *,
    text: str = "",
    on: date | None = None,
    evidence: int | None = None,
    version: int | None = None,
) -> Request:
    """Answer, return, accept or withdraw a request; `text` is the answer, or the reason."""
    with writing(actor) as trail:
        it = held(Request, request, version)
        of = it.inspection.force_id
        state, role = REQUEST.step(it.state, move, actor, of)
        if move != "accept" and not text.strip():
            raise DefinitionError("It needs an answer, or a reason, in words.")
        values: dict[str, object] = {"state": state}
        if move == "answer":
            values |= {"answer": text, "answered_on": on or date.today()}
        elif move == "accept" and evidence is not None:
            values |= {"evidence": held(Evidence, evidence)}
        else:
            values |= {"reason": text}
        told = change(it, **values)
        trail.tell(f"request.{move}", it, role=role, force_id=of, **told)
    return it


def assess_itself(
    actor: Actor,
    force_name: str,
    cycle: str,
    question: str,
    text: str,
    *,
    characteristic: str = "",
    gaps: str = "",
    owner: str = "",
    confidence: str = "medium",
    test_plan: str = "",
    statement_url: str = "",
    assessment: int | None = None,
    version: int | None = None,
) -> SelfAssessment:
    """The force writes, in private, what it thinks of itself on a characteristic; or changes it."""
    if confidence not in CONFIDENCES:
        raise DefinitionError(f"A confidence is {' or '.join(CONFIDENCES)}.")
    if not text.strip():
        raise DefinitionError("A self-assessment needs a text.")
    it, of = force(force_name), framework.cycle(cycle)
    values = {
        "text": text,
        "gaps": gaps,
        "owner": owner,
        "confidence": confidence,
        "test_plan": test_plan,
        "statement_url": statement_url,
    }
    with writing(actor) as trail:
        role = actor.must("assessment.write", it.id)
        if assessment is None:
            made = SelfAssessment(
                force_id=it.id,
                cycle=of.id,
                question=of.subject(question).id,
                characteristic=characteristic,
                state=ASSESSMENT.start,
                **values,
            )
            made.save()
        else:
            made = held(SelfAssessment, assessment, version)
            actor.must("assessment.write", made.force_id)
            # What was submitted stays as it was; what is written now is private again.
            change(made, state=ASSESSMENT.start, **values)
        trail.tell("assessment.write", made, role=role, force_id=made.force_id)
    return made


def submit_assessment(actor: Actor, assessment: int, *, version: int | None = None) -> Submitted:
    """Show a self-assessment to the inspectorate, as it now stands. Nothing else of it is shown."""
    with writing(actor) as trail:
        it = held(SelfAssessment, assessment, version)
        state, role = ASSESSMENT.step(it.state, "submit", actor, it.force_id)
        made = Submitted(
            assessment=it,
            content={
                "force_id": it.force_id,
                "cycle": it.cycle,
                "question": it.question,
                "characteristic": it.characteristic,
                "text": it.text,
                "gaps": it.gaps,
                "owner": it.owner,
                "confidence": it.confidence,
                "test_plan": it.test_plan,
                "statement_url": it.statement_url,
            },
        )
        made.save()
        change(it, state=state)
        trail.tell("assessment.submit", it, role=role, force_id=it.force_id)
    return made
