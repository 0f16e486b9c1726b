"""`remind`: each person is told by mail what is due or overdue for them."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openpeel.cli.options import JsonOption, print_json
from openpeel.cli.recording_people import administrator

if TYPE_CHECKING:
    from openpeel.web.reminding import Reminder


def add_to(app: typer.Typer) -> None:
    """Add the command to the front door."""
    app.command("remind")(remind)


def remind(
    days: Annotated[int, typer.Option("--days", help="How many days ahead to look.", min=0)] = 28,
    every: Annotated[
        bool, typer.Option("--all", help="Tell of all of it, whatever day it is.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent, and send nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Remind people by mail of what is due and overdue for them; meant to run once a day.

    Each thing is told of 28, 14, 7, 3 and 1 days before its last day, on it, and while it is
    overdue each Monday. Whoever has nothing to be told gets no mail. Ends with 2 where some mails
    could not be sent, with 3 where none could.
    """
    from openpeel.web.starting import start

    start()
    from openpeel.web.reminding import reminders, send

    made = reminders(administrator(), date.today(), within=days, every=every)
    if dry_run:
        _show(made, json)
        return
    done = []
    for one, why in send(administrator(), made):
        done.append({**_row(one), "sent": not why, "why": why})
        if why:
            typer.echo(f"Not sent to {one.name}: {why}.", err=True)
    failed = sum(not row["sent"] for row in done)
    if json:
        print_json({"reminders": done, "sent": len(done) - failed, "failed": failed})
    else:
        typer.echo(f"{len(done) - failed} reminders sent, {failed} failed.")
    if failed:
        raise typer.Exit(3 if failed == len(done) else 2)


def _show(made: "list[Reminder]", json: bool) -> None:
    if json:
        print_json({"reminders": [{**_row(one), "text": one.text} for one in made]})
        return
    for one in made:
        typer.echo(f"To: {one.name}\nSubject: {one.subject}\n\n{one.text}")
    typer.echo(f"{len(made)} reminders; none was sent (--dry-run).")


def _row(one: "Reminder") -> dict[str, Any]:
    return {"name": one.name, "subject": one.subject, "things": one.things}
