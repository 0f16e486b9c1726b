"""What became of signals from one vintage to another: new, over, revised away."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from openpeel.indicators import indicator, lacking, observe_all
from openpeel.lake import Snapshot
from openpeel.monitoring.signal import Signal
from openpeel.monitoring.watching import Watch

Fate = Literal["over", "revised-away", "faded"]


@dataclass(frozen=True)
class Gone:
    """A signal of the earlier vintage that is no longer told, and why.

    `revised-away`: figures of that force it rested on have changed since. `over`: they have not,
    and newer ones have come. `faded`: neither; it no longer stands out among what is known of the
    others, or its figures have grown too old.
    """

    signal: Signal
    fate: Fate


@dataclass(frozen=True)
class Followed:
    """Two watches held against each other: signals only of the later, of both, of the earlier."""

    since: int
    new: tuple[Signal, ...]
    still: tuple[Signal, ...]
    gone: tuple[Gone, ...]


def follow(now: Watch, before: Watch) -> Followed:
    """Hold a watch against that of an earlier vintage; both without a budget, or one hides here
    what it shows there."""
    known, told = ({s.key for s in w.signals} for w in (before, now))
    lost = [s for s in before.signals if s.key not in told]
    return Followed(
        since=before.snapshot.id,
        new=tuple(s for s in now.signals if s.key not in known),
        still=tuple(s for s in now.signals if s.key in known),
        gone=tuple(Gone(s, fate) for s, fate in zip(lost, _fates(lost, now, before), strict=True)),
    )


def _fates(lost: Sequence[Signal], now: Watch, before: Watch) -> list[Fate]:
    """What became of each signal, by the figures of its force at both vintages."""
    names = {s.indicator for s in lost if s.indicator}
    then, later = (_figures(w.snapshot, names) for w in (before, now))
    fates: list[Fate] = []
    for s in lost:
        old, new = (found.get((s.indicator, s.force_id), {}) for found in (then, later))
        if not s.indicator:
            fates.append("over")
        elif any(new.get(period) != value for period, value in old.items()):
            fates.append("revised-away")
        else:
            fates.append("over" if set(new) - set(old) else "faded")
    return fates


def _figures(
    snapshot: Snapshot, names: Collection[str]
) -> dict[tuple[str, str], dict[str, tuple[float, float]]]:
    """Numerators and denominators by indicator and force, and by period; none without its table."""
    usable = [it for n in sorted(names) if not lacking(snapshot, it := indicator(n))]
    made: dict[tuple[str, str], dict[str, tuple[float, float]]] = {}
    for name, found in observe_all(snapshot, usable).items():
        sound = found.where(found.reason == "")
        rows = zip(sound.area, sound.period, sound.numerator, sound.denominator, strict=True)
        for area, period, n, d in rows:
            # Not a number is not itself: a count has no denominator.
            figure = (float(n), 0.0 if d != d else float(d))
            made.setdefault((name, str(area)), {})[str(period)] = figure
    return made
