"""From observations, charts and comparisons of all forces to the figures of one."""

from dataclasses import replace
from datetime import date

import numpy as np

from openpeel.indicators import Indicator, Observations, table_periods
from openpeel.lake import Column, SliceId, Snapshot
from openpeel.monitoring import CONVENTION, FEWEST_COMPARED, Screen
from openpeel.profiles.views import Disparity, Figure, Origin, Point, Position, Trend
from openpeel.reference import Force, Period, forces, months_between
from openpeel.signals.disparity import rate_ratio
from openpeel.signals.outliers import FEWEST_UNITS
from openpeel.signals.xmr import SHORT, Reading, Rule, XmR
from openpeel.sources import contract

_RULES = {
    Rule.ABOVE_LIMIT: "above the upper limit",
    Rule.BELOW_LIMIT: "below the lower limit",
    Rule.TREND_UP: "part of a rise of seven or more",
    Rule.TREND_DOWN: "part of a fall of seven or more",
    Rule.TWO_OF_THREE_ABOVE: "two of three near the upper limit",
    Rule.TWO_OF_THREE_BELOW: "two of three near the lower limit",
    Rule.SHIFT_ABOVE: "part of seven or more in a row above the mean",
    Rule.SHIFT_BELOW: "part of seven or more in a row below the mean",
}


def figure(indicator: Indicator, observations: Observations, at: int) -> Figure:
    """The observation at a position, as a figure."""
    period = str(observations.period[at])
    return Figure(
        period=period,
        period_label=Period.parse(period).label,
        value=_number(observations.value[at]),
        numerator=_number(observations.numerator[at]),
        denominator=_number(observations.denominator[at]),
        denominator_year=str(observations.denominator_year[at]),
        unresolved=_number(observations.unresolved[at]),
        reason=str(observations.reason[at]),
        disparity=_disparity(indicator, observations, at),
    )


def _disparity(indicator: Indicator, observations: Observations, at: int) -> Disparity | None:
    pair, groups = indicator.disparity, observations.groups
    if pair is None or groups is None or observations.reason[at]:
        return None
    events, residents = float(observations.numerator[at]), float(groups.residents[at])
    reference = float(groups.reference[at]), float(groups.reference_residents[at])
    made = rate_ratio(events, residents, *reference, float(groups.not_stated[at]))
    return Disparity(
        group=pair.group,
        events=events,
        residents=residents,
        reference=pair.reference,
        reference_events=reference[0],
        reference_residents=reference[1],
        not_stated=float(groups.not_stated[at] / groups.events[at]),
        lower=_number(float(made.lower)),
        upper=_number(float(made.upper)),
        least=_number(float(made.least)),
        most=_number(float(made.most)),
    )


def latest(indicator: Indicator, observed: Observations) -> Figure | None:
    """The newest period of one force that has a value; None where none has."""
    sound = np.flatnonzero(observed.reason == "")
    return figure(indicator, observed, int(sound[-1])) if len(sound) else None


def trend(screen: Screen, force: Force) -> Trend | None:
    """The force's periods and what their chart says; None where there are none."""
    row, kind = screen.row(force.id), period_word(screen.indicator.period)
    points = _points(screen, row, force)
    observed = [p for p in points if p.value is not None and not p.doubt]
    if not observed:
        return None
    last, chart = observed[-1], screen.chart
    if chart is None or last.mean is None:
        state = (
            _unlimited(screen.indicator)
            if chart is None
            else f"no limits: too few {kind}s follow one another"
        )
        return Trend(state, "no-limits", "", "", "", points, kind)
    since = _since(chart, row, screen.periods, screen.periods.index(last.period))
    if last.rule:
        state = last.rule if since == last.period else f"{last.rule}, since {_label(since)}"
    elif last.upper is None:
        state = f"no limits: too few {kind}s follow one another"
    else:
        state = f"no signal in the newest {kind}"
    group = chart.group[row]
    newest = group[screen.periods.index(last.period)]
    behind = [p for p in observed if group[screen.periods.index(p.period)] == newest]
    season = "know nothing of season" if screen.movement is None else "follow what all forces did"
    cautions = [f"limits rest on {len(behind)} {kind}s and {season}"]
    if len(behind) < SHORT:
        cautions.append(f"fewer than {SHORT} {kind}s: provisional")
    anew = [(p.period, "the definition changed") for p in points if p.change]
    anew += [
        (b.begins, f"{b.reason} ({b.author}, {b.decided})")
        for b in screen.baselines
        if b.force_id in ("", force.id)
    ]
    cautions += [f"they begin anew with {_label(p)}: {why}" for p, why in sorted(anew)]
    return Trend(
        state=state,
        reading=last.reading,
        since=since if last.rule else "",
        convention=f"XmR, {chart.convention.name}: 2.66 mean moving ranges, screened; 7-point runs",
        caution="; ".join(cautions),
        points=points,
        kind=kind,
    )


def _points(screen: Screen, row: int, force: Force) -> tuple[Point, ...]:
    chart, points = screen.chart, []
    own = _intervals(screen, force)
    for i, period in enumerate(screen.periods):
        low, high = own.get(period, (None, None))
        changed = [c.what for c in screen.changes.get(period, ()) if c.touches(force.id)]
        doubt = screen.doubts.get((force.id, period))
        rule = Rule(int(chart.rule[row, i])) if chart else Rule.NO_LIMITS
        reading = Reading(int(chart.reading[row, i])) if chart else Reading.NO_LIMITS
        points.append(
            Point(
                period=period,
                value=_number(screen.values[row, i]),
                lower=_number(chart.lower[row, i]) if chart else low,
                mean=_number(chart.mean[row, i]) if chart else None,
                upper=_number(chart.upper[row, i]) if chart else high,
                rule=_RULES.get(rule, ""),
                reading=reading.name.lower().replace("_", "-"),
                doubt=doubt.reason if doubt else "",
                change=" ".join(changed),
            )
        )
    return tuple(points)


def _intervals(screen: Screen, force: Force) -> dict[str, tuple[float | None, float | None]]:
    """Of a ratio, the interval of each of the force's periods."""
    if screen.indicator.disparity is None:
        return {}
    mine = screen.observed.of(force.id)
    found = (_disparity(screen.indicator, mine, i) for i in range(len(mine)))
    return {
        str(period): (told.lower, told.upper)
        for period, told in zip(mine.period, found, strict=True)
        if told
    }


def _unlimited(indicator: Indicator) -> str:
    """Why no limits are drawn, in words."""
    if not indicator.chance:
        return "no limits: people decide it, it is not left to chance"
    if indicator.unit == "ratio":
        return "no limits: it has an interval of its own"
    return "no limits: one figure a year, each close to the one before"


def _uncompared(screen: Screen) -> str:
    """Why no limits are drawn among forces, in words."""
    it = screen.indicator
    if not it.chance or it.unit == "ratio":
        return _unlimited(it)
    if it.unit not in ("rate", "share"):
        return "no limits: an average, of which nobody said how far chance moves it"
    if len(screen.compared) < FEWEST_UNITS:
        return f"no limits: fewer than {FEWEST_UNITS} forces have a figure"
    return "no limits: nothing was counted in any force"


def period_word(column: Column) -> str:
    """What a period of a table is called, by its column: month, quarter, year, or count."""
    length = {"month": 1, "quarter": 3}.get(column.period, 12)
    return "count" if column.every > length else {1: "month", 3: "quarter"}.get(length, "year")


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


def _since(chart: XmR, row: int, periods: tuple[str, ...], at: int) -> str:
    """The first period of the unbroken run in which the rule of the one at `at` holds."""
    rule = Rule(int(chart.rule[row, at]))
    if rule not in _RUNS:
        return periods[at]
    holds = getattr(chart, _RUNS[rule])[row, : at + 1]
    broken = np.flatnonzero(~holds)
    return periods[int(broken[-1]) + 1 if len(broken) else 0]


def position(screen: Screen, force: Force, similar: tuple[str, ...], basis: str) -> Position | None:
    """Where the force stands over the screen's window.

    None where it has no figure there, and for a count: forces differ in size.
    """
    if screen.window is None or force.id not in screen.compared or screen.yearly is None:
        return None
    if screen.indicator.unit == "count" or len(screen.compared) < FEWEST_COMPARED:
        return None
    judged, per = screen.among, screen.indicator.per
    place = {str(area): n for n, area in enumerate(screen.yearly.area)}
    values = screen.yearly.value[[place[area] for area in screen.compared]]
    i = screen.compared.index(force.id)
    peers = tuple(p for p in similar if p in screen.compared)
    of_peers = [values[screen.compared.index(p)] for p in peers]
    among = Position(
        window=str(screen.window),
        window_label=screen.window.label,
        forces=len(screen.compared),
        median=float(np.median(values)),
        peers=peers,
        peer_median=float(np.median(of_peers)) if of_peers else None,
        peer_basis=basis,
        lower=None,
        upper=None,
        outside=0,
        far=0,
        reading="no-limits",
        state=_uncompared(screen),
        convention="no limits",
        lacking=tuple(f.id for f in forces() if f.id not in screen.compared),
    )
    if judged is None:
        return among
    outside = int(judged.outside(0.95)[i])
    far = int(judged.outside(0.998)[i])
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
    return replace(
        among,
        lower=float(judged.lower_95[i]) * per,
        upper=float(judged.upper_95[i]) * per,
        outside=outside,
        far=far,
        reading=reading,
        state=f"{side} the {limit} limits" if outside else "within the 95 % limits",
        convention=CONVENTION,
    )


def origins(
    snapshot: Snapshot, indicator: Indicator, area: str, shown: Figure
) -> tuple[Origin, ...]:
    """The slices behind a figure, its population included, with their files."""
    cut = contract(indicator.table)
    by_period = cut.partition == indicator.period.name
    names = [
        SliceId(cut.table, period, area) if by_period else SliceId(cut.table, "", period)
        for period in table_periods(indicator, Period.parse(shown.period))
    ]
    if shown.denominator_year:
        names.append(SliceId(indicator.base, "", shown.denominator_year))
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


def residents_of(indicator: Indicator, year: str) -> str:
    """Whose residents a figure was made with, as a sentence."""
    if indicator.disparity:
        return f"Residents by ethnic group are of the census of {year}, the nearest loaded."
    return f"Residents are of mid-{year}, the nearest mid-year loaded."


def age_in_months(period: str, today: date) -> int:
    """Whole months from the end of a period to a day."""
    return months_between(Period.parse(period).last_month, f"{today:%Y-%m}")


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _label(period: str) -> str:
    return Period.parse(period).label
