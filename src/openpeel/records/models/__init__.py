"""The records' tables, one noun a file."""

from openpeel.records.models.audit import AuditEntry, AuditHead
from openpeel.records.models.base import Fixed, Record
from openpeel.records.models.evidence import Bearing, Evidence, EvidenceRevision, FileAudit
from openpeel.records.models.findings import (
    Action,
    Addressed,
    EffectivenessCheck,
    Finding,
    Progress,
)
from openpeel.records.models.force_side import Request, SelfAssessment, Submitted
from openpeel.records.models.inspections import Inspection, MonitoringPhase
from openpeel.records.models.judgments import (
    AccuracyPoint,
    BasedOn,
    BlindGrade,
    GradeChange,
    Judgment,
)
from openpeel.records.models.people import Membership
from openpeel.records.models.publications import Answer, Publication, Response, Statement

__all__ = [
    "AccuracyPoint",
    "Action",
    "Addressed",
    "Answer",
    "AuditEntry",
    "AuditHead",
    "BasedOn",
    "Bearing",
    "BlindGrade",
    "EffectivenessCheck",
    "Evidence",
    "EvidenceRevision",
    "FileAudit",
    "Finding",
    "Fixed",
    "GradeChange",
    "Inspection",
    "Judgment",
    "Membership",
    "MonitoringPhase",
    "Progress",
    "Publication",
    "Record",
    "Request",
    "Response",
    "SelfAssessment",
    "Statement",
    "Submitted",
]
