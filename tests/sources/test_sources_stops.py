"""Stop-and-search files as data.police.uk publishes them: real ones, with their traps."""

import tomllib
from collections import Counter
from importlib.resources import files

import pytest
from stop_files import (
    DATA,
    DATE,
    ETHNICITY,
    FILES,
    JULY,
    LATITUDE,
    LINKED,
    LONGITUDE,
    OPERATION,
    OUTCOME,
    OUTER,
    changed,
    stops,
)

from openpeel.sources import load
from openpeel.sources.police_uk import stop_and_search
from openpeel.sources.police_uk.stop_and_search import HEADER, Vocabulary, vocabulary


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
