"""Season and memory, taken out before limits: standardised one-step residuals of monthly series.

Limits assume independent points about one level. Monthly counts have seasons, remember the month
before and vary more than chance. For series i at time t in month m, e being standard normal::

    counts      E[y] = exposure x level x effect[m]      Var[y] = dispersion x E[y]
    measures    E[y] = level + effect[m]                 Var[y] = dispersion
    memory      e[t] = rho e[t-1] + sqrt(1 - rho^2) z[t]

z is what comes out: standard normal and independent while in control, and what XmR, `cusum` and
`ewma` then take. Everything is fitted on the baseline and judged against it.

* e of a count is Anscombe's residual with its mean taken off, v = dispersion:
  1.5 (y^(2/3) - m^(2/3) (1 - v / 9m)) / (m^(1/6) sqrt(v)), m = E[y]; of a measure,
  (y - E[y]) / sqrt(v). McCullagh and Nelder 1989, *Generalized Linear Models*, 2.4.
* A season is claimed where the baseline holds each month of the year twice or more. Its effects
  are shrunk: toward those of `alike` series, and these toward none, by as much as chance explains
  of their spread (DerSimonian and Laird 1986, doi 10.1016/0197-2456(86)90046-2).
* Dispersion and rho are shrunk in the same way toward those of alike series. rho is corrected for
  its bias in short series (Marriott and Pope 1954, *Biometrika* 41:390): (1 + 3 rho) / n.
* Residuals are divided by sqrt(1 ± u): u is the variance of the fitted value over that of the
  point, added for points after the baseline and taken off within it.

===========================  ======================================================================
what comes in                what comes out
===========================  ======================================================================
NaN                          a gap: residual NaN; the memory of the point before it fades with time
under 12 points of baseline  `fitted` false, every residual NaN
months out of order          `MethodError`
under 2 of some month        `seasonal` false, every effect none (1 for counts, 0 for measures)
under 24 neighbours          autocorrelation 0
all 0, or constant measures  `fitted` false, every residual NaN
constant counts              dispersion 1: no count is taken to vary less than chance
infinite or not numbers,     `MethodError`
negative counts, exposure
of 0 or below or missing
where there is a count
===========================  ======================================================================
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.series import series_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]
Family = Literal["counts", "measures"]

FEWEST_POINTS = 12
"""Series with fewer points in their baseline are not fitted."""
FEWEST_YEARS = 2
"""A season is claimed where the baseline holds every month this often."""
FEWEST_NEIGHBOURS = 24
"""Autocorrelation is estimated from at least this many pairs of neighbours."""
ROUNDING = 1e-18
"""Measures whose squares about their fit are below this share of their squares do not vary."""


@dataclass(frozen=True)
class Season:
    """A fitted model of season and memory.

    Of shape (series,): `level` (per unit of exposure, or in the values' unit), `dispersion`,
    `autocorrelation`, `fitted`, `seasonal`; (series, 12) from January: `effect`, averaging 1 for
    counts and 0 for measures. Of the values' shape: `expected`, in the values' unit, and
    `residual`, z above. One series of shape (time,) counts as one row.
    """

    family: Family
    level: Floats
    effect: Floats
    dispersion: Floats
    autocorrelation: Floats
    fitted: Bools
    seasonal: Bools
    expected: Floats
    residual: Floats


def season(
    values: ArrayLike,
    month: ArrayLike,
    *,
    exposure: ArrayLike | None = None,
    family: Family = "counts",
    baseline: int | None = None,
    alike: ArrayLike | None = None,
) -> Season:
    """Fit values of shape (time,) or (series, time), one point a month; give their residuals.

    `month` is 1 to 12 for each time, every month in order; `exposure` (counts only: population,
    above 0) has the values' shape or (series, 1). `baseline` is the number of positions in time,
    gaps counted, that are in control and fitted; all by default, and then a lasting shift is fitted
    too, in part, and shows less. `alike` names a kind for each series: those of one kind lend each
    other strength; where it is None, all stand alone. Model and defined behaviour are in the
    module's docstring. A trend is not modelled: it is a change. Needs the memory of about a dozen
    arrays of the values' size: give many series kind by kind. Raises `MethodError`.
    """
    given = series_of(values, "Season")
    y = np.atleast_2d(given)
    place = _months(month, y.shape[1])
    if family not in ("counts", "measures"):
        raise MethodError(f"Season models 'counts' or 'measures'; got {family!r}.")
    counts = family == "counts"
    x = _exposures(y, exposure, counts)
    used = ~np.isnan(y)
    if baseline is not None:
        if baseline < FEWEST_POINTS:
            raise MethodError(
                f"A baseline of {baseline} points fits no season; give at least {FEWEST_POINTS}."
            )
        used &= np.arange(y.shape[1]) < baseline
    kind = _kinds(alike, len(y))

    with np.errstate(divide="ignore", invalid="ignore"):
        points = used.sum(axis=1)
        of_month, total = (_by_month(np.where(used, array, 0), place) for array in (y, x))
        seasonal = _by_month(used, place).min(axis=1) >= FEWEST_YEARS
        rate = of_month / total
        level = np.where(seasonal, rate.mean(axis=1), of_month.sum(axis=1) / total.sum(axis=1))
        # Effects relative to the level, about 1, or about 0; and their variance, were v 1.
        scale = level[:, None] if counts else np.ones((len(y), 1))
        raw = rate / scale if counts else rate - level[:, None]
        unit = 1 / (total * scale)
        none = 1.0 if counts else 0.0

        within = _moments(y, x, level, raw, used & seasonal[:, None], place, counts)
        # Counts vary by chance at least, and measures by no less than floats can tell.
        least = np.sum(y**2, axis=1, where=used) * ROUNDING
        spread = np.maximum(within / np.maximum(points - 12, 1), 1.0 if counts else least)
        effect, unsure = _season(raw, unit * spread[:, None], none, seasonal, kind)

        u = x * scale * unsure[:, place] if counts else unsure[:, place] * np.ones(y.shape)
        u = u / np.where(spread > 0, spread, 1)[:, None]
        u += x / np.sum(x, axis=1, where=used, initial=0)[:, None]
        left = points - np.sum(u, axis=1, where=used)
        squares = _moments(y, x, level, effect, used, place, counts)
        fitted = (points >= FEWEST_POINTS) & (level > 0 if counts else squares > least)
        dispersion = _alike_dispersion(squares / left, left, fitted, kind)

        expected = x * level[:, None] if counts else np.repeat(level[:, None], y.shape[1], axis=1)
        expected = expected * effect[:, place] if counts else expected + effect[:, place]
        known = np.sqrt(np.where(used, np.maximum(1 - u, 0.05), 1 + u))
        e = _standardised(y, expected, dispersion[:, None], counts) / known
        rho = _autocorrelation(e, used, fitted & (squares > 0), kind)
        # Points that remember tell less of the level: it took (1 + rho) / (1 - rho) of them, not 1.
        dispersion *= left / np.maximum(left - 2 * rho / (1 - rho), left / 2)
        if counts:
            dispersion = np.maximum(dispersion, 1.0)
        e = _standardised(y, expected, dispersion[:, None], counts) / known
        e[~fitted] = np.nan
    return Season(
        family=family,
        level=level,
        effect=effect,
        dispersion=np.where(fitted, dispersion, np.nan),
        autocorrelation=rho,
        fitted=fitted,
        seasonal=seasonal & fitted,
        expected=expected.reshape(given.shape),
        residual=_one_step(e, rho).reshape(given.shape),
    )


def _months(month: ArrayLike, times: int) -> Places:
    """Each time's month from 0, refused where there is not one of 1 to 12 for each time."""
    given = np.asarray(month)
    if given.shape != (times,) or not np.issubdtype(given.dtype, np.integer):
        raise MethodError(f"Season needs one whole month number for each of {times} times.")
    if given.min() < 1 or given.max() > 12:
        raise MethodError(f"Months are 1 to 12; got {given.min()} to {given.max()}.")
    if np.any(np.diff(given) % 12 != 1):
        raise MethodError("Season needs every month in order; give NaN for a month without value.")
    return given.astype(np.intp) - 1


def _exposures(y: Floats, exposure: ArrayLike | None, counts: bool) -> Floats:
    """The exposure of each point (1 where none is given), or a refusal."""
    if not counts:
        if exposure is not None:
            raise MethodError("Measures have no exposure; divide first, or model counts.")
        return np.ones(y.shape)
    negative = np.argwhere(y < 0)
    if negative.size:
        where = tuple(int(i) for i in negative[0])
        raise MethodError(f"Season: the count at {where} is negative; are these measures?")
    if exposure is None:
        return np.ones(y.shape)
    given = np.asarray(exposure, dtype=np.float64)
    try:
        x = np.broadcast_to(given, y.shape)
    except ValueError:
        raise MethodError(f"Exposure has shape {given.shape}; the counts have {y.shape}.") from None
    bad = np.argwhere(~np.isnan(y) & ~((x > 0) & (x < np.inf)))
    if bad.size:
        where = tuple(int(i) for i in bad[0])
        raise MethodError(f"Season: the exposure at {where} is {x[where]:g}; it must be above 0.")
    return x


def _kinds(alike: ArrayLike | None, series: int) -> Places:
    """A number from 0 for each series' kind."""
    if alike is None:
        return np.arange(series)
    given = np.asarray(alike)
    if given.shape != (series,):
        raise MethodError(f"{given.size} kinds for {series} series.")
    return np.unique(given, return_inverse=True)[1].astype(np.intp)


def _by_month(array: NDArray[np.generic], place: Places) -> Floats:
    """Sums over each month of the year: (series, 12)."""
    return np.asarray(array @ (place[:, None] == np.arange(12)).astype(np.float64), np.float64)


def _moments(
    y: Floats, x: Floats, level: Floats, effect: Floats, used: Bools, place: Places, counts: bool
) -> Floats:
    """The sum of squared Pearson residuals of each series."""
    at = effect[:, place]
    expected = x * level[:, None] * at if counts else level[:, None] + at
    squares = (y - expected) ** 2 / (expected if counts else 1.0)
    return np.asarray(np.sum(squares, axis=1, where=used & (squares >= 0)))


def _between(
    estimate: Floats, variance: Floats, cell: Places, block: Places
) -> tuple[Floats, Floats, Floats]:
    """DerSimonian and Laird: each cell's mean, the variance of that mean, and each block's tau2.

    `cell` and `block` number the estimates' cells and the cells' blocks. With w = 1 / variance:
    Q = sum of w (estimate - mean)^2 and tau2 = (Q - df) / (sum of w - sum of w^2 / sum of w), Q,
    df and the divisor summed over a block, at least 0. The mean then weighs by
    1 / (variance + tau2).
    """
    cells, blocks = len(block), int(block.max(initial=-1)) + 1

    def per_cell(array: Floats) -> Floats:
        return np.bincount(cell, array, cells).astype(np.float64)

    def per_block(array: Floats) -> Floats:
        return np.bincount(block, np.nan_to_num(array), blocks).astype(np.float64)

    w = 1 / variance
    total = per_cell(w)
    mean = per_cell(w * estimate) / total
    q = per_block(per_cell(w * (estimate - mean[cell]) ** 2))
    df = per_block(np.maximum(np.bincount(cell, minlength=cells) - 1.0, 0))
    divisor = per_block(total - per_cell(w**2) / total)
    tau2 = np.where(df > 0, np.maximum(q - df, 0) / np.where(df > 0, divisor, 1), 0)
    w = 1 / (variance + tau2[block[cell]])
    return per_cell(w * estimate) / per_cell(w), 1 / per_cell(w), tau2


def _season(
    raw: Floats, variance: Floats, none: float, seasonal: Bools, kind: Places
) -> tuple[Floats, Floats]:
    """Shrunk effects (series, 12), averaging `none`, and the variance that they are left with."""
    effect, unsure = np.full(raw.shape, none), np.zeros(raw.shape)
    usable = seasonal & np.all(variance > 0, axis=1) & np.all(np.isfinite(raw), axis=1)
    if usable.any():
        own, v = raw[usable], variance[usable]
        names, group = np.unique(kind[usable], return_inverse=True)
        cell = group[:, None] * 12 + np.arange(12)
        of_cell = np.repeat(np.arange(len(names)), 12)
        pattern, vague, tau2 = _between(own.ravel(), v.ravel(), cell.ravel(), of_cell)
        _, _, months = _between(pattern, vague, of_cell, np.arange(len(names)))
        keep = months[of_cell] / (months[of_cell] + vague)
        pattern, vague = none + keep * (pattern - none), keep * vague
        share = tau2[group][:, None] / (tau2[group][:, None] + v)
        shrunk = pattern[cell] + share * (own - pattern[cell])
        average = shrunk.mean(axis=1, keepdims=True)
        effect[usable] = shrunk / average if none else shrunk - average
        unsure[usable] = share * v + (1 - share) ** 2 * vague[cell]
    return effect, unsure


def _alike_dispersion(own: Floats, df: Floats, fitted: Bools, kind: Places) -> Floats:
    """Dispersions shrunk, as logarithms, toward those of their kind; each varies by 2 / df."""
    usable = fitted & (own > 0) & (df > 0)
    out = np.where(usable, own, 1.0)
    out[usable] = np.exp(_toward_kind(np.log(own[usable]), 2 / df[usable], kind[usable]))
    return out


def _toward_kind(estimate: Floats, variance: Floats, kind: Places) -> Floats:
    """Estimates shrunk toward the mean of their kind; a lone one stays as it is."""
    names, group, size = np.unique(kind, return_inverse=True, return_counts=True)
    if not len(names):
        return estimate
    mean, _, tau2 = _between(estimate, variance, group, np.arange(len(names)))
    share = np.where(size > 1, tau2, np.inf)[group]
    share = np.where(np.isinf(share), 1.0, share / (share + variance))
    return np.asarray(mean[group] + share * (estimate - mean[group]))


def _standardised(y: Floats, expected: Floats, dispersion: Floats, counts: bool) -> Floats:
    """e above, before what is not known of the fit is allowed for."""
    if not counts:
        return np.asarray((y - expected) / np.sqrt(dispersion))
    mean = expected ** (2 / 3) * (1 - dispersion / (9 * expected))
    return np.asarray(1.5 * (y ** (2 / 3) - mean) / (expected ** (1 / 6) * np.sqrt(dispersion)))


def _autocorrelation(e: Floats, used: Bools, fitted: Bools, kind: Places) -> Floats:
    """rho of each series, corrected for bias, shrunk toward its kind, within ±0.95."""
    seen = used & ~np.isnan(e)
    pair = seen[:, 1:] & seen[:, :-1]
    pairs = pair.sum(axis=1)
    product = np.sum(e[:, 1:] * e[:, :-1], axis=1, where=pair) / pairs
    r = product / (np.sum(e**2, axis=1, where=seen) / seen.sum(axis=1))
    own = (pairs * r + 1) / (pairs - 3)
    rho = np.zeros(len(e))
    usable = fitted & (pairs >= FEWEST_NEIGHBOURS) & np.isfinite(own)
    own = np.clip(own[usable], -0.95, 0.95)
    rho[usable] = _toward_kind(own, (1 - own**2) / pairs[usable], kind[usable])
    return rho


def _one_step(e: Floats, rho: Floats) -> Floats:
    """z: what each e adds to what the last observed one, a gap of any length before, foretold."""
    z = np.empty(e.shape)
    last, kept = np.zeros(len(e)), np.zeros(len(e))
    for t in range(e.shape[1]):
        now = e[:, t]
        # `kept` is rho to the power of the months since the last point; 0 before the first.
        z[:, t] = (now - kept * last) / np.sqrt(1 - kept**2)
        seen = ~np.isnan(now)
        last = np.where(seen, now, last)
        kept = np.where(seen, rho, kept * rho)
    return z
