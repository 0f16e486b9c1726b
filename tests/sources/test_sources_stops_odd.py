"""Stop-and-search files gone wrong, saved again, packed, revised, and changed at random."""

import gzip

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stop_files import (
    DATA,
    DATE,
    FILES,
    JULY,
    JUNE,
    LATITUDE,
    LINKED,
    LONGITUDE,
    OPERATION,
    OUTER,
    TYPE,
    changed,
    stops,
)

from openpeel.errors import LoadRefused, OpenpeelError
from openpeel.lake import SliceId
from openpeel.sources import coverage, load
from openpeel.sources.members import find_members
from openpeel.sources.recognising import recognise
from openpeel.sources.source import Context

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
