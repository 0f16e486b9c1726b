"""Monitoring: runs signals over all observations."""

from openpeel.monitoring.backtested import Backtest, LeftOut, Row
from openpeel.monitoring.backtesting import backtest
from openpeel.monitoring.baselines import Baseline, baselines, set_baseline, withdraw_baseline
from openpeel.monitoring.comparing import CONVENTION, Compared
from openpeel.monitoring.doubts import Doubt, doubtful_months, doubts_about
from openpeel.monitoring.following import Followed, Gone, follow
from openpeel.monitoring.screening import FEWEST_COMPARED, Screen, Screened, screen, screen_all
from openpeel.monitoring.signal import Signal
from openpeel.monitoring.surging import Surge, SurgeReport, SurgeSeries, surges_of
from openpeel.monitoring.watching import BUDGET, CURRENT, RATE, Together, Watch, watch

__all__ = [
    "BUDGET",
    "CONVENTION",
    "CURRENT",
    "FEWEST_COMPARED",
    "RATE",
    "Backtest",
    "Baseline",
    "Compared",
    "Doubt",
    "Followed",
    "Gone",
    "LeftOut",
    "Row",
    "Screen",
    "Screened",
    "Signal",
    "Surge",
    "SurgeReport",
    "SurgeSeries",
    "Together",
    "Watch",
    "backtest",
    "baselines",
    "doubtful_months",
    "doubts_about",
    "follow",
    "screen",
    "screen_all",
    "set_baseline",
    "surges_of",
    "watch",
    "withdraw_baseline",
]
