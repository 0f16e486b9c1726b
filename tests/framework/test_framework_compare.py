"""Which cycles may be compared, and the reasons for refusing."""

from itertools import combinations

import pytest

from openpeel import framework
from openpeel.errors import FrameworkError, NotComparable

ALLOWED = {("2015", "2016"), ("2016", "2017"), ("2017", "2018-19")}


def test_only_pairs_that_a_source_calls_comparable_may_be_compared():
    pairs = set(combinations([c.id for c in framework.cycles()], 2))
    for a, b in ALLOWED:
        assert framework.compare(a, b).pillars == ("effectiveness", "efficiency", "legitimacy")
    for a, b in pairs - ALLOWED:
        with pytest.raises(NotComparable, match=f"{a} may not be compared with {b}: ."):
            framework.compare(a, b)


def test_2016_with_2017_whichever_is_named_first():
    found = framework.compare("2017", "2016")
    assert (found.earlier, found.later) == ("2016", "2017")
    assert found.pillars == ("effectiveness", "efficiency", "legitimacy")
    assert "2016 stands" in found.caveats[0]
    question = "effectiveness: Investigating crime and reducing re-offending"
    assert framework.compare("2016", "2017", question) == found


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("2021/22", "2023-25", "some aspects of its questions changed"),
        ("2018/19", "2021/22", "new scale"),
        ("2014", "2015", "legitimacy was graded for the first time"),
        ("2016", "2023-25", "their scales differ, only one of them grades pillars"),
        ("2015", "2017", "no source that was read"),
        ("2023-25", "2025-27", "most of its framework was not read"),
    ],
)
def test_a_refusal_gives_its_reason(a, b, reason):
    with pytest.raises(NotComparable, match=reason):
        framework.compare(a, b)


def test_a_question_outside_what_is_comparable_is_refused():
    with pytest.raises(NotComparable, match="'efficiency: understanding demand' may not"):
        framework.compare("2016", "2017", "efficiency: understanding demand")
    with pytest.raises(NotComparable, match="'leadership' may not"):
        framework.compare("2015", "2016", "leadership")
    with pytest.raises(NotComparable, match="2021-22 may not be compared with 2023-25"):
        framework.compare("2021-22", "2023-25", "responding to the public")
    with pytest.raises(FrameworkError, match="2016 has no question or pillar"):
        framework.compare("2016", "2017", "responding to the public")


def test_within_a_cycle_what_is_graded_may_be_compared():
    found = framework.compare("2021-22", "2021/22", "supporting victims")
    assert found.caveats == ("Not graded in every force of 2021-22: supporting-victims.",)
    with pytest.raises(NotComparable):
        framework.compare("2023-25", "2023-25", "supporting victims")
