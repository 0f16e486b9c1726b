"""Definitions: a mistake in a file is named, and a file alone makes an indicator."""

import os
from datetime import date
from importlib.resources import files

import pytest

from openpeel.errors import DefinitionError, NotKnown
from openpeel.indicators import Standard, indicator, indicators, observe, read_indicator
from openpeel.sources import contract

SOUND = {
    "title": '"Vehicle crime as a share of crime"',
    "questions": '["preventing-crime"]',
    "table": '"crime_counts"',
    "numerator": "\"SUM(CASE WHEN crime_type = 'Vehicle crime' THEN crimes END)\"",
    "denominator": "\"SUM(CASE WHEN crime_type <> 'Anti-social behaviour' THEN crimes END)\"",
    "unit": '"share"',
    "polarity": '"lower"',
    "polarity_why": '"Fewer thefts are better."',
    "standard": '[{ from = 2006-01-01, value = 0.9, source = "a" }, '
    '{ from = 2020-01-01, value = 1, source = "b" }]',
    "why": '"It shows what prevention reaches."',
    "caveats": '["Made up."]',
    "source": '"nobody"',
    "unresolved": '"SUM(crimes)"',
    "matures": "6",
    "merged": '[{ column = "outcome", value = "Mixed", hides = "two things" }]',
}


def write(folder, name="made-up", **changes):
    """A definition file: the sound one with keys changed, or left out where None."""
    keys = {k: v for k, v in (SOUND | changes).items() if v is not None}
    path = folder / f"{name}.toml"
    path.write_text("\n".join(f"{k} = {v}" for k, v in keys.items()), encoding="utf-8")
    return path


def read(path):
    return read_indicator(path, contract)


def test_a_sound_file_is_read_whole(tmp_path):
    made = read(write(tmp_path))
    assert (made.id, made.file, made.unit, made.per) == ("made-up", "made-up.toml", "share", 1)
    assert made.questions == ("preventing-crime",)
    assert made.matures == 6
    assert made.merged[0].hides == "two things"
    assert not made.per_resident
    assert made.standard_on(date(2005, 12, 31)) is None
    assert made.standard_on(date(2006, 1, 1)) == Standard(date(2006, 1, 1), 0.9, "a")
    assert made.standard_on(date(2026, 1, 1)) == Standard(date(2020, 1, 1), 1.0, "b")


def test_a_rate_is_of_residents_per_thousand_unless_it_says_otherwise(tmp_path):
    rate = {"unit": '"rate"', "denominator": '"population"'}
    assert read(write(tmp_path, **rate)).per == 1000
    assert read(write(tmp_path, **rate, per="100000")).per == 100_000
    assert read(write(tmp_path, **rate)).per_resident
    assert not read(write(tmp_path, unit='"rate"')).per_resident


@pytest.mark.parametrize(
    "key", ["title", "questions", "table", "numerator", "unit", "polarity", "why", "source"]
)
@pytest.mark.parametrize("value", [None, '""', '"  "'])
def test_a_needed_key_that_is_missing_or_empty_is_named(tmp_path, key, value):
    path = write(tmp_path, **{key: value})
    with pytest.raises(DefinitionError) as refused:
        read(path)
    assert str(path) in str(refused.value)
    assert f"lacks {key}" in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", "3"),
        ("title", r'"red \u001b[31m"'),
        ("caveats", r'["nul \u0000"]'),
        ("against", '{ period = "2017/18", why = "the table is by month" }'),
        ("why", "[]\n[why]\nx = 1"),
        ("source", "true"),
        ("source", "1979-05-27"),
        ("questions", '"preventing-crime"'),
        ("questions", "[1]"),
        ("questions", '["no-such-question"]'),
        ("questions", '["Preventing crime"]'),
        ("table", "1"),
        ("table", '"no_such_table"'),
        ("table", '"population"'),
        ("table", '"grades"'),
        ("numerator", "1"),
        ("numerator", '"SUM(no_such_column)"'),
        ("numerator", '"MEDIAN(crimes)"'),
        ("denominator", None),
        ("denominator", "5"),
        ("denominator", '"population"'),
        ("denominator", '"crimes"'),
        ("unit", '"odds"'),
        ("unit", "[]\n[[unit]]"),
        ("polarity", '"up"'),
        ("per", "1000"),
        ("polarity_why", "1"),
        ("standard", '"0.9"'),
        ("standard", "[0.9]"),
        ("standard", '[{ value = 0.9, source = "a" }]'),
        ("standard", '[{ from = "2006-01-01", value = 0.9, source = "a" }]'),
        ("standard", '[{ from = 2006-01-01T00:00:00, value = 0.9, source = "a" }]'),
        ("standard", '[{ from = 2006-01-01, value = "0.9", source = "a" }]'),
        ("standard", '[{ from = 2006-01-01, value = true, source = "a" }]'),
        ("standard", '[{ from = 2006-01-01, value = nan, source = "a" }]'),
        ("standard", "[{ from = 2006-01-01, value = 0.9 }]"),
        ("standard", '[{ from = 2006-01-01, value = 0.9, source = "a", to = 2007-01-01 }]'),
        ("caveats", '"Made up."'),
        ("caveats", "[1]"),
        ("caveats", '[""]'),
        ("unresolved", '"COUNT(DISTINCT outcome)"'),
        ("matures", '"six"'),
        ("matures", "6.5"),
        ("matures", "-1"),
        ("matures", "true"),
        ("merged", '"Mixed"'),
        ("merged", '["Mixed"]'),
        ("merged", '[{ column = "outcome", value = "Mixed" }]'),
        ("merged", '[{ column = "outcome", value = 1, hides = "two" }]'),
        ("merged", '[{ column = "result", value = "Mixed", hides = "two" }]'),
        ("merged", '[{ column = "outcome", value = "Mixed", hides = "two", why = "x" }]'),
    ],
)
def test_a_wrong_value_is_refused_with_file_and_key(tmp_path, key, value):
    if value and value.startswith("[]\n"):
        path = write(tmp_path, **{key: None})
        path.write_text(path.read_text() + "\n" + value.removeprefix("[]\n"))
    else:
        path = write(tmp_path, **{key: value})
    with pytest.raises(DefinitionError) as refused:
        read(path)
    said = str(refused.value)
    assert said.startswith(f"{path}: ")
    assert key in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"numeratr": '"SUM(crimes)"'}, "no such key: numeratr"),
        ({"polarity": '"none"', "polarity_why": None}, "say why in polarity_why"),
        ({"unit": '"count"'}, "denominator: a count has none"),
        ({"unit": '"rate"', "per": "0"}, "per must be a whole number of at least 1"),
        ({"unit": '"rate"', "per": "1000.0"}, "per must be a whole number"),
        ({"unit": '"mean"', "denominator": '"population"'}, "only a rate is per resident"),
        ({"questions": '["Preventing crime"]'}, "write 'preventing-crime'"),
    ],
)
def test_what_does_not_go_together_is_said(tmp_path, changes, said):
    with pytest.raises(DefinitionError, match=said):
        read(write(tmp_path, **changes))


def test_a_file_that_is_no_definition_is_refused(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("title = ", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"broken\.toml: not valid TOML"):
        read(broken)
    broken.write_bytes(b"title = '\xff'")
    with pytest.raises(DefinitionError, match=r"broken\.toml could not be read"):
        read(broken)
    with pytest.raises(DefinitionError, match=r"absent\.toml could not be read"):
        read(tmp_path / "absent.toml")
    with pytest.raises(DefinitionError, match="the file's name is the indicator's id"):
        read(write(tmp_path, name="Made Up"))


def test_matures_needs_a_table_that_tells_the_age(tmp_path):
    with pytest.raises(DefinitionError, match="matures: table 'crimes' has no as_at"):
        read(write(tmp_path, table='"crimes"', numerator='"COUNT(*)"', denominator='"COUNT(*)"'))


def test_a_file_alone_makes_an_indicator_and_a_change_to_it_counts(tmp_path, monkeypatch, snapshot):
    monkeypatch.setenv("OPENPEEL_INDICATORS", str(tmp_path))
    path = write(tmp_path, merged=None, matures=None)
    made = indicator("made-up")
    found = observe(snapshot, made).of("cambridgeshire")
    assert len(found) == 12
    assert ((found.value > 0) & (found.value < 0.2)).all()

    write(tmp_path, merged=None, matures=None, title='"Another title"')
    os.utime(path, ns=(1, 1))  # a change within the clock's resolution
    assert indicator("made-up").title == "Another title"
    path.unlink()
    with pytest.raises(NotKnown, match="There is no indicator 'made-up'"):
        indicator("made-up")


def test_a_file_of_the_same_name_takes_the_place_of_a_carried_one(tmp_path, monkeypatch):
    carried = len(indicators())
    monkeypatch.setenv("OPENPEEL_INDICATORS", str(tmp_path))
    write(tmp_path, name="burglary-rate")
    assert indicator("burglary-rate").title == "Vehicle crime as a share of crime"
    assert len(indicators()) == carried
    assert list(indicators()) == sorted(indicators())


def test_a_folder_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENPEEL_INDICATORS", str(tmp_path / "absent"))
    with pytest.raises(DefinitionError, match=r"OPENPEEL_INDICATORS names .*absent"):
        indicators()


def test_an_unknown_indicator_suggests():
    with pytest.raises(NotKnown, match=r"Did you mean .*shoplifting-rate"):
        indicator("shoplifting")


# DESIGN and the brief of the project: no better-or-worse reading of these without a reason.
@pytest.mark.parametrize(
    "name",
    [
        "all-crime-rate",
        "violence-and-sexual-offences-rate",
        "anti-social-behaviour-rate",
        "drugs-rate",
        "possession-of-weapons-rate",
        "public-order-rate",
        "no-outcome-yet-share",
    ],
)
def test_what_recording_and_searching_move_has_no_direction(name):
    assert indicator(name).polarity == "none"


def test_every_carried_definition_says_what_a_reader_needs():
    for path in (files("openpeel.indicators") / "definitions").iterdir():
        made = read_indicator(path, contract)
        assert made.caveats, made.id
        assert made.source, made.id
        assert made.polarity_why, made.id
        assert made.why.endswith("."), made.id


def test_shares_of_crimes_wait_for_outcomes_and_show_what_is_unresolved():
    crimes = [made for made in indicators().values() if made.table == "crime_counts"]
    shares = [made for made in crimes if made.unit == "share"]
    assert shares
    for made in shares:
        assert made.matures == 6
        assert made.unresolved is not None


def test_at_least_fifteen_have_a_value_for_cambridgeshire_in_2025(assessor):
    year = [v for v in assessor.profile("cambridgeshire").indicators if v.year]
    assert len([v for v in year if v.year.value is not None and "2025" in v.year.period]) >= 15
