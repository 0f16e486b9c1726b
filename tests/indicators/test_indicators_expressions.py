"""The SQL that a definition may hold."""

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from openpeel.errors import DefinitionError
from openpeel.indicators.expressions import ALLOWED, aggregate

COLUMNS = ("crimes", "outcome", "month")


@pytest.mark.parametrize(
    "sql",
    [
        "SUM(crimes)",
        "COUNT(*)",
        "COUNT(outcome)",
        "MIN(crimes)",
        "MAX(crimes)",
        "AVG(crimes)",
        "ABS(SUM(crimes) - 3)",
        "COALESCE(SUM(crimes), 0)",
        "NULLIF(SUM(crimes), 0)",
        "SUM(CASE WHEN outcome = 'a' THEN crimes ELSE 0 END)",
        "SUM(CASE outcome WHEN 'a' THEN 1 WHEN 'b' THEN 2 END)",
        "SUM(IF(crimes > 1, 1, 0))",
        "SUM(CASE WHEN SUBSTRING(month, 1, 4) = '2025' THEN crimes END)",
        "SUM(CASE WHEN outcome IN ('a', 'b') AND NOT crimes <= 2 OR crimes >= 9 THEN 1 END)",
        "SUM(CASE WHEN outcome IS NOT NULL AND crimes BETWEEN 1 AND 5 THEN -crimes END)",
        "SUM(CASE WHEN outcome <> 'a;b' THEN (crimes + 1) * 2 END) / SUM(crimes)",
        "sum(crimes) -- of all",
        'SUM("crimes")',
    ],
)
def test_what_means_the_same_everywhere_is_allowed(sql):
    made = aggregate(sql, COLUMNS)
    assert all(column.this.quoted for column in made.find_all(exp.Column))
    for dialect in ("duckdb", "spark"):
        text = made.sql(dialect=dialect)
        assert "of all" not in text
        assert sqlglot.parse_one(text, dialect=dialect)


def test_every_allowed_function_is_tried_above():
    tried = {"sum", "count", "min", "max", "avg", "abs", "coalesce", "nullif", "case", "if"}
    tried |= {"substring", "and", "or"}
    assert {f.sql_name().lower() for f in ALLOWED if issubclass(f, exp.Func)} == tried


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SUM(crimes) + (SELECT 1)", "SUBQUERY"),
        ("SUM(CASE WHEN crimes IN (SELECT 1) THEN 1 END)", "SELECT 1"),
        ("SELECT SUM(crimes)", "SELECT"),
        ("SUM(crimes) UNION SELECT 1", "UNION"),
        ("SUM(crimes) * EXISTS(SELECT 1)", "EXISTS"),
        ("SUM(crimes) OVER ()", "WINDOW"),
        ("SUM(crimes) FILTER (WHERE crimes > 1)", "FILTER"),
        ("quantile_cont(crimes, 0.5)", "quantile_cont"),
        ("MEDIAN(crimes)", "MEDIAN"),
        ("read_csv('/etc/passwd')", "READ_CSV"),
        ("getenv('HOME')", "GETENV"),
        ("no_such_function(crimes)", "NO_SUCH_FUNCTION"),
        ("COUNT(DISTINCT crimes)", "DISTINCT"),
        ("SUM(crimes ORDER BY month)", "ORDER"),
        ("SUM(crimes::int)", "CAST"),
        ("SUM(crimes) % 2", "MOD"),
        ("SUM(crimes) // 2", "INTDIV"),
        ("SUM(CASE WHEN outcome LIKE 'a%' THEN 1 END)", "LIKE"),
        ("SUM(crimes) AS n", "ALIAS"),
        ("SUM(?)", "PLACEHOLDER"),
        ("DROP TABLE crime_counts", "DROP"),
        ("SUM(crimes); DROP TABLE crime_counts", "';'"),
        ("SUM(crimes); SUM(crimes)", "';'"),
        ("crimes", "'crimes' stands outside an aggregate"),
        ("SUM(crimes) + crimes", "'crimes' stands outside an aggregate"),
        ("SUM(age)", "no column 'age'"),
        ("SUM(CRIMES)", "CRIMES"),
        ("SUM(c.crimes)", "no column"),
        ("SUM(main.c.crimes)", "no column"),
        ("SUM(*)", "'*' stands only in COUNT(*)"),
        ("COUNT(*) + *", "'*' stands only in COUNT(*)"),
        ("COUNT(* EXCLUDE (crimes))", "'*' stands only in COUNT(*)"),
        ("SUM(SUM(crimes))", "inside another"),
        ("MAX(crimes, 3)", "MAX takes one value"),
        ("COUNT(crimes, month)", "COUNT takes one value"),
        ("SUM(outcome = 'a')", "CASE WHEN"),
        ("AVG((crimes > 1 AND crimes < 3))", "CASE WHEN"),
        ("1 + 1", "aggregates nothing"),
        ("", "not valid SQL"),
        ("SUM(", "not valid SQL"),
        ("-" * 40, "not valid SQL"),
        ("(" * 5000 + "SUM(crimes)", "too deeply nested"),
        ("SUM(crimes)" + "+1" * 6000, "longer than 10,000"),
    ],
)
def test_anything_else_is_refused_and_named(sql, named):
    with pytest.raises(DefinitionError) as refused:
        aggregate(sql, COLUMNS)
    assert named in str(refused.value)


WORDS = """SUM COUNT MAX ( ) * , + - / crimes outcome 'a' 1 CASE WHEN THEN ELSE END SELECT FROM IN
NOT NULL IS AND OVER ; :: [ ] { } $1 . " ' -- /* */ DISTINCT LIKE BETWEEN DATE INTERVAL"""
words = st.sampled_from(WORDS.split())


@given(st.one_of(st.text(max_size=60), st.lists(words, max_size=25).map(" ".join)))
def test_no_text_does_more_than_raise_a_definition_error(text):
    try:
        made = aggregate(text, COLUMNS)
    except DefinitionError:
        return
    assert {c.name for c in made.find_all(exp.Column)} <= set(COLUMNS)
    assert all(isinstance(node, ALLOWED) for node in made.walk())
