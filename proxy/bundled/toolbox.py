"""Tools from plain functions: what a tool takes and gives is a msgspec Struct, and its schemas follow from that."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, get_type_hints

import msgspec
from mcp import types


class Takes(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of what a tool takes."""


class Gives(msgspec.Struct, kw_only=True):
    """Base of what a tool gives."""

    def more_content(self) -> list[types.ContentBlock]:
        """Blocks beside the JSON itself."""
        return []


class ToolProblem(Exception):
    """Why a tool cannot do what it was asked; the sentence is for whoever asked."""


Function = Callable[[Any], Gives | Awaitable[Gives]]


class Tool:
    """A function and its definition."""

    def __init__(self, function: Function, definition: types.Tool, takes: type[Takes]) -> None:
        self.function = function
        self.definition = definition
        self._takes = takes

    async def call(self, arguments: dict[str, Any]) -> types.CallToolResult:
        """What the tool gives, or a result that says what is wrong."""
        try:
            given = self.function(msgspec.convert(arguments, self._takes))
            if inspect.isawaitable(given):
                given = await given
        except msgspec.ValidationError as problem:
            return _failed(f"The arguments do not fit: {problem}.")
        except ToolProblem as problem:
            return _failed(str(problem))
        text = msgspec.json.encode(given).decode()
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text), *given.more_content()],
            structured_content=msgspec.to_builtins(given),
        )


class Toolbox:
    """Tools by name."""

    def __init__(self) -> None:
        self.tools: dict[str, Tool] = {}

    def tool(
        self,
        title: str,
        *,
        writes: bool = False,
        destroys: bool = False,
        idempotent: bool = True,
    ) -> Callable[[Function], Function]:
        """Make a tool of a function; its name and docstring are the tool's."""

        def add(function: Function) -> Function:
            hints = get_type_hints(function)
            takes, gives = next(iter(hints.values())), hints["return"]
            name = function.__name__
            definition = types.Tool(
                name=name,
                title=title,
                description=inspect.cleandoc(function.__doc__ or title),
                input_schema=schema_of(takes),
                output_schema=schema_of(gives),
                annotations=types.ToolAnnotations(
                    title=title,
                    read_only_hint=not writes,
                    destructive_hint=destroys,
                    idempotent_hint=idempotent,
                    open_world_hint=False,
                ),
            )
            self.tools[name] = Tool(function, definition, takes)
            return function

        return add

    def add_all(self, other: Toolbox) -> None:
        self.tools.update(other.tools)


def schema_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON schema of a struct, with the struct itself at the top and others under `$defs`."""
    (_,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    found = components.pop(kind.__name__)
    found.pop("title", None)
    # The docstrings of base classes speak to us, not to those who call a tool.
    found.pop("description", None)
    return {**found, "$defs": components} if components else dict(found)


def _failed(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=sentence)], is_error=True)
