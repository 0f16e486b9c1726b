"""Similar forces, by openpeel's own measure, from what is loaded."""

import numpy as np
import pyarrow as pa
import sqlglot
from sqlglot import exp

from openpeel.lake import Snapshot
from openpeel.reference import Groups, force_features, forces, nearest


def similar_forces(snapshot: Snapshot) -> Groups:
    """The nearest forces of each by published population, density and crime mix.

    Population is of the newest mid-year loaded, density from the areas of the reference, and the
    mix from all months loaded. A force without one of them has no group and is named in `lacking`.
    """
    names = [f.id for f in forces()]
    place = {name: i for i, name in enumerate(names)}
    people = np.full(len(names), np.nan)
    if snapshot.has("population"):
        rows = snapshot.table("population").to_pylist()
        newest = max(row["year"] for row in rows)
        for row in rows:
            if row["year"] == newest and row["force_id"] in place:
                people[place[row["force_id"]]] = row["residents"]
    mix = np.full((len(names), 1), np.nan)
    if snapshot.has("crime_counts"):
        query = sqlglot.parse_one(
            'SELECT "force_id", "crime_type", SUM("crimes") AS "crimes" FROM "crime_counts" '
            'GROUP BY "force_id", "crime_type"',
            dialect="duckdb",
        )
        assert isinstance(query, exp.Query)
        table = snapshot.query(query)
        types, column = np.unique(np.array(table["crime_type"].to_pylist()), return_inverse=True)
        mix = np.full((len(names), len(types)), np.nan)
        counts = table["crimes"].cast(pa.float64()).to_numpy()
        for name, k, count in zip(table["force_id"].to_pylist(), column, counts, strict=True):
            if name in place:
                row_of = mix[place[name]]
                row_of[np.isnan(row_of)] = 0
                row_of[k] = count
    area = np.array([f.area_km2 for f in forces()], dtype=float)
    return nearest(force_features(people, area, mix), names)
