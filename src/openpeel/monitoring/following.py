"""What became of signals from one vintage to another: new, over, revised away."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from openpeel.errors import NotComparable
from openpeel.indicators import Observations, indicator, observe, table_periods
from openpeel.monitoring.screening import Screened
from openpeel.monitoring.signal import Signal
from openpeel.monitoring.watching import Watch
from openpeel.reference import Period
from openpeel.sources import coverage

Fate = Literal["over", "revised-away", "faded"]

MOVED = 0.1
"""The part of the way back to the usual that a figure has to be revised for a signal to count as
revised away: publishers revise nearly all figures by a little."""


@dataclass(frozen=True)
class Gone:
    """A signal of the earlier vintage that is no longer told, and why.

    `value` is its figure as the later vintage has it, for the same time (None: it has none).
    `revised-away`: that is nearer to the usual by `MOVED` of the way or more, or there is none any
    more; a gap was filled. `over`: it is not, and the force has newer figures. `faded`: neither; it
    no longer stands out among what is known of others, or its figures have grown too old.
    """

    signal: Signal
    fate: Fate
    value: float | None


@dataclass(frozen=True)
class Followed:
    """Two watches held against each other: signals only of the later, of both, of the earlier."""

    since: int
    new: tuple[Signal, ...]
    still: tuple[Signal, ...]
    gone: tuple[Gone, ...]


def follow(now: Watch, before: Watch) -> Followed:
    """Hold a watch against that of an earlier vintage.

    Give both without a budget, or one hides here what it shows there. Raises NotComparable where
    the vintage is not earlier.
    """
    if before.snapshot.id >= now.snapshot.id:
        raise NotComparable(
            f"Snapshot {before.snapshot.id} is not earlier than snapshot {now.snapshot.id}: "
            "name an earlier vintage to say what changed since."
        )
    known, told = ({s.key for s in w.signals} for w in (before, now))
    return Followed(
        since=before.snapshot.id,
        new=tuple(s for s in now.signals if s.key not in known),
        still=tuple(s for s in now.signals if s.key in known),
        gone=tuple(
            _gone(s, now.screened, before.screened) for s in before.signals if s.key not in told
        ),
    )


def _gone(signal: Signal, now: Screened, before: Screened) -> Gone:
    """What became of a signal, by the figures of its force at both vintages."""
    if signal.trouble == "gap":
        return _filled(signal, now, before)
    value = _remade(signal, now)
    assert signal.value is not None
    assert signal.usual is not None
    back = signal.usual - signal.value
    if value is None or (value - signal.value) * back >= MOVED * back**2:
        return Gone(signal, "revised-away", value)
    newest, newer = (_newest(signal, screened) for screened in (before, now))
    return Gone(signal, "over" if newer > newest else "faded", value)


def _filled(signal: Signal, now: Screened, before: Screened) -> Gone:
    """What became of a gap: filled, ended, or neither."""
    grids = [coverage(s.snapshot, signal.table) for s in (before, now)]
    there = [
        {p for p in g.periods if g.cells[signal.force_id, p].status != "absent"} for g in grids
    ]
    within = {p for p in grids[0].periods if signal.onset <= p <= signal.period}
    filled = within & there[1]
    left = float(len(within - there[1]))
    if filled:
        return Gone(signal, "revised-away", left)
    return Gone(signal, "over" if there[1] - there[0] else "faded", left)


def _newest(signal: Signal, screened: Screened) -> str:
    """The newest period that the force has a figure of; '' for none."""
    screen = screened.screens.get(signal.indicator)
    if screen is None:
        return ""
    mine = screen.observed.of(signal.force_id)
    return max(map(str, mine.period[mine.reason == ""]), default="")


def _remade(signal: Signal, screened: Screened) -> float | None:
    """The figure of a signal as a vintage has it; None where it has none."""
    screen = screened.screens.get(signal.indicator)
    if screen is None:
        return None
    it = indicator(signal.indicator)
    observed: Observations = screen.observed
    if not signal.onset and len(table_periods(it, Period.parse(signal.period))) > 1:
        doubted = tuple(screen.doubts)
        observed = observe(screened.snapshot, it, Period.parse(signal.period), doubted)
        mine = observed.where((observed.area == signal.force_id) & (observed.reason == ""))
        return float(mine.value[0]) if len(mine) else None
    mine = observed.where((observed.area == signal.force_id) & (observed.reason == ""))
    doubtful = [(signal.force_id, str(p)) in screen.doubts for p in mine.period]
    first = signal.onset or signal.period
    inside = (mine.period >= first) & (mine.period <= signal.period) & ~np.array(doubtful, np.bool_)
    inside &= (mine.period < signal.back) if signal.back else True
    base = np.ones(len(mine)) if it.unit == "count" else mine.denominator
    if not inside.any():
        return None
    return float(mine.numerator[inside].sum() / base[inside].sum()) * it.per
