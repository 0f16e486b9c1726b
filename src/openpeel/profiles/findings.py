"""Findings and events resolved: from rows, one per source and description, to what a profile shows.

How rows are joined, so that one concern told by three sources is one finding:

* A cause of concern: rows of different sources on the same force, cycle and questions are taken to
  tell of one, unless a closure lies between them. Where any one source tells of two (a source does
  not say the same thing twice), which of them another source means is not known: all stay apart.
* Every other finding: only rows with the same force, kind, cycle, questions, date and words.
* A closure closes the causes of concern raised before it on the questions it names. Where two stand
  on one question it is not known which is meant, and neither is closed. A closure that finds no
  cause of concern is itself the evidence that there was one.
* Events of one force, kind and cycle whose dates can mean the same day are one event.

The state of a finding comes from closures alone. Words such as "discharged" or "still open" in a
summary are shown, never read by the machine.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from openpeel.profiles.dates import agree, earliest, first_day, last_day

Row = Mapping[str, Any]
"""A row of the lake table `findings`."""

CONCERN = "cause-of-concern"
CLOSURE = "cause-of-concern-closed"
PRACTICE = "notable-practice"
EVENTS = (CLOSURE, "engage-entry", "engage-exit")

CLOSED = "closed"
NOT_KNOWN = "not known"
NO_STATE = "none"


@dataclass(frozen=True, slots=True, order=True)
class Description:
    """What one source says of a finding or event."""

    date: str
    """As the source gives it: YYYY, YYYY-MM, YYYY-MM-DD or empty."""
    summary: str
    source_title: str
    source_url: str
    source_row: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a finding, or a move in the monitoring of a force."""

    force_id: str
    kind: str
    """cause-of-concern-closed, engage-entry or engage-exit."""
    cycle: str
    questions: tuple[str, ...]
    date: str
    """The most exact date that a source gives."""
    descriptions: tuple[Description, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause of concern, an area for improvement, a notable practice or a plain finding."""

    force_id: str
    kind: str
    """cause-of-concern, afi, notable-practice, finding, or another that the rows name."""
    cycle: str
    """Id of the cycle; empty where the source names none."""
    questions: tuple[str, ...]
    date: str
    """When it was raised, as exactly as the sources say; empty where none does."""
    descriptions: tuple[Description, ...]
    """One for each source."""
    closures: tuple[Event, ...]
    closed: str
    """The date of closure as the sources give it; empty where it is not closed."""
    verified: str
    """The state the inspectorate has confirmed: closed, not known, or none for a practice."""
    claimed: str
    """The state the force claims. Published rows never hold it: not known, or none."""

    @property
    def state(self) -> str:
        """The state to show: what is verified, never what is claimed."""
        return self.verified


def resolve(rows: Iterable[Row]) -> tuple[tuple[Finding, ...], tuple[Event, ...]]:
    """Findings and events, sorted by force, date and kind, whatever the order of the rows.

    The events hold the closures too, also those that stand on a finding.
    """
    ordered: list[Row] = sorted(
        ({**row, "kind": row["kind"].replace("_", "-")} for row in rows), key=_order
    )
    concerns = [row for row in ordered if row["kind"] == CONCERN]
    others = [row for row in ordered if row["kind"] not in (*EVENTS, CONCERN)]
    events = sorted(_events([row for row in ordered if row["kind"] in EVENTS]), key=_when)
    closures = [event for event in events if event.kind == CLOSURE]
    findings = [
        *_close(_concerns(concerns, closures), closures),
        *(_finding(same) for same in _groups(others, _told)),
    ]
    return tuple(sorted(findings, key=_when)), tuple(events)


def _events(rows: list[Row]) -> list[Event]:
    events: list[Event] = []
    for same in _groups(rows, _subject):
        days: list[list[Row]] = []
        # The most exact dates first: a vaguer one joins the one day that it can mean.
        for row in sorted(same, key=lambda row: (-len(row["date"]), _order(row))):
            meant = [day for day in days if agree(day[0]["date"], row["date"])]
            if len(meant) == 1:
                meant[0].append(row)
            else:
                days.append([row])
        events += map(_event, days)
    return events


def _event(rows: list[Row]) -> Event:
    questions = dict.fromkeys(q for row in rows for q in _questions(row))
    first = rows[0]
    return Event(
        force_id=first["force_id"],
        kind=first["kind"],
        cycle=first["cycle"],
        questions=tuple(questions),
        date=first["date"],
        descriptions=_descriptions(rows),
    )


def _concerns(rows: list[Row], closures: list[Event]) -> list[Finding]:
    """Causes of concern, each with all the rows that tell of it."""

    def raised(row: Row) -> Hashable:
        # A concern raised again after a closure is another concern.
        before = sum(_covers(event, row) and _after(row["date"], event) for event in closures)
        return _subject(row), _questions(row), before

    findings = []
    for same in _groups(rows, raised):
        told = _groups(same, _told)
        sources = [group[0]["source_url"] for group in told]
        joined = [same] if len(set(sources)) == len(sources) else told
        findings += [_finding(group) for group in joined]
    return findings


def _close(concerns: list[Finding], closures: list[Event]) -> list[Finding]:
    """The concerns with the closures that are surely theirs, and the concerns that only their
    closure tells of. `closures` are in order of time."""
    closed = defaultdict[int, tuple[Event, ...]](tuple)
    implied = []
    for event in closures:
        meant = [
            number
            for number, concern in enumerate(concerns)
            if (concern.force_id, concern.cycle) == (event.force_id, event.cycle)
            and _names(event, concern.questions)
            and not _after(concern.date, event)
        ]
        if not meant:
            implied.append(event)
        still_open = [number for number in meant if not closed[number]] or meant
        asked = Counter(concerns[number].questions for number in still_open)
        for number in still_open:
            if asked[concerns[number].questions] == 1:
                closed[number] += (event,)
    return [
        *(_closed(concern, closed[number]) for number, concern in enumerate(concerns)),
        *(_told_by(event) for event in implied),
    ]


def _finding(rows: list[Row]) -> Finding:
    first = rows[0]
    state = NO_STATE if first["kind"] == PRACTICE else NOT_KNOWN
    return Finding(
        force_id=first["force_id"],
        kind=first["kind"],
        cycle=first["cycle"],
        questions=_questions(first),
        date=earliest(row["date"] for row in rows),
        descriptions=_descriptions(rows),
        closures=(),
        closed="",
        verified=state,
        claimed=state,
    )


def _closed(concern: Finding, closures: tuple[Event, ...]) -> Finding:
    if not closures:
        return concern
    date = earliest(event.date for event in closures)
    return replace(concern, closures=closures, closed=date, verified=CLOSED)


def _told_by(event: Event) -> Finding:
    """The concern that only its closure tells of."""
    return Finding(
        force_id=event.force_id,
        kind=CONCERN,
        cycle=event.cycle,
        questions=event.questions,
        date="",
        descriptions=event.descriptions,
        closures=(event,),
        closed=event.date,
        verified=CLOSED,
        claimed=NOT_KNOWN,
    )


def _covers(event: Event, row: Row) -> bool:
    same = (event.force_id, event.cycle) == (row["force_id"], row["cycle"])
    return same and _names(event, _questions(row))


def _names(event: Event, questions: tuple[str, ...]) -> bool:
    """Whether the event names all of these questions, or neither names any."""
    return set(questions) <= set(event.questions) and bool(questions) == bool(event.questions)


def _after(date: str, event: Event) -> bool:
    return first_day(date) > last_day(event.date)


def _descriptions(rows: list[Row]) -> tuple[Description, ...]:
    return tuple(
        sorted(
            {
                Description(
                    row["date"],
                    row["summary"],
                    row["source_title"],
                    row["source_url"],
                    row["source_row"],
                )
                for row in rows
            }
        )
    )


def _groups(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> list[list[Row]]:
    groups = defaultdict[Hashable, list[Row]](list)
    for row in rows:
        groups[key(row)].append(row)
    return list(groups.values())


def _questions(row: Row) -> tuple[str, ...]:
    return tuple(sorted({q.strip() for q in row["question"].split(";") if q.strip()}))


def _subject(row: Row) -> Hashable:
    closes = _questions(row) if row["kind"] == CLOSURE else ()
    return row["force_id"], row["kind"], row["cycle"], closes


def _told(row: Row) -> Hashable:
    return _subject(row), _questions(row), row["date"], row["summary"].strip().casefold()


def _order(row: Row) -> tuple[Any, ...]:
    keys = ("force_id", "kind", "cycle", "question", "date", "summary", "source_title")
    return (*(row[key] for key in keys), row["source_url"], row["source_row"])


def _when(entry: Finding | Event) -> tuple[Any, ...]:
    told = (entry.force_id, first_day(entry.date), entry.kind, entry.cycle, entry.questions)
    return (*told, entry.date, entry.descriptions)
