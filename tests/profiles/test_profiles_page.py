"""docs/profiles.md is run where it holds Python, and names the phrases that profiles say."""

import re
from pathlib import Path

from openpeel.reference import forces

PAGE = (Path(__file__).parents[2] / "docs/profiles.md").read_text(encoding="utf-8")


def test_the_python_of_the_page_runs(crime_lake, tmp_path, monkeypatch):
    (tmp_path / "lake").symlink_to(crime_lake.root)
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, "docs/profiles.md", "exec"), names)
    assert names["profile"].force.id == "cambridgeshire"


def test_every_phrase_of_a_trend_is_on_the_page(assessor):
    table = PAGE.partition("| phrase | the newest |")[2].partition("\n\n")[0]
    # "a rise (a fall)" stands for both.
    phrases = table + re.sub(r"(?:a )?(\w+) \(((?:a )?\w+)\)", r"\2", table)
    phrases += re.sub(r" \((?:a )?\w+\)", "", table)
    said = {
        view.trend.state.partition(", since")[0]
        for force in forces()
        for view in assessor.profile(force.id).indicators
        if view.trend
    }
    assert len(said) > 3
    assert {phrase for phrase in said if phrase not in phrases} == set()
