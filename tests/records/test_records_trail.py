import json
from datetime import date
from io import BytesIO

import pytest
from django.db import connection
from records_story import (
    ADA,
    ALSO,
    ANN,
    ASK,
    BEN,
    FIVE,
    LIZ,
    MO,
    OPCC,
    PUB,
    concern,
    grading,
    published,
)  # fmt: skip

from openpeel.errors import RecordsError
from openpeel.records import (
    answering,
    bulk,
    effects,
    files,
    following,
    gathering,
    judging,
    to_lake,
    trail,
)
from openpeel.records.gathering import Bears, Said
from openpeel.records.models import Addressed, AuditEntry, AuditHead, Finding, Inspection

pytestmark = pytest.mark.django_db
TABLE = "records_auditentry"


@pytest.fixture
def told():
    """A trail of a dozen entries and more."""
    grading()
    assert trail.verify().wrong == ()
    return trail.verify()


def sql(statement: str, *given) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def forge(entry: AuditEntry) -> None:
    """Give an entry the hash that fits what it now says."""
    sql(f"UPDATE {TABLE} SET hash = %s WHERE seq = %s", trail.digest(entry), entry.seq)


@pytest.mark.parametrize(
    "column", ["at", "actor", "role", "action", "subject", "force_id", "detail", "previous", "hash"]
)
def test_a_changed_entry_is_named(told, column):
    sql(f"UPDATE {TABLE} SET {column} = 'x' WHERE seq = 3")
    wrong = trail.verify().wrong
    assert any(w.startswith("entry 3 ") for w in wrong), wrong


def test_a_change_with_a_forged_hash_is_found_by_the_next_entry(told):
    sql(f"UPDATE {TABLE} SET actor = 'nobody' WHERE seq = 3")
    forge(AuditEntry.objects.get(seq=3))
    assert trail.verify().wrong == ("entry 4 does not follow entry 3: moved or replaced",)


@pytest.mark.parametrize(
    ("seqs", "words"), [((3,), "entry 3 is missing"), ((3, 4), "entries 3 to 4 are missing")]
)
def test_missing_entries_are_named(told, seqs, words):
    for seq in seqs:
        sql(f"DELETE FROM {TABLE} WHERE seq = %s", seq)
    assert words in trail.verify().wrong


def test_the_first_entry_is_missed_too(told):
    sql(f"DELETE FROM {TABLE} WHERE seq = 1")
    assert trail.verify().wrong == ("entry 1 is missing",)


def test_reordered_entries_are_named(told):
    for old, new in ((3, 10_000), (4, 3), (10_000, 4)):
        sql(f"UPDATE {TABLE} SET seq = %s WHERE seq = %s", new, old)
    for seq in (3, 4):
        forge(AuditEntry.objects.get(seq=seq))
    wrong = trail.verify().wrong
    assert all(any(w.startswith(f"entry {n} does not follow") for w in wrong) for n in (3, 4, 5))


def test_a_trail_cut_off_at_its_end_is_told(told):
    sql(f"DELETE FROM {TABLE} WHERE seq > %s", told.entries - 2)
    (wrong,) = trail.verify().wrong
    assert (
        wrong
        == f"the newest entry should be {told.entries}; the trail ends with {told.entries - 2}"
    )


def test_a_head_that_is_gone_is_told(told):
    sql("DELETE FROM records_audithead")
    assert trail.verify().wrong == ("the row that holds the newest entry is missing",)


def test_a_trail_replaced_whole_is_told_by_the_publications_and_by_the_lake(lake):
    published(lake)
    assert trail.verify(to_lake.witnesses(lake)).wrong == ()
    previous = trail.FIRST
    for entry in AuditEntry.objects.order_by("seq"):
        entry.actor, entry.previous = "nobody", previous
        entry.hash = previous = trail.digest(entry)
        entry.save()
    AuditHead.objects.update(hash=previous)
    (wrong,) = trail.verify().wrong
    assert wrong.startswith("publication ")
    # Whoever forges the publications too still has the lake against him.
    sql("UPDATE records_publication SET trail = %s", previous)
    assert trail.verify().wrong == ()
    (wrong,) = trail.verify(to_lake.witnesses(lake)).wrong
    assert wrong.endswith("in the lake names a trail that is not this one")


def test_a_cut_that_moved_the_head_too_is_told_by_the_lake(lake):
    it = published(lake)
    stood = it.publications.get().trail
    at = AuditEntry.objects.get(hash=stood).seq
    before = AuditEntry.objects.get(seq=at - 1)
    sql(f"DELETE FROM {TABLE} WHERE seq >= %s", at)
    sql("UPDATE records_audithead SET seq = %s, hash = %s", before.seq, before.hash)
    assert any("publication" in w for w in trail.verify(to_lake.witnesses(lake)).wrong)


def test_a_write_that_tells_nothing_is_undone():
    with pytest.raises(RecordsError, match="told nothing"), trail.writing(ANN):
        Inspection(force_id="kent", cycle="2031").save()
    assert not Inspection.objects.exists()


def test_nothing_is_written_outside_of_a_write():
    with pytest.raises(RecordsError, match="outside"):
        Inspection(force_id="kent", cycle="2031").save()
    with pytest.raises(RecordsError, match="outside"):
        Inspection.objects.bulk_create([Inspection(force_id="kent", cycle="2031")])
    assert not Inspection.objects.exists()


def test_a_write_that_fails_leaves_neither_record_nor_entry():
    before = trail.verify()

    def fails():
        with trail.writing(ANN) as going_on:
            it = Inspection(force_id="kent", cycle="2031")
            it.save()
            going_on.tell("x", it, role="inspector")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert trail.verify() == before
    assert not Inspection.objects.exists()


def test_a_reading_is_told_with_who_and_in_which_role():
    it = grading()
    trail.read(MO, it, role="moderator", force_id=it.force_id)
    told = AuditEntry.objects.latest("seq")
    assert (told.actor, told.role, told.action, told.subject, told.force_id) == (
        "mo", "moderator", "read", f"inspection:{it.pk}", "cambridgeshire",
    )  # fmt: skip


WORD = "xyzzy"


def story_of_drafts(lake, folder) -> None:
    """Everything that is written before publication, and inside after it, each text with WORD."""
    day = date(2025, 1, 2)
    it = judging.plan(ANN, "cambridgeshire", FIVE)
    mine = answering.assess_itself(LIZ, "cambridgeshire", FIVE, ASK, WORD, gaps=WORD, owner=WORD)
    answering.assess_itself(
        LIZ, "cambridgeshire", FIVE, ASK, f"{WORD} 2", test_plan=WORD, assessment=mine.pk
    )
    answering.submit_assessment(LIZ, mine.pk)
    judging.advance(ANN, it.pk, "begin")
    with files.kept(folder, BytesIO(WORD.encode()), WORD) as kept:
        said = Said(text=WORD, url=f"https://{WORD}.example", file=kept, file_name=WORD)
        bears = [Bears(q, "against", "quickly", WORD) for q in (ASK, ALSO)]
        evidence = gathering.add_evidence(ANN, it.pk, "file-audit", WORD, said, bears)
    gathering.revise_evidence(ANN, evidence.pk, Said(text=f"{WORD} 2"), bears, WORD)
    gathering.add_file_audit(
        ANN, evidence.newest.pk, stage=WORD, test=WORD, how_drawn=WORD, looked_at=79, met=41
    )
    other = gathering.add_evidence(ANN, it.pk, "interview", WORD, Said(text=WORD), bears)
    gathering.withdraw_evidence(ANN, other.pk, WORD)
    asked = answering.make_request(ANN, it.pk, "data", WORD, day)
    for move, who in (("answer", LIZ), ("return", ANN), ("answer", LIZ), ("withdraw", ANN)):
        answering.move_request(who, asked.pk, move, text=WORD, file=kept, file_name=f"{WORD}.txt")
    judging.advance(ANN, it.pk, "grade")
    judging.advance(ANN, it.pk, "gather-more", reason=WORD)
    judging.advance(ANN, it.pk, "grade")
    for j in it.judgments.all():
        for _ in range(2):
            for who in (ANN, BEN):
                judging.grade_blind(who, j.pk, "inadequate", WORD)
            judging.agree(ANN, j.pk, "inadequate", WORD)
            judging.moderate(MO, j.pk, "good", WORD)
            judging.moderate(MO, j.pk, "inadequate", WORD)
            if j.changes.count() < 4:
                judging.reopen(MO, j.pk, WORD)
        judging.send(ANN, j.pk)
    judging.advance(ANN, it.pk, "send")
    for j in it.judgments.all():
        point = judging.raise_point(LIZ, j.pk, WORD)
        judging.decide_point(ANN, point.pk, "declined", WORD)
        judging.check(ANN, j.pk)
    made = concern(it)
    following.revise_finding(ANN, made.pk, WORD)
    following.withdraw_finding(ANN, made.pk, WORD)
    for j in it.judgments.all():
        judging.sign_off(MO, j.pk, without_concern=WORD)
    judging.advance(MO, it.pk, "sign-off")
    judging.advance(ANN, it.pk, "withdraw", reason=WORD)
    # What the force, its policing body and the inspectorate keep to themselves after publication.
    out = published(lake)
    response = out.publications.get().response
    answering.draft_response(OPCC, response.pk, text=WORD, chief_officer=WORD)
    recommended = Finding.objects.get(kind="recommendation", inspection=out)
    answering.answer_recommendation(OPCC, response.pk, recommended.pk, accepted=True, text=WORD)
    to = Addressed.objects.get(finding=recommended)
    action = following.add_action(LIZ, to.pk, WORD, WORD)
    following.update_action(LIZ, action.pk, owner=f"{WORD} 2", note=WORD, done_on=day)
    bulk.hand_over(LIZ, to.pk, owner=WORD)
    for move in ("allocate", "offer", "complete"):
        following.claim(LIZ, to.pk, move, text=WORD, owner=f"{WORD} 3")
    following.verify(ANN, to.pk, "revisit", text=WORD)
    following.verify(MO, to.pk, "close", on=day, letter_url="https://example.org/letter")
    look = effects.plan_check(ANN, to.pk, "officers", day)
    effects.record_check(ANN, look.pk, held_up=True, result=WORD)


def test_the_trail_holds_no_word_of_what_people_write(lake, tmp_path):
    story_of_drafts(lake, tmp_path)
    told = [(e.action, e.detail) for e in AuditEntry.objects.all()]
    assert not [entry for entry in told if WORD in str(entry)]
    # Nor which grade was given, what kind of finding is drafted, or how a sample came out.
    kept = ("good", "inadequate", "cause_of_concern", "against")
    assert not [entry for entry in told if any(k in entry[1] for k in kept)]
    assert ("evidence.file-audit", "{}") in told
    # It knows each text all the same.
    entry = AuditEntry.objects.get(action="evidence.withdraw")
    seal = trail.seal(WORD, f"{entry.seq}.withdrawn_reason")
    assert json.loads(entry.detail) == {"withdrawn_reason": ["", seal]}
    assert seal != trail.seal(f"{WORD} ", f"{entry.seq}.withdrawn_reason")


def test_whoever_reads_the_trail_alone_confirms_no_guess_of_a_short_text():
    for _ in range(2):
        with trail.writing(ANN) as going_on:
            going_on.tell("x", "y", role="inspector", reason="No.")
    seals = [json.loads(e.detail)["reason"] for e in AuditEntry.objects.order_by("seq")]
    assert len(set(seals)) == 2, "the same words look alike"
    # Under another key they are others; a copy of the records holds the key, the trail does not.
    key = AuditHead.objects.get().key
    assert key not in str(AuditEntry.objects.values_list())
    assert seals[0] == trail.seal("No.", "1.reason")
    AuditHead.objects.update(key="0" * 64)
    assert seals[0] != trail.seal("No.", "1.reason")
    assert trail.verify().wrong == ()


def test_every_entry_names_actor_role_and_force(lake):
    published(lake)
    names = {ANN.name, MO.name, PUB.name, LIZ.name, ADA.name, "ben"}
    for entry in AuditEntry.objects.all():
        assert entry.actor in names
        assert entry.role
        assert entry.force_id == "cambridgeshire", entry.action
