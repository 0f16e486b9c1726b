"""From collected findings to findings and events: joined, closed, or state not known."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpeel.profiles import findings as findings_of

RSO = "https://example.org/release"


@pytest.fixture(scope="module")
def resolved(findings):
    return findings_of.resolve(findings)


def row(kind="cause_of_concern", question="managing-offenders", date="", url=RSO, **changes):
    return {
        "force_id": "kent",
        "kind": kind,
        "cycle": "2023-25",
        "question": question,
        "date": date,
        "summary": "a summary",
        "source_title": "a source",
        "source_url": url,
        "source_row": 2,
    } | changes


def concerns(found, force):
    return [f for f in found[0] if (f.force_id, f.kind) == (force, "cause-of-concern")]


def test_cambridgeshire_has_one_concern_closed_and_three_others_not_known(resolved):
    mine = [f for f in resolved[0] if (f.force_id, f.cycle) == ("cambridgeshire", "2023-25")]
    assert Counter((f.kind, f.state, f.closed) for f in mine) == {
        ("cause-of-concern", "closed", "2024-12-09"): 1,
        ("finding", "not known", ""): 3,
        ("notable-practice", "none", ""): 1,
    }
    (concern,) = concerns(resolved, "cambridgeshire")
    assert (concern.date, concern.questions) == ("2024-03-12", ("managing-offenders",))
    assert (concern.verified, concern.claimed) == ("closed", "not known")
    assert [e.kind for e in concern.closures] == ["cause-of-concern-closed"]
    assert "letter, 9 December 2024" in concern.closures[0].descriptions[0].source_title


def test_nottinghamshire_concern_told_by_two_sources_is_one(resolved):
    mine = {f.questions: f for f in concerns(resolved, "nottinghamshire")}
    investigating = mine[("investigating-crime",)]
    assert len(investigating.descriptions) == 2
    assert (investigating.date, investigating.closed) == ("2024-01", "2025-05-22")
    # One closure names two questions and closes a concern on each.
    assert mine[("leadership-and-force-management",)].closed == "2025-04"
    assert mine[("preventing-crime",)].closed == "2025-04"
    assert len(mine) == 3


def test_west_midlands_two_concerns_of_one_source_stay_two(resolved):
    mine = [f for f in concerns(resolved, "west-midlands") if "managing-offenders" in f.questions]
    assert len(mine) == 2
    assert {f.state for f in mine} == {"not known"}


def test_gloucestershire_closure_alone_shows_that_there_was_a_concern(resolved):
    (concern,) = concerns(resolved, "gloucestershire")
    assert (concern.date, concern.closed, concern.state) == ("", "2023", "closed")


def test_words_in_a_summary_change_no_state(resolved):
    cheshire = [f for f in resolved[0] if f.force_id == "cheshire"]
    assert any("discharged by" in f.descriptions[0].summary for f in cheshire)
    assert {f.state for f in cheshire} == {"not known"}


def test_engage_entries_and_exits_are_events_told_once(resolved):
    events = [e for e in resolved[1] if e.kind.startswith("engage")]
    assert Counter(e.kind for e in events) == {"engage-entry": 10, "engage-exit": 10}
    (entry, left) = [e for e in events if e.force_id == "devon-and-cornwall"]
    assert (entry.date, left.date) == ("2022-10-14", "2025-07-30")
    assert {d.date for d in entry.descriptions} == {"2022", "2022-10-14"}
    assert "managing-offenders" in entry.questions
    (_, west_midlands) = [e for e in events if e.force_id == "west-midlands"]
    assert (west_midlands.date, len(west_midlands.descriptions)) == ("2024-09-18", 2)


def test_no_collected_row_is_lost(findings, resolved):
    told = {d.source_row for entry in (*resolved[0], *resolved[1]) for d in entry.descriptions}
    assert told == {r["source_row"] for r in findings}
    assert Counter(f.kind for f in resolved[0]) == {
        "afi": 27,
        "cause-of-concern": 21,
        "finding": 4,
        "notable-practice": 1,
    }


def test_a_closure_that_could_mean_two_concerns_closes_neither():
    rows = [
        row(summary="offenders in the community"),
        row(summary="offenders online"),
        row("cause_of_concern_closed", date="2025-01-01"),
    ]
    found, events = findings_of.resolve(rows)
    assert [(f.state, f.closures) for f in found] == [("not known", ())] * 2
    assert len(events) == 1


def test_a_closure_closes_what_was_raised_before_it_alone():
    rows = [
        row(date="2024-01-01"),
        row("cause_of_concern_closed", date="2024-12-09"),
        row(date="2025-06-01", url="https://example.org/later"),
    ]
    found, _ = findings_of.resolve(rows)
    assert [(f.date, f.closed) for f in found] == [("2024-01-01", "2024-12-09"), ("2025-06-01", "")]
    again = row("cause_of_concern_closed", date="2026-01-01")
    found, _ = findings_of.resolve([*rows, again])
    assert [f.closed for f in found] == ["2024-12-09", "2026-01-01"]


@pytest.mark.parametrize(
    "changes",
    [
        {"force_id": "essex"},
        {"cycle": "2021-22"},
        {"question": "preventing-crime"},
        {"question": ""},
    ],
)
def test_a_closure_of_something_else_closes_nothing(changes):
    closure = row("cause_of_concern_closed", date="2025-01-01", **changes)
    found, _ = findings_of.resolve([row(date="2024-01-01"), closure])
    states = {(f.force_id, f.cycle, f.questions): f.state for f in found}
    assert states[("kent", "2023-25", ("managing-offenders",))] == "not known"
    assert len(found) == 2


def test_two_dates_of_one_closure_are_both_shown():
    rows = [
        row(date="2024-01-01"),
        row("cause_of_concern_closed", date="2025-04-02"),
        row("cause_of_concern_closed", date="2025-05-22", url="https://example.org/other"),
    ]
    (concern,), events = findings_of.resolve(rows)
    assert concern.closed == "2025-04-02"
    assert concern.closures == events


def test_areas_for_improvement_of_one_question_stay_apart_unless_in_the_same_words():
    rows = [
        row("afi", summary="one"),
        row("afi", summary="two", url="https://example.org/other"),
        row("afi", summary="Two ", url=RSO),
    ]
    found, _ = findings_of.resolve(rows)
    assert sorted(len(f.descriptions) for f in found) == [1, 2]


def test_an_event_whose_date_could_mean_two_days_stays_apart():
    dates = ["2022-03-01", "2022-10-14", "2022", "2022-10"]
    rows = [row("engage_entry", "", date, source_row=n) for n, date in enumerate(dates)]
    _, events = findings_of.resolve(rows)
    told = {e.date: sorted(d.date for d in e.descriptions) for e in events}
    assert told == {
        "2022-03-01": ["2022-03-01"],
        "2022-10-14": ["2022-10", "2022-10-14"],
        "2022": ["2022"],
    }


made_up = st.builds(
    row,
    kind=st.sampled_from(["cause_of_concern", "cause_of_concern_closed", "afi", "engage_exit"]),
    question=st.sampled_from(["", "preventing-crime", "managing-offenders;preventing-crime"]),
    date=st.sampled_from(["", "2024", "2024-03", "2024-03-12", "2024-12-09"]),
    url=st.sampled_from(["https://example.org/1", "https://example.org/2"]),
    summary=st.sampled_from(["one", "two"]),
    source_row=st.integers(2, 9),
)


@given(st.lists(made_up, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_and_no_row_is_lost(rows, random):
    found = findings_of.resolve(rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert findings_of.resolve(shuffled) == found
    told = {d for entry in (*found[0], *found[1]) for d in entry.descriptions}
    assert {(d.date, d.summary, d.source_url, d.source_row) for d in told} == {
        (r["date"], r["summary"], r["source_url"], r["source_row"]) for r in rows
    }


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_collected_rows_does_not_matter(findings, random):
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert findings_of.resolve(shuffled) == findings_of.resolve(findings)
