"""CUSUM charts over standardised series: a small lasting shift adds up until it shows.

Two sums for each series of z, which is standard normal and independent while in control::

    up[t]   = max(0, up[t-1]   + z[t] - k)          down[t] = max(0, down[t-1] - z[t] - k)

k is half the shift, in standard deviations, that should be found soonest. Page 1954, *Biometrika*
41:100. Two forms: `cusum` signals above a limit h, fixed by the average run length to a false
signal, and starts again at 0; `non_restarting` never starts again, stops at a bound and gives each
point a p-value, so that false discovery over many series can be controlled at each time.

===========================  ======================================================================
what comes in                what comes out
===========================  ======================================================================
NaN                          a gap: no signal, sums and p-values NaN; the sums go on after it
all NaN                      no signal anywhere
constant or all 0            sums of 0 while the constant is within k of 0
infinite or not numbers      `MethodError`
no time, over 2 dimensions   `MethodError`
k below 0, h or bound not    `MethodError`
above 0, or not finite
===========================  ======================================================================
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.quadrature import crossing, mean_time, nodes_on
from openpeel.signals.series import series_of

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Counts = NDArray[np.int32]
Sides = Literal["one", "two"]


@dataclass(frozen=True)
class Cusum:
    """A restarting two-sided CUSUM: every array has the shape of the z it was made from.

    `up` and `down` are the sums (in standard deviations, at least 0, before any restart). `signal`
    is +1 where `up` is above `h`, -1 where `down` is, else 0. `rising` and `falling` count the
    observed points since the sum was last 0, so that a signal's shift began about that many
    observed points back, its own included (0 where the sum is 0, and at a gap).
    """

    k: float
    h: float
    up: Floats
    down: Floats
    signal: Codes
    rising: Counts
    falling: Counts


@dataclass(frozen=True)
class NonRestarting:
    """A two-sided CUSUM that never restarts: arrays have the shape of the z they were made from.

    `up` and `down` lie from 0 to `bound`. `p_up` and `p_down` are the chances, in control and in
    the long run, of a sum at least so high; `p` is twice the smaller (at most 1). All NaN at a gap.
    """

    k: float
    bound: float
    up: Floats
    down: Floats
    p_up: Floats
    p_down: Floats
    p: Floats


def cusum(z: ArrayLike, *, k: float = 0.5, h: float = 5.0) -> Cusum:
    """Chart z of shape (time,) or (series, time), restarting the sum that signals at 0.

    `cusum_limit` gives h for a wanted average run length. Defined behaviour is in the module's
    docstring. Raises `MethodError`.
    """
    _checked(k, h, "limit h")
    given = series_of(z, "CUSUM")
    up, rising = _sums(given, k, restart_above=h)
    down, falling = _sums(-given, k, restart_above=h)
    signal = (up > h).astype(np.int8) - (down > h).astype(np.int8)
    return Cusum(k, h, up, down, signal, rising, falling)


def non_restarting(
    z: ArrayLike, *, k: float = 0.5, bound: float, baseline: ArrayLike | None = None
) -> NonRestarting:
    """Chart z of shape (time,) or (series, time) with sums that stop at `bound`, and p-values.

    sum[t] = min(bound, max(0, sum[t-1] ± z[t] - k)): Gandy and Lau, arXiv 1204.4333. Nothing
    restarts, so the chart goes on signalling for as long as a shift lasts; the bound lets it come
    down soon after recovery (back in control it loses about k a point). The p-value is the upper
    tail of the sum's steady state in control, the idea of Grigg and Spiegelhalter 2008
    (*Technometrics* 50); here it is solved from the sum's own equation for this bound
    (`steady_tail`) and not their approximation. Sums start at 0 and from there are at each time
    stochastically smaller than in the steady state, so p-values are valid at every time and
    conservative at first. Benjamini and Hochberg over series at one time then control the false
    discovery rate there. The least p-value is that of the bound: `cusum_bound` chooses it.

    `baseline`, one number or one for each series, says that z was made with a mean and a standard
    deviation estimated from so many points before: p-values then allow for it (`steady_tail`).
    Raises `MethodError`.
    """
    _checked(k, bound, "bound")
    given = series_of(z, "CUSUM")
    up, _ = _sums(given, k, bound=bound)
    down, _ = _sums(-given, k, bound=bound)
    p_up, p_down = (p_values(sums, k, bound, baseline) for sums in (up, down))
    return NonRestarting(
        k, bound, up, down, p_up, p_down, np.minimum(1.0, 2 * np.minimum(p_up, p_down))
    )


def _sums(
    z: Floats, k: float, *, restart_above: float = np.inf, bound: float = np.inf
) -> tuple[Floats, Counts]:
    """The upper sums of z and how many observed points each has been above 0."""
    by_time = np.moveaxis(np.atleast_2d(z), 1, 0)
    sums = np.empty(by_time.shape)
    counts = np.empty(by_time.shape, dtype=np.int32)
    level = np.zeros(by_time.shape[1])
    run = np.zeros(by_time.shape[1], dtype=np.int32)
    for t, now in enumerate(by_time):
        seen = ~np.isnan(now)
        level = np.where(seen, np.clip(level + (now - k), 0.0, bound), level)
        run = np.where(level > 0, run + seen, 0).astype(np.int32)
        sums[t] = np.where(seen, level, np.nan)
        counts[t] = np.where(seen, run, 0)
        over = level > restart_above
        level = np.where(over, 0.0, level)
        run = np.where(over, 0, run).astype(np.int32)
    return np.moveaxis(sums, 0, 1).reshape(z.shape), np.moveaxis(counts, 0, 1).reshape(z.shape)


def cusum_arl(k: float, h: float, shift: float = 0.0, *, sides: Sides = "two") -> float:
    """The mean number of points to a signal, from sums of 0, when z is normal about `shift`.

    One side, L(u) from a sum of u, with Phi and phi the normal distribution and density::

        L(u) = 1 + L(0) Phi(k - u - shift) + integral from 0 to h of L(x) phi(x - u + k - shift) dx

    solved by Gauss-Legendre quadrature (Nyström: Vance 1986, *Journal of Quality Technology*
    18:237; the Markov chain of Brook and Evans 1972, *Biometrika* 59:539, made exact). Two sides
    combine as 1/L = 1/L(up) + 1/L(down) (Lucas and Crosier 1982, *Technometrics* 24:199). A
    length above `quadrature.MEASURABLE` is given as infinite: its equation is nearly singular.
    Raises `MethodError`.
    """
    _checked(k, h, "limit h")
    if not np.isfinite(shift):
        raise MethodError(f"A shift is a finite number of standard deviations; got {shift}.")
    if sides not in ("one", "two"):
        raise MethodError(f"A CUSUM has 'one' or 'two' sides; got {sides!r}.")
    ways = [shift] if sides == "one" else [shift, -shift]
    rate = sum(1 / _one_sided_arl(k, h, way) for way in ways)
    return 1 / rate if rate > 0 else np.inf


def cusum_limit(
    k: float, arl: float, *, sides: Sides = "two", baseline: int | None = None
) -> float:
    """The limit h at which a chart in control gives one false signal in `arl` points.

    With `baseline`, z was made with a mean and standard deviation estimated from so many points in
    control, and h is where the rate of false signals, averaged over such estimates, is 1 / `arl`
    (`false_signal_rate`). Without this allowance a chart from 60 points signals nearly twice as
    often as it says. Raises `MethodError`.
    """
    return crossing(
        lambda h: -np.log(false_signal_rate(k, h, sides=sides, baseline=baseline)),
        np.log(arl),
        f"A CUSUM of k = {k}",
        arl,
    )


def false_signal_rate(
    k: float, h: float, *, sides: Sides = "two", baseline: int | None = None
) -> float:
    """False signals a point in control: 1 / ARL, averaged over what a baseline may have estimated.

    With n points of baseline the mean errs by N(0, 1/n) and the standard deviation is s, s^2 a
    chi-square over its n - 1 degrees of freedom (its cube root taken as normal: Wilson and Hilferty
    1931). The chart then is one of k s and h s over points about the mean's error. What estimates
    do to CUSUM is in Jones, Champ and Rigdon 2004, *Technometrics* 46:95. Raises `MethodError`.
    """
    return sum(
        chance / cusum_arl(k * s, h * s, error, sides=sides)
        for s, error, chance in _estimates(baseline)
    )


def _estimates(baseline: int | None) -> list[tuple[float, float, float]]:
    """Standard deviations and errors of the mean that a baseline may give, and their chances."""
    if baseline is None:
        return [(1.0, 0.0, 1.0)]
    if baseline < 3:
        raise MethodError(f"A baseline of {baseline} points allows no CUSUM; give at least 3.")
    (x, x_weight), (y, y_weight) = (np.polynomial.hermite_e.hermegauss(n) for n in (5, 11))
    part = 2 / (9 * (baseline - 1))
    spread = np.maximum(1 - part + np.sqrt(part) * x, 0.05) ** 1.5
    return [
        (float(s), float(error), float(a * b))
        for s, a in zip(spread, x_weight / x_weight.sum(), strict=True)
        for error, b in zip(y / np.sqrt(baseline), y_weight / y_weight.sum(), strict=True)
    ]


def steady_tail(sums: ArrayLike, k: float, bound: float, *, baseline: int | None = None) -> Floats:
    """P(S >= s) for the sum S of a bounded chart, in control and in the long run.

    S has a chance of being exactly 0, one of being exactly `bound`, and a density f between. With
    these solved from the stationary equation by Gauss-Legendre quadrature, for 0 < s <= bound::

        P(S >= s) = P(S=0) Phi(-s-k) + P(S=bound) Phi(bound-s-k) + integral of f(u) Phi(u-s-k) du

    With `baseline`, averaged over what so many points may have estimated (`false_signal_rate`), by
    quadrature good to 2 % at 12 points and 0.03 % at 60. It is 1 at s = 0 and 0 above the bound;
    NaN stays NaN. Raises `MethodError`.
    """
    from scipy.special import ndtr

    _checked(k, bound, "bound")
    s = np.asarray(sums, dtype=np.float64)
    tail = np.zeros(s.shape)
    for spread, error, chance in _estimates(baseline):
        state, mass = _steady_state(k * spread, bound * spread, error)
        tail += chance * (ndtr(state - s[..., None] * spread - k * spread + error) @ mass)
    return np.where(np.isnan(s), np.nan, np.where(s <= 0, 1.0, np.where(s > bound, 0.0, tail)))


def p_values(sums: Floats, k: float, bound: float, baseline: ArrayLike | None = None) -> Floats:
    """`steady_tail` for the sums of many series, interpolated: relative error below 2e-4.

    `baseline` is one number or one for each series, at least 3; it is taken down to the next power
    of the square root of 2, which errs on the side of caution. Raises `MethodError`.
    """
    if baseline is None:
        return _interpolated(sums, k, bound, None)
    points = np.broadcast_to(np.asarray(baseline, dtype=np.float64), np.atleast_2d(sums).shape[:-1])
    if not np.all(points >= 3):
        raise MethodError("A CUSUM's p-values need baselines of at least 3 points.")
    steps = np.floor(2 * np.log2(points) + 1e-9)
    p = np.empty(np.atleast_2d(sums).shape)
    for step in np.unique(steps):
        rows = steps == step
        p[rows] = _interpolated(np.atleast_2d(sums)[rows], k, bound, max(3, int(2 ** (step / 2))))
    return p.reshape(sums.shape)


def _interpolated(sums: Floats, k: float, bound: float, baseline: int | None) -> Floats:
    """The tail at each sum, its logarithm interpolated on a grid."""
    grid, log_tail = _tail_on_grid(k, bound, baseline)
    return np.where(sums <= 0, 1.0, np.exp(np.interp(sums, grid, log_tail)))


@lru_cache(maxsize=64)
def _tail_on_grid(k: float, bound: float, baseline: int | None) -> tuple[Floats, Floats]:
    """A grid from 0 to the bound and the logarithm of the tail on it."""
    grid = np.linspace(0, bound, max(101, int(20 * bound)))
    # The tail jumps at 0, where the chance of being 0 joins it: the grid holds its limit there.
    return grid, np.log(steady_tail(np.maximum(grid, 1e-12), k, bound, baseline=baseline))


def cusum_bound(k: float, p: float, *, baseline: int | None = None) -> float:
    """The bound whose own p-value (the least that the chart can give) is `p`, from 0 to 1/4.

    For Benjamini and Hochberg at rate q over m two-sided series, a lone series can be discovered
    where p is at most q / (2 m). Raises `MethodError`, as where a short `baseline` allows no p so
    small.
    """
    if not 0 < p < 0.25:
        raise MethodError(f"The least p-value of a CUSUM must lie between 0 and 1/4; got {p}.")
    return crossing(
        lambda bound: -np.log(float(steady_tail(bound, k, bound, baseline=baseline))),
        -np.log(p),
        "The least p-value of a CUSUM",
        p,
    )


def _steady_state(k: float, bound: float, shift: float) -> tuple[Floats, Floats]:
    """Where a bounded sum can be (0, nodes, bound) and its long-run chance of being there."""
    from scipy.special import ndtr

    x, weight = nodes_on(0, bound)
    state = np.concatenate([[0.0], x, [bound]])
    step = state[None, :] - state[:, None] + k - shift
    move = np.exp(-(step**2) / 2) / np.sqrt(2 * np.pi)
    move[:, 1:-1] *= weight
    move[:, 0] = ndtr(k - shift - state)
    move[:, -1] = ndtr(state - bound - k + shift)
    # Stationary: mass = mass @ move. One equation is redundant; the chances' sum replaces it.
    system = move.T - np.eye(len(state))
    system[0] = 1
    mass = np.linalg.solve(system, np.eye(len(state))[0])
    return state, mass


def _one_sided_arl(k: float, h: float, shift: float) -> float:
    """The mean run length of the upper sum from 0."""
    from scipy.special import ndtr

    x, weight = nodes_on(0, h)
    state = np.concatenate([[0.0], x])
    step = state[None, :] - state[:, None] + k - shift
    move = np.exp(-(step**2) / 2) / np.sqrt(2 * np.pi)
    move[:, 1:] *= weight
    move[:, 0] = ndtr(k - shift - state)
    return mean_time(move)


def _checked(k: float, limit: float, name: str) -> None:
    """Refuse a reference value or limit that makes no chart."""
    if not (0 <= k < np.inf and 0 < limit < np.inf):
        raise MethodError(f"A CUSUM needs k of at least 0 and a {name} above 0: {k}, {limit}.")
