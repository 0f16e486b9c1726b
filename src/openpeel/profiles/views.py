"""The shapes of an indicator for one force, as every face shows them."""

from dataclasses import dataclass

from openpeel.indicators import Indicator
from openpeel.monitoring import Signal


@dataclass(frozen=True)
class Disparity:
    """What a ratio of two groups' rates was made of, and how sure it is.

    `lower` and `upper` are the 95 % interval for chance (None: without bound), `least` and `most`
    the ratios if all events of unknown group were the reference group's, or the group's;
    `not_stated` is the share of all events that those are.
    """

    group: str
    events: float
    residents: float
    reference: str
    reference_events: float
    reference_residents: float
    not_stated: float
    lower: float | None
    upper: float | None
    least: float | None
    most: float | None


@dataclass(frozen=True)
class Figure:
    """One number with all it was made of; `value` is None where `reason` says why there is none.

    `unresolved` is the share of the denominator that may still change, None where that has no
    meaning. `denominator_year` is that of the residents, else ''. `disparity` is there where the
    figure is a ratio of two groups' rates and has a value.
    """

    period: str
    period_label: str
    value: float | None
    numerator: float | None
    denominator: float | None
    denominator_year: str
    unresolved: float | None
    reason: str
    disparity: Disparity | None = None


@dataclass(frozen=True)
class Point:
    """One period on a force's chart: value (None: a gap), limits, the rule it meets, if any.

    Without a mean, `lower` and `upper` are the value's own interval, of a ratio.
    `change` says what is defined otherwise from this period on.
    """

    period: str
    value: float | None
    lower: float | None
    mean: float | None
    upper: float | None
    rule: str
    reading: str
    doubt: str
    change: str = ""


@dataclass(frozen=True)
class Trend:
    """The shown periods, and what their XmR chart says by the convention named ('': no chart).

    `kind` is what a period is called: month, quarter, year or count. `state` is a plain phrase;
    `reading` is 'improvement', 'concern', 'neutral', 'common' (no signal) or 'no-limits', of the
    newest point. `caution` says what the limits do not know.
    """

    state: str
    reading: str
    since: str
    convention: str
    caution: str
    points: tuple[Point, ...]
    kind: str


@dataclass(frozen=True)
class Position:
    """Where a force stands among those that have the figure over the same time.

    `lower` and `upper` are None, and `state` says why, where limits would mean nothing. `outside`
    is -1 below, +1 above, 0 within the 95 % limits after over-dispersion; `far` the same for
    99.8 %. `reading` turns it into better or worse where the indicator says which is which.
    `peers` are the similar forces that have the figure, `peer_median` theirs; `lacking` are the
    forces without one.
    """

    window: str
    window_label: str
    forces: int
    median: float
    peers: tuple[str, ...]
    peer_median: float | None
    peer_basis: str
    lower: float | None
    upper: float | None
    outside: int
    far: int
    reading: str
    state: str
    convention: str
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Origin:
    """Where a figure's rows came from: the lake table, its slice, and the file."""

    table: str
    version: int
    partition: str
    key: str
    file: str
    member: str
    sha256: str
    publisher: str
    licence: str
    publisher_file: bool
    snapshot: int


@dataclass(frozen=True)
class IndicatorView:
    """An indicator for one force: newest figure, the year's figure, trend, position, provenance.

    `against` is the earlier figure that the definition holds the newest against. `historical` says
    that its newest figure is older than the cycle. `missing` says why there is no figure at all,
    `doubt` why the newest should not be read as it stands. `signals` are those that survived
    testing.
    """

    indicator: Indicator
    latest: Figure | None
    year: Figure | None
    age_months: int | None
    historical: bool
    standard: str
    trend: Trend | None
    position: Position | None
    provenance: tuple[Origin, ...]
    missing: str
    doubt: str = ""
    against: Figure | None = None
    signals: tuple[Signal, ...] = ()
