"""Two people at once, each on a connection of their own."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from records_story import ANN, BEN, CAT, FIVE, MO, bring, grading, judgment

from openpeel.errors import NotAllowed, OpenpeelError, Stale
from openpeel.records import judging, trail
from openpeel.records.models import BlindGrade, GradeChange, Inspection, Judgment

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """Make calls at the same moment, each on its own connection; what came of each."""
    ready, made = Barrier(len(calls)), {}

    def run(number, call):
        ready.wait()
        try:
            made[number] = call()
        except OpenpeelError as error:
            made[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(calls)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return [made[n] for n in range(len(calls))]


def test_of_two_who_write_onto_the_same_version_the_second_is_told():
    it = bring(judgment(grading()), "agreed")
    found = at_once(
        *(
            lambda grade=grade: judging.moderate(MO, it.pk, grade, grade, version=it.version)
            for grade in ("adequate", "outstanding", "inadequate")
        )
    )
    (won,) = [f for f in found if isinstance(f, Judgment)]
    assert [type(f) for f in found if f is not won] == [Stale, Stale]
    it.refresh_from_db()
    assert (it.grade, it.reasons, it.version) == (won.grade, won.grade, won.version)
    assert GradeChange.objects.filter(step="moderate").count() == 1
    assert trail.verify().wrong == ()


def test_of_two_second_blind_grades_one_is_taken():
    it = bring(judgment(grading()), "graded-once")
    found = at_once(
        lambda: judging.grade_blind(BEN, it.pk, "good", "b"),
        lambda: judging.grade_blind(CAT, it.pk, "inadequate", "c"),
    )
    assert sorted(type(f).__name__ for f in found) == ["BlindGrade", "NotAllowed"]
    assert BlindGrade.objects.count() == 2
    it.refresh_from_db()
    assert it.state == "graded-twice"


def test_one_person_twice_at_once_is_one_grade():
    it = judgment(grading())
    found = at_once(*(lambda: judging.grade_blind(ANN, it.pk, "good", "a") for _ in range(2)))
    assert sorted(type(f).__name__ for f in found) == ["BlindGrade", "NotAllowed"]


def test_one_inspection_is_planned_by_two_at_once():
    found = at_once(*(lambda: judging.plan(ANN, "kent", FIVE) for _ in range(3)))
    assert [type(f) for f in found].count(Inspection) == 1
    assert [type(f) for f in found].count(NotAllowed) == 2
    assert Inspection.objects.count() == 1


def test_many_writers_leave_one_line_of_entries():
    forces = ["kent", "cambridgeshire", "cumbria", "essex", "surrey", "suffolk"]
    at_once(*(lambda f=f: judging.plan(ANN, f, FIVE) for f in forces))
    found = trail.verify()
    assert (found.entries, found.wrong) == (len(forces), ())
