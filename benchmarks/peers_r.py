"""R's packages and openpeel on the same data, side by side: differences and speed.

    python benchmarks/peers_r.py

Needs Rscript, and whichever of these packages are installed: NHSRplotthedots, FunnelPlotR,
qicharts2, surveillance, spc, strucchange (the last three are in Debian as r-cran-surveillance,
r-cran-spc and r-cran-strucchange). What is missing is said, and the rest goes on. Data of GPL
packages (cdi, shadar, …) are read from the package by R and are not carried here.

A difference is the largest relative one of the numbers of a line. Those that are known are marked,
with the reason in docs/deviations.md. The last column is R's seconds over ours.
"""

import csv
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from openpeel.signals.attributes import attribute_chart, runs_test
from openpeel.signals.changepoints import bai_interval, single_shift
from openpeel.signals.cusum import cusum_arl, cusum_limit
from openpeel.signals.discovery import q_values
from openpeel.signals.ewma import ewma_arl, ewma_limit
from openpeel.signals.funnel import funnel
from openpeel.signals.outbreaks import outbreak_limits, rossi
from openpeel.signals.overdispersion import CQC, CQC_FUNNELPLOTR, SHMI
from openpeel.signals.xmr import MDC_UNSCREENED, THREE_OVER_D2, Reading, xmr

DATA = Path(__file__).parents[1] / "tests" / "data" / "conformance"
KNOWN = {
    "medpar SHMI": "quantiles written as 1.959964",
    "farrington upper": "regressions stop at 1e-8",
}
Given = dict[str, np.ndarray]
P = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269]
P += [0.275, 0.34, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975, 0.986]


def breaches() -> np.ndarray:
    """Type-1 breaches of RRK by month."""
    with (DATA / "ae-attendances-rrk.csv").open() as file:
        return np.array([float(row["breaches"]) for row in csv.DictReader(file)])


def charted(months: int, **choices: object) -> list[float]:
    """Limits, concerns and improvements of so many months."""
    chart = xmr(breaches()[:months], improvement="lower", **choices)
    seen = [np.count_nonzero(chart.reading == r) for r in (Reading.CONCERN, Reading.IMPROVEMENT)]
    ends = [chart.lower[-1], chart.upper[-1]] if "rebase" in choices else []
    return [chart.lower[0], chart.upper[0], *seen, *ends]


def medpar() -> dict[str, np.ndarray]:
    """Stays, days, expected days (by R's regression) and deaths of each provider."""
    with (DATA / "medpar.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = {n: np.array([float(r[n]) for r in rows]) for n in ("los", "hmo", "died", "age80")}
    kinds = np.array([int(float(r["type"])) for r in rows])
    design = np.column_stack(
        [
            np.ones(len(rows)),
            *(columns[n] for n in ("hmo", "died", "age80")),
            kinds == 2,
            kinds == 3,
        ]
    )
    mu = columns["los"] + 0.1
    for _ in range(25):
        weighted = design * mu[:, None]
        working = np.log(mu) + (columns["los"] - mu) / mu
        mu = np.exp(design @ np.linalg.solve(design.T @ weighted, weighted.T @ working))
    index = np.unique([r["provnum"] for r in rows], return_inverse=True)[1]
    parts = {"stays": None, "days": columns["los"], "expected": mu, "died": columns["died"]}
    return {n: np.bincount(index, w).astype(float) for n, w in parts.items()}


def judged(recipe: object) -> list[float]:
    """phi, tau2 and the outliers beyond adjusted 99.8 % limits of standardised ratios."""
    m = medpar()
    made = funnel(m["days"], m["expected"], kind="standardised-ratio", recipe=recipe)
    return [made.phi, made.tau2, np.count_nonzero(made.adjusted.outlier_998)]


def spread(of: str, by: str, kind: str) -> list[float]:
    """phi and tau2 of another kind of figure."""
    m = medpar()
    made = funnel(m[of], m[by], kind=kind, recipe=CQC)
    return [made.phi, made.tau2]


def attribute(events: np.ndarray, n: np.ndarray | None = None, **choices: object) -> list[float]:
    """Centre, mean limits and points outside them, as qicharts2's summary has them."""
    chart = attribute_chart(events, n, **choices)
    outside = np.count_nonzero(chart.above | chart.below)
    return [chart.centre[0], chart.lower.mean(), chart.upper.mean(), outside]


def individuals(y: np.ndarray) -> list[float]:
    """The same of individual values."""
    chart = xmr(y, convention=THREE_OVER_D2)
    outside = np.count_nonzero(chart.above | chart.below)
    return [chart.mean[0], chart.lower[0], chart.upper[0], outside]


def halves(both: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Events and denominators, which R says one after the other."""
    return both[: len(both) // 2], both[len(both) // 2 :]


def farrington(cases: np.ndarray) -> object:
    return outbreak_limits(cases, period=52, first=286, years=4, half_window=3, alpha=0.01)


def rossi_alarms(cases: np.ndarray, mean: np.ndarray) -> list[int]:
    """Weeks at which the sum of Rossi's scores is at 2.26 or beyond; it is not restarted."""
    reach, beyond = 0.0, []
    for week, z in enumerate(rossi(cases[208:], mean), start=1):
        reach = max(0.0, reach + z - 1.04)
        if reach >= 2.26:
            beyond.append(week)
    return beyond


def runs(y: np.ndarray) -> list[float]:
    """Longest run and crossings with their limits, about the median, as qicharts2 has them."""
    test = runs_test(y, float(np.median(y)))
    return [test.longest, test.longest_most, test.crossings, test.crossings_least]


def found_k_h(given: Given) -> list[float]:
    """R's k, and the h of ours that goes with it."""
    k = float(given["find.kh"][0])
    return [k, cusum_limit(k, 500, sides="one")]


def nile(y: np.ndarray) -> list[float]:
    """The break, its years by Bai, both residual sums of squares, and sup F."""
    made = single_shift(y, family="gaussian")
    rss = made.scale * (len(y) - 2)
    years = [1870 + point for point in bai_interval(y, int(made.onset))]
    return [made.onset, *years, rss + made.scale * made.statistic, rss, made.statistic]


OURS: dict[str, Callable[[Given], object]] = {
    "rrk 24 months": lambda g: charted(24),
    "rrk 36 months": lambda g: charted(36),
    "rrk 36 months, not screened": lambda g: charted(36, convention=MDC_UNSCREENED)[:2],
    "rrk rebased": lambda g: charted(36, rebase=[27]),
    "medpar SHMI": lambda g: judged(SHMI),
    "medpar CQC": lambda g: judged(CQC_FUNNELPLOTR),
    "medpar died": lambda g: spread("died", "stays", "proportion"),
    "medpar ratio of counts": lambda g: spread("days", "expected", "ratio-of-counts"),
    "cdi i": lambda g: individuals(g["data cdi"]),
    "cdi c": lambda g: attribute(g["data cdi"], kind="c"),
    "cdi runs": lambda g: runs(g["data cdi"]),
    "cdi frozen at 24": lambda g: g["data cdi"][:24].mean(),
    "nhs_accidents p": lambda g: attribute(*halves(g["data nhs_accidents"]), kind="p"),
    "nhs_accidents pp": lambda g: attribute(*halves(g["data nhs_accidents"]), kind="p", laney=True),
    "uti u": lambda g: attribute(*halves(g["data uti"]), kind="u"),
    "farrington upper": lambda g: farrington(g["data shadar"]).upper[286:295],
    "farrington alarms": lambda g: np.flatnonzero(farrington(g["data shadar"]).alarm[286:295]) + 1,
    "rossi alarms": lambda g: rossi_alarms(g["data ha"], g["data ha mean"]),
    "find.kh": found_k_h,
    "cusum arl": lambda g: [
        cusum_arl(0.5, h, shift, sides="one") for h, shift in ((4, 0), (5, 0), (4, 1))
    ],
    "cusum limit": lambda g: cusum_limit(0.5, 500, sides="one"),
    "ewma arl": lambda g: ewma_arl(0.1, 2.7, limits="fixed"),
    "ewma limit": lambda g: ewma_limit(0.1, 500, limits="fixed"),
    "nile": lambda g: nile(g["data nile"]),
    "false discovery": lambda g: np.concatenate([q_values(P), q_values(P, method="by")]),
}


def beside(name: str, seconds: float, theirs: np.ndarray, given: Given) -> None:
    """Print one comparison."""
    took = []
    for _ in range(3):
        start = time.perf_counter()
        mine = np.atleast_1d(np.asarray(OURS[name](given), dtype=float))
        took.append(time.perf_counter() - start)
    if mine.shape != theirs.shape:
        told = f"R has {len(theirs)} numbers, openpeel {len(mine)}"
    else:
        apart = np.max(np.abs(mine - theirs) / np.maximum(np.abs(theirs), 1e-12), initial=0)
        known = f" ({KNOWN[name]})" if apart > 1e-9 and name in KNOWN else ""
        told = f"largest difference {apart:.0e}{known}"
    print(f"  {name:<30}{told:<56}{seconds / min(took):>8.1f}")


def main() -> None:
    """Run R, and hold what it says beside what openpeel says."""
    if shutil.which("Rscript") is None:
        sys.exit("Rscript is not installed: install R (Debian: r-base-core) to compare with it.")
    script = Path(__file__).with_name("peers.R")
    made = subprocess.run(
        ["Rscript", "--vanilla", str(script), str(DATA)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        sys.exit(f"R could not run {script.name}: {made.stderr.strip()[-500:]}")
    given: Given = {}
    for row in made.stdout.splitlines():
        match row.split("\t"):
            case ["+", package, version]:
                print(f"{package} {version}")
            case ["-", package]:
                print(f"{package} is not installed: not compared")
            case ["!", name, why]:
                print(f"  {name:<30}R could not: {why}")
            case [name, seconds, numbers]:
                given[name] = np.array(numbers.split(), dtype=float)
                if not name.startswith("data "):
                    beside(name, float(seconds), given[name], given)


if __name__ == "__main__":
    main()
