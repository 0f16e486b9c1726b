from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client, override_settings
from web_world import OTHER, OWN, Side, add_people, make_side

from openpeel.lake import Lake
from openpeel.web import places


@dataclass
class World:
    """Two forces, everybody's number, and a signed-in browser for each."""

    sides: dict[str, Side]
    people: dict[str, int]

    def browser(self, name: str) -> Client:
        """A browser in which somebody has signed in."""
        from django.contrib.auth import get_user_model

        made = Client()
        made.force_login(get_user_model().objects.get(pk=self.people[name]))
        return made


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """The world, undone when a file of tests is through with it."""
    lake = tmp_path_factory.mktemp("web") / "lake"
    own = override_settings(
        SECOND_STEP_REQUIRED=False,
        OPENPEEL_LAKE=str(lake),
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
    with django_db_blocker.unblock(), own, transaction.atomic():
        people = add_people()
        sides = {f: make_side(f, places.folder(), Lake(lake)) for f in (OWN, OTHER)}
        yield World(sides, people)
        transaction.set_rollback(True)
