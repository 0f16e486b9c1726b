"""Signing in, played against the real thing: a passkey, and an organisation's own sign-in.

The passkey is Chromium's own virtual one; the organisation's provider is a small one in this
process, on this machine, on another site than the workbench.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlencode

import postgresql_server
import pytest
from axe_playwright_python.sync_playwright import Axe
from oidc_provider import CLIENT, SECRET, Provider
from playwright.sync_api import expect
from signing_people import PASSWORD, Passkey, Served

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NAME = "Example Force"


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def served(tmp_path_factory, provider):
    made = Served(
        tmp_path_factory.mktemp("signing") / "records",
        OPENPEEL_OIDC_SERVER=provider.issuer + "/",
        OPENPEEL_OIDC_CLIENT=CLIENT,
        OPENPEEL_OIDC_SECRET=SECRET,
        OPENPEEL_OIDC_NAME=NAME,
    )
    provider.redirect_uri = made.root + "account/oidc/organisation/login/callback/"
    made.add(
        **{name: f"{name}@example.org" for name in ("jane", "ann", "gone", "leaver", "twice")},
        again="twice@example.org",
        entra="entra@example.org",
        mixed="Mixed@Example.ORG",
        key="",
        barred="",
    )
    yield made
    made.stop()


@pytest.fixture
def trusting(tmp_path, provider):
    """A workbench that trusts the provider's addresses where it says nothing of them."""
    made = Served(
        tmp_path / "records",
        OPENPEEL_OIDC_SERVER=provider.issuer,
        OPENPEEL_OIDC_CLIENT=CLIENT,
        OPENPEEL_OIDC_SECRET=SECRET,
        OPENPEEL_OIDC_NAME=NAME,
        OPENPEEL_OIDC_ADDRESSES="trusted",
    )
    before = provider.redirect_uri
    provider.redirect_uri = made.root + "account/oidc/organisation/login/callback/"
    made.add(ann="ann@example.org", ben="ben@example.org")
    yield made
    made.stop()
    provider.redirect_uri = before


@pytest.fixture
def tab(chromium):
    """A browser in which nobody has signed in; whatever its pages do wrong fails the test."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if "Content Security" in m.text else None)
    yield page
    context.close()
    assert not wrong


def look(tab, *titles: str) -> None:
    """The page is the one that is meant; axe finds nothing, narrow or wide; nothing is cut off."""
    expect(tab.locator("h1")).to_have_text(re.compile("|".join(titles)))
    for width in (320, 1200):
        tab.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(tab, options={"runOnly": {"type": "tag", "values": RULES}})
        wrong = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found.response["violations"]]
        assert not wrong, (titles, width, wrong)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, (titles, width)


def press(tab, name: str) -> None:
    tab.get_by_role("button", name=name, exact=True).click()


def by_password(tab, served, name: str) -> None:
    tab.goto(served.root + "account/sign-in/")
    tab.get_by_label("Username").fill(name)
    tab.get_by_label("Password").fill(PASSWORD)
    press(tab, "Sign in")


def sign_out(tab, served) -> None:
    tab.goto(served.root + "account/sign-out/")
    look(tab, "Sign out")
    press(tab, "Sign out")
    expect(tab.locator("h1")).to_have_text("Sign in")


def add_passkey(tab, served, name: str, device) -> None:
    """From the first password to a passkey, which is asked for before anything else."""
    by_password(tab, served, name)
    look(tab, "Second step")
    tab.goto(served.root + "findings/")
    expect(tab.locator("h1")).to_have_text("Second step")
    tab.get_by_role("link", name="Add a passkey").click()
    look(tab, "Show that it is you")
    tab.get_by_label("Password").fill(PASSWORD)
    press(tab, "Confirm")
    look(tab, "Add a passkey")
    press(tab, "Add the passkey")
    look(tab, "Recovery codes")
    assert len(device.keys()) == 1


def test_a_passkey_from_the_first_password_to_signing_in_by_it_alone(tab, served):
    device = Passkey(tab)
    add_passkey(tab, served, "key", device)
    codes = tab.locator(".codes li").all_inner_texts()
    assert len(set(codes)) == 10
    tab.goto(served.root)
    look(tab, "My tasks")
    for page, title in (
        ("second-step/", "Second step"),
        ("second-step/webauthn/", "Passkeys"),
        ("second-step/totp/activate/", "Set up an authenticator app"),
        ("second-step/recovery-codes/generate/", "Make new recovery codes"),
        ("password/", "Change your password"),
    ):
        tab.goto(f"{served.root}account/{page}")
        look(tab, title)
    sign_out(tab, served)
    look(tab, "Sign in")

    by_password(tab, served, "key")
    look(tab, "Second step")
    tab.goto(served.root)
    expect(tab.locator("h1")).to_have_text("Second step")
    press(tab, "Sign in with a passkey")
    expect(tab.locator("h1")).to_have_text("My tasks")
    sign_out(tab, served)

    press(tab, "Sign in with a passkey")
    expect(tab.locator("h1")).to_have_text("My tasks")
    (key,) = device.keys()
    assert (key["rpId"], key["isResidentCredential"]) == ("localhost", True)
    sign_out(tab, served)

    by_password(tab, served, "key")
    tab.get_by_label("Code").fill("000000")
    press(tab, "Sign in")
    look(tab, "Second step")
    tab.get_by_label("Code").fill(codes[0])
    press(tab, "Sign in")
    expect(tab.locator("h1")).to_have_text("My tasks")
    told = served.told("key")
    assert told.count("sign-in.second-step.add") == 2, "the passkey and the recovery codes"
    assert told.count("sign-in") == 4
    assert told.count("sign-out") == 3


def test_a_passkey_that_is_not_there_is_said_to_be_and_opens_nothing(tab, served):
    Passkey(tab)
    tab.goto(served.root + "account/sign-in/")
    press(tab, "Sign in with a passkey")
    expect(tab.get_by_role("alert")).to_contain_text("The passkey did not work")
    look(tab, "Sign in")


def test_a_passkey_of_somebody_who_is_barred_opens_nothing(tab, served):
    add_passkey(tab, served, "barred", Passkey(tab))
    bar(served, "barred")
    tab.goto(served.root)
    expect(tab.locator("h1")).to_have_text("Sign in")
    press(tab, "Sign in with a passkey")
    look(tab, "You cannot sign in")
    tab.goto(served.root)
    expect(tab.locator("h1")).to_have_text("Sign in")
    ((detail,),) = served.read(
        "SELECT detail FROM records_auditentry WHERE actor = 'barred' ORDER BY seq DESC LIMIT 1"
    )
    assert json.loads(detail) == {"by": "passkey", "why": "barred"}


def bar(served, name: str) -> None:
    served.do(
        "from openpeel.records.people import set_active\n"
        "from openpeel.records.roles import system\n"
        f"set_active(system(['administrator'], 'test'), {name!r}, False)\n"
    )


def person(name: str, **claims) -> dict:
    """Somebody at the provider: a number that stays, and an email address that it has verified."""
    told = {"sub": f"number of {name}", "email": f"{name}@example.org", "email_verified": True}
    return told | claims


def by_organisation(tab, served, provider, who: dict, wrong: str = "", then: str = "") -> None:
    """Sign in with the organisation as somebody there; go to wherever that leads."""
    provider.person, provider.wrong = who, wrong
    query = f"?{urlencode({'next': '/workbench/' + then})}" if then else ""
    tab.goto(f"{served.root}account/sign-in/{query}")
    press(tab, f"Sign in with {NAME}")
    expect(tab.locator("h1")).not_to_have_text(re.compile("^Sign in"))


def accounts(served) -> list[tuple]:
    return served.read("SELECT user_id, uid FROM socialaccount_socialaccount ORDER BY id")


def test_somebody_who_was_added_signs_in_with_their_organisation(tab, served, provider):
    tab.goto(served.root + "account/sign-in/")
    look(tab, "Sign in")
    by_organisation(tab, served, provider, person("jane"))
    look(tab, "My tasks")
    assert tab.url == served.root
    assert served.told("jane") == ["sign-in.organisation", "sign-in"]
    assert not provider.faults
    asked = provider.asked[-1]
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    sign_out(tab, served)

    by_organisation(tab, served, provider, person("jane"), then="roles/")
    expect(tab.locator("h1")).to_have_text("My roles")
    assert served.told("jane")[-2:] == ["sign-out", "sign-in"]
    sign_out(tab, served)
    by_password(tab, served, "jane")
    look(tab, "Sign in")
    assert tab.locator(".summary").count() == 1, "the first password still opened it"


def test_it_works_without_javascript_and_whatever_the_case_of_the_address(
    chromium, served, provider
):
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    by_organisation(tab, served, provider, person("mixed", email="mIXED@example.org"), "userinfo")
    expect(tab.locator("h1")).to_have_text("My tasks")
    context.close()


@pytest.mark.parametrize(
    "who",
    [
        person("stranger"),
        person("twice"),
        person("ann", email_verified=False),
        person("ann", email_verified="false"),
        person("ann", email_verified=None),
        person("ann", email_verified=False, xms_edov=True),
        person("ann", email_verified=None, xms_edov="0"),
        person("ann", email=""),
        person("ann", email=["ann@example.org"]),
        person("ann", email="ann@example.org\u0000"),
        {"sub": "number of ann"},
    ],
    ids=str,
)
def test_whoever_is_not_known_by_a_verified_address_is_refused(tab, served, provider, who):
    people, before = served.read("SELECT id, password FROM auth_user"), accounts(served)
    by_organisation(tab, served, provider, who)
    look(tab, "You cannot sign in", "Signing in did not work")
    tab.goto(served.root)
    expect(tab.locator("h1")).to_have_text("Sign in")
    assert served.read("SELECT id, password FROM auth_user") == people
    assert accounts(served) == before


def entra(name: str, **claims) -> dict:
    """Somebody at Microsoft Entra ID, which says nothing of email_verified, whatever is asked."""
    return {"sub": f"number of {name}", "email": f"{name}@example.org", **claims}


def test_an_address_of_a_domain_that_entra_says_is_its_owners_is_verified(tab, served, provider):
    by_organisation(tab, served, provider, entra("entra"))
    look(tab, "You cannot sign in")
    expect(tab.locator("main")).to_contain_text("does not say that it has verified")
    by_organisation(tab, served, provider, entra("entra", xms_edov=True))
    expect(tab.locator("h1")).to_have_text("My tasks")


@pytest.mark.parametrize("wrong", ["", "userinfo", "number alone"])
def test_addresses_are_trusted_where_an_administrator_says_so_but_not_denied_ones(
    tab, trusting, provider, wrong
):
    for denied in ({"email_verified": False}, {"email_verified": "false"}, {"xms_edov": False}):
        by_organisation(tab, trusting, provider, entra("ann", **denied), wrong)
        expect(tab.locator("h1")).to_have_text("You cannot sign in")
    by_organisation(tab, trusting, provider, entra("stranger"), wrong)
    expect(tab.locator("h1")).to_have_text("You cannot sign in")
    by_organisation(tab, trusting, provider, entra("ann"), wrong)
    expect(tab.locator("h1")).to_have_text("My tasks")
    # Known by the account from then on, the address opens nothing to anybody else.
    sign_out(tab, trusting)
    by_organisation(tab, trusting, provider, entra("ann", sub="another number"), wrong)
    expect(tab.locator("h1")).to_have_text("You cannot sign in")


def test_a_word_for_one_address_is_none_for_another(tab, served, provider):
    """The token says that it has verified an address; the other answer, without one, names it."""
    by_organisation(tab, served, provider, person("ann"), "split")
    expect(tab.locator("h1")).to_have_text("You cannot sign in")


def refusals(served) -> list[tuple[str, str]]:
    """Who was refused, and how the trail tells of it, the newest last."""
    told = served.read(
        "SELECT actor, detail FROM records_auditentry WHERE action = 'sign-in.failed' "
        "AND detail LIKE '%organisation%' ORDER BY seq"
    )
    return [(actor, json.loads(detail)["why"]) for actor, detail in told]


def test_a_refusal_is_told_to_the_trail_without_the_address(tab, served, provider):
    by_organisation(tab, served, provider, person("stranger"))
    assert refusals(served)[-1] == ("somebody", "not added")
    by_organisation(tab, served, provider, person("stranger", email_verified=False))
    assert refusals(served)[-1] == ("somebody", "not verified")
    assert "stranger@" not in str(served.read("SELECT * FROM records_auditentry"))


@pytest.mark.parametrize(
    "wrong",
    [
        "state",
        "audience",
        "issuer",
        "nonce",
        "no nonce",
        "expired",
        "party",
        "key",
        "kid",
        "unsigned",
        "shared key",
        "code",
        "token",
        "broken",
        "nonsense",
        "subject",
    ],
)
def test_a_wrong_answer_of_the_provider_opens_nothing_and_is_told_in_words(
    tab, served, provider, wrong
):
    before = accounts(served)
    by_organisation(tab, served, provider, person("ann"), wrong)
    look(tab, "Signing in did not work")
    tab.goto(served.root)
    expect(tab.locator("h1")).to_have_text("Sign in")
    assert accounts(served) == before


def test_somebody_who_stops_it_is_told_so(tab, served, provider):
    by_organisation(tab, served, provider, person("ann"), "denied")
    look(tab, "You did not sign in")


def test_an_answer_serves_once_and_only_whoever_asked(tab, served, provider, chromium):
    back: list[str] = []
    tab.on("request", lambda r: back.append(r.url) if "/callback/" in r.url else None)
    by_organisation(tab, served, provider, person("ann"))
    expect(tab.locator("h1")).to_have_text("My tasks")
    sign_out(tab, served)
    tab.goto(back[0])
    expect(tab.locator("h1")).to_have_text("Signing in did not work")
    other = chromium.new_context()
    page = other.new_page()
    page.goto(back[0])
    expect(page.locator("h1")).to_have_text("Signing in did not work")
    page.goto(served.root)
    expect(page.locator("h1")).to_have_text("Sign in")
    other.close()


def test_the_provider_goes_down_between_the_question_and_the_answer(tab, served, provider):
    provider.person, provider.wrong = person("ann"), ""
    tab.goto(served.root + "account/sign-in/")
    provider.wrong = "down later"
    press(tab, f"Sign in with {NAME}")
    expect(tab.locator("h1")).not_to_have_text(re.compile("^Sign in"))
    look(tab, "Signing in did not work")


def test_nothing_of_the_address_reaches_the_provider(tab, served, provider):
    provider.person, provider.wrong = person("ann"), ""
    more = urlencode(
        {"process": "connect", "scope": "admin", "auth_params": "redirect_uri=https://evil.example"}
    )
    tab.goto(f"{served.root}account/oidc/organisation/login/?{more}")
    look(tab, f"Sign in with {NAME}")
    press(tab, "Go on")
    expect(tab.locator("h1")).to_have_text("My tasks")
    asked = provider.asked[-1]
    assert asked["redirect_uri"] == provider.redirect_uri
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}


def test_somebody_is_who_they_are_there_and_not_the_address_that_they_have(tab, served, provider):
    """An address that changes changes nothing; one that is given to another opens nothing."""
    by_organisation(tab, served, provider, person("leaver"))
    expect(tab.locator("h1")).to_have_text("My tasks")
    sign_out(tab, served)
    by_organisation(tab, served, provider, person("leaver", email="new@example.org"))
    expect(tab.locator("h1")).to_have_text("My tasks")
    sign_out(tab, served)
    heir = person("leaver", sub="another number")
    by_organisation(tab, served, provider, heir)
    look(tab, "You cannot sign in")
    assert served.told("leaver").count("sign-in.organisation") == 1
    assert refusals(served)[-1] == ("leaver", "another account")

    # Once the leaver is barred, whoever is added with the address is somebody new.
    bar(served, "leaver")
    by_organisation(tab, served, provider, person("leaver"))
    look(tab, "You cannot sign in")
    assert refusals(served)[-1] == ("leaver", "barred")
    by_organisation(tab, served, provider, heir)
    look(tab, "You cannot sign in")
    assert refusals(served)[-1] == ("leaver", "barred")
    served.add(heir="leaver@example.org")
    by_organisation(tab, served, provider, heir)
    expect(tab.locator("h1")).to_have_text("My tasks")
    assert served.told("heir") == ["sign-in.organisation", "sign-in"]


def test_somebody_who_is_barred_is_out_and_does_not_get_in_again(tab, served, provider):
    by_organisation(tab, served, provider, person("gone"))
    expect(tab.locator("h1")).to_have_text("My tasks")
    bar(served, "gone")
    tab.goto(served.root)
    expect(tab.locator("h1")).to_have_text("Sign in")
    by_organisation(tab, served, provider, person("gone"))
    look(tab, "You cannot sign in")
    assert served.told("gone") == ["sign-in.organisation", "sign-in", "sign-in.failed"]
    assert refusals(served)[-1] == ("gone", "barred")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_failed_sign_ins_are_counted_by_all_processes_and_over_a_new_start(tmp_path, database):
    with ExitStack() as stack:
        settings = {"OPENPEEL_PROCESSES": "3"}
        if database == "postgresql":
            settings["DATABASE_URL"] = stack.enter_context(postgresql_server.server())
        made = Served(tmp_path / "records", **settings)
        stack.callback(made.stop)
        made.add(jane="", ann="")
        with ThreadPoolExecutor(10) as at_once:
            told = list(at_once.map(lambda _: made.tries("jane", "wrong"), range(10)))
        assert sorted(told) == ["locked"] * 5 + ["wrong"] * 5
        made.again()
        assert made.tries("jane", PASSWORD) == "locked"
        assert made.tries("ann", PASSWORD) == "in"
