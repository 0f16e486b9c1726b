"""The secrets of second steps: encrypted where they lie; and what is told under another key."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse
from web_world import password

from openpeel.errors import NotAllowed
from openpeel.web import places
from openpeel.web.second_step import unreadable

pytestmark = pytest.mark.django_db
OTHER_KEY = override_settings(SECRET_KEY="of another machine, and as long as the one of this one")


@pytest.fixture(autouse=True)
def no_failures_yet(db):
    cache.clear()
    yield
    cache.clear()


def set_up(name: str) -> tuple[str, str]:
    """Somebody's authenticator app and recovery codes: the app's secret, and the first code."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.contrib.auth import get_user_model

    user, secret = get_user_model().objects.get(username=name), generate_totp_secret()
    TOTP.activate(user, secret)
    return secret, RecoveryCodes.activate(user).generate_codes()[0]


def now(secret: str) -> str:
    """What the app shows."""
    from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time

    return f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06}"


def half_in(name: str, secret: str = "") -> Client:
    """A browser in which the password was right."""
    browser = Client()
    form = {"login": name, "password": secret or password(name)}
    assert browser.post(reverse("account_login"), form).url.startswith(reverse("mfa_authenticate"))
    return browser


def test_the_database_holds_no_secret_and_a_code_opens_the_workbench_all_the_same(world):
    from allauth.mfa.models import Authenticator

    secret, code = set_up("moderator")
    kept = {one.type: one.data for one in Authenticator.objects.all()}
    assert secret not in str(kept)
    assert set(kept["totp"]) == {"secret"}
    # As the seed of the codes has no form of its own, it is held against what it would be.
    assert not all(c in "0123456789abcdef" for c in kept["recovery_codes"]["seed"])
    for given in (now(secret), code):
        answer = half_in("moderator").post(reverse("mfa_authenticate"), {"code": given})
        assert (answer.status_code, answer.url) == (302, reverse("home"))
    assert unreadable() == []


def test_under_another_key_it_is_said_what_to_do_and_an_administrator_helps(world):
    secret, code = set_up("moderator")
    with OTHER_KEY:
        assert unreadable() == ["moderator"]
        browser = half_in("moderator")
        assert browser.get(reverse("mfa_authenticate")).status_code == 200
        for given in (now(secret), code):
            answer = browser.post(reverse("mfa_authenticate"), {"code": given})
            assert answer.status_code == 409
            assert "Ask an administrator to let you begin again" in answer.content.decode()
        assert browser.get(reverse("home")).status_code == 302, "it opened the workbench"
        page = reverse("person-begin", args=[world.people["moderator"]])
        world.browser("administrator").post(page)
        assert unreadable() == []
        again, _ = set_up("moderator")
        assert unreadable() == []
    assert secret != again


@pytest.mark.parametrize(
    "name", ["mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"]
)
def test_no_page_about_it_is_a_fault_under_another_key(world, name):
    set_up("moderator")
    with OTHER_KEY:
        browser = world.browser("moderator")
        browser.post(reverse("account_reauthenticate"), {"password": password("moderator")})
        answer = browser.get(reverse(name))
    assert answer.status_code == 409
    assert "A passkey does." in answer.content.decode()


def test_a_secret_that_is_none_is_no_fault(world):
    from openpeel.web.second_step import SecondStep

    for wrong in ("", "JBSWY3DPEHPK3PXP", "gAAAAA", "\N{SNOWMAN}"):
        with pytest.raises(NotAllowed, match="another key"):
            SecondStep().decrypt(wrong)


BEGIN = """
import sys
from openpeel.cli.main import run
from openpeel.web.starting import start
"""
FORMER = (
    BEGIN
    + """
assert run(["workbench", "init"]) == 0
start()
from django.db import connection
from allauth.mfa.models import Authenticator
from openpeel.records.people import add_person
from openpeel.records.roles import system
ann = add_person(system(["administrator"], "test"), "ann")
Authenticator.objects.create(user=ann, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
seed = {"seed": "ab" * 40, "used_mask": 3}
Authenticator.objects.create(user=ann, type="recovery_codes", data=seed)
Authenticator.objects.create(user=ann, type="webauthn", data={"name": "x", "credential": {}})
with connection.cursor() as cursor:
    cursor.execute("DELETE FROM django_migrations WHERE app = 'web'")
"""
)
COPIED = BEGIN + "assert run(['workbench', 'init']) == run(['records', 'backup', sys.argv[1]]) == 0"
MADE = BEGIN + "assert run(['workbench', 'init']) == 0"
RESTORED = BEGIN + "assert run(['records', 'restore', sys.argv[1]]) == 0"


def play(code: str, folder, *given: str) -> str:
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "OPENPEEL_SECRET_KEY")}
    done = subprocess.run(
        [sys.executable, "-c", code, *given],
        env=env | {"OPENPEEL_RECORDS": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.exhaustive
def test_secrets_of_a_former_version_are_taken_over_and_a_copy_holds_none(tmp_path):
    """A copy is restored with the key that it was made under, or says whose codes open nothing."""
    play(FORMER, tmp_path / "records")
    copy = tmp_path / "copy"
    play(COPIED, tmp_path / "records", str(copy))
    file = tmp_path / "records" / "records.sqlite3"
    assert b"JBSWY3DPEHPK3PXP" not in file.read_bytes(), "written over, and still in the file"
    with sqlite3.connect(file) as database:
        kept = dict(database.execute("SELECT type, data FROM mfa_authenticator").fetchall())
    assert "JBSWY3DPEHPK3PXP" not in str(kept)
    assert "abab" not in str(kept)
    assert json.loads(kept["recovery_codes"])["used_mask"] == 3
    assert json.loads(kept["webauthn"]) == {"name": "x", "credential": {}}
    held = "".join(p.read_text() for p in copy.iterdir() if p.is_file())
    key = (tmp_path / "records" / places.KEY).read_text()
    assert not [secret for secret in (key, "JBSWY3DPEHPK3PXP", "abab") if secret in held]

    told = play(RESTORED, tmp_path / "elsewhere", str(copy))
    assert "under another key, which open nothing: ann." in told
    assert "which open nothing: ann." in play(MADE, tmp_path / "elsewhere")
    (tmp_path / "here").mkdir()
    shutil.copy(tmp_path / "records" / places.KEY, tmp_path / "here")
    assert "another key" not in play(RESTORED, tmp_path / "here", str(copy))


def test_the_key_is_kept_wherever_the_database_is(tmp_path):
    """One that ended with the process would take every second step with it."""
    code = BEGIN + "print(run(['findings']))"
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    env = {k: v for k, v in os.environ.items() if k != "OPENPEEL_SECRET_KEY"}
    env |= {"OPENPEEL_RECORDS": str(tmp_path / "records"), "DATABASE_URL": nowhere}
    keys = []
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
        assert done.stdout.strip() == "3", done.stderr
        keys.append((tmp_path / "records" / places.KEY).read_text())
    assert keys[0] == keys[1]
    assert len(keys[0]) > 50


def test_where_the_key_is_given_a_command_that_reads_makes_no_folder(tmp_path):
    code = BEGIN + "print(run(['findings']))"
    env = os.environ | {"OPENPEEL_RECORDS": str(tmp_path / "records"), "OPENPEEL_SECRET_KEY": "k"}
    env |= {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert (done.stdout.strip(), "cannot be read" in done.stderr) == ("3", True), done.stderr
    assert not (tmp_path / "records").exists()
