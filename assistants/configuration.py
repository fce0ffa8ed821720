"""What an assistant is made of: one typed, strict, immutable value. Versions store it as JSON.

Read by `read_configuration`, which says what is wrong with other JSON in a sentence. Sizes are characters, times
seconds. Secrets never stand in here: a variable that is secret has its value sealed with the assistant.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

import msgspec

ModelClass = Literal["fast", "balanced", "best"]
VariableKind = Literal["text", "long_text", "number", "choice", "secret"]

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=4_000)]
Instructions = Annotated[str, msgspec.Meta(max_length=100_000)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class ModelChoice(_Strict, frozen=True, kw_only=True):
    """Which model answers. A listed version names the class alone; `provider` (`mdl_…`) and `name` are private."""

    klass: ModelClass = "balanced"
    provider: str = ""
    """Empty: the workspace's default provider."""
    name: str = ""
    """Empty: the model that the provider has for the class."""
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None


class ToolChoice(_Strict, frozen=True, kw_only=True):
    """One tool that the assistant may call: its name as the hub offers it."""

    hub: str
    """`hub_…` of the same workspace."""
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    ask_first: bool = False
    """The person at the chat confirms each call with its exact arguments."""


class Variable(_Strict, frozen=True, kw_only=True):
    """What whoever installs or uses the assistant fills in; `{{name}}` in instructions, greeting and
    starters stands for it."""

    name: Name
    label: Short
    help: Short = ""
    kind: VariableKind = "text"
    required: bool = False
    default: Text = ""
    choices: tuple[Short, ...] = ()


class Limits(_Strict, frozen=True, kw_only=True):
    """One run ends at the first of these."""

    steps: Annotated[int, msgspec.Meta(ge=1, le=50)] = 12
    """Requests to the model."""
    tokens: Annotated[int, msgspec.Meta(ge=256, le=2_000_000)] = 100_000
    """Input and output together."""
    seconds: Annotated[int, msgspec.Meta(ge=5, le=1_800)] = 180


class Example(_Strict, frozen=True, kw_only=True):
    """A run that should go well: `expect` are texts that the answer holds, `tools` are tools that it calls."""

    input: Text
    expect: tuple[Short, ...] = ()
    tools: tuple[Short, ...] = ()


class Configuration(_Strict, frozen=True, kw_only=True):
    """The whole of one version."""

    instructions: Instructions = ""
    greeting: Text = ""
    starters: Annotated[tuple[Short, ...], msgspec.Meta(max_length=8)] = ()
    model: ModelChoice = ModelChoice()
    tools: Annotated[tuple[ToolChoice, ...], msgspec.Meta(max_length=128)] = ()
    variables: Annotated[tuple[Variable, ...], msgspec.Meta(max_length=40)] = ()
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    limits: Limits = Limits()
    examples: Annotated[tuple[Example, ...], msgspec.Meta(max_length=50)] = ()


def read_configuration(value: Any) -> Configuration:
    """A Configuration from JSON values. Raises msgspec.ValidationError, whose text names the field."""
    return msgspec.convert(value, Configuration)


def configuration_json(configuration: Configuration) -> dict[str, Any]:
    """JSON values for a column, defaults left out: equal configurations are equal JSON, and have one hash."""
    return _lean(configuration)


def content_hash(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a configuration or of any JSON value."""
    value = configuration_json(value) if isinstance(value, Configuration) else value
    builtins = msgspec.to_builtins(value, order="sorted")
    return hashlib.sha256(msgspec.json.encode(builtins, order="sorted")).hexdigest()


def _lean(value: msgspec.Struct) -> dict[str, Any]:
    """The fields that differ from their defaults. msgspec itself leaves out only what is the very same object."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(value):
        inner = getattr(value, field.name)
        if inner == field.default or (isinstance(inner, msgspec.Struct) and not _lean(inner)):
            continue
        if isinstance(inner, msgspec.Struct):
            found[field.name] = _lean(inner)
        elif isinstance(inner, tuple):
            found[field.name] = [_lean(one) if isinstance(one, msgspec.Struct) else one for one in inner]
        else:
            found[field.name] = inner
    return found
