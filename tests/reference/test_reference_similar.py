import csv
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpeel.errors import FileRefused, MethodError, NotComputable
from openpeel.reference import force_features, forces, load_groups, nearest, recognise

LINE = np.array([0.0, 1.0, 2.5, 4.5, 9.0])
NAMES = ["a", "b", "c", "d", "e"]


def test_nearest_on_a_line_worked_by_hand():
    groups = nearest({"population": LINE}, NAMES, k=2)
    # |c - b| = 1.5, |c - d| = 2, |c - a| = 2.5; |e - d| = 4.5, |e - c| = 6.5.
    assert groups.of("c") == ("b", "d")
    assert groups.of("e") == ("d", "c")
    assert not groups.official
    assert "nearest forces by published population" in groups.basis
    assert "not the official most similar group" in groups.basis


def test_each_block_weighs_the_same_however_many_columns_it_has():
    one, other = LINE, LINE[[2, 0, 4, 1, 3]]
    plain = nearest({"x": one, "y": other}, NAMES, k=3)
    fourfold = nearest({"x": one, "y": np.column_stack([other] * 4)}, NAMES, k=3)
    assert plain.peers == fourfold.peers


@given(st.permutations(range(5)), st.floats(0.01, 1e4), st.floats(-1e4, 1e4))
def test_order_of_rows_unit_and_origin_do_not_matter(order, scale, origin):
    wanted = nearest({"x": LINE}, NAMES, k=2).peers
    got = nearest({"x": (LINE * scale + origin)[order]}, [NAMES[i] for i in order], k=2).peers
    assert got == wanted


def test_a_force_without_a_feature_has_no_group_and_is_nobodys_peer():
    values = LINE.copy()
    values[1] = np.nan
    groups = nearest({"population": values, "flat": np.ones(5)}, NAMES, k=3)
    assert groups.lacking == ("b",)
    assert all("b" not in group for group in groups.peers.values())
    with pytest.raises(NotComputable, match="No group of similar forces for b"):
        groups.of("b")


@pytest.mark.parametrize("k", [0, 5])
def test_a_k_that_cannot_be_is_refused(k):
    with pytest.raises(MethodError, match="nearest forces were asked for"):
        nearest({"x": LINE}, NAMES, k=k)


def test_a_wrong_shape_is_refused():
    with pytest.raises(MethodError, match="'x' needs one row"):
        nearest({"x": LINE[:3]}, NAMES, k=2)
    with pytest.raises(MethodError, match="one value a force"):
        force_features(LINE, LINE[:3], np.ones((5, 2)))


def test_features_are_logs_and_shares_and_nothing_where_nothing_is_counted():
    features = force_features([100.0, 1000.0], [10.0, 10.0], [[1, 3], [0, 0]])
    assert np.allclose(features["population"], np.log([100, 1000]))
    assert np.allclose(features["density"], np.log([10, 100]))
    assert np.allclose(features["crime mix"][0], [0.25, 0.75])
    assert np.isnan(features["crime mix"][1]).all()


def test_real_populations_and_areas_put_big_cities_together():
    path = files("openpeel") / "bundled" / "population" / "pfa-population-2001-to-2020.csv"
    rows = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    people = {
        recognise(row["pfa21cd"]).id: float(row["population"])
        for row in rows
        if row["mid_year"] == "2020" and row["pfa21cd"][:3] in ("E23", "W15")
    }
    ids = [f.id for f in forces()]
    features = force_features(
        [people[i] for i in ids], [f.area_km2 for f in forces()], np.ones((43, 2))
    )
    groups = nearest(features, ids)
    assert {"west-midlands", "west-yorkshire"} <= set(groups.of("greater-manchester"))
    assert all(len(set(group)) == 7 and one not in group for one, group in groups.peers.items())


def test_official_groups_load_from_a_file(tmp_path):
    path = tmp_path / "groups.csv"
    path.write_text(
        "\ufeffforce,peer,note\r\nCambridgeshire,Devon & Cornwall,x\r\n"
        'Cambridgeshire,cambridgeshire,\r\nCambridgeshire,"London, City of",\r\n',
        encoding="utf-8",
    )
    groups = load_groups(path)
    assert groups.of("cambridgeshire") == ("devon-and-cornwall", "city-of-london")
    assert groups.official
    assert groups.basis == "Most similar group as given in groups.csv."
    assert not load_groups(path, official=False).official
    with pytest.raises(NotComputable, match="none is given"):
        groups.of("kent")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\nKent,Essex\n", "needs the columns force and peer"),
        ("force,peer\nKent,Essex\nKent,Gotham\n", "line 3: 'Gotham' is no police force"),
        ("force,peer\nKent,BTP\n", "line 2: 'BTP' is no territorial police force"),
        ("force,peer\nKent\n", "line 2: '' is no territorial"),
        ("force,peer\n", "holds no pair"),
    ],
)
def test_a_bad_group_file_is_refused_with_its_line(tmp_path, text, said):
    path = tmp_path / "groups.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileRefused, match=said):
        load_groups(path)


def test_a_missing_group_file_is_refused(tmp_path):
    with pytest.raises(FileRefused, match="cannot be read"):
        load_groups(tmp_path / "none.csv")
