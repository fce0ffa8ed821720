"""The editor of a draft: one form, with rows for variables and examples, and a picker of tools."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from assistants.configuration import Configuration
from assistants.forms.fields import JsonField, name_of_variable
from assistants.forms.rows import RowForm, Rows
from assistants.models import ModelProvider
from proxy.forms.fields import LinesField

CLASSES = (
    ("fast", _("Fast: short, simple work")),
    ("balanced", _("Balanced: most work")),
    ("best", _("Best: hard work")),
)
KINDS = (
    ("text", _("A line of text")),
    ("long_text", _("A longer text")),
    ("number", _("A number")),
    ("choice", _("One of several")),
    ("secret", _("A secret")),
)


class VariableForm(RowForm):
    content = ("name", "label")

    label = forms.CharField(label=_("Asks for"), max_length=200)
    name = forms.CharField(
        label=_("Name"), max_length=40, required=False, help_text=_("Stands as {{name}} in the texts.")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS)
    default = forms.CharField(label=_("Default"), max_length=4000, required=False)
    choices = LinesField(
        label=_("Choices"), required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("One on each line.")
    )
    help = forms.CharField(label=_("Hint"), max_length=200, required=False)
    required = forms.BooleanField(label=_("Must be filled in"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("name") and values.get("label"):
            values["name"] = name_of_variable(values["label"])
        return values


class ExampleForm(RowForm):
    content = ("input", "expect", "tools")

    input = forms.CharField(label=_("Somebody writes"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))
    expect = LinesField(
        label=_("The answer holds"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One text on each line."),
    )
    tools = LinesField(
        label=_("It calls"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("One tool on each line."),
    )


class DraftForm(forms.Form):
    """All but variables, examples and tools."""

    instructions = forms.CharField(
        label=_("Instructions"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("What it is for, how it answers, what it must not do. {{name}} stands for a variable."),
    )
    greeting = forms.CharField(
        label=_("Greeting"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The first thing that people read. Markdown works."),
    )
    starters = LinesField(
        label=_("Starters"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Up to eight questions to begin with, one on each line."),
    )
    klass = forms.ChoiceField(
        label=_("Class"),
        choices=CLASSES,
        initial="balanced",
        widget=forms.RadioSelect,
        help_text=_("Which model serves a class is chosen once for the workspace, under Models."),
    )
    provider = forms.ChoiceField(label=_("Provider"), required=False)
    model_name = forms.CharField(
        label=_("One certain model"),
        max_length=200,
        required=False,
        help_text=_("Its name at the provider. Empty: the model of the class."),
    )
    temperature = forms.FloatField(
        label=_("Temperature"), min_value=0, max_value=2, required=False, help_text=_("0 to 2. Empty: the model's own.")
    )
    top_p = forms.FloatField(
        label=_("Top p"), min_value=0, max_value=1, required=False, help_text=_("Above 0, up to 1.")
    )
    max_tokens = forms.IntegerField(label=_("Longest answer, tokens"), min_value=1, max_value=1_000_000, required=False)
    steps = forms.IntegerField(
        label=_("Steps"), min_value=1, max_value=50, initial=12, help_text=_("Requests to the model in one answer.")
    )
    tokens = forms.IntegerField(
        label=_("Tokens"), min_value=256, max_value=2_000_000, initial=100_000, help_text=_("In and out together.")
    )
    seconds = forms.IntegerField(label=_("Seconds"), min_value=5, max_value=1_800, initial=180)
    input_schema = JsonField(
        label=_("What goes in"),
        help_text=_("A JSON Schema for programs that call it. Empty: a message."),
        required=False,
    )
    output_schema = JsonField(
        label=_("What comes out"), help_text=_("A JSON Schema that every answer fits. Empty: text."), required=False
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    error_names = {"model": "model_name", "limits": "steps"}

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["provider"]
        assert isinstance(field, forms.ChoiceField)
        rows = ModelProvider.objects.filter(workspace=workspace).order_by("name", "id").values_list("id", "name")
        field.choices = [("", _("The workspace's default")), *rows]


class Editor:
    """The whole of the editor: from a configuration or from a request, and back."""

    def __init__(
        self, *, workspace: Workspace, configuration: Configuration, revision: int, data: QueryDict | None = None
    ) -> None:
        self.form = DraftForm(data, workspace=workspace, initial=_initial(configuration, revision))
        self.variables = Rows(VariableForm, "variables", data=data, initial=map(_variable, configuration.variables))
        self.examples = Rows(
            ExampleForm,
            "examples",
            data=data,
            initial=({"input": e.input, "expect": e.expect, "tools": e.tools} for e in configuration.examples),
        )
        if data is None:
            self.tools = [f"{tool.hub}/{tool.name}" for tool in configuration.tools]
            self.ask = {f"{tool.hub}/{tool.name}" for tool in configuration.tools if tool.ask_first}
        else:
            self.tools = list(dict.fromkeys(data.getlist("tools")))
            self.ask = set(data.getlist("ask"))

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.variables.is_valid(), self.examples.is_valid()])

    @property
    def has_errors(self) -> bool:
        """Of what was looked at: asking a form for its errors would look at it."""
        looked_at: list[forms.Form] = [self.form, *self.variables, *self.examples]
        return any(form.__dict__.get("_errors") for form in looked_at)

    def change(self, what: str) -> bool:
        """Add or drop a row, as a button asks: `add:variables`, `add:variables:city`, `drop:variables:3`."""
        do, _colon, rest = what.partition(":")
        name, _colon, number = rest.partition(":")
        kinds: dict[str, Rows[Any]] = {"variables": self.variables, "examples": self.examples}
        rows = kinds.get(name)
        if rows is None or do not in {"add", "drop"}:
            return False
        if do == "add":
            rows.add({"name": number[:40]} if number else {})
        else:
            rows.drop(number)
        return True

    def value(self) -> dict[str, Any]:
        """The configuration as JSON values, for the service to check. Of a valid editor."""
        given = self.form.cleaned_data
        model = {"klass": given["klass"], "provider": given["provider"], "name": given["model_name"]}
        model |= {name: given[name] for name in ("temperature", "top_p", "max_tokens") if given[name] is not None}
        tools = [value.partition("/") for value in self.tools]
        return {
            "instructions": given["instructions"].replace("\r\n", "\n").rstrip(),
            "greeting": given["greeting"].replace("\r\n", "\n"),
            "starters": list(given["starters"]),
            "model": model,
            "tools": [
                {"hub": hub, "name": name, "ask_first": f"{hub}/{name}" in self.ask} for hub, _slash, name in tools
            ],
            "variables": [_variable_value(row) for row in self.variables.values()],
            "input_schema": given["input_schema"],
            "output_schema": given["output_schema"],
            "limits": {name: given[name] for name in ("steps", "tokens", "seconds")},
            "examples": [
                {"input": row["input"], "expect": list(row["expect"]), "tools": list(row["tools"])}
                for row in self.examples.values()
            ],
        }


def _variable(variable: Any) -> dict[str, Any]:
    return {
        name: getattr(variable, name) for name in ("name", "label", "help", "kind", "required", "default", "choices")
    }


def _variable_value(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "choices": list(row["choices"]) if row["kind"] == "choice" else []}


def _initial(configuration: Configuration, revision: int) -> dict[str, Any]:
    model, limits = configuration.model, configuration.limits
    return {
        "instructions": configuration.instructions,
        "greeting": configuration.greeting,
        "starters": configuration.starters,
        "klass": model.klass,
        "provider": model.provider,
        "model_name": model.name,
        "temperature": model.temperature,
        "top_p": model.top_p,
        "max_tokens": model.max_tokens,
        "steps": limits.steps,
        "tokens": limits.tokens,
        "seconds": limits.seconds,
        "input_schema": configuration.input_schema,
        "output_schema": configuration.output_schema,
        "revision": revision,
    }
