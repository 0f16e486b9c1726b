"""The findings tracker: filtered, exported, updated many at once."""

import re
from datetime import date
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse

from openpeel.lake import Lake
from openpeel.records import publishing
from openpeel.records.bulk import in_bulk
from openpeel.records.exporting import as_csv
from openpeel.records.lifecycles import CLAIMED, VERIFIED
from openpeel.records.models import Addressed
from openpeel.records.models.findings import ASKS
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.web.access import page
from openpeel.web.asking import Asked, ask, day, line, lines, picked
from openpeel.web.pages import drawn, link
from openpeel.web.tracker import tracked
from openpeel.web.views.finding import CLAIMS, VERIFIES, offered
from openpeel.web.words import brief, force_name, on, own_forces

BULK = ("finding.claim", "finding.verify")
MOVES = {
    **{f"force.{name}": told for name, told in CLAIMS.items()},
    "force.hand-over": "Change the owner, or the force's own target day",
    **{
        f"inspectorate.{name}": told
        for name, told in VERIFIES.items()
        if name not in ("close", "supersede")
    },
}
"""What can be done with several findings at once: the side and the move."""
MOST = 200
"""Findings on a page, and so those that are updated at once, at most."""


@page("finding.read")
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The tracker."""
    filters, rows = tracked(actor, request.GET)
    shown_here = Paginator(rows, MOST).get_page(request.GET.get("page"))
    for row in shown_here:
        row["force_name"] = force_name(row["force"])
        for day_of in ("published", "due", "closed"):
            on_day = row[f"{day_of}_on"]
            row[day_of] = on(date.fromisoformat(on_day)) if on_day else ""
        for side in ("claimed", "verified"):
            row[side] = row[f"{side}_state"].replace("-", " ").capitalize()
        if row["kind"] not in ASKS:
            row["claimed"] = ""
    can = (
        ("Draft a thematic finding", actor.may("finding.draft"), "finding-draft-thematic"),
        ("Take a spreadsheet over", own_forces(actor, "finding.import"), "findings-import"),
    )
    shown = {
        "filters": filters,
        "rows": shown_here,
        "overdue": sum(row["overdue"] for row in rows),
        "query": _without_page(request),
        "bulk": any(map(actor.may, BULK)),
        "actions": [link(told, to, weight="second") for told, may, to in can if may],
    }
    return drawn(request, "workbench/findings.html", shown)


@page("finding.read", told=True)
def exported(request: HttpRequest, actor: Actor) -> StreamingHttpResponse:
    """The tracker as CSV, as it is filtered."""
    _, rows = tracked(actor, request.GET)
    response = StreamingHttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="findings.csv"'
    return response


class BulkForm(Asked):
    """One move of several findings."""

    move = picked("What to do with them")
    owner = line("Owner", "Who in the force answers for them.", required=False)
    text = lines("What was done, or why", required=False)
    on = day("On, or the target day", required=False)


@page(*BULK)
def bulk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Make one move of all findings that are picked: of all, or of none."""
    seen_at = dict(map(_number_and_version, request.GET.getlist("id")[:MOST]))
    mine = [
        one
        for one in seen(actor, Addressed).filter(pk__in=seen_at).select_related("finding")
        if any(actor.may(a, one.force_id) for a in BULK)
    ]
    # What was picked stays a choice: where it cannot be done any more, the records say why.
    moves = [
        (move, told)
        for move, told in MOVES.items()
        if move == request.POST.get("move")
        or (mine and all(_open_to(actor, move, a) for a in mine))
    ]
    several = f"{len(mine)} finding{'' if len(mine) == 1 else 's'}"
    texts = [f"{force_name(one.force_id)}: {brief(one.finding.text)}" for one in mine]
    if not moves:
        texts.append(
            "There is nothing that can be done with all of them at once: go back, and pick some "
            "that are in the same state."
            if mine
            else "None is picked: go back, and pick some."
        )

    def do(said: dict[str, Any]) -> object:
        side, _, move = said["move"].partition(".")
        if move == "hand-over":
            filled = {"owner": said["owner"], "target_on": said["on"]}
            given = {name: value for name, value in filled.items() if value}
        else:
            given = {"text": said["text"], "on": said["on"]}
        if side == "force" and move == "allocate":
            given["owner"] = said["owner"]
        chosen = [(one.pk, seen_at[one.pk]) for one in mine]
        return publishing.followed(
            Lake(settings.OPENPEEL_LAKE), lambda: in_bulk(actor, side, move, chosen, **given)
        )

    return ask(
        request,
        BulkForm,
        do,
        title=f"Update {several}",
        texts=texts,
        said=f"Updated: {several}.",
        button="Update them",
        choices={"move": moves},
        done=reverse("findings"),
        back=link("Findings", "findings"),
    )


def _open_to(actor: Actor, move: str, one: Addressed) -> bool:
    """Whether somebody may now make a move of a finding."""
    side, _, name = move.partition(".")
    if one.finding.kind not in ASKS:
        return False
    if name == "hand-over":
        return actor.may("finding.claim", one.force_id)
    of, now = (CLAIMED, one.claimed_state) if side == "force" else (VERIFIED, one.verified_state)
    return of.move(name) in of.allowed(now, actor, one.force_id) and offered(actor, one, name)


def _without_page(request: HttpRequest) -> str:
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()


def _number_and_version(text: str) -> tuple[int, int | None]:
    """The number of a finding that was picked, and the version at which: '12.3'."""
    found = re.fullmatch(r"(\d{1,9})(?:\.(\d{1,9}))?", text, re.ASCII)
    return (int(found[1]), int(found[2]) if found[2] else None) if found else (0, None)
