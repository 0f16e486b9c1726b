"""Steps at dated changes of definition: whether figures before and after can stand side by side."""

import numpy as np

from openpeel.monitoring.among import FEWEST_EXPECTED
from openpeel.monitoring.panels import CountPanel, count_panel
from openpeel.monitoring.scales import expected, scaled
from openpeel.monitoring.screening import YEAR, Screen
from openpeel.monitoring.signal import Floats, Signal, Tests
from openpeel.reference import Change
from openpeel.signals.quality import Step, memory_of, step_at


def tests_of_steps(screen: Screen) -> list[Tests]:
    """Whether each force that a change of definition touches steps there beyond its own noise.

    With a year before it, each period after is held against the same one of that year, so season
    takes no part. The neighbouring change, if any, bounds the periods compared.
    """
    panel = count_panel(screen)
    if isinstance(panel, str):
        return []
    made = []
    edges = sorted(panel.periods.index(p) for p in screen.changes)
    bounds = [0, *edges, len(panel.periods)]
    for n, at in enumerate(edges):
        found = screen.changes[panel.periods[at]]
        made.append(_at(screen, panel, found, at, (bounds[n], bounds[n + 2])))
    return made


def _at(
    screen: Screen, panel: CountPanel, changes: tuple[Change, ...], at: int, bounds: tuple[int, int]
) -> Tests:
    """The tests at one change, on the periods within the bounds."""
    it, year = screen.indicator, YEAR // screen.indicator.period.every
    touched = np.array([any(c.touches(a) for c in changes) for a in panel.areas])
    place = np.arange(len(panel.periods))
    seen = touched[:, None] & (place >= bounds[0]) & (place < bounds[1])
    counts, base = (np.where(seen, a, np.nan) for a in (panel.counts, panel.exposure))
    y, _ = scaled(it, counts, base)
    paired = at - bounds[0] >= year
    season, memory = (year if paired else None), _memory(y, at, year, paired)
    step = step_at(y, at, memory=memory, season=season, window=year)
    # What is compared: of pairs both, else whatever is there.
    ahead = min(year, len(panel.periods) - at) if paired else year
    first = at - year if paired else max(0, at - year)
    sides = slice(first, first + ahead if paired else at), slice(at, at + ahead)
    used = [~np.isnan(y[:, side]) for side in sides]
    used = [used[0] & used[1]] * 2 if paired else used
    levels, bases = (
        [np.where(u, a[:, s], 0.0).sum(axis=1) for u, s in zip(used, sides, strict=True)]
        for a in (counts, base)
    )
    p = _rested(screen, step, levels, bases)

    def signal(row: int) -> Signal:
        usual, value = (
            panel.value(float(n[row] / d[row]), it.per) for n, d in zip(levels, bases, strict=True)
        )
        return Signal(
            force_id=panel.areas[row],
            indicator=it.id,
            table=it.table,
            kind="data-quality",
            direction="up" if value > usual else "down",
            reading="neutral",
            period=panel.periods[at + int(np.flatnonzero(used[1][row])[-1])],
            value=value,
            usual=usual,
            statistic=float(step.t[row]),
            p=float(step.p[row]),
            convention=(
                "t of the step at a dated change of definition, "
                + ("each period against the same one a year before" if paired else "either side")
            ),
            caution=(
                "The step is of the change and of whatever else happened then: "
                + " ".join(c.what for c in changes if c.touches(panel.areas[row]))
            ),
            onset=panel.periods[at],
            trouble="step",
        )

    return Tests(it.id, it.table, "data-quality", panel.areas, p, signal)


def _memory(y: Floats, at: int, year: int, paired: bool) -> float:
    """How far neighbours go together, the step itself taken out."""
    if paired:
        return memory_of(y[:, at - year : at + year], season=year)
    return memory_of(_aligned(y, at, year), season=None)


def _aligned(y: Floats, at: int, year: int) -> Floats:
    """Either side of the step as series of their own."""
    made = np.full((2 * len(y), year), np.nan)
    for n, part in enumerate((y[:, max(0, at - year) : at], y[:, at : at + year])):
        made[n * len(y) : (n + 1) * len(y), : part.shape[1]] = part
    return made


def _rested(screen: Screen, step: Step, levels: list[Floats], bases: list[Floats]) -> Floats:
    """The p of steps, but 1 where either side would have few events had nothing changed."""
    base = bases[0] + bases[1]
    level = (levels[0] + levels[1]) / np.where(base > 0, base, 1.0)
    few = np.minimum(*(expected(screen.indicator, level, d) for d in bases)) < FEWEST_EXPECTED
    return np.where(few & ~np.isnan(step.p), 1.0, step.p)
