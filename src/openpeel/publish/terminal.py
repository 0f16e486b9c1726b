"""Profiles, comparisons and traces as plain text: 80 columns, ASCII, safe in a pipe."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from openpeel.profiles import (
    ComparedForce,
    Comparison,
    CoverageView,
    CycleView,
    Figure,
    Profile,
    Trace,
)
from openpeel.profiles.comparing import INTERVAL, NO_LIMITS
from openpeel.profiles.findings import Description, Event, Finding
from openpeel.profiles.judgments import Judgment
from openpeel.publish.columns import code, command, ends, plain, row, said
from openpeel.publish.publications import publication_lines
from openpeel.publish.terminal_data import data_lines
from openpeel.publish.words import (
    NARROW,
    NO_VALUE,
    NOT_A_FILE,
    WORKED_OUT,
    amount,
    capital,
    change_words,
    count,
    covered,
    day,
    direction,
    group_words,
    in_order,
    judgment_notes,
    kind_name,
    many,
    signal,
    standing,
    subjects,
    verified_state,
    vintage,
    when,
)


def profile_text(profile: Profile, *, verbose: bool = False) -> str:
    """A force's profile. With `verbose` every cycle, description, caveat and reason in full."""
    made = vintage(profile.snapshot, profile.created)
    lines = [
        *ends(profile.force.name, made),
        *said(standing(profile.publisher)),
        "",
        *_cycles(profile, verbose),
        "",
        *_findings(profile, verbose),
        "",
        *publication_lines(profile, verbose),
        *data_lines(profile, verbose),
        "",
        *_coverage(profile, verbose),
        *command(_next(profile)),
    ]
    return plain(lines)


def comparison_text(comparison: Comparison) -> str:
    """An indicator over all forces, in the order of their names: never a rank."""
    unit = comparison.unit
    usual, median = amount(comparison.usual, unit), amount(comparison.median, unit)
    own, bare = comparison.limits == INTERVAL, comparison.convention == NO_LIMITS
    limits = "" if bare else comparison.limits
    against = "" if own or bare else "against the limits"
    together = "" if comparison.usual is None else f"Usual: {usual}; "
    lines = [
        *ends(comparison.title, comparison.window_label),
        *ends(standing(comparison.publisher), vintage(comparison.snapshot, comparison.created)),
        "",
        *said(
            f"{capital(direction(comparison.polarity))}. Forces stand in the order of their "
            f"names, not of their figures. {together}{'m' if together else 'M'}edian: {median}."
        ),
        "",
        f"  {'Force':<24}{'figure':>9}   {limits:<17}{against}".rstrip(),
    ]
    lines += [line for force in comparison.forces for line in _compared(force, unit, own)]
    convention = comparison.convention
    lines += ["", *said(capital(convention if bare else f"limits: {convention}") + ".")]
    lines += [line for told in comparison.residents for line in said(told, 0, 2)]
    lines += [line for caveat in comparison.caveats for line in said(caveat, 0, 2)]
    first = next(force.force.id for force in comparison.forces if force.value is not None)
    lines += command(f"openpeel trace {first} {comparison.indicator} {comparison.window}")
    return plain(lines)


def _compared(it: ComparedForce, unit: str, own: bool) -> list[str]:
    """A force's line; the reason where it has no figure. `own`: the limits are of itself alone."""
    if it.value is None:
        return row(f"{it.force.short[:24]:<24}{'-':>9}", it.reason, 2, 38)
    limits = where = ""
    if it.lower is not None:
        limits = f"{amount(it.lower, unit).removesuffix(f'{NARROW}%')} to {amount(it.upper, unit)}"
        side = {0: "within", 1: "above", -1: "below"}[it.outside]
        where = "" if own else f"{side}, also at 99.8 %" if it.far else side
    figure = amount(it.value, unit)
    return [f"  {it.force.short[:24]:<24}{figure:>9}   {limits:<17}{where}".rstrip()]


def trace_text(trace: Trace, publisher: str = "") -> str:
    """The walk from a number back to the files it came from."""
    figure = trace.figure
    value = NO_VALUE if figure.value is None else f"{figure.value:.6g}"
    below = "" if figure.denominator is None else f" / {_exact(figure.denominator)}"
    year = f" residents of mid-{figure.denominator_year}" if figure.denominator_year else ""
    if figure.disparity:
        year = f" expected at the {capital(figure.disparity.reference)} rate"
    lines = [
        *ends(trace.force_name, vintage(trace.snapshot, trace.snapshot_created)),
        *said(standing(publisher)),
        "",
        *row("figure", f"{trace.title}, {figure.period_label}: {value}", 0, 13),
        *row("observation", f"{_exact(figure.numerator)}{below}{year}", 0, 13),
        *(line for told in _groups(figure) for line in row("", told, 0, 13)),
        *(row("no figure", figure.reason, 0, 13) if figure.reason else ()),
        *row("definition", f"{trace.definition} (openpeel sql {trace.indicator})", 0, 13),
        "",
        *said("Rows of the lake, and the files they came from:"),
    ]
    for origin in trace.origins:
        piece = " / ".join(filter(None, (origin.partition, origin.key)))
        lines += [
            *said(f"{origin.table}, version {origin.version}, slice {piece}", 2),
            *row("file", str(Path(origin.file)), 4, 12),
            *(row("member", origin.member, 4, 12) if origin.member else ()),
            f"    sha256  {origin.sha256}",
            *row("from", f"{origin.publisher}, {origin.licence}", 4, 12),
        ]
    lines += ["", *(line for note in trace.notes for line in said(note, 0, 2))]
    lines += ["", "The question asked of the lake:"]
    lines += [line for text in trace.sql.splitlines() for line in code(text)]
    return plain(lines)


def _exact(value: float | None) -> str:
    """A numerator or denominator, so that a reader who divides meets the figure again."""
    if value is None:
        return "none given"
    return count(value) if value.is_integer() else f"{value:,.10g}"


def _groups(figure: Figure) -> list[str]:
    return group_words(figure.disparity) if figure.disparity else []


def _cycles(profile: Profile, verbose: bool) -> list[str]:
    if not profile.cycles:
        return ["No published grade is loaded."]
    lines: list[str] = []
    shown = profile.cycles if verbose else profile.cycles[:1]
    for place, view in enumerate(shown):
        before = profile.cycles[place + 1].cycle if place + 1 < len(profile.cycles) else ""
        lines += _cycle(view, before, verbose)
    if profile.cycles[1:] and not verbose:
        lines.append("Earlier cycles (in full: -v)")
        for view in profile.cycles[1:]:
            lines += row(view.title, _tally(view), 2, 18)
    return lines


def _cycle(view: CycleView, before: str, verbose: bool) -> list[str]:
    published = f", published {day(view.published)}" if view.published else ""
    may = "comparable" if view.comparable else "not comparable"
    against = f"{may} with {before}" if before else ""
    why = "" if verbose or not before else " (why: -v)"
    lines = ends(f"{view.title}{published}", f"{against}{why}")
    for judgment in view.judgments:
        lines += row(judgment.name, _graded(judgment, view.published), 2, 40)
    if verbose and view.comparison:
        lines += said(capital(view.comparison), 2)
    return lines


def _graded(judgment: Judgment, cycle_published: str = "") -> str:
    notes = "; ".join(judgment_notes(judgment, cycle_published))
    return f"{judgment.label} ({notes})" if notes else judgment.label


def _tally(view: CycleView) -> str:
    """A cycle in a line: its pillars by name, its questions by number."""
    pillars = [j for j in view.judgments if j.scope == "pillar"]
    questions = [j for j in view.judgments if j.scope == "question"]
    worked_out = sum(j.basis != "published" for j in questions)
    told = [", ".join(f"{j.name} {_graded(j)}" for j in pillars)] if pillars else []
    if questions:
        marked = f", {worked_out} of them {WORKED_OUT}" if worked_out else ""
        told.append(f"{many(len(questions), 'question')}{marked}")
    return "; ".join(told)


def _findings(profile: Profile, verbose: bool) -> list[str]:
    if not profile.findings and not profile.events:
        return ["Findings: none is loaded."]
    lines = said(f"Findings: {_summary(profile.findings)}", 0, 2)
    for finding in in_order(profile.findings):
        state = verified_state(finding)
        head = capital(kind_name(finding.kind)) + (f", {state}" if state else "")
        about = f": {subjects(finding)}" if finding.questions else ""
        lines += row(_when(finding), f"{head}{about}", 2, 20)
        if verbose:
            lines += said(
                f"verified by the inspectorate: {finding.verified}; "
                f"claimed by the force: {finding.claimed}",
                20,
            )
            lines += _descriptions(finding.descriptions)
    if profile.events:
        lines.append("Events")
    for event in reversed(profile.events):
        about = f": {subjects(event)}" if event.questions else ""
        lines += row(_when(event), f"{capital(kind_name(event.kind))}{about}", 2, 20)
        if verbose:
            lines += _descriptions(event.descriptions)
    return lines


def _summary(findings: Sequence[Finding]) -> str:
    """How many of each kind, and how they stand."""
    groups: dict[tuple[str, str], int] = {}
    for finding in in_order(findings):
        key = finding.kind, verified_state(finding)
        groups[key] = groups.get(key, 0) + 1
    return "; ".join(
        f"{n} {kind_name(kind, n)}" + (f", {state}" if state else "")
        for (kind, state), n in groups.items()
    )


def _when(entry: Finding | Event) -> str:
    return day(entry.date) if entry.date else "undated"


def _descriptions(descriptions: Iterable[Description]) -> list[str]:
    return [
        line for d in descriptions for line in said(f'"{d.summary}" ({d.source_title})', 20, 21)
    ]


def _coverage(profile: Profile, verbose: bool) -> list[str]:
    """Each table with its gaps; without `verbose`, the complete ones in a line."""
    lines: list[str] = []
    whole = [] if verbose else [v for v in profile.coverage if not v.gaps]
    if whole:
        spans = "; ".join(f"{v.table} {_span(v)}" for v in whole)
        lines += said(f"Complete: {spans} (changes of definition: -v)", 0, 2)
    for view in profile.coverage:
        if view in whole:
            continue
        lines += said(f"Coverage of {view.table}, {_span(view)}: {covered(view)}", 0, 2)
        for gap in view.gaps:
            ends = dict.fromkeys(map(when, (gap.first, gap.last)))
            lines += said(f"{gap.status} {' to '.join(ends)}: {gap.reason}", 2, 4)
        for told in change_words(view.changes) if verbose else ():
            lines += said(told, 2, 4)
    for doubt in profile.doubts:
        lines += said(
            f"Doubtful: {when(doubt.month)}, kept out of limits and comparisons: {doubt.reason}",
            0,
            2,
        )
    if any(not o.publisher_file for v in profile.indicators for o in v.provenance):
        lines += said(NOT_A_FILE, 0, 2)
    return [*lines, ""] if lines else []


def _span(view: CoverageView) -> str:
    return " to ".join(dict.fromkeys((when(view.first), when(view.last))))


def _next(profile: Profile) -> str:
    shown = [v for v in profile.indicators if v.latest]
    telling = [v for v in shown if v.trend and signal(v.trend.reading)[0] != "–"]
    for view in (*telling, *shown):
        assert view.latest is not None
        return f"openpeel trace {profile.force.id} {view.indicator.id} {view.latest.period}"
    return "openpeel status"
