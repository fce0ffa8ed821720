"""The texts of a version, each with its place and with how much a reader trusts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from marketplace.packages import AssistantPackage, Package, ServerPackage
from marketplace.texts import Texts

Kind = Literal["instructions", "tool", "text", "markdown", "schema", "address"]
"""A `tool` part is read by models of people who never saw it, `instructions` by the assistant that they choose."""
MOST_NESTED = 40


class Part(msgspec.Struct, frozen=True):
    """One text. `where` is a path that the editor can point at: `tools.search.description`."""

    where: str
    kind: Kind
    text: str


def parts_of(package: Package, texts: Texts, readme: str, notes: str) -> list[Part]:
    """Every text of a version that people or models come to read."""
    found = [*_texts(texts), Part("readme", "markdown", readme), Part("notes", "markdown", notes)]
    found += _assistant(package) if isinstance(package, AssistantPackage) else _server(package)
    return [part for part in found if part.text]


def _texts(texts: Texts) -> Iterator[Part]:
    for name in ("name", "summary", "licence"):
        yield Part(name, "text", getattr(texts, name))
    yield Part("tags", "text", ", ".join(texts.tags))
    for name in ("homepage", "repository"):
        yield Part(name, "address", getattr(texts, name))
    for language, translation in texts.translations.items():
        yield Part(f"translations.{language}.name", "text", translation.name)
        yield Part(f"translations.{language}.summary", "text", translation.summary)


def _assistant(package: AssistantPackage) -> Iterator[Part]:
    yield Part("instructions", "instructions", package.instructions)
    yield Part("greeting", "markdown", package.greeting)
    for number, starter in enumerate(package.starters, 1):
        yield Part(f"starters.{number}", "text", starter)
    for variable in package.variables:
        yield Part(f"variables.{variable.name}", "text", f"{variable.label}\n{variable.help}\n{variable.default}")
    for number, example in enumerate(package.examples, 1):
        yield Part(f"examples.{number}", "text", "\n".join((example.input, *example.expect)))
    for name in ("input_schema", "output_schema"):
        yield from _schema(name, getattr(package, name))


def _server(package: ServerPackage) -> Iterator[Part]:
    for tool in package.tools:
        yield Part(f"tools.{tool.name}", "tool", tool.name)
        yield Part(f"tools.{tool.name}.description", "tool", tool.description)
        yield from _schema(f"tools.{tool.name}.input_schema", tool.input_schema)
    for number, transport in enumerate(package.transports, 1):
        where = f"transports.{number}"
        values = msgspec.to_builtins(transport)
        if url := values.get("url"):
            yield Part(f"{where}.url", "address", url)
        if args := values.get("args"):
            flat = [part for arg in args for part in ([arg] if isinstance(arg, str) else arg)]
            passed = _passed_on(flat) if values.get("runtime") == "docker" else flat
            yield Part(f"{where}.args", "text", " ".join(passed))
        for variable in transport.variables:
            said = (variable.label, variable.help, variable.example, variable.default, variable.template)
            yield Part(f"{where}.{variable.name}", "text", "\n".join(said))
    for number, need in enumerate(package.requires, 1):
        yield Part(f"requires.{number}", "text", need)


def _passed_on(args: Sequence[str]) -> Iterator[str]:
    """Docker's `-e NAME` passes a variable on: what follows it is an image, and no value of that name."""
    before = ""
    for arg in args:
        yield f"{arg}," if before in ("-e", "--env") and "=" not in arg else arg
        before = arg


def _schema(where: str, schema: Mapping[str, Any] | None) -> Iterator[Part]:
    """The texts inside a schema: a poisoned description may stand at any depth."""
    texts = list(_strings(schema or {}, 0))
    if texts:
        yield Part(where, "schema", "\n".join(texts))


def _strings(value: Any, depth: int) -> Iterator[str]:
    if depth > MOST_NESTED:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner, depth + 1)
