"""From one vintage to another: what is new, what is over, what was revised away."""

import pytest
from made_lakes import counts_slice, lake_of, monthly_counts
from test_monitoring_watching import TODAY, run

from openpeel.errors import NotComparable
from openpeel.monitoring import follow, watch

RISE = run("kent", "2025-12", "2026-09", 1.6)


@pytest.fixture
def load(tmp_path):
    """Load made counts into one lake, load by load: (what forces do, first month, last month)."""
    lakes = []

    def loaded(factors, first="2023-10", last="2026-09", as_at="2026-10"):
        counts, people = monthly_counts(factors)
        found = {k: v for k, v in counts.items() if first <= k[1] <= last}
        if lakes:
            pieces = sorted(found.items(), key=lambda piece: piece[0][::-1])
            lakes[0].replace([counts_slice(*k, v, as_at) for k, v in pieces], "more")
        else:
            lakes.append(lake_of(tmp_path / "lake", counts=found, population=people))
        return lakes[0]

    return loaded


def followed(lake, rate=0.1):
    """The newest vintage held against the first, the newest at a rate of its own."""
    before = watch(lake.snapshot(1), today=TODAY, budget=0)
    return follow(watch(lake.snapshot(), today=TODAY, budget=0, rate=rate, before=before), before)


def burglaries(signals, force, kind=""):
    return [
        s
        for s in signals
        if (s.force_id, s.indicator) == (force, "burglary-rate") and kind in ("", s.kind)
    ]


def gone(found, force):
    return [g for g in found.gone if burglaries([g.signal], force)]


def test_what_newer_figures_show_is_new(load):
    rise = run("kent", "2026-02", "2026-09", 1.6) | run("dorset", "2023-10", "2026-09", 6)
    load(rise, last="2026-02")
    found = followed(load(rise, first="2026-03", as_at="2026-09"))
    assert found.since == 1
    (new,) = burglaries(found.new, "kent")
    assert (new.kind, new.onset) == ("shift", "2026-02")
    assert [s.kind for s in burglaries(found.still, "dorset")] == ["outlier"]
    assert not any(s.trouble == "revision" for s in found.new)


def test_what_newer_figures_no_longer_show_is_over(load):
    year = run("dorset", "2024-10", "2025-09", 4)
    load(year, last="2025-09")
    found = followed(load(year, first="2025-10"))
    outlier = next(g for g in gone(found, "dorset") if g.signal.kind == "outlier")
    assert outlier.fate == "over"
    assert outlier.value == pytest.approx(outlier.signal.value), "its figures are as they were"


def test_what_was_revised_is_revised_away_and_the_revision_itself_is_new(load):
    load(RISE)
    found = followed(load({}))
    (shift,) = [g for g in gone(found, "kent") if g.signal.kind == "shift"]
    assert shift.fate == "revised-away"
    assert shift.value == pytest.approx(shift.signal.value / 1.6, rel=0.02)
    (revised,) = burglaries(found.new, "kent")
    assert (revised.kind, revised.trouble, revised.direction) == (
        "data-quality", "revision", "down")  # fmt: skip
    assert revised.value < revised.usual
    assert "since snapshot 1" in revised.convention
    assert revised.caution == "The median revision of others: +0.0 %."
    assert {s.force_id for s in found.new} == {"kent"}


def test_small_revisions_of_all_are_usual_and_take_nothing_away(load):
    load(RISE)
    every = {k: 1.01 for k in monthly_counts()[0]}
    found = followed(load(every | {k: 1.01 * f for k, f in RISE.items()}))
    assert found.new == ()
    assert [s.kind for s in burglaries(found.still, "kent")] == ["shift"]


def test_a_gap_that_is_filled_is_gone_and_one_that_is_not_stays(load):
    gaps = run("surrey", "2026-07", "2026-09", 0) | run("kent", "2026-07", "2026-09", 0)
    load(gaps)
    found = followed(load(run("kent", "2026-07", "2026-09", 0)))
    (filled,) = [g for g in found.gone if g.signal.trouble == "gap"]
    assert (filled.signal.force_id, filled.fate, filled.value) == ("surrey", "revised-away", 0)
    assert [s.force_id for s in found.still if s.trouble == "gap"] == ["kent"]


def test_what_only_stands_out_less_has_faded(load):
    load(RISE)
    found = followed(load(RISE | {("devon-and-cornwall", "2024-01"): 1.1}), rate=1e-12)
    (shift,) = [g for g in gone(found, "kent") if g.signal.kind == "shift"]
    assert shift.fate == "faded"
    assert shift.value == pytest.approx(shift.signal.value)


def test_a_vintage_that_is_not_earlier_is_refused(load):
    load(RISE)
    made = watch(load({}).snapshot(1), today=TODAY)
    with pytest.raises(NotComparable, match="Snapshot 1 is not earlier than snapshot 1"):
        follow(made, made)
