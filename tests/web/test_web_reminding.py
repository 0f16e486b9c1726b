"""Reminders: the right days, the right people, no text of any record; and one real conversation."""

import base64
import json
import re
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st
from web_world import HIDDEN_PREFIX, OTHER, OWN, PEOPLE, actor

from openpeel.cli.main import run
from openpeel.errors import NotAllowed, RecordsError
from openpeel.records import following
from openpeel.records.listing import due
from openpeel.records.models import AuditEntry, Finding
from openpeel.records.roles import system
from openpeel.web import reminding
from openpeel.web.reminding import reminders, send, told_on

ROOT = system(["administrator"], "test")
LAST = date(2024, 5, 6)
"""The last of the 56 days of both forces' published inspections."""
AHEAD = 20_000
"""Days enough to look at everything."""
SECRET = "hunter2/@ß"
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@pytest.fixture
def reached(world, db):
    """The world, in which everybody but the viewer has an address, and an action is due."""
    from django.contrib.auth import get_user_model

    for name, pk in world.people.items():
        address = f"{name}@example.org" if name != "viewer" else ""
        get_user_model().objects.filter(pk=pk).update(email=address)
    for force, side in world.sides.items():
        following.update_action(actor("liaison", force), side.pk["action"], due_on=LAST)
    return world


@pytest.fixture
def ready(settings):
    settings.OPENPEEL_SMTP = f"smtps://peel:{SECRET.replace('/', '%2F').replace('@', '%40')}@h:465"
    settings.OPENPEEL_MAIL_FROM = "Reminders <peel@example.org>"
    settings.OPENPEEL_ADDRESS = "https://peel.example.org/workbench/"


@given(last=DAYS, left=st.integers(0, 400))
def test_somebody_is_reminded_on_few_days_before_the_last_one(last, left):
    assert told_on(last - timedelta(days=left), last) == (left in {28, 14, 7, 3, 1, 0})


@given(last=DAYS, late=st.integers(1, 400))
def test_somebody_is_reminded_once_in_any_week_of_what_is_overdue(last, late):
    week = [last + timedelta(days=late + day) for day in range(7)]
    assert sum(told_on(day, last) for day in week) == 1


def by_name(today: date, **how) -> dict[str, reminding.Reminder]:
    made = reminders(ROOT, today, **how)
    found = {one.name: one for one in made}
    assert len(found) == len(made)
    return found


@pytest.mark.parametrize("today", [LAST - timedelta(days=12), LAST, date.today()])
def test_everybody_is_told_of_what_is_due_for_them_and_of_no_text(reached, today):
    found = by_name(today, within=AHEAD, every=True)
    texts = list(Finding.objects.values_list("text", flat=True))
    assert {"body", "liaison", "local", "inspector"} <= set(found)
    theirs = {
        "force-liaison": {"finding", "target", "action", "request"},
        "local-policing-body": {"response"},
        "inspector": {"check"},
        "moderator": {"check"},
    }
    for name, (role, _) in PEOPLE.items():
        kinds = theirs.get(role, set())
        mine = due(actor(name), today, within=AHEAD) if kinds else []
        mine = [d for d in mine if d.kind in kinds]
        told = found.get(name)
        assert (told.things if told else 0) == len(mine), name
        if told:
            assert HIDDEN_PREFIX not in told.text + told.subject
            assert not [text for text in texts if text in told.text]


def test_a_role_of_one_force_hears_of_no_other(reached):
    found = by_name(LAST, within=AHEAD, every=True)
    assert "Kent" in found["inspector"].text
    for name in ("liaison", "body", "local"):
        assert "Cambridgeshire" in found[name].text
        assert "Kent" not in found[name].text
    assert (OWN, OTHER) == ("cambridgeshire", "kent")


def test_the_response_has_a_line_of_its_own(reached, ready):
    told = by_name(LAST - timedelta(days=12), every=True)["body"]
    assert told.subject == "openpeel: 0 overdue, 1 due soon"
    assert (
        "- Cambridgeshire Constabulary: the response to PEEL 2018/19 is due on 6 May\n"
        "  2024, 12 days left\n"
        "  https://peel.example.org/workbench/responses/"
    ) in told.text
    after = by_name(LAST + timedelta(days=3), every=True)["body"]
    assert after.subject == "openpeel: 1 overdue, 0 due soon"
    assert "was due on 6 May 2024, 3 days" in " ".join(after.text.split())
    today = by_name(LAST, every=True)["body"]
    assert "the last day is today" in " ".join(today.text.split())


def test_a_thematic_reports_response_is_named_by_its_title(reached, tmp_path):
    from openpeel.lake import Lake
    from openpeel.records import publishing

    made = following.draft_finding(
        actor("inspector"), "recommendation", "Words.", bodies=[OWN], source_title="On fraud"
    )
    lake = Lake(tmp_path / "lake")
    publishing.publish_thematic(actor("publisher"), made.pk, date(2024, 3, 19), lake)
    told = by_name(LAST + timedelta(days=7))["body"]  # the last day, a Monday
    assert "the response to On fraud is due on" in " ".join(told.text.split())
    assert "the response to PEEL 2018/19 was due on" in " ".join(told.text.split())
    assert "Words." not in told.text


def test_a_day_between_sends_nothing(reached):
    assert by_name(LAST - timedelta(days=12)) == {}
    assert set(by_name(LAST - timedelta(days=7))) == {"body", "liaison"}
    assert by_name(LAST - timedelta(days=28), within=14) == {}
    assert by_name(LAST + timedelta(days=6)) == {}  # a Sunday
    assert set(by_name(LAST + timedelta(days=7))) == {"body", "liaison"}


def test_lines_are_short_and_links_lead_where_one_may_go(reached, ready):
    for today in (LAST, date.today()):
        for name, told in by_name(today, within=60, every=True).items():
            browser = reached.browser(name)
            for line in told.text.splitlines():
                assert len(line) <= 76
                if path := re.search(r"https://peel\.example\.org(/workbench/\S*)", line):
                    assert browser.get(path[1]).status_code == 200, (name, line)


def test_mails_are_sent_and_the_trail_is_told_of_whom_and_how_many(reached, ready):
    made = reminders(ROOT, LAST, every=True)
    assert [why for _, why in send(ROOT, made)] == [""] * len(made)
    assert sorted(m.to[0] for m in mail.outbox) == sorted(f"{m.name}@example.org" for m in made)
    assert {m.from_email for m in mail.outbox} == {"Reminders <peel@example.org>"}
    assert all(m.extra_headers["Auto-Submitted"] == "auto-generated" for m in mail.outbox)
    told = AuditEntry.objects.filter(action="people.remind")
    assert {(e.subject, json.loads(e.detail)["things"]) for e in told} == {
        (f"user:{m.user}", m.things) for m in made
    }
    with pytest.raises(NotAllowed):
        next(send(actor("inspector"), made))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("OPENPEEL_SMTP", "", "OPENPEEL_SMTP"),
        ("OPENPEEL_SMTP", f"gopher://peel:{SECRET}@host", "OPENPEEL_SMTP"),
        ("OPENPEEL_SMTP", f"smtps://peel:{SECRET}@[::1", "OPENPEEL_SMTP"),
        ("OPENPEEL_SMTP", "smtps://peel:hunter2@host:99999", "OPENPEEL_SMTP"),
        ("OPENPEEL_SMTP", "smtp://peel:hunter2@host", "starttls"),
        ("OPENPEEL_MAIL_FROM", "", "OPENPEEL_MAIL_FROM"),
        ("OPENPEEL_ADDRESS", "", "OPENPEEL_ADDRESS"),
    ],
)
def test_what_is_not_set_is_told_without_any_password(db, ready, settings, name, value, words):
    setattr(settings, name, value)
    with pytest.raises(RecordsError, match=words) as told:
        list(send(ROOT, []))
    assert "hunter2" not in str(told.value)


@dataclass
class Post:
    """A mail server of our own: what it was told, and the letters that it took."""

    port: int = 0
    takes: bool = True
    said: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)


@contextmanager
def post(takes: bool = True):
    """Serve on loopback until the test is over. It takes nothing for `moderator`."""
    made = Post(takes=takes)

    class Talk(socketserver.StreamRequestHandler):
        def handle(self):
            self.answer("220 here")
            while line := self.rfile.readline().decode().rstrip("\r\n"):
                made.said.append(line)
                word = line.split()[0].upper()
                if word == "EHLO":
                    self.answer("250-here\r\n250 AUTH PLAIN")
                elif word == "AUTH":
                    refused = f"535 no such user for {SECRET}"
                    self.answer("235 come in" if made.takes else refused)
                elif word == "RCPT" and "moderator@" in line:
                    self.answer("550 <moderator@example.org> has moved")
                elif word == "DATA":
                    self.answer("354 go on")
                    letter = iter(self.rfile.readline, b".\r\n")
                    made.letters.append(b"".join(letter).decode())
                    self.answer("250 taken")
                else:
                    self.answer("221 bye" if word == "QUIT" else "250 well")
                if word == "QUIT":
                    return

        def answer(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        made.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def remind(reached, ready, settings, monkeypatch, capsys):
    """The command, on the world's records, with a real way to a mail server."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    monkeypatch.setattr("openpeel.web.starting.start", lambda: None)

    def made(server: Post, *more: str) -> tuple[int, str, str]:
        settings.OPENPEEL_SMTP = f"smtp://peel:hunter2%2F%40@127.0.0.1:{server.port}"
        code = run(["remind", "--all", "--days=60", *more])
        return code, *capsys.readouterr()

    return made


def test_a_conversation_with_a_mail_server(remind):
    with post() as server:
        code, out, err = remind(server, "--json")
    told = json.loads(out)
    assert (code, told["failed"]) == (2, 1)
    assert err == "Not sent to moderator: the mail server takes nothing for this address.\n"
    assert told["sent"] == len(server.letters) == len(told["reminders"]) - 1
    assert {row["name"] for row in told["reminders"] if not row["sent"]} == {"moderator"}
    (mine,) = [letter for letter in server.letters if "To: body@example.org" in letter]
    assert re.search(r"Subject: openpeel: \d+ overdue, \d+ due soon", mine)
    assert "Content-Type: text/plain" in mine
    assert "the response to" in mine
    (signed,) = {line for line in server.said if line.startswith("AUTH")}
    assert base64.b64decode(signed.split()[-1]) == b"\0peel\0hunter2/@"
    assert not AuditEntry.objects.filter(action="people.remind", detail__contains="overdue")
    assert AuditEntry.objects.filter(action="people.remind").count() == told["sent"]


def test_a_server_that_lets_nobody_in_costs_a_message_without_the_password(remind):
    with post(takes=False) as server:
        code, out, err = remind(server)
    assert (code, out, server.letters) == (3, "", [])
    assert "takes another user or password" in err
    assert "hunter2" not in err
    assert not AuditEntry.objects.filter(action="people.remind").exists()


def test_a_server_that_is_not_there(remind):
    with post() as server:
        pass
    code, _, err = remind(server)
    assert code == 3
    assert "does not answer" in err


def test_a_dry_run_prints_and_sends_nothing(remind):
    with post() as server:
        code, out, err = remind(server, "--dry-run")
        assert json.loads(remind(server, "--dry-run", "--json")[1])["reminders"]
    assert (code, err, server.said) == (0, "", [])
    assert "To: body\nSubject: openpeel: " in out
    assert "example.org\n" not in out.replace("peel.example.org", "")
    assert "none was sent" in out
