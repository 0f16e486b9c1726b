"""Every function that a definition may hold gives the same on both engines."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from openpeel.errors import DefinitionError
from openpeel.indicators.expressions import ALLOWED, aggregate
from openpeel.indicators.portable import portable
from openpeel.lake import Column, Contract, Lake, Origin, Slice, Snapshot

TABLE = Contract(
    "things",
    "Made-up things",
    "a row",
    "month",
    "force_id",
    (
        Column("month", "string", False, "a month"),
        Column("force_id", "string", False, "a force"),
        Column("n", "int", True, "a whole number"),
        Column("x", "float", True, "a fraction, exact in binary"),
        Column("s", "string", True, "a text"),
        Column("b", "bool", True, "a truth"),
    ),
)
COLUMNS = tuple(c.name for c in TABLE.columns)
# Of each force (month, n, x, s, b): nulls, numbers below zero, zeros, texts beyond ASCII, a force
# of which all is null.
ROWS = {
    "kent": [
        ("2025-01", 5, 0.5, "a", True),
        ("2025-01", -3, -2.25, "Ynys Môn", False),
        ("2025-02", None, None, None, None),
        ("2025-02", 7, 1.75, 'it\'s \\ "so"', True),
        ("2025-02", 7, 1.75, "🚓 patrol", None),
    ],
    "essex": [("2025-02", 0, 0.0, "", False), ("2025-02", 2, -0.0, "É", False)],
    "surrey": [("2025-02", None, None, None, None)] * 2,
}


def slices():
    for month in ("2025-01", "2025-02"):
        for force, rows in ROWS.items():
            mine = [(force, *row[1:]) for row in rows if row[0] == month]
            if mine:
                made = pa.table(list(zip(*mine, strict=True)), schema=TABLE.plain)
                origin = Origin("made-up", "m.csv", "", "0" * 64, "d", 1, "nobody", "none")
                yield Slice(TABLE, month, force, made, origin, len(mine))


@pytest.fixture(scope="module")
def things(tmp_path_factory) -> Snapshot:
    """A snapshot of the made-up table."""
    lake = Lake(tmp_path_factory.mktemp("things"))
    lake.replace(slices(), "made up")
    return lake.snapshot()


@pytest.fixture(scope="module")
def both(things):
    """Ask both engines for expressions by force, and of no row at all; returns their answers."""
    engines = things.on("duckdb"), things.on("spark")

    def ask(*sql: str):
        made = [portable(aggregate(text, COLUMNS)) for text in sql]
        columns = [one.as_(f"c{i}") for i, one in enumerate(made)]
        grouped = exp.select("force_id", *columns).from_("things").group_by("force_id")
        none = exp.select(*(c.copy() for c in columns)).from_("things").where("n > 1000")
        return [
            [
                {row.pop("force_id"): row for row in engine.query(grouped).to_pylist()},
                engine.query(none).to_pylist(),
            ]
            for engine in engines
        ]

    return ask


TRIED = """
SUM(n) | SUM(x) | COUNT(*) | COUNT(n) | COUNT(s) | COUNT(b) | AVG(n) | AVG(x)
MIN(n) | MAX(n) | MIN(x) | MAX(x) | MIN(s) | MAX(s) | MIN(b) | MAX(b) | MAX(month)
SUM(n) / COUNT(n) | SUM(n) / SUM(n) | SUM(n) / 0 | 7 / COUNT(*) / 2 | SUM(n / n) | SUM(n) / NULLIF(SUM(n), 0)
SUM(x) / SUM(x) | SUM(n / 2) | -SUM(n) / 3 | 1 / 3 * COUNT(*) | SUM(n) / 4.0
SUM(n * 0.5) | AVG(n * 0.1) | AVG(CASE WHEN n > 0 THEN 0.3 END) | SUM(0.1 + n) / 3 | SUM(n) * 0.123456789
ABS(SUM(n) - 20) | ABS(MIN(x)) | - - SUM(n) | SUM(-n) - (SUM(n) - 1) | SUM(n) + SUM(x) * 2 | SUM(n * n)
COALESCE(SUM(n), 0) | COALESCE(MAX(s), 'none') | COALESCE(SUM(x), SUM(n), -1) | NULLIF(COUNT(n), 0) | NULLIF(MAX(s), 'É')
SUM(CASE WHEN s = 'a' THEN n END) | SUM(CASE WHEN s = 'a' THEN n ELSE 0 END) | SUM(IF(n > 1, 1, 0)) | SUM(IF(n > 1, 1))
SUM(CASE s WHEN 'a' THEN 1 WHEN 'É' THEN 2 END) | SUM(CASE WHEN b THEN 1 END) | SUM(CASE WHEN NOT b THEN 1 ELSE 9 END)
SUM(CASE WHEN s IN ('a', 'É', '') THEN 1 END) | SUM(CASE WHEN s NOT IN ('a') THEN 1 END) | SUM(CASE WHEN n IN (7, NULL) THEN 1 END)
SUM(CASE WHEN NOT n IN (7, NULL) THEN 1 ELSE 5 END) | SUM(CASE WHEN n BETWEEN -3 AND 5 THEN 1 END)
SUM(CASE WHEN s BETWEEN 'Y' AND 'b' THEN 1 END) | SUM(CASE WHEN month BETWEEN '2025-02' AND '2025-12' THEN n END)
SUM(CASE WHEN s >= 'Z' OR s < 'A' THEN 1 END) | SUM(CASE WHEN s <> 'a' AND n <= 5 THEN 1 END) | SUM(CASE WHEN n > 5 THEN x END)
SUM(CASE WHEN b IS TRUE THEN 1 WHEN b IS NULL THEN 10 ELSE 100 END) | SUM(CASE WHEN b = FALSE THEN 1 END) | SUM(CASE WHEN s IS NOT NULL THEN 1 END)
SUM(CASE WHEN SUBSTRING(month, 1, 4) = '2025' THEN 1 END) | MAX(SUBSTRING(s, 2, 3)) | MIN(SUBSTRING(s, 3)) | MAX(SUBSTRING(s, 1, 0)) | MAX(SUBSTRING(s, 90, 2))
SUM(CASE WHEN SUBSTRING(s, 1, 1) = '🚓' THEN 1 END) | SUM(CASE WHEN SUBSTRING(s, 7, 1) = 'ô' THEN 1 END)
SUM(CASE WHEN s = 'it''s \\ "so"' THEN 1 END) | SUM(CASE WHEN s = '' THEN 1 END) | SUM(CASE WHEN x = 0 THEN 1 END)
MAX(n > 3) | MIN(n > 3 AND b) | MAX(s = 'a' OR NULL) | COUNT(n > 100) | COUNT(NULL) | MAX(TRUE) | COUNT(1)
SUM(CASE WHEN n > 0 OR b THEN 1 END) | CASE WHEN SUM(n) > 5 THEN 'many' WHEN SUM(n) > 0 THEN 'few' END | CASE COUNT(*) WHEN 2 THEN TRUE END
MAX(CASE WHEN n > 5 THEN 1 ELSE 0.5 END) | CASE WHEN COUNT(n) > 0 THEN SUM(n) / COUNT(n) ELSE -1 END
SUM(CASE WHEN s = 'a' THEN NULL ELSE n END) | AVG(CASE WHEN n = 0 THEN NULL ELSE 1 / n END) | SUM(CASE WHEN n <> n THEN 1 END)
"""  # noqa: E501
EXPRESSIONS = [sql.strip() for line in TRIED.strip().splitlines() for sql in line.split(" | ")]


def same(one, other) -> bool:
    """Whether two values are equal; fractions to 1e-9, a null to a null alone."""
    if None in (one, other) or type(one) in (str, bool) or type(other) in (str, bool):
        return type(one) is type(other) and one == other
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        return one == other
    return float(one) == pytest.approx(float(other), rel=1e-9, abs=0)


@pytest.mark.spark
def test_each_expression_gives_the_same_on_both_engines(both):
    duckdb, spark = both(*EXPRESSIONS)
    groups = [*((duckdb[0][f], spark[0][f]) for f in ROWS), (duckdb[1][0], spark[1][0])]
    for place, (one, other) in zip((*ROWS, "no row"), groups, strict=True):
        for i, sql in enumerate(EXPRESSIONS):
            mine, theirs = one[f"c{i}"], other[f"c{i}"]
            assert same(mine, theirs), f"{sql} of {place}: duckdb {mine!r}, spark {theirs!r}"
    kent = dict(zip(EXPRESSIONS, duckdb[0]["kent"].values(), strict=True))
    surrey = dict(zip(EXPRESSIONS, duckdb[0]["surrey"].values(), strict=True))
    assert kent["SUM(n) / COUNT(n)"] == 4.0  # 16 / 4
    assert kent["7 / COUNT(*) / 2"] == pytest.approx(0.7)  # no whole-number division
    assert kent["SUM(n) / 0"] is None
    assert kent["SUM(n / n)"] == 4.0
    assert kent["MAX(s)"] == "🚓 patrol"
    assert kent["AVG(n * 0.1)"] == pytest.approx(0.4)
    assert surrey["SUM(n)"] is None
    assert surrey["COUNT(*)"] == 2


def test_every_node_that_is_allowed_is_tried_above():
    tried = {type(n) for sql in EXPRESSIONS for n in aggregate(sql, COLUMNS).walk()}
    assert tried == set(ALLOWED)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("SUM(n) / SUM(x)", 'SUM("n") / NULLIF(SUM("x"), 0)'),
        ("SUM(n / (x + 1))", 'SUM("n" / NULLIF("x" + 1, 0))'),
        ("SUM(n) / NULLIF(SUM(x), 0)", 'SUM("n") / NULLIF(SUM("x"), 0)'),
        ("SUM(n * 0.5) * .25 + 1e3", 'SUM("n" * 0.5e0) * 0.25e0 + 1e3'),
        ("MAX(SUBSTRING(s, 2, 3))", 'MAX(SUBSTRING("s", 2, 3))'),
        ("SUM(CASE WHEN s = '0.5' THEN 1 END)", "SUM(CASE WHEN \"s\" = '0.5' THEN 1 END)"),
    ],
)
def test_what_engines_read_in_two_ways_is_written_in_one(written, meant):
    made = portable(aggregate(written, COLUMNS))
    assert made.sql(dialect="duckdb") == meant
    assert portable(made).sql(dialect="duckdb") == meant


@pytest.mark.parametrize("cut", ["0, 2", "-2, 1", "2, -1", "n", "1, n", "1.5", "1 + 1", "'1'"])
def test_a_substring_that_engines_cut_differently_is_refused(cut):
    with pytest.raises(DefinitionError, match="SUBSTRING"):
        portable(aggregate(f"MAX(SUBSTRING(s, {cut}))", COLUMNS))


def grammar():
    """Well-typed expressions: counts, fractions, texts and truths of a row, then of a group."""
    number = st.deferred(lambda: numbers)
    text = st.deferred(lambda: texts)
    truth = st.deferred(lambda: truths)
    written = {"n": number, "m": number, "t": text, "u": text, "p": truth, "q": truth}

    def forms(*patterns):
        made = []
        for pattern in patterns:
            names = [name for name in written if f"{{{name}}}" in pattern]
            parts = st.fixed_dictionaries({name: written[name] for name in names})
            made.append(parts.map(lambda found, pattern=pattern: pattern.format(**found)))
        return st.one_of(made)

    number_forms = forms(
        "({n} + {m})", "({n} - {m})", "({n} * {m})", "({n} / {m})", "(- {n})", "ABS({n})",
        "COALESCE({n}, {m})", "NULLIF({n}, {m})", "CASE WHEN {p} THEN {n} ELSE {m} END",
        "CASE WHEN {p} THEN {n} END", "IF({p}, {n}, {m})",
    )  # fmt: skip
    text_forms = forms(
        "SUBSTRING({t}, 2, 2)", "COALESCE({t}, {u})", "CASE WHEN {p} THEN {t} ELSE {u} END",
        "NULLIF({t}, {u})",
    )  # fmt: skip
    truth_forms = forms(
        "({n} < {m})", "({n} = {m})", "({n} >= {m})", "({n} BETWEEN {m} AND 5)", "({t} <> {u})",
        "({t} <= {u})", "({t} IN ('a', {u}))", "({n} IN (7, {m}))", "({t} IS NULL)",
        "({p} AND {q})", "({p} OR {q})", "(NOT {p})", "({t} BETWEEN 'A' AND {u})",
    )  # fmt: skip
    numbers = st.sampled_from(["n", "x", "n", "2", "0", "0.5", "NULL"]) | number_forms
    texts = st.sampled_from(["s", "month", "'a'", "'É'"]) | text_forms
    truths = st.sampled_from(["b", "TRUE", "(n > 2)"]) | truth_forms
    return st.one_of(
        st.tuples(st.sampled_from(["SUM", "AVG", "MIN", "MAX", "COUNT"]), numbers),
        st.tuples(st.sampled_from(["MIN", "MAX", "COUNT"]), texts),
        st.tuples(st.sampled_from(["MIN", "MAX", "COUNT"]), truths),
    ).map(lambda parts: f"{parts[0]}({parts[1]})")


def unlike_in_kind(sql: str) -> bool:
    """An aggregate of nothing but NULL has no type of its own."""
    return not {c.name for c in aggregate(sql, COLUMNS).find_all(exp.Column)}


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(
    max_examples=6, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(st.lists(grammar().filter(lambda sql: not unlike_in_kind(sql)), min_size=12, max_size=12))
def test_any_well_typed_expression_gives_the_same_on_both_engines(both, expressions):
    duckdb, spark = both(*expressions)
    groups = [*((duckdb[0][f], spark[0][f]) for f in ROWS), (duckdb[1][0], spark[1][0])]
    for one, other in groups:
        for i, sql in enumerate(expressions):
            assert same(one[f"c{i}"], other[f"c{i}"]), f"{sql}: {one[f'c{i}']!r} {other[f'c{i}']!r}"
