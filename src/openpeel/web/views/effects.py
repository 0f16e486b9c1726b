"""Whether a closure held: planned, and looked at some time after it."""

from django.http import HttpRequest, HttpResponse

from openpeel.records import effects
from openpeel.records.models import Addressed, EffectivenessCheck
from openpeel.records.roles import Actor
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, ask, day, lines, number, one_of, picked
from openpeel.web.views.finding import FINDING_OF, form_of

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
        **{**form_of(it), "record": None},
    )


class CheckForm(Asked):
    """What the look found."""

    held_up = one_of("Did it hold", (("yes", "Yes: it moved and stayed"), ("no", "No")))
    result = lines("What was found")
    vintage = number("Snapshot of the lake that it was read at", required=False)


@page("finding.verify", of=CHECK_OF)
def check_recorded(request: HttpRequest, actor: Actor, it: EffectivenessCheck) -> HttpResponse:
    """Record whether a closure held."""
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
        **{**form_of(it.addressed), "record": it},
    )
