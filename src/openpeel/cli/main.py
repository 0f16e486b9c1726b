"""The terminal front door: `openpeel`.

Exit codes: 0 done; 1 the question cannot be answered (a wrong argument, a name not known, a figure
that cannot be computed); 2 done in part (some files were refused, some mails not sent); 3 nothing
was changed (a load or the lake refused); 130 interrupted.
"""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from openpeel.cli import (
    assessing,
    backtesting,
    calibrating,
    deciding,
    defining,
    engines,
    fetching,
    loading,
    places,
    publishing,
    recording,
    sourcing,
    status,
    surging,
    watching,
    workbench,
)
from openpeel.errors import OpenpeelError

app = typer.Typer(
    name="openpeel",
    help="Assesses police forces continually, from data and evidence. Not published by HMICFRS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"openpeel {version('openpeel')}")
        raise typer.Exit


@app.callback()
def openpeel(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Assesses police forces continually, from data and evidence. Not published by HMICFRS."""


for verb_group in (
    fetching, sourcing, loading, status, assessing, backtesting, calibrating, defining, deciding,
    places, surging, watching, publishing, engines,
    recording, workbench,
):  # fmt: skip
    verb_group.add_to(app)


def main() -> None:
    """Run the command line and exit with a code that means something."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code, with errors told on standard error."""
    try:
        code = app(args=arguments, standalone_mode=False, prog_name="openpeel")
    except OpenpeelError as error:
        typer.echo(f"openpeel: {error}", err=True)
        return error.exit_code
    except typer.TyperException as error:
        # A wrong command, option or argument; Typer says which.
        context = getattr(error, "ctx", None)
        told = error.format_message() if hasattr(error, "format_message") else str(error)
        command = context.command_path if context else "openpeel"
        typer.echo(f"openpeel: {told} Try: {command} --help", err=True)
        return 1
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("openpeel: interrupted; what was not finished was not written.", err=True)
        return 130
    except BrokenPipeError:
        return 0
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        typer.echo(f"openpeel: {error.strerror or error}{place}.", err=True)
        return 3
    return code if isinstance(code, int) else 0
