"""The way to the owner from web, gateway and worker processes: `OwnerUpstreams`.

It implements `proxy.engine.ports.Upstreams` for the transports stdio and sse. It connects when first needed and again
when the owner was restarted. Sessions of the owner's former life are lost; ask `session()` for every call, which is
cheap while a session is warm, and a new one comes by itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from proxy.engine.ports import Era, Peer, UpstreamProblem, UpstreamSpec
from proxy.owner import frames, jsonrpc
from proxy.owner.frames import OwnerStatus
from proxy.owner.link import OwnerLink
from proxy.owner.session import OwnerSession

_T = TypeVar("_T")
_Key = tuple[str, str, Era, bytes, str]


class OwnerUpstreams:
    """Sessions with servers that the owner process holds. Belongs to one event loop."""

    def __init__(self, socket_path: str | Path, token: str, *, name: str = "", connect_timeout_s: float = 5.0) -> None:
        self._path = str(socket_path)
        self._token = token
        self._name = name
        self._connect_timeout_s = connect_timeout_s
        self._link: OwnerLink | None = None
        self._connecting: asyncio.Task[OwnerLink] | None = None
        self._sessions: dict[_Key, OwnerSession] = {}
        self._opening: dict[_Key, asyncio.Task[OwnerSession]] = {}

    async def session(
        self, spec: UpstreamSpec, *, era: Era, scope: str = "", capabilities: bytes = b"{}", peer: Peer | None = None
    ) -> OwnerSession:
        """A warm session, or a new one; all who wait share one handshake. The last peer given hears what belongs to
        no request. Raises UpstreamProblem."""
        key = (spec.server_id, _fingerprint(spec), era, _canonical(capabilities), scope)
        session = self._sessions.get(key)
        if session is not None and session.lost is None:
            if peer is not None:
                session.hear(peer)
            return session
        task = self._opening.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._open(key, spec, peer))
            self._opening[key] = task
            task.add_done_callback(lambda done: self._opened(key, done))
        session = await asyncio.shield(task)
        if peer is not None:
            session.hear(peer)
        return session

    async def status(self, server_id: str = "") -> OwnerStatus:
        """What the owner holds (of one server, then with the last of its error output). Raises UpstreamProblem."""
        return await self._ask(frames.AskStatus(0, server_id), OwnerStatus)

    async def stop(self, server_id: str) -> int:
        """End every session with a server and forget its failures; how many there were. Raises UpstreamProblem."""
        return await self._ask(frames.Stop(0, server_id), int)

    async def close(self) -> None:
        """Hang up. What the owner holds stays warm for others."""
        for task in [*self._opening.values(), *([self._connecting] if self._connecting else [])]:
            task.cancel()
        if self._link is not None:
            self._link.hang_up()
        self._sessions.clear()

    async def _open(self, key: _Key, spec: UpstreamSpec, peer: Peer | None) -> OwnerSession:
        link = await self._linked()
        session = OwnerSession(link, spec, key[2], key[4], peer)
        await session.open(key[3])
        self._sessions = {at: one for at, one in self._sessions.items() if one.lost is None}
        self._sessions[key] = session
        return session

    def _opened(self, key: _Key, task: asyncio.Task[OwnerSession]) -> None:
        self._opening.pop(key, None)
        if not task.cancelled():
            task.exception()  # looked at here, since all who waited may have left

    async def _ask(self, frame: frames.AskStatus | frames.Stop, answer: type[_T]) -> _T:
        link = await self._linked()
        done: Any = await link.call(frame)
        return msgspec.msgpack.decode(done.value, type=answer)

    async def _linked(self) -> OwnerLink:
        if self._link is not None and self._link.up:
            return self._link
        if self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect())
            self._connecting.add_done_callback(self._connected)
        return await asyncio.shield(self._connecting)

    def _connected(self, task: asyncio.Task[OwnerLink]) -> None:
        self._connecting = None
        if not task.cancelled():
            task.exception()

    async def _connect(self) -> OwnerLink:
        """Connect, waiting a little for an owner that is being restarted."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._connect_timeout_s
        pause = 0.02
        while True:
            try:
                _, link = await loop.create_unix_connection(OwnerLink, self._path)
                await link.greet(self._token, self._name, os.getpid())
            except (OSError, UpstreamProblem) as problem:
                if loop.time() + pause > until:
                    raise UpstreamProblem(
                        "refused",
                        "The process that runs stdio servers is away. An operator can see and restart it.",
                        detail=str(problem),
                    ) from problem
                await asyncio.sleep(pause)
                pause = min(pause * 2, 0.5)
                continue
            self._link = link
            return link


def _fingerprint(spec: UpstreamSpec) -> str:
    return spec.fingerprint or hashlib.sha256(msgspec.json.encode(spec, order="deterministic")).hexdigest()


def _canonical(capabilities: bytes) -> bytes:
    try:
        return jsonrpc.canonical(capabilities)
    except msgspec.MsgspecError as problem:
        raise UpstreamProblem("protocol", "The client's capabilities are not a JSON object.") from problem
