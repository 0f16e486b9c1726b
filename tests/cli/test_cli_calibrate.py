"""`openpeel calibrate`: what it prints, and its JSON. What it measures is tested in monitoring."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from openpeel.monitoring import calibrating

PAGE = (Path(__file__).parents[2] / "docs" / "calibration.md").read_text()


@pytest.fixture
def little(monkeypatch):
    """One family of two regimes and of one that nothing is promised for."""
    for name, few in (("FAMILIES", 1), ("SERIES", 40), ("DRAWS", 40), ("PANELS", 1)):
        monkeypatch.setattr(calibrating, name, {True: few, False: few})
    monkeypatch.setattr(calibrating, "REGIMES", calibrating.REGIMES[:2])
    monkeypatch.setattr(calibrating, "BEYOND", calibrating.BEYOND[:1])
    # Here a process of its own for each part would cost more than it saves.
    one_thread = lambda mp_context: ThreadPoolExecutor(1)  # noqa: E731
    monkeypatch.setattr(calibrating, "ProcessPoolExecutor", one_thread)


def test_the_tables_fit_a_terminal_and_say_what_they_mean(openpeel, little):
    done = openpeel("calibrate")
    assert done.code == 0
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert done.out.isascii()
    for words in (
        "synthetic",
        "How many signals are false? Promised: 10% at most.",
        "independent Poisson",
        "Not promised, and how far it goes wrong:",
        "own seasons, 24 months",
        "XmR, all rules",
        "panel shift, p at most 0.01",
        "funnel limits, forces alike, 95 %",
    ):
        assert words in done.out
    assert "None is above" in done.out or "Above the promise" in done.out
    assert "nan" not in done.out.lower().replace("nance", "")


def test_json_has_what_the_check_reads(openpeel, little):
    quick = openpeel("calibrate", "--quick", "--json")
    assert quick.code == 0
    assert quick.err == ""
    given = quick.json
    assert [row["regime"] for row in given["regimes"]] == [r.name for r in calibrating.REGIMES]
    for row in given["regimes"]:
        assert row["nominal_fdr"] == 0.1
        assert 0 <= row["achieved_fdr"] <= 1
        assert row["monte_carlo_error"] >= 0
    assert given["beyond"] == []
    assert {"method", "series", "nominal", "average"} <= set(given["run_lengths"][0])
    # The same command gives the same numbers.
    assert openpeel("calibrate", "--quick", "--json").out == quick.out


def test_a_regime_above_the_promise_is_named(openpeel, little, monkeypatch):
    monkeypatch.setattr(calibrating.RegimeRow, "kept", property(lambda row: "12" not in row.regime))
    out = " ".join(openpeel("calibrate", "--quick").out.split())
    assert "Above the promise by more than twice the error: season of all, 12 months." in out


@pytest.mark.exhaustive
def test_what_the_page_promises_the_quick_command_keeps(openpeel):
    """As it is: the only test that measures more than a handful of families."""
    assert "$ openpeel calibrate --quick --json" in PAGE
    given = openpeel("calibrate", "--quick", "--json").json
    assert len(given["regimes"]) == len(calibrating.REGIMES) >= 7
    for row in given["regimes"]:
        assert row["achieved_fdr"] <= row["nominal_fdr"] + 2 * row["monte_carlo_error"], row
        # What the full run found, as the page shows it: the same kinds of series, promise kept.
        found = re.search(rf"^{row['regime']} +([\d.]+) +([\d.]+) ", PAGE, re.MULTILINE)
        assert found, row["regime"]
        assert float(found[1]) <= 10 + 2 * float(found[2])
    for regime in calibrating.BEYOND:
        assert re.search(rf"^{regime.name} +[\d.]+ +[\d.]+ ", PAGE, re.MULTILINE)
    for row in (*given["run_lengths"], *given["delays"]):
        assert re.search(rf"^{re.escape(row['method'])} ", PAGE, re.MULTILINE)
    for row in given["coverage"]:
        assert re.search(rf"^{re.escape(row['interval'])} ", PAGE, re.MULTILINE)
