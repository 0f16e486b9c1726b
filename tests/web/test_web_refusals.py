"""Sign-ins that came to nothing: what the trail is told of them, and what it is not."""

import json
from base64 import urlsafe_b64encode

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from web_world import password

from openpeel.records.models import AuditEntry
from openpeel.records.people import set_active
from openpeel.records.roles import system

pytestmark = pytest.mark.django_db
TYPED = "a-secret-typed-in-haste"


@pytest.fixture(autouse=True)
def no_failures_yet(db):
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def failed(world):
    """What the trail has been told of refused sign-ins since the test began."""
    before = AuditEntry.objects.latest("seq").seq

    def told() -> list[tuple[str, str, dict]]:
        found = AuditEntry.objects.filter(seq__gt=before, action="sign-in.failed").order_by("seq")
        return [(e.actor, e.subject, json.loads(e.detail)) for e in found]

    return told


def websafe(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


PASSKEY = {
    "id": "YWFh",
    "rawId": "YWFh",
    "type": "public-key",
    "response": {
        "clientDataJSON": websafe(b'{"type":"webauthn.get","challenge":"AA","origin":"a"}'),
        "authenticatorData": websafe(bytes(37)),
        "signature": "AA",
        "userHandle": "MQ",
    },
}


def sign_in(name: str, secret: str, **more):
    return Client().post(reverse("account_login"), {"login": name, "password": secret}, **more)


def bar(name: str) -> None:
    set_active(system(["administrator"], "test"), name, False)


def of(world, name: str, by: str, why: str) -> tuple[str, str, dict]:
    return (name, f"user:{world.people[name]}", {"by": by, "why": why})


def test_a_wrong_password_is_told_of_whose_it_was_to_be(world, failed):
    sign_in("Moderator", TYPED)
    assert failed() == [of(world, "moderator", "password", "wrong")]


def test_a_password_typed_as_the_name_is_nowhere_in_the_trail(world, failed):
    sign_in(TYPED, "x")
    sign_in("moderator", TYPED)
    assert failed()[0] == ("somebody", "sign-in", {"by": "password", "why": "wrong"})
    assert TYPED not in str(list(AuditEntry.objects.values_list()))


def test_a_name_that_is_locked_is_told_even_with_the_right_password(world, failed):
    for secret in [TYPED] * 5 + [password("viewer")]:
        assert sign_in("viewer", secret).status_code == 200
    assert failed() == [of(world, "viewer", "password", "wrong")] * 5 + [
        of(world, "viewer", "password", "locked")
    ]


def test_somebody_who_is_barred_is_told_and_their_password_was_not_wrong(world, failed):
    bar("viewer")
    assert sign_in("viewer", password("viewer")).url == reverse("account_inactive")
    assert failed() == [of(world, "viewer", "password", "barred")]
    sign_in("viewer", TYPED)
    assert failed()[1] == of(world, "viewer", "password", "wrong")


def test_a_flood_does_not_fill_the_trail(world, failed, monkeypatch):
    monkeypatch.setattr("openpeel.web.refusals.time", lambda: 0)
    bar("viewer")
    for n in range(30):
        # From many places, with a right password: neither lock-out counts these.
        sign_in("viewer", password("viewer"), REMOTE_ADDR=f"10.0.0.{n}")
        sign_in(f"made-up-{n}", TYPED, REMOTE_ADDR=f"10.0.0.{n}")
        sign_in("moderator", TYPED, REMOTE_ADDR=f"10.0.0.{n}")
    told = [name for name, _, _ in failed()]
    assert {name: told.count(name) for name in told} == {
        "viewer": 20, "somebody": 20, "moderator": 20,
    }  # fmt: skip
    sign_in("publisher", TYPED)
    assert failed()[-1] == of(world, "publisher", "password", "wrong"), "others went untold"
    monkeypatch.setattr("openpeel.web.refusals.time", lambda: 300)
    sign_in("viewer", password("viewer"))
    assert failed()[-1] == of(world, "viewer", "password", "barred"), "it goes on untold"


def test_a_wrong_second_step_is_told_with_its_way(world, failed):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.contrib.auth import get_user_model

    TOTP.activate(get_user_model().objects.get(username="moderator"), generate_totp_secret())
    browser = Client()
    form = {"login": "moderator", "password": password("moderator")}
    browser.post(reverse("account_login"), form)
    browser.post(reverse("mfa_authenticate"), {"code": "x"})
    browser.post(reverse("mfa_authenticate"), {"credential": json.dumps(PASSKEY)})
    Client().post(reverse("mfa_login_webauthn"), {"credential": json.dumps(PASSKEY)})
    assert failed() == [
        of(world, "moderator", "code", "wrong"),
        of(world, "moderator", "passkey", "wrong"),
        ("somebody", "sign-in", {"by": "passkey", "why": "wrong"}),
    ]


def test_codes_and_passkeys_that_are_locked_are_told_as_locked(world, failed):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.contrib.auth import get_user_model

    TOTP.activate(get_user_model().objects.get(username="moderator"), generate_totp_secret())
    browser = Client()
    form = {"login": "moderator", "password": password("moderator")}
    browser.post(reverse("account_login"), form)
    for _ in range(6):
        browser.post(reverse("mfa_authenticate"), {"code": "x"})
    browser.post(reverse("mfa_authenticate"), {"credential": json.dumps(PASSKEY)})
    told = [(detail["by"], detail["why"]) for _, _, detail in failed()]
    assert told == [("code", "wrong")] * 5 + [("code", "locked"), ("passkey", "locked")]


def test_showing_again_that_it_is_you_is_told_too(world, failed):
    world.browser("moderator").post(reverse("account_reauthenticate"), {"password": TYPED})
    assert failed() == [of(world, "moderator", "password", "wrong")]
