"""One force among others, and against a standard: outliers, disparities, breaches."""

from datetime import date
from typing import Literal

import numpy as np

from openpeel.monitoring.comparing import Compared
from openpeel.monitoring.doubts import doubted
from openpeel.monitoring.scales import countable, expected
from openpeel.monitoring.screening import YEAR, Screen
from openpeel.monitoring.signal import Direction, Floats, Kind, Signal, Tests, reading_of
from openpeel.reference import Period
from openpeel.signals.breach import breach
from openpeel.signals.outliers import Outliers, outliers

FEWEST_EXPECTED = 10
"""Events expected below which nothing is said of a figure: with fewer, chance alone would make a
force best one year and worst the next."""


def tests_of_outliers(screen: Screen) -> list[Tests]:
    """Each force against the others over the newest year: none where chance has no part in it."""
    it, yearly = screen.indicator, screen.yearly
    if yearly is None or not it.chance or it.unit not in ("rate", "share", "ratio"):
        return []
    shown = yearly.where(yearly.reason == "")
    if not len(shown):
        return []
    found: Outliers | Compared | None
    if shown.groups:
        sound = countable(it, shown.numerator, shown.denominator)
        n, d = (np.where(sound, a, np.nan) for a in (shown.numerator, shown.denominator))
        reference = shown.groups.reference
        # Under 10 events in either group have no figure.
        found = outliers(np.log(n / d), 1 / n + 1 / reference)
        usual = float(np.exp(found.centre))
        enough = _of_two_groups(n, reference, d * usual) >= FEWEST_EXPECTED
    else:
        found = screen.among
        usual = found.centre if found else np.nan
        enough = expected(it, usual, shown.denominator) >= FEWEST_EXPECTED
    if found is None or not np.isfinite(usual):
        return []
    kind: Kind = "disparity" if it.unit == "ratio" else "outlier"
    others = int(np.isfinite(found.p).sum()) - 1

    def signal(row: int) -> Signal:
        direction: Direction = "up" if found.z[row] > 0 else "down"
        return Signal(
            force_id=str(shown.area[row]),
            indicator=it.id,
            table=it.table,
            kind=kind,
            direction=direction,
            reading=reading_of(direction, it.polarity),
            period=str(screen.window),
            value=float(shown.value[row]),
            usual=usual * it.per,
            statistic=float(found.z[row]),
            p=float(found.p[row]),
            convention=(f"z against the other {others} forces, random effects, Huber's proposal 2"),
        )

    p = np.where(enough, found.p, np.nan)
    z = np.where(enough, found.z, np.nan)
    return [Tests(it.id, it.table, kind, tuple(map(str, shown.area)), p, signal, z)]


def _of_two_groups(events: Floats, reference: Floats, usual: Floats) -> Floats:
    """Events expected of the group with fewer, of as many as both have, at the usual ratio.

    `usual` are the group's events at that ratio for so many of the reference's as there are.
    """
    share = usual / (usual + reference)
    return (events + reference) * np.minimum(share, 1 - share)


def tests_of_breaches(screen: Screen) -> list[Tests]:
    """Each force's newest period, of a year, against the standard in force when it began."""
    it = screen.indicator
    if it.unit not in ("share", "rate") or it.polarity == "none" or not it.standards:
        return []
    periods = screen.periods[-max(1, YEAR // it.period.every) :]
    events, base = (
        screen.observed.grid(screen.areas, periods, of) for of in ("numerator", "denominator")
    )
    sound = countable(it, events, base) & ~doubted(screen.doubts, screen.areas, periods)
    unit: Literal["share", "rate"] = "share" if it.unit == "share" else "rate"
    goals = np.array([_standard(screen, period) for period in periods])
    # A standard of all, or of none, is no matter of chance: one event breaks it.
    sound &= (goals > 0) & ((goals < 1) | (unit == "rate"))
    rows = np.flatnonzero(sound.any(axis=1))
    if not len(rows):
        return []
    at = len(periods) - 1 - sound[rows, ::-1].argmax(axis=1)
    n, d, goal = events[rows, at], base[rows, at], goals[at]
    found = breach(n, d, goal, kind=unit, better=it.polarity)
    p = np.where(expected(it, goal, d) >= FEWEST_EXPECTED, found.p, np.nan)

    def signal(row: int) -> Signal:
        direction: Direction = "down" if it.polarity == "higher" else "up"
        standard = it.standard_on(_begins(periods[at[row]]))
        assert standard is not None
        return Signal(
            force_id=screen.areas[rows[row]],
            indicator=it.id,
            table=it.table,
            kind="breach",
            direction=direction,
            reading="concern",
            period=periods[at[row]],
            value=float(found.value[row]) * it.per,
            usual=standard.value,
            statistic=float(found.probability[row]),
            p=float(found.p[row]),
            convention="exact test that the standard is met; statistic: probability of a breach",
            caution=(
                f"Standard: {standard.source}. Events are taken as independent; those that wait in "
                "one queue are not, and then it is less sure than it looks."
            ),
        )

    return [Tests(it.id, it.table, "breach", tuple(screen.areas[r] for r in rows), p, signal)]


def _standard(screen: Screen, period: str) -> float:
    """The standard in force when a period began, per event; NaN where there was none."""
    found = screen.indicator.standard_on(_begins(period))
    return found.value / screen.indicator.per if found else np.nan


def _begins(period: str) -> date:
    year, month = divmod(Period.parse(period).start, 12)
    return date(year, month + 1, 1)
