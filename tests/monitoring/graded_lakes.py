"""Small lakes of published grades and of officers, for the back-test."""

import numpy as np
import pyarrow as pa
from made_lakes import origin

from openpeel.lake import Lake, Slice
from openpeel.reference import forces
from openpeel.sources import contract

AREAS = tuple(f.id for f in forces())
PILLARS = ("effectiveness", "efficiency", "legitimacy")
WOMEN = dict(zip(AREAS, np.random.default_rng(3).permutation(range(200, 630, 10)), strict=True))
"""Women among 1,000 officers of each force, no two alike."""


def sliced(table, partition, key, rows):
    made = pa.Table.from_pylist(rows, schema=contract(table).stored)
    return Slice(contract(table), partition, key, made, origin(repr(rows)), len(rows))


def officers(march, women, volunteers=None):
    """Slices of `workforce`: women among 1,000 constables, and special constables if given."""
    made = []
    for force, number in women.items():
        kinds = [("Female", "police officer", number), ("Male", "police officer", 1000 - number)]
        kinds += [("Male", "special constable", volunteers[force])] if volunteers else []
        rows = [
            {
                "counted": march,
                "force_id": force,
                "sex": sex,
                "rank": "Constable",
                "worker_type": kind,
                "headcount": int(heads),
                "fte": float(heads),
            }
            for sex, kind, heads in kinds
        ]
        made.append(sliced("workforce", march, force, rows))
    return made


def stated(force, grade, question="legitimacy", cycle="2016", **more):
    """A row of `grades`."""
    scope = "pillar" if question in PILLARS else "question"
    return {
        "cycle": cycle,
        "part": f"{force}/{more.get('basis', 'published')}",
        "force_id": force,
        "scope": scope,
        "question": question,
        "grade": grade,
        "status": "inspected",
        "basis": "published",
        "published": "2016-12-08",
        "source_title": "made up",
        "source_url": "",
        "note": "",
        "source_row": 1,
    } | more


def whole(grades, **more):
    """Rows of a complete set for each force: {force: grade of legitimacy}, all else good."""
    rows = [stated(force, grade, **more) for force, grade in grades.items()]
    return rows + [stated(f, "good", p, **more) for f in grades for p in PILLARS[:2]]


def lake(root, rows, *slices):
    """A lake of these rows of `grades` and slices of other tables."""
    parts: dict[tuple[str, str], list] = {}
    for row in rows:
        parts.setdefault((row["cycle"], row["part"]), []).append(row)
    made = Lake(root)
    pieces = [sliced("grades", *key, found) for key, found in parts.items()]
    made.replace([*pieces, *slices], "made up")
    return made
