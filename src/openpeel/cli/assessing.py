"""`assess`, `compare` and `trace`: what the lake says, and where every number came from."""

from pathlib import Path
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

ForceArgument = Annotated[
    str, typer.Argument(help="A force: slug, ONS code, or any publisher's spelling.")
]
IndicatorArgument = Annotated[str, typer.Argument(help="An indicator: openpeel indicator list.")]
GroupsOption = Annotated[
    Path | None,
    typer.Option(
        "--groups", help="Official similar forces: a CSV with force, peer.", metavar="FILE"
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.command("assess")(assess)
    app.command("compare")(compare)
    app.command("trace")(trace)


def assess(
    force: ForceArgument,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a self-contained page.", metavar="FILE.html")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="All cycles in full, and why not comparable.")
    ] = False,
    groups: GroupsOption = None,
    lake: LakeOption = DEFAULT_LAKE,
    snapshot: SnapshotOption = None,
    publisher: PublisherOption = "demo",
    json: JsonOption = False,
) -> None:
    """Assess a force: published grades, findings, and what the data says by question."""
    from openpeel.lake import Lake
    from openpeel.profiles import Assessor
    from openpeel.reference import load_groups

    if out is not None:
        _check(out)
    assessor = Assessor(
        Lake(lake).snapshot(snapshot),
        publisher=publisher,
        groups=load_groups(groups) if groups else None,
    )
    profile = assessor.profile(force)
    if out is not None:
        from openpeel.publish.page import force_page

        _write(out, force_page(assessor, profile.force.id))
        typer.echo(f"Wrote {out}", err=True)
    if json:
        from openpeel.publish.data import profile_data

        print_json(profile_data(profile))
    elif out is None:
        from openpeel.publish.terminal import profile_text

        typer.echo(profile_text(profile, verbose=verbose))


def _check(path: Path) -> None:
    """Refuse what no page can be written to, before there is one."""
    if path.is_dir():
        raise typer.BadParameter(f"--out: {path} is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"--out: there is no folder {path.parent}; make it first.")


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def compare(
    indicator: IndicatorArgument,
    lake: LakeOption = DEFAULT_LAKE,
    snapshot: SnapshotOption = None,
    publisher: PublisherOption = "demo",
    json: JsonOption = False,
) -> None:
    """Show an indicator for all forces, in the order of their names: never a rank."""
    from openpeel.lake import Lake
    from openpeel.profiles import Assessor, comparison

    made = comparison(Assessor(Lake(lake).snapshot(snapshot), publisher=publisher), indicator)
    if json:
        from openpeel.publish.data import comparison_data

        print_json(comparison_data(made))
    else:
        from openpeel.publish.terminal import comparison_text

        typer.echo(comparison_text(made))


def trace(
    force: ForceArgument,
    indicator: IndicatorArgument,
    period: Annotated[
        str, typer.Argument(help="A month (2025-06), or a run of months (2025-01/2025-12).")
    ],
    lake: LakeOption = DEFAULT_LAKE,
    snapshot: SnapshotOption = None,
    publisher: PublisherOption = "demo",
    json: JsonOption = False,
) -> None:
    """Walk one number back: observation, definition, lake table and version, file, checksum."""
    from openpeel import profiles
    from openpeel.lake import Lake

    walked = profiles.trace(Lake(lake).snapshot(snapshot), force, indicator, period)
    if json:
        from openpeel.publish.data import trace_data

        print_json(trace_data(walked, publisher))
    else:
        from openpeel.publish.terminal import trace_text

        typer.echo(trace_text(walked, publisher))
