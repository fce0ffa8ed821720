"""What an assistant's configuration becomes in its workspace: a provider with its key, instructions with values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistants.configuration import Configuration, ModelChoice
from assistants.gateways.models.places import ModelSettings
from assistants.models import Assistant, ModelProvider
from assistants.selectors.opening import filled, values_of
from core.secrets import open_for

_ORDER = {
    "fast": ("fast", "balanced", "best"),
    "balanced": ("balanced", "best", "fast"),
    "best": ("best", "balanced", "fast"),
}


def settings_of(workspace_id: str, choice: ModelChoice) -> ModelSettings | None:
    """The model of a choice in a workspace; None where no provider is connected, or none that names a model."""
    rows = ModelProvider.objects.filter(workspace_id=workspace_id)
    chosen = rows.filter(pk=choice.provider).first() if choice.provider else None
    provider = chosen or rows.filter(is_default=True).first()
    if provider is None:
        return None
    name = (choice.name if chosen or not choice.provider else "") or model_of_class(provider, choice.klass)
    if not name:
        return None
    return ModelSettings(
        provider=provider.id,
        kind=provider.kind,
        name=name,
        base_url=provider.base_url,
        key=open_for(workspace_id, provider.secret).get("key", ""),
        temperature=choice.temperature,
        top_p=choice.top_p,
        max_tokens=choice.max_tokens,
    )


def model_of_class(provider: ModelProvider, klass: str) -> str:
    """The name of the provider's model for a class, or of the nearest class that it has one for."""
    named = (provider.classes.get(near, "") for near in _ORDER.get(klass, _ORDER["balanced"]))
    return next((name for name in named if name), "")


def instructions_of(
    assistant: Assistant,
    configuration: Configuration,
    given: Mapping[str, Any] | None = None,
    *,
    secrets: bool = True,
) -> str:
    """The instructions with `{{name}}` replaced by what was filled in for all, else by what whoever asks has `given`,
    else by the variable's default. Without `secrets` the place of one stays as it is: for people who may not know it.
    """
    names = {variable.name: "" for variable in configuration.variables}
    if not secrets:
        hidden = {variable.name for variable in configuration.variables if variable.kind == "secret"}
        names = {name: "" for name in names if name not in {*hidden, *assistant.secret_values}}
    return filled(
        configuration.instructions, names | values_of(assistant, configuration.variables, given, secrets=secrets)
    )
