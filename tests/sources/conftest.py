import csv
import io
from pathlib import Path

import pytest
from loopback import Slept, published, serving
from made_workbooks import packed

from openpeel.lake import Lake
from openpeel.sources import bundled, load
from openpeel.sources.fetching import fetch

DATA = Path(__file__).parents[1] / "data" / "police_uk"


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.fixture(scope="session")
def real():
    """Bytes of a real street file, or of its first rows."""

    def read(name, rows=None):
        data = (DATA / f"{name}-street.csv").read_bytes()
        return data if rows is None else b"".join(data.splitlines(keepends=True)[: rows + 1])

    return read


@pytest.fixture(scope="session")
def bundle():
    """Paths of the bundled data by file name."""
    return {path.name: path for folder in bundled() for path in folder.iterdir()}


@pytest.fixture(scope="session")
def zipped():
    """An archive of members, as bytes."""
    return packed


@pytest.fixture
def put(tmp_path):
    """Write a file and say where it is."""

    def write(name, data):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


@pytest.fixture(scope="session")
def rows_in():
    """A CSV file's rows, read by Python's own reader."""

    def read(data):
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))

    return read


@pytest.fixture(scope="session")
def contents():
    """All rows of a table in a stable order, without the columns named."""

    def read(lake, table, but=()):
        found = lake.snapshot().table(table)
        names = [name for name in found.column_names if name not in but]
        return sorted(zip(*(map(repr, found[n].to_pylist()) for n in names), strict=True))

    return read


@pytest.fixture(scope="session")
def reconciles():
    """Every row of every file of a report is loaded, unchanged or quarantined."""

    def check(report):
        assert report.files
        for file in report.files:
            parts = file.rows_loaded + file.rows_unchanged + file.rows_quarantined
            assert file.rows_read == parts, file
            assert min(file.rows_loaded, file.rows_unchanged, file.rows_quarantined) >= 0, file
        return report

    return check


@pytest.fixture
def refused(lake, tmp_path, real):
    """Load something that must be refused whole, into a lake that holds a file: nothing changes."""

    def check(error, *paths):
        good = tmp_path / "good" / "2025-01-city-of-london-street.csv"
        good.parent.mkdir(exist_ok=True)
        good.write_bytes(real("2025-01-city-of-london", 50))
        load(lake, [good])
        before = sorted((p, p.stat().st_mtime_ns) for p in lake.root.rglob("*") if p.is_file())
        with pytest.raises(error) as caught:
            load(lake, [*paths])
        after = sorted((p, p.stat().st_mtime_ns) for p in lake.root.rglob("*") if p.is_file())
        assert after == before
        assert lake.snapshot().id == 1
        assert lake.snapshot().rows("crimes") == 50
        return caught.value

    return check


# --- fetching -------------------------------------------------------------------------------------


@pytest.fixture
def site(monkeypatch):
    """A publisher on loopback, reached without a proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with serving() as site:
        yield site


@pytest.fixture
def cache(tmp_path):
    """The folder that is fetched into."""
    return tmp_path / "cache"


@pytest.fixture
def slept():
    """What would have been slept, and a web that does not sleep."""
    return Slept()


@pytest.fixture
def bring(site, cache, slept):
    """Fetch one address of the site as a publication; returns its entry."""

    def run(path="/data/a.zip", progress=None, **more):
        wanted = published(site, address=f"{site.address}{path}")
        report = fetch([wanted], cache, progress, slept.web(**more))
        (entry,) = report.files
        assert report.paths == ([] if entry.fate == "refused" else [entry.file])
        return entry

    return run


@pytest.fixture
def place(put):
    """Write a stop-and-search file of these lines and say where it is."""

    def write(name, lines, folder=""):
        path = f"{name}-stop-and-search.csv"
        return put(f"{folder}/{path}" if folder else path, "\n".join(lines) + "\n")

    return write


@pytest.fixture
def everything(lake, put):
    """A lake of all real stop-and-search files at hand."""
    load(lake, [put(p.name, p.read_bytes()) for p in sorted(DATA.glob("*-stop-and-search.csv"))])
    return lake
