"""Every life cycle, cell by cell: each state, each move, each role."""

import itertools
from pathlib import Path

import pytest
from records_story import somebody

from openpeel.errors import NotAllowed
from openpeel.records.drawing import drawn, page
from openpeel.records.lifecycles import LIFECYCLES
from openpeel.records.roles import MAY, OF_ONE_FORCE, ROLES, Actor

CELLS = [
    pytest.param(cycle, state, move, id=f"{cycle.name.split(',')[0]}-{state}-{move.name}")
    for cycle in LIFECYCLES
    for state, move in itertools.product(cycle.states, cycle.moves)
]


@pytest.mark.parametrize(("cycle", "state", "move"), CELLS)
def test_a_move_is_allowed_exactly_as_the_table_says(cycle, state, move):
    for role in ROLES:
        actor = somebody("x", role, "kent" if role in OF_ONE_FORCE else "")
        if state in move.sources and role in MAY[move.action]:
            assert cycle.step(state, move.name, actor, "kent") == (move.target, role)
            assert move in cycle.allowed(state, actor, "kent")
            continue
        assert move not in cycle.allowed(state, actor, "kent")
        with pytest.raises(NotAllowed) as refused:
            cycle.step(state, move.name, actor, "kent")
        told = str(refused.value)
        assert f"is '{state}'" in told
        assert role in told
        assert all(f"'{source}'" in told for source in move.sources)
        assert all(may in told for may in MAY[move.action])
        assert move.needs in told


@pytest.mark.parametrize("cycle", LIFECYCLES, ids=lambda c: c.name)
def test_another_forces_role_makes_no_move(cycle):
    for move in cycle.moves:
        roles = frozenset((role, "kent") for role in ROLES)
        with pytest.raises(NotAllowed, match="kent"):
            cycle.step(move.sources[0], move.name, Actor("x", roles), "cambridgeshire")


@pytest.mark.parametrize("cycle", LIFECYCLES, ids=lambda c: c.name)
def test_a_life_cycle_holds_together(cycle):
    reached = {cycle.start}
    for _ in cycle.states:
        reached |= {m.target for m in cycle.moves if reached & set(m.sources)}
    begun_elsewhere = {"not-known"}
    assert reached | begun_elsewhere == set(cycle.states) | begun_elsewhere
    assert {s for m in cycle.moves for s in m.sources} <= set(cycle.states)
    assert len({m.name for m in cycle.moves}) == len(cycle.moves)
    assert {m.action for m in cycle.moves} <= set(MAY)


@pytest.mark.parametrize("cycle", LIFECYCLES, ids=lambda c: c.name)
def test_a_move_that_does_not_exist_is_refused_with_those_that_do(cycle):
    with pytest.raises(NotAllowed, match=cycle.moves[0].name):
        cycle.step(cycle.start, "no-such-move", somebody("x", "moderator"))


def test_the_page_is_made_from_the_code():
    kept = Path(__file__).parents[2] / "docs" / "lifecycles.md"
    assert kept.read_text() == page(), "openpeel records lifecycles > docs/lifecycles.md"


@pytest.mark.parametrize("cycle", LIFECYCLES, ids=lambda c: c.name)
def test_the_drawing_has_every_state_and_every_move(cycle):
    lines = drawn(cycle).splitlines()
    assert {line.split()[0] for line in lines if not line.startswith((" ", "("))} == set(
        cycle.states
    )
    arrows = [line for line in lines if line.startswith("  ")]
    assert len(arrows) == sum(len(m.sources) for m in cycle.moves)
