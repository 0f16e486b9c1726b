"""The worked example of docs/indicators.md is run, and the page says what comes of it."""

import re
from collections import Counter
from pathlib import Path

import pytest
from sqlglot import exp

from openpeel import framework
from openpeel.errors import DefinitionError
from openpeel.indicators import indicator, indicators, observe, read_indicator
from openpeel.indicators.expressions import ALLOWED
from openpeel.lake import Lake
from openpeel.profiles import Assessor, comparison, trace
from openpeel.sources import contract

PAGE = (Path(__file__).parents[2] / "docs/indicators.md").read_text(encoding="utf-8")


@pytest.fixture
def example(tmp_path, monkeypatch):
    """The page's definition in a folder of one's own, under the name the page gives it."""
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (name,) = re.findall(r"Save this as\n`([a-z-]+\.toml)`", PAGE)
    path = tmp_path / name
    path.write_text(block, encoding="utf-8")
    monkeypatch.setenv("OPENPEEL_INDICATORS", str(tmp_path))
    return path


def test_the_example_is_sound_and_gives_the_figure_that_the_page_names(example, snapshot):
    made = read_indicator(example, contract)
    found = observe(snapshot, made)
    assert set(found.period[found.reason == ""]) == {f"2025-0{m}" for m in range(1, 7)}
    figure = trace(snapshot, "cambridgeshire", made.id, "2025-06").figure
    assert f"finds {figure.numerator:.0f} of {figure.denominator:.0f} for Cambridgeshire" in PAGE
    assert f"in June 2025, {figure.value * 100:.1f} %" in PAGE


def test_the_example_is_compared_and_stands_on_profiles(example, snapshot):
    assessor = Assessor(snapshot)
    assert len(comparison(assessor, example.stem).forces) == 43
    shown = {v.indicator.id for v in assessor.profile("kent").indicators}
    assert example.stem in shown


def test_the_page_names_every_key_and_every_function(tmp_path):
    odd = tmp_path / "odd.toml"
    odd.write_text("oddity = 1", encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        read_indicator(odd, contract)
    known = str(refused.value).partition("Known keys: ")[2].split(", ")
    assert sorted(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == known
    for function in (f for f in ALLOWED if issubclass(f, exp.Func)):
        assert function.sql_name() in PAGE


def test_the_page_counts_what_is_carried():
    """All of them, and how many inform each question of the cycle."""
    carried = indicators()
    assert f"{len(carried)} indicators." in PAGE
    ids = [question.id for question in framework.cycle("2023-25").questions]
    informed = Counter(question for made in carried.values() for question in made.questions)
    counted = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", PAGE, re.MULTILINE)
    assert {name: int(number) for name, number in counted} == {name: informed[name] for name in ids}


def test_the_python_of_the_page_runs(bundled_lake, tmp_path, monkeypatch):
    (tmp_path / "lake").symlink_to(bundled_lake.root)
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, "docs/indicators.md", "exec"), names)
    mine = observe(Lake("lake").snapshot(), indicator("shoplifting-rate")).of("cambridgeshire")
    assert names["found"].period.tolist() == mine.period.tolist()
