"""Dates as sources give them: a year, a month, a day or nothing.

All are ISO texts, so that comparing texts compares days.
"""

from collections.abc import Iterable

NEVER_BEFORE = "0000-00-00"
NEVER_AFTER = "9999-99-99"


def first_day(text: str) -> str:
    """The earliest day that a date can mean; before every day where none is given."""
    return (text + "-01-01"[len(text) - 4 :])[:10] if text else NEVER_BEFORE


def last_day(text: str) -> str:
    """The latest day that a date can mean; after every day where none is given.

    A month ends on the 31st here: it serves to compare, not to show.
    """
    return (text + "-12-31"[len(text) - 4 :])[:10] if text else NEVER_AFTER


def agree(a: str, b: str) -> bool:
    """Whether two dates can mean one day: "2022" and "2022-10-14" can."""
    return first_day(a) <= last_day(b) and first_day(b) <= last_day(a)


def earliest(dates: Iterable[str]) -> str:
    """The earliest date given, and of two that can mean one day the more exact; "" if none."""
    return min(filter(None, dates), key=lambda d: (last_day(d), -len(d)), default="")
