"""Indicators: the catalogue of definitions, and the one way from a definition to observations."""

from openpeel.indicators.catalogue import indicator, indicators
from openpeel.indicators.definition import Indicator, Merged, Standard
from openpeel.indicators.drafting import draft
from openpeel.indicators.observing import Groups, Observations, lacking, observe, observe_all
from openpeel.indicators.query import query_of, table_periods
from openpeel.indicators.reading import read_indicator

__all__ = [
    "Groups",
    "Indicator",
    "Merged",
    "Observations",
    "Standard",
    "draft",
    "indicator",
    "indicators",
    "lacking",
    "observe",
    "observe_all",
    "query_of",
    "read_indicator",
    "table_periods",
]
