"""The risk view of a force, and signals brought out of it to an inspection as evidence."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from openpeel.errors import NotAllowed
from openpeel.records.bringing import bring_signal, takers
from openpeel.records.models import Evidence
from openpeel.records.roles import Actor
from openpeel.reference import Force
from openpeel.web.access import OfForce, page
from openpeel.web.asking import WHOLE, ask
from openpeel.web.pages import Cell, Link, Page, Section, Table, link, show, state
from openpeel.web.signals import risk_of
from openpeel.web.views.evidence import BearsForm, bears_of
from openpeel.web.views.inspections import str_of
from openpeel.web.words import bearing_choices, cycle_name


@page("risk.read", of=OfForce(), told=True)
def listed(request: HttpRequest, actor: Actor, it: Force) -> HttpResponse:
    """What monitoring says of a force: a permission of its own, kept from graders."""
    from openpeel.publish.sentences import sentence, subject

    risk, may = risk_of(it.id, settings.OPENPEEL_LAKE), actor.may("signal.bring", it.id)
    texts, offered = [risk.told], may and bool(takers(actor, it.id))
    if may and not offered:
        texts.append("No inspection of the force takes evidence now.")
    heads = ["What stands out", "Indicator", "Expected false (q)"] + ["To do"] * offered
    rows: list[list[Cell]] = []
    for key, signal in risk.signals.items():
        rows.append([sentence(signal), subject(signal), f"{signal.q:.3g}"])
        if offered:
            rows[-1].append(link("Bring it to an inspection", "signal-bring", it.id, key))
    table = Table(f"Signals of {it.name}", heads, rows, none="No signal stands out.")
    back = link(it.name, "force", it.id)
    made = Page(f"Signals of {it.name}", [Section(table=table)], back=back, texts=texts)
    return show(request, made)


class BringForm(BearsForm):
    """What a signal speaks for or against, as it stood when the form was opened."""

    read_at = forms.IntegerField(
        min_value=0,
        max_value=WHOLE,
        widget=forms.HiddenInput,
        error_messages={"required": "Open the form again: it was sent without the snapshot."},
    )


@page("signal.bring", of=OfForce(), told=True)
def brought(request: HttpRequest, actor: Actor, it: Force, key: str) -> HttpResponse:
    """Bring a signal to an inspection of the force, as evidence for all who work on it."""
    from openpeel.publish.sentences import sentence

    risk = risk_of(it.id, settings.OPENPEEL_LAKE)
    signal = risk.signals.get(key)
    if signal is None:
        raise NotAllowed(
            "The lake has moved on, and what it now says of the force holds this signal no more. "
            f"{risk.told}"
        )
    back, title = link("Signals", "signals", it.id), "Bring a signal to an inspection"
    said = [("What it says", sentence(signal))]
    open_ones = takers(actor, it.id)
    asked = request.GET.get("inspection", "")
    chosen = next((i for i in open_ones if str(i.pk) == asked), None)
    if len(open_ones) == 1:
        chosen = open_ones[0]
    if chosen is None:
        here = reverse("signal-bring", args=[it.id, key])
        rows = [
            (Link(cycle_name(i.cycle), f"{here}?inspection={i.pk}"), state(i.state))
            for i in open_ones
        ]
        table = Table("To which inspection", ("Cycle", "State"), rows, none="None takes evidence.")
        return show(
            request, Page(title, [Section(quotes=said), Section(table=table)], it.name, back)
        )
    to = chosen

    def do(given: dict[str, Any]) -> Evidence:
        if given["read_at"] != risk.vintage:
            raise NotAllowed(
                f"The lake has moved on to snapshot {risk.vintage} since you opened this form: "
                "what the signal says now stands above. Open the form again to bring that."
            )
        return bring_signal(actor, to.pk, signal, given["read_at"], bears_of(given))

    choices = bearing_choices(to.cycle)
    return ask(
        request,
        BringForm,
        do,
        title=title,
        button="Bring it",
        said="The signal is evidence now: whoever reads evidence sees it.",
        over=str_of(to),
        texts=[f"{risk.told} It is kept as it stands there, for all who work on the inspection."],
        quotes=said,
        initial={"read_at": risk.vintage},
        choices={"bears_for": choices, "bears_against": choices},
        done=lambda made: reverse("evidence", args=[made.pk]),
        back=back,
    )
