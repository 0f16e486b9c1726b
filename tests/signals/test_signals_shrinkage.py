"""Small areas: closed-form posteriors, coverage where the truth is known, never best and worst."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import betaln, gammaln

from openpeel.errors import MethodError
from openpeel.signals.shrinkage import shrink

NAN = np.nan
few = settings(max_examples=25, deadline=None)
both_kinds = pytest.mark.parametrize("kind", ["rate", "share"])
both_ways = pytest.mark.parametrize("way", ["moments", "likelihood"])


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def areas(kind, strength, shape, seed=1, mean=0.3):
    """Truths from the prior, sizes from 5 to 3,000, and counts."""
    rng = np.random.default_rng(seed)
    n = np.round(np.exp(rng.uniform(np.log(5), np.log(3000), shape)))
    if kind == "rate":
        truth = rng.gamma(mean * strength, 1 / strength, shape)
        return rng.poisson(n * truth), n, truth
    truth = rng.beta(mean * strength, (1 - mean) * strength, shape)
    return rng.binomial(n.astype(int), truth), n, truth


def test_moments_by_hand():
    """Three areas of 100 with 10, 30 and 50: m = 0.3, the rest is worked below."""
    y, n = np.array([10.0, 30, 50]), np.full(3, 100.0)
    between = (100 * (0.2**2 + 0 + 0.2**2) - 2 * 0.3) / (300 - 3 * 100**2 / 300)
    made = shrink(y, n, kind="rate", way="moments")
    k = 0.3 / between
    assert (made.mean, made.strength) == pytest.approx((0.3, k))
    assert made.weight == pytest.approx(np.full(3, 100 / (100 + k)))
    posterior = stats.gamma(0.3 * k + y, scale=1 / (k + n))
    assert made.estimate == pytest.approx(posterior.mean())
    assert made.lower == pytest.approx(posterior.ppf(0.025))
    assert made.upper == pytest.approx(posterior.ppf(0.975))
    share = shrink(y, n, kind="share", way="moments", confidence=0.8)
    between = (100 * 0.08 - 2 * 0.21) / 200
    k = 0.21 / between - 1
    posterior = stats.beta(0.3 * k + y, 0.7 * k + n - y)
    assert share.strength == pytest.approx(k)
    assert share.estimate == pytest.approx(posterior.mean())
    assert (share.lower[0], share.upper[0]) == pytest.approx(tuple(
        stats.beta(0.3 * k + 10, 0.7 * k + 90).ppf([0.1, 0.9])
    ))  # fmt: skip


@both_kinds
def test_likelihood_is_integrated_as_numerical_quadrature_does(kind):
    """Oracle: scipy's adaptive quadrature over B = k / (k + z) of the same integrand."""
    y, n, _ = areas(kind, 40.0, (12,), seed=6)
    z = stats.hmean(n)

    def parts(b):
        k = z * b / (1 - b)
        m = np.sum(y / (n + k)) / np.sum(n / (n + k))
        a = m * k
        if kind == "share":
            log = betaln(a + y, k - a + n - y) - betaln(a, k - a)
        else:
            log = gammaln(a + y) - gammaln(a) + a * np.log(k) - (a + y) * np.log(k + n)
        return log.sum(), (a + y) / (k + n)

    top = max(parts(b)[0] for b in np.linspace(0.01, 0.99, 99))
    whole = integrate.quad(lambda b: np.exp(parts(b)[0] - top), 0, 1)[0]
    expected = [
        integrate.quad(lambda b, i=i: np.exp(parts(b)[0] - top) * parts(b)[1][i], 0, 1)[0] / whole
        for i in (0, 5, 11)
    ]
    made = shrink(y, n, kind=kind)
    assert made.estimate[[0, 5, 11]] == pytest.approx(expected, rel=2e-3)


@both_kinds
@pytest.mark.parametrize("strength", [20.0, 200.0, 5000.0])
def test_intervals_hold_the_truth(kind, strength):
    """43 areas, 400 sets: of 95 % intervals by likelihood 94.4 to 99 % hold; errors below 0.4 %."""
    y, n, truth = areas(kind, strength, (400, 43))
    made = shrink(y, n, kind=kind)
    held = ((made.lower <= truth) & (truth <= made.upper)).mean(axis=1)
    error = held.std() / np.sqrt(400)
    assert held.mean() > 0.944 - 4 * error
    assert held.mean() < 0.995
    # Shrunken, they are closer to the truth by far: a third of the error or less from strength 200.
    better = np.sqrt(np.mean((made.estimate - truth) ** 2) / np.mean((made.raw - truth) ** 2))
    assert better < (0.7 if strength < 100 else 0.35)


@both_kinds
def test_moments_do_not_pay_for_what_they_do_not_know(kind):
    """The same 43 areas that differ little: 80 % of 95 % intervals by moments hold the truth."""
    y, n, truth = areas(kind, 5000.0, (400, 43))
    made = shrink(y, n, kind=kind, way="moments")
    held = np.mean((made.lower <= truth) & (truth <= made.upper))
    assert held == pytest.approx(0.80, abs=0.03)


@both_kinds
@both_ways
def test_many_areas_find_the_prior(kind, way):
    y, n, _ = areas(kind, 50.0, (5000,), seed=3)
    made = shrink(y, n, kind=kind, way=way)
    assert made.mean == pytest.approx(0.3, abs=0.01)
    assert made.strength == pytest.approx(50, rel=0.15)


@both_ways
def test_a_small_area_is_not_best_and_worst_in_turn(way):
    """40 areas with one true rate of 0.1, one of them of 10 people, over 200 months.

    Raw, the small area is the highest or the lowest unless it has just its one event, which
    is in 1 - exp(-1) = 63 % of months; shrunken, it is hardly ever.
    """
    rng = np.random.default_rng(9)
    n = np.full((200, 40), 2000.0)
    n[:, 7] = 10
    made = shrink(rng.poisson(0.1 * n), n, kind="rate", way=way)

    def extreme(figure):
        return np.mean((figure[:, 7] == figure.max(1)) | (figure[:, 7] == figure.min(1)))

    assert extreme(made.raw) > 0.6
    # Where a set is pooled all are equal, and none is best or worst.
    apart = made.estimate.max(1) > made.estimate.min(1) + 1e-12
    shrunk = made.estimate[apart]
    assert extreme(shrunk) < 0.05


@both_kinds
@both_ways
def test_what_is_not_there(kind, way):
    y, n, _ = areas(kind, 50.0, (6,), seed=4)
    wider = np.append(y, [NAN, 4, 0]), np.append(n, [10, NAN, 0])
    made, alone = (shrink(*pair, kind=kind, way=way) for pair in (wider, (y, n)))
    assert made.estimate[:6] == pytest.approx(alone.estimate)
    assert made.upper[:6] == pytest.approx(alone.upper)
    for a in (made.raw, made.estimate, made.lower, made.upper, made.weight):
        assert np.isnan(a[6:]).all()
    two = shrink([3, 4], [10, 10], kind=kind, way=way)
    assert np.isnan(two.estimate).all()
    assert np.isnan(two.strength)
    assert two.raw.tolist() == [0.3, 0.4]
    sets = shrink([[3, NAN, NAN], [3, 4, 5]], np.full((2, 3), 10), kind=kind, way=way)
    assert np.isnan(sets.mean).tolist() == [True, False]


@both_kinds
@both_ways
def test_nothing_happened_anywhere(kind, way):
    made = shrink([0, 0, 0], [10, 20, 30], kind=kind, way=way)
    assert made.estimate.tolist() == made.lower.tolist() == made.weight.tolist() == [0, 0, 0]
    assert np.isinf(made.strength)
    whole = stats.gamma(0.5, scale=1 / 60) if kind == "rate" else stats.beta(0.5, 60.5)
    assert made.upper == pytest.approx(np.full(3, whole.ppf(0.975)))
    if kind == "share":
        every = shrink([10, 20, 30], [10, 20, 30], kind=kind, way=way)
        assert every.estimate.tolist() == every.upper.tolist() == [1, 1, 1]


def test_areas_of_very_different_kinds_are_left_alone():
    made = shrink([10, 5_000, 90_000], [100_000] * 3, kind="rate")
    assert (made.weight > 0.999).all()
    assert made.estimate == pytest.approx(made.raw, rel=0.05)


@st.composite
def sets(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    shape = (draw(st.integers(1, 4)), draw(st.integers(3, 12)))
    n = rng.integers(1, 2000, size=shape).astype(float)
    y = np.floor(n * rng.uniform(0, draw(st.floats(0.01, 1)), size=shape))
    y[rng.random(shape) < 0.1] = NAN
    return y, n


@both_kinds
@both_ways
@few
@given(data=sets(), seed=st.integers(0, 99))
def test_sets_and_order(kind, way, data, seed):
    y, n = data
    made = shrink(y, n, kind=kind, way=way)
    order = np.random.default_rng(seed).permutation(y.shape[1])
    mixed = shrink(y[:, order], n[:, order], kind=kind, way=way)
    for name in ("estimate", "lower", "upper"):
        whole = getattr(made, name)
        np.testing.assert_allclose(getattr(mixed, name), whole[:, order], rtol=1e-6, atol=1e-12)
        for i in range(len(y)):
            alone = getattr(shrink(y[i], n[i], kind=kind, way=way), name)
            np.testing.assert_allclose(alone, whole[i], rtol=1e-6, atol=1e-12)
    seen = ~np.isnan(made.estimate)
    assert ((made.lower <= made.estimate) & (made.estimate <= made.upper))[seen].all()
    low, high = np.nanmin(made.raw, axis=1), np.nanmax(made.raw, axis=1)
    within = (made.estimate >= low[:, None] - 1e-9) & (made.estimate <= high[:, None] + 1e-9)
    assert within[seen].all()


@both_ways
@few
@given(data=sets(), scale=st.floats(0.01, 100))
def test_the_unit_of_exposure_does_not_matter(way, data, scale):
    y, n = data
    one, other = (shrink(y, a, kind="rate", way=way) for a in (n, n * scale))
    np.testing.assert_allclose(other.estimate * scale, one.estimate, rtol=1e-6)
    np.testing.assert_allclose(other.upper * scale, one.upper, rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "n", "options", "words"),
    [
        ([3, 1, 1], [2, 1, 1], {"kind": "share"}, r"area at \(0,\) has more events than trials"),
        ([-3, 1, 1], [2, 1, 1], {}, "is negative"),
        ([3, np.inf, 1], [2, 1, 1], {}, "is infinite"),
        ([3, 1, 1], [2, 0, 1], {}, "denominator of 0"),
        (["a"], [2], {}, "needs numbers"),
        ([1, 2], [1, 2, 3], {}, "one shape"),
        (1, 2, {}, "one shape"),
        ([1], [2], {"kind": "mean"}, "'mean'"),
        ([1], [2], {"way": "full"}, "'full'"),
        ([1], [2], {"confidence": 0}, "confidence"),
    ],
)
def test_what_is_refused(y, n, options, words):
    with pytest.raises(MethodError, match=words):
        shrink(y, n, **{"kind": "rate", **options})
