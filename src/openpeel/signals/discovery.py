"""False discovery: q-values of many p-values, so that a stated share of signals at most is false.

With p(1) <= … <= p(m) and c = 1, the q-value of the i-th is the least over j >= i of c m p(j) / j,
at most 1::

    Benjamini–Hochberg ("bh")   c = 1                       valid for independent tests, and for
                                                            positive regression dependence
    Benjamini–Yekutieli ("by")  c = 1 + 1/2 + … + 1/m       valid under any dependence

Calling every test with q <= r a discovery makes the expected share of false ones among them at most
r (for "bh" exactly r times the share of true nulls, with independent continuous p).

Sources: Benjamini and Hochberg 1995, *JRSS-B* 57(1):289; Benjamini and Yekutieli 2001, *Annals of
Statistics* 29(4):1165. A q-value here is an adjusted p-value, not Storey's: no share of true nulls
is estimated, so no luck in that estimate can loosen the promise.

Chance is over whole families: with few or strongly dependent tests most families have no false
discovery and a few have many, and only the average keeps the rate.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN                             NaN: no test was made, and m does not count it
equal p                         equal q
p = 0 from underflow            q = 0
nothing, or all NaN             the like, NaN
below 0, above 1, no numbers    `MethodError`
==============================  ===================================================================
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError

Floats = NDArray[np.float64]
Method = Literal["bh", "by"]


def q_values(p: ArrayLike, *, method: Method = "bh", over: Literal["all", "row"] = "all") -> Floats:
    """The q-value of each p-value, in the shape of `p`; NaN is no test.

    One family is all of them, or with `over="row"` each row of the last axis for itself: then each
    row keeps the rate on average, and no promise is made about the rows together.

    Equations, sources and defined behaviour are in the module's docstring. Raises `MethodError`.
    """
    if method not in ("bh", "by") or over not in ("all", "row"):
        raise MethodError(
            f"q-values are by 'bh' or 'by', over 'all' or 'row'; got {method!r}, {over!r}."
        )
    try:
        given = np.asarray(p, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(f"p-values are numbers, with NaN for none: {error}.") from error
    wrong = np.argwhere((given < 0) | (given > 1))
    if wrong.size:
        where = tuple(int(i) for i in wrong[0])
        raise MethodError(f"The p-value at {where} is {given[where]}, which is no probability.")
    if given.size == 0:
        return given.copy()
    rows = given.reshape(1, -1) if over == "all" or given.ndim == 0 else given
    # NaN sorts to the end of its row, behind rank m.
    order = np.argsort(rows, axis=-1)
    q = np.take_along_axis(rows, order, axis=-1)
    m = np.count_nonzero(~np.isnan(rows), axis=-1, keepdims=True)
    q *= m / np.arange(1, q.shape[-1] + 1)
    if method == "by":
        q *= np.cumsum(1 / np.arange(1, q.shape[-1] + 1))[np.maximum(m, 1) - 1]
    # The least from here on, over the tests alone.
    missing = np.isnan(q)
    q[missing] = np.inf
    q = np.minimum(np.minimum.accumulate(q[..., ::-1], axis=-1)[..., ::-1], 1)
    q[missing] = np.nan
    made = np.empty_like(q)
    np.put_along_axis(made, order, q, axis=-1)
    return made.reshape(given.shape)
