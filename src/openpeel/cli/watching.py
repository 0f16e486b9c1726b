"""`watch`: which forces and indicators need a look, ranked, at a stated rate of false signals."""

from functools import partial
from typing import Annotated

import typer

from openpeel.cli.options import (
    DEFAULT_LAKE,
    JsonOption,
    LakeOption,
    PublisherOption,
    SnapshotOption,
    print_json,
)


def add_to(app: typer.Typer) -> None:
    """Add the command to the front door."""
    app.command("watch")(watch)


def watch(
    since: Annotated[
        int | None,
        typer.Option(
            "--since", help="What is new, and what is gone, since a vintage.", metavar="N"
        ),
    ] = None,
    rate: Annotated[
        float,
        typer.Option("--rate", min=0.001, max=0.5, help="The share of signals that may be false."),
    ] = 0.1,
    budget: Annotated[
        int, typer.Option("--budget", min=0, help="The most signals of one force; 0 for all.")
    ] = 5,
    historical: Annotated[
        bool, typer.Option("--historical", help="Also figures more than two years old.")
    ] = False,
    lake: LakeOption = DEFAULT_LAKE,
    snapshot: SnapshotOption = None,
    publisher: PublisherOption = "demo",
    json: JsonOption = False,
) -> None:
    """Test everything at once and rank what stands out from chance, the surest first."""
    from openpeel import monitoring
    from openpeel.lake import Lake
    from openpeel.publish.watching import watch_data, watch_text

    it = Lake(lake)
    now, followed = it.snapshot(snapshot), None
    oldest = None if historical else monitoring.CURRENT
    look = partial(monitoring.watch, rate=rate, budget=0, oldest=oldest)
    if since is None:
        made = look(now)
    else:
        if since >= now.id:
            raise typer.BadParameter(f"--since: name a vintage before {now.id}, the one watched.")
        before = look(it.snapshot(since))
        made = look(now, before=before)
        followed = monitoring.follow(made, before)
    made = made.within(budget)
    if json:
        print_json(watch_data(made, followed, publisher))
    else:
        typer.echo(watch_text(made, followed, publisher))
