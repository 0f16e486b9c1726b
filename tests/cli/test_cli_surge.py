"""`openpeel surge`: what is printed, as text and as JSON, and what is refused."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from made_lakes import lake_of

from openpeel.lake import Lake
from openpeel.reference import Period, forces

PAGE = (Path(__file__).parents[2] / "docs/surge.md").read_text()
NUMBERS = {
    "height", "height_low", "height_high", "ratio", "rank", "of", "p", "q", "detectable",
}  # fmt: skip
DATES = {"rise", "rise_earliest", "rise_latest", "back", "back_earliest", "back_latest"}


@pytest.fixture(scope="module")
def surged(tmp_path_factory):
    """Three years of burglary of 12 forces; Kent's are tripled in two stretches."""
    root = tmp_path_factory.mktemp("surged")
    draw = np.random.default_rng(7)
    ids = ["kent", *(f.id for f in forces() if f.id != "kent")][:12]
    start, counts = Period.parse("2016-04"), {}
    for area in ids:
        for i in range(36):
            high = area == "kent" and i in (13, 14, 15, 26, 27, 28)
            n = int(draw.poisson(600 if high else 200))
            counts[area, str(start.shift(i))] = {("Burglary", None): n}
    return lake_of(root / "lake", counts=counts).root


def test_the_example_of_the_page_is_what_is_printed(openpeel, bundled_lake):
    (command, shown) = re.search(r"```text\n\$ openpeel (.*)\n((?s:.*?))```", PAGE).groups()
    ran = openpeel(*command.split(), "--lake", bundled_lake.root)
    assert ran.code == 0
    assert ran.out.partition("Not published by HMICFRS.\n\n")[2].strip() == shown.strip()
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    assert ran.out.isascii()


def test_2017_is_answered_without_contradicting_anybody(openpeel, bundled_lake):
    made = openpeel(
        "surge", "E23000023", "--around", "2017-07", "--json", "--lake", bundled_lake.root
    )
    data = made.json
    assert (data["force"], data["around"], data["snapshot"]) == ("cambridgeshire", "2017-07", 1)
    whole = next(s for s in data["series"] if s["indicator"] == "recorded-crime-quarterly-rate")
    assert whole["counts"] == [17126, 16988, 17013, 15067], "as published for 2017/18"
    assert whole["periods"] == ["2017-Q2", "2017-Q3", "2017-Q4", "2018-Q1"]
    assert (whole["at"], whole["of"], whole["others"]) == ("2017-Q3", 43, 42)
    assert 1 <= whole["rank"] <= 43
    assert 1 < whole["detectable"] < 1.5
    assert whole["verdict"] == "none"
    told = " ".join([*data["sentences"], *data["caveats"]])
    assert "neither calls nor incidents" in told
    assert "would not show here" in told
    assert not re.search(r"contradict|there was no|did not happen|wrong", told)
    for series in data["series"]:
        assert NUMBERS | DATES | {"values", "sentence", "reason"} <= set(series)
        assert series["sentence"].startswith(series["title"])
        if any(series[name] is None for name in NUMBERS | DATES):
            assert series["reason"]


def test_a_surge_and_its_recurrence_are_told_with_dates(openpeel, surged):
    ran = openpeel("surge", "Kent", "--lake", surged)
    assert "A surge came back after an earlier one had returned" in ran.out
    assert "May 2017, then Jun 2018" in ran.out
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    data = openpeel("surge", "Kent", "--lake", surged, "--json").json
    (made,) = [s for s in data["series"] if s["indicator"] == "burglary-rate"]
    assert [(s["rise"], s["back"]) for s in made["surges"]] == [
        ("2017-05", "2017-08"),
        ("2018-06", "2018-09"),
    ]
    assert made["recurrences"] == ["2018-06"]
    assert made["rise"] in ("2017-05", "2018-06")
    assert made["height_low"] < 3 < made["height_high"]


@pytest.mark.parametrize("around", ["2017-06", "2017-Q2", "2017", "2017/18"])
def test_a_month_a_quarter_and_a_year_ask_about_the_same_surge(openpeel, surged, around):
    data = openpeel("surge", "kent", "--around", around, "--lake", surged, "--json").json
    (made,) = [s for s in data["series"] if s["indicator"] == "burglary-rate"]
    assert (made["verdict"], made["rise"], made["back"]) == ("surge", "2017-05", "2017-08")


def test_what_came_back_after_a_claimed_fix(openpeel, surged):
    ran = openpeel("surge", "kent", "--after", "2018-01", "--lake", surged)
    assert "A surge that begins after January 2018 is called in" in ran.out
    ran = openpeel("surge", "kent", "--after", "2018-10", "--lake", surged)
    assert "No rise with its return that begins after October 2018 stands out" in ran.out
    assert "Not asked about: it rose in May 2017" in re.sub(r"\s+", " ", ran.out)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("camelot",), 1, "no police force"),
        (("kent", "--around", "summer"), 1, "no period"),
        (("kent", "--after", "the fix"), 1, "no period"),
        (("kent", "--around", "1999-07"), 1, "which holds 2016-04 to 2019-03"),
        (("west-yorkshire",), 1, "nothing of West Yorkshire is in crime_counts"),
        (("kent", "--snapshot", "9"), 1, "no snapshot 9"),
    ],
)
def test_what_cannot_be_answered_says_why(openpeel, surged, words, code, told):
    ran = openpeel("surge", *words, "--lake", surged)
    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_an_empty_lake_says_what_to_do(openpeel, tmp_path):
    ran = openpeel("surge", "kent", "--lake", tmp_path / "lake")
    assert (ran.code, ran.out) == (openpeel("status", "--lake", tmp_path / "lake").code, "")
    assert ran.err.startswith("openpeel: ")


def test_one_force_alone_has_its_counts_and_a_reason(openpeel, tmp_path):
    counts = {
        ("kent", m): {("Burglary", None): 9 + i} for i, m in enumerate(Period.parse("2024").months)
    }
    lake = lake_of(tmp_path / "lake", counts=counts)
    ran = openpeel("surge", "kent", "--lake", lake.root)
    assert ran.code == 0
    assert "fewer than 10 other forces are loaded" in re.sub(r"\s+", " ", ran.out)
    data = json.loads(openpeel("surge", "kent", "--lake", lake.root, "--json").out)
    (made,) = [s for s in data["series"] if s["indicator"] == "burglary-rate"]
    assert (made["verdict"], made["p"], made["q"]) == ("not-judged", None, None)
    assert made["counts"] == list(range(9, 21))


def test_the_bundled_lake_is_answered_for_every_nation_and_size(openpeel, bundled_lake):
    for name in ("metropolitan", "city-of-london", "dyfed-powys"):
        ran = openpeel(
            "surge", name, "--around", "2017-Q3", "--json", "--lake", Lake(bundled_lake.root).root
        )
        assert ran.code == 0
        assert len(ran.json["series"]) == 9
