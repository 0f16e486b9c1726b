"""Forms: nothing that is sent breaks one; what was typed stays; the second writer is told."""

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_web_routes import PAGES, address
from web_world import CYCLE, OTHER, OWN

pytestmark = pytest.mark.django_db
WHO = {
    "I": "inspector",
    "M": "moderator",
    "P": "publisher",
    "L": "liaison",
    "B": "body",
    "A": "administrator",
}
FORMS = sorted(n for n, (_, _, kind, _) in PAGES.items() if kind == "form")
# What they are of is in another state, or two of their fields have to go together.
ASK_FOR_MORE = {
    "correct",
    "evidence-withdraw",
    "finding-draft",
    "findings-bulk",
    "findings-import",
    "inspection-move",
    "judgment-carry-over",
    "judgment-check",
    "person-add",
    "person-let-in",
    "publish",
    "retract",
}
ODD = [
    "",
    "\0",
    "x" * 30_000,
    "9" * 400,
    "-1",
    "2147483648",
    "0000-00-00",
    "9999-12-31",
    "0001-01-01",
    "javascript:alert(1)",
    "http://[::1",
    "https://" + "a" * 600,
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{{ settings.SECRET_KEY }}",
    "good",
    "publish",
    "force.allocate",
    OWN,
    CYCLE,
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "\u202e\u0000\uffff",
]
VALUES = st.one_of(
    st.sampled_from(ODD), st.text(max_size=60), st.dates().map(str), st.integers().map(str)
)


def fields_of(page: str) -> dict[str, list[str]]:
    """The fields of a form: by name, the values that it offers; none where any may be typed."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'<input type="(?:radio|checkbox)" name="(\w+)" value="([^"]*)"', page
    ):
        found.setdefault(name, []).append(value)
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', page, re.S):
        found[name] = re.findall(r'<option value="([^"]*)"', options)
    for name in re.findall(
        r'<(?:input type="(?:text|date|url|number|email)"|textarea) name="(\w+)"', page
    ) + re.findall(r'<textarea name="(\w+)"', page):
        found.setdefault(name, [])
    return found


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_that_is_typed_breaks_a_form(world, name, data):
    type_anything(world, name, data)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_at_all_that_is_typed_breaks_a_form(world, name, data):
    type_anything(world, name, data)


def type_anything(world, name, data):
    """What it offers, and what it does not; days that are and are not; texts of every kind."""
    who = WHO[PAGES[name][0][0]]
    with transaction.atomic():
        browser, url = world.browser(who), address(world, name, OWN)
        page = browser.get(url).content.decode()
        fields = fields_of(page)
        typed = {
            field: data.draw(st.one_of(st.sampled_from(offered), VALUES) if offered else VALUES)
            for field, offered in fields.items()
        }
        answer = browser.post(url, typed | versions_in(page))
        transaction.set_rollback(True)
    assert answer.status_code in (302, 409, 422), (name, answer.status_code, typed)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_takes_what_it_offers(world, name):
    """The first that is offered of each field, and a text or a day: taken, or refused in words."""
    who = WHO[PAGES[name][0][0]]
    with transaction.atomic():
        browser, url = world.browser(who), address(world, name, OWN)
        typed = {}
        page = browser.get(url).content.decode()
        for field, offered in fields_of(page).items():
            day = f'name="{field}"' in " ".join(re.findall(r'<input type="date"[^>]*>', page))
            any_text = str(date.today()) if day else "" if field.endswith("url") else "12"
            typed[field] = next(filter(None, offered), "") if offered else any_text
        answer = browser.post(url, typed | versions_in(page))
        transaction.set_rollback(True)
    assert answer.status_code == (422 if name in ASK_FOR_MORE else 302), answer.content.decode()
    assert name not in ASK_FOR_MORE or "There is a problem" in answer.content.decode()


@pytest.mark.parametrize("page", ["findings", "findings-csv", "trail", "findings-bulk"])
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(
    typed=st.dictionaries(
        st.sampled_from(
            [
                "words",
                "force",
                "actor",
                "action",
                "subject",
                "id",
                "when",
                "since",
                "until",
                "before",
            ]
        ),
        VALUES,
    )
)
def test_nothing_in_an_address_breaks_a_page(world, page, typed):
    who = "administrator" if page == "trail" else "inspector"
    with transaction.atomic():
        answer = world.browser(who).get(reverse(page), typed)
        transaction.set_rollback(True)
    assert answer.status_code == 200


def test_a_form_says_what_is_wrong_beside_each_field_and_above_them_all(world):
    url = address(world, "judgment-grade", OWN)
    page = world.browser("inspector").post(url, {"reasons": "kept as typed"}).content.decode()
    assert "Error: Grade the question" in page
    assert 'href="#id_grade_0"' in page
    assert 'id="id_grade_0"' in page
    assert 'id="id_grade_error"' in page
    assert "kept as typed" in page


def test_a_form_that_comes_without_the_version_it_was_of_changes_nothing(world):
    url = address(world, "judgment-moderate", OWN)
    answer = world.browser("moderator").post(url, {"grade": "good", "reasons": "as seen"})
    assert answer.status_code == 422
    assert "Open the form again" in answer.content.decode()


def versions_in(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(version)" value="(\d+)"', page))


def version_in(page: str) -> str:
    return re.search(r'name="version" value="(\d+)"', page)[1]


def test_the_second_writer_is_told_and_sees_both_versions(world):
    url = address(world, "judgment-moderate", OWN)
    one, two = world.browser("moderator"), world.browser("moderator")
    version = version_in(one.get(url).content.decode())
    assert version_in(two.get(url).content.decode()) == version
    first = {"version": version, "grade": "adequate", "reasons": "what the first wrote"}
    assert one.post(url, first).status_code == 302
    answer = two.post(url, {**first, "grade": "good", "reasons": "what the second wrote"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Both versions" in page
    assert page.count("what the first wrote") >= 1
    assert page.count("what the second wrote") >= 2
    again = {**first, "version": version_in(page), "reasons": "what the second wrote"}
    assert two.post(url, again).status_code == 302


def upload(world, content: bytes, name: str):
    url = address(world, "evidence-add", OWN)
    sent = {
        "kind": "document",
        "title": "A file",
        "confidence": "high",
        "file": SimpleUploadedFile(name, content),
    }
    return world.browser("inspector").post(url, sent)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00\x03\x00", "report.pdf"),
        (b"<html>\0", "page.txt"),
        (b"PK\x03\x04 not really", "book.xlsx"),
        (b"\xff\xfe\x00", "text.txt"),
        (b"", "empty.pdf"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(world, content, name):
    answer = upload(world, content, name)
    assert answer.status_code == 422


def test_a_file_comes_back_as_an_attachment_that_no_browser_runs(world):
    markup = b"<script>alert(1)</script>"
    answer = upload(world, markup, '../../odd"name\r\n.html')
    assert answer.status_code == 302
    from openpeel.records.models import Evidence

    newest = Evidence.objects.order_by("-pk")[0].newest
    answer = world.browser("inspector").get(reverse("file", args=[newest.pk]))
    assert b"".join(answer.streaming_content) == markup
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "\n" not in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_formula_in_an_export_is_text(world):
    from openpeel.records.exporting import COLUMNS, as_csv

    row = dict.fromkeys(COLUMNS, "=1+1")
    assert "\r\n=1" not in "".join(as_csv([row]))
    assert "'=1+1" in "".join(as_csv([row]))


def test_many_findings_are_moved_at_once_or_none_and_nobody_is_overwritten(world):
    browser = world.browser("liaison")
    pk = world.sides[OWN].pk["finding"]
    page = browser.get(reverse("findings")).content.decode()
    (picked,) = re.findall(rf'name="id" value="({pk}\.\d+)"', page)
    url = f"{reverse('findings-bulk')}?id={picked}"
    sent = {"move": "force.hand-over", "owner": "DCI Example"}
    assert browser.post(url, sent).status_code == 302
    assert "DCI Example" in browser.get(reverse("findings")).content.decode()
    again = browser.post(url, {**sent, "owner": "somebody else"})
    assert again.status_code == 409
    assert "somebody else" not in browser.get(reverse("findings")).content.decode()
    other = world.sides[OTHER].pk["finding"]
    nothing = browser.post(f"{reverse('findings-bulk')}?id={other}", sent)
    assert nothing.status_code == 422
