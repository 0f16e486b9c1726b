"""A cycle is a data file: a made-up one loads from its file alone, a wrong one is refused."""

import pytest

from openpeel import framework
from openpeel.errors import DefinitionError, FrameworkError, NotComparable

MADE_UP = """
id = "2031"
title = "A made-up cycle"
aliases = ["2031/32"]
confidence = "unconfirmed"
sources = ["nobody"]

[[grades]]
id = "fine"
label = "Fine"
meaning = "Made up."
confidence = "unconfirmed"

[[grades]]
id = "poor"
label = "Poor"
meaning = "Made up."
confidence = "unconfirmed"

[[pillars]]
id = "welcome"
name = "Welcome"
graded = true
confidence = "unconfirmed"

[[versions]]
id = "first"
title = "First"
published = "2031-01"
forces = ["kent"]
confidence = "unconfirmed"

[[versions]]
id = "second"
title = "Second"
confidence = "unconfirmed"

[[questions]]
id = "opening-doors"
name = "Opening doors"
pillar = "welcome"
graded = ["first"]
aliases = ["welcome: doors"]
confidence = "unconfirmed"

[[questions.characteristics]]
id = "1"
text = "Doors open."
confidence = "unconfirmed"
"""


def write(folder, text, name="2031.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_made_up_cycle_loads_from_its_file_alone(tmp_path):
    cycle = framework.load_cycle(write(tmp_path, MADE_UP))
    admitted = framework.admit(cycle, "question", "Welcome: Doors", "FINE")
    assert admitted == framework.Admitted("2031", "question", "opening-doors", "fine")
    assert cycle.question("opening-doors").graded_in == ("first",)
    assert cycle.version_for("kent").id == "first"
    assert cycle.version_for("essex").id == "second"
    assert cycle.starts == "2031-01"
    with pytest.raises(FrameworkError, match=r"2031 has no grade 'good'\. It has: fine, poor"):
        framework.admit(cycle, "pillar", "welcome", "good")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('title = "A made-up cycle"\n', "", "title: is missing"),
        ('id = "2031"', 'id = "next"', "id: is 'next'"),
        ('id = "2031"', "id = 2031", "id: must be a text, not 2031"),
        ("aliases = [", "alias = [", "alias: is not a key"),
        ('aliases = ["2031/32"]', 'aliases = "2031/32"', "aliases: must be a list of texts"),
        ('aliases = ["2031/32"]', "aliases = [2031]", "aliases: must be a list of texts"),
        ('published = "2031-01"', 'published = "soon"', r"versions\[first\].published: is 'soon'"),
        ('pillar = "welcome"', 'pillar = "wlcome"', r"questions\[opening-doors\].pillar"),
        ('graded = ["first"]', 'graded = ["third"]', r"questions\[opening-doors\].graded: names"),
        ('graded = ["first"]', 'graded = "yes"', "graded: must be true or false"),
        ('label = "Poor"', 'label = "Fine"', "grades: 'Fine' means both 'fine' and 'poor'"),
        ('label = "Poor"', 'label = " "', r"grades\[poor\].label: is empty"),
        ('label = "Poor"', 'label = "Not graded"', "grades: 'not-graded' means both"),
        ('id = "poor"', 'id = "fine"', "grades: the id 'fine' is there twice"),
        ('id = "poor"', 'id = "Poor One"', r"id: is 'Poor One'; use small letters"),
        ('forces = ["kent"]\n', "", "versions: only one may leave out `forces`"),
        ('text = "Doors open."\n', "", r"characteristics\[1\].text: is missing"),
        ('confidence = "unconfirmed"', 'confidence = "sure"', "confidence: is 'sure'"),
        ("[[grades]]", "[[marks]]", "grades: is missing"),
        ("[[grades]]", "[[grades", "cannot be read as TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_key(tmp_path, old, new, complaint):
    assert old in MADE_UP
    path = write(tmp_path, MADE_UP.replace(old, new))
    with pytest.raises(DefinitionError, match=complaint) as refused:
        framework.load_cycle(path)
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DefinitionError, match=r"none\.toml: cannot be read"):
        framework.load_cycle(tmp_path / "none.toml")


def test_a_folder_of_ones_own_adds_cycles_and_replaces_them(tmp_path, monkeypatch):
    write(tmp_path, MADE_UP)
    write(tmp_path, MADE_UP.replace('"2031"', '"2025-27"').replace("2031/32", "25"), "mine.toml")
    monkeypatch.setenv("OPENPEEL_CYCLES", str(tmp_path))
    assert framework.cycle("2031/32").title == "A made-up cycle"
    assert [q.id for q in framework.cycle("2025-27").questions] == ["opening-doors"]
    with pytest.raises(NotComparable, match="no source"):
        framework.compare("2025-27", "2031")


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ('cycles = ["2017", "2016"]\nallowed = false', "cycles: must name two cycles"),
        ('cycles = ["2016", "2017"]\nallowed = true', "allowed: needs the pillars or questions"),
        (
            'cycles = ["2016", "2017"]\nallowed = true\nquestions = ["opening-doors"]',
            "2016 has no question 'opening-doors'",
        ),
        (
            'cycles = ["2015", "2016"]\nallowed = true\npillars = ["leadership"]',
            "2015 does not grade",
        ),
    ],
)
def test_a_wrong_comparison_is_refused(tmp_path, monkeypatch, rule, complaint):
    text = f'[[comparisons]]\n{rule}\nreason = "made up"\nconfidence = "unconfirmed"\n'
    write(tmp_path, text, "comparisons.toml")
    monkeypatch.setenv("OPENPEEL_CYCLES", str(tmp_path))
    with pytest.raises(DefinitionError, match=complaint):
        framework.compare("2016", "2017")


def test_a_comparison_of_ones_own_replaces_the_bundled_one(tmp_path, monkeypatch):
    text = (
        '[[comparisons]]\ncycles = ["2016", "2017"]\nallowed = false\nreason = "we disagree"\n'
        'confidence = "unconfirmed"\n'
    )
    write(tmp_path, text, "comparisons.toml")
    monkeypatch.setenv("OPENPEEL_CYCLES", str(tmp_path))
    with pytest.raises(NotComparable, match="we disagree"):
        framework.compare("2016", "2017")


def test_two_cycles_may_not_share_a_name(tmp_path, monkeypatch):
    write(tmp_path, MADE_UP.replace("2031/32", "2018/19"))
    monkeypatch.setenv("OPENPEEL_CYCLES", str(tmp_path))
    with pytest.raises(DefinitionError, match="'2018/19' already means 2018-19"):
        framework.cycles()
    monkeypatch.setenv("OPENPEEL_CYCLES", str(tmp_path / "none"))
    with pytest.raises(DefinitionError, match="is no folder"):
        framework.cycles()
