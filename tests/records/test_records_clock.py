from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpeel.errors import DefinitionError
from openpeel.records.clock import clock

LAST = date.max - timedelta(days=55)


def test_the_founding_case():
    # Published 12 March 2024; the 56 days beginning with it end on 6 May, a bank holiday.
    made = clock(date(2024, 3, 12))
    assert made.last_day == date(2024, 5, 6)
    assert not made.overdue(date(2024, 5, 6))
    assert made.overdue(date(2024, 5, 7))


@given(st.dates(max_value=LAST))
def test_the_days_beginning_with_publication_are_56(published):
    made = clock(published)
    days = [published + timedelta(days=n) for n in range(56)]
    assert days[0] == published
    assert days[-1] == made.last_day
    assert made.days_left(published) == 55
    assert made.days_left(made.last_day) == 0
    assert made.last_day.weekday() == (published - timedelta(days=1)).weekday()


@given(st.dates(max_value=LAST), st.dates())
def test_it_is_overdue_where_no_day_is_left(published, today):
    made = clock(published)
    assert made.overdue(today) == (made.days_left(today) < 0) == (today > made.last_day)


@given(st.dates(min_value=LAST + timedelta(days=1)))
def test_the_end_of_the_calendar_is_told(published):
    with pytest.raises(DefinitionError, match="calendar"):
        clock(published)
