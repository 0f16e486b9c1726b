"""The bundled real data in lakes, loaded once a test run and shared by all workers.

`crime_lake` holds what is told by crimes alone; what is by quarter or year is in `bundled_lake`.
"""

import fcntl
import os
from datetime import date

import pytest
from hypothesis import settings

from openpeel.lake import Lake, why_not
from openpeel.profiles import Assessor
from openpeel.sources import bundled, load

TODAY = date(2026, 11, 21)
CRIMES = ("geography", "peel", "police_uk", "pfa-population-2001-to-2020.csv")


# A slow machine is no fault: nothing here is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """What runs on Spark is skipped where it cannot."""
    if item.get_closest_marker("spark") and (why := why_not("spark")):
        pytest.skip(why)


def pytest_make_parametrize_id(config, val, argname):
    """Bytes are told by their length: packed files hold the time they were packed at, and workers
    that collect in different seconds would not agree on what there is to run."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) else None


def pytest_xdist_make_scheduler(config, log):
    """A file stays in one worker, which makes once what its tests share."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # the dear files come early by name, the quick ones last
    return ByFile(config, log)


def _shared(tmp_path_factory, name, paths) -> Lake:
    """A lake that is loaded by the first worker that asks. Read it, never load into it."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist every worker has its own folder in one that they share.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            load(Lake(folder), paths)
            done.touch()
    return Lake(folder)


@pytest.fixture(scope="session", autouse=True)
def records_folder(tmp_path_factory):
    """No test touches anybody's records: they are looked for in a folder of the run's own."""
    folder = tmp_path_factory.mktemp("records")
    before = os.environ.get("OPENPEEL_RECORDS")
    os.environ["OPENPEEL_RECORDS"] = str(folder)
    yield folder
    os.environ.pop("OPENPEEL_RECORDS")
    if before is not None:
        os.environ["OPENPEEL_RECORDS"] = before


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, records_folder):
    """SQLite in a file of the run's own: two connections to it are two, as they are in use."""
    from django.db import connections

    settings = connections["default"].settings_dict
    if settings["ENGINE"].endswith("sqlite3"):
        settings["TEST"]["NAME"] = str(records_folder / "tests.sqlite3")


@pytest.fixture(scope="session")
def bundled_lake(tmp_path_factory) -> Lake:
    """All that openpeel carries."""
    return _shared(tmp_path_factory, "bundled-lake", bundled())


@pytest.fixture(scope="session")
def crime_lake(tmp_path_factory) -> Lake:
    """Crimes of 2025, residents, areas, grades and findings."""
    paths = [
        path
        for folder in bundled()
        for path in folder.iterdir()
        if (folder.name in CRIMES or path.name in CRIMES) and not path.name.startswith("published-")
    ]
    return _shared(tmp_path_factory, "crime-lake", paths)


@pytest.fixture(scope="session")
def snapshot(crime_lake):
    """The newest snapshot of the crime lake."""
    return crime_lake.snapshot()


@pytest.fixture(scope="session")
def assessor(snapshot) -> Assessor:
    """Profiles of the crime lake, as seen on a fixed day."""
    return Assessor(snapshot, publisher="demo", today=TODAY)


@pytest.fixture(scope="session")
def whole_assessor(bundled_lake) -> Assessor:
    """Profiles of all that openpeel carries, as seen on a fixed day."""
    return Assessor(bundled_lake.snapshot(), publisher="demo", today=TODAY)
