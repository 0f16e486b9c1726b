"""Published grades as a back-test needs them: each force's first, and none worked out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpeel import framework
from openpeel.lake import Snapshot

NOT_GIVEN = {framework.NOT_GRADED.id, framework.NOT_YET_GRADED.id}
_LAST = "9999"


@dataclass(frozen=True, slots=True)
class Grading:
    """One published grade of a force. `carried_over` where every source that knows says so."""

    force_id: str
    grade: str
    carried_over: bool


def gradings(snapshot: Snapshot) -> dict[tuple[str, str], dict[str, Grading]]:
    """The grades as first published, by cycle and pillar or question, by force.

    A grade that was changed afterwards counts as it was before: the first is what the inspection
    came to. Where sources disagree and none is surely the first, there is no grade. Inferred grades
    are left out, and so is "not graded".
    """
    stated: dict[tuple[str, str, str], list[Mapping[str, str]]] = {}
    for row in snapshot.table("grades").to_pylist() if snapshot.has("grades") else ():
        if row["basis"] == "published" and row["grade"] not in NOT_GIVEN:
            stated.setdefault((row["cycle"], row["question"], row["force_id"]), []).append(row)
    made: dict[tuple[str, str], dict[str, Grading]] = {}
    for (cycle, subject, force_id), rows in sorted(stated.items()):
        first = _first(rows)
        if first:
            said = {r["status"] for r in rows if r["grade"] == first} - {"unknown"}
            found = Grading(force_id, first, said == {"carried-over"})
            made.setdefault((cycle, subject), {})[force_id] = found
    return made


def _first(rows: Sequence[Mapping[str, str]]) -> str:
    """The grade that was published first; '' where the sources leave it open."""
    since: dict[str, str] = {}
    for row in rows:
        since[row["grade"]] = min(since.get(row["grade"], _LAST), row["published"] or _LAST)
    first, *others = sorted(since.items(), key=lambda item: (item[1], item[0]))
    # "2024" may be any day of that year: a date comes first only where it is not the other's start.
    sure = all(first[1] < date[: len(first[1])] for _, date in others)
    return first[0] if sure else ""


def complete(
    grades: Mapping[tuple[str, str], Mapping[str, Grading]], cycle: str, subject: str, force_id: str
) -> bool:
    """Whether the force's set of grades, for this pillar or question, is complete."""
    needed = framework.complete_set(cycle, subject, force_id)
    return all(force_id in grades.get((cycle, one), {}) for one in needed)
