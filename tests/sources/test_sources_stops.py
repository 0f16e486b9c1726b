"""Stop-and-search files as data.police.uk publishes them: real ones, with their traps."""

import gzip
import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openpeel.errors import LoadRefused, OpenpeelError
from openpeel.lake import SliceId
from openpeel.sources import coverage, load
from openpeel.sources.members import find_members
from openpeel.sources.police_uk import stop_and_search
from openpeel.sources.police_uk.stop_and_search import HEADER, Vocabulary, vocabulary
from openpeel.sources.recognising import recognise
from openpeel.sources.source import Context

DATA = Path(__file__).parents[1] / "data" / "police_uk"
JULY, JUNE = "2020-07-metropolitan", "2019-06-greater-manchester"
FILES = {
    "2017-07-cambridgeshire": 7,
    JUNE: 907,
    JULY: 150,
    "2020-08-metropolitan": 150,
    "2020-09-metropolitan": 150,
    "2024-01-cambridgeshire": 5,
}
TYPE, DATE, OPERATION, LATITUDE, LONGITUDE, ETHNICITY, OUTCOME, LINKED, OUTER = (
    0, 1, 2, 4, 5, 8, 12, 13, 14,
)  # fmt: skip


def stops(name):
    """A real file's lines, or first lines, without line ends."""
    return (DATA / f"{name}-stop-and-search.csv").read_text().splitlines()


def changed(line, cells):
    parts = line.split(",")
    for number, value in cells.items():
        parts[number] = value
    return ",".join(parts)


@pytest.fixture
def place(put):
    """Write a stop-and-search file of these lines and say where it is."""

    def write(name, lines, folder=""):
        path = f"{name}-stop-and-search.csv"
        return put(f"{folder}/{path}" if folder else path, "\n".join(lines) + "\n")

    return write


@pytest.fixture
def everything(lake, put):
    load(lake, [put(p.name, p.read_bytes()) for p in sorted(DATA.glob("*-stop-and-search.csv"))])
    return lake


def _truth(text):
    return {"True": True, "False": False, "": None}[text]


@pytest.mark.parametrize("name", FILES)
def test_real_files_load_cell_by_cell(lake, put, rows_in, reconciles, name):
    data = (DATA / f"{name}-stop-and-search.csv").read_bytes()
    report = reconciles(load(lake, [put(f"{name}-stop-and-search.csv", data)]))
    (file,) = report.files
    assert (file.rows_read, file.rows_loaded, file.rows_quarantined) == (
        FILES[name],
        FILES[name],
        0,
    )
    assert (file.table, file.refused, file.note) == ("stops", "", "")
    shown = [
        (
            row["type"],
            row["searched_at"].replace("Z", "+00:00"),
            row["part_of_operation"],
            row["operation"] or "",
            row["latitude"],
            row["longitude"],
            row["gender"] or "",
            row["age_range"] or "",
            row["self_defined_ethnicity"] or "",
            row["officer_defined_ethnicity"] or "",
            row["legislation"] or "",
            row["object"] or "",
            row["outcome"] or "",
            row["outcome_linked"],
            row["more_than_outer_clothing"],
        )
        for row in lake.snapshot().table("stops").to_pylist()
    ]
    wanted = []
    for row in rows_in(data):
        cells = list(row.values())
        for number in (OPERATION, LINKED, OUTER):
            cells[number] = _truth(cells[number])
        for number in (LATITUDE, LONGITUDE):
            cells[number] = float(cells[number]) if cells[number] else None
        wanted.append(tuple(cells))
    assert shown == wanted, "in the file's own order too"


def test_counts_are_the_rows_counted(everything):
    snapshot = everything.snapshot()
    names = ("month", "force_id", "type", "ethnic_group", "object", "legislation", "outcome_kind")
    rows = snapshot.table("stops").to_pylist()
    wanted = Counter((*(r[n] for n in names), r["outcome_linked"]) for r in rows)
    counts = snapshot.table("stop_counts").to_pylist()
    assert {(*(r[n] for n in names), r["linked"]): r["searches"] for r in counts} == wanted
    assert sum(r["searches"] for r in counts) == sum(FILES.values())


def test_latitude_comes_before_longitude(everything):
    """Trap 4: street files have them the other way round."""
    assert HEADER.index("Latitude") < HEADER.index("Longitude")
    rows = everything.snapshot().table("stops").to_pylist()
    london = [r for r in rows if r["force_id"] == "metropolitan" and r["latitude"] is not None]
    assert london
    assert all(51.2 < r["latitude"] < 51.8 and -0.6 < r["longitude"] < 0.4 for r in london)


def test_old_and_new_wordings_of_an_outcome_are_of_one_kind(everything):
    """Trap 7: the header did not change when the wording did, between 2017 and 2019."""
    rows = everything.snapshot().table("stops").to_pylist()
    kinds = {}
    for row in rows:
        kinds.setdefault(row["outcome_kind"], set()).add(row["outcome"])
    assert kinds["arrest"] == {"Suspect arrested", "Arrest"}
    assert kinds["no further action"] == {
        "Nothing found - no further action", "A no further action disposal"
    }  # fmt: skip
    assert kinds["community resolution"] == {"Local resolution", "Community resolution"}
    assert None not in kinds


@pytest.mark.parametrize(
    ("name", "time", "good"),
    [
        (JULY, "2020-06-30T22:59:59+00:00", False),
        (JULY, "2020-06-30T23:00:00+00:00", True),
        (JULY, "2020-07-31T22:59:59+00:00", True),
        (JULY, "2020-07-31T23:00:00+00:00", False),
        (JULY, "2020-07-01T00:30:00+01:00", True),
        ("2020-01-metropolitan", "2019-12-31T23:59:59+00:00", False),
        ("2020-01-metropolitan", "2020-01-31T23:59:59+00:00", True),
        ("2020-03-metropolitan", "2020-03-01T00:00:00+00:00", True),  # summer begins within it
        ("2020-03-metropolitan", "2020-02-29T23:30:00+00:00", False),
        ("2020-03-metropolitan", "2020-03-31T23:00:00+00:00", False),
        ("2020-10-metropolitan", "2020-09-30T23:00:00+00:00", True),  # and ends within this one
        ("2020-10-metropolitan", "2020-10-31T23:30:00+00:00", True),
        ("2020-12-metropolitan", "2020-12-31T23:59:59+00:00", True),
        ("2020-12-metropolitan", "2021-01-01T00:00:00+00:00", False),
    ],
)
def test_a_month_is_that_of_the_clock_in_london(lake, place, name, time, good):
    """Trap 8: times are UTC, so a summer month begins at 23:00 on the day before."""
    header, *rows = stops(JULY)
    noon = f"{name[:7]}-15T12:00:00+00:00"
    lines = [header, *(changed(row, {DATE: noon}) for row in rows)]
    lines[5] = changed(lines[5], {DATE: time})
    (file,) = load(lake, [place(name, lines)]).files
    assert file.rows_quarantined == (not good)
    if not good:
        (row,) = lake.snapshot().table("quarantine").to_pylist()
        assert (row["line"], row["column"]) == (6, "Date")
        assert f"not in the file's month, {name[:7]}" in row["reason"]


def test_the_real_summer_files_begin_in_the_evening_before(everything):
    rows = everything.snapshot().table("stops").to_pylist()
    first = {
        m: min(r["searched_at"] for r in rows if r["month"] == m) for m in ("2019-06", "2020-07")
    }
    assert first == {"2019-06": "2019-05-31T23:01:00Z", "2020-07": "2020-06-30T23:00:00Z"}


def test_truths_are_true_false_or_untold(everything):
    rows = everything.snapshot().table("stops").to_pylist()
    june = [r for r in rows if r["month"] == "2019-06"]
    assert Counter(r["outcome_linked"] for r in june) == {None: 705, True: 142, False: 60}
    assert Counter(r["part_of_operation"] for r in june) == {False: 666, True: 241}
    july = [r for r in rows if r["month"] == "2020-07"]
    assert {r["outcome_linked"] for r in july} == {None}, "the Metropolitan files do not tell"


def test_ethnicity_is_grouped_as_the_person_said(everything):
    rows = everything.snapshot().table("stops").to_pylist()
    june = Counter(r["ethnic_group"] for r in rows if r["month"] == "2019-06")
    # Added up by hand from the file's 18 wordings; 64 did not say, and 36 cells are empty.
    assert june == {
        "White": 502, "Asian": 142, "Black": 113, "Mixed": 34, "Other": 16, "Not stated": 100
    }  # fmt: skip


def test_an_unknown_wording_loads_without_a_kind_and_is_said(lake, place, reconciles):
    lines = stops(JULY)
    for at in (4, 9):
        lines[at] = changed(lines[at], {OUTCOME: "Sent home"})
    lines[11] = changed(lines[11], {ETHNICITY: "Martian"})
    (file,) = reconciles(load(lake, [place(JULY, lines)])).files
    assert (file.rows_loaded, file.rows_quarantined) == (150, 0)
    assert "outcome 'Sent home' (2), self-defined ethnicity 'Martian' (1)" in file.note
    rows = lake.snapshot().table("stops").to_pylist()
    assert [r["outcome_kind"] for r in rows if r["outcome"] == "Sent home"] == [None, None]
    assert [r["ethnic_group"] for r in rows if r["self_defined_ethnicity"] == "Martian"] == [None]


def test_an_empty_outcome_has_no_kind_and_is_no_unknown_wording(lake, place):
    lines = stops(JULY)
    lines[4] = changed(lines[4], {OUTCOME: ""})
    (file,) = load(lake, [place(JULY, lines)]).files
    assert (file.rows_loaded, file.note) == (150, "")
    assert lake.snapshot().table("stops")["outcome_kind"].null_count == 1


def test_a_vocabulary_that_grows_reads_known_files_again(lake, place, monkeypatch):
    lines = stops(JULY)
    lines[4] = changed(lines[4], {OUTCOME: "Sent home"})
    path = place(JULY, lines)
    load(lake, [path])
    known = vocabulary()
    grown = Vocabulary({**known.kinds, "Sent home": "no further action"}, known.groups, "another")
    monkeypatch.setattr(stop_and_search, "vocabulary", lambda: grown)
    report = load(lake, [path])
    assert (report.snapshot, report.files[0].rows_loaded, report.files[0].note) == (2, 150, "")
    assert lake.snapshot().table("stops")["outcome_kind"].null_count == 0


BAD = {
    "unknown type": (TYPE, "House search", "Type"),
    "no type": (TYPE, "", "Type"),
    "no time": (DATE, "", "Date"),
    "a day alone": (DATE, "2020-07-03", "Date"),
    "no offset": (DATE, "2020-07-03T12:00:00", "Date"),
    "no such day": (DATE, "2020-07-32T12:00:00+00:00", "Date"),
    "last century": (DATE, "1899-12-31T00:00:00+00:00", "Date"),
    "no truth": (OPERATION, "maybe", "Part of a policing operation"),
    "a number for a truth": (LINKED, "1", "Outcome linked to object of search"),
    "another truth": (OUTER, "No", "Removal of more than just outer clothing"),
    "swapped coordinates": (LATITUDE, "-0.1", "Latitude"),
    "no number": (LONGITUDE, "west", "Longitude"),
    "one coordinate": (LONGITUDE, "", "Longitude"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_quarantined_with_line_column_and_reason(lake, place, reconciles, case):
    cell, value, column = BAD[case]
    lines = stops(JULY)
    at = next(i for i in range(20, 150) if lines[i].split(",")[LATITUDE])
    lines[at] = changed(lines[at], {cell: value})
    path = place(JULY, lines)
    (file,) = reconciles(load(lake, [path])).files
    assert (file.rows_read, file.rows_loaded, file.rows_quarantined) == (150, 149, 1)
    (row,) = lake.snapshot().table("quarantine").to_pylist()
    assert (row["file"], row["line"], row["column"]) == (str(path), at + 1, column)
    assert (row["text"], f"'{value}'" in row["reason"]) == (lines[at], True)
    assert sum(lake.snapshot().table("stop_counts")["searches"].to_pylist()) == 149
    (again,) = reconciles(load(lake, [path])).files
    assert (again.rows_unchanged, again.rows_quarantined) == (149, 1)
    cell = coverage(lake.snapshot(), "stop_counts").cells["metropolitan", "2020-07"]
    assert (cell.status, cell.reason) == ("partial", "1 row is in quarantine")
    load(lake, [place(JULY, stops(JULY), "mended")])
    assert lake.snapshot().rows("quarantine") == 0


def test_a_file_of_another_month_under_this_name_is_refused_whole(lake, place):
    with pytest.raises(LoadRefused, match=r"907 of 907 rows are bad.*\n.*not in the file's month"):
        load(lake, [place("2019-07-greater-manchester", stops(JUNE))])
    assert not lake.exists()


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("2017-07-cambridgeshire-stop-and-search.first-rows", None, "its name does not say of whi"),
        ("2020-7-metropolitan-stop-and-search", None, "2025-06-cambridgeshire-stop-and-search.csv"),
        ("2020-07-atlantis-stop-and-search", None, "no police force"),
        (f"{JULY}-stop-and-search", ("Gender", "Sex"), "it lacks Gender; it has 'Sex'"),
        (f"{JULY}-stop-and-search", ("Latitude,Longitude", "Longitude,Latitude"), "another order"),
    ],
)
def test_a_bad_file_is_refused_and_the_rest_loads(lake, put, place, name, change, reason):
    header, *rows = stops(JULY)
    lines = [header.replace(*change) if change else header, *rows]
    bad = put(f"bad/{name}.csv", "\n".join(lines))
    report = load(lake, [bad, place("2020-08-metropolitan", stops("2020-08-metropolitan"))])
    (refused,) = report.refused
    assert reason in refused.refused
    assert lake.snapshot().rows("stops") == 150


def test_a_refused_file_tells_coverage_why(lake, place):
    path = place(JULY, ["Type,Date", "a,b"])
    load(lake, [path, place("2020-08-metropolitan", stops("2020-08-metropolitan"))])
    for table in ("stops", "stop_counts"):
        held = lake.held()[SliceId(table, "2020-07", "metropolitan")]
        assert (held.status, "it lacks" in held.reason) == ("refused", True)
    (again,) = load(
        lake, [path, place("2020-09-metropolitan", stops("2020-09-metropolitan"))]
    ).refused
    assert "it lacks" in again.refused, "and says so again"
    lonely = place("2019-07-metropolitan", stops(JULY)[:1], "lonely")
    with pytest.raises(LoadRefused, match="a header and no rows"):
        load(lake, [lonely])


def test_greater_manchesters_gap_is_stated_for_searches_too(everything):
    for table in ("stops", "stop_counts"):
        cells = coverage(everything.snapshot(), table).cells
        assert cells["greater-manchester", "2019-06"].status == "complete"
        assert "IT systems" in cells["greater-manchester", "2020-07"].reason


@pytest.mark.parametrize(
    "resave",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\r\n", b"\n"),
        lambda data: data.removesuffix(b"\n"),
    ],
    ids=["byte-order mark", "other line ends", "no last line end"],
)
def test_a_re_saved_copy_is_the_file(lake, put, contents, resave):
    """Trap 11: the Metropolitan files have CRLF."""
    data = (DATA / f"{JULY}-stop-and-search.csv").read_bytes()
    assert b"\r\n" in data
    load(lake, [put(f"{JULY}-stop-and-search.csv", data)])
    before = [contents(lake, table) for table in ("stops", "stop_counts")]
    (file,) = load(lake, [put(f"copy/{JULY}-stop-and-search.csv", resave(data))]).files
    assert file.rows_loaded + file.rows_unchanged == 150
    assert [contents(lake, table) for table in ("stops", "stop_counts")] == before


def test_zip_folder_and_gzip_are_the_same(lake, put, zipped, tmp_path, reconciles):
    members = {
        f"{n[:7]}/{n}-stop-and-search.csv": (DATA / f"{n}-stop-and-search.csv").read_bytes()
        for n in FILES
    }
    report = reconciles(load(lake, [put("archive.zip", zipped(members))]))
    found = {f.file.rpartition("/")[2]: f.rows_loaded for f in report.files}
    assert found == {f"{name}-stop-and-search.csv": rows for name, rows in FILES.items()}
    for name, data in members.items():
        path = tmp_path / "unpacked" / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(data))
    again = reconciles(load(lake, [tmp_path / "unpacked"]))
    assert again.snapshot == 1
    assert sum(f.rows_unchanged for f in again.files) == sum(FILES.values())


def test_one_archive_of_all_three_kinds(lake, put, zipped, real, reconciles):
    """As the publisher's own archives are."""
    members = {
        "2025-01/2025-01-city-of-london-street.csv": real("2025-01-city-of-london", 50),
        f"2019-06/{JUNE}-stop-and-search.csv": "\n".join(stops(JUNE)).encode(),
        "2017-07/2017-07-cambridgeshire-outcomes.csv": (
            DATA / "2017-07-cambridgeshire-outcomes.csv"
        ).read_bytes(),
    }
    report = reconciles(load(lake, [put("archive.zip", zipped(members))]))
    assert {f.table: f.rows_loaded for f in report.files} == {
        "crimes": 50, "stops": 907, "outcomes": 6
    }  # fmt: skip
    assert report.snapshot == 1


def test_a_revised_file_replaces_its_month_alone(lake, place):
    load(lake, [place(n, stops(n)) for n in (JULY, "2020-08-metropolitan")])
    lines = stops(JULY)
    report = load(lake, [place(JULY, lines[:-10], "revised")])
    assert (report.snapshot, lake.snapshot().rows("stops")) == (2, 290)
    assert lake.snapshot(1).rows("stops") == 300


# --- whatever is done to a file -------------------------------------------------------------------

ROWS = 30


@pytest.fixture(scope="module")
def parse(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / f"{JUNE}-stop-and-search.csv"

    def read(data):
        path.write_bytes(data)
        (member,) = find_members([path])
        job = recognise(member)
        return job.source.read(member, job.target, Context({}, {}))

    return read


def _sums(parsed):
    rows, counts = (piece.rows for piece in parsed.pieces)
    assert sum(counts["searches"].to_pylist()) == len(rows)
    return len(rows)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, ROWS),
            st.integers(0, 14),
            st.one_of(
                st.text(max_size=6), st.sampled_from(["True", "false", "9999-12-31T23:59:59Z"])
            ),
        ),
        max_size=6,
    )
)
@example(
    [(1, DATE, " 2019-06-03T10:00:00+00:00"), (2, DATE, "2019-06-03 10:00Z"), (3, LINKED, " True")]
)
@example([(1, DATE, "0000-00-00T00:00:00Z"), (2, LATITUDE, "5e1"), (3, LONGITUDE, " -1 ")])
def test_the_fast_and_the_careful_reading_agree(parse, cells):
    """A blank line at the end is no row, and makes the reading careful."""
    lines = stops(JUNE)[: ROWS + 1]
    for number, cell, text in cells:
        plain = text.translate(dict.fromkeys(map(ord, "\x00\r\n"))).replace(",", ";")
        lines[number] = changed(lines[number], {cell: plain})
    data = ("\n".join(lines) + "\n").encode("utf-8", "replace")
    fast, careful = parse(data), parse(data + b"\n")
    assert (fast.read, fast.bad) == (careful.read, careful.bad)
    assert fast.read == ROWS
    assert fast.pieces[0].bad == careful.pieces[0].bad
    for one, other in zip(fast.pieces, careful.pieces, strict=True):
        assert one.fitted().to_pylist() == other.fitted().to_pylist()
    assert _sums(fast) == ROWS - fast.bad


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 60), st.binary(max_size=12)),
        min_size=1,
        max_size=4,
    )
)
@example([(0.3, 0, b'"')])
@example([(0.0, 5000, b"")])
@example([(0.5, 9, b"\r\r\r\n")])
def test_any_bytes_are_refused_or_reconcile(parse, cuts):
    data = ("\n".join(stops(JUNE)[: ROWS + 1]) + "\n").encode()
    for where, gone, put in cuts:
        at = int(where * len(data))
        data = data[:at] + put + data[at + gone :]
    try:
        parsed = parse(data)
    except OpenpeelError:
        return
    if parsed.note:
        assert parsed.read == 0
        return
    assert _sums(parsed) == parsed.read - parsed.bad
    assert parsed.bad == len(parsed.pieces[0].bad)


def test_every_word_of_the_vocabulary_says_how_it_is_known():
    data = tomllib.loads(
        files("openpeel.sources.police_uk").joinpath("stop_and_search.toml").read_text()
    )
    for entry in (*data["outcome"].values(), *data["ethnicity"].values()):
        assert entry["confidence"] in ("read", "unconfirmed")
        assert ("first" in entry) == ("last" in entry) == (entry["confidence"] == "read")
    assert {e["group"] for e in data["ethnicity"].values()} == {
        "Asian", "Black", "Mixed", "White", "Other", "Not stated"
    }  # fmt: skip
