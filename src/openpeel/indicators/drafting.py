"""A first draft of a definition: every key that is needed, and what to put there."""

from collections.abc import Sequence

from openpeel import framework
from openpeel.errors import DefinitionError
from openpeel.indicators.definition import UNITS, Unit
from openpeel.lake import Contract

_CYCLE = "2023-25"


def draft(name: str, table: Contract, unit: Unit = "share", questions: Sequence[str] = ()) -> str:
    """The text of a definition of the table's rows, to be finished by a person.

    It is whole but for texts in angle brackets, which `read_indicator` refuses until they are
    written: nobody publishes a draft by mistake. Raises DefinitionError for a table that is not by
    force and period, and for a unit that there is not; FrameworkError for such a question.
    """
    if table.period is None or "force_id" not in {c.name for c in table.columns}:
        raise DefinitionError(f"Table '{table.table}' is not by force and period.")
    if unit not in UNITS:
        raise DefinitionError(f"'{unit}' is no unit; use one of {', '.join(UNITS)}.")
    counted = next((c.name for c in table.columns if c.type in ("int", "float")), "")
    total = f"SUM({counted})" if counted else "COUNT(*)"
    asked = _ids(questions) or ["<a question's id: see the list at the end>"]
    lines = [
        f"# {name}.toml: the file's name is the indicator's id.",
        f"# docs/indicators.md explains every key; openpeel indicator check {name}.toml reads it.",
        'title = "<what a reader calls it, with the unit where it is a rate>"',
        f"questions = [{', '.join(_text(q) for q in asked)}]",
        f"table = {_text(table.table)}",
        f"numerator = {_text(_condition(table, total))}",
        *_denominator(unit, total, table),
        f"unit = {_text(unit)}",
        'polarity = "none"   # or "higher" or "lower": which way is good',
        'polarity_why = "<why that way, or why neither>"',
        'why = "<what it tells an inspector, in two sentences>"',
        'caveats = ["<what to beware of>"]',
        'source = "<whose data>"',
        *_disparity(unit, total),
        "",
        f"# Columns of {table.table} ({table.grain}):",
        *(f"#   {c.name}: {c.meaning}" for c in table.columns),
        f"# Questions of {_CYCLE}:",
        *(f"#   {q.id}: {q.name}" for q in framework.cycle(_CYCLE).questions),
    ]
    return "\n".join(lines) + "\n"


def _ids(questions: Sequence[str]) -> list[str]:
    """The questions by their ids; raises FrameworkError for one that no cycle asks."""
    known = {q.id for cycle in framework.cycles() for q in cycle.questions}
    return [q if q in known else framework.cycle(_CYCLE).question(q).id for q in questions]


def _condition(table: Contract, total: str) -> str:
    """The rows of some category, where the table has one."""
    plain = {"force_id", table.period.name if table.period else ""}
    texts = [c.name for c in table.columns if c.type == "string" and c.name not in plain]
    return _where(texts[0], "<a value>", total) if texts else total


def _where(column: str, value: str, total: str) -> str:
    of = "1" if total == "COUNT(*)" else total.removeprefix("SUM(").removesuffix(")")
    return f"SUM(CASE WHEN {column} = '{value}' THEN {of} END)"


def _denominator(unit: str, total: str, table: Contract) -> list[str]:
    if unit == "ratio":
        return [f"denominator = {_text(_condition(table, total))}"]
    if unit == "count":
        return []
    if unit == "rate":
        return ['denominator = "population"', "per = 1000"]
    return [f"denominator = {_text(total)}"]


def _disparity(unit: str, total: str) -> list[str]:
    if unit != "ratio":
        return []
    return [
        "[disparity]  # the numerator counts the group, the denominator the reference",
        'group = "black"',
        'reference = "white"',
        f"not_stated = {_text(_where('ethnic_group', 'Not stated', total))}",
        f"events = {_text(total)}",
    ]


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
