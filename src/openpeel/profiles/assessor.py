"""Assembling profiles: everything about all forces is read once, each profile cut from it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from openpeel import framework
from openpeel.errors import NotComparable, NotComputable
from openpeel.indicators import Indicator, Observations, indicators
from openpeel.indicators import indicator as find
from openpeel.lake import Lake, Snapshot
from openpeel.monitoring import Screen, Screened, Watch, screen_all, watch
from openpeel.profiles import findings as finding_rows
from openpeel.profiles import judgments as judgment_rows
from openpeel.profiles.figures import (
    age_in_months,
    figure,
    latest,
    origins,
    period_word,
    position,
    trend,
)
from openpeel.profiles.findings import Event, Finding
from openpeel.profiles.judgments import Judgment
from openpeel.profiles.peers import similar_forces
from openpeel.profiles.profile import (
    CoverageView,
    CycleView,
    Profile,
    QuestionView,
    SignalsView,
)
from openpeel.profiles.publications import Publication, publications
from openpeel.profiles.views import Figure, IndicatorView
from openpeel.reference import Force, Groups, Period, force, forces, stated_gap
from openpeel.sources import Break, Coverage, contract, coverage, covered_tables

NOTHING_PUBLISHED = "Nothing loaded informs this question."
OTHER_CYCLES = "Questions of other cycles"


class Assessor:
    """Profiles of forces at one snapshot. `publisher` stands on everything made from it."""

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        publisher: str = "demo",
        today: date | None = None,
        groups: Groups | None = None,
    ) -> None:
        """`groups`: official groups of similar forces; openpeel's nearest where none are given."""
        self.snapshot = snapshot
        self.publisher = publisher
        self.today = today or date.today()
        self._groups = groups
        self._grids: dict[str, Coverage] = {}

    @cached_property
    def screened(self) -> Screened:
        """All indicators over all forces."""
        return screen_all(self.snapshot)

    @cached_property
    def watch(self) -> Watch:
        """What survives testing, of all forces."""
        return watch(
            self.snapshot, today=self.today, screened=self.screened, covered=self._coverage
        )

    @cached_property
    def groups(self) -> Groups:
        """The groups of similar forces in use."""
        return self._groups or similar_forces(self.snapshot)

    def profile(self, name: str) -> Profile:
        """The profile of a force by slug or any spelling; raises NotKnown with near misses."""
        it = force(name)
        cycles = self._cycles(it)
        current = self._current_cycle(it)
        found, events = self._findings
        return Profile(
            force=it,
            snapshot=self.snapshot.id,
            created=self.snapshot.entry.created,
            today=self.today.isoformat(),
            publisher=self.publisher,
            cycles=cycles,
            questions=self._questions(it, current),
            findings=tuple(f for f in found if f.force_id == it.id),
            events=tuple(e for e in events if e.force_id == it.id),
            publications=self._publications.get(it.id, ()),
            coverage=tuple(
                _covered(grid, it) for t in self._tables if (grid := self._coverage(t)).periods
            ),
            doubts=tuple(d for d in self.screened.doubts.values() if d.area == it.id),
            signals=self._signals(it),
        )

    def _signals(self, it: Force) -> SignalsView:
        """What survived testing, of one force."""
        found = self.watch
        return SignalsView(
            signals=found.of(it.id),
            together=tuple(t for t in found.together if t.force_id == it.id),
            beyond=found.beyond.get(it.id, 0),
            tests=found.made_of.get(it.id, 0),
            all_tests=found.tests,
            rate=found.rate,
        )

    @cached_property
    def _tables(self) -> tuple[str, ...]:
        """The tables that are loaded and that indicators are made of."""
        used = {table for i in indicators().values() for table in (i.table, i.base)}
        return tuple(t for t in covered_tables(self.snapshot) if t in used)

    @cached_property
    def _judgments(self) -> Mapping[str, tuple[Judgment, ...]]:
        if not self.snapshot.has("grades"):
            return {}
        by_force: dict[str, tuple[Judgment, ...]] = {}
        for judgment in judgment_rows.resolve(_rows(self.snapshot.table("grades"))):
            by_force[judgment.force_id] = (*by_force.get(judgment.force_id, ()), judgment)
        return by_force

    @cached_property
    def _findings(self) -> tuple[tuple[Finding, ...], tuple[Event, ...]]:
        if not self.snapshot.has("findings"):
            return (), ()
        return finding_rows.resolve(_rows(self.snapshot.table("findings")))

    @cached_property
    def _publications(self) -> Mapping[str, tuple[Publication, ...]]:
        return publications(self.snapshot, self._findings[0])

    def why_absent(self, it: Force, table: str, month: str) -> str:
        """Why a force has no rows of a table in a month, as far as anyone has stated it."""
        grid = self._coverage(table)
        if not grid.periods:
            return "no data of its kind are loaded"
        if gap := stated_gap(it.id, table, month):
            return f"not published: {gap.reason}"
        return grid.why_absent(it.id, month) or "nothing of the kind is in its file"

    def _coverage(self, table: str) -> Coverage:
        if table not in self._grids:
            self._grids[table] = coverage(self.snapshot, table)
        return self._grids[table]

    def _cycles(self, it: Force) -> tuple[CycleView, ...]:
        """Newest first, each held against the one before it in time."""
        mine = self._judgments.get(it.id, ())
        views: list[CycleView] = []
        for cycle in framework.cycles():
            judged = tuple(j for j in mine if j.cycle == cycle.id)
            if not judged:
                continue
            comparable, comparison = False, ""
            if views:
                try:
                    allowed = framework.compare(views[-1].cycle, cycle.id)
                    comparable, comparison = True, allowed.reason
                except NotComparable as error:
                    comparison = str(error)
            dates = sorted({j.published for j in judged if j.published})
            views.append(
                CycleView(
                    cycle=cycle.id,
                    title=cycle.title,
                    published=dates[0] if dates else "",
                    comparable=comparable,
                    comparison=comparison,
                    judgments=judged,
                )
            )
        return tuple(reversed(views))

    def _current_cycle(self, it: Force) -> framework.Cycle:
        """The newest cycle that judged questions of the force; else of any force; else of all.

        Cycles that grade pillars are over: none of them is current.
        """
        whole = [c for c in framework.cycles() if c.questions and not c.grades_pillars]
        for judged in (self._judgments.get(it.id, ()), chain(*self._judgments.values())):
            ids = {j.cycle for j in judged if j.scope == "question"}
            for cycle in reversed(whole):
                if cycle.id in ids:
                    return cycle
        return whole[-1]

    def _questions(self, it: Force, cycle: framework.Cycle) -> tuple[QuestionView, ...]:
        judged = {j.question: j for j in self._judgments.get(it.id, ()) if j.cycle == cycle.id}
        views = [self._view(it, screen) for screen in self.screened.screens.values()]
        views += [_not_loaded(find(name), why) for name, why in self.screened.missing.items()]
        made = [_question(cycle, q.id, q.name, judged.get(q.id), views) for q in cycle.questions]
        known = {q.id for q in cycle.questions}
        others = [v for v in views if not known & set(v.indicator.questions)]
        if others:
            made.append(_question(cycle, "", OTHER_CYCLES, None, others))
        return tuple(made)

    def _view(self, it: Force, screen: Screen) -> IndicatorView:
        definition = screen.indicator
        mine = screen.observed.of(it.id)
        newest = latest(definition, mine)
        year = None
        if screen.yearly is not None:
            at = np.flatnonzero(screen.yearly.area == it.id)
            year = figure(definition, screen.yearly, int(at[0])) if len(at) else None
        similar, basis = self._similar(it)
        doubt = screen.doubts.get((it.id, newest.period)) if newest else None
        return IndicatorView(
            indicator=definition,
            latest=newest,
            year=year,
            age_months=age_in_months(newest.period, self.today) if newest else None,
            historical=False,
            standard=_standard(definition, self.today),
            trend=trend(screen, it) if newest else None,
            position=position(screen, it, similar, basis),
            provenance=origins(self.snapshot, definition, it.id, newest) if newest else (),
            missing="" if newest else self._why_missing(it, definition.table, mine),
            doubt=doubt.reason if doubt else "",
            against=_against(definition, mine) if newest else None,
            signals=tuple(s for s in self.watch.of(it.id) if s.indicator == definition.id),
        )

    def changes(self, definition: Indicator) -> tuple[Break, ...]:
        """The changes of definition of what the indicator counts, whichever force they touch."""
        grid = self._coverage(definition.table)
        return tuple(
            b
            for b in grid.changes
            if definition.counts_what(b.change) and any(b.change.touches(f.id) for f in forces())
        )

    def _similar(self, it: Force) -> tuple[tuple[str, ...], str]:
        try:
            return self.groups.of(it.id), self.groups.basis
        except NotComputable as error:
            return (), str(error)

    def _why_missing(self, it: Force, table: str, mine: Observations) -> str:
        if len(mine):
            return str(mine.reason[-1])
        periods = self._coverage(table).periods
        return self.why_absent(it, table, periods[-1] if periods else "")


def _question(
    cycle: framework.Cycle,
    question: str,
    name: str,
    judgment: Judgment | None,
    views: Sequence[IndicatorView],
) -> QuestionView:
    """A question with its indicators: current, older than the cycle, and without a figure."""
    begins = cycle.starts[:7]
    mine = [
        replace(v, historical=bool(v.latest and begins and _ended(v.latest) < begins))
        for v in views
        if not question or question in v.indicator.questions
    ]
    return QuestionView(
        question=question,
        name=name,
        judgment=judgment,
        current=tuple(v for v in mine if v.latest and not v.historical),
        historical=tuple(v for v in mine if v.latest and v.historical),
        missing=tuple(v for v in mine if not v.latest),
        note="" if mine else NOTHING_PUBLISHED,
    )


def _not_loaded(definition: Indicator, why: str) -> IndicatorView:
    """An indicator whose tables are not there."""
    return IndicatorView(definition, None, None, None, False, "", None, None, (), why)


def _ended(shown: Figure) -> str:
    """The last month of a figure's period."""
    return Period.parse(shown.period).last_month


def _against(definition: Indicator, mine: Observations) -> Figure | None:
    """The earlier figure that the newest is held against, where both are there."""
    if definition.against is None:
        return None
    at = np.flatnonzero((mine.period == definition.against.period) & (mine.reason == ""))
    return figure(definition, mine, int(at[0])) if len(at) else None


def _standard(indicator: Indicator, today: date) -> str:
    found = indicator.standard_on(today)
    return f"{found.value:g} since {found.start:%-d %B %Y} ({found.source})" if found else ""


def _covered(grid: Coverage, it: Force) -> CoverageView:
    counts, table = grid.counts(it.id), contract(grid.table)
    assert table.period is not None  # or it had no grid
    return CoverageView(
        table=table.table,
        title=table.title,
        kind=period_word(table.period),
        first=grid.periods[0],
        last=grid.periods[-1],
        complete=counts["complete"],
        partial=counts["partial"],
        absent=counts["absent"],
        gaps=grid.gaps(it.id),
        changes=tuple(b for b in grid.changes if b.change.touches(it.id)),
        notes=grid.notes,
    )


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def assess(lake: Lake, name: str, *, publisher: str = "demo") -> Profile:
    """The profile of a force from the newest snapshot of a lake; see `Assessor` for many."""
    return Assessor(lake.snapshot(), publisher=publisher).profile(name)
