"""The statutory clock: a report is answered before the end of 56 days beginning with its day.

Section 55 of the Police Act 1996, as amended by section 37 of the Policing and Crime Act 2017. The
day of publication is the first of them; weekends and bank holidays do not stop the clock.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from openpeel.errors import DefinitionError

DAYS = 56


@dataclass(frozen=True)
class Clock:
    """A report's clock: the day it was published, and the last day of the 56."""

    published: date
    last_day: date

    def days_left(self, today: date) -> int:
        """Days left after `today`: 0 on the last day, below 0 when it has passed."""
        return (self.last_day - today).days

    def overdue(self, today: date) -> bool:
        """Whether the last day has passed."""
        return today > self.last_day


def clock(published: date) -> Clock:
    """The clock that a publication starts: 12 March 2024 ends with 6 May 2024.

    Raises DefinitionError for a day so late that the calendar ends before the clock does.
    """
    if published > date.max - timedelta(days=DAYS - 1):
        raise DefinitionError(f"No clock runs from {published}: the calendar ends before it does.")
    return Clock(published, published + timedelta(days=DAYS - 1))


def in_full(day: date) -> str:
    """A day as people write it: 12 March 2024."""
    return f"{day.day} {day:%B %Y}"
