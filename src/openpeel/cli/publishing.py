"""`site`: a page for every force and indicator, written and served."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from openpeel.cli.options import DEFAULT_LAKE, JsonOption, LakeOption, PublisherOption, print_json

DEFAULT_SITE = Path("site")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the front door."""
    app.command("site")(site)


def site(
    folder: Annotated[
        Path, typer.Argument(help="Where to write it.", metavar="DIR")
    ] = DEFAULT_SITE,
    serve: Annotated[bool, typer.Option("--serve", help="Serve it when written.")] = False,
    port: Annotated[int, typer.Option(help="The port to serve on.")] = 8000,
    lake: LakeOption = DEFAULT_LAKE,
    publisher: PublisherOption = "demo",
    json: JsonOption = False,
) -> None:
    """Write the site: plain files that work without JavaScript, from any folder."""
    from openpeel.lake import Lake
    from openpeel.profiles import Assessor
    from openpeel.publish.site import write_site

    assessor = Assessor(Lake(lake).snapshot(), publisher=publisher)
    with _progress(hidden=json or not sys.stderr.isatty()) as progress:
        written = write_site(assessor, folder, progress)
    if json:
        print_json({"folder": str(folder), "pages": len(written), "snapshot": assessor.snapshot.id})
    else:
        typer.echo(
            f"Wrote {len(written)} files to {folder}/, from snapshot {assessor.snapshot.id}."
        )
    if serve:
        _serve(folder, port)


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Callable[[int, int], None] | None]:
    if hidden:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("Writing"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("write", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _serve(folder: Path, port: int) -> None:
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise typer.BadParameter(
            f"port {port} cannot be used ({error.strerror}); choose another with --port."
        ) from error
    typer.echo(f"Serving on http://127.0.0.1:{port}/ — stop with Ctrl-C.")
    with server:
        server.serve_forever()
