"""An indicator: one small TOML file, read and checked so that a mistake is named, not computed."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from sqlglot import exp

from openpeel import framework
from openpeel.errors import DefinitionError, FrameworkError, NotKnown
from openpeel.indicators.expressions import aggregate
from openpeel.lake import Contract

Unit = Literal["share", "rate", "mean", "count"]
Polarity = Literal["higher", "lower", "none"]

_KEYS = {
    "title", "questions", "table", "numerator", "denominator", "unit", "per", "polarity",
    "polarity_why", "standard", "why", "caveats", "source", "unresolved", "matures", "merged",
}  # fmt: skip
_NEEDED = ("title", "questions", "table", "numerator", "unit", "polarity", "why", "source")


@dataclass(frozen=True)
class Standard:
    """A level that somebody set: from a day on, a value, and who set it."""

    start: date
    value: float
    source: str


@dataclass(frozen=True)
class Merged:
    """A category that hides what the indicator counts: where it occurs the figure is refused."""

    column: str
    value: str
    hides: str


@dataclass(frozen=True)
class Indicator:
    """A definition: numerator, denominator, unit, polarity, standard, questions it informs.

    `denominator` is None for a rate per resident. `unresolved` counts what may still change;
    `matures` is the age in months at which a share is shown.
    """

    id: str
    title: str
    questions: tuple[str, ...]
    table: str
    numerator: exp.Expr
    denominator: exp.Expr | None
    unit: Unit
    per: int
    polarity: Polarity
    polarity_why: str
    standards: tuple[Standard, ...]
    why: str
    caveats: tuple[str, ...]
    source: str
    unresolved: exp.Expr | None
    matures: int
    merged: tuple[Merged, ...]
    file: str

    @property
    def per_resident(self) -> bool:
        """Whether the denominator is the resident population."""
        return self.denominator is None and self.unit == "rate"

    def standard_on(self, day: date) -> Standard | None:
        """The standard in force on a day, or None."""
        past = [s for s in self.standards if s.start <= day]
        return max(past, key=lambda s: s.start, default=None)


def read_indicator(path: Path | Traversable, contract_of: Callable[[str], Contract]) -> Indicator:
    """Read a definition; raises DefinitionError naming the file, the key, and what to do."""
    place = str(path) if isinstance(path, Path) else path.name
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{place} could not be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{place}: not valid TOML: {error}") from error
    return _Reader(place, path.name.removesuffix(".toml"), data).indicator(contract_of)


class _Reader:
    def __init__(self, place: str, name: str, data: dict[str, Any]) -> None:
        self.place, self.name, self.data = place, name, data

    def wrong(self, what: str) -> DefinitionError:
        return DefinitionError(f"{self.place}: {what}")

    def indicator(self, contract_of: Callable[[str], Contract]) -> Indicator:
        data = self.data
        unknown = sorted(set(data) - _KEYS)
        if unknown:
            raise self.wrong(
                f"no such key: {', '.join(unknown)}. Known keys: {', '.join(sorted(_KEYS))}"
            )
        lacking = [key for key in _NEEDED if not data.get(key)]
        if lacking:
            raise self.wrong(f"it lacks {', '.join(lacking)}")
        try:
            contract = contract_of(data["table"])
        except NotKnown as error:
            raise self.wrong(f"table: {error}") from error
        unit = self.choice("unit", ("share", "rate", "mean", "count"))
        polarity = self.choice("polarity", ("higher", "lower", "none"))
        if polarity == "none" and not data.get("polarity_why"):
            raise self.wrong("polarity is 'none': say why in polarity_why")
        numerator = self.sql("numerator", contract)
        denominator = None
        if data.get("denominator") == "population":
            if unit != "rate":
                raise self.wrong("only a rate has the population as its denominator")
        elif "denominator" in data:
            denominator = self.sql("denominator", contract)
        elif unit != "count":
            raise self.wrong(f"a {unit} needs a denominator")
        assert numerator is not None
        return Indicator(
            id=self.name,
            title=data["title"],
            questions=self.questions(),
            table=data["table"],
            numerator=numerator,
            denominator=denominator,
            unit=unit,
            per=int(data.get("per", 1000 if unit == "rate" else 1)),
            polarity=polarity,
            polarity_why=data.get("polarity_why", ""),
            standards=self.standards(),
            why=data["why"],
            caveats=tuple(data.get("caveats", ())),
            source=data["source"],
            unresolved=self.sql("unresolved", contract),
            matures=int(data.get("matures", 0)),
            merged=self.merged(contract),
            file=Path(self.place).name,
        )

    def choice(self, key: str, allowed: tuple[str, ...]) -> Any:  # noqa: ANN401 (a Literal)
        if self.data[key] not in allowed:
            raise self.wrong(f"{key} is '{self.data[key]}'; use one of {', '.join(allowed)}")
        return self.data[key]

    def sql(self, key: str, contract: Contract) -> exp.Expr | None:
        if key not in self.data:
            return None
        try:
            return aggregate(str(self.data[key]), [c.name for c in contract.columns])
        except DefinitionError as error:
            raise self.wrong(f"{key}: {error}") from error

    def questions(self) -> tuple[str, ...]:
        newest = [c for c in framework.cycles() if c.questions]
        for question in self.data["questions"]:
            if not any(question in {q.id for q in cycle.questions} for cycle in newest):
                try:
                    framework.cycle("2023-25").question(question)
                except FrameworkError as error:
                    raise self.wrong(f"questions: {error}") from error
        return tuple(self.data["questions"])

    def standards(self) -> tuple[Standard, ...]:
        made = []
        for entry in self.data.get("standard", ()):
            try:
                made.append(Standard(entry["from"], float(entry["value"]), entry["source"]))
            except (KeyError, TypeError, ValueError) as error:
                raise self.wrong(
                    f"standard: each needs from (a date), value and source: {error!r}"
                ) from error
        return tuple(made)

    def merged(self, contract: Contract) -> tuple[Merged, ...]:
        made = []
        for entry in self.data.get("merged", ()):
            try:
                made.append(Merged(entry["column"], entry["value"], entry["hides"]))
            except (KeyError, TypeError) as error:
                raise self.wrong(
                    f"merged: each needs column, value and hides: {error!r}"
                ) from error
            if made[-1].column not in {c.name for c in contract.columns}:
                raise self.wrong(f"merged: table '{contract.table}' has no '{made[-1].column}'")
        return tuple(made)
