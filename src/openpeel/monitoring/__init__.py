"""Monitoring: runs signals over all observations."""

from openpeel.monitoring.baselines import Baseline, baselines, set_baseline, withdraw_baseline
from openpeel.monitoring.doubts import Doubt, doubtful_months, doubts_about
from openpeel.monitoring.screening import Screen, Screened, screen, screen_all

__all__ = [
    "Baseline",
    "Doubt",
    "Screen",
    "Screened",
    "baselines",
    "doubtful_months",
    "doubts_about",
    "screen",
    "screen_all",
    "set_baseline",
    "withdraw_baseline",
]
