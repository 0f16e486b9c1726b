"""Street-level crime of many forces counted by area, type and outcome: a compilation, not a
publisher's own file, and it gives way to the publisher's rows wherever those are loaded."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from openpeel.errors import FileRefused
from openpeel.lake import Held, Slice, SliceId
from openpeel.reference import recognise
from openpeel.sources.contracts import contract
from openpeel.sources.members import Member
from openpeel.sources.police_uk.street import COUNTS, CRIME_TYPES
from openpeel.sources.source import OGL, Context, Parsed, Target, has_files, origin_of

_COLUMNS = (
    "force_name",
    "month",
    "lsoa_code",
    "crime_type",
    "last_outcome_category",
    "crimes",
)


class StreetCounts:
    """A Parquet file of counts with force name, month, LSOA, crime type and last outcome."""

    name = "street-counts"
    title = "Street-level crime counted by LSOA (compiled from data.police.uk)"
    publisher = "compiled from data.police.uk"
    licence = OGL

    def recognise(self, member: Member, header: Callable[[], Sequence[str]]) -> Target | None:
        """By the columns of the Parquet file."""
        if not member.base.endswith(".parquet") or tuple(header()) != _COLUMNS:
            return None
        return Target("crime_counts")

    def read(self, member: Member, target: Target, context: Context) -> Parsed:
        """One slice per force and month. A row with an unknown force, month, type or count below
        one refuses the file: a compilation with such a row cannot be trusted in the rest."""
        import polars as pl  # only here, and it takes a tenth of a second

        raw = member.read()
        try:
            frame = pl.read_parquet(raw).with_columns(
                pl.col(_COLUMNS[:-1]).cast(pl.String), pl.col("crimes").cast(pl.Int64)
            )
        except pl.exceptions.PolarsError as error:
            raise FileRefused(f"{member.label} cannot be read as counts: {error}.") from error
        empty = [
            n for n in ("force_name", "month", "crime_type", "crimes") if frame[n].null_count()
        ]
        if empty or not frame.height:
            what = f"empty cells in {', '.join(empty)}" if empty else "no row"
            raise FileRefused(f"{member.label} holds {what}.")
        names = {n: recognise(n) for n in frame["force_name"].unique().to_list()}
        unknown = sorted(n for n, f in names.items() if not has_files(f))
        faults = {
            f"unknown force {', '.join(unknown)}": bool(unknown),
            "a month that is not YYYY-MM": not frame["month"]
            .str.contains(r"^\d{4}-(0[1-9]|1[0-2])$")
            .all(),
            "an unknown crime type": not frame["crime_type"].is_in(list(CRIME_TYPES)).all(),
            "a count below 1": not (frame["crimes"] >= 1).all(),
        }
        wrong = [fault for fault, there in faults.items() if there]
        if wrong:
            raise FileRefused(f"{member.label} holds {'; '.join(wrong)}.")
        as_at = str(frame["month"].max())
        sha = hashlib.sha256(raw).hexdigest()
        parsed = Parsed()
        totals: dict[SliceId, int] = {}
        by = ["lsoa_code", "crime_type", "last_outcome_category"]
        shaped = frame.with_columns(
            pl.col("force_name").replace_strict({n: f.id for n, f in names.items() if f}),
            pl.col("lsoa_code", "last_outcome_category").replace("", None),
        )
        groups = shaped.partition_by("month", "force_name", as_dict=True, maintain_order=True)
        del frame, shaped  # each group goes as its slice is made: the file is in memory once
        for month, force_id in sorted(groups):
            group = groups.pop((month, force_id))
            rows = group.sort(by).select(
                pl.lit(force_id).alias("force_id"),
                "lsoa_code",
                "crime_type",
                pl.col("last_outcome_category").alias("outcome"),
                "crimes",
                pl.lit(as_at).alias("as_at"),
                pl.lit("counts").alias("basis"),
            )
            digest = hashlib.sha256(rows.drop("as_at").write_csv().encode()).hexdigest()
            origin = origin_of(self, member, sha, digest, len(raw), as_at)
            piece = Slice(
                contract("crime_counts"), str(month), str(force_id),
                rows.to_arrow(compat_level=pl.CompatLevel.oldest()),
                replace(origin, publisher_file=False), rows.height,
                rank=COUNTS,
            )  # fmt: skip
            parsed.pieces.append(piece)
            parsed.good[piece.id] = rows.height
            totals[piece.id] = int(rows["crimes"].sum())
        parsed.check = lambda outranked, held: _agreement(totals, outranked, held)
        return parsed


def _agreement(
    totals: Mapping[SliceId, int], outranked: set[SliceId], held: Mapping[SliceId, Held]
) -> str:
    """Say where rows are kept instead of these counts, and where the two do not add up alike."""
    if not outranked:
        return ""
    rows = {n: h.rows_loaded for n in outranked if (h := held.get(n._replace(table="crimes")))}
    differ = sorted(f"{n.key} {n.partition}" for n in rows if rows[n] != totals[n])
    said = f"{len(outranked)} force-months kept from the publisher's rows"
    return f"{said}; totals differ for {', '.join(differ)}" if differ else f"{said}; totals agree"
