"""Funnels: target, gaps, leverage, over-dispersion, bad input, what must not change anything."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from openpeel.errors import MethodError
from openpeel.signals.funnel import funnel
from openpeel.signals.leverage import both_ways
from openpeel.signals.overdispersion import (
    CQC,
    CQC_FUNNELPLOTR,
    SHMI,
    SHMI_UNROUNDED,
    Recipe,
)

NAN = np.nan
# Each kind's scale, each recipe's transform and trimming at least once.
CASES = [
    ("standardised-ratio", SHMI),
    ("standardised-ratio", CQC),
    ("rate", CQC_FUNNELPLOTR),
    ("proportion", CQC),
    ("ratio-of-counts", SHMI),
]
every_case = pytest.mark.parametrize(("kind", "recipe"), CASES)
few = settings(max_examples=25, deadline=None)
O = np.array([12.0, 40, 33, 9, 71, 25, 18, 60])  # noqa: E741
N = np.array([50.0, 90, 120, 40, 300, 60, 55, 160])


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def per_unit(result):
    """Every array with one number for each unit."""
    for limits in (result.limits, result.adjusted):
        yield from vars(limits).values()
    yield from (result.value, result.z, result.adjusted_z, result.estimating)


def same(left, right):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@st.composite
def units(draw, min_dims=1):
    """Counts and larger denominators, some units a gap, some left out."""
    shape = draw(array_shapes(min_dims=min_dims, max_dims=2, max_side=15))
    fill = st.nothing()
    d = draw(arrays(np.float64, shape, elements=st.integers(5, 500).map(float), fill=fill))
    part = draw(arrays(np.float64, shape, elements=st.floats(0.05, 1), fill=fill))
    gap = draw(arrays(np.bool_, shape, elements=st.sampled_from([False] * 4 + [True]), fill=fill))
    out = draw(arrays(np.bool_, shape, elements=st.sampled_from([False] * 4 + [True]), fill=fill))
    return np.where(gap, NAN, np.ceil(part * d)), d, out


def test_a_result_names_its_recipe():
    assert funnel(O, N, kind="rate", recipe=SHMI).recipe is SHMI


@pytest.mark.parametrize("kind", ["rate", "proportion", "ratio-of-counts"])
def test_the_pooled_value_is_the_target_unless_one_is_given(kind):
    pooled = funnel(O, N, kind=kind, recipe=CQC)
    assert pooled.target == O.sum() / N.sum()
    moved = funnel(O, N, kind=kind, recipe=CQC, target=0.9)
    assert moved.target == 0.9
    for limits in (moved.limits, moved.adjusted):
        assert ((limits.lower_998 < 0.9) & (limits.upper_998 > 0.9)).all()
    assert (moved.limits.lower_998 > pooled.limits.lower_998).all()
    assert moved.phi > 10 * pooled.phi


def test_a_rate_is_a_standardised_ratio_against_what_the_target_expects():
    rate = funnel(O, N, kind="rate", recipe=CQC, target=0.25)
    ratio = funnel(O, N * 0.25, kind="standardised-ratio", recipe=CQC)
    assert rate.phi == pytest.approx(ratio.phi)
    assert rate.limits.upper_998 == pytest.approx(ratio.limits.upper_998 * 0.25)
    assert rate.adjusted.lower_95 == pytest.approx(ratio.adjusted.lower_95 * 0.25)
    # The same holds for a standardised ratio with a target of its own.
    moved = funnel(O, N * 0.5, kind="standardised-ratio", recipe=CQC, target=0.5)
    assert moved.adjusted.lower_95 == pytest.approx(ratio.adjusted.lower_95 * 0.5)
    assert moved.adjusted_z == pytest.approx(ratio.adjusted_z)


def test_limits_narrow_as_the_denominator_grows_in_any_order_of_units():
    n = np.array([500.0, 2, 90, 1, 30, 7])
    x = np.ceil(n / 3)
    limits = funnel(x, n, kind="proportion", recipe=CQC, target=0.3).limits
    order = np.argsort(n)
    assert (np.diff(limits.upper_95[order]) <= 0).all()
    assert (np.diff(limits.lower_95[order]) >= 0).all()
    assert limits.lower_95[1] == 0
    assert limits.upper_998[3] == 1


def test_multiplicative_over_dispersion_scales_the_standard_error():
    additive = funnel(O, N, kind="proportion", recipe=CQC)
    scaled = funnel(O, N, kind="proportion", recipe=CQC, dispersion="multiplicative")
    assert scaled.phi == additive.phi
    assert scaled.phi > 1
    assert scaled.adjusted_z == pytest.approx(scaled.z / np.sqrt(scaled.phi))
    assert scaled.dispersion == "multiplicative"
    calm = funnel(N * 0.3, N, kind="proportion", recipe=CQC, dispersion="multiplicative")
    assert calm.phi < 1
    assert calm.adjusted_z.tolist() == calm.z.tolist()


def test_a_unit_left_out_is_judged_but_moves_nothing():
    o, n = np.append(O, 900.0), np.append(N, 1000.0)
    leverage = np.arange(9) == 8
    without = funnel(o, n, kind="proportion", recipe=CQC, leave_out=leverage)
    others = funnel(O, N, kind="proportion", recipe=CQC)
    assert without.target == others.target
    assert (without.phi, without.tau2, without.units) == (others.phi, others.tau2, 8)
    assert without.estimating.tolist() == [True] * 8 + [False]
    assert without.adjusted.outlier_998[8] == 1
    assert funnel(o, n, kind="proportion", recipe=CQC).target > others.target


def test_means_by_hand():
    """Three units of mean 10, 12 and 20 from 4, 16 and 100 cases, standard deviation 8."""
    n = np.array([4.0, 16, 100])
    result = funnel(n * [10, 12, 20], n, kind="mean", recipe=None, deviation=8, target=14)
    assert result.value.tolist() == [10, 12, 20]
    assert result.z == pytest.approx(np.array([-4 / 4, -2 / 2, 6 / 0.8]))
    assert result.limits.upper_95 == pytest.approx(14 + 1.959963985 * np.array([4, 2, 0.8]))
    assert result.limits.lower_998 == pytest.approx(14 - 3.090232306 * np.array([4, 2, 0.8]))
    assert result.limits.outlier_998.tolist() == [0, 0, 1]
    pooled = funnel(n * [10, 12, 20], n, kind="mean", recipe=CQC, deviation=8)
    assert pooled.target == pytest.approx((40 + 192 + 2000) / 120)
    # tau2 of DerSimonian and Laird from the Winsorised z.
    z, w = np.clip(pooled.z, *np.quantile(pooled.z, [0.1, 0.9])), n / 64
    tau2 = max(np.sum(z**2) - 2, 0) / (w.sum() - np.sum(w**2) / w.sum())
    assert pooled.tau2 == pytest.approx(tau2)
    reach = 1.959963985 * np.sqrt(64 / n + tau2)
    assert pooled.adjusted.lower_95 == pytest.approx(pooled.target - reach)


def test_means_may_be_negative_and_deviations_missing():
    sums, n = np.array([-30.0, 10, 40, 5]), np.array([10.0, 10, 10, 10])
    own = [3.0, 4, NAN, 5]
    result = funnel(sums, n, kind="mean", recipe=CQC, deviation=own)
    assert result.target == pytest.approx((-30 + 10 + 5) / 30)
    assert np.isnan(result.z).tolist() == [False, False, True, False]
    assert result.limits.outlier_998[2] == 0
    up = funnel(sums + 7 * n, n, kind="mean", recipe=CQC, deviation=own)
    assert up.adjusted_z == pytest.approx(result.adjusted_z, nan_ok=True)


def test_mean_funnel_flags_as_often_as_it_says():
    """On target with a known deviation, 5 % lie beyond 95 % and 0.2 % beyond 99.8 % limits."""
    rng = np.random.default_rng(14)
    n = rng.integers(5, 500, size=(2000, 43)).astype(float)
    means = 60 + 15 / np.sqrt(n) * rng.normal(size=n.shape)
    limits = funnel(means * n, n, kind="mean", recipe=None, target=60, deviation=15).limits
    for outlier, share in ((limits.outlier_95, 0.05), (limits.outlier_998, 0.002)):
        error = np.sqrt(share * (1 - share) / n.size)
        assert abs(np.mean(outlier != 0) - share) < 4 * error


@pytest.mark.parametrize("kind", ["rate", "proportion", "mean"])
def test_a_leverage_unit_both_ways(kind):
    """One unit of a quarter of all cases, far off: with it in, it hides and others stand out."""
    rng = np.random.default_rng(15)
    n = np.append(rng.integers(1500, 2500, size=42), 28_000).astype(float)
    truth = np.append(np.full(42, 0.10), 0.14)
    o = rng.binomial(n.astype(int), truth).astype(float)
    big = np.arange(43) == 42
    options = {"kind": kind, "recipe": CQC, "deviation": 0.3 if kind == "mean" else None}
    both = both_ways(o, n, leverage=big, **options)
    assert both.left_out.target == pytest.approx(o[:42].sum() / n[:42].sum())
    assert both.included.target == pytest.approx(o.sum() / n.sum())
    # It raises the yardstick and tau2, and so hides how far it is off: z of 3.4 to 3.6, not 20.
    assert both.included.phi > 2.5
    assert both.left_out.phi < 0.6
    assert both.included.adjusted_z[42] < 4
    assert both.left_out.adjusted_z[42] > 20
    # Unadjusted, it makes outliers of 14 or 15 of the 42 that do not differ.
    out = [np.count_nonzero(f.limits.outlier_95[:42]) for f in (both.included, both.left_out)]
    assert out[0] in (14, 15)
    assert out[1] == 0
    assert not both.moved_95.any()
    # Without a recipe the unadjusted limits are compared; with no leverage unit nothing moves.
    plain = both_ways(o, n, leverage=big, **{**options, "recipe": None})
    assert plain.moved_95.sum() == out[0]
    moved = plain.included.limits.outlier_998 != plain.left_out.limits.outlier_998
    assert plain.moved_998.tolist() == moved.tolist()
    assert not both_ways(o, n, leverage=np.zeros(43, dtype=bool), **options).moved_95.any()


def test_gaps_and_empty_denominators_take_no_part():
    o, n = np.append(O, [NAN, 5, 0]), np.append(N, [10, NAN, 0])
    for recipe in (SHMI, CQC):
        result = funnel(o, n, kind="rate", recipe=recipe)
        alone = funnel(O, N, kind="rate", recipe=recipe)
        assert (result.target, result.phi, result.tau2) == (alone.target, alone.phi, alone.tau2)
        assert np.isnan(result.value[8:]).all()
        assert np.isnan(result.adjusted.upper_95[8:]).all()
        assert not result.limits.outlier_95[8:].any()
    counts = funnel([4, 3, 5, 6], [8, 0, 9, 7], kind="ratio-of-counts", recipe=CQC)
    assert counts.estimating.tolist() == [True, False, True, True]


def test_one_unit_gets_unadjusted_limits_only():
    result = funnel([30], [20], kind="standardised-ratio", recipe=CQC)
    assert result.limits.outlier_95.tolist() == [0]
    assert result.limits.upper_95[0] == pytest.approx(1.544419, rel=1e-6)
    assert np.isnan(result.phi)
    assert np.isnan(result.adjusted.upper_95[0])
    assert result.adjusted.outlier_95.tolist() == [0]


@pytest.mark.parametrize("kind", ["rate", "proportion", "ratio-of-counts"])
def test_nothing_happened_anywhere(kind):
    result = funnel([0, 0, 0], [5, 6, 7], kind=kind, recipe=CQC)
    assert result.target == 0
    assert not result.limits.outlier_95.any()
    assert not result.adjusted.outlier_95.any()


def test_lower_limits_stop_at_zero():
    # 1 - 3.09 x 0.5 is below 0: squared it would come back as 0.3.
    result = funnel([1, 1, 1], [1, 1, 1], kind="standardised-ratio", recipe=CQC)
    assert result.adjusted.lower_998.tolist() == [0, 0, 0]


def test_no_recipe_gives_unadjusted_limits_alone():
    result = funnel(O, N, kind="rate", recipe=None)
    assert result.adjusted is None
    assert result.phi is None
    assert result.dispersion is None
    assert result.limits.upper_95.shape == (8,)


def test_truncation_groups_units_as_the_shmi_does():
    # floor(10 rank / (n + 1)): of 19 units, rank 1 is in group 0 and ranks 18 and 19 in group 9.
    o = np.linspace(60, 140, 19)
    assert funnel(o, np.full(19, 100.0), kind="standardised-ratio", recipe=SHMI).units == 16
    # Ties share a rank, so they stay or go together.
    tied = np.append(np.full(10, 60.0), np.full(10, 140.0))
    assert funnel(tied, np.full(20, 100.0), kind="standardised-ratio", recipe=SHMI).units == 20


@pytest.mark.parametrize(
    ("o", "n", "options", "words"),
    [
        ([1, 2], [1, 2, 3], {}, "one shape"),
        (1, 2, {}, "one shape"),
        (["x"], [1], {}, "needs numbers"),
        ([1, np.inf], [1, 2], {}, r"unit at \(1,\) is infinite"),
        ([[1, -2]], [[1, 2]], {}, r"unit at \(0, 1\) has a negative count"),
        ([1, 2], [1, 0], {}, "denominator of 0"),
        ([1, 3], [1, 2], {"kind": "proportion"}, "above its denominator"),
        ([0, 3], [1, 2], {"recipe": SHMI_UNROUNDED}, "square-root recipe"),
        ([1, 3], [0.004, 2], {"recipe": SHMI, "kind": "standardised-ratio"}, "rounds to 0"),
        ([1, 3], [1, 2], {"target": 0}, "must lie between 0 and inf"),
        ([1, 1], [1, 2], {"target": 1, "kind": "proportion"}, "must lie between 0 and 1"),
        ([1, 3], [1, 2], {"target": [1, 1]}, "one for each funnel"),
        ([1, 3], [1, 2], {"leave_out": [0, 1]}, "boolean array"),
        ([1, 3], [1, 2], {"leave_out": [True]}, "boolean array"),
        ([1, 3], [1, 2], {"kind": "median"}, "kind 'median'"),
        ([1, 3], [1, 2], {"kind": "mean"}, "needs the standard deviation"),
        ([1, 3], [1, 2], {"deviation": 1}, "no other kind takes it"),
        (
            [1, 3],
            [1, 2],
            {"kind": "mean", "deviation": [1, 0]},
            r"at \(1,\) has a standard deviation",
        ),
        ([1, 3], [1, 2], {"kind": "mean", "deviation": ["a", 0]}, "deviation needs numbers"),
        ([1, 3], [1, 2], {"kind": "mean", "deviation": [1, 2, 3]}, "deviation needs numbers"),
        ([1, 3], [1, 0], {"kind": "mean", "deviation": 1}, "denominator of 0"),
        ([1, 3], [1, 2], {"kind": "mean", "deviation": 1, "target": np.inf}, "-inf and inf"),
        ([1, 3], [1, 2], {"dispersion": "both"}, "'both'"),
    ],
)
def test_what_is_refused(o, n, options, words):
    with pytest.raises(MethodError, match=words):
        funnel(o, n, **{"kind": "rate", "recipe": CQC, **options})


def test_recipes_that_make_no_sense_are_refused():
    with pytest.raises(MethodError, match="between 0 and ½"):
        Recipe("own", "sqrt", "winsorise", share=0.5)
    with pytest.raises(MethodError, match="need the sqrt"):
        Recipe("own", "log", "truncate", limits_on_root=True)


@every_case
@few
@given(data=units(), seed=st.integers(0, 99))
def test_the_order_of_units_does_not_matter(kind, recipe, data, seed):
    o, n, out = data
    order = np.random.default_rng(seed).permutation(o.shape[-1])
    straight = funnel(o, n, kind=kind, recipe=recipe, leave_out=out)
    mixed = funnel(
        o[..., order], n[..., order], kind=kind, recipe=recipe, leave_out=out[..., order]
    )
    same(per_unit(mixed), (field[..., order] for field in per_unit(straight)))
    same((mixed.phi, mixed.tau2, mixed.units), (straight.phi, straight.tau2, straight.units))


@every_case
@few
@given(data=units(min_dims=2))
def test_many_funnels_at_once_are_each_funnel_alone(kind, recipe, data):
    o, n, out = data
    together = funnel(o, n, kind=kind, recipe=recipe, leave_out=out)
    for i in range(len(o)):
        alone = funnel(o[i], n[i], kind=kind, recipe=recipe, leave_out=out[i])
        same((field[i] for field in per_unit(together)), per_unit(alone))
        same((together.phi[i], together.tau2[i]), (alone.phi, alone.tau2))


@pytest.mark.parametrize(("kind", "recipe"), [c for c in CASES if c[1] is not CQC_FUNNELPLOTR])
@few
@given(data=units())
def test_a_unit_is_an_outlier_exactly_where_its_adjusted_z_is(kind, recipe, data):
    o, n, out = data
    result = funnel(o, n, kind=kind, recipe=recipe, leave_out=out)
    for quantile, side in (
        (1.959963984540054, result.adjusted.outlier_95),
        (3.090232306167813, result.adjusted.outlier_998),
    ):
        clear = np.abs(np.abs(result.adjusted_z) - quantile) > 1e-9
        by_z = np.where(np.abs(result.adjusted_z) > quantile, np.sign(result.adjusted_z), 0)
        assert (side == by_z)[clear].all()


@pytest.mark.parametrize("recipe", [SHMI_UNROUNDED, CQC], ids=lambda r: r.name)
@few
@given(data=units(), scale=st.floats(0.01, 100))
def test_the_unit_of_exposure_does_not_matter(recipe, data, scale):
    o, n, out = data
    one = funnel(o, n, kind="rate", recipe=recipe, leave_out=out)
    other = funnel(o, n * scale, kind="rate", recipe=recipe, leave_out=out)
    same((other.adjusted_z, other.phi, other.tau2), (one.adjusted_z, one.phi, one.tau2))
    same((other.adjusted.upper_95 * scale,), (one.adjusted.upper_95,))
