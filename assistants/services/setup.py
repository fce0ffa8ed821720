"""What a deployed assistant still lacks. The step `value` is kept here; other steps belong to whoever put them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from assistants.configuration import Configuration, Variable, read_configuration
from assistants.models import Assistant

VALUE = "value"


def variables_of(assistant: Assistant) -> dict[str, Variable]:
    """The variables that can be filled in: those of the deployed version, then what the draft adds or changes."""
    found: dict[str, Variable] = {}
    stored = [assistant.deployed.configuration] if assistant.deployed else []
    for value in (*stored, assistant.draft):
        found |= {variable.name: variable for variable in read_configuration(value).variables}
    return found


def value_steps(assistant: Assistant, configuration: Configuration) -> list[dict[str, Any]]:
    """One step for each variable that must be filled in and is not."""
    return [
        {
            "code": VALUE,
            "variable": variable.name,
            "sentence": _("Fill in “%s”.") % variable.label,
        }
        for variable in configuration.variables
        if variable.required and not variable.default and variable.name not in assistant.value_names
    ]


def renew_steps(assistant: Assistant) -> None:
    """Find out anew which values are missing, and what state follows. The caller saves `steps` and `state`."""
    others = [step for step in assistant.steps if step.get("code") != VALUE]
    missing = []
    if assistant.deployed is not None:
        missing = value_steps(assistant, read_configuration(assistant.deployed.configuration))
    assistant.steps = [*others, *missing]
    if assistant.state != Assistant.State.PAUSED:
        assistant.state = state_of(assistant)


def state_of(assistant: Assistant) -> str:
    """The state of one that is not paused."""
    if assistant.deployed_id is None:
        return Assistant.State.NEEDS_SETUP if assistant.steps else Assistant.State.DRAFT
    return Assistant.State.NEEDS_SETUP if assistant.steps else Assistant.State.RUNNING
