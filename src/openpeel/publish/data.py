"""Profiles, comparisons and traces as data that JSON can carry: no NaN, no machine's folders."""

from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from openpeel.profiles import (
    Comparison,
    Figure,
    IndicatorView,
    Origin,
    Profile,
    SignalsView,
    Trace,
)
from openpeel.profiles.findings import Event, Finding
from openpeel.publish.publications import publication_data
from openpeel.publish.watching import signal_data, together_data
from openpeel.publish.words import direction, standing

Data = dict[str, Any]


def profile_data(profile: Profile) -> Data:
    """A force's profile.

    `judgments` has one object for each cycle and question (or pillar, by `scope`) with its grade;
    `indicators` one for each indicator that has a figure; `missing` one for each that has none;
    `signals` what survived testing; `publications` what came from the records.
    """
    views = {v.indicator.id: v for v in profile.indicators}
    missing = {v.indicator.id: v for v in profile.missing}
    return {
        "force": _force(profile),
        "snapshot": profile.snapshot,
        "created": profile.created,
        "today": profile.today,
        "publisher": profile.publisher,
        "standing": standing(profile.publisher),
        "cycles": [
            {
                "cycle": view.cycle,
                "title": view.title,
                "published": view.published,
                "comparable_with_the_one_before": view.comparable,
                "comparison": view.comparison,
            }
            for view in profile.cycles
        ],
        "judgments": [asdict(j) for view in profile.cycles for j in view.judgments],
        "questions": [
            {
                "question": view.question,
                "name": view.name,
                "current": [v.indicator.id for v in view.current],
                "historical": [v.indicator.id for v in view.historical],
                "missing": [v.indicator.id for v in view.missing],
                "note": view.note,
            }
            for view in profile.questions
        ],
        "findings": [_finding(f) for f in profile.findings],
        "events": [_told(e) for e in profile.events],
        "publications": [publication_data(p) for p in profile.publications],
        "indicators": [_indicator(v) for v in views.values()],
        "missing": [
            {
                "indicator": name,
                "title": v.indicator.title,
                "questions": list(v.indicator.questions),
                "value": None,
                "reason": v.missing,
            }
            for name, v in missing.items()
        ],
        "signals": _signals(profile.signals),
        "coverage": [asdict(c) for c in profile.coverage],
        "doubts": [asdict(d) for d in profile.doubts],
    }


def comparison_data(comparison: Comparison) -> Data:
    """An indicator over all forces, in the order of their names."""
    return {
        **_finite(vars(comparison)),
        "standing": standing(comparison.publisher),
        "direction": direction(comparison.polarity),
        "lacking": list(comparison.lacking),
        "residents": list(comparison.residents),
        "caveats": list(comparison.caveats),
        "forces": [
            {
                "force": row.force.id,
                "name": row.force.name,
                "value": _number(row.value),
                "numerator": _number(row.numerator),
                "denominator": _number(row.denominator),
                "lower": _number(row.lower),
                "upper": _number(row.upper),
                "outside_95": row.outside,
                "outside_998": row.far,
                "reason": row.reason,
            }
            for row in comparison.forces
        ],
    }


def trace_data(trace: Trace, publisher: str = "") -> Data:
    """The walk from a number back to its files. `path` is the file's place when it was loaded."""
    return {
        "standing": standing(publisher),
        "force": trace.force,
        "force_name": trace.force_name,
        "indicator": trace.indicator,
        "title": trace.title,
        **_figure(trace.figure),
        "definition": trace.definition,
        "sql": trace.sql,
        "snapshot": trace.snapshot,
        "created": trace.snapshot_created,
        "provenance": [
            {**made, "path": origin.file}
            for made, origin in zip(_provenance(trace.origins), trace.origins, strict=True)
        ],
        "notes": list(trace.notes),
    }


def _signals(view: SignalsView) -> Data:
    return {
        "rate": view.rate,
        "tests": view.tests,
        "tests_of_all_forces": view.all_tests,
        "beyond_budget": view.beyond,
        "signals": [signal_data(s, view.rate) for s in view.signals],
        "together": [together_data(t) for t in view.together],
    }


def _force(profile: Profile) -> Data:
    it = profile.force
    keys = ("id", "name", "short", "ons_code", "region", "nation")
    return {key: getattr(it, key) for key in keys}


def _finding(finding: Finding) -> Data:
    return {
        **_told(finding),
        "closed": finding.closed,
        "verified": finding.verified,
        "claimed": finding.claimed,
        "closures": [_told(event) for event in finding.closures],
    }


def _told(entry: Finding | Event) -> Data:
    return {
        "kind": entry.kind,
        "cycle": entry.cycle,
        "questions": list(entry.questions),
        "date": entry.date,
        "descriptions": [asdict(d) for d in entry.descriptions],
    }


def _indicator(view: IndicatorView) -> Data:
    definition, latest = view.indicator, view.latest
    assert latest is not None
    trend, position = view.trend, view.position
    return {
        "indicator": definition.id,
        "title": definition.title,
        "questions": list(definition.questions),
        **_figure(latest),
        "unit": definition.unit,
        "per": definition.per,
        "polarity": definition.polarity,
        "direction": direction(definition.polarity),
        "polarity_why": definition.polarity_why,
        "standard": view.standard,
        "age_months": view.age_months,
        "historical": view.historical,
        "year": _figure(view.year) if view.year else None,
        "trend": asdict(trend) if trend else None,
        "position": asdict(position) if position else None,
        "provenance": _provenance(view.provenance),
        "definition": definition.file,
        "source": definition.source,
        "caveats": list(definition.caveats),
    }


def _figure(figure: Figure) -> Data:
    return _finite(asdict(figure))


def _provenance(origins: Sequence[Origin]) -> list[Data]:
    return [{**asdict(origin), "file": Path(origin.file).name} for origin in origins]


def _finite(values: Data) -> Data:
    return {k: _number(v) if isinstance(v, float) else v for k, v in values.items()}


def _number(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
