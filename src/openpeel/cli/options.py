"""Options and ways of printing that all commands share."""

from pathlib import Path
from textwrap import fill
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


def wrapped(text: str, indent: int) -> str:
    """A text on lines of 80 characters; a longer word, such as a path, stays whole."""
    return fill(
        text,
        80,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
