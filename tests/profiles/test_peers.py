"""Similar forces by openpeel's own measure."""

import numpy as np
import pytest
from made_lakes import lake_of

from openpeel.errors import NotComputable
from openpeel.profiles.peers import similar_forces
from openpeel.reference import force_features, forces, nearest


@pytest.fixture(scope="module")
def groups(snapshot):
    return similar_forces(snapshot)


def test_a_force_without_a_feature_has_no_group_and_is_nobodys_peer(groups):
    assert groups.lacking == (
        "greater-manchester", "metropolitan", "west-midlands", "west-yorkshire",
    )  # fmt: skip
    assert set(groups.peers) == {f.id for f in forces()} - set(groups.lacking)
    for force, peers in groups.peers.items():
        assert len(peers) == 7
        assert not {force, *groups.lacking} & set(peers)
    with pytest.raises(NotComputable, match="a feature of it is in no loaded file"):
        groups.of("metropolitan")


def test_the_basis_says_what_it_is_and_is_not(groups):
    assert not groups.official
    assert groups.basis == (
        "openpeel's 7 nearest forces by published population, density and crime mix: "
        "not the official most similar group."
    )


def test_the_features_are_those_published(groups, snapshot):
    """The same groups from features computed apart; anti-social behaviour is no crime."""
    rows = snapshot.table("crime_counts", ["force_id", "crime_type", "crimes"])
    counted = rows.group_by(["force_id", "crime_type"]).aggregate([("crimes", "sum")]).to_pylist()
    kinds = sorted({r["crime_type"] for r in counted} - {"Anti-social behaviour"})
    assert len(kinds) == 13
    totals = {(r["force_id"], r["crime_type"]): r["crimes_sum"] for r in counted}
    there = {f for f, _ in totals}
    names = [f.id for f in forces()]
    mix = [[totals.get((n, k), 0) if n in there else np.nan for k in kinds] for n in names]
    people = {
        r["force_id"]: r["residents"]
        for r in snapshot.table("population").to_pylist()
        if r["year"] == "2020"
    }
    features = force_features(
        [people.get(n, np.nan) for n in names], [f.area_km2 for f in forces()], mix
    )
    assert nearest(features, names) == groups


@pytest.mark.parametrize(
    "held",
    [
        {"counts": {("kent", "2024-01"): {("Burglary", None): 5}}},
        {"population": {"2020": {"kent": 1}}},
    ],
)
def test_too_few_forces_have_no_groups(tmp_path, held):
    groups = similar_forces(lake_of(tmp_path / "lake", **held).snapshot())
    assert groups.peers == {}
    assert len(groups.lacking) == 43
    with pytest.raises(NotComputable, match="No similar forces were sought"):
        groups.of("kent")
