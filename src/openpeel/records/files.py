"""Files of evidence, kept by their SHA-256: the same file once, and never changed.

They lie beside the database, apart from anything that a browser is served as a page.
"""

import contextlib
import hashlib
import os
import re
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from openpeel.errors import FileRefused, RecordsError

LARGEST = 50 * 2**20
"""Bytes that a file may have."""
TYPES = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "application/vnd.openxmlformats-officedocument": (b"PK\x03\x04",),
    "text/plain": (),
}
"""Types that are taken, by how their content begins; plain text is what decodes as UTF-8."""
_OFFICE = {"word/": ".wordprocessingml.document", "xl/": ".spreadsheetml.sheet"}

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""Characters that no plain text has."""


@dataclass(frozen=True)
class Kept:
    """A file that is kept: its checksum, size, and its type by its content."""

    sha256: str
    size: int
    type: str


@contextlib.contextmanager
def kept(folder: Path, stream: BinaryIO, name: str) -> Iterator[Kept]:
    """A file that is kept under `folder`/files where what is done with it succeeds, and only then.

    What is done is one write with it: the file is in its place before that is certain, so that a
    power cut leaves no record of a file that is not there; where it is refused, nothing is left.
    Raises FileRefused for what is too large or of no type that is taken, by its content and not by
    its name.
    """
    store = folder / "files"
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    handle, draft = tempfile.mkstemp(dir=store, prefix=".draft-")
    try:
        with os.fdopen(handle, "wb") as out:
            while block := stream.read(2**16):
                size += len(block)
                if size > LARGEST:
                    raise FileRefused(f"'{name}' is larger than {LARGEST // 2**20} MiB.")
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if not size:
            raise FileRefused(f"'{name}' is empty.")
        made = Kept(digest.hexdigest(), size, _type(Path(draft), name))
        with transaction.atomic():
            yield made
            # Each sender has a draft of its own: one that is refused takes no other's away.
            Path(draft).replace(_place(store, made.sha256))
            handle = os.open(store, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
    finally:
        Path(draft).unlink(missing_ok=True)


def keep(folder: Path, stream: BinaryIO, name: str) -> Kept:
    """Keep a file whatever is done with it: see `kept`."""
    with kept(folder, stream, name) as made:
        return made


def path_of(folder: Path, sha256: str) -> Path:
    """Where a kept file lies. Raises RecordsError where it is missing or is not what was kept."""
    place = _place(folder / "files", sha256)
    if not place.is_file():
        raise RecordsError(f"The file {sha256} is missing from {place.parent}.")
    with place.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
            raise RecordsError(f"The file {place} is not what was kept: its checksum differs.")
    return place


def all_kept(folder: Path) -> Iterator[Path]:
    """Every kept file, by checksum."""
    store = folder / "files"
    if store.is_dir():
        yield from sorted(p for p in store.iterdir() if not p.name.startswith("."))


def forget(folder: Path, seconds: float) -> None:
    """Remove the kept files of a folder in which nothing stays: those older than `seconds`."""
    for place in all_kept(folder):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - place.stat().st_mtime > seconds:
                place.unlink()


def safe_name(name: str) -> str:
    """A file's name without folders and control characters, of 200 characters at most."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(c for c in last if c.isprintable()).strip(" .")
    return plain[-200:] or "file"


def _place(store: Path, sha256: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise RecordsError("A kept file is named by its SHA-256, and this is none.")
    return store / sha256


def _type(path: Path, name: str) -> str:
    """The type of a file by its content. Raises FileRefused for any other."""
    with path.open("rb") as stream:
        head = stream.read(16)
    for kind, begins in TYPES.items():
        if not head.startswith(begins) or not begins:
            continue
        if kind.endswith("officedocument"):
            if not zipfile.is_zipfile(path):
                break
            try:
                with zipfile.ZipFile(path) as archive:
                    names = archive.namelist()
            except (zipfile.BadZipFile, ValueError, NotImplementedError):
                break
            found = next((e for p, e in _OFFICE.items() if any(n.startswith(p) for n in names)), "")
            if not found or any("vbaproject" in n.lower() for n in names):
                break
            return kind + found
        return kind
    else:
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if not _CONTROL.search(text):
            return "text/plain"
    raise FileRefused(
        f"'{name}' is none of: PDF, PNG, JPEG, Word or Excel without macros, plain text in UTF-8."
    )
