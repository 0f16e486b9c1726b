"""What the charts over time take: numbers of shape (time,) or (series, time), NaN for a gap."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError

Floats = NDArray[np.float64]


def series_of(values: ArrayLike, method: str) -> Floats:
    """The values as floats of one or two dimensions (copied only where the type differs).

    Raises `MethodError`, naming the `method`, for what is no number, for more than two dimensions,
    for no point in time and for infinite values.
    """
    try:
        given = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(
            f"{method} needs numbers, with NaN for a gap and series of one length: {error}."
        ) from error
    if given.ndim not in (1, 2):
        raise MethodError(
            f"{method} needs (time,) or (series, time); this array has {given.ndim} dimensions."
        )
    if given.shape[-1] == 0:
        raise MethodError(f"{method} needs at least one point in time; this array has none.")
    infinite = np.argwhere(np.isinf(given))
    if infinite.size:
        where = tuple(int(i) for i in infinite[0])
        raise MethodError(
            f"{method}: the value at {where} is infinite; give NaN where there is none."
        )
    return given
