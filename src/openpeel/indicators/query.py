"""The SQL of indicators' observations: built once, rendered in any engine's dialect."""

from collections.abc import Collection, Sequence

import sqlglot
from sqlglot import exp

from openpeel.indicators.definition import Indicator
from openpeel.reference import Period
from openpeel.sources import contract

Pairs = Collection[tuple[str, str]]


def query_of(indicator: Indicator, window: Period | None = None, without: Pairs = ()) -> exp.Query:
    """Observations by area and period, or one an area over a window of months.

    Columns: area, period, months (how many are there), numerator, denominator; where they apply
    denominator_year (of a population), unresolved, as_at (the newest), age (of the month that was
    youngest when its data were made, in months), and merged_0, merged_1 … (1 where the category
    occurs). For a rate per resident the population is that of the nearest published mid-year; of
    two equally near, the later. `without` leaves out (area, month) pairs.
    """
    return query_of_all([indicator], window, without)


def query_of_all(
    indicators: Sequence[Indicator], window: Period | None = None, without: Pairs = ()
) -> exp.Query:
    """As `query_of`, for several indicators of one table in one pass over it.

    The columns that belong to an indicator end in its suffix: see `suffixes`.
    """
    table = contract(indicators[0].table)
    area, month = _name(table.key), _name(table.partition)
    made = {
        "area": area,
        "period": _text(str(window)) if window else month,
        "months": f"COUNT(DISTINCT {month})" if window else "1",
    }
    if any(c.name == "as_at" for c in table.columns):
        as_at = _name("as_at")
        made["as_at"] = f"MAX({as_at})"
        if any(i.matures for i in indicators):
            made["age"] = f"MIN({_ordinal(as_at)} - ({_ordinal(month)}))"
    for indicator, end in zip(indicators, suffixes(len(indicators)), strict=True):
        made |= {f"{name}{end}": sql for name, sql in _measures(indicator).items()}
    columns = ", ".join(f"{sql} AS {_name(name)}" for name, sql in made.items())
    group = area if window else f"{area}, {month}"
    counted = f"""
        SELECT {columns} FROM {_name(table.table)} {_where(area, month, window, without)}
        GROUP BY {group}"""
    if not any(i.per_resident for i in indicators):
        return _parsed(f'{counted} ORDER BY "area", "period"')
    year = str(_middle_year(window)) if window else 'CAST(SUBSTRING(c."period", 1, 4) AS INT)'
    kept = [f"c.{_name(name)}" for name in made]
    for indicator, end in zip(indicators, suffixes(len(indicators)), strict=True):
        if indicator.per_resident:
            kept.append(f'n."residents" AS {_name(f"denominator{end}")}')
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
        SELECT {", ".join(kept)}, n."year" AS "denominator_year"
        FROM "counted" AS c LEFT JOIN "near" AS n
            ON n."area" = c."area" AND n."period" = c."period" AND n."nearness" = 1
        ORDER BY c."area", c."period" """)


def suffixes(number: int) -> list[str]:
    """What the columns of each of so many indicators end in: nothing where there is only one."""
    return [""] if number == 1 else [f"_of_{i}" for i in range(number)]


def _measures(indicator: Indicator) -> dict[str, str]:
    """The columns that are the indicator's own, but for a population."""
    made = {"numerator": f"COALESCE({_sql(indicator.numerator)}, 0)"}
    if indicator.denominator is not None:
        made["denominator"] = _sql(indicator.denominator)
    if indicator.unresolved is not None:
        made["unresolved"] = f"COALESCE({_sql(indicator.unresolved)}, 0)"
    for i, merged in enumerate(indicator.merged):
        occurs = f"{_name(merged.column)} = {_text(merged.value)}"
        made[f"merged_{i}"] = f"MAX(CASE WHEN {occurs} THEN 1 ELSE 0 END)"
    return made


def _where(area: str, month: str, window: Period | None, without: Pairs) -> str:
    conditions = [f"NOT ({area} = {_text(a)} AND {month} = {_text(m)})" for a, m in sorted(without)]
    if window:
        first, last = _text(window.first_month), _text(window.last_month)
        conditions.insert(0, f"{month} BETWEEN {first} AND {last}")
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


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


def _ordinal(month: str) -> str:
    """The number of a month written YYYY-MM, so that differences are months."""
    year = f"CAST(SUBSTRING({month}, 1, 4) AS INT)"
    return f"{year} * 12 + CAST(SUBSTRING({month}, 6, 2) AS INT)"


def _middle_year(window: Period) -> int:
    months = window.months
    return int(months[len(months) // 2][:4])
