"""Numbers and words as people read them."""

import pytest

from openpeel.indicators import indicators
from openpeel.publish import words
from openpeel.publish.words import SIGNALS


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (6.2733, "rate", "6.27"),
        (82.0337, "rate", "82.0"),
        (1234.5, "rate", "1,234"),
        (0.0896, "rate", "0.090"),
        (0.0, "rate", "0"),
        (-0.05, "rate", "-0.050"),
        (0.3756, "share", "37.6\u00a0%"),
        (0.0366, "share", "3.7\u00a0%"),
        (0.0059, "share", "0.59\u00a0%"),
        (1, "share", "100\u00a0%"),
        (70535, "count", "70,535"),
        (None, "rate", "no figure"),
    ],
)
def test_amount(value, unit, said):
    assert words.amount(value, unit) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024-03-12", "12 March 2024"),
        ("2024-03", "March 2024"),
        ("2024", "2024"),
        ("", "date not known"),
    ],
)
def test_a_date_is_said_as_far_as_it_is_known(text, said):
    assert words.day(text) == said


@pytest.mark.parametrize(
    ("months", "said"),
    [
        (0, "less than a month old"),
        (1, "1 month old"),
        (11, "11 months old"),
        (24, "2 years old"),
        (25, "2 years and 1 month old"),
        (None, ""),
    ],
)
def test_age(months, said):
    assert words.age(months) == said


def test_the_direction_of_good_is_always_stated():
    for indicator in indicators().values():
        said = words.direction_why(indicator)
        if indicator.polarity == "none":
            assert said.startswith("neither more nor less is better: ")
            assert len(said) > 60
        else:
            assert said.startswith(f"{indicator.polarity} is better")


def test_every_signal_has_a_letter_and_words():
    assert {SIGNALS[r][0] for r in ("improvement", "concern", "neutral", "common")} == set("ICN–")
    assert all(said for _, said in SIGNALS.values())


def test_the_standing_line():
    assert words.standing("demo") == "Not published by HMICFRS. Published by: demo"
