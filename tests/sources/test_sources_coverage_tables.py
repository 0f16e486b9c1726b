"""Coverage of tables by quarter, year and count: parts of files, statements, changes."""

from pathlib import Path

import pytest
from made_lakes import lake_of, origin

from openpeel.errors import NotKnown
from openpeel.lake import Lake
from openpeel.reference import Period, changes, forces, stated_gaps, whole_column
from openpeel.sources import (
    NOT_LOADED,
    Cell,
    Gap,
    contract,
    coverage,
    coverage_query,
    covered_tables,
    load,
)
from openpeel.sources.source import sliced

DATA = Path(__file__).parents[1] / "data"
CARRIED = Path(__file__).parents[2] / "src/openpeel/bundled"


def rows_of(table, columns, rows, bad=()):
    """Slices of a table of made-up rows that all come from one file; columns: those given."""
    it = contract(table)
    empty = {"string": "x", "int": 1, "float": 1.0, "bool": None}
    made = []
    for row in rows:
        filled = dict(zip(columns.split(), row, strict=True))
        rest = {c.name: None if c.null else empty[c.type] for c in it.columns}
        made.append(rest | filled)
    return sliced(it, made, bad, origin(repr(rows), file=f"{table}.csv")).pieces


def lake_with(root, *pieces):
    lake = Lake(root)
    lake.replace([piece for some in pieces for piece in some], "made up")
    return lake.snapshot()


@pytest.fixture(scope="module")
def excerpts(tmp_path_factory):
    """A lake of excerpts of real files by force and period, and the bundled population."""
    lake = Lake(tmp_path_factory.mktemp("excerpts") / "lake")
    files = [*(DATA / "home_office").glob("*.csv"), *(DATA / "workforce").glob("*.csv")]
    files += [DATA / "police_uk", CARRIED / "workforce" / "police-grant-2025-26.csv"]
    load(lake, [*files, CARRIED / "population", CARRIED / "geography"])
    return lake.snapshot()


def test_every_table_with_forces_and_periods_has_a_grid(excerpts):
    covered = covered_tables(excerpts)
    assert {"arrests", "crime_outcomes", "population", "police_grant", "workforce"} <= set(covered)
    assert not {"areas", "grades", "lsoas", "provenance", "quarantine"} & set(covered)
    for table in covered:
        grid = coverage(excerpts, table)
        assert set(grid.cells) == {(a, p) for a in grid.areas for p in grid.periods}
        assert sum(grid.totals.values()) == len(grid.cells) > 0
        assert {Period.parse(p).kind for p in grid.periods} == {grid.kind}
        for area in grid.areas:
            counted = grid.counts(area)
            gaps = sum(
                1
                for gap in grid.gaps(area)
                for period in grid.periods
                if Period.parse(gap.first) <= Period.parse(period) <= Period.parse(gap.last)
            )
            assert counted["complete"] + gaps == len(grid.periods)


def test_the_coverage_query_counts_what_provenance_says(excerpts):
    for table in covered_tables(excerpts):
        it = contract(table)
        found = excerpts.query(coverage_query(table)).to_pylist()
        assert sum(row["rows"] for row in found) == excerpts.rows(table) > 0
        by_slice = {}
        for row in found:
            values = {"force_id": row["area"], it.period.name: row["period"]}
            name = (values.get(it.partition, ""), values.get(it.key, ""))
            by_slice[name] = by_slice.get(name, 0) + row["rows"]
        assert by_slice == {
            (name.partition, name.key): held.rows_loaded
            for name, held in excerpts.held.items()
            if name.table == table and held.status == "loaded"
        }


@pytest.mark.parametrize("table", ["areas", "no_such_table"])
def test_a_table_without_forces_or_periods_has_no_coverage_query(table):
    with pytest.raises(NotKnown, match=table):
        coverage_query(table)


def test_the_grid_of_a_table_keyed_by_year_tells_which_forces_a_year_has(tmp_path):
    people = {"2001": {"kent": 1, "surrey": 1}, "2003": {"kent": 1}}
    grid = coverage(lake_of(tmp_path / "lake", population=people).snapshot(), "population")
    assert (grid.kind, grid.periods) == ("year", ("2001", "2002", "2003"))
    assert grid.counts("kent") == {"complete": 2, "partial": 0, "absent": 1}
    assert grid.gaps("surrey") == (Gap("absent", "2002", "2003", NOT_LOADED),)


def test_a_missing_quarter_is_absent(tmp_path):
    rows = [(q, f, 0) for q in ("2017-Q2", "2018-Q1") for f in ("kent", "action-fraud")]
    snapshot = lake_with(
        tmp_path / "lake", rows_of("recorded_crime", "quarter force_id offences", rows)
    )
    grid = coverage(snapshot, "recorded_crime")
    assert grid.periods == ("2017-Q2", "2017-Q3", "2017-Q4", "2018-Q1")
    assert grid.gaps("kent") == (Gap("absent", "2017-Q3", "2017-Q4", NOT_LOADED),)
    assert "action-fraud" not in grid.areas


def test_counts_of_each_march_have_a_grid_of_marches(tmp_path):
    rows = [(m, "kent", 5) for m in ("2014-09", "2015-03", "2016-03", "2018-03", "2018-09")]
    rows += [("2018-09", "surrey", 5)]
    snapshot = lake_with(
        tmp_path / "lake", rows_of("workforce", "counted force_id headcount", rows)
    )
    grid = coverage(snapshot, "workforce")
    assert grid.periods == ("2014-09", "2015-03", "2016-03", "2017-03", "2018-03", "2018-09")
    assert grid.gaps("kent") == (Gap("absent", "2017-03", "2017-03", NOT_LOADED),)
    assert grid.counts("surrey")["absent"] == 5


def test_the_census_has_no_years_between(tmp_path):
    rows = [("2011", "kent"), ("2021", "kent")]
    snapshot = lake_with(tmp_path / "lake", rows_of("ethnicity", "year force_id", rows))
    assert coverage(snapshot, "ethnicity").periods == ("2011", "2021")


def test_a_value_that_is_no_period_is_told_and_in_no_cell(tmp_path):
    rows = [("2011", "kent"), ("2012/13", "kent"), ("soon", "kent")]
    grid = coverage(
        lake_with(tmp_path / "lake", rows_of("population", "year force_id", rows)), "population"
    )
    assert grid.periods == ("2011",)
    assert grid.notes == (
        "the rows of '2012/13' are in no cell: that is no year",
        "the rows of 'soon' are in no cell: that is no year",
    )
    grants = rows_of("police_grant", "year force_id", [("2024-25", "kent")])
    grid = coverage(lake_with(tmp_path / "grants", grants), "police_grant")
    assert grid.periods == ()
    assert grid.notes == ("the rows of '2024-25' are in no cell: that is no financial-year",)


# --- rows without figures, parts of a file, statements


def test_lancashire_gave_no_arrests_for_2017_18(tmp_path):
    """The real file has 600 rows of it, all NA; the Home Office says why."""
    rows = [("2016/17", f, 5) for f in ("kent", "lancashire", "surrey")]
    rows += [("2017/18", "kent", 5), *[("2017/18", "lancashire", None)] * 2]
    rows += [("2017/18", "surrey", None), ("2017/18", "surrey", 0)]
    grid = coverage(
        lake_with(tmp_path / "lake", rows_of("arrests", "year force_id arrests", rows)), "arrests"
    )
    cell = grid.cells["lancashire", "2017/18"]
    assert (cell.status, "could not provide" in cell.reason) == ("absent", True)
    assert grid.cells["surrey", "2017/18"] == Cell("complete"), "a zero is a figure"
    assert grid.why_absent("lancashire", "2017/18") == cell.reason
    assert grid.why_absent("kent", "2017/18") == ""
    assert grid.why_absent("kent", "2018/19") == NOT_LOADED
    assert "leave out Greater Manchester" in grid.why_absent("greater-manchester", "2019/20")


def test_rows_without_any_figure_are_absent_though_nobody_says_why(excerpts):
    grid = coverage(excerpts, "severity")
    assert grid.cells["city-of-london", "2010"] == Cell("absent", "its row holds no figure")
    assert grid.cells["cleveland", "2010"] == Cell("complete")


def test_one_figure_of_two_is_a_part(tmp_path):
    rows = [("2006/07", "kent", 5, 1), ("2006/07", "surrey", 5, None)]
    rows += [("2007/08", "kent", 5, None), ("2007/08", "surrey", 5, None)]
    snapshot = lake_with(
        tmp_path / "lake", rows_of("searches", "year force_id searches arrests", rows)
    )
    grid = coverage(snapshot, "searches")
    assert grid.cells["surrey", "2006/07"] == Cell("partial", "no figure in arrests")
    assert grid.cells["surrey", "2007/08"] == Cell("complete"), "nobody has any"


def test_a_figure_that_is_always_there_is_enough_to_be_present(tmp_path):
    rows = [("2025-01", "kent", 100, None), ("2025-01", "surrey", 100, 7.5)]
    columns = "month force_id calls mean_seconds"
    snapshot = lake_with(tmp_path / "lake", rows_of("emergency_calls", columns, rows))
    cells = coverage(snapshot, "emergency_calls").cells
    assert cells["kent", "2025-01"] == Cell("partial", "no figure in mean_seconds")
    assert cells["surrey", "2025-01"] == Cell("complete")


def test_a_file_of_one_offence_group_is_a_part(tmp_path):
    groups = ("Robbery", "Theft offences", "Violence against the person")
    rows = [("2018-Q2", f, g) for f in ("kent", "surrey") for g in groups]
    rows += [("2018-Q3", f, groups[2]) for f in ("kent", "surrey")]
    snapshot = lake_with(
        tmp_path / "lake",
        rows_of(
            "crime_outcomes", "quarter force_id offence_group offences", [(*r, 1) for r in rows]
        ),
    )
    grid = coverage(snapshot, "crime_outcomes")
    assert grid.counts("kent") == {"complete": 1, "partial": 1, "absent": 0}
    assert grid.cells["kent", "2018-Q3"].reason == (
        "no row of the offence group Robbery, Theft offences, as nearly all others have"
    )


def test_a_value_that_a_change_of_definition_brought_is_not_missed_before(tmp_path):
    """Volunteers are in the workforce table from March 2018 on."""
    types = {m: ["police officer"] for m in ("2016-03", "2017-03", "2018-03", "2019-03")}
    types["2018-03"] = types["2019-03"] = ["police officer", "police support volunteer"]
    rows = [(m, f, t) for m, some in types.items() for f in ("kent", "surrey") for t in some]
    rows.remove(("2019-03", "surrey", "police support volunteer"))
    snapshot = lake_with(
        tmp_path / "lake", rows_of("workforce", "counted force_id worker_type", rows)
    )
    grid = coverage(snapshot, "workforce")
    assert {c for c, cell in grid.cells.items() if cell.status == "partial"} == {
        ("surrey", "2019-03")
    }


def test_a_value_is_missed_where_nearly_all_forces_have_it(tmp_path):
    columns = "quarter force_id offence_group offences"
    rows = [("2018-Q2", f.id, "Robbery", 1) for f in forces() if f.id != "surrey"]
    rows += [("2018-Q2", "surrey", "Theft offences", 1), ("2018-Q2", "kent", "Fraud offences", 1)]
    grid = coverage(
        lake_with(tmp_path / "lake", rows_of("crime_outcomes", columns, rows)), "crime_outcomes"
    )
    assert grid.totals == {"complete": 42, "partial": 1, "absent": 0}
    assert "Robbery" in grid.cells["surrey", "2018-Q2"].reason


def test_a_row_that_names_no_value_is_not_missed(tmp_path):
    rows = [("2016", f.id, "intelligence", 1.0) for f in forces()]
    rows += [("2016", f.id, None, 1.0) for f in forces() if f.id != "surrey"]
    columns = "year force_id function_group officers"
    snapshot = lake_with(tmp_path / "lake", rows_of("officers_by_function", columns, rows))
    assert coverage(snapshot, "officers_by_function").totals["complete"] == 43


def test_rows_win_over_a_statement_that_there_are_none(tmp_path):
    counts = {("greater-manchester", "2025-01"): {("Burglary", None): 1}}
    snapshot = lake_of(tmp_path / "lake", counts=counts).snapshot()
    cells = coverage(snapshot, "crime_counts").cells
    assert cells["greater-manchester", "2025-01"] == Cell("complete")


def test_a_part_that_is_stated_is_a_part(tmp_path):
    rows = [("2006/07", "staffordshire", 5), ("2006/07", "kent", 5)]
    for number, some in enumerate((rows, rows[1:])):
        made = rows_of("arrests", "year force_id arrests", some)
        cells = coverage(lake_with(tmp_path / str(number), made), "arrests").cells
        assert cells["kent", "2006/07"] == Cell("complete")
        stated = cells["staffordshire", "2006/07"]
        if some is rows:
            assert (stated.status, "complete arrests" in stated.reason) == ("partial", True)
        else:
            assert stated == Cell("absent", NOT_LOADED), "a part does not explain the whole"


def test_a_bad_row_of_a_file_of_many_forces_is_told_of_the_file(excerpts):
    """The last row of the real file of 2017/18 is NA in every column: it is nobody's."""
    grid = coverage(excerpts, "crime_outcomes")
    assert grid.notes == (
        "1 row is in quarantine of outcomes-open-data-2017-18.csv, of no force and period that can "
        "be told",
    )
    assert "quarantine" not in " ".join(cell.reason for cell in grid.cells.values())


# --- changes of definition


def test_a_change_of_definition_shows_the_step_in_the_data(tmp_path):
    rows = [("2017-03", "kent", 100), ("2017-03", "surrey", 50), ("2018-03", "kent", 130)]
    rows += [(month, "british-transport-police", 7) for month in ("2017-03", "2018-03")]
    snapshot = lake_with(
        tmp_path / "lake", rows_of("workforce", "counted force_id headcount", rows)
    )
    (found,) = coverage(snapshot, "workforce").changes
    assert found.change.id == "workforce-volunteers"
    assert (found.before, found.after) == ("2017-03", "2018-03")
    assert (found.sum_before, found.sum_after) == (100, 130), "Surrey has not both"


def test_a_change_of_some_forces_is_told_of_these(tmp_path):
    rows = [(y, f, 10) for y in ("2013/14", "2014/15") for f in ("kent", "surrey")]
    snapshot = lake_with(tmp_path / "lake", rows_of("arrests", "year force_id arrests", rows))
    (found,) = coverage(snapshot, "arrests").changes
    assert (found.change.forces, found.sum_after) == (("humberside", "surrey"), 10)


def test_months_in_which_a_change_lies_somewhere_are_on_neither_side(tmp_path):
    """Searches were reworded between July 2017 and June 2019; the files between do not tell."""
    grid = coverage(
        lake_with(
            tmp_path / "lake",
            rows_of(
                "stops", "month force_id", [(m, "kent") for m in ("2017-07", "2018-06", "2019-06")]
            ),
        ),
        "stops",
    )
    (found,) = grid.changes
    assert (found.before, found.after, found.sum_before) == ("2017-07", "2019-06", None)
    assert grid.cells["kent", "2018-06"] == Cell("complete"), "points are no figures"


def test_every_table_and_column_that_is_named_is_there():
    named = [(table, change) for change in changes() for table in change.tables]
    for table, change in named:
        columns = {c.name for c in contract(table).columns}
        assert not change.figure or change.figure in columns
        assert not change.columns or columns.intersection(change.columns)
    for table in {table for gap in stated_gaps() for table in gap.tables} | {t for t, _ in named}:
        assert whole_column(table) in {"", *(c.name for c in contract(table).columns)}
