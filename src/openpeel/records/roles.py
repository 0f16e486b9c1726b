"""Who may do what: roles, what each may do, and for which force.

One table, so that it can be read at a glance, drawn in the documentation and tested cell by cell.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from openpeel.errors import NotAllowed

VIEWER = "viewer"
LIAISON = "force-liaison"
BODY = "local-policing-body"
INSPECTOR = "inspector"
MODERATOR = "moderator"
PUBLISHER = "publisher"
ANALYST = "analyst"
ADMINISTRATOR = "administrator"

ROLES = {
    VIEWER: "Viewer: reads what is published, and the findings' progress.",
    LIAISON: "Force liaison: the force's side, of the own force only.",
    BODY: "Local policing body: owns the 56 days, for the own force only.",
    INSPECTOR: "Inspector: evidence, grades, findings and their verification.",
    MODERATOR: "Moderator: holds all forces' grades side by side; may change them, with a reason.",
    PUBLISHER: "Publisher: publishes, corrects and retracts.",
    ANALYST: "Analyst: reads the risk view, and brings signals to inspections as evidence.",
    ADMINISTRATOR: "Administrator: people and their roles, the trail; no judgment.",
}
OF_ONE_FORCE = frozenset({LIAISON, BODY})
"""Roles that are always for one force."""
OF_ALL = frozenset({ADMINISTRATOR})
"""Roles that are never for one force."""

MAY: dict[str, frozenset[str]] = {
    # The inspectorate's side
    "inspection.read": frozenset({INSPECTOR, MODERATOR, PUBLISHER, ANALYST}),
    "inspection.plan": frozenset({INSPECTOR, MODERATOR}),
    "inspection.take-over": frozenset({PUBLISHER}),
    "evidence.read": frozenset({INSPECTOR, MODERATOR, ANALYST}),
    "evidence.write": frozenset({INSPECTOR}),
    "judgment.read": frozenset({INSPECTOR, MODERATOR, PUBLISHER}),
    "judgment.grade": frozenset({INSPECTOR}),
    "judgment.agree": frozenset({INSPECTOR}),
    "judgment.moderate": frozenset({MODERATOR}),
    "judgment.send": frozenset({INSPECTOR, MODERATOR}),
    "judgment.sign-off": frozenset({MODERATOR}),
    "publication.publish": frozenset({PUBLISHER}),
    "finding.draft": frozenset({INSPECTOR}),
    "finding.verify": frozenset({INSPECTOR, MODERATOR}),
    "finding.close": frozenset({MODERATOR}),
    "phase.set": frozenset({MODERATOR}),
    "request.make": frozenset({INSPECTOR}),
    "risk.read": frozenset({MODERATOR, PUBLISHER, ANALYST}),
    "signal.bring": frozenset({ANALYST}),
    # The force's side
    "accuracy.answer": frozenset({LIAISON}),
    "finding.claim": frozenset({LIAISON}),
    "action.write": frozenset({LIAISON}),
    "finding.import": frozenset({LIAISON}),
    "assessment.write": frozenset({LIAISON}),
    "request.answer": frozenset({LIAISON}),
    "force.read": frozenset({LIAISON, BODY}),
    # The local policing body
    "response.write": frozenset({BODY}),
    # Everyone with a role
    "finding.read": frozenset(ROLES) - {ADMINISTRATOR},
    # The house
    "people.manage": frozenset({ADMINISTRATOR}),
    "audit.read": frozenset({ADMINISTRATOR}),
    "records.copy": frozenset({ADMINISTRATOR}),
}
"""Each thing that can be done, and the roles that may do it."""


@dataclass(frozen=True)
class Actor:
    """Somebody who acts: a name for the trail, and roles, each for a force or ('') for all."""

    name: str
    roles: frozenset[tuple[str, str]]
    user_id: int | None = None

    @property
    def acts_as(self) -> str:
        """The roles, as a message tells them: 'force-liaison of kent, viewer'; 'no role'."""
        return ", ".join(f"{r} of {of}" if of else r for r, of in sorted(self.roles)) or "no role"

    def role_for(self, action: str, force_id: str = "") -> str | None:
        """The role by which an action on a force's things is allowed; None where none does.

        With force_id '' (nothing of one force) a role for any force does.
        """
        return next(
            (
                role
                for role, of in sorted(self.roles)
                if role in MAY[action] and (not of or not force_id or of == force_id)
            ),
            None,
        )

    def may(self, action: str, force_id: str = "") -> bool:
        """Whether an action is allowed."""
        return self.role_for(action, force_id) is not None

    def must(self, action: str, force_id: str = "") -> str:
        """The role by which an action is allowed. Raises NotAllowed, naming who may."""
        role = self.role_for(action, force_id)
        if role is None:
            of = f" for {force_id}" if force_id else ""
            raise NotAllowed(
                f"{self.name} ({self.acts_as}) may not do this ({action}{of}). It takes: "
                f"{' or '.join(sorted(MAY[action]))}."
            )
        return role


def system(roles: Iterable[str], name: str = "openpeel") -> Actor:
    """The program itself, or somebody at its terminal, acting in roles for all forces."""
    return Actor(name, frozenset((role, "") for role in roles))
