"""Doubtful months: the one of the bundled data, and how the rule does where the truth is known."""

import numpy as np
import pyarrow as pa
import pytest
from made_lakes import lake_of

from openpeel.indicators import indicator, observe
from openpeel.monitoring import doubtful_months, screen
from openpeel.monitoring.doubts import MIXED_DIFFERENTLY
from openpeel.reference import Period, forces

AREAS = [f.id for f in forces()]
TYPES = 14


class Counted:
    """Stands in for a snapshot whose `crime_counts` hold these numbers: forces x months x types."""

    def __init__(self, counts):
        self.counts = counts

    def has(self, table):
        return table == "crime_counts"

    def query(self, query):
        a, m, t = (part.ravel() for part in np.indices(self.counts.shape))
        months = np.array([f"{2000 + i // 12}-{i % 12 + 1:02d}" for i in range(m.max() + 1)])
        return pa.table(
            {
                "force_id": np.array(AREAS)[a],
                "month": months[m],
                "crime_type": np.array([f"type {i:02d}" for i in range(TYPES)])[t],
                "crimes": self.counts.ravel(),
            }
        )


def months_of(random, *, months, least):
    """Multinomial months of each force from its own fixed mix, with totals from `least` up.

    The mixes are spread as the real ones: one type of about a third, the others thinning out.
    """
    mixes = random.dirichlet(np.r_[14.0, np.linspace(4, 0.5, TYPES - 1)], size=len(AREAS))
    totals = random.integers(least, 8 * least, size=(len(AREAS), months))
    return mixes, random.multinomial(totals, mixes[:, None, :])


@pytest.mark.parametrize("least", [500, 3000])
def test_the_rule_hardly_ever_doubts_a_sound_month(least):
    """None of 25,800 months (43 forces x 120 months x 5) of at least 500 crimes or incidents."""
    random = np.random.default_rng(20260101)
    for _ in range(5):
        _, counts = months_of(random, months=120, least=least)
        assert counts.shape[:2] == (43, 120)
        assert doubtful_months(Counted(counts)) == {}


def test_a_month_with_thirty_percent_moved_is_found():
    """One planted month in each of 43 forces, 20 times: more than 99 % of 860 are found."""
    random = np.random.default_rng(7)
    found = planted = 0
    for _ in range(20):
        mixes, counts = months_of(random, months=12, least=500)
        at = random.integers(0, 12, size=len(AREAS))
        for force, month in enumerate(at):
            mix = mixes[force].copy()
            most, least = mix.argmax(), mix.argmin()
            if mix[most] < 0.3:
                continue
            mix[most] -= 0.3
            mix[least] += 0.3
            counts[force, month] = random.multinomial(counts[force, month].sum(), mix)
            planted += 1
        doubts = doubtful_months(Counted(counts))
        where = {(AREAS[f], f"2000-{m + 1:02d}") for f, m in enumerate(at)}
        assert set(doubts) <= where
        found += len(doubts)
    assert planted > 500
    assert found > 0.99 * planted


def test_the_doubt_says_what_is_odd():
    random = np.random.default_rng(1)
    _, counts = months_of(random, months=12, least=3000)
    counts[5, 3] = 0
    counts[5, 3, 2] = 1000
    doubts = doubtful_months(Counted(counts))
    assert list(doubts) == [(AREAS[5], "2000-04")]
    assert "type 02 is 100% of the month, usually " in doubts[AREAS[5], "2000-04"].reason


def test_hampshire_august_2025_is_the_only_doubtful_month_of_the_bundled_data(snapshot):
    """Its mix is 0.429 away from its usual; the next of 461 force-months is 0.110 away."""
    doubts = doubtful_months(snapshot)
    assert list(doubts) == [("hampshire", "2025-08")]
    (doubt,) = doubts.values()
    assert doubt.distance == pytest.approx(0.4293, abs=5e-5)
    assert "violence and sexual offences is 80% of the month, usually 40%" in doubt.reason


def test_the_distances_of_the_bundled_data_computed_apart(snapshot):
    """The same distances by plain loops: none lies near the border of 0.25."""
    table = snapshot.table("crime_counts", ["force_id", "month", "crime_type", "crimes"])
    counted = table.group_by(["force_id", "month", "crime_type"]).aggregate([("crimes", "sum")])
    months: dict[str, dict[str, dict[str, int]]] = {}
    for row in counted.to_pylist():
        mine = months.setdefault(row["force_id"], {}).setdefault(row["month"], {})
        mine[row["crime_type"]] = row["crimes_sum"]
    distances = []
    for force in AREAS:
        shares = [
            {kind: n / sum(month.values()) for kind, n in month.items()}
            for month in months.get(force, {}).values()
        ]
        kinds = {kind for share in shares for kind in share}
        usual = {kind: np.median([s.get(kind, 0) for s in shares]) for kind in kinds}
        distances += [sum(abs(s.get(k, 0) - usual[k]) for k in kinds) / 2 for s in shares]
    assert len(distances) == 461
    next_largest, largest = sorted(distances)[-2:]
    assert largest == pytest.approx(0.4293, abs=5e-5)
    assert next_largest == pytest.approx(0.1099, abs=5e-5)
    assert next_largest < MIXED_DIFFERENTLY / 2 < largest


def test_a_doubtful_month_is_left_out_of_limits_and_windows(snapshot):
    doubts = doubtful_months(snapshot)
    definition = indicator("violence-and-sexual-offences-rate")
    with_doubt, without = (screen(snapshot, definition, d) for d in (doubts, {}))
    row = with_doubt.row("hampshire")
    at = with_doubt.periods.index("2025-08")
    assert np.isfinite(with_doubt.values[row, at])
    assert np.isnan(with_doubt.chart.values[row, at])
    assert with_doubt.chart.upper[row, 0] != without.chart.upper[row, 0]
    other = with_doubt.row("kent")
    # One force's doubt moves what all forces did together by little.
    np.testing.assert_allclose(with_doubt.chart.upper[other], without.chart.upper[other], rtol=0.01)
    assert "hampshire" in without.compared
    assert "hampshire" not in with_doubt.compared
    mine = with_doubt.yearly.of("hampshire")
    assert mine.reason.tolist() == ["11 of 12 months can be used"]
    assert observe(snapshot, definition, Period.parse("2025-08")).of("hampshire").value[0] > 0


def test_forces_with_few_months_and_lakes_without_counts_are_not_judged(tmp_path):
    few = {
        ("kent", month): {("Burglary" if i else "Robbery", None): 900}
        for i, month in enumerate(Period.parse("2024-01/2024-05").months)
    }
    assert doubtful_months(lake_of(tmp_path / "few", counts=few).snapshot()) == {}
    people = lake_of(tmp_path / "people", population={"2020": {"kent": 1}})
    assert doubtful_months(people.snapshot()) == {}


def test_a_mix_that_changes_over_the_years_is_no_reason_for_doubt(tmp_path):
    """As in Cambridgeshire: violence was 12 % of April 2014 and is 35 % of the months of 2025."""
    counts = {("kent", "2014-04"): {("Robbery", None): 120, ("Burglary", None): 880}}
    for month in Period.parse("2025-01/2025-12").months:
        counts["kent", month] = {("Robbery", None): 500, ("Burglary", None): 500}
    assert doubtful_months(lake_of(tmp_path / "lake", counts=counts).snapshot()) == {}
    counts["kent", "2025-07"] = {("Robbery", None): 120, ("Burglary", None): 880}
    found = doubtful_months(lake_of(tmp_path / "odd", counts=counts).snapshot())
    assert list(found) == [("kent", "2025-07")]


def test_a_body_that_is_no_force_is_not_judged(tmp_path):
    months = Period.parse("2024-01/2024-12").months
    odd = {
        (force, month): {("Burglary" if i else "Robbery", None): 900}
        for i, month in enumerate(months)
        for force in ("kent", "northern-ireland")
    }
    lake = lake_of(tmp_path / "lake", counts=odd)
    assert list(doubtful_months(lake.snapshot())) == [("kent", "2024-01")]
