"""Secrets of second steps that a former version kept as they are are encrypted."""

from typing import Any

from django.db import migrations


def encrypt(apps: Any, _: Any) -> None:  # noqa: ANN401
    """Encrypt the secrets of authenticator apps and of recovery codes."""
    from openpeel.web.second_step import SECRETS, SecondStep

    for one in apps.get_model("mfa", "Authenticator").objects.filter(type__in=SECRETS):
        name = SECRETS[one.type]
        one.data[name] = SecondStep().encrypt(one.data[name])
        one.save()


class Migration(migrations.Migration):
    """After allauth's own tables are as this version has them."""

    dependencies = (("mfa", "0003_authenticator_type_uniq"),)
    operations = (migrations.RunPython(encrypt),)
