"""Over-dispersion of z-scores: the dispersion ratio phi and the variance tau2 between units.

Spiegelhalter 2005, *Statistics in Medicine*, doi 10.1002/sim.1970; DerSimonian and Laird 1986, doi
10.1016/0197-2456(86)90046-2. The recipes: NHS Digital, SHMI methodology; CQC, Intelligent
Monitoring statistical methodology.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from openpeel.errors import MethodError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_UNITS = 3
"""Over-dispersion is not estimated from fewer units than this."""


@dataclass(frozen=True)
class Recipe:
    """How over-dispersion is estimated, under a name that every output carries.

    `transform` is the scale of ratios and rates (other kinds have one scale). `trim`: "truncate"
    leaves units of the lowest and highest `share` of z out, by the grouping floor(rank k / (n + 1))
    with k = 1/share; "winsorise" pulls z beyond the `share` quantiles in to them. `decimals` rounds
    the expected counts of standardised ratios. `limits_on_root` reads square-root limits as if they
    were ratios, which is what FunnelPlotR does; it is wrong, and here to reproduce its figures.
    """

    name: str
    transform: Literal["log", "sqrt"]
    trim: Literal["truncate", "winsorise"]
    share: float = 0.1
    decimals: int | None = None
    limits_on_root: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.share < 0.5:
            raise MethodError(f"Recipe {self.name!r}: the share to trim must lie between 0 and ½.")
        if self.limits_on_root and self.transform != "sqrt":
            raise MethodError(f"Recipe {self.name!r}: limits on the root need the sqrt transform.")


SHMI = Recipe("SHMI", "log", "truncate", decimals=2)
SHMI_UNROUNDED = Recipe("SHMI unrounded", "log", "truncate")
CQC = Recipe("CQC", "sqrt", "winsorise")
CQC_FUNNELPLOTR = Recipe("CQC as FunnelPlotR", "sqrt", "winsorise", limits_on_root=True)


def over_dispersion(
    z: Floats, s: Floats, estimating: Bools, recipe: Recipe
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """phi, tau2 and the number of units they rest on, for each funnel (last axis: units).

    `z` and `s` are unadjusted z-scores and standard errors (NaN: not compared); only units marked
    `estimating` take part. With z trimmed, n units left and w = 1 / s^2: phi = sum(z^2) / n;
    tau2 = max(0, n phi - (n - 1)) / (sum(w) - sum(w^2) / sum(w)). Both are NaN below
    `FEWEST_UNITS` units.
    """
    usable = estimating & ~np.isnan(z)
    placed = np.where(usable, z, np.inf)
    order = np.argsort(placed, axis=-1)
    ordered = np.take_along_axis(placed, order, axis=-1)
    n = np.asarray(usable.sum(axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        if recipe.trim == "truncate":
            groups = 1 / recipe.share
            group = np.empty_like(ordered)
            by_rank = np.floor(_average_ranks(ordered) * groups / (n[..., None] + 1))
            np.put_along_axis(group, order, by_rank, axis=-1)
            kept, trimmed = usable & (group > 0) & (group < groups - 1), z
        else:
            low, high = (_quantile(ordered, n, q) for q in (recipe.share, 1 - recipe.share))
            kept, trimmed = usable, np.clip(z, low, high)
        units = np.asarray(kept.sum(axis=-1))
        phi = np.sum(trimmed**2, axis=-1, where=kept) / units
        weight = np.where(kept, 1 / s**2, 0)
        total = weight.sum(axis=-1)
        excess = np.maximum(units * phi - (units - 1), 0)
        tau2 = excess / (total - (weight**2).sum(axis=-1) / total)
    thin = n < FEWEST_UNITS
    return np.where(thin, np.nan, phi), np.where(thin, np.nan, tau2), units


def _average_ranks(ordered: Floats) -> Floats:
    """Ranks from 1 along the last axis of sorted values, ties sharing their average."""
    position = np.arange(ordered.shape[-1])
    new = np.ones(ordered.shape, dtype=np.bool_)
    new[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    ends = np.ones(ordered.shape, dtype=np.bool_)
    ends[..., :-1] = new[..., 1:]
    first = np.maximum.accumulate(np.where(new, position, 0), axis=-1)
    last = np.where(ends, position, ordered.shape[-1])[..., ::-1]
    last = np.minimum.accumulate(last, axis=-1)[..., ::-1]
    return (first + last) / 2 + 1


def _quantile(ordered: Floats, n: NDArray[np.intp], q: float) -> Floats:
    """The q quantile of the first n sorted values (linear, R's type 7), last axis kept."""
    at = np.maximum(n - 1, 0)[..., None] * q
    below = np.floor(at).astype(np.intp)
    low = np.take_along_axis(ordered, below, axis=-1)
    above = np.minimum(below + 1, np.maximum(n - 1, 0)[..., None])
    high = np.take_along_axis(ordered, above, axis=-1)
    return low + (high - low) * (at - below)
