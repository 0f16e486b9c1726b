"""What monitoring says, as data for JSON and as plain text.

Forces stand in it because a test spoke, never in an order of merit.
"""

from collections import Counter
from dataclasses import asdict
from math import isfinite
from typing import Any

from openpeel.indicators import indicator
from openpeel.monitoring import Followed, Gone, Signal, Together, Watch
from openpeel.publish.columns import command, ends, plain, said
from openpeel.publish.sentences import (
    KINDS,
    SUGGESTED,
    chance,
    expected_false,
    sentence,
    suggestion,
    together_sentence,
)
from openpeel.publish.words import NARROW, amount, capital, many, names, standing, vintage
from openpeel.reference import force

Data = dict[str, Any]

FATES = {
    "over": "Over: newer figures no longer show it",
    "revised-away": "Revised away: its figures have been revised since",
    "faded": "Faded: its figures are much the same, but it no longer stands out",
}


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
        "signals": [signal_data(s, made.rate) for s in made.signals],
        "beyond_budget": dict(made.beyond),
        "together": [together_data(t) for t in made.together],
        "untested": dict(made.untested),
    }
    if followed is not None:
        data["since"] = followed.since
        data["new"] = [signal_data(s, made.rate) for s in followed.new]
        data["gone"] = [
            {"fate": g.fate, "value_now": g.value, **signal_data(g.signal, made.rate)}
            for g in followed.gone
        ]
    return data


def signal_data(signal: Signal, rate: float) -> Data:
    """A signal for JSON; `chart` is its place in a site."""
    questions = indicator(signal.indicator).questions if signal.indicator else ()
    return {
        **_named(signal.force_id),
        "questions": list(questions),
        **_without_force(signal),
        "sentence": f"{sentence(signal)} {expected_false(rate)}",
        "chart": chart(signal),
        "baseline_suggestion": suggestion(signal) or None,
    }


def together_data(told: Together) -> Data:
    """A statement by question for JSON."""
    made = _without_force(told)
    return {**_named(told.force_id), **made, "sentence": together_sentence(told)}


def _named(force_id: str) -> Data:
    return {"force": force_id, "force_name": force(force_id).name}


def _without_force(told: Signal | Together) -> Data:
    """The fields but the force; a number that is not finite is none."""
    return {
        k: None if isinstance(v, float) and not isfinite(v) else v
        for k, v in asdict(told).items()
        if k != "force_id"
    }


def chart(signal: Signal) -> str | None:
    """Where a site shows the chart of a signal and the table behind it; None for a table's."""
    return f"forces/{signal.force_id}.html#{signal.indicator}" if signal.indicator else None


def watch_text(made: Watch, followed: Followed | None, publisher: str) -> str:
    """A watch as plain text of 80 columns."""
    lines = [
        *ends("Signals, all forces", vintage(made.snapshot.id, made.snapshot.entry.created)),
        *said(standing(publisher)),
        "",
        *said(" ".join(_survey(made))),
    ]
    for signal in made.signals:
        lines += ["", *_listed(signal)]
    if made.beyond:
        told = (f"{names([f])} {n}" for f, n in made.beyond.items())
        lines += ["", *said(f"More than {made.budget} of one force, not shown: {', '.join(told)}.")]
    if made.together:
        lines += ["", "Taken together, by question"]
        for together in made.together:
            lines += said(f"{chance(together)}  {together_sentence(together)}", 0, 9)
    if followed is not None:
        lines += _followed(followed)
    lines += ["", *_untested(made)]
    if made.signals:
        lines += command(f"openpeel assess {made.signals[0].force_id}")
    return plain(lines)


def _survey(made: Watch) -> list[str]:
    """How many signals came of how many tests, and what to make of them, a sentence each."""
    kinds = ", ".join(f"{n:,} for {KINDS[kind]}" for kind, n in made.made.items() if n)
    told = len(made.signals) + sum(made.beyond.values())
    if not made.tests:
        return ["No signal: nothing is loaded that could be tested."]
    head = f"{capital(many(told, 'signal'))} from {many(made.tests, 'test')} ({kinds})"
    if not told:
        return [f"{head}, at a false-discovery rate of {_percent(made.rate)}."]
    return [
        f"{head}, at a false-discovery rate of {_percent(made.rate)} among those of each kind.",
        expected_false(made.rate),
        "A signal is a question to ask, not a verdict; the least likely by chance comes first.",
    ]


def _percent(share: float) -> str:
    return amount(share, "share").removesuffix(f"{NARROW}%").removesuffix(".0") + f"{NARROW}%"


def _listed(signal: Signal) -> list[str]:
    """A signal as lines of text: sentence, kind, convention, caution, and what may be done."""
    lines = said(f"{chance(signal)}  {sentence(signal)}", 0, 9)
    lines += said(f"({KINDS[signal.kind]}; {signal.convention})", 9, 9)
    lines += said(signal.caution, 9, 9) if signal.caution else []
    lines += said(f"{SUGGESTED} {suggestion(signal)}", 9, 9) if suggestion(signal) else []
    return lines


def _followed(followed: Followed) -> list[str]:
    lines = ["", f"Since snapshot {followed.since}"]
    lines += said(
        f"{capital(many(len(followed.new), 'new signal'))}, {len(followed.still)} as before, "
        f"{len(followed.gone)} no longer told."
    )
    for signal in followed.new:
        lines += said(f"New: {sentence(signal)}", 2, 4)
    for gone in followed.gone:
        lines += said(f"{FATES[gone.fate]}{_now(gone)}. It was: {sentence(gone.signal)}", 2, 4)
    return lines


def _now(gone: Gone) -> str:
    """The figure of the same time as it is now, where it is another one."""
    if not gone.signal.indicator or gone.value == gone.signal.value:
        return ""
    now = amount(gone.value, indicator(gone.signal.indicator).unit)
    return f" (for the same time now {now})"


def _untested(made: Watch) -> list[str]:
    """Why changes of indicators are not tested, the indicators of one reason together."""
    reasons = Counter(why.split(":")[0] for why in made.untested.values())
    if not reasons:
        return []
    lines = [f"Change over time is not tested for {many(len(made.untested), 'indicator')}"]
    for why, n in reasons.most_common():
        lines += said(f"{n:>4}  {why}", 0, 6)
    return lines
