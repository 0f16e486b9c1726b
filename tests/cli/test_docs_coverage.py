"""docs/coverage.md shows what the command prints."""

import re
from pathlib import Path

from openpeel.cli.main import run

PAGE = (Path(__file__).parents[2] / "docs/coverage.md").read_text(encoding="utf-8")


def test_the_table_of_the_page_is_what_the_command_prints(bundled_lake, capsys):
    (shown,) = re.findall(r"\$ openpeel (indicator coverage \S+)\n(.*?)```", PAGE, re.DOTALL)
    assert run([*shown[0].split(), "--lake", str(bundled_lake.root)]) == 0
    assert capsys.readouterr().out == shown[1]
