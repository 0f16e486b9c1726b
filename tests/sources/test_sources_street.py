"""Street files as data.police.uk publishes them: real ones, with their traps."""

import gzip
import hashlib
from collections import Counter

import pytest

from openpeel.lake import SliceId
from openpeel.sources import load

LONDON = "2025-01-city-of-london"
FILES = {
    LONDON: 629,
    "2025-01-btp": 400,
    "2025-01-northern-ireland": 300,
    "2014-04-cambridgeshire": 400,
    "2018-10-cambridgeshire": 500,
}


@pytest.fixture
def london(put, real):
    return put(f"{LONDON}-street.csv", real(LONDON))


def _edited(data, old, new):
    assert data.count(old) >= 1
    return data.replace(old, new, 1)


@pytest.mark.parametrize("name", FILES)
def test_real_files_load_cell_by_cell(lake, put, real, rows_in, reconciles, name):
    report = reconciles(load(lake, [put(f"{name}-street.csv", real(name))]))
    (file,) = report.files
    assert (file.rows_read, file.rows_loaded, file.rows_quarantined) == (
        FILES[name],
        FILES[name],
        0,
    )
    assert (file.table, file.refused, report.snapshot) == ("crimes", "", 1)
    loaded = lake.snapshot().table("crimes").to_pylist()
    given = rows_in(real(name))
    shown = [
        {
            "Crime ID": row["crime_id"].hex() if row["crime_id"] else "",
            "Month": row["month"],
            "Reported by": row["reported_by"],
            "Longitude": row["longitude"],
            "Latitude": row["latitude"],
            "Location": row["location"] or "",
            "LSOA code": row["lsoa_code"] or "",
            "LSOA name": row["lsoa_name"] or "",
            "Crime type": row["crime_type"],
            "Last outcome category": row["outcome"] or "",
            "Context": row["context"] or "",
        }
        for row in loaded
    ]
    for row in given:
        assert row.pop("Falls within") == row["Reported by"]
        for axis in ("Longitude", "Latitude"):
            row[axis] = float(row[axis]) if row[axis] else None
    assert shown == given, "in the file's own order too"


def test_counts_are_the_rows_counted(lake, put, real, rows_in):
    load(lake, [put(f"{n}-street.csv", real(n)) for n in FILES])
    counts = lake.snapshot().table("crime_counts").to_pylist()
    assert {(r["basis"], r["month"] == r["as_at"]) for r in counts} == {("rows", True)}
    names = ("force_id", "month", "lsoa_code", "crime_type", "outcome")
    found = {tuple(r[n] or "" for n in names): r["crimes"] for r in counts}
    wanted = Counter()
    slugs = {"btp": "british-transport-police"}
    for name in FILES:
        slug = name[8:]
        for row in rows_in(real(name)):
            place = (slugs.get(slug, slug), row["Month"], row["LSOA code"])
            wanted[*place, row["Crime type"], row["Last outcome category"]] += 1
    assert found == wanted


def test_missing_values_are_null_and_never_empty(lake, put, real):
    load(lake, [put(f"{n}-street.csv", real(n)) for n in FILES])
    table = lake.snapshot().table("crimes")
    for column in ("location", "lsoa_code", "lsoa_name", "outcome", "context"):
        assert "" not in table[column].to_pylist()
    rows = table.to_pylist()
    antisocial = [r for r in rows if r["crime_type"] == "Anti-social behaviour"]
    assert antisocial
    assert all(r["crime_id"] is None and r["outcome"] is None for r in antisocial)
    railway = [r for r in rows if r["force_id"] == "british-transport-police"]
    assert all(r["crime_id"] is None for r in railway)
    irish = [r for r in rows if r["force_id"] == "northern-ireland"]
    assert all(r["lsoa_code"] is None and r["outcome"] is None for r in irish)
    assert any(r["crime_id"] for r in irish), "as some of its rows have"


def test_a_crime_id_that_comes_twice_is_two_rows(lake, london, rows_in, real):
    ids = Counter(row["Crime ID"] for row in rows_in(real(LONDON)))
    twice = [i for i, n in ids.items() if i and n > 1]
    assert twice, "the real file has some"
    load(lake, [london])
    found = Counter(lake.snapshot().table("crimes")["crime_id"].to_pylist())
    assert all(found[bytes.fromhex(i)] == ids[i] for i in twice)


def test_longitude_is_east_and_latitude_north(lake, london):
    load(lake, [london])
    rows = [r for r in lake.snapshot().table("crimes").to_pylist() if r["longitude"] is not None]
    assert all(-0.2 < r["longitude"] < 0.0 and 51.4 < r["latitude"] < 51.6 for r in rows)


def test_old_and_new_outcome_wordings_load(lake, put, real):
    load(lake, [put(f"{n}-street.csv", real(n)) for n in FILES])
    found = set(lake.snapshot().table("crimes")["outcome"].to_pylist())
    assert {"Under investigation", "Offender sent to prison", "Awaiting court outcome"} <= found
    assert {"Status update unavailable", "Court result unavailable"} <= found


def _bom(data):
    return b"\xef\xbb\xbf" + data


def _crlf(data):
    return data.replace(b"\n", b"\r\n")


def _cr(data):
    return data.replace(b"\n", b"\r")


def _nbsp_inside(data):
    return data.replace(b"On or near ", "On or near\u00a0".encode())


def _nbsp_cp1252(data):
    return data.replace(b"On or near ", b"On or near\xa0", 7)


def _nbsp_at_edges(data):
    return data.replace(b"E01032739,", "E01032739\u00a0,".encode()).replace(
        b"\n", "\u00a0\n".encode()
    )


def _no_last_line_end(data):
    return data.removesuffix(b"\n")


@pytest.mark.parametrize(
    "resave", [_bom, _crlf, _cr, _nbsp_inside, _nbsp_cp1252, _nbsp_at_edges, _no_last_line_end]
)
def test_a_re_saved_copy_loads_to_the_same_content(
    tmp_path, put, real, london, contents, reconciles, resave
):
    from openpeel.lake import Lake

    copy = put(f"copy/{LONDON}-street.csv", resave(real(LONDON)))
    assert copy.read_bytes() != london.read_bytes()
    one, other = Lake(tmp_path / "1"), Lake(tmp_path / "2")
    load(one, [london])
    assert reconciles(load(other, [copy])).files[0].rows_loaded == 629
    for table in ("crimes", "crime_counts"):
        assert contents(one, table) == contents(other, table)


@pytest.mark.parametrize("resave", [_bom, _crlf, _nbsp_inside, _nbsp_cp1252, _nbsp_at_edges])
def test_a_re_saved_copy_counts_as_unchanged(lake, put, real, london, reconciles, resave):
    load(lake, [london])
    copy = put(f"copy/{LONDON}-street.csv", resave(real(LONDON)))
    report = reconciles(load(lake, [copy]))
    assert (report.snapshot, report.files[0].rows_unchanged) == (1, 629)


def test_mixed_encodings_are_read_line_by_line(lake, put, real):
    names = {"Café Square".encode(): 3, "Café Square".encode("cp1252"): 5}
    lines = real(LONDON).splitlines(keepends=True)
    for name, line in names.items():
        cells = lines[line].split(b",")
        cells[6] = b"On or near " + name
        lines[line] = b",".join(cells)
    load(lake, [put(f"{LONDON}-street.csv", b"".join(lines))])
    found = lake.snapshot().table("crimes")["location"].to_pylist()
    assert [found[2], found[4]] == ["On or near Café Square"] * 2


def test_loading_twice_changes_nothing_and_says_so(lake, london, reconciles):
    first = reconciles(load(lake, [london]))
    again = reconciles(load(lake, [london]))
    assert (first.snapshot, again.snapshot) == (1, 1)
    assert (again.files[0].rows_loaded, again.files[0].rows_unchanged) == (0, 629)


def test_a_revised_month_replaces_and_the_old_one_is_a_vintage(lake, put, real, london, contents):
    load(lake, [london])
    old = contents(lake, "crimes")
    data = _edited(real(LONDON), b"Status update unavailable", b"Local resolution")
    report = load(lake, [put(f"revised/{LONDON}-street.csv", data)])
    assert (report.snapshot, report.files[0].rows_loaded) == (2, 629)
    assert contents(lake, "crimes") != old
    assert lake.snapshot(1).table("crimes").num_rows == 629
    then, now = (Counter(lake.snapshot(n).table("crimes")["outcome"].to_pylist()) for n in (1, 2))
    assert now - then == {"Local resolution": 1}
    assert then - now == {"Status update unavailable": 1}


def test_every_figure_leads_to_the_very_bytes(lake, put, real, zipped):
    member = f"2025-01/{LONDON}-street.csv"
    path = put("archive.zip", zipped({member: real(LONDON)}))
    load(lake, [path])
    for table in ("crimes", "crime_counts"):
        held = lake.held()[SliceId(table, "2025-01", "city-of-london")]
        assert (held.origin.file, held.origin.member) == (str(path), member)
        assert held.origin.sha256 == hashlib.sha256(real(LONDON)).hexdigest()
        assert held.origin.bytes == len(real(LONDON))
        assert held.origin.publisher == "data.police.uk"
        assert held.origin.publisher_file
        assert (held.rows_read, held.rows_quarantined) == (629, 0)


@pytest.mark.parametrize("layout", ["{month}/{name}", "{name}", "a/b/{month}/{name}"])
@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_archives_and_folders_of_every_layout(
    lake, put, real, zipped, reconciles, tmp_path, layout, kind
):
    names = [f"{n}-street.csv" for n in FILES]
    members = {
        layout.format(month=n[:7], name=n): real(n.removesuffix("-street.csv")) for n in names
    }
    if kind == "zip":
        path = put("archive.zip", zipped(members | {"README.txt/": b""}))
    else:
        path = tmp_path / "unpacked"
        for name, data in members.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
        (path / "README.md").write_text("passed over")
        (path / ".hidden.csv").write_text("passed over")
    report = reconciles(load(lake, [path]))
    assert sum(f.rows_loaded for f in report.files) == sum(FILES.values())
    assert len(report.files) == 5
    assert not report.refused


def test_an_archive_and_its_unpacked_folder_are_the_same(lake, put, real, zipped, tmp_path):
    months = {"2025-01": LONDON, "2018-10": "2018-10-cambridgeshire"}
    members = {f"{m}/{n}-street.csv": real(n) for m, n in months.items()}
    load(lake, [put("archive.zip", zipped(members))])
    assert {r["as_at"] for r in lake.snapshot().table("crime_counts").to_pylist()} == {"2025-01"}
    for name, data in members.items():
        path = tmp_path / "unpacked" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    assert load(lake, [tmp_path / "unpacked"]).snapshot == 1


def test_a_later_download_of_the_same_rows_updates_only_their_age(lake, put, real, zipped, london):
    load(lake, [london])
    later = real(LONDON, 9).replace(b"2025-01", b"2025-03")
    archive = {
        f"2025-01/{LONDON}-street.csv": real(LONDON),
        "2025-03/2025-03-city-of-london-street.csv": later,
    }
    report = load(lake, [put("later.zip", zipped(archive))])
    assert [f.rows_unchanged for f in report.files] == [629, 0]
    assert lake.held()[SliceId("crimes", "2025-01", "city-of-london")].snapshot == 1
    ages = {r["as_at"] for r in lake.snapshot().table("crime_counts").to_pylist()}
    assert ages == {"2025-03"}
    assert load(lake, [london]).snapshot == 2, "the older download changes nothing back"


def test_a_gzipped_file_is_the_file(lake, put, real, london):
    load(lake, [london])
    packed = put(f"{LONDON}-street.csv.gz", gzip.compress(real(LONDON)))
    report = load(lake, [packed])
    assert (report.snapshot, report.files[0].rows_unchanged) == (1, 629)
