"""Ways in and round that were once open in the workbench: each is tried, and closed."""

import runpy
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.core.signals import request_started
from django.db import close_old_connections
from django.test import Client, RequestFactory
from django.urls import reverse
from web_world import OTHER, OWN

from openpeel.records import following, judging
from openpeel.records.models import AuditEntry, Judgment
from openpeel.records.people import give_role
from openpeel.records.roles import system
from openpeel.web import settings

pytestmark = pytest.mark.django_db
ROOT = system(["administrator", "inspector"], "test")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS", "TRACE"])
def test_the_trail_is_told_who_took_the_findings_by_whatever_method(world, method):
    before = AuditEntry.objects.filter(action="read").count()
    answer = world.browser("viewer").generic(method, reverse("findings-csv"))
    assert b"open recommendation" in b"".join(answer.streaming_content)
    assert AuditEntry.objects.filter(action="read").count() == before + 1


@contextmanager
def connected():
    """The tests' own connection stays open, as in Django's own client."""
    request_started.disconnect(close_old_connections)
    try:
        yield
    finally:
        request_started.connect(close_old_connections)


@pytest.mark.parametrize("name", ["rot13", "hex", "undefined", "idna", "utf-16", "none-such"])
def test_a_charset_that_is_none_is_no_fault(world, name):
    from openpeel.web.wsgi import application

    said: list[str] = []
    environ = RequestFactory(SERVER_NAME="localhost")._base_environ(
        PATH_INFO=reverse("account_login"),
        QUERY_STRING="a=%ff",
        CONTENT_TYPE=f"a/b; charset={name}",
    )
    with connected():
        answer = application(environ, lambda status, _: said.append(status))
    assert b"Sign in" in b"".join(answer)
    assert said == ["200 OK"]


def test_too_many_words_in_an_address_are_no_fault_whatever_the_charset(world):
    from openpeel.web.wsgi import application

    said: list[str] = []
    environ = RequestFactory(SERVER_NAME="localhost")._base_environ(
        PATH_INFO=reverse("account_login"),
        QUERY_STRING="&" * 6_000,
        CONTENT_TYPE="a/b; charset=utf-8",
    )
    with connected():
        application(environ, lambda status, _: said.append(status))
    assert said[0].startswith(("200", "400"))


def test_a_length_that_is_no_number_is_no_fault(world):
    assert Client().get(reverse("account_login"), CONTENT_LENGTH="\xb2").status_code == 413


def test_a_recommendation_that_is_a_draft_is_not_told_of_by_an_empty_list(world):
    publisher = system(["publisher"], "test")
    other = following.draft_finding(ROOT, "cause_of_concern", "Far.", bodies=[OWN])
    following.draft_finding(ROOT, "recommendation", "There.", bodies=[OTHER], parent=other.pk)
    following.publish_finding(publisher, other.pk, date(2024, 3, 12))
    following.draft_finding(ROOT, "recommendation", "Later.", bodies=[OWN], parent=other.pk)
    page = reverse("finding", args=[other.addressed.get().pk])
    assert "Its recommendations" not in world.browser("liaison").get(page).content.decode()
    assert "Later." in world.browser("inspector").get(page).content.decode()


def test_the_drafts_of_an_inspection_that_was_given_up_are_not_found(world):
    with_force = Judgment.objects.get(pk=world.sides[OWN].pk["with-force"])
    page = reverse("check", args=[with_force.pk])
    browser = world.browser("liaison")
    assert browser.get(page).status_code == 200
    judging.advance(ROOT, with_force.inspection_id, "withdraw", reason="no time")
    assert browser.get(page).status_code == 404
    assert browser.get(reverse("point-raise", args=[with_force.pk])).status_code == 404


def test_a_draft_that_was_changed_meanwhile_is_not_published_unread(world):
    made = following.draft_finding(ROOT, "recommendation", "First words.", bodies=[OWN])
    page = reverse("finding-publish", args=[made.addressed.get().pk])
    browser = world.browser("publisher")
    assert "First words." in browser.get(page).content.decode()
    following.revise_finding(ROOT, made.pk, "Other words.")
    answer = browser.post(page, {"on": "2024-03-12", "version": made.version})
    assert answer.status_code == 409
    assert "Other words." in answer.content.decode()
    assert made.addressed.get().verified_state == "draft"


def test_a_role_that_is_over_is_not_listed_as_held(world, monkeypatch):
    give_role(ROOT, "nobody", "publisher", last_day=date.today())
    browser, people = world.browser("administrator"), reverse("people")
    assert "nobody" not in browser.get(reverse("home")).content.decode()
    held = browser.get(people).content.decode().lower().count("publisher")

    class Tomorrow(date):
        @classmethod
        def today(cls):
            return date.today() + timedelta(days=1)

    monkeypatch.setattr("openpeel.records.people.date", Tomorrow)
    assert "nobody" in browser.get(reverse("home")).content.decode()
    assert browser.get(people).content.decode().lower().count("publisher") == held - 1


@pytest.mark.parametrize(("said", "trusted"), [("0", 0), ("1", 1), ("", 0)])
def test_a_proxy_is_trusted_only_where_it_is_said(monkeypatch, said, trusted):
    monkeypatch.setenv("OPENPEEL_BEHIND_PROXY", said)
    found = runpy.run_path(settings.__file__)
    assert found["ALLAUTH_TRUSTED_PROXY_COUNT"] == trusted
    assert bool(found["SECURE_PROXY_SSL_HEADER"]) == bool(trusted)
