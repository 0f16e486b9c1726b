"""docs/records.md: its example runs in a process of its own, and its tables are the code's."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from openpeel.records.roles import ROLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/records.md").read_text()


def test_the_story_runs_and_keeps_its_promises():
    code = (
        "import sys; sys.path.insert(0, 'tests/cli')\n"
        "from test_docs_examples import run_page\n"
        "print(run_page('docs/records.md'))"
    )
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "OPENPEEL_CYCLES")}
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert made.stdout.strip() == "5", made.stderr


def test_every_role_is_told():
    assert set(re.findall(r"^\| ([a-z-]+) \|", PAGE, re.MULTILINE)) >= set(ROLES)


def test_every_command_of_the_page_is_one():
    from typer.main import get_command

    from openpeel.cli.main import app

    lines = re.findall(r"(?:^\$ |\`|/new )openpeel ((?:[a-z]+ ?)+)", PAGE, re.MULTILINE)
    assert len(lines) > 8
    for line in lines:
        command = get_command(app)
        for word in line.split():
            if hasattr(command, "commands"):
                command = command.commands[word]


@pytest.mark.django_db
def test_the_migrations_make_what_the_models_say():
    call_command("makemigrations", "records", check=True, dry_run=True, verbosity=0)
