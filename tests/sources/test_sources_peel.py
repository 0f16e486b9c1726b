"""Published grades and findings: what the framework does not contain is not let in."""

from collections import Counter

import pytest

from openpeel.errors import LoadRefused
from openpeel.sources import load

GRADES = "cycle,force,scope,question,grade,status,published,source_title,source_url,note"
FINDINGS = "force,kind,cycle,question,date,summary,source_title,source_url"


def test_the_bundled_grades_and_findings_load_whole(lake, bundle, reconciles, rows_in):
    names = ["grades.csv", "grades-inferred.csv", "findings.csv"]
    report = reconciles(load(lake, [bundle[name] for name in names]))
    given = {name: len(rows_in(bundle[name].read_bytes())) for name in names}
    loaded = {file.file.rsplit("/", 1)[-1]: file.rows_loaded for file in report.files}
    assert loaded == given
    assert not report.refused
    grades = lake.snapshot().table("grades").to_pylist()
    assert Counter(row["basis"] for row in grades) == {"published": 1402, "inferred": 5}
    assert len({row["force_id"] for row in grades}) == 43
    assert {row["status"] for row in grades} == {"inspected", "carried-over", "unknown"}
    assert load(lake, [bundle[name] for name in names]).snapshot == 1


def test_a_row_is_where_its_source_row_says(lake, bundle, rows_in):
    load(lake, [bundle["grades.csv"]])
    given = rows_in(bundle["grades.csv"].read_bytes())
    for row in lake.snapshot().table("grades").to_pylist():
        line = given[row["source_row"] - 2]
        assert (row["force_id"], row["published"]) == (line["force"], line["published"])
        assert row["source_url"] == line["source_url"]


def test_the_invented_pillar_grades_of_2024_25_are_refused_with_the_reason(lake, put):
    invented = "".join(
        f"2024/25,cambridgeshire,pillar,{pillar},good,inspected,2025-01-01,Made up,,\n"
        for pillar in ("effectiveness", "efficiency", "legitimacy")
    )
    with pytest.raises(LoadRefused, match=r"no cycle '2024/25'. Known cycles: 2014, .*2023-25"):
        load(lake, [put("grades.csv", f"{GRADES}\n{invented}")])
    assert not lake.exists()


def _good_rows(bundle, count, cycle="2023-25"):
    lines = bundle["grades.csv"].read_text().splitlines()[1:]
    return [line for line in lines if line.startswith(f"{cycle},")][:count]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (
            "2024/25,kent,pillar,effectiveness,good,inspected,2025,x,,",
            "grade",
            "no cycle '2024/25'",
        ),
        ("2023-25,kent,pillar,effectiveness,good,inspected,2024,x,,", "grade", "no pillar grades"),
        ("2018/19,kent,pillar,legitimacy,adequate,inspected,2019,x,,", "grade", "adequate"),
        ("2018/19,kent,question,astrology,good,inspected,2019,x,,", "grade", "astrology"),
        ("2018/19,kent,pillars,legitimacy,good,inspected,2019,x,,", "grade", "scope"),
        ("2018/19,atlantis,pillar,legitimacy,good,inspected,2019,x,,", "force", "atlantis"),
        ("2018/19,btp,pillar,legitimacy,good,inspected,2019,x,,", "force", "btp"),
        ("2018/19,kent,pillar,legitimacy,good,guessed,2019,x,,", "status", "guessed"),
        ("2018/19,kent,pillar,legitimacy,good,inspected,2019-13,x,,", "published", "month"),
        ("2018/19,kent,pillar,legitimacy,good,inspected,last May,x,,", "published", "last May"),
        ("2018/19,kent,pillar,legitimacy,good", "", "too few columns"),
    ],
)
def test_one_bad_row_among_40_is_quarantined_with_its_reason(
    lake, put, bundle, reconciles, row, column, reason
):
    rows = _good_rows(bundle, 40)
    rows[20:20] = [row]
    path = put("grades.csv", "\n".join([GRADES, *rows]))
    (file,) = reconciles(load(lake, [path])).files
    assert (file.rows_read, file.rows_loaded, file.rows_quarantined) == (41, 40, 1)
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert (bad["line"], bad["column"], bad["text"]) == (22, column, row)
    assert reason in bad["reason"]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("kent,gossip,2018/19,,2019-05-02,x,x,", "kind", "gossip"),
        ("kent,afi,2024/25,,2019-05-02,x,x,", "cycle", "2024/25"),
        ("kent,afi,2018/19,astrology,2019-05-02,x,x,", "question", "astrology"),
        ("atlantis,afi,2018/19,,2019-05-02,x,x,", "force", "atlantis"),
        ("kent,afi,2018/19,,2019-02-30,x,x,", "date", "day"),
    ],
)
def test_one_bad_finding_among_40_is_quarantined(lake, put, bundle, row, column, reason):
    rows = bundle["findings.csv"].read_text().splitlines()[1:41]
    load(lake, [put("findings.csv", "\n".join([FINDINGS, *rows, row]))])
    (bad,) = lake.snapshot().table("quarantine").to_pylist()
    assert (bad["line"], bad["column"]) == (42, column)
    assert reason in bad["reason"]


def test_a_mended_row_leaves_the_quarantine_though_other_slices_are_as_before(lake, put, bundle):
    rows = _good_rows(bundle, 60)
    spoiled = [*rows[:-1], rows[-1].replace(",inspected,", ",guessed,")]
    assert spoiled != rows
    load(lake, [put("grades.csv", "\n".join([GRADES, *spoiled]))])
    assert lake.snapshot().rows("quarantine") == 1
    load(lake, [put("grades.csv", "\n".join([GRADES, *rows]))])
    assert lake.snapshot().rows("quarantine") == 0
    assert lake.snapshot().rows("grades") == 60
    assert all(
        held.rows_read == held.rows_loaded + held.rows_quarantined for held in lake.held().values()
    )


def test_inferred_grades_never_replace_published_ones(lake, bundle):
    load(lake, [bundle["grades.csv"]])
    before = lake.snapshot().rows("grades")
    load(lake, [bundle["grades-inferred.csv"]])
    assert lake.snapshot().rows("grades") == before + 5
