"""What somebody is told when a page cannot be shown: what was wrong, and nothing else."""

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from openpeel.errors import NotAllowed, NotKnown, OpenpeelError, RecordsError, Stale
from openpeel.records.roles import MAY


def _error(request: HttpRequest, status: int, title: str, told: str) -> HttpResponse:
    return render(request, "workbench/error.html", {"title": title, "told": told}, status=status)


def told_of(request: HttpRequest, error: OpenpeelError) -> HttpResponse:
    """An error of ours that no form could show."""
    if isinstance(error, NotKnown):
        return not_found(request)
    if isinstance(error, (NotAllowed, Stale)):
        return _error(request, 409, "That cannot be done now", str(error))
    if isinstance(error, RecordsError):
        return _error(request, 503, "The records cannot be read", str(error))
    return _error(request, 400, "That cannot be done", str(error))


def refused(request: HttpRequest, actions: tuple[str, ...]) -> HttpResponse:
    """Somebody without the role; says which it takes, and not what is behind the address."""
    takes = sorted({role for action in actions for role in MAY[action]})
    told = f"This page takes the role: {' or '.join(takes)}. An administrator gives roles."
    return _error(request, 403, "You do not have the role for this page", told)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What could not be read as a request."""
    return _error(request, 400, "That could not be read", "Go back and try it again.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What is not there, or is not for whoever asks: the same answer."""
    told = "Check the address. If it is right, the page is not there or is not for you."
    return _error(request, 404, "Page not found", told)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What Django itself refuses."""
    return _error(request, 403, "That is not allowed", "Go back and try it again.")


def no_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was not sent from one of our pages, or long ago."""
    told = "The form was open for too long or came from elsewhere. Nothing was changed."
    return _error(request, 403, "Open the form again", told)


def busy(request: HttpRequest) -> HttpResponse:
    """Records that somebody else writes to for too long. Nothing of them is asked for here."""
    return HttpResponse(
        '<!doctype html><html lang="en-GB"><title>Busy – openpeel</title>'
        "<h1>The records are busy</h1><p>Nothing was changed. Try it again in a minute.</p>",
        status=503,
    )


def broken(request: HttpRequest) -> HttpResponse:
    """A fault of ours; or the records were busy when a session was to be kept."""
    if isinstance(sys.exc_info()[1], OperationalError):
        return busy(request)
    return HttpResponse(
        '<!doctype html><html lang="en-GB"><title>A fault – openpeel</title>'
        "<h1>Something is wrong with openpeel</h1><p>Nothing was changed. The log says more.</p>",
        status=500,
    )
