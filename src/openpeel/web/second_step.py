# ruff: noqa: ANN401 (as allauth's own)
"""The second step, in the words of the workbench."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms


class SecondStep(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth's, with names that say what is what."""

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
