"""The one object that every face shows: a force assembled from all that the lake holds of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from openpeel.monitoring import Doubt, Signal, Together
from openpeel.profiles.findings import Event, Finding
from openpeel.profiles.judgments import Judgment
from openpeel.profiles.publications import Publication
from openpeel.profiles.views import IndicatorView
from openpeel.reference import Force
from openpeel.sources import Break, Gap


@dataclass(frozen=True)
class CycleView:
    """A cycle's published judgments of one force, and whether it may be held against the last.

    `published` is when its grades came out, as far as known. `comparison` says what may be
    compared with the cycle before (in this profile), and why not where it may not.
    """

    cycle: str
    title: str
    published: str
    comparable: bool
    comparison: str
    judgments: tuple[Judgment, ...]


@dataclass(frozen=True)
class QuestionView:
    """A question of the current cycle: its judgment, and the indicators that inform it.

    The last may have no id: it holds the indicators that inform questions of other cycles alone.
    `current` have a figure newer than the cycle's beginning, `historical` an older one only;
    `missing` have none, each with its reason. `note` says what nothing published can tell.
    """

    question: str
    name: str
    judgment: Judgment | None
    current: tuple[IndicatorView, ...]
    historical: tuple[IndicatorView, ...]
    missing: tuple[IndicatorView, ...]
    note: str


@dataclass(frozen=True)
class CoverageView:
    """How much of a table is there for a force, between the first and last period of the lake.

    `kind` is what a period is called; `changes` are those of definition within that time.
    """

    table: str
    title: str
    kind: str
    first: str
    last: str
    complete: int
    partial: int
    absent: int
    gaps: tuple[Gap, ...]
    changes: tuple[Break, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SignalsView:
    """What survived testing, of one force: `signals` with the least q first, `beyond` more of them.

    `tests` were made of this force, `all_tests` of all; `rate` is the false-discovery rate.
    `together` are the statements by question.
    """

    signals: tuple[Signal, ...]
    together: tuple[Together, ...]
    beyond: int
    tests: int
    all_tests: int
    rate: float


@dataclass(frozen=True)
class Profile:
    """A force at one vintage. Published by `publisher`, which is not the inspectorate.

    `cycles`, `findings` and `events` are collected from public sources; `publications` came from
    the records, the newest first.
    """

    force: Force
    snapshot: int
    created: str
    today: str
    publisher: str
    cycles: tuple[CycleView, ...]
    questions: tuple[QuestionView, ...]
    findings: tuple[Finding, ...]
    events: tuple[Event, ...]
    publications: tuple[Publication, ...]
    coverage: tuple[CoverageView, ...]
    doubts: tuple[Doubt, ...]
    signals: SignalsView

    @property
    def indicators(self) -> tuple[IndicatorView, ...]:
        """All indicators that have a figure, in the order of the questions; each once."""
        return _once(v for q in self.questions for v in (*q.current, *q.historical))

    @property
    def missing(self) -> tuple[IndicatorView, ...]:
        """All indicators without a figure; each once."""
        return _once(v for q in self.questions for v in q.missing)


def _once(views: Iterable[IndicatorView]) -> tuple[IndicatorView, ...]:
    """An indicator that informs several questions stands under each, and counts once."""
    return tuple({v.indicator.id: v for v in views}.values())


@dataclass(frozen=True)
class ComparedForce:
    """A force's figure over the window of a comparison; None with the reason where there is none.

    `outside` and `far` are against the 95 % and 99.8 % limits after over-dispersion: -1, 0 or 1.
    """

    force: Force
    value: float | None
    numerator: float | None
    denominator: float | None
    lower: float | None
    upper: float | None
    outside: int
    far: int
    reason: str


@dataclass(frozen=True)
class Comparison:
    """An indicator over all forces, in the order of their names: never a rank.

    `limits` names what the forces' lower and upper are: limits that all are held against, or, of a
    ratio, each force's own interval. `residents` says of when those are that it was made with.
    """

    indicator: str
    title: str
    unit: str
    per: int
    polarity: str
    window: str
    window_label: str
    usual: float | None
    median: float | None
    limits: str
    convention: str
    snapshot: int
    created: str
    publisher: str
    forces: tuple[ComparedForce, ...]
    lacking: tuple[str, ...]
    residents: tuple[str, ...]
    caveats: tuple[str, ...]
