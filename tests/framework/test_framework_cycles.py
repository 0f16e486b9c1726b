"""The cycles as data: what each contains, and how its parts are found."""

import pytest

from openpeel import framework
from openpeel.errors import FrameworkError

FOUR = ["outstanding", "good", "requires-improvement", "inadequate"]
FIVE = ["outstanding", "good", "adequate", "requires-improvement", "inadequate"]
AREAS_2021 = {
    "supporting-victims",
    "recording-data-about-crime",
    "treatment-of-the-public",
    "preventing-crime",
    "responding-to-the-public",
    "investigating-crime",
    "protecting-vulnerable-people",
    "managing-offenders",
    "disrupting-serious-organised-crime",
    "developing-a-positive-workplace",
    "good-use-of-resources",
}


def test_cycles_come_in_order_of_time():
    assert [c.id for c in framework.cycles()] == [
        "2014",
        "2015",
        "2016",
        "2017",
        "2018-19",
        "2021-22",
        "2023-25",
        "2025-27",
    ]


@pytest.mark.parametrize(
    ("spelling", "found"),
    [
        ("2018/19", "2018-19"),
        ("2018_19", "2018-19"),
        ("PEEL 2018/19", "2018-19"),
        ("2023–25", "2023-25"),
        ("2023-2025", "2023-25"),
        (" 2014 ", "2014"),
    ],
)
def test_a_cycle_is_found_by_the_spellings_of_sources(spelling, found):
    assert framework.cycle(spelling).id == found


def test_an_unknown_cycle_names_the_known_ones():
    with pytest.raises(FrameworkError, match=r"'2024/25'.*2014, 2015.*2025-27"):
        framework.cycle("2024/25")


@pytest.mark.parametrize("cycle", framework.cycles(), ids=lambda c: c.id)
def test_scale_and_pillars(cycle):
    # DOMAIN A.0: four grades to 2018/19, five from 2021/22 when pillar grades ended.
    older = cycle.id < "2021"
    assert [g.id for g in cycle.grades] == (FOUR if older else FIVE)
    assert cycle.grades_pillars is older
    assert cycle.sources


def test_graded_pillars_of_each_cycle():
    graded = {c.id: [p.id for p in c.pillars if p.graded] for c in framework.cycles()}
    three = ["effectiveness", "efficiency", "legitimacy"]
    assert graded == {
        "2014": ["efficiency"],
        "2015": three,
        "2016": three,
        "2017": three,
        "2018-19": three,
        "2021-22": [],
        "2023-25": [],
        "2025-27": [],
    }
    assert not framework.cycle("2015").pillar("leadership").graded


def test_questions_sit_under_their_pillars():
    # PEEL 2018/19: five questions, two and three; specialist capabilities are not graded.
    cycle = framework.cycle("2018-19")
    under = {p.id: [q.id for q in cycle.questions_of(p.id)] for p in cycle.pillars}
    assert {p: len(qs) for p, qs in under.items()} == {
        "effectiveness": 5,
        "efficiency": 2,
        "legitimacy": 3,
    }
    assert sum(q.graded for q in cycle.questions) == 9
    assert under["effectiveness"][1] == "effectiveness-investigating-crime"


def test_the_two_versions_inside_2021_22():
    cycle = framework.cycle("2021-22")
    april, march = cycle.versions
    by_version = {
        v.id: (
            {q.id for q in cycle.questions if v.id in q.versions},
            {q.id for q in cycle.questions if v.id in q.graded_in},
        )
        for v in cycle.versions
    }
    # April 2021: twelve core questions, ten graded, and crime data integrity graded beside them.
    core, graded = by_version[april.id]
    assert len(core - {"recording-data-about-crime"}) == 12
    assert len(graded - {"recording-data-about-crime"}) == 10
    # March 2022: eleven areas, ten graded; supporting victims is the one that is not.
    areas, graded = by_version[march.id]
    assert areas == AREAS_2021
    assert areas - graded == {"supporting-victims"}
    assert len(april.forces) == 8


def test_every_force_graded_on_supporting_victims_used_the_april_2021_version(peel):
    cycle = framework.cycle("2021-22")
    forces = {r["force"] for r in peel("grades.csv") if r["question"] == "supporting victims"}
    assert forces
    assert {cycle.version_for(force).id for force in forces} == {"2021-04"}
    assert cycle.version_for("cambridgeshire").id == "2022-03"


def test_areas_of_2023_25():
    cycle = framework.cycle("2023-25")
    renamed = {"treatment-of-the-public", "good-use-of-resources"}
    new = {"police-powers-and-public-treatment", "leadership-and-force-management"}
    assert {q.id for q in cycle.questions} == AREAS_2021 - renamed | new
    own = [q for q in cycle.questions if q.graded and q.programme == "peel"]
    # Eight graded areas, and crime data integrity where it was audited.
    assert len(own) == 9
    assert cycle.question("crime data integrity").id == "recording-data-about-crime"


def test_2025_27_says_what_is_unconfirmed():
    cycle = framework.cycle("2025-27")
    assert cycle.questions[0].id == "leadership-and-force-management"
    assert cycle.questions[0].confidence == "read"
    assert {q.confidence for q in cycle.questions[1:]} == {"unconfirmed"}
    assert {g.confidence for g in cycle.grades} == {"unconfirmed"}


def test_what_is_unknown_names_the_cycle_and_what_it_contains():
    cycle = framework.cycle("2023-25")
    with pytest.raises(FrameworkError, match=r"2023-25 has no question 'fleet'.*managing-offender"):
        cycle.question("fleet")
    with pytest.raises(FrameworkError, match=r"2023-25 has no grade 'fair'.*adequate"):
        cycle.grade("fair")
    with pytest.raises(FrameworkError, match=r"2023-25 has no pillar 'legitimacy'.*none"):
        cycle.pillar("legitimacy")
    with pytest.raises(FrameworkError, match="2017 has no question or pillar"):
        framework.cycle("2017").subject("managing offenders")


def test_not_graded_is_a_result_and_no_grade():
    cycle = framework.cycle("2017")
    assert cycle.result("not graded") == framework.NOT_GRADED
    assert cycle.result("Requires_Improvement") == cycle.grade("requires improvement")
    with pytest.raises(FrameworkError):
        cycle.grade("not graded")


def test_a_cycle_knows_the_earliest_date_of_its_framework():
    assert framework.cycle("2023-25").starts == "2023-02-08"
    assert framework.cycle("2016").starts == "2016-05"


def test_what_a_real_finding_is_about_is_found(peel):
    subjects = {
        (r["cycle"], framework.cycle(r["cycle"]).subject(spelling.strip()).id)
        for r in peel("findings.csv")
        for spelling in r["question"].split(";")
        if spelling.strip()
    }
    assert ("2017", "effectiveness") in subjects
    assert ("2015", "legitimacy-stop-and-search") in subjects
    assert len(subjects) == 26


def test_characteristics_belong_to_questions():
    cycle = framework.cycle("2021-22")
    first = cycle.question("supporting-victims").characteristics[0]
    assert (first.id, first.confidence) == ("1.1.1", "read")
