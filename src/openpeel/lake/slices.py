"""What goes into the lake: slices with their origin, and what comes back from a load."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pyarrow as pa

from openpeel.errors import LakeError
from openpeel.lake.contract import Contract

# A partition's value names a folder; the stroke of a financial year (2017/18) is escaped in it.
_PATH_SAFE = re.compile(r"[\w.-]*|\w+/\w+", re.ASCII)

Fate = Literal["loaded", "unchanged", "outranked"]


class SliceId(NamedTuple):
    """Names one slice of the lake: table, value of its partition, value of its key."""

    table: str
    partition: str
    key: str


@dataclass(frozen=True)
class Origin:
    """Where a slice came from: enough to find the very bytes again.

    `digest` is of the file's text without byte-order mark and carriage returns, so that a re-saved
    copy counts as the same; `sha256` is of the bytes as they were. `as_at` is the last month known
    to have been published when the file was made. `publisher_file` says whether the publisher made
    the file itself.
    """

    source: str
    file: str
    member: str
    sha256: str
    digest: str
    bytes: int
    publisher: str
    licence: str
    as_at: str = ""
    publisher_file: bool = True


@dataclass(frozen=True)
class BadRow:
    """A row that was not loaded: its line in the file (from 1), the column at fault, and why."""

    line: int
    column: str
    reason: str
    text: str


@dataclass(frozen=True)
class Slice:
    """Rows that replace one slice of a table.

    `rows` holds the columns of the contract without its partition column. A slice never replaces
    one of higher `rank` (rows outrank counts that somebody made of them).
    """

    contract: Contract
    partition: str
    key: str
    rows: pa.Table
    origin: Origin
    rows_read: int
    bad: Sequence[BadRow] = ()
    rank: int = 1

    @property
    def id(self) -> SliceId:
        """The slice's name in the lake."""
        return SliceId(self.contract.table, self.partition, self.key)

    def fitted(self) -> pa.Table:
        """The rows in the very schema that the contract stores.

        Raises LakeError, naming slice and column, where they do not fit it: a source is at fault.
        """
        contract, stored = self.contract, self.contract.stored
        if bool(self.partition) != bool(contract.partition) or (self.key and not contract.key):
            raise self._misfit("the contract cuts the table in another way")
        if not _PATH_SAFE.fullmatch(self.partition):
            raise self._misfit(f"'{self.partition}' cannot name a folder")
        odd = set(self.rows.column_names) ^ set(stored.names)
        if odd:
            raise self._misfit(f"columns missing or unknown to it: {', '.join(sorted(odd))}")
        rows = self.rows.select(stored.names)
        for column in stored:
            if not column.nullable and rows[column.name].null_count:
                raise self._misfit(f"column '{column.name}' has nulls")
        try:
            if rows.schema.types != stored.types:
                rows = rows.cast(contract.plain)
            rows = rows.cast(stored)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise self._misfit(str(error)) from error
        if contract.key and rows[contract.key].unique().to_pylist() not in ([], [self.key]):
            raise self._misfit(f"its column '{contract.key}' holds other values too")
        return rows

    def _misfit(self, why: str) -> LakeError:
        return LakeError(
            f"Rows of {self.origin.file} do not fit the contract of '{self.contract.table}' "
            f"(slice {self.partition or '-'}, {self.key or '-'}): {why}. Nothing was changed."
        )


@dataclass(frozen=True)
class Refusal:
    """A file that should have given a slice and could not be loaded: coverage must know of it."""

    slice: SliceId
    origin: Origin
    reason: str


@dataclass(frozen=True)
class Held:
    """What the lake holds about a slice: its origin, counts, rank, and since which snapshot."""

    id: SliceId
    origin: Origin
    status: Literal["loaded", "refused"]
    reason: str
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rank: int
    snapshot: int
    loaded_at: str


@dataclass
class Receipt:
    """What a call of `replace` did: the snapshot in force after it, and the fate of each slice."""

    snapshot: int
    fates: dict[SliceId, Fate] = field(default_factory=dict)


def fate_of(piece: Slice | Held, held: Mapping[SliceId, Held]) -> Fate:
    """What becomes of a slice, given what is held: the one rule for all loads.

    The same content is unchanged (unless it is now known to be current as at a later month);
    content of lower rank never replaces content of higher rank; everything else is loaded.
    """
    before = held.get(piece.id)
    if before is None or before.status == "refused":
        return "loaded"
    if before.rank > piece.rank:
        return "outranked"
    same = before.origin.digest == piece.origin.digest and before.rank == piece.rank
    return "unchanged" if same and piece.origin.as_at <= before.origin.as_at else "loaded"
