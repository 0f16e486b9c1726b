"""Fetching: what is published comes into the cache, whole and checked, or not at all."""

import base64
import hashlib
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from openpeel.errors import FileRefused
from openpeel.sources.fetching.cache import (
    Place,
    Record,
    check_room,
    places,
    sha256,
    unwritable,
    writing,
)
from openpeel.sources.fetching.published import Publication, addresses
from openpeel.sources.fetching.web import Answer, Interrupted, Web

_PACKED = (".zip", ".ods", ".xlsx")  # each is a zip archive inside

Progress = Callable[[str, int, int | None], None]
"""Called with a file's name, its bytes that are here, and its bytes in all where that is known."""


@dataclass
class FetchedFile:
    """What became of one file, or of a publication that has none to fetch.

    `fate`: fetched, unchanged, refused (`note` says why), or by hand (`address` is the page to
    open). `resumed` are the bytes that an earlier fetch had left.
    """

    publication: str
    fate: str
    address: str
    file: str = ""
    bytes: int = 0
    sha256: str = ""
    resumed: int = 0
    note: str = ""


@dataclass
class FetchReport:
    """What a fetch did, file by file."""

    files: list[FetchedFile] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """What to load: all that is whole and current."""
        return [f.file for f in self.files if f.fate in ("fetched", "unchanged")]


@dataclass(frozen=True)
class CachedFile:
    """A file in the cache: when it was fetched (UTC, '' where not known), from where, how large."""

    file: str
    fetched: str
    address: str
    bytes: int


def fetch(
    wanted: Sequence[Publication],
    cache: Path,
    progress: Progress | None = None,
    web: Web | None = None,
) -> FetchReport:
    """Bring publications into the cache, one file after the other.

    A file that is there and unchanged is left alone; one that no longer is what was fetched is
    named and fetched again. What cannot be fetched is refused with its reason, and the rest goes
    on. A fetch that is killed leaves whole files and parts; the next goes on where it ended.
    Raises LoadRefused where the cache cannot be written or another fetch holds it.
    """
    report = FetchReport()
    web = web or Web()
    if all(p.way == "by hand" for p in wanted):
        report.files += [_by_hand(p) for p in wanted]
        return report
    with writing(cache):
        for published in wanted:
            if published.way == "by hand":
                report.files.append(_by_hand(published))
                continue
            try:
                found = addresses(published, web)
            except FileRefused as error:
                report.files.append(
                    FetchedFile(published.name, "refused", published.page, note=str(error))
                )
                continue
            for name, address in found.items():
                place = Place(cache / published.name / name)
                entry = FetchedFile(published.name, "refused", address, str(place.path))
                report.files.append(entry)
                try:
                    place.path.parent.mkdir(exist_ok=True)
                    _bring(entry, place, web, progress or (lambda _name, _done, _total: None))
                except FileRefused as error:
                    entry.note = f"{entry.note}{error} Its page: {published.page}"
                except OSError as error:
                    raise unwritable(place.path, error) from error
    return report


def cached(published: Publication, cache: Path) -> list[CachedFile]:
    """What of a publication is in the cache, without a look at its bytes."""
    found = []
    for place in places(cache / published.name):
        known = place.record() or Record("", "", "", None)
        size = place.path.stat().st_size
        found.append(CachedFile(str(place.path), known.fetched, known.address, size))
    return found


def _by_hand(published: Publication) -> FetchedFile:
    return FetchedFile(
        published.name,
        "by hand",
        published.page,
        note="no address of its files is sure; open the page, download it there, and load that",
    )


def _bring(entry: FetchedFile, place: Place, web: Web, progress: Progress) -> None:
    """Bring one file into its place, and say in its entry what became of it."""
    known = place.record()
    if known is not None and not place.intact(known):
        entry.note = f"{place.path} was no longer what had been fetched. "
        known = None
    same = known if known is not None and known.address == entry.address else None
    entry.resumed = place.begun(entry.address)[0]
    fresh = web.persist(lambda: _once(entry, place, same, web, progress))
    if fresh is None:
        place.drop()
    else:
        place.finish(fresh)
    now = fresh or known
    assert now is not None  # unchanged is said only of what is known
    entry.bytes, entry.sha256 = now.bytes or 0, now.sha256
    entry.fate = "unchanged" if known and now.sha256 == known.sha256 else "fetched"


def _once(
    entry: FetchedFile, place: Place, known: Record | None, web: Web, progress: Progress
) -> Record | None:
    """One request for a file, or for the rest of it. None where it is unchanged.

    When it returns a record, the part is whole and checked.
    """
    address = entry.address
    have, part = place.begun(address)
    if part is not None and have and have == part.bytes:
        return _checked(place, part)  # a kill came between the last byte and the rename
    asked = {}
    if known is not None:
        if known.etag:
            asked["If-None-Match"] = known.etag
        elif known.modified:
            asked["If-Modified-Since"] = known.modified
    if part is not None and have:
        asked |= {"Range": f"bytes={have}-", "If-Range": part.validator}
    with web.get(address, asked) as answer:
        if answer.status == 304 and known is not None:
            entry.resumed = 0
            return None
        if answer.status == 416:
            place.drop()
            raise Interrupted(f"{address} has no more than what had arrived; from the beginning")
        if answer.status not in (200, 206) or (answer.status == 206 and not have):
            raise FileRefused(f"{address} answers {answer.status}{_MEANS.get(answer.status, '')}.")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise FileRefused(f"{address} is sent in a coding that was not asked for.")
        if answer.headers.get("content-type", "").partition(";")[0].strip() in _PAGES:
            raise FileRefused(f"{address} answers with a web page where a file was meant.")
        total = answer.length
        if answer.status == 206 and part is not None:
            total = _whole(answer, have)
            if total != (part.bytes or total) or answer.headers.get("etag", "") != part.etag:
                place.drop()
                raise Interrupted(f"{address} changed while it was fetched")
        else:
            have = entry.resumed = 0
            etag, modified = (answer.headers.get(n, "") for n in ("etag", "last-modified"))
            part = Record(address, etag, modified, total, _md5(answer))
            place.begin(part)
        check_room(place.path.parent, (total or 0) - have)
        with place.part.open("ab") as handle:
            for chunk in answer.chunks():
                handle.write(chunk)
                handle.flush()  # a kill leaves what had arrived
                have += len(chunk)
                progress(place.path.name, have, total)
        if total is not None and have != total:
            raise Interrupted(f"{address} ended after {have:,} of {total:,} bytes")
        return _checked(place, part)


_PAGES = ("text/html", "application/xhtml+xml")

_MEANS = {
    403: " (forbidden)",
    404: " (not found): it may have moved, or is not published yet",
    410: " (gone)",
}


def _whole(answer: Answer, have: int) -> int:
    """The size of the whole that a partial answer goes on with; it must begin where we ended."""
    span, _, total = answer.headers.get("content-range", "").removeprefix("bytes ").partition("/")
    if not span.startswith(f"{have}-") or not total.isdecimal():
        raise FileRefused(f"{answer.address} answers with another part than was asked for.")
    return int(total)


def _md5(answer: Answer) -> str:
    """The publisher's MD5 of the file in hexadecimal digits, '' where none is sure.

    An S3 bucket's ETag is the MD5 where it has 32 digits and the file is not encrypted with a key;
    of files put there in pieces it is not.
    """
    told = answer.headers.get("content-md5", "")
    if told:
        with suppress(ValueError):
            return base64.b64decode(told, validate=True).hex()
    etag = answer.headers.get("etag", "").strip('"').lower()
    plain = answer.headers.get("x-amz-server-side-encryption", "AES256") == "AES256"
    hexadecimal = len(etag) == 32 and not set(etag) - set("0123456789abcdef")
    return etag if answer.headers.get("server") == "AmazonS3" and plain and hexadecimal else ""


def _checked(place: Place, part: Record) -> Record:
    """The record of a part that has arrived whole; raises FileRefused where it is not sound."""
    with place.part.open("rb") as handle:
        begins = handle.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        handle.seek(0)
        md5 = hashlib.file_digest(handle, "md5").hexdigest() if part.md5 else ""
    wrong = ""
    if begins.startswith((b"<!doctype html", b"<html")):
        wrong = "answers with a web page where a file was meant"
    elif md5 != part.md5:
        wrong = f"is damaged: its MD5 is {md5}, the publisher's {part.md5}"
    elif place.path.name.endswith(_PACKED) and not zipfile.is_zipfile(place.part):
        wrong = f"is no whole {place.path.suffix} file"
    if wrong:
        place.drop()
        raise FileRefused(f"{part.address} {wrong}. What arrived was thrown away.")
    size, now = place.part.stat().st_size, datetime.now(UTC).isoformat(timespec="seconds")
    return replace(part, bytes=size, sha256=sha256(place.part), fetched=now)
