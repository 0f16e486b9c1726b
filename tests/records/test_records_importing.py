from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records_story import ANN, KEN, LIZ, VIC, published

from openpeel.errors import DefinitionError, FileRefused, NotAllowed
from openpeel.records import following, trail
from openpeel.records.importing import FIELDS, Wrong, import_findings, suggested
from openpeel.records.models import Addressed, Finding
from openpeel.records.sheets import day_of, read_sheet

HEAD = "Recommendation,Date published,Status,Lead,Target date,Type\n"
ROWS = (
    "Answer 101 sooner,12/03/2024,In progress,DCI Example,2024-09-01,Area for improvement\n"
    '"Check visits, weekly",12 March 2024,Closed,DI Other,,cause of concern\n'
)
LIST = (HEAD + ROWS).encode()
FORCE = "cambridgeshire"


def take(data: bytes = LIST, actor=LIZ, force=FORCE, *, dry_run=False, **mapping):
    sheet = read_sheet(data, "tracker.csv")
    return import_findings(actor, force, sheet, suggested(sheet) | mapping, dry_run=dry_run)


@pytest.mark.django_db
class TestImporting:
    def test_a_list_becomes_findings_that_the_force_claims(self):
        made = take()
        assert (made.new, made.changed, made.unchanged, made.wrong) == (2, 0, 0, ())
        found = Addressed.objects.order_by("pk")
        assert [(a.claimed_state, a.verified_state, a.owner) for a in found] == [
            ("in-progress", "published", "DCI Example"),
            ("complete", "published", "DI Other"),
        ]
        assert [a.finding.kind for a in found] == ["afi", "cause_of_concern"]
        assert {a.finding.imported_from for a in found} == {"tracker.csv"}
        assert found[0].target_on == date(2024, 9, 1)
        assert trail.verify().wrong == ()

    def test_the_same_list_again_changes_nothing(self):
        take()
        before = list(Addressed.objects.values())
        made = take()
        assert (made.new, made.changed, made.unchanged) == (0, 0, 2)
        assert list(Addressed.objects.values()) == before

    def test_a_newer_list_moves_what_moved(self):
        take()
        newer = LIST.replace(b"In progress,DCI Example", b"Complete,DI New")
        made = take(newer)
        assert (made.new, made.changed, made.unchanged) == (0, 1, 1)
        first = Addressed.objects.order_by("pk")[0]
        assert (first.claimed_state, first.owner) == ("complete", "DI New")
        take(LIST)
        first.refresh_from_db()
        assert first.claimed_state == "in-progress"

    def test_what_the_inspectorate_published_is_met_and_not_doubled(self, lake):
        published(lake)
        data = (HEAD + "calls  wait too long.,2024-03-12,open,DCI X,,\n").encode()
        assert take(data).changed == 1
        found = Addressed.objects.get(finding__kind="cause_of_concern")
        assert (found.claimed_state, found.verified_state) == ("in-progress", "published")

    def test_a_dry_run_counts_and_writes_nothing(self):
        before = trail.verify()
        made = take(dry_run=True)
        assert (made.new, made.written) == (2, False)
        assert not Finding.objects.exists()
        assert trail.verify() == before

    def test_every_wrong_cell_is_named_and_nothing_is_written(self):
        bad = (
            HEAD
            + "Answer 101 sooner,soon,In progress,A,,\n"
            + ",2024-03-12,In progress,A,,\n"
            + "Fine,2024-03-12,In progress,A,,\n"
            + "Fine,2024-03-12,Doubtful,A,2024-02-30,Rumour\n"
            + "fine ,12.03.2024,open,A,,\n"
            + "Later,2999-03-12,open,A,,\n"
        ).encode()
        made = take(bad)
        assert [(w.row, w.column) for w in made.wrong] == [
            (2, "Date published"),
            (3, "Recommendation"),
            (5, "Type"),
            (5, "Status"),
            (5, "Target date"),
            (6, "Recommendation"),
            (7, "Date published"),
        ]
        assert "still to come" in made.wrong[-1].why
        assert "not allocated, in progress" in made.wrong[3].why
        assert "'soon' is no day" in made.wrong[0].why
        assert made.new == 0
        assert not Finding.objects.exists()

    def test_a_state_that_cannot_be_gone_back_to_is_an_error_of_its_row(self):
        take()
        back = take(LIST.replace(b"In progress", b"Awaiting allocation"))
        assert back.wrong == (
            Wrong(
                2,
                "Recommendation",
                "it is 'in-progress' here: it cannot become not allocated again",
            ),
        )

    def test_a_cycle_and_question_are_the_frameworks(self):
        head = HEAD.replace("Type", "Cycle,Question")
        row = "X,2024-03-12,open,A,,{}\n"
        made = take((head + row.format("PEEL 2023–25,managing offenders")).encode())
        assert made.new == 1
        assert Finding.objects.get().question == "managing-offenders"
        for pair, column in (("2023-25,alchemy", "Question"), ("1999,alchemy", "Cycle")):
            (wrong,) = take((head + row.format(pair)).encode()).wrong
            assert (wrong.row, wrong.column) == (2, column)

    def test_each_row_that_cannot_be_brought_there_is_named(self):
        rows = "".join(f"Number {n},2024-03-12,{{}},A,,\n" for n in range(3))
        assert take((HEAD + rows.format(*["in progress"] * 3)).encode()).new == 3
        back = take((HEAD + rows.format(*["not started"] * 3)).encode())
        assert [w.row for w in back.wrong] == [2, 3, 4]

    @pytest.mark.parametrize("actor", [ANN, VIC, KEN])
    def test_a_force_imports_its_own_list(self, actor):
        with pytest.raises(NotAllowed, match="force-liaison"):
            take(actor=actor)

    @pytest.mark.parametrize(
        ("mapping", "words"),
        [
            ({"text": ""}, "found or recommended"),
            ({"published_on": "No such"}, "No such"),
            ({"colour": "Status"}, "colour"),
        ],
    )
    def test_a_mapping_that_does_not_fit_is_refused(self, mapping, words):
        with pytest.raises(DefinitionError, match=words):
            take(**mapping)

    def test_a_workbook_is_read_as_a_csv_is(self, tmp_path):
        from docx import Document  # a file that is no workbook, though a zip

        Document().save(tmp_path / "x.docx")
        with pytest.raises(FileRefused, match="workbook"):
            read_sheet((tmp_path / "x.docx").read_bytes(), "x.xlsx")
        data = workbook(
            [HEAD.strip().split(","), ["Answer", date(2024, 3, 12), "open", "A", "", ""]]
        )
        sheet = read_sheet(data, "tracker.xlsx")
        made = import_findings(LIZ, FORCE, sheet, suggested(sheet), dry_run=False)
        assert (made.new, made.wrong) == (1, ())
        assert Finding.objects.get().published_on == date(2024, 3, 12)

    def test_a_finding_imported_by_one_force_is_not_moved_by_another(self):
        take()
        with pytest.raises(Exception, match="There is no addressed"):
            following.claim(KEN, Addressed.objects.first().pk, "offer")


def workbook(rows) -> bytes:
    """A small XLSX file, made by hand: no writer of workbooks is carried."""
    import io
    import zipfile

    def cell(at, value):
        if isinstance(value, date):
            return f'<c r="{at}" s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
        return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'

    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pack = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    body = "".join(
        f'<row r="{n}">'
        + "".join(cell(f"{chr(65 + c)}{n}", v) for c, v in enumerate(row))
        + "</row>"
        for n, row in enumerate(rows, 1)
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{pack}/content-types">'
        f'<Default Extension="rels" ContentType="{rels}"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{pack}/relationships">'
        f'<Relationship Id="r1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{rel}">'
        '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{pack}/relationships">'
        f'<Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{rel}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f"<styleSheet {main}>"
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{body}</sheetData></worksheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no row"),
        (b"Text,Date\n", "no row"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b'Text,"Date\nx,y\n', "CSV"),
        (b"Text,Text\nx,y\n", "twice: Text"),
        (b"PK\x03\x04 and nothing else", "workbook"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_refused(data, words):
    with pytest.raises(FileRefused, match=words):
        read_sheet(data, "tracker.csv")


def test_columns_are_suggested_by_their_names():
    assert suggested(read_sheet(LIST, "x")) == {
        "text": "Recommendation",
        "kind": "Type",
        "published_on": "Date published",
        "claimed_state": "Status",
        "owner": "Lead",
        "target_on": "Target date",
    }
    every = ",".join(FIELDS) + "\nx\n"
    assert suggested(read_sheet(every.encode(), "x")) == {f: f for f in FIELDS}


@given(st.dates(min_value=date(1900, 1, 1)))
def test_a_day_is_read_in_every_way_that_it_is_written(day):
    forms = (f"{day:%d/%m/%Y}", f"{day:%d %B %Y}", day.isoformat(), f"{day:%d.%m.%Y}", day)
    assert {day_of(form) for form in forms} == {day}


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sheet_or_refused(data):
    try:
        sheet = read_sheet(data, "x")
    except FileRefused:
        return
    assert sheet.rows
