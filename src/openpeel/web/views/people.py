# ruff: noqa: ANN401 (who signs in is whatever Django is set up with)
"""People and their roles: an administrator's."""

from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.records.models import Membership
from openpeel.records.people import add_person, end_role, give_role, memberships, set_active
from openpeel.records.roles import ROLES, Actor
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, ask, day, line, picked
from openpeel.web.pages import Page, Section, Table, link, show, state
from openpeel.web.signing import begin_again, first_password
from openpeel.web.words import body_choices, on, role_name

_NO_ROLE = "They have had no role yet: until they have one, they see nothing."


@page("people.manage")
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everybody who signs in, with the roles that they have today."""
    roles: dict[int, list[str]] = {}
    for it in memberships(actor):
        roles.setdefault(it.user_id, []).append(_role(it))
    rows = [
        (
            link(user.get_username(), "person", user.pk),
            user.email,
            roles.get(user.pk, []),
            on(user.last_login) if user.last_login else "never",
            "can sign in" if user.is_active else state("barred"),
        )
        for user in get_user_model().objects.order_by("username")
    ]
    table = Table("People", ("Name", "Email", "Roles", "Last signed in", "State"), rows)
    actions = [link("Add somebody", "person-add")]
    return show(request, Page("People", [Section(table=table)], actions=actions))


class AddForm(Asked):
    """A name and an address."""

    name = line("Name", "They sign in with it.")
    email = forms.EmailField(
        label="Email",
        required=False,
        max_length=254,
        help_text="By it they are known where an organisation's own sign-in is used.",
    )


@page("people.manage")
def added(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Add somebody, with a first password that is shown once."""

    def do(said: dict[str, Any]) -> Any:
        password = first_password(said["name"])
        made = add_person(actor, said["name"], said["email"], password)
        _show_once(request, made, password)
        return made

    return ask(
        request,
        AddForm,
        do,
        title="Add somebody",
        button="Add them",
        said="They were added, and have no role yet.",
        done=lambda made: reverse("person", args=[made.pk]),
        back=link("People", "people"),
    )


@page("people.manage")
def person(request: HttpRequest, actor: Actor, user: int) -> HttpResponse:
    """Somebody, with all roles that they have or had."""
    it = _user(user)
    name = quote(it.get_username())
    standing = {m.pk for m in memberships(actor)}
    rows = [
        (
            _role(m),
            on(m.created_at),
            on(m.ended_at or m.last_day) if m.ended_at or m.last_day else "now",
            link(f"End: {_role(m)}", "role-end", m.pk) if m.pk in standing else "",
            link(f"Trail of: {_role(m)}", "trail", query=f"?subject={m.subject}"),
        )
        for m in it.memberships.order_by("pk")
    ]
    table = Table("Roles", ("Role", "From", "To", "End it", "On record"), rows, none=_NO_ROLE)
    actions = [
        link("Give a role", "role-give", it.pk),
        link("Let them begin again", "person-begin", it.pk, weight="second"),
        link("See what they did", "trail", weight="second", query=f"?actor={name}"),
        link(
            "See what was done about them", "trail", weight="second", query=f"?subject=user:{user}"
        ),
        link("Bar them", "person-bar", it.pk, weight="grave")
        if it.is_active
        else link("Let them sign in again", "person-let-in", it.pk, weight="second"),
    ]
    return show(
        request,
        Page(
            it.get_username(),
            [Section(table=table)],
            back=link("People", "people"),
            actions=actions,
        ),
    )


class GiveForm(Asked):
    """A role, perhaps of one force, perhaps for a time."""

    role = picked("Role", [(r, told) for r, told in ROLES.items()])
    force = picked(
        "Force, or other body",
        lambda: [("", "All forces"), *body_choices()],
        "A force liaison and a local policing body are of one; the others may be of all.",
        required=False,
    )
    last_day = day("Last day", "For a role that is for a time only.", required=False)


@page("people.manage")
def given(request: HttpRequest, actor: Actor, user: int) -> HttpResponse:
    """Give somebody a role."""
    it = _user(user)
    return ask(
        request,
        GiveForm,
        lambda said: give_role(
            actor, it.get_username(), said["role"], said["force"], last_day=said["last_day"]
        ),
        title="Give a role",
        button="Give it",
        said="The role was given.",
        **_of(it),
    )


@page("people.manage", of=Of(Membership, "force_id"))
def ended(request: HttpRequest, actor: Actor, it: Membership) -> HttpResponse:
    """End somebody's role."""
    return ask(
        request,
        Asked,
        lambda said: end_role(actor, it.pk, version=said["version"]),
        title=f"End the role: {_role(it)}",
        button="End it",
        said="The role has ended.",
        grave=True,
        record=it,
        **_of(it.user),
    )


@page("people.manage")
def barred(request: HttpRequest, actor: Actor, user: int) -> HttpResponse:
    """Let somebody sign in no more."""
    told = "They are out at once. Their roles stay on record, and rest until they are let in again."
    return _set_active(request, actor, user, "Bar them from signing in", told, active=False)


@page("people.manage")
def let_in(request: HttpRequest, actor: Actor, user: int) -> HttpResponse:
    """Let somebody who is barred sign in again."""
    told = "They have the roles that they had, as far as those have not ended since."
    return _set_active(request, actor, user, "Let them sign in again", told, active=True)


def _set_active(
    request: HttpRequest, actor: Actor, user: int, title: str, told: str, *, active: bool
) -> HttpResponse:
    it = _user(user)
    return ask(
        request,
        Asked,
        lambda said: set_active(actor, it.get_username(), active),
        title=title,
        button=title,
        said="They can sign in again." if active else "They are barred.",
        grave=not active,
        texts=[told],
        **_of(it),
    )


@page("people.manage")
def begun_again(request: HttpRequest, actor: Actor, user: int) -> HttpResponse:
    """Let somebody who cannot get in begin again: a new first password, a second step anew."""
    it = _user(user)

    def do(said: dict[str, Any]) -> None:
        password = first_password(it.get_username())
        begin_again(actor, it, password)
        _show_once(request, it, password)

    return ask(
        request,
        Asked,
        do,
        title="Let them begin again",
        button="Give a new first password",
        said="They have a new first password.",
        texts=["Make sure that it is they who ask. Their second step is set up anew."],
        **_of(it),
    )


def _show_once(request: HttpRequest, user: Any, password: str) -> None:
    told = f"First password of {user.get_username()}: {password} . It is shown this once."
    messages.info(request, told)


def _of(it: Any) -> dict[str, Any]:
    """What all forms on somebody share."""
    return {
        "over": it.get_username(),
        "done": reverse("person", args=[it.pk]),
        "back": link(it.get_username(), "person", it.pk),
    }


def _user(pk: int) -> Any:
    found = get_user_model().objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _role(it: Membership) -> str:
    return role_name(it.role, it.force_id)
