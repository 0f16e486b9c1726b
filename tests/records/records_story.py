"""People, a made-up cycle, and inspections brought to where a test needs them."""

from datetime import date

from openpeel.lake import Lake
from openpeel.records import following, gathering, judging, publishing
from openpeel.records.gathering import Bears, Said
from openpeel.records.models import Finding, Inspection, Judgment
from openpeel.records.roles import ROLES, Actor


def somebody(name: str, role: str, force: str = "") -> Actor:
    return Actor(name, frozenset({(role, force)}))


ANN = somebody("ann", "inspector")
BEN = somebody("ben", "inspector")
CAT = somebody("cat", "inspector")
MO = somebody("mo", "moderator")
PUB = somebody("pub", "publisher")
LIZ = somebody("liz", "force-liaison", "cambridgeshire")
KEN = somebody("ken", "force-liaison", "kent")
OPCC = somebody("opcc", "local-policing-body", "cambridgeshire")
ANA = somebody("ana", "analyst")
VIC = somebody("vic", "viewer")
ADA = somebody("ada", "administrator")
ROOT = Actor("root", frozenset((role, "") for role in ROLES))
PEOPLE = (ANN, MO, PUB, LIZ, KEN, OPCC, ANA, VIC, ADA)

FIVE = "2031"
"""A made-up cycle of five grades and two questions."""
PILLARS = "2032"
"""A made-up cycle of four grades: a pillar with two questions."""
ASK, ALSO = "answering", "recording"
DAY = date(2024, 3, 12)

_GRADES = ["outstanding", "good", "adequate", "requires-improvement", "inadequate"]


def _file(cycle: str, grades: list[str], pillar: str) -> str:
    head = (
        f'id = "{cycle}"\ntitle = "Made-up {cycle}"\nconfidence = "read"\nsources = ["made up"]\n'
    )
    head += '\n[[dates]]\nwhat = "begins"\ndate = "2031-01"\nsource = "made up"\n'
    for grade in grades:
        label = grade.replace("-", " ").capitalize()
        head += f'\n[[grades]]\nid = "{grade}"\nlabel = "{label}"\nmeaning = "made up"\n'
        head += 'confidence = "read"\n'
    if pillar:
        head += f'\n[[pillars]]\nid = "{pillar}"\nname = "{pillar.capitalize()}"\ngraded = true\n'
        head += 'confidence = "read"\n'
    for question in (ASK, ALSO):
        head += f'\n[[questions]]\nid = "{question}"\nname = "{question.capitalize()}"\n'
        head += 'graded = true\nconfidence = "read"\n'
        head += f'pillar = "{pillar}"\n' if pillar else ""
        head += '\n[[questions.characteristics]]\nid = "quickly"\ntext = "Made up."\n'
        head += 'confidence = "read"\n'
    return head


CYCLES = {
    FIVE: _file(FIVE, _GRADES, ""),
    PILLARS: _file(PILLARS, [g for g in _GRADES if g != "adequate"], "service"),
}


def planned(cycle: str = FIVE, force: str = "cambridgeshire") -> Inspection:
    return judging.plan(ANN, force, cycle)


def gathering_(cycle: str = FIVE, force: str = "cambridgeshire") -> Inspection:
    it = planned(cycle, force)
    return judging.advance(ANN, it.pk, "begin")


def grading(cycle: str = FIVE, force: str = "cambridgeshire") -> Inspection:
    it = gathering_(cycle, force)
    for question in (ASK, ALSO):
        said = Said(text=f"They said so of {question}.", vintage=3)
        gathering.add_evidence(ANN, it.pk, "interview", "Talk", said, [Bears(question, "for")])
    return judging.advance(ANN, it.pk, "grade")


def judgment(it: Inspection, question: str = ASK) -> Judgment:
    return it.judgments.get(question=question)


def bring(it: Judgment, state: str, grade: str = "good") -> Judgment:
    """Bring an open judgment of an inspection that is graded to a state, by its moves."""
    way = {
        "graded-once": lambda: judging.grade_blind(ANN, it.pk, grade, "as seen"),
        "graded-twice": lambda: judging.grade_blind(BEN, it.pk, grade, "as heard"),
        "agreed": lambda: judging.agree(ANN, it.pk, grade, "both say so"),
        "moderated": lambda: judging.moderate(MO, it.pk, grade, "as elsewhere"),
        "with-force": lambda: judging.send(ANN, it.pk),
        "checked": lambda: judging.check(ANN, it.pk),
        "signed-off": lambda: judging.sign_off(MO, it.pk),
    }
    if state != "open":
        for step, make in way.items():
            make()
            if step == state:
                break
    it.refresh_from_db()
    return it


def with_force(cycle: str = FIVE, force: str = "cambridgeshire", grade: str = "good") -> Inspection:
    it = grading(cycle, force)
    # Pillars come after their questions.
    for one in it.judgments.order_by("-scope", "pk"):
        bring(one, "with-force", grade)
    return judging.advance(ANN, it.pk, "send")


def signed_off(cycle: str = FIVE, force: str = "cambridgeshire") -> Inspection:
    it = with_force(cycle, force)
    for one in it.judgments.order_by("-scope", "pk"):
        judging.check(ANN, one.pk)
        judging.sign_off(MO, one.pk)
    return judging.advance(MO, it.pk, "sign-off")


def concern(it: Inspection, question: str = ASK) -> Finding:
    """A drafted cause of concern with a recommendation."""
    made = following.draft_finding(
        ANN, "cause_of_concern", "Calls wait too long.", inspection=it.pk, question=question
    )
    following.draft_finding(
        ANN,
        "recommendation",
        "Answer sooner, within three months.",
        inspection=it.pk,
        question=question,
        parent=made.pk,
        due_on=date(2024, 6, 12),
    )
    return made


def published(lake: Lake, force: str = "cambridgeshire") -> Inspection:
    """A published inspection with a cause of concern, its recommendation and a notable practice."""
    it = signed_off(force=force)
    concern(it)
    following.draft_finding(ANN, "notable_practice", "A good thing.", inspection=it.pk)
    publishing.publish(PUB, it.pk, DAY, lake, publisher="demo")
    it.refresh_from_db()
    return it
