"""Cells as values: what a number, a period, a force is, and what is none."""

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpeel.reference import Period
from openpeel.sources.cells import CONVERTERS, NO_VALUE, make, number, whole


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_a_whole_number_reads_back_with_and_without_commas(value):
    assert whole(str(value)) == whole(f"{value:,}") == whole(f"{value:+}") == value


@given(st.floats(-1e15, 1e15, allow_subnormal=False).filter(lambda v: abs(v) > 1e-90 or v == 0))
def test_a_number_reads_back_with_and_without_commas(value):
    assert number(repr(value)) == value
    assert number(f"{value:,.3f}") == float(f"{value:.3f}")


@given(st.text() | st.text("0123456789,.+-eE _", max_size=12))
def test_a_text_is_a_number_that_python_knows_or_is_refused(text):
    for convert in (whole, number):
        try:
            value = convert(text)
        except ValueError:
            continue
        assert math.isfinite(value)
        assert value == pytest.approx(float(text.replace(",", "")), rel=1e-15)
        assert not set(text) - set("0123456789,.+-eE")


@pytest.mark.parametrize("text", ["9" * 19, "-1" + "0" * 18, "1" + ",000" * 6])
def test_a_whole_number_that_no_column_holds_is_too_large(text):
    with pytest.raises(ValueError, match="too large: it has more than 18 digits"):
        whole(text)


@pytest.mark.parametrize("text", ["1,5", "12,34", ",5", "1,2345", "1,,000", "1 000", "٣", "1_0"])
def test_a_comma_that_parts_no_thousands_is_refused(text):
    for way in ("int", "float"):
        with pytest.raises(ValueError, match="is no"):
            CONVERTERS[way](text)


@pytest.mark.parametrize(
    ("way", "text", "value"),
    [
        ("int", "-00", 0),
        ("int", "66,776", 66776),
        ("float", ".25", 0.25),
        ("float", "-1e-3", -0.001),
        ("bool", "TRUE", True),
        ("bool", "False", False),
        ("force", "Metropolitan Police[Note 6]", "metropolitan"),
        ("force", "devon_and_cornwall", "devon-and-cornwall"),
        ("area", "London, City of", "city-of-london"),
        ("area", "Action Fraud", "action-fraud"),
        ("area", "K04000001", "england-and-wales"),
        ("area", "E12000005", "west-midlands-region"),
        ("area", "NA", "missing"),
        ("month", "2007-03-01", "2007-03"),
        ("financial-year", "2011/12", "2011/12"),
        ("financial-year", "2011-12", "2011/12"),
        ("financial-year", "2019_20", "2019/20"),
        ("financial-year", "2000-03-31", "1999/00"),
        ("financial-quarter", "2017/18 1", "2017-Q2"),
        ("financial-quarter", "2017/18 4", "2018-Q1"),
        ("cycle", "2021/22", "2021-22"),
    ],
)
def test_a_cell_of_each_kind(way, text, value):
    assert CONVERTERS[way](text) == value


@pytest.mark.parametrize(
    ("way", "text"),
    [
        ("bool", "yes"),
        ("force", "Wales"),
        ("area", "Atlantis"),
        ("area", "E99999999"),
        ("month", "2007-03-32"),
        ("financial-year", "2017/19"),
        ("financial-year", "2017-12-31"),
        ("financial-quarter", "2017/18 5"),
        ("financial-quarter", "2017/18"),
        ("financial-quarter", "NA NA"),
        ("cycle", "1999"),
        ("required", "N/A"),
    ],
)
def test_a_cell_that_is_none_says_why(way, text):
    with pytest.raises(ValueError, match=text):
        CONVERTERS[way](text)


@given(st.integers(1990, 2098), st.integers(1, 4))
def test_a_financial_quarter_is_three_months_of_its_year(year, quarter):
    name = f"{year}/{(year + 1) % 100:02d}"
    made = Period.parse(CONVERTERS["financial-quarter"](f"{name} {quarter}"))
    months = Period.parse(CONVERTERS["financial-year"](name)).months
    assert made.months == months[3 * quarter - 3 : 3 * quarter]


@pytest.mark.parametrize("way", sorted(CONVERTERS))
def test_no_value_is_null_where_the_table_takes_it_and_else_a_fault(way):
    cells = pa.array([*sorted(NO_VALUE), "na", "n/a", "null"])
    made = make(cells, way, null=True)
    assert made.values.null_count == len(cells)
    assert not made.wrong.any()
    strict = make(cells, way, null=False)
    if way == "text":
        assert strict.values.to_pylist() == [""] * len(cells)
    elif way == "area":
        assert set(strict.values.to_pylist()) == {None, "missing"}
        assert strict.faults[0] == "empty"
    else:
        assert strict.wrong.all()


@given(st.lists(st.sampled_from(["1", "2,000", "x", "", "NA", "-7", "9"])))
def test_a_column_is_made_as_its_cells_are_one_by_one(cells):
    made = make(pa.array(cells, pa.string()), "int", null=True, least=0)
    for n, cell in enumerate(cells):
        alone = make(pa.array([cell]), "int", null=True, least=0)
        assert made.values[n].as_py() == alone.values[0].as_py()
        assert made.faults[made.codes[n]] == alone.faults[0]
        assert made.wrong[n] == (cell in ("x", "-7"))
