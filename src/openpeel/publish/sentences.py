"""Signals in words, the same on every face. A signal is a question to ask, never a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from openpeel.framework import cycles
from openpeel.indicators import indicator
from openpeel.monitoring import Signal, Together
from openpeel.publish.words import amount, when
from openpeel.reference import Period, force
from openpeel.sources import contract

KINDS = {
    "breach": "a standard not met",
    "outlier": "a figure unlike other forces'",
    "disparity": "a disparity unlike other forces'",
    "shift": "a lasting change",
    "surge": "a rise and its return",
    "data-quality": "trouble with the data",
}
"""What each kind of signal is called."""
_WAY = {"concern": ", which is the worse way", "improvement": ", which is the better way"}
_VALUE, _USUAL = "\ue000", "\ue001"  # stand for the two figures until they are filled in


def subject(signal: Signal) -> str:
    """What a signal is about: the title of its indicator, or of its table."""
    if signal.indicator:
        return indicator(signal.indicator).title
    return contract(signal.table).title.partition(":")[0]


def sentence(signal: Signal) -> str:
    """A signal in one plain sentence or two, without its q."""
    if not signal.indicator:
        return _told(signal)
    unit = indicator(signal.indicator).unit
    value, usual = (amount(x, unit) for x in (signal.value, signal.usual))
    return _told(signal).replace(_VALUE, value).replace(_USUAL, usual)


def linked_sentence(signal: Signal, page: str = "") -> Markup:
    """The sentence for a page, its figures links to where they come from on a force's `page`."""
    said = escape(_told(signal))
    if not signal.indicator:
        return said
    unit = indicator(signal.indicator).unit
    for mark, value in ((_VALUE, signal.value), (_USUAL, signal.usual)):
        link = Markup('<a class="figure" href="{}#{}">{}</a>').format(
            page, anchor_of(signal), amount(value, unit)
        )
        said = said.replace(mark, link)
    return said


def anchor_of(signal: Signal) -> str:
    """The id of a signal's own trace on its force's page."""
    parts = ("trace-signal", signal.indicator or signal.table, signal.trouble or signal.kind)
    return "-".join((*parts, signal.onset) if signal.trouble else parts).replace("/", "-to-")


def _told(signal: Signal) -> str:
    """The sentence with marks where its figures belong."""
    who = force(signal.force_id).short
    if signal.trouble == "gap":
        return (
            f"{subject(signal)}: {who} is missing from {when(signal.onset)} to "
            f"{when(signal.period)}, having been there before."
        )
    it = indicator(signal.indicator)
    way, title = _WAY.get(signal.reading, ""), f"{it.title}, {who}"
    judged = Period.parse(signal.period)
    label = f"the {judged.label}" if judged.kind in ("run", "financial-year") else judged.label
    # What is reckoned by month over several is a month's, unless it is a share.
    several = signal.onset or judged.kind == "run"
    kind = it.period.period.replace("-", " ")
    average = f" in an average {kind}" if several and it.unit != "share" else ""
    verb = "rose" if signal.direction == "up" else "fell"
    match signal.trouble or signal.kind:
        case "step":
            return (
                f"{title}: {verb} from {_USUAL} to {_VALUE}{average} where its definition changed "
                f"in {when(signal.onset)}; figures before and after are not of the same thing."
            )
        case "revision":
            return (
                f"{title}: its figure for {label} was revised from {_USUAL} to {_VALUE}{average}, "
                "unlike those of other forces."
            )
        case "breach":
            side = "below" if signal.direction == "down" else "above"
            return f"{title}: {_VALUE} in {label}, {side} the standard of {_USUAL}{way}."
        case "shift":
            return (
                f"{title}: {verb} from {when(signal.onset)}{way}; likely onset "
                f"{_between(signal.onset_earliest, signal.onset_latest)}. {_VALUE}{average} since "
                f"then, where {_USUAL} would have been usual."
            )
        case "surge":
            return (
                f"{title}: {verb} from {when(signal.onset)}"
                f"{_likely(signal.onset_earliest, signal.onset_latest)} and was back by "
                f"{when(signal.back)}{_likely(signal.back_earliest, signal.back_latest)}{way}. "
                f"{_VALUE}{average} of that time, where {_USUAL} would have been usual."
            )
        case _:
            side = "above" if signal.direction == "up" else "below"
            return f"{title}: {_VALUE} over {label}, far {side} the usual {_USUAL} of forces{way}."


def suggestion(signal: Signal) -> str:
    """The command by which a person may decide after a lasting change; '' after another signal.

    It is offered, never applied.
    """
    if signal.kind != "shift":
        return ""
    return (
        f"openpeel baseline set {signal.indicator} {signal.onset} --force {signal.force_id} "
        "--author NAME --reason WHY"
    )


SUGGESTED = "If the process is known to have changed, a person may judge it anew from then on:"
"""What stands before a suggestion."""


def expected_false(rate: float) -> str:
    """What a false-discovery rate means, as a sentence."""
    return f"At most 1 in {1 / rate:.0f} such signals is expected to be false."


def chance(signal: Signal | Together) -> str:
    """The q of a signal, in seven letters."""
    return f"q {signal.q:.3f}" if signal.q >= 0.0005 else "q<0.001"


def together_sentence(told: Together) -> str:
    """Several indicators of a question, of one force, as one statement."""
    side = "worse" if told.z > 0 else "better"
    return (
        f"{force(told.force_id).short}, {question_name(told.question).lower()}: taken together, "
        f"{len(told.indicators)} indicators are {side} than those of other forces "
        f"(worth {told.independent:.1f} that share nothing)."
    )


def question_name(question: str) -> str:
    """A question by the name that the newest cycle gives it."""
    for cycle in reversed(cycles()):
        for found in cycle.questions:
            if found.id == question:
                return found.name
    return question.replace("-", " ").capitalize()


@dataclass(frozen=True)
class Mark:
    """A date on the chart of an indicator, by letter, with the periods it may lie between."""

    letter: str
    period: str
    first: str
    last: str
    what: str

    @property
    def said(self) -> str:
        """The mark in words."""
        return f"{self.letter}: {self.what}, likely {_between(self.first, self.last)}"


def marks(signals: Sequence[Signal]) -> list[Mark]:
    """The dates of lasting changes and surges among signals, for a chart, its table and text."""
    made = []
    for s in signals:
        if s.kind in ("shift", "surge"):
            what = "a lasting change" if s.kind == "shift" else "a surge"
            made.append(
                Mark("S", s.onset, s.onset_earliest, s.onset_latest, f"{what} begins (signal)")
            )
        if s.kind == "surge":
            made.append(Mark("R", s.back, s.back_earliest, s.back_latest, "the surge is back"))
    return made


def _likely(first: str, last: str) -> str:
    """The interval of a date that has been named; '' where it is no wider than that."""
    return "" if first == last else f" (likely {_between(first, last)})"


def _between(first: str, last: str) -> str:
    return when(first) if first == last else f"{when(first)} to {when(last)}"
