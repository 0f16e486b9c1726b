"""`status`: what is in the lake, which periods of which force are there, and why others are not."""

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openpeel.cli.options import (
    DEFAULT_LAKE,
    JsonOption,
    LakeOption,
    SnapshotOption,
    print_json,
)

if TYPE_CHECKING:
    from openpeel.lake import Snapshot
    from openpeel.reference import Force
    from openpeel.sources import Break, Coverage

_MARKS = 48  # of a force's periods on one line
_SIGNS = {"complete": "#", "partial": "p", "absent": "."}
_LEGEND = "# complete, p partial, . absent: a gap, never a zero"


def add_to(app: typer.Typer) -> None:
    """Add the command to the front door."""
    app.command("status")(status)


def status(
    lake: LakeOption = DEFAULT_LAKE,
    snapshot: SnapshotOption = None,
    table: Annotated[
        str | None, typer.Option("--table", help="Show this table's periods, force by force.")
    ] = None,
    force: Annotated[
        str | None, typer.Option("--force", help="Show this force's gaps in every table, and why.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show the tables, the snapshot, and which periods of which force are there."""
    from openpeel import reference, sources
    from openpeel.errors import NotKnown
    from openpeel.lake import Lake

    vintage = Lake(lake).snapshot(snapshot)
    only = reference.force(force) if force else None
    tables = sources.covered_tables(vintage)
    if table is not None:
        if table not in tables:
            raise NotKnown(
                f"The lake holds no table '{table}' by force and period. It has: "
                f"{', '.join(tables) or 'none'}."
            )
        tables = (table,)
    grids = {name: sources.coverage(vintage, name) for name in tables}
    if json:
        print_json(_data(vintage, grids, only))
    elif table is not None:
        typer.echo("\n".join(_grid_text(grids[table], only)))
    elif only is not None:
        typer.echo("\n".join(_force_text(vintage, grids, only)))
    else:
        typer.echo("\n".join(_tables_text(vintage, grids)))


def _data(
    vintage: "Snapshot", grids: "dict[str, Coverage]", only: "Force | None"
) -> dict[str, Any]:
    return {
        "snapshot": vintage.id,
        "created": vintage.entry.created,
        "reason": vintage.entry.reason,
        "tables": [
            {"table": t, "rows": vintage.rows(t), "version": v}
            for t, v in sorted(vintage.tables.items())
        ],
        "coverage": {name: _grid_data(grid, only) for name, grid in grids.items()},
    }


def _grid_data(grid: "Coverage", only: "Force | None") -> dict[str, Any]:
    return {
        "kind": grid.kind,
        "periods": list(grid.periods),
        **grid.totals,
        "forces": {
            area: {**grid.counts(area), "gaps": [asdict(gap) for gap in grid.gaps(area)]}
            for area in grid.areas
            if grid.periods and (only is None or only.id == area)
        },
        "changes": [_change_data(found) for found in _of(grid, only)],
        "notes": list(grid.notes),
    }


def _change_data(found: "Break") -> dict[str, Any]:
    change = found.change
    return {
        "id": change.id,
        "from": str(change.period),
        "latest": str(change.latest),
        "dated_by": "file" if change.by_file else "period",
        "columns": list(change.columns),
        "forces": list(change.forces),
        "what": change.what,
        "figure": change.figure,
        "before": found.before,
        "after": found.after,
        "sum_before": found.sum_before,
        "sum_after": found.sum_after,
        "confidence": change.confidence,
        "source": change.source,
        "source_url": change.source_url,
    }


def _of(grid: "Coverage", only: "Force | None") -> "list[Break]":
    """The changes that touch a force; all of them where none is asked for."""
    return [b for b in grid.changes if only is None or only.id in (b.change.forces or (only.id,))]


def _tables_text(vintage: "Snapshot", grids: "dict[str, Coverage]") -> Iterator[str]:
    from openpeel.publish.columns import said

    yield from said(
        f"Snapshot {vintage.id}, {vintage.entry.created[:10]}: {vintage.entry.reason}", 0, 2
    )
    yield f"{'table':<22}{'rows':>12}{'version':>8}  {'periods':<26}{'complete':>8}"
    for table, number in sorted(vintage.tables.items()):
        line = f"{table:<22}{vintage.rows(table):>12,}{number:>8}"
        grid = grids.get(table)
        if grid and grid.periods:
            line += f"  {_span(grid):<26}{_share(grid):>8}"
        yield line
    for table, grid in grids.items():
        for note in grid.notes:
            yield from said(f"{table}: {note}.", 0, 2)
    if grids:
        yield "complete: of all forces and periods from the first that is loaded to the last."
        yield "openpeel status --table T shows them; --force F a force's gaps, and why."


def _force_text(vintage: "Snapshot", grids: "dict[str, Coverage]", only: "Force") -> Iterator[str]:
    from openpeel.publish.columns import said

    yield f"{only.name}: what snapshot {vintage.id} holds, and what it lacks"
    for table, grid in grids.items():
        if not grid.periods:
            continue
        complete = grid.counts(only.id)["complete"]
        yield f"{table}, {_span(grid)}: {complete} of {len(grid.periods)} complete"
        yield from _gaps_text(grid, only)
    changed: dict[str, list[str]] = {}
    for table, grid in grids.items():
        for found in _of(grid, only):
            changed.setdefault(_broken(found), []).append(table)
    for told, tables in changed.items():
        yield from said(f"Change of definition in {', '.join(tables)}, {told}", 0, 2)


def _grid_text(grid: "Coverage", only: "Force | None") -> Iterator[str]:
    from openpeel.publish.columns import said

    if not grid.periods:
        yield f"{grid.table} holds no period."
        return
    each = math.ceil(len(grid.periods) / _MARKS)
    yield f"Coverage of {grid.table} by {grid.kind.replace('-', ' ')}, {_span(grid)}"
    folded = f"; each mark is {each} periods, ~ where they differ" if each > 1 else ""
    yield from said(f"({_LEGEND}{folded})")
    width = math.ceil(len(grid.periods) / each)
    if width > len(grid.periods[0]) + len(grid.periods[-1]):
        first, last = grid.periods[0], grid.periods[-1]
        yield f"  {'':<20} {first}{last:>{width - len(first)}}"
    for area in grid.areas:
        if only is not None and only.id != area:
            continue
        signs = [_SIGNS[grid.cells[area, period].status] for period in grid.periods]
        runs = (set(signs[at : at + each]) for at in range(0, len(signs), each))
        marks = "".join(run.pop() if len(run) == 1 else "~" for run in runs)
        yield f"  {area:<20} {marks} {grid.counts(area)['complete']}/{len(signs)}"
    if only is not None:
        yield from _gaps_text(grid, only)
    for note in grid.notes:
        yield from said(f"{note[0].upper()}{note[1:]}.", 0, 2)
    for found in _of(grid, only):
        yield from said(f"Change of definition, {_broken(found)}", 0, 2)


def _gaps_text(grid: "Coverage", only: "Force") -> Iterator[str]:
    from openpeel.publish.columns import said

    for gap in grid.gaps(only.id):
        run = gap.first + (f" to {gap.last}" if gap.last != gap.first else "")
        yield from said(f"{run} {gap.status}: {gap.reason}", 2, 4)


def _broken(found: "Break") -> str:
    """A change of definition in words: when, what, the step in the data, the source, the mark."""
    change = found.change
    if change.by_file:
        when = f"files made from {change.period.label} on"
    elif change.latest != change.period:
        when = f"some time from {change.period} to {change.latest}"
    else:
        when = f"from {change.period} on"
    step = ""
    if found.sum_before is not None and found.sum_after is not None:
        step = (
            f" The {change.figure} of forces that have both: {found.sum_before:,.0f} in "
            f"{found.before}, {found.sum_after:,.0f} in {found.after}."
        )
    return f"{when}: {change.what}{step} [{change.confidence}: {change.source}]"


def _span(grid: "Coverage") -> str:
    first, last = grid.periods[0], grid.periods[-1]
    return first if first == last else f"{first} to {last} ({len(grid.periods)})"


def _share(grid: "Coverage") -> str:
    """The share of complete cells, rounded down, so that 100 % is all of them."""
    complete = grid.totals["complete"]
    share = 100 * complete // len(grid.cells)
    return f"{share} %" if share or not complete else "<1 %"
