"""An indicator over all forces, side by side, never ranked."""

from dataclasses import fields

import numpy as np
import pytest
from made_lakes import lake_of

from openpeel.errors import NotComputable, NotKnown
from openpeel.profiles import Assessor, ComparedForce, Comparison, comparison
from openpeel.reference import forces


@pytest.fixture(scope="module")
def shoplifting(assessor):
    return comparison(assessor, "shoplifting-rate")


def one(compared, name):
    (found,) = [f for f in compared.forces if f.force.id == name]
    return found


def test_all_forces_stand_in_the_order_of_their_names(shoplifting):
    assert [f.force for f in shoplifting.forces] == list(forces())
    names = [f.force.short for f in shoplifting.forces]
    assert len(names) == 43
    assert names == sorted(names)


def test_each_has_a_figure_or_the_reason_for_none(shoplifting):
    for found in shoplifting.forces:
        assert (found.value is None) == bool(found.reason)
    assert shoplifting.lacking == tuple(
        f.force.short for f in shoplifting.forces if f.value is None
    )
    reasons = {f.force.id: f.reason for f in shoplifting.forces if f.reason}
    assert reasons["greater-manchester"].startswith("not published: Greater Manchester Police")
    assert reasons["metropolitan"] == "in no loaded file"
    assert reasons["thames-valley"] == "11 of 12 months can be used"
    assert reasons["avon-and-somerset"] == "6 of 12 months can be used"
    assert "10,938" in reasons["city-of-london"]
    assert one(shoplifting, "greater-manchester").numerator is None


def test_a_doubtful_month_is_named_where_it_costs_the_figure(shoplifting):
    reason = one(shoplifting, "hampshire").reason
    assert reason.startswith("11 of 12 months can be used; August 2025 is left out: crime types")


def test_the_figures_are_those_of_the_profiles(assessor, shoplifting):
    for name in ("cambridgeshire", "kent", "cleveland", "dyfed-powys"):
        found = one(shoplifting, name)
        (mine,) = [
            v for v in assessor.profile(name).indicators if v.indicator.id == "shoplifting-rate"
        ]
        assert found.value == mine.year.value
        assert (found.lower, found.upper) == (mine.position.lower, mine.position.upper)
        assert (found.outside, found.far) == (mine.position.outside, mine.position.far)
        assert shoplifting.median == mine.position.median
        assert shoplifting.convention == mine.position.convention
    assert one(shoplifting, "cleveland").outside == 1
    assert one(shoplifting, "dyfed-powys").outside == -1


def test_it_says_what_it_is_and_from_when(assessor, shoplifting):
    assert (shoplifting.window, shoplifting.window_label) == (
        "2025-01/2025-12",
        "12 months to December 2025",
    )
    assert (shoplifting.unit, shoplifting.per, shoplifting.polarity) == ("rate", 1000, "lower")
    assert (shoplifting.snapshot, shoplifting.publisher) == (1, "demo")
    assert shoplifting.caveats
    values = [f.value for f in shoplifting.forces if f.value is not None]
    assert shoplifting.median == np.median(values)
    inside = [f for f in shoplifting.forces if f.value is not None and not f.outside]
    assert min(f.value for f in inside) < shoplifting.usual < max(f.value for f in inside)


def test_it_holds_no_rank(shoplifting):
    names = {f.name for kind in (Comparison, ComparedForce) for f in fields(kind)}
    assert not {n for n in names if "rank" in n or "place" in n or "best" in n}


def test_an_indicator_that_no_force_has_is_refused_with_the_reason(assessor):
    with pytest.raises(NotComputable, match="Court result unavailable"):
        comparison(assessor, "charged-share")


def test_an_unknown_indicator_suggests(assessor):
    with pytest.raises(NotKnown, match=r"Did you mean .*shoplifting-rate"):
        comparison(assessor, "shoplifting")


def test_what_is_not_loaded_is_named(tmp_path):
    crime = {("kent", "2024-01"): {("Burglary", None): 5}}
    lake = lake_of(tmp_path / "lake", counts=crime)
    with pytest.raises(NotComputable, match="population"):
        comparison(Assessor(lake.snapshot()), "burglary-rate")


def test_two_forces_have_figures_and_no_limits(tmp_path):
    lake = lake_of(
        tmp_path / "lake",
        counts={(f, "2024-01"): {("Burglary", None): 5} for f in ("kent", "essex")},
        population={"2020": {"kent": 1000, "essex": 2000}},
    )
    found = comparison(Assessor(lake.snapshot()), "burglary-rate")
    assert found.convention == "no limits"
    assert found.usual is None
    kent = one(found, "kent")
    assert (kent.value, kent.lower, kent.upper, kent.outside) == (5.0, None, None, 0)
    assert found.median == 3.75
    assert len(found.lacking) == 41
