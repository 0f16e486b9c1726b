"""Funnel plots: which units differ from a target by more than chance allows, many funnels at once.

Each unit's value is numerator / denominator. On a scale where its variance is nearly free of the
value, with y the unit, y0 the target and s the standard error under the target::

    standardised ratio, rate   r = O/E     "sqrt": y = sqrt(r), y0 = 1, s = 1 / (2 sqrt(E))
                                           "log":  y = ln(r),   y0 = 0, s = 1 / sqrt(E)
    proportion                 p = x/n     y = arcsin(sqrt(p)), s = 1 / (2 sqrt(n))
    ratio of counts            a/b         y = ln((a + 1/2) / (b + 1/2)),
                                           s^2 = a / (a + 1/2)^2 + b / (b + 1/2)^2
    mean                       m = sum/n   y = m, s = deviation / sqrt(n)

where E is the count expected at the target (target x denominator), and z = (y - y0) / s. With the
extreme z trimmed as the recipe says, over n units, and w = 1 / s^2::

    phi  = sum(z^2) / n
    tau2 = 0 if n phi < n - 1, else (n phi - (n - 1)) / (sum(w) - sum(w^2) / sum(w))
    adjusted se = sqrt(s^2 + tau2)  (additive)  or  s sqrt(max(phi, 1))  (multiplicative)

Unadjusted limits of ratios and rates are from exact Poisson intervals about E, by chi-square
quantiles chi2(p/2; 2E) / 2 and chi2(1 - p/2; 2(E + 1)) / 2; of the other kinds, y0 ± q s taken back
to the value. Adjusted limits are y0 ± q adjusted se, taken back.

Sources: Spiegelhalter 2005, *Statistics in Medicine*, doi 10.1002/sim.1970 (limits, phi, tau2,
transformations); DerSimonian and Laird 1986, doi 10.1016/0197-2456(86)90046-2 (tau2); Spiegelhalter
and others 2012, *JRSS-A*, doi 10.1111/j.1467-985X.2011.01010.x; NHS Digital, SHMI methodology (log,
truncation); CQC, Intelligent Monitoring statistical methodology (square root, Winsorising).

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN in either array             a gap: NaN, never an outlier, no part in target, phi or tau2
denominator 0                   the same, where the numerator is 0 too or the kind is a ratio of
                                counts; else `MethodError`
fewer than 3 estimating units   phi, tau2, adjusted z and limits NaN, no adjusted outlier; the
                                unadjusted limits stand
pooled target 0                 ratios and rates: limits NaN, no outlier (nothing happened anywhere)
numerator 0 on the log scale    `MethodError`: ln 0 is not defined; take a square-root recipe
deviation 0, negative, absent   `MethodError` for a mean that is compared; NaN is a gap
negative, infinite, no numbers  `MethodError` (the sum behind a mean may be negative)
shapes that differ              `MethodError`
a proportion above 1            `MethodError`
==============================  ===================================================================
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.overdispersion import Recipe, over_dispersion

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]
Kind = Literal["standardised-ratio", "rate", "proportion", "ratio-of-counts", "mean"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Dispersion = Literal["additive", "multiplicative"]

TAIL_95, TAIL_998 = 0.025, 0.001
"""The share beyond each limit, on each side."""


@dataclass(frozen=True)
class Limits:
    """Limits for each unit in the unit of its value, and its side: +1 above, -1 below, 0 within."""

    lower_95: Floats
    upper_95: Floats
    lower_998: Floats
    upper_998: Floats
    outlier_95: Codes
    outlier_998: Codes


@dataclass(frozen=True)
class Funnel:
    """Funnels of shape (..., unit); `target`, `phi`, `tau2` and `units` have shape (...).

    `value` is numerator / denominator; `z` and `adjusted_z` are standard normal under the target;
    `estimating` marks the units that went into pooled target, phi and tau2 before trimming, and
    `units` counts those left after it. `adjusted` and what belongs to it are None without a recipe.
    """

    kind: Kind
    value: Floats
    target: Floats
    z: Floats
    limits: Limits
    estimating: Bools
    recipe: Recipe | None
    dispersion: Dispersion | None
    phi: Floats | None
    tau2: Floats | None
    units: NDArray[np.intp] | None
    adjusted_z: Floats | None
    adjusted: Limits | None


@dataclass(frozen=True)
class _Scale:
    """The scale on which a kind is judged; `back` takes a point on it to the unit of the value."""

    y: Floats
    centre: Floats
    s: Floats
    back: Callable[[Floats], Floats]


def funnel(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    kind: Kind,
    recipe: Recipe | None,
    target: ArrayLike | None = None,
    dispersion: Dispersion = "additive",
    leave_out: ArrayLike | None = None,
    deviation: ArrayLike | None = None,
) -> Funnel:
    """Judge every unit against a target, without and with over-dispersion.

    `numerator` and `denominator` are counts of shape (unit,) or (..., unit) for many funnels;
    for a standardised ratio the denominator is the expected count, for a rate the exposure; for a
    mean they are the sum and number of what is averaged, and `deviation` is its standard deviation,
    one for all or one for each unit, taken as known: from few cases, pool it. The
    `target`, one or one for each funnel, defaults to 1 for a standardised ratio and to the pooled
    value else. `leave_out` marks units (a leverage unit, say) that are judged but take no part in
    the pooled target, phi and tau2. `recipe` has no default since recipes disagree; None gives
    unadjusted limits alone.

    Equations, sources and defined behaviour are in the module's docstring. Raises `MethodError`.
    """
    if kind not in KINDS:
        raise MethodError(f"No funnel is defined for the kind {kind!r}.")
    if dispersion not in ("additive", "multiplicative"):
        raise MethodError(f"Dispersion is 'additive' or 'multiplicative'; got {dispersion!r}.")
    o, d, compared = _counts(numerator, denominator, kind)
    spread = _deviation(deviation, compared, kind)
    compared = compared & ~np.isnan(spread)
    estimating = compared & ~_mask(leave_out, o.shape)
    if kind == "standardised-ratio" and recipe is not None and recipe.decimals is not None:
        d = np.round(d, recipe.decimals)
        if np.any(compared & (d == 0)):
            raise MethodError(
                f"{recipe.name}: an expected count rounds to 0 at {recipe.decimals} decimals; "
                "take a recipe that does not round, or leave that unit's funnel out."
            )
    goal = _target(target, o, d, estimating, kind)

    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(compared, o / d, np.nan)
        if kind in ("standardised-ratio", "rate"):
            expected = np.where(compared & (goal > 0), goal * d, np.nan)
            scale = _ratio_scale(value / goal, expected, goal, recipe)
            limits = _limits(value, lambda tail: _exact_poisson(expected, goal, tail))
        else:
            o, d = np.where(compared, o, np.nan), np.where(compared, d, np.nan)
            if kind == "mean":
                scale = _Scale(value, goal, spread / np.sqrt(d), lambda y: y)
            else:
                scale = (_proportion_scale if kind == "proportion" else _counts_scale)(o, d, goal)
            limits = _limits(value, lambda tail: _approximate(scale, scale.s, tail))
        z = (scale.y - scale.centre) / scale.s
        phi = tau2 = units = adjusted_z = adjusted = None
        if recipe is not None:
            phi, tau2, units = over_dispersion(z, scale.s, estimating, recipe)
            if dispersion == "additive":
                se = np.sqrt(scale.s**2 + tau2[..., None])
            else:
                se = scale.s * np.sqrt(np.maximum(phi, 1))[..., None]
            adjusted_z = (scale.y - scale.centre) / se
            adjusted = _limits(value, lambda tail: _approximate(scale, se, tail))
    return Funnel(
        kind=kind,
        value=value,
        target=goal[..., 0],
        z=z,
        limits=limits,
        estimating=estimating,
        recipe=recipe,
        dispersion=None if recipe is None else dispersion,
        phi=phi,
        tau2=tau2,
        units=units,
        adjusted_z=adjusted_z,
        adjusted=adjusted,
    )


def _counts(
    numerator: ArrayLike, denominator: ArrayLike, kind: Kind
) -> tuple[Floats, Floats, Bools]:
    """Both arrays as floats, and which units can be compared."""
    try:
        o, d = np.array(numerator, dtype=np.float64), np.array(denominator, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(f"A funnel needs numbers, with NaN for a gap: {error}.") from error
    if o.shape != d.shape or o.ndim == 0:
        raise MethodError(
            f"Numerator and denominator need one shape, units last; got {o.shape} and {d.shape}."
        )
    _refuse(np.isinf(o) | np.isinf(d), "is infinite; give NaN where nothing was published")
    _refuse(((o < 0) & (kind != "mean")) | (d < 0), "has a negative count")
    if kind != "ratio-of-counts":
        _refuse((d == 0) & (o != 0) & ~np.isnan(o), "has events but a denominator of 0")
    if kind == "proportion":
        _refuse(o > d, "has a numerator above its denominator, which is no proportion")
    return o, d, ~np.isnan(o) & (d > 0)


def _deviation(deviation: ArrayLike | None, compared: Bools, kind: Kind) -> Floats:
    """Each unit's standard deviation behind a mean; 1, unused, for the other kinds."""
    if (deviation is None) != (kind != "mean"):
        raise MethodError("A funnel of means needs the standard deviation; no other kind takes it.")
    try:
        spread = np.asarray(1.0 if deviation is None else deviation, dtype=np.float64)
        spread = np.broadcast_to(spread, compared.shape)
    except (TypeError, ValueError) as error:
        raise MethodError(
            f"The deviation needs numbers, one for all or one for each unit: {error}."
        ) from error
    wrong = compared & ((spread <= 0) | np.isinf(spread))
    _refuse(wrong, "has a standard deviation that is not above 0, or not finite")
    return spread


def _refuse(wrong: Bools, what: str) -> None:
    """Raise for the first unit that is wrong."""
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise MethodError(f"Funnel: the unit at {where} {what}.")


def _mask(leave_out: ArrayLike | None, shape: tuple[int, ...]) -> Bools:
    """The units left out, as a boolean array of the units' shape."""
    mask = np.asarray(False if leave_out is None else leave_out)
    if mask.dtype != np.bool_ or mask.shape not in ((), shape, shape[-1:]):
        raise MethodError(f"leave_out needs a boolean array, one for each of {shape[-1]} units.")
    return np.broadcast_to(mask, shape)


def _target(
    target: ArrayLike | None, o: Floats, d: Floats, estimating: Bools, kind: Kind
) -> Floats:
    """The target of each funnel, with a last axis of length 1."""
    shape = o.shape[:-1]
    if target is not None:
        given = np.asarray(target, dtype=np.float64)
        least = -np.inf if kind == "mean" else 0.0
        most = 1.0 if kind == "proportion" else np.inf
        if given.shape not in ((), shape) or not np.all((given > least) & (given < most)):
            raise MethodError(
                f"The target of a {kind} must lie between {least:g} and {most:g}, one or one for "
                f"each funnel; got {given.tolist()}."
            )
        return np.broadcast_to(given, shape)[..., None]
    if kind == "standardised-ratio":
        return np.ones((*shape, 1))
    with np.errstate(invalid="ignore"):
        pooled = np.sum(o, axis=-1, where=estimating) / np.sum(d, axis=-1, where=estimating)
    return np.asarray(pooled)[..., None]


def _ratio_scale(ratio: Floats, expected: Floats, goal: Floats, recipe: Recipe | None) -> _Scale:
    """Square root or log of observed over expected at the target."""
    if recipe is not None and recipe.transform == "log":
        _refuse(ratio == 0, "has no events, and ln 0 is not defined; take a square-root recipe")
        return _Scale(
            np.log(ratio), np.zeros_like(goal), 1 / np.sqrt(expected), lambda y: goal * np.exp(y)
        )
    root = recipe is not None and recipe.limits_on_root
    return _Scale(
        np.sqrt(ratio),
        np.ones_like(goal),
        1 / (2 * np.sqrt(expected)),
        # Below 0 the square would fold back up.
        lambda y: goal * (y if root else np.maximum(y, 0) ** 2),
    )


def _proportion_scale(x: Floats, n: Floats, goal: Floats) -> _Scale:
    """Arcsine square root of x/n."""
    return _Scale(
        np.arcsin(np.sqrt(x / n)),
        np.arcsin(np.sqrt(goal)),
        1 / (2 * np.sqrt(n)),
        # Outside 0 to pi/2 the sine would fold back into (0, 1).
        lambda y: np.sin(np.clip(y, 0, np.pi / 2)) ** 2,
    )


def _counts_scale(a: Floats, b: Floats, goal: Floats) -> _Scale:
    """Log ratio of two counts with half an event added to each."""
    return _Scale(
        np.log((a + 0.5) / (b + 0.5)),
        np.where(goal > 0, np.log(goal), np.nan),
        np.sqrt(a / (a + 0.5) ** 2 + b / (b + 0.5) ** 2),
        # Undoes the added halves, so that a/b is outside exactly where z is.
        lambda y: np.maximum((np.exp(y) * (b + 0.5) - 0.5) / b, 0),
    )


def _limits(value: Floats, at: Callable[[float], tuple[Floats, Floats]]) -> Limits:
    """Limits at both levels and the units beyond them; a comparison with NaN is no outlier."""
    lower_95, upper_95 = at(TAIL_95)
    lower_998, upper_998 = at(TAIL_998)
    side_95 = (value > upper_95).astype(np.int8) - (value < lower_95).astype(np.int8)
    side_998 = (value > upper_998).astype(np.int8) - (value < lower_998).astype(np.int8)
    return Limits(lower_95, upper_95, lower_998, upper_998, side_95, side_998)


def _exact_poisson(expected: Floats, goal: Floats, tail: float) -> tuple[Floats, Floats]:
    """Lower and upper exact Poisson limits; chi2(p; 2k)/2 is the inverse incomplete gamma of k."""
    from scipy.special import gammainccinv, gammaincinv

    return (
        goal * gammaincinv(expected, tail) / expected,
        goal * gammainccinv(expected + 1, tail) / expected,
    )


def _approximate(scale: _Scale, se: Floats, tail: float) -> tuple[Floats, Floats]:
    """The centre, out by the normal quantile of the tail on both sides, taken back."""
    from scipy.special import ndtri

    reach = -ndtri(tail) * se
    return scale.back(scale.centre - reach), scale.back(scale.centre + reach)
