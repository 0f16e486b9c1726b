"""The bundled real data in one lake, loaded once a test run and shared by all workers."""

import fcntl
import os
from datetime import date

import pytest

from openpeel.lake import Lake
from openpeel.profiles import Assessor
from openpeel.sources import bundled, load


@pytest.fixture(scope="session")
def bundled_lake(tmp_path_factory) -> Lake:
    """A lake with the bundled data. It is shared: read it, never load into it."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist every worker has its own folder in one that they share.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / "bundled-lake", shared / "bundled-lake.done"
    with (shared / "bundled-lake.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            load(Lake(folder), bundled())
            done.touch()
    return Lake(folder)


@pytest.fixture(scope="session")
def snapshot(bundled_lake):
    """The newest snapshot of the bundled lake."""
    return bundled_lake.snapshot()


@pytest.fixture(scope="session")
def assessor(snapshot) -> Assessor:
    """Profiles of the bundled data, as seen on a fixed day."""
    return Assessor(snapshot, publisher="demo", today=date(2026, 11, 21))
