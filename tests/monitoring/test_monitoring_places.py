"""Places: what is judged and what is not, against the method itself on arrays made apart."""

import json

import numpy as np
import pyarrow as pa
import pytest
from made_lakes import origin

from openpeel.cli.main import run
from openpeel.errors import NotComputable, NotKnown
from openpeel.lake import Lake, Slice
from openpeel.monitoring.places import places
from openpeel.reference import month_range
from openpeel.signals.excess import excess
from openpeel.sources import contract

MONTHS = month_range("2025-01", "2025-12")
TYPES = ("Burglary", "Robbery")
FORCES = ("cambridgeshire", "kent")
PLACES = 40


def write(root, rows):
    """A lake of rows {(force, month): [(place, crime type, crimes)]}."""
    table = contract("crime_counts")
    pieces = []
    for (force, month), found in sorted(rows.items(), key=lambda row: row[0][::-1]):
        made = [
            {
                "force_id": force,
                "lsoa_code": place,
                "crime_type": kind,
                "outcome": None,
                "crimes": crimes,
                "as_at": month,
                "basis": "counts",
            }
            for place, kind, crimes in found
        ]
        arrow = pa.Table.from_pylist(made, schema=table.stored)
        pieces.append(Slice(table, month, force, arrow, origin(repr(made), month), len(made)))
    lake = Lake(root)
    lake.replace(pieces, "made up")
    return lake


def code(force, place):
    return f"E01{FORCES.index(force)}{place:05d}"


@pytest.fixture(scope="module")
def counts():
    """Forces x places x types x months; one burglary surge in Kent's place 7."""
    draw = np.random.default_rng(1)
    rate = draw.gamma(1, 3, (2, PLACES, 2, 1))
    made = draw.poisson(np.broadcast_to(rate, (2, PLACES, 2, 12)))
    made[1, 7, 0, 9:] += 30
    return made


def rows_of(counts, months=MONTHS):
    """As rows of a lake: what is 0 is no row."""
    return {
        (force, month): [
            (code(force, place), TYPES[kind], int(counts[f, place, kind, m]))
            for place in range(PLACES)
            for kind in range(2)
            if counts[f, place, kind, m]
        ]
        for f, force in enumerate(FORCES)
        for m, month in enumerate(months)
    }


@pytest.fixture(scope="module")
def made(counts, tmp_path_factory):
    """Kent has not published May; a few crimes have no place, or one in the other force."""
    rows = rows_of(counts)
    del rows["kent", "2025-05"]
    rows["kent", "2025-11"] += [(None, "Burglary", 5), (code("cambridgeshire", 3), "Robbery", 2)]
    rows["british-transport-police", "2025-11"] = [
        (code("kent", 3), "Robbery", 9),
        ("E01099999", "Robbery", 9),
    ]
    return write(tmp_path_factory.mktemp("places") / "lake", rows)


@pytest.mark.parametrize("newest", [1, 3])
def test_a_missing_month_is_a_gap_and_a_place_without_crimes_a_zero(made, counts, newest):
    y = counts.astype(float)
    y[1, :, :, 4] = np.nan
    group = np.repeat(np.arange(4).reshape(2, 1, 2), PLACES, axis=1)
    expected = excess(y.reshape(-1, 12), group.ravel(), newest=newest)
    p = expected.p.reshape(2, PLACES, 2)
    found = places(made.snapshot(), newest=newest)
    assert found.newest == MONTHS[-newest:]
    assert found.before == MONTHS[:-newest]
    ranked = found.ranked(limit=1000)
    assert len(ranked) == len(found.p) == p.size
    for place in ranked:
        f, i = FORCES.index(place.force_id), int(place.lsoa_code[4:])
        at = f, i, TYPES.index(place.crime_type)
        assert place.p == pytest.approx(p[at])
        assert place.observed == counts[at][12 - newest :].sum()
        assert place.before == np.nansum(y[at][: 12 - newest])
    assert [place.p for place in ranked] == sorted(place.p for place in ranked)
    assert [place.q for place in ranked] == sorted(place.q for place in ranked)
    assert (found.unlocated, found.elsewhere) == (5, 2)


def test_the_surge_is_first_and_says_so(made):
    (place,) = places(made.snapshot()).ranked(limit=1)
    assert (place.force_id, place.lsoa_code) == ("kent", code("kent", 7))
    assert place.q < 0.01
    assert place.sentence.startswith(
        f"Burglary in {place.lsoa_code}, Kent Police: {place.observed} in 3 months to December 2025"
    )
    assert f"expect {place.expected:.1f}." in place.sentence


def test_one_force_or_type_is_shown_and_its_q_stays(made):
    found = places(made.snapshot())
    everywhere = {(p.lsoa_code, p.crime_type): p.q for p in found.ranked(limit=1000)}
    shown = found.ranked("Kent Police", ["burglary"], limit=1000)
    assert {(p.force_id, p.crime_type) for p in shown} == {("kent", "Burglary")}
    assert len(shown) == PLACES
    assert all(everywhere[p.lsoa_code, p.crime_type] == p.q for p in shown)
    with pytest.raises(NotKnown, match=r"'Arson'.*Burglary, Robbery"):
        found.ranked(types=["Arson"])


def test_a_force_without_its_newest_months_is_not_judged(counts, tmp_path):
    rows = rows_of(counts)
    del rows["kent", "2025-11"]
    found = places(write(tmp_path / "lake", rows).snapshot())
    assert found.unjudged["kent"] == "2025-11 is absent: in no loaded file"
    assert "cambridgeshire" not in found.unjudged
    with pytest.raises(NotComputable, match="Kent Police: 2025-11 is absent"):
        found.ranked("kent")
    # The newest month alone is there.
    assert "kent" not in places(write(tmp_path / "lake", rows).snapshot(), newest=1).unjudged


def test_a_force_of_few_places_is_not_judged(counts, tmp_path):
    few = counts.copy()
    few[1, 20:] = 0
    found = places(write(tmp_path / "lake", rows_of(few)).snapshot())
    assert found.unjudged["kent"] == "it has under 30 places with crimes, or too few months before"


def test_crimes_without_any_place_leave_nothing_to_judge(tmp_path):
    rows = {("kent", month): [(None, "Burglary", 4)] for month in MONTHS}
    found = places(write(tmp_path / "lake", rows).snapshot())
    assert found.ranked() == ()
    assert (found.unlocated, found.signals()) == (48, 0)
    assert "kent" in found.unjudged


def test_months_of_another_edition_of_the_areas_are_left_out(counts, tmp_path):
    rows = rows_of(counts, month_range("2023-02", "2024-01"))
    snapshot = write(tmp_path / "lake", rows).snapshot()
    assert places(snapshot, newest=1).before == month_range("2023-06", "2023-12")
    with pytest.raises(NotComputable, match=r"9 are needed; the lake has 8 since 2023-06: Small"):
        places(snapshot)


def test_what_cannot_be_asked(made, tmp_path):
    with pytest.raises(NotComputable, match="newest 3, not 2"):
        places(made.snapshot(), newest=2)
    other = Lake(tmp_path / "lake")
    people = contract("population")
    piece = pa.Table.from_pylist(
        [{"year": "2020", "force_id": "kent", "residents": 1}], schema=people.stored
    )
    other.replace([Slice(people, "", "2020", piece, origin("a"), 1)], "made up")
    with pytest.raises(NotComputable, match="no crimes by place"):
        places(other.snapshot())


def test_the_bundled_year(snapshot):
    """Every count of the first place is in the lake's rows; forces without data are named."""
    found = places(snapshot)
    assert len(found.p) > 350_000
    assert set(found.unjudged) == {
        "avon-and-somerset",
        "greater-manchester",
        "metropolitan",
        "west-midlands",
        "west-yorkshire",
    }
    assert "since July 2019" in found.unjudged["greater-manchester"]
    (place,) = found.ranked("cambridgeshire", limit=1)
    assert place.name
    table = snapshot.table("crime_counts", ["month", "lsoa_code", "crime_type", "crimes"])
    rows = [
        (month, crimes)
        for month, lsoa, kind, crimes in zip(
            *(table[n].to_pylist() for n in table.schema.names), strict=True
        )
        if (lsoa, kind) == (place.lsoa_code, place.crime_type)
    ]
    assert sum(n for m, n in rows if m >= "2025-10") == place.observed
    assert sum(n for m, n in rows if m < "2025-10") == place.before
    # What docs/places.md says of real months, and of crimes that are left out.
    for nominal, times in ((0.01, 0.85), (0.001, 1.5), (0.0001, 4.1)):
        assert np.mean(found.p <= nominal) / nominal == pytest.approx(times, rel=0.1)
    ours = set(found.forces)
    crimes = sum(
        n
        for force, n in zip(
            *(snapshot.table("crime_counts")[c].to_pylist() for c in ("force_id", "crimes")),
            strict=True,
        )
        if force in ours
    )
    assert found.unlocated / crimes == pytest.approx(0.018, abs=5e-4)
    assert found.elsewhere / (crimes - found.unlocated) == pytest.approx(0.0034, abs=5e-5)
    # Nothing that a page may show lacks a number.
    for numbers in (found.expected, found.p, found.q, found.observed, found.earlier):
        assert np.isfinite(numbers).all()


def test_the_command(made, capsys):
    lake = ["--lake", str(made.root)]
    assert run(["places", *lake, "--limit", "2"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "160 places and crime types, 3 months to December 2025 against the 9 months" in told
    assert f"Burglary in {code('kent', 7)}, Kent Police: " in told
    assert "Not judged: metropolitan: 2025-10 is absent: in no loaded file" in told
    assert run(["places", "kent", *lake, "--type", "robbery", "--months", "1", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["newest"] == ["2025-12"]
    assert len(data["before"]) == 11
    assert (data["judged"], data["unlocated"], data["elsewhere"]) == (160, 5, 2)
    assert len(data["places"]) == 20
    assert set(data["places"][0]) == {
        *("force_id", "lsoa_code", "name", "crime_type", "observed", "before", "expected"),
        *("p", "q", "sentence"),
    }
    assert run(["places", "surrey", *lake]) == 1
    assert "Surrey Police: 2025-10 is absent" in capsys.readouterr().err
