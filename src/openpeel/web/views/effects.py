"""Whether a closure held: planned, and looked at some time after it."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.errors import OpenpeelError
from openpeel.records import effects
from openpeel.records.listing import indicator_name
from openpeel.records.models import Addressed, EffectivenessCheck
from openpeel.records.roles import Actor
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, ask, day, lines, number, one_of, picked
from openpeel.web.pages import Cell, Page, Section, Table, link, show
from openpeel.web.views.finding import FINDING_OF, HELD, form_of
from openpeel.web.words import on

CHECK_OF = Of(EffectivenessCheck, "addressed__force_id")


class PlanForm(Asked):
    """An indicator and a day."""

    indicator = picked("The indicator that should move")
    due_on = day("When to look")


@page("finding.verify", of=FINDING_OF)
def check_planned(request: HttpRequest, actor: Actor, it: Addressed) -> HttpResponse:
    """Plan to look whether a closure held."""
    from openpeel.indicators import indicators

    return ask(
        request,
        PlanForm,
        lambda said: effects.plan_check(actor, it.pk, said["indicator"], said["due_on"]),
        title="Plan to look whether it held",
        choices={"indicator": [(i.id, i.title) for i in indicators().values()]},
        **form_of(it),
    )


@page("finding.verify", "force.read", of=CHECK_OF)
def check(request: HttpRequest, actor: Actor, it: EffectivenessCheck) -> HttpResponse:
    """A check, and the figures before and after the closure, for both sides to see."""
    facts: list[tuple[str, Cell]] = [
        ("Result", HELD[it.held]),
        ("To look on", on(it.due_on)),
    ]
    if it.held is not None:
        vintage = "not said" if it.vintage is None else str(it.vintage)
        facts += [("By", it.by), ("Read at snapshot", vintage)]
    figures, _ = _figures(actor, it, it.vintage)
    said = [("What was found", it.result)] if it.result else []
    may = actor.may("finding.verify", it.addressed.force_id)
    told = "Change what was found" if it.result else "Record whether it held"
    made = Page(
        "Whether the closure held",
        [Section(facts=facts, quotes=said), figures],
        form_of(it.addressed)["over"],
        link("The finding", "finding", it.addressed_id),
        actions=[link(told, "effect-check-record", it.pk)] if may else (),
    )
    return show(request, made)


class CheckForm(Asked):
    """What the look found."""

    held_up = one_of("Did it hold", (("yes", "Yes: it moved and stayed"), ("no", "No")))
    result = lines("What was found", "In words: a person says whether it held, no figure does.")
    vintage = number("Snapshot of the data that it was read at", required=False)


@page("finding.verify", of=CHECK_OF)
def check_recorded(request: HttpRequest, actor: Actor, it: EffectivenessCheck) -> HttpResponse:
    """Record whether a closure held, with the figures before one."""
    figures, newest = _figures(actor, it)
    return ask(
        request,
        CheckForm,
        lambda said: effects.record_check(
            actor,
            it.pk,
            held_up=said["held_up"] == "yes",
            result=said["result"],
            vintage=said["vintage"],
            version=said["version"],
        ),
        title="Record whether it held",
        sections=[figures],
        initial={
            "held_up": {None: "", True: "yes", False: "no"}[it.held],
            "result": it.result,
            "vintage": newest,
        },
        record=it,
        over=form_of(it.addressed)["over"],
        done=reverse("effect-check", args=[it.pk]),
        back=link("The check", "effect-check", it.pk),
    )


def _figures(
    actor: Actor, it: EffectivenessCheck, vintage: int | None = None
) -> tuple[Section, int | None]:
    """The figures before and after the closure, and the snapshot that they were read at.

    At a `vintage`, or the newest (None); where they cannot be had, why.
    """
    from openpeel.indicators import indicator
    from openpeel.lake import Lake
    from openpeel.publish.words import amount, capital, count, direction_why, when

    title = indicator_name(it.indicator)
    try:
        look = effects.measure(actor, it.pk, Lake(settings.OPENPEEL_LAKE).snapshot(vintage))
    except OpenpeelError as error:
        return Section(title, texts=[f"There are no figures to look at. {error}"]), None
    of = indicator(look.indicator)

    def rows(figures: Sequence[effects.Figure]) -> list[tuple[str, ...]]:
        return [
            (
                when(f.period),
                "" if f.numerator is None else count(f.numerator),
                "" if f.denominator is None else count(f.denominator),
                "" if f.value is None else amount(f.value, of.unit),
                f.why_not,
            )
            for f in figures
        ]

    heads = ("Period", "Numerator", "Denominator", "Value", "Why there is none")
    closed = (f"Closed on {on(look.closed_on)}", "", "", "", "")
    shown = [*rows(look.before), closed, *rows(look.after)]
    table = Table(f"{look.title}, before and after the closure", heads, shown)
    texts = [
        f"{capital(direction_why(of))} Read at snapshot {look.vintage} of the lake. A period that "
        "began before the day of closure counts as before it.",
        "The figures are laid before a person; nothing here says whether the closure held.",
    ]
    if not look.after:
        texts.append("There is no figure yet of a period that began after the closure.")
    return Section(title, texts=texts, table=table), look.vintage
