"""The workbench in a real browser: a whole inspection played, axe on every page, narrow screens.

The program is started as anybody starts it, on SQLite and, where there is one, on PostgreSQL.
"""

import re
from contextlib import ExitStack

import postgresql_server
import pytest
from axe_playwright_python.sync_playwright import Axe
from workbench_people import Person, Workbench, played, under_way

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    made = Workbench(tmp_path_factory.mktemp("workbench") / "records")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def people(chromium, workbench):
    """Everybody, after the whole way was gone once."""
    who = played(chromium, workbench)
    under_way(who)
    return who


def test_an_inspection_from_evidence_to_closure(people, workbench):
    asked = {url for who in people.values() for url in who.requests}
    assert all(url.startswith(workbench.root) for url in asked), "something outside was asked for"


def test_the_same_in_postgresql(chromium, tmp_path):
    with ExitStack() as stack:
        address = stack.enter_context(postgresql_server.server())
        made = Workbench(tmp_path / "records", address)
        stack.callback(made.stop)
        assert played(chromium, made)


def new_pages(person: Person, kinds: set[str]) -> list[str]:
    """Addresses that somebody gets to from their tasks, one of each kind that is not in `kinds`."""
    found, waiting = [""], [""]
    while waiting:
        person.go(waiting.pop(0))
        for link in person.tab.locator("a[href^='/workbench/']").all():
            href = link.get_attribute("href").removeprefix("/workbench/").split("#")[0]
            kind = re.sub(r"\d+", "N", re.sub(r"(forces/|\?)[^/]*", r"\1", href))
            if kind not in kinds and not re.search(r"\.(csv|pdf|docx)|^files/", href):
                kinds.add(kind)
                found.append(href)
                waiting += [href] if "sign-out" not in href else []
    return found


def test_axe_finds_nothing_and_nothing_is_wider_than_a_narrow_screen(people, chromium, workbench):
    wrong, kinds = [], set()
    for person in people.values():
        pages = new_pages(person, kinds)
        context = chromium.new_context(viewport={"width": 320, "height": 800})
        context.add_cookies(person.context.cookies())
        tab = context.new_page()
        for path in pages:
            tab.goto(person.root + path)
            found = Axe().run(tab, options={"runOnly": {"type": "tag", "values": RULES}})
            wrong += [
                f"{path}: {v['id']}: {v['nodes'][0]['html'][:200]}"
                for v in found.response["violations"]
            ]
            width = tab.evaluate("document.documentElement.scrollWidth")
            wrong += [f"{path} is {width} wide"] if width > 320 else []
        context.close()
    assert len(kinds) > 45, sorted(kinds)
    assert not wrong, "\n".join(wrong)


def test_a_form_with_an_error_and_a_refusal_stand_up_to_axe(people, chromium):
    person = people["inspector-1"]
    context = chromium.new_context(viewport={"width": 320, "height": 800})
    context.add_cookies(person.context.cookies())
    tab = context.new_page()
    for path, sent in (("inspections/plan/", "Plan it"), ("people/", ""), ("nowhere/", "")):
        tab.goto(person.root + path)
        if sent:
            tab.get_by_label("Force").select_option("kent")
            tab.get_by_label("Cycle").select_option("2031")
            tab.get_by_role("button", name=sent).click()
            tab.goto(person.root + path)
            tab.get_by_label("Force").select_option("kent")
            tab.get_by_label("Cycle").select_option("2031")
            tab.get_by_role("button", name=sent).click()
            assert tab.locator(".summary").count() == 1
        found = Axe().run(tab, options={"runOnly": {"type": "tag", "values": RULES}})
        assert not found.response["violations"], path
    context.close()


def test_everything_is_reached_from_the_keyboard(people, workbench):
    person = people["inspector-1"].go("inspections/plan/")
    person.tab.keyboard.press("Tab")
    assert person.tab.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(30):
        person.tab.keyboard.press("Tab")
        reached.add(
            person.tab.evaluate("document.activeElement.id || document.activeElement.tagName")
        )
    assert {"id_force", "id_cycle", "id_lead", "BUTTON"} <= reached
