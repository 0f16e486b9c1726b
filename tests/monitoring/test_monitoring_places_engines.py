"""Places are the same on both engines."""

import numpy as np
import pyarrow as pa
import pytest
from made_lakes import origin

from openpeel.lake import Lake, Slice
from openpeel.monitoring.places import places
from openpeel.reference import month_range
from openpeel.sources import contract


@pytest.mark.spark
def test_both_engines_say_the_same(tmp_path):
    table, draw = contract("crime_counts"), np.random.default_rng(1)
    pieces = []
    for month in month_range("2025-01", "2025-12"):
        rows = [
            {
                "force_id": "kent",
                "lsoa_code": f"E01{place:06d}" if place else None,
                "crime_type": "Burglary",
                "outcome": outcome,
                "crimes": int(draw.poisson(2)) + 1,
                "as_at": month,
                "basis": "counts",
            }
            for place in range(41)
            for outcome in (None, "Under investigation")
        ]
        made = pa.Table.from_pylist(rows, schema=table.stored)
        pieces.append(Slice(table, month, "kent", made, origin(repr(rows), month), len(rows)))
    lake = Lake(tmp_path / "lake")
    lake.replace(pieces, "made up")
    one, two = (places(lake.snapshot().on(engine)) for engine in ("duckdb", "spark"))
    assert len(one.p) == 40
    assert one.unlocated > 0
    assert one.ranked(limit=40) == two.ranked(limit=40)
    assert (one.unlocated, one.elsewhere, one.unjudged) == (
        two.unlocated,
        two.elsewhere,
        two.unjudged,
    )
