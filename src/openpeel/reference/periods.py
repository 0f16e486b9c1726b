"""Months, quarters, years, financial years and runs of months.

A month is written `2025-06` everywhere in openpeel; the other periods are whole numbers of months.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from openpeel.errors import NotKnown

ACCEPTED = (
    "a month 2025-06, a quarter 2025-Q2, a calendar year 2025, a financial year 2017/18, "
    "or a run of months 2025-01/2025-12"
)


_KINDS = {"month": (1, 0), "quarter": (3, 0), "year": (12, 0), "financial-year": (12, 3)}
"""Of each kind that publishers count by, its length and the first month in a year (from 0)."""


def _ordinal(year: int, month: int) -> int:
    return year * 12 + month - 1


def _month_text(ordinal: int) -> str:
    return f"{ordinal // 12:04d}-{ordinal % 12 + 1:02d}"


def _month_name(ordinal: int) -> str:
    return f"{calendar.month_name[ordinal % 12 + 1]} {ordinal // 12}"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A whole number of months: ordered by its first month, then by its length; hashable.

    `kind` is month, quarter, year, financial-year or run. `2025` and `2025-01/2025-12` hold the
    same months but are two periods, because they are written and labelled differently; compare
    `.months` where only the months matter.
    """

    start: int
    """Months since January of year 0 of the first month."""
    length: int
    """Number of months, at least 1."""
    kind: str

    @classmethod
    def of_month(cls, year: int, month: int) -> Self:
        """One month; month is 1 to 12."""
        return cls(_ordinal(year, month), 1, "month")

    @classmethod
    def of_quarter(cls, year: int, quarter: int) -> Self:
        """A calendar quarter; quarter is 1 to 4, 1 being January to March."""
        return cls(_ordinal(year, 3 * quarter - 2), 3, "quarter")

    @classmethod
    def of_financial_quarter(cls, year: int, quarter: int) -> Self:
        """The calendar quarter that is quarter 1 (April to June) to 4 of the year from April."""
        return cls(_ordinal(year, 3 * quarter + 1), 3, "quarter")

    @classmethod
    def of_year(cls, year: int) -> Self:
        """A calendar year."""
        return cls(_ordinal(year, 1), 12, "year")

    @classmethod
    def of_financial_year(cls, year: int) -> Self:
        """The twelve months from April of `year`."""
        return cls(_ordinal(year, 4), 12, "financial-year")

    @classmethod
    def of_run(cls, first: "str | Period", last: "str | Period") -> Self:
        """The months from the first month of `first` to the last of `last`; one alone is a month.

        Raises NotKnown when the run would end before it begins.
        """
        begin, end = _as_period(first), _as_period(last)
        length = end.start + end.length - begin.start
        if length < 1:
            raise NotKnown(f"The run of months {first}/{last} ends before it begins.")
        return cls(begin.start, length, "month" if length == 1 else "run")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a period as people and publishers write it.

        `2017-18` is the financial year, because no month has the number 18; `2011-12` is December
        2011 (write `2011/12` for the financial year). Raises NotKnown and says what is accepted.
        """
        wanted = text.strip()
        for pattern, make in _FORMS:
            found = re.fullmatch(pattern, wanted)
            if found:
                period = make(*found.groups())
                if period is not None:
                    return cls(period.start, period.length, period.kind)
        raise NotKnown(f"'{text}' is no period that openpeel knows. Write {ACCEPTED}.")

    @property
    def first_month(self) -> str:
        """The first month, as 2025-06."""
        return _month_text(self.start)

    @property
    def last_month(self) -> str:
        """The last month, as 2025-06."""
        return _month_text(self.start + self.length - 1)

    @property
    def months(self) -> tuple[str, ...]:
        """Every month in it, in order, as 2025-06."""
        return tuple(_month_text(self.start + n) for n in range(self.length))

    @property
    def label(self) -> str:
        """For a person: June 2025, April to June 2025, 2025, 12 months to December 2025."""
        last = _month_name(self.start + self.length - 1)
        match self.kind:
            case "month":
                return last
            case "quarter":
                return f"{calendar.month_name[self.start % 12 + 1]} to {last}"
            case "year":
                return str(self.start // 12)
            case "financial-year":
                return f"year to {last}"
            case _:
                return f"{self.length} months to {last}"

    def parts(self, kind: str) -> tuple[Self, ...]:
        """The periods of a kind (month, quarter, year, financial-year) that make it up, in order.

        Raises NotKnown where none do: March 2018 holds no whole quarter.
        """
        length, first = _KINDS[kind]
        if self.length % length or (self.start - first) % length:
            raise NotKnown(f"{self.label} is not made of whole {kind}s.".replace("-", " "))
        starts = range(self.start, self.start + self.length, length)
        return tuple(type(self)(start, length, kind) for start in starts)

    def shift(self, n: int) -> Self:
        """The period of the same kind n of its own lengths later; -1 is the one just before."""
        return type(self)(self.start + n * self.length, self.length, self.kind)

    def __str__(self) -> str:
        """The text that `parse` reads back to the same period."""
        year = self.start // 12
        match self.kind:
            case "month":
                return self.first_month
            case "quarter":
                return f"{year:04d}-Q{self.start % 12 // 3 + 1}"
            case "year":
                return f"{year:04d}"
            case "financial-year":
                return f"{year:04d}/{(year + 1) % 100:02d}"
            case _:
                return f"{self.first_month}/{self.last_month}"


def _financial(year: str, ending: str) -> Period | None:
    follows = (int(year) + 1) % 100 == int(ending)
    return Period.of_financial_year(int(year)) if follows else None


_YEAR = r"((?:1[89]|2[01])[0-9]{2})"
_MONTH = r"(0[1-9]|1[0-2])"
_ONE = "[0-9]{4}-(?:0[1-9]|1[0-2])"
_FORMS: tuple[tuple[str, Callable[..., Period | None]], ...] = (
    (f"{_YEAR}-{_MONTH}", lambda year, month: Period.of_month(int(year), int(month))),
    (f"{_YEAR}-[Qq]([1-4])", lambda year, quarter: Period.of_quarter(int(year), int(quarter))),
    (_YEAR, lambda year: Period.of_year(int(year))),
    # After the month, so that a dash is a financial year only where no month has that number.
    (f"{_YEAR}[-/]([0-9]{{2}})", _financial),
    (rf"({_ONE})/({_ONE})", Period.of_run),
)


def _as_period(value: str | Period) -> Period:
    return value if isinstance(value, Period) else Period.parse(value)


def month_range(first: str | Period, last: str | Period) -> tuple[str, ...]:
    """Every month from the first month of `first` to the last of `last`, as 2025-06, in order.

    Raises NotKnown when `last` ends before `first` begins.
    """
    return Period.of_run(first, last).months


def months_between(earlier: str | Period, later: str | Period) -> int:
    """Months from the last month of `earlier` to the last of `later`; negative if it is before."""
    before, after = _as_period(earlier), _as_period(later)
    return after.start + after.length - before.start - before.length
