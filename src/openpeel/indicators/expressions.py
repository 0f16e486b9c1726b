"""The SQL that a definition may hold: aggregates over one table's columns, and nothing else.

Each function is here because it means the same on every engine.
"""

from collections.abc import Sequence

import sqlglot
from sqlglot import exp

from openpeel.errors import DefinitionError

_AGGREGATES = (exp.Sum, exp.Count, exp.Min, exp.Max, exp.Avg)
_OTHERS = (
    exp.Abs, exp.Add, exp.And, exp.Between, exp.Boolean, exp.Case, exp.Coalesce, exp.Column,
    exp.Div, exp.EQ, exp.GT, exp.GTE, exp.Identifier, exp.If, exp.In, exp.Is, exp.LT, exp.LTE,
    exp.Literal, exp.Mul, exp.NEQ, exp.Neg, exp.Not, exp.Null, exp.Nullif, exp.Or, exp.Paren,
    exp.Star, exp.Sub, exp.Substring, exp.Tuple,
)  # fmt: skip
ALLOWED: tuple[type[exp.Expr], ...] = _AGGREGATES + _OTHERS


def aggregate(sql: str, columns: Sequence[str]) -> exp.Expr:
    """Parse an aggregate expression over the columns; every column comes back quoted.

    Raises DefinitionError that names the function, column or construct that is not allowed.
    """
    try:
        parsed = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        first = str(error).splitlines()[0]
        raise DefinitionError(f"not valid SQL: {sql!r}: {first}") from error
    for node in parsed.walk():
        if not isinstance(node, ALLOWED):
            name = node.sql_name() if isinstance(node, exp.Func) else type(node).__name__
            if isinstance(node, exp.Anonymous):
                name = str(node.this)
            functions = {f.sql_name() for f in ALLOWED if issubclass(f, exp.Func)}
            raise DefinitionError(
                f"{name.upper()} is not allowed in {sql!r}. Allowed functions: "
                f"{', '.join(sorted(functions))}"
            )
    for column in parsed.find_all(exp.Column):
        if column.table or column.name not in columns:
            raise DefinitionError(f"no column {column.sql()!r}; the table has {', '.join(columns)}")
        if not column.find_ancestor(*_AGGREGATES):
            raise DefinitionError(
                f"column {column.name!r} stands outside an aggregate (SUM, COUNT, MIN, MAX, AVG)"
            )
        column.this.set("quoted", True)
    if not any(parsed.find_all(*_AGGREGATES)):
        raise DefinitionError(f"{sql!r} aggregates nothing; use SUM, COUNT, MIN, MAX or AVG")
    return parsed
