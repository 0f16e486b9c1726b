"""The site: a page for every force, publication and indicator, written whole or not at all."""

import csv
import fcntl
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from openpeel.errors import NotComputable, OpenpeelError
from openpeel.indicators import Indicator, indicators
from openpeel.profiles import Assessor, Comparison, comparison
from openpeel.publish.page import Pages
from openpeel.publish.publications import publication_data
from openpeel.publish.words import standing
from openpeel.reference import forces

MARK = "openpeel-site.json"
"""Written into every site; only a folder that holds it, or an empty one, is ever replaced."""


def write_site(
    assessor: Assessor, folder: Path, progress: Callable[[int, int], None] | None = None
) -> list[Path]:
    """Write the site into a folder and return the files; `progress` gets pages done and in all.

    The site is written beside the folder and put in its place when it is whole: a kill never
    leaves half a site, and the next run sweeps what it left. Raises OpenpeelError for a folder that
    holds something else, or that cannot be written.
    """
    folder = Path(folder).absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _check(folder)
        with _draft(folder) as draft:
            names = [_put(draft / "new", *page) for page in _pages(assessor, progress)]
            _swap(draft / "new", folder, draft / "old")
    except OSError as error:
        raise OpenpeelError(
            f"The site could not be written to {folder}: {error.strerror or error}. "
            "What was there before is as it was."
        ) from error
    return [folder / name for name in names]


def _check(folder: Path) -> None:
    if folder.is_dir():
        held = [p.name for p in folder.iterdir()]
        if held and MARK not in held:
            raise OpenpeelError(
                f"{folder} holds something that is no openpeel site ({sorted(held)[0]}, for one), "
                "and would be replaced. Name an empty or a new folder."
            )
    elif folder.exists():
        raise OpenpeelError(f"{folder} is a file. Name an empty or a new folder.")


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A new folder beside a folder, with a lock on it that a killed process loses."""
    parent = os.open(folder.parent, os.O_RDONLY)
    try:
        fcntl.flock(parent, fcntl.LOCK_EX)  # nobody sweeps between a draft and the lock on it
        _sweep(folder)
        draft = Path(tempfile.mkdtemp(prefix=_drafts(folder), dir=folder.parent))
        handle = os.open(draft, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    finally:
        os.close(parent)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        os.close(handle)


def _drafts(folder: Path) -> str:
    """What the names of a folder's drafts begin with."""
    return f".{folder.name}.openpeel-"


def _sweep(folder: Path) -> None:
    """Remove the drafts of a folder whose processes are gone.

    One that was killed between the two steps of a swap has the former site: that goes back.
    """
    named = re.compile(re.escape(_drafts(folder)) + r"\w{8}")
    for draft in [path for path in folder.parent.iterdir() if named.fullmatch(path.name)]:
        try:
            handle = os.open(draft, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # its process has just ended, or it is another user's
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if (draft / "old").exists() and not folder.exists():
                (draft / "old").rename(folder)
            shutil.rmtree(draft, ignore_errors=True)
        except BlockingIOError:
            pass  # its process is alive
        finally:
            os.close(handle)


def _put(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return name


def _swap(new: Path, folder: Path, old: Path) -> None:
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise


def _pages(
    assessor: Assessor, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[str, str]]:
    """Name and text of every file."""
    pages = Pages(assessor, site=True)
    compared = {name: _compared(assessor, it) for name, it in indicators().items()}
    profiles = sorted((assessor.profile(f.id) for f in forces()), key=lambda p: p.force.name)
    listed = [(it, why) for it, _, why in sorted(compared.values(), key=lambda c: c[0].title)]
    yield "index.html", pages.index(profiles, listed)
    yield "signals.html", pages.signals()
    yield "about.html", pages.about()
    yield MARK, json.dumps(_mark(assessor), indent=1)
    total, done = len(profiles) + len(compared), 0
    # One thread: nearly all the time is vl-convert's, and it draws one chart at a time.
    for profile in profiles:
        yield f"forces/{profile.force.id}.html", pages.force(profile)
        done += 1
        if progress:
            progress(done, total)
        for published in profile.publications:
            name = f"publications/{published.slug}"
            yield f"{name}.html", pages.publication(published)
            yield f"{name}.json", json.dumps(publication_data(published), indent=1)
    for name, (it, found, _) in compared.items():
        if found is not None:
            yield f"indicators/{name}.html", pages.indicator(it, found)
            yield f"indicators/{name}.csv", _csv(found)
        done += 1
        if progress:
            progress(done, total)


def _compared(assessor: Assessor, it: Indicator) -> tuple[Indicator, Comparison | None, str]:
    """The comparison of an indicator, or why there is none."""
    try:
        return it, comparison(assessor, it.id), ""
    except NotComputable as error:
        return it, None, str(error)


def _mark(assessor: Assessor) -> dict[str, object]:
    return {
        "made_with": "openpeel",
        "standing": standing(assessor.publisher),
        "snapshot": assessor.snapshot.id,
        "created": assessor.snapshot.entry.created,
    }


def _csv(found: Comparison) -> str:
    """The table of a comparison; a force without a figure has an empty one and its reason."""
    text = io.StringIO()
    columns = (
        "force_id", "force", "indicator", "period", "value", "numerator", "denominator",
        "lower_95", "upper_95", "against_limits", "reason", "snapshot", "published_by",
    )  # fmt: skip
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(columns)
    side = {0: "within", 1: "above", -1: "below"}
    for it in found.forces:
        rows.writerow(
            (
                it.force.id, it.force.name, found.indicator, found.window, it.value, it.numerator,
                it.denominator, it.lower, it.upper, "" if it.lower is None else side[it.outside],
                it.reason, found.snapshot, f"{found.publisher}, not HMICFRS",
            )
        )  # fmt: skip
    return text.getvalue()
