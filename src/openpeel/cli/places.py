"""`places`: small areas whose newest months are above what one would expect there."""

from dataclasses import asdict
from typing import Annotated

import typer

from openpeel.cli.options import (
    DEFAULT_LAKE,
    JsonOption,
    LakeOption,
    SnapshotOption,
    print_json,
    wrapped,
)


def add_to(app: typer.Typer) -> None:
    """Add the command to the front door."""
    app.command("places")(places)


def places(
    force: Annotated[str, typer.Argument(help="A force; all forces unless given.")] = "",
    kinds: Annotated[
        list[str] | None,
        typer.Option("--type", help="A crime type, as the publisher names it; may be repeated."),
    ] = None,
    months: Annotated[int, typer.Option("--months", help="Judge the newest 1 or 3 months.")] = 3,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to list.")] = 20,
    lake: LakeOption = DEFAULT_LAKE,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """List small areas with more of a crime type than they and their force make one expect."""
    from openpeel.lake import Lake
    from openpeel.monitoring.places import places as judge
    from openpeel.reference import Period

    found = judge(Lake(lake).snapshot(snapshot), newest=months)
    ranked = found.ranked(force, kinds or (), limit=limit)
    if json:
        print_json(
            {
                "newest": found.newest,
                "before": found.before,
                "judged": len(found.p),
                "unjudged": found.unjudged,
                "unlocated": found.unlocated,
                "elsewhere": found.elsewhere,
                "places": [asdict(place) for place in ranked],
            }
        )
        return
    judged = Period.of_run(found.newest[0], found.newest[-1]).label
    typer.echo(
        f"{len(found.p):,} places and crime types, {judged} against the {len(found.before)} months "
        "before:"
    )
    typer.echo(
        f"{found.signals():,} at a false-discovery rate of 10%. A question to ask, not an answer."
    )
    for place in ranked:
        typer.echo()
        typer.echo(wrapped(place.sentence, 0))
    if not ranked:
        typer.echo("There is no place to list.")
    if found.unjudged and not force:
        typer.echo()
        for name, why in found.unjudged.items():
            typer.echo(wrapped(f"Not judged: {name}: {why}", 0))
