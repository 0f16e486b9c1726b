"""Workbooks (.ods, .xlsx) as grids of text, opened so that a bad one costs a message at most."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from openpeel.errors import FileRefused, LoadRefused
from openpeel.sources.members import Member, safe_members

ENDINGS = (".ods", ".xlsx")
_MOST_CELLS = 5_000_000  # of one sheet; the largest real one has 20,000
_LARGEST = 1 << 28  # bytes of one inflated part; the largest real one is 10 MB
_TOP = 20  # rows in which titles and headers are looked for when a workbook is recognised

_FOOTNOTE = re.compile(r"(?<=\S)\s*(?:\[[^\]]*\]|\((?:[rRpP]|[Nn]otes?[^)]*|[0-9]{1,2})\))+$")
_ATTRIBUTES = rb"""((?:[^>"']|"[^"]*"|'[^']*')*)>"""
_ODS_TAG = re.compile(
    rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])" + _ATTRIBUTES
)
_XLSX_TAG = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])" + _ATTRIBUTES)
_XLSX_PLACE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]*)([0-9]+)""")

_Merged = tuple[int, int, int, int]
"""First row and column, last row and column, from 0."""


@dataclass(frozen=True)
class Grid:
    """A sheet: its cells as text, rows of one length, from its first row and column on.

    Each cell of a merged area holds the area's text; `merged` are their places (row, column).
    """

    name: str
    rows: list[list[str]]
    merged: frozenset[tuple[int, int]] = frozenset()

    @property
    def heading(self) -> list[str]:
        """The texts of its first five rows that have any: a title is among them."""
        filled = [row for row in self.rows[:_TOP] if any(row)]
        return [cell for row in filled[:5] for cell in row if cell]

    @property
    def top(self) -> list[str]:
        """The texts of its first rows: titles and a header are among them."""
        return [cell for row in self.rows[:_TOP] for cell in row if cell]


def is_workbook(member: Member) -> bool:
    """Whether its name ends as that of a workbook."""
    return member.base.lower().endswith(ENDINGS)


def unmarked(text: str) -> str:
    """The text without footnote marks behind it: "1,234[note 3]", "Kent (2)", "56 (R)"."""
    return _FOOTNOTE.sub("", text) if text.endswith((")", "]")) else text


def read_workbook(data: bytes, label: str) -> list[Grid]:
    """All sheets of a workbook.

    Raises FileRefused where it is none, damaged or protected by a password, and LoadRefused where
    it would inflate, or its sheets spread, beyond all measure.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(
            f"{label} is protected by a password, or a workbook of the old kind (.xls). Save it as "
            ".xlsx or .ods without a password."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {
                info.filename: _part(archive, info, label)
                for info in safe_members(archive, len(data), label)
                if info.filename.endswith((".xml", ".rels"))
            }
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise FileRefused(
            f"{label} is no whole workbook ({error}): it may be cut short. Download it again."
        ) from error
    except NotImplementedError as error:
        raise FileRefused(f"{label} is packed in a way that openpeel does not read.") from error
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise FileRefused(f"{label} is protected by a password. Save it without one.")
    for name, part in parts.items():
        _check_xml(part, f"{label}, part '{name}'")
    content = parts.get("content.xml")
    shapes = list(_ods_shapes(content, label)) if content is not None else []
    if content is None:
        for name, part in parts.items():
            _check_spread(name, part, label)
    return _grids(data, label, shapes if content is not None else None)


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str) -> bytes:
    """One part of it, inflated no further than it says; its checksum is checked."""
    if info.file_size > _LARGEST:
        raise LoadRefused(
            f"{label}: its part '{info.filename}' would inflate to {info.file_size:,} bytes: that "
            "is no publisher's workbook. Nothing was changed."
        )
    return archive.read(info)


def _check_xml(part: bytes, where: str) -> None:
    """Raise FileRefused for what is not XML: the reader would read parts without an end for ever.

    Also for entities, which no publisher's workbook declares.
    """
    from xml.parsers import expat  # only where a workbook is met

    def entity(name: str, *_more: object) -> None:
        raise FileRefused(f"{where} declares an entity, '{name}': that is no publisher's workbook.")

    if b"\0" in part:  # UTF-16, in which no tag would be found below
        raise FileRefused(f"{where} is not UTF-8: that is no publisher's workbook.")
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise FileRefused(f"{where} is damaged: {error}. Download it again.") from error


def _grids(data: bytes, label: str, shapes: list[list[_Merged]] | None) -> list[Grid]:
    from python_calamine import CalamineError, CalamineWorkbook  # only where a workbook is met

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        made = []
        for number, name in enumerate(book.sheet_names):
            sheet = book.get_sheet_by_index(number)
            rows = [[*map(_text, row)] for row in sheet.to_python(skip_empty_area=False)]
            if shapes is not None:
                merged = shapes[number] if number < len(shapes) else []
            else:
                merged = [(*first, *last) for first, last in sheet.merged_cell_ranges or ()]
            made.append(Grid(name, rows, _filled(rows, merged)))
    except (CalamineError, ValueError, OSError) as error:
        raise FileRefused(f"{label} is no workbook that can be read: {error}.") from error
    return made


def _filled(rows: list[list[str]], merged: list[_Merged]) -> frozenset[tuple[int, int]]:
    """Write the text of each merged area into all its cells; returns their places."""
    places = set()
    for top, left, bottom, right in merged:
        for row in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min(right + 1, len(rows[row]))):
                rows[row][column] = rows[top][left]
                places.add((row, column))
    return frozenset(places)


def _text(value: object) -> str:
    """A cell's value as publishers would write it in a CSV; blanks and line ends are one space."""
    match value:
        case str():
            return " ".join(value.split())
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _ods_shapes(content: bytes, label: str) -> Iterator[list[_Merged]]:
    """Of each sheet its merged areas; raises LoadRefused for one that spreads beyond measure.

    A few bytes can say that a cell is repeated a milliard times, and the reader would believe them.
    """
    merged: list[_Merged] | None = None
    row = column = repeat = width = height = filled = 0
    for tag in _ODS_TAG.finditer(content):
        kind, attributes = tag.groups()
        if kind == b"table":
            if merged is not None:
                yield merged
            merged, row, column, repeat, width, height = [], 0, 0, 0, 0, 0
            continue
        if kind == b"table-row":
            row += repeat
            repeat, column = _count(attributes, b"number-rows-repeated", label), 0
            continue
        times = _count(attributes, b"number-columns-repeated", label)
        if b"office:" in attributes or b"table:formula" in attributes:
            width, height = max(width, column + times), max(height, row + repeat)
            filled += times * repeat
            if max(width * height, filled) > _MOST_CELLS:
                raise _too_wide(label, max(width * height, filled))
            across = _count(attributes, b"number-columns-spanned", label)
            down = _count(attributes, b"number-rows-spanned", label)
            if across * down > 1 and merged is not None:
                merged.append((row, column, row + down - 1, column + across - 1))
        column += times
    if merged is not None:
        yield merged


def _count(attributes: bytes, name: bytes, label: str) -> int:
    """A number among a tag's attributes, 1 where it is not there."""
    if name not in attributes:
        return 1
    found = re.search(name + rb"""\s*=\s*["']([0-9]{1,9})["']""", attributes)
    if not found:
        raise FileRefused(f"{label} is no workbook that can be read: a '{name.decode()}' is none.")
    return max(1, int(found[1]))


def _check_spread(name: str, part: bytes, label: str) -> None:
    """Raise LoadRefused for a sheet of an .xlsx whose filled cells spread beyond measure."""
    row = column = width = height = 0
    for tag in _XLSX_TAG.finditer(part):
        kind, attributes = tag.groups()
        place = _XLSX_PLACE.search(attributes)
        if kind == b"row":
            row, column = int(place[2]) if place else row + 1, 0
            continue
        column += 1
        if place and place[1]:
            row, column = int(place[2]), _column(place[1])
        if not attributes.endswith(b"/"):
            width, height = max(width, column), max(height, row)
    if width * height > _MOST_CELLS:
        raise _too_wide(f"{label}, part '{name}'", width * height)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - ord("A") + 1
    return number


def _too_wide(where: str, cells: int) -> LoadRefused:
    return LoadRefused(
        f"{where} would spread over {cells:,} cells or more: that is no publisher's workbook. "
        "Nothing was changed."
    )
