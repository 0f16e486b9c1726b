"""Similar forces, by openpeel's own measure, from what is loaded."""

import numpy as np
import pyarrow as pa
import sqlglot
from sqlglot import exp

from openpeel.errors import MethodError
from openpeel.lake import Snapshot
from openpeel.reference import Groups, force_features, forces, nearest


def similar_forces(snapshot: Snapshot) -> Groups:
    """The nearest forces of each by published population, density and crime mix.

    Population is of the newest mid-year loaded, density from the areas of the reference, and the
    mix from all months loaded, without anti-social behaviour, which is no crime. A force without
    one of them has no group and is named in `lacking`: all of them where too few forces have all.
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
            "WHERE \"crime_type\" <> 'Anti-social behaviour' "
            'GROUP BY "force_id", "crime_type"',
            dialect="duckdb",
        )
        assert isinstance(query, exp.Query)
        table = snapshot.query(query)
        (found, i), (types, k) = (
            np.unique(np.array(table[n].to_pylist()), return_inverse=True)
            for n in ("force_id", "crime_type")
        )
        row = np.array([place.get(name, -1) for name in found], dtype=int)[i]
        mix = np.full((len(names), len(types)), np.nan)
        mix[row[row >= 0]] = 0
        counts = table["crimes"].cast(pa.float64()).to_numpy()
        mix[row[row >= 0], k[row >= 0]] = counts[row >= 0]
    area = np.array([f.area_km2 for f in forces()], dtype=float)
    try:
        return nearest(force_features(people, area, mix), names)
    except MethodError as error:
        return Groups({}, f"No similar forces were sought: {error}", False, tuple(names))
