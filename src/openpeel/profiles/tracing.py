"""The walk back: number, observation, definition, lake table and version, source file."""

from dataclasses import dataclass

from openpeel.errors import NotComputable
from openpeel.indicators import indicator as find
from openpeel.indicators import observe, query_of, table_periods
from openpeel.lake import Snapshot
from openpeel.monitoring import doubtful_months, doubts_about
from openpeel.profiles.figures import figure, origins, residents_of
from openpeel.profiles.views import Figure, Origin
from openpeel.reference import Period
from openpeel.reference import force as find_force
from openpeel.sources import coverage


@dataclass(frozen=True)
class Trace:
    """All steps from a number back to the files it came from."""

    force: str
    force_name: str
    indicator: str
    title: str
    definition: str
    sql: str
    figure: Figure
    snapshot: int
    snapshot_created: str
    origins: tuple[Origin, ...]
    notes: tuple[str, ...]


def trace(snapshot: Snapshot, force: str, indicator: str, period: str) -> Trace:
    """Walk a figure back to its files.

    `period` is one of the indicator's table (a month, quarter or year), or a run that is made of
    such, as 2025-01/2025-12. Raises NotKnown for a name or period that is not known, NotComputable
    where the force has no observation there.
    """
    it, definition, when = find_force(force), find(indicator), Period.parse(period)
    parts = table_periods(definition, when)
    window = None if len(parts) == 1 else when
    wanted = str(when) if window else parts[0]
    doubts = doubts_about(doubtful_months(snapshot), definition.table)
    found = observe(snapshot, definition, window, tuple(doubts) if window else ())
    mine = found.where((found.area == it.id) & (found.period == wanted))
    if not len(mine):
        grid = coverage(snapshot, definition.table)
        reasons = [c.reason for p in parts if (c := grid.cells.get((it.id, p)))]
        why = next(filter(None, reasons), "it lies outside the time that is loaded")
        raise NotComputable(
            f"{it.name} has no figure for '{definition.title}' in {when.label}: {why.rstrip('.')}. "
            "A gap is not a zero."
        )
    shown = figure(definition, mine, 0)
    walked = origins(snapshot, definition, it.id, shown)
    notes = []
    if any(not o.publisher_file for o in walked):
        notes.append(
            "Made from counts that somebody compiled, not from a publisher's own file. Load the "
            "publisher's street files of this force and month to replace them."
        )
    notes += [
        f"{d.month} is doubtful: {d.reason}."
        for (a, m), d in doubts.items()
        if a == it.id and m in parts
    ]
    if shown.denominator_year:
        notes.append(residents_of(definition, shown.denominator_year))
    return Trace(
        force=it.id,
        force_name=it.name,
        indicator=definition.id,
        title=definition.title,
        definition=definition.file,
        sql=query_of(definition, window, tuple(doubts) if window else ()).sql(
            dialect="duckdb", pretty=True, identify=True
        ),
        figure=shown,
        snapshot=snapshot.id,
        snapshot_created=snapshot.entry.created,
        origins=walked,
        notes=tuple(notes),
    )
