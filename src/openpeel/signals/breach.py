"""Whether a standard is breached, with probability: shares, rates and means against a figure.

With x events in n trials or exposure, and the posterior after a prior that adds (a, b)::

    share   theta ~ Beta(a + x, b + n - x)            prior (1/2, 1/2): Jeffreys
    rate    theta ~ Gamma(a + x), per b + n           prior (1/2, 0): Jeffreys
    mean    (theta - m) sqrt(n) / deviation ~ t(n - 1)     prior 1 / sigma, so the interval is t's

`probability` is the posterior chance that theta is on the wrong side of the standard: below it
where higher is better, above it where lower is. `p` is the exact one-sided test of "theta meets the
standard": P(X <= x) or P(X >= x) at the standard, for a mean the t test, where p = 1 - probability.
The posterior is for a person to read; p is for `discovery`, which controls false discoveries.

For shares and rates 1 - probability lies between P(X <= x) and P(X < x) at the standard (or the
like upwards), so the two never contradict each other by more than the chance of x itself.

Sources: Brown, Cai and DasGupta 2001, *Statistical Science* 16(2):101 (Jeffreys intervals, with the
limit at 0 events put to 0, at n of n to 1); Gelman and others, *Bayesian Data Analysis*, 3rd
edition, 2.4, 2.6, 3.2; Clopper and Pearson 1934 (the exact test behind p).

Assumes independent events: calls that wait in one queue do not, and then both probability and p are
too sure of themselves. Divide n and x by a measured variance ratio, or use a chart.

==============================  ===================================================================
what comes in                   what comes out
==============================  ===================================================================
NaN in events or denominator    a gap: all results NaN
denominator 0 (no events)       the same: nothing was seen
a mean of under 2, or           probability, interval and p NaN (no spread in a sample says nothing
deviation 0                     of the spread behind it)
all or none of the trials       the interval's limit there is 1 or 0; the probability stays inside
events above trials             `MethodError` for a share
negative, infinite, no numbers  `MethodError` (the sum behind a mean may be negative)
a standard outside (0, 1)       `MethodError` for a share; for a rate, not above 0
shapes that do not broadcast    `MethodError`
==============================  ===================================================================
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openpeel.errors import MethodError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Kind = Literal["share", "rate", "mean"]
JEFFREYS = {"share": (0.5, 0.5), "rate": (0.5, 0.0)}
"""The prior of each kind that has one: events and trials without them, events and exposure."""


@dataclass(frozen=True)
class Breach:
    """Standings against a standard; arrays of the inputs' common shape.

    `value` is events / denominator, in the standard's unit as are `lower` and `upper`, the
    equal-tailed posterior interval of `confidence`. `probability` is of a breach, 0 to 1; `p` is
    the one-sided test that there is none.
    """

    kind: Kind
    better: Literal["higher", "lower"]
    confidence: float
    standard: Floats
    value: Floats
    probability: Floats
    lower: Floats
    upper: Floats
    p: Floats


def breach(
    events: ArrayLike,
    denominator: ArrayLike,
    standard: ArrayLike,
    *,
    kind: Kind,
    better: Literal["higher", "lower"],
    deviation: ArrayLike | None = None,
    prior: tuple[float, float] | None = None,
    confidence: float = 0.95,
) -> Breach:
    """The probability that each share, rate or mean is on the wrong side of its standard.

    `events` and `denominator`, of one broadcast shape with `standard`: of a mean the sum and number
    of what is averaged, `deviation` being the sample's standard deviation (over n - 1). The
    standard is in the unit of events / denominator: 0.9 for 90 %. `prior` defaults to `JEFFREYS`.

    Equations, sources and defined behaviour are in the module's docstring. Raises `MethodError`.
    """
    if kind not in ("share", "rate", "mean"):
        raise MethodError(f"No standard is defined for the kind {kind!r}.")
    if better not in ("higher", "lower"):
        raise MethodError(f"Better is 'higher' or 'lower'; got {better!r}.")
    if not 0 < confidence < 1:
        raise MethodError(f"A confidence lies between 0 and 1; got {confidence}.")
    x, n, goal, spread = _inputs(events, denominator, standard, deviation, kind)
    tail = (1 - confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        value = x / n
        if kind == "mean":
            below, above, lower, upper, p_low, p_high = _mean(value, n, goal, spread, tail)
        else:
            add = _prior(prior, kind)
            judge = _share if kind == "share" else _rate
            below, above, lower, upper, p_low, p_high = judge(x, n, goal, add, tail)
    wrong, p = (below, p_low) if better == "higher" else (above, p_high)
    return Breach(kind, better, confidence, goal, value, wrong, lower, upper, p)


Judged = tuple[Any, Any, Any, Any, Any, Any]
"""Arrays: the chance of below, of above, two limits, p of "not below" and of "not above"."""


def _share(x: Floats, n: Floats, goal: Floats, prior: tuple[float, float], tail: float) -> Judged:
    """Beta posterior and binomial tails."""
    from scipy.special import betainc, betaincc, betainccinv, betaincinv

    a, b = prior[0] + x, prior[1] + n - x
    return (
        betainc(a, b, goal),
        betaincc(a, b, goal),
        np.where(x == 0, 0.0, betaincinv(a, b, tail)),
        np.where(x == n, 1.0, betainccinv(a, b, tail)),
        # P(X <= x) and P(X >= x); at the ends the beta function has no such parameter.
        np.where(x == n, 1.0, betaincc(x + 1, np.where(x == n, 1.0, n - x), goal)),
        np.where(x == 0, 1.0, betainc(np.where(x == 0, 1.0, x), n - x + 1, goal)),
    )


def _rate(x: Floats, n: Floats, goal: Floats, prior: tuple[float, float], tail: float) -> Judged:
    """Gamma posterior and Poisson tails."""
    from scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv

    a, b = prior[0] + x, prior[1] + n
    return (
        gammainc(a, b * goal),
        gammaincc(a, b * goal),
        np.where(x == 0, 0.0, gammaincinv(a, tail) / b),
        gammainccinv(a, tail) / b,
        gammaincc(x + 1, n * goal),
        np.where(x == 0, 1.0, gammainc(np.where(x == 0, 1.0, x), n * goal)),
    )


def _mean(value: Floats, n: Floats, goal: Floats, spread: Floats, tail: float) -> Judged:
    """Student's t, for the posterior and the test alike."""
    from scipy.special import stdtr, stdtrit

    enough = (n >= 2) & (spread > 0)
    se = np.where(enough, spread / np.sqrt(n), np.nan)
    freedom = np.where(enough, n - 1, 1.0)
    t = (goal - value) / se
    below, above = stdtr(freedom, t), stdtr(freedom, -t)
    reach = stdtrit(freedom, 1 - tail) * se
    return below, above, value - reach, value + reach, above, below


def _prior(prior: tuple[float, float] | None, kind: Kind) -> tuple[float, float]:
    """The prior, refused where it is none."""
    a, b = JEFFREYS[kind] if prior is None else prior
    if not (0 < a < np.inf and 0 <= b < np.inf and (b > 0 or kind == "rate")):
        raise MethodError(f"The prior of a {kind} cannot be ({a:g}, {b:g}).")
    return a, b


def _inputs(
    events: ArrayLike,
    denominator: ArrayLike,
    standard: ArrayLike,
    deviation: ArrayLike | None,
    kind: Kind,
) -> tuple[Floats, Floats, Floats, Floats]:
    """The four as floats of one shape, NaN at every gap, refused where no standing is defined."""
    if (deviation is None) != (kind != "mean"):
        raise MethodError("A mean needs its standard deviation; no other kind takes it.")
    spread = 1.0 if deviation is None else deviation
    try:
        given = [
            np.array(a, dtype=np.float64)
            for a in np.broadcast_arrays(
                *(np.asarray(a, dtype=np.float64) for a in (events, denominator, standard, spread))
            )
        ]
    except (TypeError, ValueError) as error:
        raise MethodError(f"A standard needs numbers of one shape: {error}.") from error
    x, n, goal, spread = given
    least, most = {"share": (0, 1), "rate": (0, np.inf), "mean": (-np.inf, np.inf)}[kind]
    for wrong, what in (
        (np.isinf(x) | np.isinf(n) | np.isinf(spread), "is infinite; give NaN for a gap"),
        (((x < 0) & (kind != "mean")) | (n < 0) | (spread < 0), "is negative"),
        ((kind == "share") & (x > n), "has more events than trials, which is no share"),
        ((n == 0) & (x != 0) & ~np.isnan(x), "has events but a denominator of 0"),
        (~((goal > least) & (goal < most)), f"has a standard outside {least:g} to {most:g}"),
    ):
        if np.any(wrong):
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise MethodError(f"Standard of a {kind}: the figure at {where} {what}.")
    gap = np.isnan(x) | np.isnan(n) | (n == 0)
    x[gap] = n[gap] = np.nan
    return x, n, goal, spread
