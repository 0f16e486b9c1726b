"""What every answer carries so that a browser runs, frames and sends nothing that is not ours; and
what is told where a page, of ours or of allauth's, cannot be shown."""

from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from openpeel.errors import OpenpeelError
from openpeel.web.views.errors import busy, told_of

Answer = Callable[[HttpRequest], HttpResponse]


# This site alone, and no script or style inside a page. The picture of a sign-in secret is in the
# page itself. A form leads nowhere but here: to an organisation's sign-in leads a page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def protected(answer: Answer) -> Answer:
    """Middleware: headers on every answer; a request that is too large is not read."""

    def answered(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.LARGEST_REQUEST:
            response = render(
                request,
                "workbench/error.html",
                {
                    "title": "That is too large",
                    "told": f"At most {settings.LARGEST_REQUEST // 2**20} MiB may be sent at once.",
                },
                status=413,
            )
        else:
            response = answer(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    answered.process_exception = _told  # type: ignore[attr-defined]
    return answered


def _told(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """An error of ours in words, and records that are busy; any other is a fault."""
    if isinstance(error, OpenpeelError):
        return told_of(request, error)
    return busy(request) if isinstance(error, OperationalError) else None
