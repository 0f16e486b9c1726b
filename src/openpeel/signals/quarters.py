"""One value against the others, where there is only a handful: four quarters, say.

Given their sum S, counts that share one rate are multinomial, with shares in proportion to what is
expected of each position; so the count of position i is binomial, and exactly::

    tail(c) = P(Y_i >= c) = I_q(c, S - c + 1)        q = expected_i / sum of expected

The scan looks at every position, so its p for a position is the chance that any position is as
extreme: the sum over positions of the largest tail that is no greater, among counts that can occur.
That sum is above the exact chance by less than p^2 / 2, since multinomial counts are negatively
associated (Joag-Dev and Proschan 1983, Annals of Statistics 11:286); that only counts which can
occur are added up is Tarone 1990, Biometrics 46:515. With a dispersion phi, counts and sum are
divided by phi: an approximation.

A gap takes no part. With fewer than 2 positions, or no events, p is 1 and the rest NaN.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.packed import known_scale, numbers

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OneAgainstRest:
    """Each value against the others of its series: arrays of the counts' shape, NaN in gaps.

    `ratio` is its events per expected over the others', with its interval `low` to `high` (not
    widened for the search); `p` that of a scan for a high value; `detectable` the smallest true
    ratio at which the scan would have found a value there with the stated power, given how many
    events there were in all (NaN: none would).
    """

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats
    detectable: Floats


def one_against_rest(
    counts: ArrayLike,
    *,
    expected: ArrayLike | None = None,
    dispersion: ArrayLike = 1.0,
    alpha: float = 0.05,
    power: float = 0.8,
    confidence: float = 0.95,
) -> OneAgainstRest:
    """Scan each series of counts, (position,) or (series, position), for a high value.

    `expected` (above 0, of a shape that fits; its scale does not matter) is what season and
    exposure make of each position: the same quarters of all other forces, say. `dispersion`, at
    least 1, one or one for each series: variance over mean.

    Equations, sources and defined behaviour are in the module's docstring. Raises `MethodError`.
    """
    from scipy.special import betaincinv

    if not all(0 < x < 1 for x in (alpha, power, confidence)):
        raise MethodError("alpha, power and confidence lie between 0 and 1.")
    y, e = numbers(counts, expected, poisson=True)
    given = known_scale(dispersion, len(y))
    if given is None or np.any(given < 1):
        raise MethodError("The dispersion of counts is at least 1.")
    there = ~np.isnan(y)
    phi = given[:, None]
    y, e = np.where(there, y, 0.0), np.where(there, e, 0.0)
    total, base = y.sum(axis=1, keepdims=True), e.sum(axis=1, keepdims=True)
    positions = there.sum(axis=1, keepdims=True)
    possible = there & (positions > 1) & (total > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = e / base
        odds = (base - e) / e
        own = np.where(possible, _tail(y, total, share, phi), np.nan)
        # Every position's threshold for this position's tail: (series, position, threshold of).
        wanted = np.where(possible, own, 1.0)[:, :, None] * (1 + 1e-9)
        others = share[:, None, :], total[:, :, None], phi[:, :, None]
        reached = _first_below(wanted, *others)
        chance = _tail(reached, others[1], others[0], others[2])
        p = np.minimum(np.sum(np.where(there[:, None, :], chance, 0.0), axis=2), 1.0)
        least = _first_below(np.broadcast_to(alpha / positions, y.shape), share, total, phi)
        chosen = betaincinv(least / phi, (total - least) / phi + 1, power)
        detectable = np.where(least <= total, chosen / (1 - chosen) * odds, np.nan)
        side = (1 - confidence) / 2
        inside, outside = y / phi, (total - y) / phi
        low = np.where(y > 0, betaincinv(inside, outside + 1, side), 0.0)
        high = np.where(y < total, betaincinv(inside + 1, outside, 1 - side), 1.0)
        columns = (
            y / (total - y) * odds,
            low / (1 - low) * odds,
            high / (1 - high) * odds,
        )
    shape = np.shape(counts)
    ratio, low, high = (np.where(possible, c, np.nan).reshape(shape) for c in columns)
    p = np.where(there, np.where(possible, p, 1.0), np.nan)
    return OneAgainstRest(
        ratio,
        low,
        high,
        p.reshape(shape),
        np.where(possible, detectable, np.nan).reshape(shape),
    )


def _tail(count: Floats, total: Floats, share: Floats, phi: Floats) -> Floats:
    """P(Y >= count) of a binomial of `total` and `share`: 1 at a count of 0, 0 above the total."""
    from scipy.special import betainc

    inside = np.clip(count, 0.5, total)
    made = betainc(inside / phi, (total - inside) / phi + 1, share)
    return np.where(count <= 0, 1.0, np.where(count > total, 0.0, made))


def _first_below(wanted: Floats, share: Floats, total: Floats, phi: Floats) -> Floats:
    """The smallest count whose tail is no greater than `wanted`; one above the total if none is."""
    shape = np.broadcast_shapes(wanted.shape, share.shape, total.shape)
    low, high = np.full(shape, -1.0), np.broadcast_to(np.floor(total) + 1, shape).copy()
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        enough = _tail(middle, total, share, phi) <= wanted
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high
