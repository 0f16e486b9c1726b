"""Recognising: which source reads what a person points at, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from openpeel.errors import FileRefused
from openpeel.lake import SliceId
from openpeel.sources.areas import ForceAreas
from openpeel.sources.contracts import contract, own_sources
from openpeel.sources.flat.described import FlatFile
from openpeel.sources.members import Member, find_members
from openpeel.sources.peel import PeelFindings, PeelGrades, PeelInferredGrades
from openpeel.sources.police_uk.counts import StreetCounts
from openpeel.sources.police_uk.force_month import ForceMonthFiles
from openpeel.sources.police_uk.outcomes import OutcomeFiles
from openpeel.sources.police_uk.stop_and_search import StopAndSearchFiles
from openpeel.sources.police_uk.street import StreetFiles
from openpeel.sources.source import Source, Target
from openpeel.sources.text import even, header_of
from openpeel.sources.workbooks.described import Workbook
from openpeel.sources.workbooks.flat import FlatWorkbooks
from openpeel.sources.workbooks.grid import is_workbook, read_workbook


def sources() -> tuple[Source, ...]:
    """All sources, in the order in which they are asked and loaded (rows before counts).

    The folder that OPENPEEL_SOURCES names adds plain tables, and workbooks in its `workbooks/`;
    raises DefinitionError for one that does not hold together.
    """
    return _sources(own_sources())


@cache
def _sources(own: Path | None) -> tuple[Source, ...]:
    flat = [FlatFile(p, contract) for p in _described(files(__package__) / "flat", own)]
    own_books = own / "workbooks" if own else None
    books = _described(files(__package__) / "workbooks", own_books)
    workbooks = (Workbook(path, contract) for path in books)
    peel = (PeelGrades(), PeelInferredGrades(), PeelFindings())
    police_uk = (StreetFiles(), OutcomeFiles(), StopAndSearchFiles(), StreetCounts())
    return (*police_uk, ForceAreas(), *flat, *workbooks, FlatWorkbooks(flat), *peel)


def _described(bundled: Traversable, own: Path | None) -> list[Traversable]:
    """The descriptions that are bundled and those of one's own, by name."""
    paths = [*bundled.iterdir(), *(own.iterdir() if own and own.is_dir() else ())]
    return sorted((p for p in paths if p.name.endswith(".toml")), key=lambda p: p.name)


@dataclass(frozen=True)
class Job:
    """A member, the source that reads it, and that source's place among all."""

    member: Member
    source: Source
    target: Target
    rank: int


@dataclass
class Plan:
    """Who reads what, in order of source and partition, and what nobody reads.

    `dates` are those of the containers that have one (see `ForceMonthFiles`); `refused` the
    members that are not read: label, table ('' where unknown) and reason.
    """

    jobs: list[Job] = field(default_factory=list)
    dates: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[str, str, str]] = field(default_factory=list)


def planned(paths: Sequence[Path | str]) -> Plan:
    """The plan of a load. Raises LoadRefused for a path or archive that cannot be opened.

    Two containers may bring the same slice where their dates tell which wins; the newer is then
    read first.
    """
    plan = Plan()
    jobs: list[Job] = []
    months: dict[str, set[str]] = {}
    for member in find_members(paths):
        try:
            job = recognise(member)
        except FileRefused as error:
            plan.refused.append((member.label, "", str(error)))
            continue
        jobs.append(job)
        if isinstance(job.source, ForceMonthFiles):
            months.setdefault(member.container, set()).add(job.target.order[0])
    plan.dates = {container: max(found) for container, found in months.items() if len(found) > 1}
    taken: dict[SliceId, dict[str, str]] = {}
    for job in jobs:
        date = plan.dates.get(job.member.container, "")
        other = next((t for n in job.target.names if (t := _taken(taken.get(n, {}), date))), None)
        if other is not None:
            plan.refused.append((job.member.label, job.target.table, same_as(other)))
            continue
        for name in job.target.names:
            taken.setdefault(name, {})[date] = job.member.label
        plan.jobs.append(job)
    plan.jobs.sort(key=lambda j: j.member.label)
    plan.jobs.sort(key=lambda j: plan.dates.get(j.member.container, ""), reverse=True)
    plan.jobs.sort(key=lambda j: (j.rank, j.target.order))
    return plan


def same_as(other: str) -> str:
    """Why a member is refused that brings what another of the same load brings."""
    return f"it brings the same as {other} in the same load"


def _taken(labels: dict[str, str], date: str) -> str | None:
    """Which member (by date of its container, '' for none) rules out one of this date, if any."""
    if date and "" not in labels:
        return labels.get(date)
    return next(iter(labels.values()), None)


def recognise(member: Member) -> Job:
    """Which source reads the member; raises FileRefused when none does."""
    found: list[str] | None = None

    def header() -> list[str]:
        nonlocal found
        if found is None:
            found = _header(member)
        return found

    for rank, source in enumerate(sources()):
        target = source.recognise(member, header)
        if target is not None:
            return Job(member, source, target, rank)
    if not member.size:
        raise FileRefused(f"{member.label} is empty.")
    what = "first cells" if is_workbook(member) else "columns"
    raise FileRefused(
        f"{member.label} is of no kind that openpeel reads"
        + (f" (its {what}: {', '.join(found[:6])} …)" if found else "")
        + f".{_nearest(found or [])} docs/sources.md lists what it reads."
    )


def _nearest(found: Sequence[str]) -> str:
    """The plain table whose header is most like the file's, and how the two differ."""
    plain = [s for s in sources() if isinstance(s, FlatFile)]
    best = max(plain, key=lambda s: len({*s.header} & {*found}) / len({*s.header} | {*found}))
    lacks = [n for n in best.header if n not in found]
    more = [n for n in found if n not in best.header]
    if len(lacks) * 2 > len(best.header):
        return ""
    differs = [f"lacks {', '.join(lacks)}"] if lacks else []
    differs += [f"has {', '.join(more)} too"] if more else []
    return f" It is most like {best.name}, but {' and '.join(differs) or 'in another order'}."


def _header(member: Member) -> list[str]:
    if member.base.endswith(".parquet"):
        try:
            return list(pq.read_schema(pa.BufferReader(member.read())).names)
        except (pa.ArrowInvalid, OSError) as error:
            raise FileRefused(f"{member.label} is no whole Parquet file: {error}.") from error
    if is_workbook(member):
        return [cell for grid in read_workbook(member.read(), member.label) for cell in grid.top]
    return header_of(even(member.read()[: 1 << 16], member.label).data)
