"""What a kill between the lake and the records leaves, who names it, and what mends it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from records_story import ANN, CYCLES, DAY, FIVE, KEN, LIZ, OPCC, PUB, VIC, gathering_, published

from openpeel.errors import NotAllowed
from openpeel.lake import Lake
from openpeel.records import answering, following, judging, mending, publishing, to_lake, trail
from openpeel.records.importing import import_findings
from openpeel.records.models import Addressed, AuditEntry, Finding
from openpeel.records.roles import ROLES, system
from openpeel.records.sheets import Sheet

pytestmark = pytest.mark.django_db
ALL = system(ROLES, "test")
KEY = "cambridgeshire.2031"


def told(lake: Lake) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(d.key, d.table, d.texts) for d in mending.differing(lake)]


def ahead(lake: Lake, key: str, table: str, rows: list) -> None:
    """Leave the lake ahead of the records, as a kill between the two does."""
    to_lake.write(lake, {key: {table: rows}}, "killed")


def test_what_is_published_and_moved_differs_in_nothing(lake):
    it = published(lake)
    made = it.publications.get()
    publishing.reply(LIZ, made.pk, "Thank you.", "C", "CC", DAY, lake)
    concern = Addressed.objects.get(finding__kind="cause_of_concern")
    publishing.followed(lake, lambda: following.verify(ANN, concern.pk, "revisit"))
    recommended = Finding.objects.get(kind="recommendation")
    answering.draft_response(OPCC, made.response.pk, text="Ours.", chief_officer="The chief's.")
    answering.answer_recommendation(
        OPCC, made.response.pk, recommended.pk, accepted=True, text="Yes."
    )
    answering.publish_response(OPCC, made.response.pk, DAY, lake)
    top = following.draft_finding(ANN, "cause_of_concern", "All.", bodies=["kent", "essex"])
    following.draft_finding(ANN, "recommendation", "Do.", bodies=["kent", "essex"], parent=top.pk)
    publishing.publish_thematic(PUB, top.pk, DAY, lake)
    kents = Addressed.objects.get(finding=top, force_id="kent")
    publishing.followed(lake, lambda: following.claim(KEN, kents.pk, "allocate", owner="DCI"))
    assert {h.table for h in lake.held()} >= {*mending.TABLES}
    assert told(lake) == []
    publishing.retract(PUB, it.pk, DAY, "the wrong force", lake, publisher="demo")
    assert told(lake) == []
    before = lake.snapshot().id
    assert mending.mend(ALL, lake) == []
    assert lake.snapshot().id == before


def test_each_finding_in_which_the_two_differ_is_named_and_mended(lake):
    it = published(lake)
    rows = to_lake.standing(it)[to_lake.FINDINGS]
    moved = [r | {"verified_state": "closed"} if r["kind"] == "recommendation" else r for r in rows]
    ahead(lake, KEY, to_lake.FINDINGS, moved)
    said = {"side": "force", "name": "C", "post": "CC", "text": "Never said.", "said_on": "x"}
    said |= {"inspection": KEY, "force_id": "cambridgeshire"}
    ahead(lake, KEY, to_lake.STATEMENTS, [said])
    assert told(lake) == [
        (KEY, "judgment_findings", ("Answer sooner, within three months.",)),
        (KEY, "publication_statements", ("Never said.",)),
    ]
    at, before = lake.snapshot().id, AuditEntry.objects.count()
    assert len(mending.mend(ALL, lake)) == 2
    assert (told(lake), lake.snapshot().id) == ([], at + 1)
    assert lake.snapshot(at).table("publication_statements").num_rows == 1, "it is no vintage"
    newest = AuditEntry.objects.latest("seq")
    assert (newest.action, AuditEntry.objects.count()) == ("publication.mend", before + 1)
    assert trail.verify(to_lake.witnesses(lake)).wrong == ()


def test_a_thematic_finding_that_the_records_did_not_publish_is_a_draft_again(lake):
    published(lake)
    top = following.draft_finding(ANN, "cause_of_concern", "All.", bodies=["kent"])
    row = to_lake.finding_rows("x", Addressed.objects.filter(finding__text="Calls wait too long."))
    ahead(
        lake,
        f"thematic.{top.pk}",
        to_lake.FINDINGS,
        [r | {"inspection": f"thematic.{top.pk}"} for r in row],
    )
    mending.mend(ALL, lake)
    keys = {r["inspection"] for r in lake.snapshot().table("judgment_findings").to_pylist()}
    assert keys == {KEY}


@pytest.mark.parametrize("key", ["thematic.999", "kent.2031"])
def test_what_the_records_know_nothing_of_is_named_and_left(lake, key):
    it = published(lake)
    rows = [r | {"inspection": key} for r in to_lake.standing(it)[to_lake.FINDINGS]]
    ahead(lake, key, to_lake.FINDINGS, rows)
    for _ in range(2):
        ((named, table, texts),) = told(lake)
        assert (named, table, len(texts)) == (key, "judgment_findings", 3)
        assert mending.mend(ALL, lake) == []


def test_only_a_publisher_mends_and_a_lake_that_is_not_there_differs_in_nothing(lake):
    assert mending.mend(PUB, lake) == []
    for other in (ANN, LIZ, VIC):
        with pytest.raises(NotAllowed, match="publisher"):
            mending.mend(other, lake)


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from openpeel.web.starting import make
make()
import records_story as story
from openpeel.lake import Lake
from openpeel.records import following, publishing, to_lake
from openpeel.records.models import Addressed
lake = Lake(Path(sys.argv[2]))
story.published(lake)
write = to_lake.write
def and_die(*given):
    write(*given)
    os.kill(os.getpid(), signal.SIGKILL)
to_lake.write = and_die
concern = Addressed.objects.get(finding__kind="cause_of_concern")
publishing.followed(lake, lambda: following.verify(story.ANN, concern.pk, "revisit"))
"""
AFTER = """
import sys
from openpeel.cli.main import run
for words in (["verify"], ["mend"], ["verify"], ["mend"]):
    print(run(["audit", *words, "--lake", sys.argv[2]]))
"""


def test_a_kill_between_the_lake_and_the_records_in_a_move_is_named_and_mended(tmp_path):
    cycles = tmp_path / "cycles"
    cycles.mkdir()
    (cycles / f"{FIVE}.toml").write_text(CYCLES[FIVE])
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {
        "OPENPEEL_RECORDS": str(tmp_path / "records"),
        "OPENPEEL_CYCLES": str(cycles),
    }
    given = [str(Path(__file__).parent), str(tmp_path / "lake")]
    killed, found = (
        subprocess.run(
            [sys.executable, "-c", code, *given], env=env, capture_output=True, text=True
        )
        for code in (KILLED, AFTER)
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert found.returncode == 0, found.stderr
    *_, first, named, count, mended, whole, second, nothing, third = found.stdout.splitlines()
    assert (first, mended, second, third) == ("3", "0", "0", "0")
    assert "cambridgeshire.2031, judgment findings: Calls wait too long." in found.stderr
    assert "openpeel audit mend --lake" in found.stderr
    assert (named, count) == (
        "cambridgeshire.2031, judgment findings: Calls wait too long.",
        "1 written again.",
    )
    assert "whole and in order" in whole
    assert nothing == "Nothing differs."


def ahead_of_its_report(lake: Lake, text: str) -> tuple[int, Finding]:
    """An inspection of Kent with an accelerated cause of concern that is published."""
    it = gathering_(force="kent")
    made = following.draft_finding(ANN, "accelerated_cause_of_concern", text, inspection=it.pk)
    following.draft_finding(ANN, "recommendation", f"{text}: do.", inspection=it.pk, parent=made.pk)
    publishing.publish_at_once(PUB, made.pk, DAY, "risk", lake)
    return it.pk, made


def texts(lake: Lake, key: str) -> set[str]:
    rows = lake.snapshot().table("judgment_findings").to_pylist()
    return {r["text"] for r in rows if r["inspection"] == key}


def test_one_that_was_withdrawn_gives_its_place_to_the_next_and_does_not_take_it_back(lake):
    first, concern = ahead_of_its_report(lake, "A one")
    judging.advance(ANN, first, "withdraw", reason="the wrong cycle")
    assert told(lake) == []
    second, _ = ahead_of_its_report(lake, "B one")
    both = {"B one", "B one: do."}
    assert (told(lake), texts(lake, "kent.2031")) == ([], both)
    moved = Addressed.objects.get(finding=concern)
    publishing.followed(lake, lambda: following.verify(ANN, moved.pk, "revisit"))
    assert (told(lake), texts(lake, "kent.2031")) == ([], both)
    judging.advance(ANN, second, "withdraw", reason="the wrong cycle")
    assert told(lake) == []


def test_under_a_retracted_report_nothing_of_one_withdrawn_before_it_stands(lake):
    first, _ = ahead_of_its_report(lake, "A one")
    judging.advance(ANN, first, "withdraw", reason="the wrong cycle")
    it = published(lake, force="kent")
    publishing.retract(PUB, it.pk, DAY, "wrong", lake, publisher="demo")
    assert (told(lake), texts(lake, "kent.2031")) == ([], set())
    assert mending.mend(ALL, lake) == []


def test_a_forces_own_list_stays_out_of_the_lake_whatever_the_numbers(lake):
    published(lake)
    sheet = Sheet("l.csv", ("t", "p"), ((2, {"t": "Our own words", "p": DAY}),))
    columns = {"text": "t", "published_on": "p"}
    import_findings(LIZ, "cambridgeshire", sheet, columns, dry_run=False)
    own = Addressed.objects.get(finding__text="Our own words")
    top = following.draft_finding(ANN, "cause_of_concern", "All.", bodies=["kent"])
    part = following.draft_finding(ANN, "recommendation", "Do.", bodies=["kent"], parent=top.pk)
    row = lake.snapshot().table("judgment_findings").to_pylist()[0]
    # In a copy that is older than the lake a number may be given anew, to something else.
    keys = [f"thematic.{n}" for n in (own.finding_id, part.pk, "x", 10**30)]
    for key in keys:
        ahead(lake, key, to_lake.FINDINGS, [row | {"inspection": key, "text": "A theme."}])
    assert [(d.key, d.texts, d.rows) for d in mending.differing(lake)] == [
        (key, ("A theme.",), None) for key in sorted(keys)
    ]
    assert mending.mend(ALL, lake) == []
    assert [texts(lake, key) for key in keys] == [{"A theme."}] * 4
