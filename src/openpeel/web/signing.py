# ruff: noqa: ANN401 (as allauth's and Django's own)
"""Signing in: nobody signs up by themselves, and who signed in is told to the trail."""

import contextlib
import logging
import secrets
from http import HTTPStatus
from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render

from openpeel.records.people import actor_of
from openpeel.records.roles import Actor
from openpeel.records.trail import writing
from openpeel.web.refusals import called, tell
from openpeel.web.sessions import begun

_LOG = logging.getLogger(__name__)


_WAYS = {"password": "password", "mfa": "passkey", "socialaccount": "organisation"}
"""What allauth calls the ways in, and what the trail does."""


class People(DefaultAccountAdapter):  # type: ignore[misc]
    """Signing in here: an administrator adds people. What comes to nothing is told to the trail."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing, but for a name or an address that is locked."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            tell(called(credentials["username"]), "password", "locked")
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A wrong name or password."""
        tell(called(credentials["username"]), "password", "wrong")

    def pre_login(self, request: HttpRequest, user: Any, **more: Any) -> Any:
        """A page of its own for somebody who is barred, by whichever way they came."""
        if not user.is_active:
            (*_, taken) = get_authentication_records(request, user)
            tell(user, _WAYS[taken["method"]], "barred")
        return super().pre_login(request, user, **more)


class OtherPeople(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Signing in with an organisation: only as somebody whom an administrator has added.

    The first time they are known by the email address that it has verified, from then on by their
    account there alone: an address may come to be somebody else's.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never."""
        return False

    def authenticate_by_email(self, sociallogin: Any) -> tuple[Any, str] | None:
        """The one person who was added with a verified address and has no account there yet."""
        for address in _verified(sociallogin):
            found = [p for p in _with_address(address) if p.is_active]
            if len(found) == 1 and not SocialAccount.objects.filter(user=found[0]).exists():
                return found[0], address
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse, in words, an answer to another question, and whoever is nobody here."""
        if sociallogin.nonce != sociallogin.state.get("nonce"):
            provider, error = sociallogin.provider, OAuth2Error("another nonce")
            raise ImmediateHttpResponse(
                render_authentication_error(request, provider, exception=error)
            )
        if sociallogin.is_existing:
            return
        verified = _verified(sociallogin)
        people = [person for address in verified for person in _with_address(address)]
        meant = people[0] if len(people) == 1 else None
        why = "not added" if verified else "not verified"
        if meant:
            why = "another account" if meant.is_active else "barred"
        tell(meant, "organisation", why)
        shown = {"verified": bool(verified)}
        raise ImmediateHttpResponse(
            render(request, "socialaccount/nobody.html", shown, status=HTTPStatus.FORBIDDEN)
        )

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, exception: Any = None, **_: Any
    ) -> None:
        """Leave what was wrong with the provider's answer in the log: a person cannot mend it."""
        if exception is not None:
            _LOG.warning("%s: %s", provider.name, exception)


def _verified(sociallogin: Any) -> list[str]:
    """The addresses that an organisation has verified, in small letters."""
    return [a.email.lower() for a in sociallogin.email_addresses if a.verified]


def _with_address(address: str) -> list[Any]:
    """Everybody who was added with an address, barred or not."""
    people = get_user_model().objects.filter(email__iexact=address)
    return [p for p in people if p.email.lower() == address]


def lacks_second_step(request: HttpRequest) -> bool:
    """Whether somebody who is signed in has yet to set up a second step."""
    if not settings.SECOND_STEP_REQUIRED or is_mfa_enabled(request.user):
        return False
    taken = {record.get("method") for record in get_authentication_records(request, request.user)}
    return "socialaccount" not in taken


def first_password(name: str) -> str:
    """A password for somebody to begin with: long, made by chance, and unlike the name."""
    somebody = get_user_model()(username=name)
    while True:
        made = f"{secrets.token_urlsafe(12)}-{secrets.randbelow(90) + 10}"
        with contextlib.suppress(ValidationError):
            validate_password(made, somebody)
            return made


def begin_again(actor: Actor, user: Any, password: str) -> None:
    """Give somebody who cannot get in a new first password, and let them set a second step anew.

    Their account with an organisation is forgotten, too. Whoever is signed in as them is out.
    """
    with writing(actor) as trail:
        role = actor.must("people.manage")
        user.set_password(password)
        user.save()
        Authenticator.objects.filter(user=user).delete()
        SocialAccount.objects.filter(user=user).delete()
        trail.tell("people.begin-again", f"user:{user.pk}", role=role, name=user.get_username())


def listen() -> None:
    """Have the trail told of signing in and out, and of changes to how somebody signs in; and have
    each session end in time."""
    told = {
        user_logged_in: "sign-in",
        user_logged_out: "sign-out",
        account.password_changed: "sign-in.password",
        account.password_set: "sign-in.password",
        mfa.authenticator_added: "sign-in.second-step.add",
        mfa.authenticator_removed: "sign-in.second-step.remove",
        mfa.authenticator_reset: "sign-in.second-step.reset",
    }
    for signal, action in told.items():
        signal.connect(_tells(action), weak=False, dispatch_uid=f"openpeel {action}")
    user_logged_in.connect(begun, dispatch_uid="openpeel session")
    social_account_added.connect(_linked, dispatch_uid="openpeel sign-in organisation")
    mfa.authentication_failed.connect(_wrong_code, dispatch_uid="openpeel sign-in failed")


def _tells(action: str) -> Any:
    def tell(user: Any = None, **_: Any) -> None:
        if user is not None and user.pk is not None:
            with writing(actor_of(user)) as trail:
                trail.tell(action, f"user:{user.pk}", role="")

    return tell


def _linked(sociallogin: Any, **_: Any) -> None:
    """From now on that account opens the workbench, and the password no more."""
    with writing(actor_of(sociallogin.user)) as trail:
        trail.tell("sign-in.organisation", f"user:{sociallogin.user.pk}", role="")


def _wrong_code(user: Any, **_: Any) -> None:
    tell(user, "code", "wrong")
