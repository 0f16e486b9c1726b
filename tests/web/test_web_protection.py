"""Signing in, and what every answer carries so that a browser does only what was asked for."""

import re

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse
from test_web_routes import PAGES, address
from web_world import OWN, password

from openpeel.records.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_failures_yet():
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
    assert sign_in("inspector", "wrong", browser).status_code == 200
    assert sign_in("inspector", password("inspector"), browser).status_code == 302
    assert browser.post(reverse("account_logout")).status_code == 302
    told = [e.action for e in AuditEntry.objects.order_by("-seq")[:3]]
    assert told == ["sign-out", "sign-in", "sign-in.failed"]
    assert not AuditEntry.objects.filter(detail__contains="wrong").exists()


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


def test_a_code_is_asked_for_once_it_is_set_up(world):
    from allauth.mfa.totp.internal.auth import (
        TOTP,
        generate_totp_secret,
        hotp_value,
        yield_hotp_counters_from_time,
    )
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.get(username="moderator")
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    browser = Client()
    answer = sign_in("moderator", password("moderator"), browser)
    assert answer.url.startswith(reverse("mfa_authenticate"))
    assert browser.get(reverse("home")).url.startswith(reverse("account_login"))
    counter = next(iter(yield_hotp_counters_from_time()))
    code = f"{hotp_value(secret, counter):06}"
    assert browser.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    with override_settings(SECOND_STEP_REQUIRED=True):
        assert browser.get(reverse("home")).status_code == 200


def test_a_passkey_without_javascript_is_asked_for_again(world):
    answer = Client().post(reverse("mfa_login_webauthn"), {"credential": ""}, follow=True)
    assert answer.status_code == 200
    assert "Sign in" in answer.content.decode()


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
    from django.db import OperationalError

    def busy(*_, **__):
        raise OperationalError("database is locked")

    monkeypatch.setattr("openpeel.web.views.home.tasks", busy)
    answer = world.browser("inspector").get(reverse("home"))
    assert answer.status_code == 503
    assert "database is locked" not in answer.content.decode()


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
