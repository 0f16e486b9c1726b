"""Speed and memory, side by side with a peer in one run; printed as ratios, for machines are noisy.

    make bench                          on an archive made of the bundled files
    make bench ARCHIVE=2025-04.zip      on a data.police.uk archive of your own

The made archive repeats Cambridgeshire's real files under the names of forty forces: it is the
publisher's shape and size, and no force's data but Cambridgeshire's.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from openpeel.lake import Lake
from openpeel.reference import forces, month_range
from openpeel.sources import bundled, load

FORCES = 40
INFLATE = "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nfor i in z.infolist(): z.read(i)"
PANDAS = """import sys,zipfile,pandas as pd
z=zipfile.ZipFile(sys.argv[1])
read=[pd.read_csv(z.open(i)) for i in z.infolist() if i.filename.endswith('.csv')]
pd.concat(read).to_parquet(sys.argv[2])"""
LOAD = [str(Path(sys.executable).with_name("openpeel")), "load"]


def run(command: list[str], quiet: bool = True) -> tuple[float, float]:
    """Run a command; returns seconds and its peak memory in GiB."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL if quiet else None, stderr=subprocess.PIPE
    )
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - start
    if status:
        message = process.stderr.read().decode() if process.stderr else ""
        raise SystemExit(f"{' '.join(command[:3])} failed: {message[-500:]}")
    return took, usage.ru_maxrss / 1024**2


def made_archive(path: Path, months: tuple[str, ...]) -> None:
    """An archive of forty forces over the months, made of Cambridgeshire's real files."""
    (real_months,) = (found for f in bundled() for found in f.glob("cambridgeshire-2025.zip"))
    with zipfile.ZipFile(real_months) as source:
        real = [source.read(i) for i in source.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for n, month in enumerate(months):
            text = real[n % len(real)]
            text = text.replace(text.split(b",", 13)[12], month.encode())
            for force in forces()[:FORCES]:
                named = text.replace(b"Cambridgeshire Constabulary", force.name.encode())
                archive.writestr(f"{month}/{month}-{force.id}-street.csv", named)


def line(what: str, figure: str, aim: str) -> None:
    """Print one result."""
    print(f"{what:<60}{figure:>10}   {aim}".rstrip(), flush=True)


def loading(archive: Path, work: Path, rounds: int, peer: str) -> None:
    """The whole `load` command against merely inflating, and against pandas to Parquet."""
    times: dict[str, list[float]] = {"inflate": [], "pandas": [], "openpeel": []}
    peak = 0.0
    for n in range(rounds + 1):
        commands = {
            "inflate": [sys.executable, "-c", INFLATE, str(archive)],
            "pandas": [peer, "-c", PANDAS, str(archive), str(work / "p.parquet")],
            "openpeel": [*LOAD, str(archive), "--lake", str(work / f"lake{n}"), "--json"],
        }
        for name, command in commands.items():
            took, memory = run(command)
            peak = max(peak, memory) if name == "openpeel" else peak
            if n:  # the first round warms the disk cache
                times[name].append(took)
    middle = {name: statistics.median(t) for name, t in times.items()}
    print("seconds:", {name: round(t, 2) for name, t in middle.items()})
    line("load, times as fast as pandas", f"{middle['pandas'] / middle['openpeel']:.2f}", ">= 2")
    line("load, times merely inflating", f"{middle['openpeel'] / middle['inflate']:.2f}", "<= 3.5")
    line("load, peak memory, GiB", f"{peak:.2f}", "< 0.6")


def longer(work: Path) -> None:
    """Memory of an archive three times as long, and one force-month revised inside 36."""
    short, long = work / "12.zip", work / "36.zip"
    made_archive(short, month_range("2023-01", "2023-12"))
    made_archive(long, month_range("2023-01", "2025-12"))
    _, of_short = run([*LOAD, str(short), "--lake", str(work / "lake12"), "--json"])
    took, of_long = run([*LOAD, str(long), "--lake", str(work / "lake36"), "--json"])
    line("memory of 36 months over that of 12", f"{of_long / of_short:.2f}", "about 1")
    name = "2024-06-cambridgeshire-street.csv"
    with zipfile.ZipFile(long) as archive:
        rows = archive.read(f"2024-06/{name}").splitlines(keepends=True)
    revised = work / name
    revised.write_bytes(b"".join(rows[:-1]))
    again, _ = run([*LOAD, str(revised), "--lake", str(work / "lake36"), "--json"])
    line("one force-month revised, share of 36 months, whole commands", f"{again / took:.1%}", "")
    revised.write_bytes(b"".join(rows[:-2]))
    start = time.perf_counter()
    load(Lake(work / "lake36"), [revised])
    within = time.perf_counter() - start
    line("the same without the start of a process", f"{within / took:.1%}", "< 5 %")


def asking(work: Path) -> None:
    """All that is carried: its load, all indicators on both engines, the start of the command."""
    from openpeel.indicators import indicators, lacking, observe_all
    from openpeel.lake import why_not

    lake = Lake(work / "bundled")
    start = time.perf_counter()
    report = load(lake, bundled())
    took = time.perf_counter() - start
    line(f"load of all that is carried, {len(report.files)} files, seconds", f"{took:.2f}", "< 60")
    there = [i for i in indicators().values() if not lacking(lake.snapshot(), i)]
    spent = {}
    for engine in ("duckdb", "spark"):
        if why := why_not(engine):
            print(f"without {engine}: {why}")
            continue
        snapshot = lake.snapshot().on(engine)
        observe_all(snapshot, there[:1])  # starts the engine
        start = time.perf_counter()
        rows = sum(len(o) for o in observe_all(snapshot, there).values())
        spent[engine] = time.perf_counter() - start
    line(
        f"{len(there)} indicators, {rows:,} observations, seconds", f"{spent['duckdb']:.2f}", "< 8"
    )
    if "spark" in spent:
        slower = spent["spark"] / spent["duckdb"]
        line("the same on local Spark, times DuckDB's", f"{slower:.1f}", "")
    helps = [run([LOAD[0], "--help"])[0] for _ in range(5)]
    line("openpeel --help, ms", f"{statistics.median(helps) * 1000:.0f}", "< 300")


def main() -> None:
    """Run all benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", nargs="?", type=Path, help="a data.police.uk archive")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", default=sys.executable, help="a Python that has pandas")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        archive = given.archive
        if archive is None:
            archive = work / "made.zip"
            made_archive(archive, month_range("2025-01", "2025-04"))
        with zipfile.ZipFile(archive) as z:
            size = sum(i.file_size for i in z.infolist())
        print(f"{archive.name}: {size / 1e6:,.0f} MB inflated; Python {sys.version.split()[0]}")
        loading(archive, work, given.rounds, given.peer)
        asking(work)
        longer(work)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"archive": archive.name, "benchmark_peak_gib": round(own, 2)}))


if __name__ == "__main__":
    main()
