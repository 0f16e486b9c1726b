"""Evidence: added, revised, withdrawn, and its files, which come only as attachments."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.records.bringing import numbers_of
from openpeel.records.files import Kept
from openpeel.records.gathering import (
    MADE,
    OPEN,
    Bears,
    Said,
    add_evidence,
    add_file_audit,
    open_file,
    rested_on,
    revise_evidence,
    withdraw_evidence,
)
from openpeel.records.models import Evidence, EvidenceRevision, Inspection
from openpeel.records.models.evidence import CONFIDENCES, KINDS
from openpeel.records.roles import Actor
from openpeel.web import places
from openpeel.web.access import Of, page
from openpeel.web.asking import (
    Asked,
    Because,
    address,
    ask,
    day,
    line,
    lines,
    number,
    one_of,
    picked,
    some_of,
)
from openpeel.web.files import attachment, file_field, keeping
from openpeel.web.pages import Link, Page, Section, Table, link, show
from openpeel.web.signals import signal_facts
from openpeel.web.views.inspections import INSPECTION_OF, str_of
from openpeel.web.words import bearing_choices, characteristic_text, on, question_name

EVIDENCE_OF = Of(Evidence, "inspection__force_id")
REVISION_OF = Of(EvidenceRevision, "evidence__inspection__force_id")


class BearsForm(Asked):
    """What a piece of evidence bears on."""

    bears_for = some_of("It speaks for", "The force does this well.")
    bears_against = some_of("It speaks against", "The force falls short here.")
    note = line("How it bears on that", required=False, longest=1_000)


class SaidForm(BearsForm):
    """What a piece of evidence says, and what it bears on."""

    words = lines("What it says", "In words: what was said, seen or counted.", required=False)
    url = address("A link to it")
    file = file_field("A file")
    as_of = day("About which day, or from", required=False)
    as_of_end = day("To which day", required=False)
    confidence = one_of("How sure is it", CONFIDENCES.items())
    vintage = number(
        "Snapshot, for data", "Its number stands at the top of openpeel's pages.", required=False
    )
    field_order: Sequence[str] = ("words", "url", "file")


class AddForm(SaidForm):
    """A piece of evidence."""

    kind = picked("What kind it is", [(k, n) for k, n in KINDS.items() if k not in MADE])
    title = line("Title", "What a list should call it.", longest=200)
    field_order = ("kind", "title", *SaidForm.field_order)


class ReviseForm(Because, SaidForm):
    """A revision, with its reason."""


class BearsAnewForm(Because, BearsForm):
    """What it bears on, with the reason, where what it said stays."""


@page("evidence.write", of=INSPECTION_OF)
def added(request: HttpRequest, actor: Actor, it: Inspection) -> HttpResponse:
    """Add a piece of evidence to an inspection."""
    choices = bearing_choices(it.cycle)

    def do(said: dict[str, Any]) -> Evidence:
        with keeping(said["file"]) as sent:
            of = said["kind"], said["title"], _said(said, *sent), bears_of(said)
            return add_evidence(actor, it.pk, *of)

    return ask(
        request,
        AddForm,
        do,
        title="Add evidence",
        button="Add it",
        said="The evidence was added.",
        over=str_of(it),
        initial={"confidence": "medium", "bears_for": request.GET.getlist("question")},
        choices={"bears_for": choices, "bears_against": choices},
        done=lambda made: reverse("evidence", args=[made.pk]),
        back=link("The inspection", "inspection", it.pk),
    )


@page("evidence.read", of=EVIDENCE_OF, told=True)
def evidence(request: HttpRequest, actor: Actor, it: Evidence) -> HttpResponse:
    """A piece of evidence, with all that it ever said."""
    found = it.revisions.select_related("file_audit").prefetch_related("bearings")
    revisions = list(found.order_by("-number"))
    actions = []
    stands = it.withdrawn_reason or it.inspection.state not in OPEN
    if not stands and actor.may("evidence.write", it.inspection.force_id):
        actions.append(link("Say it anew", "evidence-revise", it.pk, weight="second"))
        if not rested_on(it):
            actions.append(link("Withdraw it", "evidence-withdraw", it.pk, weight="grave"))
        if it.kind == "file-audit" and not hasattr(revisions[0], "file_audit"):
            actions.insert(0, link("Put in the sample's result", "file-audit", revisions[0].pk))
    texts = [f"Withdrawn: {it.withdrawn_reason}"] if it.withdrawn_reason else []
    made = Page(
        it.title,
        [_revision(it, r) for r in revisions],
        f"{str_of(it.inspection)}: {it.get_kind_display()}",
        link("The inspection", "inspection", it.inspection_id),
        texts,
        actions,
    )
    return show(request, made)


@page("evidence.write", of=EVIDENCE_OF)
def revised(request: HttpRequest, actor: Actor, it: Evidence) -> HttpResponse:
    """Say a piece of evidence anew."""
    newest = it.newest
    choices = bearing_choices(it.inspection.cycle)
    bearings = list(newest.bearings.all())
    by_stance = {
        stance: [
            b.question + (f"|{b.characteristic}" if b.characteristic else "")
            for b in bearings
            if b.stance == stance
        ]
        for stance in ("for", "against")
    }
    made = it.kind in MADE

    def do(said: dict[str, Any]) -> EvidenceRevision:
        with keeping(said.get("file")) as sent:
            anew = _same(newest) if made else _said(said, *sent)
            return revise_evidence(
                actor, it.pk, anew, bears_of(said), said["reason"], version=said["version"]
            )

    return ask(
        request,
        BearsAnewForm if made else ReviseForm,
        do,
        title="Say anew what it bears on" if made else "Say it anew",
        texts=[
            "What was said before stays as it is."
            if made
            else "What was said before stays as it is. A file that still counts is sent again."
        ],
        record=it,
        initial={
            "words": newest.text,
            "url": newest.url,
            "as_of": newest.as_of,
            "as_of_end": newest.as_of_end,
            "confidence": newest.confidence,
            "vintage": newest.vintage,
            "bears_for": by_stance["for"],
            "bears_against": by_stance["against"],
            "note": bearings[0].note if bearings else "",
        },
        choices={"bears_for": choices, "bears_against": choices},
        **_of(it),
    )


@page("evidence.write", of=EVIDENCE_OF)
def withdrawn(request: HttpRequest, actor: Actor, it: Evidence) -> HttpResponse:
    """Take a piece of evidence out of what judgments rest on."""
    return ask(
        request,
        Because,
        lambda said: withdraw_evidence(actor, it.pk, said["reason"], version=said["version"]),
        title="Withdraw evidence",
        button="Withdraw it",
        grave=True,
        texts=["It stays on record; no judgment rests on it from then on."],
        record=it,
        **_of(it),
    )


class FileAuditForm(Asked):
    """The result of a sample of case files."""

    stage = line("Stage of the case", longest=60)
    test = line("What each file was tested for", longest=200)
    how_drawn = lines("How the sample was drawn")
    drawn_from = number("How many it was drawn from", required=False)
    looked_at = number("How many were looked at")
    met = number("How many of these met the test")


@page("evidence.write", of=REVISION_OF)
def file_audit(request: HttpRequest, actor: Actor, it: EvidenceRevision) -> HttpResponse:
    """Put in the result of a sample of case files."""
    fields = ("stage", "test", "how_drawn", "drawn_from", "looked_at", "met")
    return ask(
        request,
        FileAuditForm,
        lambda said: add_file_audit(actor, it.pk, **{name: said[name] for name in fields}),
        title="The sample's result",
        **_of(it.evidence),
    )


@page("evidence.read", of=REVISION_OF)
def file(request: HttpRequest, actor: Actor, it: EvidenceRevision) -> FileResponse:
    """A revision's file, checked, as an attachment; the trail tells who read it."""
    revision, place = open_file(actor, it.pk, places.folder())
    return attachment(place, revision.file_name)


def _of(it: Evidence) -> dict[str, Any]:
    """What all forms on a piece of evidence share."""
    return {
        "over": f"{str_of(it.inspection)}: {it.get_kind_display()}",
        "done": reverse("evidence", args=[it.pk]),
        "back": link(it.title, "evidence", it.pk),
    }


def _said(said: dict[str, Any], file: Kept | None, name: str) -> Said:
    """What was typed, with the file that was sent."""
    return Said(
        text=said["words"],
        url=said["url"],
        file_name=name,
        file=file,
        as_of=said["as_of"],
        as_of_end=said["as_of_end"],
        confidence=said["confidence"],
        vintage=said["vintage"],
    )


def _same(newest: EvidenceRevision) -> Said:
    """What a signal, or the force of itself, said."""
    return Said(
        text=newest.text, url=newest.url, confidence=newest.confidence, vintage=newest.vintage
    )


def bears_of(said: dict[str, Any]) -> list[Bears]:
    """What was chosen for evidence to bear on, for and against."""
    made = []
    for stance, chosen in (("for", said["bears_for"]), ("against", said["bears_against"])):
        for one in chosen:
            question, _, characteristic = one.partition("|")
            made.append(Bears(question, stance, characteristic, said["note"]))
    return made


def _revision(it: Evidence, revision: EvidenceRevision) -> Section:
    cycle = it.inspection.cycle
    text, facts = revision.text, list[tuple[str, Any]]()
    if it.kind == "signal":
        text, numbers = numbers_of(revision)
        facts = signal_facts(numbers)
    facts += [
        ("By", f"{revision.collected_by}, {on(revision.created_at)}"),
        ("How sure", revision.get_confidence_display()),
    ]
    if revision.reason:
        facts.append(("Why anew", revision.reason))
    if revision.as_of:
        until = f" to {on(revision.as_of_end)}" if revision.as_of_end else ""
        facts.append(("About", on(revision.as_of) + until))
    if revision.url:
        facts.append(("Link", Link(revision.url, revision.url)))
    if revision.file_name:
        size = f"{ceil(revision.file_bytes / 1024):,} KiB"
        facts.append(("File", link(f"{revision.file_name} ({size})", "file", revision.pk)))
    if revision.vintage is not None:
        facts.append(("Snapshot of the data", str(revision.vintage)))
    audit = getattr(revision, "file_audit", None)
    if audit is not None:
        of = f"{audit.looked_at} files" + (f", of {audit.drawn_from}," if audit.drawn_from else "")
        sample = f"{audit.met} of {of} met the test: {audit.test}\n{audit.how_drawn}"
        facts.append((f"Sample, {audit.stage}", sample))
    facts.append(("Checksum (SHA-256)", revision.sha256))
    rows = [
        (
            question_name(cycle, b.question),
            characteristic_text(cycle, b.question, b.characteristic),
            b.get_stance_display(),
            b.note,
        )
        for b in revision.bearings.all()
    ]
    heads = ("Question", "Characteristic", "For or against", "How")
    return Section(
        f"Revision {revision.number}",
        texts=[text] if text else [],
        facts=facts,
        table=Table("What it bears on", heads, rows, none="It bears on no question yet."),
    )
