"""PEEL grades and findings, collected one by one from what was published, each with its source."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from openpeel import framework
from openpeel.errors import FileRefused, FrameworkError
from openpeel.lake import BadRow, Contract
from openpeel.reference import Force, recognise
from openpeel.sources.contracts import contract
from openpeel.sources.members import Member
from openpeel.sources.source import OGL, Context, Parsed, Target, origin_of, sliced
from openpeel.sources.text import check_header, even, rows_of

_KINDS = (
    "cause_of_concern",
    "cause_of_concern_closed",
    "afi",
    "recommendation",
    "notable_practice",
    "engage_entry",
    "engage_exit",
    "finding",
)

_STATUSES = ("inspected", "carried-over", "unknown")


class _FaultError(Exception):
    """A cell that cannot be loaded: its column, and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


@contextmanager
def _in(column: str) -> Iterator[None]:
    """Whatever is wrong inside is wrong with this column."""
    try:
        yield
    except (FrameworkError, ValueError) as error:
        raise _FaultError(column, str(error)) from error


class _Collected(ABC):
    """A CSV of facts with their sources; a subclass makes one row of it at a time."""

    name: str
    title: str
    header: tuple[str, ...]
    table: str
    publisher = "collected from HMICFRS, forces, commissioners and the press"
    licence = OGL

    def recognise(self, member: Member, header: Callable[[], Sequence[str]]) -> Target | None:
        """By the header."""
        if not member.base.endswith(".csv") or tuple(header()) != self.header:
            return None
        return Target(self.table)

    def read(self, member: Member, target: Target, context: Context) -> Parsed:
        """A row that the framework refuses is bad, with the framework's reason."""
        text = even(member.read(), member.label)
        check_header(text.data, self.header, member.label)
        rows = rows_of(text, self.header)
        made: list[dict[str, Any]] = []
        bad: list[BadRow] = list(rows.bad)
        for given in rows.cells():
            try:
                made.append(self.made(given) | {"source_row": given["line"]})
            except _FaultError as fault:
                whole = ",".join(given[name] for name in self.header)[:500]
                bad.append(BadRow(given["line"], fault.column, str(fault), whole))
        if not made:
            reasons = "; ".join(dict.fromkeys(b.reason for b in bad[:3]))
            raise FileRefused(f"{member.label} holds no row that can be loaded: {reasons}")
        origin = origin_of(self, member, text.sha256, text.digest, text.size)
        return sliced(self.contract, made, bad, origin)

    @property
    def contract(self) -> Contract:
        """The contract of the table it fills."""
        return contract(self.table)

    @abstractmethod
    def made(self, given: dict[str, str]) -> dict[str, Any]:
        """The table's columns from one row; raises _FaultError with the column and the reason."""


class PeelGrades(_Collected):
    """Published grades: cycle, force, pillar or question, grade, status, date, source."""

    name = "peel-grades"
    title = "Published PEEL grades"
    table = "grades"
    header = (
        "cycle", "force", "scope", "question", "grade", "status", "published",
        "source_title", "source_url", "note",
    )  # fmt: skip

    def made(self, given: dict[str, str]) -> dict[str, Any]:
        """The row with the framework's ids."""
        status = given["status"].replace("_", "-") or "unknown"
        with _in("status"):
            if status not in _STATUSES:
                raise ValueError(f"'{status}' is no status; use {', '.join(_STATUSES)}")
        return _grade(given, given["scope"], "published") | {
            "status": status,
            "published": _date(given, "published"),
            "source_title": given["source_title"],
            "source_url": given["source_url"],
            "note": given["note"],
        }


class PeelInferredGrades(_Collected):
    """Grades that somebody worked out: kept apart, and never shown as published."""

    name = "peel-grades-inferred"
    title = "PEEL grades worked out, not published"
    table = "grades"
    header = ("cycle", "force", "question", "grade", "reasoning")

    def made(self, given: dict[str, str]) -> dict[str, Any]:
        """The row with the framework's ids and the reasoning as its source."""
        return _grade(given, "question", "inferred") | {
            "status": "unknown",
            "published": "",
            "source_title": given["reasoning"],
            "source_url": "",
            "note": "",
        }


class PeelFindings(_Collected):
    """Causes of concern, areas for improvement, entries into and exits from Engage."""

    name = "peel-findings"
    title = "Published PEEL findings and events"
    table = "findings"
    header = (
        "force", "kind", "cycle", "question", "date", "summary", "source_title", "source_url",
    )  # fmt: skip

    def made(self, given: dict[str, str]) -> dict[str, Any]:
        """The row with the framework's ids."""
        with _in("kind"):
            if given["kind"] not in _KINDS:
                raise ValueError(
                    f"'{given['kind']}' is no kind of finding; use {', '.join(_KINDS)}"
                )
        cycle, subjects = "", ""
        if given["cycle"]:
            with _in("cycle"):
                known = framework.cycle(given["cycle"])
            cycle = known.id
            named = [part.strip() for part in given["question"].split(";") if part.strip()]
            with _in("question"):
                subjects = ";".join(known.subject(part).id for part in named)
        return {
            "force_id": _force(given["force"]),
            "kind": given["kind"],
            "cycle": cycle,
            "question": subjects,
            "date": _date(given, "date"),
            "summary": given["summary"],
            "source_title": given["source_title"],
            "source_url": given["source_url"],
        }


def _grade(given: dict[str, str], scope: str, basis: str) -> dict[str, Any]:
    with _in("grade"):
        admitted = framework.admit(given["cycle"], scope, given["question"], given["grade"])
    force_id = _force(given["force"])
    return {
        "cycle": admitted.cycle_id,
        "part": f"{force_id}/{basis}",
        "force_id": force_id,
        "scope": admitted.scope,
        "question": admitted.question_id,
        "grade": admitted.grade_id,
        "basis": basis,
    }


def _force(name: str) -> str:
    with _in("force"):
        found = recognise(name)
        if not isinstance(found, Force):
            raise ValueError(f"'{name}' is no police force that openpeel knows")
    return found.id


def _date(given: dict[str, str], column: str) -> str:
    text = given[column]
    with _in(column):
        if text and not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text):
            raise ValueError(f"'{text}' is no date; write YYYY, YYYY-MM or YYYY-MM-DD")
        date.fromisoformat(f"{text or '2000'}-01-01"[:10])  # raises for a month 13, a day 32
    return text
