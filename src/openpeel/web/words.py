"""Names for what the records hold by id, as people read them; and what a form may choose from."""

from datetime import date, datetime
from textwrap import shorten

from openpeel import framework
from openpeel.errors import OpenpeelError
from openpeel.reference import bodies, body, forces

Choices = list[tuple[str, str]]


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


def indicator_name(indicator: str) -> str:
    """An indicator's title: 'Shoplifting'; an id that is none stays."""
    from openpeel.indicators import indicator as known

    try:
        return known(indicator).title
    except OpenpeelError:
        return indicator


def shown_grade(cycle: str, grade: str) -> str:
    """A grade in words; '' before there is one."""
    return grade_name(cycle, grade) if grade else ""


def on(day: date | datetime | None) -> str:
    """A day as people write it: 12 March 2024; 'not known' where there is none."""
    return f"{day.day} {day:%B %Y}" if day else "not known"


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


def bearing_choices(cycle: str) -> Choices:
    """What evidence can bear on: questions and their characteristics, as 'q' or 'q|c'."""
    of, made = framework.cycle(cycle), []
    for question in of.questions:
        made.append((question.id, question.name))
        made += [
            (f"{question.id}|{c.id}", f"{question.name}: {c.text}")
            for c in question.characteristics
        ]
    return made + [(p.id, f"{p.name} (the pillar)") for p in of.pillars]
