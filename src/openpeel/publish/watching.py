"""What monitoring says, in words, as data for JSON, and as plain text.

A signal is a question to ask. Forces stand in it because a test spoke, never in an order of merit.
"""

from collections import Counter
from dataclasses import asdict
from typing import Any

from openpeel.framework import cycles
from openpeel.indicators import indicator
from openpeel.monitoring import Followed, Signal, Together, Watch
from openpeel.publish.columns import ends, plain, said
from openpeel.publish.words import amount, capital, many, names, standing, vintage, when
from openpeel.reference import Period, force
from openpeel.sources import contract

Data = dict[str, Any]

KINDS = {
    "breach": "a standard not met",
    "outlier": "a figure unlike other forces'",
    "disparity": "a disparity unlike other forces'",
    "shift": "a lasting change",
    "surge": "a rise and its return",
    "data-quality": "a gap where there was none",
}
"""What each kind of signal is called."""
FATES = {
    "over": "Over: newer figures no longer show it",
    "revised-away": "Revised away: its figures have been revised since",
    "faded": "Faded: its figures are the same, but it no longer stands out",
}
_WAY = {"concern": ", which is the worse way", "improvement": ", which is the better way"}


def sentence(signal: Signal) -> str:
    """A signal in one plain sentence or two, without its q."""
    who = force(signal.force_id).short
    if signal.kind == "data-quality":
        return (
            f"{who} has no {contract(signal.table).title} from {when(signal.onset)} to "
            f"{when(signal.period)}, having had them before."
        )
    it = indicator(signal.indicator)
    value, usual = (amount(x, it.unit) for x in (signal.value, signal.usual))
    way, title = _WAY.get(signal.reading, ""), f"{it.title}, {who}"
    label = Period.parse(signal.period).label
    match signal.kind:
        case "breach":
            side = "below" if signal.direction == "down" else "above"
            return f"{title}: {value} in {label}, {side} the standard of {usual}{way}."
        case "shift":
            verb = "rose" if signal.direction == "up" else "fell"
            return (
                f"{title}: {verb} from {when(signal.onset)}{way}; likely onset "
                f"{_between(signal.onset_earliest, signal.onset_latest)}. {capital(usual)} before, "
                f"{value} since, as in an average {_kind(signal.onset)}."
            )
        case "surge":
            verb = "rose" if signal.direction == "up" else "fell"
            return (
                f"{title}: {verb} from {when(signal.onset)} "
                f"({_between(signal.onset_earliest, signal.onset_latest)}) and was back by "
                f"{when(signal.back)} ({_between(signal.back_earliest, signal.back_latest)}){way}. "
                f"{capital(value)} during it, {usual} otherwise."
            )
        case _:
            side = "above" if signal.direction == "up" else "below"
            return f"{title}: {value} over {label}, far {side} the usual {usual} of forces{way}."


def suggestion(signal: Signal) -> str:
    """What a person may decide after a lasting change; '' after another signal. Never applied."""
    if signal.kind != "shift":
        return ""
    return (
        "If the process is known to have changed, a person may judge it anew from then on: "
        f"openpeel baseline set {signal.indicator} {signal.onset} --force {signal.force_id} "
        "--author NAME --reason WHY"
    )


def expected_false(rate: float) -> str:
    """What a false-discovery rate means, as a sentence."""
    return f"At most 1 in {1 / rate:.0f} such signals is expected to be false."


def _between(first: str, last: str) -> str:
    return when(first) if first == last else f"{when(first)} to {when(last)}"


def _kind(period: str) -> str:
    return Period.parse(period).kind


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


def watch_data(made: Watch, followed: Followed | None, publisher: str) -> Data:
    """A watch for JSON: `signals` with the least q first; what became of others, where asked."""
    data: Data = {
        "snapshot": made.snapshot.id,
        "created": made.snapshot.entry.created,
        "today": made.today.isoformat(),
        "publisher": publisher,
        "standing": standing(publisher),
        "rate": made.rate,
        "budget": made.budget,
        "tests": made.tests,
        "tests_by_kind": dict(made.made),
        "signals": [_signal(s, made) for s in made.signals],
        "beyond_budget": dict(made.beyond),
        "together": [
            {"sentence": together_sentence(t), **_named(t.force_id), **asdict(t)}
            for t in made.together
        ],
        "untested": dict(made.untested),
    }
    if followed is not None:
        data["since"] = followed.since
        data["new"] = [_signal(s, made) for s in followed.new]
        data["gone"] = [{"fate": g.fate, **_signal(g.signal, made)} for g in followed.gone]
    return data


def _named(force_id: str) -> Data:
    return {"force": force_id, "force_name": force(force_id).name}


def _signal(signal: Signal, made: Watch) -> Data:
    questions = indicator(signal.indicator).questions if signal.indicator else ()
    return {
        **_named(signal.force_id),
        "questions": list(questions),
        **{k: v for k, v in asdict(signal).items() if k != "force_id"},
        "sentence": f"{sentence(signal)} {expected_false(made.rate)}",
        "chart": chart(signal),
        "baseline_suggestion": suggestion(signal) or None,
    }


def chart(signal: Signal) -> str | None:
    """Where a site shows the chart of a signal and the table behind it; None for a table's."""
    return f"forces/{signal.force_id}.html#{signal.indicator}" if signal.indicator else None


def watch_text(made: Watch, followed: Followed | None, publisher: str) -> str:
    """A watch as plain text of 80 columns."""
    entry = made.snapshot.entry
    lines = [
        *ends("Signals, all forces", vintage(made.snapshot.id, entry.created)),
        *said(standing(publisher)),
        "",
        *said(
            f"{capital(many(len(made.signals), 'signal'))} at a false-discovery rate of "
            f"{made.rate:.0%} for each kind, from {many(made.tests, 'test')}: {_kinds(made)}. "
            f"{expected_false(made.rate)}"
        ),
        *said("A signal is a question to ask, not a verdict; the least likely by chance first."),
    ]
    lines += _listed(made.signals)
    if made.beyond:
        told = (f"{names([f])} {n}" for f, n in made.beyond.items())
        lines += ["", *said(f"More than {made.budget} of one force, not shown: {', '.join(told)}.")]
    if made.together:
        lines += ["", "Taken together, by question"]
        for told_together in made.together:
            lines += said(f"q {told_together.q:.3f}  {together_sentence(told_together)}", 0, 9)
    if followed is not None:
        lines += _followed(followed)
    lines += ["", *_untested(made)]
    return plain(lines)


def _kinds(made: Watch) -> str:
    return ", ".join(f"{n:,} for {KINDS[kind]}" for kind, n in made.made.items() if n) or "none"


def _listed(signals: tuple[Signal, ...]) -> list[str]:
    lines: list[str] = []
    for signal in signals:
        lines += ["", *said(f"q {signal.q:.3f}  {sentence(signal)}", 0, 9)]
        lines += said(f"({KINDS[signal.kind]}; {signal.convention})", 9, 9)
        for more in (signal.caution, suggestion(signal)):
            lines += said(more, 9, 9) if more else []
    return lines


def _followed(followed: Followed) -> list[str]:
    lines = ["", f"Since snapshot {followed.since}"]
    lines += said(
        f"{capital(many(len(followed.new), 'new signal'))}, {len(followed.still)} as before, "
        f"{many(len(followed.gone), 'that is', 'that are')} no longer told."
    )
    for signal in followed.new:
        lines += said(f"New: {sentence(signal)}", 2, 4)
    for gone in followed.gone:
        lines += said(f"{FATES[gone.fate]}. It was: {sentence(gone.signal)}", 2, 4)
    return lines


def _untested(made: Watch) -> list[str]:
    """Why changes of indicators are not tested, the indicators of one reason together."""
    reasons = Counter(why.split(":")[0] for why in made.untested.values())
    if not reasons:
        return []
    lines = [f"Change over time is not tested for {many(len(made.untested), 'indicator')}"]
    for why, n in reasons.most_common():
        lines += said(f"{n:>4}  {why}", 0, 6)
    return lines
