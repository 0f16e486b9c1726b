"""XmR against published and computed answers of NHSRplotthedots, qicharts2 and the MDC tool."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from openpeel.signals.xmr import MDC, MDC_UNSCREENED, THREE_OVER_D2, Reading, Rule, xmr

DATA = Path(__file__).parents[2] / "data" / "conformance"

# NHSRplotthedots, vignette "deviations": the worked example of screening.
SCREENING = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]


@pytest.fixture(scope="module")
def rrk():
    """Type-1 A&E breaches of trust RRK by month from April 2016 (NHSRdatasets, CC0)."""
    with (DATA / "ae-attendances-rrk.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [rows[i]["period"] for i in (0, 27, 35)] == ["2016-04-01", "2018-07-01", "2019-03-01"]
    return np.array([float(row["breaches"]) for row in rows])


def readings(chart):
    """Improvement, concern and common-cause points."""
    count = Counter(chart.reading.tolist())
    assert set(count) <= {Reading.IMPROVEMENT, Reading.CONCERN, Reading.COMMON}
    return count[Reading.IMPROVEMENT], count[Reading.CONCERN], count[Reading.COMMON]


def test_screening_drops_the_two_ranges_of_the_spike():
    # Vignette: mean 1.94, UPL 4.60, LPL -0.72; exact values from running NHSRplotthedots 0.2.2.
    chart = xmr(SCREENING, convention=MDC)
    assert chart.mean[0] == pytest.approx(1.9444444444, abs=1e-10)
    assert chart.upper[0] == pytest.approx(4.6044444444, abs=1e-10)
    assert chart.lower[0] == pytest.approx(-0.7155555556, abs=1e-10)
    assert np.flatnonzero(chart.above).tolist() == [4]


def test_the_excel_tool_does_not_screen():
    # Vignette: UPL 6.95, LPL -3.06 in NHS England's Excel tool; exact values run as above.
    chart = xmr(SCREENING, convention=MDC_UNSCREENED)
    assert chart.upper[0] == pytest.approx(6.9515032680, abs=1e-10)
    assert chart.lower[0] == pytest.approx(-3.0626143791, abs=1e-10)


def test_first_24_months_of_rrk(rrk):
    # NHSRplotthedots 0.2.2, ptd_spc on the first 24 rows, improvement = decrease.
    chart = xmr(rrk[:24], convention=MDC, improvement="lower")
    assert chart.mean[0] == 1711.875
    assert np.abs(np.diff(rrk[:24])).mean() == pytest.approx(361.9565217391, abs=1e-10)
    mean_range = (chart.upper[0] - chart.mean[0]) / 2.66
    assert mean_range == pytest.approx(324.0909090909, abs=1e-10)
    assert chart.lower[0] == pytest.approx(849.793181818, abs=1e-9)
    assert chart.upper[0] == pytest.approx(2573.956818182, abs=1e-9)
    assert readings(chart) == (8, 1, 15)
    assert np.flatnonzero(chart.rule == Rule.ABOVE_LIMIT).tolist() == [9]
    assert rrk[9] == 2585
    assert np.flatnonzero(chart.rule == Rule.SHIFT_BELOW).tolist() == list(range(10, 18))


def test_first_24_months_of_rrk_with_qicharts2_constant(rrk):
    # qicharts2: 3/1.128 without screening.
    chart = xmr(rrk[:24], convention=THREE_OVER_D2)
    assert chart.lower[0] == pytest.approx(749.2246762257, abs=1e-9)
    assert chart.upper[0] == pytest.approx(2674.5253237743, abs=1e-9)


def test_all_36_months_of_rrk(rrk):
    # NHSRplotthedots 0.2.2; with and without screening.
    chart = xmr(rrk, convention=MDC, improvement="lower")
    assert chart.lower[0] == pytest.approx(2282.906464646, abs=1e-9)
    assert chart.upper[0] == pytest.approx(4594.204646465, abs=1e-9)
    assert readings(chart) == (27, 9, 0)
    unscreened = xmr(rrk, convention=MDC_UNSCREENED)
    assert unscreened.lower[0] == pytest.approx(1700.511555556, abs=1e-9)
    assert unscreened.upper[0] == pytest.approx(5176.599555556, abs=1e-9)


def test_rrk_rebased_in_july_2018(rrk):
    # NHSRplotthedots 0.2.2, rebase 2018-07-01, improvement = decrease: limits of both groups, the
    # short-group warning, 21 common cause, 4 concern and 11 improvement, the labels of group 1.
    chart = xmr(rrk, convention=MDC, rebase=[27], improvement="lower")
    assert chart.lower[0] == pytest.approx(873.061155556, abs=1e-9)
    assert chart.upper[0] == pytest.approx(2532.049955556, abs=1e-9)
    assert chart.lower[27] == pytest.approx(5698.278055556, abs=1e-9)
    assert chart.upper[27] == pytest.approx(11594.833055556, abs=1e-9)
    assert chart.group.tolist() == [0] * 27 + [1] * 9
    assert chart.short.tolist() == [False] * 27 + [True] * 9
    improvement, concern, common = readings(chart)
    assert (common, concern, improvement) == (21, 4, 11)
    assert chart.rule[27:].tolist() == [
        *[Rule.TWO_OF_THREE_BELOW] * 3,
        *[Rule.COMMON] * 3,
        Rule.ABOVE_LIMIT,
        *[Rule.TWO_OF_THREE_ABOVE] * 2,
    ]


def test_individuals_with_the_sums_of_cdi():
    # qicharts2 0.8.1 on its 36 months `cdi`, i chart: 14.8333333333 (2.21935157042, 27.4473150963),
    # frozen at 24 the centre is 18.7083333333. The data are under the GPL; worked out from these
    # numbers, they add up to 534, the first 24 to 449, and their moving ranges to 166. Limits know
    # no more than that, so these made ones have the same.
    up_and_down = np.tile([1.0, -1.0], 12) * (166 - (449 / 24 - 85 / 12)) / 45
    y = np.concatenate([449 / 24 + up_and_down, np.full(12, 85 / 12)])
    assert y.sum() == pytest.approx(534)
    assert np.abs(np.diff(y)).sum() == pytest.approx(166)
    chart = xmr(y, convention=THREE_OVER_D2)
    assert chart.mean[0] == pytest.approx(14.8333333333, abs=1e-10)
    assert chart.lower[0] == pytest.approx(2.21935157042, abs=1e-10)
    assert chart.upper[0] == pytest.approx(27.4473150963, abs=1e-10)
    frozen = xmr(y, convention=THREE_OVER_D2, baseline=24)
    assert frozen.mean[0] == pytest.approx(18.7083333333, abs=1e-10)
