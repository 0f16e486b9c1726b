# ruff: noqa: ANN401 (as allauth's own)
"""Signing in with an organisation's own sign-in (OpenID Connect), held to what its standard says.

allauth goes the way to the provider and back. What it leaves open is closed here: the identity
token is checked with the provider's key, it answers this very question (nonce), and what is asked
of the provider is never taken from the address that somebody followed. Whatever goes wrong is told
in words.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import jwt
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

ID = "organisation"
# Keys that a provider keeps to itself; never one that both know.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
VERIFIED = ("email_verified", "xms_edov")
"""By what it says that it has verified the address: the standard's, and that of Microsoft Entra ID
(the domain is its owner's), which sends no other."""
LEEWAY = 60
"""Seconds that the provider's clock may differ from ours."""
_FIELDS = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


@contextmanager
def _what_it_said() -> Iterator[None]:
    """A provider that is down, or answers what it should not, is one error to allauth."""
    try:
        yield
    except OAuth2Error:
        raise
    except (
        AttributeError,
        RequestException,
        jwt.PyJWTError,
        ImproperlyConfigured,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise OAuth2Error(f"{type(error).__name__}: {error}") from error


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The way to the provider and back."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Raises OAuth2Error where that is not enough."""
        with _what_it_said():
            config: dict[str, Any] = super().openid_config
            for name in _FIELDS:
                if not isinstance(config[name], str):
                    raise TypeError(f"{name} is no address")
        return config

    def get_access_token_data(self, *given: Any, **more: Any) -> Any:
        """What the provider gives for its code. Raises OAuth2Error where it does not."""
        with _what_it_said():
            return super().get_access_token_data(*given, **more)

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **given: Any) -> Any:
        """Who the provider says has signed in. Raises OAuth2Error where it does not."""
        with _what_it_said():
            claims = self._decode_id_token(app, given["response"]["id_token"])
            said = "email" in claims and not claims.keys().isdisjoint(VERIFIED)
            if not said and "userinfo_endpoint" in self.openid_config:
                more = self._fetch_user_info(token.token)
                if more["sub"] != claims["sub"]:
                    raise ValueError("what it says is about somebody else")
                if "email" in more:
                    # Whether it has verified the one address says nothing of the other.
                    claims |= {name: more.get(name) for name in ("email", *VERIFIED)}
            login = self.get_provider().sociallogin_from_response(request, claims)
        login.nonce = claims["nonce"]
        return login

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        """The claims of a token that the provider signed for us, and that holds now."""
        config = self.openid_config
        with get_adapter().get_requests_session() as session:
            answer = session.get(config["jwks_uri"])
            answer.raise_for_status()
        named = jwt.get_unverified_header(id_token).get("kid")
        (key,) = (k for k in jwt.PyJWKSet.from_dict(answer.json()).keys if k.key_id == named)
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key,
            algorithms=ALGORITHMS,
            audience=app.client_id,
            issuer=config["issuer"],
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
        )
        if claims.get("azp", app.client_id) != app.client_id:
            raise ValueError("it was made for another client")
        return claims


class Organisation(OpenIDConnectProvider):  # type: ignore[misc]
    """An organisation's provider: somebody is who its issuer and its subject say."""

    oauth2_adapter_class = Adapter

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """To sign in, and then to the page that was asked for; nothing else of the address."""
        return {"process": AuthProcess.LOGIN, "next_url": get_next_redirect_url(request)}

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, **_: Any
    ) -> HttpResponse:
        """To the provider, with a nonce that its token must hold."""
        nonce = secrets.token_urlsafe(16)
        made: HttpResponse = super().redirect(
            request, process, next_url, auth_params={"nonce": nonce}, nonce=nonce
        )
        return made

    def extract_uid(self, data: dict[str, Any]) -> str:
        """A subject is somebody only together with whose it is."""
        return f"{data['iss']} {data['sub']}"

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nothing is kept of what it says besides."""
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nor taken over: an administrator has added the person."""
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """The address, if the provider says that it has verified it, or is trusted where it does
        not say. Some say so as a text or a number."""
        said = [data[name] for name in VERIFIED if data.get(name) is not None]
        verified = all(it in (True, "true", "1") for it in said)
        if data.get("email") and verified and (said or settings.OIDC_TRUSTED):
            return [EmailAddress(email=data["email"], verified=True, primary=True)]
        return []


def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go to the provider: after a button, never by a link from elsewhere.

    By a page that leads there, as a form may lead nowhere but here.
    """
    answer: HttpResponse | None = ratelimit.consume_or_429(request, action="login")
    answer = answer or _told(OAuth2LoginView, request)
    if answer.status_code != HTTPStatus.FOUND:
        return answer
    shown = {"to": answer.headers["Location"], "provider": Adapter(request, ID).get_provider()}
    return render(request, "socialaccount/leaving.html", shown)


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider."""
    return _told(OAuth2CallbackView, request)


def _told(view: Any, request: HttpRequest) -> HttpResponse:
    adapter = Adapter(request, ID)
    answer: HttpResponse
    try:
        answer = view.adapter_view(adapter)(request)
    except OAuth2Error as error:
        answer = render_authentication_error(request, adapter.get_provider(), exception=error)
    return answer
