"""Which archive wins: the newer, whatever the order of loading; a lone file always loads."""

import io
import itertools
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openpeel.lake import Lake, SliceId
from openpeel.sources import load

DATA = Path(__file__).parents[1] / "data" / "police_uk"
STREET = "2025-01-city-of-london-street.csv"
OUTCOMES = "2017-07-cambridgeshire-outcomes.csv"
STOPS = "2017-07-cambridgeshire-stop-and-search.csv"
REAL = {
    name: b"".join((DATA / name).read_bytes().splitlines(keepends=True)[:7])
    for name in (STREET, OUTCOMES, STOPS)
}
TABLES = ("crimes", "crime_counts", "outcomes", "stops", "stop_counts")


def version(name, letter):
    """The real file as on another day: 4, 5 or 6 of its rows."""
    return b"".join(REAL[name].splitlines(keepends=True)[: {"a": 5, "b": 6, "c": 7}[letter]])


def held_rows(lake, name):
    """How many rows the lake holds of one of the files above."""
    table = {STREET: "crimes", OUTCOMES: "outcomes", STOPS: "stops"}[name]
    force = "city-of-london" if name == STREET else "cambridgeshire"
    return lake.held()[SliceId(table, name[:7], force)].rows_loaded


@pytest.fixture
def archive(put, zipped):
    """An archive whose newest month is `date`, with a version of each of some files."""

    def write(date, letters, name=None):
        newest = REAL[STREET].replace(b"2025-01", date.encode())
        members = {f"{date}/{date}-city-of-london-street.csv": newest}
        members |= {f"{n[:7]}/{n}": version(n, letter) for n, letter in letters.items()}
        return put(name or f"{date}.zip", zipped(members))

    return write


ALL = dict.fromkeys(REAL, "a"), dict.fromkeys(REAL, "b")


def test_an_older_archive_does_not_put_back_what_a_newer_one_corrected(
    lake, archive, reconciles, contents
):
    older, newer = archive("2025-06", ALL[0]), archive("2025-09", ALL[1])
    load(lake, [newer])
    before = {t: contents(lake, t) for t in TABLES}
    report = reconciles(load(lake, [older]))
    told = {Path(f.file.split(":")[1]).name: f for f in report.files}
    for name in REAL:
        assert told[name].note == "the archive of 2025-09 is newer; its rows stay"
        assert (told[name].rows_read, told[name].rows_unchanged) == (4, 4)
        assert not told[name].refused
    fresh = "2025-06-city-of-london-street.csv"
    assert (told[fresh].rows_loaded, told[fresh].note) == (6, "")
    for table in TABLES:
        assert set(before[table]) <= set(contents(lake, table))
    assert {held_rows(lake, name) for name in REAL} == {5}
    assert lake.held()[SliceId("crimes", "2025-01", "city-of-london")].snapshot == 1


def test_a_newer_archive_replaces_an_older_one(lake, archive, reconciles):
    load(lake, [archive("2025-06", ALL[0])])
    report = reconciles(load(lake, [archive("2025-09", ALL[1])]))
    assert {f.rows_loaded for f in report.files} == {5, 6}
    assert not any(f.note for f in report.files)
    assert {held_rows(lake, name) for name in REAL} == {5}


@pytest.mark.parametrize("order", [*itertools.permutations(["2025-06", "2025-09", "2025-12"])])
def test_in_one_load_of_archives_the_newest_wins(lake, archive, reconciles, order):
    letters = {"2025-06": "a", "2025-09": "c", "2025-12": "b"}
    paths = [archive(date, dict.fromkeys(REAL, letters[date])) for date in order]
    report = reconciles(load(lake, paths))
    assert not report.refused
    for file in report.files:
        if file.file.rpartition("/")[2] in REAL:
            won = file.file.startswith("2025-12.zip")
            assert bool(file.rows_loaded) == won, file
            assert bool(file.rows_unchanged) != won
            assert file.note == ("" if won else "the archive of 2025-12 is newer; its rows stay")
    assert {held_rows(lake, name) for name in REAL} == {5}


def test_where_the_newer_is_refused_the_older_one_loads(lake, archive, put, zipped):
    older = archive("2025-06", ALL[0])
    broken = {f"2025-01/{STREET}": b"Crime ID\n", f"2017-07/{OUTCOMES}": REAL[OUTCOMES]}
    report = load(lake, [older, put("newer.zip", zipped(broken))])
    assert [f.file for f in report.refused] == [f"newer.zip:2025-01/{STREET}"]
    assert held_rows(lake, STREET) == 4


@pytest.mark.parametrize("name", REAL)
def test_a_lone_file_replaces_what_an_archive_brought(lake, archive, put, name):
    load(lake, [archive("2025-09", ALL[1])])
    report = load(lake, [put(name, version(name, "c"))])
    assert (report.files[0].rows_loaded, report.files[0].note) == (6, "")


def test_an_archive_of_a_single_month_is_not_dated(lake, archive, put, zipped):
    load(lake, [archive("2025-09", ALL[1])])
    alone = put("one-month.zip", zipped({f"2025-01/{STREET}": version(STREET, "c")}))
    assert load(lake, [alone]).files[0].rows_loaded == 6


def test_two_archives_equally_old_cannot_tell_which_wins(lake, archive):
    first = archive("2025-06", ALL[0])
    second = archive("2025-06", ALL[1], "downloaded-again.zip")
    report = load(lake, [first, second])
    assert len(report.refused) == 4
    assert all("it brings the same as 2025-06.zip:" in f.refused for f in report.refused)
    again = load(lake, [second])
    assert sum(f.rows_loaded for f in again.files) == 15, "alone, it is loaded: a new download"


def test_a_lone_file_beside_an_archive_that_has_it_is_refused(lake, archive, put):
    lone = put(STREET, version(STREET, "c"))
    for paths in ([archive("2025-06", ALL[0]), lone], [lone, archive("2025-06", ALL[0])]):
        (refused,) = load(lake, paths).refused
        assert refused.file == str(lone) if paths[1] == lone else "2025-06.zip" in refused.file


def test_the_same_rows_in_a_newer_archive_are_unchanged_and_now_as_new_as_it(
    lake, archive, reconciles
):
    load(lake, [archive("2025-06", ALL[0])])
    report = reconciles(load(lake, [archive("2025-12", ALL[0])]))
    assert {f.file.rpartition("/")[2]: f.rows_unchanged for f in report.files} == {
        **dict.fromkeys(REAL, 4),
        "2025-12-city-of-london-street.csv": 0,
    }
    load(lake, [archive("2025-09", ALL[1])])
    assert {held_rows(lake, name) for name in REAL} == {4}


def test_counts_that_somebody_compiled_do_not_date_the_rows(lake, archive, put):
    counts = {
        "force_name": ["City of London Police"] * 2,
        "month": ["2025-01", "2025-12"],
        "lsoa_code": ["E01032739"] * 2,
        "crime_type": ["Robbery"] * 2,
        "last_outcome_category": [""] * 2,
        "crimes": [3, 4],
    }
    compiled = io.BytesIO()
    pq.write_table(pa.table(counts), compiled)
    load(lake, [put("counts.parquet", compiled.getvalue())])
    report = load(lake, [archive("2025-06", ALL[0])])
    assert not any(f.note for f in report.files)
    held = lake.held()[SliceId("crime_counts", "2025-01", "city-of-london")]
    assert (held.rank, held.origin.as_at) == (2, "2025-06")


DATES = ("2025-06", "2025-09", "2025-12")
made = st.dictionaries(
    st.sampled_from(DATES),
    st.dictionaries(st.sampled_from(sorted(REAL)), st.sampled_from("abc")),
    min_size=2,
)


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=made, data=st.data())
def test_any_order_of_loading_ends_in_the_same_tables(
    made, data, archive, put, contents, tmp_path_factory
):
    """Against a lake that was given only the winners, each as a file of its own."""
    root = tmp_path_factory.mktemp("any")
    lake, wanted = Lake(root / "lake"), Lake(root / "wanted")
    paths = [archive(date, made[date]) for date in data.draw(st.permutations(sorted(made)))]
    while paths:
        size = data.draw(st.integers(1, len(paths)))
        load(lake, paths[:size])
        del paths[:size]
    won = {name: (date, made[date][name]) for date in sorted(made) for name in made[date]}
    alone = [put(f"alone/{name}", version(name, letter)) for name, (_, letter) in won.items()]
    load(wanted, [*alone, *(archive(date, {}, f"alone-{date}.zip") for date in made)])
    for table in wanted.snapshot().tables.keys() & set(TABLES):
        assert contents(lake, table, but=["as_at"]) == contents(wanted, table, but=["as_at"])
    assert lake.snapshot().tables.keys() == wanted.snapshot().tables.keys()
    if STREET in won:
        held = lake.held()[SliceId("crime_counts", "2025-01", "city-of-london")]
        assert held.origin.as_at == won[STREET][0]
