"""The risk view: what monitoring says of a force, made once for each vintage of the lake."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from openpeel.errors import OpenpeelError
from openpeel.records.bringing import mark_of
from openpeel.records.listing import indicator_name
from openpeel.web.pages import Cell

if TYPE_CHECKING:
    from openpeel.monitoring import Signal, Watch


@dataclass(frozen=True)
class Risk:
    """The signals of a force, ranked, by a key that stands in addresses; read at a `vintage`.

    `told` is what has to be said of them, or why there are none.
    """

    signals: Mapping[str, "Signal"]
    vintage: int | None
    told: str


def risk_of(force_id: str, lake: str) -> Risk:
    """What monitoring says of a force at the newest vintage of the lake."""
    from openpeel.lake import Lake
    from openpeel.publish.sentences import expected_false

    try:
        snapshot = Lake(lake).snapshot().id
        made = _watched(lake, snapshot)
    except OpenpeelError as error:
        return Risk({}, None, f"The lake cannot be read: {error}")
    told = f"{expected_false(made.rate)} A signal is a question to ask, never a verdict."
    found = {_key(s): s for s in made.of(force_id)}
    return Risk(found, snapshot, f"{told} From snapshot {snapshot}.")


def signal_facts(numbers: Mapping[str, Any]) -> list[tuple[str, Cell]]:
    """The numbers of a signal, by the names of its fields, as a page shows them."""
    from openpeel.indicators import indicator
    from openpeel.publish.sentences import KINDS
    from openpeel.publish.words import amount, when

    unit: str
    try:
        unit = indicator(numbers["indicator"]).unit
    except OpenpeelError:
        # Of a table, or of an indicator that is defined no more.
        unit = ""

    def figure(name: str) -> str:
        return "" if numbers[name] is None else amount(numbers[name], unit)

    def begun(name: str) -> str:
        first, last = numbers[f"{name}_earliest"], numbers[f"{name}_latest"]
        between = "" if first == last else f", likely {when(first)} to {when(last)}"
        return when(numbers[name]) + between if numbers[name] else ""

    named = (
        ("Kind", KINDS.get(numbers["kind"], numbers["kind"]).capitalize()),
        ("Trouble with the data", numbers["trouble"]),
        ("Reading", numbers["reading"].capitalize()),
        ("Indicator", indicator_name(numbers["indicator"])),
        ("Table", numbers["table"]),
        ("Judged", when(numbers["period"])),
        ("Figure", figure("value")),
        ("Held against", figure("usual")),
        ("Begins", begun("onset")),
        ("Back", begun("back")),
        ("Statistic", f"{numbers['statistic']:.3g} ({numbers['convention']})"),
        ("Chance of as much in noise (p)", f"{numbers['p']:.3g}"),
        ("Expected false among such (q)", f"{numbers['q']:.3g}"),
        ("To be known besides", numbers["caution"]),
    )
    return [(name, told) for name, told in named if told]


def _key(signal: "Signal") -> str:
    """What a signal is called in an address."""
    return hashlib.sha256(mark_of(asdict(signal)).encode()).hexdigest()[:16]


@lru_cache(maxsize=2)
def _watched(lake: str, snapshot: int) -> "Watch":
    """The watch of a snapshot."""
    from openpeel.lake import Lake
    from openpeel.monitoring import watch

    return watch(Lake(lake).snapshot(snapshot))
