"""The words and numbers that people read, the same on every face."""

import calendar
import math
from collections.abc import Sequence
from datetime import datetime

from openpeel.errors import OpenpeelError
from openpeel.framework import cycle
from openpeel.indicators import Indicator
from openpeel.profiles import CoverageView, Disparity, IndicatorView, Trend
from openpeel.profiles.findings import CLOSED, NO_STATE, Event, Finding
from openpeel.profiles.judgments import Judgment
from openpeel.reference import Period, force
from openpeel.sources import Break

NO_VALUE = "no figure"
NARROW = "\u00a0"
"""Between a number and its per cent sign, where no line may break."""
WORKED_OUT = "worked out, not published"
NOT_A_FILE = (
    "Made from counts that somebody compiled, not from a publisher's own file; the trace of each "
    "figure says so."
)

SIGNALS = {
    "improvement": ("I", "improvement"),
    "concern": ("C", "concern"),
    "neutral": ("N", "signal, no good direction"),
    "common": ("–", "no signal"),
    "no-limits": ("–", "no limits"),
    "gap": ("–", "no figure"),
}
"""Letter and words for each reading of a signal, in the manner of Making Data Count."""

_KINDS = {
    "accelerated-cause-of-concern": (
        "accelerated cause of concern",
        "accelerated causes of concern",
    ),
    "cause-of-concern": ("cause of concern", "causes of concern"),
    "recommendation": ("recommendation", "recommendations"),
    "afi": ("area for improvement", "areas for improvement"),
    "notable-practice": ("notable practice", "notable practices"),
    "finding": ("plain finding", "plain findings"),
    "cause-of-concern-closed": ("cause of concern closed", "causes of concern closed"),
    "engage-entry": ("moved into the Engage phase of monitoring", ""),
    "engage-exit": ("moved out of the Engage phase of monitoring", ""),
}
_REMARKS = {
    "other-tranche": "published with another tranche",
    "added-later": "added after first publication",
    "separate-programme": "not part of the PEEL report",
    "after-revisit": "after a revisit",
    "by-exclusion": "named by exclusion: the source names the others",
}


def standing(publisher: str) -> str:
    """Who published, and that it is not the inspectorate: the line on everything published."""
    return "Not published by HMICFRS." + (f" Published by: {publisher}" if publisher else "")


def amount(value: float | None, unit: str) -> str:
    """A value for a person: a share as %, a count with commas, others at a fitting precision."""
    if value is None:
        return NO_VALUE
    if unit == "count":
        return count(value)
    return f"{_fitting(value * 100, 1)}{NARROW}%" if unit == "share" else _fitting(value, 2)


def _fitting(value: float, decimals: int) -> str:
    """Three digits or so: fewer decimals for large numbers, two significant ones for small."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 10 ** (1 - decimals) or not size:
        return f"{value:.{decimals if size else 0}f}"
    return f"{value:.{1 - math.floor(math.log10(size))}f}"


def count(value: float | None) -> str:
    """A number of things, with commas for thousands."""
    return NO_VALUE if value is None else f"{value:,.0f}"


def many(n: int, one: str, more: str = "") -> str:
    """`1 force`, `2 forces`, `no forces`."""
    return f"{f'{n:,}' if n else 'no'} {one if n == 1 else more or one + 's'}"


def capital(text: str) -> str:
    """The text with its first letter as a capital, the others as they are."""
    return text[:1].upper() + text[1:]


def day(text: str) -> str:
    """A date as far as it is known: 12 March 2024, March 2024, 2024."""
    if not text:
        return "date not known"
    parts = text[:10].split("-")
    named = [parts[0]] if len(parts) == 1 else [calendar.month_name[int(parts[1])], parts[0]]
    return " ".join([str(int(parts[2])), *named] if len(parts) == 3 else named)


def when(text: str) -> str:
    """A period in few letters: Dec 2025, Q2 2017 (of the calendar year), 2017/18, 2021."""
    period = Period.parse(text)
    year, number = divmod(period.start, 12)
    match period.kind:
        case "month":
            return f"{calendar.month_abbr[number + 1]} {year}"
        case "quarter":
            return f"Q{number // 3 + 1} {year}"
        case "run":
            return period.label
        case _:
            return str(period)


def vintage(snapshot: int, created: str) -> str:
    """The snapshot that something was made from: `snapshot 3, 21 November 2026`."""
    return f"snapshot {snapshot}, {day(datetime.fromisoformat(created).date().isoformat())}"


def age(months: int | None) -> str:
    """How long ago a period ended, in words."""
    if months is None:
        return ""
    if months < 1:
        return "less than a month old"
    if months < 24:
        return f"{many(months, 'month')} old"
    years, rest = divmod(months, 12)
    return f"{many(years, 'year')}{' and ' + many(rest, 'month') if rest else ''} old"


def direction(polarity: str) -> str:
    """Which way is good, in words."""
    none = "neither more nor less is better"
    return none if polarity == "none" else f"{polarity} is better"


def direction_why(indicator: Indicator) -> str:
    """Which way is good and why, as one sentence."""
    why = indicator.polarity_why
    stated = direction(indicator.polarity)
    return f"{stated}: {_lowered(why)}" if why else f"{stated}."


def _lowered(text: str) -> str:
    """A sentence to go on after a colon; an abbreviation keeps its capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def signal(reading: str) -> tuple[str, str]:
    """The letter and the words of a reading."""
    return SIGNALS.get(reading, SIGNALS["common"])


def trend_words(trend: Trend | None) -> str:
    """What the chart of the periods says of the newest, in words."""
    if trend is None:
        return "no chart: a single figure"
    letter, word = signal(trend.reading)
    if trend.reading == "no-limits":
        return trend.state
    return word if letter == "–" else f"{word}: {trend.state}"


def position_words(view: IndicatorView) -> str:
    """Where a force stands among the others, in words."""
    position = view.position
    if position is None and view.indicator.unit == "count":
        return "not compared: a count, and forces differ in size"
    if position is None:
        return "not compared: no figure over the time compared"
    letter, word = signal(position.reading)
    state = position.state.replace(" %", f"{NARROW}%")
    return state if letter == "–" else f"{word}: {state} over all forces"


def against_words(view: IndicatorView) -> str:
    """The newest figure beside the earlier one that it is held against; '' where there is none."""
    before, now = view.against, view.latest
    if before is None or now is None or not before.value or now.value is None:
        return ""
    change = now.value / before.value - 1
    side = "the same as" if not round(change, 3) else "above" if change > 0 else "below"
    by = "" if side == "the same as" else f"{_fitting(abs(change) * 100, 1)}{NARROW}% "
    return f"{now.period_label} is {by}{side} {before.period_label}"


def group_words(shown: Disparity) -> list[str]:
    """What a ratio of two groups' rates was made of and how sure it is, a sentence each."""
    least, most = amount(shown.least, "ratio"), amount(shown.most, "ratio")
    upper = "no bound" if shown.upper is None else amount(shown.upper, "ratio")
    return [
        f"{capital(shown.group)}: {count(shown.events)} among {count(shown.residents)} residents; "
        f"{capital(shown.reference)}: {count(shown.reference_events)} among "
        f"{count(shown.reference_residents)}",
        f"95{NARROW}% interval for chance: {amount(shown.lower, 'ratio')} to {upper}",
        f"Ethnicity is not stated for {amount(shown.not_stated, 'share')} of all: {least} (all of "
        f"them {capital(shown.reference)}) to {most} (all of them {capital(shown.group)})",
    ]


def covered(view: CoverageView) -> str:
    """How many periods of a table are there for a force."""
    states = {"complete": view.complete, "partial": view.partial, "absent": view.absent}
    whole = many(sum(states.values()), view.kind)
    return ", ".join(f"{n} of {whole} {state}" for state, n in states.items() if n)


def change_words(changes: Sequence[Break]) -> list[str]:
    """Changes of definition, and what the data show there."""
    made = []
    for found in changes:
        change = found.change
        by_file = " (by when the file was made)" if change.by_file else ""
        step = ""
        if found.sum_before is not None and found.sum_after is not None:
            step = (
                f" Over all forces: {count(found.sum_before)} in {when(found.before)}, "
                f"{count(found.sum_after)} in {when(found.after)}."
            )
        made.append(f"definition changed, {when(str(change.period))}{by_file}: {change.what}{step}")
    return made


def kind_name(kind: str, n: int = 1) -> str:
    """What a finding or event is called."""
    one, more = _KINDS.get(kind, (kind.replace("-", " "), kind.replace("-", " ")))
    return one if n == 1 else more


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Causes of concern first, then the other kinds, the newest of each first."""
    place = {kind: n for n, kind in enumerate(_KINDS)}
    return sorted(reversed(findings), key=lambda finding: place.get(finding.kind, len(place)))


def subjects(finding: Finding | Event) -> str:
    """The questions that a finding or event is about, by name."""
    return ", ".join(_subject(finding.cycle, q) for q in finding.questions)


def _subject(cycle_id: str, question: str) -> str:
    try:
        return cycle(cycle_id).subject(question).name
    except OpenpeelError:
        # A finding of no stated cycle still says what it is about.
        return question.replace("-", " ").capitalize()


def verified_state(finding: Finding) -> str:
    """What the inspectorate has verified, never what the force claims."""
    if finding.verified == CLOSED:
        return f"closed {day(finding.closed)}" if finding.closed else "closed, date not known"
    return "" if finding.verified == NO_STATE else f"state {finding.verified}"


def judgment_notes(judgment: Judgment, cycle_published: str = "") -> list[str]:
    """What has to be said beside a grade for it to be read rightly."""
    notes = []
    if judgment.conflict:
        stated = " / ".join(claim.label for claim in judgment.conflict)
        notes.append(f"sources say {stated}")
    if judgment.basis != "published":
        notes.append(WORKED_OUT)
    if judgment.status == "carried-over":
        notes.append("carried over from an earlier inspection")
    for remark in judgment.remarks:
        said = _REMARKS.get(remark, remark.replace("-", " "))
        notes.append(f"{said}: {judgment.programme}" if remark == "separate-programme" else said)
    notes += [f"was {claim.label}, {day(claim.published)}" for claim in judgment.earlier]
    if judgment.inferred:
        notes.append("another grade had been worked out before it was published")
    if judgment.published and cycle_published and judgment.published != cycle_published:
        notes.append(f"published {day(judgment.published)}")
    return notes


def names(force_ids: Sequence[str]) -> str:
    """Forces by their short names, listed; "none" where there is none."""
    return ", ".join(force(f).short for f in force_ids) or "none"
