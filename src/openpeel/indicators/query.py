"""The SQL of indicators' observations: built once, rendered in any engine's dialect."""

from collections.abc import Collection, Sequence

import sqlglot
from sqlglot import exp

from openpeel.errors import NotComputable, NotKnown
from openpeel.indicators.definition import Indicator
from openpeel.reference import Period
from openpeel.sources import contract

Pairs = Collection[tuple[str, str]]


def query_of(indicator: Indicator, window: Period | None = None, without: Pairs = ()) -> exp.Query:
    """Observations by area and period, or one an area over a window of its table's periods.

    Columns: area, period, periods (how many are there), numerator, denominator; where they apply
    denominator_year (of the residents), unresolved, as_at (the newest), age (of the month that was
    youngest when its data were made, in months), merged_0, merged_1 … and needs_0, needs_1 … (1
    where the category occurs), and of a disparity group_residents, reference_residents, not_stated
    and events. Residents are those of the nearest published year; of two equally near, the later.
    `without` leaves out (area, period) pairs.
    Raises NotComputable for a window that is not made of whole periods of the table.
    """
    return query_of_all([indicator], window, without)


def query_of_all(
    indicators: Sequence[Indicator], window: Period | None = None, without: Pairs = ()
) -> exp.Query:
    """As `query_of`, for several indicators of one table in one pass over it.

    The columns that belong to an indicator end in its suffix: see `suffixes`.
    """
    table = contract(indicators[0].table)
    area, when = _name("force_id"), _name(indicators[0].period.name)
    made = {
        "area": area,
        "period": _text(str(window)) if window else when,
        "periods": f"COUNT(DISTINCT {when})" if window else "1",
    }
    if any(c.name == "as_at" for c in table.columns):
        as_at = _name("as_at")
        made["as_at"] = f"MAX({as_at})"
        if any(i.matures for i in indicators):
            made["age"] = f"MIN({_ordinal(as_at)} - ({_ordinal(when)}))"
    ends = suffixes(len(indicators))
    for indicator, end in zip(indicators, ends, strict=True):
        made |= {f"{name}{end}": sql for name, sql in _measures(indicator).items()}
    columns = ", ".join(f"{sql} AS {_name(name)}" for name, sql in made.items())
    group = area if window else f"{area}, {when}"
    where = _where(area, when, table_periods(indicators[0], window) if window else (), without)
    counted = f"SELECT {columns} FROM {_name(table.table)} {where} GROUP BY {group}"
    bases = sorted({i.base for i in indicators} - {""})
    if not bases:
        return _parsed(f'{counted} ORDER BY "area", "period"')
    year = str(_middle_year(window)) if window else 'CAST(SUBSTRING(c."period", 1, 4) AS INT)'
    kept = [f"c.{_name(name)}" for name in made]
    for indicator, end in zip(indicators, ends, strict=True):
        for name, column in _residents(indicator).items():
            kept.append(f"{_name(indicator.base)}.{_name(column)} AS {_name(f'{name}{end}')}")
    joined = [
        f"""LEFT JOIN {_name(f"near_{base}")} AS {_name(base)}
            ON {_name(base)}."area" = c."area" AND {_name(base)}."period" = c."period"
            AND {_name(base)}."nearness" = 1"""
        for base in bases
    ]
    near = [
        f"""{_name(f"near_{base}")} AS (
            SELECT c."area", c."period", p.*,
                ROW_NUMBER() OVER (
                    PARTITION BY c."area", c."period"
                    ORDER BY ABS(CAST(p."year" AS INT) - {year}), p."year" DESC
                ) AS "nearness"
            FROM "counted" AS c JOIN {_name(base)} AS p ON p."force_id" = c."area"
        )"""
        for base in bases
    ]
    return _parsed(f"""
        WITH "counted" AS ({counted}), {", ".join(near)}
        SELECT {", ".join(kept)} FROM "counted" AS c {" ".join(joined)}
        ORDER BY c."area", c."period" """)


def table_periods(indicator: Indicator, window: Period) -> tuple[str, ...]:
    """The periods of the indicator's table that make up a window, as the table writes them.

    Raises NotComputable where none do, and for several counts of what is there on a day: officers
    of two Marches are not added up.
    """
    column = indicator.period
    try:
        parts = window.parts(column.period)
    except NotKnown as error:
        raise NotComputable(
            f"There is no figure for '{indicator.title}': its table is by "
            f"{column.period.replace('-', ' ')}, and {error}{_meant(window, column.period)}"
        ) from error
    if len(parts) > 1 and column.every > parts[0].length:
        raise NotComputable(
            f"There is no figure for '{indicator.title}' over {window.label}: it is counted every "
            f"{column.every} months, and such counts are not added up. Ask for one of them."
        )
    return tuple(str(p) for p in parts)


def _meant(window: Period, kind: str) -> str:
    """What may have been meant by 2011-12, which is a month and looks like a financial year."""
    try:
        meant = Period.parse(str(window).replace("-", "/"))
    except NotKnown:
        return ""
    return f" Write {meant} for the financial year." if meant.kind == kind else ""


def suffixes(number: int) -> list[str]:
    """What the columns of each of so many indicators end in: nothing where there is only one."""
    return [""] if number == 1 else [f"_of_{i}" for i in range(number)]


def _residents(indicator: Indicator) -> dict[str, str]:
    """The columns that come from the table of residents, and their names there."""
    if indicator.disparity:
        made = {
            "group_residents": indicator.disparity.group,
            "reference_residents": indicator.disparity.reference,
        }
    else:
        made = {"denominator": "residents"} if indicator.per_resident else {}
    return made | ({"denominator_year": "year"} if made else {})


def _measures(indicator: Indicator) -> dict[str, str]:
    """The columns that are counted from the indicator's own table."""
    made = {"numerator": _counted(indicator.numerator)}
    if indicator.denominator is not None:
        made["denominator"] = _sql(indicator.denominator)
    if indicator.unresolved is not None:
        made["unresolved"] = f"COALESCE({_sql(indicator.unresolved)}, 0)"
    if indicator.disparity is not None:
        made["not_stated"] = f"COALESCE({_sql(indicator.disparity.not_stated)}, 0)"
        made["events"] = f"COALESCE({_sql(indicator.disparity.events)}, 0)"
    for i, merged in enumerate(indicator.merged):
        made[f"merged_{i}"] = _occurs(merged.column, merged.value)
    for i, need in enumerate(indicator.needs):
        made[f"needs_{i}"] = _occurs(need.column, need.value)
    return made


def _counted(expression: exp.Expr) -> str:
    """Where nothing meets a condition the count is 0; where nothing at all was given there is none.

    A sum without a condition is null only if every row of the force and period lacks a number, and
    a quotient where there is nothing to divide by.
    """
    sql = _sql(expression)
    counts = expression.find(exp.Case, exp.If) and not expression.find(exp.Div)
    return f"COALESCE({sql}, 0)" if counts else sql


def _occurs(column: str, value: str) -> str:
    return f"MAX(CASE WHEN {_name(column)} = {_text(value)} THEN 1 ELSE 0 END)"


def _where(area: str, when: str, periods: Sequence[str], without: Pairs) -> str:
    conditions = [f"NOT ({area} = {_text(a)} AND {when} = {_text(m)})" for a, m in sorted(without)]
    if periods:
        first, last = _text(periods[0]), _text(periods[-1])
        conditions.insert(0, f"{when} BETWEEN {first} AND {last}")
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
