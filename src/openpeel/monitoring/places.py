"""Places: small areas whose newest months of a crime type are above what one would expect there.

Every LSOA and crime type of every force at once. A place belongs to the force in whose files it has
most crimes; the few that other forces' files put there are left out. Months that a force did not
publish, or whose crime types are doubtful, are gaps; a place that is absent from a published month
had none. The method is `openpeel.signals.excess`; q-values are over all places and types judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlglot
from numpy.typing import NDArray
from sqlglot import exp

from openpeel.errors import NotComputable, NotKnown
from openpeel.lake import Snapshot
from openpeel.monitoring.doubts import Doubt, doubtful_months
from openpeel.reference import Period, changes_in, force, forces
from openpeel.signals.discovery import q_values
from openpeel.signals.excess import FEWEST_PLACES, excess
from openpeel.sources import Coverage, coverage

TABLE = "crime_counts"
MONTHS = 12
"""Months looked at, the newest included: one of each, so that no season is in it twice."""
NEWEST = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """One place and crime type: counts of the newest months, what was to be expected, p and q.

    `name` is '' where the lake has none. `before` is the count of the months before.
    """

    force_id: str
    lsoa_code: str
    name: str
    crime_type: str
    observed: int
    before: int
    expected: float
    p: float
    q: float
    sentence: str


@dataclass(frozen=True)
class Places:
    """Every place and crime type that was judged, lowest p first.

    `newest` are the months judged, `before` those they are judged by. Of shape (series,): `force`,
    `lsoa` and `crime_type` number what `forces`, `lsoas` and `types` name. `unjudged` says why a
    force is not among them; `unlocated` and `elsewhere` are the crimes without a place, and those
    in a place that another force's files have more of.
    """

    newest: tuple[str, ...]
    before: tuple[str, ...]
    forces: tuple[str, ...]
    lsoas: tuple[str, ...]
    types: tuple[str, ...]
    force: NDArray[np.intp]
    lsoa: NDArray[np.intp]
    crime_type: NDArray[np.intp]
    observed: Floats
    earlier: Floats
    expected: Floats
    p: Floats
    q: Floats
    unjudged: Mapping[str, str]
    unlocated: int
    elsewhere: int
    names: Mapping[str, str]

    def ranked(
        self, force_id: str = "", types: Sequence[str] = (), *, limit: int = 20
    ) -> tuple[Place, ...]:
        """The places with the lowest p, of one force or of some crime types where given.

        Their q-values stay those over all places. Raises NotKnown for a force or a type that is not
        there, NotComputable for a force that was not judged.
        """
        shown = np.ones(len(self.p), dtype=bool)
        if force_id:
            wanted = force(force_id)
            if wanted.id in self.unjudged:
                raise NotComputable(f"{wanted.name}: {self.unjudged[wanted.id]}.")
            shown &= self.force == self.forces.index(wanted.id)
        if types:
            shown &= np.isin(self.crime_type, [self._type(name) for name in types])
        return tuple(self._place(i) for i in np.flatnonzero(shown)[:limit].tolist())

    def signals(self, rate: float = 0.1) -> int:
        """How many have a q-value of at most `rate`."""
        return int(np.count_nonzero(self.q <= rate))

    def _type(self, name: str) -> int:
        found = [i for i, known in enumerate(self.types) if known.lower() == name.lower()]
        if not found:
            raise NotKnown(f"No crime type '{name}'; the lake has {', '.join(self.types)}.")
        return found[0]

    def _place(self, i: int) -> Place:
        area, code = self.forces[self.force[i]], self.lsoas[self.lsoa[i]]
        kind, name = self.types[self.crime_type[i]], self.names.get(code, "")
        observed, before = int(self.observed[i]), int(self.earlier[i])
        expected, p, q = (float(x[i]) for x in (self.expected, self.p, self.q))
        where = f"{name} ({code})" if name else code
        judged = Period.of_run(self.newest[0], self.newest[-1]).label
        rounded = f"{expected:.1f}" if expected >= 1 else f"{expected:.1g}"
        false = f"{q:.1%}" if q >= 0.001 else "0.1%"
        sentence = (
            f"{kind} in {where}, {force(area).name}: {observed} in {judged}, where the months "
            f"before and the movement of the whole force make one expect {rounded}. Of all "
            f"places this far above, at most {false} are expected to be so by chance."
        )
        return Place(area, code, name, kind, observed, before, expected, p, q, sentence)


def places(snapshot: Snapshot, *, newest: int = NEWEST) -> Places:
    """Judge the newest months, 1 or 3, of every place and crime type of a snapshot.

    The newest month is the newest that at least half as many forces have as the one with most; all
    forces are judged by the same months. Raises NotComputable where the lake has no counts of
    crimes, or too few months of one edition of the small areas.
    """
    if newest not in (1, 3):
        raise NotComputable(f"Places are judged by their newest month or newest 3, not {newest}.")
    areas = tuple(f.id for f in forces())
    grid = coverage(snapshot, TABLE)
    doubts = doubtful_months(snapshot)
    months = _months(grid, newest)
    published = np.array(
        [
            [grid.cells[a, m].status == "complete" and (a, m) not in doubts for m in months]
            for a in areas
        ]
    )
    table = snapshot.query(_query(areas, months))
    lsoas, types = _names(table["lsoa_code"]), _names(table["crime_type"])
    f, i, k, t = (
        _coded(table[name], known)
        for name, known in (
            ("force_id", areas),
            ("lsoa_code", lsoas),
            ("crime_type", types),
            ("month", months),
        )
    )
    crimes = table["crimes"].cast(pa.float64()).to_numpy()
    placed = i >= 0

    # A place is of the force that has most crimes there; the first by name of two with as many.
    by_force = _added((i, f), (len(lsoas), len(areas)), crimes, placed)
    home = by_force.argmax(axis=1)
    mine = placed.copy()
    mine[placed] = home[i[placed]] == f[placed]
    counts = _added((i, k, t), (len(lsoas), len(types), len(months)), crimes, mine)
    counts[np.broadcast_to(~published[home][:, None], counts.shape)] = np.nan
    group = home[:, None] * len(types) + np.arange(len(types))
    found = excess(counts.reshape(-1, len(months)), group.ravel(), newest=newest)

    order = np.argsort(found.p, kind="stable")[: np.count_nonzero(~np.isnan(found.p))]
    lsoa, kind = np.divmod(order, max(len(types), 1))
    judged = set(np.unique(home[lsoa]).tolist())
    return Places(
        newest=months[-newest:],
        before=months[:-newest],
        forces=areas,
        lsoas=lsoas,
        types=types,
        force=home[lsoa],
        lsoa=lsoa,
        crime_type=kind,
        observed=found.observed[order],
        earlier=found.before[order],
        expected=found.expected[order],
        p=found.p[order],
        q=q_values(found.p)[order],
        unjudged={
            area: _why_not(area, grid, doubts, months, newest)
            for a, area in enumerate(areas)
            if a not in judged
        },
        unlocated=int(crimes[~placed].sum()),
        elsewhere=int(crimes[placed].sum() - crimes[mine].sum()),
        names=_area_names(snapshot, months[-newest:]),
    )


def _months(grid: Coverage, newest: int) -> tuple[str, ...]:
    """The months to look at: at most MONTHS, all of one edition of areas and of crime types."""
    forces_in = {
        m: sum(grid.cells[a, m].status == "complete" for a in grid.areas) for m in grid.periods
    }
    if not any(forces_in.values()):
        raise NotComputable("The lake has no crimes by place: load street files or counts of them.")
    last = max(m for m, n in forces_in.items() if 2 * n >= max(forces_in.values()))
    first = str(Period.parse(last).shift(1 - MONTHS))
    said = ""
    for change in changes_in(TABLE, first, last):
        if not change.by_file and {"lsoa_code", "crime_type"} & set(change.columns):
            first, said = max(first, str(change.latest)), f" since {change.latest}: {change.what}"
    months = tuple(m for m in grid.periods if first <= m <= last)
    if len(months) < 3 * newest:
        raise NotComputable(
            f"To judge the newest {newest} months of places, {3 * newest} are needed; the lake has "
            f"{len(months)}{said}."
        )
    return months


def _why_not(
    area: str,
    grid: Coverage,
    doubts: Mapping[tuple[str, str], Doubt],
    months: Sequence[str],
    newest: int,
) -> str:
    """Why no place of a force was judged."""
    for month in months[-newest:]:
        cell = grid.cells[area, month]
        if cell.status != "complete":
            return f"{month} is {cell.status}: {cell.reason.rstrip('.')}"
        if (area, month) in doubts:
            return f"{month} is doubtful: {doubts[area, month].reason}"
    return f"it has under {FEWEST_PLACES} places with crimes, or too few months before"


def _query(areas: Sequence[str], months: Sequence[str]) -> exp.Query:
    """Crimes by force, place, crime type and month; the place is null where a row has none."""
    ours = ", ".join(f"'{area}'" for area in areas)
    query = sqlglot.parse_one(
        'SELECT "force_id", "lsoa_code", "crime_type", "month", SUM("crimes") AS "crimes" '
        f"FROM \"{TABLE}\" WHERE \"month\" BETWEEN '{months[0]}' AND '{months[-1]}' "
        f'AND "force_id" IN ({ours}) GROUP BY "force_id", "lsoa_code", "crime_type", "month"',
        dialect="duckdb",
    )
    assert isinstance(query, exp.Query)
    return query


def _names(column: pa.ChunkedArray) -> tuple[str, ...]:
    """The values of a column, each once, in order."""
    return tuple(sorted(column.unique().drop_null().to_pylist()))


def _coded(column: pa.ChunkedArray, known: Sequence[str]) -> NDArray[np.intp]:
    """The place of each value in a list; -1 for null and for what is not in it."""
    found = pc.index_in(column, pa.array(known, pa.string()))
    places: NDArray[np.intp] = found.fill_null(-1).to_numpy().astype(np.intp)
    return places


def _added(
    at: tuple[NDArray[np.intp], ...], shape: tuple[int, ...], crimes: Floats, of: NDArray[np.bool_]
) -> Floats:
    """Crimes added up at their places in an array; those of `of` alone."""
    flat = np.ravel_multi_index(tuple(axis[of] for axis in at), shape)
    added = np.bincount(flat, crimes[of], int(np.prod(shape)))
    return np.asarray(added, dtype=np.float64).reshape(shape)


def _area_names(snapshot: Snapshot, months: Sequence[str]) -> dict[str, str]:
    """Names of small areas by code, where the lake's look-up or its street files have them."""
    parts = {
        "lsoas": 'SELECT "lsoa_code", "lsoa_name" FROM "lsoas"',
        "crimes": 'SELECT "lsoa_code", "lsoa_name" FROM "crimes" WHERE "month" BETWEEN '
        f"'{months[0]}' AND '{months[-1]}'",
    }
    there = [sql for table, sql in parts.items() if snapshot.has(table)]
    if not there:
        return {}
    query = sqlglot.parse_one(
        'SELECT "lsoa_code", MAX("lsoa_name") AS "name" FROM '
        f'({" UNION ALL ".join(there)}) AS "named" WHERE "lsoa_name" IS NOT NULL '
        'GROUP BY "lsoa_code"',
        dialect="duckdb",
    )
    assert isinstance(query, exp.Query)
    found = snapshot.query(query)
    return dict(zip(found["lsoa_code"].to_pylist(), found["name"].to_pylist(), strict=True))
