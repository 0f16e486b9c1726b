"""When figures came out: dated delays, each with its mark."""

import pytest

from openpeel.errors import NotKnown
from openpeel.reference import Period, published_before, publishing, publishings

# From the title pages of the bulletins and the releases' own dates.
OUT = [
    ("searches", "2014/15", "2015-11"),
    ("searches", "2015/16", "2016-10"),
    ("searches", "2017/18", "2018-10"),
    ("recorded_crime", "2018-Q1", "2018-07"),
    ("crime_outcomes", "2019-Q1", "2019-07"),
    ("severity", "2015", "2016-11"),  # the first of all severity scores
]


@pytest.mark.parametrize(("table", "period", "month"), OUT)
def test_a_period_is_out_after_its_month_of_publication_and_not_in_it(table, period, month):
    found = publishing(table, period)
    assert str(found.month(Period.parse(period))) == month
    assert not published_before(table, period, Period.parse(month))
    assert published_before(table, period, Period.parse(month).shift(1))


def test_what_nobody_dated_is_never_out():
    assert publishing("grades", "2016") is None
    assert not published_before("police_grant", "2025/26", Period.parse("2050-01"))
    assert publishing("workforce", "2001-03") is None, "before the first that is known"


def test_every_entry_names_its_source():
    for entry in publishings():
        assert entry.source
        assert entry.confidence in ("read", "worked-out", "unconfirmed")
        assert entry.confidence != "read" or entry.source_url


def test_what_is_no_period_is_refused():
    with pytest.raises(NotKnown):
        publishing("searches", "last year")
