"""Findings for others: CSV, and a committee paper in Word and PDF.

Each is made for somebody, holds what they may see and nothing else, and says who it is for; the
trail is told that it was made.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.resources import files
from itertools import chain
from typing import Any

from openpeel import framework
from openpeel.errors import OpenpeelError
from openpeel.records.clock import in_full
from openpeel.records.listing import ageing, due, finding_rows
from openpeel.records.models import Action, Progress
from openpeel.records.models.findings import ASKS
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.records.trail import read
from openpeel.reference import body

NOT_OURS = "Not published by HMICFRS."
COLUMNS = (
    "force",
    "kind_name",
    "cycle",
    "question",
    "text",
    "published_on",
    "due_on",
    "target_on",
    "owner",
    "claimed_state",
    "verified_state",
    "closed_on",
    "age_days",
    "source_title",
    "source_url",
    "imported_from",
)


def findings_csv(
    actor: Actor, force_id: str = "", *, open_only: bool = False, today: date | None = None
) -> str:
    """Published findings as CSV, of a force, or ('') of all seen; the trail is told."""
    role = actor.must("finding.read", force_id)
    made = "".join(as_csv(finding_rows(actor, force_id, open_only=open_only, today=today)))
    read(actor, "export:findings.csv", role=role, force_id=force_id)
    return made


def as_csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Rows of findings as CSV, in the columns of `COLUMNS`, a line each.

    A text that a spreadsheet would take for a formula is put behind an apostrophe.
    """
    told = ([_cell(row[name]) for name in COLUMNS] for row in rows)
    for cells in chain([COLUMNS], told):
        line = io.StringIO(newline="")
        csv.writer(line).writerow(cells)
        yield line.getvalue()


@dataclass(frozen=True)
class Item:
    """A finding in a paper: its heading, its words, and rows of what is known of it."""

    heading: str
    text: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Paper:
    """A committee paper: what a police and crime panel or an audit committee is shown."""

    title: str
    force: str
    made_on: str
    note: str
    summary: tuple[tuple[str, str], ...]
    due: tuple[tuple[str, str, str], ...]
    items: tuple[Item, ...]


def committee_paper(actor: Actor, force_name: str, today: date) -> Paper:
    """A force's open findings, with their age, what is due, claims and verification.

    Those of a national body are told alike.
    """
    of = body(force_name)
    role = actor.must("finding.read", of.id)
    rows = finding_rows(actor, of.id, today=today)
    stands = [r for r in rows if r["open"]]
    practices = sum(r["kind"] not in ASKS for r in rows)
    bands = ageing(rows)
    coming = due(actor, today, within=56, force_id=of.id)
    paper = Paper(
        title=f"{of.name}: inspection findings and progress",
        force=of.name,
        made_on=_day(today),
        note=f"{NOT_OURS} What the force claims and what has been verified are told apart.",
        summary=(
            ("Open findings", str(len(stands))),
            *((f"Open, {band}", str(n)) for band, n in bands.items() if n),
            ("Closed or superseded", str(len(rows) - len(stands) - practices)),
            *((("Notable practices", str(practices)),) if practices else ()),
            ("Overdue", str(sum(d.days < 0 for d in coming))),
        ),
        due=tuple(
            (_day(d.due_on), d.what, f"by {_days(-d.days)}" if d.days < 0 else "") for d in coming
        ),
        items=_items(actor, stands),
    )
    read(actor, "export:committee-paper", role=role, force_id=of.id)
    return paper


def as_docx(paper: Paper) -> bytes:
    """A paper as a Word document, with headings and tables that have heading rows."""
    from docx import Document

    made = Document()
    made.core_properties.title = paper.title
    made.core_properties.author = "openpeel"
    made.add_heading(paper.title, 0)
    made.add_paragraph(f"{paper.made_on}. {paper.note}")
    made.add_heading("Summary", 1)
    _table(made, ("What", "How many"), paper.summary)
    if paper.due:
        made.add_heading("Due and overdue", 1)
        _table(made, ("Day", "What", "Overdue"), paper.due)
    made.add_heading("Open findings", 1)
    for item in paper.items:
        made.add_heading(item.heading, 2)
        made.add_paragraph(_plain(item.text))
        _table(made, ("Of the finding", "As it stands"), item.facts)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def as_pdf(paper: Paper) -> bytes:
    """A paper as a tagged PDF (PDF/UA-1), set by Typst."""
    import typst

    template = (files(__package__) / "paper.typ").read_bytes()
    made = typst.compile(
        template,
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        # As data, never as markup: nothing that anybody wrote is carried out.
        sys_inputs={"paper": json.dumps(asdict(paper))},
    )
    if not isinstance(made, bytes):
        raise TypeError("A PDF is one file.")
    return made


def _items(actor: Actor, rows: Sequence[Mapping[str, Any]]) -> tuple[Item, ...]:
    these = [row["id"] for row in rows]
    said: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for s in seen(actor, Progress).filter(addressed__in=these).exclude(text="").order_by("pk"):
        said[s.addressed_id][s.side] = f"{_day(s.on)}: {s.text}"
    to_do: defaultdict[int, list[str]] = defaultdict(list)
    for a in seen(actor, Action).filter(addressed__in=these, done_on=None).order_by("pk"):
        to_do[a.addressed_id].append(f"{a.text} ({a.owner})")
    return tuple(_item(row, said[row["id"]], "; ".join(to_do[row["id"]])) for row in rows)


def _item(row: Mapping[str, Any], said: Mapping[str, str], actions: str) -> Item:
    given = (
        ("Cycle and question", _asked(row["cycle"], row["question"])),
        ("Published", _day(row["published_on"])),
        ("Age", _days(row["age_days"]) if row["age_days"] is not None else ""),
        ("Due", _day(row["due_on"])),
        ("The force's target", _day(row["target_on"])),
        ("Who has it", row["owner"]),
        ("The force claims", row["claimed_state"].replace("-", " ")),
        ("The force last said", said.get("force", "")),
        ("Verified", row["verified_state"].replace("-", " ")),
        ("The inspectorate last said", said.get("inspectorate", "")),
        ("Actions not done", actions),
        ("From the force's own list", row["imported_from"]),
    )
    facts = tuple((name, value) for name, value in given if value)
    return Item(row["kind_name"], row["text"], facts)


def _day(day: date | str | None) -> str:
    """A day, or its text, as people write it; '' where there is none."""
    on = date.fromisoformat(day) if isinstance(day, str) else day
    return in_full(on) if on else ""


def _days(count: int) -> str:
    """A number of days: '1 day', '1,615 days'."""
    return f"{count:,} day{'' if count == 1 else 's'}"


def _asked(cycle: str, question: str) -> str:
    """A cycle and a question by their names, as far as the framework knows them."""
    try:
        of = framework.cycle(cycle)
        return f"{of.title}: {of.subject(question).name}" if question else of.title
    except OpenpeelError:
        return " ".join(filter(None, (cycle, question)))


def _table(made: Any, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:  # noqa: ANN401
    table = made.add_table(rows=1, cols=len(names), style="Light Grid Accent 1")
    for cell, name in zip(table.rows[0].cells, names, strict=True):
        cell.text = name
    _repeat(table.rows[0])
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = _plain(value)


def _repeat(row: Any) -> None:  # noqa: ANN401
    """Have a table's first row be its heading, on every page and for screen readers."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _plain(text: str) -> str:
    """A text without the control characters that XML does not take."""
    return "".join(c for c in text if c.isprintable() or c in "\n\t")


def _cell(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value
