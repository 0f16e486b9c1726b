"""The figures of an indicator for one force, as every face shows them."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from openpeel.indicators import Indicator, Observations
from openpeel.lake import SliceId, Snapshot
from openpeel.monitoring import Screen
from openpeel.reference import Force, Period, forces, months_between
from openpeel.signals.xmr import SHORT, Reading, Rule, XmR


@dataclass(frozen=True)
class Figure:
    """One number with all it was made of; `value` is None where `reason` says why there is none.

    `unresolved` is the share of the denominator that may still change, None where that has no
    meaning. `denominator_year` is the mid-year of a population, else ''.
    """

    period: str
    period_label: str
    value: float | None
    numerator: float
    denominator: float | None
    denominator_year: str
    unresolved: float | None
    reason: str


@dataclass(frozen=True)
class Point:
    """One month on a force's chart: value (None: a gap), limits, the rule it meets, if any."""

    period: str
    value: float | None
    lower: float | None
    mean: float | None
    upper: float | None
    rule: str
    reading: str
    doubt: str


@dataclass(frozen=True)
class Trend:
    """What the XmR chart of the shown months says, by the convention named.

    `state` is a plain phrase; `reading` is 'improvement', 'concern', 'neutral', 'common' (no
    signal) or 'no-limits', of the newest point. `caution` says what the limits do not know.
    """

    state: str
    reading: str
    since: str
    convention: str
    caution: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Position:
    """Where a force stands among those that have the figure over the same months.

    `outside` is -1 below, +1 above, 0 within the 95 % limits after over-dispersion; `far` the same
    for 99.8 %. `reading` turns it into better or worse where the indicator says which is which.
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
    lower: float
    upper: float
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

    `historical` says that its newest figure is older than the cycle. `missing` says why there is no
    figure at all, `doubt` why the newest should not be read as it stands.
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


_RULES = {
    Rule.ABOVE_LIMIT: "above the upper limit",
    Rule.BELOW_LIMIT: "below the lower limit",
    Rule.TREND_UP: "part of a rise of seven months or more",
    Rule.TREND_DOWN: "part of a fall of seven months or more",
    Rule.TWO_OF_THREE_ABOVE: "two of three near the upper limit",
    Rule.TWO_OF_THREE_BELOW: "two of three near the lower limit",
    Rule.SHIFT_ABOVE: "part of seven months or more above the mean",
    Rule.SHIFT_BELOW: "part of seven months or more below the mean",
}


def figure(observations: Observations, at: int) -> Figure:
    """The observation at a position, as a figure."""
    period = str(observations.period[at])
    return Figure(
        period=period,
        period_label=Period.parse(period).label,
        value=_number(observations.value[at]),
        numerator=float(observations.numerator[at]),
        denominator=_number(observations.denominator[at]),
        denominator_year=str(observations.denominator_year[at]),
        unresolved=_number(observations.unresolved[at]),
        reason=str(observations.reason[at]),
    )


def latest(monthly: Observations) -> Figure | None:
    """The newest month of one force that has a value; None where no month has."""
    sound = np.flatnonzero(monthly.reason == "")
    return figure(monthly, int(sound[-1])) if len(sound) else None


def trend(screen: Screen, force: Force) -> Trend | None:
    """The force's chart in words; None where there is none."""
    if screen.chart is None or np.isnan(screen.values[screen.row(force.id)]).all():
        return None
    chart, row = screen.chart, screen.row(force.id)
    points = []
    for i, month in enumerate(screen.months):
        rule = Rule(int(chart.rule[row, i]))
        doubt = screen.doubts.get((force.id, month))
        points.append(
            Point(
                period=month,
                value=_number(screen.values[row, i]),
                lower=_number(chart.lower[row, i]),
                mean=_number(chart.mean[row, i]),
                upper=_number(chart.upper[row, i]),
                rule=_RULES.get(rule, ""),
                reading=Reading(int(chart.reading[row, i])).name.lower().replace("_", "-"),
                doubt=doubt.reason if doubt else "",
            )
        )
    observed = [p for p in points if p.value is not None and not p.doubt]
    if not observed or observed[-1].mean is None:
        return None
    last = observed[-1]
    since = _since(chart, row, screen.months, screen.months.index(last.period))
    if last.rule:
        state = last.rule if since == last.period else f"{last.rule}, since {_label(since)}"
    elif last.upper is None:
        state = "no limits: too few months follow one another"
    else:
        state = "no signal in the newest month"
    cautions = [f"limits rest on {len(observed)} months and know nothing of season"]
    if len(observed) < SHORT:
        cautions.append(f"fewer than {SHORT} months: provisional")
    return Trend(
        state=state,
        reading=last.reading,
        since=since if last.rule else "",
        convention=f"XmR, {chart.convention.name}: 2.66 mean moving ranges, screened; 7-point runs",
        caution="; ".join(cautions),
        points=tuple(points),
    )


_RUNS = {
    Rule.ABOVE_LIMIT: "above",
    Rule.BELOW_LIMIT: "below",
    Rule.TREND_UP: "trend_up",
    Rule.TREND_DOWN: "trend_down",
    Rule.TWO_OF_THREE_ABOVE: "two_of_three",
    Rule.TWO_OF_THREE_BELOW: "two_of_three",
    Rule.SHIFT_ABOVE: "shift_above",
    Rule.SHIFT_BELOW: "shift_below",
}


def _since(chart: XmR, row: int, months: tuple[str, ...], at: int) -> str:
    """The first month of the unbroken run in which the rule of the month at `at` holds."""
    rule = Rule(int(chart.rule[row, at]))
    if rule not in _RUNS:
        return months[at]
    holds = getattr(chart, _RUNS[rule])[row, : at + 1]
    broken = np.flatnonzero(~holds)
    return months[int(broken[-1]) + 1 if len(broken) else 0]


def position(screen: Screen, force: Force, similar: tuple[str, ...], basis: str) -> Position | None:
    """Where the force stands over the screen's window; None where it has no figure there."""
    judged = screen.funnel
    if judged is None or judged.adjusted is None or force.id not in screen.compared:
        return None
    assert screen.window is not None
    assert judged.recipe is not None
    i, per = screen.compared.index(force.id), screen.indicator.per
    peers = tuple(p for p in similar if p in screen.compared)
    values = judged.value * per
    of_peers = [values[screen.compared.index(p)] for p in peers]
    outside = int(judged.adjusted.outlier_95[i])
    far = int(judged.adjusted.outlier_998[i])
    better = {"higher": 1, "lower": -1, "none": 0}[screen.indicator.polarity]
    reading = (
        "common"
        if not outside
        else "neutral"
        if not better
        else "improvement"
        if outside == better
        else "concern"
    )
    side = {1: "above", -1: "below", 0: "within"}[outside]
    limit = "99.8 %" if far else "95 %"
    recipe = judged.recipe.name
    return Position(
        window=str(screen.window),
        window_label=screen.window.label,
        forces=len(screen.compared),
        median=float(np.median(values)),
        peers=peers,
        peer_median=float(np.median(of_peers)) if of_peers else None,
        peer_basis=basis,
        lower=float(judged.adjusted.lower_95[i]) * per,
        upper=float(judged.adjusted.upper_95[i]) * per,
        outside=outside,
        far=far,
        reading=reading,
        state=f"{side} the {limit} limits" if outside else "within the 95 % limits",
        convention=f"funnel around the pooled value, additive over-dispersion, {recipe}",
        lacking=tuple(f.id for f in forces() if f.id not in screen.compared),
    )


def origins(
    snapshot: Snapshot, indicator: Indicator, area: str, shown: Figure
) -> tuple[Origin, ...]:
    """The slices behind a figure, its population included, with their files."""
    names = [SliceId(indicator.table, m, area) for m in Period.parse(shown.period).months]
    if shown.denominator_year:
        names.append(SliceId("population", "", shown.denominator_year))
    found = [held for name in sorted(names) if (held := snapshot.held.get(name)) is not None]
    return tuple(
        Origin(
            table=held.id.table,
            version=snapshot.tables[held.id.table],
            partition=held.id.partition,
            key=held.id.key,
            file=held.origin.file,
            member=held.origin.member,
            sha256=held.origin.sha256,
            publisher=held.origin.publisher,
            licence=held.origin.licence,
            publisher_file=held.origin.publisher_file,
            snapshot=held.snapshot,
        )
        for held in found
        if held.status == "loaded"
    )


def age_in_months(period: str, today: date) -> int:
    """Whole months from the end of a period to a day."""
    return months_between(Period.parse(period).last_month, f"{today:%Y-%m}")


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _label(month: str) -> str:
    return Period.parse(month).label
