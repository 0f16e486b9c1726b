"""An indicator's definition: what is counted, of what, which way is good, and what to beware of."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from sqlglot import exp

from openpeel.lake import Column
from openpeel.reference import Change

Unit = Literal["share", "rate", "mean", "count", "ratio"]
UNITS: tuple[Unit, ...] = get_args(Unit)
Polarity = Literal["higher", "lower", "none"]

ID = re.compile("[a-z0-9]+(-[a-z0-9]+)*")


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
class Need:
    """A category that a whole file holds: where it does not occur the figure is refused."""

    column: str
    value: str


@dataclass(frozen=True)
class Against:
    """An earlier period that the newest figure is held against, and why that one."""

    period: str
    why: str


@dataclass(frozen=True)
class Pair:
    """The two groups of a disparity: columns of the census table `ethnicity`, and SQL.

    `not_stated` counts the events of people whose group nobody stated, `events` all events.
    """

    group: str
    reference: str
    not_stated: exp.Expr
    events: exp.Expr


@dataclass(frozen=True)
class Indicator:
    """A definition: numerator, denominator, unit, polarity, standard, questions it informs.

    `period` is the column of its table that tells when. `denominator` is None for a rate per
    resident. `unresolved` counts what may still change; `matures` is the age in months at which a
    share is shown. `chance` is false for what people decide (officers, money): it varies, and not
    by chance, so it has no limits. A ratio has `disparity`: its numerator counts the events of the
    group, its denominator of the reference.
    """

    id: str
    title: str
    questions: tuple[str, ...]
    table: str
    period: Column
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
    needs: tuple[Need, ...]
    chance: bool
    against: Against | None
    disparity: Pair | None
    file: str

    @property
    def per_resident(self) -> bool:
        """Whether the denominator is the resident population."""
        return self.denominator is None and self.unit == "rate"

    @property
    def columns(self) -> frozenset[str]:
        """The columns of its table that the figure is made of."""
        return frozenset(c.name for p in self._parts for c in p.find_all(exp.Column))

    @property
    def values(self) -> frozenset[str]:
        """The texts that its SQL asks for: categories of its table."""
        literals = (t for p in self._parts for t in p.find_all(exp.Literal))
        return frozenset(t.name for t in literals if t.is_string)

    def counts_what(self, change: Change) -> bool:
        """Whether a change of definition is of something that the figure counts."""
        if self.table not in change.tables:
            return False
        if change.columns and self.columns.isdisjoint(change.columns):
            return False
        return not (change.values and self.values and self.values.isdisjoint(change.values))

    @property
    def _parts(self) -> list[exp.Expr]:
        parts = [self.numerator, self.denominator, self.unresolved]
        if self.disparity:
            parts += [self.disparity.not_stated, self.disparity.events]
        return [p for p in parts if p is not None]

    @property
    def base(self) -> str:
        """The table of residents that the figure is made with; '' for none."""
        return "ethnicity" if self.disparity else "population" if self.per_resident else ""

    def standard_on(self, day: date) -> Standard | None:
        """The standard in force on a day, or None."""
        past = [s for s in self.standards if s.start <= day]
        return max(past, key=lambda s: s.start, default=None)
