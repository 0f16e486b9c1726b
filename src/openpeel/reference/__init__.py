"""The forces, areas and periods that every other room speaks of."""

from openpeel.reference.bodies import Body, bodies, body
from openpeel.reference.changes import Change, changes, changes_in
from openpeel.reference.forces import (
    Force,
    NotAForce,
    force,
    forces,
    normalise,
    recognise,
    resolve_names,
)
from openpeel.reference.gaps import Gap, stated_gap, stated_gaps, whole_column
from openpeel.reference.periods import Period, month_range, months_between
from openpeel.reference.publishing import (
    Publishing,
    published_before,
    publishing,
    publishings,
)
from openpeel.reference.similar import Groups, force_features, load_groups, nearest

__all__ = [
    "Body",
    "Change",
    "Force",
    "Gap",
    "Groups",
    "NotAForce",
    "Period",
    "Publishing",
    "bodies",
    "body",
    "changes",
    "changes_in",
    "force",
    "force_features",
    "forces",
    "load_groups",
    "month_range",
    "months_between",
    "nearest",
    "normalise",
    "published_before",
    "publishing",
    "publishings",
    "recognise",
    "resolve_names",
    "stated_gap",
    "stated_gaps",
    "whole_column",
]
