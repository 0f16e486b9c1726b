"""Observations against an independent computation, and the rules that make a gap a gap."""

import io
import zipfile
from importlib.resources import files

import numpy as np
import polars as pl
import pytest
import sqlglot
from sqlglot import exp

from openpeel.indicators import (
    indicator,
    indicators,
    observe,
    observe_all,
    query_of,
)
from openpeel.reference import Period
from openpeel.sources import contract

BUNDLED = files("openpeel") / "bundled"
ASB = "Anti-social behaviour"
OF_CRIMES = {name: i for name, i in indicators().items() if i.table == "crime_counts"}
# What each rate counts, written here anew from docs and the publisher's categories.
COUNTED = {
    "bicycle-theft-rate": ["Bicycle theft"],
    "burglary-rate": ["Burglary"],
    "criminal-damage-and-arson-rate": ["Criminal damage and arson"],
    "drugs-rate": ["Drugs"],
    "other-theft-rate": ["Other theft"],
    "possession-of-weapons-rate": ["Possession of weapons"],
    "public-order-rate": ["Public order"],
    "robbery-rate": ["Robbery"],
    "shoplifting-rate": ["Shoplifting"],
    "theft-from-the-person-rate": ["Theft from the person"],
    "vehicle-crime-rate": ["Vehicle crime"],
    "violence-and-sexual-offences-rate": ["Violence and sexual offences"],
    "serious-acquisitive-crime-rate": ["Burglary", "Robbery", "Vehicle crime"],
    "anti-social-behaviour-rate": [ASB],
    "all-crime-rate": [
        "Bicycle theft", "Burglary", "Criminal damage and arson", "Drugs", "Other crime",
        "Other theft", "Possession of weapons", "Public order", "Robbery", "Shoplifting",
        "Theft from the person", "Vehicle crime", "Violence and sexual offences",
    ],
}  # fmt: skip
SHARES = {
    "no-suspect-share": ["Investigation complete; no suspect identified"],
    "no-outcome-yet-share": ["Under investigation", "Status update unavailable"],
    "out-of-court-share": [
        "Local resolution", "Offender given a caution", "Offender given penalty notice",
        "Offender given a drugs possession warning",
    ],
    "not-in-public-interest-share": [
        "Formal action is not in the public interest",
        "Further action is not in the public interest",
        "Further investigation is not in the public interest",
    ],
    "passed-to-another-body-share": ["Action to be taken by another organisation"],
}  # fmt: skip


@pytest.fixture(scope="module")
def all_monthly(snapshot):
    return observe_all(snapshot, OF_CRIMES.values())


@pytest.fixture(scope="module")
def national():
    """The bundled counts, straight from the file."""
    raw = (BUNDLED / "police_uk/street-counts-2025-by-lsoa.parquet").read_bytes()
    frame = pl.read_parquet(io.BytesIO(raw))
    return frame.rename({"crime_type": "type", "last_outcome_category": "outcome"})


@pytest.fixture(scope="module")
def cambridgeshire():
    """Cambridgeshire's rows, straight from the archive."""
    with zipfile.ZipFile(str(BUNDLED / "police_uk/cambridgeshire-2025.zip")) as packed:
        names = [n for n in packed.namelist() if n.endswith("-street.csv")]
        parts = [pl.read_csv(packed.read(n), infer_schema_length=0) for n in names]
    return pl.concat(parts).select(
        month="Month", type="Crime type", outcome="Last outcome category", crimes=pl.lit(1)
    )


@pytest.fixture(scope="module")
def residents():
    """Mid-2020 residents by force area code, straight from the file."""
    frame = pl.read_csv((BUNDLED / "population/pfa-population-2001-to-2020.csv").read_bytes())
    return dict(frame.filter(pl.col("mid_year") == 2020).select("pfa21cd", "population").rows())


def sums(frame, condition):
    found = frame.filter(condition).group_by("month").agg(pl.col("crimes").sum()).sort("month")
    return dict(found.rows())


def test_all_fifteen_rates_of_cambridgeshire_are_those_of_its_own_files(
    all_monthly, cambridgeshire, residents
):
    people = residents["E23000023"]
    rates = {name for name, i in OF_CRIMES.items() if i.unit == "rate"}
    assert rates == set(COUNTED)
    for name, types in COUNTED.items():
        expected = sums(cambridgeshire, pl.col("type").is_in(types))
        mine = all_monthly[name].of("cambridgeshire")
        assert dict(zip(mine.period, mine.numerator, strict=True)) == expected, name
        np.testing.assert_array_equal(mine.denominator, people)
        np.testing.assert_allclose(mine.value, mine.numerator / people * 1000, rtol=1e-12)
        assert set(mine.denominator_year) == {"2020"}
        assert set(mine.as_at) == {"2025-12"}
        assert len(mine) == 12


@pytest.mark.parametrize(
    ("force", "spelled", "code"),
    [
        ("kent", "Kent Police", "E23000032"),
        ("thames-valley", "Thames Valley Police", "E23000029"),
        ("dyfed-powys", "Dyfed-Powys Police", "W15000004"),
    ],
)
def test_rates_and_shares_of_other_forces_are_those_of_the_counts(
    all_monthly, national, residents, force, spelled, code
):
    frame = national.filter(pl.col("force_name") == spelled)
    assert len(frame)
    for name in ("shoplifting-rate", "serious-acquisitive-crime-rate", "all-crime-rate"):
        mine = all_monthly[name].of(force)
        expected = sums(frame, pl.col("type").is_in(COUNTED[name]))
        assert dict(zip(mine.period, mine.numerator, strict=True)) == expected
        np.testing.assert_array_equal(mine.denominator, residents[code])
    crime = sums(frame, pl.col("type") != ASB)
    waiting = sums(frame, pl.col("outcome").is_in(SHARES["no-outcome-yet-share"]))
    for name, outcomes in SHARES.items():
        mine = all_monthly[name].of(force)
        expected = sums(frame, pl.col("outcome").is_in(outcomes))
        for i, month in enumerate(mine.period):
            assert mine.numerator[i] == expected.get(month, 0)
            assert mine.denominator[i] == crime[month]
            assert mine.unresolved[i] == waiting[month] / crime[month]
            if month <= "2025-06":
                assert mine.value[i] == expected[month] / crime[month]


def test_a_run_of_months_adds_up_numerators_and_keeps_one_population(all_monthly, snapshot):
    year = observe(snapshot, indicator("robbery-rate"), Period.parse("2025")).of("cambridgeshire")
    monthly = all_monthly["robbery-rate"].of("cambridgeshire")
    assert year.period.tolist() == ["2025"]
    assert year.numerator[0] == monthly.numerator.sum()
    assert year.value[0] == pytest.approx(monthly.value.sum(), rel=1e-12)


def test_one_pass_over_a_table_gives_what_each_gives_alone(all_monthly, snapshot):
    for name in ("charged-share", "all-crime-rate", "no-suspect-share"):
        alone = observe(snapshot, indicator(name))
        for field in ("area", "period", "denominator_year", "as_at", "reason"):
            together = getattr(all_monthly[name], field)
            assert getattr(alone, field).tolist() == together.tolist()
        for field in ("numerator", "denominator", "value", "unresolved"):
            np.testing.assert_array_equal(getattr(alone, field), getattr(all_monthly[name], field))


def test_only_the_forces_are_observed(all_monthly, national):
    assert "Police Service of Northern Ireland" in national["force_name"].to_list()
    found = all_monthly["all-crime-rate"]
    assert len(found) == 461
    assert not {"northern-ireland", "british-transport-police"} & set(found.area)


def test_crime_and_anti_social_behaviour_are_never_added(all_monthly, national):
    crime, incidents = (all_monthly[n] for n in ("all-crime-rate", "anti-social-behaviour-rate"))
    both = national.filter(pl.col("force_name") == "Kent Police")["crimes"].sum()
    kent = crime.of("kent").numerator.sum(), incidents.of("kent").numerator.sum()
    assert kent[1] > 0
    assert sum(kent) == both


def test_serious_acquisitive_crime_is_burglary_robbery_and_vehicle_crime(all_monthly):
    parts = ("burglary-rate", "robbery-rate", "vehicle-crime-rate")
    total = sum(all_monthly[p].numerator for p in parts)
    np.testing.assert_array_equal(all_monthly["serious-acquisitive-crime-rate"].numerator, total)


def test_the_city_of_london_has_no_rate_per_resident_and_says_why(all_monthly):
    mine = all_monthly["robbery-rate"].of("city-of-london")
    assert len(mine) == 12
    assert np.isnan(mine.value).all()
    assert all("10,938" in reason for reason in mine.reason)
    assert (mine.numerator > 0).any()
    share = all_monthly["no-suspect-share"].of("city-of-london")
    assert np.isfinite(share.value[share.period <= "2025-06"]).all()


def test_a_zero_is_a_zero_where_the_month_is_there(all_monthly, national):
    city = (pl.col("force_name") == "City of London Police") & (pl.col("month") == "2025-08")
    assert national.filter(city).height
    assert not national.filter(city & (pl.col("type") == "Possession of weapons")).height
    mine = all_monthly["possession-of-weapons-rate"].of("city-of-london")
    assert mine.numerator[mine.period == "2025-08"].tolist() == [0.0]


def test_a_month_that_is_not_there_has_no_row(all_monthly):
    found = all_monthly["all-crime-rate"]
    assert not len(found.of("greater-manchester"))
    thames = found.of("thames-valley")
    assert len(thames) == 11
    assert "2025-07" not in thames.period


def test_a_window_needs_every_month(snapshot):
    year = observe(snapshot, indicator("burglary-rate"), Period.parse("2025"))
    thames = year.of("thames-valley")
    assert np.isnan(thames.value[0])
    assert thames.reason[0] == "11 of 12 months can be used"
    assert thames.numerator[0] > 0
    summer = observe(snapshot, indicator("burglary-rate"), Period.parse("2025-08/2025-10"))
    assert summer.of("thames-valley").reason[0] == ""


def test_months_can_be_left_out_of_a_window(snapshot):
    quarter = Period.parse("2025-Q1")
    without = [("kent", "2025-02"), ("essex", "2024-12")]
    found = observe(snapshot, indicator("burglary-rate"), quarter, without)
    assert found.of("kent").reason[0] == "2 of 3 months can be used"
    assert found.of("essex").reason[0] == ""


def test_shares_wait_until_outcomes_are_six_months_old(all_monthly):
    found = all_monthly["no-suspect-share"]
    assert max(found.period[found.reason == ""]) == "2025-06"
    kent = found.of("kent")
    assert kent.reason[kent.period == "2025-07"].tolist() == [
        "too young: 5 months old when the file was made, and outcomes need 6"
    ]


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("charged-share", "Court result unavailable"),
        ("evidential-victim-supports-share", "Unable to prosecute suspect"),
    ],
)
def test_a_merged_vocabulary_refuses_the_whole_file_and_names_the_category(
    all_monthly, national, name, category
):
    found = all_monthly[name]
    assert np.isnan(found.value).all()
    assert all(f"'{category}' merges" in reason for reason in found.reason)
    if name == "charged-share":  # months in which the category does not occur are refused too
        has = national.filter(pl.col("outcome") == category)["month"].unique()
        assert "2025-12" not in has


def test_a_grid_is_areas_by_periods_with_gaps(all_monthly):
    found = all_monthly["burglary-rate"]
    areas = ("kent", "greater-manchester", "thames-valley")
    months = ("2025-07", "2024-01", "2025-06")
    grid = found.grid(areas, months)
    assert grid.shape == (3, 3)
    for i, area in enumerate(areas):
        for j, month in enumerate(months):
            mine = found.where((found.area == area) & (found.period == month)).value
            expected = mine[0] if len(mine) else np.nan
            np.testing.assert_equal(grid[i, j], expected)
    assert np.isnan(grid[2, 0])
    assert np.isfinite(grid[0, 0])
    nothing = found.where(found.area == "nowhere")
    assert np.isnan(nothing.grid(areas, months)).all()


@pytest.mark.parametrize("whole", [False, True])
def test_the_sql_is_sound_and_quoted_on_both_engines(whole):
    windows = {"financial-year": "2017/18", "workforce": "2022-03"}
    for definition in indicators().values():
        kind = contract(definition.table).period.period
        wanted = windows.get(definition.table, windows.get(kind, "2025"))
        window = Period.parse(wanted) if whole else None
        query = query_of(definition, window, [("kent", "2025-01")])
        for dialect in ("duckdb", "spark"):
            text = query.sql(dialect=dialect, identify=True)
            parsed = sqlglot.parse_one(text, dialect=dialect)
            assert isinstance(parsed, exp.Query)
            assert all(name.quoted for name in parsed.find_all(exp.Identifier))
            assert {t.name for t in parsed.find_all(exp.Table)} >= {definition.table}
