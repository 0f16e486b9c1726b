"""A force's own list of findings, from its spreadsheet: read whole, tried whole, written whole.

What is imported is the force's word: its claims become claims, through the moves of its own life
cycle. Of what the inspectorate verified it says nothing. The same sheet again changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpeel import framework
from openpeel.errors import DefinitionError, OpenpeelError
from openpeel.records.bulk import Whose, hand_over
from openpeel.records.following import claim
from openpeel.records.lifecycles import CLAIMED
from openpeel.records.models import Addressed, Finding
from openpeel.records.models.findings import ASKS, KINDS
from openpeel.records.roles import Actor
from openpeel.records.seeing import HIDDEN
from openpeel.records.sheets import Sheet, day_of, fold, text_of
from openpeel.records.trail import writing
from openpeel.reference import force

FIELDS = {
    "text": "What was found or recommended",
    "kind": "Kind of finding",
    "published_on": "Day it was published",
    "cycle": "Cycle of inspections",
    "question": "Question it is about",
    "claimed_state": "State that the force claims",
    "owner": "Who has it in the force",
    "target_on": "The force's own target day",
    "due_on": "Day that the inspectorate set",
    "source_url": "Address of the report",
}
"""What a column of a sheet may be mapped to; `text` and `published_on` are needed."""
NEEDED = ("text", "published_on")
_STATES = {
    "not-allocated": ("not allocated", "awaiting allocation", "unallocated", "new", "not started"),
    "in-progress": ("in progress", "open", "ongoing", "on track", "amber", "started"),
    "pending-sign-off": ("pending sign off", "awaiting sign off", "for sign off"),
    "complete": ("complete", "completed", "closed", "done", "green", "implemented"),
}
_WAY = ("not-allocated", "in-progress", "pending-sign-off", "complete")
_MOVES = {"not-allocated": "allocate", "in-progress": "offer", "pending-sign-off": "complete"}


@dataclass(frozen=True)
class Wrong:
    """A cell that cannot be taken: its row in the file, its column, and why."""

    row: int
    column: str
    why: str


@dataclass(frozen=True)
class Imported:
    """What an import does, or in a dry run would do."""

    new: int
    changed: int
    unchanged: int
    wrong: tuple[Wrong, ...]
    written: bool


def suggested(sheet: Sheet) -> dict[str, str]:
    """A mapping of fields to columns, as far as the columns' names tell."""
    names = {fold(c): c for c in sheet.columns}
    known = {f: (f, label, *_SPELLINGS.get(f, ())) for f, label in FIELDS.items()}
    return {
        field: names[fold(s)]
        for field, spellings in known.items()
        for s in reversed(spellings)
        if fold(s) in names
    }


_SPELLINGS = {
    "text": ("finding", "recommendation", "description", "summary", "AFI"),
    "kind": ("type", "category"),
    "published_on": ("published", "date published", "publication date", "date"),
    "cycle": ("PEEL cycle", "inspection"),
    "question": ("area", "theme"),
    "claimed_state": ("status", "state", "progress", "RAG"),
    "owner": ("lead", "lead officer", "action owner", "responsible"),
    "target_on": ("target", "target date", "deadline"),
    "due_on": ("due", "due date"),
    "source_url": ("link", "url", "report"),
}


def import_findings(
    actor: Actor,
    force_name: str,
    sheet: Sheet,
    mapping: Mapping[str, str],
    *,
    dry_run: bool,
) -> Imported:
    """Take a force's list of findings in: all rows, or none where any cell is wrong.

    `mapping` names the column of each field. A finding that is there already (same words, same day
    of publication) is brought to the state, owner and target day of its row. A `dry_run` does all
    of it and undoes it. Raises DefinitionError for a mapping that lacks what is needed or names no
    column of the sheet.
    """
    of = force(force_name).id
    actor.must("finding.import", of)
    _fits(sheet, mapping)
    wrong: list[Wrong] = []
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    met: set[tuple[str, date]] = set()
    try:
        with writing(actor) as trail:
            there = _there(of)
            for number, cells in sheet.rows:
                row, faults = _row(number, cells, mapping)
                key = (fold(row["text"]), row["published_on"])
                if not faults and key in met:
                    faults = [Wrong(number, mapping["text"], "the same finding stands above")]
                met.add(key)
                wrong += faults
                if not faults:
                    try:
                        counts[_take(actor, of, row, sheet.name, there.get(key))] += 1
                    except OpenpeelError as error:
                        wrong.append(Wrong(number, mapping["text"], str(error)))
            role = actor.must("finding.import", of)
            trail.tell(
                "finding.import", "file", role=role, force_id=of, file_name=sheet.name, **counts
            )
            if wrong or dry_run:
                raise _Undone
    except _Undone:
        pass
    if wrong:
        counts = dict.fromkeys(counts, 0)
    return Imported(**counts, wrong=tuple(wrong), written=not (wrong or dry_run))


class _Undone(Exception):
    """Undoes what was tried."""


def _fits(sheet: Sheet, mapping: Mapping[str, str]) -> None:
    missing = [FIELDS[f] for f in NEEDED if not mapping.get(f)]
    strange = [f for f in mapping if f not in FIELDS]
    absent = [c for c in mapping.values() if c and c not in sheet.columns]
    if missing or strange or absent:
        raise DefinitionError(
            "The columns do not fit: "
            + "; ".join(
                f"{what}: {', '.join(names)}"
                for what, names in (
                    ("no column for", missing),
                    ("no such field", strange),
                    ("no such column", absent),
                )
                if names
            )
            + "."
        )


def _row(
    number: int, cells: Mapping[str, Any], mapping: Mapping[str, str]
) -> tuple[dict[str, Any], list[Wrong]]:
    """A row's values by field, and what is wrong with its cells."""
    made: dict[str, Any] = {}
    wrong = []
    for field in FIELDS:
        column = mapping.get(field, "")
        value = cells.get(column) if column else None
        try:
            made[field] = _READ.get(field, text_of)(value)
            if field in NEEDED and not made[field]:
                raise DefinitionError("it is empty")
            if field == "published_on" and made[field] > date.today():
                raise DefinitionError("it is still to come")
        except DefinitionError as error:
            made[field] = None if field.endswith("_on") else ""
            wrong.append(Wrong(number, column, str(error)))
    if made["cycle"] or made["question"]:
        at = mapping.get("cycle") or mapping["question"]
        try:
            cycle = framework.cycle(made["cycle"])
            made["cycle"], at = cycle.id, mapping.get("question", at)
            made["question"] = cycle.subject(made["question"]).id if made["question"] else ""
        except OpenpeelError as error:
            wrong.append(Wrong(number, at, str(error)))
    return made, wrong


def _there(of: str) -> dict[tuple[str, date | None], Addressed]:
    """The force's published findings, by their words and day; the first of those that are alike."""
    found = Addressed.objects.filter(force_id=of).exclude(verified_state__in=HIDDEN)
    found = found.select_related("finding").order_by("-pk")
    return {(fold(a.finding.text), a.finding.published_on): a for a in found}


def _take(actor: Actor, of: str, row: Mapping[str, Any], name: str, there: Addressed | None) -> str:
    """Bring the finding of a row, if it is `there`, to where the row says, or make it.

    Returns whether it was new, changed or unchanged.
    """
    new = there is None
    if there is None:
        made = Finding(
            kind=row["kind"],
            cycle=row["cycle"],
            question=row["question"],
            text=row["text"],
            published_on=row["published_on"],
            due_on=row["due_on"],
            source_title=f"From the force's list: {name}"[:300],
            source_url=row["source_url"],
            imported_from=name[:300],
        )
        made.save()
        there = Addressed(
            finding=made,
            force_id=of,
            verified_state="published",
            claimed_state=CLAIMED.start,
            due_on=row["due_on"],
        )
        there.save()
    if there.finding.kind not in ASKS:
        return "new" if new else "unchanged"
    before = (there.claimed_state, there.owner, there.target_on)
    _bring(actor, there, row, name)
    there.refresh_from_db()
    after = (there.claimed_state, there.owner, there.target_on)
    return "new" if new else "unchanged" if before == after else "changed"


def _bring(actor: Actor, it: Addressed, row: Mapping[str, Any], name: str) -> None:
    """Make the moves of the force's life cycle that lead to the row's state."""
    goal, text = row["claimed_state"] or it.claimed_state, f"As in {name}."
    for move in _moves(it.claimed_state, goal):
        owner = row["owner"] or it.owner or "not named in the list"
        claim(actor, it.pk, move, text=text, owner=owner if move == "allocate" else "")
    it.refresh_from_db()
    given: Whose = {}
    if row["owner"] and row["owner"] != it.owner:
        given["owner"] = row["owner"]
    if row["target_on"] and row["target_on"] != it.target_on:
        given["target_on"] = row["target_on"]
    if given:
        hand_over(actor, it.pk, **given)


def _moves(state: str, goal: str) -> Iterator[str]:
    """The moves from a state to another. Raises DefinitionError where there is no way."""
    if state == goal:
        return
    if goal == "not-allocated":
        raise DefinitionError(f"it is '{state}' here: it cannot become not allocated again")
    at = "not-allocated" if state == "not-known" else state
    if _WAY.index(at) > _WAY.index(goal):
        yield "resume"
        at = "in-progress"
    while at != goal:
        yield _MOVES[at]
        at = _WAY[_WAY.index(at) + 1]


def _kind(value: Any) -> str:  # noqa: ANN401
    text = text_of(value)
    spelt = {fold(s): k for k, label in KINDS.items() for s in (k, label)}
    if text and fold(text) not in spelt:
        raise DefinitionError(
            f"'{text}' is no kind of finding. There are: {', '.join(KINDS.values())}"
        )
    return spelt.get(fold(text), "finding")


def _state(value: Any) -> str:  # noqa: ANN401
    text = text_of(value)
    spelt = {fold(s): k for k, names in _STATES.items() for s in (k, *names)}
    if text and fold(text) not in spelt:
        raise DefinitionError(
            f"'{text}' is no state. There are: {', '.join(_STATES).replace('-', ' ')}"
        )
    return spelt.get(fold(text), "")


_READ = {
    "kind": _kind,
    "claimed_state": _state,
    "published_on": day_of,
    "target_on": day_of,
    "due_on": day_of,
}
