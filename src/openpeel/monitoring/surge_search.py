"""One force's counts searched for a rise and its return, against what the other forces saw.

With `MANY` points or more the search is `openpeel.signals.surges`, again on what is outside of what
stands out, for what comes back; then each is judged with the others left out. With fewer, each
period is held against the others (`openpeel.signals.quarters`), with the dispersion that other
forces show. It is a surge if it is high against all others, those before, and those after it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from openpeel.monitoring.surge_expected import (
    FEWEST,
    Expectation,
    excess_of,
    highest,
    usual_scale,
)
from openpeel.signals.changepoints import single_shift
from openpeel.signals.quarters import one_against_rest
from openpeel.signals.surges import Surges, Verdict, detectable, surges

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Answer = Literal["surge", "shift", "steps", "none", "unclear", "not-judged"]

ALPHA = 0.05
POWER = 0.8
MANY = 8
"""From so many points on a surge is searched for with its dates; below, period by period."""
RETURNED = 0.75
"""A surge may leave a level that differs: so much of its rise, in logarithms, must go again."""


@dataclass(frozen=True)
class Found:
    """A rise and its return, as positions: `rise` is its first point, `back` the first after it.

    Each with its interval; `height` is a ratio to what is expected, with its interval; `p` is that
    of so good a surge in noise.
    """

    rise: int
    rise_earliest: int
    rise_latest: int
    back: int
    back_earliest: int
    back_latest: int
    height: float
    height_low: float
    height_high: float
    p: float


@dataclass(frozen=True)
class Search:
    """What a search says: of surges with their dates where `dated`, else period by period.

    `found` is in the order of finding. `p` is of the strongest that was asked for; where there is
    none, of the best that is left. `dispersion` has the memory in it. `smallest` is the smallest
    surge that would have had p at most ALPHA with POWER, NaN where none would.
    """

    answer: Answer
    dated: bool
    found: tuple[Found, ...]
    p: float
    dispersion: float
    smallest: float


def search(
    counts: Floats, row: int, known: Expectation, every: int, asked: Bools, begins: int = 0
) -> Search:
    """Search a row of counts (area, time) with what is known of it; `every` in months.

    `asked` (time,) marks the periods that the question is about, some of them with a count; what
    rises before position `begins` is not asked about.
    """
    y = np.where(np.isnan(known.expected[row]), np.nan, counts[row])
    points = int(np.isfinite(y).sum())
    excess = excess_of(counts, known.expected, row)
    ends, _ = _lengths(every)
    within = np.flatnonzero(np.isfinite(y))[ends : points - ends]
    if points >= MANY and asked[within].any():
        scale = None if np.isnan(excess) else usual_scale(y, known.expected[row], excess)
        return _long(y, known.expected[row], known.memory, scale, every, asked, begins)
    if points < FEWEST or np.isnan(excess):
        return Search("not-judged", False, (), np.nan, np.nan, np.nan)
    return _handful(y, known.expected[row], excess, asked)


def _lengths(every: int) -> tuple[int, int]:
    """Points on either side of a surge, and points of it: a quarter is enough, a month is not."""
    return (1, 1) if every > 1 else (3, 2)


def _long(
    y: Floats,
    expected: Floats,
    memory: float,
    scale: float | None,
    every: int,
    asked: Bools,
    begins: int,
) -> Search:
    """Surges with their dates: first what stands out, then each with the others left out."""
    ends, shortest = _lengths(every)
    exposure = np.nan_to_num(expected)

    def look(left: Floats) -> Surges:
        return surges(
            left,
            exposure=exposure,
            scale=scale,
            memory=memory,
            alpha=ALPHA,
            ends=ends,
            shortest=shortest,
        )

    first = made = look(y)
    out: list[Bools] = []
    while made.p <= ALPHA:
        place = np.arange(len(y))
        out.append((place >= made.rise) & (place < made.back))
        made = look(np.where(np.any(out, axis=0), np.nan, y))
    found = []
    for i, during in enumerate(out):
        rest = np.any([*out[:i], *out[i + 1 :], np.zeros_like(during)], axis=0)
        again = look(np.where(rest, np.nan, y))
        if again.rise < 0 or not during[again.rise] or not again.p <= ALPHA:
            continue
        back = again.verdict == Verdict.STEPS and _returned(y, exposure, rest, again)
        if again.verdict == Verdict.SURGE or back:
            found.append(_found(again))
    wanted = [f for f in found if asked[f.rise : f.back].any() and f.rise >= begins]
    answer: Answer = "surge" if wanted else "none"
    if not found:
        # Its own dispersion, beside a shift, is the one to judge a shift by.
        lasting = single_shift(
            y, family="poisson", exposure=exposure, memory=memory, ends=max(ends, 2)
        )
        if lasting.p <= ALPHA:
            answer = "shift"
        elif first.verdict == Verdict.STEPS and first.p <= ALPHA:
            answer = "steps"
    dispersion, level = float(first.scale), float(np.nanmean(y))
    points, smallest = int(first.points), np.nan
    # A quarter, or what there is room for.
    lasts = min(max(shortest, 3 // every), points // 2, points - 2 * ends)
    if level > 0:
        smallest = float(
            detectable(
                points,
                level,
                dispersion=dispersion,
                duration=lasts,
                power=POWER,
                alpha=ALPHA,
                shortest=shortest,
                ends=ends,
                known=scale is not None,
            )
        )
    p = min((f.p for f in wanted), default=float(made.p if found else first.p))
    return Search(answer, True, tuple(found), p, dispersion, smallest)


def _returned(y: Floats, exposure: Floats, without: Bools, made: Surges) -> bool:
    """Whether the level after a rise is near that before it: RETURNED of the rise went again."""
    place = np.arange(len(y))
    there = np.isfinite(y) & ~without
    parts = place < made.rise, (place >= made.rise) & (place < made.back), place >= made.back
    before, inside, after = (y[there & p].sum() / exposure[there & p].sum() for p in parts)
    if min(before, inside, after) <= 0:
        return bool(before == after)
    return bool(abs(np.log(after / before)) <= (1 - RETURNED) * np.log(inside / before))


def _found(made: Surges) -> Found:
    """The surge of one series."""
    return Found(
        rise=int(made.rise),
        rise_earliest=int(made.rise_earliest),
        rise_latest=int(made.rise_latest),
        back=int(made.back),
        back_earliest=int(made.back_earliest),
        back_latest=int(made.back_latest),
        height=float(made.height),
        height_low=float(made.height_low),
        # From a level of 0 the height has no limit.
        height_high=max(float(made.height), float(made.height_high)),
        p=float(made.p),
    )


def _handful(y: Floats, expected: Floats, excess: float, asked: Bools) -> Search:
    """The highest of the periods asked about, against all others, those before and those after."""
    there = np.isfinite(y)
    dispersion = 1 + excess * float(y[there].mean())
    at = highest(y[None], expected[None], asked)[0]
    place = np.arange(len(y))
    sides = [np.where(place <= at, y, np.nan), np.where(place >= at, y, np.nan)]
    made = one_against_rest(
        np.stack([y, *sides]),
        expected=np.nan_to_num(expected),
        dispersion=dispersion,
        alpha=ALPHA,
        power=POWER,
    )
    p, before, after = (float(x) for x in made.p[:, at])
    smallest = float(made.detectable[:, at].max())
    if not p <= ALPHA:
        return Search("none", False, (), p, dispersion, smallest)
    if not (before <= ALPHA and after <= ALPHA):
        return Search("unclear", False, (), p, dispersion, smallest)
    found = Found(
        rise=at,
        rise_earliest=int(place[:at][there[:at]].max()) + 1,
        rise_latest=at,
        back=at + 1,
        back_earliest=at + 1,
        back_latest=int(place[at + 1 :][there[at + 1 :]].min()),
        height=float(made.ratio[0, at]),
        height_low=float(made.low[0, at]),
        height_high=float(made.high[0, at]),
        p=p,
    )
    return Search("surge", False, (found,), p, dispersion, smallest)
