"""Attribute charts over many series: p, u and c, and Laney's p' and u', frozen at a baseline.

For each group of points, from the points of its baseline, x events in n trials (p), in exposure n
(u) or alone (c), and sigma the standard deviation of a point at the centre::

    p   centre = sum(x) / sum(n)    sigma = sqrt(centre (1 - centre) / n)
    u   centre = sum(x) / sum(n)    sigma = sqrt(centre / n)
    c   centre = mean(x)            sigma = sqrt(centre)

    approximate limits              centre ± 3 sigma, cut off at 0 (and 1 for p)
    exact limits                    the binomial or Poisson quantiles at ndtr(-3) = 0.00135 and at
                                    1 - 0.00135, over n: a point in control lies outside either with
                                    a chance of at most 0.00135, given the centre
    Laney's p' and u'               centre ± constant x mean |z[t] - z[t-1]| x sigma, with
                                    z = (x/n - centre) / sigma

Sources: Montgomery, *Introduction to Statistical Quality Control*, 6th edition, chapter 7; Laney
2002, *Quality Engineering* 14(4):531, doi 10.1081/QEN-120003555; Mohammed and others 2013, *BMJ
Quality & Safety* 22:362, doi 10.1136/bmjqs-2012-001373 (why denominators as large as a force's
need the last). p and u assume that nothing but chance moves events about one level; with large
denominators that never holds, and p' or u' measure how far it does not.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN in either array             a gap: no flag; no moving range across it, and it ends every run
denominator 0                   a gap where no event is counted either, else `MethodError`
all zero (or all n of n)        centre and limits 0 (or 1), no flag; Laney: limits NaN, no flag,
                                since z has no scale
all NaN, an empty baseline      centre and limits NaN, no flag
no two neighbours, Laney        limits NaN, no flag
constant share                  Laney: limits equal the centre, no flag
numerator above denominator     `MethodError` for p
negative, infinite, no numbers  `MethodError`
fractional counts, exact        `MethodError`
Laney with exact limits, or c   `MethodError`: neither is defined
==============================  ===================================================================
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.runs import joined, long_runs, triples
from openpeel.signals.series import series_of
from openpeel.signals.xmr import THREE_OVER_D2, Convention, xmr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Kind = Literal["p", "u", "c"]


@dataclass(frozen=True)
class AttributeChart:
    """An attribute chart: every array has the shape of the events it was made from.

    `value`, `centre`, `lower`, `upper` are shares (p), rates (u) or counts (c). `z` is the point's
    distance from the centre in standard deviations, for Laney's charts in those he widens; infinite
    off a centre without spread. `two_of_three` marks the points between 2 and 3 of them that belong
    to such a triple on one side. `group` counts rebases passed.
    """

    kind: Kind
    laney: bool
    exact: bool
    convention: Convention
    value: Floats
    centre: Floats
    lower: Floats
    upper: Floats
    z: Floats
    above: Bools
    below: Bools
    shift_above: Bools
    shift_below: Bools
    trend_up: Bools
    trend_down: Bools
    two_of_three: Bools
    group: NDArray[np.intp]


def attribute_chart(
    events: ArrayLike,
    denominator: ArrayLike | None = None,
    *,
    kind: Kind,
    laney: bool = False,
    exact: bool = False,
    convention: Convention = THREE_OVER_D2,
    baseline: int | None = None,
    rebase: Sequence[int] | Bools = (),
) -> AttributeChart:
    """Chart counts of shape (time,) or (series, time), in order of time, NaN for a gap.

    `denominator`: trials (p) or exposure (u) of that shape; None for c. `convention` gives the run
    lengths and, for `laney`, the constant and whether moving ranges of z are screened. `baseline`
    and `rebase` are as in `xmr`: decisions that a person recorded. Run rules are judged on z, since
    with a denominator that varies equal steps of the value are not equally likely (Montgomery,
    7.3.2, the standardised chart): a shift is `shift_points` on one side of the centre, a trend
    `trend_points` each above (below) the one before.

    Equations, sources and defined behaviour are in the module's docstring. Raises `MethodError`.
    """
    if kind not in ("p", "u", "c"):
        raise MethodError(f"No attribute chart is defined for the kind {kind!r}.")
    if laney and (exact or kind == "c"):
        raise MethodError("Laney's charts are p' and u', with approximate limits; take exact off.")
    x, n, shape = _counts(events, denominator, kind, exact)
    value = x / n
    group = xmr(value, convention=convention, baseline=baseline, rebase=rebase).group
    centre = _centre(x, n, group, baseline)

    with np.errstate(divide="ignore", invalid="ignore"):
        sigma = np.sqrt(centre * (1 - centre if kind == "p" else 1) / n)
        # Exposures that are no whole numbers leave rounding between equal rates.
        off = value - centre
        off[np.abs(off) <= 1e-14 * centre] = 0
        # 0/0 at a centre without spread: a point on it is at 0, any other infinitely far.
        z = np.where(off == 0, 0.0, off / sigma)
        if laney:
            z = np.where(sigma > 0, z, np.nan)
            chart = xmr(z, convention=convention, baseline=baseline, rebase=rebase)
            reach = chart.upper - chart.mean
            z = np.where(z == 0, 0.0, 3 * z / reach)
        else:
            reach = np.full(value.shape, 3.0)
    if exact:
        lower, upper = _exact(kind, centre, n)
    else:
        lower = np.maximum(centre - reach * sigma, 0)
        upper = centre + reach * sigma
        if kind == "p":
            upper = np.minimum(upper, 1)

    above, below = (value > upper) & (off != 0), (value < lower) & (off != 0)
    # Comparisons with NaN are false, so a gap is on no side and joins nothing.
    side = (off > 0).astype(np.int8) - (off < 0).astype(np.int8)
    same_side = (side[:, 1:] == side[:, :-1]) & (side[:, 1:] != 0)
    shift = long_runs(joined(group, same_side), convention.shift_points)
    near = (np.abs(z) > 2) & ~above & ~below
    made: dict[str, NDArray[Any]] = {
        "value": value,
        "centre": centre,
        "lower": lower,
        "upper": upper,
        "z": z,
        "above": above,
        "below": below,
        "shift_above": shift & (side > 0),
        "shift_below": shift & (side < 0),
        "trend_up": long_runs(joined(group, z[:, 1:] > z[:, :-1]), convention.trend_points),
        "trend_down": long_runs(joined(group, z[:, 1:] < z[:, :-1]), convention.trend_points),
        "two_of_three": near & triples(near, joined(group, same_side)),
        "group": group,
    }
    return AttributeChart(
        kind, laney, exact, convention, **{name: a.reshape(shape) for name, a in made.items()}
    )


@dataclass(frozen=True)
class RunsTest:
    """Anhøj's rules, one number for each series: too long a run, or too few crossings.

    `useful` counts the points off the centre; `signal` is whether `longest` is above `longest_most`
    or `crossings` below `crossings_least`.
    """

    useful: NDArray[np.intp]
    longest: NDArray[np.intp]
    longest_most: NDArray[np.intp]
    crossings: NDArray[np.intp]
    crossings_least: NDArray[np.intp]
    signal: Bools


def runs_test(values: ArrayLike, centre: ArrayLike) -> RunsTest:
    """Whether values, (time,) or (series, time), stay too long on one side of their centre.

    The longest run on one side may be round(log2 n) + 3, the crossings must be at least the 5 %
    quantile of a binomial of n - 1 tries at one half, over the n points off the centre; gaps and
    points on the centre are passed over, neither ending a run nor counting. Needs no distribution,
    only independent points with a median at the centre, so it suits p, u and c charts alike.
    Anhøj and Olesen 2014, PLoS ONE 9(11):e113825; Schilling 2012; Chen 2010. Under 10 useful points
    the limits hold no promise; with none there is no signal. Raises `MethodError` for shapes.
    """
    y, middle = series_of(values, "A runs test"), np.asarray(centre, dtype=np.float64)
    try:
        sign = np.atleast_2d(np.sign(y - np.broadcast_to(middle, y.shape)))
    except ValueError as error:
        raise MethodError(f"A centre of shape {middle.shape} fits no {y.shape}.") from error
    useful = ~np.isnan(sign) & (sign != 0)
    # Useful points to the front, in order; the rest is then cut off.
    order = np.argsort(~useful, axis=1, kind="stable")
    sign = np.take_along_axis(sign, order, axis=1)
    n = useful.sum(axis=1)
    inside = np.arange(y.shape[-1]) < n[:, None]
    same = np.zeros(sign.shape, dtype=np.bool_)
    same[:, 1:] = (sign[:, 1:] == sign[:, :-1]) & inside[:, 1:]
    position = np.arange(sign.shape[1])
    length = position - np.maximum.accumulate(np.where(same, 0, position), axis=1) + 1
    longest = np.where(inside, length, 0).max(axis=1)
    crossings = (inside[:, 1:] & ~same[:, 1:]).sum(axis=1)
    most = (np.round(np.log2(np.maximum(n, 1))) + 3).astype(np.intp)
    tries = np.maximum(n - 1, 0)
    least = _binomial_quantile(0.05, tries.astype(np.float64), np.full(n.shape, 0.5))
    least = least.astype(np.intp)
    made: dict[str, NDArray[Any]] = {
        "useful": n,
        "longest": longest,
        "longest_most": most,
        "crossings": crossings,
        "crossings_least": least,
        "signal": (longest > most) | (crossings < least),
    }
    return RunsTest(**{name: a.reshape(y.shape[:-1]) for name, a in made.items()})


def _counts(
    events: ArrayLike, denominator: ArrayLike | None, kind: Kind, exact: bool
) -> tuple[Floats, Floats, tuple[int, ...]]:
    """Events and denominators as (series, time), NaN at every gap, and the shape they came in."""
    if (denominator is None) != (kind == "c"):
        raise MethodError("p and u charts need a denominator; a c chart has none.")
    try:
        x = np.array(events, dtype=np.float64)
        n = np.ones(x.shape) if denominator is None else np.array(denominator, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(f"A chart needs numbers, with NaN for a gap: {error}.") from error
    if x.shape != n.shape or x.ndim not in (1, 2) or x.shape[-1] == 0:
        raise MethodError(
            f"Events and denominators need one shape, (time,) or (series, time); got {x.shape} and "
            f"{n.shape}."
        )
    for wrong, what in (
        (np.isinf(x) | np.isinf(n), "is infinite; give NaN where nothing was published"),
        ((x < 0) | (n < 0), "is negative"),
        ((n == 0) & (x > 0), "has events but a denominator of 0"),
        ((kind == "p") & (x > n), "has more events than trials, which is no share"),
        (exact & _fractional(x), "has a fraction of an event, and exact limits need whole ones"),
        (exact & (kind == "p") & _fractional(n), "has a fraction of a trial"),
    ):
        if np.any(wrong):
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise MethodError(f"{kind} chart: the point at {where} {what}.")
    gap = np.isnan(x) | np.isnan(n) | (n == 0)
    x[gap] = n[gap] = np.nan
    return np.atleast_2d(x), np.atleast_2d(n), x.shape


def _fractional(a: Floats) -> Bools:
    """Where a number is neither whole nor NaN."""
    return np.asarray(~np.isnan(a) & (a != np.floor(a)))


def _centre(x: Floats, n: Floats, group: NDArray[np.intp], baseline: int | None) -> Floats:
    """Events over denominators in the baseline of each point's group."""
    groups = int(group.max(initial=0)) + 1
    cell = np.arange(len(x))[:, None] * groups + group
    used = ~np.isnan(x)
    if baseline is not None:
        # Groups start where their number changes; gaps count towards the baseline.
        position = np.arange(x.shape[1])
        fresh = np.ones(x.shape, dtype=np.bool_)
        fresh[:, 1:] = group[:, 1:] != group[:, :-1]
        start = np.maximum.accumulate(np.where(fresh, position, 0), axis=1)
        used &= position - start < baseline
    sums = [np.bincount(cell[used], a[used], len(x) * groups) for a in (x, n)]
    with np.errstate(invalid="ignore"):
        return np.asarray((sums[0] / sums[1])[cell])


def _exact(kind: Kind, centre: Floats, n: Floats) -> tuple[Floats, Floats]:
    """The quantiles of the counts at three standard deviations' tails, over n."""
    from scipy.special import ndtr

    tails = float(ndtr(-3.0)), float(ndtr(3.0))
    if kind == "p":
        low, high = (_binomial_quantile(tail, n, centre) / n for tail in tails)
    else:
        low, high = (_poisson_quantile(tail, centre * n) / n for tail in tails)
    return low, high


def _binomial_quantile(tail: float, n: Floats, p: Floats) -> Floats:
    """The least k with P(X <= k) >= tail; where p is 0 or 1 the one count there is."""
    from scipy.special import betaincc

    def up_to(k: Floats, n: Floats, p: Floats) -> Floats:
        """P(X <= k), by the incomplete beta function; 1 from n on."""
        return np.where(k < n, betaincc(k + 1, np.maximum(n - k, 1), p), 1.0)

    with np.errstate(invalid="ignore"):
        spread = np.sqrt(n * p * (1 - p))
    return _quantile(tail, n * p, spread, 1 - 2 * p, up_to, (n, p))


def _poisson_quantile(tail: float, mean: Floats) -> Floats:
    """The least k with P(X <= k) >= tail; 0 where the mean is."""
    from scipy.special import pdtr

    return _quantile(tail, mean, np.sqrt(mean), np.ones(mean.shape), pdtr, (mean,))


def _quantile(
    tail: float,
    mean: Floats,
    spread: Floats,
    skew: Floats,
    up_to: Callable[..., Floats],
    parameters: tuple[Floats, ...],
) -> Floats:
    """The least k with `up_to(k)` >= tail, searched from the normal quantile corrected for skew.

    The third moment over `spread` squared is `skew`: Cornish and Fisher's correction is then
    skew (q^2 - 1) / 6, right to within a step or two.
    """
    from scipy.special import ndtri

    q = float(ndtri(tail))
    guess = np.ceil(mean + q * spread + skew * (q**2 - 1) / 6 - 0.5)
    k = np.where(spread > 0, np.maximum(guess, 0), mean)
    if len(parameters) == 2:
        k = np.minimum(k, parameters[0])
    flat = k.reshape(-1)
    todo = np.flatnonzero(spread > 0)
    while todo.size:
        here, law = flat[todo], [a.reshape(-1)[todo] for a in parameters]
        fewer = np.where(here > 0, up_to(np.maximum(here - 1, 0), *law), 0.0)
        move = np.where(fewer >= tail, -1, np.where(up_to(here, *law) < tail, 1, 0))
        flat[todo] += move
        todo = todo[move != 0]
    return flat.reshape(mean.shape)
