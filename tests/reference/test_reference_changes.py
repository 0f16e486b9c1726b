"""Dated changes of definition."""

from hypothesis import given
from hypothesis import strategies as st

from openpeel.reference import Period, changes, changes_in, recognise


def ids(table, first, last):
    return [change.id for change in changes_in(table, first, last)]


def test_a_change_is_in_a_span_that_it_divides_and_in_no_other():
    assert ids("workforce", "2017-03", "2018-03") == ["workforce-volunteers"]
    assert ids("workforce", "2018-03", "2020-03") == []  # it holds for all of them
    assert ids("workforce", "2007-03", "2017-03") == []
    assert ids("workforce", "2007-03", "2022-03") == ["workforce-volunteers", "workforce-sex"]
    assert ids("arrests", "2013/14", "2015/16") == ["arrests-groups-early", "arrests-groups"]
    assert ids("population", "2001", "2020") == []


def test_a_span_may_be_of_any_kind_of_period():
    assert ids("crime_outcomes", "2018-Q1", "2018-Q2") == ["outcomes-without-zeros"]
    assert "outcomes-without-zeros" in ids("crime_outcomes", "2018", "2018")


def test_a_change_whose_date_is_not_known_is_in_every_span_that_it_may_divide():
    """Outcomes of searches were reworded after July 2017 and before July 2019."""
    assert ids("stops", "2017-07", "2019-06") == ["stops-outcome-wording"]
    assert ids("stops", "2018-01", "2018-06") == ["stops-outcome-wording"]
    assert ids("stops", "2019-06", "2025-01") == []
    assert ids("stops", "2016-01", "2017-07") == []


def test_a_change_that_depends_on_the_file_is_in_every_span():
    assert "street-outcome-wording" in ids("crimes", "2025-01", "2025-01")
    assert "street-lsoa-2021" not in ids("crimes", "2025-01", "2025-12")


def test_a_change_may_be_of_some_forces():
    (early,) = (c for c in changes() if c.id == "arrests-groups-early")
    assert early.forces == ("humberside", "surrey")


def test_every_change_says_what_and_where_it_was_read():
    for change in changes():
        assert change.what.endswith(".")
        assert change.source
        assert change.latest >= change.period
        assert change.confidence in ("read", "worked-out", "unconfirmed")
        assert all(recognise(name).id == name for name in change.forces)


months = st.builds(Period.of_month, st.integers(2005, 2026), st.integers(1, 12))


@given(st.sampled_from(sorted({t for c in changes() for t in c.tables})), months, months, months)
def test_what_divides_a_span_divides_a_longer_one(table, a, b, c):
    first, middle, last = sorted((a, b, c))
    assert set(ids(table, first, middle)) | set(ids(table, middle, last)) <= set(
        ids(table, first, last)
    )
