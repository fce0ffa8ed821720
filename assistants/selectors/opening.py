"""How a conversation begins: greeting and starters, with what was filled in for their variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assistants.configuration import Configuration, Variable
from assistants.models import Assistant
from core.crypto import CryptoError
from core.secrets import open_for

PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,39})\s*\}\}")
"""Where the value of a variable goes."""
_MEANT = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}\}")
"""What somebody wrote as such a place, also where no variable may be called so."""


class Begins(Protocol):
    """A configuration, or the package of a listing."""

    @property
    def greeting(self) -> str: ...
    @property
    def starters(self) -> tuple[str, ...]: ...
    @property
    def variables(self) -> tuple[Variable, ...]: ...


@dataclass(frozen=True)
class Opening:
    """As people read it: no braces, no secrets."""

    greeting: str
    starters: tuple[str, ...]


def placeholders(text: str) -> list[str]:
    """The names that stand as `{{name}}` in a text, each once, in order."""
    return list(dict.fromkeys(_MEANT.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the values that are known; what has none keeps its braces."""
    return PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def values_of(
    assistant: Assistant, variables: Sequence[Variable], given: Mapping[str, Any] | None = None, *, secrets: bool
) -> dict[str, str]:
    """What each variable stands for: what was filled in for all, else what whoever asks has `given`, else the default;
    names without any of them are left out. Raises CryptoError."""
    values = {variable.name: variable.default for variable in variables}
    values |= _known(given or {}, values)
    values |= _known(open_for(assistant.workspace_id, assistant.values) if assistant.values else {}, values)
    if not secrets:
        hidden = {variable.name for variable in variables if variable.kind == "secret"} | set(assistant.secret_values)
        values = {name: value for name, value in values.items() if name not in hidden}
    return {name: value for name, value in values.items() if value}


def opening_of(assistant: Assistant, configuration: Configuration) -> Opening:
    """Of an assistant, with the values that were filled in for everybody."""
    if not any("{{" in text for text in (configuration.greeting, *configuration.starters)):
        return Opening(configuration.greeting, configuration.starters)
    try:
        values = values_of(assistant, configuration.variables, secrets=False)
    except CryptoError:  # the run says so; a page that greets need not fail for it
        values = {}
    return opening(configuration, values)


def opening(begins: Begins, values: Mapping[str, str] | None = None) -> Opening:
    """Of whatever has a greeting. A place without a value shows the variable's label; a starter with one is left out,
    since nobody could send it. Without `values` the defaults stand in."""
    if values is None:
        values = {variable.name: variable.default for variable in begins.variables if variable.default}
    labels = {variable.name: variable.label for variable in begins.variables}
    starters = tuple(one for one in begins.starters if _whole(one, labels, values))
    return Opening(filled(begins.greeting, labels | dict(values)), tuple(filled(one, values) for one in starters))


def _whole(text: str, known: Iterable[str], values: Mapping[str, str]) -> bool:
    """Braces that are no variable's are the writer's own words."""
    return all(name in values for name in placeholders(text) if name in known)


def _known(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if name in names and value not in (None, "")}
