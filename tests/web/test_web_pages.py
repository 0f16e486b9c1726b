"""What pages show: the risk view apart, the trail without drafts; and the guide kept true."""

import re
from pathlib import Path

import pytest
from django.test import override_settings
from django.urls import reverse
from web_world import OWN, PEOPLE, actor, mark

from openpeel.cli.main import run
from openpeel.errors import RecordsError
from openpeel.records import gathering
from openpeel.records.gathering import Bears
from openpeel.records.models import AuditEntry
from openpeel.records.roles import ROLES

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


def test_signals_among_the_evidence_are_kept_from_graders(world, crime_lake):
    from openpeel.monitoring import watch

    signal = next(s for s in watch(crime_lake.snapshot(), budget=0).signals)
    side = world.sides[OWN]
    if signal.force_id != OWN:
        from dataclasses import replace

        signal = replace(signal, force_id=OWN)
    bears = [Bears("preventing-crime", "against")]
    made = gathering.add_signal(actor("inspector"), side.pk["inspection"], signal, 1, bears)
    inspection = side.pk["inspection"]
    assert made.title not in shown(world, "inspector", "inspection", inspection)
    assert made.title in shown(world, "moderator", "inspection", inspection)
    answer = world.browser("inspector").get(reverse("evidence", args=[made.pk]))
    assert answer.status_code == 403
    assert made.title not in answer.content.decode()


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
