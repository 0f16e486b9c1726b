"""Stop and search, one CSV per force and month (data.police.uk)."""

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openpeel.sources.police_uk.columns import (
    CODED,
    Fault,
    coded,
    constant,
    coordinates,
    holds,
    set_columns,
    sorted_out,
)
from openpeel.sources.police_uk.force_month import ForceMonthFiles, Made
from openpeel.sources.text import Rows, Text

HEADER = (
    "Type",
    "Date",
    "Part of a policing operation",
    "Policing operation",
    "Latitude",
    "Longitude",
    "Gender",
    "Age range",
    "Self-defined ethnicity",
    "Officer-defined ethnicity",
    "Legislation",
    "Object of search",
    "Outcome",
    "Outcome linked to object of search",
    "Removal of more than just outer clothing",
)
TYPES = ("Person search", "Vehicle search", "Person and Vehicle search")
NOT_STATED = "Not stated"

_REPEATING = tuple(n for n in HEADER if n not in ("Latitude", "Longitude"))
_TRUTHS = (HEADER[2], *HEADER[-2:])
_COUNTED = (
    "type",
    "ethnic_group",
    "object",
    "legislation",
    "outcome_kind",
    "outcome_linked",
)
_INSTANT = pa.timestamp("s", "UTC")


@dataclass(frozen=True)
class Vocabulary:
    """What the publisher's wordings mean: outcomes as kinds, self-defined ethnicity as groups."""

    kinds: dict[str, str]
    groups: dict[str, str]
    digest: str

    def group(self, wording: str) -> str | None:
        """The group of an ethnicity: by its whole wording, or by what stands before its hyphen."""
        return self.groups.get(wording) or self.groups.get(wording.partition(" - ")[0])


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of `stop_and_search.toml`."""
    text = files(__package__).joinpath("stop_and_search.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return Vocabulary(
        {wording: entry["kind"] for wording, entry in data["outcome"].items()},
        {wording: entry["group"] for wording, entry in data["ethnicity"].items()},
        hashlib.sha256(text.encode()).hexdigest()[:12],
    )


class StopAndSearchFiles(ForceMonthFiles):
    """Files named YYYY-MM-<force>-stop-and-search.csv.

    Rows are bad whose type the publisher does not use, whose time is none, or not in the file's
    month by the clock in London, whose coordinates lie outside the United Kingdom, or where True,
    False or nothing should stand and something else does. A wording that the vocabulary lacks is
    loaded without its kind, and noted.
    """

    name = "stop-and-search"
    title = "Stop and search"
    kind = "stop-and-search"
    header = HEADER
    types = dict.fromkeys(_REPEATING, CODED) | {
        "Longitude": pa.float64(), "Latitude": pa.float64()
    }  # fmt: skip
    tables = ("stops", "stop_counts")

    @property
    def reader(self) -> str:
        """The vocabulary is part of it: where it grows, known files are read again."""
        return f"stop-and-search/1 {vocabulary().digest}"

    def made(self, rows: Rows, text: Text, month: str, force_id: str, as_at: str) -> Made:
        """One row a search, and the searches counted."""
        table = coded(rows.table, _REPEATING)
        seconds, misshapen = _seconds(table["Date"])
        first, end = _month(month)
        places, misplaced = coordinates(table)
        faults = [
            Fault("Type", ~holds(table["Type"], TYPES.__contains__), "no type of search"),
            Fault("Date", misshapen, "no time with its offset, like 2020-07-01T12:30:00+00:00"),
            Fault(
                "Date",
                (seconds < first) | (seconds >= end),
                f"not in the file's month, {month}, in United Kingdom local time",
            ),
            *(
                Fault(name, ~_is_truth(table[name]), "neither True nor False nor empty")
                for name in _TRUTHS
            ),
            *misplaced,
        ]
        when = np.datetime_as_string(seconds.astype("datetime64[s]"), timezone="UTC")
        typed = set_columns(table, {"Date": pa.array(when), **places})
        good, bad = sorted_out(rows, text, typed, faults)
        stops = _stops(good, force_id)
        return Made({"stops": stops, "stop_counts": _counts(stops)}, bad, _unknown(stops))


def _month(month: str) -> tuple[float, float]:
    """When a month begins and ends by the clock in London, in seconds since 1970 UTC."""
    year, number = int(month[:4]), int(month[5:])
    london = ZoneInfo("Europe/London")
    begins = datetime(year, number, 1, tzinfo=london)
    ends = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=london)
    return begins.timestamp(), ends.timestamp()


def _seconds(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """A column's times in seconds since 1970 UTC (0 where none), and where one is no time."""
    values = column.combine_chunks()
    times = values.dictionary
    try:
        made = times.cast(_INSTANT)
    except pa.ArrowInvalid:
        made = pa.array([_instant(text) for text in times.to_pylist()], _INSTANT)
    known = np.append(made.cast(pa.int64()).fill_null(0).to_numpy(), 0)
    wrong = np.append(made.is_null().to_numpy(zero_copy_only=False), True)
    codes = values.indices.fill_null(-1).to_numpy()
    return known[codes], wrong[codes]


def _instant(text: str) -> datetime | None:
    try:
        found: datetime = pa.scalar(text).cast(_INSTANT).as_py()
    except (pa.ArrowInvalid, OverflowError, ValueError):
        return None
    return found


def _is_truth(column: pa.ChunkedArray) -> np.ndarray:
    there: np.ndarray = column.is_null().to_numpy() | holds(column, ("True", "False").__contains__)
    return there


def _renamed(column: pa.ChunkedArray, name: Callable[[str], str | None]) -> pa.Array:
    """A column of codes with each value by another name; null where it has none."""
    values = column.combine_chunks()
    names = pa.array([name(text) for text in values.dictionary.to_pylist()], pa.string())
    return names.take(values.indices)


def _stops(good: pa.Table, force_id: str) -> pa.Table:
    words = vocabulary()
    group = _renamed(good["Self-defined ethnicity"], words.group)
    said = good["Self-defined ethnicity"].combine_chunks().is_valid()
    stated = pc.if_else(said, group, NOT_STATED)
    truths = {
        name: _renamed(good[name], str).cast(pa.bool_()) if len(good) else pa.array([], pa.bool_())
        for name in _TRUTHS
    }
    return pa.table(
        {
            "force_id": constant(force_id, len(good)),
            "type": good["Type"],
            "searched_at": good["Date"],
            "part_of_operation": truths["Part of a policing operation"],
            "operation": good["Policing operation"],
            "latitude": good["Latitude"],
            "longitude": good["Longitude"],
            "gender": good["Gender"],
            "age_range": good["Age range"],
            "self_defined_ethnicity": good["Self-defined ethnicity"],
            "ethnic_group": stated,
            "officer_defined_ethnicity": good["Officer-defined ethnicity"],
            "legislation": good["Legislation"],
            "object": good["Object of search"],
            "outcome": good["Outcome"],
            "outcome_kind": _renamed(good["Outcome"], words.kinds.get),
            "outcome_linked": truths["Outcome linked to object of search"],
            "more_than_outer_clothing": truths["Removal of more than just outer clothing"],
        }
    )


def _counts(stops: pa.Table) -> pa.Table:
    names = ["force_id", *_COUNTED]
    plain = stops.select(names).cast(
        pa.schema([(n, pa.bool_() if n == "outcome_linked" else pa.string()) for n in names])
    )
    counted = plain.group_by(names, use_threads=False).aggregate([([], "count_all")])
    return counted.rename_columns({"outcome_linked": "linked", "count_all": "searches"})


def _unknown(stops: pa.Table) -> str:
    """The wordings that the vocabulary lacks, with the number of their rows."""
    said = []
    for what, given, meant in (
        ("outcome", "outcome", "outcome_kind"),
        ("self-defined ethnicity", "self_defined_ethnicity", "ethnic_group"),
    ):
        mask = pc.and_(stops[given].is_valid(), stops[meant].is_null())
        wordings = stops[given].filter(mask).cast(pa.string()).value_counts().to_pylist()
        said += [f"{what} '{w['values']}' ({w['counts']:,})" for w in wordings]
    return f"loaded without a kind, for the wording is not known: {', '.join(said)}" if said else ""
