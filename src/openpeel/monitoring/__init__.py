"""Monitoring: runs signals over all observations."""

from openpeel.monitoring.doubts import Doubt, doubtful_months, doubts_about
from openpeel.monitoring.screening import Screen, Screened, limited, screen, screen_all

__all__ = [
    "Doubt",
    "Screen",
    "Screened",
    "doubtful_months",
    "doubts_about",
    "limited",
    "screen",
    "screen_all",
]
