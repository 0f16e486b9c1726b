"""Laying out plain text: 80 columns, ASCII, safe in a pipe."""

from collections.abc import Iterable
from itertools import zip_longest
from textwrap import wrap

WIDTH = 80
_SPELT = {"–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "..."}
_SPELT_OUT = str.maketrans(_SPELT)
_ASCII = str.maketrans({**_SPELT, "\u00a0": " "})


def ends(left: str, right: str) -> list[str]:
    """Two texts at the two ends of a line; on two lines where they do not fit."""
    left, right = left.translate(_ASCII), right.translate(_ASCII)
    room = WIDTH - len(left) - len(right)
    if not right or room >= 2:
        return [f"{left}{' ' * room}{right}".rstrip()]
    return [*said(left), *said(right, 2)]


def said(text: str, indent: int = 0, hang: int | None = None) -> list[str]:
    """A text wrapped, its further lines set in by `hang`."""
    later = indent if hang is None else hang
    lines = wrap(
        text.translate(_SPELT_OUT),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * later,
        break_on_hyphens=False,
    )
    # No line breaks between a number and its per cent sign.
    return [line.translate(_ASCII) for line in lines]


def row(left: str, right: str, indent: int, column: int) -> list[str]:
    """Two texts side by side, the right one from a column on, both wrapped."""
    first = wrap(left.translate(_ASCII), column - indent - 1, break_on_hyphens=False)
    second = wrap(right.translate(_ASCII), WIDTH - column, break_on_hyphens=False)
    return [
        f"{' ' * indent}{a:<{column - indent}}{b}".rstrip()
        for a, b in zip_longest(first, second, fillvalue="")
    ]


def code(text: str) -> list[str]:
    """A line of SQL, wrapped under its own indent."""
    indent = 2 + len(text) - len(text.lstrip())
    return said(text.strip(), indent, indent + 4)


def command(text: str) -> list[str]:
    """A command to type next; where it is too long for the line, still one command for a shell."""
    whole = f"Next: {text}"
    if len(whole) <= WIDTH:
        return [whole]
    *before, name, last = whole.split(" ")
    return [f"{' '.join(before)} \\", f"  {name} {last}"]


def plain(lines: Iterable[str]) -> str:
    """The lines as one text of ASCII, without two empty ones together."""
    made: list[str] = []
    for line in lines:
        plain = line.translate(_ASCII).encode("ascii", "replace").decode().rstrip()
        if plain or (made and made[-1]):
            made.append(plain)
    return "\n".join(made)
