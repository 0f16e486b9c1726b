"""The real data that openpeel carries, so that a newcomer sees it work before downloading any."""

from importlib.resources import files
from pathlib import Path


def bundled() -> list[Path]:
    """The folders of the bundled data, one a publisher's subject, for `load`."""
    root = Path(str(files("openpeel") / "bundled"))
    return sorted(path for path in root.iterdir() if path.is_dir())
