"""Files of one force and one month, as data.police.uk names them: YYYY-MM-<force>-<kind>.csv."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa

from openpeel.errors import FileRefused, NotKnown
from openpeel.lake import BadRow, Origin, Refusal, Slice, SliceId
from openpeel.reference import force, recognise
from openpeel.sources.contracts import contract
from openpeel.sources.members import Member
from openpeel.sources.source import OGL, Context, Parsed, Target, has_files, origin_of
from openpeel.sources.text import Rows, Text, check_header, even, rows_of


class Made(NamedTuple):
    """What a file gave: rows by table, the bad rows, and what to say of it ('' for nothing)."""

    tables: Mapping[str, pa.Table]
    bad: Sequence[BadRow]
    note: str = ""


class ForceMonthFiles(ABC):
    """A source of such files, in an archive, a folder, or alone.

    `kind` ends the file's name; `tables` are those it fills, the one of the rows first, what is
    counted of them after it; `reader` is part of the digest: a new one reads known files again.
    `rank` is that of its slices. The last of the tables says as at when the rows stand.

    **Which wins.** An archive or unpacked folder of several months is dated by its newest. It never
    replaces what a newer one brought, whatever the order of loading; of two equally old, and of
    a file or month that stands alone, the one loaded last wins.
    """

    name: str
    title: str
    publisher = "data.police.uk"
    licence = OGL
    kind: str
    header: tuple[str, ...]
    types: Mapping[str, pa.DataType]
    tables: tuple[str, ...]
    rank: int = 1

    @property
    @abstractmethod
    def reader(self) -> str:
        """What reads the file, and its version."""

    @abstractmethod
    def made(self, rows: Rows, text: Text, month: str, force_id: str, as_at: str) -> Made:
        """The rows by table, and the bad ones. `as_at`: how new they are, a month."""

    def recognise(self, member: Member, header: Callable[[], Sequence[str]]) -> Target | None:
        """By its name; under another name it is refused: only the name tells force and month."""
        pattern = rf"(\d{{4}}-(?:0[1-9]|1[0-2]))-([a-z0-9-]+)-{self.kind}\.csv"
        match = re.fullmatch(pattern, member.base)
        if match is None:
            if member.base.endswith(".csv") and tuple(header()) == self.header:
                raise FileRefused(
                    f"{member.label} is a file of {self.title.lower()}, and its name does not say "
                    "of which force and month. Name it as the publisher does: "
                    f"2025-06-cambridgeshire-{self.kind}.csv."
                )
            return None
        month, slug = match.groups()
        known = recognise(slug)
        if known is None or not has_files(known):
            try:
                known = force(slug)  # it says why not, or suggests what is near
            except NotKnown as error:
                raise FileRefused(f"{member.label}: {error}") from error
        first = self.tables[0]
        return Target(first, (month, known.id), (SliceId(first, month, known.id),))

    def read(self, member: Member, target: Target, context: Context) -> Parsed:
        """A slice of each table; the bad rows are kept with the first."""
        month, force_id = target.order
        names = [SliceId(table, month, force_id) for table in self.tables]
        try:
            text = even(member.read(), member.label)
        except FileRefused as error:
            return _refused(names, origin_of(self, member, "", "", 0), error)
        origin = origin_of(self, member, text.sha256, f"{self.reader} {text.digest}", text.size)
        dated = context.as_at.get(member.container, "")
        as_at = dated or month
        held = [h for name in names if (h := context.held.get(name)) and h.status == "loaded"]
        whole = len(held) == len(names)
        newest = held[-1].origin.as_at if whole else ""
        same = whole and all(h.origin.digest == origin.digest for h in held)
        if same and newest >= as_at:
            return Parsed(known=held[0].rows_loaded, bad=held[0].rows_quarantined)
        try:
            check_header(text.data, self.header, member.label)
            rows = rows_of(text, self.header, self.types)
            if not rows.read:
                raise FileRefused(f"{member.label} has a header and no rows.")
        except FileRefused as error:
            return _refused(names, origin, error)
        if dated and newest > dated:
            return kept(rows.read, newest)
        made = self.made(rows, text, month, force_id, as_at)
        pieces: list[Slice | Refusal] = [
            Slice(
                contract(name.table), month, force_id, made.tables[name.table],
                replace(origin, as_at=as_at) if name == names[-1] else origin,
                rows.read, made.bad if name == names[0] else (), self.rank,
            )
            for name in names
        ]  # fmt: skip
        good = len(made.tables[self.tables[0]])
        parsed = Parsed(pieces, bad=len(made.bad))
        if same:
            parsed.known = good  # only as at when is new
        else:
            parsed.good = {names[0]: good}
        if note := made.note:  # not `made` itself, or all rows would stay in memory
            parsed.check = lambda _outranked, _held: note
        return parsed


def kept(rows: int, newest: str) -> Parsed:
    """A file that gives way to what a newer archive brought: all its rows count as unchanged."""
    said = f"the archive of {newest} is newer; its rows stay"
    return Parsed(known=rows, check=lambda _outranked, _held: said)


def _refused(names: Sequence[SliceId], origin: Origin, error: FileRefused) -> Parsed:
    return Parsed([Refusal(name, origin, str(error)) for name in names], note=str(error))
