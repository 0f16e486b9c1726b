"""From collected grades to judgments: corroborated, superseded, carried over, in conflict."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpeel import framework
from openpeel.errors import FrameworkError
from openpeel.profiles import judgments


@pytest.fixture(scope="module")
def resolved(grades):
    return judgments.resolve(grades)


def one(found, cycle, force, question):
    (judgment,) = [
        j for j in found if (j.cycle, j.force_id, j.question) == (cycle, force, question)
    ]
    return judgment


def row(grade="good", published="", **changes):
    return {
        "cycle": "2023-25",
        "force_id": "kent",
        "scope": "question",
        "question": "preventing-crime",
        "grade": grade,
        "status": "inspected",
        "basis": "published",
        "published": published,
        "source_title": "a source",
        "source_url": "https://example.org/",
        "note": "",
        "source_row": 2,
    } | changes


# data/peel/README.md: forces, pillar grades, question grades; then grades best to worst. Its
# table leaves out the two pillars of Greater Manchester 2017 that were not graded.
@pytest.mark.parametrize(
    ("cycle", "forces", "pillars", "questions", "counts"),
    [
        ("2014", 29, 29, 87, [8, 88, 20, 0]),
        ("2015", 43, 129, 1, [7, 90, 32, 1]),
        ("2016", 43, 129, 26, [8, 113, 30, 4]),
        ("2017", 43, 126, 162, [16, 211, 58, 1]),
        ("2018-19", 43, 128, 49, [16, 127, 29, 5]),
        ("2021-22", 34, 0, 200, [20, 61, 37, 58, 24]),
        ("2023-25", 37, 0, 229, [15, 52, 77, 70, 15]),
    ],
)
def test_counts_are_those_of_the_collection(resolved, cycle, forces, pillars, questions, counts):
    mine = [j for j in resolved if j.cycle == cycle and j.basis == "published"]
    assert len({j.force_id for j in mine}) == forces
    assert Counter(j.scope for j in mine) == Counter(pillar=pillars, question=questions)
    by_grade = Counter(j.grade for j in mine)
    assert [by_grade[g.id] for g in framework.cycle(cycle).grades] == counts
    assert by_grade["not-graded"] == (2 if cycle == "2017" else 0)


def test_effectiveness_2016_is_one_28_13_one(resolved):
    mine = [j for j in resolved if (j.cycle, j.question) == ("2016", "effectiveness")]
    assert Counter(j.label for j in mine) == {
        "Outstanding": 1,
        "Good": 28,
        "Requires improvement": 13,
        "Inadequate": 1,
    }


# data/peel/README.md names the forces whose set is complete.
COMPLETE = {
    "2021-22": "avon-and-somerset gloucestershire lancashire lincolnshire merseyside norfolk "
    "north-yorkshire suffolk sussex thames-valley west-yorkshire wiltshire",
    "2023-25": "avon-and-somerset cambridgeshire cleveland derbyshire devon-and-cornwall essex "
    "gwent hertfordshire lancashire merseyside metropolitan north-yorkshire northamptonshire "
    "nottinghamshire staffordshire sussex thames-valley warwickshire west-mercia wiltshire",
}
# Release and press differ (8 or 9 good), and a total from before a grade was changed.
DISAGREE = {("2021-22", "merseyside"), ("2023-25", "northamptonshire")}


def test_complete_sets_agree_with_published_totals(resolved, published_totals):
    compared, disagree = 0, set()
    for cycle, forces in COMPLETE.items():
        scale = [g.id for g in framework.cycle(cycle).grades]
        for force in forces.split():
            mine = Counter(
                j.grade
                for j in resolved
                if (j.cycle, j.force_id, j.programme) == (cycle, force, "peel")
                and j.basis == "published"
            )
            totals = [
                [int(t[grade.replace("-", "_")]) for grade in scale]
                for t in published_totals
                if (framework.cycle(t["cycle"]).id, t["force"]) == (cycle, force)
            ]
            compared += bool(totals)
            if totals and [mine[grade] for grade in scale] not in totals:
                disagree.add((cycle, force))
    assert compared == 28
    assert disagree == DISAGREE


def test_cambridgeshire_2023_25_has_its_eight_grades(resolved):
    mine = {
        j.question: j.grade
        for j in resolved
        if (j.cycle, j.force_id) == ("2023-25", "cambridgeshire")
    }
    assert mine == {
        "police-powers-and-public-treatment": "outstanding",
        "preventing-crime": "good",
        "developing-a-positive-workplace": "good",
        "investigating-crime": "adequate",
        "protecting-vulnerable-people": "adequate",
        "leadership-and-force-management": "requires-improvement",
        "responding-to-the-public": "inadequate",
        "managing-offenders": "inadequate",
    }


def test_a_grade_changed_after_publication_keeps_what_it_superseded(resolved):
    found = one(resolved, "2023-25", "northamptonshire", "responding-to-the-public")
    assert (found.grade, found.published) == ("requires-improvement", "2024-08-08")
    assert [(c.grade, c.published, len(c.sources)) for c in found.earlier] == [
        ("adequate", "2024-02-16", 2)
    ]
    assert found.conflict == ()
    assert [j for j in resolved if j.earlier] == [found]


def test_no_collected_grades_are_in_conflict(resolved):
    assert [j for j in resolved if j.conflict or j.grade is None] == []


def test_several_sources_corroborate_one_grade(resolved):
    found = one(resolved, "2016", "humberside", "effectiveness")
    assert found.grade == "requires-improvement"
    assert {s.published for s in found.sources} == {"", "2017-03", "2017-03-02"}
    assert found.published == "2017-03-02"


def test_carried_over_and_not_graded(resolved):
    question = "effectiveness-serious-organised-crime"
    carried = one(resolved, "2018-19", "north-wales", question)
    assert (carried.grade, carried.status) == ("good", "carried-over")
    missing = one(resolved, "2017", "greater-manchester", "legitimacy")
    assert (missing.grade, missing.label) == ("not-graded", "Not graded")
    # One source does not know whether it was inspected, the other says that it was not.
    table = one(resolved, "2018-19", "avon-and-somerset", "efficiency-meeting-demand")
    assert table.status == "carried-over"


def test_how_a_grade_was_published_is_taken_from_the_notes(resolved):
    cleveland = one(resolved, "2018-19", "cleveland", "effectiveness")
    assert cleveland.remarks == ("other-tranche",)
    later = one(resolved, "2017", "northamptonshire", "effectiveness")
    assert later.remarks == ("added-later",)
    # A later page repeats it; it was published first.
    assert one(resolved, "2017", "northamptonshire", "efficiency").remarks == ()
    regional = one(resolved, "2023-25", "merseyside", "disrupting-serious-organised-crime")
    assert regional.remarks == ("separate-programme",)
    assert regional.programme != "peel"


def test_the_framework_version_follows_the_force(resolved):
    found = one(resolved, "2021-22", "suffolk", "supporting-victims")
    assert (found.grade, found.version) == ("requires-improvement", "2021-04")
    assert one(resolved, "2021-22", "norfolk", "preventing-crime").version == "2022-03"


def test_an_inferred_grade_says_so(resolved):
    inferred = [j for j in resolved if j.basis == "inferred"]
    assert len(inferred) == 5
    assert {j.force_id for j in inferred} == {"cambridgeshire"}
    found = one(resolved, "2021-22", "cambridgeshire", "managing-offenders")
    assert (found.grade, found.basis, found.published) == ("adequate", "inferred", "")
    assert found.sources[0].note.startswith("by elimination")


def test_an_inferred_grade_yields_to_a_published_one():
    (found,) = judgments.resolve([row("adequate", basis="inferred"), row("good")])
    assert (found.grade, found.basis) == ("good", "published")
    assert [c.grade for c in found.inferred] == ["adequate"]
    assert found.conflict == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2024-02-16", ""),
        ("", ""),
        ("2024", "2024-08-08"),
        ("2024-08-08", "2024-08-08"),
    ],
)
def test_sources_that_disagree_without_an_order_in_time_are_both_shown(first, second):
    (found,) = judgments.resolve([row("adequate", first), row("inadequate", second)])
    assert found.grade is None
    assert found.label == judgments.CONFLICT
    assert [c.grade for c in found.conflict] == ["adequate", "inadequate"]
    assert found.sources == found.earlier == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [("2024-02-16", "2024-08-08"), ("2024-02", "2024-08"), ("2023", "2024-01-01")],
)
def test_the_later_grade_supersedes(first, second):
    (found,) = judgments.resolve([row("good", second), row("inadequate", first)])
    assert (found.grade, found.published) == ("good", second)
    assert [(c.grade, c.published) for c in found.earlier] == [("inadequate", first)]


def test_an_undated_source_cannot_be_superseded_unless_it_says_so():
    dated = row("good", "2024-08-08")
    (open_,) = judgments.resolve([dated, row("adequate", "2024-02-16"), row("adequate")])
    assert [c.grade for c in open_.conflict] == ["good", "adequate"]
    marked = row("adequate", note="SUPERSEDED original grade")
    (found,) = judgments.resolve([dated, row("adequate", "2024-02-16"), marked])
    assert (found.grade, found.conflict) == ("good", ())


def test_not_yet_graded_gives_way_to_a_grade():
    (found,) = judgments.resolve([row("not-yet-graded", "2024-05-01"), row("good")])
    assert found.grade == "good"
    assert [c.grade for c in found.earlier] == ["not-yet-graded"]
    (still,) = judgments.resolve([row("not-yet-graded")])
    assert still.label == "Not yet graded"


def test_sources_that_differ_on_status_leave_it_unknown():
    rows = [row(), row(status="carried-over", source_row=3)]
    (found,) = judgments.resolve(rows)
    assert (found.grade, found.status) == ("good", "unknown")


def test_a_row_outside_the_framework_is_refused():
    with pytest.raises(FrameworkError, match="2023-25 has no pillar grades"):
        judgments.resolve([row(scope="pillar", question="effectiveness")])


def test_judgments_come_in_the_order_of_the_framework(resolved):
    mine = [j for j in resolved if (j.cycle, j.force_id) == ("2018-19", "cleveland")]
    assert [j.question for j in mine] == [
        "effectiveness",
        "efficiency",
        "legitimacy",
        "effectiveness-serious-organised-crime",
    ]


rows = st.builds(
    row,
    grade=st.sampled_from(["good", "adequate", "inadequate", "not-graded", "not-yet-graded"]),
    published=st.sampled_from(["", "2024", "2024-02", "2024-02-16", "2024-08-08", "2025"]),
    basis=st.sampled_from(["published", "published", "inferred"]),
    status=st.sampled_from(["inspected", "carried-over", "unknown"]),
    note=st.sampled_from(["", "SUPERSEDED", "tranche three, published early with tranche two"]),
    question=st.sampled_from(["preventing-crime", "managing-offenders"]),
    source_row=st.integers(2, 9),
)


@given(st.lists(rows, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_and_no_grade_is_lost(given_rows, random):
    found = judgments.resolve(given_rows)
    shuffled = list(given_rows)
    random.shuffle(shuffled)
    assert judgments.resolve(shuffled) == found
    stated = {(r["question"], r["grade"]) for r in given_rows}
    shown = {
        (j.question, grade)
        for j in found
        for grade in (j.grade, *(c.grade for c in (*j.earlier, *j.conflict, *j.inferred)))
        if grade
    }
    assert shown == stated


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_collected_rows_does_not_matter(grades, random):
    mine = [r for r in grades if r["force_id"] in {"northamptonshire", "cambridgeshire"}]
    found = judgments.resolve(mine)
    random.shuffle(mine)
    assert judgments.resolve(mine) == found
