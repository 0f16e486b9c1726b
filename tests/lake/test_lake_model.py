"""Any sequence of loads gives what a dict {slice: rows} would, at every snapshot for ever."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from openpeel.lake import Lake

MONTHS = st.sampled_from(["2025-01", "2025-02", "2025-03"])
FORCES = st.sampled_from(["essex", "kent", "sussex", "", "an odd/name"])
SLICES = st.tuples(
    st.lists(st.integers(0, 3), max_size=3),  # rows
    st.sampled_from([1, 1, 1, 2]),  # rank
    st.integers(0, 2),  # how many bad rows
)
LOADS = st.lists(st.dictionaries(st.tuples(MONTHS, FORCES), SLICES, max_size=5), max_size=6)


@settings(max_examples=12, deadline=None)
@given(LOADS)
def test_the_lake_is_a_dict_of_slices_that_forgets_nothing(shop, content, loads):
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake")
        model, history = {}, {}
        for load in loads:
            pieces = [
                shop.slice(*name, rows, rank=rank, bad=range(bad), digest=f"{rows} {bad}")
                for name, (rows, rank, bad) in load.items()
            ]
            receipt = lake.replace(pieces, "any")
            changed = False
            for name, new in load.items():
                old = model.get(name)
                if old is None or (new[1] >= old[1] and new != old):
                    model[name], changed = new, True
            assert receipt.snapshot == len(history) + changed
            if changed:
                history[receipt.snapshot] = dict(model)
        assert [entry.id for entry in lake.snapshots()] == sorted(history)
        for number, then in history.items():
            snapshot = Lake(lake.root).snapshot(number)
            assert content(snapshot) == {n: sorted(s[0]) for n, s in then.items() if s[0]}
            held = snapshot.held
            assert {(h.partition, h.key) for h in held} == then.keys()
            assert sum(h.rows_loaded for h in held.values()) == snapshot.rows("tallies")
            assert sum(h.rows_quarantined for h in held.values()) == snapshot.rows("quarantine")
            assert all(h.rows_read == h.rows_loaded + h.rows_quarantined for h in held.values())
            assert all(h.snapshot <= number for h in held.values())
