"""`source`: what can be loaded, and what a file is before it is loaded."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openpeel.cli.options import DEFAULT_LAKE, JsonOption, LakeOption, print_json, wrapped

if TYPE_CHECKING:
    from openpeel.sources import FileReport

source = typer.Typer(help="List what can be loaded; check a file first.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.add_typer(source, name="source")


@source.command("list")
def list_all(json: JsonOption = False) -> None:
    """List every source: its name, what it is, and whose."""
    from openpeel.sources import sources

    known = sources()
    if json:
        keys = ("name", "title", "publisher", "licence")
        print_json([{key: getattr(s, key) for key in keys} for s in known])
        return
    for made in known:
        typer.echo(made.name)
        typer.echo(wrapped(made.title, 4))
        typer.echo(wrapped(f"{made.publisher}, {made.licence}", 4))


@source.command("check")
def check(
    paths: Annotated[
        list[Path], typer.Argument(help="Archives, folders or files.", metavar="PATH…")
    ],
    lake: LakeOption = DEFAULT_LAKE,
    json: JsonOption = False,
) -> None:
    """Say what files are, whether they would load, and what would be lost. Writes nothing.

    Exit code 1 when a source of your own does not hold together, 2 when some would be refused, 3
    when the whole load would be.
    """
    from openpeel.lake import Lake
    from openpeel.sources import rehearse, sources

    report = rehearse(Lake(lake), paths)
    if json:
        print_json({"files": [asdict(f) for f in report.files]})
    else:
        titles = {s.name: f"{s.title} ({s.publisher})" for s in sources()}
        typer.echo("\n".join(line for f in report.files for line in _said(f, titles)))
    if report.refused:
        raise typer.Exit(2)


def _said(it: "FileReport", titles: dict[str, str]) -> list[str]:
    if it.refused:
        return [f"{it.file}", wrapped(f"would be refused: {it.refused}", 2)]

    def rows(number: int) -> str:
        return f"{number:,} row{'s' if number != 1 else ''}"

    lines = [
        f"{it.file}",
        wrapped(f"is {it.source}: {titles.get(it.source, '')}", 2),
        f"  would load {it.rows_loaded:,} of {rows(it.rows_read)} into {it.table}",
    ]
    if it.rows_unchanged:
        lines.append(f"  {rows(it.rows_unchanged)} would change nothing in the lake")
    if it.rows_replaced:
        lines.append(f"  {rows(it.rows_replaced)} of the lake would give way to them")
    if it.rows_quarantined:
        lines.append(f"  {rows(it.rows_quarantined)} would go to quarantine:")
        lines += [wrapped(reason, 4) for reason in it.bad]
    if it.note:
        lines.append(wrapped(it.note, 2))
    return lines
