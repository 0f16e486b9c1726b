"""Charts and funnels on made data whose truth is known; every tolerance is derived, seeds fixed."""

import numpy as np
import pytest
from scipy.special import ndtr, pdtr, pdtrc

from openpeel.signals.funnel import funnel
from openpeel.signals.overdispersion import CQC, SHMI, SHMI_UNROUNDED
from openpeel.signals.xmr import MDC, MDC_UNSCREENED, THREE_OVER_D2, xmr

SERIES, LENGTH = 2000, 500


def density(x):
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def half_width(convention):
    """Limits' distance from the mean, in standard deviations, for endless iid normal baselines.

    The moving range is |D| with D normal of variance 2, so its mean is d2 = 2/sqrt(pi). Screening
    keeps |D| < c = 3.267 d2; the mean of what it keeps, with k = c / sqrt(2), is
    2 sqrt(2) (density(0) - density(k)) / (2 ndtr(k) - 1).
    """
    d2 = 2 / np.sqrt(np.pi)
    if not convention.screen:
        return convention.constant * d2
    k = convention.screen_at * d2 / np.sqrt(2)
    return convention.constant * 2 * np.sqrt(2) * (density(0) - density(k)) / (2 * ndtr(k) - 1)


def false_alarms(half, baseline):
    """Expected share of later points outside limits from a baseline, and its standard error.

    A later point less the baseline's mean is normal with variance 1 + 1/B = c^2, and independent
    of the mean range (ranges are functions of differences, which are independent of the mean). So
    the share outside at half-width h is g(h) = 2 ndtr(-h/c). h varies about `half` with variance
    V = constant^2 v / B, where v = (2 - 4/pi) + 2 cov(|D1|, |D2|), and for a correlation of -1/2
    that covariance is (4/pi) (sqrt(3)/2 + (1/2) asin(1/2) - 1). To second order the share is
    g + g'' V / 2. What that leaves out (and that screened ranges vary a little more) is below 5e-5
    here. Standard error: binomial for all points, plus g' times the deviation of h over the number
    of series.
    """
    c = np.sqrt(1 + 1 / baseline)
    v = (2 - 4 / np.pi) + 2 * (4 / np.pi) * (np.sqrt(3) / 2 + np.arcsin(0.5) / 2 - 1)
    variance = 2.66**2 * v / baseline
    slope = -2 * density(half / c) / c
    bend = 2 * density(half / c) * half / c**3
    share = 2 * ndtr(-half / c) + bend * variance / 2
    return share, np.sqrt(share / (SERIES * LENGTH) + slope**2 * variance / SERIES)


@pytest.mark.parametrize(
    ("convention", "half", "per_thousand"),
    [(THREE_OVER_D2, 3.0010, 2.92), (MDC_UNSCREENED, 3.0015, 2.91), (MDC, 2.9278, 3.69)],
    ids=lambda value: getattr(value, "name", None),
)
def test_xmr_false_alarms_on_independent_normal_points(convention, half, per_thousand):
    y = np.random.default_rng(20261121).normal(size=(SERIES, 2 * LENGTH))
    chart = xmr(y, convention=convention, baseline=LENGTH)
    outside = (chart.above | chart.below)[:, LENGTH:].mean()
    assert half_width(convention) == pytest.approx(half, abs=5e-5)
    expected, error = false_alarms(half_width(convention), LENGTH)
    assert 1000 * expected == pytest.approx(per_thousand, abs=0.005)
    assert abs(outside - expected) < 4 * error + 5e-5


def test_poisson_funnel_coverage():
    """The share outside is that of the Poisson tails beyond the limits, summed exactly.

    The limits are intervals about E, not Poisson quantiles, so the tails are uneven: at E = 15,
    3.7 % of units fall below the lower and 1.1 % above the upper 95 % limit. Over E from 5 to 500,
    4.63 % lie outside 95 % and 0.35 % outside 99.8 % limits, nearly all of the latter low.
    """
    expected = np.tile(np.geomspace(5, 500, 100), (2000, 1))
    observed = np.random.default_rng(7).poisson(expected)
    limits = funnel(observed, expected, kind="standardised-ratio", recipe=None).limits
    for outlier, lower, upper, share in (
        (limits.outlier_95, limits.lower_95, limits.upper_95, 0.0463),
        (limits.outlier_998, limits.lower_998, limits.upper_998, 0.0035),
    ):
        below = pdtr(np.ceil(lower[0] * expected[0]) - 1, expected[0])
        above = pdtrc(np.floor(upper[0] * expected[0]), expected[0])
        for side, tail in ((-1, below), (1, above)):
            error = np.sqrt(tail.mean() / outlier.size)
            assert abs((outlier == side).mean() - tail.mean()) < 4 * error
        assert (below + above).mean() == pytest.approx(share, abs=5e-5)
    fifteen = funnel([15], [15], kind="standardised-ratio", recipe=None).limits
    assert pdtr(np.ceil(fifteen.lower_95[0] * 15) - 1, 15) == pytest.approx(0.037, abs=5e-4)
    assert pdtrc(np.floor(fifteen.upper_95[0] * 15), 15) == pytest.approx(0.011, abs=5e-4)


@pytest.mark.parametrize(("recipe", "flagged"), [(SHMI, 0.032), (CQC, 0.014)], ids=["SHMI", "CQC"])
def test_over_dispersed_units_are_flagged_far_less_with_adjusted_limits(recipe, flagged):
    """43 units whose true log ratios differ with deviation 0.15, none an outlier among them.

    Unadjusted, 37 % are beyond 99.8 % limits. Adjusted, 3.2 % (SHMI) and 1.4 % (CQC) still are, not
    0.2 %: trimming at both ends lowers tau2 (next test). Units of one funnel share their tau2, so
    the error is that of the mean of 200 shares, one for each funnel; half a unit is for rounding.
    """
    rng = np.random.default_rng(43)
    expected = rng.uniform(100, 1000, size=(200, 43))
    observed = rng.poisson(expected * np.exp(rng.normal(0, 0.15, size=expected.shape)))
    result = funnel(observed, expected, kind="standardised-ratio", recipe=recipe)
    unadjusted = (result.limits.outlier_998 != 0).mean(axis=-1)
    adjusted = (result.adjusted.outlier_998 != 0).mean(axis=-1)
    for shares, said, rounding in ((unadjusted, 0.37, 0.005), (adjusted, flagged, 0.0005)):
        error = shares.std() / np.sqrt(200)
        assert abs(shares.mean() - said) < 4 * error + rounding
    assert adjusted.mean() < unadjusted.mean() / 10


@pytest.mark.parametrize(
    ("recipe", "kept"), [(SHMI_UNROUNDED, 0.438), (CQC, 0.679)], ids=["truncate", "winsorise"]
)
def test_trimming_lowers_phi_and_so_leaves_over_dispersion_in(recipe, kept):
    """With 10 % trimmed at each end, phi of standard normal z tends to less than 1.

    With a = 1.2816 the 90 % point: truncated 1 - 2 a density(a) / 0.8 = 0.438; Winsorised
    0.8 x 0.438 + 0.2 a^2 = 0.679. Neither recipe corrects for it.
    """
    rng = np.random.default_rng(10)
    expected = np.full((1, 100_000), 1e6)
    observed = np.maximum(expected + 1000 * rng.normal(size=expected.shape), 0)
    result = funnel(observed, expected, kind="standardised-ratio", recipe=recipe)
    # The mean of 100,000 trimmed squares has a standard error of at most sqrt(2 / 80,000) = 0.005.
    assert result.phi[0] == pytest.approx(kept, abs=0.015)
    assert result.tau2[0] == 0
