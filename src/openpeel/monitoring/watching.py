"""Watching: all observations in, ranked signals out, at a stated false-discovery rate."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from openpeel.errors import MethodError
from openpeel.indicators import indicator
from openpeel.lake import Snapshot
from openpeel.monitoring.detecting import all_tests
from openpeel.monitoring.missing import Covered
from openpeel.monitoring.screening import Screened, screen_all
from openpeel.monitoring.signal import Kind, Signal, Tests
from openpeel.signals.combining import combine
from openpeel.signals.discovery import q_values
from openpeel.signals.outliers import as_normal

Floats = NDArray[np.float64]

RATE = 0.1
"""The share of signals that is expected to be false, at most."""
BUDGET = 5
"""Signals a force that anyone is asked to read: as many as users of such alerts got to bear
(Walker and others 2018, doi 10.1186/s12911-018-0655-8)."""
FAMILIES: tuple[tuple[Kind, ...], ...] = (
    ("breach",),
    ("outlier",),
    ("disparity",),
    ("shift", "surge"),
    ("data-quality",),
)
"""Kinds over which false discovery is held down together: what can be told of one kind must not
hang on how many tests of another were made (Efron 2008, *Annals of Applied Statistics* 2:197)."""
CURRENT = 24
"""Months after which figures are history: no signal is made of them unless asked for."""


@dataclass(frozen=True)
class Together:
    """The outliers of one question, of one force, as one statement: `z` is + the worse way.

    `indicators` are those behind it, worth `independent` ones that share nothing; `q` is over all
    statements.
    """

    force_id: str
    question: str
    z: float
    p: float
    q: float
    indicators: tuple[str, ...]
    independent: float


@dataclass(frozen=True)
class Watch:
    """What monitoring says at a snapshot: `signals` ranked, the least q first.

    They are those with q at most `rate`, and no more than `budget` of one force (0: all), the
    others counted in `beyond`. `made` is how many tests were made by kind, `made_of` by force.
    `untested` says why the changes of an indicator are not tested. `together` are the statements by
    question with q at most `rate`. `screened` is what all was made from.
    """

    screened: Screened
    today: date
    rate: float
    budget: int
    signals: tuple[Signal, ...]
    beyond: Mapping[str, int]
    made: Mapping[str, int]
    made_of: Mapping[str, int]
    untested: Mapping[str, str]
    together: tuple[Together, ...]

    @property
    def snapshot(self) -> Snapshot:
        """The vintage that was watched."""
        return self.screened.snapshot

    @property
    def tests(self) -> int:
        """How many tests were made."""
        return sum(self.made.values())

    def of(self, force_id: str) -> tuple[Signal, ...]:
        """The signals of a force."""
        return tuple(s for s in self.signals if s.force_id == force_id)

    def within(self, budget: int) -> "Watch":
        """The same with no more than `budget` signals of one force, of those that are here."""
        signals, beyond = _within(self.signals, budget)
        return replace(self, budget=budget, signals=signals, beyond=beyond)


def watch(
    snapshot: Snapshot,
    *,
    today: date | None = None,
    rate: float = RATE,
    budget: int = BUDGET,
    oldest: int | None = CURRENT,
    screened: Screened | None = None,
    before: Watch | None = None,
    covered: Covered | None = None,
) -> Watch:
    """Run every test on a snapshot's observations and rank what they say.

    `rate` is the false-discovery rate (Benjamini and Hochberg) over all tests of a family of kinds,
    all forces and indicators together; `budget` the most signals of one force, 0 for all.
    Indicators whose newest figures are more than `oldest` months old are left out (None: they are
    not). With the watch of an earlier vintage, `before`, figures revised since beyond what is usual
    are among the signals. `screened` is what `screen_all` made of the snapshot, and `covered` gives
    the coverage of a table, where they are at hand. Raises MethodError for a rate or a budget that
    is none.
    """
    if not 0 < rate < 1 or budget < 0:
        raise MethodError(f"A rate lies between 0 and 1, a budget is 0 or more: {rate}, {budget}.")
    day = today or date.today()
    seen = screened or screen_all(snapshot)
    tests, untested = all_tests(seen, day, oldest, before.screened if before else None, covered)
    told: list[Signal] = []
    for family in FAMILIES:
        mine = [t for t in tests if t.kind in family]
        q = q_values(np.concatenate([np.zeros(0), *(t.p for t in mine)]))
        ends = np.cumsum([len(t.p) for t in mine])
        for t, of in zip(mine, np.split(q, ends[:-1]), strict=False):
            told += [
                replace(t.signal(int(row)), q=float(of[row])) for row in np.flatnonzero(of <= rate)
            ]
    made, made_of = Counter[str](), Counter[str]()
    for t in tests:
        areas = [t.areas[row] for row in np.flatnonzero(np.isfinite(t.p))]
        made[t.kind] += len(areas)
        made_of.update(areas)
    return Watch(
        screened=seen,
        today=day,
        rate=rate,
        budget=0,
        signals=tuple(sorted(_one_change_each(told), key=lambda s: (s.q, s.p, s.key))),
        beyond={},
        made=made,
        made_of=made_of,
        untested=untested,
        together=_together(tests, rate),
    ).within(budget)


def _one_change_each(told: Sequence[Signal]) -> list[Signal]:
    """Of a shift and a surge of one series, two tellings of it, the one that is less by chance."""
    best: dict[tuple[str, ...], Signal] = {}
    for s in told:
        kind = "change" if s.kind in ("shift", "surge") else s.kind
        series = (s.force_id, s.indicator, s.table, kind, s.trouble, s.onset if s.trouble else "")
        best[series] = min(s, best.get(series, s), key=lambda s: (s.p, -s.statistic))
    return list(best.values())


def _within(ranked: Sequence[Signal], budget: int) -> tuple[tuple[Signal, ...], dict[str, int]]:
    """The first `budget` of each force in the order of rank, and how many are left of each."""
    seen = Counter[str]()
    kept = []
    for signal in ranked:
        seen[signal.force_id] += 1
        if not budget or seen[signal.force_id] <= budget:
            kept.append(signal)
    return tuple(kept), {f: n - budget for f, n in sorted(seen.items()) if budget and n > budget}


def _together(tests: Sequence[Tests], rate: float) -> tuple[Together, ...]:
    """The outliers of each question with two indicators or more that have a good direction."""
    sign = {"higher": -1.0, "lower": 1.0}
    oriented = [
        (it, t)
        for t in tests
        if t.z is not None and (it := indicator(t.indicator)).polarity in sign
    ]
    found: list[Together] = []
    for question in sorted({q for it, _ in oriented for q in it.questions}):
        mine = [(it, t) for it, t in oriented if question in it.questions]
        if len(mine) < 2:
            continue
        areas = sorted({a for _, t in mine for a in t.areas})
        z = np.full((len(areas), len(mine)), np.nan)
        for column, (it, t) in enumerate(mine):
            assert t.z is not None
            z[[areas.index(a) for a in t.areas], column] = sign[it.polarity] * as_normal(t.z, t.p)
        if np.isnan(z).all():
            continue
        said = combine(z)
        found += [
            Together(
                area,
                question,
                float(said.z[row]),
                float(said.p[row]),
                1.0,
                tuple(it.id for n, (it, _) in enumerate(mine) if np.isfinite(z[row, n])),
                float(said.independent[row]),
            )
            for row, area in enumerate(areas)
            if said.indicators[row] > 1
        ]
    q = q_values([t.p for t in found])
    known = [replace(t, q=float(x)) for t, x in zip(found, q, strict=True) if x <= rate]
    return tuple(sorted(known, key=lambda t: (t.q, t.p, t.force_id, t.question)))
