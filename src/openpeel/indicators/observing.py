"""The one way from a definition to observations, on any engine."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openpeel.errors import DefinitionError, LakeError, NotComputable
from openpeel.indicators.definition import Indicator
from openpeel.indicators.query import query_of_all, suffixes, table_periods
from openpeel.lake import Snapshot
from openpeel.reference import Force, Period, forces

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]


FEWEST = 10
"""Events of either group below which a disparity has no figure: it would be about individuals."""


@dataclass(frozen=True)
class Groups:
    """What a disparity was made of: arrays of the observations' length.

    `reference` counts the events of the reference group, as the numerator does those of the group;
    the residents are of the census, `not_stated` and `events` those of nobody's and of all groups.
    """

    residents: Floats
    reference: Floats
    reference_residents: Floats
    not_stated: Floats
    events: Floats


@dataclass(frozen=True)
class Observations:
    """Observations of one indicator at one vintage: arrays of equal length, by area and period.

    `value` is numerator over denominator, times `per` for a rate; NaN where `reason` says why there
    is none. The denominator of a ratio is what the numerator would be at the reference group's
    rate. `denominator_year` is that of the residents, else ''. `unresolved` is the share
    of the denominator that may still change (NaN where the indicator does not have it). `as_at` is
    the last month published when the data were made. `groups` are those of a disparity. Areas that
    published nothing have no row: an absent row is a gap, never a zero.
    """

    area: Texts
    period: Texts
    numerator: Floats
    denominator: Floats
    value: Floats
    denominator_year: Texts
    unresolved: Floats
    as_at: Texts
    reason: Texts
    groups: Groups | None = None

    def __len__(self) -> int:
        return len(self.value)

    def where(self, mask: NDArray[np.bool_]) -> "Observations":
        """Those that the mask picks."""
        made = {f.name: getattr(self, f.name)[mask] for f in fields(self) if f.name != "groups"}
        if self.groups:
            made["groups"] = Groups(*(getattr(self.groups, f.name)[mask] for f in fields(Groups)))
        return Observations(**made)

    def of(self, area: str) -> "Observations":
        """Those of one area."""
        return self.where(self.area == area)

    def grid(
        self,
        areas: Sequence[str],
        periods: Sequence[str],
        of: Literal["value", "numerator", "denominator"] = "value",
    ) -> Floats:
        """Values, or their parts, as areas x periods; NaN where there is no row or no value."""
        made = np.full((len(areas), len(periods)), np.nan)
        rows, columns = _places(self.area, areas), _places(self.period, periods)
        inside = (rows >= 0) & (columns >= 0) & (self.reason == "")
        made[rows[inside], columns[inside]] = getattr(self, of)[inside]
        return made


def observe(
    snapshot: Snapshot,
    indicator: Indicator,
    window: Period | None = None,
    without: Collection[tuple[str, str]] = (),
) -> Observations:
    """Observations of the 43 forces by the periods of the table, or one a force over a window.

    Over a window a force has a value only when every period of it is there. `without` are (area,
    period) pairs to leave out. Raises NotComputable when a table it needs is not loaded or the
    window is not made of its periods; LakeError when the engine cannot answer, and DefinitionError
    when it answers no number, naming the file.
    """
    return observe_all(snapshot, [indicator], window, without)[indicator.id]


def observe_all(
    snapshot: Snapshot,
    indicators: Iterable[Indicator],
    window: Period | None = None,
    without: Collection[tuple[str, str]] = (),
) -> dict[str, Observations]:
    """As `observe`, for many indicators by id: each table is read once for all that need it."""
    by_table: dict[str, list[Indicator]] = {}
    for indicator in indicators:
        if why := lacking(snapshot, indicator):
            raise NotComputable(f"There is no figure for '{indicator.title}': {why}.")
        by_table.setdefault(indicator.table, []).append(indicator)
    known = {f.id: f for f in forces()}
    made = {}
    for group in by_table.values():
        table = _answer(snapshot, group, window, without)
        table = table.filter(pa.array(np.isin(_texts(table, "area"), list(known))))
        for indicator, end in zip(group, suffixes(len(group)), strict=True):
            made[indicator.id] = _observations(table, indicator, end, window, known)
    return made


def lacking(snapshot: Snapshot, indicator: Indicator) -> str:
    """Why a snapshot cannot give the indicator: the tables that are not loaded; '' if none."""
    needed = (indicator.table, indicator.base)
    missing = [t for t in needed if t and not snapshot.has(t)]
    if not missing:
        return ""
    are = "is" if len(missing) == 1 else "are"
    return f"it needs {' and '.join(missing)}, which {are} not loaded"


def _answer(
    snapshot: Snapshot,
    group: Sequence[Indicator],
    window: Period | None,
    without: Collection[tuple[str, str]],
) -> pa.Table:
    try:
        return snapshot.query(query_of_all(group, window, without))
    except LakeError as error:
        for one in group if len(group) > 1 else ():
            _answer(snapshot, [one], window, without)  # raises for the one at fault
        raise LakeError(f"Indicator '{group[0].id}' ({group[0].file}): {error}") from error


def _observations(
    table: pa.Table, indicator: Indicator, end: str, window: Period | None, known: dict[str, Force]
) -> Observations:
    """The observations of the indicator whose columns end so."""
    try:
        numerator, denominator, unresolved = (
            _floats(table, f"{name}{end}") for name in ("numerator", "denominator", "unresolved")
        )
    except pa.ArrowInvalid as error:
        raise DefinitionError(
            f"Indicator '{indicator.id}' ({indicator.file}) makes no number: {error}"
        ) from error
    groups = _groups(table, denominator, end) if indicator.disparity else None
    with np.errstate(divide="ignore", invalid="ignore"):
        if groups:
            denominator = groups.reference * groups.residents / groups.reference_residents
        ratio = numerator if indicator.unit == "count" else numerator / denominator
        unresolved = unresolved / denominator
    reason = _reasons(table, indicator, end, window, known)
    if groups:
        few = np.minimum(numerator, groups.reference) < FEWEST
        reason[(reason == "") & few] = f"too few to compare: under {FEWEST} in one of the groups"
    if indicator.unit == "share":
        reason[(reason == "") & ((ratio < 0) | (ratio > 1))] = (
            "no share: the numerator is not a part of the denominator"
        )
    reason[(reason == "") & np.isnan(numerator)] = "not given: the loaded file has no number"
    reason[(reason == "") & ~np.isfinite(ratio)] = (
        "nothing to divide by: the denominator is zero or absent"
    )
    return Observations(
        area=_texts(table, "area"),
        period=_texts(table, "period"),
        numerator=numerator,
        denominator=denominator,
        value=np.where(reason == "", ratio * indicator.per, np.nan),
        denominator_year=_texts(table, f"denominator_year{end}"),
        unresolved=unresolved,
        as_at=_texts(table, "as_at"),
        reason=reason,
        groups=groups,
    )


def _groups(table: pa.Table, reference: Floats, end: str) -> Groups:
    residents, reference_residents, not_stated, events = (
        _floats(table, f"{name}{end}")
        for name in ("group_residents", "reference_residents", "not_stated", "events")
    )
    return Groups(residents, reference, reference_residents, not_stated, events)


def _reasons(
    table: pa.Table, indicator: Indicator, end: str, window: Period | None, known: dict[str, Force]
) -> Texts:
    """Why a row has no value: '' where it has one; the first reason counts."""
    area, as_at = _texts(table, "area"), _texts(table, "as_at")
    reason = np.full(len(area), "", object)

    def because(mask: NDArray[np.bool_], why: str) -> None:
        reason[mask & (reason == "")] = why

    if indicator.base:
        for force in known.values():
            if not force.resident_rates:
                because(area == force.id, force.why or "no rate per resident")
        there = _texts(table, f"denominator_year{end}") != ""
        because(~there, f"no {indicator.base} of the force is loaded")
    for i, need in enumerate(indicator.needs):
        lacks = _floats(table, f"needs_{i}{end}") == 0
        because(lacks, f"a part only: the loaded file has no '{need.value}' of the force")
    # What was made at one time has one vocabulary: a category that occurs anywhere may be anywhere.
    for i, merged in enumerate(indicator.merged):
        occurs = _floats(table, f"merged_{i}{end}") > 0
        because(
            np.isin(as_at, np.unique(as_at[occurs])),
            f"the file's '{merged.value}' merges {merged.hides}: the figure cannot be told apart",
        )
    if indicator.matures:
        age = _floats(table, "age")
        for months in np.unique(age[age < indicator.matures]):
            because(
                age == months,
                f"too young: {months:.0f} months old when the file was made, and outcomes need "
                f"{indicator.matures}",
            )
    if window is not None:
        wanted = len(table_periods(indicator, window))
        kind = indicator.period.period.replace("-", " ")
        found = _floats(table, "periods")
        for some in np.unique(found[found < wanted]):
            because(found == some, f"{some:.0f} of {wanted} {kind}s can be used")
    return reason


def _places(names: Texts, wanted: Sequence[str]) -> NDArray[np.intp]:
    """Where each name stands among those wanted; -1 for one that does not."""
    place = {name: i for i, name in enumerate(wanted)}
    found, inverse = np.unique(names, return_inverse=True)
    return np.array([place.get(name, -1) for name in found], dtype=np.intp)[inverse]


def _floats(table: pa.Table, name: str) -> Floats:
    """A column as floats; NaN throughout where the query has no such column."""
    if name not in table.column_names:
        return np.full(len(table), np.nan)
    column = table[name].cast(pa.float64())
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=float)


def _texts(table: pa.Table, name: str) -> Texts:
    """A column as strings; '' where null, and throughout where the query has no such column."""
    if name not in table.column_names:
        return np.full(len(table), "", dtype=object)
    return np.asarray(table[name].fill_null("").to_numpy(zero_copy_only=False), dtype=object)
