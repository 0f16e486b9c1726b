"""Whether forces stopped publishing: a gap at the end of a table, where there was none before."""

from collections.abc import Callable
from datetime import date

import numpy as np

from openpeel.lake import Snapshot
from openpeel.monitoring.signal import Floats, Signal, Tests, age_of
from openpeel.signals.quality import Gaps, sudden_gaps
from openpeel.sources import Coverage, covered_tables

Covered = Callable[[str], Coverage]
"""What tells how much of a table is there."""

FEWEST_PERIODS = 9
"""Periods of a table below which nobody can say what stopped."""


def tests_of_gaps(
    snapshot: Snapshot, covered: Covered, today: date, oldest: int | None
) -> list[Tests]:
    """For each table, whether each force's newest periods are missing beyond what is usual of it.

    A table whose newest period ended more than `oldest` months before `today` is left out (None:
    it is not).
    """
    made: list[Tests] = []
    for table in covered_tables(snapshot):
        grid = covered(table)
        if len(grid.periods) < FEWEST_PERIODS:
            continue
        if oldest is not None and age_of(grid.periods[-1], today) > oldest:
            continue
        there = np.array(
            [[grid.cells[a, p].status != "absent" for p in grid.periods] for a in grid.areas]
        )
        gaps = sudden_gaps(np.where(there, 1.0, np.nan))
        p = np.where(there[:, -1], 1.0, gaps.p[:, -1])
        made.append(_tests(grid, gaps, p))
    return made


def _tests(grid: Coverage, gaps: Gaps, p: Floats) -> Tests:
    def signal(row: int) -> Signal:
        length, area = int(gaps.length[row, -1]), grid.areas[row]
        return Signal(
            force_id=area,
            indicator="",
            table=grid.table,
            kind="data-quality",
            direction="none",
            reading="neutral",
            period=grid.periods[-1],
            value=float(length),
            usual=None,
            statistic=float(length),
            p=float(p[row]),
            convention="a gap so long, were gaps as likely as before it (beta-binomial)",
            caution=f"Stated reason: {grid.why_absent(area, grid.periods[-1]).rstrip('.')}.",
            onset=grid.periods[-length],
            trouble="gap",
        )

    return Tests("", grid.table, "data-quality", grid.areas, p, signal)
