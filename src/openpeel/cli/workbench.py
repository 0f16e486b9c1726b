"""`workbench`: where inspectors, forces and local policing bodies work."""

import typer

workbench = typer.Typer(
    help="Make the records, fill them with a demo, serve the workbench.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.add_typer(workbench, name="workbench")


@workbench.command("init")
def init() -> None:
    """Make the records' tables, or bring them up to this version of openpeel."""
    from openpeel.web import places
    from openpeel.web.starting import make

    make()
    typer.echo(f"The records are at {places.folder()}.")


@workbench.command("demo")
def demo(
    serve: bool = typer.Option(True, "--serve/--no-serve", help="Serve it afterwards."),
) -> None:
    """Make records with the published story of Cambridgeshire, from public sources alone."""
    from openpeel.web import places
    from openpeel.web.starting import make

    make()
    from openpeel.records.demo import make_demo

    made = make_demo(places.folder())
    if made is None:
        typer.echo(f"The records at {places.folder()} hold something already; left as they are.")
    else:
        typer.echo(f"{made.inspections} inspections and {made.findings} findings, as published.")
