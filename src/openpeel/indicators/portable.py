"""SQL that means the same on every engine, where what was written does not quite."""

from sqlglot import exp

from openpeel.errors import DefinitionError


def portable(expression: exp.Expr) -> exp.Expr:
    """An aggregate expression, changed in place where engines would read it in two ways.

    * `a / b` becomes `a / NULLIF(b, 0)`: by zero DuckDB gives infinity, Spark an error; now NULL.
    * `0.5` becomes `0.5e0`, a floating-point number: engines round decimals at other places.
    * `IF(a, b)` becomes `IF(a, b, NULL)`, as Spark wants it.

    Raises DefinitionError for a SUBSTRING whose start or length is no plain number of at least 1
    and 0: from the end, or from before the first character, engines count differently.
    """
    for node in list(expression.walk()):
        if isinstance(node, exp.Div):
            by = node.expression
            if not isinstance(by, exp.Nullif):
                node.set("expression", exp.Nullif(this=by.unnest(), expression=_number("0")))
        elif isinstance(node, exp.Literal) and not node.is_string and "." in node.name:
            if "e" not in node.name.lower():
                node.set("this", f"{node.name}e0")
        elif isinstance(node, exp.If) and not isinstance(node.parent, exp.Case):
            node.set("false", node.args.get("false") or exp.Null())
        elif isinstance(node, exp.Substring):
            start, length = node.args.get("start"), node.args.get("length")
            if not _whole(start, 1) or not (length is None or _whole(length, 0)):
                raise DefinitionError(
                    f"{node.sql(dialect='duckdb')}: engines do not agree where it begins and ends: "
                    "write SUBSTRING(text, start, length) with plain numbers, the start from 1"
                )
    return expression


def _number(text: str) -> exp.Expr:
    return exp.Literal.number(text)


def _whole(node: exp.Expr | None, least: int) -> bool:
    """Whether a node is a plain whole number, and large enough."""
    return isinstance(node, exp.Literal) and node.is_int and int(node.name) >= least
