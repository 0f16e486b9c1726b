"""Every address x every role x own force and another's: who gets in, and that no draft gets out.

The table is written by hand and held against the URLconf: a page that is not in it fails the test.
"""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from web_world import CYCLE, HIDDEN_PREFIX, OTHER, OWN, PEOPLE, mark

pytestmark = pytest.mark.django_db
ALL = frozenset("VLBIMPNA")
"""Viewer, Liaison, Body, Inspector, Moderator, Publisher, aNalyst, Administrator."""
LETTER = {
    "viewer": "V",
    "liaison": "L",
    "body": "B",
    "inspector": "I",
    "colleague": "I",
    "local": "I",
    "moderator": "M",
    "publisher": "P",
    "analyst": "N",
    "administrator": "A",
    "nobody": "",
}
OF_ONE = {"liaison", "body", "local"}
# Name of the page: (who may open it, what it is of, whether it takes a form, what else it names).
PAGES = {
    "home": ("*", "", "", ()),
    "roles": ("*", "", "", ()),
    "forces": ("IMPNLB", "", "", ()),
    "force": ("IMPNLB", "force", "", ()),
    "signals": ("MPN", "force", "", ()),
    "signal-bring": ("N", "force", "passed", ("no-such-signal",)),
    "paper": ("VLBIMPN", "force", "file", ("pdf",)),
    "phase": ("M", "force", "form", ()),
    "inspection-plan": ("IM", "", "form", ()),
    "inspection": ("IMPN", "inspection", "", ()),
    "inspection-fieldwork": ("IM", "inspection", "form", ()),
    "inspection-move": ("IM", "inspection", "form", ("begin",)),
    "evidence-add": ("I", "inspection", "form", ()),
    "finding-draft": ("I", "inspection", "form", ()),
    "request-make": ("I", "inspection", "form", ()),
    "publish": ("P", "inspection", "form", ()),
    "correct": ("P", "inspection", "form", ()),
    "retract": ("P", "inspection", "form", ()),
    "evidence": ("IMN", "evidence", "", ()),
    "evidence-revise": ("I", "evidence", "form", ()),
    "evidence-withdraw": ("I", "evidence", "form", ()),
    "file-audit": ("I", "revision", "form", ()),
    "file": ("IMN", "revision", "file", ()),
    "judgment": ("IMP", "agreed", "", ()),
    "judgment-grade": ("I", "open", "form", ()),
    "judgment-agree": ("I", "graded-twice", "form", ()),
    "judgment-carry-over": ("I", "open", "form", ()),
    "judgment-moderate": ("M", "agreed", "form", ()),
    "judgment-correct": ("M", "published", "form", ()),
    "judgment-send": ("IM", "agreed", "form", ()),
    "judgment-check": ("IM", "with-force", "form", ()),
    "judgment-sign-off": ("M", "checked", "form", ()),
    "judgment-reopen": ("M", "agreed", "form", ()),
    "point-decide": ("IM", "point", "form", ()),
    "moderation": ("M", "", "", ()),
    "moderation-question": ("M", "", "", (CYCLE, "preventing-crime")),
    "checks": ("L", "", "", ()),
    "check": ("L", "with-force", "", ()),
    "point-raise": ("L", "with-force", "form", ()),
    "findings": ("VLBIMPN", "", "", ()),
    "findings-csv": ("VLBIMPN", "", "file", ()),
    "findings-bulk": ("LIM", "", "form", ()),
    "finding-draft-thematic": ("I", "", "form", ()),
    "findings-import": ("L", "", "form", ()),
    "findings-import-map": ("L", "", "gone", ("no-such-token",)),
    "finding": ("VLBIMPN", "finding", "", ()),
    "finding-claim": ("L", "finding", "form", ("allocate",)),
    "finding-hand-over": ("L", "finding", "form", ()),
    "finding-verify": ("IM", "finding", "form", ("revisit",)),
    "finding-revise": ("I", "draft", "form", ()),
    "finding-withdraw": ("I", "draft", "form", ()),
    "finding-publish": ("P", "draft", "form", ()),
    "action-add": ("L", "finding", "form", ()),
    "finding-check-plan": ("IM", "closed", "form", ()),
    "effect-check": ("IMLB", "held", "", ()),
    "effect-check-record": ("IM", "held", "form", ()),
    "action": ("L", "action", "form", ()),
    "publication": ("VLBIMPN", "publication", "", ()),
    "reply": ("L", "publication", "form", ()),
    "responses": ("B", "", "", ()),
    "response": ("B", "response", "", ()),
    "response-draft": ("B", "response", "form", ()),
    "answer": ("B", "response", "form", ("recommendation",)),
    "response-publish": ("B", "response", "form", ()),
    "requests": ("IMNL", "", "", ()),
    "request": ("IMNL", "request", "", ()),
    "request-file": ("IMNL", "request", "file", ()),
    "request-move": ("IL", "request", "form", ("accept",)),
    "assessments": ("L", "", "", ()),
    "assessment-write": ("L", "", "form", (CYCLE,)),
    "assessment": ("L", "assessment", "", ()),
    "assessment-change": ("L", "assessment", "form", ()),
    "assessment-submit": ("L", "assessment", "form", ()),
    "people": ("A", "", "", ()),
    "person-add": ("A", "", "form", ()),
    "person": ("A", "user", "", ()),
    "role-give": ("A", "user", "form", ()),
    "person-bar": ("A", "user", "form", ()),
    "person-let-in": ("A", "user", "form", ()),
    "person-begin": ("A", "user", "form", ()),
    "role-end": ("A", "membership", "form", ()),
    "trail": ("A", "", "", ()),
}
# A response that is being drafted is the body's own; others get to it once it is published.
GONE_FOR = {"response": "VLIMPN"}
OPEN = {"style", "accessibility"}
SIGNING = "account_ mfa_ socialaccount_"
# What a draft's mark may be seen by: of the own force only, for roles of one force.
MAY_SEE = {
    "evidence": "IMN",
    "title": "IMN",
    "bearing": "IMN",
    "file": "IMN",
    "blind": "",
    "graded-twice": "IMP",
    "agreed": "IMP",
    "with-force": "IMPL",
    "checked": "IMP",
    "signed-off": "IMP",
    "point": "IMPL",
    "draft": "IMP",
    "request": "IMNL",
    "answer": "IMNL",
    "assessment": "L",
    "action": "LB",
    "owner": "LBIM",
    "response": "B",
}


def names(patterns=None):
    """The name of every address in the URLconf."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLPattern):
            yield one.name
        else:
            yield from names(one.url_patterns)


def address(world, name: str, force: str) -> str:
    _, of, _, more = PAGES[name]
    side = world.sides[force]
    if of == "force":
        first = [force]
    elif of == "user":
        first = [world.people["viewer"]]
    elif of == "membership":
        from openpeel.records.models import Membership

        first = [Membership.objects.get(user=world.people["viewer"]).pk]
    else:
        first = [side.pk[of]] if of else []
    return reverse(name, args=[*first, *(side.pk.get(m, m) for m in more)])


def expected(who: str, name: str, force: str, method: str) -> set[int]:
    """What somebody is to be answered."""
    may, of, kind, _ = PAGES[name]
    letter = LETTER[who] or "-"
    if may != "*" and letter not in GONE_FOR.get(name, "") and letter not in set(may) & ALL:
        return {403}
    if letter in GONE_FOR.get(name, ""):
        return {404}
    if kind == "gone":
        return {404}
    one_of_two = of not in ("", "user", "membership")
    if one_of_two and who in OF_ONE and force != PEOPLE[who][1]:
        return {404}
    if kind == "passed":
        return {409}
    if method == "GET":
        return {200}
    if kind == "form":
        # Nothing was filled in: refused, unless the form asks only to be sure.
        return {422, 302, 409}
    return {405} if kind == "" else {200, 405}


def test_every_address_is_in_the_table():
    ours = {n for n in names() if not n.startswith(tuple(SIGNING.split()))}
    assert ours == set(PAGES) | OPEN


@pytest.mark.parametrize("name", sorted(PAGES))
def test_somebody_who_has_not_signed_in_is_asked_to(world, name):
    for force in (OWN, OTHER):
        for method in ("get", "post"):
            answer = getattr(Client(), method)(address(world, name, force))
            assert answer.status_code == 302
            assert answer.url.startswith(reverse("account_login"))


@pytest.mark.exhaustive
@pytest.mark.parametrize("who", PEOPLE)
def test_each_role_gets_what_is_its_own_and_nothing_else(world, who):
    browser, wrong = world.browser(who), []
    for name in PAGES:
        for force in (OWN, OTHER):
            for method in ("GET", "POST"):
                with transaction.atomic():
                    answer = getattr(browser, method.lower())(address(world, name, force))
                    body = body_of(answer)
                    transaction.set_rollback(True)
                if answer.status_code not in expected(who, name, force, method):
                    wrong.append(f"{who} {method} {name} of {force}: {answer.status_code}")
                wrong += [f"{who} {method} {name} of {force} shows {m}" for m in leaks(who, body)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.exhaustive
@pytest.mark.parametrize("who", PEOPLE)
def test_no_draft_is_found_by_searching_or_guessing(world, who):
    browser, wrong = world.browser(who), []
    asked = [f"{reverse(page)}?words={HIDDEN_PREFIX}" for page in ("findings", "findings-csv")] + [
        f"{reverse('trail')}?subject={HIDDEN_PREFIX}",
        f"{reverse('trail')}?action=judgment",
    ]
    highest = 1 + max(max(side.pk.values()) for side in world.sides.values())
    guessed = (
        "inspection",
        "judgment",
        "evidence",
        "file",
        "finding",
        "check",
        "response",
        "action",
    )
    asked += [reverse(n, args=[pk]) for n in guessed for pk in range(1, highest + 1)]
    asked += [f"{reverse('findings-bulk')}?" + "&".join(f"id={n}" for n in range(1, highest))]
    for path in asked:
        answer = browser.get(path)
        assert answer.status_code < 500, path
        wrong += [f"{path} shows {who} {m}" for m in leaks(who, body_of(answer))]
    assert not wrong, "\n".join(wrong)


def test_another_forces_thing_and_what_there_is_not_are_answered_alike(world):
    browser = world.browser("liaison")
    there = browser.get(reverse("request", args=[world.sides[OTHER].pk["request"]]))
    gone = browser.get(reverse("request", args=[999_999_999]))
    assert there.status_code == gone.status_code == 404
    assert there.content == gone.content


def body_of(answer) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8", "replace")


def leaks(who: str, body: str) -> list[str]:
    """The marks in a text that somebody may not see."""
    found = []
    for what, may in MAY_SEE.items():
        for force in (OWN, OTHER):
            mine = who not in OF_ONE or PEOPLE[who][1] == force
            if what == "blind":
                allowed = who == "inspector"
            else:
                allowed = LETTER[who] in set(may) & ALL and mine
            if mark(what, force) in body and not allowed:
                found.append(mark(what, force))
    return found
