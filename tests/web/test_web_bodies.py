"""National bodies on the workbench: addressed, named, filtered; not among the forces."""

import re
from datetime import date

import pytest
from django.urls import reverse
from web_world import OWN, actor

from openpeel.lake import Lake
from openpeel.records import following, people, publishing
from openpeel.records.models import Finding
from openpeel.records.roles import system
from openpeel.reference import forces

pytestmark = pytest.mark.django_db
COLLEGE, NAME = "college-of-policing", "College of Policing"


def drafted(world, *to: str) -> Finding:
    url = reverse("finding-draft-thematic")
    sent = {"kind": "recommendation", "text": "All.", "bodies": to, "source_title": "On all"}
    assert world.browser("inspector").post(url, sent).status_code == 302
    return Finding.objects.latest("pk")


def test_all_forces_are_addressed_by_one_choice(world):
    every = {f.id for f in forces()}
    made = drafted(world, "every-force", COLLEGE, OWN)
    assert {a.force_id for a in made.addressed.all()} == every | {COLLEGE}
    assert {a.force_id for a in drafted(world, COLLEGE).addressed.all()} == {COLLEGE}


def test_who_inspects_one_force_alone_is_not_offered_the_others(world):
    page = world.browser("local").get(reverse("finding-draft-thematic")).content.decode()
    assert re.findall(r'name="bodies" value="([^"]*)"', page) == [OWN]
    sent = {"kind": "afi", "text": "x", "bodies": ["every-force"]}
    assert world.browser("local").post(reverse("finding-draft-thematic"), sent).status_code == 422


@pytest.fixture
def published(world, tmp_path) -> int:
    """How a thematic recommendation stands for a national body."""
    made = following.draft_finding(
        actor("inspector"), "recommendation", "Train them all.", bodies=[OWN, COLLEGE]
    )
    lake = Lake(tmp_path / "lake")
    publishing.publish_thematic(actor("publisher"), made.pk, date(2024, 3, 12), lake)
    return made.addressed.get(force_id=COLLEGE).pk


def test_a_bodys_finding_has_a_page_and_is_filtered(world, published):
    browser = world.browser("viewer")
    assert NAME in browser.get(reverse("finding", args=[published])).content.decode()
    listed = browser.get(reverse("findings"), {"force": COLLEGE}).content.decode()
    assert "1 finding," in listed
    assert f"{NAME}: recommendation" in listed
    sheet = browser.get(reverse("findings-csv"), {"force": COLLEGE})
    assert b"".join(sheet.streaming_content).decode().splitlines()[1].startswith(COLLEGE)


def test_a_body_has_no_page_among_the_forces(world, published):
    browser = world.browser("moderator")
    for name, more in (("force", ()), ("signals", ()), ("phase", ()), ("paper", ("pdf",))):
        assert browser.get(reverse(name, args=[COLLEGE, *more])).status_code == 404
    assert NAME not in browser.get(reverse("forces")).content.decode()


def test_a_bodys_liaison_claims_its_progress_and_sees_no_other(world, published):
    url = reverse("role-give", args=[world.people["nobody"]])
    admin = world.browser("administrator")
    refused = admin.post(url, {"role": "local-policing-body", "force": COLLEGE})
    assert refused.status_code == 422
    assert "no force" in refused.content.decode()
    assert admin.post(url, {"role": "force-liaison", "force": COLLEGE}).status_code == 302
    browser = world.browser("nobody")
    for name in ("home", "forces", "findings", "requests", "assessments", "checks"):
        page = browser.get(reverse(name))
        assert page.status_code == 200
        assert "Cambridgeshire" not in page.content.decode().partition("<tbody>")[2]
    move = reverse("finding-claim", args=[published, "allocate"])
    version = re.search(r'name="version" value="(\d+)"', browser.get(move).content.decode())[1]
    assert browser.post(move, {"owner": "A lead", "version": version}).status_code == 302
    assert "A lead" in browser.get(reverse("finding", args=[published])).content.decode()


def test_roles_of_a_body_are_shown_by_its_name(world):
    people.give_role(system(["administrator"], "test"), "nobody", "viewer", COLLEGE)
    page = world.browser("administrator").get(reverse("people")).content.decode()
    assert f"Viewer, {NAME}" in page
