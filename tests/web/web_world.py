"""A world of two forces, with drafts in every state, each text of a draft marked as what it is."""

import io
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from openpeel.lake import Lake
from openpeel.records import answering, effects, following, gathering, judging, people, publishing
from openpeel.records.files import keep
from openpeel.records.gathering import Bears, Said
from openpeel.records.roles import Actor, system

OWN, OTHER = "cambridgeshire", "kent"
CYCLE, BEFORE = "2025-27", "2018-19"
SOON = date.today() + timedelta(days=30)
PEOPLE = {
    "viewer": ("viewer", ""),
    "liaison": ("force-liaison", OWN),
    "body": ("local-policing-body", OWN),
    "inspector": ("inspector", ""),
    "colleague": ("inspector", ""),
    "moderator": ("moderator", ""),
    "publisher": ("publisher", ""),
    "analyst": ("analyst", ""),
    "administrator": ("administrator", ""),
    "nobody": ("", ""),
    # An inspector of one force alone: the inspectorate's side is by force, too.
    "local": ("inspector", OWN),
}
HIDDEN_PREFIX = "hidden"


def mark(what: str, force: str) -> str:
    """A text that tells, wherever it turns up, what it is of and whose."""
    return f"{HIDDEN_PREFIX}-{what}-of-{force}"


@dataclass
class Side:
    """What there is of one force: numbers by the name of what they are of."""

    force: str
    pk: dict[str, int]


def actor(name: str, force: str = "") -> Actor:
    role, of = PEOPLE[name]
    return Actor(name, frozenset({(role, force or of)}))


def add_people() -> dict[str, int]:
    """Everybody, with a password that is their name doubled and more."""
    by = system(["administrator"], "test")
    made = {}
    for name, (role, of) in PEOPLE.items():
        made[name] = people.add_person(by, name, "", password(name)).pk
        if role:
            people.give_role(by, name, role, of)
    return made


def password(name: str) -> str:
    return f"{name[::-1]}-of-the-seven-{name}"


def make_side(force: str, folder: Path, lake: Lake) -> Side:
    """Of one force: a published inspection with its findings, and one that is being worked on."""
    ann, ben = actor("inspector"), actor("colleague")
    mo, pub = actor("moderator"), actor("publisher")
    liz, body = actor("liaison", force), actor("body", force)
    pk: dict[str, int] = {}
    _published(force, lake, pk, (ann, ben, mo, pub, liz, body))

    it = judging.plan(ann, force, CYCLE)
    pk["inspection"] = it.pk
    judging.advance(ann, it.pk, "begin")
    questions = list(it.judgments.order_by("pk"))
    every = [Bears(q.question, "against", note=mark("bearing", force)) for q in questions]
    kept = keep(folder, io.BytesIO(mark("file", force).encode()), "notes.txt")
    said = Said(text=mark("evidence", force), file=kept, file_name="notes.txt")
    evidence = gathering.add_evidence(ann, it.pk, "interview", mark("title", force), said, every)
    pk["evidence"], pk["revision"] = evidence.pk, evidence.newest.pk
    judging.advance(ann, it.pk, "grade")
    states = (
        "open",
        "graded-once",
        "graded-twice",
        "agreed",
        "with-force",
        "checked",
        "signed-off",
    )
    for state, judgment in zip(states, questions, strict=False):
        pk[state] = judgment.pk
        _bring(judgment.pk, state, force)
    point = judging.raise_point(liz, pk["with-force"], mark("point", force))
    pk["point"] = point.pk
    draft = following.draft_finding(
        ann, "accelerated_cause_of_concern", mark("draft", force), inspection=it.pk
    )
    following.draft_finding(
        ann, "recommendation", mark("draft", force), inspection=it.pk, parent=draft.pk
    )
    pk["draft"] = draft.addressed.get().pk
    asked = answering.make_request(ann, it.pk, "data", mark("request", force), SOON)
    pk["request"] = asked.pk
    kept = keep(folder, io.BytesIO(mark("answer", force).encode()), "answer.txt")
    answering.move_request(
        liz, asked.pk, "answer", text=mark("request", force), file=kept, file_name="answer.txt"
    )
    question = questions[0].question
    mine = answering.assess_itself(liz, force, CYCLE, question, mark("assessment", force))
    pk["assessment"] = mine.pk
    return Side(force, pk)


def _published(force: str, lake: Lake, pk: dict[str, int], who: tuple[Actor, ...]) -> None:
    ann, ben, mo, pub, liz, body = who
    it = judging.plan(ann, force, BEFORE)
    pk["published-inspection"] = it.pk
    judging.advance(ann, it.pk, "begin")
    judgments = list(it.judgments.order_by("-scope", "pk"))
    bears = [Bears(j.question, "for") for j in judgments]
    gathering.add_evidence(ann, it.pk, "document", "A report", Said(text="said"), bears)
    judging.advance(ann, it.pk, "grade")
    for j in judgments:
        judging.grade_blind(ann, j.pk, "good", "as seen")
        judging.grade_blind(ben, j.pk, "good", "as heard")
        judging.agree(ann, j.pk, "good", "open reasons")
        judging.send(ann, j.pk)
    judging.advance(ann, it.pk, "send")
    asked = judgments[0].question
    concern = following.draft_finding(
        ann, "cause_of_concern", f"open concern {force}", inspection=it.pk, question=asked
    )
    recommended = following.draft_finding(
        ann,
        "recommendation",
        f"open recommendation {force}",
        inspection=it.pk,
        question=asked,
        parent=concern.pk,
    )
    for j in judgments:
        judging.check(ann, j.pk)
        judging.sign_off(mo, j.pk)
    pk["published"] = judgments[0].pk
    judging.advance(mo, it.pk, "sign-off")
    made = publishing.publish(pub, it.pk, date(2024, 3, 12), lake, publisher="test")
    pk["publication"], pk["response"] = made.pk, made.response.pk
    answering.draft_response(body, made.response.pk, text=mark("response", force))
    answering.answer_recommendation(
        body, made.response.pk, recommended.pk, accepted=True, text=mark("response", force)
    )
    pk["recommendation"] = recommended.pk
    one, two = concern.addressed.get(), recommended.addressed.get()
    pk["finding"] = two.pk
    pk["action"] = following.add_action(liz, two.pk, mark("action", force), "somebody").pk
    for move in ("allocate", "offer", "complete"):
        following.claim(liz, one.pk, move, text="as told", owner=mark("owner", force))
    following.verify(ann, one.pk, "revisit")
    following.verify(
        mo, one.pk, "close", on=date(2024, 12, 9), letter_url="https://example.org/letter"
    )
    pk["closed"] = one.pk
    pk["held"] = effects.plan_check(ann, one.pk, "officers", SOON).pk


def _bring(judgment: int, state: str, force: str) -> None:
    """Bring an open judgment to a state by its moves; its reasons are marked with that state."""
    ann, ben, mo = actor("inspector"), actor("colleague"), actor("moderator")
    blind, told = mark("blind", force), mark(state, force)
    way = {
        "graded-once": lambda: judging.grade_blind(
            ann, judgment, "good", blind if state == "graded-once" else told
        ),
        "graded-twice": lambda: judging.grade_blind(ben, judgment, "adequate", told),
        "agreed": lambda: judging.agree(ann, judgment, "good", told),
        "with-force": lambda: judging.send(ann, judgment),
        "checked": lambda: judging.check(ann, judgment),
        "signed-off": lambda: judging.sign_off(mo, judgment),
    }
    if state == "open":
        return
    for step, move in way.items():
        move()
        if step == state:
            return
