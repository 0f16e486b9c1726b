"""What the data says of a force, as plain text: a line for each indicator."""

from collections.abc import Sequence
from textwrap import wrap

from openpeel.profiles import IndicatorView, Profile, SignalsView
from openpeel.profiles.figures import residents_of
from openpeel.publish.columns import said
from openpeel.publish.sentences import chance, expected_false, sentence, together_sentence
from openpeel.publish.words import (
    against_words,
    amount,
    capital,
    count,
    direction,
    direction_why,
    group_words,
    many,
    names,
    position_words,
    signal,
    trend_words,
    when,
)

_TITLE, _PERIOD, _AGE, _VALUE, _TREND = 33, 8, 5, 8, 9
"""Widths of the columns of indicators; how it stands among others takes the rest."""


def data_lines(profile: Profile, verbose: bool) -> list[str]:
    """The indicators by question, what is missing and why, and what nothing informs."""
    current = {v.indicator.id for q in profile.questions for v in q.current}
    historical = {v.indicator.id for q in profile.questions for v in q.historical}
    lines = [
        "What the data says: "
        f"{many(len(current), 'current indicator')}, {len(historical) or 'no'} historical"
    ]
    lines += ["", *_signals(profile.signals)]
    for question in profile.questions:
        if not question.current and not question.historical:
            continue
        lines += ["", f"  {question.name}"]
        lines += _indicators(question.current, verbose)
        if question.historical:
            lines += ["    Historical: older than the cycle's fieldwork"]
            lines += _indicators(question.historical, verbose)
    cautions = sorted({v.trend.caution for v in profile.indicators if v.trend and v.trend.caution})
    if cautions:
        asked = "trend: of the newest month; a question to ask, not a verdict"
        lines += ["", *said(f"{asked}: {' / '.join(cautions)}", 4)]
    places = [v.position for v in profile.indicators if v.position]
    windows = {p.window_label for p in places if p.lower is not None}
    if windows:
        window = " and ".join(sorted(windows))
        lines += said(f"others: against 95 % limits over all forces, {window}", 4)
    if verbose:
        lines += _footnotes(profile.indicators)
    return lines + _missing(profile, verbose) + _silent(profile)


def _signals(view: SignalsView) -> list[str]:
    """What survived testing: a few lines, and where there is more of it."""
    made = f"{many(view.tests, 'test')} of this force"
    told = len(view.signals) + view.beyond
    if not told:
        return said(f"Signals that survived testing: none, of {made}.", 2, 4)
    lines = said(
        f"Signals that survived testing: {told}, of {made}. {expected_false(view.rate)} Each is a "
        "question to ask. More: openpeel watch.",
        2,
        4,
    )
    for one in view.signals:
        lines += said(f"{chance(one)}  {sentence(one)}", 4, 13)
    for together in view.together:
        lines += said(f"{chance(together)}  {together_sentence(together)}", 4, 13)
    return lines


def _indicators(views: Sequence[IndicatorView], verbose: bool) -> list[str]:
    """A block for each direction of good, so that every figure stands under its direction."""
    lines: list[str] = []
    for polarity in ("higher", "lower", "none"):
        group = [v for v in views if v.indicator.polarity == polarity]
        if not group:
            continue
        why = " (why: -v)" if polarity == "none" and not verbose else ""
        head = f"{capital(direction(polarity))}{why}"
        lines.append(
            f"    {head:<{_TITLE + _PERIOD}} {'age':<{_AGE}}{'figure':>{_VALUE}}  "
            f"{'trend':<{_TREND}}  others"
        )
        for view in group:
            lines += _indicator(view, verbose)
    return lines


def _indicator(view: IndicatorView, verbose: bool) -> list[str]:
    latest, definition = view.latest, view.indicator
    assert latest is not None
    letter, word = signal(view.trend.reading if view.trend else "gap")
    trend = f"signal {letter}" if letter != "–" else word if view.trend else "no chart"
    where = {0: "within", 1: "above", -1: "below"}
    place = view.position
    others = where[place.outside] if place and place.lower is not None else "-"
    title = wrap(definition.title, _TITLE)
    period = when(latest.period)
    lines = [
        f"    {title[0]:<{_TITLE}} {period:<{_PERIOD}} "
        f"{f'{view.age_months} mo':<{_AGE}}{amount(latest.value, definition.unit):>{_VALUE}}  "
        f"{trend[:_TREND]:<{_TREND}}  {others}",
        *(f"    {rest}" for rest in title[1:]),
    ]
    if letter != "–":
        lines += said(f"{letter} {trend_words(view.trend)}", 6, 8)
    if view.position and view.position.outside:
        mark, _ = signal(view.position.reading)
        lines += said(f"{mark} {position_words(view)}", 6, 8)
    return lines + (_more(view) if verbose else [])


def _more(view: IndicatorView) -> list[str]:
    """What stands behind an indicator's line and is its own."""
    definition, year, position = view.indicator, view.year, view.position
    said_of_it = [capital(direction_why(definition))]
    if view.latest and view.latest.unresolved is not None:
        still = amount(view.latest.unresolved, "share")
        said_of_it.append(f"{still} are still without an outcome")
    if view.standard:
        said_of_it.append(f"standard: {view.standard}")
    if year and view.latest and year.period == view.latest.period:
        year = None
    if year and year.value is not None:
        of = f"{count(year.numerator)} of {count(year.denominator)}"
        said_of_it.append(f"{year.period_label}: {amount(year.value, definition.unit)} ({of})")
    elif year:
        said_of_it.append(f"{year.period_label}: {year.reason}")
    if view.latest and view.latest.denominator_year:
        said_of_it.append(residents_of(definition, view.latest.denominator_year))
    if view.latest and view.latest.disparity:
        said_of_it += group_words(view.latest.disparity)
    if held := against_words(view):
        assert view.against is not None
        assert definition.against is not None
        then = amount(view.against.value, definition.unit)
        said_of_it.append(f"{held} ({then}). {definition.against.why}")
    if position:
        low, high, median, peers = (
            amount(value, definition.unit)
            for value in (position.lower, position.upper, position.median, position.peer_median)
        )
        limits = position.state if position.lower is None else f"limits {low} to {high}"
        said_of_it.append(
            f"{limits}; median of {position.forces} forces {median}, of similar forces {peers}"
        )
    return [line for text in said_of_it for line in said(text, 6, 8)]


def _footnotes(views: Sequence[IndicatorView]) -> list[str]:
    """What holds for several indicators, once each."""
    notes: list[str] = []
    for view in views:
        if view.position:
            among = names(view.position.peers)
            notes.append(f"Similar forces: {among}. {view.position.peer_basis}")
            lacking = names(view.position.lacking)
            notes.append(f"Without a figure in {view.position.window_label}: {lacking}.")
        if view.trend and view.trend.convention:
            notes.append(f"Trend by {view.trend.convention}; {view.trend.caution}.")
    notes += [caveat for view in views for caveat in view.indicator.caveats]
    return [line for note in dict.fromkeys(notes) for line in said(note, 4, 6)]


def _missing(profile: Profile, verbose: bool) -> list[str]:
    reasons: dict[str, dict[str, str]] = {}
    for view in profile.missing:
        reasons.setdefault(view.missing, {})[view.indicator.id] = view.indicator.title
    lines = ["", "  Without a figure"] if reasons else []
    for reason, titles in reasons.items():
        few = verbose or len(titles) <= 2
        what = "; ".join(titles.values()) if few else many(len(titles), "indicator")
        lines += said(f"{what}: {reason}", 4, 6)
    return lines


def _silent(profile: Profile) -> list[str]:
    """The questions that nothing loaded informs, in one paragraph for each note."""
    notes: dict[str, list[str]] = {}
    for question in profile.questions:
        if question.note:
            notes.setdefault(question.note, []).append(question.name)
    lines = [
        line
        for note, of in notes.items()
        for line in said(f"{note.rstrip('.')}: {'; '.join(of)}", 4, 6)
    ]
    return ["", "  Questions without data", *lines] if lines else []
