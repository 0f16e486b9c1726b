"""The force's actions on a finding: its own list."""

from django.http import HttpRequest, HttpResponse

from openpeel.records.following import add_action, update_action
from openpeel.records.models import Action, Addressed
from openpeel.records.roles import Actor
from openpeel.web.access import Of, page
from openpeel.web.asking import Asked, ask, day, line, lines
from openpeel.web.views.finding import FINDING_OF, form_of
from openpeel.web.words import brief

ACTION_OF = Of(Action, "addressed__force_id")
FIELDS = ("owner", "due_on", "done_on", "note")


class AddForm(Asked):
    """An action."""

    text = lines("What is to be done")
    owner = line("Who does it")
    due_on = day("Due", required=False)


@page("action.write", of=FINDING_OF)
def added(request: HttpRequest, actor: Actor, it: Addressed) -> HttpResponse:
    """Add an action to a finding."""
    return ask(
        request,
        AddForm,
        lambda said: add_action(actor, it.pk, said["text"], said["owner"], said["due_on"]),
        title="Add an action",
        **form_of(it),
    )


class UpdateForm(Asked):
    """What changed of an action."""

    owner = line("Who does it")
    due_on = day("Due", required=False)
    done_on = day("Done on", required=False)
    note = lines("A note", required=False)


@page("action.write", of=ACTION_OF)
def updated(request: HttpRequest, actor: Actor, it: Action) -> HttpResponse:
    """Change an action."""
    return ask(
        request,
        UpdateForm,
        lambda said: update_action(
            actor, it.pk, version=said["version"], **{name: said[name] for name in FIELDS}
        ),
        title=brief(it.text),
        initial={name: getattr(it, name) for name in FIELDS},
        record=it,
        **form_of(it.addressed),
    )
