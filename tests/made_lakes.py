"""Small lakes for tests: of counts put in as they are, or of street files in an archive."""

import csv
import io
import zipfile

import numpy as np
import pyarrow as pa

from openpeel.lake import Lake, Origin, Slice
from openpeel.reference import Period
from openpeel.reference import forces as all_forces
from openpeel.sources import contract, load
from openpeel.sources.police_uk.street import HEADER


def origin(digest, as_at="", file="made-up.csv"):
    return Origin(
        "made-up", file, "", "0" * 64, digest, 1, "nobody", "none", as_at, publisher_file=False
    )


def counts_slice(force, month, counts, as_at):
    """A slice of `crime_counts`; counts: {(crime type, outcome or None): number}."""
    rows = [
        {
            "force_id": force,
            "lsoa_code": "E01000001",
            "crime_type": crime_type,
            "outcome": outcome,
            "crimes": number,
            "as_at": as_at,
            "basis": "counts",
        }
        for (crime_type, outcome), number in counts.items()
    ]
    table = contract("crime_counts")
    made = pa.Table.from_pylist(rows, schema=table.stored)
    return Slice(table, month, force, made, origin(repr(rows), as_at), len(rows))


def quarter_slice(force, quarter, offences):
    """A slice of `recorded_crime`; offences: {offence group: number}."""
    table = contract("recorded_crime")
    texts = ("offence_code", "offence", "offence_group", "offence_subgroup")
    rows = [
        {"force_id": force, **dict.fromkeys(texts, group), "offences": int(number)}
        for group, number in offences.items()
    ]
    made = pa.Table.from_pylist(rows, schema=table.stored)
    return Slice(table, quarter, force, made, origin(f"{force} {quarter} {rows}"), len(rows))


def population_slice(year, residents):
    """A slice of `population`; residents: {force: number}."""
    rows = [{"year": year, "force_id": f, "residents": n} for f, n in residents.items()]
    table = contract("population")
    made = pa.Table.from_pylist(rows, schema=table.stored)
    return Slice(table, "", year, made, origin(repr(rows), file="people.csv"), len(rows))


def lake_of(root, *, counts=(), population=None, as_at=None):
    """A lake of counts {(force, month): {(crime type, outcome): number}} and {year: {force: n}}.

    `as_at` is when all was made; by default each month when it was new.
    """
    lake = Lake(root)
    pieces = [
        counts_slice(force, month, found, as_at or month)
        for (force, month), found in sorted(dict(counts).items(), key=lambda c: c[0][::-1])
    ]
    pieces += [population_slice(year, people) for year, people in (population or {}).items()]
    lake.replace(pieces, "made up")
    return lake


def monthly_counts(factors=None, *, forces=(), months=36, last="2026-09", level=80, seed=1):
    """Burglaries of forces that share a season, {(force, month): counts}, and their residents.

    `factors`: {(force, month): factor}, what a force does by itself; 0 leaves the month out.
    `forces` are all 43 unless named; the first month is `months` before the end of `last`.
    """
    rng = np.random.default_rng(seed)
    ids = list(forces or (f.id for f in all_forces()))
    times = [str(Period.parse(last).shift(i + 1 - months)) for i in range(months)]
    season = 1 + 0.15 * np.sin(2 * np.pi * np.arange(months) / 12)
    residents = {f: 100_000 + 10_000 * n for n, f in enumerate(ids)}
    counts = {}
    for force in ids:
        own = level * residents[force] / 300_000 * np.exp(rng.normal(0, 0.15))
        noise = np.exp(rng.normal(0, 0.03, months))
        for month, usual, off in zip(times, season, noise, strict=True):
            # Drawn whatever the factor: what one force does changes no other's numbers.
            number = rng.poisson(own * usual * off)
            if factor := (factors or {}).get((force, month), 1):
                counts[force, month] = {("Burglary", None): round(number * factor)}
    return counts, {"2024": residents}


def street_csv(month, name, rows):
    """A street file's text; rows: {(crime type, outcome or ''): number}."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    number = 0
    for (crime_type, outcome), times in rows.items():
        for _ in range(times):
            number += 1
            asb = crime_type == "Anti-social behaviour"
            place = ("0.1", "52.2", "On or near X", "E01017937", "Cambridge 001A")
            crime_id = "" if asb else f"{number:064x}"
            writer.writerow([crime_id, month, name, name, *place, crime_type, outcome, ""])
    return out.getvalue()


def archive(path, members):
    """A zip like the publisher's; members: {(slug, force name, month): rows or text}."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for (slug, name, month), rows in members.items():
            text = rows if isinstance(rows, str) else street_csv(month, name, rows)
            packed.writestr(f"{month}/{month}-{slug}-street.csv", text)
    return path


def loaded(root, *paths):
    """A lake with these paths loaded."""
    lake = Lake(root)
    load(lake, paths)
    return lake
