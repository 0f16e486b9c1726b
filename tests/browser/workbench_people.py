"""People at their browsers, and what they do: a whole inspection, from evidence to closure."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import date, timedelta
from pathlib import Path

PEOPLE = [
    "inspector-1",
    "inspector-2",
    "moderator",
    "publisher",
    "force-liaison",
    "policing-body",
    "viewer",
    "administrator",
]
TODAY = date.today().isoformat()
GRADES = ("Outstanding", "Good", "Adequate", "Requires improvement", "Inadequate")
QUESTIONS = ("Answering calls", "Managing offenders")


def made_up_cycle() -> str:
    """A cycle of two questions: the whole way is gone in seconds."""
    parts = ['id = "2031"\ntitle = "Made-up 2031"\nconfidence = "read"\nsources = ["made up"]']
    parts += ['[[dates]]\nwhat = "begins"\ndate = "2031-01"\nsource = "made up"']
    for label in GRADES:
        name = label.lower().replace(" ", "-")
        parts.append(
            f'[[grades]]\nid = "{name}"\nlabel = "{label}"\nmeaning = "made up"\n'
            'confidence = "read"'
        )
    for label in QUESTIONS:
        name = label.lower().replace(" ", "-")
        parts.append(
            f'[[questions]]\nid = "{name}"\nname = "{label}"\ngraded = true\nconfidence = "read"'
        )
        parts.append(
            '[[questions.characteristics]]\nid = "quickly"\ntext = "Made up."\nconfidence = "read"'
        )
    return "\n\n".join(parts)


class Workbench:
    """A served demo: its address, and each demo person's password."""

    def __init__(self, folder: Path, database: str = "") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.root = f"http://127.0.0.1:{port}/workbench/"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENPEEL_", "DATABASE"))}
        cycles = folder.with_name("cycles")
        cycles.mkdir(exist_ok=True)
        (cycles / "2031.toml").write_text(made_up_cycle())
        environment = kept | {"OPENPEEL_RECORDS": str(folder), "OPENPEEL_CYCLES": str(cycles)}
        if database:
            environment["DATABASE_URL"] = database
        command = [sys.executable, "-c", "from openpeel.cli.main import main; main()"]
        self.process = subprocess.Popen(
            [*command, "workbench", "demo", "--port", str(port)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.passwords: dict[str, str] = {}
        for line in self.process.stdout:
            found = re.match(r"  demo-(\S+)\s+(\S+)", line)
            if found:
                self.passwords[found[1]] = found[2]
            if line.startswith("The workbench is at"):
                break
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                urllib.request.urlopen(self.root + "style.css", timeout=5).read()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the workbench did not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


class Person:
    """Somebody at their browser, without JavaScript."""

    def __init__(self, browser, workbench: Workbench, name: str) -> None:
        self.root = workbench.root
        self.context = browser.new_context(java_script_enabled=False)
        self.context.set_default_timeout(10_000)
        self.tab = self.context.new_page()
        self.requests: list[str] = []
        self.tab.on("request", lambda r: self.requests.append(r.url))
        self.go("account/sign-in/")
        self.fill(Username=f"demo-{name}", Password=workbench.passwords[name])
        self.press("Sign in")
        assert self.title == "My tasks"

    @property
    def title(self) -> str:
        return self.tab.inner_text("h1")

    @property
    def here(self) -> str:
        return self.tab.url.removeprefix(self.root)

    def go(self, path: str) -> "Person":
        answer = self.tab.goto(self.root + path)
        assert answer.status < 500, (path, answer.status)
        return self

    def follow(self, name: str) -> "Person":
        self.tab.get_by_role("link", name=name, exact=True).first.click()
        return self

    def fill(self, **fields: str) -> "Person":
        for label, value in fields.items():
            self.tab.get_by_label(label.replace("_", " "), exact=False).first.fill(value)
        return self

    def choose(self, option: str) -> "Person":
        self.tab.get_by_label(option, exact=True).first.check()
        return self

    def select(self, label: str, option: str) -> "Person":
        choice = self.tab.get_by_label(label, exact=False).first
        value = choice.locator("option", has_text=option).first.get_attribute("value")
        choice.select_option(value)
        return self

    def press(self, name: str) -> "Person":
        self.tab.get_by_role("button", name=name, exact=True).click()
        return self

    def told(self, text: str) -> "Person":
        assert text in self.tab.inner_text("main"), (text, self.tab.inner_text("main"))
        return self

    def do(self, name: str, button: str | None = None, **fields: str) -> "Person":
        """Follow a link to a form, fill it in and send it; it must have been taken."""
        self.follow(name).fill(**fields).press(button or "Save")
        assert not self.tab.locator(".summary").count(), self.tab.inner_text("main")
        return self


def played(browser, workbench: Workbench) -> dict[str, Person]:
    """The whole way of an inspection, from evidence to a closed cause of concern."""
    who = {name: Person(browser, workbench, name) for name in PEOPLE}
    first, second = who["inspector-1"], who["inspector-2"]
    moderator, publisher = who["moderator"], who["publisher"]
    liaison, body = who["force-liaison"], who["policing-body"]

    first.go("inspections/plan/?force=cambridgeshire")
    first.select("Cycle", "Made-up 2031").press("Plan it")
    inspection = first.here
    first.do("Begin to gather evidence", "Begin to gather evidence")
    first.follow("Add evidence").select("What kind it is", "Interview")
    first.fill(Title="Talk with a supervisor", What_it_says="Visits are made alone.")
    for box in (
        first.tab.get_by_role("group", name="It speaks against").get_by_role("checkbox").all()
    ):
        box.check()
    first.press("Add it").told("Visits are made alone.")
    first.go(inspection).do("Begin to grade", "Begin to grade")

    questions = first.tab.locator("table", has_text="Judgments").first.locator("tbody th a")
    judgments = [link.get_attribute("href") for link in questions.all()]
    judgments = [href.removeprefix("/workbench/") for href in judgments]
    assert len(judgments) == len(QUESTIONS)
    worst_question = questions.last.inner_text()
    for href in judgments:
        worst = href == judgments[-1]
        grade = "Inadequate" if worst else "Good"
        first.go(href).follow("Grade it").choose(grade).fill(Reasons="As seen.")
        first.press("Give this grade").told("One person has graded it")
        moderator.go(href).told("One person has graded it")
        assert "As seen." not in moderator.tab.content(), "a blind grade leaked"
        second.go(href).follow("Grade it").choose("Adequate").fill(Reasons="As heard.")
        second.press("Give this grade").told("As seen.")
        first.go(href).follow("Record the consensus").choose(grade).fill(Reasons="We agree.")
        first.press("Save").told("The consensus was recorded.")
    moderator.go("moderation/").tab.locator("tbody th a").first.click()
    moderator.follow("Moderate").choose("Adequate").fill(Reasons="As in other forces.").press(
        "Save"
    )
    moderator.told("As in other forces.")

    for href in judgments:
        first.go(href).do("Send the draft to the force", "Send it")
    first.go(inspection).do("Send the drafts to the force", "Send the drafts to the force")
    liaison.go("checks/").tab.locator("tbody th a").first.click()
    liaison.do("Raise a point", What_is_wrong="It was twelve visits, not ten.")
    first.go("").tab.get_by_role("link", name="It was twelve visits").click()
    first.choose("Accepted").fill(Why="Right.").press("Save")
    for href in judgments:
        first.go(href).do("End the force's check", "End it")

    first.go(inspection).follow("Draft a finding").select("Kind", "Cause of concern")
    first.select("Question", worst_question)
    first.fill(The_finding="Officers visit registered offenders alone.").press("Save")
    first.go(inspection).follow("Draft a finding").select("Kind", "Recommendation")
    first.select("Question", worst_question)
    first.select("The cause of concern that", "Officers visit registered offenders alone.")
    due = (date.today() + timedelta(days=90)).isoformat()
    first.fill(The_finding="Within three months, visit in pairs.", Due=due).press("Save")

    for href in judgments:
        moderator.go(href).do("Sign it off", "Sign it off")
    moderator.go(inspection).do("Sign the inspection off", "Sign the inspection off")
    publisher.go("").tab.locator("tbody th a").first.click()
    publisher.do("Publish", "Publish it", Published_on=TODAY).told("Officers visit registered")
    publication = publisher.here

    body.go("responses/").tab.locator("tr", has_text="55 days left").get_by_role(
        "link"
    ).first.click()
    body.do("Write the comments", Comments_of_the_local="We take it seriously.")
    body.follow("Answer it").choose("Yes").fill(What_is_or_will="Pairs from Monday.").press("Save")
    body.do("Publish the response", "Publish it", Published_on=TODAY).told("Pairs from Monday.")

    liaison.go("findings/?cycle=2031&kind=cause_of_concern").tab.locator("tbody th a").click()
    concern = liaison.here
    liaison.do("Give it an owner", Owner="DCI Example")
    liaison.do("Add an action", What_is_to_be_done="Rotas for two.", Who_does_it="PS Example")
    liaison.do("Offer it for sign-off")
    liaison.do("Say that it is complete", What_was_done="Every visit is made by two.")
    liaison.told("Complete").told("Published")
    first.go(concern).do("Take it for review").do("Look at it again")
    assert "Rotas for two." not in first.tab.content(), "the force's own list leaked"
    moderator.go(concern).do(
        "Close it", Date_of_the_closure=TODAY, Its_address="https://example.org/l"
    )
    moderator.told("The inspectorate has verified it and closed it")
    who["viewer"].go(concern).told("Every visit is made by two.")
    who["viewer"].go(publication).told("Officers visit registered offenders alone.")
    who["administrator"].go("trail/").told("finding.close").follow("Check the whole trail").told(
        "whole and in order"
    )
    return who


def under_way(who: dict[str, Person]) -> None:
    """Begin another inspection, so that the forms of one that is worked on are there too."""
    first, second = who["inspector-1"], who["inspector-2"]
    liaison, moderator = who["force-liaison"], who["moderator"]
    first.go("inspections/plan/?force=cambridgeshire").select("Cycle", "PEEL 2025").press("Plan it")
    inspection = first.here
    first.do("Begin to gather evidence", "Begin to gather evidence")
    first.follow("Add evidence").select("What kind it is", "File audit")
    first.fill(Title="Sixty files", What_it_says="Looked at.").press("Add it")
    first.go(inspection).follow("Ask the force for something").choose("Data")
    first.fill(What_is_asked="Calls by hour.", By_when=TODAY).press("Ask")
    first.go(inspection).do("Draft a finding", The_finding="Calls wait.")
    first.go(inspection).do("Begin to grade", "Begin to grade")
    questions = first.tab.locator("table", has_text="Judgments").first.locator("tbody th a")
    hrefs = [a.get_attribute("href").removeprefix("/workbench/") for a in questions.all()]
    for number, href in enumerate(hrefs[:3]):
        for person in (first, second)[: 1 if number == 0 else 2]:
            person.go(href).follow("Grade it").choose("Good").fill(Reasons="As seen.")
            person.press("Give this grade")
    first.go(hrefs[2]).follow("Record the consensus").choose("Good").fill(Reasons="Agreed.")
    first.press("Save")
    moderator.go("forces/cambridgeshire/phase/").select("Phase", "Engage")
    liaison.go("assessments/").tab.locator(".actions a").first.click()
    liaison.fill(What_we_think="Well enough.").press("Save")
