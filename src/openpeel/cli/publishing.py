"""`site`: a page for every force and indicator, written and served."""

from pathlib import Path
from typing import Annotated

import typer

from openpeel.cli.options import DEFAULT_LAKE, JsonOption, LakeOption, PublisherOption, print_json
from openpeel.cli.progress import bar

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
    with bar("Writing", json=json, of_bytes=False) as progress:
        written = write_site(assessor, folder, progress)
    if json:
        print_json({"folder": str(folder), "pages": len(written), "snapshot": assessor.snapshot.id})
    else:
        typer.echo(
            f"Wrote {len(written)} files to {folder}/, from snapshot {assessor.snapshot.id}."
        )
    if serve:
        _serve(folder, port)


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
