"""Signing in, and what every answer carries so that a browser does only what was asked for."""

import json
import re

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client, override_settings
from django.urls import reverse
from test_web_routes import PAGES, address
from web_world import OWN, password

from openpeel.records.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_failures_yet(db):
    cache.clear()
    yield
    cache.clear()


def sign_in(name: str, secret: str, browser: Client | None = None):
    browser = browser or Client()
    return browser.post(reverse("account_login"), {"login": name, "password": secret})


@pytest.mark.parametrize("name", ["home", "findings", "judgment", "judgment-grade", "file"])
def test_every_answer_carries_its_protection(world, name):
    answer = world.browser("inspector").get(address(world, name, OWN))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "name", sorted(n for n, p in PAGES.items() if p[2] != "file" and n != "paper")
)
def test_no_page_holds_a_script_or_a_style_of_its_own(world, name):
    who = {"I": "inspector", "M": "moderator", "P": "publisher", "L": "liaison", "B": "body"}
    whose = who.get(PAGES[name][0][0], "administrator")
    page = world.browser(whose).get(address(world, name, OWN)).content.decode()
    assert "<script" not in page
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page


def test_a_form_without_its_token_changes_nothing(world):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = world.browser("inspector").cookies
    answer = browser.post(address(world, "judgment-grade", OWN), {"grade": "good", "reasons": "x"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


def test_signing_in_out_and_failing_are_told_to_the_trail(world):
    browser = Client()
    assert sign_in("inspector", "mistyped", browser).status_code == 200
    assert sign_in("inspector", password("inspector"), browser).status_code == 302
    assert browser.post(reverse("account_logout")).status_code == 302
    told = [e.action for e in AuditEntry.objects.order_by("-seq")[:3]]
    assert told == ["sign-out", "sign-in", "sign-in.failed"]
    assert not AuditEntry.objects.filter(detail__contains="mistyped").exists()


def test_five_wrong_passwords_lock_a_name(world):
    for _ in range(5):
        sign_in("viewer", "wrong")
    answer = sign_in("viewer", password("viewer"))
    assert answer.status_code != 302, "the right password still opened it"
    assert sign_in("publisher", password("publisher")).status_code == 302


def test_nobody_signs_up(world):
    from django.contrib.auth import get_user_model

    before = get_user_model().objects.count()
    form = {"username": "new", "password1": "a-long-enough-one", "password2": "a-long-enough-one"}
    answer = Client().post(reverse("account_signup"), form)
    assert answer.status_code == 200
    assert get_user_model().objects.count() == before


def test_somebody_without_a_second_step_gets_only_to_where_it_is_set_up(world):
    with override_settings(SECOND_STEP_REQUIRED=True):
        answer = world.browser("inspector").get(reverse("home"))
    assert (answer.status_code, answer.url) == (302, reverse("mfa_index"))


@pytest.fixture
def code(world):
    """What the moderator's authenticator app shows."""
    from allauth.mfa.totp.internal.auth import (
        TOTP,
        generate_totp_secret,
        hotp_value,
        yield_hotp_counters_from_time,
    )
    from django.contrib.auth import get_user_model

    secret = generate_totp_secret()
    TOTP.activate(get_user_model().objects.get(username="moderator"), secret)
    return f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06}"


def test_a_code_is_asked_for_once_it_is_set_up(world, code):
    browser = Client()
    answer = sign_in("moderator", password("moderator"), browser)
    assert answer.url.startswith(reverse("mfa_authenticate"))
    assert browser.get(reverse("home")).url.startswith(reverse("account_login"))
    assert browser.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    with override_settings(SECOND_STEP_REQUIRED=True):
        assert browser.get(reverse("home")).status_code == 200


def test_wrong_codes_are_told_to_the_trail_and_five_of_them_lock_it(world, code):
    wrong = "000000" if code != "000000" else "111111"
    browser = Client()
    sign_in("moderator", password("moderator"), browser)
    for _ in range(7):
        assert browser.post(reverse("mfa_authenticate"), {"code": wrong}).status_code == 200
    told = AuditEntry.objects.filter(action="sign-in.failed", actor="moderator").order_by("seq")
    assert [json.loads(e.detail)["why"] for e in told] == ["wrong"] * 5 + ["locked"] * 2
    assert browser.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert browser.get(reverse("home")).status_code == 302


def test_a_passkey_without_javascript_is_asked_for_again(world):
    answer = Client().post(reverse("mfa_login_webauthn"), {"credential": ""}, follow=True)
    assert answer.status_code == 200
    assert "Sign in" in answer.content.decode()


def a_passkey(**changed) -> str:
    """What a browser sends of a passkey, in its shape alone."""
    response = {
        "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiYSIsIm9yaWdpbiI6ImEifQ",
        "authenticatorData": "A" * 60,
        "attestationObject": "A" * 60,
        "signature": "AA",
        "userHandle": "MQ",
    }
    sent = {"id": "YWFh", "rawId": "YWFh", "type": "public-key", "response": response}
    return json.dumps(sent | changed)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "[]",
        "null",
        '"x"',
        "{}",
        '{"response": 5}',
        a_passkey(),
        a_passkey(id="a", rawId="a"),
        a_passkey(rawId="YQ"),
        a_passkey(response={"userHandle": "////"}),
    ],
)
@pytest.mark.parametrize("name", ["mfa_login_webauthn", "mfa_authenticate", "mfa_add_webauthn"])
def test_what_is_no_passkey_opens_and_adds_nothing_and_is_no_fault(world, code, name, sent):
    from allauth.mfa.models import Authenticator

    browser = Client()
    if name == "mfa_login_webauthn":
        browser.get(reverse(name), headers={"Accept": "application/json"})
    elif name == "mfa_authenticate":
        sign_in("moderator", password("moderator"), browser)
    else:
        browser = world.browser("moderator")
        browser.post(reverse("account_reauthenticate"), {"password": password("moderator")})
        assert browser.get(reverse(name)).status_code == 200
    answer = browser.post(reverse(name), {"credential": sent, "name": "x"}, follow=True)
    assert answer.status_code == 200
    assert not Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).exists()
    if name != "mfa_add_webauthn":
        assert browser.get(reverse("home")).status_code == 302


@pytest.mark.parametrize(
    "path", ["second-step/", "password/", "again/", "second-step/totp/activate/"]
)
def test_pages_about_signing_in_are_there_for_whoever_has_signed_in(world, path):
    browser = Client()
    sign_in("viewer", password("viewer"), browser)
    answer = browser.get(f"/workbench/account/{path}", follow=True)
    assert answer.status_code == 200
    assert "<style" not in answer.content.decode()


def test_too_much_at_once_is_not_read(world):
    answer = world.browser("inspector").post(
        address(world, "evidence-add", OWN), {}, CONTENT_LENGTH="999999999999"
    )
    assert answer.status_code == 413


def test_somebody_who_was_barred_is_out_at_once(world):
    from openpeel.records.people import set_active
    from openpeel.records.roles import system

    browser = world.browser("colleague")
    assert browser.get(reverse("home")).status_code == 200
    set_active(system(["administrator"], "test"), "colleague", False)
    assert browser.get(reverse("home")).status_code == 302


def test_a_session_ends_eight_hours_after_signing_in_whatever_is_done_in_it(world, monkeypatch):
    from datetime import timedelta

    from django.utils import timezone

    began = timezone.now()
    later = {"hours": 0.0}
    monkeypatch.setattr(
        "django.utils.timezone.now", lambda: began + timedelta(hours=later["hours"])
    )
    browser = Client()
    sign_in("viewer", password("viewer"), browser)
    assert not browser.cookies["sessionid"]["max-age"], "it would outlive the browser"
    for hours, status in ((4.0, 200), (7.9, 200), (8.1, 302)):
        later["hours"] = hours
        assert browser.get(reverse("home")).status_code == status, hours
        if status == 200:
            # What is kept in a session is changed, as by every message that is shown.
            session = browser.session
            session["seen"] = hours
            session.save()


def test_a_session_that_was_left_opens_nothing_more(world):
    browser, kept = Client(), Client()
    sign_in("viewer", password("viewer"), browser)
    kept.cookies["sessionid"] = browser.cookies["sessionid"].value
    assert kept.get(reverse("home")).status_code == 200
    browser.post(reverse("account_logout"))
    assert kept.get(reverse("home")).status_code == 302


def test_a_new_password_ends_every_other_session(world):
    here, there, new = Client(), Client(), "quite-another-long-one"
    for browser in (here, there):
        sign_in("moderator", password("moderator"), browser)
    form = {"oldpassword": password("moderator"), "password1": new, "password2": new}
    assert here.post(reverse("account_change_password"), form).status_code == 302
    assert here.get(reverse("home")).status_code == 200
    assert there.get(reverse("home")).status_code == 302
    assert sign_in("moderator", password("moderator")).status_code == 200
    assert sign_in("moderator", new).status_code == 302
    assert AuditEntry.objects.filter(action="sign-in.password", actor="moderator").exists()


def test_who_begins_again_is_known_to_the_organisation_anew(world):
    from allauth.socialaccount.models import SocialAccount

    of = SocialAccount.objects.filter(user_id=world.people["publisher"])
    of.create(user_id=world.people["publisher"], provider="organisation", uid="issuer subject")
    page = reverse("person-begin", args=[world.people["publisher"]])
    world.browser("administrator").post(page)
    assert not of.exists()


def test_too_many_who_sign_in_from_one_place_are_told_to_wait(world):
    browser = Client()
    told = {sign_in("nobody", "", browser).status_code for _ in range(61)}
    assert told == {200, 429}
    answer = sign_in("nobody", "", browser)
    assert "Wait a few minutes" in answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENPEEL_OIDC_SERVER", "http://sign-in.example.org"),
        ("OPENPEEL_OIDC_SERVER", "sign-in.example.org"),
        ("OPENPEEL_OIDC_ADDRESSES", "1"),
        ("OPENPEEL_PROCESSES", "0"),
        ("OPENPEEL_PROCESSES", "many"),
    ],
)
def test_a_setting_that_would_not_do_is_said_to(monkeypatch, name, value):
    from openpeel.errors import RecordsError
    from openpeel.web import places

    monkeypatch.setenv(name, value)
    of = {
        "OPENPEEL_OIDC_SERVER": places.oidc_server,
        "OPENPEEL_OIDC_ADDRESSES": places.oidc_trusted,
        "OPENPEEL_PROCESSES": places.processes,
    }
    with pytest.raises(RecordsError, match=name):
        of[name]()


def test_a_fault_of_ours_tells_nothing_of_itself():
    from django.test import RequestFactory

    from openpeel.web.views.errors import broken

    answer = broken(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Traceback" not in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/workbench/", {"HTTP_HOST": "elsewhere.example"}, {400}),
        ("/workbench/%00/", {}, {404}),
        ("/workbench/forces/%ff%fe/", {}, {404}),
        ("/workbench/inspections/99999999999999999999999/", {}, {404}),
        ("/workbench/", {"HTTP_COOKIE": "sessionid=\x00nonsense"}, {302}),
        ("/workbench/", {"CONTENT_LENGTH": "-1"}, {413}),
        ("/", {}, {404}),
    ],
)
def test_an_odd_request_is_answered_and_protected(world, path, headers, status):
    browser = Client() if "HTTP_COOKIE" in headers else world.browser("inspector")
    answer = browser.get(path, **headers)
    assert answer.status_code in status
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_records_that_are_busy_are_said_to_be_and_are_no_fault(world, monkeypatch):
    def busy(*_, **__):
        raise OperationalError("database is locked")

    monkeypatch.setattr("openpeel.web.views.home.tasks", busy)
    answer = world.browser("inspector").get(reverse("home"))
    assert answer.status_code == 503
    assert "database is locked" not in answer.content.decode()


@pytest.mark.parametrize("where", ["openpeel.web.signing.writing", "SESSION"])
def test_records_that_are_busy_at_sign_in_are_said_to_be(world, monkeypatch, where):
    def busy(*_, **__):
        raise OperationalError("database is locked")

    name = "openpeel.web.sessions.SessionStore.save" if where == "SESSION" else where
    client = Client(raise_request_exception=False)
    page = client.get(reverse("account_login"))
    assert page.status_code == 200
    monkeypatch.setattr(name, busy)
    answer = sign_in("viewer", password("viewer"), client)
    assert answer.status_code == 503
    assert "busy" in answer.content.decode()
    assert "locked" not in answer.content.decode()


def test_a_first_password_is_never_too_like_the_name(db, monkeypatch):
    from openpeel.web import signing

    made = iter(["demo-inspector", "Vt7q-Jx0s_Kw3m4Z"])
    monkeypatch.setattr(signing.secrets, "token_urlsafe", lambda _: next(made))
    assert signing.first_password("demo-inspector").startswith("Vt7q")


def test_somebody_who_lost_a_password_begins_again_with_one_that_is_shown_once(world):
    out = world.browser("publisher")
    page = reverse("person-begin", args=[world.people["publisher"]])
    browser = world.browser("administrator")
    shown = browser.post(page, follow=True).content.decode()
    given = re.search(r"First password of publisher: (\S+) ", shown)[1]
    assert out.get(reverse("home")).status_code == 302, "who was signed in stayed so"
    assert sign_in("publisher", given).status_code == 302
    assert (
        given
        not in browser.get(reverse("person", args=[world.people["publisher"]])).content.decode()
    )
    assert not AuditEntry.objects.filter(detail__contains=given).exists()
