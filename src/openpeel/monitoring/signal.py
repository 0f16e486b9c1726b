"""A signal: a tested statement about observations, with everything that it rests on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from openpeel.reference import Period, months_between

Floats = NDArray[np.float64]
Kind = Literal["breach", "outlier", "shift", "surge", "disparity", "data-quality"]
Direction = Literal["up", "down", "none"]
Trouble = Literal["", "gap", "step", "revision"]


@dataclass(frozen=True)
class Signal:
    """What a test says of one force and indicator (of a table, where `indicator` is '').

    `kind` and `direction` say what (up: more of what the indicator counts), `trouble` which signal
    of data quality it is; `reading` says whether it is a concern, an improvement, or neither, by
    the indicator's polarity. `period` is the newest period, or the time, that was judged. `onset`
    is the first period of it, `back` the first after a surge, each with its interval; '' where the
    kind has none. `value` is the figure over the time of the signal, `usual` what it is held
    against, in the indicator's unit (of a gap, `value` is how many periods); None where there is
    none. `statistic` is named by `convention`; `p` is the chance of as much in noise, `q` the share
    of false signals among those with a q no larger. `caution` is what a reader has to know besides.
    """

    force_id: str
    indicator: str
    table: str
    kind: Kind
    direction: Direction
    reading: str
    period: str
    value: float | None
    usual: float | None
    statistic: float
    p: float
    convention: str
    caution: str = ""
    onset: str = ""
    onset_earliest: str = ""
    onset_latest: str = ""
    back: str = ""
    back_earliest: str = ""
    back_latest: str = ""
    q: float = 1.0
    trouble: Trouble = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two signals of different vintages the same."""
        return self.force_id, self.indicator, self.table, self.kind, self.trouble, self.direction


def reading_of(direction: Direction, polarity: str) -> str:
    """Whether more, or less, of an indicator is a concern, an improvement, or neither."""
    if polarity == "none" or direction == "none":
        return "neutral"
    return "improvement" if (direction == "up") == (polarity == "higher") else "concern"


@dataclass(frozen=True)
class Tests:
    """One kind of test of one indicator (or table) over all forces: `p` (areas,), NaN for no test.

    `signal` makes the statement of an area's row. `z` (areas,), for outliers, is + where the force
    has more than the others.
    """

    indicator: str
    table: str
    kind: Kind
    areas: tuple[str, ...]
    p: Floats
    signal: Callable[[int], Signal]
    z: Floats | None = None


def age_of(period: str, today: date) -> int:
    """Whole months from the end of a period to a day."""
    return months_between(Period.parse(period).last_month, f"{today:%Y-%m}")
