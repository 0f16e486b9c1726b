# ruff: noqa: ANN401 (what stands in an address is whatever its pattern says)
"""Who may open a page: the one place where that is asked.

Somebody who has not the role is told which it takes, before anything is looked for. Somebody who
has it for another force gets the same answer as for what does not exist: not found.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db.models import Model, Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from openpeel.errors import NotKnown
from openpeel.records import trail
from openpeel.records.models import Record
from openpeel.records.people import actor_of
from openpeel.records.roles import Actor
from openpeel.records.seeing import seen
from openpeel.reference import force
from openpeel.web.signing import lacks_second_step
from openpeel.web.views.errors import refused

View = Callable[..., HttpResponseBase]
EVERY = Q()
SHOWN = (200, 409, 422)
"""Statuses of an answer that shows what the page is about: a form that was refused, too."""


@dataclass(frozen=True)
class Of:
    """What a page is about: the records of a kind, and the way from one to its force.

    `among` are those that the page shows at all; the others are not found.
    """

    kind: type[Model]
    force: str
    among: Q = EVERY

    def find(self, actor: Actor, pk: int) -> tuple[Any, str]:
        """The record of a number, if somebody may see it, and its force's id. Raises Http404."""
        found = seen(actor, self.kind).filter(self.among, pk=pk).first()
        if found is None:
            raise Http404
        at: Any = found
        for step in self.force.split("__"):
            at = getattr(at, step)
        return found, at


@dataclass(frozen=True)
class OfForce:
    """A page about a force whose id stands in the address."""

    def find(self, actor: Actor, force_id: str) -> tuple[Any, str]:
        """The force, and its id. Raises Http404."""
        try:
            found = force(force_id)
        except NotKnown as error:
            raise Http404 from error
        if found.id != force_id:
            raise Http404
        return found, found.id


def page(
    *actions: str, of: Of | OfForce | None = None, told: bool = False
) -> Callable[[View], View]:
    """A view for whoever may do one of `actions` (none: everybody who is signed in).

    It is called with the request, the actor, what the page is `of`, and what else stands in the
    address. `told` pages are sensitive: the trail is told who read them.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, **found: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("account_login"))
            if lacks_second_step(request):
                return redirect("mfa_index")
            actor, about, force_id = actor_of(request.user), [], ""
            if actions and not _role(actor, actions):
                return refused(request, actions)
            if of is not None:
                key = "pk" if isinstance(of, Of) else "force_id"
                thing, force_id = of.find(actor, found.pop(key))
                if actions and not _role(actor, actions, force_id):
                    raise Http404
                about.append(thing)
                request.about = thing  # type: ignore[attr-defined]
            response = view(request, actor, *about, **found)
            # Whatever the method: each that is answered with the page tells what is on it.
            if told and request.method != "HEAD" and response.status_code in SHOWN:
                subject = next((a for a in about if isinstance(a, Record)), request.path[:80])
                role = _role(actor, actions, force_id)
                trail.read(actor, subject, role=role, force_id=force_id)
            return response

        return opened

    return wrap


def _role(actor: Actor, actions: tuple[str, ...], force_id: str = "") -> str:
    """The role by which any of the actions is allowed, or ''."""
    return next((role for a in actions if (role := actor.role_for(a, force_id))), "")
