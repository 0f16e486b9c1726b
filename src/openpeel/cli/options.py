"""Options that all commands share."""

from pathlib import Path
from typing import Annotated

import typer

LakeOption = Annotated[
    Path,
    typer.Option("--lake", envvar="OPENPEEL_LAKE", help="The folder of the lake.", metavar="DIR"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
SnapshotOption = Annotated[
    int | None,
    typer.Option("--snapshot", help="The vintage to read; the newest unless given.", metavar="N"),
]
PublisherOption = Annotated[
    str,
    typer.Option(
        "--publisher", envvar="OPENPEEL_PUBLISHER", help="Who publishes what is made from it."
    ),
]
DEFAULT_LAKE = Path("lake")


def print_json(data: object) -> None:
    """Print JSON to standard output, one document."""
    import json

    typer.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))
