"""What is asked and answered: the 56-day response, requests to a force, its view of itself."""

from datetime import date
from pathlib import Path

from django.db.models import Q, QuerySet

from openpeel import framework
from openpeel.errors import DefinitionError, NotAllowed
from openpeel.lake import Lake
from openpeel.records import to_lake
from openpeel.records.changing import change, held, in_words
from openpeel.records.clock import in_full
from openpeel.records.files import Kept, path_of, safe_name
from openpeel.records.gathering import subject_of, take_in_submitted
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
from openpeel.records.models.evidence import CONFIDENCES, STANCES
from openpeel.records.roles import Actor
from openpeel.records.seeing import HIDDEN, one
from openpeel.records.trail import read, writing
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
        it = held(actor, Response, response, version)
        of = it.force_id
        state, role = RESPONSE.step(it.state, "draft", actor, of)
        in_words(text, "A response needs its comments, in words.")
        change(it, state=state, text=text, chief_officer=chief_officer)
        trail.tell("response.draft", it, role=role, force_id=of)
    return it


def answer_recommendation(
    actor: Actor,
    response: int,
    finding: int,
    *,
    accepted: bool,
    text: str,
    version: int | None = None,
) -> Answer:
    """Say of one recommendation what is or will be done, or why nothing will be.

    `version` is that of the answer, where there is one already.
    """
    in_words(text, "Say what is or will be done, or why nothing will be.")
    with writing(actor) as trail:
        it, to = held(actor, Response, response), held(actor, Finding, finding)
        of = it.force_id
        role = actor.must("response.write", of)
        if it.state == "published":
            raise NotAllowed("The response is published.")
        if to not in recommendations(it):
            raise NotAllowed("That is no recommendation of this publication.")
        there = Answer.objects.filter(response=it, finding=to).first()
        if there is None:
            made = Answer(response=it, finding=to, accepted=accepted, text=text)
            made.save()
        else:
            made = held(actor, Answer, there.pk, version)
            change(made, accepted=accepted, text=text)
        trail.tell("response.answer", made, role=role, force_id=of)
    return made


def publish_response(
    actor: Actor,
    response: int,
    on: date,
    lake: Lake,
    url: str = "",
    *,
    version: int | None = None,
) -> Response:
    """Publish the response, in the lake with what it answers from then on.

    Every recommendation has to be answered. Nothing is changed where the lake cannot be written.
    """
    with writing(actor) as trail:
        it = held(actor, Response, response, version)
        of = it.force_id
        state, role = RESPONSE.step(it.state, "publish", actor, of)
        of_report = it.publication or it.finding
        since = of_report.published_on if of_report else None
        if since and on < since:
            raise DefinitionError(
                f"The report is of {in_full(since)}: no response is published before it."
            )
        to_lake.come(on)
        if it.publication and it.publication.inspection.state == "retracted":
            raise NotAllowed("The report was retracted: there is no response to it.")
        left = [r for r in recommendations(it) if not it.answers.filter(finding=r).exists()]
        if left:
            raise NotAllowed(f"{len(left)} recommendations are not answered.")
        told = change(it, state=state, published_on=on, url=url)
        key, answers = _answered_with(it)
        rows = {to_lake.RESPONSES: to_lake.response_rows(key, answers)}
        to_lake.write(lake, {key: rows}, f"response to {key}")
        trail.tell("response.publish", it, role=role, force_id=of, late=on > it.last_day, **told)
    return it


def _answered_with(it: Response) -> tuple[str, QuerySet[Response]]:
    """What the lake calls what a response answers, and all the responses to that."""
    if it.publication:
        of = it.publication.inspection
        found = Response.objects.filter(publication__inspection=of)
        return to_lake.key_of(of), found.order_by("pk")
    assert it.finding is not None  # the table holds that it is of one or the other
    found = Response.objects.filter(finding=it.finding)
    return to_lake.key_of_finding(it.finding), found.order_by("pk")


def recommendations(it: Response) -> list[Finding]:
    """The published recommendations that a response has to answer."""
    mine = Finding.objects.filter(kind="recommendation", addressed__force_id=it.force_id)
    mine = mine.exclude(addressed__verified_state__in=HIDDEN)
    if it.finding:
        mine = mine.filter(Q(pk=it.finding_id) | Q(parent=it.finding_id))
    elif it.publication:
        mine = mine.filter(inspection=it.publication.inspection_id)
    return list(mine.distinct().order_by("pk"))


def make_request(actor: Actor, inspection: int, kind: str, text: str, due_on: date) -> Request:
    """Ask a force for a document or data, with a deadline."""
    if kind not in ("document", "data"):
        raise DefinitionError(f"A request is for a document or data; '{kind}' is neither.")
    text = in_words(text, "Say in words what is asked for.")
    with writing(actor) as trail:
        of = held(actor, Inspection, inspection)
        role = actor.must("request.make", of.force_id)
        if of.state in ("withdrawn", "retracted"):
            raise NotAllowed(f"The inspection is '{of.state}': nothing is asked for it.")
        made = Request(inspection=of, kind=kind, text=text, state=REQUEST.start, due_on=due_on)
        made.save()
        trail.tell("request.make", made, role=role, force_id=of.force_id, due_on=due_on)
    return made


def move_request(
    actor: Actor,
    request: int,
    move: str,
    *,
    text: str = "",
    evidence: int | None = None,
    file: Kept | None = None,
    file_name: str = "",
    version: int | None = None,
) -> Request:
    """Answer, return, accept or withdraw a request; `text` is the answer, or the reason.

    An answer may come with a kept `file`. An accepted one may name the `evidence`, of the same
    inspection, that was made of it.
    """
    with writing(actor) as trail:
        it = held(actor, Request, request, version)
        of = it.inspection.force_id
        state, role = REQUEST.step(it.state, move, actor, of)
        if move != "accept":
            in_words(text, "It needs an answer, or a reason, in words.")
        values: dict[str, object] = {"state": state}
        if move == "answer":
            values |= {"answer": text, "answered_on": date.today()}
            if file:
                values |= {"file_name": safe_name(file_name), "file_type": file.type}
                values |= {"file_bytes": file.size, "sha256": file.sha256}
        elif move == "accept" and evidence is not None:
            made = held(actor, Evidence, evidence)
            if made.inspection_id != it.inspection_id:
                raise DefinitionError("That evidence is of another inspection.")
            values |= {"evidence": made}
        elif move != "accept":
            values |= {"reason": text}
        told = change(it, **values)
        trail.tell(f"request.{move}", it, role=role, force_id=of, **told)
    return it


def open_answer(actor: Actor, request: int, folder: Path) -> tuple[Request, Path]:
    """The file of an answer, checked against its checksum; the trail tells who read it."""
    it = one(actor, Request, request)
    of = it.inspection.force_id
    role = actor.role_for("request.answer", of) or actor.must("evidence.read", of)
    if not it.file_name:
        raise DefinitionError("This answer has no file.")
    place = path_of(folder, it.sha256)
    read(actor, it, role=role, force_id=of)
    return it, place


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
    in_words(text, "A self-assessment needs a text.")
    it, of = force(force_name), framework.cycle(cycle)
    subject = subject_of(of, question, characteristic)
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
                question=subject,
                characteristic=characteristic,
                state=ASSESSMENT.start,
                **values,
            )
            made.save()
        else:
            made = held(actor, SelfAssessment, assessment, version)
            mine = (made.force_id, made.cycle, made.question, made.characteristic)
            if mine != (it.id, of.id, subject, characteristic):
                raise DefinitionError("It is of another characteristic: write a new one.")
            # What was submitted stays as it was; what is written now is private again.
            change(made, state=ASSESSMENT.start, **values)
        trail.tell("assessment.write", made, role=role, force_id=made.force_id)
    return made


def submit_assessment(
    actor: Actor, assessment: int, *, stance: str = "for", version: int | None = None
) -> Submitted:
    """Show a self-assessment to the inspectorate, as it now stands. Nothing else of it is shown.

    It becomes evidence, for or against (`stance`), in the force's inspection of the cycle: now, or
    when that is planned.
    """
    if stance not in STANCES:
        raise DefinitionError("A self-assessment is for or against the characteristic.")
    with writing(actor) as trail:
        it = held(actor, SelfAssessment, assessment, version)
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
                "stance": stance,
                "submitted_by": actor.name,
            },
        )
        made.save()
        change(it, state=state)
        for inspection in Inspection.objects.filter(force_id=it.force_id, cycle=it.cycle):
            take_in_submitted(inspection)
        trail.tell("assessment.submit", it, role=role, force_id=it.force_id)
    return made
