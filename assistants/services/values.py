"""What is filled in for an assistant's variables, sealed. A secret is never shown again."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import in_workspace, require
from accounts.services import bump_workspace
from assistants.configuration import Variable
from assistants.enums import MAX_VALUE_CHARS
from assistants.models import Assistant
from assistants.services.assistants import locked, record
from assistants.services.checks import is_number
from assistants.services.setup import renew_steps, variables_of
from core.decision import Principal
from core.errors import Text
from core.secrets import open_for, seal_for
from proxy.errors import DraftProblem


def fill_values(*, actor: Principal, assistant: Assistant, values: Mapping[str, str | None]) -> Assistant:
    """Fill in variables for everybody who uses the assistant. None leaves a value as it is, "" empties it.

    Raises DraftProblem by `values.<name>`. Names that no variable has are refused; what is filled in for variables
    that are gone is dropped.
    """
    require(actor, "assistant.manage", in_workspace(assistant.workspace_id, "assistant", assistant.id))
    with transaction.atomic():
        assistant = locked(assistant)
        known = variables_of(assistant)
        _check(known, values)
        stored = opened_values(assistant)
        given = {name: value for name, value in values.items() if value is not None}
        after = {name: value for name, value in (stored | given).items() if value and name in known}
        if after == stored:
            return assistant
        fresh = {name for name in given if after.get(name) != stored.get(name)}
        secret = {name for name in fresh if known[name].kind == "secret"} | (set(assistant.secret_values) - fresh)
        assistant.values = seal_for(assistant.workspace_id, after) if after else None
        assistant.value_names = sorted(after)
        assistant.secret_values = sorted(secret & set(after))
        renew_steps(assistant)
        assistant.save(update_fields=["values", "value_names", "secret_values", "steps", "state", "updated_at"])
        changed = sorted(name for name in {*stored, *after} if stored.get(name) != after.get(name))
        record("assistant.values_filled", actor, assistant, data={"variables": changed})
        bump_workspace(workspace_id=assistant.workspace_id)
    return assistant


def opened_values(assistant: Assistant) -> dict[str, str]:
    """{variable: value}, secrets among them: for a run, never for a page. Raises CryptoError."""
    return {name: str(value) for name, value in open_for(assistant.workspace_id, assistant.values).items()}


def shown_values(assistant: Assistant) -> dict[str, str]:
    """What may be shown to those who manage the assistant: all but what was filled in as a secret."""
    return {name: value for name, value in opened_values(assistant).items() if name not in assistant.secret_values}


def _check(known: Mapping[str, Variable], values: Mapping[str, str | None]) -> None:
    errors: dict[str, list[Text]] = {}
    for name, value in values.items():
        problem = _problem(known.get(name), value or "")
        if problem:
            errors[f"values.{name}"] = [problem]
    if errors:
        raise DraftProblem(errors)


def _problem(variable: Variable | None, value: str) -> str:
    if variable is None:
        return _("The assistant has no such variable.")
    if len(value) > MAX_VALUE_CHARS or "\0" in value:
        return _("This is longer than %d characters, or holds some that cannot be used.") % MAX_VALUE_CHARS
    if value and variable.kind == "choice" and value not in variable.choices:
        return _("Choose one of: %s.") % ", ".join(variable.choices)
    if value and variable.kind == "number" and not is_number(value):
        return _("Write a number.")
    return ""
