"""`sql` and `indicator`: the definitions behind the numbers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openpeel.cli.options import (
    DEFAULT_LAKE,
    JsonOption,
    LakeOption,
    SnapshotOption,
    print_json,
    wrapped,
)

if TYPE_CHECKING:
    from openpeel.indicators import Indicator
    from openpeel.lake import Lake, Snapshot

indicator = typer.Typer(help="List, draft and check indicator definitions.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.command("sql")(sql)
    app.add_typer(indicator, name="indicator")


def sql(
    name: Annotated[str, typer.Argument(help="An indicator.", metavar="INDICATOR")],
    dialect: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
    run: Annotated[bool, typer.Option("--run", help="Run it on the lake; print CSV.")] = False,
    lake: LakeOption = DEFAULT_LAKE,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Print the SQL of an indicator, or run it: read it, dispute it."""
    from openpeel.indicators import indicator as find
    from openpeel.indicators import query_of

    if dialect not in ("duckdb", "spark"):
        raise typer.BadParameter(f"'{dialect}' is no engine's dialect; use duckdb or spark.")
    made = find(name)
    text = query_of(made).sql(dialect=dialect, pretty=True, identify=True)
    rows = _rows(made, _open(lake).snapshot(snapshot)) if run else None
    if json:
        more = {} if rows is None else {"rows": rows}
        print_json({"indicator": name, "dialect": dialect, "sql": text, **more})
    elif rows is not None:
        _print_csv(rows)
    else:
        typer.echo(text)


def _open(folder: Path) -> "Lake":
    from openpeel.lake import Lake

    return Lake(folder)


def _rows(made: "Indicator", snapshot: "Snapshot") -> list[dict[str, Any]]:
    """The answer to an indicator's query; raises NotComputable without its tables."""
    from openpeel.errors import NotComputable
    from openpeel.indicators import lacking, query_of

    if why := lacking(snapshot, made):
        raise NotComputable(f"There is no figure for '{made.title}': {why}.")
    rows: list[dict[str, Any]] = snapshot.query(query_of(made)).to_pylist()
    return rows


def _print_csv(rows: list[dict[str, Any]]) -> None:
    import csv

    if rows:
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@indicator.command("list")
def list_all(lake: LakeOption = DEFAULT_LAKE, json: JsonOption = False) -> None:
    """List all indicators, the questions they inform, and whether their table is loaded."""
    from openpeel.indicators import indicators
    from openpeel.publish.columns import said
    from openpeel.publish.words import direction

    known = indicators()
    here = _open(lake)
    loaded = set(here.snapshot().tables) if here.exists() else set()
    if json:
        print_json(
            [
                {
                    "indicator": i.id,
                    "title": i.title,
                    "questions": list(i.questions),
                    "unit": i.unit,
                    "polarity": i.polarity,
                    "table": i.table,
                    "loaded": {i.table, i.base} - {""} <= loaded,
                }
                for i in known.values()
            ]
        )
        return
    for made in known.values():
        missing = {made.table, made.base} - {"", *loaded}
        more = f"; needs {' and '.join(sorted(missing))}, not loaded in {lake}" if missing else ""
        told = (made.title, f"{', '.join(made.questions)}; {direction(made.polarity)}{more}")
        typer.echo("\n".join([made.id, *(line for text in told for line in said(text, 4, 6))]))


@indicator.command("coverage")
def coverage(
    force: Annotated[str, typer.Argument(help="A force, in any spelling.", metavar="FORCE")],
    lake: LakeOption = DEFAULT_LAKE,
    json: JsonOption = False,
) -> None:
    """Show, question by question, how many indicators have a figure for a force, and how new."""
    from openpeel.profiles import Assessor

    profile = Assessor(_open(lake).snapshot()).profile(force)
    rows = [
        {
            "question": q.question,
            "name": q.name,
            "carried": len(q.current) + len(q.historical) + len(q.missing),
            "current": len(q.current),
            "historical": len(q.historical),
            "missing": len(q.missing),
        }
        for q in profile.questions
    ]
    if json:
        print_json({"force": profile.force.id, "snapshot": profile.snapshot, "questions": rows})
        return
    columns = ("carried", "current", "historical", "missing")
    typer.echo(f"{'Question':<36}" + "".join(f"{name:>11}" for name in columns))
    for row in rows:
        typer.echo(f"{row['name']:<36}" + "".join(f"{row[name]:>11}" for name in columns))


@indicator.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Its id: small letters and hyphens.", metavar="ID")],
    table: Annotated[str, typer.Option("--table", help="The lake table it counts.")],
    unit: Annotated[str, typer.Option(help="share, rate, mean, count or ratio.")] = "share",
    question: Annotated[
        list[str] | None, typer.Option(help="A question it informs; may be given again.")
    ] = None,
    folder: Annotated[
        Path,
        typer.Option("--folder", envvar="OPENPEEL_INDICATORS", help="Where to put it."),
    ] = Path("indicators"),
) -> None:
    """Write a first draft of a definition, with what the table holds, for a person to finish."""
    from typing import cast

    from openpeel.errors import DefinitionError
    from openpeel.indicators import draft
    from openpeel.indicators.definition import ID, Unit
    from openpeel.sources import contract

    path = folder / f"{name}.toml"
    if not ID.fullmatch(name):
        raise DefinitionError(f"'{name}' is no id: small letters, digits and hyphens alone.")
    text = draft(name, contract(table), cast(Unit, unit), question or ())
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise DefinitionError(f"{path} is there already; nothing was changed.") from None
    typer.echo(f"{path} is a draft: write what stands in <angle brackets>. Then")
    typer.echo(f"  openpeel indicator check {path}")
    typer.echo(f"  OPENPEEL_INDICATORS={folder} openpeel compare {name}")


@indicator.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="An indicator's TOML file.", metavar="FILE")],
    lake: LakeOption = DEFAULT_LAKE,
    json: JsonOption = False,
) -> None:
    """Check a definition: everything it holds, the SQL it makes, and what it gives on the lake."""
    from openpeel.indicators import observe, query_of, read_indicator
    from openpeel.sources import contract

    made = read_indicator(file, contract)
    text = query_of(made).sql(dialect="duckdb", pretty=True, identify=True)
    here = _open(lake)
    found = observe(here.snapshot(), made) if here.exists() else None
    counts = (
        {}
        if found is None
        else {"observations": len(found), "with_value": int((found.reason == "").sum())}
    )
    if json:
        print_json({"indicator": made.id, "title": made.title, "ok": True, "sql": text, **counts})
        return
    typer.echo(wrapped(f"{file}: a sound definition of '{made.title}'. Its SQL:", 0))
    typer.echo(f"\n{text}\n")
    if found is not None:
        reasons = sorted({str(r) for r in found.reason} - {""})
        typer.echo(
            f"On {lake}: {counts['observations']:,} observations, "
            f"{counts['with_value']:,} with a value."
        )
        for reason in reasons[:5]:
            typer.echo(wrapped(f"no value: {reason}", 2))
    told = (
        "To use it, put it in a folder and set OPENPEEL_INDICATORS to that folder: it is then "
        f"'{made.id}' in assess, compare, trace and on the site."
    )
    typer.echo(wrapped(told, 0))
