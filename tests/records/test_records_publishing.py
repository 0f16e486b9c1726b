import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from records_story import (
    ALSO,
    ANN,
    ASK,
    CYCLES,
    DAY,
    FIVE,
    KEN,
    LIZ,
    MO,
    OPCC,
    PUB,
    VIC,
    bring,
    concern,
    grading,
    judgment,
    published,
    signed_off,
    with_force,
)  # fmt: skip

from openpeel.errors import DefinitionError, LakeError, NotAllowed, NotKnown, RecordsError
from openpeel.lake import Lake
from openpeel.records import answering, following, judging, publishing, to_lake, trail
from openpeel.records.bulk import hand_over, in_bulk
from openpeel.records.importing import import_findings
from openpeel.records.models import Addressed, Inspection, Publication, Response
from openpeel.records.sheets import Sheet
from openpeel.records.to_lake import Attributed

pytestmark = pytest.mark.django_db
SAID = Attributed("inspectorate", "HMI Example", "His Majesty's Inspector", "I am pleased.", DAY)
TABLES = ("judgments", "judgment_findings", "publication_statements", "publication_responses")


def rows(lake: Lake, table: str, vintage: int | None = None) -> list[dict]:
    snapshot = lake.snapshot(vintage)
    return snapshot.table(table).to_pylist() if snapshot.has(table) else []


def test_a_publication_is_one_snapshot_pinned_to_the_vintages_of_its_evidence(lake):
    it = signed_off()
    concern(it)
    stood = trail.verify().hash
    made = publishing.publish(PUB, it.pk, DAY, lake, publisher="demo", statements=[SAID])
    assert (made.snapshot, lake.snapshot().id) == (1, 1)
    assert (made.vintages, made.trail) == ([3], stood)
    columns = ("question", "grade", "vintages", "trail")
    assert [tuple(r[c] for c in columns) for r in rows(lake, "judgments")] == [
        (ASK, "good", "3", stood),
        (ALSO, "good", "3", stood),
    ]
    kinds = [(r["kind"], r["verified_state"]) for r in rows(lake, "judgment_findings")]
    assert kinds == [("cause_of_concern", "published"), ("recommendation", "published")]
    assert [r["text"] for r in rows(lake, "publication_statements")] == ["I am pleased."]
    assert made.response.last_day == date(2024, 5, 6)
    assert {j.state for j in it.judgments.all()} == {"published"}


def test_no_draft_is_ever_in_the_lake(lake):
    owed = published(lake).publications.get().response
    answering.draft_response(OPCC, owed.pk, text="A secret.")
    other = grading(force="kent")
    bring(judgment(other), "agreed", "inadequate")
    following.draft_finding(ANN, "afi", "A secret.", bodies=["kent", "cambridgeshire"])
    mine = Inspection.objects.get(force_id="cambridgeshire")
    following.draft_finding(ANN, "afi", "Given up.", inspection=mine.pk)
    gone = Addressed.objects.get(finding__text="Given up.").finding
    following.withdraw_finding(ANN, gone.pk, "no")
    publishing.correct(PUB, mine.pk, DAY, "a comma", lake, publisher="demo")
    publishing.reply(LIZ, mine.publications.first().pk, "Thank you.", "C", "CC", DAY, lake)
    standing = Addressed.objects.get(finding__kind="cause_of_concern", force_id="cambridgeshire")
    publishing.followed(lake, lambda: following.verify(ANN, standing.pk, "revisit"))
    assert lake.snapshot().id == 4
    for vintage in (1, 2, 3, 4):
        assert rows(lake, "publication_responses", vintage) == []
        for table in TABLES:
            text = str(rows(lake, table, vintage))
            assert "kent" not in text
            assert "secret" not in text
            assert "Given up" not in text


def test_only_what_is_signed_off_is_published_and_by_a_publisher(lake):
    it = with_force()
    with pytest.raises(NotAllowed, match="'with-force'"):
        publishing.publish(PUB, it.pk, DAY, lake, publisher="demo")
    ready = signed_off(force="kent")
    for other in (ANN, MO):
        with pytest.raises(NotAllowed, match="publisher"):
            publishing.publish(other, ready.pk, DAY, lake, publisher="demo")
    for stranger in (VIC, LIZ):
        with pytest.raises(NotKnown):
            publishing.publish(stranger, ready.pk, DAY, lake, publisher="demo")
    tomorrow = date.today() + timedelta(days=1)
    with pytest.raises(DefinitionError, match="still to come"):
        publishing.publish(PUB, ready.pk, tomorrow, lake, publisher="demo")
    assert not lake.exists()


def test_a_concern_that_was_withdrawn_after_sign_off_stops_publication(lake):
    it = with_force(grade="inadequate")
    made = [concern(it, question) for question in (ASK, ALSO)]
    for one in it.judgments.all():
        judging.check(ANN, one.pk)
        judging.sign_off(MO, one.pk)
    judging.advance(MO, it.pk, "sign-off")
    following.withdraw_finding(ANN, made[0].pk, "not so")
    with pytest.raises(NotAllowed, match=ASK):
        publishing.publish(PUB, it.pk, DAY, lake, publisher="demo")


def test_a_lake_that_cannot_be_written_changes_nothing(tmp_path, monkeypatch):
    it = signed_off()

    def broken(*_):
        raise LakeError("The lake is held by another commit.")

    monkeypatch.setattr(Lake, "replace", broken)
    before = trail.verify()
    with pytest.raises(LakeError):
        publishing.publish(PUB, it.pk, DAY, Lake(tmp_path / "lake"), publisher="demo")
    it.refresh_from_db()
    assert it.state == "signed-off"
    assert not Publication.objects.exists()
    assert trail.verify() == before


def test_a_correction_is_a_new_version_and_the_former_stays_readable(lake):
    it = published(lake)
    judging.correct_grade(MO, judgment(it).pk, "adequate", "a slip of the pen")
    with pytest.raises(DefinitionError, match="reason"):
        publishing.correct(PUB, it.pk, DAY, " ", lake, publisher="demo")
    made = publishing.correct(PUB, it.pk, date(2024, 4, 2), "a slip", lake, publisher="demo")
    assert (made.number, made.kind, made.reason, made.snapshot) == (2, "correction", "a slip", 2)
    grades = [{r["question"]: r["grade"] for r in rows(lake, "judgments", v)} for v in (1, 2)]
    assert [g[ASK] for g in grades] == ["good", "adequate"]
    assert judgment(it).state == "published"
    assert Response.objects.count() == 1  # the clock runs once
    assert [p.content["judgments"][0]["grade"] for p in it.publications.all()] == [
        "good", "adequate",
    ]  # fmt: skip


def test_a_retraction_holds_no_grade_and_says_why(lake):
    it = published(lake)
    with pytest.raises(DefinitionError, match="reason"):
        publishing.retract(PUB, it.pk, DAY, "", lake, publisher="demo")
    publishing.retract(PUB, it.pk, DAY, "the wrong force", lake, publisher="demo")
    assert {(r["grade"], r["reasons"], r["kind"]) for r in rows(lake, "judgments")} == {
        ("", "the wrong force", "retraction")
    }
    assert rows(lake, "judgment_findings") == []
    with pytest.raises(NotAllowed, match="'retracted'"):
        publishing.retract(PUB, it.pk, DAY, "again", lake, publisher="demo")
    publishing.correct(PUB, it.pk, DAY, "the right force after all", lake, publisher="demo")
    assert [r["grade"] for r in rows(lake, "judgments")] == ["good", "good"]
    assert [p.kind for p in it.publications.all()] == ["publication", "retraction", "correction"]


def stands(lake: Lake, kind: str = "cause_of_concern") -> list[tuple[str, str, str]]:
    columns = ("claimed_state", "verified_state", "closed_on")
    found = rows(lake, "judgment_findings")
    return [tuple(r[c] for c in columns) for r in found if r["kind"] == kind]


def test_the_lake_is_told_of_each_move_of_a_published_finding(lake):
    it = published(lake)
    to = Addressed.objects.get(finding__kind="cause_of_concern")
    publishing.followed(lake, lambda: following.claim(LIZ, to.pk, "allocate", owner="DCI Example"))
    assert stands(lake) == [("in-progress", "published", "")]
    assert "DCI" not in str(rows(lake, "judgment_findings"))
    everything = Addressed.objects.exclude(finding__kind="notable_practice")
    chosen = [(one.pk, None) for one in everything]
    publishing.followed(lake, lambda: in_bulk(ANN, "inspectorate", "revisit", chosen))
    assert stands(lake, "recommendation") == [("not-allocated", "revisit", "")]
    close = {"on": date(2024, 9, 9), "letter_url": "https://example.org/letter"}
    publishing.followed(lake, lambda: following.verify(MO, to.pk, "close", **close))
    assert stands(lake) == [("in-progress", "closed", "2024-09-09")]
    assert [e.id for e in lake.snapshots()] == [1, 2, 3, 4]
    again = {"finding": "Calls wait too long.", "published": DAY, "state": "complete"}
    sheet = Sheet("list.csv", tuple(again), ((2, again),))
    fields = {"text": "finding", "published_on": "published", "claimed_state": "state"}
    for dry_run in (True, False):
        publishing.followed(
            lake, lambda d=dry_run: import_findings(LIZ, "cambridgeshire", sheet, fields, dry_run=d)
        )
        assert stands(lake)[0][0] == ("in-progress" if dry_run else "complete")
    # What is not published of a finding makes no vintage.
    todo = Addressed.objects.get(finding__kind="recommendation")
    publishing.followed(lake, lambda: hand_over(LIZ, todo.pk, owner="DCI Other"))
    assert lake.snapshot().id == 5
    publishing.retract(PUB, it.pk, DAY, "the wrong force", lake, publisher="demo")
    publishing.followed(lake, lambda: following.verify(ANN, todo.pk, "still-open", text="not yet"))
    assert stands(lake, "recommendation") == []


def test_a_move_that_the_lake_cannot_be_told_of_is_not_made(lake, monkeypatch):
    published(lake)
    to = Addressed.objects.get(finding__kind="cause_of_concern")

    def broken(*_):
        raise LakeError("The lake is held by another commit.")

    before = trail.verify()
    monkeypatch.setattr(Lake, "replace", broken)
    with pytest.raises(LakeError):
        publishing.followed(lake, lambda: following.verify(ANN, to.pk, "revisit"))
    to.refresh_from_db()
    assert to.verified_state == "published"
    assert trail.verify() == before


def test_a_finding_that_no_lake_holds_is_moved_in_the_records_alone(lake):
    published(lake)
    to = Addressed.objects.get(finding__kind="cause_of_concern")
    elsewhere = Lake(lake.root.parent / "another")
    made = publishing.followed(elsewhere, lambda: following.verify(ANN, to.pk, "revisit"))
    assert made.verified_state == "revisit"
    assert not elsewhere.exists()


def test_a_publication_is_never_edited(lake):
    made = published(lake).publications.get()
    with trail.writing(PUB) as going_on:
        going_on.tell("x", made, role="publisher")
        with pytest.raises(RecordsError, match="fixed"):
            made.save()


def test_the_forces_reply_is_attributed_and_shown_with_it(lake):
    it = published(lake)
    made = it.publications.get()
    given = ("We accept it.", "Chief Constable Example", "Chief Constable", DAY, lake)
    publishing.reply(LIZ, made.pk, *given)
    assert [(r["side"], r["name"], r["text"]) for r in rows(lake, "publication_statements")] == [
        ("force", "Chief Constable Example", "We accept it.")
    ]
    with pytest.raises(NotKnown):
        publishing.reply(KEN, made.pk, *given)
    with pytest.raises(NotAllowed):
        publishing.reply(ANN, made.pk, *given)
    with pytest.raises(DefinitionError, match="text and name"):
        publishing.reply(LIZ, made.pk, "x", " ", "x", DAY, lake)
    for on, why in ((DAY - timedelta(days=1), "comes after"), (date(2999, 1, 1), "still to come")):
        with pytest.raises(DefinitionError, match=why):
            publishing.reply(LIZ, made.pk, "x", "x", "x", on, lake)
    publishing.retract(PUB, it.pk, DAY, "the wrong force", lake, publisher="demo")
    with pytest.raises(NotAllowed, match="'retracted'"):
        publishing.reply(LIZ, made.pk, *given)


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from openpeel.web.starting import make
make()
import records_story as story
from openpeel.lake import Lake
from openpeel.records import publishing, to_lake
lake = Lake(Path(sys.argv[2]))
it = story.signed_off()
write = to_lake.write
def and_die(*given):
    write(*given)
    os.kill(os.getpid(), signal.SIGKILL)
to_lake.write = and_die
publishing.publish(story.PUB, it.pk, story.DAY, lake, publisher="demo")
"""
AFTER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from openpeel.web.starting import start
start()
import records_story as story
from openpeel.lake import Lake
from openpeel.records import publishing, to_lake, trail
from openpeel.records.models import Inspection, Publication
lake = Lake(Path(sys.argv[2]))
it = Inspection.objects.get()
from openpeel.cli.main import run
verified = run(["audit", "verify", "--lake", str(lake.root)])
wrong = trail.verify().wrong
print(verified, it.state, Publication.objects.count(), wrong, to_lake.unrecorded(lake))
made = publishing.publish(story.PUB, it.pk, story.DAY, lake, publisher="demo")
wrong = trail.verify(to_lake.witnesses(lake)).wrong
print(made.snapshot, len(lake.snapshots()), wrong, to_lake.unrecorded(lake))
"""


def test_a_kill_between_the_lake_and_the_records_is_mended_by_publishing_again(tmp_path):
    cycles = tmp_path / "cycles"
    cycles.mkdir()
    (cycles / f"{FIVE}.toml").write_text(CYCLES[FIVE])
    env = {
        "PATH": "/usr/bin:/bin",
        "OPENPEEL_RECORDS": str(tmp_path / "records"),
        "OPENPEEL_CYCLES": str(cycles),
    }
    given = [str(Path(__file__).parent), str(tmp_path / "lake")]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *given], env=env, capture_output=True, text=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    found = subprocess.run(
        [sys.executable, "-c", AFTER, *given], env=env, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    whole, before, after = found.stdout.splitlines()
    assert "whole and in order" in whole
    assert "The lake holds cambridgeshire.2031" in found.stderr
    assert before == "3 signed-off 0 () ['cambridgeshire.2031']"
    # The same content: no second snapshot of it.
    assert after == "1 1 () []"


def test_a_thematic_finding_is_published_to_all_its_bodies(lake):
    made = following.draft_finding(ANN, "cause_of_concern", "All.", bodies=["kent", "essex"])
    with pytest.raises(NotAllowed, match="needs a recommendation"):
        publishing.publish_thematic(PUB, made.pk, DAY, lake)
    following.draft_finding(ANN, "recommendation", "Do.", bodies=["kent", "essex"], parent=made.pk)
    publishing.publish_thematic(PUB, made.pk, DAY, lake)
    assert len(rows(lake, "judgment_findings")) == 4
    mine = published(lake).findings.first()
    with pytest.raises(NotAllowed, match="thematic"):
        publishing.publish_thematic(PUB, mine.pk, DAY, lake)
    assert to_lake.unrecorded(lake) == []


def test_an_accelerated_cause_of_concern_is_in_the_lake_ahead_of_its_report(lake):
    it = grading()
    made = following.draft_finding(
        ANN, "accelerated_cause_of_concern", "Children at risk.", inspection=it.pk
    )
    following.draft_finding(ANN, "recommendation", "Now.", inspection=it.pk, parent=made.pk)
    following.draft_finding(ANN, "afi", "A secret.", inspection=it.pk)
    with pytest.raises(NotAllowed, match="risk"):
        publishing.publish_at_once(PUB, made.pk, DAY, " ", lake)
    assert not lake.exists()
    publishing.publish_at_once(PUB, made.pk, DAY, "children", lake)
    assert [r["text"] for r in rows(lake, "judgment_findings")] == ["Children at risk.", "Now."]
    assert rows(lake, "judgments") == []
    publishing.followed(lake, lambda: following.verify(ANN, made.addressed.get().pk, "revisit"))
    assert [r["verified_state"] for r in rows(lake, "judgment_findings")] == [
        "revisit", "published",
    ]  # fmt: skip
