"""`openpeel watch`: signals ranked, as text and JSON; what changed since; what cannot be asked."""

import json
import re
from pathlib import Path

import pytest
from made_lakes import counts_slice, lake_of, monthly_counts

from openpeel import monitoring
from openpeel.reference import Period

PAGE = Path(__file__).parents[2] / "docs" / "watch.md"
NEEDED = {"force", "indicator", "kind", "direction", "onset", "p", "q", "sentence", "chart"}
RISE = {("kent", str(m)): 1.6 for m in Period.parse("2025-12/2026-09").months}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two vintages: in the first Kent rises for good, in the second it is revised away."""
    root = tmp_path_factory.mktemp("watch") / "lake"
    counts, people = monthly_counts(RISE)
    lake = lake_of(root, counts=counts, population=people)
    counts, _ = monthly_counts()
    mine = [(k, v) for k, v in counts.items() if k[0] == "kent"]
    lake.replace([counts_slice(*k, v, "2026-10") for k, v in mine], "revised")
    return root


@pytest.fixture(autouse=True)
def always_today(monkeypatch):
    """Made figures end in September 2026: they never grow too old for a test."""
    monkeypatch.setattr(monitoring, "CURRENT", None)


def test_text_fits_80_columns_and_says_what_it_rests_on(openpeel, made):
    said = openpeel("watch", "--lake", made, "--snapshot", 1)
    assert said.code == 0
    assert said.out.isascii()
    assert max(map(len, said.out.splitlines())) <= 80
    text = " ".join(said.out.split())
    assert "Not published by HMICFRS. Published by: demo" in text
    assert re.search(r"signals from [\d,]+ tests \(", text)
    assert "At most 1 in 10 such signals is expected to be false." in text
    assert "Burglary per 1,000 residents, Kent: rose from Dec 2025, which is the worse way" in text
    assert "openpeel baseline set burglary-rate 2025-12 --force kent" in text
    assert "not loaded" in text
    assert "nan" not in text.lower()


def test_the_json_has_every_field_lowest_q_first_and_no_nan(openpeel, made):
    found = openpeel("watch", "--lake", made, "--snapshot", 1, "--json").json
    assert found["signals"]
    assert all(set(s) >= NEEDED for s in found["signals"])
    q = [s["q"] for s in found["signals"]]
    assert q == sorted(q)
    assert "NaN" not in json.dumps(found)
    assert found["tests"] == sum(found["tests_by_kind"].values())
    first = next(s for s in found["signals"] if s["indicator"] == "burglary-rate")
    assert first["chart"] == "forces/kent.html#burglary-rate"
    assert first["sentence"].endswith("At most 1 in 10 such signals is expected to be false.")
    assert first["questions"] == ["preventing-crime"]


def test_since_says_what_was_revised_away_and_what_is_new(openpeel, made):
    text = " ".join(openpeel("watch", "--lake", made, "--since", 1).out.split())
    assert "Since snapshot 1" in text
    assert re.search(r"Revised away: [^.]*since \(for the same time now 0\.\d+\)\. It was", text)
    assert "New: Burglary per 1,000 residents, Kent: its figure for the 12 months to" in text
    found = openpeel("watch", "--lake", made, "--since", 1, "--json").json
    assert found["since"] == 1
    assert {g["fate"] for g in found["gone"]} == {"revised-away"}
    assert {s["trouble"] for s in found["new"]} == {"revision"}


def test_no_more_than_the_budget_is_told_and_the_others_counted(openpeel, made):
    found = openpeel("watch", "--lake", made, "--snapshot", 1, "--json", "--budget", 1).json
    assert len({s["force"] for s in found["signals"]}) == len(found["signals"])
    assert sum(found["beyond_budget"].values()) >= 1
    text = openpeel("watch", "--lake", made, "--snapshot", 1, "--budget", 1).out
    assert "More than 1 of one force, not shown: Kent 2." in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--since", 2), "name a vintage before 2"),
        (("--since", 9), "name a vintage before 2"),
        (("--since", 0), "There is no snapshot 0: there are 1 to 2."),
        (("--snapshot", 7), "There is no snapshot 7: there are 1 to 2."),
        (("--rate", 0), "greater than or equal to 0.001"),
        (("--rate", "much"), "should be a valid number"),
        (("--budget", -1), "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_asked_is_said(openpeel, made, words, message):
    said = openpeel("watch", "--lake", made, *words)
    assert said.code != 0
    assert message in " ".join(said.err.split())
    assert said.out == ""


def test_a_folder_that_is_no_lake_is_said(openpeel, tmp_path):
    said = openpeel("watch", "--lake", tmp_path / "nothing")
    assert said.code == 3
    assert "There is no lake at" in said.err


def test_a_lake_without_anything_to_test_is_answered(openpeel, tmp_path):
    lake = lake_of(tmp_path / "lake", population={"2024": {"kent": 1000}})
    said = openpeel("watch", "--lake", lake.root)
    assert said.code == 0
    assert "No signal: nothing is loaded that could be tested." in said.out
    assert "Next:" not in said.out


def test_on_all_that_is_carried_it_ranks_signals(openpeel, bundled_lake, monkeypatch):
    found = openpeel("watch", "--lake", bundled_lake.root, "--historical", "--json").json
    q = [s["q"] for s in found["signals"]]
    assert q
    assert q == sorted(q)
    assert max(q) <= 0.1


def test_every_command_of_the_page_runs(openpeel, made):
    commands = re.findall(r"^\$ openpeel (watch[^#\n]*)", PAGE.read_text(), re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        assert openpeel(*command.split(), "--lake", made).code == 0, command
