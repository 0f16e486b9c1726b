"""`findings`, `due`, `clock`, `records`: the records at the terminal."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from openpeel.cli import recording_audit, recording_people, recording_reminders
from openpeel.cli.options import JsonOption, print_json, wrapped
from openpeel.cli.recording_people import a_day, administrator, everybody
from openpeel.cli.workbench import tell_of_second_steps

records = typer.Typer(
    help="Copy the records, restore a copy, and tell whether two are equal.", no_args_is_help=True
)
BodyOption = Annotated[
    str, typer.Option("--force", help="Of one force or national body; of all unless given.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.command("findings")(findings)
    app.command("due")(due)
    recording_reminders.add_to(app)
    app.command("clock")(clock)
    app.add_typer(records, name="records")
    recording_audit.add_to(app)
    recording_people.add_to(app)


def findings(
    force: BodyOption = "",
    open_only: Annotated[bool, typer.Option("--open", help="Only those not closed.")] = False,
    paper: Annotated[
        list[Path] | None,
        typer.Option(help="Write a committee paper of a force: .docx or .pdf; may be given twice."),
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write them as CSV.")] = None,
    json: JsonOption = False,
) -> None:
    """List the findings in the records: what the force claims, and what has been verified."""
    from openpeel import reference
    from openpeel.web.starting import start

    start()
    from openpeel.records.listing import ageing, finding_rows
    from openpeel.records.models.findings import ASKS

    of = reference.body(force).id if force else ""
    if paper:
        _write_papers(paper, of, json)
    if csv:
        from openpeel.records.exporting import findings_csv

        made = findings_csv(everybody(), of, open_only=open_only)
        csv.write_text(made, encoding="utf-8", newline="")
        typer.echo(f"Written: {csv}", err=json)
    if (paper or csv) and not json:
        return
    rows = finding_rows(everybody(), of, open_only=open_only)
    if json:
        print_json({"findings": rows})
        return
    from openpeel.web.words import cycle_name, force_name, on

    for row in rows:
        of_cycle = f", {cycle_name(row['cycle'])}" if row["cycle"] else ""
        typer.echo(wrapped(f"{force_name(row['force'])}{of_cycle}: {row['kind_name']}", 0))
        typer.echo(wrapped(row["text"], 2))
        closed = f", {on(date.fromisoformat(row['closed_on']))}" if row["closed_on"] else ""
        if row["kind"] in ASKS:
            typer.echo(f"  The force says: {row['claimed_state'].replace('-', ' ')}")
        typer.echo(f"  Verified: {row['verified_state'].replace('-', ' ')}{closed}")
    ages = ", ".join(f"{n} {band}" for band, n in ageing(rows).items() if n)
    typer.echo(f"{len(rows)} findings. Open: {ages or 'none'}.")


def _write_papers(targets: list[Path], force_id: str, json: bool) -> None:
    from openpeel.records.exporting import as_docx, as_pdf, committee_paper

    forms = {".docx": as_docx, ".pdf": as_pdf}
    if not force_id or any(target.suffix.lower() not in forms for target in targets):
        raise typer.BadParameter("A paper is of one --force, and its file ends in .docx or .pdf.")
    said = committee_paper(everybody(), force_id, date.today())
    for target in targets:
        target.write_bytes(forms[target.suffix.lower()](said))
        typer.echo(f"Written: {target}", err=json)


def due(
    force: BodyOption = "",
    days: Annotated[int, typer.Option("--days", help="How many days ahead to look.")] = 14,
    json: JsonOption = False,
) -> None:
    """List what is overdue, and what is due soon: answers, findings, actions, requests, checks."""
    from openpeel import reference
    from openpeel.web.starting import start

    start()
    from openpeel.records.listing import due as listed

    of = reference.body(force).id if force else ""
    found = listed(everybody(), date.today(), within=days, force_id=of)
    if json:
        rows = [
            {
                "kind": d.kind,
                "force": d.force_id,
                "what": d.what,
                "owner": d.owner,
                "due_on": d.due_on.isoformat(),
                "days": d.days,
            }
            for d in found
        ]
        print_json({"due": rows})
        return
    from openpeel.web.words import force_name, on

    for d in found:
        when = f"{on(d.due_on)} ({_when(d.days)})"
        typer.echo(wrapped(f"{when}, {force_name(d.force_id)}, {d.kind}: {d.what}", 0))
    late = sum(d.days < 0 for d in found)
    typer.echo(f"{late} overdue, {len(found) - late} due in the next {days} days.")


def _when(days: int) -> str:
    """How many days ahead, or overdue."""
    if days == 0:
        return "today"
    told = f"{abs(days):,} day{'' if abs(days) == 1 else 's'}"
    return f"in {told}" if days > 0 else f"{told} overdue"


def clock(
    published: Annotated[str, typer.Argument(help="The day: 2024-03-12.", metavar="DATE")],
    json: JsonOption = False,
) -> None:
    """Say by when a report published on a day has to be answered: 56 days, that day the first."""
    from openpeel.records.clock import clock as started

    made = started(a_day(published))
    left = made.days_left(date.today())
    if json:
        print_json(
            {
                "published": made.published.isoformat(),
                "last_day": made.last_day.isoformat(),
                "days_left": left,
                "overdue": left < 0,
            }
        )
        return
    from openpeel.web.words import on

    when = f"{left} days left" if left >= 0 else f"{-left} days ago"
    told = f"Published {on(made.published)}: to be answered by {on(made.last_day)}"
    typer.echo(f"{told} ({when}).")


@records.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(help="A new folder for the copy.", metavar="DIR")],
) -> None:
    """Copy the records, of one moment, while they are in use."""
    from openpeel.web import places
    from openpeel.web.starting import start

    start()
    from openpeel.records.copying import backup as copy

    made = copy(administrator(), places.folder(), target)
    rows = sum(t["rows"] for t in made["tables"].values())
    typer.echo(f"Copied {rows:,} rows and {len(made['files'])} files to {target}.")


@records.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(help="The folder of a copy.", metavar="DIR")],
) -> None:
    """Make new records from a copy; they must not be there yet."""
    from openpeel.web import places
    from openpeel.web.starting import make, start

    start(there=False)
    from openpeel.records.copying import restore as put
    from openpeel.records.copying import whole

    # Before anything is made: a damaged copy leaves nothing behind.
    whole(source)
    make()
    put(source, places.folder())
    typer.echo(f"Restored to {places.folder()}.")
    tell_of_second_steps()


@records.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(help="A force's list: CSV or XLSX.", metavar="FILE")],
    force: Annotated[str, typer.Option("--force", help="Whose list it is.")],
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="FIELD=COLUMN, where the names do not tell.", metavar="F=C"),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write it; without this it is only tried.")
    ] = False,
) -> None:
    """Import a force's own list of findings: all of its rows, or none where a cell is wrong."""
    from openpeel.errors import FileRefused, LoadRefused
    from openpeel.web.starting import start

    start()
    from django.conf import settings

    from openpeel.lake import Lake
    from openpeel.records import publishing
    from openpeel.records.importing import import_findings, suggested
    from openpeel.records.sheets import read_sheet

    try:
        sheet = read_sheet(file.read_bytes(), file.name)
    except FileRefused as error:
        raise LoadRefused(str(error)) from error  # it is the whole of the list
    mapping = suggested(sheet)
    for pair in column or ():
        field, equals, name = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"'{pair}' is not FIELD=COLUMN.")
        mapping[field] = name
    for field, name in mapping.items():
        typer.echo(f"{field}: {name}")
    made = publishing.followed(
        Lake(settings.OPENPEEL_LAKE),
        lambda: import_findings(everybody(), force, sheet, mapping, dry_run=not write),
    )
    for bad in made.wrong:
        typer.echo(wrapped(f"row {bad.row}, column '{bad.column}': {bad.why}", 0), err=True)
    if made.wrong:
        cells = f"{len(made.wrong)} cell{'' if len(made.wrong) == 1 else 's'}"
        raise LoadRefused(f"'{file.name}' is wrong in {cells}; nothing was written.")
    done = "Imported" if made.written else "Tried, not written (--write)"
    typer.echo(f"{done}: {made.new} new, {made.changed} changed, {made.unchanged} unchanged.")


@records.command("lifecycles")
def lifecycles() -> None:
    """Print the life cycles, drawn from the code: docs/lifecycles.md."""
    from openpeel.records.drawing import page

    typer.echo(page(), nl=False)


@records.command("digest")
def digest() -> None:
    """Print a digest of each table: equal states print the same."""
    from openpeel.web import places
    from openpeel.web.starting import start

    start()
    from openpeel.records.copying import digest as of

    for name, made in of(places.folder()):
        typer.echo(f"{made}  {name}")
