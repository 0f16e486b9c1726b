"""People for the demo: one for each role, named as demo, with passwords made at that moment."""

from pathlib import Path

from django.contrib.auth import get_user_model

from openpeel.errors import RecordsError
from openpeel.records.demo import LAKE
from openpeel.records.models import AuditEntry
from openpeel.records.people import add_person, give_role
from openpeel.records.roles import (
    ADMINISTRATOR,
    ANALYST,
    BODY,
    INSPECTOR,
    LIAISON,
    MODERATOR,
    PUBLISHER,
    VIEWER,
    system,
)
from openpeel.records.trail import writing
from openpeel.web.signing import first_password

FORCE = "cambridgeshire"
PEOPLE = {
    "demo-inspector-1": (INSPECTOR, ""),
    "demo-inspector-2": (INSPECTOR, ""),
    "demo-moderator": (MODERATOR, ""),
    "demo-publisher": (PUBLISHER, ""),
    "demo-analyst": (ANALYST, ""),
    "demo-force-liaison": (LIAISON, FORCE),
    "demo-policing-body": (BODY, FORCE),
    "demo-viewer": (VIEWER, ""),
    "demo-administrator": (ADMINISTRATOR, ""),
}


def demo_environment(folder: Path) -> dict[str, str]:
    """What a demo is served with: a lake of its own, and no second step to sign in."""
    return {
        "OPENPEEL_LAKE": str(folder / LAKE),
        "OPENPEEL_PUBLISHER": "demo",
        "OPENPEEL_SECOND_STEP": "optional",
    }


def demo_people() -> dict[str, tuple[str, str]]:
    """Add the demo's people, or give them new passwords: role and password by name.

    Raises RecordsError where the records are not a demo's: nobody gets into real ones so.
    """
    first = AuditEntry.objects.order_by("seq").first()
    if first is None or not first.actor.startswith("demo"):
        raise RecordsError("These records are not a demo's: name another folder for the demo.")
    actor, made = system([ADMINISTRATOR], "demo"), {}
    for name, (role, force_id) in PEOPLE.items():
        password = first_password(name)
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            add_person(actor, name, "", password)
            give_role(actor, name, role, force_id)
        else:
            with writing(actor) as trail:
                user.set_password(password)
                user.save()
                trail.tell("people.password", f"user:{user.pk}", role=ADMINISTRATOR)
        made[name] = (f"{role} of {force_id}" if force_id else role, password)
    return made
