"""Where the lake says otherwise than the records, and writing it there again.

The lake is written before the records say so: a kill between the two leaves it ahead of them, until
the same is moved again or it is mended. So does a copy of the records that is older than the lake.
"""

import json
from collections import Counter
from dataclasses import dataclass
from textwrap import shorten

from openpeel.lake import Lake
from openpeel.records import to_lake
from openpeel.records.models import Finding, Response
from openpeel.records.roles import Actor
from openpeel.records.to_lake import FINDINGS, RESPONSES, STATEMENTS, Row, Tables
from openpeel.records.trail import alone, canonical, writing

TABLES = (FINDINGS, STATEMENTS, RESPONSES)
"""What is held against the records. Judgments are published, and told of by `unrecorded`."""


@dataclass(frozen=True)
class Difference:
    """A key and a table in which the two differ, and the texts of the rows that do.

    `rows` are those of the records; None where they know of nothing under that key.
    """

    key: str
    table: str
    texts: tuple[str, ...]
    rows: list[Row] | None

    def __str__(self) -> str:
        told = "; ".join(shorten(text, 60, placeholder=" …") for text in self.texts)
        return f"{self.key}, {self.table.replace('_', ' ')}: {told}"


def differing(lake: Lake) -> list[Difference]:
    """Where a lake differs from the records in what stands beside published judgments.

    Publications that the records do not know of are left out: publishing them again mends them.
    """
    # What was being moved at that moment is no difference once it has been.
    if _differing(lake):
        with alone():
            return _differing(lake)
    return []


def mend(actor: Actor, lake: Lake) -> list[Difference]:
    """Write the lake again where it differs, as the records say, in one snapshot; what differed.

    What the records know nothing of is left as it is. Raises NotAllowed, and LakeError where the
    lake cannot be written.
    """
    role = actor.must("publication.publish")
    if not any(d.rows is not None for d in differing(lake)):
        return []
    with writing(actor) as trail:
        found = [d for d in _differing(lake) if d.rows is not None]
        pieces: dict[str, Tables] = {}
        for it in found:
            pieces.setdefault(it.key, {})[it.table] = it.rows or []
        keys = sorted(pieces)
        snapshot = to_lake.write(lake, pieces, f"mended: {', '.join(keys)}") if keys else None
        trail.tell("publication.mend", "publications", role=role, keys=keys, snapshot=snapshot)
    return found


def _differing(lake: Lake) -> list[Difference]:
    if not lake.exists():
        return []
    snapshot, left = lake.snapshot(), set(to_lake.unrecorded(lake))
    there: dict[tuple[str, str], list[Row]] = {
        (held.key, held.table): []
        for held in snapshot.held
        if held.table in TABLES and held.key not in left
    }
    # A table in which there never was a row is not there.
    for table in filter(snapshot.has, TABLES):
        for row in snapshot.table(table).to_pylist():
            if (row["inspection"], table) in there:
                there[row["inspection"], table].append(row)
    known = {key: _known(key) for key, _ in there}
    made = []
    for (key, table), rows in sorted(there.items()):
        of = known[key]
        ours = None if of is None else of.get(table, [])
        theirs, mine = Counter(map(canonical, rows)), Counter(map(canonical, ours or []))
        texts = {json.loads(row)["text"] for row in (theirs - mine) + (mine - theirs)}
        if texts:
            made.append(Difference(key, table, tuple(sorted(texts)), ours))
    return made


def _known(key: str) -> Tables | None:
    """What the records hold for the lake under a key; None where they know nothing of it."""
    first, _, rest = key.partition(".")
    if first == "thematic":
        # A force's own list is never in the lake, whatever an older copy's numbers meet there.
        tops = Finding.objects.filter(inspection=None, parent=None, imported_from="")
        top = tops.filter(pk=rest).first() if rest.isdecimal() and len(rest) < 19 else None
        if top is None:
            return None
        answers = Response.objects.filter(finding=top).order_by("pk")
        return {
            FINDINGS: to_lake.finding_rows(key, to_lake.published_with(top)),
            RESPONSES: to_lake.response_rows(key, answers),
        }
    it = to_lake.holder(first, rest)
    return to_lake.standing(it) if it else None
