"""The form of an install: which servers stand for the needed ones, and what has to be filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from assistants.configuration import Variable as AssistantVariable
from assistants.models import ModelProvider
from core.errors import ServiceProblem
from marketplace.models import Install
from marketplace.packages import AssistantPackage, ServerPackage
from marketplace.selectors.needs import INSTALL, SKIP, ServerChoice
from marketplace.selectors.plans import Plan
from marketplace.selectors.ways import template_of
from proxy.forms.servers import variable_field
from proxy.importers.drafts import Variable
from proxy.models import Hub

VALUE, SERVER = "value.", "server."
MOST_HUBS = 50


class ValuesForm(forms.Form):
    """Fields named `value.<variable>`."""

    def values(self) -> dict[str, str]:
        return {
            name.removeprefix(VALUE): str(value or "")
            for name, value in self.cleaned_data.items()
            if name.startswith(VALUE)
        }

    def put_problem(self, problem: ServiceProblem) -> None:
        """A service's sentences beside the fields they are about; the rest above the form."""
        placed = False
        for field, sentences in problem.errors.items():
            names = (
                f"{VALUE}{field}",
                f"{VALUE}{field.removeprefix('values.')}",
                field.replace("servers.", SERVER),
                field,
            )
            at = next((name for name in names if name in self.fields), None)
            for sentence in sentences:
                self.add_error(at, str(sentence))
                placed = True
        if not placed:
            self.add_error(None, str(problem.sentence))


class InstallForm(ValuesForm):
    """Fields follow from the plan. `values()` and `mapping()` are what the service takes."""

    def __init__(self, plan: Plan, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        if isinstance(plan.package, ServerPackage):
            template = template_of(plan.listing, plan.package.transports[plan.way])
            for variable in template.variables:
                self.fields[f"{VALUE}{variable.name}"] = variable_field(variable)
        else:
            self._add_servers(plan.servers)
            for known in plan.package.variables:
                self.fields[f"{VALUE}{known.name}"] = assistant_field(known)
            self._add_model(plan)
        if self._makes_servers():
            hubs = list(_hubs(plan))
            self.fields["hub"] = forms.ChoiceField(
                label=_("Put the server on the hub"), choices=hubs, initial=hubs[0][0], required=False
            )

    def _makes_servers(self) -> bool:
        return isinstance(self.plan.package, ServerPackage) or any(choice.can_install for choice in self.plan.servers)

    def _add_servers(self, choices: Iterable[ServerChoice]) -> None:
        for choice in choices:
            options = [(server.id, _("%s, which is connected") % server.title) for server in choice.there]
            if choice.can_install:
                options.append((INSTALL, _("Install %s with it") % choice.name))
            options.append((SKIP, _("Do without it for now")))
            self.fields[f"{SERVER}{choice.slug}"] = forms.ChoiceField(
                label=choice.name,
                choices=options,
                initial=choice.chosen,
                required=False,
                help_text=_("For %(tools)s.") % {"tools": ", ".join(choice.tools[:8])},
            )
            if not choice.there and choice.can_install:
                for variable in choice.variables:
                    self.fields[f"{VALUE}{choice.slug}.{variable.name}"] = _later(variable, choice)

    def _add_model(self, plan: Plan) -> None:
        rows = ModelProvider.objects.filter(workspace=plan.workspace).order_by("-is_default", "name")
        if len(rows) > 1:
            options = [("", _("The workspace's default")), *((row.id, row.name) for row in rows)]
            self.fields["model"] = forms.ChoiceField(label=_("Model from"), choices=options, required=False)

    def mapping(self) -> dict[str, Any]:
        servers = {
            name.removeprefix(SERVER): value
            for name, value in self.cleaned_data.items()
            if name.startswith(SERVER) and value
        }
        found: dict[str, Any] = {"servers": servers}
        if "hub" in self.fields:
            found["hub"] = self.cleaned_data["hub"]
        if self.cleaned_data.get("model"):
            found["model"] = {"provider": self.cleaned_data["model"]}
        return found


class UpdateForm(ValuesForm):
    """What a new version asks to be filled in. What stays blank stays as it is."""

    def __init__(self, variables: Iterable[Variable | AssistantVariable], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for variable in variables:
            field = assistant_field(variable) if isinstance(variable, AssistantVariable) else variable_field(variable)
            field.required = False
            self.fields[f"{VALUE}{variable.name}"] = field


def update_variables(install: Install, package: AssistantPackage) -> list[AssistantVariable]:
    """Of a new version: those that nothing is filled in for yet."""
    filled: Mapping[str, Any] | list[str] = install.assistant.value_names if install.assistant else []
    return [variable for variable in package.variables if variable.name not in filled]


def assistant_field(variable: AssistantVariable) -> forms.Field:
    """A secret is never shown again, so it is typed again after an error."""
    needed = variable.required and not variable.default
    common: dict[str, Any] = {"label": variable.label or variable.name, "required": needed, "help_text": variable.help}
    if variable.kind == "choice":
        pairs = [("", _("Choose")), *((choice, choice) for choice in variable.choices)]
        return forms.ChoiceField(choices=pairs, initial=variable.default, **common)
    if variable.kind == "secret":
        widget = forms.PasswordInput(attrs={"autocomplete": "off"}, render_value=False)
        return forms.CharField(max_length=8_000, widget=widget, **common)
    if variable.kind == "long_text":
        return forms.CharField(
            max_length=8_000, widget=forms.Textarea(attrs={"rows": 4}), initial=variable.default, **common
        )
    return forms.CharField(max_length=8_000, initial=variable.default, **common)


def _later(variable: Variable, choice: ServerChoice) -> forms.Field:
    """What a server needs that is installed along: left blank, that one waits until it is filled in."""
    field = variable_field(variable)
    field.required = False
    field.label = f"{choice.name}: {variable.label}"
    return field


def _hubs(plan: Plan) -> Iterable[tuple[str, str]]:
    rows = list(Hub.objects.filter(workspace=plan.workspace).order_by("title", "id")[:MOST_HUBS])
    yield from ((hub.slug, hub.title) for hub in rows)
    if not rows:
        yield "new", _("Main (it is made)")
    if isinstance(plan.package, ServerPackage):
        yield "", _("on none yet")
