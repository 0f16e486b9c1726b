"""What JSON carries: the shapes that other tools rely on."""

import json
from collections import Counter

import pytest

from openpeel.indicators import indicator
from openpeel.profiles import comparison, trace
from openpeel.publish.data import comparison_data, profile_data, trace_data
from openpeel.reference import forces


def objects(value):
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from objects(item)


def carried(value):
    """Through JSON and back; NaN and infinities are refused."""
    return json.loads(json.dumps(value, allow_nan=False))


@pytest.fixture(scope="module")
def cambridgeshire(assessor):
    return carried(profile_data(assessor.profile("cambridgeshire")))


def test_each_grade_of_2023_25_occurs_once(cambridgeshire):
    grades = [
        (o["question"], o["grade"])
        for o in objects(cambridgeshire)
        if o.get("cycle") == "2023-25" and isinstance(o.get("grade"), str)
    ]
    assert len(grades) == len(dict(grades)) == 8
    assert Counter(g for _, g in grades) == {
        "outstanding": 1,
        "good": 2,
        "adequate": 2,
        "requires-improvement": 1,
        "inadequate": 2,
    }


def test_inferred_grades_say_so(cambridgeshire):
    basis = {(j["cycle"], j["question"]): j["basis"] for j in cambridgeshire["judgments"]}
    assert basis["2021-22", "managing-offenders"] == "inferred"
    assert basis["2021-22", "responding-to-the-public"] == "published"


def test_each_indicator_has_value_period_and_provenance(cambridgeshire):
    assert len(cambridgeshire["indicators"]) == 20
    for o in cambridgeshire["indicators"]:
        assert isinstance(o["value"], float)
        assert o["period"].startswith("2025-")
        assert o["age_months"] > 0
        assert o["direction"].endswith("is better")
        for origin in o["provenance"]:
            assert len(origin["sha256"]) == 64
            assert "/" not in origin["file"]
    shop = next(o for o in cambridgeshire["indicators"] if o["indicator"] == "shoplifting-rate")
    assert (shop["denominator"], shop["denominator_year"]) == (859830, "2020")
    assert shop["year"]["value"] == pytest.approx(8.60868, abs=1e-5)
    assert {o["table"] for o in shop["provenance"]} == {"crime_counts", "population"}


def test_only_what_has_a_figure_carries_a_number(assessor):
    made = carried(profile_data(assessor.profile("greater-manchester")))
    assert made["indicators"] == []
    assert {o["value"] for o in made["missing"]} == {None}
    crimes = [o for o in made["missing"] if indicator(o["indicator"]).table == "crime_counts"]
    assert len(crimes) == 22
    assert all("published no street-level crime" in o["reason"] for o in crimes)


def test_every_force_can_be_carried(assessor):
    for force in forces():
        made = carried(profile_data(assessor.profile(force.id)))
        assert made["standing"] == "Not published by HMICFRS. Published by: demo"
        assert made["snapshot"] == assessor.snapshot.id


def test_comparison(assessor):
    made = carried(comparison_data(comparison(assessor, "burglary-rate")))
    assert [o["force"] for o in made["forces"]] == [f.id for f in forces()]
    gap = next(o for o in made["forces"] if o["force"] == "greater-manchester")
    assert gap["value"] is None
    assert gap["reason"]


def test_trace(snapshot):
    walked = trace(snapshot, "cambridgeshire", "shoplifting-rate", "2025-06")
    made = carried(trace_data(walked))
    assert made["value"] == pytest.approx(671 / 859830 * 1000)
    assert made["provenance"][0]["file"] == "cambridgeshire-2025.zip"
    assert made["provenance"][0]["path"].endswith("/cambridgeshire-2025.zip")
