from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpeel.errors import NotKnown
from openpeel.reference import Body, Force, NotAForce, bodies, body, force, forces, recognise

NATIONAL = [b for b in bodies() if isinstance(b, Body)]


def test_the_bodies_are_the_forces_and_then_the_national_ones():
    found = bodies()
    assert found[: len(forces())] == forces()
    assert {b.id for b in NATIONAL} >= {"home-office", "college-of-policing"}
    assert len({b.id for b in found}) == len(found)


@given(st.sampled_from(forces()))
def test_a_force_is_a_body_by_every_name(it):
    assert {body(n) for n in (it.id, it.name, it.short, it.ons_code, *it.spellings)} == {it}


@given(st.sampled_from(NATIONAL), st.sampled_from([str.upper, str.lower, "The {}".format]))
def test_a_national_body_is_no_force_by_any_name(it, dressed):
    for name in (it.id, it.name, *it.spellings):
        assert body(dressed(name)) is it
        assert not isinstance(recognise(name), Force)
        with pytest.raises(NotKnown):
            force(name)


def test_a_body_that_publishers_put_beside_the_forces_has_the_same_name_there():
    both = [(b, row) for b in NATIONAL if isinstance(row := recognise(b.id), NotAForce)]
    assert {b.id for b, _ in both} == {"british-transport-police", "national-crime-agency"}
    assert all((b.id, b.name) == (row.id, row.name) for b, row in both)


def test_one_body_came_in_the_place_of_another():
    # https://www.npcc.police.uk/About/History.aspx: ACPO closed on 31 March 2015, the NPCC began
    # on 1 April.
    def there(day: date) -> set[str]:
        return {b.id for b in bodies(day)} & {body("ACPO").id, body("NPCC").id}

    assert there(date(2015, 3, 31)) == {"association-of-chief-police-officers"}
    assert there(date(2015, 4, 1)) == {"national-police-chiefs-council"}
    assert body("ACPO").successor == body("NPCC").id


def test_every_date_has_its_source():
    dated = [b for b in bodies(date(2015, 3, 31)) + bodies() if b.valid_from or b.valid_to]
    assert dated
    assert all(b.source and b.confidence for b in dated)


def test_what_is_no_body_is_told_with_those_that_there_are():
    with pytest.raises(NotKnown, match=r"Atlantis.*Home Office"):
        body("Atlantis")
