"""`baseline`: what people decided about the charts, with who and why."""

from dataclasses import asdict
from typing import Annotated

import typer

from openpeel.cli.options import DEFAULT_LAKE, JsonOption, LakeOption, print_json, wrapped

baseline = typer.Typer(
    help="Record from when on an indicator is judged anew: a decision, never automatic.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="An indicator.", metavar="INDICATOR")]
Begins = Annotated[str, typer.Argument(help="The first period of it: 2025-06.", metavar="PERIOD")]
Reason = Annotated[str, typer.Option("--reason", help="Why: what changed in the process.")]
Force = Annotated[str, typer.Option("--force", help="For one force; for all unless given.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.add_typer(baseline, name="baseline")


@baseline.command("set")
def set_one(
    name: Name,
    begins: Begins,
    author: Annotated[str, typer.Option("--author", help="Who decided it.")],
    reason: Reason,
    force: Force = "",
    lake: LakeOption = DEFAULT_LAKE,
) -> None:
    """Record a decision: from this period on, limits are reckoned anew."""
    from openpeel.lake import Lake
    from openpeel.monitoring import set_baseline

    made = set_baseline(Lake(lake), name, begins, author=author, reason=reason, of=force)
    typer.echo(f"{made.indicator}, {made.force_id or 'all forces'}: baseline from {made.begins}.")


@baseline.command("withdraw")
def withdraw(
    name: Name, begins: Begins, reason: Reason, force: Force = "", lake: LakeOption = DEFAULT_LAKE
) -> None:
    """Record that a decision no longer holds; it stays in the table, with the reason."""
    from openpeel.lake import Lake
    from openpeel.monitoring import withdraw_baseline

    gone = withdraw_baseline(Lake(lake), name, begins, reason=reason, of=force)
    typer.echo(f"{gone.indicator}, {gone.force_id or 'all forces'}: {gone.begins} is withdrawn.")


@baseline.command("list")
def list_all(lake: LakeOption = DEFAULT_LAKE, json: JsonOption = False) -> None:
    """List every decision, with who, when and why; withdrawn ones too."""
    from openpeel.lake import Lake
    from openpeel.monitoring import baselines

    decided = baselines(Lake(lake).snapshot())
    if json:
        print_json([asdict(b) for b in decided])
        return
    for made in decided:
        typer.echo(f"{made.indicator}, {made.force_id or 'all forces'}: from {made.begins}")
        typer.echo(wrapped(f"{made.author}, {made.decided}: {made.reason}", 4))
        if made.withdrawn:
            typer.echo(wrapped(f"withdrawn: {made.withdrawn}", 4))
    if not decided:
        typer.echo("No baseline is recorded: every chart begins where its periods begin.")
