"""Progress bars: on standard error, for a person who watches."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial


@contextmanager
def bars(
    *, json: bool, of_bytes: bool = True
) -> Iterator[Callable[[str, int, int | None], None] | None]:
    """A callback of a name, how much is done and how much it is in all, with a bar for each name.

    Bytes are counted, or else pages. None where nobody watches: for `--json`, and where standard
    error is no terminal.
    """
    if json or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    done_of = (DownloadColumn(), TransferSpeedColumn()) if of_bytes else (MofNCompleteColumn(),)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), *done_of)
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as shown:
        tasks = {}

        def show(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = shown.add_task(name, total=total)
            shown.update(tasks[name], completed=done, total=total)

        yield show


@contextmanager
def bar(
    name: str, *, json: bool, of_bytes: bool = True
) -> Iterator[Callable[[int, int], None] | None]:
    """One bar, as a callback of how much is done and how much it is in all: see `bars`."""
    with bars(json=json, of_bytes=of_bytes) as show:
        yield partial(show, name) if show else None
