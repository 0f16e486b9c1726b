"""The trail: an administrator looks for what was done, and checks that it is whole."""

from django.http import HttpRequest, HttpResponse

from openpeel.records.models import AuditEntry
from openpeel.records.roles import Actor
from openpeel.records.trail import verify
from openpeel.web.access import page
from openpeel.web.asking import SHORT, Asked, line, picked
from openpeel.web.pages import Table, drawn
from openpeel.web.words import body_choices, force_name

AT_ONCE = 200
HOUSE = ("people.", "records.", "sign-in", "publication.")
"""What the details of are shown: an administrator makes no judgment, and reads no draft of one."""


class Filters(Asked):
    """What to look for."""

    actor = line("Who", required=False)
    action = line("What was done", "For example judgment.", required=False)
    subject = line("To what", "For example judgment:12.", required=False, longest=SHORT)
    force = picked("Force", lambda: [("", "Any"), *body_choices()], required=False)

    field_order = ("actor", "action", "subject", "force")


@page("audit.read", told=True)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The newest entries that fit; and whether the whole trail verifies, where that is asked."""
    filters = Filters(request.GET, auto_id="filter_%s")
    del filters.fields["version"]
    filters.is_valid()
    by = filters.cleaned_data
    found = AuditEntry.objects.filter(
        actor__icontains=by.get("actor", ""),
        action__istartswith=by.get("action", ""),
        subject__istartswith=by.get("subject", ""),
    )
    if by.get("force"):
        found = found.filter(force_id=by["force"])
    rows = [
        (
            str(e.seq),
            e.at[:19].replace("T", " "),
            e.actor,
            e.role,
            e.action,
            e.subject,
            force_name(e.force_id) if e.force_id else "",
            e.detail if e.action.startswith(HOUSE) else "",
        )
        for e in found.order_by("-seq")[:AT_ONCE]
    ]
    heads = ("Number", "When, UTC", "Who", "Role", "Action", "To what", "Force", "Detail")
    shown = {
        "filters": filters,
        "verified": verify() if request.GET.get("check") else None,
        "table": Table(f"The newest {AT_ONCE} at most, newest first", heads, rows),
    }
    return drawn(request, "workbench/trail.html", shown)
