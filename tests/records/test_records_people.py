from datetime import date, timedelta

import pytest
from records_story import ADA, ANN

from openpeel.errors import DefinitionError, NotAllowed, NotKnown
from openpeel.records import people, trail
from openpeel.records.models import Membership

pytestmark = pytest.mark.django_db
GOOD = "a-long-Passphrase-of-many-words"


@pytest.fixture(autouse=True)
def quick_hashes(settings):
    """Hashes that are quick to make; those in use are slow on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def eve():
    return people.add_person(ADA, "eve", "eve@example.org", GOOD)


def test_a_role_is_given_and_ended_and_stays_on_record(eve):
    made = people.give_role(ADA, "Eve", "force-liaison", "Kent")
    assert people.actor_of(eve).roles == {("force-liaison", "kent")}
    people.end_role(ADA, made.pk)
    assert people.actor_of(eve).roles == frozenset()
    assert Membership.objects.count() == 1
    with pytest.raises(DefinitionError, match="ended already"):
        people.end_role(ADA, made.pk)
    people.give_role(ADA, "eve", "force-liaison", "Kent")
    assert trail.verify().wrong == ()


def test_a_national_body_has_a_liaison(eve):
    people.give_role(ADA, "eve", "force-liaison", "the Home Office")
    assert people.actor_of(eve).roles == {("force-liaison", "home-office")}


def test_a_temporary_role_ends_with_its_last_day(eve, monkeypatch):
    today = date.today()
    made = people.give_role(ADA, "eve", "inspector", last_day=today)
    assert people.actor_of(eve).roles == {("inspector", "")}

    class Tomorrow(date):
        @classmethod
        def today(cls):
            return today + timedelta(days=1)

    monkeypatch.setattr(people, "date", Tomorrow)
    assert people.actor_of(eve).roles == frozenset()
    with pytest.raises(DefinitionError, match="ended already"):
        people.end_role(ADA, made.pk)
    people.give_role(ADA, "eve", "inspector")  # what is over stands in nobody's way
    assert people.actor_of(eve).roles == {("inspector", "")}
    with pytest.raises(DefinitionError, match="is over"):
        people.give_role(ADA, "eve", "viewer", last_day=today)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (("eve", "wizard"), NotKnown, "no role 'wizard'"),
        (("nobody", "viewer"), NotKnown, "nobody called"),
        (("eve", "force-liaison"), DefinitionError, "one force: name it"),
        (("eve", "administrator", "Kent"), DefinitionError, "never for one force"),
        (("eve", "viewer", "Atlantis"), NotKnown, "Atlantis"),
        (("eve", "local-policing-body", "Home Office"), DefinitionError, "no force"),
    ],
)
def test_a_role_that_cannot_be_given(eve, given, error, words):
    with pytest.raises(error, match=words):
        people.give_role(ADA, *given)
    assert not Membership.objects.exists()


def test_a_role_is_had_once(eve):
    people.give_role(ADA, "eve", "viewer")
    with pytest.raises(DefinitionError, match="already"):
        people.give_role(ADA, "eve", "viewer")


@pytest.mark.parametrize(
    ("name", "password"),
    [("Eve", GOOD), ("", GOOD), (" ", GOOD), ("x y", GOOD), ("x" * 200, GOOD), ("zoe", "short")],
)
def test_a_person_that_cannot_be_added(eve, name, password):
    with pytest.raises(DefinitionError):
        people.add_person(ADA, name, "", password)


def test_nobody_but_an_administrator_learns_who_there_is(eve):
    for attempt in (
        lambda: people.add_person(ANN, "eve", "", "x"),
        lambda: people.give_role(ANN, "nobody", "viewer"),
        lambda: people.set_active(ANN, "nobody", False),
        lambda: people.memberships(ANN),
    ):
        with pytest.raises(NotAllowed, match="administrator"):
            attempt()


def test_whom_a_mail_can_reach_has_an_address_and_a_role_and_may_sign_in(eve):
    for name, address in (("zoe", ""), ("max", "max@example.org"), ("kim", "kim@example.org")):
        people.add_person(ADA, name, address)
        people.give_role(ADA, name, "viewer")
    people.set_active(ADA, "kim", False)
    assert [(user.username, actor.roles) for user, actor in people.reachable(ADA)] == [
        ("max", {("viewer", "")})
    ]
    with pytest.raises(NotAllowed):
        people.reachable(ANN)


def test_the_last_administrator_stays(eve):
    lasting = people.give_role(ADA, "eve", "administrator")
    people.add_person(ADA, "zoe", "", GOOD)
    people.give_role(ADA, "zoe", "administrator", last_day=date.today())
    for attempt in (
        lambda: people.end_role(ADA, lasting.pk),
        lambda: people.set_active(ADA, "eve", False),
    ):
        with pytest.raises(DefinitionError, match="last administrator"):
            attempt()
    people.add_person(ADA, "max", "", GOOD)
    people.give_role(ADA, "max", "administrator")
    people.end_role(ADA, lasting.pk)


def test_somebody_who_has_left_has_no_role(eve):
    people.give_role(ADA, "eve", "viewer")
    people.set_active(ADA, "eve", False)
    eve.refresh_from_db()
    assert people.actor_of(eve).roles == frozenset()
    people.set_active(ADA, "eve", True)
    assert people.actor_of(eve).roles == {("viewer", "")}


def test_who_is_barred_is_barred_once_and_let_in_once(eve):
    with pytest.raises(DefinitionError, match="eve can sign in already"):
        people.set_active(ADA, "eve", True)
    people.set_active(ADA, "eve", False)
    with pytest.raises(DefinitionError, match="eve is barred from signing in already"):
        people.set_active(ADA, "eve", False)


def test_a_password_is_kept_as_a_hash_and_never_told(eve):
    from openpeel.records.models import AuditEntry

    assert GOOD not in eve.password
    assert eve.check_password(GOOD)
    assert not AuditEntry.objects.filter(detail__contains=GOOD).exists()
    assert not people.add_person(ADA, "oidc", "x@example.org").has_usable_password()
