"""What a listed version carries: a package that travels, and the manifest of what it needs.

A package never names a publisher's private hub, key or provider: tools are named by server listing, version and tool,
a model by its class. `read_package` reads strictly; what is wrong is said with the field's name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from assistants.configuration import Example, Instructions, Limits, ModelClass, Short, Text, Variable
from marketplace.catalogue.schema import Transport


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class ToolDefinition(_Strict, frozen=True, kw_only=True):
    """A tool as the server had it when the version was listed."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    description: str = ""
    input_schema: dict[str, Any] = {}
    read_only: bool = False


class ServerPackage(_Strict, frozen=True, kw_only=True, tag_field="kind", tag="server"):
    """An MCP server: how it is reached or run, as in marketplace.catalogue.schema."""

    transports: Annotated[tuple[Transport, ...], msgspec.Meta(min_length=1, max_length=20)]
    tools: Annotated[tuple[ToolDefinition, ...], msgspec.Meta(max_length=500)] = ()
    requires: Annotated[tuple[Short, ...], msgspec.Meta(max_length=20)] = ()
    bundled: bool = False
    """Comes with Crossroads and is offline: it may be tried without an account."""


class ToolNeed(_Strict, frozen=True, kw_only=True):
    """A tool of a listed server."""

    listing: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    """Slug of the server's listing."""
    tool: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """Its name as the server knows it."""
    version: str = ""
    """Of the listing, when the version was made; empty for any."""
    ask_first: bool = False
    optional: bool = False


class AssistantPackage(_Strict, frozen=True, kw_only=True, tag_field="kind", tag="assistant"):
    """An assistant: assistants.configuration without anything private."""

    instructions: Instructions
    greeting: Text = ""
    starters: Annotated[tuple[Short, ...], msgspec.Meta(max_length=8)] = ()
    model: ModelClass = "balanced"
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    works_offline: bool = False
    """Useful with the built-in offline model: it finds and calls tools, and writes no prose."""
    tools: Annotated[tuple[ToolNeed, ...], msgspec.Meta(max_length=128)] = ()
    variables: Annotated[tuple[Variable, ...], msgspec.Meta(max_length=40)] = ()
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    limits: Limits = Limits()
    examples: Annotated[tuple[Example, ...], msgspec.Meta(max_length=50)] = ()


Package = ServerPackage | AssistantPackage


class ManifestTool(_Strict, frozen=True, kw_only=True):
    listing: str
    """Empty: the server's own tools."""
    tool: str
    writes: bool = False
    asks: bool = False


class ManifestSecret(_Strict, frozen=True, kw_only=True):
    name: str
    label: str = ""
    where: Literal["env", "header", "arg", "url", "variable"] = "variable"
    required: bool = True


class Manifest(_Strict, frozen=True, kw_only=True):
    """Everything that a version may touch. Follows from the package; an update that widens it says so."""

    tools: tuple[ManifestTool, ...] = ()
    hosts: tuple[str, ...] = ()
    """Host names it sends to; `*` where a person fills the address in, `model` for the workspace's model."""
    secrets: tuple[ManifestSecret, ...] = ()
    runs_program: str = ""
    """npx, uvx, docker or python, when a command runs on the installation."""


def read_package(value: Any) -> Package:
    """A package from JSON values. Raises msgspec.ValidationError, whose text names the field."""
    package: Package = msgspec.convert(value, Package)
    return package


def package_json(package: Package) -> dict[str, Any]:
    """JSON values as a column gives them back, defaults left out."""
    return msgspec.json.decode(msgspec.json.encode(package))  # type: ignore[no-any-return]


def read_manifest(value: Any) -> Manifest:
    return msgspec.convert(value, Manifest)


def manifest_json(manifest: Manifest) -> dict[str, Any]:
    return msgspec.to_builtins(manifest)  # type: ignore[no-any-return]
