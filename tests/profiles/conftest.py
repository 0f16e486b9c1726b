import csv
from importlib.resources import files

import pytest

from openpeel import framework


def read(name):
    with files("openpeel").joinpath(f"bundled/peel/{name}").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def grades():
    """The collected grades and the inferred ones as rows of the lake table `grades`."""
    collected = [
        dict(
            cycle=found.cycle_id,
            force_id=r["force"],
            scope=found.scope,
            question=found.question_id,
            grade=found.grade_id,
            status=r["status"].replace("_", "-"),
            basis="published",
            published=r["published"],
            source_title=r["source_title"],
            source_url=r["source_url"],
            note=r["note"],
            source_row=number,
        )
        for number, r in enumerate(read("grades.csv"), 2)
        for found in [framework.admit(r["cycle"], r["scope"], r["question"], r["grade"])]
    ]
    inferred = [
        dict(
            cycle=found.cycle_id,
            force_id=r["force"],
            scope="question",
            question=found.question_id,
            grade=found.grade_id,
            status="unknown",
            basis="inferred",
            published="",
            source_title="worked out",
            source_url="",
            note=r["reasoning"],
            source_row=number,
        )
        for number, r in enumerate(read("grades-inferred.csv"), 2)
        for found in [framework.admit(r["cycle"], "question", r["question"], r["grade"])]
    ]
    return collected + inferred


@pytest.fixture(scope="session")
def published_totals():
    return read("published-totals.csv")


@pytest.fixture(scope="session")
def findings():
    """The collected findings as rows of the lake table `findings`."""

    def ids(row):
        given = filter(None, map(str.strip, row["question"].split(";")))
        return ";".join(framework.cycle(row["cycle"]).subject(q).id for q in given)

    return [
        dict(
            force_id=r["force"],
            kind=r["kind"],
            cycle=framework.cycle(r["cycle"]).id if r["cycle"] else "",
            question=ids(r),
            date=r["date"],
            summary=r["summary"],
            source_title=r["source_title"],
            source_url=r["source_url"],
            source_row=number,
        )
        for number, r in enumerate(read("findings.csv"), 2)
    ]
