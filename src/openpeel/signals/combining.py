"""Several indicators of one question in one statement, counting what they share only once.

Over the indicators i that a force has, with z-scores z standard normal under "like the others"
(adjusted for over-dispersion, + the worse way for all of them), weights w and their correlation R
from one force to the next::

    combined z = sum(w z) / sqrt(max(sum_ij w_i w_j R_ij, sum(w^2)))

With R = 1 off the diagonal it is the weighted mean, with R = 0 Stouffer's sum over its root. The
larger of the two below the root: correlations that cancel out are never let sharpen a statement.

R is estimated over the forces themselves, for they are too many to be extreme together, and shrunk
to its own mean correlation r (never below 0), the noise of each entry against their spread::

    R = (1 - lambda) r_ij + lambda r    lambda = sum var(r_ij) / sum (r_ij - r)^2, 0 to 1
    var(r_ij) = n / (n - 1)^3 sum((x_i x_j - mean)^2), x standardised

That target leaves the sum over all of R as it was, so shrinking does not make statements bolder,
as drawing correlations to 0 would.

Sources: Stouffer and others 1949; Strube 1985, *Psychological Bulletin* 97(2):334 (with
correlation); Spiegelhalter and others 2012, *JRSS-A* 175(1), doi 10.1111/j.1467-985X.2011.01010.x
(over-dispersed z-scores, combined to choose whom to inspect); Ledoit and Wolf 2004, *Journal of
Portfolio Management* 30(4):110 (constant correlation); Schäfer and Strimmer 2005, doi
10.2202/1544-6115.1175 (lambda and var).

Assumes that each z is calibrated: where it is not, neither is the statement. Forces that truly are
worse on all of a question raise R, which makes their own statement weaker, never stronger.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN                             an indicator that this force lacks: the others are combined
all NaN for a force             z and p NaN, 0 indicators
fewer than 10 forces share two  their correlation is taken as r; where that holds of all pairs, as 1
indicators, or one is constant  (then the statement is the weighted mean of z)
one indicator                   its own z
infinite, no numbers            `MethodError`
weights not above 0             `MethodError`
no correlation matrix           `MethodError`
==============================  ===================================================================
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_FORCES = 10
"""A correlation is not estimated from fewer forces than this."""


@dataclass(frozen=True)
class Statement:
    """One statement for each force and question: `z`, `p`, `indicators` have shape (..., force).

    `z` is standard normal under "like the others", + the worse way; `p` is two-sided; `indicators`
    counts those behind it, `independent` how many independent ones they are worth, (sum w)^2 over
    the variance. `correlation` (..., indicator, indicator) is the one used, `shrinkage` (...) its
    lambda, NaN where the correlation was given.
    """

    z: Floats
    p: Floats
    indicators: NDArray[np.intp]
    independent: Floats
    correlation: Floats
    shrinkage: Floats


def combine(
    z: ArrayLike, *, weights: ArrayLike | None = None, correlation: ArrayLike | None = None
) -> Statement:
    """Combine z-scores of shape (force, indicator), or (..., force, indicator) for many questions.

    `weights`, one for each indicator, default to 1. `correlation`, a matrix of the indicators, may
    be given where it is known from elsewhere; else it is estimated from `z`, which then had better
    be the null of most forces. Equations, sources and defined behaviour are in the module's
    docstring. Raises `MethodError`.
    """
    try:
        given = np.asarray(z, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(f"z-scores are numbers, with NaN for none: {error}.") from error
    if given.ndim < 2 or 0 in given.shape:
        raise MethodError(
            f"z-scores need (force, indicator), at least one each; got {given.shape}."
        )
    if np.isinf(given).any():
        where = tuple(int(i) for i in np.argwhere(np.isinf(given))[0])
        raise MethodError(f"The z-score at {where} is infinite; give NaN where there is none.")
    count = given.shape[-1]
    w = np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (count,) or not np.all((w > 0) & np.isfinite(w)):
        raise MethodError(f"Weights are {count} numbers above 0; got {w.tolist()}.")
    has = ~np.isnan(given)
    filled = np.where(has, given, 0.0)
    if correlation is None:
        matrix, shrinkage = _correlation(filled, has)
    else:
        matrix = _given(correlation, count)
        matrix = np.broadcast_to(matrix, (*given.shape[:-2], count, count))
        shrinkage = np.full(given.shape[:-2], np.nan)
    from scipy.special import ndtr

    own = has * w
    variance = np.maximum(np.sum((own @ matrix) * own, axis=-1), np.sum(own**2, axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        combined = np.sum(filled * own, axis=-1) / np.sqrt(variance)
        independent = own.sum(axis=-1) ** 2 / variance
    return Statement(
        z=combined,
        p=2 * ndtr(-np.abs(combined)),
        indicators=has.sum(axis=-1),
        independent=independent,
        correlation=matrix,
        shrinkage=shrinkage,
    )


def _correlation(z: Floats, has: Bools) -> tuple[Floats, Floats]:
    """The shrunk correlation of the indicators over forces, and lambda; gaps are 0 in `z`."""
    mask = has.astype(np.float64)
    across = np.swapaxes(mask, -1, -2)
    # Sums over the forces that have both indicators of a pair: entry ij is of i.
    n = across @ mask
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.swapaxes(z, -1, -2) @ mask / n
        square = np.swapaxes(z**2, -1, -2) @ mask / n - mean**2
        shared = np.swapaxes(z, -1, -2) @ z / n - mean * np.swapaxes(mean, -1, -2)
        # A constant indicator leaves rounding where its variance would be.
        square = np.where(square > 1e-12 * mean**2, square, np.nan)
        r = np.clip(shared / np.sqrt(square * np.swapaxes(square, -1, -2)), -1, 1)
        own = np.diagonal(n, axis1=-2, axis2=-1)[..., None, :]
        centre = z.sum(axis=-2, keepdims=True) / own
        spread = (z**2).sum(axis=-2, keepdims=True) / own - centre**2
        x = np.where(has, (z - centre) / np.sqrt(spread), 0.0)
        x = np.nan_to_num(x, posinf=0.0, neginf=0.0)
        products, squares = (np.swapaxes(a, -1, -2) @ a for a in (x, x**2))
        noise = n / (n - 1) ** 3 * (squares - products**2 / n)
    pair = ~np.eye(n.shape[-1], dtype=np.bool_)
    known = pair & (n >= FEWEST_FORCES) & ~np.isnan(r)
    pairs = known.sum(axis=(-2, -1), keepdims=True)
    total = np.sum(r, axis=(-2, -1), keepdims=True, where=known)
    target = np.where(pairs > 0, np.maximum(total / np.maximum(pairs, 1), 0), 1.0)
    off = np.sum((r - target) ** 2, axis=(-2, -1), keepdims=True, where=known)
    between = np.sum(noise, axis=(-2, -1), keepdims=True, where=known)
    shrinkage = np.where(off > between, between / np.where(off > 0, off, 1.0), 1.0)
    shrunk = np.where(known, (1 - shrinkage) * r + shrinkage * target, target)
    return np.where(pair, shrunk, 1.0), shrinkage[..., 0, 0]


def _given(correlation: ArrayLike, count: int) -> Floats:
    """A correlation matrix, refused where it is none."""
    matrix = np.asarray(correlation, dtype=np.float64)
    sound = (
        matrix.shape == (count, count)
        and bool(np.isfinite(matrix).all())
        and np.allclose(matrix, matrix.T)
        and np.allclose(np.diagonal(matrix), 1)
        and float(np.linalg.eigvalsh(matrix).min()) > -1e-8
    )
    if not sound:
        raise MethodError(f"No correlation matrix of {count} indicators was given.")
    return matrix
