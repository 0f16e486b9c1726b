"""Pages that show: sections of facts, texts and tables, drawn by one template."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse

from openpeel.records.models import Record
from openpeel.records.people import actor_of
from openpeel.records.roles import Actor
from openpeel.reference import forces


@dataclass(frozen=True)
class Link:
    """A text in a cell: plain, with an address, or as a tag that tells a state.

    Among actions the next step has no `weight`; what is harmless is "second", and what gives up
    or takes away is "grave".
    """

    text: str
    url: str = ""
    tag: bool = False
    weight: str = ""


Part = str | Link
Cell = Part | Sequence[Part]


@dataclass(frozen=True)
class Table:
    """A table: what it is of, heads, rows of cells; `none` is said where there is no row."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    none: str = "There are none."

    @property
    def cells(self) -> list[list[list[Link]]]:
        """The rows, with each cell as its links and texts."""
        return [[_parts(cell) for cell in row] for row in self.rows]


@dataclass(frozen=True)
class Section:
    """A part of a page. `actions` are links to what can be done there; `under` puts it under the
    section before it."""

    heading: str = ""
    texts: Sequence[str] = ()
    facts: Sequence[tuple[str, Cell]] = ()
    table: Table | None = None
    quotes: Sequence[tuple[str, str]] = ()
    actions: Sequence[Link] = ()
    under: bool = False

    @property
    def listed(self) -> list[tuple[str, list[Link]]]:
        """The facts, with each as its links and texts."""
        return [(name, _parts(cell)) for name, cell in self.facts]


@dataclass(frozen=True)
class Page:
    """A page: its title, what it belongs to (`over`, with `back`), and its sections."""

    title: str
    sections: Sequence[Section] = ()
    over: str = ""
    back: Link | None = None
    texts: Sequence[str] = field(default=())
    actions: Sequence[Link] = ()


def show(request: HttpRequest, made: Page) -> HttpResponse:
    """Answer with a page."""
    return drawn(request, "workbench/page.html", {"page": made})


def drawn(request: HttpRequest, template: str, shown: dict[str, Any]) -> HttpResponse:
    """Answer with a page that shows and takes nothing."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return render(request, template, shown)


def link(text: str, name: str, *args: int | str, weight: str = "", query: str = "") -> Link:
    """A link to a page of ours, by its name in the URLconf."""
    return Link(text, reverse(name, args=args) + query, weight=weight)


def by_weight(actions: Sequence[Link]) -> list[Link]:
    """Actions with the next step first, and what gives up or takes away last."""
    return sorted(actions, key=lambda one: ("", "second", "grave").index(one.weight))


def state(name: str) -> Link:
    """A state, as a tag: 'awaiting-review' as 'Awaiting review'."""
    return Link(name.replace("-", " ").capitalize(), tag=True)


def around(request: HttpRequest) -> dict[str, Any]:
    """What every page shows around itself: who is signed in, where they may go, its trail."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"places": ()}
    actor = actor_of(user)
    places = [link(text, name) for text, name, acts in _PLACES if _is_of(actor, name, acts)]
    return {"places": places, "actor": actor, "trail": _trail_of(request, actor)}


def _is_of(actor: Actor, place: str, actions: Sequence[str]) -> bool:
    """Whether there is something for somebody in a place; a national body has no part in some."""
    if place not in _OF_FORCES:
        return any(map(actor.may, actions))
    return any(actor.may(action, force.id) for action in actions for force in forces())


def _trail_of(request: HttpRequest, actor: Actor) -> Link | None:
    """Where the trail tells of the record that a page is about, for whoever may read that."""
    about = getattr(request, "about", None)
    if not isinstance(about, Record) or not actor.may("audit.read"):
        return None
    return link("What the trail tells of this", "trail", query=f"?subject={about.subject}")


_PLACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Forces", "forces", ("inspection.read", "force.read")),
    ("Moderation", "moderation", ("judgment.moderate",)),
    ("Accuracy checks", "checks", ("accuracy.answer",)),
    ("Findings", "findings", ("finding.read",)),
    ("Responses", "responses", ("response.write",)),
    ("Requests", "requests", ("request.make", "request.answer", "evidence.read")),
    ("Self-assessment", "assessments", ("assessment.write",)),
    ("People", "people", ("people.manage",)),
    ("Trail", "trail", ("audit.read",)),
)

_OF_FORCES = ("forces", "checks", "requests", "assessments")
"""Places of what is inspected: forces are, national bodies are not."""


def _parts(cell: Cell) -> list[Link]:
    parts = [cell] if isinstance(cell, (str, Link)) else list(cell)
    return [Link(part) if isinstance(part, str) else part for part in parts]
