"""Outbreak limits and count CUSUM beside R's surveillance, where that is installed.

    python benchmarks/outbreaks_r.py        needs Rscript and the R package surveillance

`shadar` and `ha` are data of that package (GPL-2; weekly cases of the Robert Koch-Institut's
SurvStat): they are read from it, not carried. The limits differ from its printed ones by up to
1e-4, since its regressions stop at a relative change of 1e-8.
"""

import shutil
import subprocess
import sys

import numpy as np

from openpeel.signals.outbreaks import outbreak_limits, rossi

PROGRAM = """suppressMessages(library(surveillance)); data(shadar); data(ha); ha <- aggregate(ha)
r <- algo.farrington(shadar, control = list(range = 287:295, b = 4, w = 3, alpha = 0.01))
k <- list(range = 209:290, k = 1.04, h = 2.26, m = "glm", trans = "rossi")
k <- algo.cusum(ha, control = k)
for (x in list(shadar$observed, r$upperbound, which(r$alarm == 1), ha$observed, k$control$m,
               which(k$alarm == 1))) cat(format(x, digits = 12), "\\n")"""


def main() -> None:
    if shutil.which("Rscript") is None:
        sys.exit("Rscript is not installed.")
    made = subprocess.run(["Rscript", "-e", PROGRAM], capture_output=True, text=True, check=False)
    if made.returncode:
        sys.exit(f"R could not run surveillance: {made.stderr.strip()}")
    lines = [np.array(line.split(), dtype=float) for line in made.stdout.splitlines()]
    cases, upper, alarms, hepatitis, mean, sums_alarm = lines

    ours = outbreak_limits(cases, period=52, first=286, years=4, half_window=3, alpha=0.01)
    found = np.flatnonzero(ours.alarm[286:]) + 1
    print("Farrington, shadar 287:295       R", np.round(upper, 4))
    print("                          openpeel", np.round(ours.upper[286:], 4))
    print("                     alarms in both", found, np.array_equal(found, alarms))
    print("       largest relative difference", f"{np.max(abs(ours.upper[286:] / upper - 1)):.1e}")

    reach, beyond = 0.0, []
    for week, z in enumerate(rossi(hepatitis[208:], mean), start=1):
        reach = max(0.0, reach + z - 1.04)
        if reach >= 2.26:
            beyond.append(week)
    print("Rossi CUSUM, ha 209:290     alarms", beyond, np.array_equal(beyond, sums_alarm))


if __name__ == "__main__":
    main()
