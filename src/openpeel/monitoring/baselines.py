"""Baselines: from when on an indicator is judged anew. People decide that, and say why.

A decision is never taken back out of the table: it is withdrawn, with a reason, and both stay.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openpeel.errors import DefinitionError, NotKnown
from openpeel.indicators import Indicator, indicator
from openpeel.lake import Contract, Lake, Origin, Slice, Snapshot, read_contract
from openpeel.reference import Period, force


@dataclass(frozen=True)
class Baseline:
    """A decision; `force_id` is '' for all forces, `withdrawn` '' while it holds."""

    indicator: str
    force_id: str
    begins: str
    author: str
    decided: str
    reason: str
    withdrawn: str = ""


@cache
def _contract() -> Contract:
    return read_contract(files(__package__) / "tables" / "baselines.toml")


def baselines(snapshot: Snapshot) -> tuple[Baseline, ...]:
    """All decisions of a snapshot, by indicator, force and period; withdrawn ones too."""
    if not snapshot.has("baselines"):
        return ()
    rows = snapshot.table("baselines").to_pylist()
    made = [Baseline(**row) for row in rows]
    return tuple(sorted(made, key=lambda b: (b.indicator, b.force_id, b.begins, b.decided)))


def set_baseline(
    lake: Lake,
    name: str,
    begins: str,
    *,
    author: str,
    reason: str,
    of: str = "",
    today: date | None = None,
) -> Baseline:
    """Record that an indicator is judged anew from a period on: for a force, or for all ('').

    Raises NotKnown for an indicator, force or period that is not known, and DefinitionError where
    nobody or no reason is named, where the period is none of the indicator's table, or where the
    same decision holds already. Nothing is written then.
    """
    it = indicator(name)
    kind = it.period.period
    (first, *more) = Period.parse(begins).parts(kind)
    if more:
        raise DefinitionError(f"'{begins}' is more than one {kind}: name the first.")
    if not author.strip() or not reason.strip():
        raise DefinitionError("A baseline needs who decided it (author) and why (reason).")
    made = Baseline(
        it.id,
        force(of).id if of else "",
        str(first),
        author.strip(),
        (today or date.today()).isoformat(),
        reason.strip(),
    )
    if _same(made, _held(lake)):
        raise DefinitionError(
            f"'{it.id}' already has a baseline from {made.begins} there. Nothing was changed."
        )
    _write(lake, it.id, [*_held(lake), made], f"baseline of {it.id} from {made.begins}")
    return made


def withdraw_baseline(lake: Lake, name: str, begins: str, *, reason: str, of: str = "") -> Baseline:
    """Record that a decision no longer holds, and why. Raises NotKnown where there is none."""
    if not reason.strip():
        raise DefinitionError("To withdraw a baseline needs a reason.")
    wanted = Baseline(indicator(name).id, force(of).id if of else "", begins, "", "", "")
    held = _held(lake)
    found = _same(wanted, held)
    if found is None:
        raise NotKnown(f"'{name}' has no baseline from {begins} there that still holds.")
    now = replace(found, withdrawn=reason.strip())
    _write(lake, found.indicator, [now if b is found else b for b in held], f"withdraw {begins}")
    return now


def rebases(
    decided: Sequence[Baseline], it: Indicator, areas: Sequence[str], periods: Sequence[str]
) -> NDArray[np.bool_]:
    """Where new baselines begin: areas x periods, as the charts take them.

    One that begins at a period without a column begins at the next one shown.
    """
    made = np.zeros((len(areas), len(periods)), np.bool_)
    for found in decided:
        if found.indicator != it.id or found.withdrawn:
            continue
        later = [i for i, period in enumerate(periods) if period >= found.begins]
        if later and later[0]:
            rows = [areas.index(found.force_id)] if found.force_id else range(len(areas))
            made[rows, later[0]] = True
    return made


def _held(lake: Lake) -> tuple[Baseline, ...]:
    return baselines(lake.snapshot())


def _same(wanted: Baseline, held: Sequence[Baseline]) -> Baseline | None:
    """The decision on the same indicator, force and period that still holds."""
    return next(
        (
            b
            for b in held
            if not b.withdrawn
            and (b.indicator, b.force_id, b.begins)
            == (wanted.indicator, wanted.force_id, wanted.begins)
        ),
        None,
    )


def _write(lake: Lake, name: str, decided: Sequence[Baseline], why: str) -> None:
    mine = [asdict(b) for b in decided if b.indicator == name]
    digest = hashlib.sha256(repr(mine).encode()).hexdigest()
    origin = Origin(
        source="baselines",
        file="openpeel baseline",
        member="",
        sha256=digest,
        digest=digest,
        bytes=0,
        publisher="",
        licence="",
        publisher_file=False,
    )
    made = _contract()
    rows = pa.Table.from_pylist(mine, schema=made.schema)
    lake.replace([Slice(made, "", name, rows, origin, len(mine))], why)
