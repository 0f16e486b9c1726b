"""What a back-test comes to: rows about all forces together, and what was not tested."""

from dataclasses import dataclass
from typing import Literal

Score = Literal["worse", "unusual"]


@dataclass(frozen=True)
class Row:
    """One test. What is not defined is None, and `note` says why.

    `score` is "worse" (indicators that have a worse way, + worse) or "unusual" (those that have
    none, + further from the other forces, whichever way). `n` forces took part. `base_rate` is the
    share of them graded requires improvement or worse. `kappa` is the linear weighted kappa of
    grade and score, the forces being allotted to grades by the rank of their score; `gamma` Goodman
    and Kruskal's, of score and grade; `auc` the chance that a force graded requires improvement or
    worse scored above one that was not. Each has a 95 % interval from a bootstrap over forces,
    which is too short where few forces have a bad grade; `p` is of gamma, from shuffled grades,
    and holds there too. `last_grade_kappa` is that of the last cycle's grade carried forward, over
    `last_grade_n` forces. `data_cutoff` is the month in which fieldwork began: what was used had
    been published before; `data_to` is the last month that any of it is about, `cutoff_confidence`
    the weakest mark among the dates that this rests on. `carried_over` counts forces left out
    because their grade was carried over, `incomplete` those whose set of grades is not complete,
    `no_figure` those without a figure.
    """

    cycle: str
    question: str
    scope: str
    score: Score
    n: int
    base_rate: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    last_grade_kappa: float | None
    last_grade_n: int
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    gamma: float | None
    gamma_low: float | None
    gamma_high: float | None
    p: float | None
    data_cutoff: str
    data_to: str
    cutoff_confidence: str
    carried_over: int
    incomplete: int
    no_figure: int
    indicators: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class LeftOut:
    """What was not tested, and why; `score` is empty where it holds of both."""

    cycle: str
    question: str
    score: str
    why: str


@dataclass(frozen=True)
class Backtest:
    """All tests, in the order of cycles and of their pillars and questions, and what was not."""

    rows: tuple[Row, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def tested(self) -> int:
        """How many rows have a p."""
        return sum(row.p is not None for row in self.rows)

    @property
    def below(self) -> int:
        """How many rows have p below 0.05: of N tested, N/20 would by chance alone."""
        return sum(row.p is not None and row.p < 0.05 for row in self.rows)

    @property
    def apart(self) -> tuple[int, int]:
        """How many intervals of kappa exclude 0, and how many of the AUC exclude ½."""
        return (
            sum(_excludes(row.kappa_low, row.kappa_high, 0) for row in self.rows),
            sum(_excludes(row.auc_low, row.auc_high, 0.5) for row in self.rows),
        )


def _excludes(low: float | None, high: float | None, null: float) -> bool:
    return low is not None and high is not None and not low <= null <= high
