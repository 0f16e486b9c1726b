"""`backtest`: whether what was known before inspections went with the grades that followed."""

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from openpeel.cli.options import (
    DEFAULT_LAKE,
    JsonOption,
    LakeOption,
    PublisherOption,
    SnapshotOption,
    print_json,
)

if TYPE_CHECKING:
    from openpeel.monitoring.backtested import Backtest, Row

_HEAD = " score    cut-off   n  base  kappa (95 %)         last  AUC (95 %)           p"
_READ = (
    "cut-off: when fieldwork began; all data had been published before. n: forces with a complete "
    "set of grades, not carried over. base: share graded requires improvement or worse. kappa: "
    "agreement of grade and score beyond chance. last: kappa of the last cycle's grade carried "
    "forward, where the two may be compared. AUC: chance that a force graded requires improvement "
    "or worse scored above one that was not; 0.50 is a coin. p: from grades shuffled among the "
    "forces. worse: indicators that have a worse way; unusual: those that have none.",
    "Intervals are too short where few forces have a bad grade: go by p. A row is about all forces "
    "together: no force's grade is predicted, here or anywhere in openpeel.",
)


def add_to(app: typer.Typer) -> None:
    """Add the command to the front door."""
    app.command("backtest")(backtest)


def backtest(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="With each row's notes, and all not tested.")
    ] = False,
    lake: LakeOption = DEFAULT_LAKE,
    snapshot: SnapshotOption = None,
    publisher: PublisherOption = "demo",
    json: JsonOption = False,
) -> None:
    """Hold what was known before each inspection against the grades that followed."""
    from openpeel import monitoring
    from openpeel.lake import Lake

    found = monitoring.backtest(Lake(lake).snapshot(snapshot))
    if json:
        print_json(
            {
                "publisher": publisher,
                "notice": "Not published by HMICFRS.",
                "rows": [asdict(row) for row in found.rows],
                "left_out": [asdict(one) for one in found.left_out],
            }
        )
        return
    typer.echo(_text(found, publisher, verbose))


def _text(found: "Backtest", publisher: str, verbose: bool) -> str:
    from openpeel.publish.columns import ends, plain, said

    lines = [
        *said("Back-test: did what was known before an inspection go with the grade then given?"),
        *said(f"Not published by HMICFRS. Published by: {publisher}"),
        "",
        _HEAD,
    ]
    for (cycle, question), rows in groupby(found.rows, lambda row: (row.cycle, row.question)):
        tested = list(rows)
        lines += ends(f"{cycle}  {question}", _without(tested[0]))
        for row in tested:
            lines.append(_line(row))
            if verbose:
                lines += said(f"data to {row.data_to}, dates {row.cutoff_confidence}", 3)
                lines += said(f"from {', '.join(row.indicators)}", 3, 5)
                lines += said(row.note, 3, 5)
    kappas, areas = found.apart
    lines += [
        "",
        *said(
            f"Tested: {found.tested}. p is below 0.05 in {found.below}; by chance alone "
            f"{found.tested / 20:.1f} would be. The interval of kappa excludes 0 in {kappas}, that "
            f"of the AUC excludes 0.50 in {areas}."
        ),
        *said(
            f"Not tested: {len(found.left_out)}"
            + (":" if verbose else "; openpeel backtest --verbose says why.")
        ),
    ]
    if verbose:
        for one in found.left_out:
            named = ", ".join(filter(None, (one.question, one.score)))
            lines += said(f"{one.cycle}  {named}: {one.why}", 1, 3)
    for text in _READ:
        lines += ["", *said(text)]
    return plain(lines)


def _line(row: "Row") -> str:
    return (
        f" {row.score:<7}  {row.data_cutoff}  {row.n:>2}  {_number(row.base_rate, 4)}"
        f"  {_number(row.kappa, 5)} {_span(row.kappa_low, row.kappa_high):<13}"
        f"  {_number(row.last_grade_kappa, 5)}"
        f"  {_number(row.auc, 4)} {_span(row.auc_low, row.auc_high):<11}  {_number(row.p, 4)}"
    ).rstrip()


def _without(row: "Row") -> str:
    """The forces left out, in words; '' for none."""
    parts = [(row.incomplete, "with incomplete sets"), (row.carried_over, "carried over")]
    told = ", ".join(f"{number} {what}" for number, what in parts if number)
    return f"left out: {told}" if told else ""


def _number(value: float | None, width: int) -> str:
    return f"{'-' if value is None else f'{value:.2f}':>{width}}"


def _span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"({low:.2f},{high:.2f})"
