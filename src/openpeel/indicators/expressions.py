"""The SQL that a definition may hold: aggregates over one table's columns, and nothing else.

Each function is here because it means the same on every engine.
"""

from collections.abc import Sequence

import sqlglot
from sqlglot import exp

from openpeel.errors import DefinitionError
from openpeel.indicators.portable import portable

_AGGREGATES = (exp.Sum, exp.Count, exp.Min, exp.Max, exp.Avg)
_OTHERS = (
    exp.Abs, exp.Add, exp.And, exp.Between, exp.Boolean, exp.Case, exp.Coalesce, exp.Column,
    exp.Div, exp.EQ, exp.GT, exp.GTE, exp.Identifier, exp.If, exp.In, exp.Is, exp.LT, exp.LTE,
    exp.Literal, exp.Mul, exp.NEQ, exp.Neg, exp.Not, exp.Null, exp.Nullif, exp.Or, exp.Paren,
    exp.Star, exp.Sub, exp.Substring,
)  # fmt: skip
ALLOWED: tuple[type[exp.Expr], ...] = _AGGREGATES + _OTHERS
_FUNCTIONS = ", ".join(sorted({f.sql_name() for f in ALLOWED if issubclass(f, exp.Func)}))
_TRUTHS = (exp.Predicate, exp.And, exp.Or, exp.Not, exp.Boolean)
_PLAIN = ("this", "big_int")  # the arguments of an aggregate over one value
_LONGEST = 10_000  # characters; the parser recurses, so a limit keeps its depth in bounds


def aggregate(sql: str, columns: Sequence[str]) -> exp.Expr:
    """Parse an aggregate expression over the columns; every column comes back quoted.

    Raises DefinitionError that names the function, column or construct that is not allowed.
    """
    if len(sql) > _LONGEST:
        raise DefinitionError(f"the SQL is longer than {_LONGEST:,} characters: {sql[:60]!r} …")
    try:
        parsed = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        first = (str(error).splitlines() or [""])[0]
        raise DefinitionError(f"not valid SQL: {sql!r}: {first}") from error
    except RecursionError as error:
        raise DefinitionError(f"too deeply nested: {sql[:60]!r} …") from error
    if isinstance(parsed, exp.Block):
        raise DefinitionError(f"';' is not allowed in {sql!r}: give one expression")
    for node in parsed.walk():
        node.pop_comments()
        _check(node, sql, columns)
    if not any(parsed.find_all(*_AGGREGATES)):
        raise DefinitionError(f"{sql!r} aggregates nothing; use SUM, COUNT, MIN, MAX or AVG")
    return portable(parsed)


def _check(node: exp.Expr, sql: str, columns: Sequence[str]) -> None:
    """Raise DefinitionError for a node that may not stand where it stands."""
    if not isinstance(node, ALLOWED):
        name = node.sql_name() if isinstance(node, exp.Func) else type(node).__name__
        if isinstance(node, exp.Anonymous):
            name = str(node.this)
        raise DefinitionError(
            f"{name.upper()} is not allowed in {sql!r}. Allowed functions: {_FUNCTIONS}"
        )
    within = node.find_ancestor(*_AGGREGATES)
    if isinstance(node, _AGGREGATES):
        if within:
            raise DefinitionError(f"an aggregate stands inside another in {sql!r}")
        if node.this is None or any(v for k, v in node.args.items() if k not in _PLAIN):
            raise DefinitionError(f"{node.sql_name()} takes one value in {sql!r}")
        if isinstance(node, exp.Sum | exp.Avg) and isinstance(node.this.unnest(), _TRUTHS):
            raise DefinitionError(
                f"{node.sql_name()} of true and false is not the same on every engine in {sql!r}: "
                "write CASE WHEN … THEN 1 END"
            )
    elif isinstance(node, exp.Star):
        if not isinstance(node.parent, exp.Count) or node.sql() != "*":
            raise DefinitionError(f"'*' stands only in COUNT(*), not as in {sql!r}")
    elif isinstance(node, exp.Column):
        if node.table or node.name not in columns:
            raise DefinitionError(f"no column {node.sql()!r}; the table has {', '.join(columns)}")
        if not within:
            raise DefinitionError(
                f"column {node.name!r} stands outside an aggregate (SUM, COUNT, MIN, MAX, AVG)"
            )
        node.this.set("quoted", True)
