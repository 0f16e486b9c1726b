"""The list of sources and a page for each, held to the code; the workbook of the page loads."""

import re
from pathlib import Path

import pytest
from made_workbooks import ods

from openpeel.lake import Lake
from openpeel.sources import load, sources

ROOT = Path(__file__).parents[2]
LIST = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
PAGES = ROOT / "docs" / "sources"
NAMES = [source.name for source in sources()]
ROWS = {
    row[0]: [cell.strip() for cell in row[2].split(" | ")]
    for row in re.findall(r"^\| \[([\w-]+)\]\(sources/([\w-]+)\.md\) \|(.*)\|$", LIST, re.MULTILINE)
    if row[0] == row[1]
}


def test_the_list_and_the_pages_are_those_of_the_sources():
    assert list(ROWS) == [*dict.fromkeys(ROWS)]
    assert sorted(ROWS) == sorted(NAMES) == sorted(p.stem for p in PAGES.iterdir())


@pytest.mark.parametrize("source", sources(), ids=lambda s: s.name)
def test_a_source_has_its_row_and_its_page(source):
    publisher, appears, coverage, caveat, tests = ROWS[source.name]
    page = (PAGES / f"{source.name}.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| ([\w ]+?) \| (.*) \|$", page, re.MULTILINE))
    assert publisher == said["publisher"] == source.publisher
    assert (said["source"], said["licence"]) == (f"`{source.name}`", source.licence)
    assert (said["appears"], said["coverage seen"]) == (appears, coverage)
    assert caveat
    named = re.findall(r"`([\w/.]+)`", said["tests"])
    assert [Path(name).name for name in named] == re.findall(r"`([\w.]+)`", tests)
    assert named
    assert all((ROOT / name).is_file() for name in named)
    assert re.findall(r"^\* ", page, re.MULTILINE)
    assert "`" in said["fills"] or source.name == "plain-tables-as-workbooks"


def test_links_between_the_pages_lead_somewhere():
    for page in PAGES.iterdir():
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (PAGES / target).exists(), f"{page.name} links to {target}"


def test_the_workbook_of_the_list_loads_from_its_description(tmp_path, monkeypatch):
    _, contract, described = re.findall(r"```toml\n(# .*?)```", LIST, re.DOTALL)
    for name, text in (("tables", contract), ("workbooks", described)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "officers.toml").write_text(text)
    monkeypatch.setenv("OPENPEEL_SOURCES", str(tmp_path))
    path = tmp_path / "made-up.ods"
    rows = [
        ["Table 1: Officers in post, made up"], [],
        ["Police force", "May 2025", "2025-06"],
        ["Kent", 3_900, "3,950[note 1]"], ["Surrey", 2_200, 2_210],
        ["Total", 6_100, 6_160], ["Notes"], ["1. Made up."],
    ]  # fmt: skip
    path.write_bytes(ods({"Table_1": rows}))
    lake = Lake(tmp_path / "lake")
    (file,) = load(lake, [path]).files
    assert (file.table, file.rows_loaded) == ("officers", 4)
    assert "add up" not in file.note
    months = {row["month"] for row in lake.snapshot().table("officers").to_pylist()}
    assert months == {"2025-05", "2025-06"}
