"""A force's own spreadsheet of findings, taken over: sent, mapped, tried, and only then written."""

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from openpeel.errors import DefinitionError, FileRefused, OpenpeelError, RecordsError
from openpeel.lake import Lake
from openpeel.records import publishing
from openpeel.records.files import forget, keep, path_of
from openpeel.records.importing import FIELDS, NEEDED, Imported, import_findings, suggested
from openpeel.records.roles import Actor
from openpeel.records.sheets import Sheet, read_sheet
from openpeel.web import places
from openpeel.web.access import page
from openpeel.web.asking import Asked, ask, one_of, picked
from openpeel.web.files import DAY, IMPORTS
from openpeel.web.pages import Table, link
from openpeel.web.words import force_name, own_forces

SALT = "openpeel findings import"
SHOWN = 5
"""Rows of a sheet that are shown beside the mapping."""


class SendForm(Asked):
    """A spreadsheet, and whose."""

    force = picked("Force")
    file = forms.FileField(
        label="The spreadsheet",
        help_text="Excel without macros, or CSV in UTF-8. Its first row names the columns.",
    )


@page("finding.import")
def sent(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Send a spreadsheet. Nothing of it is taken over yet."""

    def do(said: dict[str, Any]) -> str:
        file = said["file"]
        if not actor.may("finding.import", said["force"]):
            raise DefinitionError("Choose a force that is yours.")
        forget(_folder(), DAY)
        kept = keep(_folder(), file.file, file.name)
        of = {"sha256": kept.sha256, "name": file.name[-150:], "force": said["force"]}
        _sheet(of)
        return signing.dumps({**of, "user": actor.user_id}, salt=SALT, compress=True)

    return ask(
        request,
        SendForm,
        do,
        title="Take a spreadsheet over",
        button="Go on",
        said="The spreadsheet was read. Nothing is taken over yet.",
        texts=["Your list becomes what the force claims. It says nothing of what is verified."],
        choices={"force": own_forces(actor, "finding.import")},
        done=lambda token: reverse("findings-import-map", args=[token]),
        back=link("Findings", "findings"),
    )


class MapForm(Asked):
    """Which column holds what."""

    do = one_of(
        "What to do",
        (("try", "Try it, and change nothing"), ("take", "Take it over")),
    )


@page("finding.import")
def mapped(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Say which column holds what; try it; take it over."""
    try:
        of = signing.loads(token, salt=SALT, max_age=DAY)
    except signing.BadSignature as error:
        raise Http404 from error
    if of["user"] != actor.user_id or not actor.may("finding.import", of["force"]):
        raise Http404
    sheet = _sheet(of)
    names = {f"column_{field}": field for field in FIELDS}
    first = {f"column_{field}": column for field, column in suggested(sheet).items()}
    posted = request.POST if request.method == "POST" else None
    given = MapForm(posted, initial={"do": "try", **first})
    for name, field in names.items():
        given.fields[name] = picked(
            FIELDS[field],
            [("", "No column"), *((c, c) for c in sheet.columns)],
            required=field in NEEDED,
        )
    given.order_fields([*names, "do"])
    tried, status = None, 200
    if posted is not None:
        status = 422
        if given.is_valid():
            said = given.cleaned_data
            mapping = {field: said[name] for name, field in names.items() if said[name]}
            try:
                tried = publishing.followed(
                    Lake(settings.OPENPEEL_LAKE),
                    lambda: import_findings(
                        actor, of["force"], sheet, mapping, dry_run=said["do"] == "try"
                    ),
                )
            except OpenpeelError as error:
                given.add_error(None, str(error))
            else:
                status = 422 if tried.wrong else 200
    if tried is not None and tried.written:
        messages.success(request, f"Taken over: {tried.new} new, {tried.changed} changed.")
        return redirect("findings")
    shown = {
        "form": given,
        "title": "Which column holds what",
        "over": f"{force_name(of['force'])}: {of['name']}",
        "back": link("Send another spreadsheet", "findings-import"),
        "sheet": _first_rows(sheet),
        "tried": tried,
        "wrong": _wrong(tried),
    }
    return render(request, "workbench/import.html", shown, status=status)


def _folder() -> Path:
    """Where sheets wait, apart from the files of evidence."""
    return places.folder() / IMPORTS


def _sheet(of: dict[str, Any]) -> Sheet:
    try:
        place = path_of(_folder(), of["sha256"])
    except RecordsError as error:
        raise FileRefused(
            "The spreadsheet is kept for a day, and is gone: send it again."
        ) from error
    return read_sheet(place.read_bytes(), of["name"])


def _first_rows(sheet: Sheet) -> Table:
    rows = [
        [str(number), *(str(cells.get(c) or "")[:80] for c in sheet.columns)]
        for number, cells in sheet.rows[:SHOWN]
    ]
    caption = f"The first {len(rows)} of {len(sheet.rows)} rows"
    return Table(caption, ["Row", *sheet.columns], rows)


def _wrong(tried: Imported | None) -> Table | None:
    if tried is None or not tried.wrong:
        return None
    rows = [(f"Row {w.row}", w.column, w.why) for w in tried.wrong[:500]]
    return Table("What cannot be taken", ("Row", "Column", "Why"), rows)
