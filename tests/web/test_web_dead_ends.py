"""No dead ends on the pages of findings, people and the trail.

What is offered can be done, what was typed is done, and nobody who comes later undoes a move.
"""

import html
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from web_world import CYCLE, OTHER, OWN, actor

from openpeel.lake import Lake
from openpeel.records import following, people, publishing
from openpeel.records.changing import change
from openpeel.records.models import Action, Addressed, AuditEntry, Membership, Response
from openpeel.records.roles import system
from openpeel.records.trail import writing
from openpeel.web.views import assessments

pytestmark = pytest.mark.django_db
ADMIN = system(["administrator"], "test")


def shown(world, who: str, name: str, *args) -> str:
    answer = world.browser(who).get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def version_in(page: str) -> str:
    return re.search(r'name="version" value="(\d+)"', page)[1]


def typed(browser, url: str, **said: str):
    """Send a form as it stands, but for what is said."""
    page = browser.get(url).content.decode()
    kinds = "text|date|hidden|url"
    stands = dict(re.findall(rf'<input type="(?:{kinds})" name="(\w+)" value="([^"]*)"', page))
    texts = re.findall(r'<textarea name="(\w+)"[^>]*>([^<]*)', page)
    stands |= {name: text.strip() for name, text in texts}
    return browser.post(url, stands | said)


def options(page: str, field: str) -> list[str]:
    """What a list to pick from offers."""
    offered = re.search(rf'<select name="{field}".*?</select>', page, re.DOTALL)[0]
    return re.findall(r'<option value="([^"]+)"', offered)


@pytest.fixture
def practice(world, tmp_path) -> int:
    """How a published notable practice stands for the own force."""
    made = following.draft_finding(
        actor("inspector"), "notable_practice", "Others may learn.", bodies=[OWN]
    )
    publishing.publish_thematic(actor("publisher"), made.pk, date(2025, 1, 6), Lake(tmp_path / "l"))
    return made.addressed.get().pk


def test_two_administrators_who_bar_somebody_do_not_let_them_in(world):
    user = world.people["viewer"]
    bar, let_in = (reverse(name, args=[user]) for name in ("person-bar", "person-let-in"))
    browser = world.browser("administrator")
    assert browser.post(bar).status_code == 302
    again = browser.post(bar)
    assert again.status_code == 422
    assert "viewer is barred from signing in already" in again.content.decode()
    page = shown(world, "administrator", "person", user)
    assert let_in in page
    assert bar not in page
    assert browser.post(let_in).status_code == 302
    assert bar in shown(world, "administrator", "person", user)


def test_a_role_that_is_over_is_not_offered_to_be_ended(world):
    made = people.give_role(ADMIN, "nobody", "viewer", OWN, last_day=date.today())
    end = reverse("role-end", args=[made.pk])
    assert end in shown(world, "administrator", "person", world.people["nobody"])
    with writing(ADMIN) as trail:
        change(made, last_day=date.today() - timedelta(days=1))
        trail.tell("test", made, role="administrator")
    assert end not in shown(world, "administrator", "person", world.people["nobody"])
    answer = world.browser("administrator").post(end, {"version": made.version})
    assert answer.status_code == 422


def test_who_is_barred_does_not_wait_for_a_role(world):
    name = people.add_person(ADMIN, "gone", "").get_username()
    assert "gone" in shown(world, "administrator", "home")
    people.set_active(ADMIN, name, False)
    assert "gone" not in shown(world, "administrator", "home")


def test_only_what_may_stand_in_a_findings_place_is_offered(world, tmp_path):
    pk = world.sides[OWN].pk["finding"]
    url = reverse("finding-verify", args=[pk, "supersede"])
    # A draft, and what was published with it, are no later findings.
    assert url not in shown(world, "inspector", "finding", pk)
    made = following.draft_finding(actor("inspector"), "afi", "Said again.", bodies=[OWN, OTHER])
    publishing.publish_thematic(actor("publisher"), made.pk, date(2025, 1, 6), Lake(tmp_path / "l"))
    assert url in shown(world, "inspector", "finding", pk)
    page = world.browser("inspector").get(url).content.decode()
    later = Addressed.objects.get(finding=made, force_id=OWN)
    assert options(page, "instead") == [str(later.pk)]


def test_a_closure_letter_is_picked_from_the_evidence_about_the_force(world):
    pk = world.sides[OWN].pk
    following.verify(actor("inspector"), pk["finding"], "revisit")
    url = reverse("finding-verify", args=[pk["finding"], "close"])
    offered = options(world.browser("moderator").get(url).content.decode(), "letter")
    assert str(pk["revision"]) in offered
    assert str(world.sides[OTHER].pk["revision"]) not in offered
    sent = {"on": "2024-12-09", "letter": str(pk["revision"])}
    assert typed(world.browser("moderator"), url, **sent).status_code == 302
    evidence = reverse("evidence", args=[pk["evidence"]])
    assert evidence in shown(world, "moderator", "finding", pk["finding"])
    told = shown(world, "liaison", "finding", pk["finding"])
    assert evidence not in told
    assert "kept by the inspectorate" in told


def test_of_a_draft_nothing_is_told_that_the_force_says(world):
    pk = world.sides[OWN].pk
    page = shown(world, "inspector", "finding", pk["draft"])
    assert "The force says" not in page
    assert reverse("inspection", args=[pk["inspection"]]) in page


def test_who_has_a_finding_is_changed_once_somebody_has_it(world):
    pk = world.sides[OWN].pk
    change_it = reverse("finding-hand-over", args=[pk["finding"]])
    page = shown(world, "liaison", "finding", pk["finding"])
    assert reverse("publication", args=[pk["publication"]]) in page
    assert change_it not in page
    following.claim(actor("liaison"), pk["finding"], "allocate", owner="DI Example")
    assert change_it in shown(world, "liaison", "finding", pk["finding"])


def test_a_day_that_is_emptied_is_no_day_any_more(world):
    pk, browser = world.sides[OWN].pk, world.browser("liaison")
    action = reverse("action", args=[pk["action"]])
    whose = reverse("finding-hand-over", args=[pk["finding"]])
    for day in ("2026-01-05", ""):
        assert typed(browser, action, done_on=day, due_on=day).status_code == 302
        assert typed(browser, whose, owner="DI Example", target_on=day).status_code == 302
        expected = date.fromisoformat(day) if day else None
        it = Action.objects.get(pk=pk["action"])
        assert (it.done_on, it.due_on) == (expected, expected)
        assert Addressed.objects.get(pk=pk["finding"]).target_on == expected


def test_of_a_notable_practice_nothing_is_asked(world, practice):
    page = shown(world, "liaison", "finding", practice)
    for told in ("The force says", "Owner in the force", "The force's actions", "action/"):
        assert told not in html.unescape(page)
    assert "The force says" in shown(world, "liaison", "finding", world.sides[OWN].pk["finding"])
    browser = world.browser("liaison")
    listed = browser.get(reverse("findings"), {"kind": "notable_practice"}).content.decode()
    assert "1 finding," in listed
    assert "Not allocated</strong>" not in listed
    still = browser.get(reverse("findings"), {"when": "open"}).content.decode()
    assert "Others may learn." not in still
    # Of the other findings of this force that are published one is closed, and one open.
    row = re.search(r"Cambridgeshire.*?</tr>", shown(world, "liaison", "forces"), re.DOTALL)[0]
    assert re.findall(r"<td>(\d+)\s*</td>", row) == ["1"]


def test_many_are_offered_only_what_can_be_done_with_all_of_them(world, practice):
    pk = world.sides[OWN].pk

    def moves(who: str, *picked: int) -> set[str]:
        query = "&".join(f"id={n}.1" for n in picked)
        page = world.browser(who).get(f"{reverse('findings-bulk')}?{query}").content.decode()
        return set(options(page, "move"))

    assert moves("liaison", pk["finding"]) == {"force.allocate", "force.hand-over"}
    assert moves("liaison", pk["closed"]) == {"force.resume", "force.hand-over"}
    assert moves("liaison", pk["finding"], pk["closed"]) == {"force.hand-over"}
    assert moves("inspector", pk["finding"]) == {"inspectorate.revisit"}
    assert moves("inspector", pk["closed"]) == moves("liaison", practice) == set()


def test_what_many_can_do_no_more_is_said_in_words(world):
    url, browser = reverse("findings-bulk"), world.browser("liaison")
    pk = world.sides[OWN].pk["finding"]
    sent = {"move": "force.allocate", "owner": "DI Example"}
    stale = browser.post(f"{url}?id={pk}.99", sent)
    assert stale.status_code == 409
    # Of many findings there are no two versions to set side by side.
    assert "Both versions" not in stale.content.decode()
    late = browser.post(f"{url}?id={pk}", {**sent, "move": "force.offer"})
    assert late.status_code == 422
    assert "is 'not-allocated'" in html.unescape(late.content.decode())


def test_the_tracker_filters_by_what_somebody_can_see(world):
    assert options(shown(world, "liaison", "findings"), "force") == [OWN]
    assert OTHER in options(shown(world, "viewer", "findings"), "force")
    states = options(shown(world, "inspector", "findings"), "verified")
    assert {"draft", "withdrawn"}.isdisjoint(states)


def test_the_second_writer_is_told_without_numbers_of_records(world):
    url = reverse("action", args=[world.sides[OWN].pk["action"]])
    one, two = world.browser("liaison"), world.browser("liaison")
    version = version_in(two.get(url).content.decode())
    assert typed(one, url, note="First.").status_code == 302
    answer = two.post(url, {"version": version, "owner": "x", "note": "Second."})
    assert answer.status_code == 409
    assert "Somebody has changed this since you opened it" in answer.content.decode()
    assert "action:" not in answer.content.decode()


def test_a_self_assessment_is_offered_where_there_is_one_cycle_alone(world, monkeypatch):
    monkeypatch.setattr(assessments, "cycle_choices", lambda: [(CYCLE, "The only cycle")])
    assert shown(world, "liaison", "assessments").count("Write one for") == 1


def test_a_national_bodys_liaison_is_offered_nothing_that_takes_a_force(world):
    people.give_role(ADMIN, "nobody", "force-liaison", "college-of-policing")
    home = shown(world, "nobody", "home")
    places = re.search(r'aria-label="Workbench".*?</nav>', home, re.DOTALL)[0]
    assert re.findall(r">([^<>]+)</a>", places) == ["My tasks", "Findings"]
    assert "Write one for" not in shown(world, "nobody", "assessments")
    assert reverse("findings-import") not in shown(world, "nobody", "findings")


def test_a_record_leads_whoever_reads_the_trail_to_what_it_tells_of_it(world):
    pk = world.sides[OWN].pk["finding"]
    told = f"{reverse('trail')}?subject=addressed:{pk}"
    assert told not in shown(world, "liaison", "finding", pk)
    people.give_role(ADMIN, "liaison", "administrator")
    assert told in shown(world, "liaison", "finding", pk)
    page = world.browser("liaison").get(told).content.decode()
    assert set(re.findall(r"<td>(\w+:\d+)\s*</td>", page)) == {f"addressed:{pk}"}


def test_somebody_leads_to_what_they_did_and_what_was_done_about_them(world):
    user = world.people["colleague"]
    page = shown(world, "administrator", "person", user)
    role = Membership.objects.get(user=user)
    for asked in ("actor=colleague", f"subject=user:{user}", f"subject={role.subject}"):
        told = f"{reverse('trail')}?{asked}"
        assert f'href="{told}"' in page
        entries = world.browser("administrator").get(told).content.decode()
        assert "<tbody>" in entries
        if asked == f"subject=user:{user}":
            assert f'href="{reverse("person", args=[user])}"' in entries


def test_no_link_tells_whether_an_answer_is_being_drafted(world, tmp_path):
    drafted = Response.objects.get(pk=world.sides[OWN].pk["response"])
    assert drafted.state == "drafted"
    made = following.draft_finding(actor("inspector"), "recommendation", "Anew.", bodies=[OWN])
    publishing.publish_thematic(actor("publisher"), made.pk, date(2025, 1, 6), Lake(tmp_path / "l"))
    due = made.responses.get()
    for who, links in (("body", True), ("viewer", False), ("inspector", False)):
        page = shown(world, who, "home")
        if who != "viewer":
            page += shown(world, who, "force", OWN)
        for one in (drafted, due):
            assert (reverse("response", args=[one.pk]) in page) == links


def test_many_at_once_that_somebody_has_changed_can_be_sent_again_and_is_refused_in_words(world):
    it = Addressed.objects.get(pk=world.sides[OWN].pk["finding"])
    update = f"{reverse('findings-bulk')}?id={it.pk}.{it.version}"
    following.claim(actor("liaison"), it.pk, "allocate", owner="x")
    for _ in range(2):
        answer = world.browser("liaison").post(update, {"move": "force.offer", "text": "t"})
        assert answer.status_code == 409
        assert 'value="None"' not in answer.content.decode()


def test_what_somebody_did_is_not_what_another_did_whose_name_holds_theirs(world):
    people.add_person(ADMIN, "read")
    page = world.browser("administrator").get(f"{reverse('trail')}?actor=read").content.decode()
    assert "None fits." in page
    some = world.browser("administrator").get(f"{reverse('trail')}?actor=spect").content.decode()
    assert "inspector" in some


def test_an_entry_that_was_changed_past_the_trail_is_shown_as_it_is(world):
    changed = AuditEntry.objects.filter(action="people.give").order_by("seq")
    for entry, detail in zip(changed[:2], ("no JSON", "[1]"), strict=True):
        with connection.cursor() as past:
            told = f"UPDATE {AuditEntry._meta.db_table} SET detail = %s WHERE seq = %s"
            past.execute(told, [detail, entry.seq])
    page = world.browser("administrator").get(f"{reverse('trail')}?action=people.give&check=yes")
    said = page.content.decode()
    assert page.status_code == 200
    assert "no JSON" in said
    assert "was changed" in said
    assert "given: " in said
