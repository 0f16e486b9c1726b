"""Published grades resolved: from rows, one per source and grade, to one judgment per question.

What sources agree on is corroborated; what changed after publication is shown with what it
superseded; what they disagree on, without an order in time, is shown as a conflict. Nothing is
chosen in silence and no grade is computed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from openpeel import framework
from openpeel.profiles.dates import earliest, first_day, last_day

Row = Mapping[str, Any]
"""A row of the lake table `grades`."""

CONFLICT = "Sources disagree"

# The notes of the collected grades are free text; these openings and phrases are the ones in use.
_SUPERSEDED = re.compile(r"superseded\b", re.IGNORECASE)
_REMARKS = {
    "other-tranche": re.compile(r"published (early |late )?with tranche", re.IGNORECASE),
    "added-later": re.compile(r"earlier version says not yet graded", re.IGNORECASE),
    "separate-programme": re.compile(r"not part of the PEEL report", re.IGNORECASE),
    "after-revisit": re.compile(r"grades after the .* revisit", re.IGNORECASE),
    "by-exclusion": re.compile(r"named by exclusion", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One place that states a grade."""

    published: str
    """YYYY, YYYY-MM, YYYY-MM-DD or empty, as the source gives it."""
    title: str
    url: str
    status: str
    note: str
    row: int
    """Row of the file it was collected in."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A grade and all the sources that state it."""

    grade: str
    label: str
    published: str
    """The earliest date among the sources; empty where none has one."""
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Judgment:
    """What is known of one force's grade for one question or pillar in one cycle."""

    cycle: str
    force_id: str
    scope: str
    """pillar or question."""
    question: str
    """Id of the question, or of the pillar."""
    name: str
    grade: str | None
    """Id of the grade in force, or a result such as not-graded; None where sources disagree."""
    label: str
    published: str
    status: str
    """inspected, carried-over or unknown."""
    basis: str
    """published or inferred: an inferred grade is never shown as published."""
    version: str
    """Id of the framework version used for the force; empty where it is not known."""
    programme: str
    """peel, or the separate programme that the grade comes from."""
    remarks: tuple[str, ...]
    """other-tranche, added-later, separate-programme, after-revisit, by-exclusion: what the
    sources' notes say of how it was published."""
    sources: tuple[Source, ...]
    """Those that state the grade in force; more than one corroborate it."""
    earlier: tuple[Claim, ...]
    """Grades that were superseded, in order of time."""
    conflict: tuple[Claim, ...]
    """The grades that sources disagree on; empty where they agree."""
    inferred: tuple[Claim, ...]
    """Inferred grades that gave way to a published one."""


def resolve(rows: Iterable[Row]) -> tuple[Judgment, ...]:
    """One judgment for each (cycle, force, scope, question), whatever the order of the rows.

    Sorted by cycle, force, pillars before questions, then as the framework lists them.
    Raises FrameworkError for a row that its cycle's framework does not contain.
    """
    groups = defaultdict[tuple[str, str, str, str], list[Row]](list)
    for row in rows:
        known = framework.admit(row["cycle"], row["scope"], row["question"], row["grade"])
        key = (known.cycle_id, row["force_id"], known.scope, known.question_id)
        groups[key].append({**row, "grade": known.grade_id})
    return tuple(sorted((_judge(*key, group) for key, group in groups.items()), key=_place))


def _judge(cycle_id: str, force_id: str, scope: str, subject_id: str, rows: list[Row]) -> Judgment:
    cycle = framework.cycle(cycle_id)
    subject = cycle.pillar(subject_id) if scope == "pillar" else cycle.question(subject_id)
    published = [row for row in rows if row["basis"] == "published"]
    inferred = [row for row in rows if row["basis"] != "published"]
    current, earlier = _in_force(_claims(cycle, published or inferred))
    agreed = current[0] if len(current) == 1 else None
    sources = agreed.sources if agreed else ()
    version = cycle.version_for(force_id)
    return Judgment(
        cycle=cycle.id,
        force_id=force_id,
        scope=scope,
        question=subject.id,
        name=subject.name,
        grade=agreed.grade if agreed else None,
        label=agreed.label if agreed else CONFLICT,
        published=agreed.published if agreed else "",
        status=_status(sources),
        basis="published" if published else "inferred",
        version=version.id if version else "",
        programme=subject.programme if isinstance(subject, framework.Question) else "peel",
        remarks=_remarks(agreed) if agreed else (),
        sources=sources,
        earlier=earlier,
        conflict=() if agreed else current,
        inferred=_claims(cycle, inferred) if published else (),
    )


def _claims(cycle: framework.Cycle, rows: list[Row]) -> tuple[Claim, ...]:
    """Rows that state the same grade, together; best grade first."""
    stated = defaultdict[str, list[Row]](list)
    for row in rows:
        stated[row["grade"]].append(row)
    results = (*cycle.grades, framework.NOT_GRADED, framework.NOT_YET_GRADED)
    return tuple(
        Claim(
            grade=grade.id,
            label=grade.label,
            published=earliest(row["published"] for row in stated[grade.id]),
            sources=tuple(sorted({_source(row) for row in stated[grade.id]})),
        )
        for grade in results
        if grade.id in stated
    )


def _source(row: Row) -> Source:
    return Source(
        published=row["published"] or "",
        title=row["source_title"],
        url=row["source_url"],
        status=row["status"],
        note=row["note"] or "",
        row=row["source_row"],
    )


def _in_force(claims: tuple[Claim, ...]) -> tuple[tuple[Claim, ...], tuple[Claim, ...]]:
    """The claims that no other follows in time, and those that were followed."""
    current = tuple(a for a in claims if not any(_followed(a, b) for b in claims))
    earlier = tuple(a for a in claims if a not in current)
    return current, tuple(sorted(earlier, key=lambda c: (last_day(c.published), c.grade)))


def _followed(a: Claim, b: Claim) -> bool:
    """Whether claim b surely came after claim a.

    A source that calls its own grade superseded, or not yet given, is followed by any that does
    not. Otherwise every source of a must be dated, and before the latest source of b: a source
    without a date has no order in time.
    """
    standing_a, standing_b = _standing(a), _standing(b)
    if not standing_a or not standing_b:
        return not standing_a and bool(standing_b)
    ends = max(last_day(s.published) for s in standing_a)
    return ends < max(first_day(s.published) for s in standing_b)


def _standing(claim: Claim) -> list[Source]:
    if claim.grade == framework.NOT_YET_GRADED.id:
        return []
    return [s for s in claim.sources if not _SUPERSEDED.match(s.note)]


def _status(sources: tuple[Source, ...]) -> str:
    """What the sources that know say; unknown where none knows or they differ."""
    known = {s.status for s in sources} - {"unknown"}
    return known.pop() if len(known) == 1 else "unknown"


def _remarks(claim: Claim) -> tuple[str, ...]:
    """What the notes of its first sources say: a later page repeats grades that were not new."""
    first = [source.note for source in claim.sources if source.published == claim.published]
    return tuple(remark for remark, phrase in _REMARKS.items() if any(map(phrase.search, first)))


def _place(judgment: Judgment) -> tuple[str, str, str, int]:
    cycle = framework.cycle(judgment.cycle)
    listed = cycle.pillars if judgment.scope == "pillar" else cycle.questions
    order = [entry.id for entry in listed]
    return judgment.cycle, judgment.force_id, judgment.scope, order.index(judgment.question)
