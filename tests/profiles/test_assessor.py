"""Profiles assembled from the bundled data."""

import hashlib
import zipfile
from dataclasses import fields
from datetime import date
from importlib.resources import files

import pytest

from openpeel.errors import NotKnown
from openpeel.indicators import indicators
from openpeel.profiles import Assessor, Profile
from openpeel.reference import Period, forces, load_groups

BUNDLED = files("openpeel") / "bundled"
TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def cambridgeshire(assessor):
    return assessor.profile("cambridgeshire")


def view(profile, name):
    (found,) = [v for v in (*profile.indicators, *profile.missing) if v.indicator.id == name]
    return found


# Published 12 March 2024; the eight questions as the project's brief states them.
EIGHT = {
    "police-powers-and-public-treatment": "outstanding",
    "preventing-crime": "good",
    "responding-to-the-public": "inadequate",
    "investigating-crime": "adequate",
    "protecting-vulnerable-people": "adequate",
    "managing-offenders": "inadequate",
    "developing-a-positive-workplace": "good",
    "leadership-and-force-management": "requires-improvement",
}


def test_cambridgeshire_has_its_eight_judgments_of_2023_25(cambridgeshire):
    newest = cambridgeshire.cycles[0]
    assert newest.cycle == "2023-25"
    assert newest.published == "2024-03-12"
    assert {j.question: j.grade for j in newest.judgments} == EIGHT
    by_question = {q.question: q.judgment and q.judgment.grade for q in cambridgeshire.questions}
    assert {q: grade for q, grade in by_question.items() if grade} == EIGHT


def test_cycles_say_what_they_may_be_compared_with(cambridgeshire):
    by_cycle = {c.cycle: c for c in cambridgeshire.cycles}
    assert list(by_cycle) == sorted(by_cycle, reverse=True)
    assert not by_cycle["2023-25"].comparable
    assert "2021-22 may not be compared with 2023-25" in by_cycle["2023-25"].comparison
    assert not by_cycle["2021-22"].comparable
    assert "direct comparison is not possible" in by_cycle["2021-22"].comparison
    assert by_cycle["2017"].comparable
    assert "same four questions" in by_cycle["2017"].comparison
    first = cambridgeshire.cycles[-1]
    assert (first.comparable, first.comparison) == (False, "")


def test_the_cause_of_concern_and_its_closure_are_there(cambridgeshire):
    (concern,) = [f for f in cambridgeshire.findings if f.kind == "cause-of-concern"]
    assert concern.state == "closed"
    assert concern.closed == "2024-12-09"
    assert any(e.kind == "cause-of-concern-closed" for e in cambridgeshire.events)


def test_a_profile_says_who_made_it_when_and_from_what(assessor, cambridgeshire):
    assert cambridgeshire.publisher == "demo"
    assert cambridgeshire.today == "2026-11-21"
    assert cambridgeshire.snapshot == assessor.snapshot.id == 1
    assert cambridgeshire.created == assessor.snapshot.entry.created


@pytest.mark.parametrize("name", ["Cambridgeshire Constabulary", "E23000023", "cambridgeshire"])
def test_any_spelling_finds_the_force(assessor, name):
    assert assessor.profile(name).force.id == "cambridgeshire"


def test_an_unknown_force_suggests(assessor):
    with pytest.raises(NotKnown, match=r"Did you mean Cambridgeshire"):
        assessor.profile("cambrigeshire")


def test_every_indicator_stands_on_the_profile_once(cambridgeshire):
    shown = [v.indicator.id for v in (*cambridgeshire.indicators, *cambridgeshire.missing)]
    assert sorted(shown) == sorted(indicators())
    for question in cambridgeshire.questions:
        for found in (*question.current, *question.historical, *question.missing):
            assert question.question in found.indicator.questions
        nothing = not (question.current or question.historical or question.missing)
        assert bool(question.note) == nothing


def test_every_figure_has_a_period_an_age_and_files_with_checksums(assessor):
    for force in ("cambridgeshire", "kent", "city-of-london", "hampshire"):
        for found in assessor.profile(force).indicators:
            assert found.latest.value is not None
            assert found.age_months == (17 if found.indicator.unit == "share" else 11)
            tables = [o.table for o in found.provenance]
            expected = ["crime_counts"] + ["population"] * found.indicator.per_resident
            assert tables == expected
            for source in found.provenance:
                assert len(source.sha256) == 64
                int(source.sha256, 16)


def test_the_checksum_is_of_the_member_in_the_bundled_archive(cambridgeshire):
    path = str(BUNDLED / "police_uk/cambridgeshire-2025.zip")
    with zipfile.ZipFile(path) as packed:
        digests = {n: hashlib.sha256(packed.read(n)).hexdigest() for n in packed.namelist()}
    (source, people) = view(cambridgeshire, "shoplifting-rate").provenance
    assert source.file == path
    assert source.member.endswith("2025-12-cambridgeshire-street.csv")
    assert source.sha256 == digests[source.member]
    assert source.publisher_file
    assert source.publisher == "data.police.uk"
    csv = BUNDLED / "population/pfa-population-2001-to-2020.csv"
    assert people.sha256 == hashlib.sha256(csv.read_bytes()).hexdigest()
    assert people.key == "2020"


def test_counts_that_somebody_compiled_are_no_publishers_file(assessor):
    for found in assessor.profile("kent").indicators:
        assert not found.provenance[0].publisher_file
        parquet = BUNDLED / "police_uk/street-counts-2025-by-lsoa.parquet"
        assert found.provenance[0].sha256 == hashlib.sha256(parquet.read_bytes()).hexdigest()


def test_the_unresolved_share_stands_beside_an_outcome_share(cambridgeshire):
    found = view(cambridgeshire, "no-suspect-share")
    waiting = view(cambridgeshire, "no-outcome-yet-share")
    assert found.latest.unresolved == pytest.approx(waiting.latest.value)
    assert view(cambridgeshire, "robbery-rate").latest.unresolved is None


def test_greater_manchester_is_not_published_and_never_zero(assessor):
    profile = assessor.profile("greater-manchester")
    assert profile.indicators == ()
    assert {v.indicator.id for v in profile.missing} == set(indicators())
    for found in profile.missing:
        crimes = found.indicator.table == "crime_counts"
        said = "not published: Greater Manchester Police" if crimes else "it needs "
        assert found.missing.startswith(said)
        assert (found.latest, found.year, found.trend, found.position) == (None,) * 4
        assert found.provenance == ()
    (covered,) = (c for c in profile.coverage if c.table == "crime_counts")
    assert (covered.complete, covered.absent) == (0, 12)
    (gap,) = covered.gaps
    assert (gap.first, gap.last) == ("2025-01", "2025-12")


def test_what_nobody_explained_is_not_called_unpublished(assessor):
    missing = assessor.profile("metropolitan").missing
    reasons = {v.missing for v in missing if v.indicator.table == "crime_counts"}
    assert reasons == {"in no loaded file"}


def test_gaps_are_runs_of_months_with_one_reason(assessor):
    views = assessor.profile("avon-and-somerset").coverage
    (covered,) = (c for c in views if c.table == "crime_counts")
    assert (covered.complete, covered.partial, covered.absent) == (6, 0, 6)
    runs = [(g.first, g.last) for g in covered.gaps]
    assert runs == [("2025-05", "2025-08"), ("2025-10", "2025-11")]
    assert (covered.first, covered.last) == ("2025-01", "2025-12")


def test_a_year_without_all_its_months_has_no_figure_and_no_position(assessor):
    found = view(assessor.profile("thames-valley"), "robbery-rate")
    assert found.latest.period == "2025-12"
    assert found.year.value is None
    assert found.year.reason == "11 of 12 months can be used"
    assert found.position is None


def test_the_city_of_london_has_shares_and_no_rates(assessor):
    profile = assessor.profile("city-of-london")
    assert {v.indicator.unit for v in profile.indicators} == {"share"}
    crimes = [v for v in profile.missing if v.indicator.table == "crime_counts"]
    rates = [v for v in crimes if v.indicator.unit == "rate"]
    assert len(rates) == 15
    assert all("10,938" in v.missing for v in rates)


def test_a_position_names_limits_peers_and_who_is_lacking(cambridgeshire):
    stands = view(cambridgeshire, "bicycle-theft-rate").position
    assert (stands.outside, stands.far, stands.reading) == (1, 0, "concern")
    assert stands.state == "above the 95 % limits"
    assert stands.lower < stands.median < stands.upper
    assert len(stands.peers) == 7
    assert "cambridgeshire" not in stands.peers
    assert "not the official most similar group" in stands.peer_basis
    assert {"greater-manchester", "hampshire", "city-of-london"} <= set(stands.lacking)
    assert len(stands.lacking) + stands.forces == 43
    assert "random effects" in stands.convention


def test_the_peer_median_is_that_of_the_peers(assessor, cambridgeshire):
    stands = view(cambridgeshire, "robbery-rate").position
    values = sorted(
        view(assessor.profile(peer), "robbery-rate").year.value for peer in stands.peers
    )
    assert len(values) == 7
    assert stands.peer_median == pytest.approx(values[3])


def test_no_better_or_worse_without_a_direction(assessor):
    signals = 0
    for force in forces():
        for found in assessor.profile(force.id).indicators:
            if found.indicator.polarity != "none":
                continue
            readings = {p.reading for p in found.trend.points} | {found.trend.reading}
            if found.position:
                readings.add(found.position.reading)
                signals += found.position.outside != 0
            assert not readings & {"improvement", "concern"}
    assert signals > 0


def test_a_trend_says_since_when_and_what_its_limits_rest_on(cambridgeshire):
    found = view(cambridgeshire, "shoplifting-rate").trend
    assert found.state == "below the lower limit, since September 2025"
    assert (found.reading, found.since) == ("improvement", "2025-09")
    assert found.caution == "limits rest on 12 months and follow what all forces did"
    assert [p.period for p in found.points] == list(Period.parse("2025").months)
    assert found.convention.startswith("XmR, mdc")
    six = view(cambridgeshire, "no-suspect-share").trend
    assert six.caution.endswith("fewer than 12 months: provisional")


def test_a_doubtful_month_is_marked_and_outside_the_limits_reckoning(assessor):
    profile = assessor.profile("hampshire")
    assert [(d.area, d.month) for d in profile.doubts] == [("hampshire", "2025-08")]
    found = view(profile, "violence-and-sexual-offences-rate")
    (doubted,) = [p for p in found.trend.points if p.doubt]
    assert doubted.period == "2025-08"
    assert doubted.value > doubted.upper
    assert doubted.rule == ""
    assert found.trend.caution.startswith("limits rest on 11 months")
    assert found.year.value is None
    assert (found.latest.period, found.doubt) == ("2025-12", "")


def test_official_groups_from_a_file_take_the_place_of_our_own(tmp_path, snapshot):
    path = tmp_path / "msg.csv"
    path.write_text(
        "force,peer\ncambridgeshire,Kent Police\nCambridgeshire,Thames Valley\n", encoding="utf-8"
    )
    official = Assessor(snapshot, today=TODAY, groups=load_groups(path))
    stands = view(official.profile("cambridgeshire"), "robbery-rate").position
    assert stands.peers == ("kent",)  # Thames Valley has no figure for the year
    assert stands.peer_basis == "Most similar group as given in msg.csv."
    assert stands.peer_median == pytest.approx(
        view(official.profile("kent"), "robbery-rate").year.value
    )
    other = view(official.profile("essex"), "robbery-rate").position
    assert (other.peers, other.peer_median) == ((), None)
    assert "none is given" in other.peer_basis


def test_a_standard_in_force_is_named(tmp_path, monkeypatch, snapshot):
    (tmp_path / "to-a-standard.toml").write_text(
        'title = "Own"\nquestions = ["preventing-crime"]\ntable = "crime_counts"\n'
        'numerator = "SUM(crimes)"\nunit = "count"\npolarity = "lower"\nwhy = "x"\nsource = "x"\n'
        'standard = [{ from = 2024-01-05, value = 0.9, source = "a body" },'
        ' { from = 2030-01-01, value = 0.5, source = "a later body" }]\n'
    )
    monkeypatch.setenv("OPENPEEL_INDICATORS", str(tmp_path))
    found = view(Assessor(snapshot, today=TODAY).profile("kent"), "to-a-standard")
    assert found.standard == "0.9 since 5 January 2024 (a body)"
    assert found.position is None
    assert found.year.value == found.year.numerator


def test_no_profile_holds_a_rank_or_an_average_grade():
    names = {f.name for f in fields(Profile)}
    assert not {n for n in names if "rank" in n or "average" in n or "score" in n}
