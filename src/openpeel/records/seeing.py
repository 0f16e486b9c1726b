"""Who sees what: the one place that says so, for pages, lists, exports and writes alike.

What somebody may not see is, for them, not there: the same answer as for a number that nobody has
used, so that nothing is learnt by guessing.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from openpeel.errors import NotKnown
from openpeel.records import models as m
from openpeel.records.roles import MAY, Actor

M = TypeVar("M", bound=Model)

_ALL, _NONE = Q(pk__isnull=False), Q(pk__in=())
HIDDEN = ("draft", "withdrawn")
"""States of a finding that nobody outside the inspectorate sees."""
BLIND = ("open", "graded-once")
"""States of a judgment in which nobody sees a grade but whoever gave it."""


def seen(actor: Actor, kind: type[M]) -> QuerySet[M]:
    """The records of a kind that somebody may see, and no others. One of no rule has none."""
    rule = _RULES.get(kind)
    return kind._default_manager.filter(rule(actor) if rule else _NONE)


def may(actor: Actor, action: str, at: str) -> Q:
    """The records, whose force is found `at`, of the forces that somebody has an action for."""
    of = {force for role, force in actor.roles if role in MAY[action]}
    return _ALL if "" in of else Q(**{f"{at}__in": sorted(of)}) if of else _NONE


def one(actor: Actor, kind: type[M], pk: int) -> M:
    """A record that somebody may see. Raises NotKnown where there is none for them."""
    found = seen(actor, kind).filter(pk=pk).first()
    if found is None:
        raise NotKnown(f"There is no {kind._meta.verbose_name} {pk}.")
    return found


def _inspection(actor: Actor) -> Q:
    out = Q(state__in=("published", "retracted"))
    return (
        may(actor, "inspection.read", "force_id")
        | may(actor, "accuracy.answer", "force_id")
        | may(actor, "finding.read", "force_id") & out
    )


def _judgment(actor: Actor) -> Q:
    of, given_up = "inspection__force_id", Q(inspection__state="withdrawn")
    return (
        may(actor, "judgment.read", of)
        | may(actor, "accuracy.answer", of) & Q(state="with-force") & ~given_up
        | may(actor, "finding.read", of) & Q(state="published", inspection__state="published")
    )


def _blind_grade(actor: Actor) -> Q:
    both_in = ~Q(judgment__state__in=BLIND)
    mine = Q(grader=actor.name)
    return may(actor, "judgment.read", "judgment__inspection__force_id") & (both_in | mine)


def _under_judgment(actor: Actor) -> Q:
    return may(actor, "judgment.read", "judgment__inspection__force_id")


def _point(actor: Actor) -> Q:
    return _under_judgment(actor) | may(actor, "accuracy.answer", "judgment__inspection__force_id")


def _evidence(at: str) -> Callable[[Actor], Q]:
    return lambda actor: may(actor, "evidence.read", at)


def _addressed(actor: Actor) -> Q:
    out = ~Q(verified_state__in=HIDDEN)
    # Whoever reads drafts of judgments reads those of findings.
    return may(actor, "judgment.read", "force_id") | may(actor, "finding.read", "force_id") & out


def _finding(actor: Actor) -> Q:
    return Q(pk__in=seen(actor, m.Addressed).values("finding"))


def _progress(actor: Actor) -> Q:
    return Q(addressed__in=seen(actor, m.Addressed))


def _action(actor: Actor) -> Q:
    return may(actor, "force.read", "addressed__force_id")


def _check(actor: Actor) -> Q:
    of = "addressed__force_id"
    return may(actor, "finding.verify", of) | may(actor, "force.read", of)


def _assessment(actor: Actor) -> Q:
    return may(actor, "assessment.write", "force_id")


def _submitted(actor: Actor) -> Q:
    of = "assessment__force_id"
    return may(actor, "assessment.write", of) | may(actor, "evidence.read", of)


def _request(actor: Actor) -> Q:
    of = "inspection__force_id"
    return may(actor, "evidence.read", of) | may(actor, "request.answer", of)


def _publication(actor: Actor) -> Q:
    return may(actor, "finding.read", "inspection__force_id")


def _statement(actor: Actor) -> Q:
    return may(actor, "finding.read", "publication__inspection__force_id")


def _response(actor: Actor) -> Q:
    # Before that nobody else has it, due or drafted: they would tell the one from the other.
    out = Q(state="published")
    return may(actor, "response.write", "force_id") | may(actor, "finding.read", "force_id") & out


def _answer(actor: Actor) -> Q:
    return may(actor, "response.write", "response__force_id") | may(
        actor, "finding.read", "response__force_id"
    ) & Q(response__state="published")


def _phase(actor: Actor) -> Q:
    return may(actor, "finding.read", "force_id")


def _membership(actor: Actor) -> Q:
    mine = Q(user_id=actor.user_id) if actor.user_id is not None else _NONE
    return (_ALL if actor.may("people.manage") else _NONE) | mine


def _audit(actor: Actor) -> Q:
    return _ALL if actor.may("audit.read") else _NONE


_RULES: dict[type[Any], Callable[[Actor], Q]] = {
    m.Inspection: _inspection,
    m.Judgment: _judgment,
    m.BlindGrade: _blind_grade,
    m.GradeChange: _under_judgment,
    m.BasedOn: _under_judgment,
    m.AccuracyPoint: _point,
    m.Evidence: _evidence("inspection__force_id"),
    m.EvidenceRevision: _evidence("evidence__inspection__force_id"),
    m.Bearing: _evidence("revision__evidence__inspection__force_id"),
    m.FileAudit: _evidence("revision__evidence__inspection__force_id"),
    m.Finding: _finding,
    m.Addressed: _addressed,
    m.Progress: _progress,
    m.Action: _action,
    m.EffectivenessCheck: _check,
    m.SelfAssessment: _assessment,
    m.Submitted: _submitted,
    m.Request: _request,
    m.Publication: _publication,
    m.Statement: _statement,
    m.Response: _response,
    m.Answer: _answer,
    m.MonitoringPhase: _phase,
    m.Membership: _membership,
    m.AuditEntry: _audit,
}
