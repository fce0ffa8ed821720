"""A look at an MCP server, as a stranger has it: open it, list its tools, ask for what it should and should not know.

Everything goes over the engine's upstreams, and so through core.net: bounded in size and time, no private address.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from statistics import median
from typing import Any, TypeVar

import msgspec

from proxy.engine.discovery import Item, list_tools, probe
from proxy.engine.ports import UpstreamProblem, Upstreams, UpstreamSession, UpstreamSpec

UNKNOWN = "crossroads/no-such-method"
TRIPS = 3
T = TypeVar("T")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds for each part of a look; whatever the server sends, no part takes longer."""

    open_s: float = 20.0
    list_s: float = 15.0
    ask_s: float = 5.0

    @property
    def whole_s(self) -> float:
        return 2 * self.open_s + self.list_s + (TRIPS + 2) * self.ask_s + 5


class Look(msgspec.Struct, kw_only=True):
    """What was seen. `problem`: it could not be opened, and nothing else is set."""

    problem: UpstreamProblem | None = None
    versions: tuple[str, ...] = ()
    server_name: str = ""
    tools: tuple[Item, ...] | None = None
    """As the server sent them; None when it did not list them: `list_problem` says why."""
    list_problem: UpstreamProblem | None = None
    odd: int = 0
    """Entries of the list that are no objects."""
    endless: bool = False
    ping_problem: str = ""
    unknown_code: int | None = None
    """Code of the error to a method that does not exist; None when it answered none."""
    unknown_problem: str = ""
    latency_ms: int | None = None
    """The middle of a few round trips on an open session."""


async def look_at(upstreams: Upstreams, spec: UpstreamSpec, limits: Limits) -> Look:
    """Never raises for what is wrong with the server."""
    try:
        found = await _within(probe(upstreams, spec), limits.open_s)
        if found.problem is not None:
            return Look(problem=found.problem)
        session = await _within(upstreams.session(spec, era=found.eras[0]), limits.open_s)
    except UpstreamProblem as problem:
        return Look(problem=problem)
    look = Look(versions=found.versions, server_name=found.server_name[:200])
    try:
        await _list(session, look, limits, has_tools="tools" in found.capabilities or not found.capabilities)
        await _ask(session, look, limits)
    finally:
        await _close(session)
    return look


async def _list(session: UpstreamSession, look: Look, limits: Limits, *, has_tools: bool) -> None:
    if not has_tools:
        look.tools = ()
        return
    try:
        entries, notes = await _within(list_tools(session), limits.list_s)
    except UpstreamProblem as problem:
        look.list_problem = problem
        return
    look.tools = tuple(entry for entry in entries if isinstance(entry, dict))
    look.odd = len(entries) - len(look.tools)
    look.endless = bool(notes)


async def _ask(session: UpstreamSession, look: Look, limits: Limits) -> None:
    """A sign of life a few times, and a method that nobody has."""
    trips: list[float] = []
    # Newer versions of the protocol have no ping.
    method = "ping" if session.era == "handshake" else "tools/list" if look.tools else "server/discover"
    try:
        for _ in range(TRIPS):
            began = time.perf_counter()
            reply = await _within(session.request(method, b"{}"), limits.ask_s)
            trips.append(time.perf_counter() - began)
            if reply.error is not None:
                look.ping_problem = f"{method} is answered with an error."
                break
    except UpstreamProblem as problem:
        look.ping_problem = problem.sentence
    if trips:
        look.latency_ms = round(median(trips) * 1000)
    try:
        reply = await _within(session.request(UNKNOWN, b"{}"), limits.ask_s)
    except UpstreamProblem as problem:
        look.unknown_problem = problem.sentence
        return
    if reply.error is not None:
        look.unknown_code = _code(bytes(reply.error))


async def _within(work: Awaitable[T], seconds: float) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise UpstreamProblem("timeout", f"The server did not answer within {seconds:g} seconds.") from None


async def _close(session: UpstreamSession) -> None:
    try:
        async with asyncio.timeout(3):
            await session.close()
    except (UpstreamProblem, TimeoutError):
        return


def _code(error: bytes) -> int | None:
    try:
        found: Any = msgspec.json.decode(error)
    except msgspec.DecodeError:
        return None
    code = found.get("code") if isinstance(found, dict) else None
    return code if isinstance(code, int) else None
