"""Signals on every face: what is said, what it rests on, and what is never said."""

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from made_lakes import lake_of, monthly_counts
from page_reading import faults, read_page

from openpeel.monitoring import Signal
from openpeel.profiles import Assessor
from openpeel.publish import page as pages_module
from openpeel.publish.charts import period_chart
from openpeel.publish.data import profile_data
from openpeel.publish.page import Pages, force_page
from openpeel.publish.sentences import anchor_of, chance, marks, sentence, suggestion
from openpeel.publish.terminal import profile_text
from openpeel.reference import Period, force


def run(name, first, last, factor):
    return {(name, str(m)): factor for m in Period.of_run(first, last).months}


PLANTED = (
    run("kent", "2025-12", "2026-09", 1.6)
    | run("essex", "2025-04", "2025-09", 1.8)
    | run("dorset", "2023-10", "2026-09", 6)
    | run("surrey", "2026-07", "2026-09", 0)
)
FORCES = ("kent", "essex", "dorset", "surrey", "cumbria")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    counts, people = monthly_counts(PLANTED)
    lake = lake_of(tmp_path_factory.mktemp("signals") / "lake", counts=counts, population=people)
    return Assessor(lake.snapshot(), publisher="demo", today=date(2026, 11, 21))


@pytest.fixture(scope="module")
def shown(made):
    """Pages of a site, as text and as read; charts, most of the time, on those of two forces."""
    pages = Pages(made, site=True)
    texts = {f"forces/{f}.html": pages.force(made.profile(f)) for f in FORCES[:2]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages_module, "period_chart", lambda *_: "")
        texts |= {f"forces/{f}.html": pages.force(made.profile(f)) for f in FORCES[2:]}
    texts["signals.html"] = pages.signals()
    return {name: (text, read_page(text)) for name, text in texts.items()}


def words(page):
    return re.sub(r"\s+", " ", page.text)


def test_every_page_is_sound_and_its_figures_walk_back(shown):
    for name, (html, page) in shown.items():
        assert faults(page) == [], name
        assert "nan" not in re.findall(r"\w+", html.lower()), name
        rows = {a["id"] for tag, a in page.attributes if tag in ("tr", "p") and "id" in a}
        inside = {href[1:] for href, _ in page.figures if href.startswith("#")}
        assert inside <= rows, name


def test_the_links_of_the_page_of_signals_lead_to_what_they_name(shown):
    _, page = shown["signals.html"]
    links = [href for href, _, _ in page.links if href.startswith("forces/")]
    assert {href.partition("#")[0] for href in links} == {
        f"forces/{f}.html" for f in FORCES if f != "cumbria"
    }
    for href in links:
        name, _, fragment = href.partition("#")
        assert fragment in shown[name][1].ids, href


def test_a_signal_stands_near_the_top_with_all_it_rests_on(made, shown):
    html, page = shown["forces/kent.html"]
    (shift,) = [s for s in made.watch.of("kent") if s.indicator == "burglary-rate"]
    assert html.index('id="data"') < html.index('id="signals"') < html.index('id="burglary-rate"')
    part = words(page)[words(page).index("Signals that survived testing") :]
    assert sentence(shift).replace("\u00a0", " ") in part
    for said in (shift.convention, chance(shift), "At most 1 in 10", "Nothing is set by itself."):
        assert said in part
    assert f">{suggestion(shift)}</pre>" in html
    links = [href for href, _ in page.figures]
    assert links.count(f"#{anchor_of(shift)}") >= 3
    trace = re.search(rf'<p id="{anchor_of(shift)}">(.*?)</p>', html, re.DOTALL).group(1)
    assert f"p {shift.p:.2g}" in trace
    assert f"{shift.value:.6g}" in trace


def test_the_onset_is_on_the_chart_in_its_text_and_in_its_table(made, shown):
    (shift,) = [s for s in made.watch.of("kent") if s.indicator == "burglary-rate"]
    html, _ = shown["forces/kent.html"]
    block = re.search(r'<div id="burglary-rate">.*?</details>', html, re.DOTALL).group()
    assert block.count(">S</text>") == 1
    (mark,) = marks([shift])
    assert f"Marked {mark.said}, in Dec 2025." in block
    row = re.search(r'<tr><th scope="row">Dec 2025</th>.*?</tr>', block, re.DOTALL).group()
    assert mark.said in row
    html, _ = shown["forces/essex.html"]
    block = re.search(r'<div id="burglary-rate">.*?</details>', html, re.DOTALL).group()
    assert (block.count(">S</text>"), block.count(">R</text>")) == (1, 1)


def test_the_interval_of_an_onset_is_drawn_where_it_is_wider_than_a_month(made):
    view = next(v for v in made.profile("kent").indicators if v.indicator.id == "burglary-rate")
    (shift,) = view.signals
    drawn = {}
    for last in ("2025-12", "2026-03"):
        seen = replace(shift, onset_earliest="2025-12", onset_latest=last)
        svg = period_chart(replace(view, signals=(seen,)), "Kent", "k")
        drawn[last] = re.findall(r'<line [^>]*x2="([^"]+)"[^>]*stroke-width="4"', svg)
    assert not [x for x in drawn["2025-12"] if abs(float(x)) > 0]
    assert [x for x in drawn["2026-03"] if abs(float(x)) > 0]
    assert period_chart(replace(view, signals=()), "Kent", "k").count(">S</text>") == 0


def test_none_is_said_as_none_with_how_many_tests(made, shown):
    view = made.profile("cumbria").signals
    assert (view.signals, view.beyond) == ((), 0)
    assert view.tests > 5
    said = words(shown["forces/cumbria.html"][1])
    assert f"None, from {view.tests} tests of this force" in said
    assert "What did not stand out from chance is not thereby shown to be well." in said
    text = " ".join(profile_text(made.profile("cumbria")).split())
    assert f"Signals that survived testing: none, of {view.tests} tests of this force." in text


def test_the_page_of_signals_is_no_league_table(made, shown):
    _, page = shown["signals.html"]
    said = words(page)
    assert "This is no league table" in said
    assert "What is not tested, and why" in said
    places = [said.index(sentence(s).replace("\u00a0", " ")) for s in made.watch.signals]
    assert places == sorted(places)
    assert not re.search(r"\b(rank|best|worst)\b", said)


def test_the_terminal_tells_them_in_80_columns(made):
    for name in FORCES:
        text = profile_text(made.profile(name))
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 80
        for signal in made.watch.of(name):
            assert sentence(signal).replace("\u00a0", " ") in " ".join(text.split())


def test_the_json_of_a_profile_has_its_signals(made):
    for name in FORCES:
        data = profile_data(made.profile(name))
        json.dumps(data, allow_nan=False)
        told = data["signals"]
        assert told["tests_of_all_forces"] == made.watch.tests
        assert [s["q"] for s in told["signals"]] == [s.q for s in made.watch.of(name)]
        assert all(s["force"] == name and s["sentence"] for s in told["signals"])


def test_a_page_alone_needs_no_site(made):
    page = read_page(force_page(made, "kent"))
    assert faults(page) == []
    assert not [href for href, _, _ in page.links if "signals.html" in href]


def told(**more):
    """A signal of made numbers, for its words."""
    given = {
        "force_id": "kent", "indicator": "burglary-rate", "table": "crime_counts", "kind": "shift",
        "direction": "up", "reading": "concern", "period": "2026-09", "value": 0.26,
        "usual": 0.16, "statistic": 1.0, "p": 0.001, "convention": "made up",
    }  # fmt: skip
    return Signal(**(given | more))


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        (
            told(onset="2025-12", onset_earliest="2025-11", onset_latest="2026-01"),
            "rose from Dec 2025, which is the worse way; likely onset Nov 2025 to Jan 2026. 0.26 "
            "in an average month since then, where 0.16 would have been usual.",
        ),
        (
            told(kind="surge", onset="2025-12", onset_earliest="2025-11", onset_latest="2026-01",
                 back="2026-05", back_earliest="2026-05", back_latest="2026-05"),
            "rose from Dec 2025 (likely Nov 2025 to Jan 2026) and was back by May 2026, which is "
            "the worse way. 0.26 in an average month of that time, where 0.16 would have been",
        ),
        (
            told(kind="breach", indicator="emergency-calls-within-10-seconds-share", value=0.825,
                 usual=0.9, direction="down"),
            "999 calls answered within 10 seconds, Kent: 82.5 % in September 2026, below the "
            "standard of 90.0 %, which is the worse way.",
        ),
        (
            told(kind="outlier", period="2025-10/2026-09", reading="neutral", direction="down"),
            "0.26 over the 12 months to September 2026, far below the usual 0.16 of forces.",
        ),
        (
            told(kind="data-quality", trouble="step", onset="2025-12", reading="neutral"),
            "rose from 0.16 to 0.26 in an average month where its definition changed in Dec 2025; "
            "figures before and after are not of the same thing.",
        ),
        (
            told(kind="data-quality", trouble="revision", period="2025-01/2025-12"),
            "its figure for the 12 months to December 2025 was revised from 0.16 to 0.26 in an "
            "average month, unlike those of other forces.",
        ),
        (
            told(kind="data-quality", trouble="gap", indicator="", onset="2026-07", value=3.0,
                 usual=None),
            "Kent is missing from Jul 2026 to Sep 2026, having been there before.",
        ),
    ],
)  # fmt: skip
def test_each_kind_has_its_sentence(signal, words):
    assert words in sentence(signal).replace("\u00a0", " ")
    assert force("kent").short in sentence(signal)
