"""Bad input: a file is refused and the rest loads, or the whole load is and nothing changes.

Bad rows are in test_sources_street_rows.py.
"""

import gzip
import io
import os
import struct
import zipfile

import pytest

from openpeel.errors import LoadRefused
from openpeel.lake import SliceId
from openpeel.sources import load

LONDON = "2025-01-city-of-london-street.csv"
FEB = "2025-02-city-of-london-street.csv"


@pytest.fixture
def good(put, real):
    """A file that loads beside whatever is refused."""
    return put("2025-01-btp-street.csv", real("2025-01-btp", 100))


def _refuses(lake, good, bad, reason, table=""):
    report = load(lake, [bad, good])
    by_name = {file.file.rsplit("/", 1)[-1]: file for file in report.files}
    assert by_name["2025-01-btp-street.csv"].rows_loaded == 100
    (refused,) = report.refused
    assert reason in refused.refused
    assert (refused.table, refused.rows_read) == (table, 0)
    assert lake.snapshot().rows("crimes") == 100
    return refused


# --- a file, or a member of an archive ------------------------------------------------------------

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)


@pytest.mark.parametrize(
    ("name", "data", "reason", "table"),
    [
        (FEB, "", "is empty", "crimes"),
        (FEB, "\ufeff\r\n \r\n", "is empty", "crimes"),
        (FEB, HEADER, "a header and no rows", "crimes"),
        (FEB, HEADER + "\n\n\n", "a header and no rows", "crimes"),
        (FEB, HEADER.replace("LSOA code,", "") + "\n,", "it lacks LSOA code", "crimes"),
        (FEB, HEADER + ",Officer\n,", "it has 'Officer', which is not expected", "crimes"),
        (FEB, "Month,Crime ID" + HEADER[14:] + "\n,", "stand in another order", "crimes"),
        (FEB, "x" * 200_000 + "\n", "it lacks Crime ID", "crimes"),
        (FEB, (HEADER + "\n").encode("utf-16"), "zero bytes", "crimes"),
        (FEB, HEADER.encode() + b"\n\x81\x8d\n", "line 2: neither UTF-8", "crimes"),
        ("2025-01-city-of-londn-street.csv", HEADER + "\n", "City of London", ""),
        ("2025-01-atlantis-street.csv", HEADER + "\n", "no police force", ""),
        ("2025-01-wales-street.csv", HEADER + "\n", "'wales'", ""),
        ("london.csv", HEADER + "\n,", "its name does not say of which force", ""),
        ("2025-13-city-of-london-street.csv", HEADER + "\n,", "does not say of which force", ""),
        ("notes.csv", "a,b\n1,2\n", "of no kind that openpeel reads (its columns: a, b", ""),
        ("photo.jpg", b"\xff\xd8\xff", "of no kind that openpeel reads", ""),
        ("nothing.csv", "", "is empty", ""),
        ("counts.parquet", b"PAR1 and no more", "no whole Parquet file", ""),
        (FEB, gzip.compress(HEADER.encode()), "a gzip file under another name", "crimes"),
        ("notes.csv", gzip.compress(b"a,b\n1,2\n"), "a gzip file under another name", ""),
        (FEB + ".gz", b"no gzip", "not a whole gzip file", "crimes"),
        (FEB + ".gz", gzip.compress(HEADER.encode() * 50)[:-30], "not a whole gzip file", "crimes"),
    ],
)
def test_a_bad_file_is_refused_and_the_rest_loads(lake, put, good, name, data, reason, table):
    _refuses(lake, good, put(name, data), reason, table)


def test_coverage_is_told_of_a_refused_street_file(lake, put, good, real):
    load(lake, [put(FEB, HEADER), good])
    for table in ("crimes", "crime_counts"):
        held = lake.held()[SliceId(table, "2025-02", "city-of-london")]
        assert (held.status, held.rows_loaded) == ("refused", 0)
        assert "a header and no rows" in held.reason
    mended = real("2025-01-city-of-london").replace(b"2025-01", b"2025-02")
    load(lake, [put(FEB, mended)])
    assert lake.held()[SliceId("crimes", "2025-02", "city-of-london")].status == "loaded"


def test_the_second_of_two_files_of_one_force_and_month_is_refused(lake, put, good, real):
    first = put(f"a/{LONDON}", real("2025-01-city-of-london"))
    second = put(f"b/{LONDON}", real("2025-01-city-of-london", 9))
    report = load(lake, [first, second, good])
    (refused,) = report.refused
    assert refused.file == str(second)
    assert f"it brings the same as {first} in the same load" in refused.refused
    assert lake.snapshot().rows("crimes") == 729


def test_the_same_file_given_twice_is_loaded_once(lake, good):
    report = load(lake, [good, good])
    assert [f.rows_loaded for f in report.files if not f.refused] == [100]
    assert len(report.refused) == 1


@pytest.fixture
def spoiled(put, zipped, real):
    """An archive of one good member and one made bad by a change to its bytes."""

    def make(change):
        packed = bytearray(
            zipped({LONDON: real("2025-01-city-of-london"), FEB: real("2025-01-btp")})
        )
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            second = archive.infolist()[1]
        central = packed.rindex(b"PK\x01\x02")
        change(packed, second, central)
        return put("archive.zip", bytes(packed))

    return make


def _wrong_bytes(packed, member, central):
    middle = member.header_offset + 30 + len(member.filename) + member.compress_size // 2
    packed[middle : middle + 4] = b"\xaa\xaa\xaa\xaa"


def _wrong_checksum(packed, member, central):
    packed[central + 16 : central + 20] = b"\x00\x00\x00\x00"


def _smaller_than_it_is(packed, member, central):
    packed[central + 24 : central + 28] = struct.pack("<I", 100)


def _larger_than_it_is(packed, member, central):
    packed[central + 24 : central + 28] = struct.pack("<I", member.file_size + 1)


def _unknown_compression(packed, member, central):
    packed[central + 10 : central + 12] = struct.pack("<H", 93)


def _somewhere_else(packed, member, central):
    packed[central + 42 : central + 46] = struct.pack("<I", member.header_offset + 5)


def _beyond_the_end(packed, member, central):
    packed[central + 20 : central + 24] = struct.pack("<I", 1 << 29)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_wrong_bytes, "is damaged"),
        (_wrong_checksum, "do not match the archive's checksum"),
        (_smaller_than_it_is, "is damaged"),
        (_larger_than_it_is, "is damaged"),
        (_unknown_compression, "compressed in a way that openpeel does not read (method 93)"),
        (_somewhere_else, "not where the archive says it is"),
        (_beyond_the_end, "is damaged"),
    ],
)
def test_a_damaged_member_is_refused_and_the_rest_loads(lake, spoiled, change, reason):
    report = load(lake, [spoiled(change)])
    (refused,) = report.refused
    assert refused.file == f"archive.zip:{FEB}"
    assert reason in refused.refused
    assert lake.snapshot().rows("crimes") == 629


def test_stored_members_load_as_deflated_ones_do(lake, put, zipped, real):
    packed = zipped({LONDON: real("2025-01-city-of-london")}, zipfile.ZIP_STORED)
    assert load(lake, [put("a.zip", packed)]).files[0].rows_loaded == 629


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_named(lake, put, good, zipped, real, method):
    packed = zipped({FEB: real("2025-01-city-of-london")}, method)
    _refuses(lake, good, put("a.zip", packed), "openpeel does not read", "crimes")


# --- the whole load -------------------------------------------------------------------------------


def test_a_truncated_archive_changes_nothing(refused, put, zipped, real):
    packed = zipped({LONDON: real("2025-01-city-of-london")})
    error = refused(LoadRefused, put("archive.zip", packed[: len(packed) // 2]))
    assert "archive.zip is not a whole zip archive" in str(error)
    assert error.exit_code == 3


def test_an_archive_of_nothing_but_its_ending_has_nothing_to_load(refused, put, zipped):
    assert "nothing to load" in str(refused(LoadRefused, put("archive.zip", zipped({}))))


def test_an_encrypted_archive_changes_nothing(refused, put, zipped, real):
    packed = bytearray(zipped({LONDON: real("2025-01-city-of-london")}))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(mark) + flags] |= 1
    error = refused(LoadRefused, put("archive.zip", bytes(packed)))
    assert f"member '{LONDON}' is encrypted" in str(error)


@pytest.mark.parametrize(
    "name", [f"../{LONDON}", f"a/../../{LONDON}", f"/etc/{LONDON}", f"..\\{LONDON}", f"C:/{LONDON}"]
)
def test_a_member_that_points_outside_changes_nothing(refused, put, zipped, real, name):
    packed = zipped({FEB: real("2025-01-btp"), name: real("2025-01-city-of-london")})
    assert "points outside the archive" in str(refused(LoadRefused, put("archive.zip", packed)))


def test_a_bomb_changes_nothing_and_is_not_inflated(refused, put, zipped):
    packed = zipped({LONDON: bytes(50_000_000)})
    assert len(packed) < 100_000
    error = refused(LoadRefused, put("bomb.zip", packed))
    assert "would inflate from 4" in str(error)
    assert "to 50,000,000 bytes" in str(error)


def test_many_members_that_share_their_bytes_are_a_bomb(refused, put, zipped, real):
    """Each alone is harmless: the directory lists one member a thousand times over."""
    data = real("2025-01-city-of-london")
    packed = zipped({LONDON: data})
    start = packed.index(b"PK\x01\x02")
    end = packed.index(b"PK\x05\x06")
    central = packed[start:end]
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9999, 9999, len(central) * 9999, start, 0)
    path = put("bomb.zip", packed[:start] + central * 9999 + tail)
    assert "that is no publisher's archive" in str(refused(LoadRefused, path))


def test_a_gzip_bomb_changes_nothing(refused, put):
    path = put(f"{FEB}.gz", gzip.compress(bytes(50_000_000)))
    assert "that is no publisher's file" in str(refused(LoadRefused, path))


def test_more_than_5_in_100_bad_rows_change_nothing(refused, put, real):
    lines = real("2025-01-city-of-london", 100).replace(b"2025-01", b"2025-02").splitlines()
    spoiled = [
        line.replace(b"2025-02", b"1899-01") if 0 < n < 7 else line for n, line in enumerate(lines)
    ]
    error = refused(LoadRefused, put(FEB, b"\n".join(spoiled)))
    assert "6 of 100 rows are bad, more than 5%" in str(error)
    assert "line 2, Month: the month is not the file's, 2025-02: '1899-01'" in str(error)


def test_just_5_in_100_bad_rows_load(lake, put, real, reconciles):
    lines = real("2025-01-city-of-london", 100).splitlines()
    spoiled = [
        line.replace(b"2025-01", b"1899-01") if 0 < n < 6 else line for n, line in enumerate(lines)
    ]
    (file,) = reconciles(load(lake, [put(LONDON, b"\n".join(spoiled))])).files
    assert (file.rows_loaded, file.rows_quarantined) == (95, 5)


def test_one_bad_file_among_good_ones_stops_them_all(refused, put, real):
    spoiled = real("2025-01-city-of-london", 20)
    error = refused(
        LoadRefused,
        put("2025-01-btp-street.csv", real("2025-01-btp")),
        put(FEB, spoiled),
        put("2025-01-northern-ireland-street.csv", real("2025-01-northern-ireland")),
    )
    assert FEB in str(error)


def test_nothing_to_load_says_why_of_each_file(refused, put):
    error = refused(LoadRefused, put("notes.csv", "a,b\n1,2\n"), put(FEB, HEADER))
    assert "nothing was changed" in str(error)
    assert "notes.csv is of no kind" in str(error)
    assert "a header and no rows" in str(error)


def test_an_empty_folder_has_nothing_to_load(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "nothing to load" in str(refused(LoadRefused, tmp_path / "empty"))


def test_a_path_that_is_not_there_changes_nothing(refused, tmp_path, put, real):
    there = put("2025-01-btp-street.csv", real("2025-01-btp"))
    error = refused(LoadRefused, there, tmp_path / "elsewhere.zip")
    assert "elsewhere.zip is not there" in str(error)


def test_a_pipe_is_no_file(refused, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "neither a file nor a folder" in str(refused(LoadRefused, tmp_path / "pipe"))


@pytest.mark.parametrize("name", ["archive.zip", LONDON])
def test_what_may_not_be_read_changes_nothing(refused, put, zipped, real, monkeypatch, name):
    path = put(name, zipped({LONDON: real("2025-01-btp")}) if name.endswith("zip") else HEADER)
    opened = io.open

    def guarded(file, *args, **more):
        if str(file) == str(path):
            raise PermissionError(13, "Permission denied", str(file))
        return opened(file, *args, **more)

    monkeypatch.setattr(io, "open", guarded)
    monkeypatch.setattr("builtins.open", guarded)
    assert "may not be read" in str(refused(LoadRefused, path))


def test_a_folder_that_may_not_be_read_changes_nothing(refused, tmp_path, monkeypatch):
    (tmp_path / "shut").mkdir()
    scan = os.scandir

    def guarded(path):
        if str(path) == str(tmp_path / "shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert "may not be read: Permission denied" in str(refused(LoadRefused, tmp_path / "shut"))


def test_a_disk_that_fills_changes_nothing(lake, put, real, contents, monkeypatch):
    path = put(LONDON, real("2025-01-city-of-london"))
    load(lake, [put("2025-01-btp-street.csv", real("2025-01-btp"))])
    before = contents(lake, "crimes")

    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", full)  # the very last step
        with pytest.raises(LoadRefused, match=r"No space left on device\. Nothing was changed"):
            load(lake, [path])
    assert lake.snapshot().id == 1
    assert contents(lake, "crimes") == before
    assert load(lake, [path]).files[0].rows_loaded == 629
