"""Loading: whatever a person points at, recognised, read in parallel, and put in the lake."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from openpeel.errors import FileRefused, LoadRefused
from openpeel.lake import Held, Lake, Receipt, Refusal, Slice, SliceId
from openpeel.sources.areas import ForceAreas
from openpeel.sources.contracts import contract, own_sources
from openpeel.sources.counts import StreetCounts
from openpeel.sources.flat import FlatFile
from openpeel.sources.force_month import ForceMonthFiles, kept
from openpeel.sources.members import Member, find_members
from openpeel.sources.outcomes import OutcomeFiles
from openpeel.sources.peel import PeelFindings, PeelGrades, PeelInferredGrades
from openpeel.sources.source import Context, Parsed, Source, Target
from openpeel.sources.stop_and_search import StopAndSearchFiles
from openpeel.sources.street import StreetFiles
from openpeel.sources.text import even, header_of
from openpeel.sources.workbook import Workbook
from openpeel.sources.workbook_flat import FlatWorkbooks
from openpeel.sources.workbook_grid import is_workbook, read_workbook

_WORKERS = 2
_NAMED = 5  # bad rows of a file that a report names
_AHEAD = 8  # members read but not yet written: bounds the memory
WORST_SHARE = 0.05  # of a file's rows that may be bad before the whole load is refused


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


@dataclass
class FileReport:
    """What became of one file: its rows add up, and what was refused says why.

    `rows_replaced` are rows of the lake that give way to it, `bad` the first rows in quarantine
    with the reason of each.
    """

    file: str
    table: str = ""
    source: str = ""
    rows_read: int = 0
    rows_loaded: int = 0
    rows_unchanged: int = 0
    rows_quarantined: int = 0
    rows_replaced: int = 0
    bad: list[str] = field(default_factory=list)
    seconds: float = 0.0
    refused: str = ""
    note: str = ""


@dataclass
class LoadReport:
    """What a load did: a report a file, and the snapshot in force after it."""

    files: list[FileReport] = field(default_factory=list)
    snapshot: int = 0

    @property
    def refused(self) -> list[FileReport]:
        """The files that were not loaded."""
        return [f for f in self.files if f.refused]


Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all as files are read."""


def load(lake: Lake, paths: Sequence[Path | str], progress: Progress | None = None) -> LoadReport:
    """Load archives, folders and files into the lake, in one snapshot.

    A file that cannot be loaded is refused with its reason in the report, and the rest loads.
    Raises LoadRefused, and changes nothing, when an archive is unsafe or broken, when more than
    5 % of a file's rows are bad, when nothing can be loaded, or when the lake cannot be written.
    """
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    reason = f"load {', '.join(Path(p).name or str(p) for p in paths[:3])}{more}"
    return _run(lake, paths, lambda pieces: lake.replace(pieces, reason), progress)


def rehearse(
    lake: Lake, paths: Sequence[Path | str], progress: Progress | None = None
) -> LoadReport:
    """What `load` would report and raise, with nothing written."""
    return _run(lake, paths, lake.rehearse, progress)


def _run(
    lake: Lake,
    paths: Sequence[Path | str],
    put: Callable[[Iterator[Slice | Refusal]], Receipt],
    progress: Progress | None,
) -> LoadReport:
    jobs, dates, report = _planned(paths)
    context = Context(lake.held(), dates)
    total, done = sum(j.member.size for j in jobs), 0
    read: list[tuple[FileReport, Parsed]] = []

    def pieces() -> Iterator[Slice | Refusal]:
        nonlocal done
        brought: dict[SliceId, tuple[int, str, str]] = {}
        for job, parsed, seconds in _in_parallel(jobs, context):
            entry = FileReport(job.member.label, job.target.table, job.source.name)
            entry.seconds = round(seconds, 3)
            report.files.append(entry)
            done += job.member.size
            if progress:
                progress(done, total)
            if isinstance(parsed, FileRefused):
                entry.refused = str(parsed)
                continue
            entry.refused = parsed.note
            date = dates.get(job.member.container, "")
            newest = max((brought[n][2] for n in job.target.names if n in brought), default="")
            if date and newest > date and not parsed.note:
                parsed = kept(parsed.read, newest)
            if parsed.read and parsed.bad > WORST_SHARE * parsed.read:
                raise LoadRefused(_too_bad(job.member, parsed))
            entry.bad = _worst(parsed, _NAMED)
            slices = [p for p in parsed.pieces if isinstance(p, Slice)]
            earlier = ((p, *brought[p.id]) for p in slices if p.id in brought)
            twice = next((label for p, rank, label, _ in earlier if rank <= p.rank), None)
            if twice is not None:
                entry.refused = _twice(twice)
                continue
            read.append((entry, parsed))
            parsed.outranked = {p.id for p in slices if p.id in brought}
            pieces_now, parsed.pieces = parsed.pieces, []  # or all rows would stay in memory
            for piece in pieces_now:
                if _id(piece) not in parsed.outranked:
                    if isinstance(piece, Slice):
                        brought[piece.id] = piece.rank, job.member.label, date
                    yield piece
        if not any(parsed.read for _, parsed in read):
            reasons = "".join(f"\n  {f.file}: {f.refused}" for f in report.files[:5])
            raise LoadRefused(f"There is nothing to load; nothing was changed.{reasons}")

    receipt = put(pieces())
    _settle(lake, report, read, receipt, context.held)
    return report


def _twice(other: str) -> str:
    return f"it brings the same as {other} in the same load"


def _id(piece: Slice | Refusal) -> SliceId:
    return piece.id if isinstance(piece, Slice) else piece.slice


@dataclass(frozen=True)
class _Job:
    member: Member
    source: Source
    target: Target
    rank: int


def _planned(paths: Sequence[Path | str]) -> tuple[list[_Job], dict[str, str], LoadReport]:
    """Who reads what, in order of source and partition; what nobody reads is refused.

    Also the dates of the containers that have one (see `ForceMonthFiles`). Two containers may
    bring the same slice where their dates tell which wins; the newer is then read first.
    """
    report = LoadReport()
    jobs: list[_Job] = []
    months: dict[str, set[str]] = {}
    for member in find_members(paths):
        try:
            job = recognise(member)
        except FileRefused as error:
            report.files.append(FileReport(member.label, refused=str(error)))
            continue
        jobs.append(job)
        if isinstance(job.source, ForceMonthFiles):
            months.setdefault(member.container, set()).add(job.target.order[0])
    dates = {container: max(found) for container, found in months.items() if len(found) > 1}
    taken: dict[SliceId, dict[str, str]] = {}
    planned: list[_Job] = []
    for job in jobs:
        date = dates.get(job.member.container, "")
        twice = next((t for n in job.target.names if (t := _taken(taken.get(n, {}), date))), None)
        if twice is not None:
            refused = FileReport(job.member.label, job.target.table, refused=_twice(twice))
            report.files.append(refused)
            continue
        for name in job.target.names:
            taken.setdefault(name, {})[date] = job.member.label
        planned.append(job)
    planned.sort(key=lambda j: j.member.label)
    planned.sort(key=lambda j: dates.get(j.member.container, ""), reverse=True)
    planned.sort(key=lambda j: (j.rank, j.target.order))
    return planned, dates, report


def _taken(labels: dict[str, str], date: str) -> str | None:
    """Which member (by date of its container, '' for none) rules out one of this date, if any."""
    if date and "" not in labels:
        return labels.get(date)
    return next(iter(labels.values()), None)


def recognise(member: Member) -> _Job:
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
            return _Job(member, source, target, rank)
    if not member.size:
        raise FileRefused(f"{member.label} is empty.")
    what = "first cells" if is_workbook(member) else "columns"
    raise FileRefused(
        f"{member.label} is of no kind that openpeel reads"
        + (f" (its {what}: {', '.join(found[:6])} …)" if found else "")
        + ". docs/sources.md lists what it reads."
    )


def _header(member: Member) -> list[str]:
    if member.base.endswith(".parquet"):
        try:
            return list(pq.read_schema(pa.BufferReader(member.read())).names)
        except (pa.ArrowInvalid, OSError) as error:
            raise FileRefused(f"{member.label} is no whole Parquet file: {error}.") from error
    if is_workbook(member):
        return [cell for grid in read_workbook(member.read(), member.label) for cell in grid.top]
    return header_of(even(member.read()[: 1 << 16], member.label).data)


def _in_parallel(
    jobs: Sequence[_Job], context: Context
) -> Iterator[tuple[_Job, Parsed | FileRefused, float]]:
    """The jobs in their order, read by a few threads that stay a few members ahead."""
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="read")
    waiting: deque[tuple[_Job, Future[tuple[Parsed | FileRefused, float]]]] = deque()
    queue = iter(jobs)
    try:
        while True:
            while len(waiting) < _AHEAD and (job := next(queue, None)) is not None:
                waiting.append((job, pool.submit(_read, job, context)))
            if not waiting:
                return
            job, future = waiting.popleft()
            yield job, *future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _read(job: _Job, context: Context) -> tuple[Parsed | FileRefused, float]:
    start = time.perf_counter()
    try:
        parsed: Parsed | FileRefused = job.source.read(job.member, job.target, context)
    except FileRefused as error:
        parsed = error
    return parsed, time.perf_counter() - start


def _too_bad(member: Member, parsed: Parsed) -> str:
    shown = "".join(f"\n  {said}" for said in _worst(parsed, 3))
    return (
        f"{member.label}: {parsed.bad:,} of {parsed.read:,} rows are bad, more than "
        f"{WORST_SHARE:.0%}. Nothing was changed.{shown}"
    )


def _worst(parsed: Parsed, most: int) -> list[str]:
    """The first bad rows: where, and what is wrong with them."""
    bad = [b for p in parsed.pieces if isinstance(p, Slice) for b in p.bad][:most]
    return [f"line {b.line}, {b.column or 'whole row'}: {b.reason}" for b in bad]


def _settle(
    lake: Lake,
    report: LoadReport,
    read: Sequence[tuple[FileReport, Parsed]],
    receipt: Receipt,
    held: Mapping[SliceId, Held],
) -> None:
    """Fill in the counts, now that the fate of each slice is known."""
    report.snapshot = receipt.snapshot
    for entry, parsed in read:
        parsed.outranked |= {s for s in parsed.good if receipt.fates.get(s) == "outranked"}
        new = [
            s for s in parsed.good if receipt.fates.get(s) == "loaded" and s not in parsed.outranked
        ]
        loaded = sum(parsed.good[s] for s in new)
        entry.rows_read = parsed.read
        entry.rows_loaded = loaded
        entry.rows_replaced = sum(held[s].rows_loaded for s in new if s in held)
        entry.rows_unchanged = parsed.read - parsed.bad - loaded
        entry.rows_quarantined = parsed.bad
        if parsed.check is not None:
            entry.note = parsed.check(parsed.outranked, lake.held())
