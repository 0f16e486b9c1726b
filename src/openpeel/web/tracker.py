"""The findings tracker: rows, filtered by what stands in the address."""

from collections.abc import Mapping
from typing import Any

from openpeel.records.lifecycles import CLAIMED, VERIFIED, Lifecycle
from openpeel.records.listing import OVER, finding_rows
from openpeel.records.models.findings import KINDS
from openpeel.records.roles import Actor
from openpeel.records.seeing import HIDDEN
from openpeel.web.asking import Asked, line, picked
from openpeel.web.words import body_choices, cycle_choices

Row = dict[str, Any]
ANY = [("", "Any")]


def _states(of: Lifecycle) -> list[tuple[str, str]]:
    """The states that a tracked finding can be in, to choose from."""
    return ANY + [(s, s.replace("-", " ").capitalize()) for s in of.states if s not in HIDDEN]


class Filters(Asked):
    """What to show; each is a part of the address, so that a view can be kept and sent."""

    force = picked("Force or other body", required=False)
    kind = picked("Kind", [*ANY, *KINDS.items()], required=False)
    cycle = picked("Cycle", lambda: ANY + cycle_choices(), required=False)
    claimed = picked("The force says", _states(CLAIMED), required=False)
    verified = picked("Verified", _states(VERIFIED), required=False)
    when = picked(
        "Open or overdue",
        [*ANY, ("open", "Open"), ("overdue", "Overdue"), ("closed", "Closed")],
        required=False,
    )
    words = line("Words in it, or its owner", required=False)


def tracked(actor: Actor, asked: Mapping[str, str]) -> tuple[Filters, list[Row]]:
    """The published findings that somebody may see, filtered; the oldest first.

    A filter that is none filters nothing; the form says so.
    """
    filters = Filters(asked, auto_id="filter_%s")
    del filters.fields["version"]
    mine = [(b, name) for b, name in body_choices() if actor.may("finding.read", b)]
    filters.fields["force"].choices = ANY + mine  # type: ignore[attr-defined]
    filters.is_valid()
    by = {name: value for name, value in filters.cleaned_data.items() if value}
    rows = finding_rows(actor, by.get("force", ""))
    return filters, [row for row in rows if _fits(row, by)]


def _fits(row: Row, by: Mapping[str, Any]) -> bool:
    same = {
        "kind": "kind",
        "cycle": "cycle",
        "claimed": "claimed_state",
        "verified": "verified_state",
    }
    if any(name in by and row[column] != by[name] for name, column in same.items()):
        return False
    fits = {
        "open": row["open"],
        "overdue": row["overdue"],
        "closed": row["verified_state"] in OVER,
    }
    if "when" in by and not fits[by["when"]]:
        return False
    text = f"{row['text']} {row['owner']}".casefold()
    return str(by.get("words", "")).casefold() in text
