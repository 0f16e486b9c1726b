"""My tasks, my roles, how accessible the pages are, and the style that every page has."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from openpeel.records.listing import Due, due
from openpeel.records.roles import MAY, ROLES, Actor
from openpeel.web.access import page
from openpeel.web.pages import Cell, Page, Section, Table, link, show
from openpeel.web.tasks import tasks
from openpeel.web.words import DOES, brief, force_name, of_days, on, role_name

MOST = 100
# Of each kind of what is due: its page, and what that takes.
_WHERE = {
    # For others too it is due; a link would tell them whether it is being drafted.
    "response": ("response", ("response.write",)),
    "finding": ("finding", ("finding.read",)),
    "target": ("finding", ("finding.read",)),
    "action": ("action", ("action.write",)),
    "request": ("request", ("request.make", "request.answer")),
    "check": ("effect-check", ("finding.verify", "force.read")),
}


@page()
def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What waits for whoever is signed in, by role."""
    sections = [
        _section(title, heads, rows[:MOST], len(rows))
        for title, heads, rows in tasks(actor)
        if rows
    ]
    coming = due(actor, date.today())
    if coming:
        rows = [
            (led_to(actor, d), force_name(d.force_id), on(d.due_on), of_days(d.days))
            for d in coming[:MOST]
        ]
        heads = ("What", "Force", "Day", "Left")
        sections.append(_section("Due and overdue", heads, rows, len(coming)))
    mine = "; ".join(role_name(role, of) for role, of in sorted(actor.roles))
    texts = [f"Your roles: {mine}." if mine else "You have no role yet: ask an administrator."]
    if mine and not sections:
        texts.append("Nothing waits for you.")
    return show(request, Page("My tasks", sections, texts=texts))


def _section(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], count: int
) -> Section:
    """A table of rows, with a title that says so where there are more than it shows."""
    told = f"{title}, the first {len(rows)} of {count:,}" if count > len(rows) else title
    return Section(told, table=Table(told, heads, rows))


def led_to(actor: Actor, it: Due) -> Cell:
    """What is due, as a link for whoever may follow it."""
    name, takes = _WHERE[it.kind]
    may = any(actor.may(action, it.force_id) for action in takes)
    return link(brief(it.what), name, it.pk) if may else brief(it.what)


@page()
def roles(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What each of somebody's roles may do."""
    held = sorted({role for role, _ in actor.roles})
    sections = [
        Section(
            ROLES[role].split(":")[0],
            texts=[ROLES[role].split(": ", 1)[1].capitalize()],
            facts=[
                ("Forces", [force_name(of) or "all" for r, of in sorted(actor.roles) if r == role])
            ],
            table=Table(
                "What this role may do", ("It may",), [(DOES[a],) for a in MAY if role in MAY[a]]
            ),
        )
        for role in held
    ]
    return show(request, Page("My roles", sections))


def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement; it takes no signing in."""
    texts = (
        "The workbench is meant to conform to WCAG 2.2 at level AA. Its pages work without "
        "JavaScript, from the keyboard and at 320 pixels wide; wide tables scroll within "
        "themselves. No meaning is carried by colour alone. A passkey is the one thing that needs "
        "JavaScript; a code of an authenticator app does not.",
        "Every kind of page has been checked by automated tests (axe, on each change) and by eye, "
        "not by an independent audit. What forces and inspectors upload is as accessible as they "
        "made it. Committee papers are tagged PDF and Word documents with headings.",
        "If something keeps you from using it, tell whoever runs it: "
        f"{settings.OPENPEEL_PUBLISHER}.",
    )
    return show(request, Page("Accessibility statement", texts=texts))


def style(request: HttpRequest) -> HttpResponse:
    """The style: that of the published pages, and what forms need besides."""
    response = HttpResponse(_style(), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "max-age=3600"
    return response


@cache
def _style() -> str:
    published = files("openpeel.publish") / "templates" / "style.css"
    own = files("openpeel.web") / "templates" / "workbench" / "workbench.css"
    return published.read_text(encoding="utf-8") + own.read_text(encoding="utf-8")
