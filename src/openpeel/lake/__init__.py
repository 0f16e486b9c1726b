"""The lake: named tables with contracts, versions and provenance, read through snapshots."""

from openpeel.lake.contract import OWN_TABLES, Column, Contract, read_contract
from openpeel.lake.engines import ENGINES, engine_version, why_not
from openpeel.lake.lake import Lake
from openpeel.lake.log import Entry
from openpeel.lake.slices import BadRow, Held, Origin, Receipt, Refusal, Slice, SliceId
from openpeel.lake.snapshot import Snapshot

__all__ = [
    "ENGINES",
    "OWN_TABLES",
    "BadRow",
    "Column",
    "Contract",
    "Entry",
    "Held",
    "Lake",
    "Origin",
    "Receipt",
    "Refusal",
    "Slice",
    "SliceId",
    "Snapshot",
    "engine_version",
    "read_contract",
    "why_not",
]
