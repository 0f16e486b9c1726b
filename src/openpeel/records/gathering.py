"""Evidence: gathered, revised, and tied to what it bears on. What was once said stays."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from openpeel import framework
from openpeel.errors import DefinitionError, NotAllowed
from openpeel.records.changing import change, held
from openpeel.records.files import Kept
from openpeel.records.models import Bearing, Evidence, EvidenceRevision, FileAudit, Inspection
from openpeel.records.models.evidence import CONFIDENCES, KINDS, STANCES
from openpeel.records.roles import Actor
from openpeel.records.trail import read, writing

_OPEN = ("planned", "gathering", "grading", "with-force")


@dataclass(frozen=True)
class Said:
    """What a revision of evidence says: at least one of a text, a link, or a kept file."""

    text: str = ""
    url: str = ""
    file_name: str = ""
    file: Kept | None = None
    as_of: date | None = None
    as_of_end: date | None = None
    confidence: str = "medium"
    vintage: int | None = None


@dataclass(frozen=True)
class Bears:
    """What a piece of evidence bears on: a question, perhaps a characteristic; for or against."""

    question: str
    stance: str
    characteristic: str = ""
    note: str = ""


def add_evidence(
    actor: Actor, inspection: int, kind: str, title: str, said: Said, bears: Sequence[Bears]
) -> Evidence:
    """Add a piece of evidence with its first revision.

    Raises NotAllowed for the role or where the inspection is over, DefinitionError for a kind,
    confidence or stance that there is none of, FrameworkError for a question that the cycle does
    not have.
    """
    if kind not in KINDS:
        raise DefinitionError(f"'{kind}' is no kind of evidence. There are: {', '.join(KINDS)}.")
    with writing(actor) as trail:
        of = held(Inspection, inspection)
        role = actor.must("evidence.write", of.force_id)
        if of.state not in _OPEN:
            raise NotAllowed(f"The inspection is '{of.state}': no evidence is added to it.")
        if not title.strip():
            raise DefinitionError("Evidence needs a title.")
        made = Evidence(inspection=of, kind=kind, title=title.strip())
        made.save()
        revision = _revise(made, 1, said, bears, actor, "")
        trail.tell(
            "evidence.add",
            made,
            role=role,
            force_id=of.force_id,
            kind=kind,
            sha256=revision.sha256,
            bears=[[b.question, b.characteristic, b.stance] for b in bears],
        )
    return made


def revise_evidence(
    actor: Actor,
    evidence: int,
    said: Said,
    bears: Sequence[Bears],
    reason: str,
    *,
    version: int | None = None,
) -> EvidenceRevision:
    """Say it anew: a new revision with a reason; the former one stays as it is."""
    with writing(actor) as trail:
        it = held(Evidence, evidence, version)
        of = it.inspection
        role = actor.must("evidence.write", of.force_id)
        if of.state not in _OPEN:
            raise NotAllowed(f"The inspection is '{of.state}': its evidence stands.")
        if not reason.strip():
            raise DefinitionError("A revision needs a reason, in words.")
        made = _revise(it, it.newest.number + 1, said, bears, actor, reason.strip())
        change(it)
        trail.tell(
            "evidence.revise",
            it,
            role=role,
            force_id=of.force_id,
            number=made.number,
            sha256=made.sha256,
            reason=reason,
        )
    return made


def withdraw_evidence(
    actor: Actor, evidence: int, reason: str, *, version: int | None = None
) -> Evidence:
    """Take a piece of evidence out of what judgments rest on, with a reason; it stays on record."""
    with writing(actor) as trail:
        it = held(Evidence, evidence, version)
        role = actor.must("evidence.write", it.inspection.force_id)
        if not reason.strip():
            raise DefinitionError("To withdraw evidence needs a reason.")
        told = change(it, withdrawn_reason=reason.strip())
        trail.tell("evidence.withdraw", it, role=role, force_id=it.inspection.force_id, **told)
    return it


def add_file_audit(
    actor: Actor,
    revision: int,
    *,
    stage: str,
    test: str,
    how_drawn: str,
    looked_at: int,
    met: int,
    drawn_from: int | None = None,
) -> FileAudit:
    """Put the result of a sample of case files to a revision: how many of how many met a test.

    Raises DefinitionError where the numbers cannot be, or how the sample was drawn is not said.
    """
    if not 0 <= met <= looked_at or looked_at < 1 or (drawn_from or looked_at) < looked_at:
        raise DefinitionError(
            f"{met} of {looked_at} looked at, drawn from {drawn_from}: that cannot be."
        )
    if not how_drawn.strip():
        raise DefinitionError("A sample needs to say how it was drawn.")
    with writing(actor) as trail:
        it = held(EvidenceRevision, revision)
        of = it.evidence.inspection.force_id
        role = actor.must("evidence.write", of)
        made = FileAudit(
            revision=it,
            stage=stage,
            test=test,
            how_drawn=how_drawn,
            looked_at=looked_at,
            met=met,
            drawn_from=drawn_from,
        )
        made.save()
        trail.tell("evidence.file-audit", it, role=role, force_id=of, met=met, of=looked_at)
    return made


def open_file(actor: Actor, revision: int, folder: Path) -> tuple[EvidenceRevision, Path]:
    """A revision's file, checked against its checksum; the trail tells who read it."""
    from openpeel.records.files import path_of

    it = EvidenceRevision.objects.select_related("evidence__inspection").get(pk=revision)
    of = it.evidence.inspection.force_id
    role = actor.must("evidence.read", of)
    if not it.file_name:
        raise DefinitionError("This revision has no file.")
    place = path_of(folder, it.sha256)
    read(actor, it, role=role, force_id=of)
    return it, place


def _revise(
    evidence: Evidence,
    number: int,
    said: Said,
    bears: Sequence[Bears],
    actor: Actor,
    reason: str,
) -> EvidenceRevision:
    if not (said.text.strip() or said.url or said.file):
        raise DefinitionError("Evidence says something: a text, a link, or a file.")
    if said.confidence not in CONFIDENCES:
        raise DefinitionError(f"A confidence is {' or '.join(CONFIDENCES)}.")
    if said.as_of and said.as_of_end and said.as_of_end < said.as_of:
        raise DefinitionError("The days that evidence is about end before they begin.")
    cycle = framework.cycle(evidence.inspection.cycle)
    # A file's checksum is the file's; that of words is of the words.
    digest = said.file.sha256 if said.file else hashlib.sha256(_words(said)).hexdigest()
    made = EvidenceRevision(
        evidence=evidence,
        number=number,
        text=said.text,
        url=said.url,
        file_name=said.file_name if said.file else "",
        file_type=said.file.type if said.file else "",
        file_bytes=said.file.size if said.file else 0,
        sha256=digest,
        as_of=said.as_of,
        as_of_end=said.as_of_end,
        collected_by=actor.name,
        confidence=said.confidence,
        vintage=said.vintage,
        reason=reason,
    )
    made.save()
    for one in bears:
        if one.stance not in STANCES:
            raise DefinitionError("Evidence bears for or against.")
        subject = cycle.subject(one.question)
        known = {c.id for c in getattr(subject, "characteristics", ())}
        if one.characteristic and one.characteristic not in known:
            raise DefinitionError(
                f"{subject.id} has no characteristic '{one.characteristic}' in {cycle.id}."
            )
        Bearing(
            revision=made,
            question=subject.id,
            characteristic=one.characteristic,
            stance=one.stance,
            note=one.note,
        ).save()
    return made


def _words(said: Said) -> bytes:
    return f"{said.text}\n{said.url}".encode()
