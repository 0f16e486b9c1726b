"""Every carried indicator is the same on both engines; and what is told where engines differ."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_lakes import lake_of

from openpeel.errors import LakeError
from openpeel.indicators import indicators
from openpeel.indicators.agreeing import Difference, agreement, rows_query
from openpeel.lake import Lake, Snapshot
from openpeel.sources import contract, load

DATA = Path(__file__).parents[1] / "data"
BUNDLED = Path(__file__).parents[2] / "src/openpeel/bundled"


@pytest.fixture(scope="module")
def everything(tmp_path_factory) -> Snapshot:
    """A snapshot of every table that the small real files and the small bundled ones fill."""
    lake = Lake(tmp_path_factory.mktemp("everything"))
    folders = ("home_office", "police_uk", "workforce", "geography")
    carried = ("population", "peel", "workforce/police-grant-2025-26.csv")
    offences = "home_office/offence-code-to-police-uk-category.csv"
    load(lake, [*(DATA / f for f in folders), *(BUNDLED / f for f in (*carried, offences))])
    return lake.snapshot()


@pytest.mark.spark
def test_every_indicator_and_every_slice_is_the_same_on_both_engines(everything):
    found = agreement(everything)
    assert found.differences == []
    assert len(found.indicators) >= 60
    assert set(found.indicators) | set(found.left_out) == set(indicators())
    assert not any(everything.has(indicators()[name].table) for name in found.left_out)
    assert set(found.tables) == set(everything.tables) - {"provenance", "quarantine"}
    assert found.compared > 5000


@pytest.mark.exhaustive
def test_the_rows_of_each_slice_are_those_that_provenance_knows(everything):
    tables = [contract(t) for t in everything.tables if t not in ("provenance", "quarantine")]
    found = everything.on("duckdb").query(rows_query(tables)).to_pylist()
    counted = {(r["table"], r["partition"], r["key"]): r["rows"] for r in found}
    held = {tuple(n): h.rows_loaded for n, h in everything.held.items() if h.rows_loaded}
    assert {n: rows for n, rows in counted.items() if rows} == held


@pytest.fixture
def two_lakes(tmp_path, monkeypatch):
    """A snapshot that DuckDB reads, and another in the place of what Spark would read."""

    def made(counts, of_spark, *, people=({}, {}), spoilt=()):
        one = lake_of(tmp_path / "one", counts=counts, population=people[0]).snapshot()
        other = lake_of(tmp_path / "other", counts=of_spark, population=people[1]).snapshot()
        engines = {"duckdb": one.on("duckdb"), "spark": other.on("duckdb")}
        monkeypatch.setattr(Snapshot, "on", lambda self, name: engines[name])
        for name in spoilt:
            monkeypatch.setattr(engines[name], "query", unless_charged(name, engines[name].query))
        return one

    def unless_charged(name, ask):
        def query(wanted):
            if "Suspect charged" in wanted.sql():  # in the SQL of `charged-share` alone
                raise LakeError(f"{name} cannot do this")
            return ask(wanted)

        return query

    return made


COUNTS = {
    ("kent", "2025-01"): {("Drugs", "Under investigation"): 4, ("Robbery", "Local resolution"): 2},
    ("kent", "2025-02"): {("Drugs", "Under investigation"): 1},
}


def test_lakes_that_agree(two_lakes):
    found = agreement(two_lakes(COUNTS, COUNTS))
    assert found.differences == []
    assert "no-outcome-yet-share" in found.indicators
    assert found.left_out["drugs-rate"] == "it needs population, which is not loaded"


def test_one_number_that_differs_is_told_by_indicator_force_period_and_column(two_lakes):
    other = COUNTS | {("kent", "2025-02"): {("Drugs", "Under investigation"): 2}}
    found = agreement(two_lakes(COUNTS, other))
    mine = [d for d in found.differences if d.what == "no-outcome-yet-share"]
    year = "2024-03/2025-02"
    assert mine == [
        Difference("no-outcome-yet-share", "kent", "2025-02", "numerator", 1, 2),
        Difference("no-outcome-yet-share", "kent", "2025-02", "denominator", 1, 2),
        Difference("no-outcome-yet-share", "kent", "2025-02", "unresolved", 1, 2),
        Difference("no-outcome-yet-share", "kent", year, "numerator", 5, 6),
        Difference("no-outcome-yet-share", "kent", year, "denominator", 7, 8),
        Difference("no-outcome-yet-share", "kent", year, "unresolved", 5, 6),
    ]


def test_a_difference_that_coverage_alone_shows_is_told(two_lakes):
    people = {"2023": {"kent": 7, "essex": 9}}, {"2023": {"kent": 7, "essex": 10}}
    found = agreement(two_lakes({}, {}, people=people))
    place = ("coverage of population", "essex", "2023")
    assert found.differences == [Difference(*place, "sum_residents", 9, 10)]
    assert found.indicators == []


def test_rows_that_one_engine_lacks_are_told(two_lakes):
    other = {("kent", "2025-01"): COUNTS["kent", "2025-01"]}
    found = agreement(two_lakes(COUNTS, other))
    told = found.differences
    assert Difference("crime_counts", "kent", "2025-02", "rows", 1, 0, held=1) in told
    for what in ("crime_counts", "coverage of crime_counts"):
        assert Difference(what, "kent", "2025-02", "row", "there", "absent") in told
    assert Difference("crime_counts", "kent", "2024-03/2025-02", "periods", 2, 1) in told


def test_an_indicator_that_one_engine_cannot_answer_is_told_and_the_others_are_compared(two_lakes):
    found = agreement(two_lakes(COUNTS, COUNTS, spoilt=["spark"]))
    assert found.differences == [
        Difference("charged-share", "", over, "answer", f"{rows} rows", "spark cannot do this")
        for over, rows in (("", 2), ("2024-03/2025-02", 1))
    ]
    assert found.compared > 20


def test_an_indicator_that_no_engine_can_answer_is_left_out(two_lakes):
    found = agreement(two_lakes(COUNTS, COUNTS, spoilt=["duckdb", "spark"]))
    assert found.differences == []
    assert found.left_out["charged-share"] == "no engine can answer it: duckdb cannot do this"
    assert found.compared > 20


def test_a_slice_that_provenance_knows_otherwise_is_told(two_lakes, monkeypatch):
    snapshot = two_lakes(COUNTS, COUNTS)
    held = {n: replace(h, rows_loaded=9) for n, h in snapshot.held.items()}
    monkeypatch.setattr(snapshot.on("duckdb"), "held", held)
    assert agreement(snapshot).differences == [
        Difference("crime_counts", "kent", "2025-01", "rows", 2, 2, held=9),
        Difference("crime_counts", "kent", "2025-02", "rows", 1, 1, held=9),
    ]
