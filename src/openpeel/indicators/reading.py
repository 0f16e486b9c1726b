"""Reading an indicator's TOML file, so that a mistake is named, not computed."""

import math
import re
import tomllib
import unicodedata
from collections.abc import Callable
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from sqlglot import exp

from openpeel import framework
from openpeel.errors import DefinitionError, FrameworkError, NotKnown
from openpeel.indicators.definition import (
    ID,
    UNITS,
    Against,
    Indicator,
    Merged,
    Need,
    Pair,
    Standard,
    Unit,
)
from openpeel.indicators.expressions import aggregate
from openpeel.lake import Column, Contract
from openpeel.reference import Period

_KEYS = {
    "title", "questions", "table", "numerator", "denominator", "unit", "per", "polarity",
    "polarity_why", "standard", "why", "caveats", "source", "unresolved", "matures", "merged",
    "needs", "chance", "against", "disparity",
}  # fmt: skip
_NEEDED = ("title", "questions", "table", "numerator", "unit", "polarity", "why", "source")
_OPEN = re.compile("(?:^|')<[^<>]+>(?:'|$)")  # what `draft` leaves open


def read_indicator(path: Path | Traversable, contract_of: Callable[[str], Contract]) -> Indicator:
    """Read a definition; raises DefinitionError naming the file, the key, and what to do."""
    place = str(path) if isinstance(path, Path) else path.name
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{place} could not be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{place}: not valid TOML: {error}") from error
    return _Reader(place, path.name.removesuffix(".toml"), data, contract_of).indicator()


class _Reader:
    def __init__(
        self, place: str, name: str, data: dict[str, Any], contract_of: Callable[[str], Contract]
    ) -> None:
        self.place, self.name, self.data, self.contract_of = place, name, data, contract_of

    def wrong(self, what: str) -> DefinitionError:
        return DefinitionError(f"{self.place}: {what}")

    def indicator(self) -> Indicator:
        if not ID.fullmatch(self.name):
            raise self.wrong(
                "the file's name is the indicator's id: small letters, digits and hyphens alone"
            )
        unknown = sorted(set(self.data) - _KEYS)
        if unknown:
            raise self.wrong(
                f"no such key: {', '.join(unknown)}. Known keys: {', '.join(sorted(_KEYS))}"
            )
        lacking = [k for k in _NEEDED if not self.data.get(k) or not str(self.data[k]).strip()]
        if lacking:
            raise self.wrong(f"it lacks {', '.join(lacking)}")
        contract, period = self.contract()
        unit = self.choice("unit", UNITS)
        polarity = self.choice("polarity", ("higher", "lower", "none"))
        if polarity == "none" and not self.text("polarity_why"):
            raise self.wrong("polarity is 'none': say why in polarity_why")
        if "per" in self.data and unit != "rate":
            raise self.wrong(f"per belongs to a rate, not to a {unit}")
        matures = self.whole("matures", 0, least=0)
        if matures and "as_at" not in {c.name for c in contract.columns}:
            raise self.wrong(f"matures: table '{contract.table}' has no as_at to tell the age by")
        numerator = self.sql("numerator", contract)
        assert numerator is not None
        return Indicator(
            id=self.name,
            title=self.text("title"),
            questions=self.questions(),
            table=contract.table,
            period=period,
            numerator=numerator,
            denominator=self.denominator(unit, contract),
            unit=unit,
            per=self.whole("per", 1000 if unit == "rate" else 1, least=1),
            polarity=polarity,
            polarity_why=self.text("polarity_why"),
            standards=self.standards(),
            why=self.text("why"),
            caveats=self.texts("caveats"),
            source=self.text("source"),
            unresolved=self.sql("unresolved", contract),
            matures=matures,
            merged=self.merged(contract),
            needs=self.needs(contract),
            chance=self.truth("chance", True),
            against=self.against(period),
            disparity=self.disparity(unit, contract),
            file=Path(self.place).name,
        )

    def contract(self) -> tuple[Contract, Column]:
        """The contract of its table, and the column of it that tells when."""
        try:
            found = self.contract_of(self.text("table"))
        except NotKnown as error:
            raise self.wrong(f"table: {error}") from error
        if found.period is None or "force_id" not in {c.name for c in found.columns}:
            raise self.wrong(f"table: '{found.table}' is not by force and period")
        return found, found.period

    def denominator(self, unit: Unit, contract: Contract) -> exp.Expr | None:
        """None for the population, and for a count, which has none."""
        if unit == "count":
            if "denominator" in self.data:
                raise self.wrong("denominator: a count has none")
            return None
        if "denominator" not in self.data:
            raise self.wrong(f"a {unit} needs a denominator")
        if self.data["denominator"] != "population":
            return self.sql("denominator", contract)
        if unit != "rate":
            raise self.wrong("denominator: only a rate is per resident")
        return None

    def text(self, key: str) -> str:
        """A text, '' where there is none."""
        found = self.data.get(key, "")
        if not isinstance(found, str):
            raise self.wrong(f"{key} must be a text, not {found!r}")
        return self.finished(key, found)

    def finished(self, key: str, text: str) -> str:
        """The text, unless a draft left it to its author or it would play tricks on a terminal."""
        if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in text):
            raise self.wrong(f"{key} holds a control character: {text!r}")
        if _OPEN.search(text):
            raise self.wrong(f"{key} still holds {text}: write it")
        return text

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.data.get(key, [])
        if not isinstance(found, list) or not all(isinstance(t, str) and t for t in found):
            raise self.wrong(f"{key} must be a list of texts, not {found!r}")
        return tuple(self.finished(key, text) for text in found)

    def whole(self, key: str, default: int, least: int) -> int:
        found = self.data.get(key, default)
        if type(found) is not int or found < least:
            raise self.wrong(f"{key} must be a whole number of at least {least}, not {found!r}")
        return found

    def truth(self, key: str, default: bool) -> bool:
        found = self.data.get(key, default)
        if type(found) is not bool:
            raise self.wrong(f"{key} must be true or false, not {found!r}")
        return found

    def tables(self, key: str) -> list[dict[str, Any]]:
        found = self.data.get(key, [])
        if not isinstance(found, list) or not all(isinstance(t, dict) for t in found):
            raise self.wrong(f"{key} must be a list of tables, not {found!r}")
        return found

    def choice(self, key: str, allowed: tuple[str, ...]) -> Any:  # noqa: ANN401 (a Literal)
        if self.data[key] not in allowed:
            raise self.wrong(f"{key} is '{self.data[key]}'; use one of {', '.join(allowed)}")
        return self.data[key]

    def sql(self, key: str, contract: Contract) -> exp.Expr | None:
        if key not in self.data:
            return None
        return self.expression(key, self.text(key), contract)

    def expression(self, key: str, sql: object, contract: Contract) -> exp.Expr:
        if not isinstance(sql, str):
            raise self.wrong(f"{key} must be a text, not {sql!r}")
        try:
            return aggregate(sql, [c.name for c in contract.columns])
        except DefinitionError as error:
            raise self.wrong(f"{key}: {error}") from error

    def questions(self) -> tuple[str, ...]:
        named = self.texts("questions")
        known = {q.id for cycle in framework.cycles() for q in cycle.questions}
        for question in named:
            if question not in known:
                try:
                    meant = framework.cycle("2023-25").question(question).id
                except FrameworkError as error:
                    raise self.wrong(f"questions: {error}") from error
                raise self.wrong(f"questions: write '{meant}' for '{question}'")
        return named

    def standards(self) -> tuple[Standard, ...]:
        made = []
        for entry in self.tables("standard"):
            start, value, source = (entry.get(key) for key in ("from", "value", "source"))
            if (
                type(start) is not date
                or isinstance(value, bool)
                or not isinstance(value, int | float)
                or not math.isfinite(value)
                or not isinstance(source, str)
                or len(entry) > len(("from", "value", "source"))
            ):
                raise self.wrong(
                    f"standard: each needs from (a date), value (a number) and source, "
                    f"not {entry!r}"
                )
            made.append(Standard(start, float(value), source))
        return tuple(made)

    def merged(self, contract: Contract) -> tuple[Merged, ...]:
        return tuple(Merged(**e) for e in self.entries("merged", contract, "hides"))

    def needs(self, contract: Contract) -> tuple[Need, ...]:
        return tuple(Need(**e) for e in self.entries("needs", contract))

    def entries(self, key: str, contract: Contract, *more: str) -> list[dict[str, str]]:
        """Tables of a column of the lake's table, a value, and more texts."""
        wanted = ("column", "value", *more)
        for entry in self.tables(key):
            if set(entry) != set(wanted) or not all(isinstance(t, str) for t in entry.values()):
                raise self.wrong(f"{key}: each needs {', '.join(wanted)}, not {entry!r}")
            if entry["column"] not in {c.name for c in contract.columns}:
                raise self.wrong(f"{key}: table '{contract.table}' has no '{entry['column']}'")
        return self.tables(key)

    def against(self, column: Column) -> Against | None:
        if "against" not in self.data:
            return None
        given = self.data["against"]
        try:
            whole = Period.parse(given["period"])
            made = Against(**given)
        except (AttributeError, KeyError, TypeError, NotKnown) as error:
            raise self.wrong(f"against: needs period and why, not {given!r}") from error
        kind = column.period
        if whole.kind != kind:
            raise self.wrong(
                f"against: '{made.period}' is no {kind.replace('-', ' ')}, and the table is by such"
            )
        return Against(str(whole), made.why)

    def disparity(self, unit: Unit, contract: Contract) -> Pair | None:
        given = self.data.get("disparity")
        if (given is None) != (unit != "ratio"):
            raise self.wrong("disparity: a ratio has one, and nothing else has")
        if given is None:
            return None
        wanted = ("group", "reference", "not_stated", "events")
        if not isinstance(given, dict) or set(given) != set(wanted):
            raise self.wrong(f"disparity: needs {', '.join(wanted)}, not {given!r}")
        census = self.contract_of("ethnicity")
        for role in ("group", "reference"):
            if given[role] not in {c.name for c in census.columns if c.type == "int"}:
                raise self.wrong(f"disparity: the census has no column '{given[role]}'")
        counts = [self.expression(f"disparity.{k}", given[k], contract) for k in wanted[2:]]
        return Pair(given["group"], given["reference"], counts[0], counts[1])
