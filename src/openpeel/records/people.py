"""People and their roles: given, ended, never deleted."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model

from openpeel.errors import DefinitionError, NotKnown
from openpeel.records.changing import change, held
from openpeel.records.models import Membership
from openpeel.records.roles import ADMINISTRATOR, OF_ONE_FORCE, ROLES, Actor
from openpeel.records.trail import writing
from openpeel.reference import force


def actor_of(user: Any) -> Actor:
    """A signed-in person as an actor, with the roles that they now have."""
    roles = Membership.objects.filter(user=user, ended_at=None).values_list("role", "force_id")
    return Actor(user.get_username(), frozenset(roles), user.pk)


def add_person(actor: Actor, name: str, email: str = "", password: str | None = None) -> Any:
    """Add somebody who can sign in; without a password only by another way. Raises DefinitionError
    for a name that is taken or a password that is too weak."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    people = get_user_model()
    if not name.strip() or people.objects.filter(username__iexact=name.strip()).exists():
        raise DefinitionError(f"'{name}' is empty or taken: a name is one person's.")
    made = people(username=name.strip(), email=email)
    if password is None:
        made.set_unusable_password()
    else:
        try:
            validate_password(password, made)
        except ValidationError as error:
            raise DefinitionError(" ".join(error.messages)) from error
        made.set_password(password)
    with writing(actor) as trail:
        role = actor.must("people.manage")
        made.save()
        trail.tell("people.add", f"user:{made.pk}", role=role, name=made.username)
    return made


def give_role(actor: Actor, name: str, role: str, force_name: str = "") -> Membership:
    """Give somebody a role: for a force, or ('') for all where the role may be for all."""
    if role not in ROLES:
        raise NotKnown(f"There is no role '{role}'. There are: {', '.join(ROLES)}.")
    of = force(force_name).id if force_name else ""
    if role in OF_ONE_FORCE and not of:
        raise DefinitionError(f"The role '{role}' is for one force: name it.")
    user = _user(name)
    with writing(actor) as trail:
        mine = actor.must("people.manage")
        if Membership.objects.filter(user=user, role=role, force_id=of, ended_at=None).exists():
            raise DefinitionError(f"{name} has the role '{role}' already.")
        made = Membership(user=user, role=role, force_id=of)
        made.save()
        trail.tell(
            "people.give", made, role=mine, force_id=of, name=user.get_username(), given=role
        )
    return made


def end_role(actor: Actor, membership: int) -> Membership:
    """End a role. The last administrator cannot be ended: nobody could undo it."""
    with writing(actor) as trail:
        mine = actor.must("people.manage")
        it = held(Membership, membership)
        others = Membership.objects.filter(role=ADMINISTRATOR, ended_at=None).exclude(pk=it.pk)
        if it.role == ADMINISTRATOR and not others.exists():
            raise DefinitionError("The last administrator stays: make another one first.")
        change(it, ended_at=datetime.now(UTC))
        trail.tell("people.end", it, role=mine, force_id=it.force_id, ended=it.role)
    return it


def _user(name: str) -> Any:
    people = get_user_model()
    found = people.objects.filter(username__iexact=name).first()
    if found is None:
        raise NotKnown(f"There is nobody called '{name}'.")
    return found
