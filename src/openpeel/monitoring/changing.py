"""Changes over time: each indicator's panel searched for lasting shifts and for surges."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openpeel.monitoring.among import FEWEST_EXPECTED
from openpeel.monitoring.panels import CountPanel, count_panel
from openpeel.monitoring.screening import Screen
from openpeel.monitoring.signal import Direction, Floats, Kind, Signal, Tests, reading_of
from openpeel.signals.panel import FEWEST_POINTS, Panel, judge_panel
from openpeel.signals.surges import Verdict

CONFIDENCE = 0.9
"""That of the intervals of dates."""
DRIFTS = 0.25
"""Memory of a force from which its changes may be false more often than is promised: that of all
which were, of made large counts that remember unlike each other."""


def tests_of_changes(screen: Screen) -> list[Tests] | str:
    """Tests for a lasting shift and for a surge of each force, or why there are none."""
    panel = count_panel(screen)
    if isinstance(panel, str):
        return panel
    if len(panel.periods) < FEWEST_POINTS:
        return f"too few periods follow on: {len(panel.periods)}"
    judged = judge_panel(
        panel.counts,
        panel.exposure,
        month=panel.month,
        since=panel.since,
        confidence=CONFIDENCE,
    )
    if not judged.tested.any():
        return "too few forces and years: season and change cannot be told apart"
    it, shift, surge = screen.indicator, judged.shift, judged.surge
    last = np.full_like(shift.onset, len(panel.periods))
    kinds: dict[Kind, tuple[Floats, Any]] = {
        "shift": (_rested(panel, judged, shift.onset, last, shift.p), _shift),
        "surge": (_rested(panel, judged, surge.rise, surge.back, surge.p), _surge),
    }
    return [
        Tests(it.id, it.table, kind, panel.areas, p, partial(signal, screen, panel, judged))
        for kind, (p, signal) in kinds.items()
    ]


def _rested(
    panel: CountPanel,
    judged: Panel,
    begin: NDArray[np.intp],
    end: NDArray[np.intp],
    p: Floats,
) -> Floats:
    """p, but 1 where either side would have few events had nothing changed: no signal rests on so
    little. (Not NaN: the test was made, and counts among those made.)"""
    place = np.arange(len(panel.periods))
    searched = (place >= panel.since[:, None]) & (judged.expected > 0)
    during = searched & (place >= begin[:, None]) & (place < end[:, None])
    events = np.where(searched, np.nan_to_num(panel.counts), 0.0).sum(axis=1)
    inside, whole = (np.where(of, judged.expected, 0.0).sum(axis=1) for of in (during, searched))
    share = inside / np.where(whole > 0, whole, 1.0)
    few = events * np.minimum(share, 1 - share) < FEWEST_EXPECTED
    return np.where(few & ~np.isnan(p), 1.0, p)


def _shift(screen: Screen, panel: CountPanel, judged: Panel, row: int) -> Signal:
    found = judged.shift
    steps = judged.surge.verdict[row] == Verdict.STEPS
    return Signal(
        **_changed(screen, panel, judged, row, "It changed more than once." if steps else ""),
        **_figures(screen, panel, judged, row, found.onset[row], None, found.before[row]),
        kind="shift",
        statistic=float(found.statistic[row]),
        p=float(found.p[row]),
        onset=panel.periods[found.onset[row]],
        onset_earliest=panel.periods[found.earliest[row]],
        onset_latest=panel.periods[found.latest[row]],
    )


def _surge(screen: Screen, panel: CountPanel, judged: Panel, row: int) -> Signal:
    found = judged.surge
    return Signal(
        **_changed(screen, panel, judged, row, ""),
        **_figures(screen, panel, judged, row, found.rise[row], found.back[row], found.level[row]),
        kind="surge",
        statistic=float(found.statistic[row]),
        p=float(found.p[row]),
        onset=panel.periods[found.rise[row]],
        onset_earliest=panel.periods[found.rise_earliest[row]],
        onset_latest=panel.periods[found.rise_latest[row]],
        back=panel.periods[found.back[row]],
        back_earliest=panel.periods[found.back_earliest[row]],
        back_latest=panel.periods[found.back_latest[row]],
    )


def _figures(
    screen: Screen,
    panel: CountPanel,
    judged: Panel,
    row: int,
    begin: int,
    end: int | None,
    level: float,
) -> dict[str, Any]:
    """The figure over some periods, what the level before makes of the same, and the direction."""
    at = slice(begin, end)
    there = judged.expected[row, at] > 0
    counted, base, usual = (
        float(a[row, at][there].sum()) for a in (panel.counts, panel.exposure, judged.expected)
    )
    it = screen.indicator
    now, then = (panel.value(x / base, it.per) for x in (counted, float(level) * usual))
    direction: Direction = "up" if now > then else "down"
    return {
        "value": now,
        "usual": then,
        "direction": direction,
        "reading": reading_of(direction, it.polarity),
    }


def _changed(
    screen: Screen, panel: CountPanel, judged: Panel, row: int, caution: str
) -> dict[str, Any]:
    """What a shift and a surge have in common."""
    it = screen.indicator
    against = "what all forces did together" if judged.together else "its own past"
    lent = " drawn toward that of all" if judged.together else ""
    seasonal = bool(judged.seasonal[row])
    drifting = judged.memory[row] >= DRIFTS
    drift = "It drifts from month to month: if it does so more than others, it may be no change."
    season = "A season of the force's own would look the same: too few years are loaded to tell."
    return {
        "force_id": panel.areas[row],
        "indicator": it.id,
        "table": it.table,
        "period": panel.periods[int(np.flatnonzero(judged.expected[row] > 0)[-1])],
        "convention": (
            f"likelihood over dispersion{lent}, against {against}"
            + (" and its own season" if seasonal else "")
            + f"; memory {judged.memory[row]:.2f}; simulated null; "
            f"{CONFIDENCE * 100:.0f} % intervals of dates"
        ),
        "caution": " ".join(
            filter(None, (caution, drift if drifting else "", "" if seasonal else season))
        ),
    }
