"""Findings as rows: what the terminal, exports and committee papers list."""

from datetime import date
from typing import Any

from openpeel.records.models import Addressed


def finding_rows(
    force_id: str = "", *, open_only: bool = False, today: date | None = None
) -> list[dict[str, Any]]:
    """Published findings of a force, or ('') of all: JSON's types only, the oldest first.

    `claimed_state` is the force's, `verified_state` the inspectorate's; `age_days` runs from
    publication to closure, or to today.
    """
    found = Addressed.objects.exclude(verified_state="draft").select_related("finding")
    if force_id:
        found = found.filter(force_id=force_id)
    if open_only:
        found = found.exclude(verified_state__in=("closed", "superseded"))
    day = today or date.today()
    return [_row(one, day) for one in found.order_by("finding__published_on", "pk")]


def _row(one: Addressed, today: date) -> dict[str, Any]:
    it = one.finding
    until = one.closed_on or today
    return {
        "id": one.pk,
        "force": one.force_id,
        "kind": it.kind,
        "kind_name": it.get_kind_display(),
        "cycle": it.cycle,
        "question": it.question,
        "text": it.text,
        "published_on": it.published_on.isoformat() if it.published_on else None,
        "due_on": one.due_on.isoformat() if one.due_on else None,
        "overdue": bool(one.due_on and until > one.due_on),
        "owner": one.owner,
        "claimed_state": one.claimed_state,
        "verified_state": one.verified_state,
        "closed_on": one.closed_on.isoformat() if one.closed_on else None,
        "closure_url": one.closure_url or None,
        "age_days": (until - it.published_on).days if it.published_on else None,
        "source_title": it.source_title,
        "source_url": it.source_url,
    }
