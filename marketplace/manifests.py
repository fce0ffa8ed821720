"""What follows from a package: the manifest of everything that it may touch, and the facts that a search filters by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from assistants.configuration import Variable as AssistantVariable
from marketplace.catalogue.schema import Remote, Stdio, Transport
from marketplace.packages import (
    AssistantPackage,
    Manifest,
    ManifestSecret,
    ManifestTool,
    Package,
    ServerPackage,
)

_EASE = ("none", "key", "oauth")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a listing that follow from its package."""

    reads_only: bool
    asks_first: bool
    offline: bool
    needs: tuple[str, ...]
    transports: tuple[str, ...]


Writes = Callable[[str, str], bool]
"""(listing, tool) -> may it change something? What nobody knows of is taken to."""


def _unknown(_listing: str, _tool: str) -> bool:
    return True


def manifest_of(package: Package, writes: Writes = _unknown) -> Manifest:
    """Tools, hosts and secrets of a package. `writes` is asked for the tools that an assistant needs."""
    return _server_manifest(package) if isinstance(package, ServerPackage) else _assistant_manifest(package, writes)


def facts_of(package: Package) -> Facts:
    """What a listing of this package says of itself. A server whose tools are unknown is not called read-only."""
    if isinstance(package, AssistantPackage):
        return Facts(
            reads_only=not package.tools,
            asks_first=bool(package.tools) and all(tool.ask_first for tool in package.tools),
            offline=package.works_offline,
            needs=_assistant_needs(package),
            transports=(),
        )
    return Facts(
        reads_only=bool(package.tools) and all(tool.read_only for tool in package.tools),
        asks_first=False,
        offline=package.bundled,
        needs=_server_needs(package),
        transports=tuple(dict.fromkeys(transport.kind for transport in package.transports)),
    )


def _server_manifest(package: ServerPackage) -> Manifest:
    programs = [transport.runtime for transport in package.transports if isinstance(transport, Stdio)]
    return Manifest(
        tools=tuple(ManifestTool(listing="", tool=tool.name, writes=not tool.read_only) for tool in package.tools),
        hosts=_hosts(package.transports),
        secrets=_server_secrets(package.transports),
        runs_program=programs[0] if programs else "",
    )


def _hosts(transports: Iterable[Transport]) -> tuple[str, ...]:
    hosts = [_host(transport.url) for transport in transports if isinstance(transport, Remote)]
    return tuple(dict.fromkeys(hosts))


def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname or "*"
    except ValueError:
        return "*"
    return "*" if "{" in host else host


def _server_secrets(transports: Iterable[Transport]) -> tuple[ManifestSecret, ...]:
    found: dict[tuple[str, str], ManifestSecret] = {}
    for transport in transports:
        for known in transport.variables:
            if known.secret:
                secret = ManifestSecret(name=known.name, label=known.label, where=known.where, required=known.required)
                found.setdefault((known.where, known.name), secret)
    return tuple(found.values())


def _assistant_manifest(package: AssistantPackage, writes: Writes) -> Manifest:
    return Manifest(
        tools=tuple(
            ManifestTool(listing=t.listing, tool=t.tool, writes=writes(t.listing, t.tool), asks=t.ask_first)
            for t in package.tools
        ),
        hosts=() if package.works_offline else ("model",),
        secrets=tuple(_secret(variable) for variable in package.variables if variable.kind == "secret"),
    )


def _secret(variable: AssistantVariable) -> ManifestSecret:
    where: Literal["variable"] = "variable"
    return ManifestSecret(name=variable.name, label=variable.label, where=where, required=variable.required)


def _assistant_needs(package: AssistantPackage) -> tuple[str, ...]:
    needs = [] if package.works_offline else ["model"]
    if any(variable.kind == "secret" and variable.required for variable in package.variables):
        needs.append("key")
    return tuple(needs) or ("none",)


def _server_needs(package: ServerPackage) -> tuple[str, ...]:
    """Of the easiest way to reach it."""
    easiest = min(package.transports, key=lambda transport: _EASE.index(transport.sign_in))
    needs: list[str] = [] if easiest.sign_in == "none" else [easiest.sign_in]
    if isinstance(easiest, Stdio) and easiest.runtime != "python":
        needs.append("program")
    return tuple(needs) or ("none",)
