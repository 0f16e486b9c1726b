"""What pages show: the risk view apart, the trail without drafts; and the guide kept true."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.test import override_settings
from django.urls import reverse
from web_world import OWN, PEOPLE, actor, mark

from openpeel.cli.main import run
from openpeel.errors import RecordsError
from openpeel.records import effects
from openpeel.records.models import AuditEntry, Publication, Response
from openpeel.records.models.publications import TAKEN_OVER
from openpeel.records.roles import MAY, ROLES
from openpeel.web import words
from openpeel.web.tasks import how_late

pytestmark = pytest.mark.django_db
GUIDE = (Path(__file__).parents[2] / "docs/workbench.md").read_text(encoding="utf-8")


def shown(world, who: str, name: str, *args) -> str:
    answer = world.browser(who).get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_risk_view_ranks_signals_and_says_what_they_are_not(world, crime_lake):
    with override_settings(OPENPEEL_LAKE=str(crime_lake.root)):
        page = shown(world, "moderator", "signals", OWN)
    assert "never a verdict" in page
    assert "Expected false (q)" in page or "No signal stands out" in page


def test_a_lake_that_is_not_there_is_said_and_no_fault(world, tmp_path):
    with override_settings(OPENPEEL_LAKE=str(tmp_path / "none")):
        assert "lake" in shown(world, "moderator", "signals", OWN)


def test_a_check_lays_the_figures_before_and_after_the_closure_before_both_sides(world, crime_lake):
    closed = world.sides[OWN].pk["closed"]
    made = effects.plan_check(actor("inspector"), closed, "shoplifting-rate", date.today())
    with override_settings(OPENPEEL_LAKE=str(crime_lake.root)):
        vintage = crime_lake.snapshot().id
        for who in ("inspector", "moderator", "liaison", "body"):
            page = shown(world, who, "effect-check", made.pk)
            assert page.index("Closed on 9 December 2024") < page.index("2025")
            assert "better" in page
            assert f"Read at snapshot {vintage} of the lake" in page
            assert ("Record whether it held" in page) == (who in ("inspector", "moderator"))
            assert reverse("effect-check", args=[made.pk]) in shown(world, who, "finding", closed)
        path = reverse("effect-check-record", args=[made.pk])
        form = world.browser("inspector").get(path).content.decode()
        assert "Closed on 9 December 2024" in form
        assert re.search(rf'name="vintage" value="{vintage}"', form)
    assert "Whether the closure held" not in shown(world, "viewer", "finding", closed)


def test_without_figures_a_check_says_so_and_is_recorded_all_the_same(world, crime_lake, tmp_path):
    check = world.sides[OWN].pk["held"]
    path = reverse("effect-check-record", args=[check])
    for lake, told in ((crime_lake.root, "workforce"), (tmp_path / "none", "There is no lake")):
        with override_settings(OPENPEEL_LAKE=str(lake)):
            form = world.browser("inspector").get(path).content.decode()
        assert "There are no figures to look at." in form
        assert told in form
    (version,) = re.findall(r'name="version" value="(\d+)"', form)
    sent = {"version": version, "held_up": "no", "result": "By a talk alone."}
    assert world.browser("inspector").post(path, sent).status_code == 302
    page = shown(world, "body", "effect-check", check)
    assert "It did not hold" in page
    assert "By a talk alone." in page


def test_the_days_of_fieldwork_are_shown_and_changed(world):
    it = world.sides[OWN].pk["inspection"]
    assert "no days are set" in shown(world, "publisher", "inspection", it)
    path = reverse("inspection-fieldwork", args=[it])
    browser = world.browser("moderator")
    (version,) = re.findall(r'name="version" value="(\d+)"', browser.get(path).content.decode())
    sent = {"version": version, "lead": "A. Person", "begins": "2026-03-02", "ends": "2026-03-01"}
    assert browser.post(path, sent).status_code == 422
    assert browser.post(path, {**sent, "ends": "2026-03-13"}).status_code == 302
    for page in (
        shown(world, "publisher", n, of) for n, of in (("inspection", it), ("force", OWN))
    ):
        assert "2 March 2026 to 13 March 2026" in page
        assert "A. Person" in page
    assert browser.post(path, {**sent, "ends": "2026-03-20"}).status_code == 409


def test_whoever_graded_first_sees_that_grade_and_nobody_else_does(world):
    once = world.sides[OWN].pk["graded-once"]
    assert mark("blind", OWN) in shown(world, "inspector", "judgment", once)
    for other in ("colleague", "moderator", "publisher"):
        assert mark("blind", OWN) not in shown(world, other, "judgment", once)


def test_reading_a_draft_or_a_file_is_told_to_the_trail(world):
    side = world.sides[OWN]
    for name, of in (("judgment", "agreed"), ("evidence", "evidence"), ("file", "revision")):
        answer = world.browser("moderator").get(reverse(name, args=[side.pk[of]]))
        b"".join(answer.streaming_content) if answer.streaming else None
        newest = AuditEntry.objects.order_by("-seq")[0]
        assert (newest.action, newest.actor, newest.force_id) == ("read", "moderator", OWN)


def test_the_demos_people_never_get_into_records_that_are_no_demo(world):
    from openpeel.web.demo import demo_people

    with pytest.raises(RecordsError, match="not a demo"):
        demo_people()


def test_every_action_of_a_role_is_told_in_words(world):
    assert set(words.DOES) == set(MAY)
    page = world.browser("liaison").get(reverse("roles")).content.decode()
    assert words.DOES["finding.claim"] in page
    assert "finding.claim" not in page


def test_what_gives_up_looks_unlike_what_goes_on(world):
    pk = world.sides[OWN].pk["inspection"]
    browser = world.browser("inspector")
    grave = re.findall(
        r'class="button grave" href="([^"]*)"',
        browser.get(reverse("inspection", args=[pk])).content.decode(),
    )
    assert grave == [reverse("inspection-move", args=[pk, "withdraw"])]
    assert 'class="button grave"' in browser.get(grave[0]).content.decode()


def test_a_response_of_before_the_records_is_not_called_late():
    before = Publication(reason=TAKEN_OVER)
    old = Response(publication=before, last_day=date(2020, 1, 1))
    assert how_late(old) == "not known"
    assert how_late(Response(state="due", last_day=date(2020, 1, 1))).endswith("days late")


def test_the_guide_names_commands_that_there_are(capsys):
    commands = set(re.findall(r"^\$ openpeel ([a-z]+ [a-z]+)", GUIDE, re.MULTILINE))
    assert {"workbench demo", "workbench init", "workbench serve", "people add"} <= commands
    for command in commands:
        assert run([*command.split(), "--help"]) == 0


def test_the_guide_names_every_role_place_and_variable():
    from openpeel.web import pages

    assert all(f"| {role} |" in GUIDE for role in ROLES)
    source = Path(pages.__file__).parent
    code = "".join(p.read_text() for p in source.glob("*.py"))
    for variable in set(re.findall(r"OPENPEEL_\w+", GUIDE)):
        assert f'"{variable}"' in code, variable
    for variable in set(re.findall(r'environ\.get\("(OPENPEEL_\w+)"', code)):
        assert variable in GUIDE, variable
    for text, _, _ in pages._PLACES:
        assert f"*{text}*" in GUIDE, text


@pytest.mark.exhaustive
@pytest.mark.parametrize("who", PEOPLE)
def test_no_link_leads_to_a_refusal(world, who):
    browser, waiting, met, wrong = world.browser(who), [reverse("home")], set(), []
    while waiting:
        path = waiting.pop()
        answer = browser.get(path)
        if answer.status_code != 200:
            wrong.append(f"{path}: {answer.status_code}")
        if answer.streaming or "text/html" not in answer["Content-Type"]:
            continue
        for href in re.findall(r'href="(/workbench/[^"#]*)', answer.content.decode()):
            kind = re.sub(r"\?.*", "", re.sub(r"/forces/[a-z-]+", "/forces/x", href))
            if kind not in met and not re.search(r"/account/|\.css|\.pdf|\.docx", href):
                met.add(kind)
                waiting.append(href)
    assert not wrong, "\n".join(wrong)
