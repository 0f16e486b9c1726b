"""`fetch`: what is published comes into a cache, ready to load."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openpeel.cli.options import JsonOption, print_json, wrapped
from openpeel.cli.progress import bars

if TYPE_CHECKING:
    from openpeel.sources.fetching import FetchReport


def add_to(app: typer.Typer) -> None:
    """Add the command to the front door."""
    app.command("fetch")(fetch)


def fetch(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="What to fetch (all unless given): see --list.", metavar="SOURCE…"),
    ] = None,
    list_all: Annotated[
        bool, typer.Option("--list", help="Show what is known, and how old what is here is.")
    ] = False,
    month: Annotated[
        str | None, typer.Option(help="The archive of this month, not the latest.", metavar="MONTH")
    ] = None,
    cache: Annotated[
        Path, typer.Option(envvar="OPENPEEL_CACHE", help="Where files are kept.", metavar="DIR")
    ] = Path("cache"),
    json: JsonOption = False,
) -> None:
    """Download what is published into a cache; interrupted, it goes on where it ended.

    Exit code 1 when nothing of it can be fetched by a program, 2 when some files were refused, 3
    when all were.
    """
    from openpeel.sources.fetching import fetch as bring
    from openpeel.sources.fetching import publication, publications

    wanted = [publication(name) for name in sources or ()] or list(publications())
    if list_all:
        _print_list([*dict.fromkeys(wanted)], cache, json)
        return
    if month is not None:
        if not sources:
            raise typer.BadParameter("--month needs a SOURCE: police-uk-archives.")
        wanted = [p.of(month) for p in wanted]
    with bars(json=json) as progress:
        report = bring([*dict.fromkeys(wanted)], cache, progress)
    if json:
        print_json({"files": [asdict(f) for f in report.files], "load": report.paths})
    else:
        typer.echo("\n".join(_said(report)))
    refused = any(f.fate == "refused" for f in report.files)
    if refused or not report.paths:
        raise typer.Exit((2 if report.paths else 3) if refused else 1)


def _said(report: "FetchReport") -> list[str]:
    lines = []
    for entry in report.files:
        if entry.fate in ("fetched", "unchanged"):
            resumed = f", {entry.resumed:,} of them from before" if entry.resumed else ""
            lines.append(f"{entry.fate:<10}{entry.file}  {entry.bytes:,} bytes{resumed}")
            if entry.note:
                lines.append(wrapped(entry.note, 10))
        else:
            lines.append(wrapped(f"{entry.fate:<10}{entry.publication}: {entry.note}", 0))
            lines += [f"{'':<10}{entry.address}"] * (entry.fate == "by hand")
    if report.paths:
        lines.append(f"Next: openpeel load {' '.join(map(quote, report.paths))}")
    return lines


def _print_list(wanted: list[Any], cache: Path, json: bool) -> None:
    from openpeel.sources.fetching import cached

    now = datetime.now(UTC)
    known = []
    for published in wanted:
        here = [
            {**asdict(file), "days": _days(file.fetched, now)} for file in cached(published, cache)
        ]
        known.append({**asdict(published), "fetched_by": published.way, "cached": here})
    if json:
        print_json({"cache": str(cache), "published": known})
        return
    for entry in known:
        where = f"{_WAYS[entry['fetched_by']]} {entry['address'] or entry['page']}"
        typer.echo(wrapped(f"{entry['name']}: {entry['title']}", 0))
        typer.echo(wrapped(f"{entry['publisher']}; {entry['licence']}", 2))
        typer.echo(wrapped(where, 2))
        typer.echo(wrapped(f"{entry['confidence']}: {entry['basis']}", 2))
        if entry["brings"]:
            typer.echo(wrapped(f"brings {', '.join(entry['brings'])}", 2))
        for file in entry["cached"]:
            days = file["days"]
            age = "of unknown age" if days is None else f"fetched {days:,} days ago"
            typer.echo(f"  here: {file['file']}\n    {file['bytes']:,} bytes, {age}")


_WAYS = {"address": "from", "page": "from the files of", "by hand": "by hand, from"}


def _days(fetched: str, now: datetime) -> int | None:
    return (now - datetime.fromisoformat(fetched)).days if fetched else None
