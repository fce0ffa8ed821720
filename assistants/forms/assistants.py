"""Forms for making, naming and setting up an assistant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from assistants.configuration import Variable
from assistants.enums import MAX_VALUE_CHARS
from assistants.models import Assistant


class NameForm(forms.Form):
    """What people read of it."""

    name = forms.CharField(label=_("Name"), max_length=80)
    summary = forms.CharField(
        label=_("Summary"), max_length=300, required=False, help_text=_("What it is good for, in a sentence.")
    )
    letters = forms.CharField(
        label=_("Letters"),
        max_length=2,
        required=False,
        help_text=_("Two for its square. Made from the name when left empty."),
    )


class NewForm(NameForm):
    """A new assistant by hand."""

    slug = forms.SlugField(
        label=_("Short name"),
        max_length=40,
        required=False,
        help_text=_("Ends its addresses and its tool's name. Never changes; made from the name when left empty."),
    )
    instructions = forms.CharField(
        label=_("Instructions"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What it is for and how it answers. You can write more in the editor."),
    )


class CopyForm(forms.Form):
    """A copy of an assistant of this workspace."""

    source = forms.ModelChoiceField(label=_("Copy"), queryset=Assistant.objects.none(), empty_label=None)
    name = forms.CharField(
        label=_("Name"), max_length=80, required=False, help_text=_("Empty: the same, with “copy” after it.")
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["source"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Assistant.objects.filter(workspace=workspace).order_by("name", "id")


class FileForm(forms.Form):
    """A file, or its text."""

    file = forms.FileField(
        label=_("File"), required=False, help_text=_("JSON, YAML or Markdown with front matter, at most 1 MB.")
    )
    text = forms.CharField(
        label=_("Or its text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("file") and not (values.get("text") or "").strip():
            raise forms.ValidationError(_("Choose a file, or paste its text."))
        return values


class OffersForm(forms.Form):
    """Where it is offered."""

    offer_tool = forms.BooleanField(
        label=_("As a tool and a prompt on the hubs"),
        required=False,
        help_text=_("Every client of the workspace's hubs can ask it."),
    )
    offer_agent_card = forms.BooleanField(
        label=_("By its A2A agent card"),
        required=False,
        help_text=_("The card is public; talking to it needs a key all the same."),
    )


class ValuesForm(forms.Form):
    """One field for each variable. What was filled in as a secret is never shown: blank keeps it."""

    def __init__(
        self,
        *args: Any,
        variables: Mapping[str, Variable],
        shown: Mapping[str, str],
        filled: set[str],
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = dict(shown)
        super().__init__(*args, **kwargs)
        self.hidden = filled - set(shown)
        self.variables = variables
        for name, variable in variables.items():
            self.fields[name] = _value_field(variable, kept=name in self.hidden)
            if name in self.hidden:
                self.fields[f"forget__{name}"] = forms.BooleanField(
                    label=_("Forget the stored %s") % variable.label, required=False
                )

    def values(self) -> dict[str, str | None]:
        """Arguments for `fill_values`."""
        found: dict[str, str | None] = {}
        for name in self.variables:
            value = self.cleaned_data.get(name) or ""
            keep = name in self.hidden and not value and not self.cleaned_data.get(f"forget__{name}")
            found[name] = None if keep else value
        return found


def _value_field(variable: Variable, *, kept: bool) -> forms.Field:
    """The field of one variable. A secret that is kept may stay blank."""
    help_text = str(variable.help)
    if kept:
        help_text = f"{help_text} {_('Filled in and kept secret. Blank keeps it.')}".strip()
    elif variable.required and not variable.default:
        help_text = f"{help_text} {_('It does not run without this.')}".strip()
    needed = variable.required and not variable.default and not kept
    common: dict[str, Any] = {"label": variable.label, "required": needed, "help_text": help_text}
    if variable.kind == "choice":
        empty = [("", variable.default or _("not chosen"))]
        return forms.ChoiceField(choices=[*empty, *((choice, choice) for choice in variable.choices)], **common)
    if variable.kind == "secret" or kept:
        widget: forms.Widget = forms.PasswordInput(attrs={"autocomplete": "off"}, render_value=False)
    elif variable.kind == "long_text":
        widget = forms.Textarea(attrs={"rows": 4, "placeholder": variable.default[:200]})
    else:
        widget = forms.TextInput(attrs={"placeholder": variable.default[:200]})
    return forms.CharField(max_length=MAX_VALUE_CHARS, widget=widget, strip=variable.kind != "long_text", **common)
