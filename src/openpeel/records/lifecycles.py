"""Life cycles: the states of what people work on, and every move between them.

A move that is not in these tables does not exist. A forbidden one names the state, the role and
what would allow it.
"""

from dataclasses import dataclass

from openpeel.errors import NotAllowed
from openpeel.records.roles import MAY, Actor


@dataclass(frozen=True)
class Move:
    """A move: from any of `sources` to `target`, by whoever may do `action`.

    `needs` says in words what must be there besides; the code that makes the move checks it.
    """

    name: str
    sources: tuple[str, ...]
    target: str
    action: str
    needs: str = ""


@dataclass(frozen=True)
class Lifecycle:
    """States (id: what it means), where things start, and the moves."""

    name: str
    states: dict[str, str]
    start: str
    moves: tuple[Move, ...]

    def move(self, name: str) -> Move:
        """The move of a name. Raises NotAllowed where there is none, naming those there are."""
        found = next((m for m in self.moves if m.name == name), None)
        if found is None:
            known = ", ".join(m.name for m in self.moves)
            raise NotAllowed(f"A {self.name} has no move '{name}'. It has: {known}.")
        return found

    def allowed(self, state: str, actor: Actor, force_id: str = "") -> tuple[Move, ...]:
        """The moves that are open to somebody from a state."""
        return tuple(m for m in self.moves if state in m.sources and actor.may(m.action, force_id))

    def step(self, state: str, name: str, actor: Actor, force_id: str = "") -> tuple[str, str]:
        """The state that a move leads to, and the role that it is made in.

        Raises NotAllowed: which state it is in, which role was asked, and what would allow it.
        """
        move = self.move(name)
        role = actor.role_for(move.action, force_id)
        if state in move.sources and role:
            return move.target, role
        may = " or ".join(sorted(MAY[move.action]))
        sources = " or ".join(f"'{s}'" for s in move.sources)
        raise NotAllowed(
            f"The {self.name} is '{state}', and {actor.name} acts as {actor.acts_as}: '{name}' is "
            f"not allowed. It takes the state {sources} and the role {may}"
            + (f", and {move.needs}." if move.needs else ".")
        )


INSPECTION = Lifecycle(
    "inspection",
    {
        "planned": "It has a force, a cycle and a framework version; nothing is gathered yet.",
        "gathering": "Evidence is gathered, through the period and in the field.",
        "grading": "Questions are graded, agreed and moderated.",
        "with-force": "The force checks the drafts for factual accuracy.",
        "signed-off": "Every judgment is signed off; it waits for its day.",
        "published": "It is in the lake.",
        "retracted": "What the lake held of it was taken back, with a reason; it may be corrected.",
        "withdrawn": "It was given up, with a reason.",
    },
    "planned",
    (
        Move("begin", ("planned",), "gathering", "inspection.plan"),
        Move("grade", ("gathering",), "grading", "inspection.plan"),
        Move(
            "gather-more",
            ("grading", "with-force", "signed-off"),
            "gathering",
            "inspection.plan",
            "a reason",
        ),
        Move(
            "send",
            ("grading",),
            "with-force",
            "judgment.send",
            "every judgment to be agreed at least; their drafts go with it",
        ),
        Move(
            "sign-off",
            ("with-force",),
            "signed-off",
            "judgment.sign-off",
            "every judgment to be signed off",
        ),
        Move("publish", ("signed-off",), "published", "publication.publish"),
        Move("correct", ("published", "retracted"), "published", "publication.publish", "a reason"),
        Move("retract", ("published",), "retracted", "publication.publish", "a reason"),
        Move(
            "withdraw",
            ("planned", "gathering", "grading", "with-force", "signed-off"),
            "withdrawn",
            "inspection.plan",
            "a reason",
        ),
    ),
)

JUDGMENT = Lifecycle(
    "judgment",
    {
        "open": "Nobody has graded it.",
        "graded-once": "One person has graded it, unseen by the others.",
        "graded-twice": "Two people have graded it without seeing each other's grade.",
        "agreed": "The graders have recorded a consensus and its reason.",
        "moderated": "It was held beside all other forces' grades of the question.",
        "with-force": "The force checks it for factual accuracy.",
        "checked": "The force has answered; its points are decided.",
        "signed-off": "It may be published.",
        "published": "It is in the lake.",
        "corrected": "It was changed after publication; the correction waits to be published.",
    },
    "open",
    (
        Move(
            "first-grade",
            ("open",),
            "graded-once",
            "judgment.grade",
            "of a pillar, each of its questions to be agreed",
        ),
        Move(
            "second-grade",
            ("graded-once",),
            "graded-twice",
            "judgment.grade",
            "somebody other than the first grader",
        ),
        Move("agree", ("graded-twice",), "agreed", "judgment.agree", "a grade and a reason"),
        Move(
            "carry-over",
            ("open",),
            "agreed",
            "judgment.agree",
            "the cycle whose grade still stands, and a reason",
        ),
        Move(
            "moderate",
            ("agreed", "moderated", "checked"),
            "moderated",
            "judgment.moderate",
            "a reason, also where the grade stays",
        ),
        Move("send", ("agreed", "moderated"), "with-force", "judgment.send"),
        Move(
            "check",
            ("with-force",),
            "checked",
            "judgment.send",
            "every point of the force to be decided",
        ),
        Move("sign-off", ("checked",), "signed-off", "judgment.sign-off", "its evidence"),
        Move("publish", ("signed-off", "corrected"), "published", "publication.publish"),
        Move("correct", ("published", "corrected"), "corrected", "judgment.moderate", "a reason"),
        Move(
            "reopen",
            ("graded-once", "graded-twice", "agreed", "moderated", "checked", "signed-off"),
            "open",
            "judgment.sign-off",
            "a reason",
        ),
    ),
)

VERIFIED = Lifecycle(
    "finding, as the inspectorate sees it,",
    {
        "draft": "It is being written; nobody outside the inspectorate sees it.",
        "published": "It stands.",
        "awaiting-review": "The force says that it is done; the inspectorate has yet to look.",
        "revisit": "The inspectorate is looking again.",
        "closed": "The inspectorate has verified it and closed it, by a dated letter.",
        "reopened": "It was closed and stands again.",
        "superseded": "A finding of a later cycle stands in its place.",
        "withdrawn": "Its draft was given up; it was never published.",
    },
    "draft",
    (
        Move("publish", ("draft",), "published", "publication.publish"),
        Move(
            "publish-at-once",
            ("draft",),
            "published",
            "publication.publish",
            "a risk to the public, in words: an accelerated cause of concern",
        ),
        Move("withdraw", ("draft",), "withdrawn", "finding.draft", "a reason"),
        Move(
            "await-review",
            ("published", "reopened"),
            "awaiting-review",
            "finding.verify",
            "the force to claim that it is complete",
        ),
        Move("revisit", ("published", "reopened", "awaiting-review"), "revisit", "finding.verify"),
        Move(
            "still-open", ("awaiting-review", "revisit"), "published", "finding.verify", "a reason"
        ),
        Move(
            "close",
            ("awaiting-review", "revisit"),
            "closed",
            "finding.close",
            "a closure letter and its date",
        ),
        Move("reopen", ("closed",), "reopened", "finding.close", "a reason"),
        Move(
            "supersede",
            ("published", "reopened", "awaiting-review", "revisit", "closed"),
            "superseded",
            "finding.verify",
            "the finding that stands in its place",
        ),
    ),
)

CLAIMED = Lifecycle(
    "finding, as the force sees it,",
    {
        "not-known": "It was published before these records began: nobody here was told.",
        "not-allocated": "Nobody in the force has it yet.",
        "in-progress": "It has an owner who works on it.",
        "pending-sign-off": "The owner says that it is done; the force has yet to agree.",
        "complete": "The force says that it is done.",
    },
    "not-allocated",
    (
        Move(
            "allocate", ("not-allocated", "not-known"), "in-progress", "finding.claim", "an owner"
        ),
        Move("offer", ("in-progress",), "pending-sign-off", "finding.claim"),
        Move("complete", ("pending-sign-off",), "complete", "finding.claim", "what was done"),
        Move(
            "resume", ("pending-sign-off", "complete"), "in-progress", "finding.claim", "a reason"
        ),
    ),
)

RESPONSE = Lifecycle(
    "response of the local policing body",
    {
        "due": "The 56 days are running.",
        "not-known": "It was owed before these records began: whether it was given is not known.",
        "drafted": "It is being written.",
        "published": "It was published and copied to the inspectorate.",
    },
    "due",
    (
        Move("draft", ("due", "not-known", "drafted"), "drafted", "response.write"),
        Move(
            "publish",
            ("drafted",),
            "published",
            "response.write",
            "an answer to every recommendation",
        ),
    ),
)

REQUEST = Lifecycle(
    "request to the force",
    {
        "made": "The inspectorate has asked, with a deadline.",
        "answered": "The force has answered.",
        "returned": "The answer was not what was asked; the reason says why.",
        "accepted": "The inspectorate has what it asked for.",
        "withdrawn": "It is no longer asked.",
    },
    "made",
    (
        Move("answer", ("made", "returned"), "answered", "request.answer", "an answer"),
        Move("return", ("answered",), "returned", "request.make", "a reason"),
        Move("accept", ("answered",), "accepted", "request.make"),
        Move("withdraw", ("made", "returned", "answered"), "withdrawn", "request.make", "a reason"),
    ),
)

ASSESSMENT = Lifecycle(
    "self-assessment",
    {
        "private": "Only the force sees it.",
        "submitted": "The force has shown it to the inspectorate, as it then stood.",
    },
    "private",
    (Move("submit", ("private",), "submitted", "assessment.write"),),
)

LIFECYCLES = (INSPECTION, JUDGMENT, VERIFIED, CLAIMED, RESPONSE, REQUEST, ASSESSMENT)
