"""Baselines: decisions with who and why, kept for ever, and what they do to charts."""

from datetime import date

import numpy as np
import pytest
from made_lakes import lake_of

from openpeel.cli.main import run
from openpeel.errors import DefinitionError, NotKnown
from openpeel.monitoring import baselines, screen_all, set_baseline, withdraw_baseline
from openpeel.reference import month_range

FORCES = ("cambridgeshire", "kent")
LEVELS = [20, 24, 22, 26, 21, 25, 23, 22, 60, 64, 62, 66, 61, 65, 63, 62]


@pytest.fixture
def lake(tmp_path):
    """Two forces whose burglaries rise for good in the ninth month."""
    months = month_range("2024-01", "2025-04")
    counts = {
        (force, month): {("Burglary", None): n}
        for force in FORCES
        for month, n in zip(months, LEVELS, strict=True)
    }
    return lake_of(
        tmp_path / "lake", counts=counts, population={"2020": dict.fromkeys(FORCES, 1000)}
    )


def chart(lake, force):
    found = screen_all(lake.snapshot()).screens["burglary-rate"]
    return found.chart.mean[found.row(force)]


def decide(lake, **more):
    given = {"author": "A. Analyst", "reason": "a new system", "today": date(2026, 1, 2)} | more
    return set_baseline(lake, "burglary-rate", "2024-09", **given)


def test_nothing_is_set_by_itself(lake):
    assert baselines(lake.snapshot()) == ()
    assert len(np.unique(chart(lake, "kent"))) == 1


def test_a_decision_starts_the_limits_of_its_force_anew(lake):
    made = decide(lake, of="Cambridgeshire Constabulary")
    assert (made.force_id, made.begins, made.decided) == ("cambridgeshire", "2024-09", "2026-01-02")
    mine = chart(lake, "cambridgeshire")
    assert mine[:8] == pytest.approx(np.mean(LEVELS[:8]))
    assert mine[8:] == pytest.approx(np.mean(LEVELS[8:]))
    assert len(np.unique(chart(lake, "kent"))) == 1


def test_a_decision_for_all_starts_everybodys_anew(lake):
    decide(lake)
    for force in FORCES:
        assert len(np.unique(chart(lake, force))) == 2


def test_a_withdrawn_decision_stays_in_the_table_and_does_nothing(lake):
    decide(lake)
    before = lake.snapshot().id
    gone = withdraw_baseline(lake, "burglary-rate", "2024-09", reason="a mistake")
    assert gone.withdrawn == "a mistake"
    assert baselines(lake.snapshot()) == (gone,)
    assert len(np.unique(chart(lake, "kent"))) == 1
    (held,) = baselines(lake.snapshot(before))
    assert held.withdrawn == ""


def test_decisions_of_one_indicator_do_not_touch_those_of_another(lake):
    decide(lake)
    set_baseline(lake, "robbery-rate", "2024-05", author="B", reason="why")
    decide(lake, of="kent")
    assert [(b.indicator, b.force_id) for b in baselines(lake.snapshot())] == [
        ("burglary-rate", ""),
        ("burglary-rate", "kent"),
        ("robbery-rate", ""),
    ]


def test_a_stretch_of_fewer_than_six_has_no_limits(lake):
    set_baseline(lake, "burglary-rate", "2024-12", author="A", reason="why", of="kent")
    found = screen_all(lake.snapshot()).screens["burglary-rate"]
    upper = found.chart.upper[found.row("kent")]
    assert np.isfinite(upper[:11]).all()
    assert np.isnan(upper[11:]).all()
    assert np.isfinite(found.values[found.row("kent")]).all()


@pytest.mark.parametrize(
    ("error", "change"),
    [
        (DefinitionError, {"author": " "}),
        (DefinitionError, {"reason": ""}),
        (NotKnown, {"of": "Ruritania"}),
    ],
)
def test_what_is_no_decision_writes_nothing(lake, error, change):
    before = lake.snapshot().id
    with pytest.raises(error):
        decide(lake, **change)
    for name, begins in (("no-such-rate", "2024-09"), ("burglary-rate", "soon")):
        with pytest.raises(NotKnown):
            set_baseline(lake, name, begins, author="A", reason="why")
    with pytest.raises(DefinitionError, match="more than one month"):
        set_baseline(lake, "burglary-rate", "2024-Q3", author="A", reason="why")
    with pytest.raises(NotKnown, match="still holds"):
        withdraw_baseline(lake, "burglary-rate", "2024-09", reason="why")
    assert lake.snapshot().id == before


def test_the_same_decision_twice_is_refused(lake):
    decide(lake)
    with pytest.raises(DefinitionError, match="already has a baseline"):
        decide(lake)
    withdraw_baseline(lake, "burglary-rate", "2024-09", reason="a mistake")
    decide(lake)
    assert len(baselines(lake.snapshot())) == 2


def test_the_commands_and_the_profile_tell_who_and_why(lake, capsys):
    at = ["--lake", str(lake.root)]
    author = "A. Analyst of the office that counts what the forces of the south east record"
    new = ["baseline", "set", "burglary-rate", "2024-09", "--author", author]
    assert run([*new, "--reason", "a new system", "--force", "kent", *at]) == 0
    assert run(["baseline", "list", *at]) == 0
    listed = capsys.readouterr().out
    assert "A. Analyst" in listed
    assert max(map(len, listed.splitlines())) <= 80
    assert run(["assess", "kent", "-v", *at]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "limits rest on 8 months" in text
    assert "they begin anew with September 2024: a new system (A. Analyst" in text
    assert run([*new, "--reason", "a new system", "--force", "kent", *at]) == 1


def test_limits_begin_anew_where_what_is_counted_is_defined_otherwise(tmp_path):
    """Street files have fourteen categories since May 2013: changes.toml, street-categories."""
    months = month_range("2012-09", "2013-12")
    counts = {
        ("kent", month): {("Burglary", None): n, ("Other theft", None): 2 * n}
        for month, n in zip(months, LEVELS, strict=True)
    }
    lake = lake_of(tmp_path / "lake", counts=counts, population={"2012": {"kent": 1000}})
    screens = screen_all(lake.snapshot()).screens
    for name in ("burglary-rate", "other-theft-rate"):
        made = screens[name]
        mean = made.chart.mean[made.row("kent")]
        assert len(np.unique(mean)) == 2
        assert np.flatnonzero(np.diff(mean)) + 1 == made.periods.index("2013-05")
        assert made.baselines == ()
