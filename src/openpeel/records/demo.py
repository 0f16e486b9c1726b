"""Demo records, from public sources alone: the founding case, and a force's carried-over grades."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from openpeel.lake import Lake
from openpeel.records.models import AuditEntry, Inspection
from openpeel.records.publishing import publish_taken_over
from openpeel.records.roles import PUBLISHER, system
from openpeel.records.taking_over import take_over, take_over_findings
from openpeel.sources import bundled, load

STORY = (("cambridgeshire", "2021-22"), ("cambridgeshire", "2023-25"), ("cumbria", "2018-19"))
LAKE = "demo-lake"


@dataclass(frozen=True)
class Demo:
    """What was made: inspections, findings, and the lake that the publications went to."""

    inspections: int
    findings: int
    lake: Path


def make_demo(folder: Path) -> Demo | None:
    """Fill empty records with the demo; None where there is something in them already.

    Its publications go to a lake of its own in `folder`, never to anybody's real one.
    """
    if AuditEntry.objects.exists():
        return None
    actor = system((PUBLISHER,), "demo, from public sources")
    # Of a demo that was broken off; the records know nothing of it.
    shutil.rmtree(folder / LAKE, ignore_errors=True)
    lake = Lake(folder / LAKE)
    load(lake, [p for p in bundled() if p.name == "peel"])
    snapshot = lake.snapshot()
    grades = snapshot.table("grades").to_pylist()
    with transaction.atomic():
        made: dict[tuple[str, str], Inspection] = {
            (name, cycle): take_over(actor, name, cycle, grades, snapshot.id)
            for name, cycle in STORY
        }
        findings = take_over_findings(actor, snapshot.table("findings").to_pylist(), made)
        for inspection in made.values():
            publish_taken_over(actor, inspection.pk, lake, publisher="demo")
    return Demo(len(made), len(findings), folder / LAKE)


def fill_lake(folder: Path) -> bool:
    """Load the data that openpeel carries into the demo's lake, for the signals in it.

    False where it is there already.
    """
    lake = Lake(folder / LAKE)
    if lake.exists() and lake.snapshot().has("crime_counts"):
        return False
    load(lake, bundled())
    return True
