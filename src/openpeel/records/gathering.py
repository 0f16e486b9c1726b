"""Evidence: gathered, revised, and tied to what it bears on. What was once said stays."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from openpeel import framework
from openpeel.errors import DefinitionError, NotAllowed
from openpeel.records.changing import change, held, in_words
from openpeel.records.files import Kept, path_of, safe_name
from openpeel.records.models import (
    BasedOn,
    Bearing,
    Evidence,
    EvidenceRevision,
    FileAudit,
    Inspection,
    SelfAssessment,
    Submitted,
)
from openpeel.records.models.evidence import CONFIDENCES, KINDS, STANCES
from openpeel.records.roles import Actor
from openpeel.records.seeing import one as seen_one
from openpeel.records.trail import Writing, read, writing

MADE = ("signal", "self-assessment")
"""Kinds of evidence that come about by themselves, from the risk view and from the force: what they
say stays, and what they bear on alone is said anew."""
OPEN = ("planned", "gathering", "grading", "with-force", "published")
"""States of an inspection in which evidence is added; once published, for what is verified then."""


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

    Raises NotAllowed for the role or where the inspection takes none, DefinitionError for a kind,
    confidence or stance that there is none of, FrameworkError for a question that the cycle does
    not have. A signal is brought by `bringing.bring_signal`; a self-assessment by the force.
    """
    if kind not in KINDS or kind in MADE:
        mine = ", ".join(k for k in KINDS if k not in MADE)
        raise DefinitionError(f"'{kind}' is no kind of evidence to add here. There are: {mine}.")
    with writing(actor) as trail:
        of = held(actor, Inspection, inspection)
        role = actor.must("evidence.write", of.force_id)
        return put(trail, of, role, kind, title, said, bears)


def put(
    trail: Writing,
    of: Inspection,
    role: str,
    kind: str,
    title: str,
    said: Said,
    bears: Sequence[Bears],
) -> Evidence:
    """Put a piece of evidence, with its first revision, to an inspection, in a write going on."""
    takes_evidence(of)
    title = in_words(title, "Evidence needs a title.")
    made = Evidence(inspection=of, kind=kind, title=title)
    made.save()
    revision = _revise(made, 1, said, bears, trail.actor, "")
    # What it bears on, and which way, is not told: the trail is read by people who see no evidence.
    trail.tell(
        "evidence.add",
        made,
        role=role,
        force_id=of.force_id,
        kind=kind,
        sha256=revision.sha256,
        bears=len(bears),
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
        it = held(actor, Evidence, evidence, version)
        of = it.inspection
        role = actor.must("evidence.write", of.force_id)
        takes_evidence(of)
        if it.withdrawn_reason:
            raise NotAllowed("It was withdrawn: add it anew.")
        reason = in_words(reason, "A revision needs a reason, in words.")
        newest = it.newest
        kept = (newest.text, newest.vintage, newest.url, None)
        if it.kind in MADE and (said.text, said.vintage, said.url, said.file) != kept:
            raise NotAllowed("What it said stays: what it bears on alone is said anew.")
        made = _revise(it, newest.number + 1, said, bears, actor, reason)
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
        it = held(actor, Evidence, evidence, version)
        role = actor.must("evidence.write", it.inspection.force_id)
        takes_evidence(it.inspection)
        reason = in_words(reason, "To withdraw evidence needs a reason.")
        if rested_on(it):
            raise NotAllowed(
                "A judgment that is signed off rests on it: reopen that first; what is published "
                "is corrected."
            )
        told = change(it, withdrawn_reason=reason)
        trail.tell("evidence.withdraw", it, role=role, force_id=it.inspection.force_id, **told)
    return it


def rested_on(it: Evidence) -> bool:
    """Whether a judgment that is signed off rests on a piece of evidence: then it stays."""
    settled = ("signed-off", "published", "corrected")
    return BasedOn.objects.filter(revision__evidence=it, judgment__state__in=settled).exists()


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
    how_drawn = in_words(how_drawn, "A sample needs to say how it was drawn.")
    with writing(actor) as trail:
        it = held(actor, EvidenceRevision, revision)
        of = it.evidence.inspection.force_id
        role = actor.must("evidence.write", of)
        takes_evidence(it.evidence.inspection)
        if FileAudit.objects.filter(revision=it).exists():
            raise NotAllowed("This revision has a sample already: a change is a new revision.")
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
        trail.tell("evidence.file-audit", it, role=role, force_id=of)
    return made


def open_file(actor: Actor, revision: int, folder: Path) -> tuple[EvidenceRevision, Path]:
    """A revision's file, checked against its checksum; the trail tells who read it."""
    it = seen_one(actor, EvidenceRevision, revision)
    of = it.evidence.inspection.force_id
    role = actor.must("evidence.read", of)
    if not it.file_name:
        raise DefinitionError("This revision has no file.")
    place = path_of(folder, it.sha256)
    read(actor, it, role=role, force_id=of)
    return it, place


def take_in_submitted(inspection: Inspection) -> None:
    """Make evidence of what the force has submitted of itself, each newest submission once.

    Part of a write that is going on; each is collected by whoever submitted it.
    """
    if inspection.state not in OPEN:
        return
    mine = SelfAssessment.objects.filter(force_id=inspection.force_id, cycle=inspection.cycle)
    for it in mine.exclude(submissions=None):
        newest = it.submissions.order_by("-pk")[0]
        digest = hashlib.sha256(_words(_own_view(newest))).hexdigest()
        there = it.evidence if it.evidence and it.evidence.inspection == inspection else None
        if there is None:
            there = Evidence(
                inspection=inspection,
                kind="self-assessment",
                title=f"Self-assessment: {_subject(it.cycle, it.question)}"[:200],
            )
            there.save()
            number = 1
            change(it, evidence=there)
        elif there.newest.sha256 == digest:
            continue
        else:
            number = there.newest.number + 1
            change(there)
        said = newest.content
        bears = Bears(it.question, said["stance"], it.characteristic, "the force's own view")
        by = Actor(said["submitted_by"], frozenset())
        _revise(there, number, _own_view(newest), [bears], by, "submitted" if number > 1 else "")


def _subject(cycle: str, question: str) -> str:
    """What a question of a cycle is called."""
    return framework.cycle(cycle).subject(question).name


def _own_view(newest: Submitted) -> Said:
    said = newest.content
    parts = (said["text"], f"Gaps: {said['gaps']}" if said["gaps"] else "")
    return Said(
        text="\n\n".join(p for p in parts if p),
        url=said["statement_url"],
        confidence=said["confidence"],
    )


def takes_evidence(of: Inspection) -> None:
    """Raise NotAllowed where an inspection's evidence stands as it is."""
    if of.state not in OPEN:
        raise NotAllowed(f"The inspection is '{of.state}': its evidence stands as it is.")


def subject_of(cycle: framework.Cycle, question: str, characteristic: str) -> str:
    """The id of a question, or a pillar, of a cycle that something is said of.

    Raises FrameworkError where the cycle does not have it, and DefinitionError where it has no such
    `characteristic` ('' for the question as a whole).
    """
    subject = cycle.subject(question)
    known = {c.id for c in getattr(subject, "characteristics", ())}
    if characteristic and characteristic not in known:
        raise DefinitionError(
            f"{subject.id} has no characteristic '{characteristic}' in {cycle.id}."
        )
    return subject.id


def _revise(
    evidence: Evidence,
    number: int,
    said: Said,
    bears: Sequence[Bears],
    actor: Actor,
    reason: str,
) -> EvidenceRevision:
    if not (said.text.strip() or said.url.strip() or said.file):
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
        file_name=safe_name(said.file_name) if said.file else "",
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
        Bearing(
            revision=made,
            question=subject_of(cycle, one.question, one.characteristic),
            characteristic=one.characteristic,
            stance=one.stance,
            note=one.note,
        ).save()
    return made


def _words(said: Said) -> bytes:
    return f"{said.text}\n{said.url}".encode()
