"""Pages: HTML that stands by itself, made from profiles."""

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from openpeel.indicators import Indicator, indicator
from openpeel.profiles import (
    Assessor,
    Comparison,
    IndicatorView,
    Origin,
    Point,
    Profile,
    Publication,
    QuestionView,
)
from openpeel.profiles.judgments import Judgment
from openpeel.publish import publications, sentences, words
from openpeel.publish.charts import comparison_chart, period_chart, period_run
from openpeel.publish.walks import Walk, Walks, anchor

_STRETCHES = 3
"""Limits of more stretches stand in the table, beside the periods."""
HISTORICAL = "Historical: older than the cycle's fieldwork"


@dataclass(frozen=True)
class Shown:
    """An indicator on a force's page. `first` is false where the page shows it a second time."""

    view: IndicatorView
    walk: Walk
    chart: Markup
    first: bool

    @property
    def limits(self) -> list[tuple[str, Point]]:
        """Each stretch of periods with its own mean and limits, by one of its points."""
        points = self.view.trend.points if self.view.trend else ()
        runs = [list(run) for _, run in groupby(points, key=lambda p: (p.lower, p.mean, p.upper))]
        return [(period_run(run), run[0]) for run in runs if run[0].mean is not None]

    @property
    def moving(self) -> bool:
        """Whether the limits are of each period its own, as of what follows what all forces did."""
        return len(self.limits) > _STRETCHES

    @property
    def listed(self) -> list[Origin]:
        """The origins that the periods' steps list."""
        return [origin for step in self.walk.steps for origin in step.rows]


@dataclass(frozen=True)
class ShownQuestion:
    """A question on a force's page; its indicators by heading, the current ones under none."""

    name: str
    judgment: Judgment | None
    groups: dict[str, list[Shown]]


class Pages:
    """Makes the pages of one assessor: alone, or with links to each other as a site."""

    def __init__(self, assessor: Assessor, *, site: bool = False) -> None:
        self._assessor = assessor
        self._site = site
        self._walks = Walks(assessor)

    def force(self, profile: Profile) -> str:
        """The page of a force."""
        seen: set[str] = set()
        questions = [self._question(profile, view, seen) for view in profile.questions]
        shown = [s for q in questions for group in q.groups.values() for s in group]
        missing: dict[str, dict[str, None]] = {}
        for view in profile.missing:
            missing.setdefault(view.missing, {})[view.indicator.title] = None
        silent: dict[str, list[str]] = {}
        for question in profile.questions:
            if question.note:
                silent.setdefault(question.note, []).append(question.name)
        return self._render(
            "force.html",
            root="../",
            profile=profile,
            findings=words.in_order(profile.findings),
            questions=questions,
            current=len({v.indicator.id for q in profile.questions for v in q.current}),
            historical=len({v.indicator.id for q in profile.questions for v in q.historical}),
            walks=[s for s in shown if s.first],
            missing=missing,
            silent=silent,
        )

    def indicator(self, definition: Indicator, comparison: Comparison) -> str:
        """The page of an indicator over all forces, in the order of their names."""
        return self._render(
            "indicator.html",
            root="../",
            it=definition,
            comparison=comparison,
            changes=self._assessor.changes(definition),
            chart=Markup(comparison_chart(comparison, definition.id)),
            anchors={
                row.force.id: anchor(definition.id, comparison.window) for row in comparison.forces
            },
        )

    def signals(self) -> str:
        """The page of all forces' signals: questions to ask, the least likely by chance first."""
        found = self._assessor.watch
        untested: dict[str, list[str]] = {}
        for name, why in found.untested.items():
            reason, _, _ = why.partition(":")
            untested.setdefault(reason, []).append(indicator(name).title)
        return self._render("signals.html", root="", found=found, untested=untested)

    def index(self, profiles: list[Profile], indicators: list[tuple[Indicator, str]]) -> str:
        """The first page: forces by name, and indicators, or why one has no page."""
        return self._render(
            "index.html",
            root="",
            profiles=profiles,
            publications=[it for profile in profiles for it in profile.publications],
            indicators=indicators,
        )

    def publication(self, it: Publication) -> str:
        """The page of a publication from the records, with what is shown beside it."""
        return self._render("publication.html", root="../", it=it)

    def about(self) -> str:
        """Who publishes, from what, and how accessible it is."""
        held = self._assessor.snapshot.held.values()
        publishers = {(h.origin.publisher, h.origin.licence) for h in held if h.origin.publisher}
        return self._render("about.html", root="", publishers=sorted(publishers))

    def _question(self, profile: Profile, view: QuestionView, seen: set[str]) -> ShownQuestion:
        groups = {"": view.current, HISTORICAL: view.historical}
        return ShownQuestion(
            view.name,
            view.judgment,
            {h: [self._shown(profile, v, seen) for v in vs] for h, vs in groups.items() if vs},
        )

    def _shown(self, profile: Profile, view: IndicatorView, seen: set[str]) -> Shown:
        name = view.indicator.id
        first = name not in seen
        seen.add(name)
        chart = period_chart(view, profile.force.name, f"chart-{name}") if first else ""
        return Shown(view, self._walks.of(profile.force, view), Markup(chart), first)

    def _render(self, template: str, **values: object) -> str:
        return _environment().get_template(template).render(**self._everywhere, **values)

    @cached_property
    def _everywhere(self) -> dict[str, object]:
        snapshot = self._assessor.snapshot
        return {
            "site": self._site,
            "standing": words.standing(self._assessor.publisher),
            "publisher": self._assessor.publisher,
            "vintage": words.vintage(snapshot.id, snapshot.entry.created),
        }


def force_page(assessor: Assessor, force_id: str) -> str:
    """The page of a force, in one file that needs no other: no script, no request.

    `force_id` may be any spelling; raises NotKnown with near misses.
    """
    return Pages(assessor).force(assessor.profile(force_id))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("openpeel.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        name: getattr(words, name)
        for name in (
            "against_words", "age", "amount", "capital", "change_words", "count", "covered",
            "day", "direction", "direction_why", "group_words", "judgment_notes", "kind_name",
            "many", "names", "position_words", "subjects", "trend_words", "verified_state",
            "when",
        )
    }  # fmt: skip
    made.filters |= {
        name: getattr(sentences, name)
        for name in (
            "anchor_of", "chance", "expected_false", "linked_sentence", "marks", "sentence",
            "subject", "suggestion", "together_sentence",
        )
    }  # fmt: skip
    made.filters |= {
        name: getattr(publications, name)
        for name in (
            "asks", "claimed_words", "grade_notes", "headline", "history_words",
            "pinned", "publication_title", "said_by", "subject_of", "verified_words",
            "version_words",
        )
    }  # fmt: skip
    made.globals |= {
        name: getattr(publications, name) for name in ("HEADING", "NOT_THEIRS", "TOLD_ELSEWHERE")
    }
    made.globals |= {"KINDS": sentences.KINDS, "SUGGESTED": sentences.SUGGESTED}
    made.filters["figure_anchor"] = lambda it: anchor(it.indicator, it.period)
    made.filters["filename"] = lambda path: Path(path).name
    made.globals["signal"] = words.signal
    return made
