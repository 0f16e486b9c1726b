"""What a person points at (archives, folders, files) as members to load, read safely.

Whatever could harm is a LoadRefused before a byte is inflated: a truncated or encrypted archive, a
member that would land outside a folder, one that inflates beyond all measure.
"""

import os
import re
import stat
import struct
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from isal import igzip_lib, isal_zlib

from openpeel.errors import FileRefused, LoadRefused

_LARGEST = 1 << 30  # bytes of one inflated member; the largest real one is 40 MB
_STEEPEST = 200  # inflated over deflated; real street files reach 6, made-up ones 20
_NO_DATA = {".md", ".txt", ".pdf", ".html", ".toml"}
_DAMAGED: tuple[type[Exception], ...] = (igzip_lib.IsalError,)  # type: ignore[assignment]
_MONTH_FOLDER = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class Member:
    """One file to load: where it lies, its name there, and how large it is when inflated.

    `container` names what was made in one go (an archive, an unpacked archive's folder): its newest
    month tells how old its outcomes may be.
    """

    file: Path
    name: str
    size: int
    container: str
    packed: "_Packed | None" = None

    @property
    def label(self) -> str:
        """How reports name it."""
        return f"{self.file.name}:{self.name}" if self.packed else str(self.file)

    @property
    def base(self) -> str:
        """The file's own name, without folders and without .gz."""
        return PurePosixPath(self.name).name.removesuffix(".gz")

    def read(self) -> bytes:
        """All its bytes, inflated; raises FileRefused when they are damaged or beyond measure."""
        if self.size > _LARGEST:
            raise FileRefused(
                f"{self.label} is larger than {_LARGEST:,} bytes: no publisher's file."
            )
        try:
            data = self._inflate() if self.packed else self.file.read_bytes()
            if self.name.endswith(".gz"):
                data = _gunzip(data, self.label)
        except PermissionError as error:
            raise LoadRefused(
                f"{self.label} may not be read: permission denied. Nothing was changed."
            ) from error
        except OSError as error:
            raise FileRefused(f"{self.label} could not be read: {error}") from error
        return data

    def _inflate(self) -> bytes:
        packed = self.packed
        assert packed is not None
        with self.file.open("rb") as handle:
            handle.seek(packed.offset)
            header = handle.read(30)
            if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
                raise FileRefused(f"{self.label} is not where the archive says it is.")
            skip = sum(struct.unpack("<HH", header[26:30]))
            handle.seek(skip, os.SEEK_CUR)
            raw = handle.read(packed.size)
        if len(raw) < packed.size:
            raise FileRefused(f"{self.label} is damaged: it is cut short. Download it again.")
        if packed.method == zipfile.ZIP_DEFLATED:
            raw = _inflate_raw(raw, self.size, self.label)
        elif packed.method != zipfile.ZIP_STORED:
            raise FileRefused(
                f"{self.label} is compressed in a way that openpeel does not read (method "
                f"{packed.method}). Unpack the archive first."
            )
        if len(raw) != self.size or isal_zlib.crc32(raw) != packed.crc:
            raise FileRefused(
                f"{self.label} is damaged: its bytes do not match the archive's checksum. "
                "Download the archive again."
            )
        return raw


@dataclass(frozen=True)
class _Packed:
    offset: int
    size: int
    crc: int
    method: int


def find_members(paths: Sequence[Path | str]) -> Iterator[Member]:
    """All members under the paths, in a stable order.

    Raises LoadRefused for a path that is not there and for an archive that is unsafe or broken.
    Files in a folder that plainly hold no data (README.md, .txt, hidden) are passed over.
    """
    for given in paths:
        path = Path(given)
        try:
            mode = path.stat().st_mode
        except PermissionError as error:
            raise LoadRefused(f"{path} may not be read: permission denied.") from error
        except OSError as error:
            raise LoadRefused(
                f"{path} is not there. Check the path; nothing was changed."
            ) from error
        if stat.S_ISDIR(mode):
            for inner in _walked(path):
                yield from _file(inner)
        elif stat.S_ISREG(mode):
            yield from _file(path)
        else:
            raise LoadRefused(f"{path} is neither a file nor a folder; nothing was changed.")


def _walked(folder: Path) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        raise LoadRefused(f"{error.filename} may not be read: {error.strerror}.") from error

    for here, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(here, name)
            if not name.startswith(".") and path.suffix.lower() not in _NO_DATA and path.is_file():
                yield path


def _file(path: Path) -> Iterator[Member]:
    if path.suffix.lower() == ".zip":
        yield from _archive(path)
        return
    folder = path.parent
    container = str(folder.parent if _MONTH_FOLDER.fullmatch(folder.name) else path)
    yield Member(path, path.name, path.stat().st_size, container)


def _archive(path: Path) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = safe_members(archive, path.stat().st_size, str(path))
    except PermissionError as error:
        raise LoadRefused(f"{path} may not be read: permission denied.") from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise LoadRefused(
            f"{path} is not a whole zip archive ({error}): it may be cut short. Download it again. "
            "Nothing was changed."
        ) from error
    for info in infos:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if PurePosixPath(info.filename).name.startswith((".", "_")) or "__MACOSX" in parts:
            continue
        packed = _Packed(info.header_offset, info.compress_size, info.CRC, info.compress_type)
        yield Member(path, info.filename, info.file_size, str(path), packed)


def safe_members(archive: zipfile.ZipFile, whole: int, label: str) -> list[zipfile.ZipInfo]:
    """The members of an archive of `whole` bytes, by its directory: none is inflated.

    Raises LoadRefused where one is encrypted, points outside, or would inflate beyond measure.
    """
    infos = [i for i in archive.infolist() if not i.filename.endswith("/")]
    total = sum(info.file_size for info in infos)
    if total > 1 << 20 and total > _STEEPEST * whole:
        raise LoadRefused(
            f"{label} would inflate from {whole:,} to {total:,} bytes: that is no publisher's "
            "archive. Nothing was changed."
        )
    for info in infos:
        where = f"{label}, member '{info.filename}'"
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if info.flag_bits & 1:
            raise LoadRefused(f"{where} is encrypted. Unpack it first. Nothing was changed.")
        if ".." in parts or PurePosixPath(info.filename).is_absolute() or ":" in info.filename:
            raise LoadRefused(f"{where} points outside the archive. Nothing was changed.")
        steep = info.file_size > 1 << 20 and info.file_size > _STEEPEST * info.compress_size
        if info.file_size > _LARGEST or steep:
            raise LoadRefused(
                f"{where} would inflate from {info.compress_size:,} to {info.file_size:,} bytes: "
                "that is no publisher's file. Nothing was changed."
            )
    return infos


def _inflate_raw(raw: bytes, size: int, label: str) -> bytes:
    try:
        # One byte more than declared: a member that lies about its size is caught, not inflated.
        return isal_zlib.decompressobj(-15).decompress(raw, size + 1)
    except _DAMAGED as error:
        raise FileRefused(f"{label} is damaged: {error}. Download the archive again.") from error


def _gunzip(data: bytes, label: str) -> bytes:
    most = min(_LARGEST, max(1 << 20, _STEEPEST * len(data)))
    inflater = isal_zlib.decompressobj(31)
    try:
        inflated = inflater.decompress(data, most + 1)
    except _DAMAGED as error:
        raise FileRefused(f"{label} is not a whole gzip file: {error}.") from error
    if len(inflated) > most:
        raise LoadRefused(
            f"{label} inflates from {len(data):,} to over {most:,} bytes: that is no publisher's "
            "file. Nothing was changed."
        )
    if not inflater.eof:
        raise FileRefused(f"{label} is not a whole gzip file: it is cut short.")
    return inflated
