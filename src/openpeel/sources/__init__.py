"""Sources: one publisher's dataset each, from the publisher's own files to lake tables."""

from openpeel.sources.bundle import bundled
from openpeel.sources.contracts import contract
from openpeel.sources.coverage import NOT_LOADED, Break, Cell, Coverage, Gap, coverage
from openpeel.sources.loading import FileReport, LoadReport, load, rehearse
from openpeel.sources.presence import coverage_query, covered_tables, figure_columns
from openpeel.sources.recognising import sources

__all__ = [
    "NOT_LOADED",
    "Break",
    "Cell",
    "Coverage",
    "FileReport",
    "Gap",
    "LoadReport",
    "bundled",
    "contract",
    "coverage",
    "coverage_query",
    "covered_tables",
    "figure_columns",
    "load",
    "rehearse",
    "sources",
]
