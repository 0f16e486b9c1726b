"""The walk from a number back to its file."""

import hashlib
import zipfile
from importlib.resources import files

import pytest
import sqlglot
from made_lakes import archive, counts_slice, lake_of, loaded

from openpeel.errors import NotComputable, NotKnown
from openpeel.profiles import trace
from openpeel.reference import Period
from openpeel.sources import load

ARCHIVE = str(files("openpeel") / "bundled/police_uk/cambridgeshire-2025.zip")
CAMBRIDGESHIRE = ("cambridgeshire", "Cambridgeshire Constabulary")


def test_a_month_walks_to_a_file_and_a_checksum(snapshot):
    walked = trace(snapshot, "cambridgeshire", "shoplifting-rate", "2025-06")
    assert (walked.force, walked.force_name) == ("cambridgeshire", "Cambridgeshire Constabulary")
    assert (walked.indicator, walked.definition) == ("shoplifting-rate", "shoplifting-rate.toml")
    assert walked.figure.period_label == "June 2025"
    assert (walked.snapshot, walked.snapshot_created) == (1, snapshot.entry.created)
    rows, people = walked.origins
    with zipfile.ZipFile(ARCHIVE) as packed:
        assert rows.sha256 == hashlib.sha256(packed.read(rows.member)).hexdigest()
        text = packed.read(rows.member).decode()
    assert rows.member.endswith("2025-06-cambridgeshire-street.csv")
    assert walked.figure.numerator == text.count(",Shoplifting,")
    assert (rows.table, rows.partition, rows.key) == ("crime_counts", "2025-06", "cambridgeshire")
    assert rows.version == snapshot.tables["crime_counts"]
    assert rows.licence == "Open Government Licence v3.0"
    assert (people.table, people.key) == ("population", "2020")
    assert walked.notes == ("Residents are of mid-2020, the nearest mid-year loaded.",)


def test_compiled_counts_are_said_to_be_no_publishers_file(snapshot):
    walked = trace(snapshot, "kent", "no-suspect-share", "2025-06")
    (source,) = walked.origins
    assert not source.publisher_file
    assert any("not from a publisher's own file" in note for note in walked.notes)


def test_every_figure_of_a_profile_is_the_figure_of_its_trace(snapshot, assessor):
    for found in assessor.profile("cambridgeshire").indicators:
        name, newest = found.indicator.id, found.latest
        walked = trace(snapshot, "cambridgeshire", name, newest.period)
        assert walked.figure == newest
        assert walked.origins == found.provenance


def test_a_run_of_twelve_months_is_the_figure_of_the_year(snapshot, assessor):
    found = next(v for v in assessor.profile("kent").indicators if v.indicator.id == "robbery-rate")
    walked = trace(snapshot, "Kent Police", "robbery-rate", "2025-01/2025-12")
    assert walked.figure == found.year
    assert [o.partition for o in walked.origins] == [*Period.parse("2025").months, ""]
    for other in ("2025", "2025-Q1"):
        assert trace(snapshot, "kent", "robbery-rate", other).figure.period == other
    assert trace(snapshot, "kent", "robbery-rate", "2025").figure.value == walked.figure.value


def test_the_sql_shown_is_what_gave_the_figure(snapshot):
    for period in ("2025-06", "2025-01/2025-12"):
        walked = trace(snapshot, "cambridgeshire", "robbery-rate", period)
        answer = snapshot.query(sqlglot.parse_one(walked.sql, dialect="duckdb")).to_pylist()
        (mine,) = [r for r in answer if (r["area"], r["period"]) == ("cambridgeshire", period)]
        assert mine["numerator"] == walked.figure.numerator
        assert mine["denominator"] == walked.figure.denominator


@pytest.mark.parametrize("period", ["2025-06", "2025", "2025-01/2025-12"])
def test_a_gap_is_not_a_zero(snapshot, period):
    with pytest.raises(NotComputable) as refused:
        trace(snapshot, "greater-manchester", "burglary-rate", period)
    assert "published no street-level crime since July 2019" in str(refused.value)
    assert str(refused.value).endswith("IT systems. A gap is not a zero.")


def test_a_gap_that_nobody_explained_and_months_that_are_not_loaded(snapshot):
    with pytest.raises(NotComputable, match="in no loaded file"):
        trace(snapshot, "thames-valley", "burglary-rate", "2025-07")
    with pytest.raises(NotComputable, match="outside the time that is loaded"):
        trace(snapshot, "kent", "burglary-rate", "2019-01")


def test_a_month_that_cannot_be_told_says_why(snapshot):
    merged = trace(snapshot, "kent", "charged-share", "2025-01").figure
    assert merged.value is None
    assert "Court result unavailable" in merged.reason
    assert merged.numerator > 0
    young = trace(snapshot, "kent", "no-suspect-share", "2025-11").figure
    assert (young.value, young.reason[:9]) == (None, "too young")
    city = trace(snapshot, "city-of-london", "robbery-rate", "2025-01").figure
    assert city.value is None
    assert "10,938" in city.reason


def test_a_doubtful_month_is_noted_and_left_out_of_a_run(snapshot):
    month = trace(snapshot, "hampshire", "burglary-rate", "2025-08")
    assert month.figure.value is not None
    assert any(note.startswith("2025-08 is doubtful: crime types") for note in month.notes)
    year = trace(snapshot, "hampshire", "burglary-rate", "2025")
    assert year.figure.reason == "11 of 12 months can be used"
    assert any("2025-08 is doubtful" in note for note in year.notes)
    assert not any("doubtful" in n for n in trace(snapshot, "kent", "burglary-rate", "2025").notes)


@pytest.mark.parametrize(
    ("force", "name", "period", "said"),
    [
        ("cambrigeshire", "burglary-rate", "2025-06", "Did you mean Cambridgeshire"),
        ("kent", "burglery-rate", "2025-06", r"Did you mean .*burglary-rate"),
        ("kent", "burglary-rate", "June 2025", "a month 2025-06"),
        ("british-transport-police", "burglary-rate", "2025-01", "no territorial police force"),
    ],
)
def test_a_name_that_is_not_known_suggests(snapshot, force, name, period, said):
    with pytest.raises(NotKnown, match=said):
        trace(snapshot, force, name, period)


def test_an_older_vintage_still_gives_the_older_figure(tmp_path):
    def crime(burglaries):
        return {
            ("Burglary", "Investigation complete; no suspect identified"): burglaries,
            ("Robbery", "Local resolution"): 10,
        }

    member, newest = (*CAMBRIDGESHIRE, "2024-01"), (*CAMBRIDGESHIRE, "2024-12")
    first = archive(tmp_path / "first.zip", {member: crime(30), newest: crime(1)})
    lake = loaded(tmp_path / "lake", first)
    wanted = ("cambridgeshire", "no-suspect-share", "2024-01")
    before = trace(lake.snapshot(), *wanted)
    assert before.figure.value == 0.75

    revised = archive(tmp_path / "revised.zip", {member: crime(10), newest: crime(1)})
    load(lake, [revised])
    after = trace(lake.snapshot(), *wanted)
    assert after.figure.value == 0.5
    assert after.origins[0].file.endswith("revised.zip")
    assert after.origins[0].snapshot == 2
    assert trace(lake.snapshot(1), *wanted) == before
    assert after.origins[0].sha256 != before.origins[0].sha256


def test_the_population_of_the_walk_is_the_one_that_was_used(tmp_path):
    """2020 is nearest, and holds no figure of Kent: its own nearest is 2011."""
    lake = lake_of(
        tmp_path / "lake",
        counts={("kent", "2024-01"): {("Burglary", None): 5}},
        population={"2011": {"kent": 1000}, "2020": {"essex": 2000}},
    )
    walked = trace(lake.snapshot(), "kent", "burglary-rate", "2024-01")
    assert walked.figure.denominator_year == "2011"
    assert [o.key for o in walked.origins if o.table == "population"] == ["2011"]


def test_slices_that_came_later_carry_their_snapshot(tmp_path):
    crime = {("Burglary", None): 5}
    people = {"2020": {"kent": 1000}}
    lake = lake_of(tmp_path / "lake", counts={("kent", "2024-01"): crime}, population=people)
    lake.replace([counts_slice("kent", "2024-02", crime, "2024-02")], "a month more")
    walked = trace(lake.snapshot(), "kent", "burglary-rate", "2024-01/2024-02")
    assert [o.snapshot for o in walked.origins if o.table == "crime_counts"] == [1, 2]
    assert walked.snapshot == 2
