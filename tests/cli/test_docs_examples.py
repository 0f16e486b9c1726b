"""What the README and the pages say is run."""

import ast
import re
from pathlib import Path

import pytest

from openpeel import errors
from openpeel.lake import Lake
from openpeel.sources import bundled, load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.fixture
def few(monkeypatch):
    """`bundled()` names what loads quickly; `bundled_lake` is where all of it is loaded."""
    quick = [f for f in bundled() if f.name in ("peel", "population", "workforce")]
    monkeypatch.setattr("openpeel.sources.bundled", lambda: quick)


def test_the_five_lines_of_python(few, tmp_path, monkeypatch, capsys):
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
    assert {
        "fetch",
        "source",
        "load",
        "status",
        "engines",
        "assess",
        "compare",
        "trace",
        "sql",
        "indicator",
        "site",
    } <= set(commands)
    for command in set(commands):
        assert openpeel(command, "--help").code == 0


@pytest.mark.parametrize(
    "page", ["README.md", *(str(p.relative_to(ROOT)) for p in sorted(ROOT.glob("docs/**/*.md")))]
)
def test_links_between_pages_lead_somewhere(page):
    here = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", here.read_text()):
        assert (here.parent / target).exists(), f"{page} links to {target}"


def run_page(page: str) -> int:
    """Run the Python of a page, statement by statement, and check what its comments promise.

    A comment that is a literal is the statement's value; one that begins with the name of an error
    is what it raises. Returns how many such promises were kept.
    """
    names: dict[str, object] = {}
    kept = 0
    for block in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL):
        for statement in ast.parse(block).body:
            line = block.splitlines()[statement.end_lineno - 1]
            promise = line.partition("  # ")[2].strip()
            error = getattr(errors, re.split(r"\W", promise)[0] or "-", None)
            if error is not None:
                with pytest.raises(error):
                    exec(ast.unparse(statement), names)
                kept += 1
            elif isinstance(statement, ast.Expr):
                value = eval(ast.unparse(statement), names)
                if re.match(r"['\d]", promise):
                    assert value == ast.literal_eval(promise), line
                    kept += 1
            else:
                exec(ast.unparse(statement), names)
    return kept


@pytest.mark.parametrize(
    ("page", "promises"),
    [
        ("docs/framework.md", 2),
        ("docs/reference.md", 5),
        ("docs/lake.md", 0),
        ("docs/gaps.md", 3),
        ("docs/places.md", 5),
        ("docs/watch.md", 2),
    ],
)
def test_the_python_of_a_page_runs_and_keeps_its_promises(
    bundled_lake, tmp_path, monkeypatch, page, promises
):
    (tmp_path / "lake").symlink_to(bundled_lake.root)
    monkeypatch.chdir(tmp_path)
    assert run_page(page) == promises


def test_the_python_of_the_sources_page_loads(few, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_page("docs/sources.md")
    assert Lake("lake").snapshot().rows("workforce") > 20_000


def test_the_source_of_the_sources_page_loads_from_its_two_files(tmp_path, monkeypatch):
    text = (ROOT / "docs/sources.md").read_text()
    described, contract = re.findall(r"```toml\n(# .*?)```", text, re.DOTALL)[:2]
    (tmp_path / "tables").mkdir()
    (tmp_path / "officers.toml").write_text(described)
    (tmp_path / "tables" / "officers.toml").write_text(contract)
    monkeypatch.setenv("OPENPEEL_SOURCES", str(tmp_path))
    file = tmp_path / "made-up.csv"
    rows = [f"Kent Police,2025-{m:02},{3000 + m}" for m in range(1, 13)]
    file.write_text("\n".join(["Force,Month,Officers", *rows]))
    report = load(Lake(tmp_path / "lake"), [file])
    assert [(f.table, f.rows_loaded) for f in report.files] == [("officers", 12)]
