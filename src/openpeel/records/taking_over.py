"""What was published before these records began: taken over as published, never as if worked here.

A judgment that is taken over has no blind grades, for nobody here saw any; its evidence is the page
that published it. What a force claims of its findings is not known, and is said so.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from openpeel import framework
from openpeel.errors import DefinitionError, NotAllowed
from openpeel.records.changing import change
from openpeel.records.following import draft_finding, publish_finding, verify
from openpeel.records.gathering import Bears, Said, add_evidence
from openpeel.records.models import BasedOn, Finding, GradeChange, Inspection, Judgment
from openpeel.records.roles import INSPECTOR, MODERATOR, PUBLISHER, Actor, system
from openpeel.records.trail import writing
from openpeel.reference import force

Row = Mapping[str, Any]
CLOSURE = "cause_of_concern_closed"


def take_over(
    actor: Actor, force_name: str, cycle: str, grades: Sequence[Row], vintage: int
) -> Inspection:
    """Take over a force's published grades of a cycle, rows of the lake table `grades`.

    Only rows whose basis is published count. Of several sources for one grade all become evidence;
    where they differ in the grade, DefinitionError names them. A question without a grade is held
    as not graded. `vintage` is the snapshot that the rows were read at.
    """
    it, of = force(force_name), framework.cycle(cycle)
    stated: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in grades:
        if row["basis"] == "published" and (row["force_id"], row["cycle"]) == (it.id, of.id):
            stated[row["scope"], row["question"]].append(row)
    if not stated:
        raise DefinitionError(f"No published grade of {it.name} in {of.title} is there.")
    differ = [q for (_, q), rows in stated.items() if len({r["grade"] for r in rows}) > 1]
    if differ:
        raise DefinitionError(f"Sources differ in the grade of: {', '.join(differ)}.")
    with writing(actor) as trail:
        role = actor.must("inspection.take-over", it.id)
        if Inspection.objects.filter(force_id=it.id, cycle=of.id).exists():
            raise NotAllowed(f"{it.name} has an inspection in {of.title} already.")
        version = of.version_for(it.id)
        made = Inspection(
            force_id=it.id,
            cycle=of.id,
            framework_version=version.id if version else "",
            state="gathering",
            lead="taken over",
        )
        made.save()
        worker = _worker(actor)
        for (scope, question), rows in stated.items():
            _judgment(worker, made, scope, question, rows, vintage)
        change(made, state="published")
        trail.tell(
            "inspection.take-over", made, role=role, force_id=it.id, cycle=of.id, grades=len(stated)
        )
    return made


def take_over_findings(
    actor: Actor, rows: Sequence[Row], inspections: Mapping[tuple[str, str], Inspection]
) -> list[Finding]:
    """Take over published findings, rows of the lake table `findings`, of inspections by force and
    cycle; and the closures among them, each of the cause of concern on its question. A row without
    a whole date is left out: the records' days are days."""
    made: list[Finding] = []
    for force_id, _ in inspections:
        actor.must("inspection.take-over", force_id)
    actor = _worker(actor)
    mine = [r for r in rows if (r["force_id"], r["cycle"]) in inspections and len(r["date"]) == 10]
    for row in mine:
        if row["kind"] == CLOSURE:
            continue
        inspection = inspections[row["force_id"], row["cycle"]]
        finding = draft_finding(
            actor,
            row["kind"],
            row["summary"],
            inspection=inspection.pk,
            question=row["question"].split(";")[0],
            source_title=row["source_title"],
            source_url=row["source_url"],
        )
        publish_finding(actor, finding.pk, date.fromisoformat(row["date"]), taken_over=True)
        made.append(finding)
    for row in mine:
        if row["kind"] == CLOSURE:
            _close(actor, row, made)
    return made


def _worker(actor: Actor) -> Actor:
    """Who takes over does it in every role that it takes: evidence, findings, their closure."""
    return system((INSPECTOR, MODERATOR, PUBLISHER), actor.name)


def _judgment(
    actor: Actor,
    inspection: Inspection,
    scope: str,
    question: str,
    rows: Sequence[Row],
    vintage: int,
) -> None:
    days = sorted(r["published"] for r in rows if r["published"])
    carried = any(r["status"] == "carried-over" for r in rows)
    it = Judgment(
        inspection=inspection,
        scope=scope,
        question=question,
        state="published",
        grade=rows[0]["grade"],
        reasons=f"As published{f', {days[0]}' if days else ''}: {rows[0]['source_title']}",
        result_status="carried-over" if carried else "inspected",
    )
    it.save()
    GradeChange(
        judgment=it,
        step="taken-over",
        before="",
        after=it.grade,
        reason=it.reasons,
        by=actor.name,
    ).save()
    for row in rows:
        evidence = add_evidence(
            actor,
            inspection.pk,
            "document",
            row["source_title"][:200],
            Said(text=row["note"], url=row["source_url"], confidence="high", vintage=vintage),
            [Bears(question, "for", note="states the grade")],
        )
        BasedOn(judgment=it, revision=evidence.newest).save()


def _close(actor: Actor, row: Row, findings: Sequence[Finding]) -> None:
    """Close what a published closure closes; the revisit is the one that its letter tells of."""
    question, day = row["question"].split(";")[0], date.fromisoformat(row["date"])
    mine = [
        f
        for f in findings
        if (f.kind, f.cycle, f.question) == ("cause_of_concern", row["cycle"], question)
        and f.addressed.filter(force_id=row["force_id"]).exists()
    ]
    if len(mine) != 1:
        raise DefinitionError(
            f"The closure of {row['date']} ({row['force_id']}, {question}) finds {len(mine)} "
            "causes of concern to close: one is needed."
        )
    it = mine[0].addressed.get(force_id=row["force_id"])
    verify(actor, it.pk, "revisit", text="As the closure letter tells.", on=day)
    verify(actor, it.pk, "close", text=row["summary"], on=day, letter_url=row["source_url"])
