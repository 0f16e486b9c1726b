"""`people`: who signs in to the workbench, and their roles."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from openpeel.cli.options import JsonOption, print_json, wrapped

if TYPE_CHECKING:
    from openpeel.records.models import Membership
    from openpeel.records.roles import Actor

people = typer.Typer(help="People who sign in, and their roles.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Somebody's name.", metavar="NAME")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.add_typer(people, name="people")


@people.command("add")
def add(
    name: Name,
    email: Annotated[
        str, typer.Option("--email", help="For reminders, and for an organisation's sign-in.")
    ] = "",
) -> None:
    """Add somebody; asks for a password."""
    from openpeel.web.starting import start

    start()
    from openpeel.records.people import add_person

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    made = add_person(administrator(), name, email, password)
    typer.echo(f"{made.get_username()} can sign in, and has no role yet: openpeel people give.")


@people.command("give")
def give(
    name: Name,
    role: Annotated[str, typer.Argument(help="A role: openpeel people roles.")],
    force: Annotated[str, typer.Option("--force", help="For one force, or other body.")] = "",
    until: Annotated[
        str, typer.Option("--until", help="The last day of a temporary role.", metavar="DATE")
    ] = "",
) -> None:
    """Give somebody a role."""
    from openpeel.web.starting import start

    start()
    from openpeel.records.people import give_role

    last_day = a_day(until) if until else None
    made = give_role(administrator(), name, role, force, last_day=last_day)
    typer.echo(wrapped(f"{name}: {_named(made)}.", 0))


@people.command("end")
def end(
    number: Annotated[int, typer.Argument(help="The role's number: openpeel people list.")],
) -> None:
    """End a role."""
    from openpeel.web.starting import start

    start()
    from openpeel.records.people import end_role

    made = end_role(administrator(), number)
    typer.echo(wrapped(f"Ended: {_named(made)}.", 0))


@people.command("list")
def listed(json: JsonOption = False) -> None:
    """List the people and the roles that they have, each with its number."""
    from openpeel.web.starting import start

    start()
    from openpeel.records.people import memberships

    found = memberships(administrator())
    if json:
        rows = [
            {
                "number": one.pk,
                "name": one.user.get_username(),
                "role": one.role,
                "force": one.force_id,
                "last_day": one.last_day.isoformat() if one.last_day else None,
            }
            for one in found
        ]
        print_json({"people": rows})
        return
    for one in found:
        typer.echo(wrapped(f"{one.pk}  {one.user.get_username()}: {_named(one)}", 0))


def _named(one: "Membership") -> str:
    """A role as people read it: 'Force liaison, Kent Police, until 9 December 2026'."""
    from openpeel.web.words import on, role_name

    until = f", until {on(one.last_day)}" if one.last_day else ""
    return f"{role_name(one.role, one.force_id)}{until}"


@people.command("roles")
def roles() -> None:
    """List the roles and what each is for."""
    from openpeel.records.roles import ROLES

    for name, what in ROLES.items():
        typer.echo(f"{name}\n{wrapped(what, 2)}")


def administrator() -> "Actor":
    """Whoever has the records' folder at a terminal may do what an administrator may."""
    import getpass

    from openpeel.records.roles import ADMINISTRATOR, system

    return system([ADMINISTRATOR], f"terminal: {getpass.getuser()}")


def everybody() -> "Actor":
    """Whoever has the records' folder at a terminal can read all of it."""
    import getpass

    from openpeel.records.roles import ROLES, system

    return system(ROLES, f"terminal: {getpass.getuser()}")


def a_day(text: str) -> date:
    """A day that somebody typed. Raises BadParameter for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is no day; write it as 2024-03-12.") from error
