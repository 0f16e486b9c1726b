"""`workbench`: where inspectors, forces and local policing bodies work."""

import os
import sys
from typing import Annotated

import typer

from openpeel.cli.options import wrapped

workbench = typer.Typer(
    help="Make the records, fill them with a demo, serve the workbench.", no_args_is_help=True
)
HostOption = Annotated[str, typer.Option(help="The address to listen on.")]
PortOption = Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65_535)]


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
    tell_of_second_steps()


@workbench.command("demo")
def demo(
    serve: bool = typer.Option(True, "--serve/--no-serve", help="Serve it afterwards."),
    host: HostOption = "127.0.0.1",
    port: PortOption = 8080,
) -> None:
    """Make records with the published story of Cambridgeshire, from public sources alone.

    Served, they have a demo person for each role, who signs in with a password made at that moment.
    """
    from openpeel.web import places
    from openpeel.web.starting import make

    make()
    from openpeel.records.demo import fill_lake, make_demo

    made = make_demo(places.folder())
    if made is None:
        typer.echo(f"The records at {places.folder()} hold something already; left as they are.")
    else:
        typer.echo(f"{made.inspections} inspections and {made.findings} findings, as published.")
    if serve:
        from openpeel.web.demo import demo_environment, demo_people

        if fill_lake(places.folder()):
            typer.echo("The data that openpeel carries was loaded: signals come from it.")
        typer.echo("Demo people, made for this demo alone:")
        for name, (role, password) in demo_people().items():
            typer.echo(f"  {name:<28} {password}   {role}")
        # In a program of its own: what has read a lake cannot be split into processes.
        command = "from openpeel.cli.main import main; main()"
        sys.stdout.flush()
        os.execve(
            sys.executable,
            [sys.executable, "-c", command, "workbench", "serve", "--host", host, f"--port={port}"],
            os.environ | demo_environment(places.folder()),
        )


@workbench.command("serve")
def serve(host: HostOption = "127.0.0.1", port: PortOption = 8080) -> None:
    """Serve the workbench until it is stopped (Ctrl+C)."""
    from openpeel.web.starting import start

    start()
    tell_of_second_steps()
    from openpeel.web.serving import serve as run

    # By its name: a passkey works at no address in numbers.
    named = "localhost" if host == "127.0.0.1" else f"[{host}]" if ":" in host else host
    typer.echo(f"The workbench is at http://{named}:{port}/workbench/ (stop it with Ctrl+C).")
    run(host, port)


def tell_of_second_steps() -> None:
    """Say whose second step was made under another key than there now is, and what to do."""
    from openpeel.web import places
    from openpeel.web.second_step import unreadable

    if people := unreadable():
        told = (
            f"Second steps made under another key, which open nothing: {', '.join(people)}. Put "
            f"the former key in place ({places.KEY}, or OPENPEEL_SECRET_KEY), or let these people "
            "begin again, on the page People."
        )
        typer.echo(wrapped(told, 0))
