"""Names for what the records hold by id, as people read them; and what a form may choose from."""

from collections.abc import Sequence
from datetime import date, datetime
from textwrap import shorten

from openpeel import framework
from openpeel.errors import OpenpeelError
from openpeel.records.clock import in_full
from openpeel.records.roles import ROLES, Actor
from openpeel.reference import bodies, body, forces

Choices = list[tuple[str, str]]
Grouped = list[tuple[str, str | Sequence[tuple[str, str]]]]
"""Choices of which some stand in a group, under its name."""
STEPS = {
    "agree": "Consensus",
    "moderate": "Moderation",
    "reopen": "To be graded anew",
    "correct": "Correction",
    "taken-over": "Taken over as published",
}
"""The steps by which a grade changes."""
DOES = {
    "inspection.read": "Read inspections",
    "inspection.plan": "Plan inspections, and move them on",
    "inspection.take-over": "Take over what was published before",
    "evidence.read": "Read evidence",
    "evidence.write": "Add evidence, say it anew, withdraw it",
    "judgment.read": "Read grades before they are published",
    "judgment.grade": "Grade questions, unseen by others",
    "judgment.agree": "Record the consensus of two graders",
    "judgment.moderate": "Keep or change a grade in moderation",
    "judgment.send": "Send drafts to the force, and decide its points on the facts",
    "judgment.sign-off": "Sign judgments and inspections off",
    "publication.publish": "Publish, correct and retract",
    "finding.draft": "Draft findings",
    "finding.verify": "Verify what a force has done about a finding",
    "finding.close": "Close findings",
    "phase.set": "Record a phase of monitoring",
    "request.make": "Ask a force for documents and data",
    "risk.read": "Read the signals of forces",
    "signal.bring": "Bring a signal to an inspection as evidence",
    "accuracy.answer": "Raise points on the facts of drafts, and reply to what is published",
    "finding.claim": "Say how far the force is with a finding",
    "action.write": "Keep the force's own actions",
    "finding.import": "Take the force's own list of findings over",
    "assessment.write": "Write and submit self-assessments",
    "request.answer": "Answer requests",
    "force.read": "Read what the force keeps for itself",
    "response.write": "Write and publish the response within 56 days",
    "finding.read": "Read what is published, and how findings stand",
    "people.manage": "Add people, and give and end roles",
    "audit.read": "Read the trail",
    "records.copy": "Copy the records",
}
"""Each action that a role may do, as people read it."""


def force_name(force_id: str) -> str:
    """The name of a force, or of another body: 'Kent Police'; an id that is none stays."""
    try:
        return body(force_id).name
    except OpenpeelError:
        return force_id


def cycle_name(cycle: str) -> str:
    """A cycle's title: 'PEEL 2023-25'."""
    try:
        return framework.cycle(cycle).title
    except OpenpeelError:
        return cycle


def question_name(cycle: str, question: str) -> str:
    """What a question, or a pillar, of a cycle is called."""
    try:
        return framework.cycle(cycle).subject(question).name
    except OpenpeelError:
        return question


def grade_name(cycle: str, grade: str) -> str:
    """A grade's label: 'Requires improvement'."""
    try:
        return framework.cycle(cycle).result(grade).label
    except OpenpeelError:
        return grade


def characteristic_text(cycle: str, question: str, characteristic: str) -> str:
    """What a characteristic of a question says; of '' that it is the question as a whole."""
    if not characteristic:
        return "The question as a whole"
    try:
        subject = framework.cycle(cycle).subject(question)
    except OpenpeelError:
        return characteristic
    texts: dict[str, str] = {c.id: c.text for c in getattr(subject, "characteristics", ())}
    return texts.get(characteristic, characteristic)


def role_name(role: str, force_id: str = "") -> str:
    """A role, and of whom: 'Force liaison, Kent Police'; 'Inspector, all forces'."""
    name = ROLES[role].split(":")[0]
    return f"{name}, {force_name(force_id) if force_id else 'all forces'}"


def step_name(step: str) -> str:
    """How a grade came to be or to change: 'Consensus'."""
    return STEPS.get(step, step.replace("-", " ").capitalize())


def shown_grade(cycle: str, grade: str) -> str:
    """A grade in words; '' before there is one."""
    return grade_name(cycle, grade) if grade else ""


def on(day: date | datetime | None) -> str:
    """A day as people write it: 12 March 2024; 'not known' where there is none."""
    return in_full(day) if day else "not known"


def brief(text: str) -> str:
    """The beginning of a text, as a list shows it: whole words, on one line."""
    return shorten(text, 140, placeholder=" …")


def of_days(count: int) -> str:
    """Days left, or ago."""
    days = f"{abs(count):,} day{'' if abs(count) == 1 else 's'}"
    return f"{days} left" if count >= 0 else f"{days} late"


def force_choices() -> Choices:
    """Every force of today."""
    return [(f.id, f.name) for f in forces(date.today())]


def own_forces(actor: Actor, action: str) -> Choices:
    """The forces of today that somebody may do something for; of a national body none."""
    return [(f, name) for f, name in force_choices() if actor.may(action, f)]


def body_choices() -> Choices:
    """Every force of today, then the other bodies that findings are addressed to."""
    return [(b.id, b.name) for b in bodies(date.today())]


def cycle_choices() -> Choices:
    """Every cycle, the newest first."""
    return [(c.id, c.title) for c in reversed(framework.cycles())]


def question_choices(cycle: str) -> Choices:
    """Every question, then pillar, of a cycle."""
    of = framework.cycle(cycle)
    return [(q.id, q.name) for q in of.questions] + [(p.id, p.name) for p in of.pillars]


def grade_choices(cycle: str) -> Choices:
    """Every grade of a cycle's scale, best first, and not graded."""
    scale = [(g.id, g.label) for g in framework.cycle(cycle).grades]
    return [*scale, (framework.NOT_GRADED.id, framework.NOT_GRADED.label)]


def bearing_choices(cycle: str) -> Grouped:
    """What evidence can bear on: questions, as 'q', each with a group of its characteristics, as
    'q|c'."""
    of, made = framework.cycle(cycle), Grouped()
    for question in of.questions:
        made.append((question.id, question.name))
        group = [(f"{question.id}|{c.id}", c.text) for c in question.characteristics]
        if group:
            made.append((f"Characteristics of {question.name}", group))
    return made + [(p.id, f"{p.name} (the pillar)") for p in of.pillars]
