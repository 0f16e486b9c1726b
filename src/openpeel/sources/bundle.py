"""The real data that openpeel carries, so that a newcomer sees it work before downloading any."""

from importlib.resources import files
from pathlib import Path


def bundled() -> list[Path]:
    """The folders and files of the bundled data, for `load`."""
    root = Path(str(files("openpeel") / "bundled"))
    return [
        root / "police_uk" / "cambridgeshire-2025.zip",
        root / "police_uk" / "street-counts-2025-by-lsoa.parquet",
        root / "population" / "pfa-population-2001-to-2020.csv",
        root / "geography" / "police-force-areas.geojson",
        root / "peel" / "grades.csv",
        root / "peel" / "grades-inferred.csv",
        root / "peel" / "findings.csv",
    ]
