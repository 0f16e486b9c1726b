"""`openpeel backtest`: the table, the JSON, and the page that shows them."""

import re
from pathlib import Path

import pytest
from made_lakes import lake_of

from openpeel import monitoring

pytestmark = pytest.mark.exhaustive  # all that is carried, with its chances
PAGE = Path(__file__).parents[2] / "docs" / "backtest.md"
NEEDED = {
    "cycle", "question", "n", "base_rate", "kappa", "kappa_low", "kappa_high", "last_grade_kappa",
    "auc", "data_cutoff",
}  # fmt: skip


@pytest.fixture(scope="module")
def found(bundled_lake):
    """All tests on what openpeel carries, made once."""
    return monitoring.backtest(bundled_lake.snapshot())


@pytest.fixture
def printed(openpeel, bundled_lake, found, monkeypatch):
    """What the command prints of them, with further words of the command line."""
    monkeypatch.setattr(monitoring, "backtest", lambda snapshot: found)
    return lambda *words: openpeel("backtest", "--lake", bundled_lake.root, *words)


def test_the_page_shows_what_the_command_prints(printed):
    said = printed()
    assert said.code == 0
    (shown,) = re.findall(r"```\n\$ openpeel backtest\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert said.out == shown, "make the page anew: paste what the command prints"


def test_the_table_fits_80_columns_of_ascii(printed):
    said = printed()
    assert max(map(len, said.out.splitlines())) <= 80
    assert said.out.isascii()
    assert "Not published by HMICFRS" in said.out
    assert "nan" not in said.out


def test_the_page_says_in_words_what_the_table_says(printed, found):
    """As it came out on what is carried: another outcome needs other words."""
    chance = f"{found.tested / 20:.1f}"
    looks = f"p is below 0.05 in {found.below}; by chance alone {chance} would be"
    assert looks in " ".join(printed().out.split())
    words = " ".join(PAGE.read_text().split())
    assert (
        f"Of {found.tested} tests {found.below} have p below 0.05, and {chance} would by" in words
    )
    assert f"the smallest p is {min(row.p for row in found.rows):.2f}" in words
    both = [row for row in found.rows if row.last_grade_kappa is not None]
    better = sum(row.last_grade_kappa > row.kappa for row in both)
    assert f"in {better} of the {len(both)} rows that have both" in words


def test_the_json_has_every_field_and_no_nan(printed):
    found = printed("--json").json
    assert found["rows"]
    assert all(set(row) >= NEEDED for row in found["rows"])
    assert all(row["n"] >= 10 and row["data_to"] < row["data_cutoff"] for row in found["rows"])
    assert all(one["why"] for one in found["left_out"])
    missing = [row for row in found["rows"] if row["last_grade_kappa"] is None]
    assert missing
    assert all("last grade:" in row["note"] for row in missing)


def test_verbose_says_why_and_from_what(printed):
    told = printed("--verbose").out
    assert "no published grade is loaded" in told
    assert "women-officers-share" in told
    assert max(map(len, told.splitlines())) <= 80


def test_a_lake_without_grades_is_answered(openpeel, tmp_path):
    made = lake_of(tmp_path / "lake", counts={("kent", "2025-01"): {("Burglary", None): 3}})
    said = openpeel("backtest", "--lake", made.root)
    assert said.code == 0
    assert "Tested: 0." in said.out
