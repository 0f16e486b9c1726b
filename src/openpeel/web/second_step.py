# ruff: noqa: ANN401 (as allauth's own)
"""The second step: in the words of the workbench, and with its secrets encrypted.

The secret of an authenticator app, and that of recovery codes, lie in the database under a key that
does not: it is drawn (HKDF, RFC 5869) from the one that sessions are signed with. Of a passkey the
database holds the public key, which opens nothing.
"""

from base64 import urlsafe_b64encode
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
)
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django import forms
from django.conf import settings

from openpeel.errors import NotAllowed
from openpeel.web.refusals import tell

LOCKED = "too_many_login_attempts"
"""allauth's word for too many wrong ones."""
SECRETS = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}
"""What is encrypted of an authenticator's data, by its type."""


def _cipher() -> Fernet:
    """AES-128 in CBC mode with an HMAC, under the key of these records and this machine."""
    drawn = HKDF(SHA256(), length=32, salt=None, info=b"openpeel second step")
    return Fernet(urlsafe_b64encode(drawn.derive(settings.SECRET_KEY.encode())))


class SecondStep(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth's, with names that say what is what, and its secrets encrypted."""

    def encrypt(self, text: str) -> str:
        """A secret as the database holds it."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """A secret. Raises NotAllowed where it was encrypted under another key."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise NotAllowed(
                "The secret of your authenticator app, or of your recovery codes, was made under "
                "another key than the workbench now has, and cannot be read: no code of theirs "
                "opens it. A passkey does. Ask an administrator to let you begin again."
            ) from None

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """'Passkey 2' where somebody has one already."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}"


class AddPasskey(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey: what it is called, and whether it is enough without the password."""

    name = forms.CharField(
        label="Name", help_text="To tell it from others.", required=False, max_length=100
    )
    passwordless = forms.BooleanField(
        label="It opens the workbench without the password, by a PIN, a finger or a face",
        required=False,
        initial=True,
    )

    def clean(self) -> Any:
        """What the browser made, if it is whole; else what allauth says of a wrong one."""
        try:
            return super().clean()
        except ValueError as error:
            raise get_adapter().validation_error("incorrect_code") from error


class WithCode(AuthenticateForm):  # type: ignore[misc]
    """A code as the second step: that codes are locked is told; of a wrong one allauth does."""

    def clean_code(self) -> str:
        """The code, if it is right. Raises ValidationError."""
        try:
            code: str = super().clean_code()
        except forms.ValidationError as error:
            if error.code == LOCKED:
                tell(self.user, "code", "locked")
            raise
        return code


class WithPasskey(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second step; one that is wrong is told to the trail."""

    def clean_credential(self) -> Authenticator:
        """The passkey that it is. Raises ValidationError where it is none of this person's."""
        try:
            return super().clean_credential()
        except forms.ValidationError as error:
            tell(self.user, "passkey", "locked" if error.code == LOCKED else "wrong")
            raise


class ByPasskey(WithPasskey, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey alone: whose it is nobody knows before it is right."""


def unreadable() -> list[str]:
    """Whose authenticator app or recovery codes were made under another key, by name."""
    adapter, made = SecondStep(), set()
    for one in Authenticator.objects.filter(type__in=SECRETS).select_related("user"):
        try:
            adapter.decrypt(one.data[SECRETS[one.type]])
        except NotAllowed:
            made.add(one.user.get_username())
    return sorted(made)
