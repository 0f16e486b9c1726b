"""A workbench of its own, served with its second step asked for, and people who sign in to it."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

PASSWORD = "of-the-seven-first-words"
BEGIN = "from openpeel.web.starting import start; start()\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """A served workbench. A passkey is for localhost, not for an address in numbers."""

    def __init__(self, folder: Path, **settings: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENPEEL_", "DATABASE"))}
        self.environment = kept | {"OPENPEEL_RECORDS": str(folder)} | settings
        self.database = folder / "records.sqlite3"
        self.port = free_port()
        self.root = f"http://localhost:{self.port}/workbench/"
        subprocess.run(
            [*_OPENPEEL, "workbench", "init"],
            env=self.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.process = self._begin()

    def _begin(self) -> subprocess.Popen:
        started = subprocess.Popen(
            [*_OPENPEEL, "workbench", "serve", "--port", str(self.port)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(200):
            try:
                urlopen(self.root + "style.css", timeout=5).read()
            except OSError:
                time.sleep(0.05)
            else:
                return started
        raise AssertionError("the workbench did not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def again(self) -> None:
        """Stop it and serve it again."""
        self.stop()
        self.process = self._begin()

    def do(self, code: str) -> str:
        """What some Python prints, run beside the server with the same records."""
        made = subprocess.run(
            [sys.executable, "-c", BEGIN + code],
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return made.stdout

    def add(self, **people: str) -> None:
        """Add people with their email addresses and the password of these tests."""
        self.do(
            "from openpeel.records.people import add_person\n"
            "from openpeel.records.roles import system\n"
            f"for name, email in {people!r}.items():\n"
            f"    add_person(system(['administrator'], 'test'), name, email, {PASSWORD!r})\n"
        )

    def tries(self, name: str, password: str) -> str:
        """What a browser is told that sends a name and a password: 'in', 'wrong' or 'locked'."""
        browser = build_opener(HTTPCookieProcessor())
        page = self.root + "account/sign-in/"
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)', browser.open(page).read().decode())
        form = {"csrfmiddlewaretoken": token[1], "login": name, "password": password}
        answer = browser.open(page, urlencode(form).encode())
        if answer.url != page:
            return "in"
        return "locked" if "Too many failed" in answer.read().decode() else "wrong"

    def read(self, query: str) -> list[tuple]:
        """Rows of the records' database."""
        with sqlite3.connect(self.database) as connection:
            return connection.execute(query).fetchall()

    def told(self, name: str) -> list[str]:
        """What the trail tells that somebody did, in order."""
        query = f"SELECT action FROM records_auditentry WHERE actor = '{name}' ORDER BY seq"
        return [action for (action,) in self.read(query)]


_OPENPEEL = [sys.executable, "-c", "from openpeel.cli.main import main; main()"]


class Passkey:
    """Chromium's own virtual authenticator: it is unlocked, and somebody is there to touch it."""

    def __init__(self, tab) -> None:
        self.session = tab.context.new_cdp_session(tab)
        self.session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.id = made["authenticatorId"]

    def keys(self) -> list[dict]:
        """The keys that it holds; each says how often it signed."""
        of = {"authenticatorId": self.id}
        return self.session.send("WebAuthn.getCredentials", of)["credentials"]
