"""Profiles: a force, an indicator or a figure assembled from everything the lake holds."""

from openpeel.profiles.assessor import Assessor, assess
from openpeel.profiles.comparing import comparison
from openpeel.profiles.profile import (
    ComparedForce,
    Comparison,
    CoverageView,
    CycleView,
    Profile,
    QuestionView,
    SignalsView,
)
from openpeel.profiles.publications import Publication
from openpeel.profiles.tracing import Trace, trace
from openpeel.profiles.views import (
    Disparity,
    Figure,
    IndicatorView,
    Origin,
    Point,
    Position,
    Trend,
)
from openpeel.sources import Gap

__all__ = [
    "Assessor",
    "ComparedForce",
    "Comparison",
    "CoverageView",
    "CycleView",
    "Disparity",
    "Figure",
    "Gap",
    "IndicatorView",
    "Origin",
    "Point",
    "Position",
    "Profile",
    "Publication",
    "QuestionView",
    "SignalsView",
    "Trace",
    "Trend",
    "assess",
    "comparison",
    "trace",
]
