"""The life cycles as a page: tables of states and moves, and a drawing of each, from the code."""

from openpeel.records.lifecycles import LIFECYCLES, Lifecycle, Move
from openpeel.records.roles import MAY

_HEAD = """# Life cycles

Made from the code by `openpeel records lifecycles`; a test holds this page to it. A move that is
not here does not exist. Somebody who tries one that is not allowed is told the state, their role,
and what would allow it.
"""


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join([_HEAD, *(_section(one) for one in LIFECYCLES)])


def drawn(cycle: Lifecycle) -> str:
    """A life cycle in text: each state with the moves that lead out of it, in order."""
    wide = max(len(m.name) for m in cycle.moves)
    lines = [f"(start) --> {cycle.start}"]
    for state in cycle.states:
        out = [m for m in cycle.moves if state in m.sources]
        lines.append(f"{state}{'' if out else '  (end)'}")
        for i, move in enumerate(out):
            corner = "`" if i == len(out) - 1 else "|"
            lines.append(
                f"  {corner}-- {move.name} {'-' * (wide - len(move.name))}--> {move.target}"
            )
    return "\n".join(lines)


def _section(cycle: Lifecycle) -> str:
    title = cycle.name.rstrip(",").capitalize()
    states = "\n".join(f"| `{name}` | {what} |" for name, what in cycle.states.items())
    moves = "\n".join(_row(move) for move in cycle.moves)
    return f"""## {title}

```text
{drawn(cycle)}
```

| state | what it means |
|---|---|
{states}

| move | from | to | who | needs |
|---|---|---|---|---|
{moves}
"""


def _row(move: Move) -> str:
    sources = ", ".join(f"`{s}`" for s in move.sources)
    who = ", ".join(sorted(MAY[move.action]))
    return f"| `{move.name}` | {sources} | `{move.target}` | {who} | {move.needs} |"
