"""`load` and `status`: what goes into the lake, and what is in it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
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
    from openpeel.sources import Coverage, FileReport, LoadReport

_SHOWN = 12  # files named in full before they are summed up


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.command("load")(load)
    app.command("status")(status)


def load(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Archives, folders or files.", metavar="PATH…")
    ] = None,
    bundled: Annotated[
        bool, typer.Option("--bundled", help="Load the real data that openpeel carries.")
    ] = False,
    lake: LakeOption = DEFAULT_LAKE,
    json: JsonOption = False,
) -> None:
    """Load published files into the lake, and say what became of each.

    Exit code 2 when some files were refused, 3 when nothing was changed.
    """
    from openpeel import sources
    from openpeel.lake import Lake

    given: list[Path] = list(paths or [])
    if bundled:
        given += sources.bundled()
    if not given:
        raise typer.BadParameter("name at least one PATH, or use --bundled.")
    with _progress(hidden=json or not sys.stderr.isatty()) as progress:
        report = sources.load(Lake(lake), given, progress)
    if json:
        print_json({"files": [asdict(f) for f in report.files], "snapshot": report.snapshot})
    else:
        typer.echo("\n".join(_said(report)))
    if report.refused:
        raise typer.Exit(2)


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Any]:
    """A progress bar on standard error, as a callback of bytes done and in all."""
    if hidden:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("Reading"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("read", total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield show


def _said(report: "LoadReport") -> list[str]:
    good = [f for f in report.files if not f.refused]
    lines = []
    by_table: dict[str, list[FileReport]] = {}
    for entry in good:
        by_table.setdefault(entry.table, []).append(entry)
    head = (
        f"{'table':<14}{'files':>6}{'read':>12}{'loaded':>12}{'unchanged':>12}{'quarantined':>13}"
    )
    lines.append(head)
    for table, entries in sorted(by_table.items()):
        sums = [
            sum(getattr(e, n) for e in entries)
            for n in ("rows_read", "rows_loaded", "rows_unchanged", "rows_quarantined")
        ]
        numbers = "".join(f"{n:>{w},}" for n, w in zip(sums, (12, 12, 12, 13), strict=True))
        lines.append(f"{table:<14}{len(entries):>6,}{numbers}")
    lines += [f"  {Path(e.file).name}: {e.note}" for e in good if e.note]
    quarantined = [e for e in good if e.rows_quarantined]
    for entry in quarantined[:_SHOWN]:
        lines.append(f"  {entry.file}: {entry.rows_quarantined:,} quarantined")
    if len(quarantined) > _SHOWN:
        lines.append(f"  … and {len(quarantined) - _SHOWN} more files with rows in quarantine")
    for entry in report.refused[:_SHOWN]:
        lines.append(f"Refused: {entry.refused}")
    if len(report.refused) > _SHOWN:
        lines.append(f"… and {len(report.refused) - _SHOWN} more refused; --json lists them all")
    if not any(e.rows_loaded for e in good):
        lines.append(f"Nothing is new: snapshot {report.snapshot} stays in force.")
    else:
        lines.append(f"Snapshot {report.snapshot} is in force.")
    return lines


def status(
    lake: LakeOption = DEFAULT_LAKE,
    snapshot: SnapshotOption = None,
    force: Annotated[
        str | None, typer.Option("--force", help="Show this force's gaps, month by month.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show the tables, the snapshot, and which months of which force are there."""
    from openpeel import reference, sources
    from openpeel.lake import Lake

    vintage = Lake(lake).snapshot(snapshot)
    only = reference.force(force).id if force else None
    grids = [
        sources.coverage(vintage, table) for table in sorted(vintage.tables) if _by_month(table)
    ]
    if json:
        print_json(
            {
                "snapshot": vintage.id,
                "created": vintage.entry.created,
                "reason": vintage.entry.reason,
                "tables": [
                    {"table": t, "rows": vintage.rows(t), "version": v}
                    for t, v in sorted(vintage.tables.items())
                ],
                "coverage": {g.table: _grid_data(g, only) for g in grids},
            }
        )
        return
    typer.echo(f"Snapshot {vintage.id}, {vintage.entry.created[:10]}: {vintage.entry.reason}")
    typer.echo(f"{'table':<20}{'rows':>14}{'version':>10}")
    for table, number in sorted(vintage.tables.items()):
        typer.echo(f"{table:<20}{vintage.rows(table):>14,}{number:>10}")
    for grid in grids:
        typer.echo("\n".join(_grid_text(grid, only)))


def _by_month(table: str) -> bool:
    from openpeel.errors import NotKnown
    from openpeel.sources import contract

    try:
        return contract(table).partition == "month"
    except NotKnown:
        return False  # one of the lake's own


def _grid_data(grid: "Coverage", only: str | None) -> dict[str, Any]:
    return {
        "months": list(grid.months),
        "forces": {
            area: {
                **grid.counts(area),
                "gaps": [asdict(gap) for gap in grid.gaps(area)],
            }
            for area in grid.areas
            if grid.months and only in (None, area)
        },
    }


def _grid_text(grid: "Coverage", only: str | None) -> Iterator[str]:
    if not grid.months:
        return
    yield ""
    yield f"Coverage of {grid.table}, {grid.months[0]} to {grid.months[-1]}"
    yield "(# complete, p partial, . absent: a gap, never a zero)"
    many = len(grid.months) > 36
    for area in grid.areas:
        if only not in (None, area):
            continue
        counts = grid.counts(area)
        marks = "".join(
            {"complete": "#", "partial": "p"}.get(grid.cells[area, m].status, ".")
            for m in grid.months[-36:]
        )
        there = f"{counts['complete']}/{len(grid.months)}"
        yield f"  {area:<20} {'…' if many else ''}{marks} {there}"
        if only:
            for gap in grid.gaps(area):
                run = gap.first_month + (
                    f" to {gap.last_month}" * (gap.first_month != gap.last_month)
                )
                yield f"    {run} {gap.status}: {gap.reason}"
