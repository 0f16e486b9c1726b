"""Loading: whatever a person points at, recognised, read in parallel, and put in the lake."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from openpeel.errors import FileRefused, LoadRefused
from openpeel.lake import Held, Lake, Receipt, Refusal, Slice, SliceId
from openpeel.sources.members import Member
from openpeel.sources.police_uk.force_month import kept
from openpeel.sources.recognising import Job, planned, same_as
from openpeel.sources.source import Context, Parsed

_WORKERS = 2
_NAMED = 5  # bad rows of a file that a report names
_AHEAD = 8  # members read but not yet written: bounds the memory
WORST_SHARE = 0.05  # of a file's rows that may be bad before the whole load is refused


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
    plan = planned(paths)
    jobs, dates, report = plan.jobs, plan.dates, LoadReport()
    report.files += [FileReport(label, table, refused=why) for label, table, why in plan.refused]
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
                entry.refused = same_as(twice)
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
            reasons = "".join(f"\n  {f.refused}" for f in report.files[:5])
            raise LoadRefused(f"There is nothing to load; nothing was changed.{reasons}")

    receipt = put(pieces())
    _settle(lake, report, read, receipt, context.held)
    return report


def _id(piece: Slice | Refusal) -> SliceId:
    return piece.id if isinstance(piece, Slice) else piece.slice


def _in_parallel(
    jobs: Sequence[Job], context: Context
) -> Iterator[tuple[Job, Parsed | FileRefused, float]]:
    """The jobs in their order, read by a few threads that stay a few members ahead."""
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="read")
    waiting: deque[tuple[Job, Future[tuple[Parsed | FileRefused, float]]]] = deque()
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


def _read(job: Job, context: Context) -> tuple[Parsed | FileRefused, float]:
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
