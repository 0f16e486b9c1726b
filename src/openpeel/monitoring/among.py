"""One force among others, and against a standard: outliers, disparities, breaches."""

from datetime import date
from typing import Literal

import numpy as np

from openpeel.monitoring.screening import Screen
from openpeel.monitoring.signal import Direction, Kind, Signal, Tests, reading_of
from openpeel.signals.breach import breach
from openpeel.signals.outliers import outliers

FEWEST_EXPECTED = 10
"""Events expected below which a force is not held against others: chance alone would make it best
one year and worst the next."""


def tests_of_outliers(screen: Screen) -> list[Tests]:
    """Each force against the others over the newest year: none where chance has no part in it."""
    it, yearly = screen.indicator, screen.yearly
    if yearly is None or not it.chance or it.unit not in ("rate", "share", "ratio"):
        return []
    sound = yearly.where(yearly.reason == "")
    n, d = sound.numerator, sound.denominator
    if not len(sound) or (n < 0).any() or (d <= 0).any():
        return []
    if it.unit == "share":
        estimate, variance = np.log((n + 0.5) / (d - n + 0.5)), 1 / (n + 0.5) + 1 / (d - n + 0.5)
    elif sound.groups is not None:
        estimate = np.log(n / d)
        variance = 1 / n + 1 / sound.groups.reference
    else:
        estimate, variance = np.log((n + 0.5) / d), 1 / (n + 0.5)
    found = outliers(estimate, variance)
    if not np.isfinite(found.centre):
        return []
    usual = float(np.exp(found.centre))
    usual = usual / (1 + usual) if it.unit == "share" else usual
    expected = d * np.minimum(usual, 1 - usual) if it.unit == "share" else d * usual
    enough = expected >= FEWEST_EXPECTED
    kind: Kind = "disparity" if it.unit == "ratio" else "outlier"

    def signal(row: int) -> Signal:
        direction: Direction = "up" if found.z[row] > 0 else "down"
        return Signal(
            force_id=str(sound.area[row]),
            indicator=it.id,
            table=it.table,
            kind=kind,
            direction=direction,
            reading=reading_of(direction, it.polarity),
            period=str(screen.window),
            value=float(sound.value[row]),
            usual=usual * it.per,
            statistic=float(found.z[row]),
            p=float(found.p[row]),
            convention=(
                f"z against the other {len(sound) - 1} forces, random effects, Huber's proposal 2"
            ),
        )

    p = np.where(enough, found.p, np.nan)
    z = np.where(enough, found.z, np.nan)
    return [Tests(it.id, it.table, kind, tuple(map(str, sound.area)), p, signal, z)]


def tests_of_breaches(screen: Screen, today: date) -> list[Tests]:
    """Each force's newest period against the standard in force."""
    it, standard = screen.indicator, screen.indicator.standard_on(today)
    if standard is None or it.unit not in ("share", "rate") or it.polarity == "none":
        return []
    period = screen.periods[-1]
    sound = screen.observed.where(
        (screen.observed.period == period) & (screen.observed.reason == "")
    )
    share: Literal["share", "rate"] = "share" if it.unit == "share" else "rate"
    found = breach(
        sound.numerator,
        sound.denominator,
        standard.value / it.per,
        kind=share,
        better=it.polarity,
    )

    def signal(row: int) -> Signal:
        direction: Direction = "down" if it.polarity == "higher" else "up"
        return Signal(
            force_id=str(sound.area[row]),
            indicator=it.id,
            table=it.table,
            kind="breach",
            direction=direction,
            reading="concern",
            period=period,
            value=float(sound.value[row]),
            usual=standard.value,
            statistic=float(found.probability[row]),
            p=float(found.p[row]),
            convention="exact test that the standard is met; statistic: probability of a breach",
            caution=f"Standard: {standard.source}.",
        )

    return [Tests(it.id, it.table, "breach", tuple(map(str, sound.area)), found.p, signal)]
