# ruff: noqa: ANN401 (who signs in is whatever Django is set up with)
"""People and their roles: given, ended, never deleted."""

from datetime import UTC, date, datetime
from typing import Any
from unicodedata import normalize

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q

from openpeel.errors import DefinitionError, NotKnown
from openpeel.records.changing import change, held
from openpeel.records.clock import in_full
from openpeel.records.models import Membership
from openpeel.records.roles import ADMINISTRATOR, BODY, OF_ALL, OF_ONE_FORCE, ROLES, Actor
from openpeel.records.seeing import seen
from openpeel.records.trail import writing
from openpeel.reference import Force, body


def actor_of(user: Any) -> Actor:
    """A signed-in person as an actor, with the roles that they now have."""
    mine = _now(Membership.objects.filter(user=user, user__is_active=True))
    return Actor(user.get_username(), frozenset(mine.values_list("role", "force_id")), user.pk)


def add_person(actor: Actor, name: str, email: str = "", password: str | None = None) -> Any:
    """Add somebody who can sign in; without a password only by another way. Raises DefinitionError
    for a name that is taken or a password that is too weak."""
    from django.contrib.auth.password_validation import validate_password

    # One form of a name: what looks the same is the same.
    made = get_user_model()(username=normalize("NFKC", name.strip()), email=email)
    with writing(actor) as trail:
        role = actor.must("people.manage")
        try:
            made.clean_fields(exclude=["password"])
            if password is not None:
                validate_password(password, made)
        except ValidationError as error:
            raise DefinitionError(" ".join(error.messages)) from error
        if get_user_model().objects.filter(username__iexact=made.username).exists():
            raise DefinitionError(f"'{made.username}' is taken: a name is one person's.")
        if password is None:
            made.set_unusable_password()
        else:
            made.set_password(password)
        made.save()
        trail.tell("people.add", f"user:{made.pk}", role=role, name=made.username)
    return made


def set_active(actor: Actor, name: str, active: bool) -> Any:
    """Let somebody sign in no more, or again; their roles stay on record, and rest meanwhile.

    Raises DefinitionError where that is so already: somebody else was quicker.
    """
    with writing(actor) as trail:
        role = actor.must("people.manage")
        user = _user(name)
        if user.is_active is active:
            now = "can sign in" if active else "is barred from signing in"
            raise DefinitionError(f"{user.get_username()} {now} already.")
        if not active:
            _not_the_last(Membership.objects.filter(user=user))
        user.is_active = active
        user.save()
        trail.tell("people.active", f"user:{user.pk}", role=role, active=active)
    return user


def give_role(
    actor: Actor, name: str, role: str, force_name: str = "", *, last_day: date | None = None
) -> Membership:
    """Give somebody a role: for a force or another body, or ('') for all where it may be for all.

    A temporary one ends with its `last_day`.
    """
    with writing(actor) as trail:
        mine = actor.must("people.manage")
        if role not in ROLES:
            raise NotKnown(f"There is no role '{role}'. There are: {', '.join(ROLES)}.")
        to = body(force_name) if force_name else None
        of = to.id if to else ""
        if role in OF_ONE_FORCE and not of:
            raise DefinitionError(f"The role '{role}' is for one force: name it.")
        if role in OF_ALL and of:
            raise DefinitionError(f"The role '{role}' is never for one force.")
        if role == BODY and to and not isinstance(to, Force):
            raise DefinitionError(f"{to.name} is no force: it has no local policing body.")
        if last_day is not None and last_day < date.today():
            raise DefinitionError(f"{in_full(last_day)} is over: a temporary role ends later.")
        user = _user(name)
        there = Membership.objects.filter(user=user, role=role, force_id=of, ended_at=None)
        if _now(there).exists():
            raise DefinitionError(f"{name} has the role '{role}' already.")
        for over in there:
            change(over, ended_at=datetime.now(UTC))
        made = Membership(user=user, role=role, force_id=of, last_day=last_day)
        made.save()
        trail.tell(
            "people.give",
            made,
            role=mine,
            force_id=of,
            name=user.get_username(),
            given=role,
            last_day=last_day,
        )
    return made


def memberships(actor: Actor) -> list[Membership]:
    """The roles that people have today, by name."""
    actor.must("people.manage")
    return list(
        _now(seen(actor, Membership)).select_related("user").order_by("user__username", "pk")
    )


def reachable(actor: Actor) -> list[tuple[Any, Actor]]:
    """Whom a mail can reach: who may sign in, has an email address and a role today; by name."""
    actor.must("people.manage")
    found = get_user_model().objects.filter(is_active=True).exclude(email="").order_by("username")
    return [(user, made) for user in found if (made := actor_of(user)).roles]


def end_role(actor: Actor, membership: int, *, version: int | None = None) -> Membership:
    """End a role. The last administrator cannot be ended: nobody could undo it."""
    with writing(actor) as trail:
        mine = actor.must("people.manage")
        it = held(actor, Membership, membership, version)
        of_it = Membership.objects.filter(pk=it.pk)
        if not _now(of_it).exists():
            raise DefinitionError("It has ended already.")
        _not_the_last(of_it)
        change(it, ended_at=datetime.now(UTC))
        trail.tell("people.end", it, role=mine, force_id=it.force_id, ended=it.role)
    return it


def _now(found: Any) -> Any:
    """Of memberships those that stand today."""
    lasting = Q(last_day=None) | Q(last_day__gte=date.today())
    return found.filter(lasting, ended_at=None)


def _not_the_last(going: Any) -> None:
    """Raise DefinitionError where no lasting administrator would be left."""
    lasting = Membership.objects.filter(
        role=ADMINISTRATOR, ended_at=None, last_day=None, user__is_active=True
    )
    if lasting.filter(pk__in=going).exists() and not lasting.exclude(pk__in=going).exists():
        raise DefinitionError("The last administrator stays: make another one first.")


def _user(name: str) -> Any:
    people = get_user_model()
    found = people.objects.filter(username__iexact=name).first()
    if found is None:
        raise NotKnown(f"There is nobody called '{name}'.")
    return found
