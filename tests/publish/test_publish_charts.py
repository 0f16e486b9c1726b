"""Charts: gaps, signals and doubts drawn, and all of it in words."""

import re
from dataclasses import replace

from openpeel.profiles import comparison
from openpeel.publish.charts import comparison_chart, period_chart


def view_of(assessor, force, indicator):
    profile = assessor.profile(force)
    return next(v for v in profile.indicators if v.indicator.id == indicator)


def described(svg):
    return re.search(r"<desc[^>]*>(.*?)</desc>", svg).group(1)


def test_the_line_is_broken_at_gaps(assessor):
    whole = period_chart(view_of(assessor, "cambridgeshire", "burglary-rate"), "C", "k")
    torn = period_chart(view_of(assessor, "avon-and-somerset", "burglary-rate"), "A", "k")

    def lines(svg):
        return [d for d in re.findall(r'<path d="([^"]*)" stroke="#0b0c0c"', svg)]

    assert len(lines(whole)) == 1
    assert lines(whole)[0].count("L") == 11
    assert sum(line.count("L") for line in lines(torn)) == 3
    assert "Gaps: May 2025, Jun 2025, Jul 2025, Aug 2025, Oct 2025, Nov 2025." in described(torn)


def test_signals_are_letters_and_words(assessor):
    svg = period_chart(view_of(assessor, "cambridgeshire", "shoplifting-rate"), "C", "k")
    assert svg.count(">C</text>") == 8
    assert svg.count(">I</text>") == 4
    assert "Sep 2025 to Dec 2025 I, below the lower limit" in described(svg)
    neutral = period_chart(view_of(assessor, "cambridgeshire", "drugs-rate"), "C", "k")
    assert ">N</text>" in neutral
    assert not re.search(">[CI]</text>", neutral)


def test_doubtful_months_are_marked(assessor):
    svg = period_chart(view_of(assessor, "hampshire", "burglary-rate"), "H", "k")
    assert svg.count(">?</text>") == 1
    assert "Doubtful, and not part of the limits: Aug 2025." in described(svg)


def test_ids_are_unique_by_key_and_text_is_escaped(assessor):
    view = view_of(assessor, "cambridgeshire", "burglary-rate")
    one, two = (period_chart(view, "A & <B>", key) for key in ("one", "two"))
    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (one, two)]
    assert not ids[0] & ids[1]
    assert "A &amp; &lt;B&gt;" in one


def test_a_view_without_a_trend_has_no_chart(assessor):
    view = view_of(assessor, "cambridgeshire", "burglary-rate")
    assert period_chart(replace(view, trend=None), "C", "k") == ""


def test_the_comparison_stands_in_the_order_of_names(assessor):
    found = comparison(assessor, "burglary-rate")
    svg = comparison_chart(found, "k")
    names = re.findall(r">([A-Z][^<>]+)</text>", svg)
    assert names == [f.force.short for f in found.forces]
    assert svg.count(">no figure</text>") == len(found.lacking) > 0
    above = [f.force.short for f in found.forces if f.value is not None and f.outside > 0]
    assert f"Above their 95 % limits: {', '.join(above)}." in described(svg)
    assert svg.count(">above</text>") == len(above) > 0
