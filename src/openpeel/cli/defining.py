"""`sql` and `indicator`: the definitions behind the numbers."""

from pathlib import Path
from typing import Annotated

import typer

from openpeel.cli.options import JsonOption, print_json

indicator = typer.Typer(help="List and check indicator definitions.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.command("sql")(sql)
    app.add_typer(indicator, name="indicator")


def sql(
    name: Annotated[str, typer.Argument(help="An indicator.", metavar="INDICATOR")],
    dialect: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
    json: JsonOption = False,
) -> None:
    """Print the SQL of an indicator: read it, run it, dispute it."""
    from openpeel.indicators import indicator as find
    from openpeel.indicators import query_of

    if dialect not in ("duckdb", "spark"):
        raise typer.BadParameter(f"'{dialect}' is no engine's dialect; use duckdb or spark.")
    text = query_of(find(name)).sql(dialect=dialect, pretty=True, identify=True)
    if json:
        print_json({"indicator": name, "dialect": dialect, "sql": text})
    else:
        typer.echo(text)


@indicator.command("list")
def list_all(json: JsonOption = False) -> None:
    """List all indicators with the questions they inform."""
    from openpeel.indicators import indicators

    known = indicators()
    if json:
        print_json(
            [
                {
                    "indicator": i.id,
                    "title": i.title,
                    "questions": list(i.questions),
                    "unit": i.unit,
                    "polarity": i.polarity,
                }
                for i in known.values()
            ]
        )
        return
    for made in known.values():
        typer.echo(f"{made.id:<36}{made.title}")
        typer.echo(f"{'':<36}{', '.join(made.questions)}; {_direction(made.polarity)}")


def _direction(polarity: str) -> str:
    return {"higher": "higher is better", "lower": "lower is better"}.get(
        polarity, "no direction is better"
    )


@indicator.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="An indicator's TOML file.", metavar="FILE")],
    json: JsonOption = False,
) -> None:
    """Check a definition: everything it holds, and the SQL it makes."""
    from openpeel.indicators import query_of, read_indicator
    from openpeel.sources import contract

    made = read_indicator(file, contract)
    text = query_of(made).sql(dialect="duckdb", pretty=True, identify=True)
    if json:
        print_json({"indicator": made.id, "title": made.title, "ok": True, "sql": text})
        return
    typer.echo(f"{file}: a sound definition of '{made.title}'. Its SQL:\n\n{text}\n")
    typer.echo(
        f"To use it, put it in a folder and set OPENPEEL_INDICATORS to that folder: it is then "
        f"'{made.id}' in assess, compare, trace and on the site."
    )
