"""Flat tables: a source from data files alone."""

import pytest

from openpeel.errors import DefinitionError, LoadRefused, NotKnown
from openpeel.sources import contract, load, sources

HEADER = "pfa21cd,pfa21nm,mid_year,population"

CONTRACT = """
table = "officers"
title = "Officers"
grain = "one row per force and month"
partition = "month"
key = "force_id"
[columns]
month = { type = "string", null = false, meaning = "month" }
force_id = { type = "string", null = false, meaning = "force" }
officers = { type = "int", null = false, meaning = "heads" }
share = { type = "float", null = false, meaning = "of all staff" }
note = { type = "string", null = false, meaning = "remark" }
"""

SOURCE = """
name = "made-up-officers"
title = "Officers in post"
publisher = "Nobody"
licence = "None"
table = "officers"
header = ["Force", "Month", "Officers", "Share", "Note"]
[columns]
month = { from = "Month", as = "month" }
force_id = { from = "Force", as = "force" }
officers = { from = "Officers", as = "int", least = 0 }
share = { from = "Share", as = "float" }
note = { from = "Note", as = "text" }
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder of one's own sources: a description and a contract."""

    def make(source=SOURCE, described=CONTRACT):
        folder = tmp_path / "own"
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        (folder / "officers.toml").write_text(source)
        (folder / "tables" / "officers.toml").write_text(described)
        monkeypatch.setenv("OPENPEEL_SOURCES", str(folder))
        return folder

    return make


def _officers(*odd):
    rows = [f"Kent,2025-{n:02d},{1000 + n},0.5,fine" for n in range(1, 13)]
    rows += [f"London City of,2025-{n:02d},{n},0.5," for n in range(1, 13)]
    return "\n".join(["Force,Month,Officers,Share,Note", *rows, *odd]) + "\n"


def test_a_made_up_source_of_two_data_files_loads(lake, put, own, reconciles):
    own()
    assert "made-up-officers" in [source.name for source in sources()]
    path = put("anything.csv", _officers('"Devon & Cornwall ",2025-01,"1,234",.25,"a, b"'))
    (file,) = reconciles(load(lake, [path])).files
    assert (file.table, file.rows_loaded, file.rows_quarantined) == ("officers", 25, 0)
    rows = lake.snapshot().table("officers").to_pylist()
    assert {
        "month": "2025-01",
        "force_id": "devon-and-cornwall",
        "officers": 1234,
        "share": 0.25,
        "note": "a, b",
    } in rows
    assert load(lake, [path]).snapshot == 1
    revised = put("revised.csv", _officers().replace("Kent,2025-05,1005", "Kent,2025-05,1"))
    (file,) = reconciles(load(lake, [revised])).files
    assert (file.rows_loaded, file.rows_unchanged) == (1, 23), "one slice changed"
    assert contract("officers").key == "force_id"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("Kent,2025-13,1,1,", "Month"),
        ("Kent,,1,1,", "Month"),
        ("Atlantis,2025-01,1,1,", "Force"),
        ("Wales,2025-01,1,1,", "Force"),
        ("Essex,2025-01,-1,1,", "Officers"),
        ("Essex,2025-01,1.5,1,", "Officers"),
        ("Essex,2025-01,1_0,1,", "Officers"),
        ("Essex,2025-01,99999999999999999999,1,", "Officers"),
        ("Essex,2025-01,..,1,", "Officers"),
        ("Essex,2025-01,1,nan,", "Share"),
        ("Essex,2025-01,1,inf,", "Share"),
        ("Essex,2025-01,1,1e999,", "Share"),
        ("Essex,2025-01,1", ""),
    ],
)
def test_a_value_that_cannot_be_made_is_quarantined(lake, put, own, reconciles, row, column):
    own()
    (file,) = reconciles(load(lake, [put("officers.csv", _officers(row))])).files
    assert (file.rows_loaded, file.rows_quarantined) == (24, 1)
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert (bad["line"], bad["column"], bad["text"]) == (26, column, row)
    assert bad["reason"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('publisher = "Nobody"', "", "lacks 'publisher'"),
        ('title = "Officers in post"', "title = ", "not valid TOML"),
        ('table = "officers"', 'table = "unheard-of"', "No source fills a table 'unheard-of'"),
        ('note = { from = "Note", as = "text" }', "", "the table needs"),
        ('as = "int"', 'as = "integer"', "'officers' needs 'from'"),
        ('from = "Share"', 'from = "Shares"', "'share' needs 'from'"),
        ('as = "float"', 'as = "int"', "'share' is float, and as = 'int' makes int"),
        ("least = 0", "most = 9", "'officers' is made with 'from', 'as' and 'least' alone"),
        ("least = 0", 'least = "none"', "'least' is a number"),
        ('as = "month"', 'as = "required"', "'month' parts the table"),
        ('header = ["Force"', 'header = "Force" #', "'header' is a list"),
        ('note = { from = "Note", as = "text" }', 'note = "Note"', "'note' is made with"),
        ('from = "Note", as = "text"', "value = 7", "'note' has a 'value' that is no text"),
        ('from = "Note", as = "text"', 'value = "x", as = "text"', "'note' is made with"),
        ('from = "Note", as = "text"', 'comment = "(a)", as = "text"', "'comments' .how such"),
        ('from = "Share", as = "float"', 'value = "1"', "'share' is float, and as = '' makes"),
        ('from = "Share"', "from = []", "'share' needs 'from'"),
        ('from = "Share"', 'from = ["Share", "Shares"]', "'share' needs 'from'"),
        ('as = "month"', 'as = "bool"', "'month' is string, and as = 'bool' makes bool"),
        ('as = "text"', 'as = ["text"]', "'note' needs 'from'"),
        ('"Share", "Note"]', '"Note", "Share", "Note"]', "'Note', which stands twice"),
        ("[columns]", "comments = 1\n[columns]", "'comments' is the text"),
    ],
)
def test_a_description_that_does_not_hold_together_is_refused(own, old, new, reason):
    assert old in SOURCE
    own(SOURCE.replace(old, new))
    with pytest.raises(DefinitionError, match=reason) as error:
        sources()
    assert "officers.toml" in str(error.value)


@pytest.mark.parametrize("pattern", ["(", "no group", "(two) (groups)"])
def test_a_comment_is_found_by_an_expression_with_one_group(own, pattern):
    made = SOURCE.replace('from = "Note", as = "text"', f'comment = "{pattern}", as = "text"')
    own(made.replace("[columns]", 'comments = "//"\n[columns]'))
    with pytest.raises(DefinitionError, match="'note' needs 'comment'"):
        sources()


def test_what_a_description_may_say(lake, put, own, reconciles):
    described = CONTRACT.replace("officers = { type", "heads = { type", 1).replace(
        'share = { type = "float", null = false', 'share = { type = "float"'
    )
    source = """
name = "made-up-heads"
title = "Heads"
publisher = "Nobody"
licence = "None"
table = "officers"
header = ["", "Body", "Year", "Quarter", "Heads", "Share", "Spare", "Spare"]
comments = "//"
[columns]
month = { from = ["Year", "Quarter"], as = "financial-quarter" }
force_id = { from = "Body", as = "area" }
heads = { from = "Heads", as = "int" }
share = { from = "Share", as = "float" }
note = { comment = "Survey of ([0-9]{4})", as = "year" }
"""
    own(source, described)
    rows = [f"{n},Kent,2017/18,{n % 4 + 1},1,0.5,," for n in range(20)]
    text = [
        "// A survey",
        "// Survey of",
        "//  2018",
        " ,Body , Year,Quarter,Heads,Share,Spare,Spare",
        *rows,
        '20,Action Fraud,2017/18,1," 1,234 ",..,a,b',
        "// another remark",
        "21,Kent,2017/18,1,1;2,0.5,,",
    ]
    (file,) = reconciles(load(lake, [put("heads.csv", "\n".join(text))])).files
    assert (file.rows_loaded, file.rows_quarantined) == (21, 1)
    found = lake.snapshot().table("officers").to_pylist()
    assert {
        "month": "2017-Q2",
        "force_id": "action-fraud",
        "heads": 1234,
        "share": None,
        "note": "2018",
    } in found
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert (bad["line"], bad["column"], bad["reason"]) == (27, "Heads", "'1;2' is no whole number")
    assert bad["text"] == text[-1]


def test_a_contract_under_another_name_is_refused(own):
    own(described=CONTRACT.replace('"officers"', '"constables"', 1))
    with pytest.raises(DefinitionError, match="it is of table 'constables'"):
        sources()


def test_a_folder_that_is_not_there_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENPEEL_SOURCES", str(tmp_path / "elsewhere"))
    with pytest.raises(DefinitionError, match="which is no folder"):
        sources()


def test_a_table_that_no_source_fills(monkeypatch):
    with pytest.raises(NotKnown, match="'pigeons'"):
        contract("pigeons")


def test_population_loads_with_every_spelling_of_its_file(lake, bundle, put, contents, reconciles):
    plain = bundle["pfa-population-2001-to-2020.csv"].read_bytes()
    (file,) = reconciles(load(lake, [bundle["pfa-population-2001-to-2020.csv"]])).files
    assert (file.rows_loaded, file.rows_quarantined) == (860, 0)
    before = contents(lake, "population")
    spelled = plain.replace(b"E23000001,", "E23000001\u00a0,".encode())
    spelled = spelled.replace(b",7315044", b',"7,315,044"')
    spelled = b"\xef\xbb\xbf" + spelled.replace(b"\n", b"\r\n")
    assert len(spelled) > len(plain) + 860
    report = load(lake, [put("population.csv", spelled)])
    assert (report.snapshot, report.files[0].rows_unchanged) == (1, 860)
    assert contents(lake, "population") == before


def test_rows_of_population_that_are_no_force_are_quarantined_with_the_reason(lake, put, bundle):
    rows = bundle["pfa-population-2001-to-2020.csv"].read_text().splitlines()[1:101]
    odd = ["E12000006,East of England,2020,6269161", "K04000001,England and Wales,2020,59719724"]
    load(lake, [put("population.csv", "\n".join([HEADER, *rows, *odd, "NA,NA,NA,NA"]))])
    bad = lake.snapshot().table("quarantine").to_pylist()
    assert [row["line"] for row in bad] == [102, 103, 104]
    assert "'E12000006' is no force" in bad[0]["reason"]
    assert "'K04000001' is no force" in bad[1]["reason"]
    assert "'NA' is not a year" in bad[2]["reason"]


def test_force_areas_load_and_are_replaced_whole(lake, bundle, put, reconciles):
    path = bundle["police-force-areas.geojson"]
    (file,) = reconciles(load(lake, [path])).files
    assert (file.table, file.rows_loaded) == ("areas", 43)
    names = set(lake.snapshot().table("areas")["force_id"].to_pylist())
    assert {"metropolitan", "devon-and-cornwall", "gwent"} <= names
    assert (
        load(lake, [put("areas.geojson", path.read_bytes().replace(b"{", b"{ ", 1))]).snapshot == 1
    )
    renamed = path.read_text().replace('"Metropolitan Police"', '"The Met"', 1)
    (file,) = reconciles(load(lake, [put("areas.geojson", renamed)])).files
    assert file.rows_loaded == 43
    assert lake.snapshot().rows("areas") == 43


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("{", "is not GeoJSON of force areas"),
        ('{"features": [{"properties": {"id": "E23000001"}}]}', "is not GeoJSON of force areas"),
        ("[" * 100_000, "is not GeoJSON of force areas"),
        ('{"features": []}', "holds no force at all"),
        (
            '{"features": [{"properties": {"id": 7, "name": "x"}, "geometry": {}}]}',
            "no force has the code 7",
        ),
    ],
)
def test_areas_that_are_none_are_refused(lake, put, data, reason):
    with pytest.raises(LoadRefused, match=reason):
        load(lake, [put("areas.geojson", data)])
