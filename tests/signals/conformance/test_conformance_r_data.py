"""Numbers for data that R's GPL packages carry: read from the package, where R and it are there.

Nothing of such data is carried here. Where the package is not installed these tests are skipped,
and others hold the same methods on other data (docs/deviations.md says which).
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from openpeel.signals.attributes import attribute_chart, runs_test
from openpeel.signals.outbreaks import outbreak_limits, rossi
from openpeel.signals.xmr import THREE_OVER_D2, xmr

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def given():
    """What benchmarks/peers.R reads from R's packages, by name."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    script, folder = ROOT / "benchmarks" / "peers.R", ROOT / "tests" / "data" / "conformance"
    ran = subprocess.run(
        ["Rscript", "--vanilla", str(script), str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split("\t") for line in ran.stdout.splitlines()]
    return {row[0]: np.array(row[2].split(), float) for row in rows if row[0].startswith("data ")}


def data(given, name):
    if f"data {name}" not in given:
        pytest.skip(f"R has no package with {name}")
    return given[f"data {name}"]


def test_farrington_on_shadar(given):
    # surveillance 1.20.3, algo.farrington on 287:295, b = 4, w = 3, alpha = 0.01. The seventh
    # limit is 10.8990 here, 10.8991 there: its regressions stop early.
    cases = data(given, "shadar")
    made = outbreak_limits(cases, period=52, first=286, years=4, half_window=3, alpha=0.01)
    upper = [9.6218, 10.2555, 10.6990, 9.2972, 10.9370, 10.6251, 10.8991, 12.0863, 12.3639]
    assert made.upper[286:295] == pytest.approx(np.array(upper), abs=1.6e-4)
    assert (np.flatnonzero(made.alarm[286:295]) + 1).tolist() == [1, 4, 5, 6]


def test_rossi_cusum_on_ha(given):
    # surveillance 1.20.3, algo.cusum on 209:290, m = "glm", trans = "rossi": alarms at 78 to 82.
    scores = rossi(data(given, "ha")[208:], data(given, "ha mean"))
    reach, alarms = 0.0, []
    for week, z in enumerate(scores, start=1):
        reach = max(0.0, reach + z - 1.04)
        if reach >= 2.26:
            alarms.append(week)
    assert alarms == [78, 79, 80, 81, 82]


def test_cdi(given):
    # qicharts2 0.8.1: i and c charts, runs, and the centre frozen at 24.
    y = data(given, "cdi")
    chart = xmr(y, convention=THREE_OVER_D2)
    assert chart.mean[0] == pytest.approx(14.8333333333)
    assert (chart.lower[0], chart.upper[0]) == pytest.approx((2.21935157042, 27.4473150963))
    counts = attribute_chart(y, kind="c")
    assert (counts.lower[0], counts.upper[0]) == pytest.approx((3.27911332504, 26.3875533416))
    assert np.count_nonzero(counts.above | counts.below) == 2
    runs = runs_test(y, chart.mean[0])
    assert (runs.longest, runs.longest_most) == (17, 8)
    assert (runs.crossings, runs.crossings_least) == (5, 13)
    assert xmr(y, convention=THREE_OVER_D2, baseline=24).mean[0] == pytest.approx(18.7083333333)


def test_urinary_tract_infections(given):
    # qicharts2 0.8.1, hospital_infections: u chart, per 10,000 days, the mean limits.
    events, days = data(given, "uti").reshape(2, -1)
    chart = attribute_chart(events, days, kind="u")
    assert 1e4 * chart.centre[0] == pytest.approx(42.240200052)
    limits = 1e4 * chart.lower.mean(), 1e4 * chart.upper.mean()
    assert limits == pytest.approx((35.6829450267, 48.7974550773))


def test_coronary_bypass_deaths(given):
    # qicharts2 0.8.1, cabg: the centre of its p chart.
    deaths, patients = data(given, "cabg").reshape(2, -1)
    chart = attribute_chart(deaths, patients, kind="p")
    assert chart.centre[0] == pytest.approx(0.0308390022676)
