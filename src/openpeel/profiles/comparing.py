"""An indicator over all forces, side by side and never ranked."""

import numpy as np

from openpeel.errors import NotComputable
from openpeel.indicators import indicator as find
from openpeel.monitoring import CONVENTION, Screen
from openpeel.profiles.assessor import Assessor
from openpeel.profiles.figures import figure, residents_of
from openpeel.profiles.profile import ComparedForce, Comparison
from openpeel.reference import Force, Period, forces

LIMITS, INTERVAL, NO_LIMITS = "95 % limits", "95 % interval", "no limits"


def comparison(assessor: Assessor, name: str) -> Comparison:
    """All 43 forces over the indicator's window; those without a figure carry the reason.

    Raises NotKnown for an indicator that is not known, NotComputable where no force has a figure.
    """
    definition = find(name)
    if name in assessor.screened.missing:
        why = assessor.screened.missing[name]
        raise NotComputable(f"No force has a figure for '{definition.title}': {why}.")
    screen = assessor.screened.screens[name]
    if screen.window is None or screen.yearly is None or not screen.compared:
        reasons = sorted(set(screen.observed.reason) - {""}) or ["nothing of it is loaded"]
        raise NotComputable(
            f"No force has a figure for '{definition.title}': {'; '.join(reasons[:2])}."
        )
    limits, per = screen.among, definition.per
    place = {area: i for i, area in enumerate(screen.compared)}
    rows = {str(a): i for i, a in enumerate(screen.yearly.area)}
    made = []
    for force in forces():
        at, i = place.get(force.id), rows.get(force.id)
        if i is None:
            why = assessor.why_absent(force, definition.table, screen.window.last_month)
        else:
            why = str(screen.yearly.reason[i])
        if why:
            why = "; ".join((why, *_doubted(screen, force, screen.window)))
        lower = upper = None
        if limits and at is not None:
            lower, upper = (_finite(x[at] * per) for x in (limits.lower_95, limits.upper_95))
        if i is not None and (own := figure(definition, screen.yearly, i).disparity):
            lower, upper = own.lower, own.upper
        made.append(
            ComparedForce(
                force=force,
                value=float(screen.yearly.value[i]) if i is not None and not why else None,
                numerator=_finite(screen.yearly.numerator[i]) if i is not None else None,
                denominator=_finite(screen.yearly.denominator[i]) if i is not None else None,
                lower=lower,
                upper=upper,
                outside=int(limits.outside(0.95)[at]) if limits and at is not None else 0,
                far=int(limits.outside(0.998)[at]) if limits and at is not None else 0,
                reason=why,
            )
        )
    years = set(map(str, screen.yearly.denominator_year)) - {""}
    values = [f.value for f in made if f.value is not None]
    convention = CONVENTION if limits else NO_LIMITS
    if definition.disparity:
        convention = "each force's own, for chance alone (exact, of two Poisson rates)"
    return Comparison(
        indicator=definition.id,
        title=definition.title,
        unit=definition.unit,
        per=per,
        polarity=definition.polarity,
        window=str(screen.window),
        window_label=screen.window.label,
        usual=limits.centre * per if limits else None,
        median=float(np.median(values)) if values else None,
        limits=INTERVAL if definition.disparity else LIMITS,
        convention=convention,
        snapshot=assessor.snapshot.id,
        created=assessor.snapshot.entry.created,
        publisher=assessor.publisher,
        forces=tuple(made),
        lacking=tuple(f.force.short for f in made if f.value is None),
        residents=tuple(residents_of(definition, year) for year in sorted(years)),
        caveats=definition.caveats,
    )


def _doubted(screen: Screen, force: Force, window: Period) -> list[str]:
    """The force's months that were left out of the window, and why."""
    return [
        f"{Period.parse(d.month).label} is left out: {d.reason}"
        for (area, month), d in screen.doubts.items()
        if area == force.id and month in window.months
    ]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
