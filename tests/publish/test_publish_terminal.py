"""The terminal's text: width, wording, and what must never be said."""

import re
from dataclasses import replace

import pytest

from openpeel.profiles import comparison, trace
from openpeel.publish.terminal import comparison_text, profile_text, trace_text
from openpeel.reference import forces

STANDING = "Not published by HMICFRS. Published by: demo"


@pytest.fixture(scope="module")
def profiles(assessor):
    return {f.id: assessor.profile(f.id) for f in forces()}


def test_no_line_is_wider_than_80_columns_and_all_is_ascii(profiles):
    for name, profile in profiles.items():
        for verbose in (False, True):
            text = profile_text(profile, verbose=verbose)
            assert text.isascii(), name
            assert max(map(len, text.splitlines())) <= 80, name
            assert STANDING in text
            assert f"snapshot {profile.snapshot}, " in text.splitlines()[0]


def test_cambridgeshire_holds_its_grades_its_cause_of_concern_and_its_closure(profiles):
    text = profile_text(profiles["cambridgeshire"])
    for line in (
        r"PEEL 2023-25, published 12 March 2024 +not comparable with 2021-22 \(why: -v\)",
        r"  Police powers and public treatment +Outstanding",
        r"  Preventing crime +Good",
        r"  Responding to the public +Inadequate",
        r"  Investigating crime +Adequate",
        r"  Protecting vulnerable people +Adequate",
        r"  Managing offenders and suspects +Inadequate",
        r"  Developing a positive workplace +Good",
        r"  Leadership and force management +Requires improvement",
        r"Findings: 1 cause of concern, closed 9 December 2024; .*",
        r"    Shoplifting per 1,000 residents +Dec 2025 11 mo +0\.58 .*",
    ):
        assert re.search(rf"^{line}$", text, re.MULTILINE), line
    last = text.splitlines()[-1]
    assert re.fullmatch(r"Next: openpeel trace cambridgeshire [a-z-]+ 2025-\d\d", last)


def test_verbose_says_why_cycles_are_not_comparable(profiles):
    text = " ".join(profile_text(profiles["cambridgeshire"], verbose=True).split())
    assert "the same grade word does not mean the same thing" in text
    assert "Neither more nor less is better: recorded numbers move with" in text
    assert "verified by the inspectorate: closed; claimed by the force: not known" in text


def test_a_grade_that_was_worked_out_is_never_shown_as_published(profiles):
    text = profile_text(profiles["cambridgeshire"], verbose=True)
    cycle = text[text.index("PEEL 2021/22") : text.index("PEEL 2018/19")]
    assert re.search(
        r"  Managing offenders and suspects +Adequate \(worked out, not publish", cycle
    )
    assert cycle.count("(worked out") == 3
    assert "9 questions, 3 of them worked out" in profile_text(profiles["cambridgeshire"])


def test_a_superseded_grade_says_what_it_was(profiles):
    text = " ".join(profile_text(profiles["northamptonshire"]).split())
    assert "Requires improvement (was Adequate, 16 February 2024; published 8 August" in text


def test_greater_manchester_is_not_published_and_never_zero(profiles):
    text = profile_text(profiles["greater-manchester"])
    assert "has published no" in text
    assert "absent Jan 2025 to Dec 2025" in text
    assert not re.search(r"(?<![\d,.])0(?![\d,])", text)


def test_without_a_good_direction_no_signal_is_good_or_bad(profiles):
    seen = 0
    for profile in profiles.values():
        text = profile_text(profile)
        neutral = re.findall(r"Neither more nor less is better.*?\n\n", text, re.DOTALL)
        seen += sum("signal N" in block for block in neutral)
        for block in neutral:
            assert not re.search(r"concern|improvement|worse|signal [CI]", block)
    assert seen > 3


def test_doubtful_months_are_named(profiles):
    text = " ".join(profile_text(profiles["hampshire"]).split())
    assert "Doubtful: Aug 2025, kept out of limits and comparisons" in text


def test_counts_of_no_publisher_say_so(profiles):
    assert "counts that somebody compiled" in profile_text(profiles["bedfordshire"])
    assert "counts that somebody compiled" not in profile_text(profiles["cambridgeshire"])


def test_a_conflict_is_shown_as_a_conflict(profiles):
    profile = profiles["cambridgeshire"]
    first = profile.cycles[0]
    claims = tuple(profiles["northamptonshire"].cycles[0].judgments[3].earlier) * 2
    torn = replace(first.judgments[0], grade=None, label="Sources disagree", conflict=claims)
    view = replace(first, judgments=(torn, *first.judgments[1:]))
    text = profile_text(replace(profile, cycles=(view, *profile.cycles[1:])))
    assert "Sources disagree (sources say Adequate / Adequate)" in " ".join(text.split())


def test_comparison_stands_in_the_order_of_names(assessor):
    for name in ("burglary-rate", "no-suspect-share", "violence-and-sexual-offences-rate"):
        text = comparison_text(comparison(assessor, name))
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 80
        assert STANDING in text
        places = [text.index(f"\n  {force.short} ") for force in forces()]
        assert places == sorted(places)
        assert re.search(r"Greater Manchester +- +\w", text)
        assert "is better." in text


def test_trace_walks_to_a_file_and_its_checksum(snapshot):
    text = trace_text(trace(snapshot, "cambridgeshire", "shoplifting-rate", "2025-06"), "demo")
    assert max(map(len, text.splitlines())) <= 80
    assert STANDING in text
    assert "671 / 859,830 residents of mid-2020" in text
    assert "2025-06/2025-06-cambridgeshire-street.csv" in text
    assert "61b352a1c239080f72c61d7485698519a75345ffbbfe013ea08ab97989f153eb" in text
    assert "SELECT" in text
