"""`engines`: which engines can run here, and whether they give the same figures."""

from dataclasses import asdict
from textwrap import fill
from typing import TYPE_CHECKING, Any

import typer

from openpeel.cli.options import (
    DEFAULT_LAKE,
    JsonOption,
    LakeOption,
    SnapshotOption,
    print_json,
)

if TYPE_CHECKING:
    from openpeel.indicators.agreeing import Agreement, Difference

_SHOWN = 20  # differences told in full before they are summed up

engines = typer.Typer(help="Show the engines, and check that they agree on a lake.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.add_typer(engines, name="engines")


@engines.callback(invoke_without_command=True)
def bare(context: typer.Context) -> None:
    """Show the engines, and check that they agree on a lake."""
    if context.invoked_subcommand is None:
        list_all(json=False)


@engines.command("list")
def list_all(json: JsonOption = False) -> None:
    """List the engines and their versions, and what keeps one from running here."""
    from openpeel.lake import ENGINES, engine_version, why_not

    found = [
        {"engine": name, "version": engine_version(name), "why_not": why_not(name)}
        for name in ENGINES
    ]
    if json:
        print_json(found)
        return
    for entry in found:
        named = f"{entry['engine']:<8}{entry['version']:<10}"
        typer.echo(_wrapped(f"{named}{entry['why_not'] or 'runs here'}", len(named)))


@engines.command("check")
def check(
    lake: LakeOption = DEFAULT_LAKE, snapshot: SnapshotOption = None, json: JsonOption = False
) -> None:
    """Ask DuckDB and Spark for every indicator, slice and coverage, and compare.

    Exit code 1 when they differ on a figure.
    """
    from openpeel.indicators.agreeing import agreement
    from openpeel.lake import Lake

    vintage = Lake(lake).snapshot(snapshot)
    found = agreement(vintage)
    if json:
        print_json(_data(found, vintage.id))
    else:
        typer.echo("\n".join(_told(found, vintage.id)))
    if found.differences:
        raise typer.Exit(1)


def _data(found: "Agreement", vintage: int) -> dict[str, Any]:
    from openpeel.lake import ENGINES, engine_version

    return {
        "compared": found.compared,
        "different": len(found.differences),
        "differences": [
            {
                name: value
                for name, value in asdict(d).items()
                if name != "held" or value is not None
            }
            for d in found.differences
        ],
        "indicators": found.indicators,
        "tables": found.tables,
        "left_out": found.left_out,
        "snapshot": vintage,
        "engines": {name: engine_version(name) for name in ENGINES},
    }


def _told(found: "Agreement", vintage: int) -> list[str]:
    from openpeel.lake import ENGINES, engine_version

    named = " and ".join(f"{name} {engine_version(name)}" for name in ENGINES)
    many = len(found.differences)
    lines = [
        f"Snapshot {vintage}, {named}: {found.compared:,} figures compared,",
        f"of {len(found.indicators)} indicators, and the rows and coverage of "
        f"{len(found.tables)} tables; {f'{many:,} differ' if many else 'none differs'}.",
    ]
    for difference in found.differences[:_SHOWN]:
        lines += _told_one(difference)
    if many > _SHOWN:
        lines.append(f"… and {many - _SHOWN:,} more; --json lists them all")
    if found.left_out:
        lines.append(f"Not compared: {len(found.left_out)}; --json says of each why")
    return lines


def _told_one(one: "Difference") -> list[str]:
    place = ", ".join(filter(None, (one.area, one.period)))
    said = {"duckdb": one.duckdb, "spark": one.spark}
    if one.held is not None:
        said["provenance"] = one.held
    return [
        f"  {one.what}{f' ({place})' if place else ''}, {one.column}:",
        *(_wrapped(f"    {name:<11}{value}", 15) for name, value in said.items()),
    ]


def _wrapped(line: str, indent: int) -> str:
    return fill(line, 80, subsequent_indent=" " * indent)
