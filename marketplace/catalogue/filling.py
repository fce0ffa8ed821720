"""Turns an entry and what a person filled in into a connection: command, arguments, environment, headers, address."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import msgspec

from marketplace.catalogue.schema import PLACEHOLDER, Argument, Remote, Stdio, Transport, Variable

ROOT = Path(__file__).resolve().parent.parent.parent


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """What a server form needs. `secrets` names the entries of `env` and `headers` to be kept hidden."""

    transport: Literal["stdio", "http", "sse"]
    command: str = ""
    args: tuple[str, ...] = ()
    cwd: str = ""
    """Where the command starts; set for our own server alone, which must find its own code."""
    env: Mapping[str, str] = {}
    url: str = ""
    headers: Mapping[str, str] = {}
    secrets: frozenset[str] = frozenset()


class MissingValues(Exception):
    """Required variables without a value, by name."""

    def __init__(self, variables: tuple[Variable, ...]) -> None:
        super().__init__(", ".join(variable.label for variable in variables))
        self.variables = variables


def fill(transport: Transport, values: Mapping[str, str]) -> Connection:
    """Put `values` (variable name -> text) in their places; empty ones take their default. Raises MissingValues."""
    given = {v.name: values.get(v.name, "").strip() or v.default for v in transport.variables}
    missing = tuple(v for v in transport.variables if v.required and not given[v.name])
    if missing:
        raise MissingValues(missing)
    placed = {v.name: v.template.replace("{value}", given[v.name]) for v in transport.variables if given[v.name]}
    return connection(transport, placed)


def draft(transport: Transport) -> Connection:
    """The connection as it looks before anything is filled in: for a form that shows every field.

    Variables in the environment and headers stand empty, or with their default; placeholders stay as they are.
    """
    placed = {v.name: v.default or (f"{{{v.name}}}" if v.where in {"arg", "url"} else "") for v in transport.variables}
    return connection(transport, placed)


def connection(transport: Transport, placed: Mapping[str, str]) -> Connection:
    """A connection of the values that have their final form already. Those not in `placed` are left out."""
    secrets = frozenset(v.name for v in transport.variables if v.secret and v.where in {"env", "header"})
    if isinstance(transport, Remote):
        headers = {v.name: placed[v.name] for v in transport.variables if v.where == "header" and v.name in placed}
        url = _placed(transport.url, {name: _in_url(transport.url, name, text) for name, text in placed.items()}) or ""
        return Connection(transport=transport.kind, url=url, headers=headers, secrets=secrets)
    known = {"python": sys.executable, **placed}
    return Connection(
        transport="stdio",
        command=_placed(transport.command, known) or "",
        args=tuple(_arguments(transport, known)),
        cwd=str(ROOT) if transport.runtime == "python" else "",
        env={v.name: placed[v.name] for v in transport.variables if v.where == "env" and v.name in placed},
        secrets=secrets,
    )


def _in_url(url: str, name: str, text: str) -> str:
    """A value inside an address is quoted; one that begins it is an address itself, and a placeholder stays."""
    if url.startswith(f"{{{name}}}"):
        return text.rstrip("/")
    return text if PLACEHOLDER.fullmatch(text) else quote(text, safe="")


def _arguments(transport: Stdio, known: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    for argument in transport.args:
        found.extend(_group(argument, known))
    return found


def _group(argument: Argument, known: Mapping[str, str]) -> list[str]:
    parts = [_placed(part, known) for part in ((argument,) if isinstance(argument, str) else argument)]
    return [] if None in parts else [part for part in parts if part is not None]


def _placed(text: str, known: Mapping[str, str]) -> str | None:
    """`text` with its placeholders filled, or None when one of them has no value."""
    if any(name not in known for name in PLACEHOLDER.findall(text)):
        return None
    return PLACEHOLDER.sub(lambda match: known[match[1]], text)
