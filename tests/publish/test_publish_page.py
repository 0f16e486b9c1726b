"""A force's page: it stands by itself, every figure walks back, nothing is said that should not."""

import re
from dataclasses import replace

import pytest
from page_reading import faults, read_page

from openpeel.profiles.findings import Description
from openpeel.publish.page import Pages, force_page
from openpeel.publish.words import amount

STANDING = "Not published by HMICFRS. Published by: demo"
FORCES = ("cambridgeshire", "hampshire", "avon-and-somerset", "greater-manchester")


@pytest.mark.parametrize("name", FORCES)
def test_a_page_is_sound_and_needs_no_other(pages, name):
    html, page = pages[name]
    assert faults(page) == []
    assert html.startswith('<!doctype html>\n<html lang="en-GB">')
    assert "url(" not in re.sub(r"url\(#", "", html)
    assert "@import" not in html
    tags = [tag for tag, _ in page.attributes]
    assert {"header", "main", "footer", "nav", "title"} <= set(tags)
    assert page.links[0] == ("#main", "Skip to main content", False)
    assert len(html) < 1_500_000


@pytest.mark.parametrize("name", FORCES)
def test_a_page_says_who_published_it_and_from_what(pages, snapshot, name):
    _, page = pages[name]
    assert page.text.count(STANDING) == 2
    assert f"Made from snapshot {snapshot.id}, " in page.text
    assert "Open Government Licence v3.0" in page.text


def test_every_figure_links_to_its_trace(assessor, pages):
    _, page = pages["cambridgeshire"]
    rows = {a["id"] for tag, a in page.attributes if tag in ("tr", "p") and "id" in a}
    assert len(page.figures) > 400
    for href, _ in page.figures:
        assert href.startswith("#trace-")
        assert href[1:] in rows
    shown = set(page.figures)

    def said(value):
        return " ".join(amount(value, unit).split())

    for view in assessor.profile("cambridgeshire").indicators:
        name, unit = view.indicator.id, view.indicator.unit
        period = view.year.period.replace("/", "-to-")
        assert (f"#trace-{name}-{view.latest.period}", said(view.latest.value)) in shown
        assert (f"#trace-{name}-{period}", said(view.year.value)) in shown
        for point in view.trend.points:
            assert (f"#trace-{name}-{point.period}", said(point.value)) in shown


def test_no_number_that_should_be_a_figure_goes_without_a_link(pages):
    html, _ = pages["cambridgeshire"]
    cells = re.findall(r'<td class="number">(.*?)</td>', html)
    assert len(cells) > 200
    assert all(re.fullmatch(r'<a class="figure" href="#[^"]+">[^<]+</a>', cell) for cell in cells)


def test_a_trace_holds_the_whole_walk(pages):
    html, _ = pages["cambridgeshire"]
    row = re.search(r'<tr id="trace-shoplifting-rate-2025-06">.*?</tr>', html, re.DOTALL).group()
    for part in (
        "671 ÷ 859,830 × 1,000",
        "residents of mid-2020",
        "crime_counts, version 1",
        "slice 2025-06 / cambridgeshire",
        ">cambridgeshire-2025.zip<",
        "2025-06/2025-06-cambridgeshire-street.csv",
        "61b352a1c239080f72c61d7485698519a75345ffbbfe013ea08ab97989f153eb",
        "data.police.uk",
        "Open Government Licence v3.0",
    ):
        assert part in re.sub(r"\s+", " ", row), part
    assert "<code>shoplifting-rate.toml</code>" in html
    assert "pfa-population-2001-to-2020.csv" in html
    assert "SUM(CASE WHEN" in html


def test_no_machines_folder_is_published(pages):
    for html, _ in pages.values():
        assert "/src/openpeel" not in html
        assert "/tmp/" not in html


def test_compiled_counts_say_so_in_their_traces(pages):
    assert "counts that somebody compiled" in pages["hampshire"][0]
    assert "counts that somebody compiled" not in pages["cambridgeshire"][0]


def test_without_a_good_direction_no_signal_is_good_or_bad(assessor, pages):
    seen = 0
    for name in FORCES:
        html, _ = pages[name]
        for view in assessor.profile(name).indicators:
            if view.indicator.polarity != "none":
                continue
            block = re.search(
                rf'<div id="{view.indicator.id}">.*?</details>\n</div>', html, re.DOTALL
            ).group()
            assert "Neither more nor less is better: " in block
            row = re.search(
                rf'<tr><th scope="row"><a href="#{view.indicator.id}">.*?</tr>', html, re.DOTALL
            ).group()
            assert "neither more nor less is better" in row
            good_or_bad = r"icon-[CI]|concern|improvement|>[CI]</text>|>[CI]: "
            assert not re.search(good_or_bad, block + row)
            seen += "icon-N" in block
    assert seen


def test_greater_manchester_shows_as_not_published(pages):
    html, page = pages["greater-manchester"]
    assert page.figures == []
    assert page.svgs == []
    assert "has published no street-level crime since July 2019" in page.text
    assert "This page shows no figure." in html
    body = page.text.split("How to read this page")[1]
    assert not re.search(r"(?<![\d,.])0(?![\d,.])", body)


def test_worked_out_grades_are_marked(pages):
    html, _ = pages["cambridgeshire"]
    cycle = html[html.index("<summary>PEEL 2021/22") : html.index("<summary>PEEL 2018/19")]
    marked = re.findall(
        r'<span class="inferred">Adequate</span>\s*<small>worked out, not pub', cycle
    )
    assert len(marked) == 3
    newest = html[html.index("<summary>PEEL 2023") : html.index("<summary>PEEL 2021/22")]
    assert "worked out" not in newest


def test_progress_is_two_things(pages):
    text = " ".join(pages["cambridgeshire"][1].text.split())
    assert "Verified by the inspectorate Closed 9 December 2024" in text
    assert "Claimed by the force Not known" in text


def test_the_comparability_note_is_on_the_page(pages):
    assert "Not comparable with 2021-22: 2021-22 may not be compared" in pages["cambridgeshire"][0]


def test_what_a_source_says_cannot_become_markup(assessor):
    profile = assessor.profile("cambridgeshire")
    evil = Description(
        "2024", "<script>alert(1)</script>", "<b>title</b>", "javascript:alert(1)", 1
    )
    finding = replace(profile.findings[0], descriptions=(evil,))
    page = Pages(assessor).force(replace(profile, findings=(finding,), questions=()))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert not [href for href, _, _ in read_page(page).links if href.startswith("javascript")]


def test_a_force_may_be_named_as_anyone_spells_it(assessor, pages):
    assert force_page(assessor, "Greater Manchester Police") == pages["greater-manchester"][0]
