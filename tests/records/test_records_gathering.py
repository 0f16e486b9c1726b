import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from records_story import (
    ALSO,
    ANA,
    ANN,
    ASK,
    FIVE,
    KEN,
    LIZ,
    MO,
    PUB,
    VIC,
    gathering_,
    grading,
    judgment,
    planned,
    published,
    signed_off,
)  # fmt: skip

from openpeel.errors import (
    DefinitionError,
    FileRefused,
    FrameworkError,
    NotAllowed,
    NotKnown,
    RecordsError,
    Stale,
)
from openpeel.monitoring import Signal
from openpeel.records import answering, bringing, files, gathering, judging, weighing
from openpeel.records.gathering import Bears, Said
from openpeel.records.models import AuditEntry, Evidence, EvidenceRevision
from openpeel.records.trail import writing

pytestmark = pytest.mark.django_db
FOR = [Bears(ASK, "for", "quickly", "as seen")]
SIGNAL = Signal(
    force_id="cambridgeshire", indicator="shoplifting-rate", table="", kind="shift",
    direction="up", reading="concern", period="2025-06", value=1.1, usual=0.8, statistic=4.2,
    p=0.0001, convention="xmr", onset="2025-03", onset_earliest="2025-02", onset_latest="2025-04",
    q=0.01,
)  # fmt: skip


def add(it, said=None, bears=FOR, kind="interview", actor=ANN) -> Evidence:
    said = said or Said(text="So.")
    return gathering.add_evidence(actor, it.pk, kind, "Talk", said, bears)


def test_evidence_is_revised_and_never_changed():
    it = gathering_()
    made = add(it)
    gathering.revise_evidence(ANN, made.pk, Said(text="Otherwise."), FOR, "heard more")
    assert [(r.number, r.text) for r in made.revisions.all()] == [(1, "So."), (2, "Otherwise.")]
    first = made.revisions.first()
    first.text = "Never said."
    with writing(ANN) as trail:
        trail.tell("x", first, role="inspector")
        with pytest.raises(RecordsError, match="fixed"):
            first.save()
    with pytest.raises(RecordsError, match="outside"):
        EvidenceRevision.objects.update(text="Never said.")
    with pytest.raises(RecordsError, match="never deleted"):
        EvidenceRevision.objects.all().delete()
    with pytest.raises(RecordsError, match="never deleted"):
        made.delete()
    assert [r.text for r in made.revisions.all()] == ["So.", "Otherwise."]


def test_the_second_reviser_is_told():
    made = add(gathering_())
    gathering.revise_evidence(ANN, made.pk, Said(text="B"), FOR, "x", version=made.version)
    with pytest.raises(Stale):
        gathering.revise_evidence(ANN, made.pk, Said(text="C"), FOR, "x", version=made.version)
    assert made.newest.text == "B"


@pytest.mark.parametrize(
    ("said", "bears", "error", "words"),
    [
        (Said(), FOR, DefinitionError, "says something"),
        (Said(text="x", confidence="sure"), FOR, DefinitionError, "confidence"),
        (
            Said(text="x", as_of=date(2024, 2, 1), as_of_end=date(2024, 1, 1)),
            FOR, DefinitionError, "end before",
        ),
        (Said(text="x"), [Bears(ASK, "maybe")], DefinitionError, "for or against"),
        (Said(text="x"), [Bears("nope", "for")], FrameworkError, "nope"),
        (Said(text="x"), [Bears(ASK, "for", "nope")], DefinitionError, "no characteristic"),
        (Said(url="javascript:alert(1)"), FOR, DefinitionError, "no address"),
        (Said(text="x\0y"), FOR, DefinitionError, "NUL"),
        (Said(text="x", vintage=-1), FOR, DefinitionError, "vintage"),
    ],
)  # fmt: skip
def test_what_evidence_cannot_be(said, bears, error, words):
    it = gathering_()
    with pytest.raises(error, match=words):
        add(it, said, bears)
    assert not Evidence.objects.exists()


def test_who_adds_evidence_and_when(lake):
    it = planned()
    add(it)
    for other in (MO, PUB, LIZ):
        with pytest.raises(NotAllowed, match="inspector"):
            add(it, actor=other)
    for stranger in (KEN, VIC):
        with pytest.raises(NotKnown):
            add(it, actor=stranger)
    judging.advance(ANN, it.pk, "withdraw", reason="no")
    with pytest.raises(NotAllowed, match="'withdrawn'"):
        add(it)
    with pytest.raises(NotAllowed, match="'signed-off'"):
        add(signed_off())
    add(published(lake, "kent"))  # a revisit comes after publication


def test_withdrawn_evidence_bears_on_nothing_and_stays():
    it = grading()
    (made,) = (e.evidence for e in weighing.evidence_of(judgment(it)))
    with pytest.raises(DefinitionError, match="reason"):
        gathering.withdraw_evidence(ANN, made.pk, " ")
    gathering.withdraw_evidence(ANN, made.pk, "It was of another force.")
    assert weighing.evidence_of(judgment(it)) == []
    assert made.revisions.count() == 1
    with pytest.raises(NotAllowed, match="anew"):
        gathering.revise_evidence(ANN, made.pk, Said(text="x"), FOR, "x")


def test_what_a_published_judgment_rests_on_is_not_withdrawn(lake):
    it = published(lake)
    with pytest.raises(NotAllowed, match="rests on it"):
        gathering.withdraw_evidence(ANN, it.evidence.first().pk, "a doubt")


def test_a_sample_says_how_it_was_drawn_and_its_numbers_can_be():
    revision = add(gathering_(), kind="file-audit").newest
    good = {"stage": "response", "test": "in target", "how_drawn": "random", "looked_at": 79}
    for wrong in (
        {"met": 80},
        {"met": -1},
        {"met": 1, "drawn_from": 10},
        {"met": 0, "looked_at": 0},
    ):
        with pytest.raises(DefinitionError, match="cannot be"):
            gathering.add_file_audit(ANN, revision.pk, **(good | wrong))
    with pytest.raises(DefinitionError, match="how it was drawn"):
        gathering.add_file_audit(ANN, revision.pk, **(good | {"met": 41, "how_drawn": ""}))
    made = gathering.add_file_audit(ANN, revision.pk, **good, met=41)
    assert str(made) == "in target: 41 of 79"
    with pytest.raises(NotAllowed, match="already"):
        gathering.add_file_audit(ANN, revision.pk, **good, met=42)


def test_a_signal_is_evidence_with_its_numbers_and_its_vintage():
    it = gathering_()
    made = bringing.bring_signal(ANA, it.pk, SIGNAL, 12, [Bears(ASK, "against")])
    sentence, numbers = bringing.numbers_of(made.newest)
    assert "2025" in sentence
    assert (numbers["statistic"], numbers["q"]) == (4.2, 0.01)
    assert (made.kind, made.newest.vintage) == ("signal", 12)
    told = AuditEntry.objects.latest("seq")
    assert (told.actor, told.role, told.subject) == ("ana", "analyst", made.subject)
    other = gathering_(force="kent")
    with pytest.raises(DefinitionError, match="is of cambridgeshire"):
        bringing.bring_signal(ANA, other.pk, SIGNAL, 12, [Bears(ASK, "against")])


def test_whoever_may_read_the_risk_view_does_not_grade_and_who_grades_does_not_bring():
    it = gathering_()
    for other in (ANN, MO, PUB, LIZ):
        with pytest.raises(NotAllowed, match="analyst"):
            bringing.bring_signal(other, it.pk, SIGNAL, 12, [])
    with pytest.raises(NotAllowed, match="inspector"):
        add(it, actor=ANA)
    assert bringing.takers(ANA, "cambridgeshire") == [it]
    judging.advance(ANN, it.pk, "withdraw", reason="no")
    assert bringing.takers(ANA, "cambridgeshire") == []
    with pytest.raises(NotAllowed, match="'withdrawn'"):
        bringing.bring_signal(ANA, it.pk, SIGNAL, 12, [])


def test_a_signal_is_brought_once_at_each_vintage_unless_it_was_withdrawn():
    it = gathering_()
    made = bringing.bring_signal(ANA, it.pk, SIGNAL, 12, [Bears(ASK, "against")])
    with pytest.raises(NotAllowed, match="already, at snapshot 12"):
        bringing.bring_signal(ANA, it.pk, replace(SIGNAL, q=0.02), 12, [])
    bringing.bring_signal(ANA, it.pk, SIGNAL, 13, [])
    bringing.bring_signal(ANA, it.pk, replace(SIGNAL, direction="down"), 12, [])
    gathering.withdraw_evidence(ANN, made.pk, "of no use")
    bringing.bring_signal(ANA, it.pk, SIGNAL, 12, [])
    assert it.evidence.count() == 4


def test_what_a_signal_bears_on_is_said_anew_and_never_what_it_said():
    made = bringing.bring_signal(ANA, gathering_().pk, SIGNAL, 12, [Bears(ASK, "against")])
    text = made.newest.text
    for other in (Said(text="No.", vintage=12), Said(text=text, vintage=13), Said(text=text)):
        with pytest.raises(NotAllowed, match="What it said stays"):
            gathering.revise_evidence(ANN, made.pk, other, FOR, "a doubt")
    said = Said(text=text, vintage=12)
    gathering.revise_evidence(ANN, made.pk, said, [Bears(ALSO, "for")], "of the other question")
    assert [b.question for b in made.newest.bearings.all()] == [ALSO]


def test_what_the_force_said_of_itself_stays_and_what_it_bears_on_is_said_anew():
    it = gathering_()
    mine = answering.assess_itself(
        LIZ, "cambridgeshire", FIVE, ASK, "We do well.", statement_url="https://example.org/s"
    )
    answering.submit_assessment(LIZ, mine.pk)
    made = it.evidence.get(kind="self-assessment")
    of = made.newest
    with pytest.raises(NotAllowed, match="What it said stays"):
        gathering.revise_evidence(ANN, made.pk, Said(text="They do badly.", url=of.url), FOR, "so")
    said = Said(text=of.text, url=of.url)
    gathering.revise_evidence(ANN, made.pk, said, [Bears(ASK, "against")], "the other way")
    assert [b.stance for b in made.newest.bearings.all()] == ["against"]


def test_a_judgment_rests_on_a_signal_that_was_brought():
    it = grading()
    made = bringing.bring_signal(ANA, it.pk, SIGNAL, 12, [Bears(ASK, "against")])
    assert made.newest in weighing.evidence_of(judgment(it))


OFFICE = "application/vnd.openxmlformats-officedocument"


def office(*names: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        ("día\n".encode(), "text/plain"),
        (b"<script>alert(1)</script>", "text/plain"),  # whatever it is called
        (office("word/document.xml"), f"{OFFICE}.wordprocessingml.document"),
        (office("xl/workbook.xml"), f"{OFFICE}.spreadsheetml.sheet"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_content_says(tmp_path, data, kind):
    kept = files.keep(tmp_path, BytesIO(data), "picture.exe")
    assert (kept.type, kept.size) == (kind, len(data))
    assert files.path_of(tmp_path, kept.sha256).read_bytes() == data
    assert files.keep(tmp_path, BytesIO(data), "again") == kept
    assert len(list(files.all_kept(tmp_path))) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02\x01",
        b"\xff\xfe\x00\x41",
        b"text\0with nul",
        office("anything.txt"),
        office("word/document.xml", "word/vbaProject.bin"),
        office("word/document.xml")[:40],
        b"GIF89a" + bytes(range(256)),
    ],
)
def test_a_file_of_no_type_that_is_taken_is_refused_and_not_kept(tmp_path, data):
    with pytest.raises(FileRefused, match=r"report\.pdf"):
        files.keep(tmp_path, BytesIO(data), "report.pdf")
    assert list((tmp_path / "files").iterdir()) == []


def test_a_file_is_kept_where_what_is_done_with_it_succeeds_and_only_then(tmp_path):
    def there() -> list[str]:
        return [p.name for p in (tmp_path / "files").iterdir()]

    def refused(meanwhile=lambda: None) -> None:
        with files.kept(tmp_path, BytesIO(b"one"), "a"):
            meanwhile()
            raise NotAllowed("no")

    with pytest.raises(NotAllowed, match="no"):
        refused()
    assert there() == []
    # Of two who send the same at once, one that is refused takes nothing of the other's away.
    with pytest.raises(NotAllowed, match="no"):
        refused(lambda: files.keep(tmp_path, BytesIO(b"one"), "b"))
    (one,) = there()
    assert files.path_of(tmp_path, one).read_bytes() == b"one"


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 2**20)
    with pytest.raises(FileRefused, match="1 MiB"):
        files.keep(tmp_path, BytesIO(b"a" * (2**20 + 1)), "long.txt")
    assert list((tmp_path / "files").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\plan.pdf", "plan.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("..", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", ("x" * 300 + ".pdf")[-200:]),
    ],
)
def test_a_files_name_is_a_name_and_no_way(name, kept):
    assert files.safe_name(name) == kept


def test_a_file_is_read_by_who_may_and_the_trail_is_told(tmp_path):
    it = gathering_()
    kept = files.keep(tmp_path, BytesIO(b"%PDF-1.7"), "plan.pdf")
    revision = add(it, Said(file=kept, file_name="../plan.pdf"), kind="document").newest
    assert revision.file_name == "plan.pdf"
    for other in (VIC, LIZ, PUB, KEN):
        with pytest.raises(NotKnown):
            gathering.open_file(other, revision.pk, tmp_path)
    _, place = gathering.open_file(MO, revision.pk, tmp_path)
    told = AuditEntry.objects.latest("seq")
    assert (told.actor, told.action, told.subject) == ("mo", "read", revision.subject)
    place.write_bytes(b"%PDF-1.8")
    with pytest.raises(RecordsError, match="not what was kept"):
        gathering.open_file(MO, revision.pk, tmp_path)
    place.unlink()
    with pytest.raises(RecordsError, match="missing"):
        gathering.open_file(MO, revision.pk, tmp_path)
    with pytest.raises(DefinitionError, match="no file"):
        gathering.open_file(MO, add(it, bears=[Bears(ALSO, "for")]).newest.pk, tmp_path)


def test_a_kept_file_is_named_by_its_checksum_alone(tmp_path):
    with pytest.raises(RecordsError, match="SHA-256"):
        files.path_of(tmp_path, "../../etc/passwd")
