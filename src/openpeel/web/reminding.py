# ruff: noqa: ANN401 (a mail server is whatever Django is set up with)
"""Reminders by mail: to each person once, what is due or overdue for them.

A mail holds kinds, forces, days and links, and no text of any record. It tells of what My tasks
lists as due for the same person (`openpeel.records.listing.due`), where that waits for them: nobody
is reminded of what others have to do.
"""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from textwrap import wrap
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from openpeel.errors import RecordsError
from openpeel.records.listing import Due, due
from openpeel.records.models import Response
from openpeel.records.people import reachable
from openpeel.records.roles import Actor
from openpeel.records.trail import writing
from openpeel.web.pages import Link
from openpeel.web.views.home import led_to
from openpeel.web.words import cycle_name, force_name, of_days, on

BEFORE = (28, 14, 7, 3, 1, 0)
"""Days left on which somebody is reminded; what is overdue is told of on Mondays."""
AHEAD = max(BEFORE)
WIDTH, MOST = 76, 100
SECONDS = 30
"""How long a mail server may take to answer."""
HERE = "http://127.0.0.1:8080"
"""Where links lead in a dry run without OPENPEEL_ADDRESS: what `workbench serve` serves."""
_KINDS = {
    "finding": "a finding",
    "target": "the force's own target for a finding",
    "action": "an action",
    "request": "a request to the force",
    "check": "a look whether a closure held",
}
_WAITS_FOR = {
    "response": ("response.write",),
    "finding": ("finding.claim",),
    "target": ("finding.claim",),
    "action": ("action.write",),
    "request": ("request.answer",),
    "check": ("finding.verify",),
}
"""For whom each kind waits: for whoever may do one of these."""
_SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
"""Ways to a mail server, with their usual ports."""


@dataclass(frozen=True)
class Reminder:
    """A mail to somebody, by name and number; `things` is how many it tells of."""

    name: str
    user: int
    address: str = field(repr=False)
    subject: str
    text: str
    things: int


def told_on(today: date, last_day: date) -> bool:
    """Whether a day is one on which somebody is reminded of what is due by `last_day`.

    28, 14, 7, 3 and 1 days before it, on it, and afterwards each Monday: nothing has to be
    remembered between two days, and nobody gets the same mail every day.
    """
    left = (last_day - today).days
    return left in BEFORE or (left < 0 and today.weekday() == 0)


def reminders(
    actor: Actor, today: date, *, within: int = AHEAD, every: bool = False
) -> list[Reminder]:
    """The mails of a day, at most one for each person whom a mail can reach.

    They tell of what is overdue and what is due in the next `within` days, on the days of `told_on`
    alone, or (`every`) on any. Whoever has nothing to be told gets none.
    """
    made = []
    for user, who in reachable(actor):
        found = [d for d in due(who, today, within=within) if _waits(who, d)]
        told = [d for d in found if every or told_on(today, d.due_on)]
        if told:
            late = sum(d.days < 0 for d in told)
            made.append(
                Reminder(
                    name=who.name,
                    user=user.pk,
                    address=user.email,
                    subject=f"openpeel: {late} overdue, {len(told) - late} due soon",
                    text=_text(who, told, found, within),
                    things=len(told),
                )
            )
    return made


def _waits(who: Actor, it: Due) -> bool:
    return any(who.may(action, it.force_id) for action in _WAITS_FOR[it.kind])


def send(actor: Actor, made: Sequence[Reminder]) -> Iterator[tuple[Reminder, str]]:
    """Send mails; of each, as it is done, '' or why it could not be sent, without its address.

    One that fails keeps no other from being sent. The trail is told of each that was sent. Raises
    RecordsError, with nothing sent, where it is not set how to send, or the server does not answer.
    """
    role = actor.must("people.manage")
    server = _server()
    if not settings.OPENPEEL_MAIL_FROM or not settings.OPENPEEL_ADDRESS:
        raise RecordsError(
            "No reminder was sent: set OPENPEEL_MAIL_FROM, the address that they come from, and "
            "OPENPEEL_ADDRESS, the public address of the workbench, as https://peel.example.org."
        )
    if not made:
        return
    try:
        server.open()
    except (OSError, ValueError) as error:
        raise RecordsError(f"No reminder was sent: {_why(error)}.") from None
    try:
        for one in made:
            why = _sent(server, one)
            if not why:
                with writing(actor) as trail:
                    trail.tell("people.remind", f"user:{one.user}", role=role, things=one.things)
            yield one, why
    finally:
        _close(server)


def _sent(server: Any, one: Reminder) -> str:
    mail = EmailMessage(
        one.subject,
        one.text,
        settings.OPENPEEL_MAIL_FROM,
        [one.address],
        headers={"Auto-Submitted": "auto-generated"},
        connection=server,
    )
    try:
        mail.send()
    except (OSError, ValueError) as error:
        # The next one begins anew, whatever state the conversation was left in.
        _close(server)
        return _why(error)
    return ""


def _close(server: Any) -> None:
    with suppress(OSError):
        server.close()


def _why(error: Exception) -> str:
    """Why a mail was not sent, in words of our own: the server's may hold an address or more."""
    kinds = (
        (smtplib.SMTPAuthenticationError, "the mail server takes another user or password"),
        (smtplib.SMTPRecipientsRefused, "the mail server takes nothing for this address"),
        (smtplib.SMTPSenderRefused, "the mail server takes nothing from OPENPEEL_MAIL_FROM"),
        (smtplib.SMTPServerDisconnected, "the mail server does not answer"),
        ((smtplib.SMTPException, ValueError), f"it was refused ({type(error).__name__})"),
        (ssl.SSLError, "the mail server's encryption is not to be trusted"),
    )
    told = (words for kind, words in kinds if isinstance(error, kind))
    return next(told, "the mail server does not answer")


def _server() -> Any:
    """The connection that OPENPEEL_SMTP names, not yet open. Of that address nothing is told."""
    try:
        parts = urlsplit(settings.OPENPEEL_SMTP)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in _SCHEMES or not host:
        raise RecordsError(
            "No reminder was sent: set OPENPEEL_SMTP, as smtps://user:password@host:465, or "
            "smtp+starttls://user:password@host:587, or smtp://host:25 without a password. In a "
            "user or a password, write @ as %40 and / as %2F."
        )
    if parts.password and parts.scheme == "smtp" and host not in ("localhost", "127.0.0.1", "::1"):
        raise RecordsError(
            "No reminder was sent: a password goes over smtps or smtp+starttls alone; change "
            "OPENPEEL_SMTP."
        )
    return get_connection(
        host=host,
        port=port or _SCHEMES[parts.scheme],
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_ssl=parts.scheme == "smtps",
        use_tls=parts.scheme == "smtp+starttls",
        timeout=SECONDS,
    )


def _text(who: Actor, told: Sequence[Due], found: Sequence[Due], within: int) -> str:
    lines: list[str] = []
    for late, some in groupby(told[:MOST], key=lambda d: d.days < 0):
        lines += ["Overdue" if late else "Due", ""]
        for it in some:
            lines += [*_about(it), f"  {_address(who, it)}", ""]
    if len(told) > MOST:
        lines += [f"And {len(told) - MOST:,} more.", ""]
    overdue = sum(d.days < 0 for d in found)
    lines += _folded(
        f"In all, {overdue:,} are overdue and {len(found) - overdue:,} due in the next "
        f"{within} days. My tasks:"
    )
    lines += [_public(reverse("home")), ""]
    lines += _folded(
        "You get this for the roles that you have. Nobody reads answers to it. Not published by "
        "HMICFRS."
    )
    return "\n".join(lines) + "\n"


def _about(it: Due) -> list[str]:
    what = f"the response to {_report(it.pk)}" if it.kind == "response" else _KINDS[it.kind]
    begin = f"- {force_name(it.force_id)}: {what}"
    days = "the last day is today" if it.days == 0 else of_days(it.days)
    return _folded(f"{begin} {'was' if it.days < 0 else 'is'} due on {on(it.due_on)}, {days}")


def _report(response: int) -> str:
    """The report that a response answers, by its title: that of a thematic one is published."""
    it = Response.objects.select_related("publication__inspection", "finding").get(pk=response)
    if it.publication:
        return cycle_name(it.publication.inspection.cycle)
    return (it.finding.source_title if it.finding else "") or "a thematic report"


def _folded(text: str) -> list[str]:
    after = "  " if text.startswith("- ") else ""
    return wrap(text, WIDTH, subsequent_indent=after, break_on_hyphens=False)


def _address(who: Actor, it: Due) -> str:
    """Where it is looked at; My tasks for whoever may only know that it is due."""
    cell = led_to(who, it)
    return _public(cell.url if isinstance(cell, Link) else reverse("home"))


def _public(path: str) -> str:
    base = (settings.OPENPEEL_ADDRESS or HERE).rstrip("/")
    return base.removesuffix("/workbench") + path
