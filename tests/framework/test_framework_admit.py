"""What is admitted as a grade, and what is refused with the reason."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpeel import framework
from openpeel.errors import FrameworkError


def test_every_collected_grade_is_admitted(peel):
    rows = peel("grades.csv")
    admitted = [framework.admit(r["cycle"], r["scope"], r["question"], r["grade"]) for r in rows]
    assert len(admitted) == 1402
    distinct = {
        (a.cycle_id, r["force"], a.scope, a.question_id)
        for a, r in zip(admitted, rows, strict=True)
    }
    # data/peel/README.md: 1,295 distinct grades, so no two questions fell into one.
    assert len(distinct) == 1295


def test_every_inferred_grade_is_admitted(peel):
    admitted = [
        framework.admit(r["cycle"], "question", r["question"], r["grade"])
        for r in peel("grades-inferred.csv")
    ]
    assert Counter(a.cycle_id for a in admitted) == {"2021-22": 3, "2017": 2}


def test_effectiveness_2016_adds_up_to_the_published_total(peel):
    # Published total: 1 outstanding, 28 good, 13 requires improvement, 1 inadequate.
    grades = {
        r["force"]: framework.admit("2016", "pillar", "effectiveness", r["grade"]).grade_id
        for r in peel("grades.csv")
        if (r["cycle"], r["scope"], r["question"]) == ("2016", "pillar", "effectiveness")
    }
    assert Counter(grades.values()) == {
        "outstanding": 1,
        "good": 28,
        "requires-improvement": 13,
        "inadequate": 1,
    }


@pytest.mark.parametrize(
    ("grade", "reason"),
    [
        # A public dashboard holds such a table for 41 forces; pillar grades ended with 2018/19.
        (("2024/25", "pillar", "effectiveness", "good"), "no cycle '2024/25'"),
        (("2023-25", "pillar", "effectiveness", "good"), "2023-25 has no pillar grades"),
        (("2021/22", "pillar", "legitimacy", "not graded"), "2021-22 has no pillar grades"),
        (("2018/19", "pillar", "effectiveness", "adequate"), "2018-19 has no grade 'adequate'"),
        (("2014", "pillar", "effectiveness", "good"), "does not grade the pillar"),
        (("2014", "pillar", "legitimacy", "good"), "does not grade the pillar"),
        (("2015", "pillar", "leadership", "good"), "does not grade the pillar"),
        (("2023-25", "question", "supporting victims", "good"), "does not grade the question"),
        (("2021-22", "question", "armed threats", "good"), "has no question"),
        (("2023-25", "question", "good use of resources", "good"), "has no question"),
        (("2017", "question", "effectiveness", "good"), "has no question"),
        (("2017", "overall", "effectiveness", "good"), "scope 'overall'"),
        (("2017", "pillar", "effectiveness", ""), "has no grade ''"),
    ],
)
def test_what_its_cycle_does_not_contain_is_refused(grade, reason):
    with pytest.raises(FrameworkError, match=reason):
        framework.admit(*grade)


def test_results_beside_the_scale_are_admitted():
    # Greater Manchester, 2017: efficiency and legitimacy were not graded.
    admitted = framework.admit("2017", "pillar", "Efficiency", "Not graded")
    assert admitted == framework.Admitted("2017", "pillar", "efficiency", "not-graded")


GRADED = [(c, q) for c in framework.cycles() for q in c.questions if q.graded]


@given(
    subject=st.sampled_from(GRADED),
    separator=st.sampled_from([" ", "_", "-", "  ", "/"]),
    case=st.sampled_from([str.lower, str.upper, str.title]),
    data=st.data(),
)
def test_spelling_does_not_matter_and_ids_stand(subject, separator, case, data):
    cycle, question = subject
    grade = data.draw(st.sampled_from(cycle.grades))
    spelt = [case(text.replace("-", separator)) for text in (cycle.id, question.id, grade.id)]
    admitted = framework.admit(spelt[0], "question", spelt[1], spelt[2])
    assert admitted == framework.Admitted(cycle.id, "question", question.id, grade.id)
