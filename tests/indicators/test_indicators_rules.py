"""Observations of small lakes made for one rule each."""

import numpy as np
import pytest
from made_lakes import archive, counts_slice, lake_of, loaded

from openpeel import framework
from openpeel.errors import DefinitionError, LakeError, NotComputable
from openpeel.indicators import indicator, indicators, observe, observe_all, read_indicator
from openpeel.reference import Period
from openpeel.sources import contract

ASB = "Anti-social behaviour"


def old_archive(folder, last="2014-09"):
    """Street files with the wording of 2014: charges and evidential outcomes are told apart."""
    rows = {
        ("Burglary", "Awaiting court outcome"): 3,
        ("Burglary", "Offender sent to prison"): 2,
        ("Burglary", "Investigation complete; no suspect identified"): 10,
        ("Burglary", "Under investigation"): 4,
        ("Robbery", "Evidential difficulties; victim supports action"): 1,
        (ASB, ""): 7,
    }
    kent = ("kent", "Kent Police")
    return archive(
        folder / "old.zip",
        {(*kent, "2014-03"): rows, (*kent, last): {("Burglary", "Under investigation"): 5}},
    )


def test_charged_share_can_be_computed_from_the_older_wording(tmp_path):
    lake = loaded(tmp_path / "lake", old_archive(tmp_path))
    found = observe(lake.snapshot(), indicator("charged-share"))
    assert found.period.tolist() == ["2014-03", "2014-09"]
    assert found.numerator.tolist() == [5, 0]
    assert found.denominator.tolist() == [20, 5]
    assert found.value[0] == 0.25
    assert found.unresolved[0] == 0.2
    assert found.as_at.tolist() == ["2014-09", "2014-09"]
    assert found.reason[1].startswith("too young: 0 months old")
    supported = observe(lake.snapshot(), indicator("evidential-victim-supports-share"))
    assert supported.value[0] == 0.05


def test_the_same_rows_are_too_young_in_an_earlier_file(tmp_path):
    lake = loaded(tmp_path / "lake", old_archive(tmp_path, last="2014-08"))
    found = observe(lake.snapshot(), indicator("charged-share"))
    assert found.reason[0].startswith("too young: 5 months old")


def test_a_window_is_as_old_as_its_youngest_month(tmp_path):
    """A month fetched when it was new stays young, however late the others were fetched."""
    crime = {("Burglary", "Local resolution"): 10, ("Burglary", "Under investigation"): 10}
    lake = lake_of(tmp_path / "lake", counts={("kent", "2024-01"): crime}, as_at="2024-12")
    lake.replace([counts_slice("kent", "2024-02", crime, "2024-02")], "the newest month alone")
    definition = indicator("out-of-court-share")
    both = observe(lake.snapshot(), definition, Period.parse("2024-01/2024-02"))
    assert both.reason[0].startswith("too young: 0 months old")
    assert observe(lake.snapshot(), definition, Period.parse("2024-01")).value[0] == 0.5


@pytest.mark.parametrize(
    ("month", "year"),
    [("2003-05", "2001"), ("2005-01", "2007"), ("2004-12", "2007"), ("2030-01", "2007")],
)
def test_the_population_is_that_of_the_nearest_mid_year_the_later_of_two(tmp_path, month, year):
    """Mid-years 2001 and 2007: 2004 is as near to both, so the later counts."""
    lake = lake_of(
        tmp_path / "lake",
        counts={("kent", month): {("Burglary", None): 5}},
        population={"2001": {"kent": 1000}, "2007": {"kent": 2000}},
    )
    found = observe(lake.snapshot(), indicator("burglary-rate"))
    assert found.denominator_year.tolist() == [year]
    assert found.denominator.tolist() == [1000 if year == "2001" else 2000]


def test_a_window_takes_the_mid_year_nearest_its_middle(tmp_path):
    months = Period.parse("2004-07/2005-06").months
    lake = lake_of(
        tmp_path / "lake",
        counts={("kent", month): {("Burglary", None): 1} for month in months},
        population={"2004": {"kent": 1000}, "2005": {"kent": 2000}, "2006": {"essex": 1}},
    )
    found = observe(lake.snapshot(), indicator("burglary-rate"), Period.parse("2004-07/2005-06"))
    assert found.denominator_year.tolist() == ["2005"]
    assert found.value.tolist() == [12 / 2000 * 1000]


def test_a_force_whose_population_is_not_loaded_has_no_rate(tmp_path):
    lake = lake_of(
        tmp_path / "lake",
        counts={(f, "2024-01"): {("Burglary", None): 1} for f in ("kent", "essex")},
        population={"2020": {"essex": 1000}},
    )
    found = observe(lake.snapshot(), indicator("burglary-rate"))
    assert found.of("kent").reason.tolist() == ["no population of the force is loaded"]
    assert found.of("essex").value.tolist() == [1.0]


def test_a_table_that_is_not_loaded_is_named(tmp_path):
    lake = lake_of(tmp_path / "lake", counts={("kent", "2024-01"): {("Burglary", None): 1}})
    with pytest.raises(
        NotComputable, match=r"'Burglary .*': it needs population, which is not loaded"
    ):
        observe(lake.snapshot(), indicator("burglary-rate"))
    people = lake_of(tmp_path / "people", population={"2020": {"kent": 1}})
    with pytest.raises(NotComputable, match="crime_counts"):
        observe(people.snapshot(), indicator("burglary-rate"))


def test_nothing_to_divide_by_is_said(tmp_path):
    lake = lake_of(
        tmp_path / "lake", counts={("kent", "2024-01"): {(ASB, None): 3}}, as_at="2024-12"
    )
    found = observe(lake.snapshot(), indicator("no-suspect-share"))
    assert np.isnan(found.value[0])
    assert found.reason[0].startswith("nothing to divide by")


def own(folder, **keys):
    """An indicator from a file, with these keys as they stand in TOML."""
    given = {"polarity": '"none"', "polarity_why": '"x"', "unit": '"count"'} | keys
    text = "\n".join(f"{key} = {value}" for key, value in given.items())
    path = folder / "own.toml"
    path.write_text(
        'title = "Own"\nquestions = ["preventing-crime"]\ntable = "crime_counts"\n'
        f'why = "x"\nsource = "x"\n{text}\n',
        encoding="utf-8",
    )
    return read_indicator(path, contract)


def test_counts_and_means_have_no_population(tmp_path):
    counts = {("Burglary", None): 3, ("Robbery", None): 5}
    snapshot = lake_of(tmp_path / "lake", counts={("kent", "2024-01"): counts}).snapshot()
    count = observe(snapshot, own(tmp_path, numerator='"SUM(crimes)"'))
    assert (count.value[0], np.isnan(count.denominator[0])) == (8, True)
    keys = {"unit": '"mean"', "numerator": '"SUM(crimes)"', "denominator": '"COUNT(*)"'}
    assert observe(snapshot, own(tmp_path, **keys)).value[0] == 4


def test_a_share_whose_numerator_is_no_part_has_no_value(tmp_path):
    snapshot = lake_of(
        tmp_path / "lake", counts={("kent", "2024-01"): {("Burglary", None): 3}}
    ).snapshot()
    keys = {"unit": '"share"', "numerator": '"SUM(crimes)"', "denominator": '"COUNT(*)"'}
    found = observe(snapshot, own(tmp_path, **keys))
    assert np.isnan(found.value[0])
    assert found.reason[0].startswith("no share")


@pytest.mark.parametrize(
    ("sql", "error"),
    [('"SUM(month)"', LakeError), ('"MIN(month)"', DefinitionError)],
)
def test_a_definition_that_makes_no_number_is_named(tmp_path, sql, error):
    snapshot = lake_of(
        tmp_path / "lake", counts={("kent", "2024-01"): {("Burglary", None): 3}}, as_at="2024-12"
    ).snapshot()
    broken = own(tmp_path, unit='"mean"', numerator='"SUM(crimes)"', denominator=sql)
    with pytest.raises(error, match=r"'own' \(own\.toml\)"):
        observe_all(snapshot, [indicator("no-suspect-share"), broken])


CARRIED = indicators()


@pytest.mark.parametrize("name", CARRIED)
def test_a_carried_definition_tells_a_reader_all_of_it(name):
    made = CARRIED[name]
    ids = {question.id for question in framework.cycle("2023-25").questions}
    assert made.questions[0] in ids
    assert set(made.questions) <= ids | {"treatment-of-the-public", "good-use-of-resources"}
    assert made.caveats
    assert made.polarity_why.endswith(".")
    assert 1 <= made.why.rstrip(".").count(". ") + 1 <= 2, "two sentences"
    assert all(text.endswith(".") for text in (made.why, *made.caveats))


def test_no_two_carried_indicators_have_one_title():
    titles = [made.title for made in CARRIED.values()]
    assert len(set(titles)) == len(titles)


def test_what_people_decide_has_no_limits_and_no_direction_but_for_women():
    """Officers and money are decided; only that women are half of all has a better side."""
    decided = {"workforce", "officers_by_function", "police_grant"}
    for name, made in CARRIED.items():
        assert made.chance == (made.table not in decided)
        if not made.chance:
            assert (made.polarity == "none") != name.startswith("women-")


def test_a_rate_over_quarters_or_years_says_so_in_its_title():
    """A rate of three months beside one of a month or a year would mislead."""
    for made in CARRIED.values():
        period = contract(made.table).period
        assert period is not None
        if made.per_resident and made.chance and period.period != "month":
            assert period.period.replace("-", " ") in made.title


@pytest.mark.parametrize(
    "name",
    [
        "recorded-crime-quarterly-rate",
        "sexual-offences-quarterly-rate",
        "violence-with-injury-quarterly-rate",
        "stalking-and-harassment-quarterly-rate",
        "drug-trafficking-quarterly-rate",
        "searches-yearly-rate",
        "arrests-rate",
        "force-incidents-rate",
        "taser-rate",
        "crime-severity-score",
    ],
)
def test_what_reporting_recording_or_searching_moves_has_no_direction(name):
    assert CARRIED[name].polarity == "none"


def test_no_ratio_of_groups_has_a_direction():
    ratios = [made for made in CARRIED.values() if made.unit == "ratio"]
    assert {made.disparity.reference for made in ratios if made.disparity} == {"white"}
    assert {made.polarity for made in ratios} == {"none"}
