"""How large the noise of series is: given, told by their points, or by both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError
from openpeel.signals.moderated import Prior
from openpeel.signals.nulls import Search, p_values, told_by
from openpeel.signals.packed import Packed, Places, known_scale, residual_scale
from openpeel.signals.remembered import swell

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """How large the noise of each series is: what is known beforehand, and what points tell.

    `prior` is None where points alone tell it. `memory` (series,) is how far a point follows the
    one before, with its standard `error`.
    """

    prior: Prior | None
    memory: Floats
    error: Floats

    def __getitem__(self, rows: slice) -> "Scale":
        """That of some of the series."""
        prior = None if self.prior is None else self.prior[rows]
        return Scale(prior, self.memory[rows], self.error[rows])

    def beside(self, series: Packed, fitted: Floats, levels: int, poisson: bool) -> Floats:
        """The variance or dispersion (series,) of noise, told beside so many levels fitted.

        That of a point, times what memory does to a mean of half of the points (`swell`).
        """
        more = swell(series.count, self.memory)
        if self.prior is None:
            return more * residual_scale(series, fitted, levels, poisson)
        own = residual_scale(series, fitted, levels, poisson, 0.0)
        drawn = self.prior.posterior(own, told_by(series.count, self.memory, levels))
        if poisson:
            drawn = np.where(np.isinf(self.prior.degrees), drawn, np.maximum(drawn, 1.0))
        return more * drawn

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
        gain = statistic * swell(count, self.memory)
        memory = self.memory, self.error
        return p_values(gain, count, search, ends, shortest, shape, prior, memory)


def scale_of(
    given: ArrayLike | None,
    prior: Prior | None,
    memory: ArrayLike,
    rows: int,
    error: ArrayLike = 0.0,
) -> Scale:
    """What a caller says of the scale of series, each for all or one for each.

    `given` is known for sure, a `prior` more or less; `memory` is a correlation of neighbours and
    `error` its standard error.
    """
    r, unsure = (np.asarray(a, dtype=np.float64) for a in (memory, error))
    fits = all(a.shape in ((), (rows,)) for a in (r, unsure))
    if not fits or not np.all((r >= 0) & (r < 1)) or not np.all((unsure >= 0) & (unsure < np.inf)):
        raise MethodError(
            "Memory is a correlation, 0 to below 1, one or one for each series, its error 0 or "
            f"more; got {memory!r} and {error!r}."
        )
    sure = known_scale(given, rows)
    if sure is not None:
        if prior is not None:
            raise MethodError("A scale is given, or a prior of it, not both.")
        prior = Prior(np.full(rows, np.inf), sure)
    elif prior is not None and prior.degrees.shape != (rows,):
        raise MethodError(f"A prior has one scale a series; got {prior.degrees.shape} for {rows}.")
    return Scale(prior, *(np.broadcast_to(a, (rows,)) for a in (r, unsure)))
