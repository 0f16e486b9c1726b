"""Changes over time: each indicator's panel searched for lasting shifts and for surges."""

from functools import partial
from typing import Any

from openpeel.monitoring.panels import CountPanel, count_panel
from openpeel.monitoring.screening import Screen
from openpeel.monitoring.signal import Direction, Kind, Signal, Tests, reading_of
from openpeel.signals.panel import FEWEST_POINTS, Panel, judge_panel
from openpeel.signals.surges import Verdict


def tests_of_changes(screen: Screen) -> list[Tests] | str:
    """Tests for a lasting shift and for a surge of each force, or why there are none."""
    panel = count_panel(screen)
    if isinstance(panel, str):
        return panel
    if len(panel.periods) < FEWEST_POINTS:
        return f"too few periods follow on: {len(panel.periods)}"
    judged = judge_panel(panel.counts, panel.exposure, month=panel.month, since=panel.since)
    if not judged.tested.any():
        return "too few forces and years: season and change cannot be told apart"
    it = screen.indicator
    kinds: dict[Kind, Any] = {"shift": (judged.shift.p, _shift), "surge": (judged.surge.p, _surge)}
    return [
        Tests(it.id, it.table, kind, panel.areas, p, partial(signal, screen, panel, judged))
        for kind, (p, signal) in kinds.items()
    ]


def _shift(screen: Screen, panel: CountPanel, judged: Panel, row: int) -> Signal:
    found, per = judged.shift, screen.indicator.per
    before, after = (panel.value(float(a[row]), per) for a in (found.before, found.after))
    steps = judged.surge.verdict[row] == Verdict.STEPS
    return Signal(
        **_changed(screen, panel, judged, row, "up" if after > before else "down"),
        kind="shift",
        value=after,
        usual=before,
        statistic=float(found.statistic[row]),
        p=float(found.p[row]),
        caution=_caution(judged, row, "It changed more than once." if steps else ""),
        onset=panel.periods[found.onset[row]],
        onset_earliest=panel.periods[found.earliest[row]],
        onset_latest=panel.periods[found.latest[row]],
    )


def _surge(screen: Screen, panel: CountPanel, judged: Panel, row: int) -> Signal:
    found, per = judged.surge, screen.indicator.per
    inside = float(found.level[row] * found.height[row])
    usual, during = (panel.value(level, per) for level in (float(found.level[row]), inside))
    return Signal(
        **_changed(screen, panel, judged, row, "up" if during > usual else "down"),
        kind="surge",
        value=during,
        usual=usual,
        statistic=float(found.statistic[row]),
        p=float(found.p[row]),
        caution=_caution(judged, row, ""),
        onset=panel.periods[found.rise[row]],
        onset_earliest=panel.periods[found.rise_earliest[row]],
        onset_latest=panel.periods[found.rise_latest[row]],
        back=panel.periods[found.back[row]],
        back_earliest=panel.periods[found.back_earliest[row]],
        back_latest=panel.periods[found.back_latest[row]],
    )


def _changed(
    screen: Screen, panel: CountPanel, judged: Panel, row: int, direction: Direction
) -> dict[str, Any]:
    """What a shift and a surge have in common."""
    it = screen.indicator
    against = "what all forces did together" if judged.together else "its own past"
    return {
        "force_id": panel.areas[row],
        "indicator": it.id,
        "table": it.table,
        "direction": direction,
        "reading": reading_of(direction, it.polarity),
        "period": panel.periods[-1],
        "convention": (
            f"likelihood over dispersion, against {against}"
            + (" and its own season" if judged.seasonal[row] else "")
            + f"; memory {judged.memory[row]:.2f}; simulated null"
        ),
    }


def _caution(judged: Panel, row: int, more: str) -> str:
    season = (
        ""
        if judged.seasonal[row]
        else ("A season of the force's own would look the same: too few years are loaded to tell.")
    )
    return " ".join(part for part in (more, season) if part)
