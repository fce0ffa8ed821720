"""Ask a server what it is and what it has: which eras it speaks, and its tools, resources, templates and prompts."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec

from proxy.engine import messages
from proxy.engine.ports import Era, UpstreamProblem, Upstreams, UpstreamSession, UpstreamSpec

MAX_PAGES = 500
MAX_ITEMS = 10_000
MAX_BYTES = 64 * 1024 * 1024
_MAX_VERSIONS = 50

_ERAS: tuple[Era, ...] = ("stateless", "handshake")
_FINAL = frozenset({"not_found", "exited", "tls", "unauthorized", "forbidden", "refused", "address"})
"""Kinds of trouble that no other era would mend."""
_LISTS = (
    ("tools", "tools", "tools/list", "tools"),
    ("resources", "resources", "resources/list", "resources"),
    ("templates", "resources", "resources/templates/list", "resourceTemplates"),
    ("prompts", "prompts", "prompts/list", "prompts"),
)
_METHOD_NOT_FOUND = -32601

Item = dict[str, Any]


class Probe(msgspec.Struct, kw_only=True):
    """What a server says of itself. `problem` is set, and the rest empty, when it cannot be spoken to."""

    eras: tuple[Era, ...] = ()
    versions: tuple[str, ...] = ()
    """Protocol versions, newest first."""
    server_name: str = ""
    server_version: str = ""
    instructions: str = ""
    capabilities: Item = {}
    hello: bytes = b"{}"
    """InitializeResult or DiscoverResult as the server sent it."""
    problem: UpstreamProblem | None = None


class Discovered(Probe, kw_only=True):
    """A probe, and everything in the server's lists, in its order: each entry as the JSON value that it sent."""

    tools: tuple[Any, ...] = ()
    resources: tuple[Any, ...] = ()
    templates: tuple[Any, ...] = ()
    prompts: tuple[Any, ...] = ()
    notes: tuple[str, ...] = ()
    """What was left out, in plain words (English)."""


async def probe(upstreams: Upstreams, spec: UpstreamSpec) -> Probe:
    """Try both eras. Never raises for what is wrong with the server."""
    try:
        opened = await _opened(upstreams, spec)
    except UpstreamProblem as problem:
        return Probe(problem=problem)
    await _close_draft(spec, opened)
    return Probe(**_described(opened))


async def discover(upstreams: Upstreams, spec: UpstreamSpec) -> Discovered:
    """Everything that a server has. Raises UpstreamProblem."""
    opened = await _opened(upstreams, spec)
    try:
        known = _described(opened)
        known |= await _listed(opened[0], known["capabilities"])
    finally:
        await _close_draft(spec, opened)
    return Discovered(**known)


async def list_tools(session: UpstreamSession) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """The tools of an open session as the server sent them, and notes on what was left out. Raises UpstreamProblem."""
    notes: list[str] = []
    return await _all_pages(session, "tools/list", "tools", notes), tuple(notes)


async def _opened(upstreams: Upstreams, spec: UpstreamSpec) -> list[UpstreamSession]:
    """One session for each era that the server speaks, the newest first. Raises UpstreamProblem when it speaks none."""
    sessions: list[UpstreamSession] = []
    troubles: list[UpstreamProblem] = []
    for era in _ERAS:
        try:
            sessions.append(await upstreams.session(spec, era=era))
        except UpstreamProblem as problem:
            troubles.append(problem)
            if problem.kind in _FINAL:
                break
    if not sessions:
        # "Does not speak this era" says the least of all.
        raise next((one for one in reversed(troubles) if one.kind != "unsupported"), troubles[-1])
    return sessions


async def _close_draft(spec: UpstreamSpec, sessions: list[UpstreamSession]) -> None:
    """Sessions of a server that is only being tried out belong to nobody else."""
    if not spec.fingerprint:
        for session in sessions:
            with contextlib.suppress(UpstreamProblem):
                await session.close()


def _described(sessions: list[UpstreamSession]) -> dict[str, Any]:
    hellos = [_object(session.hello) for session in sessions]
    newest = hellos[0]
    meta = newest.get("_meta")
    info = newest.get("serverInfo") or (meta.get(messages.SERVER_INFO) if isinstance(meta, dict) else None) or {}
    if not info and len(hellos) > 1:
        info = hellos[1].get("serverInfo") or {}
    versions: set[str] = {session.version for session in sessions}
    for hello in hellos:
        versions |= _versions(hello.get("supportedVersions"))
    capabilities = newest.get("capabilities")
    return {
        "eras": tuple(session.era for session in sessions),
        "versions": tuple(sorted(versions, reverse=True)),
        "server_name": str(info.get("name", "")) if isinstance(info, dict) else "",
        "server_version": str(info.get("version", "")) if isinstance(info, dict) else "",
        "instructions": str(newest.get("instructions") or ""),
        "capabilities": capabilities if isinstance(capabilities, dict) else {},
        "hello": sessions[0].hello,
    }


def _versions(said: object) -> set[str]:
    """What looks like protocol versions among what a server says of them."""
    listed = said[:_MAX_VERSIONS] if isinstance(said, list) else ()
    return {one for one in listed if isinstance(one, str) and one.isascii() and one.isprintable() and len(one) <= 20}


async def _listed(session: UpstreamSession, capabilities: Item) -> dict[str, Any]:
    lists: dict[str, Any] = {}
    notes: list[str] = []
    for name, capability, method, field in _LISTS:
        if capability in capabilities or (name == "tools" and not capabilities):
            lists[name] = await _all_pages(session, method, field, notes)
    return {**lists, "notes": tuple(notes)}


async def _all_pages(session: UpstreamSession, method: str, field: str, notes: list[str]) -> tuple[Any, ...]:
    """A whole list. A server that sends pages without end is stopped."""
    items: list[Any] = []
    seen: set[str] = set()
    cursor, size = "", 0
    for _ in range(MAX_PAGES):
        reply = await session.request(method, messages.encode({"cursor": cursor}) if cursor else b"{}")
        if reply.error is not None:
            found = messages.decode_error(reply.error)
            if found.code == _METHOD_NOT_FOUND:
                return tuple(items)
            raise UpstreamProblem("protocol", f"The server refused {method}: {found.message[:500]}")
        data = bytes(reply.result or b"{}")
        page = _object(data)
        found_items = page.get(field)
        if not isinstance(found_items, list):
            raise UpstreamProblem("protocol", f"The server's answer to {method} holds no list.", detail=_start(data))
        items += found_items
        size += len(data)
        following = page.get("nextCursor")
        if not following or not isinstance(following, str):
            return tuple(items)
        if following in seen or len(items) >= MAX_ITEMS or size >= MAX_BYTES:
            break
        seen.add(following)
        cursor = following
    notes.append(f"The list of {method} has no end, or too many entries; what came after {len(items)} is left out.")
    return tuple(items[:MAX_ITEMS])


def _object(data: bytes) -> Item:
    """A JSON object; the standard library's reader takes whole numbers of any size. Raises UpstreamProblem."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise UpstreamProblem("protocol", "The server's answer cannot be read.", detail=_start(data)) from None
    return value if isinstance(value, dict) else {}


def _start(data: bytes) -> str:
    return data[:2000].decode("utf-8", "replace")
