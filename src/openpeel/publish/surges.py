"""Surges of a force in words, as data for JSON, and as plain text.

What is found is a question to ask, and what is not found is no answer: the words say what the
series could have shown, and never that somebody who saw a surge did not see one.
"""

from collections.abc import Iterator
from math import isfinite
from typing import Any

from openpeel.monitoring.surge_search import ALPHA, MANY
from openpeel.monitoring.surging import REACH, Surge, SurgeReport, SurgeSeries
from openpeel.publish.columns import ends, plain, row, said
from openpeel.publish.words import count, many, vintage, when
from openpeel.reference import Period
from openpeel.sources import contract

Data = dict[str, Any]

SURE = 0.1
"""Up to this q a surge is said to stand out from all the series that were looked at."""
_SHOWN = 8  # periods of a series in plain text


def surge_data(report: SurgeReport) -> Data:
    """The report for JSON: no NaN; what has no number is null, and its series has a `reason`."""
    return {
        "force": report.force.id,
        "force_name": report.force.name,
        "snapshot": report.snapshot.id,
        "created": report.snapshot.entry.created,
        "around": None if report.around is None else str(report.around),
        "after": None if report.after is None else str(report.after),
        "series": [_series_data(report, s) for s in report.series],
        "lacking": [{"indicator": n, "reason": why} for n, why in report.lacking.items()],
        "sentences": list(_sentences(report)),
        "caveats": list(_caveats(report)),
    }


def surge_text(report: SurgeReport) -> str:
    """The report as plain text of 80 columns."""
    lines = ends(
        f"{report.force.name}: surges", vintage(report.snapshot.id, report.snapshot.entry.created)
    )
    lines += ["Not published by HMICFRS.", ""]
    for sentence in _sentences(report):
        lines += said(sentence, 0, 2)
    lines += _all_lines(report)
    lines += ["", "What this can and cannot show"]
    for caveat in _caveats(report):
        lines += said(f"- {caveat}", 0, 2)
    by_reason: dict[str, list[str]] = {}
    unjudged = {s.indicator.id: s.reason for s in report.series if s.reason}
    for name, why in (unjudged | report.lacking).items():
        by_reason.setdefault(why, []).append(name)
    if by_reason:
        lines += ["", "Not judged"]
        for why, names in by_reason.items():
            lines += said(f"- {many(len(names), 'series', 'series')}: {why}.", 0, 2)
    return plain(lines)


def _all_lines(report: SurgeReport) -> Iterator[str]:
    """Every series with its counts and sentence; what is quiet, and not asked about, in a table."""
    judged = _judged(report)
    quiet = [s for s in judged if s.verdict == "none" and not s.surges and not report.around]
    told = [s for s in judged if all(s is not q for q in quiet)]
    header: tuple[str, ...] = ()
    if told:
        yield from ("", "Counts by period")
    for series in told:
        shown = _shown(series)
        if shown != header:
            header = shown
            yield from ("", "  " + "".join(f"{when(p):>9}" for p in shown))
        at = [series.periods.index(p) for p in shown]
        yield from said(series.indicator.title)
        numbers = [_number(series.counts[i]) for i in at]
        yield "  " + "".join(f"{'-' if n is None else count(n):>9}" for n in numbers)
        yield from said(_says(report, series), 4)
    if quiet:
        yield from ("", "No surge stands out from chance in", "")
        yield from said(
            "highest: the count over what is expected; least: the smallest surge that would have "
            "stood out 4 times of 5",
            2,
        )
        yield f"  {'':44}{'highest':>8} {'in':<10}{'p':>6}{'least':>8}"
    for series in quiet:
        least = f"{series.smallest:.2f}" if isfinite(series.smallest) else "-"
        ratio = f"{series.ratio:.2f}" if isfinite(series.ratio) else "-"
        numbers_at = f"{ratio:>8} {when(series.at):<10}{_chance(series.p):>6}{least:>8}"
        yield from row(series.indicator.title, numbers_at, 2, 46)


def _series_data(report: SurgeReport, series: SurgeSeries) -> Data:
    best = min(series.asked, key=lambda s: s.p, default=None)
    return {
        "indicator": series.indicator.id,
        "title": series.indicator.title,
        "table": series.indicator.table,
        "period": series.indicator.period.period,
        "periods": list(series.periods),
        "counts": [_number(x) for x in series.counts],
        "expected": [_number(x) for x in series.expected],
        "values": [_number(x) for x in series.values],
        "values_reason": series.values_reason,
        "verdict": series.verdict,
        **_surge_data(best),
        "surges": [{**_surge_data(s), "p": _number(s.p)} for s in series.surges],
        "recurrences": [s.rise for s in series.recurrences],
        "at": series.at or None,
        "ratio": _number(series.ratio),
        "rank": series.rank or None,
        "of": series.of or None,
        "method": "surges" if series.dated else "one-against-rest",
        "p": _number(series.p),
        "q": _number(series.q),
        "detectable": _number(series.smallest),
        "dispersion": _number(series.dispersion),
        "memory": series.memory,
        "others": series.others,
        "own_season": series.seasonal,
        "reason": _reason(series),
        "sentence": f"{series.indicator.title}: {_says(report, series)}",
    }


def _surge_data(surge: Surge | None) -> Data:
    """Dates and height; null where no surge is called."""
    dates = ("rise", "rise_earliest", "rise_latest", "back", "back_earliest", "back_latest")
    heights = ("height", "height_low", "height_high")
    made: Data = {name: getattr(surge, name, None) for name in dates}
    return made | {name: _number(getattr(surge, name, None)) for name in heights}


def _reason(series: SurgeSeries) -> str:
    """Why numbers are null; '' where none is."""
    if series.reason:
        return series.reason
    made = []
    if series.verdict != "surge":
        made.append("no surge is called, so it has no dates and no height")
    elif not all(isfinite(s.height) for s in series.asked):
        made.append("nothing is usual, so the height has no limit")
    if not isfinite(series.ratio):
        made.append("nothing was counted in its other periods, so there is no ratio")
    elif not series.rank:
        made.append("no other force has a ratio to rank it among")
    if not isfinite(series.smallest):
        made.append("no surge, whatever its size, would have stood out")
    return "; ".join(made)


def _sentences(report: SurgeReport) -> Iterator[str]:
    """What all series together say."""
    judged = _judged(report)
    called = [s for s in judged if s.verdict == "surge"]
    held = f"{many(len(report.series), 'series', 'series')} of {report.force.short}"
    if report.around:
        holds = "holds" if len(report.series) == 1 else "hold"
        yield f"{held} {holds} {_holding(report)}."
    else:
        yield f"{held}: the newest stretch that is loaded of each table."
    asked = _asked(report)
    if called:
        sure = [s for s in called if s.q <= SURE]
        yield (
            f"A surge{asked} is called in {len(called)} of {len(judged)}; "
            f"q is at most {SURE} for {len(sure) or 'none'} of them: "
            f"{'; '.join(s.indicator.title for s in called)}."
        )
    elif judged:
        yield (
            f"No rise with its return{asked} stands out from chance in "
            f"{many(len(judged), 'series', 'series')}. That does not speak against anybody who saw "
            "one: the next lines and the notes say what these series could have shown."
        )
    back = [
        f"{s.indicator.title} ({when(s.surges[0].rise)}, then "
        f"{', '.join(when(again.rise) for again in s.recurrences)})"
        for s in called
        if s.recurrences
    ]
    if back:
        yield f"A surge came back after an earlier one had returned: {'; '.join(back)}."
    sizes = sorted((s for s in judged if isfinite(s.smallest)), key=lambda s: s.smallest)
    if sizes:
        least, most = sizes[0], sizes[-1]
        yield (
            "The smallest surge that would have stood out 4 times of 5: "
            f"{_times(least.smallest)} ({least.indicator.title})"
            + (f" to {_times(most.smallest)} ({most.indicator.title})." if len(sizes) > 1 else ".")
        )
    if unjudged := len(report.series) - len(judged):
        yield f"{many(unjudged, 'series was', 'series were')} not judged, with the reason below."


def _judged(report: SurgeReport) -> list[SurgeSeries]:
    return [s for s in report.series if s.verdict != "not-judged"]


def _holding(report: SurgeReport) -> str:
    """The period asked about, and the periods of the tables that hold a part of it."""
    assert report.around is not None
    found = sorted({s.at for s in report.series if s.at and s.quarterly})
    within = [p.label for p in map(Period.parse, found) if p.length > report.around.length]
    return f"{report.around.label}{f', within {within[0]}' if len(within) == 1 else ''}"


def _asked(report: SurgeReport) -> str:
    """Which surges the question is about."""
    made = f" around {report.around.label}" if report.around else ""
    return made + (f" that begins after {report.after.label}" if report.after else "")


def _says(report: SurgeReport, series: SurgeSeries) -> str:
    """What one series says."""
    if series.verdict == "not-judged":
        return f"Not judged: {series.reason}."
    at = series.periods.index(series.at)
    made = (
        f"{'At its highest ' if report.around is None else ''}{count(series.counts[at])} in "
        f"{Period.parse(series.at).label}, {_standing(series)}. "
    )
    chance = f"p {_chance(series.p)}, q {_chance(series.q)}"
    match series.verdict:
        case "surge":
            told = "; and again, ".join(_surge_words(s) for s in series.asked)
            made += f"A surge: {told} ({chance})."
            if series.q > SURE:
                made += " Among so many series it may be chance."
        case "shift":
            made += "A lasting shift describes it better than a surge."
        case "steps":
            made += "Its level changed, and more than once, but did not come back to what it was."
        case "unclear":
            made += (
                f"It stands out ({chance}), but so few periods do not tell a rise and its return "
                "from a lasting change."
            )
        case _:
            made += f"No surge stands out from chance ({chance})."
    others = [s for s in series.surges if not s.asked]
    if others:
        made += f" Not asked about: {'; '.join(_surge_words(s) for s in others)}."
    if series.verdict != "surge":
        made += (
            f" One of {_times(series.smallest)} would have stood out 4 times of 5."
            if isfinite(series.smallest)
            else " No surge, whatever its size, would have stood out here."
        )
    return made


def _standing(series: SurgeSeries) -> str:
    """The count in question over what is expected, and its place among the forces."""
    expected = _number(series.expected[series.periods.index(series.at)])
    if not isfinite(series.ratio):
        return "where none is expected" if expected == 0 else "of which nothing can be expected"
    made = f"{_times(series.ratio)} the {count(expected)} expected"
    if not series.rank:
        return made
    place = "highest" if series.rank == 1 else f"{_ordinal(series.rank)} highest"
    rise = f"the {place} rise" if series.ratio > 1 else f"no rise, the {place}"
    return f"{made}: {rise} of {many(series.of, 'force')}"


def _surge_words(surge: Surge) -> str:
    """Its dates and height, each with its interval."""
    height = "from nothing" if not isfinite(surge.height) else f"to {_times(surge.height)}"
    high = _times(surge.height_high) if isfinite(surge.height_high) else "no limit"
    return (
        f"it rose{_between(surge.rise, surge.rise_earliest, surge.rise_latest)} {height} "
        f"({surge.height_low:.2f} to {high}) what is usual and was back"
        f"{_between(surge.back, surge.back_earliest, surge.back_latest)}"
    )


def _between(best: str, earliest: str, latest: str) -> str:
    """A date with its interval where it has one."""
    if earliest == latest:
        return f" in {when(best)}"
    return f" in {when(best)} (between {when(earliest)} and {when(latest)})"


def _caveats(report: SurgeReport) -> Iterator[str]:
    """What the series can and cannot show."""
    judged = _judged(report)
    tables = sorted({s.indicator.table for s in report.series})
    titles = "; ".join(contract(t).title[:1].lower() + contract(t).title[1:] for t in tables)
    yield (
        f"Looked at: {titles}. Recorded crime is neither calls nor incidents. A surge of calls "
        "that did not become recorded crimes would not show here."
    )
    yield (
        "Expected is what the force's own other periods, and what the other forces saw in the same "
        "ones, make of a count: a surge that all forces had is not one of this force. The place "
        "among the forces says how unusual a change is, and nothing of how good a force is."
    )
    if any(not s.dated for s in judged):
        yield (
            f"With under {MANY} periods, or at an end of what is held, a surge is one period "
            "above all others, above those before and above those after: what lasted longer, or "
            "began before the first, does not show. More periods, once loaded, give its dates."
        )
    if any(not s.seasonal for s in judged):
        yield (
            "A season of the force's own, which the other forces do not share, is told from a "
            "surge only where three years are loaded."
        )
    if judged:
        yield (
            f"A surge is called where p is at most {ALPHA}, as in at most 1 of 20 series without "
            "one; q is the share that is false among all series with no higher one "
            f"({len(judged)} were tested)."
        )
    if report.around and any(s.dated for s in judged):
        yield f"Searched were the periods up to {REACH} months before and after."
    for change in {c.id: c for s in report.series for c in s.changes}.values():
        yield f"The definition changed in {change.period.label}: {change.what}"
    for doubt in dict.fromkeys(d for s in report.series for d in s.doubts):
        yield f"{when(doubt.month)} takes no part: {doubt.reason}."


def _shown(series: SurgeSeries) -> tuple[str, ...]:
    """Up to _SHOWN periods, about the one in question."""
    at = series.periods.index(series.at) if series.at else 0
    first = max(0, min(at - _SHOWN // 2, len(series.periods) - _SHOWN))
    return series.periods[first : first + _SHOWN]


def _ordinal(n: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{'th' if 10 <= n % 100 <= 20 else ending}"


def _times(ratio: float) -> str:
    return f"{ratio:.2f} times"


def _chance(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and isfinite(value) else None
