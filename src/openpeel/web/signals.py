"""The risk view: what monitoring says of a force, made once for each vintage of the lake."""

from functools import lru_cache

from openpeel.errors import OpenpeelError
from openpeel.web.pages import Cell

Rows = list[tuple[Cell, ...]]


def signal_rows(force_id: str, lake: str) -> tuple[Rows, str]:
    """The signals of a force as rows (sentence, indicator, q), and what has to be said of them."""
    from openpeel.lake import Lake
    from openpeel.publish.sentences import expected_false, sentence, subject

    try:
        snapshot = Lake(lake).snapshot().id
        made = _watched(lake, snapshot)
    except OpenpeelError as error:
        return [], f"The lake cannot be read: {error}"
    if made is None:
        return [], f"Snapshot {snapshot} of the lake holds nothing that can be tested."
    rows: Rows = [(sentence(s), subject(s), f"{s.q:.3g}") for s in made.of(force_id)]
    told = f"{expected_false(made.rate)} A signal is a question to ask, never a verdict."
    return rows, f"{told} From snapshot {snapshot}."


@lru_cache(maxsize=2)
def _watched(lake: str, snapshot: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """The watch of a snapshot; None where it holds no observation."""
    from openpeel.lake import Lake
    from openpeel.monitoring import watch

    at = Lake(lake).snapshot(snapshot)
    return watch(at)
