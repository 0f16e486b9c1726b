# ruff: noqa: ANN401 (what a form was sent is Django's)
"""Files sent to the workbench, kept by checksum; sent from it, as attachments alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django import forms
from django.http import FileResponse

from openpeel.records.files import LARGEST, Kept, kept
from openpeel.web import places

IMPORTS = "imports"
"""Where sheets that are to be taken over wait, apart from the files of evidence."""
DAY = 24 * 60 * 60
"""Seconds that a sheet is kept for: to map it, to try it, and to take it over."""


def file_field(label: str, hint: str = "") -> forms.FileField:
    """A file to send."""
    told = (
        "PDF, PNG, JPEG, Word or Excel without macros, or plain text; at most "
        f"{LARGEST // 2**20} MiB. {hint}"
    )
    return forms.FileField(label=label, required=False, help_text=told.strip())


@contextmanager
def keeping(sent: Any) -> Iterator[tuple[Kept | None, str]]:
    """What a file field was sent, and its name: kept where what is done with it is not refused."""
    if not sent:
        yield None, ""
        return
    with kept(places.folder(), sent.file, sent.name) as made:
        yield made, sent.name


def attachment(place: Path, name: str) -> FileResponse:
    """A kept file, for a browser to save and never to show: whatever it is, it is not run here."""
    response = FileResponse(
        place.open("rb"),
        as_attachment=True,
        filename=name,
        content_type="application/octet-stream",
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
