"""`load`: what goes into the lake."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openpeel.cli.options import DEFAULT_LAKE, JsonOption, LakeOption, print_json, wrapped
from openpeel.cli.progress import bar

if TYPE_CHECKING:
    from openpeel.sources import FileReport, LoadReport

_TABLE = 24  # characters of a table's name
_SHOWN = 12  # files named in full before they are summed up


def add_to(app: typer.Typer) -> None:
    """Add the command to the front door."""
    app.command("load")(load)


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

    Exit code 1 when a source of your own does not hold together, 2 when some files were refused, 3
    when nothing was changed.
    """
    from openpeel import sources
    from openpeel.lake import Lake

    given: list[Path] = list(paths or [])
    if bundled:
        given += sources.bundled()
    if not given:
        raise typer.BadParameter("name at least one PATH, or use --bundled.")
    with bar("Reading", json=json) as progress:
        report = sources.load(Lake(lake), given, progress)
    if json:
        print_json({"files": [asdict(f) for f in report.files], "snapshot": report.snapshot})
    else:
        typer.echo("\n".join(_said(report)))
    if report.refused:
        raise typer.Exit(2)


def _said(report: "LoadReport") -> list[str]:
    good = [f for f in report.files if not f.refused]
    lines = []
    by_table: dict[str, list[FileReport]] = {}
    for entry in good:
        by_table.setdefault(entry.table, []).append(entry)
    head = (
        f"{'table':<{_TABLE}}{'files':>6}{'read':>12}{'loaded':>12}{'unchanged':>12}"
        f"{'quarantined':>13}"
    )
    lines.append(head)
    for table, entries in sorted(by_table.items()):
        sums = [
            sum(getattr(e, n) for e in entries)
            for n in ("rows_read", "rows_loaded", "rows_unchanged", "rows_quarantined")
        ]
        numbers = "".join(f"{n:>{w},}" for n, w in zip(sums, (12, 12, 12, 13), strict=True))
        lines.append(f"{table:<{_TABLE}}{len(entries):>6,}{numbers}")
    by_note: dict[str, list[FileReport]] = {}
    for entry in good:
        by_note.setdefault(entry.note, []).append(entry)
    by_note.pop("", None)
    for note, entries in by_note.items():
        more = f" and {len(entries) - 1:,} more" if len(entries) > 1 else ""
        lines.append(wrapped(f"{Path(entries[0].file).name}{more}: {note}", 2))
    quarantined = [e for e in good if e.rows_quarantined]
    for entry in quarantined[:_SHOWN]:
        lines.append(wrapped(f"{entry.file}: {entry.rows_quarantined:,} quarantined", 2))
        lines += [wrapped(reason, 4) for reason in entry.bad]
    if len(quarantined) > _SHOWN:
        lines.append(f"  … and {len(quarantined) - _SHOWN} more files with rows in quarantine")
    for entry in report.refused[:_SHOWN]:
        lines.append(wrapped(f"Refused: {entry.refused}", 0))
    if len(report.refused) > _SHOWN:
        lines.append(f"… and {len(report.refused) - _SHOWN} more refused; --json lists them all")
    if not any(e.rows_loaded for e in good):
        lines.append(f"Nothing is new: snapshot {report.snapshot} stays in force.")
    else:
        lines.append(f"Snapshot {report.snapshot} is in force.")
    return lines
