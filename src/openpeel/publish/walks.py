"""The walk back of every figure that a force's page shows, as a page needs it: by indicator."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from openpeel.indicators import Indicator, query_of
from openpeel.monitoring import Screen
from openpeel.profiles import Assessor, Figure, IndicatorView, Origin
from openpeel.profiles.figures import figure, origins, residents_of
from openpeel.publish.words import NOT_A_FILE
from openpeel.reference import Force, force


@dataclass(frozen=True)
class Step:
    """One figure and the slices it was made from; `people` are those of its population."""

    anchor: str
    figure: Figure
    rows: tuple[Origin, ...]
    people: tuple[Origin, ...]


@dataclass(frozen=True)
class Walk:
    """Every figure of an indicator that a page shows, back to its files.

    `steps` are the periods, `year` the figure over the window compared (None where there is none),
    `peers` those of the similar forces over the same window, by force.
    """

    indicator: Indicator
    steps: tuple[Step, ...]
    year: Step | None
    peers: tuple[tuple[Force, Figure], ...]
    people: tuple[Origin, ...]
    period_sql: str
    window_sql: str
    notes: tuple[str, ...]

    @cached_property
    def by_period(self) -> Mapping[str, Step]:
        """The steps by their period."""
        year = (self.year,) if self.year else ()
        return {step.figure.period: step for step in (*year, *self.steps)}


def anchor(indicator: str, period: str) -> str:
    """The id of a figure's trace in a page."""
    return f"trace-{indicator}-{period.replace('/', '-to-')}"


class Walks:
    """Walks at one snapshot; what forces share is made once."""

    def __init__(self, assessor: Assessor) -> None:
        self._assessor = assessor
        self._sql: dict[str, tuple[str, str]] = {}

    def of(self, it: Force, view: IndicatorView) -> Walk:
        """The walk back of everything the view shows."""
        definition = view.indicator
        screen = self._assessor.screened.screens[definition.id]
        mine = screen.observed.of(it.id)
        shown = (
            {p.period for p in view.trend.points if p.value is not None} if view.trend else set()
        )
        shown |= {found.period for found in (view.latest, view.against) if found}
        at = np.flatnonzero(np.isin(mine.period, list(shown)))
        made = [figure(definition, mine, int(i)) for i in at]
        steps = tuple(self._step(definition, it, found) for found in made)
        year = None
        if view.year and view.year.value is not None and view.year.period not in shown:
            year = self._step(definition, it, view.year)
        everything = (*steps, *((year,) if year else ()))
        by_period, window = self._queries(screen)
        return Walk(
            indicator=definition,
            steps=steps,
            year=year,
            peers=_peers(screen, view.position.peers if view.position else ()),
            people=tuple(dict.fromkeys(o for step in everything for o in step.people)),
            period_sql=by_period,
            window_sql=window,
            notes=_notes(definition, everything),
        )

    def _step(self, definition: Indicator, it: Force, found: Figure) -> Step:
        walked = origins(self._assessor.snapshot, definition, it.id, found)
        return Step(
            anchor=anchor(definition.id, found.period),
            figure=found,
            rows=tuple(o for o in walked if o.table == definition.table),
            people=tuple(o for o in walked if o.table != definition.table),
        )

    def _queries(self, screen: Screen) -> tuple[str, str]:
        name = screen.indicator.id
        if name not in self._sql:
            doubts = tuple(screen.doubts)
            window = query_of(screen.indicator, screen.window, doubts) if screen.window else None
            self._sql[name] = (
                query_of(screen.indicator).sql(dialect="duckdb", pretty=True),
                window.sql(dialect="duckdb", pretty=True) if window else "",
            )
        return self._sql[name]


def _peers(screen: Screen, peers: tuple[str, ...]) -> tuple[tuple[Force, Figure], ...]:
    if screen.yearly is None:
        return ()
    rows = {str(area): i for i, area in enumerate(screen.yearly.area)}
    return tuple(
        (force(name), figure(screen.indicator, screen.yearly, rows[name])) for name in peers
    )


def _notes(definition: Indicator, steps: tuple[Step, ...]) -> tuple[str, ...]:
    notes = []
    if any(not o.publisher_file for step in steps for o in step.rows):
        notes.append(NOT_A_FILE)
    years = sorted({step.figure.denominator_year for step in steps} - {""})
    notes += [residents_of(definition, year) for year in years]
    return tuple(notes)
