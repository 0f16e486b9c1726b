"""Rows of the lake's tables of publications, and writing them there."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa
from django.db.models import Q

from openpeel.errors import DefinitionError
from openpeel.lake import Contract, Lake, Origin, Slice, read_contract
from openpeel.records.clock import in_full
from openpeel.records.models import Addressed, Finding, Inspection, Publication, Response, Statement
from openpeel.records.seeing import HIDDEN
from openpeel.records.trail import canonical

SOURCE = "openpeel records"
JUDGMENTS, FINDINGS = "judgments", "judgment_findings"
STATEMENTS, RESPONSES = "publication_statements", "publication_responses"
Row = dict[str, Any]
Tables = dict[str, list[Row]]
"""Rows by table."""


def write(lake: Lake, publications: Mapping[str, Tables], reason: str) -> int:
    """Put rows, by key and table, in the place of the former ones, in one snapshot; its id."""
    slices = []
    for key, tables in publications.items():
        for name, rows in tables.items():
            made = contract(name)
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
    return lake.replace(slices, reason).snapshot


def key_of(it: Inspection) -> str:
    """What the lake calls a publication: force and cycle."""
    return f"{it.force_id}.{it.cycle}"


def key_of_finding(it: Finding) -> str:
    """What the lake calls what a finding is published with: its inspection, or itself if thematic.

    A recommendation of a thematic report goes with the finding that it belongs to.
    """
    return key_of(it.inspection) if it.inspection else f"thematic.{it.parent_id or it.pk}"


def published_with(it: Finding) -> list[Addressed]:
    """All that stands under one key with a finding, for each body; drafts too."""
    found = Addressed.objects.select_related("finding__parent", "finding__inspection")
    if it.inspection_id:
        return list(found.filter(finding__inspection=it.inspection_id).order_by("pk"))
    top = it.parent_id or it.pk
    return list(found.filter(Q(finding=top) | Q(finding__parent=top)).order_by("pk"))


def told(lake: Lake) -> set[str]:
    """The keys under which a lake holds findings, or once held some."""
    return {held.key for held in lake.held() if held.table == FINDINGS}


def judgment_rows(it: Inspection, version: Row) -> list[Row]:
    """A row a judgment; a retraction holds no grade, and its reason for reasons."""
    retracted = version["kind"] == "retraction"
    return [
        {
            "inspection": key_of(it),
            "force_id": it.force_id,
            "cycle": it.cycle,
            "framework_version": it.framework_version,
            "scope": j.scope,
            "question": j.question,
            "grade": "" if retracted else j.grade,
            "status": j.result_status,
            "carried_from": j.carried_from,
            "reasons": version["reason"] if retracted else j.reasons,
            **version,
        }
        for j in it.judgments.order_by("pk")
    ]


def finding_rows(key: str, found: Iterable[Addressed]) -> list[Row]:
    """A row a finding and body, as it now stands; drafts are no part of it."""
    return [
        {
            "inspection": key,
            "force_id": one.force_id,
            "kind": one.finding.kind,
            "cycle": one.finding.cycle,
            "question": one.finding.question,
            "text": one.finding.text,
            "recommendation_of": one.finding.parent.text if one.finding.parent else "",
            "published_on": day(one.finding.published_on),
            "due_on": day(one.due_on),
            "claimed_state": one.claimed_state,
            "verified_state": one.verified_state,
            "closed_on": day(one.closed_on),
            "source_title": one.finding.source_title,
            "source_url": one.finding.source_url,
        }
        for one in found
        if one.verified_state not in HIDDEN
    ]


@dataclass(frozen=True)
class Attributed:
    """A text that somebody answers for: `side` is inspectorate or force."""

    side: str
    name: str
    post: str
    text: str
    said_on: date


def statement_rows(it: Inspection, new: Sequence[Attributed] = ()) -> list[Row]:
    """A row a statement on any publication of an inspection, in the order made, and the `new`."""
    found = Statement.objects.filter(publication__inspection=it).order_by("pk")
    return [
        {
            "inspection": key_of(it),
            "force_id": it.force_id,
            "side": one.side,
            "name": one.name,
            "post": one.post,
            "text": one.text,
            "said_on": day(one.said_on),
        }
        for one in (*found, *new)
    ]


def response_rows(key: str, found: Iterable[Response]) -> list[Row]:
    """A row a text of each published response; a draft is no part of it."""
    rows = []
    for it in found:
        if it.state != "published":
            continue
        told = [("comments", "", "", it.text)]
        told += [("chief-officer", "", "", it.chief_officer)] if it.chief_officer else []
        told += [
            ("answer", a.finding.text, "yes" if a.accepted else "no", a.text)
            for a in it.answers.select_related("finding").order_by("finding_id")
        ]
        rows += [
            {
                "inspection": key,
                "force_id": it.force_id,
                "part": part,
                "recommendation": recommendation,
                "accepted": accepted,
                "text": text,
                "published_on": day(it.published_on),
                "last_day": day(it.last_day),
                "source_url": it.url,
            }
            for part, recommendation, accepted, text in told
        ]
    return rows


def standing(it: Inspection, new: Sequence[Attributed] = ()) -> Tables:
    """All that stands beside the judgments of an inspection, and the `new` statements; what was
    retracted has nothing there."""
    key, retracted = key_of(it), it.state == "retracted"
    found = Addressed.objects.filter(finding__inspection=it).select_related("finding__parent")
    responses = Response.objects.filter(publication__inspection=it).order_by("pk")
    return {
        FINDINGS: [] if retracted else finding_rows(key, found.order_by("pk")),
        STATEMENTS: [] if retracted else statement_rows(it, new),
        RESPONSES: [] if retracted else response_rows(key, responses),
    }


def holder(force_id: str, cycle: str) -> Inspection | None:
    """The inspection that the lake holds under the key of a force and cycle; None for none.

    That is the newest that was published, or, before there is one, the newest of which a finding
    was published ahead of its report: an inspection that was withdrawn may have had that.
    """
    found = Inspection.objects.filter(force_id=force_id, cycle=cycle).order_by("-pk")
    published = found.filter(publications__isnull=False).first()
    ahead = (it for it in found if standing(it)[FINDINGS])
    return published or next(ahead, found.first())


def witnesses(lake: Lake) -> dict[str, str]:
    """Hashes that the trail stood at, as the lake's publications of all its vintages hold them."""
    found: dict[str, str] = {}
    # The first vintage of each version of the table: most vintages do not touch it.
    vintages = {e.tables[JUDGMENTS]: e.id for e in lake.snapshots()[::-1] if JUDGMENTS in e.tables}
    for vintage in sorted(vintages.values()):
        table = lake.snapshot(vintage).table(JUDGMENTS, ["trail", "inspection"])
        for row in table.to_pylist():
            found.setdefault(row["trail"], f"publication {row['inspection']} in the lake")
    return found


def unrecorded(lake: Lake) -> list[str]:
    """Publications that the lake holds and the records do not know of: a kill came between the two.

    Each is mended by publishing it again.
    """
    if not lake.exists() or JUDGMENTS not in lake.snapshot().tables:
        return []
    rows = lake.snapshot().table(JUDGMENTS).select(["inspection", "number"]).to_pylist()
    known = {
        (key_of(p.inspection), p.number)
        for p in Publication.objects.select_related("inspection").order_by("pk")
    }
    return sorted({r["inspection"] for r in rows if (r["inspection"], r["number"]) not in known})


def come(on: date) -> None:
    """Raise DefinitionError for a day to come: what is published is in the lake at once."""
    if on > date.today():
        raise DefinitionError(
            f"{in_full(on)} is still to come: what is published is in the lake at once."
        )


def day(of: date | None) -> str:
    """A day as the lake's text; '' for none."""
    return of.isoformat() if of else ""


@cache
def contract(name: str) -> Contract:
    """The contract of one of the tables."""
    return read_contract(files(__package__) / "tables" / f"{name}.toml")
