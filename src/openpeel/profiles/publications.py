"""Publications from the records: what somebody published with openpeel, version by version.

They stand beside the collected grades and findings, never among them: those are what the
inspectorate and other public sources say, these are what a publisher says who is not the
inspectorate. What was taken over from those sources is told there, and not told again here.

A version gives way to the next as a whole, and the lake keeps both: what a publication said before
is read at the vintage before the one that replaced it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from openpeel import framework
from openpeel.lake import SliceId, Snapshot
from openpeel.profiles.findings import Finding

Row = Mapping[str, Any]
JUDGMENTS, FINDINGS = "judgments", "judgment_findings"
STATEMENTS, RESPONSES = "publication_statements", "publication_responses"

INSPECTION, AHEAD, THEMATIC = "inspection", "ahead", "thematic"
RETRACTION, TAKEN_OVER = "retraction", "taken over"
_ORDER = ("accelerated-cause-of-concern", "cause-of-concern", "recommendation", "afi")


@dataclass(frozen=True, slots=True)
class Graded:
    """A judgment, as its publisher gave it: `label` is the grade's on the scale of the cycle."""

    scope: str
    question: str
    name: str
    grade: str
    label: str
    status: str
    """inspected or carried-over."""
    carried_from: str
    """Title of the cycle that it was carried over from; empty otherwise."""
    reasons: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a publication. A retraction has no judgments, nor have those it took back."""

    number: int
    kind: str
    """publication, correction or retraction."""
    published_on: str
    reason: str
    publisher: str
    framework_version: str
    vintages: tuple[int, ...]
    """Snapshots of the lake that its evidence was read at."""
    trail: str
    """Hash that the trail of the records stood at."""
    snapshot: int
    """The snapshot that it became; it can be read there for ever."""
    judgments: tuple[Graded, ...]
    taken_back: bool = False
    """Whether a later retraction took it back."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as it stands for the force: what it claims and what was verified are two fields."""

    kind: str
    question: str
    name: str
    text: str
    recommendation_of: str
    """Text of the cause of concern that a recommendation belongs to; empty otherwise."""
    published_on: str
    due_on: str
    claimed: str
    verified: str
    closed_on: str
    source_title: str
    source_url: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A text that somebody answers for; `side` is inspectorate or force."""

    side: str
    name: str
    post: str
    text: str
    said_on: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a local policing body says of one recommendation."""

    recommendation: str
    accepted: bool
    text: str


@dataclass(frozen=True, slots=True)
class Response:
    """What the local policing body published within 56 days, the last of them `last_day`."""

    published_on: str
    last_day: str
    source_url: str
    comments: str
    chief_officer: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Publication:
    """What was published about a force: of an inspection, ahead of its report, or thematic.

    `versions` stand newest first, the one in force at their head; what is ahead of a report, and a
    thematic finding, have none. `as_of` is the day that the lake was last told of its findings.
    """

    key: str
    slug: str
    """Its name among the pages of a site."""
    kind: str
    """inspection, ahead or thematic."""
    force_id: str
    cycle: str
    title: str
    versions: tuple[Version, ...]
    findings: tuple[Found, ...]
    statements: tuple[Statement, ...]
    response: Response | None
    as_of: str

    @property
    def newest(self) -> Version | None:
        """The version in force."""
        return self.versions[0] if self.versions else None

    @property
    def retracted(self) -> bool:
        """Whether the version in force is a retraction."""
        return self.newest is not None and self.newest.kind == RETRACTION

    @property
    def taken_over(self) -> bool:
        """Whether it says what public sources say, and no more."""
        return self.newest is not None and self.newest.reason == TAKEN_OVER

    @property
    def published_on(self) -> str:
        """The day of the version in force, or of the newest finding; empty where not known."""
        days = [v.published_on for v in self.versions[:1]] or [
            f.published_on for f in self.findings
        ]
        return max(days, default="")


def publications(
    snapshot: Snapshot, collected: Iterable[Finding]
) -> dict[str, tuple[Publication, ...]]:
    """Publications by force, the newest first; none where the lake holds no table of them.

    `collected` are the resolved findings from public sources: one that was taken over from them and
    of which nothing more is known is left out. Raises FrameworkError for a cycle, question or
    grade that no framework has.
    """
    told = {(f.force_id, d.summary, f.closed) for f in collected for d in f.descriptions}
    read = {name: _by_key(snapshot, name) for name in (JUDGMENTS, FINDINGS, STATEMENTS, RESPONSES)}
    made: defaultdict[str, list[Publication]] = defaultdict(list)
    for key in read[JUDGMENTS].keys() | read[FINDINGS].keys():
        rows = {name: table.get(key, []) for name, table in read.items()}
        for force_id in {row["force_id"] for row in rows[JUDGMENTS] or rows[FINDINGS]}:
            mine = {n: [r for r in rs if r["force_id"] == force_id] for n, rs in rows.items()}
            made[force_id].append(_publication(snapshot, key, mine, told))
    return {
        force_id: tuple(sorted(of, key=lambda p: (p.published_on, p.key), reverse=True))
        for force_id, of in made.items()
    }


def _by_key(snapshot: Snapshot, table: str) -> dict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in snapshot.table(table).to_pylist() if snapshot.has(table) else ():
        found[row["inspection"]].append(row)
    return dict(found)


def _publication(
    snapshot: Snapshot, key: str, rows: Mapping[str, list[Row]], told: Collection[tuple[str, ...]]
) -> Publication:
    first = (rows[JUDGMENTS] or rows[FINDINGS])[0]
    force_id, cycle = first["force_id"], first["cycle"]
    thematic = key.startswith(f"{THEMATIC}.")
    versions = tuple(_versions(snapshot, key, rows[JUDGMENTS]))
    findings = _in_order(map(_found, rows[FINDINGS]))
    taken_over = bool(versions) and versions[0].reason == TAKEN_OVER
    if taken_over:
        versions = (replace(versions[0], judgments=()),)
        findings = [f for f in findings if not _nothing_more(f, force_id, told)]
    report = next((f.source_title for f in findings if f.source_title), "")
    held = snapshot.held.get(SliceId(FINDINGS, "", key))
    return Publication(
        key=key,
        slug=f"{force_id}-{key.replace('.', '-')}" if thematic else key.replace(".", "-"),
        kind=THEMATIC if thematic else INSPECTION if versions else AHEAD,
        force_id=force_id,
        cycle=cycle,
        title=(report or "Thematic report") if thematic else framework.cycle(cycle).title,
        versions=versions,
        findings=tuple(findings),
        statements=tuple(
            Statement(r["side"], r["name"], r["post"], r["text"], r["said_on"])
            for r in sorted(rows[STATEMENTS], key=lambda r: (r["said_on"], r["side"] == "force"))
        ),
        response=_response(rows[RESPONSES]),
        as_of=datetime.fromisoformat(held.loaded_at).date().isoformat() if held else "",
    )


def _versions(snapshot: Snapshot, key: str, rows: list[Row]) -> Iterator[Version]:
    """The version that the rows are of, and those before it, each as the lake held it last.

    What stands before a retraction was taken back by it, and is named without its judgments. A
    version that another lake holds is not there to be named.
    """
    slice_id, taken_back, below = SliceId(JUDGMENTS, "", key), False, None
    while rows:
        since = snapshot.held[slice_id].snapshot
        made = _version(rows, since)
        # A publication that was killed and made again stands twice: the second one counts.
        if below is None or made.number < below:
            yield replace(made, judgments=(), taken_back=True) if taken_back else made
            taken_back, below = taken_back or made.kind == RETRACTION, made.number
        if made.number == 1 or since == 1:
            return
        snapshot = snapshot.at(since - 1)
        rows = _by_key(snapshot, JUDGMENTS).get(key, [])


def _version(rows: list[Row], since: int) -> Version:
    first = rows[0]
    cycle = framework.cycle(first["cycle"])
    listed = [p.id for p in cycle.pillars] + [q.id for q in cycle.questions]
    graded = [_graded(cycle, row) for row in rows if row["kind"] != RETRACTION]
    named: str = first["framework_version"]
    titles = {v.id: v.title for v in cycle.versions}
    return Version(
        number=first["number"],
        kind=first["kind"],
        published_on=first["published_on"],
        reason=first["reason"],
        publisher=first["publisher"],
        framework_version=titles.get(named, named),
        vintages=tuple(int(v) for v in first["vintages"].split(";") if v),
        trail=first["trail"],
        snapshot=since,
        judgments=tuple(sorted(graded, key=lambda g: listed.index(g.question))),
    )


def _graded(cycle: framework.Cycle, row: Row) -> Graded:
    pillar = row["scope"] == "pillar"
    subject = cycle.pillar(row["question"]) if pillar else cycle.question(row["question"])
    carried_from = row["carried_from"]
    return Graded(
        scope=row["scope"],
        question=subject.id,
        name=subject.name,
        grade=row["grade"],
        label=cycle.result(row["grade"]).label,
        status=row["status"],
        carried_from=framework.cycle(carried_from).title if carried_from else "",
        reasons=row["reasons"],
    )


def _found(row: Row) -> Found:
    subject = row["question"]
    if subject and row["cycle"]:
        subject = framework.cycle(row["cycle"]).subject(subject).name
    return Found(
        kind=row["kind"].replace("_", "-"),
        question=row["question"],
        name=subject,
        text=row["text"],
        recommendation_of=row["recommendation_of"],
        published_on=row["published_on"],
        due_on=row["due_on"],
        claimed=row["claimed_state"],
        verified=row["verified_state"],
        closed_on=row["closed_on"],
        source_title=row["source_title"],
        source_url=row["source_url"],
    )


def _in_order(findings: Iterable[Found]) -> list[Found]:
    """Causes of concern first, each with its recommendations after it."""
    made = list(findings)
    rank = {f.text: _ORDER.index(f.kind) if f.kind in _ORDER else len(_ORDER) for f in made}

    def place(it: Found) -> tuple[Any, ...]:
        top = it.recommendation_of or it.text
        return rank.get(top, len(_ORDER)), top, bool(it.recommendation_of), it.due_on, it.text

    return sorted(made, key=place)


def _nothing_more(it: Found, force_id: str, told: Collection[tuple[str, ...]]) -> bool:
    """Whether the records know of a finding that was taken over only what its sources say."""
    untouched = it.claimed == "not-known" and it.verified in ("published", "closed")
    return untouched and (force_id, it.text, it.closed_on) in told


def _response(rows: list[Row]) -> Response | None:
    """The response of one force's local policing body: it owes one to each publication."""
    if not rows:
        return None
    said = {row["part"]: row["text"] for row in rows}
    return Response(
        published_on=rows[0]["published_on"],
        last_day=rows[0]["last_day"],
        source_url=rows[0]["source_url"],
        comments=said["comments"],
        chief_officer=said.get("chief-officer", ""),
        answers=tuple(
            Answer(row["recommendation"], row["accepted"] == "yes", row["text"])
            for row in rows
            if row["part"] == "answer"
        ),
    )
