"""What a source is: one publisher's dataset, from its own files to slices of the lake."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv

from openpeel.lake import BadRow, Contract, Held, Origin, Refusal, Slice, SliceId
from openpeel.reference import Force, NotAForce
from openpeel.sources.members import Member

OGL = "Open Government Licence v3.0"


@dataclass(frozen=True)
class Target:
    """What a member was recognised as.

    `order` sorts jobs so that slices of one partition come together; `names` are the slices known
    from the name alone: two members of one load that name the same slice are duplicates.
    """

    table: str
    order: tuple[str, ...] = ()
    names: tuple[SliceId, ...] = ()


@dataclass(frozen=True)
class Context:
    """What a source may know of the rest of the load.

    `held`: what the lake holds; `as_at`: by container, its newest month, where it holds several.
    """

    held: Mapping[SliceId, Held]
    as_at: Mapping[str, str]


@dataclass
class Parsed:
    """What a member gave: slices and refusals to put in the lake, and the count of its rows.

    `good` counts the good rows of the file by the slice they went to; `known` counts rows not read
    again because the lake holds the very same file. `outranked` are slices that gave way to better
    ones; `check` may say something about them.
    """

    pieces: list[Slice | Refusal] = field(default_factory=list)
    good: dict[SliceId, int] = field(default_factory=dict)
    known: int = 0
    bad: int = 0
    note: str = ""
    outranked: set[SliceId] = field(default_factory=set)
    check: Callable[[set[SliceId], Mapping[SliceId, Held]], str] | None = None

    @property
    def read(self) -> int:
        """All rows of the file."""
        return sum(self.good.values()) + self.known + self.bad


class Source(Protocol):
    """One module each; the loader asks them in turn."""

    name: str
    title: str
    publisher: str
    licence: str

    def recognise(self, member: Member, header: Callable[[], Sequence[str]]) -> Target | None:
        """What the member is, from its name or (asked only where needed) its header."""
        ...

    def read(self, member: Member, target: Target, context: Context) -> Parsed:
        """Read the member; raises FileRefused with the reason when it cannot be loaded."""
        ...


def has_files(found: Force | NotAForce | None) -> bool:
    """Whether street files are published of it: of a force, or of a body beside them (BTP)."""
    return isinstance(found, Force) or (found is not None and found.kind == "body")


def origin_of(
    source: Source, member: Member, sha256: str, digest: str, size: int, as_at: str = ""
) -> Origin:
    """Where a slice of the member came from."""
    return Origin(
        source=source.name,
        file=str(member.file),
        member=member.name if member.packed else "",
        sha256=sha256,
        digest=digest,
        bytes=size,
        publisher=source.publisher,
        licence=source.licence,
        as_at=as_at,
    )


def sliced(
    contract: Contract, rows: Sequence[dict[str, Any]], bad: Sequence[BadRow], origin: Origin
) -> Parsed:
    """Cut rows, given as dicts of all columns, as `cut` does."""
    return cut(contract, pa.Table.from_pylist([*rows], schema=contract.schema), bad, origin)


def cut(contract: Contract, rows: pa.Table, bad: Sequence[BadRow], origin: Origin) -> Parsed:
    """Cut rows (all columns of the contract) into slices by its partition and key.

    Each slice's digest is of its own rows, so that a new file that changes one slice changes no
    other. The bad rows, which belong to no slice, are kept with the first and are part of its
    digest: a file that changes only those changes the quarantine.
    """
    parts, part_codes = _ranked(rows, contract.partition)
    keys, key_codes = _ranked(rows, contract.key)
    codes = part_codes * len(keys) + key_codes
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    ordered = rows.take(order).select(contract.plain.names)
    parsed = Parsed(bad=len(bad))
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(rows)], strict=True):
        part, key = divmod(int(codes[order[start]]), len(keys))
        table = ordered.slice(start, end - start)
        content = pa.BufferOutputStream()
        pyarrow.csv.write_csv(table, content)  # tells null from an empty text
        digest = hashlib.sha256(content.getvalue())
        digest.update("".join(map(repr, bad)).encode())
        piece = Slice(
            contract,
            parts[part],
            keys[key],
            table,
            replace(origin, digest=digest.hexdigest()),
            len(table) + len(bad),
            tuple(bad),
        )
        bad = ()
        parsed.pieces.append(piece)
        parsed.good[piece.id] = len(table)
    return parsed


def _ranked(rows: pa.Table, name: str) -> tuple[list[str], np.ndarray]:
    """The sorted values of a column and, of each row, the place among them ('' for no column)."""
    if not name:
        return [""], np.zeros(len(rows), np.int64)
    column = rows[name].combine_chunks().dictionary_encode()
    values: list[str] = column.dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    place = np.empty(len(values), np.int64)
    place[order] = np.arange(len(values))
    return [values[n] for n in order], place[column.indices.to_numpy()]
