"""`surge`: a rise and its return in what a force counts, with both dates."""

from typing import Annotated

import typer

from openpeel.cli.assessing import ForceArgument
from openpeel.cli.options import (
    DEFAULT_LAKE,
    JsonOption,
    LakeOption,
    SnapshotOption,
    print_json,
)


def add_to(app: typer.Typer) -> None:
    """Add the command to the front door."""
    app.command("surge")(surge)


def surge(
    force: ForceArgument,
    around: Annotated[
        str,
        typer.Option(
            "--around", help="Ask about a period: 2017-07, 2017-Q3, 2017.", metavar="PERIOD"
        ),
    ] = "",
    after: Annotated[
        str,
        typer.Option(
            "--after",
            help="Ask only about surges that begin after it: did it come back?",
            metavar="PERIOD",
        ),
    ] = "",
    lake: LakeOption = DEFAULT_LAKE,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Look for a surge in every series of a force: a rise and its return, with both dates."""
    from openpeel import reference
    from openpeel.lake import Lake
    from openpeel.monitoring import surges_of
    from openpeel.publish.surges import surge_data, surge_text
    from openpeel.reference import Period

    asked = reference.force(force)
    period, fixed = (Period.parse(text) if text else None for text in (around, after))
    report = surges_of(Lake(lake).snapshot(snapshot), asked, period, fixed)
    if json:
        print_json(surge_data(report))
    else:
        typer.echo(surge_text(report))
