"""The back-test: did signals that were out before an inspection go with the grades that followed?

For each cycle and pillar or question, the indicators that bear on it are combined into one number
a force, and that number is held against the grade then published. The number stays inside this
module: what comes out is about all forces together, and no force's grade is predicted. Nothing is
tuned: recipes, weights and thresholds are those that the rest of openpeel uses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openpeel import framework
from openpeel.errors import FrameworkError, NotComparable
from openpeel.lake import Snapshot
from openpeel.monitoring.backtested import Backtest, LeftOut, Row, Score
from openpeel.monitoring.gradings import Grading, complete, gradings
from openpeel.monitoring.standings import FEWEST_FORCES, Standing, standings
from openpeel.reference import Period, forces
from openpeel.signals.agreement import auc, bootstrap, gamma, weighted_kappa
from openpeel.signals.combining import combine

SCORES: tuple[Score, ...] = ("worse", "unusual")
EVENT = "requires-improvement"
"""The event of base rate and AUC: this grade, or a worse one."""
FEWEST_EVENTS = 5
"""Forces with the event, and without, below which there is no AUC: its interval would mislead."""
RESAMPLES = 2000
_MARKS = ("read", "worked-out", "unconfirmed")  # surest first

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Grades = Mapping[tuple[str, str], Mapping[str, Grading]]


@dataclass(frozen=True)
class _Subject:
    """A graded pillar or question of a cycle, and the month in which its fieldwork began."""

    cycle: framework.Cycle
    id: str
    scope: str
    fieldwork: framework.Fieldwork | None


@dataclass(frozen=True)
class _Last:
    """The grades of the cycle before, by force, where the framework says that they compare."""

    grades: Mapping[str, str]
    note: str


def backtest(snapshot: Snapshot, resamples: int = RESAMPLES) -> Backtest:
    """Test every graded pillar and question of every cycle against what was known before.

    A force takes part where its set of grades is complete (`framework.complete_set`) and the grade
    is its own, not carried over from an earlier inspection; a grade that was changed afterwards
    counts as first published. What may be used is told in `standings`. Same snapshot, same result.
    """
    grades = gradings(snapshot)
    known: dict[str, dict[str, Standing]] = {}
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    for subject in _subjects():
        why = _untestable(subject, grades)
        if why or subject.fieldwork is None:
            left_out.append(LeftOut(subject.cycle.id, subject.id, "", why))
            continue
        month = subject.fieldwork.begins
        if month not in known:
            known[month] = standings(snapshot, Period.parse(month))
        behind = framework.questions_behind(subject.cycle.id, subject.id)
        bearing = [s for s in known[month].values() if behind & set(s.indicator.questions)]
        for score in SCORES:
            used = [s for s in bearing if (s.indicator.polarity == "none") == (score == "unusual")]
            found = _test(subject, score, used, grades, resamples)
            if isinstance(found, Row):
                rows.append(found)
            else:
                left_out.append(LeftOut(subject.cycle.id, subject.id, score, found))
    return Backtest(tuple(rows), tuple(left_out))


def _subjects() -> list[_Subject]:
    made = []
    for cycle in framework.cycles():
        parts = [("pillar", p.id) for p in cycle.pillars if p.graded]
        parts += [("question", q.id) for q in cycle.questions if q.graded and q.programme == "peel"]
        for scope, part in parts:
            made.append(_Subject(cycle, part, scope, framework.fieldwork(cycle.id, part)))
    return made


def _untestable(subject: _Subject, grades: Grades) -> str:
    """Why there is nothing to test, whatever the data; '' where there may be."""
    if not grades.get((subject.cycle.id, subject.id)):
        return "no published grade is loaded"
    whole = sum(complete(grades, subject.cycle.id, subject.id, f.id) for f in forces())
    if whole < FEWEST_FORCES:
        return f"{whole} forces have a complete set of grades, and a test needs {FEWEST_FORCES}"
    return "" if subject.fieldwork else "when fieldwork began is not known"


def _test(
    subject: _Subject, score: Score, used: Sequence[Standing], grades: Grades, resamples: int
) -> Row | str:
    """The row of the forces that can take part, or why there is none."""
    assert subject.fieldwork is not None
    if not used:
        way = "with a worse way" if score == "worse" else "without a worse way"
        return (
            f"no indicator {way} bears on it that is loaded, was published before "
            f"{subject.fieldwork.begins} and was not too old by then"
        )
    scores = _scores(used, score)
    of_subject = grades[subject.cycle.id, subject.id]
    areas = [f.id for f in forces()]
    whole = np.array([complete(grades, subject.cycle.id, subject.id, a) for a in areas])
    own = np.array([a in of_subject and not of_subject[a].carried_over for a in areas])
    there = np.isfinite(scores)
    part = whole & own & there
    if part.sum() < FEWEST_FORCES:
        return (
            f"{part.sum()} forces have a complete set of grades, a grade of their own and a "
            f"figure, and a test needs {FEWEST_FORCES}"
        )
    left = {
        "carried_over": int((whole & ~own).sum()),
        "incomplete": int((~whole).sum()),
        "no_figure": int((whole & own & ~there).sum()),
    }
    taking = {
        area: (float(x), of_subject[area].grade)
        for area, x, takes in zip(areas, scores, part, strict=True)
        if takes
    }
    return _measured(subject, score, used, taking, _last(subject, grades), left, resamples)


def _measured(
    subject: _Subject,
    score: Score,
    used: Sequence[Standing],
    taking: Mapping[str, tuple[float, str]],
    last: _Last,
    left: Mapping[str, int],
    resamples: int,
) -> Row:
    """The row from the score and grade of each force, and from the last cycle's grades."""
    assert subject.fieldwork is not None
    scale = [g.id for g in subject.cycle.grades]
    x = np.array([score for score, _ in taking.values()])
    given = np.array([scale.index(grade) for _, grade in taking.values()])
    notes = []
    shares = _shares(scale, last.grades)
    notes.append("kappa: allotted in equal parts" if shares is None else "kappa: allotted as last")
    allotted = _allot(x, np.full(len(scale), 1 / len(scale)) if shares is None else shares)
    event = given >= scale.index(EVENT) if EVENT in scale else np.zeros(len(given), bool)
    enough = min(event.sum(), (~event).sum()) >= FEWEST_EVENTS
    kappa = bootstrap(
        lambda i: weighted_kappa(allotted[i], given[i], len(scale)), len(x), resamples
    )
    area = bootstrap(lambda i: auc(x[i], event[i]) if enough else np.nan, len(x), resamples)
    order = bootstrap(lambda i: gamma(x[i], given[i]), len(x), resamples)
    if np.isnan(kappa.value):
        notes.append("kappa is not defined: all have one grade")
    if np.isnan(area.value):
        notes.append(f"no AUC: {event.sum()} of {len(event)} are graded {EVENT} or worse")
    if np.isnan(order.value):
        notes.append("gamma is not defined: all have one grade, or one score")
    before, now = _paired(list(taking), given, scale, last.grades)
    carried = weighted_kappa(before, now, len(scale)) if len(now) >= FEWEST_FORCES else np.nan
    if last.note or np.isnan(carried):
        notes.append(f"last grade: {last.note or 'too few forces have one, or all the same'}")
    return Row(
        cycle=subject.cycle.id,
        question=subject.id,
        scope=subject.scope,
        score=score,
        n=len(given),
        base_rate=float(event.mean()) if EVENT in scale else None,
        kappa=_number(kappa.value),
        kappa_low=_number(kappa.lower),
        kappa_high=_number(kappa.upper),
        last_grade_kappa=_number(carried),
        last_grade_n=len(now),
        auc=_number(area.value),
        auc_low=_number(area.lower),
        auc_high=_number(area.upper),
        gamma=_number(order.value),
        gamma_low=_number(order.lower),
        gamma_high=_number(order.upper),
        p=_chance(x, given, order.value, resamples),
        data_cutoff=subject.fieldwork.begins,
        data_to=max(s.period.last_month for s in used),
        cutoff_confidence=_confidence(subject.fieldwork, used),
        **left,
        indicators=tuple(sorted(s.indicator.id for s in used)),
        note="; ".join(notes),
    )


def _scores(used: Sequence[Standing], score: Score) -> Floats:
    """One number a force, over all forces with figures; NaN where it has none of the figures.

    "worse" combines z turned so that + is worse; "unusual" combines |z| less its mean, over its
    standard deviation, were z standard normal: √(2/π) and √(1 − 2/π).
    """
    if score == "worse":
        turned = [s.z if s.indicator.polarity == "lower" else -s.z for s in used]
    else:
        turned = [(np.abs(s.z) - np.sqrt(2 / np.pi)) / np.sqrt(1 - 2 / np.pi) for s in used]
    return combine(np.column_stack(turned)).z


def _allot(scores: Floats, shares: Floats) -> Ints:
    """A place on the scale for each force: the lowest scores the best grade, in these shares.

    Ranks alone count, ties get one grade, and the shares are of an earlier cycle, or equal: those
    of the grades to be met are not known before an inspection.
    """
    from scipy.stats import rankdata

    place = (rankdata(scores) - 0.5) / len(scores)
    return np.searchsorted(np.cumsum(shares)[:-1], place, side="right").astype(np.intp)


def _shares(scale: Sequence[str], last: Mapping[str, str]) -> Floats | None:
    """The shares of the last cycle's grades, best first; None where there were too few."""
    if len(last) < FEWEST_FORCES:
        return None
    given = list(last.values())
    return np.array([given.count(grade) for grade in scale]) / len(given)


def _last(subject: _Subject, grades: Grades) -> _Last:
    """The complete last cycle's grades of the subject, where the framework compares the two."""
    before = [c for c in framework.cycles() if c.id < subject.cycle.id]
    if not before:
        return _Last({}, "there was no cycle before")
    try:
        framework.compare(before[-1].id, subject.cycle.id, subject.id)
    except (NotComparable, FrameworkError) as error:
        return _Last({}, str(error).rstrip("."))
    last = before[-1].id
    of_last = grades.get((last, subject.id), {})
    whole = {a: g.grade for a, g in of_last.items() if complete(grades, last, subject.id, a)}
    return _Last(whole, "")


def _paired(
    taking: Sequence[str], given: Ints, scale: Sequence[str], last: Mapping[str, str]
) -> tuple[Ints, Ints]:
    """The last grade and the new one of the forces that have both."""
    both = [(scale.index(last[a]), g) for a, g in zip(taking, given, strict=True) if a in last]
    made = np.array(both, dtype=np.intp).reshape(-1, 2)
    return made[:, 0], made[:, 1]


def _chance(scores: Floats, given: Ints, observed: float, shuffles: int) -> float | None:
    """p of gamma: how often grades shuffled among the forces go with the scores as strongly.

    (1 + those at least as far from 0) / (1 + shuffles), two-sided (Phipson and Smyth 2010, doi
    10.2202/1544-6115.1585). None where gamma is not defined.
    """
    if np.isnan(observed):
        return None
    draw = np.random.default_rng(0)
    drawn = [gamma(scores, draw.permutation(given)) for _ in range(shuffles)]
    return float((1 + (np.abs(drawn) >= abs(observed) - 1e-12).sum()) / (1 + shuffles))


def _confidence(began: framework.Fieldwork, used: Sequence[Standing]) -> str:
    """The weakest mark among the date of fieldwork and the delays of what was used."""
    marks = {began.confidence, *(one.published.confidence for one in used)}
    return max(marks, key=_MARKS.index)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
