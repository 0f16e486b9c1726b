"""From the records to the lake: what is published, whole, once; corrections are new versions.

Nothing of a draft leaves by any other door. The lake is written before the records say so: a kill
between the two leaves the lake right, and the same publication again writes nothing new there.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa

from openpeel.errors import DefinitionError, NotAllowed
from openpeel.lake import Contract, Lake, Origin, Slice, read_contract
from openpeel.records.changing import change, held
from openpeel.records.clock import clock
from openpeel.records.following import publish_finding
from openpeel.records.lifecycles import INSPECTION, JUDGMENT, RESPONSE
from openpeel.records.models import (
    Addressed,
    AuditHead,
    Inspection,
    Publication,
    Response,
    Statement,
)
from openpeel.records.roles import Actor
from openpeel.records.trail import FIRST, canonical, writing

SOURCE = "openpeel records"


@dataclass(frozen=True)
class Attributed:
    """A text that somebody answers for: `side` is inspectorate or force."""

    side: str
    name: str
    post: str
    text: str
    said_on: date


def publish(
    actor: Actor,
    inspection: int,
    on: date,
    lake: Lake,
    *,
    publisher: str,
    statements: Sequence[Attributed] = (),
) -> Publication:
    """Publish an inspection: its judgments and drafted findings, as one snapshot of the lake.

    The 56 days of the local policing body begin with `on`. Raises NotAllowed where it is not signed
    off or the role may not, and LakeError where the lake cannot be written; nothing is changed then.
    """
    with writing(actor) as trail:
        it = held(Inspection, inspection)
        state, role = INSPECTION.step(it.state, "publish", actor, it.force_id)
        for judgment in it.judgments.all():
            after, _ = JUDGMENT.step(judgment.state, "publish", actor, it.force_id)
            change(judgment, state=after)
        for finding in it.findings.filter(published_on=None):
            publish_finding(actor, finding.pk, on)
        change(it, state=state)
        made = _version(actor, it, "publication", on, "", lake, publisher)
        for one in statements:
            _state(made, one)
        Response(publication=made, state=RESPONSE.start, last_day=clock(on).last_day).save()
        trail.tell("publication.publish", made, role=role, force_id=it.force_id, on=on)
    return made


def publish_taken_over(actor: Actor, inspection: int, lake: Lake, *, publisher: str) -> Publication:
    """Put what was taken over into the lake, under the first day that any of it was published.

    Where no source gives that day the clock cannot be told, and no response is due.
    """
    with writing(actor) as trail:
        it = held(Inspection, inspection)
        role = actor.must("inspection.take-over", it.force_id)
        if it.state != "published" or it.publications.exists():
            raise NotAllowed("Only what was taken over, and is not in the lake yet, goes there so.")
        days = it.findings.exclude(published_on=None).values_list("published_on", flat=True)
        on = min(days, default=None)
        made = _version(actor, it, "publication", on, "taken over", lake, publisher)
        if on is not None:
            Response(publication=made, state=RESPONSE.start, last_day=clock(on).last_day).save()
        trail.tell("publication.take-over", made, role=role, force_id=it.force_id, on=on)
    return made


def correct(
    actor: Actor, inspection: int, on: date, reason: str, lake: Lake, *, publisher: str
) -> Publication:
    """Publish a new version of what was published, with its reason. The former stays readable."""
    return _again(actor, inspection, "correction", on, reason, lake, publisher)


def retract(
    actor: Actor, inspection: int, on: date, reason: str, lake: Lake, *, publisher: str
) -> Publication:
    """Retract a publication: its newest version says that, and why, and holds no grade."""
    return _again(actor, inspection, "retraction", on, reason, lake, publisher)


def reply(actor: Actor, publication: int, text: str, name: str, post: str, on: date) -> Statement:
    """The force's reply, attributed, shown with the publication from then on."""
    with writing(actor) as trail:
        it = held(Publication, publication)
        role = actor.must("accuracy.answer", it.inspection.force_id)
        made = _state(it, Attributed("force", name, post, text, on))
        trail.tell("publication.reply", it, role=role, force_id=it.inspection.force_id, name=name)
    return made


def _again(
    actor: Actor,
    inspection: int,
    kind: str,
    on: date,
    reason: str,
    lake: Lake,
    publisher: str,
) -> Publication:
    if not reason.strip():
        raise DefinitionError(f"A {kind} needs a reason, in words.")
    with writing(actor) as trail:
        it = held(Inspection, inspection)
        role = actor.must("publication.publish", it.force_id)
        if it.state != "published":
            raise NotAllowed(
                f"The inspection is '{it.state}': only what is published is corrected."
            )
        made = _version(actor, it, kind, on, reason.strip(), lake, publisher)
        trail.tell(f"publication.{kind}", made, role=role, force_id=it.force_id, reason=reason)
    return made


def _version(
    actor: Actor,
    it: Inspection,
    kind: str,
    on: date | None,
    reason: str,
    lake: Lake,
    publisher: str,
) -> Publication:
    """The next version of a publication, written to the lake."""
    number = it.publications.count() + 1
    judgments = list(it.judgments.order_by("pk"))
    vintages = sorted(
        {
            revision.vintage
            for judgment in judgments
            for revision in (b.revision for b in judgment.based_on.select_related("revision"))
            if revision.vintage is not None
        }
    )
    trail = AuditHead.objects.get(id=1).hash or FIRST
    retracted = kind == "retraction"
    rows = [
        {
            "inspection": f"{it.force_id}.{it.cycle}",
            "force_id": it.force_id,
            "cycle": it.cycle,
            "framework_version": it.framework_version,
            "scope": j.scope,
            "question": j.question,
            "grade": "" if retracted else j.grade,
            "status": j.result_status,
            "carried_from": j.carried_from,
            "reasons": reason if retracted else j.reasons,
            "published_on": _day(on),
            "number": number,
            "kind": kind,
            "reason": reason,
            "vintages": ";".join(map(str, vintages)),
            "trail": trail,
            "publisher": publisher,
        }
        for j in judgments
    ]
    findings = [] if retracted else _findings(it)
    snapshot = _write(lake, it, {"judgments": rows, "judgment_findings": findings}, kind)
    made = Publication(
        inspection=it,
        number=number,
        kind=kind,
        published_on=on,
        reason=reason,
        snapshot=snapshot,
        vintages=vintages,
        trail=trail,
        content={"judgments": rows, "findings": findings},
    )
    made.save()
    return made


def _findings(it: Inspection) -> list[dict[str, Any]]:
    found = Addressed.objects.filter(finding__inspection=it).exclude(verified_state="draft")
    return [
        {
            "inspection": f"{it.force_id}.{it.cycle}",
            "force_id": one.force_id,
            "kind": one.finding.kind,
            "cycle": one.finding.cycle,
            "question": one.finding.question,
            "text": one.finding.text,
            "recommendation_of": one.finding.parent.text if one.finding.parent else "",
            "published_on": _day(one.finding.published_on),
            "due_on": _day(one.due_on),
            "claimed_state": one.claimed_state,
            "verified_state": one.verified_state,
            "closed_on": _day(one.closed_on),
            "source_url": one.finding.source_url,
        }
        for one in found.select_related("finding__parent").order_by("pk")
    ]


def _write(lake: Lake, it: Inspection, tables: dict[str, list[dict[str, Any]]], kind: str) -> int:
    """Replace the inspection's slices in one snapshot; the snapshot's id."""
    slices = []
    for name, rows in tables.items():
        made, key = _contract(name), f"{it.force_id}.{it.cycle}"
        digest = hashlib.sha256(canonical(rows).encode()).hexdigest()
        origin = Origin(
            source=SOURCE,
            file=SOURCE,
            member=key,
            sha256=digest,
            digest=digest,
            bytes=0,
            publisher="",
            licence="",
            publisher_file=False,
        )
        table = pa.Table.from_pylist(rows, schema=made.schema)
        slices.append(Slice(made, "", key, table, origin, len(rows)))
    lake.replace(slices, f"{kind} of {it.force_id}, {it.cycle}")
    return lake.snapshot().id


def _state(publication: Publication, one: Attributed) -> Statement:
    if one.side not in ("inspectorate", "force") or not (one.text.strip() and one.name.strip()):
        raise DefinitionError(
            "A statement is the inspectorate's or the force's, with text and name."
        )
    made = Statement(
        publication=publication,
        side=one.side,
        name=one.name,
        post=one.post,
        text=one.text,
        said_on=one.said_on,
    )
    made.save()
    return made


@cache
def _contract(name: str) -> Contract:
    return read_contract(files(__package__) / "tables" / f"{name}.toml")


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
