"""All the tests of a snapshot, those that come out as nothing too.

Together they are the family over which false discovery is held down.
"""

from datetime import date
from functools import partial

from openpeel.monitoring.among import tests_of_breaches, tests_of_outliers
from openpeel.monitoring.changing import tests_of_changes
from openpeel.monitoring.missing import Covered, tests_of_gaps
from openpeel.monitoring.redefining import tests_of_steps
from openpeel.monitoring.revising import tests_of_revisions
from openpeel.monitoring.screening import Screen, Screened
from openpeel.monitoring.signal import Tests, age_of
from openpeel.sources import coverage


def all_tests(
    screened: Screened,
    today: date,
    oldest: int | None,
    before: Screened | None = None,
    covered: Covered | None = None,
) -> tuple[list[Tests], dict[str, str]]:
    """All tests of a snapshot, and by indicator why its changes over time are not tested.

    Of figures whose newest period ended more than `oldest` months before `today` none are made;
    None: they are, too. With the screens of an earlier vintage, `before`, revisions since then are
    tested, however old. `covered` tells how much of a table is there, where that is known already.
    """
    covered = covered or partial(coverage, screened.snapshot)
    made, untested = (
        tests_of_gaps(screened.snapshot, covered, today, oldest),
        {name: f"not loaded: {why}" for name, why in screened.missing.items()},
    )
    for name, screen in screened.screens.items():
        if why := _too_old(screen, today, oldest):
            untested[name] = why
            continue
        made += tests_of_outliers(screen)
        made += tests_of_breaches(screen)
        made += tests_of_steps(screen)
        changes = tests_of_changes(screen)
        if isinstance(changes, str):
            untested[name] = changes
        else:
            made += changes
    if before is not None:
        made += tests_of_revisions(screened, before)
    return made, untested


def _too_old(screen: Screen, today: date, oldest: int | None) -> str:
    if not screen.periods:
        return "no figure: nothing of it is whole, old or sound enough"
    newest = screen.periods[-1]
    old = oldest is not None and age_of(newest, today) > oldest
    return f"too old: its newest figures are of {newest}" if old else ""
