import csv
import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpeel.errors import NotKnown
from openpeel.reference import Force, NotAForce, force, forces, recognise, resolve_names

BUNDLED = files("openpeel") / "bundled"
with (Path(__file__).parents[1] / "data" / "spellings.csv").open(encoding="utf-8") as lines:
    MET = [(row["spelling"], row["is"]) for row in csv.DictReader(lines)]


def test_every_spelling_met_in_the_publishers_files_is_recognised():
    found = {spelling: recognise(spelling) for spelling, _ in MET}
    wrong = {s: f for (s, wanted) in MET if (f := found[s]) is None or f.id != wanted}
    assert not wrong
    assert {f.id for f in found.values() if isinstance(f, Force)} == {f.id for f in forces()}


def test_codes_and_names_agree_with_the_population_table():
    text = (BUNDLED / "population" / "pfa-population-2001-to-2020.csv").read_text("utf-8-sig")
    pairs = {(row["pfa21cd"], row["pfa21nm"]) for row in csv.DictReader(text.splitlines())}
    pairs = {(code, name) for code, name in pairs if isinstance(recognise(code), Force)}
    assert len(pairs) == 43
    assert all(force(code) == force(name) for code, name in pairs)


def test_codes_and_names_agree_with_the_force_areas():
    text = (BUNDLED / "geography" / "police-force-areas.geojson").read_text("utf-8")
    areas = [feature["properties"] for feature in json.loads(text)["features"]]
    assert len(areas) == 43
    assert all(force(area["id"]) == force(area["name"]) for area in areas)


def test_there_are_43_forces_four_of_them_welsh_sorted_by_id():
    ids = [f.id for f in forces()]
    assert len(ids) == 43
    assert ids == sorted(ids)
    assert [f.short for f in forces() if f.nation == "Wales"] == [
        "Dyfed-Powys",
        "Gwent",
        "North Wales",
        "South Wales",
    ]
    assert forces(date(2007, 4, 1)) == forces()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("london, city of", "city-of-london"),
        ("CITY OF LONDON POLICE", "city-of-london"),
        ("Metropolitan Police6", "metropolitan"),
        ("Metropolitan Police¹", "metropolitan"),
        ("The Met", "metropolitan"),
        ("E23000034\u00a0", "city-of-london"),
        ("w15000003", "south-wales"),
        ("Devon\u00a0&  Cornwall\n", "devon-and-cornwall"),
        ("Hampshire and Isle of Wight Constabulary", "hampshire"),
        ("West Midlands", "west-midlands"),
    ],
)
def test_variations_that_mean_nothing_are_folded(name, wanted):
    assert force(name).id == wanted


@given(
    st.sampled_from(forces()),
    st.sampled_from([str.upper, str.lower, str.title]),
    st.sampled_from(["", " ", "\u00a0", "[Note 6]", " [note 12]", "(R)", "1", "1, 2", "\n"]),
    st.sampled_from(["-", "_", " ", "\u00a0"]),
)
def test_a_dressed_up_name_is_still_the_force(wanted, case, suffix, between):
    assert force(case(wanted.short).replace(" ", between) + suffix) == wanted
    assert force(case(wanted.name) + suffix) == wanted


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("cambrigeshire", "Did you mean Cambridgeshire"),
        ("Yorkshire", "Did you mean West Yorkshire or South Yorkshire or North Yorkshire?"),
        ("manchester", "Did you mean Greater Manchester?"),
        ("avon somerset", "Did you mean Avon and Somerset?"),
    ],
)
def test_a_near_miss_suggests_at_most_three(typed, suggested):
    with pytest.raises(NotKnown, match="is no police force that openpeel knows") as caught:
        force(typed)
    assert suggested in str(caught.value)
    assert str(caught.value).count(" or ") <= 3  # two between three names, one in the advice


def test_something_quite_else_gets_no_suggestion():
    with pytest.raises(NotKnown) as caught:
        force("Gotham City")
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "id_", "kind", "said"),
    [
        ("BTP", "british-transport-police", "body", "polices the railways"),
        ("Police Service of Northern Ireland", "northern-ireland", "body", "outside England"),
        ("Action Fraud", "action-fraud", "body", "no one force"),
        ("Financial Fraud Action UK", "uk-finance", "body", "no one force"),
        ("London", "london", "region", "City of London, Metropolitan Police"),
        ("E12000005", "west-midlands-region", "region", "Staffordshire, Warwickshire"),
        ("Wales", "wales", "nation", "Dyfed-Powys, Gwent"),
        ("K04000001", "england-and-wales", "total", "sum of all forces"),
        ("*Total West Midlands ", "total", "total", "sum over forces"),
        ("NA", "missing", "missing", "names nobody"),
        ("", "missing", "missing", "names nobody"),
    ],
)
def test_a_row_that_is_no_force_is_known_and_says_why(name, id_, kind, said):
    found = recognise(name)
    assert isinstance(found, NotAForce)
    assert (found.id, found.kind) == (id_, kind)
    with pytest.raises(NotKnown, match=r"no territorial police force") as caught:
        force(name)
    assert said in str(caught.value)


def test_bulk_lookup_gives_an_id_or_none():
    names = ["Kent Police", "Kent Police", "BTP", "Gotham City"]
    assert resolve_names(names) == {"Kent Police": "kent", "BTP": None, "Gotham City": None}
    assert recognise("Gotham City") is None
    assert recognise("E99000001") is None


def test_only_city_of_london_refuses_rates_per_resident_and_says_why():
    (city,) = [f for f in forces() if not f.resident_rates]
    assert city.id == "city-of-london"
    assert "10,938" in (city.why or "")


def test_areas_are_near_the_published_ones():
    # ONS standard area measurements, land area in km2: Cambridgeshire and Peterborough 3,389,
    # Greater Manchester 1,276, West Midlands county 902: inland, so generalising changes little.
    for name, published in {"cambridgeshire": 3389, "gmp": 1276, "west midlands": 902}.items():
        assert force(name).area_km2 == pytest.approx(published, rel=0.005)
