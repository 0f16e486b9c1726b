import pytest
from shop import Shop

from openpeel.lake import Lake


@pytest.fixture(scope="session")
def shop():
    return Shop()


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.fixture(scope="session")
def content():
    """What a snapshot holds of the keyed table: {(month, force): numbers}, without empty slices."""

    def read(snapshot, table="tallies"):
        found = {}
        if snapshot.has(table):
            for row in snapshot.table(table).to_pylist():
                found.setdefault((row["month"], row["force_id"]), []).append(row["crimes"])
        return {name: sorted(numbers) for name, numbers in found.items()}

    return read


@pytest.fixture(scope="session")
def orphans():
    """Files in a lake's folder that no snapshot needs."""

    def find(lake):
        needed = {
            lake.root / "tables" / table / path
            for entry in lake.snapshots()
            for table in entry.tables
            for path in lake.snapshot(entry.id).files(table)
        }
        needed |= {lake.root / "lock"} | {
            lake.root / "snapshots" / f"{entry.id:08d}.json" for entry in lake.snapshots()
        }
        return [
            path
            for path in lake.root.rglob("*")
            if path.is_file()
            and path not in needed
            and not (path.parent.name == "_delta_log" and path.suffix in (".json", ".parquet"))
            and path.name != "_last_checkpoint"
        ]

    return find
