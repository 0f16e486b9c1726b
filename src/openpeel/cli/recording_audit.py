"""`audit`: whether the trail is whole, and the lake says what the records do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openpeel.cli.options import JsonOption, print_json, wrapped
from openpeel.cli.recording_people import everybody

if TYPE_CHECKING:
    from openpeel.records.mending import Difference

audit = typer.Typer(help="The trail of everything that was done.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.add_typer(audit, name="audit")


@audit.command("verify")
def verify(
    lake: Annotated[
        Path | None,
        typer.Option("--lake", help="A lake published to: it holds where the trail once stood."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check the whole trail, and name each entry that was changed, left out or moved.

    With --lake also where the lake and the records differ: publications, findings and how they
    stand, statements and responses.
    """
    from openpeel.errors import RecordsError
    from openpeel.web.starting import start

    start()
    from openpeel.records.trail import verify as check

    held, unrecorded = {}, []
    differ: list[Difference] = []
    if lake:
        from openpeel.lake import Lake
        from openpeel.records import to_lake
        from openpeel.records.mending import differing

        held, unrecorded = to_lake.witnesses(Lake(lake)), to_lake.unrecorded(Lake(lake))
        differ = differing(Lake(lake))
    found = check(held)
    if json:
        told = {"entries": found.entries, "hash": found.hash, "wrong": list(found.wrong)}
        unlike = [{"key": d.key, "table": d.table, "texts": list(d.texts)} for d in differ]
        print_json(told | {"unrecorded": unrecorded, "differing": unlike})
    elif not found.wrong:
        typer.echo(f"{found.entries:,} entries, whole and in order. It ends with {found.hash}.")
    if found.wrong:
        raise RecordsError(f"The trail is not what was written: {'; '.join(found.wrong[:10])}.")
    if unrecorded:
        names = ", ".join(unrecorded)
        raise RecordsError(f"The lake holds {names}, the records do not: publish it again.")
    if differ:
        names = "; ".join(map(str, differ[:10]))
        raise RecordsError(
            f"The lake says otherwise than the records of {names}. Write it again from the "
            f"records, if they are the newer: openpeel audit mend --lake {lake}"
        )


@audit.command("mend")
def mend(
    lake: Annotated[Path, typer.Option("--lake", help="The lake that was published to.")],
) -> None:
    """Write to the lake again, from the records, what differs in it: after a kill between the two.

    Publications that the records do not know of are published again instead. Nothing is lost: what
    the lake said before stays in its former snapshots.
    """
    from openpeel.web.starting import start

    start()
    from openpeel.lake import Lake
    from openpeel.records.mending import mend as write

    found = write(everybody(), Lake(lake))
    for one in found:
        typer.echo(wrapped(str(one), 0))
    typer.echo(f"{len(found)} written again." if found else "Nothing differs.")
