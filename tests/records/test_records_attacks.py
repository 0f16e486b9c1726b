"""Ways round what is private that were once open: each is tried, and closed."""

import io
import zipfile
from datetime import date

import pytest
from records_story import (
    ANN,
    ASK,
    DAY,
    FIVE,
    LIZ,
    MO,
    OPCC,
    PUB,
    VIC,
    bring,
    grading,
    judgment,
    published,
    with_force,
)  # fmt: skip

from openpeel.errors import DefinitionError, FileRefused, NotAllowed, NotKnown, Stale
from openpeel.records import exporting, following, judging, people, publishing, to_lake
from openpeel.records.bulk import hand_over
from openpeel.records.importing import import_findings
from openpeel.records.listing import finding_rows
from openpeel.records.models import Addressed, AuditEntry, Judgment
from openpeel.records.roles import Actor, system
from openpeel.records.seeing import seen
from openpeel.records.sheets import Sheet, read_sheet
from openpeel.records.weighing import agreement, moderation_rows

FORCE = "cambridgeshire"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = "http://schemas.openxmlformats.org/package/2006"


def workbook(*cells: str) -> bytes:
    """A workbook of one sheet that holds a text in each of its cells."""
    rows = "".join(
        f'<row r="{"".join(filter(str.isdigit, at))}"><c r="{at}" t="inlineStr">'
        f"<is><t>text {at}</t></is></c></row>"
        for at in cells
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PARTS}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PARTS}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PARTS}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>'
        "</worksheet>",
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return made.getvalue()


def test_a_small_workbook_of_milliards_of_cells_takes_nothing_down():
    sheet = read_sheet(workbook("A1", "A3"), "list.xlsx")
    assert sheet.columns == ("text A1",)
    assert sheet.rows == ((3, {"text A1": "text A3"}),)
    with pytest.raises(FileRefused, match="spreads too far"):
        read_sheet(workbook("A1", "XFD1048576"), "list.xlsx")


@pytest.mark.django_db
def test_a_list_holds_no_character_that_a_database_does_not_take():
    sheet = read_sheet(b"Finding,Published\nMend\0it,12/03/2024\n", "list.csv")
    mapping = {"text": "Finding", "published_on": "Published"}
    import_findings(LIZ, FORCE, sheet, mapping, dry_run=False)
    assert Addressed.objects.get().finding.text == "Mend it"


@pytest.mark.django_db
class TestPrivate:
    def test_the_forces_own_target_is_told_to_the_force_alone(self, lake):
        it = published(lake).findings.get(kind="recommendation").addressed.get()
        hand_over(LIZ, it.pk, owner="DCI Example", target_on=date(2031, 7, 9))
        for who, told in ((LIZ, True), (OPCC, True), (ANN, False), (PUB, False), (VIC, False)):
            assert ("2031-07-09" in str(finding_rows(who))) == told, who.name
            assert ("2031-07-09" in exporting.findings_csv(who)) == told, who.name
            paper = exporting.committee_paper(who, FORCE, date(2024, 6, 1))
            assert ("9 July 2031" in str(paper.items)) == told, who.name

    def test_the_draft_of_an_inspection_that_was_given_up_is_with_nobody(self):
        it = with_force()
        assert seen(LIZ, Judgment).count() == 2
        judging.advance(ANN, it.pk, "withdraw", reason="no time")
        assert not seen(LIZ, Judgment).exists()
        with pytest.raises(NotKnown):
            judging.raise_point(LIZ, judgment(it).pk, "wrong")

    def test_who_checks_for_one_force_and_grades_another_sees_no_draft_of_a_grade(self):
        both = Actor("pat", LIZ.roles | {("moderator", "kent"), ("inspector", "kent")})
        bring(judgment(grading(force="kent")), "agreed")
        with_force()
        assert {row["force"] for row in moderation_rows(MO, FIVE, ASK)} == {FORCE, "kent"}
        assert {row["force"] for row in moderation_rows(both, FIVE, ASK)} == {"kent"}
        assert agreement(MO, FIVE).judgments == 3
        assert agreement(both, FIVE).judgments == 1

    def test_the_trail_is_not_told_what_a_sent_list_is_called(self, lake):
        sheet = Sheet("Misconduct of PC Example.csv", ("t", "p"), ((2, {"t": "A", "p": DAY}),))
        import_findings(LIZ, FORCE, sheet, {"text": "t", "published_on": "p"}, dry_run=False)
        told = list(AuditEntry.objects.values_list("subject", "detail"))
        assert told
        assert "Example" not in str(told)


@pytest.mark.django_db
class TestTheLake:
    def test_nothing_comes_back_of_what_was_retracted(self, lake):
        it = published(lake)
        draft = following.draft_finding(
            ANN, "accelerated_cause_of_concern", "Children at risk.", inspection=it.pk
        )
        following.draft_finding(ANN, "recommendation", "Now.", inspection=it.pk, parent=draft.pk)
        publishing.retract(PUB, it.pk, DAY, "wrong force", lake, publisher="demo")
        with pytest.raises(NotAllowed, match="retracted"):
            publishing.publish_at_once(PUB, draft.pk, DAY, "children", lake)
        assert lake.snapshot().table("judgment_findings").num_rows == 0

    def test_a_forces_own_list_stays_out_of_it_whatever_the_numbers(self, lake):
        """An older copy of the records, over a lake that is newer, gives a number anew."""
        published(lake)
        sheet = Sheet("l.csv", ("t", "p"), ((2, {"t": "Our own words", "p": DAY}),))
        import_findings(LIZ, FORCE, sheet, {"text": "t", "published_on": "p"}, dry_run=False)
        mine = Addressed.objects.get(finding__text="Our own words")
        key = f"thematic.{mine.finding_id}"
        theirs = lake.snapshot().table("judgment_findings").to_pylist()[:1]
        row = {**{n: theirs[0][n] for n in to_lake.contract(to_lake.FINDINGS).schema.names}}
        row |= {"inspection": key, "text": "Of a thematic report"}
        to_lake.write(lake, {key: {to_lake.FINDINGS: [row]}}, "as it was")
        publishing.followed(lake, lambda: following.claim(LIZ, mine.pk, "allocate", owner="A"))
        shown = str(lake.snapshot().table("judgment_findings").to_pylist())
        assert "Of a thematic report" in shown
        assert "Our own words" not in shown

    def test_what_has_changed_since_it_was_read_is_not_published(self, lake):
        made = following.draft_finding(ANN, "recommendation", "Do A.", bodies=["kent"])
        following.revise_finding(ANN, made.pk, "Do B.")
        with pytest.raises(Stale):
            publishing.publish_thematic(PUB, made.pk, DAY, lake, version=made.version)
        it = published(lake)
        publishing.correct(PUB, it.pk, DAY, "a word", lake, publisher="d", version=it.version)
        with pytest.raises(Stale):
            publishing.retract(PUB, it.pk, DAY, "all", lake, publisher="d", version=it.version)


@pytest.mark.django_db
def test_two_names_that_look_the_same_are_one():
    root = system(["administrator"])
    people.add_person(root, "jane")
    with pytest.raises(DefinitionError, match="taken"):
        people.add_person(root, "ｊａｎｅ")
