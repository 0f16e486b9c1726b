"""`findings`, `clock`, `records`, `audit`, `people`: the records at the terminal."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openpeel.cli.options import JsonOption, print_json, wrapped

if TYPE_CHECKING:
    from openpeel.records.roles import Actor

records = typer.Typer(
    help="Copy the records, restore a copy, and tell whether two are equal.", no_args_is_help=True
)
audit = typer.Typer(help="The trail of everything that was done.", no_args_is_help=True)
people = typer.Typer(help="People who sign in, and their roles.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Somebody's name.", metavar="NAME")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.command("findings")(findings)
    app.command("clock")(clock)
    app.add_typer(records, name="records")
    app.add_typer(audit, name="audit")
    app.add_typer(people, name="people")


def findings(
    force: Annotated[str, typer.Option("--force", help="Of one force; of all unless given.")] = "",
    open_only: Annotated[bool, typer.Option("--open", help="Only those not closed.")] = False,
    json: JsonOption = False,
) -> None:
    """List the findings in the records: what the force claims, and what has been verified."""
    from openpeel import reference
    from openpeel.web.starting import start

    start()
    from openpeel.records.listing import finding_rows

    of = reference.force(force).id if force else ""
    rows = finding_rows(of, open_only=open_only)
    if json:
        print_json({"findings": rows})
        return
    for row in rows:
        typer.echo(wrapped(f"{row['force']}, {row['cycle']}: {row['kind_name']}", 0))
        typer.echo(wrapped(row["text"], 2))
        closed = f", {row['closed_on']}" if row["closed_on"] else ""
        typer.echo(f"  The force says: {row['claimed_state']}")
        typer.echo(f"  Verified: {row['verified_state']}{closed}")
    typer.echo(f"{len(rows)} findings.")


def clock(
    published: Annotated[str, typer.Argument(help="The day: 2024-03-12.", metavar="DATE")],
    json: JsonOption = False,
) -> None:
    """Say by when a report published on a day has to be answered: 56 days, that day the first."""
    from openpeel.records.clock import clock as started

    made = started(_day(published))
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
    when = f"{left} days left" if left >= 0 else f"{-left} days ago"
    typer.echo(f"Published {made.published}: to be answered by {made.last_day} ({when}).")


@records.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(help="A new folder for the copy.", metavar="DIR")],
) -> None:
    """Copy the records, of one moment, while they are in use."""
    from openpeel.web import places
    from openpeel.web.starting import start

    start()
    from openpeel.records.copying import backup as copy

    made = copy(_administrator(), places.folder(), target)
    rows = sum(t["rows"] for t in made["tables"].values())
    typer.echo(f"Copied {rows:,} rows and {len(made['files'])} files to {target}.")


@records.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(help="The folder of a copy.", metavar="DIR")],
) -> None:
    """Make new records from a copy; they must not be there yet."""
    from openpeel.web import places
    from openpeel.web.starting import make

    make()
    from openpeel.records.copying import restore as put

    put(source, places.folder())
    typer.echo(f"Restored to {places.folder()}.")


@records.command("digest")
def digest() -> None:
    """Print a digest of each table: equal states print the same."""
    from openpeel.web import places
    from openpeel.web.starting import start

    start()
    from openpeel.records.copying import digest as of

    for name, made in of(places.folder()):
        typer.echo(f"{made}  {name}")


@audit.command("verify")
def verify(json: JsonOption = False) -> None:
    """Check the whole trail, and name each entry that was changed, left out or moved."""
    from openpeel.errors import RecordsError
    from openpeel.web.starting import start

    start()
    from openpeel.records.trail import verify as check

    found = check()
    if json:
        print_json({"entries": found.entries, "hash": found.hash, "wrong": list(found.wrong)})
    elif not found.wrong:
        typer.echo(f"{found.entries:,} entries, whole and in order. It ends with {found.hash}.")
    if found.wrong:
        raise RecordsError(f"The trail is not what was written: {'; '.join(found.wrong[:10])}.")


@people.command("add")
def add(
    name: Name,
    email: Annotated[str, typer.Option("--email", help="For resetting the password.")] = "",
) -> None:
    """Add somebody; asks for a password."""
    from openpeel.web.starting import start

    start()
    from openpeel.records.people import add_person

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    made = add_person(_administrator(), name, email, password)
    typer.echo(f"{made.get_username()} can sign in, and has no role yet: openpeel people give.")


@people.command("give")
def give(
    name: Name,
    role: Annotated[str, typer.Argument(help="A role: openpeel people roles.")],
    force: Annotated[str, typer.Option("--force", help="For one force.")] = "",
) -> None:
    """Give somebody a role."""
    from openpeel.web.starting import start

    start()
    from openpeel.records.people import give_role

    made = give_role(_administrator(), name, role, force)
    typer.echo(f"{name}: {made}.")


@people.command("roles")
def roles() -> None:
    """List the roles and what each is for."""
    from openpeel.records.roles import ROLES

    for name, what in ROLES.items():
        typer.echo(f"{name}\n{wrapped(what, 2)}")


def _administrator() -> "Actor":
    """Whoever has the records' folder at a terminal may do what an administrator may."""
    import getpass

    from openpeel.records.roles import ADMINISTRATOR, system

    return system([ADMINISTRATOR], f"terminal: {getpass.getuser()}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is no day; write it as 2024-03-12.") from error
