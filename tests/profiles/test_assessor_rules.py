"""Profiles of small lakes made for one rule each."""

from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
from made_lakes import archive, counts_slice, lake_of, loaded, street_csv

from openpeel.errors import LakeError
from openpeel.indicators import indicators
from openpeel.lake import Lake
from openpeel.profiles import Assessor, assess
from openpeel.profiles.figures import trend
from openpeel.reference import Period, changes, force, forces
from openpeel.sources import load

BUNDLED = files("openpeel") / "bundled"
TODAY = date(2026, 11, 21)
PEOPLE = {"2020": {f.id: 500_000 + 10_000 * i for i, f in enumerate(forces())}}


def view(profile, name):
    (found,) = [v for v in (*profile.indicators, *profile.missing) if v.indicator.id == name]
    return found


def burglaries(numbers, *, first, force="cambridgeshire"):
    start = Period.parse(first)
    return {(force, str(start.shift(i))): {("Burglary", None): n} for i, n in enumerate(numbers)}


def small(tmp_path, counts, **options):
    lake = lake_of(tmp_path / "lake", counts=counts, population=PEOPLE)
    return Assessor(lake.snapshot(), today=TODAY, **options)


def test_a_doubtful_newest_month_is_marked_on_the_figure(tmp_path):
    counts = burglaries([900] * 12, first="2025-01")
    counts["cambridgeshire", "2025-12"] = {("Robbery", None): 900}
    found = view(small(tmp_path, counts).profile("cambridgeshire"), "robbery-rate")
    assert found.latest.period == "2025-12"
    assert "crime types are mixed unlike" in found.doubt
    assert found.trend.points[-1].doubt == found.doubt


def test_a_figure_from_before_the_cycle_is_historical(tmp_path):
    """The cycle of the lake's newest judgments began in February 2023."""
    lake = lake_of(tmp_path / "lake", counts=burglaries([5, 6], first="2022-12"), population=PEOPLE)
    load(lake, [str(BUNDLED / "peel/grades.csv")])
    profile = Assessor(lake.snapshot(), today=TODAY).profile("cambridgeshire")
    question = next(q for q in profile.questions if q.question == "preventing-crime")
    assert question.judgment.cycle == "2023-25"
    assert question.current == ()
    old = next(v for v in question.historical if v.indicator.id == "burglary-rate")
    assert old.historical
    assert (old.latest.period, old.age_months) == ("2023-01", 46)

    lake.replace(
        [counts_slice("cambridgeshire", "2023-02", {("Burglary", None): 7}, "2023-02")], ""
    )
    profile = Assessor(lake.snapshot(), today=TODAY).profile("cambridgeshire")
    question = next(q for q in profile.questions if q.question == "preventing-crime")
    assert question.historical == ()
    assert "burglary-rate" in {v.indicator.id for v in question.current}


def test_a_force_that_no_cycle_judged_is_shown_by_the_newest_that_judged_any(tmp_path):
    lake = lake_of(tmp_path / "lake", counts=burglaries([5], first="2025-01"), population=PEOPLE)
    assert Assessor(lake.snapshot()).profile("kent").questions  # no grades: by the newest cycle
    header, *rows = (BUNDLED / "peel/grades.csv").read_text(encoding="utf-8").splitlines()
    mine = [row for row in rows if "cambridgeshire" in row]
    (tmp_path / "grades.csv").write_text("\n".join([header, *mine]), encoding="utf-8")
    load(lake, [tmp_path / "grades.csv"])
    assessor = Assessor(lake.snapshot())
    judged, other = (
        [q.question for q in assessor.profile(f).questions] for f in ("cambridgeshire", "kent")
    )
    assert "leadership-and-force-management" in judged
    assert other == judged
    assert assessor.profile("kent").cycles == ()


def test_a_lake_of_one_force_has_figures_and_no_peers(tmp_path):
    found = view(
        small(tmp_path, burglaries([5, 6, 7, 6, 5, 7], first="2025-01")).profile("cambridgeshire"),
        "burglary-rate",
    )
    assert found.latest.value == pytest.approx(7 / 520_000 * 1000)
    assert found.position is None
    assert found.trend.reading == "common"


def test_one_month_has_no_limits_and_says_so(tmp_path):
    found = view(
        small(tmp_path, burglaries([5], first="2025-01")).profile("cambridgeshire"), "burglary-rate"
    )
    assert found.trend.state == "no limits: too few months follow one another"
    assert found.trend.reading == "no-limits"


def test_a_lake_without_population_says_what_is_missing(tmp_path):
    lake = lake_of(tmp_path / "lake", counts=burglaries([5], first="2025-01"))
    profile = Assessor(lake.snapshot(), today=TODAY).profile("cambridgeshire")
    found = view(profile, "burglary-rate")
    assert found.missing == "it needs population, which is not loaded"
    assert {v.indicator.id for v in profile.missing} == set(indicators())


def test_a_lake_of_grades_alone_is_a_profile(tmp_path):
    lake = loaded(tmp_path / "lake", str(BUNDLED / "peel/grades.csv"))
    profile = assess(lake, "cambridgeshire", publisher="a newsroom")
    assert profile.publisher == "a newsroom"
    assert len(profile.cycles[0].judgments) == 8
    assert profile.coverage == ()
    assert profile.findings == ()
    assert all(v.indicator.table in v.missing for v in profile.missing)


def test_a_month_in_quarantine_shows_as_partial(tmp_path):
    text = street_csv("2024-01", "Kent Police", {("Burglary", "Local resolution"): 50})
    bad = text.replace(",Burglary,", ",Burglery,", 1)
    packed = archive(tmp_path / "a.zip", {("kent", "Kent Police", "2024-01"): bad})
    profile = Assessor(loaded(tmp_path / "lake", packed).snapshot()).profile("kent")
    (covered,) = profile.coverage
    (gap,) = covered.gaps
    assert (covered.partial, gap.status) == (1, "partial")
    assert gap.reason == "1 row is in quarantine"


def test_a_lake_that_is_not_there_is_said(tmp_path):
    with pytest.raises(LakeError, match="Load something first"):
        assess(Lake(tmp_path / "absent"), "kent")


def test_a_signal_beside_a_change_of_definition_says_so(assessor):
    screen, cambridgeshire = assessor.screened.screens["shoplifting-rate"], force("cambridgeshire")
    plain = trend(screen, cambridgeshire)
    assert plain.state == "below the lower limit, since September 2025"
    (change, *_) = changes()
    of_all = replace(change, forces=(), what="Shops count otherwise.")
    changed = trend(replace(screen, changes={"2025-07": (of_all,)}), cambridgeshire)
    assert "they begin anew with July 2025: the definition changed" in changed.caution
    assert next(p for p in changed.points if p.change).change == "Shops count otherwise."
    of_kent = {"2025-07": (replace(of_all, forces=("kent",)),)}
    assert trend(replace(screen, changes=of_kent), cambridgeshire).caution == plain.caution
