"""Revisions between two vintages: figures that changed by more than those of other forces did."""

import numpy as np
from numpy.typing import NDArray

from openpeel.monitoring.among import FEWEST_EXPECTED
from openpeel.monitoring.scales import countable, expected, scaled
from openpeel.monitoring.screening import YEAR, Screen, Screened
from openpeel.monitoring.signal import Floats, Signal, Tests
from openpeel.reference import Period
from openpeel.signals.outliers import outliers


def tests_of_revisions(now: Screened, before: Screened) -> list[Tests]:
    """Whether each force's figures of a year were revised unlike those of all others.

    The same periods at the same two vintages are of the same age for all, so what maturing does to
    every force is what a force is held against. A revision that is less than what two counts of
    the same thing differ by through chance is none; one p for all the years of an indicator.
    """
    made = []
    for name, screen in before.screens.items():
        it = screen.indicator
        if name not in now.screens or it.unit in ("ratio", "mean") or not screen.periods:
            continue
        if found := _tests(now.screens[name], screen, before.snapshot.id):
            made.append(found)
    return made


def _tests(now: Screen, before: Screen, since: int) -> Tests | None:
    it, periods = before.indicator, before.periods
    step = min(len(periods), max(1, YEAR // it.period.every))
    events, bases = [], []
    for screen in (before, now):
        n = screen.observed.grid(before.areas, periods, "numerator")
        d = np.ones_like(n)
        if it.unit != "count":
            d = screen.observed.grid(before.areas, periods, "denominator")
        events.append(n)
        bases.append(d)
    sound = np.all([countable(it, *both) for both in zip(events, bases, strict=True)], axis=0)
    # A rate whose residents were counted anew was not revised: what was counted is compared.
    bases = bases if it.unit == "share" else bases[:1] * 2
    starts = range(len(periods) % step, len(periods), step)
    (n0, n1), (d0, d1) = ([_by_year(a, sound, starts) for a in of] for of in (events, bases))
    if not ((n0 > n1) | (n0 < n1) | (d0 > d1) | (d0 < d1)).any():
        return None
    (x0, v0), (x1, v1) = scaled(it, n0, d0), scaled(it, n1, d1)
    found = outliers(x1 - x0, v0 + v1)
    few = expected(it, (n0 + n1) / (d0 + d1), d0) < FEWEST_EXPECTED
    year, p = _least(np.where(few & ~np.isnan(found.p), 1.0, found.p))

    odds = " of their odds" if it.unit == "share" else ""

    def signal(row: int) -> Signal:
        at = int(year[row])
        first, last = periods[starts[at]], periods[starts[at] + step - 1]
        then, today = (float(n[at, row] / d[at, row]) * it.per for n, d in ((n0, d0), (n1, d1)))
        others = np.expm1(np.nanmedian(np.delete(x1[at] - x0[at], row)))
        return Signal(
            force_id=before.areas[row],
            indicator=it.id,
            table=it.table,
            kind="data-quality",
            direction="up" if today > then else "down",
            reading="neutral",
            period=first if first == last else str(Period.of_run(first, last)),
            value=today,
            usual=then,
            statistic=float(found.z[at, row]),
            p=float(p[row]),
            convention=(
                f"z of its revision since snapshot {since} against those of the other "
                f"{int(np.isfinite(found.z[at]).sum()) - 1} forces for the same periods, random "
                "effects, Huber's proposal 2"
            ),
            caution=f"The median revision of others: {100 * others:+.1f} %{odds}.",
            trouble="revision",
        )

    return Tests(it.id, it.table, "data-quality", before.areas, p, signal)


def _by_year(values: Floats, sound: NDArray[np.bool_], starts: range) -> Floats:
    """Sums (year, area) of the sound among values (area, period); NaN where none is."""
    shape = (len(values), len(starts), starts.step)
    used, there = (a[:, starts.start :].reshape(shape) for a in (values, sound))
    sums = np.where(there, used, 0.0).sum(axis=2)
    return np.asarray(np.where(there.any(axis=2), sums, np.nan).T)


def _least(p: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Of p (year, area): each area's best year, and its p, which pays for all the years looked at
    (Bonferroni); NaN where none was."""
    looked = np.isfinite(p)
    year = np.where(looked, p, np.inf).argmin(axis=0)
    best = np.take_along_axis(p, year[None], axis=0)[0]
    return year, np.minimum(best * np.maximum(looked.sum(axis=0), 1), 1.0)
