"""When cycles were inspected, what a complete set holds, and where a question was asked before."""

import re

import pytest

from openpeel import framework
from openpeel.errors import FrameworkError

PAST = ("2014", "2015", "2016", "2017", "2018-19", "2021-22", "2023-25")


@pytest.mark.parametrize("cycle", PAST)
def test_every_graded_part_of_a_past_cycle_has_a_month_of_fieldwork(cycle):
    known = framework.cycle(cycle)
    for part in (*known.pillars, *known.questions):
        if part.graded:
            found = framework.fieldwork(cycle, part.id)
            assert re.fullmatch(r"\d{4}-\d{2}", found.begins)
            assert found.source


def test_a_question_is_inspected_with_its_pillar():
    assert framework.fieldwork("2016", "legitimacy").begins == "2016-05"
    assert framework.fieldwork("2016", "effectiveness-preventing-crime").begins == "2016-09"
    assert framework.fieldwork("2025-27", "preventing-crime") is None


def test_a_complete_set_is_of_all_pillars_or_of_all_questions_of_one():
    pillars = {"effectiveness", "efficiency", "legitimacy"}
    assert framework.complete_set("2016", "legitimacy", "kent") == pillars
    asked = framework.complete_set("2017", "efficiency-using-resources", "kent")
    assert {q.id for q in framework.cycle("2017").questions_of("efficiency")} == asked


def test_a_complete_set_follows_the_version_used_for_the_force():
    first = framework.complete_set("2021-22", "preventing-crime", "suffolk")
    later = framework.complete_set("2021-22", "preventing-crime", "kent")
    assert first - later == {"supporting-victims"}
    assert later - first == set()
    assert len(later) == 8
    # What is graded only here and there is not missed, and belongs to its own set.
    assert "recording-data-about-crime" not in later
    own = framework.complete_set("2021-22", "recording-data-about-crime", "kent")
    assert own == later | {"recording-data-about-crime"}
    assert len(framework.complete_set("2023-25", "managing-offenders", "kent")) == 8


def test_indicators_of_later_questions_tell_about_earlier_ones():
    behind = framework.questions_behind("2018-19", "legitimacy-treating-the-public")
    assert {"treatment-of-the-public", "police-powers-and-public-treatment"} < behind
    of_pillar = framework.questions_behind("2018-19", "effectiveness")
    assert {"preventing-crime", "investigating-crime"} < of_pillar
    assert "developing-a-positive-workplace" not in of_pillar
    assert framework.questions_behind("2023-25", "managing-offenders") == {"managing-offenders"}


def test_what_the_framework_does_not_know_is_refused():
    for ask in (framework.fieldwork, framework.questions_behind):
        with pytest.raises(FrameworkError):
            ask("2016", "customer-satisfaction")
    with pytest.raises(FrameworkError):
        framework.complete_set("2024/25", "legitimacy", "kent")
