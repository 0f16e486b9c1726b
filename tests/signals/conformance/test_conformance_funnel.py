"""Funnels against FunnelPlotR's published tests and vignette, and its output where it is sound.

FunnelPlotR writes its normal quantiles as 1.959964 and 3.090232, so its limits agree with ours to
about 1e-8, not to the last digit.
"""

import csv
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from openpeel.signals.funnel import funnel
from openpeel.signals.overdispersion import CQC, CQC_FUNNELPLOTR, SHMI, SHMI_UNROUNDED

DATA = Path(__file__).parents[2] / "data" / "conformance"

# FunnelPlotR's test data: six units.
SIX_O = [100, 150, 180, 80, 120, 225]
SIX_E = [108, 112, 165, 95, 100, 220]
# FunnelPlotR's vignette: seven units.
SEVEN_O = [15, 40, 72, 28, 50, 66, 75]
SEVEN_E = [13, 32, 75, 33, 54, 60, 72]


def ratio(o, e, recipe):
    return funnel(o, e, kind="standardised-ratio", recipe=recipe)


def outside(limits):
    """Numbers of units beyond the 95 % and the 99.8 % limits."""
    return int(np.count_nonzero(limits.outlier_95)), int(np.count_nonzero(limits.outlier_998))


@pytest.mark.parametrize(
    ("expected", "limits_95", "limits_998"),
    [
        (15, (0.5596924, 1.649348), (0.3862650, 2.082907)),
        (20, (0.6108260, 1.544419), (0.4479107, 1.902094)),
        (30, (0.6746958, 1.427562), (0.5289724, 1.702771)),
    ],
)
def test_poisson_limits(expected, limits_95, limits_998):
    # FunnelPlotR, tests/testthat (Poisson limits of standardised ratios, target 1).
    limits = ratio([expected], [expected], None).limits
    assert (limits.lower_95[0], limits.upper_95[0]) == pytest.approx(limits_95, rel=2e-7)
    assert (limits.lower_998[0], limits.upper_998[0]) == pytest.approx(limits_998, rel=4e-7)


def test_six_units_shmi():
    # FunnelPlotR 0.6.0 run on its six-unit test data, sr_method = "SHMI".
    result = ratio(SIX_O, SIX_E, SHMI)
    assert result.units == 6
    assert result.phi == pytest.approx(2.94803317510236, rel=1e-12)
    assert result.tau2 == pytest.approx(0.0194775305780216, rel=1e-12)
    adjusted = result.adjusted
    assert adjusted.lower_95[0] == pytest.approx(0.717306749284712, rel=1e-7)
    assert adjusted.upper_95[0] == pytest.approx(1.39410370946208, rel=1e-7)
    assert adjusted.lower_998[0] == pytest.approx(0.592233713321448, rel=1e-7)
    assert adjusted.upper_998[0] == pytest.approx(1.68852258408536, rel=1e-7)
    assert result.adjusted_z.tolist() == pytest.approx(
        [
            -0.453995771975780,
            1.733324540830884,
            0.544479381548856,
            -0.992114322402906,
            1.061921640553902,
            0.144992246862392,
        ],
        rel=1e-12,
    )
    assert np.flatnonzero(result.limits.outlier_998).tolist() == [1]
    assert outside(adjusted)[1] == 0


def test_six_units_cqc():
    # FunnelPlotR 0.6.0, same data, sr_method = "CQC": phi, tau2, z.
    result = ratio(SIX_O, SIX_E, CQC)
    assert result.phi == pytest.approx(2.32717825759412, rel=1e-12)
    assert result.tau2 == pytest.approx(0.00343978015418627, rel=1e-12)
    assert result.adjusted_z.tolist() == pytest.approx(
        [
            -0.497627547190675,
            2.088309550327793,
            0.631696689762776,
            -1.056701731563028,
            1.238421605554439,
            0.167040077687774,
        ],
        rel=1e-12,
    )


def test_six_units_cqc_limits_of_funnelplotr_contradict_its_own_z():
    # FunnelPlotR 0.6.0: OD 95 % limits of unit a, and unit b outside 99.8 % although its z is 2.09.
    as_drawn = ratio(SIX_O, SIX_E, CQC_FUNNELPLOTR)
    assert as_drawn.adjusted.lower_95[0] == pytest.approx(0.851318999357919, rel=1e-7)
    assert as_drawn.adjusted.upper_95[0] == pytest.approx(1.14868100064208, rel=1e-7)
    assert np.flatnonzero(as_drawn.adjusted.outlier_998).tolist() == [1]
    assert as_drawn.adjusted_z[1] < 3.09
    # Its limits are ours on the square-root scale; squared, they hold unit b, as z does.
    sound = ratio(SIX_O, SIX_E, CQC)
    assert sound.adjusted.lower_95 == pytest.approx(as_drawn.adjusted.lower_95**2)
    assert sound.adjusted.upper_95 == pytest.approx(as_drawn.adjusted.upper_95**2)
    assert outside(sound.adjusted) == (1, 0)


def test_seven_units_are_under_dispersed():
    # FunnelPlotR 0.6.0 run on the vignette's seven units: tau2 is 0.
    cqc, shmi = ratio(SEVEN_O, SEVEN_E, CQC), ratio(SEVEN_O, SEVEN_E, SHMI)
    assert cqc.phi == pytest.approx(0.409983873502605, rel=1e-12)
    assert shmi.phi == pytest.approx(0.551470093261263, rel=1e-12)
    assert cqc.tau2 == 0
    assert shmi.tau2 == 0


@pytest.fixture(scope="module")
def medpar():
    """medpar of the R package COUNT (1,495 stays, 54 providers) with R's Poisson regression."""
    with (DATA / "medpar.csv").open() as file:
        rows = list(csv.DictReader(file))
    column = {
        name: np.array([float(row[name]) for row in rows])
        for name in ("los", "hmo", "died", "age80", "type")
    }
    los = column["los"]
    design = np.column_stack(
        [np.ones(len(rows))]
        + [column[name] for name in ("hmo", "died", "age80")]
        + [column["type"] == kind for kind in (2, 3)]
    )
    # R's glm: iteratively reweighted least squares from mu = y + 0.1, until the deviance changes
    # by less than 1e-8. summary.glm's dispersion weighs by the last step's mu, not the final one.
    mu = los + 0.1
    eta, deviance = np.log(mu), np.inf
    for _ in range(25):
        weight, working = mu, eta + (los - mu) / mu
        weighted = design * weight[:, None]
        coefficients = np.linalg.solve(design.T @ weighted, weighted.T @ working)
        eta = design @ coefficients
        mu = np.exp(eta)
        before, deviance = deviance, 2 * np.sum(los * np.log(los / mu) - (los - mu))
        if abs(before - deviance) < 1e-8 * (abs(deviance) + 0.1):
            break
    dispersion = np.sum(weight * ((los - mu) / mu) ** 2) / (len(los) - design.shape[1])
    providers, index = np.unique([row["provnum"] for row in rows], return_inverse=True)
    return SimpleNamespace(
        rows=len(rows),
        coefficients=coefficients,
        dispersion=dispersion,
        providers=providers,
        stays=np.bincount(index).astype(float),
        died=np.bincount(index, column["died"]),
        observed=np.bincount(index, los),
        expected=np.bincount(index, mu),
    )


def test_medpar_regression(medpar):
    # R 4, glm(los ~ hmo + died + age80 + factor(type), family = "poisson"); vignette: 6.24.
    assert (medpar.rows, len(medpar.providers)) == (1495, 54)
    assert medpar.dispersion == pytest.approx(6.24051921873189, rel=1e-10)
    assert medpar.coefficients.tolist() == pytest.approx(
        [
            2.26875058607649,
            -0.0763742267810752,
            -0.245740335964537,
            -0.0214129842741660,
            0.249207157314869,
            0.748692131920648,
        ],
        abs=1e-12,
    )


def test_medpar_shmi(medpar):
    # FunnelPlotR 0.6.0; the nine outliers are also the vignette's.
    result = ratio(medpar.observed, medpar.expected, SHMI)
    assert result.units == 44
    assert result.phi == pytest.approx(8.53285128924864, rel=1e-10)
    assert result.tau2 == pytest.approx(0.0284102322745188, rel=1e-10)
    assert outside(result.limits) == (35, 25)
    assert outside(result.adjusted) == (16, 9)
    assert medpar.providers[result.adjusted.outlier_998 != 0].tolist() == [
        *["030017", "030035", "030037", "030044", "030060", "030067", "030068", "030073"],
        "032003",
    ]


def test_medpar_shmi_without_rounding(medpar):
    # FunnelPlotR 0.6.0's steps without rounding the expected counts to 2 decimals.
    result = ratio(medpar.observed, medpar.expected, SHMI_UNROUNDED)
    assert result.phi == pytest.approx(8.53205515064088, rel=1e-10)
    assert result.tau2 == pytest.approx(0.0284072147941443, rel=1e-10)


def test_medpar_cqc(medpar):
    # FunnelPlotR 0.6.0: n, phi, tau2; its 26 and 17 outliers come from limits left on the root.
    drawn = ratio(medpar.observed, medpar.expected, CQC_FUNNELPLOTR)
    assert drawn.units == 54
    assert drawn.phi == pytest.approx(9.30249710742929, rel=1e-10)
    assert drawn.tau2 == pytest.approx(0.00786307927605877, rel=1e-10)
    assert outside(drawn.adjusted) == (26, 17)
    # Taken back to ratios, the limits agree with the z-scores that FunnelPlotR itself computes.
    sound = ratio(medpar.observed, medpar.expected, CQC)
    assert sound.tau2 == drawn.tau2
    assert outside(sound.adjusted) == (14, 2)
    z = np.abs(drawn.adjusted_z)
    assert (np.count_nonzero(z > 1.959964), np.count_nonzero(z > 3.090232)) == (14, 2)


def test_medpar_proportion_died(medpar):
    # FunnelPlotR 0.6.0, data_type = "PR", rows sorted by n: target, phi, tau2, outliers.
    result = funnel(medpar.died, medpar.stays, kind="proportion", recipe=CQC)
    assert result.target == pytest.approx(0.34314381270903, rel=1e-12)
    assert result.phi == pytest.approx(1.36073398509911, rel=1e-12)
    assert result.tau2 == pytest.approx(0.00353333502020161, rel=1e-12)
    # FunnelPlotR counts 12 and 5 at 95 %, 0 at 99.8 %. The one more is provider 030033, 1 death in
    # 1 stay: its upper limit passes pi/2 on the arcsine scale and the sine folds back below 1.
    assert outside(result.limits) == (11, 0)
    assert outside(result.adjusted) == (4, 0)
    for se, limits, funnelplotr in (
        (1 / (2 * np.sqrt(medpar.stays)), result.limits, 12),
        (np.sqrt(1 / (4 * medpar.stays) + result.tau2), result.adjusted, 5),
    ):
        folded = np.sin(np.arcsin(np.sqrt(result.target)) + 1.959964 * se) ** 2
        counted = (limits.outlier_95 != 0) | (result.value > folded) & (limits.upper_95 == 1)
        assert np.count_nonzero(counted) == funnelplotr
        new = counted & (limits.outlier_95 == 0)
        assert medpar.providers[new].tolist() == ["030033"]


def test_medpar_ratio_of_counts(medpar):
    # FunnelPlotR 0.6.0, data_type = "RC", length of stay over its expectation: phi, tau2.
    result = funnel(medpar.observed, medpar.expected, kind="ratio-of-counts", recipe=CQC)
    assert result.phi == pytest.approx(4.4918810168643, rel=1e-10)
    assert result.tau2 == pytest.approx(0.0268714914591358, rel=1e-10)
