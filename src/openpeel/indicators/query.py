"""The SQL of an indicator's observations: built once, rendered in any engine's dialect."""

from collections.abc import Collection

import sqlglot
from sqlglot import exp

from openpeel.indicators.definition import Indicator
from openpeel.reference import Period
from openpeel.sources import contract


def query_of(
    indicator: Indicator,
    window: Period | None = None,
    without: Collection[tuple[str, str]] = (),
) -> exp.Query:
    """Observations by area and period, or one an area over a window of months.

    Columns: area, period, months (how many are there), numerator, denominator; where they apply
    denominator_year (of a population), unresolved, as_at, and merged_0, merged_1 … (1 where the
    category occurs). For a rate per resident the population is that of the nearest published
    mid-year; of two equally near, the later. `without` leaves out (area, month) pairs.
    """
    table = contract(indicator.table)
    area, month = _name(table.key), _name(table.partition)
    conditions = [f"NOT ({area} = {_text(a)} AND {month} = {_text(m)})" for a, m in sorted(without)]
    if window:
        first, last = _text(window.first_month), _text(window.last_month)
        conditions.insert(0, f"{month} BETWEEN {first} AND {last}")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    made = {
        "area": area,
        "period": _text(str(window)) if window else month,
        "months": f"COUNT(DISTINCT {month})" if window else "1",
        "numerator": f"COALESCE({_sql(indicator.numerator)}, 0)",
    }
    if indicator.denominator is not None:
        made["denominator"] = _sql(indicator.denominator)
    if indicator.unresolved is not None:
        made["unresolved"] = f"COALESCE({_sql(indicator.unresolved)}, 0)"
    if any(c.name == "as_at" for c in table.columns):
        made["as_at"] = 'MAX("as_at")'
    for i, m in enumerate(indicator.merged):
        occurs = f"{_name(m.column)} = {_text(m.value)}"
        made[f"merged_{i}"] = f"MAX(CASE WHEN {occurs} THEN 1 ELSE 0 END)"
    columns = ", ".join(f"{expression} AS {_name(name)}" for name, expression in made.items())
    group = area if window else f"{area}, {month}"
    counted = f"SELECT {columns} FROM {_name(table.table)} {where} GROUP BY {group}"
    if not indicator.per_resident:
        return _parsed(f'{counted} ORDER BY "area", "period"')
    year = str(_middle_year(window)) if window else 'CAST(SUBSTRING(c."period", 1, 4) AS INT)'
    kept = ", ".join(f"c.{_name(name)}" for name in made)
    return _parsed(f"""
        WITH "counted" AS ({counted}),
        "near" AS (
            SELECT c."area", c."period", p."year", p."residents",
                ROW_NUMBER() OVER (
                    PARTITION BY c."area", c."period"
                    ORDER BY ABS(CAST(p."year" AS INT) - {year}), p."year" DESC
                ) AS "nearness"
            FROM "counted" AS c JOIN "population" AS p ON p."force_id" = c."area"
        )
        SELECT {kept}, n."residents" AS "denominator", n."year" AS "denominator_year"
        FROM "counted" AS c LEFT JOIN "near" AS n
            ON n."area" = c."area" AND n."period" = c."period" AND n."nearness" = 1
        ORDER BY c."area", c."period" """)


def _parsed(sql: str) -> exp.Query:
    query = sqlglot.parse_one(sql, dialect="duckdb")
    assert isinstance(query, exp.Query)
    return query


def _sql(expression: exp.Expr) -> str:
    return expression.sql(dialect="duckdb", identify=True)


def _name(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")


def _text(value: str) -> str:
    return exp.Literal.string(value).sql(dialect="duckdb")


def _middle_year(window: Period) -> int:
    months = window.months
    return int(months[len(months) // 2][:4])
