# ruff: noqa: ANN401 (choices are as Django's fields take them)
"""Forms: one way to ask, to do what was asked for, and to say what was wrong with it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from openpeel.errors import OpenpeelError, Stale
from openpeel.records.models import Record
from openpeel.web.pages import Link, Section

_FILL = {"required": "Fill this in."}
_CHOOSE = {"required": "Choose one."}
_CHOOSE_SOME = {"required": "Choose at least one."}
_DAY = {"required": "Give a day.", "invalid": "Give a day that there is."}
F = TypeVar("F", bound=forms.Field)
LONG, SHORT, WHOLE = 20_000, 150, 2**31 - 1
Offered = Iterable[tuple[str, str | Sequence[tuple[str, str]]]]
"""What a form may choose from; some may stand in a group, under its name."""
Choices = Offered | Callable[[], Offered]


class Renderer(TemplatesSetting):
    """Every form, allauth's too, in the patterns of GOV.UK: summary, label, hint, error, field."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


class Asked(forms.Form):
    """A form; `version` is the version of the record that whoever fills it in has seen."""

    version = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=WHOLE,
        widget=forms.HiddenInput,
        error_messages={"required": "Open the form again: it was sent without it."},
    )


def _field(
    kind: type[F],
    label: str,
    hint: str,
    required: bool,
    errors: Mapping[str, str] = _FILL,
    **more: Any,
) -> F:
    """A field of a kind, with what all have: its label and hint, and what an error says."""
    return kind(label=label, help_text=hint, required=required, error_messages=errors, **more)


def lines(label: str, hint: str = "", *, required: bool = True) -> forms.CharField:
    """A text of several lines."""
    box = forms.Textarea(attrs={"rows": 5})
    return _field(forms.CharField, label, hint, required, max_length=LONG, widget=box)


def line(
    label: str, hint: str = "", *, required: bool = True, longest: int = SHORT
) -> forms.CharField:
    """A text of one line."""
    return _field(forms.CharField, label, hint, required, max_length=longest)


def day(label: str, hint: str = "", *, required: bool = True) -> forms.DateField:
    """A day."""
    box = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return _field(forms.DateField, label, hint, required, _DAY, widget=box)


def number(label: str, hint: str = "", *, required: bool = True) -> forms.IntegerField:
    """A whole number."""
    return _field(forms.IntegerField, label, hint, required, min_value=0, max_value=WHOLE)


def address(label: str) -> forms.URLField:
    """A web address, which need not be given."""
    return forms.URLField(label=label, required=False, max_length=500, assume_scheme="https")


def one_of(label: str, choices: Offered = ()) -> forms.ChoiceField:
    """One of a few, as radio buttons."""
    buttons = forms.RadioSelect
    return _field(
        forms.ChoiceField, label, "", True, _CHOOSE, choices=_offered(choices), widget=buttons
    )


def picked(
    label: str, choices: Choices = (), hint: str = "", *, required: bool = True
) -> forms.ChoiceField:
    """One of many, as a list to pick from."""
    return _field(forms.ChoiceField, label, hint, required, _CHOOSE, choices=_offered(choices))


def _offered(choices: Choices) -> Any:
    """Choices as a field takes them: asked for each time, where they are a function."""
    return choices if callable(choices) else list(choices)


def some_of(label: str, hint: str = "", *, required: bool = False) -> forms.MultipleChoiceField:
    """Any of some, as checkboxes."""
    boxes = forms.CheckboxSelectMultiple
    return _field(forms.MultipleChoiceField, label, hint, required, _CHOOSE_SOME, widget=boxes)


class Because(Asked):
    """To be sure, with a reason. Where none is asked for, `Asked` itself will do."""

    reason = lines("Why")


def ask(
    request: HttpRequest,
    form: type[Asked],
    do: Callable[[dict[str, Any]], object],
    *,
    title: str,
    done: str | Callable[[Any], str],
    said: str = "Saved.",
    button: str = "Save",
    grave: bool = False,
    over: str = "",
    back: Link | None = None,
    texts: Sequence[str] = (),
    quotes: Sequence[tuple[str, str]] = (),
    sections: Sequence[Section] = (),
    record: Record | None = None,
    initial: Mapping[str, Any] | None = None,
    choices: Mapping[str, Choices] | None = None,
) -> HttpResponse:
    """Ask with a form; where it is answered well, `do` it and go to `done`.

    `texts`, `quotes` and `sections` stand above the form. What `do` refuses is said there too, with
    all that was typed still in it. `record` is what is changed, and `initial` its values now: where
    somebody else has changed it meanwhile (Stale), both are shown side by side, and nothing is
    overwritten.
    """
    sent = request.method == "POST"
    first = {**(initial or {}), "version": record.version if record else None}
    given = form(request.POST if sent else None, request.FILES if sent else None, initial=first)
    # Without it nobody could be told that somebody else was quicker.
    given.fields["version"].required = record is not None
    for name, offered in (choices or {}).items():
        given.fields[name].choices = _offered(offered)  # type: ignore[attr-defined]
    status, stale = 200, None
    if sent and given.is_valid():
        try:
            made = do(given.cleaned_data)
        except Stale as error:
            status, stale = 409, _both(given, first) if record else None
            given.data = given.data.copy()  # type: ignore[attr-defined]
            given.data["version"] = str(record.version) if record else ""  # type: ignore[index]
            given.add_error(None, str(error))
        except OpenpeelError as error:
            given.add_error(None, str(error))
        else:
            messages.success(request, said)
            return HttpResponseRedirect(done(made) if callable(done) else done)
    if sent and status == 200:
        status = 422
    shown = {
        "form": given,
        "title": title,
        "button": button,
        "grave": grave,
        "over": over,
        "back": back,
        "texts": texts,
        "quotes": quotes,
        "sections": sections,
        "stale": stale,
    }
    return render(request, "workbench/ask.html", shown, status=status)


def _both(given: Asked, now: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Each field that is shown: its label, what it is now, and what was typed."""
    return [
        (str(bound.label), now.get(bound.name) or "nothing", given.cleaned_data.get(bound.name))
        for bound in given.visible_fields()
    ]
