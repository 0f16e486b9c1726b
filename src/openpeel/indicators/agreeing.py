"""Whether two engines agree on one lake: on every indicator, the rows of slices, and coverage."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlglot import exp

from openpeel.errors import LakeError, NotKnown
from openpeel.indicators.catalogue import indicators
from openpeel.indicators.definition import Indicator
from openpeel.indicators.observing import lacking
from openpeel.indicators.query import query_of_all, suffixes
from openpeel.lake import OWN_TABLES, Contract, SliceId, Snapshot
from openpeel.reference import Period
from openpeel.sources import contract, coverage_query, covered_tables, figure_columns

TOLERANCE = 1e-9
"""How far fractions may differ, relative to the larger: engines add up in other orders."""

_PLACE = ("area", "period")
_YEAR = 12  # months


@dataclass(frozen=True)
class Difference:
    """One figure that two engines do not agree on.

    `what` is an indicator's id; a table, where all its indicators share the column, or where the
    rows of a slice are counted (`area` and `period` are then its key and partition, and `held` is
    what provenance says); or "coverage of" a table. A row that one engine alone gives differs in
    the column `row`; an answer that one engine cannot give, in `answer`.
    """

    what: str
    area: str
    period: str
    column: str
    duckdb: object
    spark: object
    held: int | None = None


@dataclass
class Agreement:
    """What was compared: so many figures, of these indicators and tables; and what differs.

    `left_out` says of each indicator and table, and of the coverage of one, that could not be
    compared why.
    """

    compared: int = 0
    differences: list[Difference] = field(default_factory=list)
    indicators: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def agreement(snapshot: Snapshot) -> Agreement:
    """Ask DuckDB and Spark for the same things of a snapshot, and compare what they say.

    Asked are all indicators whose tables are loaded, by period and over the newest year, one query
    a table, as `observe_all` does it; of each table by force and period how many rows a cell has,
    how many of them hold each figure, and its sum, as `coverage` asks it; and how many rows each
    slice of each table has, which provenance knows too. Counts and texts agree when they are equal,
    fractions within TOLERANCE.
    Raises OpenpeelError where an engine cannot run here, and LakeError for files that cannot be
    read.
    """
    duckdb, spark = snapshot.on("duckdb"), snapshot.on("spark")
    made = Agreement()
    _compare_rows(duckdb, spark, made)
    for name in covered_tables(duckdb):
        query = coverage_query(name, [column.name for column in figure_columns(contract(name))])
        _compare(_answer(duckdb, query), _answer(spark, query), made, f"coverage of {name}", "", {})
    by_table: dict[str, list[Indicator]] = {}
    for indicator in indicators().values():
        if why := lacking(snapshot, indicator):
            made.left_out[indicator.id] = why
        else:
            by_table.setdefault(indicator.table, []).append(indicator)
            made.indicators.append(indicator.id)
    for group in by_table.values():
        for window in dict.fromkeys((None, _newest_year(duckdb, contract(group[0].table)))):
            _compare_group(duckdb, spark, group, window, made)
    return made


def rows_query(tables: Iterable[Contract]) -> exp.Query:
    """How many rows each slice of tables has, by their files: table, partition, key, rows."""
    counted = []
    for table in tables:
        cut = {"partition": table.partition, "key": table.key}
        columns = {role: exp.column(name, quoted=True) for role, name in cut.items() if name}
        chosen = [columns.get(role, exp.Literal.string("")).as_(role, quoted=True) for role in cut]
        counted.append(
            exp.select(
                exp.Literal.string(table.table).as_("table", quoted=True),
                *chosen,
                exp.Count(this=exp.Star()).as_("rows", quoted=True),
            )
            .from_(exp.to_table(table.table))
            .group_by(*columns.values())
        )
    return exp.union(*counted, distinct=False) if len(counted) > 1 else counted[0]


def _compare_rows(duckdb: Snapshot, spark: Snapshot, made: Agreement) -> None:
    """Count the rows of every slice by both engines and by provenance."""
    known = []
    for name in sorted(set(duckdb.tables) - set(OWN_TABLES)):
        try:
            known.append(contract(name))
            made.tables.append(name)
        except NotKnown as error:
            made.left_out[name] = str(error)
    if not known:
        return
    held = {name: h.rows_loaded for name, h in duckdb.held.items() if name.table in made.tables}
    one, other = (_slices(s.query(rows_query(known))) for s in (duckdb, spark))
    names = sorted(held.keys() | one.keys() | other.keys())
    made.compared += len(names)
    for piece in names:
        rows = one.get(piece, 0), other.get(piece, 0), held.get(piece, 0)
        if len(set(rows)) > 1:
            made.differences.append(
                Difference(piece.table, piece.key, piece.partition, "rows", *rows)
            )


def _slices(table: pa.Table) -> dict[SliceId, int]:
    *names, rows = (table[c].to_pylist() for c in (*SliceId._fields, "rows"))
    return dict(zip((SliceId(*n) for n in zip(*names, strict=True)), rows, strict=True))


def _newest_year(snapshot: Snapshot, table: Contract) -> Period | None:
    """The twelve months up to a table's newest period.

    That period alone where it is a year, or of counts on a day, which are not added up; None for a
    table without rows.
    """
    assert table.period is not None
    when = exp.column(table.period.name, quoted=True)
    newest = exp.select(exp.Max(this=when).as_("newest")).from_(exp.to_table(table.table))
    (found,) = snapshot.query(newest)["newest"].to_pylist()
    if found is None:
        return None
    last = Period.parse(found)
    if last.length >= _YEAR or table.period.every > last.length:
        return last
    return Period.of_run(last.shift(1 - _YEAR // last.length), last)


def _compare_group(
    duckdb: Snapshot,
    spark: Snapshot,
    group: Sequence[Indicator],
    window: Period | None,
    made: Agreement,
) -> None:
    """Compare the answers to one query; where one engine has none, each indicator's alone."""
    query = query_of_all(group, window)
    one, other = _answer(duckdb, query), _answer(spark, query)
    if len(group) > 1 and (isinstance(one, str) or isinstance(other, str)):
        for indicator in group:
            _compare_group(duckdb, spark, [indicator], window, made)
        return
    what = group[0].id if len(group) == 1 else group[0].table
    owners = {end: i.id for i, end in zip(group, suffixes(len(group)), strict=True) if end}
    _compare(one, other, made, what, str(window) if window else "", owners)


def _compare(
    one: "pa.Table | str",
    other: "pa.Table | str",
    made: Agreement,
    what: str,
    over: str,
    owners: Mapping[str, str],
) -> None:
    """Compare two answers to one query; `owners` says whose the columns are that end so."""
    if isinstance(one, pa.Table) and isinstance(other, pa.Table):
        made.compared += len(one) * (one.num_columns - len(_PLACE))
        made.differences += _differences(one, other, what, owners)
    elif isinstance(one, str) and isinstance(other, str):
        made.left_out[what] = f"no engine can answer it: {one}"
    else:
        mine, theirs = (x if isinstance(x, str) else f"{len(x)} rows" for x in (one, other))
        made.differences.append(Difference(what, "", over, "answer", mine, theirs))


def _answer(snapshot: Snapshot, query: exp.Query) -> "pa.Table | str":
    """The answer, or why there is none."""
    try:
        return snapshot.query(query)
    except LakeError as error:
        return str(error)


def _differences(
    one: pa.Table, other: pa.Table, shared: str, owners: Mapping[str, str]
) -> Iterator[Difference]:
    """What differs between two answers, each with one row an area and period."""
    mine, theirs = _places(one), _places(other)
    alone = (
        pc.invert(pc.is_in(mine, value_set=theirs)),
        pc.invert(pc.is_in(theirs, value_set=mine)),
    )
    there = ("there", "absent"), ("absent", "there")
    for table, mask, said in zip((one, other), alone, there, strict=True):
        for row in table.filter(mask).select(_PLACE).to_pylist():
            yield Difference(shared, row["area"], row["period"], "row", *said)
    one, other = (
        table.filter(pc.invert(mask)).sort_by([(name, "ascending") for name in _PLACE])
        for table, mask in zip((one, other), alone, strict=True)
    )
    for name in one.column_names[len(_PLACE) :]:
        end = next((e for e in owners if name.endswith(e)), "")
        for row in map(int, np.flatnonzero(_unlike(one[name], other[name]))):
            area, period = (one[column][row].as_py() for column in _PLACE)
            values = _plain(one[name][row].as_py()), _plain(other[name][row].as_py())
            what = owners.get(end, shared)
            yield Difference(what, area, period, name.removesuffix(end), *values)


def _places(table: pa.Table) -> pa.ChunkedArray:
    """The area and period of each row, as one text."""
    return pc.binary_join_element_wise(*(table[name].cast(pa.string()) for name in _PLACE), "|")


def _unlike(one: pa.ChunkedArray, other: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Where two columns differ; a null is like a null alone."""
    if _number(one.type) and _number(other.type) and not (_whole(one.type) and _whole(other.type)):
        mine, theirs = (_floats(column.cast(pa.float64())) for column in (one, other))
        apart = ~np.isclose(mine, theirs, rtol=TOLERANCE, atol=0, equal_nan=True)
    else:
        try:
            wide = pa.decimal128(38) if _number(one.type) else one.type
            unequal = pc.not_equal(one.cast(wide), other.cast(wide))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return np.full(len(one), True)  # a text and a number
        apart = np.asarray(unequal.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
    nulls = [np.asarray(c.is_null().to_numpy(zero_copy_only=False)) for c in (one, other)]
    return np.where(nulls[0] | nulls[1], nulls[0] != nulls[1], apart)


def _number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0))


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=float)


def _plain(value: object) -> object:
    """A value as JSON can have it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, int | str | None) or _finite(value) else str(value)


def _finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)
