"""What the README and the pages say is run."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_five_lines_of_python(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(block.splitlines()) == 5
    exec(compile(block, "README.md", "exec"), {})
    assert "Cambridgeshire Constabulary" in capsys.readouterr().out


def test_the_first_screen_is_the_two_commands():
    first = "\n".join(README.splitlines()[:12])
    assert "$ make run" in first
    assert "$ make test" in first


def test_every_command_of_the_readme_is_a_command(openpeel):
    commands = re.findall(r"^\$ openpeel (\w+)", README, re.MULTILINE)
    assert {"load", "status", "assess", "compare", "trace", "sql", "indicator", "site"} <= set(
        commands
    )
    for command in set(commands):
        assert openpeel(command, "--help").code == 0


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_links_between_pages_lead_somewhere(page):
    here = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", here.read_text()):
        assert (here.parent / target).exists(), f"{page} links to {target}"
