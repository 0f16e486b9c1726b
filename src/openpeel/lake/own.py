"""The lake's own two tables, in every snapshot: `provenance` (a row a slice) and `quarantine`."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import pyarrow as pa

from openpeel.lake.contract import Column, Contract
from openpeel.lake.slices import BadRow, Held, Origin, SliceId

_ARROW = {str: "string", int: "int", bool: "bool"}
_ID = [
    Column("table", "string", False, "the table the slice belongs to"),
    Column("partition", "string", False, "the slice's value of the table's partition column"),
    Column("key", "string", False, "the slice's value of the table's key column"),
]

PROVENANCE = Contract(
    table="provenance",
    title="Where each slice of each table came from",
    grain="one row per slice",
    partition="",
    key="",
    columns=(
        *_ID,
        *(Column(f.name, _ARROW[f.type], False, f.name) for f in fields(Origin)),  # type: ignore[index]
        Column("status", "string", False, "loaded or refused"),
        Column("reason", "string", False, "why it was refused"),
        Column("rows_read", "int", False, "rows in the file for this slice"),
        Column("rows_loaded", "int", False, "rows of the slice"),
        Column("rows_quarantined", "int", False, "rows kept out, each with its reason"),
        Column("rank", "int", False, "a slice never replaces one of higher rank"),
        Column("snapshot", "int", False, "the snapshot that brought it"),
        Column("loaded_at", "string", False, "when, UTC"),
    ),
)

QUARANTINE = Contract(
    table="quarantine",
    title="Rows that were read and not loaded",
    grain="one row per bad row",
    partition="",
    key="",
    columns=(
        *_ID,
        Column("file", "string", False, "the file"),
        Column("member", "string", False, "the member of the archive"),
        Column("line", "int", False, "the line in the file, from 1"),
        Column("column", "string", False, "the column at fault"),
        Column("reason", "string", False, "why it was not loaded"),
        Column("text", "string", False, "the row as it stood"),
    ),
)


def held_from(table: pa.Table) -> dict[SliceId, Held]:
    """The provenance table as objects by slice."""
    origin_names = [f.name for f in fields(Origin)]
    held: dict[SliceId, Held] = {}
    for row in table.to_pylist():
        name = SliceId(row.pop("table"), row.pop("partition"), row.pop("key"))
        origin = Origin(**{n: row.pop(n) for n in origin_names})
        held[name] = Held(id=name, origin=origin, **row)
    return held


def provenance_table(held: Iterable[Held]) -> pa.Table:
    """Objects by slice as the provenance table, sorted so that equal content has equal bytes."""
    rows: list[dict[str, Any]] = [
        {
            **h.id._asdict(),
            **{f.name: getattr(h.origin, f.name) for f in fields(Origin)},
            "status": h.status,
            "reason": h.reason,
            "rows_read": h.rows_read,
            "rows_loaded": h.rows_loaded,
            "rows_quarantined": h.rows_quarantined,
            "rank": h.rank,
            "snapshot": h.snapshot,
            "loaded_at": h.loaded_at,
        }
        for h in sorted(held, key=lambda h: h.id)
    ]
    return pa.Table.from_pylist(rows, schema=PROVENANCE.schema)


def quarantine_table(bad: Iterable[tuple[SliceId, Origin, BadRow]]) -> pa.Table:
    """Bad rows with their slice and file as the quarantine table."""
    rows = [
        {
            **name._asdict(),
            "file": origin.file,
            "member": origin.member,
            "line": row.line,
            "column": row.column,
            "reason": row.reason,
            "text": row.text,
        }
        for name, origin, row in bad
    ]
    return pa.Table.from_pylist(rows, schema=QUARANTINE.schema)
