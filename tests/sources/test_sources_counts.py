"""Counts somebody made, and the publisher's rows: one base for indicators, never both."""

import csv
import io
import itertools
import zipfile
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from openpeel.errors import LoadRefused
from openpeel.lake import Lake, SliceId
from openpeel.sources import load

ROWS, COUNTS = "cambridgeshire-2025.zip", "street-counts-2025-by-lsoa.parquet"
MONTHS = [f"2025-{n:02d}" for n in range(1, 13)]
COLUMNS = ("force_name", "month", "lsoa_code", "crime_type", "last_outcome_category", "crimes")


def test_street_files_and_national_counts_agree_by_lsoa_type_and_outcome(bundle):
    """Cambridgeshire, every month of 2025: counted here by hand, from the bundled files alone."""
    by_hand = Counter()
    with zipfile.ZipFile(bundle[ROWS]) as archive:
        for name in archive.namelist():
            for row in csv.DictReader(io.TextIOWrapper(archive.open(name), "utf-8")):
                place = (row["Month"], row["LSOA code"], row["Crime type"])
                by_hand[*place, row["Last outcome category"]] += 1
    ours = pc.field("force_name") == "Cambridgeshire Constabulary"
    rows = pq.read_table(bundle[COUNTS], filters=ours).to_pylist()
    given = {
        (r["month"], r["lsoa_code"] or "", r["crime_type"], r["last_outcome_category"] or ""): r[
            "crimes"
        ]
        for r in rows
    }
    assert sorted({name[0] for name in by_hand}) == MONTHS
    assert sum(by_hand.values()) == 84_941
    assert given == by_hand


@pytest.fixture(scope="module")
def loaded(bundle, tmp_path_factory):
    """Lakes by the order in which rows and counts were loaded, with the counts' reports."""
    folder = tmp_path_factory.mktemp("counts")
    counts = pq.read_table(bundle[COUNTS])
    some = pa.array(["Cambridgeshire Constabulary", "Bedfordshire Police"])
    pq.write_table(counts.filter(pc.is_in(counts["force_name"], some)), folder / COUNTS)
    paths = {ROWS: bundle[ROWS], COUNTS: folder / COUNTS}
    orders = {
        "rows, then counts": [[ROWS], [COUNTS]],
        "counts, then rows": [[COUNTS], [ROWS]],
        "together": [[COUNTS, ROWS]],
    }
    made = {}
    for order, loads in orders.items():
        lake = Lake(folder / order)
        made[order] = lake, [load(lake, [paths[name] for name in names]) for names in loads]
    return made


def test_the_order_of_loading_does_not_matter(loaded, contents):
    one, *others = (contents(lake, "crime_counts") for lake, _ in loaded.values())
    assert len(one) > 50_000
    assert all(other == one for other in others)


def test_rows_stand_where_there_are_rows_and_counts_elsewhere(loaded):
    for lake, _ in loaded.values():
        counts = lake.snapshot().table("crime_counts", ["force_id", "month", "basis"])
        bases = {(r["force_id"], r["basis"]) for r in counts.to_pylist()}
        assert {basis for force, basis in bases if force == "cambridgeshire"} == {"rows"}
        assert {basis for force, basis in bases if force != "cambridgeshire"} == {"counts"}
        held = lake.held()
        ours = held[SliceId("crime_counts", "2025-06", "cambridgeshire")].origin
        theirs = held[SliceId("crime_counts", "2025-06", "bedfordshire")].origin
        assert (ours.publisher_file, theirs.publisher_file) == (True, False)
        assert theirs.file.endswith(COUNTS)


def test_the_reports_reconcile_and_say_where_rows_were_kept(loaded, reconciles):
    kept = "12 force-months kept from the publisher's rows; totals agree"
    for order, (_, reports) in loaded.items():
        files = [file for report in reports for file in reconciles(report).files]
        assert not any(file.refused for file in files)
        (counts,) = [file for file in files if file.table == "crime_counts"]
        assert counts.note == ("" if order == "counts, then rows" else kept)
        assert sum(file.rows_loaded for file in files if file.table == "crimes") == 84_941


@pytest.fixture
def counts(put):
    """A small file of counts, with some of its columns changed."""

    def make(name="counts.parquet", **changes):
        columns = {
            "force_name": ["Kent Police", "Kent Police"],
            "month": ["2025-01", "2025-01"],
            "lsoa_code": ["E01024000", ""],
            "crime_type": ["Drugs", "Anti-social behaviour"],
            "last_outcome_category": ["Local resolution", ""],
            "crimes": pa.array([3, 4], pa.int32()),
        } | changes
        sink = io.BytesIO()
        pq.write_table(pa.table(columns), sink)
        return put(name, sink.getvalue())

    return make


def test_empty_codes_of_counts_are_null(lake, counts):
    load(lake, [counts()])
    rows = lake.snapshot().table("crime_counts").to_pylist()
    assert {(r["lsoa_code"], r["outcome"], r["crimes"]) for r in rows} == {
        ("E01024000", "Local resolution", 3),
        (None, None, 4),
    }
    assert {r["as_at"] for r in rows} == {"2025-01"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"force_name": ["Kent Police", "Atlantis"]}, "unknown force Atlantis"),
        ({"force_name": ["Kent Police", "Wales"]}, "unknown force Wales"),
        ({"force_name": ["Kent Police", None]}, "empty cells in force_name"),
        ({"month": ["2025-01", "Jan 2025"]}, "a month that is not YYYY-MM"),
        ({"month": [202501, 202502]}, "a month that is not YYYY-MM"),
        ({"crime_type": ["Drugs", "Piracy"]}, "an unknown crime type"),
        ({"crime_type": ["Drugs", None]}, "empty cells in crime_type"),
        ({"crimes": [3, 0]}, "a count below 1"),
        ({"crimes": ["3", "many"]}, "cannot be read as counts"),
        ({n: [] for n in COLUMNS}, "no row"),
    ],
)
def test_counts_that_cannot_be_trusted_are_refused_whole(lake, counts, changes, reason):
    with pytest.raises(LoadRefused, match=reason):
        load(lake, [counts(**changes)])


def test_counts_cut_short_are_refused(lake, counts, put):
    data = counts().read_bytes()
    spoiled = put("spoiled.parquet", data[:8] + b"\xff" * 40 + data[48:])
    with pytest.raises(LoadRefused, match="nothing to load") as refused:
        load(lake, [spoiled])
    assert str(refused.value).count("spoiled.parquet") == 1


def test_counts_that_disagree_with_the_rows_are_named(lake, put, real, counts, reconciles):
    load(lake, [put("2025-01-city-of-london-street.csv", real("2025-01-city-of-london"))])
    fewer = counts(force_name=["City of London Police", "Kent Police"])
    (file,) = reconciles(load(lake, [fewer])).files
    assert "1 force-months kept" in file.note
    assert "totals differ for city-of-london 2025-01" in file.note
    assert (file.rows_loaded, file.rows_unchanged) == (1, 1)


def test_two_files_of_counts_in_one_load_are_one_too_many(lake, put, real, counts):
    street = put("2025-01-kent-street.csv", _as_kent(real))
    report = load(lake, [counts("a.parquet"), counts("b.parquet"), street])
    assert [f.refused for f in report.refused] == [], "both give way to the rows"
    other = counts("a.parquet", month=["2025-02", "2025-02"])
    again = counts("b.parquet", month=["2025-02", "2025-02"])
    report = load(lake, [other, again, street])
    assert len(report.refused) == 1
    assert "it brings the same as" in report.refused[0].refused


def _as_kent(real):
    return real("2025-01-city-of-london").replace(b"City of London Police", b"Kent Police")


def test_rows_and_counts_may_be_revised_in_any_order(tmp_path, put, real, counts, contents):
    street = put("2025-01-kent-street.csv", _as_kent(real))
    found = []
    for order in itertools.permutations([street, counts("a.parquet"), counts("b.parquet")]):
        lake = Lake(tmp_path / str(len(found)))
        for path in order:
            load(lake, [path])
        found.append(contents(lake, "crime_counts"))
    assert all(content == found[0] for content in found)
    assert len(found[0]) > 100
