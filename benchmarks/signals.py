"""Signals by the million, beside what makes one chart at a time; ratios from one run.

    python benchmarks/signals.py [--peer PYTHON] [--series 500000]

PEER is a Python that has pyqicharts 2.0.0 and shewhart 0.1.1 (PyPI, MIT): no requirement of
openpeel. pyqicharts has the rules of NHSRplotthedots and, like it, a row of flags for every point;
it is asked for those alone, not for a picture. shewhart is the quickest found that has XmR rules
and a CUSUM. Where R has NHSRplotthedots it is measured too; where not, that is said, and the rate
that was given for it with the task stands beside: some 25,000 points per second over 100 facets
(version 0.2.2, `ptd_spc`), which this script did not measure.

The series are made: noise, 1 % gaps, and in every tenth a shift of two standard deviations in the
last third.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from openpeel.lake import Lake
from openpeel.monitoring.places import places
from openpeel.signals.discovery import q_values
from openpeel.signals.screening import screen
from openpeel.sources import bundled, load

MONTHS, BASELINE = 144, 72
GIVEN = 25_000
FACETS = 100
START = """import sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
y = np.load(sys.argv[1])
series = [pd.Series(row[~np.isnan(row)]) for row in y]
def measure(work):
    work()
    took = []
    for _ in range(3):
        start = time.perf_counter(); work(); took.append(time.perf_counter() - start)
    print(y.size / min(took))
"""
PEERS = {
    "pyqicharts": """from pyqicharts.xmr_rules import XmrRuleConfig, xmr_signals
config = XmrRuleConfig(shift_points=7, trend_points=7)
def charts():
    for s in series:
        ranges = s.diff().abs()
        width = 2.66 * ranges[~(ranges >= 3.267 * ranges.mean())].mean()
        xmr_signals(s, s.mean(), s.mean() - width, s.mean() + width, config=config)
measure(charts)
""",
    "shewhart": """import shewhart
frames = [s.to_frame("value") for s in series]
def charts():
    for f in frames:
        shewhart.imr(f, value="value").ok
        shewhart.cusum(f, value="value").ok
measure(charts)
""",
}
WHAT = {"pyqicharts": "XmR rules as NHSRplotthedots", "shewhart": "XmR rules and CUSUM"}
PLOT_THE_DOTS = """suppressMessages(library(NHSRplotthedots))
y <- as.matrix(read.csv(commandArgs(TRUE)[1], header = FALSE))
d <- data.frame(value = as.vector(t(y)), facet = rep(seq_len(nrow(y)), each = ncol(y)),
                date = rep(seq(as.Date("2010-01-01"), by = "month", length.out = ncol(y)), nrow(y)))
d <- d[!is.na(d$value), ]
took <- sapply(1:3, function(i) system.time(suppressWarnings(
  ptd_spc(d, value_field = value, date_field = date, facet_field = facet)))[["elapsed"]])
cat(length(y) / min(took), "\\n")"""


def line(what: str, figure: str, aim: str = "") -> None:
    """Print one result."""
    print(f"{what:<66}{figure:>14}   {aim}".rstrip(), flush=True)


def made(series: int) -> np.ndarray:
    """Values (series, MONTHS), a chunk at a time."""
    draw = np.random.default_rng(20261122)
    values = np.empty((series, MONTHS))
    for first in range(0, series, 20_000):
        rows = values[first : first + 20_000]
        rows[:] = draw.normal(20, 4, rows.shape)
        rows[::10, -MONTHS // 3 :] += 8
        rows[draw.random(rows.shape) < 0.01] = np.nan
    return values


def memory() -> float:
    """The most that this process has held so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def ours(values: np.ndarray, rounds: int) -> float:
    """Points per second through limits, rules, CUSUM, p-values, false discovery; best of some."""
    screen(values[:100], baseline=BASELINE)  # compiles, or reads what is compiled
    before, took, found = memory(), [], None
    for _ in range(rounds):
        del found  # or the results of two rounds are held at once
        start = time.perf_counter()
        found = screen(values, baseline=BASELINE)
        middle = time.perf_counter()
        q = q_values(found.p)
        took.append((time.perf_counter() - start, middle - start))
    whole, screening = min(took)
    line(
        f"{len(values):,} series x {MONTHS} months: limits, rules, CUSUM, p; s", f"{screening:.2f}"
    )
    line("false discovery over all series, s", f"{whole - screening:.3f}")
    signals = np.flatnonzero(q <= 0.1)
    false = np.mean(signals % 10 != 0) if len(signals) else 0.0
    line(
        "series with q <= 0.1, and the share of them that is noise", f"{len(signals):,} {false:.1%}"
    )
    held = (
        found.rule.nbytes
        + found.cusum.nbytes
        + sum(getattr(found, n).nbytes for n in ("mean", "width", "points", "p_up", "p_down", "p"))
    )
    line("peak memory beyond the values, GiB", f"{memory() - before:.2f}")
    line("  of which the results, GiB", f"{held / 2**30:.2f}")
    rate = values.size / whole
    line("points per second, millions", f"{rate / 1e6:.0f}", ">= 50")
    return rate


def against(rate: float, values: np.ndarray, peer: str) -> None:
    """The same in other packages, FACETS series, as many points per second as they can."""
    few = values[:FACETS]
    with tempfile.TemporaryDirectory() as folder:
        file, text = Path(folder) / "few.npy", Path(folder) / "few.csv"
        np.save(file, few)
        np.savetxt(text, few, delimiter=",")
        for name, program in PEERS.items():
            ran = subprocess.run(
                [peer, "-c", START + program, str(file)],
                capture_output=True,
                text=True,
                check=False,
            )
            if ran.returncode:
                why = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
                print(f"{name} was not measured: {why} ({peer}); install it there.")
                continue
            theirs = float(ran.stdout)
            line(f"{name}, {WHAT[name]}, points per second", f"{theirs:,.0f}")
            aim = ">= 1,000" if name == "pyqicharts" else ""
            line(f"times as fast as {name}", f"{rate / theirs:,.0f}", aim)
        plots = plot_the_dots(text)
    if plots:
        line("NHSRplotthedots, measured here, points per second", f"{plots:,.0f}")
        line("times as fast as NHSRplotthedots", f"{rate / plots:,.0f}", ">= 1,000")
    line("NHSRplotthedots, as given with the task, points per second", f"{GIVEN:,}")
    line("times that", f"{rate / GIVEN:,.0f}", ">= 1,000")


def plot_the_dots(file: Path) -> float:
    """Points per second of NHSRplotthedots; 0 with a word where it is not installed."""
    if shutil.which("Rscript") is None:
        print("NHSRplotthedots was not measured: Rscript is not installed.")
        return 0.0
    ran = subprocess.run(
        ["Rscript", "-e", PLOT_THE_DOTS, str(file)], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        why = next((x for x in ran.stderr.splitlines() if "rror" in x), ran.stderr.strip())
        print(f"NHSRplotthedots was not measured: {why}")
        return 0.0
    return float(ran.stdout.split()[-1])


def from_the_lake(rounds: int) -> None:
    """Every LSOA and crime type of 2025: from a lake's files to a ranked list."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake")
        load(lake, [path for path in bundled() if path.name == "police_uk"])
        took = []
        for _ in range(rounds):
            start = time.perf_counter()
            found = places(lake.snapshot())
            first = found.ranked()
            took.append(time.perf_counter() - start)
        what = f"{len(found.p):,} LSOA x crime type series of 2025, lake to ranked list, s"
        line(what, f"{took[0]:.2f}", "< 10")
        line(f"  best of {rounds}; {found.signals()} signals, the first with q", f"{min(took):.2f}")
        print(f"    {first[0].sentence}")


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", default=sys.executable, help="a Python that has shewhart")
    parser.add_argument("--series", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    busy = os.getloadavg()[0]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {busy:.1f} at the start")
    if busy > 1:
        print("Others are at work on this machine: these rates are lower than it can do.")
    values = made(given.series)
    against(ours(values, given.rounds), values, given.peer)
    from_the_lake(given.rounds)
    line("peak memory of this whole run, GiB", f"{memory():.2f}")


if __name__ == "__main__":
    main()
