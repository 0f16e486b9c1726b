"""The trail: an administrator looks for what was done, and checks that it is whole."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from openpeel.records.models import AuditEntry
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.records.trail import verify
from openpeel.web.access import page
from openpeel.web.asking import SHORT, Asked, day, line, picked
from openpeel.web.pages import Part, Table, drawn, link
from openpeel.web.refusals import called
from openpeel.web.words import body_choices, force_name

AT_ONCE = 200
HOUSE = ("people.", "records.", "sign-in", "publication.")
"""What the details of are shown: an administrator makes no judgment, and reads no draft of one."""


class Filters(Asked):
    """What to look for; each is a part of the address, so that it can be kept and linked to."""

    since = day("From, UTC", required=False)
    until = day("To, UTC", required=False)
    actor = line("Who", required=False)
    force = picked("Force", lambda: [("", "Any"), *body_choices()], required=False)
    action = line("What was done", "As judgment.agree, or judgment.", required=False)
    subject = line("To what", "As judgment:12, or judgment.", required=False, longest=SHORT)


@page("audit.read", told=True)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The entries that fit, the newest first; whether the trail verifies, where that is asked."""
    filters = Filters(request.GET, auto_id="filter_%s")
    del filters.fields["version"]
    filters.is_valid()
    fitting = _fitting(seen(actor, AuditEntry), filters.cleaned_data)
    # By number, not by page: reading the trail adds to it.
    before = re.fullmatch(r"\d{1,18}", request.GET.get("before", ""), re.ASCII)
    older = fitting.filter(seq__lt=int(before[0])) if before else fitting
    entries = list(older.order_by("-seq")[: AT_ONCE + 1])
    rows = [
        (
            str(e.seq),
            e.at[:19].replace("T", " "),
            e.actor,
            e.role,
            e.action,
            _of(e.subject),
            force_name(e.force_id) if e.force_id else "",
            _said(e.detail) if e.action.startswith(HOUSE) else "",
        )
        for e in entries[:AT_ONCE]
    ]
    heads = ("Number", "When, UTC", "Who", "Role", "Action", "To what", "Force", "Detail")
    asked = request.GET.copy()
    for name in ("before", "check"):
        asked.pop(name, None)
    shown = {
        "filters": filters,
        "count": fitting.count(),
        "query": asked.urlencode(),
        "before": before is not None,
        "oldest": rows[-1][0] if len(entries) > AT_ONCE else "",
        "verified": verify() if request.GET.get("check") else None,
        "table": Table("Entries, the newest first", heads, rows, none="None fits."),
    }
    return drawn(request, "workbench/trail.html", shown)


def _fitting(found: QuerySet[AuditEntry], by: Mapping[str, Any]) -> QuerySet[AuditEntry]:
    """The entries that fit what is asked; `at` is a text, ISO 8601 in UTC, that sorts by time."""
    subject = by.get("subject", "")
    # 'judgment:1' is one judgment, and not the beginning of 'judgment:12'.
    alike = "iexact" if re.search(r":\d+$", subject) else "istartswith"
    # Nor is a person whose name is a part of another's that other.
    who = "iexact" if called(by.get("actor", "")) else "icontains"
    wanted = {
        f"actor__{who}": by.get("actor"),
        "action__istartswith": by.get("action"),
        f"subject__{alike}": subject,
        "force_id": by.get("force"),
        "at__gte": f"{by['since']}T00" if by.get("since") else "",
        "at__lt": f"{by['until']}T24" if by.get("until") else "",
    }
    return found.filter(**{name: value for name, value in wanted.items() if value})


def _said(detail: str) -> str:
    """What an entry tells beside, in words; what is empty is left out."""
    try:
        told = json.loads(detail).items()
    except (ValueError, AttributeError):
        return detail  # Not as it was written: the check of the trail names it.
    return "; ".join(f"{name.replace('_', ' ')}: {it}" for name, it in told if it not in ("", None))


def _of(subject: str) -> Part:
    """What an entry is of; somebody is led to."""
    person = re.fullmatch(r"user:(\d{1,9})", subject, re.ASCII)
    return link(subject, "person", int(person[1])) if person else subject
