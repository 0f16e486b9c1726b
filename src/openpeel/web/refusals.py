# ruff: noqa: ANN401 (who signs in is whatever Django is set up with)
"""Sign-ins that came to nothing, told to the trail: whose, by which way, and why.

Never what was typed: a password may stand where the name should. And not without end: the trail is
not filled by a flood.
"""

from time import time
from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import cache

from openpeel.records.roles import Actor
from openpeel.records.trail import writing

MOST, SECONDS = 20, 300
"""How many are told of each person, and of all who are nobody, in each five minutes."""


def tell(user: Any, by: str, why: str) -> None:
    """Tell of a try to sign in as somebody (None: as nobody who was added).

    `by` is password, code, passkey or organisation; `why` is wrong, locked, barred, not added,
    not verified or another account.
    """
    of, name = (f"user:{user.pk}", user.get_username()) if user else ("sign-in", "somebody")
    counted = f"told:{of}:{time() // SECONDS:.0f}"
    before = cache.get(counted, 0)
    if before < MOST:
        cache.set(counted, before + 1, SECONDS)
        with writing(Actor(name, frozenset())) as trail:
            trail.tell("sign-in.failed", of, role="", by=by, why=why)


def called(name: str) -> Any:
    """The person of a name, however it is written; None where nobody has it."""
    return get_user_model().objects.filter(username__iexact=name).first()
