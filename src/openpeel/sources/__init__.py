"""Sources: one publisher's dataset each, from the publisher's own files to lake tables."""

from openpeel.sources.bundle import bundled
from openpeel.sources.contracts import contract
from openpeel.sources.coverage import Cell, Coverage, Gap, coverage
from openpeel.sources.loading import FileReport, LoadReport, load, sources

__all__ = [
    "Cell",
    "Coverage",
    "FileReport",
    "Gap",
    "LoadReport",
    "bundled",
    "contract",
    "coverage",
    "load",
    "sources",
]
