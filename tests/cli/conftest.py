"""Run the command line in process, as a shell would."""

import json
from dataclasses import dataclass

import pytest

from openpeel.cli.main import run


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def openpeel(capsys, monkeypatch):
    """Call with the words of a command line; returns exit code and both outputs."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("OPENPEEL_LAKE", raising=False)

    def call(*words: object) -> Ran:
        capsys.readouterr()
        code = run([str(w) for w in words])
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return call
