import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpeel.errors import NotKnown
from openpeel.reference import Period, month_range, months_between

YEARS = st.integers(1900, 2150)
PERIODS = st.one_of(
    st.builds(Period.of_month, YEARS, st.integers(1, 12)),
    st.builds(Period.of_quarter, YEARS, st.integers(1, 4)),
    st.builds(Period.of_year, YEARS),
    st.builds(Period.of_financial_year, YEARS),
    st.builds(
        lambda year, month, more: Period.of_run(
            (first := Period.of_month(year, month)), first.shift(more)
        ),
        YEARS,
        st.integers(1, 12),
        st.integers(0, 40),
    ),
)


@pytest.mark.parametrize(
    ("text", "kind", "first", "last", "label"),
    [
        ("2025-06", "month", "2025-06", "2025-06", "June 2025"),
        ("2025-Q2", "quarter", "2025-04", "2025-06", "April to June 2025"),
        ("2025", "year", "2025-01", "2025-12", "2025"),
        ("2017/18", "financial-year", "2017-04", "2018-03", "year to March 2018"),
        ("2017-18", "financial-year", "2017-04", "2018-03", "year to March 2018"),
        ("1999-00", "financial-year", "1999-04", "2000-03", "year to March 2000"),
        ("2011/12", "financial-year", "2011-04", "2012-03", "year to March 2012"),
        ("2011-12", "month", "2011-12", "2011-12", "December 2011"),
        ("2025-01/2025-12", "run", "2025-01", "2025-12", "12 months to December 2025"),
        ("2025-03/2025-03", "month", "2025-03", "2025-03", "March 2025"),
    ],
)
def test_what_people_and_publishers_write(text, kind, first, last, label):
    period = Period.parse(f" {text} ")
    assert (period.kind, period.first_month, period.last_month) == (kind, first, last)
    assert period.label == label


@pytest.mark.parametrize(
    "text",
    [
        "",
        "June",
        "2025-13",
        "2025-00",
        "2025-6",
        "2025-Q5",
        "2017/19",
        "2017-19",
        "0025",
        "２０２５",
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(text):
    with pytest.raises(NotKnown, match=r"2025-Q2.*2017/18.*2025-01/2025-12"):
        Period.parse(text)


def test_a_run_that_ends_before_it_begins_is_refused():
    with pytest.raises(NotKnown, match="2025-12/2025-01 ends before it begins"):
        Period.parse("2025-12/2025-01")


@given(PERIODS)
def test_text_and_period_are_the_same_thing(period):
    assert Period.parse(str(period)) == period
    assert hash(Period.parse(str(period))) == hash(period)


@given(PERIODS, st.integers(-20, 20))
def test_shifts_by_its_own_length_and_back(period, n):
    moved = period.shift(n)
    assert moved.shift(-n) == period
    assert len(moved.months) == len(period.months)
    assert months_between(period, moved) == n * len(period.months)
    assert Period.parse(str(moved)) == moved
    assert (moved > period) == (n > 0)


@given(PERIODS)
def test_the_next_period_begins_where_this_one_ends(period):
    following = period.shift(1)
    assert period.months + following.months == month_range(period, following)


@given(PERIODS)
def test_months_run_from_first_to_last_without_a_hole(period):
    months = period.months
    assert (months[0], months[-1]) == (period.first_month, period.last_month)
    assert list(months) == sorted(set(months))
    assert len(months) == months_between(months[0], months[-1]) + 1


def test_home_office_quarters_begin_in_april():
    assert str(Period.of_financial_quarter(2017, 1)) == "2017-Q2"
    assert str(Period.of_financial_quarter(2017, 4)) == "2018-Q1"


def test_month_range_and_distance():
    assert month_range("2024-11", "2025-02") == ("2024-11", "2024-12", "2025-01", "2025-02")
    assert months_between("2024-11", "2025-02") == 3
    assert months_between("2025-02", "2024-11") == -3
