"""How large the noise of series is: given, told by their points, or by both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.moderated import Prior
from openpeel.signals.nulls import Search, p_values
from openpeel.signals.packed import Packed, Places, known_scale, residual_scale

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """How large the noise of each series is: what is known beforehand, and what points tell.

    `prior` is None where points alone tell it. `swell` (series,) is what memory multiplies the
    variance of a long mean by, `share` how much of a point each is worth to tell the scale.
    """

    prior: Prior | None
    swell: Floats
    share: Floats

    def __getitem__(self, rows: slice) -> "Scale":
        """That of some of the series."""
        prior = None if self.prior is None else self.prior[rows]
        return Scale(prior, self.swell[rows], self.share[rows])

    def beside(self, series: Packed, fitted: Floats, levels: int, poisson: bool) -> Floats:
        """The variance or dispersion (series,) of noise, told beside so many levels fitted."""
        if self.prior is None:
            return self.swell * residual_scale(series, fitted, levels, poisson)
        own = residual_scale(series, fitted, levels, poisson, 0.0)
        drawn = self.prior.posterior(own, self.told(series.count, levels))
        if poisson:
            drawn = np.where(np.isinf(self.prior.degrees), drawn, np.maximum(drawn, 1.0))
        return self.swell * drawn

    def told(self, count: Places, levels: int) -> Floats:
        """The degrees (series,) with which points tell the scale beside so many levels."""
        return np.maximum(count * self.share - levels, 1.0)

    def p_values(
        self,
        statistic: Floats,
        count: Places,
        search: Search,
        ends: int,
        shortest: int,
        shape: Floats,
    ) -> Floats:
        """p (series,) of the best gains over such a scale, as `nulls.p_values` has it."""
        prior = np.zeros(len(count)) if self.prior is None else self.prior.degrees
        told = self.told(count, 2)
        return p_values(statistic, count, search, ends, shortest, shape, prior, told)


def scale_of(given: ArrayLike | None, prior: Prior | None, memory: ArrayLike, rows: int) -> Scale:
    """What a caller says of the scale of series, each for all or one for each.

    `given` is known for sure, a `prior` more or less; `memory` is a correlation r of neighbours,
    which multiplies the variance of a long mean by (1 + r) / (1 - r). With a prior, points tell the
    scale as well as (1 - r^2) / (1 + r^2) as many without memory would (Bayley and Hammersley 1946,
    *Supplement to JRSS* 8(2):184).
    """
    r = np.asarray(memory, dtype=np.float64)
    if r.shape not in ((), (rows,)) or not np.all((r >= 0) & (r < 1)):
        raise MethodError(
            f"Memory is a correlation, 0 to below 1, one or one for each series; got {memory!r}."
        )
    r = np.broadcast_to(r, (rows,))
    share = np.ones(rows) if prior is None else (1 - r**2) / (1 + r**2)
    sure = known_scale(given, rows)
    if sure is not None:
        if prior is not None:
            raise MethodError("A scale is given, or a prior of it, not both.")
        prior = Prior(np.full(rows, np.inf), sure)
    elif prior is not None and prior.degrees.shape != (rows,):
        raise MethodError(f"A prior has one scale a series; got {prior.degrees.shape} for {rows}.")
    return Scale(prior, (1 + r) / (1 - r), share)
