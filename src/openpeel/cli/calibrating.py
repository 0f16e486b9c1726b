"""`calibrate`: how often openpeel's signals are wrong, on made series whose truth is known."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from openpeel.cli.options import JsonOption, print_json, wrapped
from openpeel.cli.progress import bar

if TYPE_CHECKING:
    from openpeel.monitoring.calibrating import Calibration, RegimeRow

_SHORT = {
    "XmR, newest month": "XmR now",
    "XmR, newest 12 months": "XmR 12 m",
    "month on month, 2 sd": "m/m 2 sd",
    "month on month, colour": "m/m hue",
}


_KINDS = {
    "independent": "independent",
    "seasonal": "seasonal",
    "memory 0.3": "memory 0.3",
    "seasonal, memory 0.3": "both",
}


def add_to(app: typer.Typer) -> None:
    """Add the command to the front door."""
    app.command("calibrate")(calibrate)


def calibrate(
    quick: Annotated[
        bool, typer.Option("--quick", help="Few made series: some 20 seconds instead of minutes.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Measure how often signals are false, and what is found, on made series."""
    from openpeel.monitoring.calibrating import as_json
    from openpeel.monitoring.calibrating import calibrate as measure

    with bar("Made series", json=json, of_bytes=False) as told:
        made = measure(quick=quick, told=told)
    if json:
        print_json(as_json(made))
        return
    for part in (_head, _false, _peers, _lengths, _delays, _coverage):
        for line in part(made):
            typer.echo(line)


def _head(made: "Calibration") -> Iterator[str]:
    yield wrapped("Calibration of signals, on made series whose truth is known (synthetic).", 0)
    first = made.regimes[0]
    yield wrapped(
        f"{first.replications} families of each kind of series, each of 43 forces and 6 indicators "
        f"({first.tests} tests): in one force of ten of each indicator a shift of 2 or a surge of "
        "3 standard deviations of a month, or a rate 4.5 standard deviations from the others'; and "
        "as many families with nothing in them to find.",
        0,
    )


def _false(made: "Calibration") -> Iterator[str]:
    nominal = made.regimes[0].nominal_fdr
    yield from ("", f"How many signals are false? Promised: {nominal:.0%} at most. All in %.", "")
    yield f"{'':27}{'signals':>9}{'any':>7}{'changes':>13}{'outliers':>13}{'onset':>10}"
    yield f"{'':27}{'false +-':>9}{'of none':>8}" + "  false found" * 2 + "  off held"
    yield from map(_rates, made.regimes)
    above = [row.regime for row in made.regimes if not row.kept]
    yield ""
    yield wrapped(
        f"Above the promise by more than twice the error: {', '.join(above)}."
        if above
        else "None is above the promise by more than twice the error of measuring it.",
        0,
    )
    yield wrapped(
        "The promise is for changes, for outliers, and so for both. any of none: families with "
        "nothing to find that have a signal. off: by how many months the onset of what was found "
        "is off, median; held: its interval, of 90 %, held it.",
        0,
    )
    if made.beyond:
        yield from ("", "Not promised, and how far it goes wrong:", "", *map(_rates, made.beyond))


def _rates(row: "RegimeRow") -> str:
    off = "-" if row.onset_error is None else f"{row.onset_error:.0f}"
    return (
        f"{row.regime:27}{100 * row.achieved_fdr:5.1f}{100 * row.monte_carlo_error:4.1f}"
        f"{100 * row.any_false:7.0f}{100 * row.changes_fdr:7.0f}{100 * row.power_changes:6.0f}"
        f"{100 * row.outliers_fdr:7.0f}{100 * row.power_outliers:6.0f}"
        f"{off:>5}{_share(row.onset_coverage):>5}"
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.0f}"


def _peers(made: "Calibration") -> Iterator[str]:
    yield from ("", "The same series under common rules: % of flags false, % of changes found", "")
    rules = [_SHORT[peer.rule] for peer in made.regimes[0].peers]
    yield f"{'':27}{'watch':>10}" + "".join(f"{rule:>10}" for rule in rules)
    for row in (*made.regimes, *made.beyond):
        pairs = [(row.achieved_fdr, row.power_changes)]
        pairs += [(peer.false_share, peer.power) for peer in row.peers]
        yield f"{row.regime:27}" + "".join(f"{100 * a:6.0f}{100 * b:4.0f}" for a, b in pairs)
    yield ""
    yield wrapped(
        "XmR now, 12 m: any Making Data Count rule at the newest month, at any of the newest 12; "
        "m/m 2 sd: the newest month differs from the one before by more than 2 Poisson standard "
        "deviations; m/m hue: it differs at all. They were made to look at one chart, not at "
        "hundreds: most of what they flag is chance.",
        0,
    )


def _lengths(made: "Calibration") -> Iterator[str]:
    yield from ("", "Months to a first false signal, raw and less season and memory", "")
    rows = made.run_lengths
    kinds = list(dict.fromkeys(row.series for row in rows))
    heads = "".join(f"{_KINDS[kind]:>12}" for kind in kinds)
    yield f"{'':23}{'nominal':>8}{heads}"
    for method in dict.fromkeys(row.method for row in rows):
        mine = {(r.series, r.residuals): r.average for r in rows if r.method == method}
        nominal = next(r.nominal for r in rows if r.method == method)
        cells = "".join(
            f"{_months(mine[kind, False]):>7}{_months(mine[kind, True]):>5}" for kind in kinds
        )
        yield f"{method:23}{_months(nominal):>8}{cells}"
    yield ""
    yield wrapped(
        "Season and memory bring false signals many times too often; when both are taken out "
        "first, charts do as on independent series. All have limits from 60 months, which only "
        "CUSUM's allow for; XmR's rules together promise nothing.",
        0,
    )


def _months(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _delays(made: "Calibration") -> Iterator[str]:
    yield from ("", "Shifts by so many sd: % found in 12 months, and after how many months", "")
    sizes = list(dict.fromkeys(row.size for row in made.delays))
    yield f"{'':29}{'none':>7}" + "".join(f"{size:>11g}" for size in sizes[1:])
    for method, rows in groupby(made.delays, lambda row: row.method):
        none, *others = rows
        cells = "".join(f"{100 * r.found:7.0f}{_months(r.months):>4}" for r in others)
        yield f"{method:29}{100 * none.found:7.1f}{cells}"
    yield ""
    yield wrapped(
        "What is quick is also quick to be wrong: read each row beside its first column, the "
        "series without a shift that signal in the same 12 months.",
        0,
    )


def _coverage(made: "Calibration") -> Iterator[str]:
    yield from ("", "How often intervals, limits and p hold what they say", "")
    yield f"{'%':58}{'says':>7}{'holds':>8}{'+-':>6}"
    for row in made.coverage:
        yield (
            f"{row.interval:58}{100 * row.nominal:7.1f}{100 * row.achieved:8.1f}"
            f"{100 * row.monte_carlo_error:6.1f}"
        )
    yield ""
    yield wrapped(
        "Limits of the SHMI and CQC recipes are too narrow where forces truly differ; outliers are "
        "told by p instead. Intervals of dates hold more than they say.",
        0,
    )
