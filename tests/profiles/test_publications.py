"""Publications from the records, read back from the lake: what stands, and what stood before."""

import pytest
from published_lakes import (
    CONCERN,
    FIRST,
    KEY,
    RECOMMENDED,
    finding,
    judgments,
    published_lake,
    put,
    whole,
)  # fmt: skip

from openpeel.errors import FrameworkError
from openpeel.lake import Lake
from openpeel.profiles.findings import resolve
from openpeel.profiles.publications import publications

ASK = "responding-to-the-public"


def read(lake, collected=()):
    return publications(lake.snapshot(), collected)


def only(lake, collected=()):
    (of,) = read(lake, collected).values()
    (made,) = of
    return made


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def test_a_publication_is_shown_with_all_that_stands_beside_it(lake):
    put(lake, KEY, whole())
    made = only(lake)
    assert (made.slug, made.kind, made.force_id) == (
        "cambridgeshire-2023-25", "inspection", "cambridgeshire",
    )  # fmt: skip
    (version,) = made.versions
    assert (version.number, version.kind, version.publisher) == (1, "publication", "an example")
    assert (version.vintages, version.snapshot) == ((1, 3), 1)
    # In the order of the framework, by the labels of its scale.
    assert [(g.question, g.label) for g in version.judgments] == [
        ("recording-data-about-crime", "Good"), (ASK, "Adequate"),
    ]  # fmt: skip
    assert [(f.kind, f.text) for f in made.findings] == [
        ("cause-of-concern", CONCERN),
        ("recommendation", RECOMMENDED),
        ("notable-practice", "A good thing."),
    ]
    assert {(f.claimed, f.verified) for f in made.findings} == {("in-progress", "published")}
    assert [s.side for s in made.statements] == ["inspectorate", "force"]
    assert (made.response.comments, made.response.chief_officer) == ("We agree.", "So do I.")
    assert [(a.recommendation, a.accepted) for a in made.response.answers] == [(RECOMMENDED, True)]


def test_a_lake_without_such_tables_has_none(snapshot):
    assert publications(snapshot, ()) == {}


def test_a_correction_tells_what_stood_before_and_another_force_changes_nothing_of_it(lake):
    put(lake, KEY, whole())
    put(lake, "kent.2023-25", {"judgments": judgments(force_id="kent")})
    new = judgments(FIRST | {ASK: "inadequate"}, number=2, kind="correction", reason="a slip")
    assert put(lake, KEY, {"judgments": new}) == 3
    (made,) = read(lake)["cambridgeshire"]
    told = [(v.number, v.kind, v.reason, v.snapshot) for v in made.versions]
    assert told == [(2, "correction", "a slip", 3), (1, "publication", "", 1)]
    grades = [{g.question: g.grade for g in v.judgments}[ASK] for v in made.versions]
    assert grades == ["inadequate", "adequate"]
    # At the vintage before, it is as it was then.
    (then,) = publications(lake.snapshot(2), ())["cambridgeshire"]
    assert [v.number for v in then.versions] == [1]
    assert len(read(lake)["kent"]) == 1


def test_a_retraction_shows_no_grade_of_any_version_until_it_is_corrected(lake):
    put(lake, KEY, whole())
    put(lake, KEY, {"judgments": judgments(number=2, kind="correction", reason="a slip")})
    gone = judgments(dict.fromkeys(FIRST, ""), number=3, kind="retraction", reason="wrong force")
    empty = {name: [] for name in whole()}
    put(lake, KEY, empty | {"judgments": gone})
    made = only(lake)
    assert made.retracted
    assert [(v.kind, v.judgments, v.taken_back) for v in made.versions] == [
        ("retraction", (), False), ("correction", (), True), ("publication", (), True),
    ]  # fmt: skip
    assert (made.findings, made.statements, made.response) == ((), (), None)
    put(lake, KEY, whole(number=4, kind="correction", reason="the right force"))
    made = only(lake)
    assert not made.retracted
    assert [len(v.judgments) for v in made.versions] == [2, 0, 0, 0]


def test_a_publication_that_was_made_twice_is_one_version(lake):
    # A kill came between lake and records, and the next day it was published again.
    put(lake, KEY, whole())
    put(lake, KEY, whole(published_on="2024-03-13"))
    put(lake, KEY, whole(number=2, kind="correction", reason="a slip"))
    told = [(v.number, v.published_on, v.snapshot) for v in only(lake).versions]
    assert told == [(2, "2024-03-12", 3), (1, "2024-03-13", 2)]


def test_a_correction_whose_former_version_another_lake_holds_stands_alone(lake):
    put(lake, KEY, whole(number=2, kind="correction", reason="a slip"))
    assert [v.number for v in only(lake).versions] == [2]


def test_an_accelerated_concern_stands_ahead_of_its_report(lake):
    rows = [
        finding("recommendation", "Now.", recommendation_of="Risk."),
        finding("accelerated_cause_of_concern", "Risk.", published_on="2024-02-01"),
        finding("cause_of_concern", "Another."),
    ]
    put(lake, KEY, {"judgment_findings": rows})
    made = only(lake)
    assert (made.kind, made.versions) == ("ahead", ())
    assert [f.text for f in made.findings] == ["Risk.", "Now.", "Another."]
    assert made.published_on == "2024-03-12"


def test_a_thematic_finding_stands_with_each_force_that_it_is_addressed_to(tmp_path):
    found = read(published_lake(tmp_path / "lake"))
    (kent,) = found["kent"]
    assert (kent.kind, kent.title, kent.slug) == ("thematic", "On all", "kent-thematic-7")
    assert [f.text for f in kent.findings] == ["Look again."]
    # The newest first; what is of Kent is not told of Cambridgeshire.
    assert [p.key for p in found["cambridgeshire"]] == [KEY, "thematic.7"]


def collected(closed=""):
    row = {"force_id": "cambridgeshire", "cycle": "2023-25", "question": ASK, "source_title": "A"}
    row |= {"source_url": "https://example.org", "source_row": 1, "summary": CONCERN}
    rows = [row | {"kind": "cause-of-concern", "date": "2024-03-12"}]
    if closed:
        rows.append(row | {"kind": "cause-of-concern-closed", "date": closed, "summary": "Closed."})
    return resolve(rows)[0]


@pytest.mark.parametrize(
    ("state", "closed", "told_again"),
    [
        ({"claimed_state": "not-known"}, "", False),
        ({"claimed_state": "complete"}, "", True),
        ({"claimed_state": "not-known", "verified_state": "revisit"}, "", True),
        # Closed there and here; closed here alone.
        (
            {"claimed_state": "not-known", "verified_state": "closed", "closed_on": "2024-12-09"},
            "2024-12-09",
            False,
        ),
        (
            {"claimed_state": "not-known", "verified_state": "closed", "closed_on": "2024-12-09"},
            "",
            True,
        ),
    ],
)
def test_what_was_taken_over_is_not_told_twice(lake, state, closed, told_again):
    rows = [finding("cause_of_concern", CONCERN, **state)]
    taken = {"judgments": judgments(reason="taken over"), "judgment_findings": rows}
    put(lake, KEY, taken)
    made = only(lake, collected(closed))
    assert made.taken_over
    assert made.versions[0].judgments == ()
    assert bool(made.findings) is told_again
    # Once it is corrected it says something of its own.
    put(lake, KEY, taken | {"judgments": judgments(number=2, kind="correction", reason="a slip")})
    made = only(lake, collected(closed))
    assert [len(v.judgments) for v in made.versions] == [2, 2]
    assert len(made.findings) == 1


def test_findings_say_of_when_they_are(lake):
    put(lake, KEY, whole())
    then = lake.held()["judgment_findings", "", KEY].loaded_at[:10]
    assert only(lake).as_of == then


def test_a_grade_that_the_cycle_does_not_have_is_refused(lake):
    put(lake, KEY, {"judgments": judgments({ASK: "splendid"})})
    with pytest.raises(FrameworkError, match="splendid"):
        read(lake)
