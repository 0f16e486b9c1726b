"""The cache of what was fetched: a file, beside it what is known of it, and perhaps a part.

```
cache/recorded-crime/prc-pfa-mar2013-onwards-tables-230726.ods
cache/recorded-crime/.prc-pfa-….ods.json        address, validators, SHA-256, when
cache/recorded-crime/.prc-pfa-….ods.part        what has arrived of a newer one
cache/recorded-crime/.prc-pfa-….ods.part.json   whose part it is
cache/.lock                                     held by the fetch under way
```

Names that begin with a dot are passed over when the folder is loaded.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from openpeel.errors import LoadRefused

_SPARE = 64 << 20  # bytes that a download leaves free


@dataclass(frozen=True)
class Record:
    """What is known of a file, or of the part of one.

    `etag` and `modified` are the publisher's, to ask for it again by; `bytes` is the size of the
    whole (None where it was not said), `md5` the publisher's own checksum ('' where none is sure).
    `sha256` and `fetched` (UTC) are of whole files.
    """

    address: str
    etag: str
    modified: str
    bytes: int | None
    md5: str = ""
    sha256: str = ""
    fetched: str = ""

    @property
    def validator(self) -> str:
        """What a part can be resumed by: it must tell one version from another for sure."""
        return self.modified if not self.etag or self.etag.startswith("W/") else self.etag


class Place:
    """Where a file lies in the cache, with what belongs to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known = path.with_name(f".{path.name}.json")
        self.part = path.with_name(f".{path.name}.part")
        self._part_known = path.with_name(f".{path.name}.part.json")

    def record(self) -> Record | None:
        """What is known of the file; None where there is none, or nothing readable is known."""
        return _read(self._known) if self.path.is_file() else None

    def intact(self, record: Record) -> bool:
        """Whether the file is, byte by byte, what was fetched."""
        return self.path.stat().st_size == record.bytes and sha256(self.path) == record.sha256

    def begun(self, address: str) -> tuple[int, Record | None]:
        """How much of this address is here and whose it is: (0, None) where none can be used."""
        known = _read(self._part_known) if self.part.is_file() else None
        if known is None or known.address != address or not known.validator:
            return 0, None
        return self.part.stat().st_size, known

    def begin(self, known: Record) -> None:
        """Throw away what had arrived and note whose part comes now."""
        # In this order: a kill never leaves an old part under a new name.
        self.part.unlink(missing_ok=True)
        _write(self._part_known, known)

    def finish(self, known: Record) -> None:
        """The part becomes the file, in one step."""
        with self.part.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(self.part, self.path)
        _write(self._known, known)
        self._part_known.unlink(missing_ok=True)

    def drop(self) -> None:
        """Throw away what had arrived."""
        self.part.unlink(missing_ok=True)
        self._part_known.unlink(missing_ok=True)


def places(folder: Path) -> list[Place]:
    """The files of a publication in the cache, in order of their names."""
    if not folder.is_dir():
        return []
    return [
        Place(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".")
    ]


@contextmanager
def writing(cache: Path) -> Iterator[None]:
    """Hold the cache; a process that dies lets go of it.

    Raises LoadRefused where another fetch holds it, and where it cannot be written.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        handle = os.open(cache / ".lock", os.O_CREAT | os.O_RDWR)
    except OSError as error:
        raise unwritable(cache, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LoadRefused(
                f"Another fetch is at work in {cache}. Wait for it, or use another --cache."
            ) from None
        yield
    finally:
        os.close(handle)


def unwritable(path: Path, error: OSError) -> LoadRefused:
    """What to say where the cache cannot be written."""
    return LoadRefused(
        f"{path} could not be written: {error.strerror or error}. What had arrived whole stays; "
        "mend it or use another --cache, and fetch again: it goes on where it ended."
    )


def check_room(folder: Path, missing: int) -> None:
    """Raise LoadRefused where a disk lacks the room for so many bytes more."""
    free = shutil.disk_usage(folder).free - _SPARE
    if missing > free:
        raise LoadRefused(
            f"{folder} has room for {max(free, 0):,} bytes, and {missing:,} are still to come. "
            "Make room, or use another --cache."
        )


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _read(path: Path) -> Record | None:
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # as if it had not been fetched: it is fetched again


def _write(path: Path, record: Record) -> None:
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    os.replace(draft, path)
