# ruff: noqa: ANN401 (what a form was sent is Django's)
"""Files sent to the workbench, kept by checksum; sent from it, as attachments alone."""

from pathlib import Path
from typing import Any

from django import forms
from django.http import FileResponse

from openpeel.records.files import LARGEST, Kept, keep
from openpeel.web import places


def file_field(label: str, hint: str = "") -> forms.FileField:
    """A file to send."""
    told = (
        "PDF, PNG, JPEG, Word or Excel without macros, or plain text; at most "
        f"{LARGEST // 2**20} MiB. {hint}"
    )
    return forms.FileField(label=label, required=False, help_text=told.strip())


def kept(sent: Any) -> tuple[Kept | None, str]:
    """What a file field was sent, kept, and the name that it came with."""
    if not sent:
        return None, ""
    return keep(places.folder(), sent.file, sent.name), sent.name


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
