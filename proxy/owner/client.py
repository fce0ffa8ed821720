"""The way to the owner from web, gateway and worker processes: `OwnerUpstreams`.

It implements `proxy.engine.ports.Upstreams` for the transports stdio and sse. It connects when first needed and again
when the owner was restarted.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from proxy.engine.ports import (
    HANDSHAKE_VERSIONS,
    STATELESS_VERSIONS,
    Era,
    Peer,
    UpstreamProblem,
    Upstreams,
    UpstreamSpec,
)
from proxy.owner import frames, jsonrpc
from proxy.owner.frames import OwnerStatus
from proxy.owner.link import LinkLost, OwnerLink
from proxy.owner.session import OwnerSession

_T = TypeVar("_T")
_Key = tuple[str, str, Era, str, bytes, str]
NEWEST: Mapping[Era, str] = {"handshake": HANDSHAKE_VERSIONS[0], "stateless": STATELESS_VERSIONS[0]}


class OwnerUpstreams(Upstreams):
    """Sessions with servers that the owner process holds. Belongs to one event loop."""

    def __init__(self, socket_path: str | Path, token: str, *, name: str = "", connect_timeout_s: float = 5.0) -> None:
        """`name` is shown on the health page: web, gateway, worker. The owner may be away for `connect_timeout_s`."""
        self._path = str(socket_path)
        self._token = token
        self._name = name
        self._connect_timeout_s = connect_timeout_s
        self._link: OwnerLink | None = None
        self._connecting: asyncio.Task[OwnerLink] | None = None
        self._sessions: dict[_Key, OwnerSession] = {}
        self._opening: dict[_Key, asyncio.Task[OwnerSession]] = {}

    async def session(
        self,
        spec: UpstreamSpec,
        *,
        era: Era,
        version: str = "",
        scope: str = "",
        capabilities: bytes = b"{}",
        peer: Peer | None = None,
    ) -> OwnerSession:
        """A warm session, or a new one. A spec without a fingerprint is a draft: its session is nobody else's, and
        ends when it is closed. Raises UpstreamProblem."""
        # One name for one thing: whoever asks for the newest by name shares the session of whoever just wants it.
        version = version or NEWEST[era]
        scope = scope if spec.fingerprint else f"draft:{secrets.token_hex(8)}"
        key = (spec.server_id, spec.fingerprint, era, version, _canonical(capabilities), scope)
        session = self._sessions.get(key)
        if session is None or session.closed:
            session = await self._opened(key, spec)
        if session.lost is not None:
            await session.ready()
        if peer is not None:
            session.attach(peer)
        return session

    async def end(self, scope: str) -> None:
        if not scope:
            return
        for key in [key for key in self._sessions if key[5] == scope]:
            await self._sessions.pop(key).close()
        # Other processes may have made sessions for it, so the owner is told even if this one has none.
        link = await self._linked()
        link.send(frames.EndScope(scope))

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

    async def _opened(self, key: _Key, spec: UpstreamSpec) -> OwnerSession:
        """Open a session, or wait for whoever opens it. A waiter that leaves does not stop it for the others."""
        task = self._opening.get(key)
        if task is None:
            task = self._opening[key] = asyncio.get_running_loop().create_task(self._open(key, spec))
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    async def _open(self, key: _Key, spec: UpstreamSpec) -> OwnerSession:
        _, _, era, version, capabilities, scope = key
        session = OwnerSession(self._linked, spec, era, version, scope, capabilities)
        await session.open()
        # Sessions that ended long ago go when new ones come; whoever still holds one can use it all the same.
        self._sessions = {at: one for at, one in self._sessions.items() if one.lost is None}
        if spec.fingerprint:
            self._sessions[key] = session
        return session

    def _forget(self, key: _Key, task: asyncio.Task[OwnerSession]) -> None:
        self._opening.pop(key, None)
        if not task.cancelled():
            task.exception()  # looked at here, since all who waited may have left

    async def _ask(self, frame: frames.AskStatus | frames.Stop, answer: type[_T]) -> _T:
        try:
            done: Any = await (await self._linked()).call(frame)
        except LinkLost:
            done = await (await self._linked()).call(frame)
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


def _canonical(capabilities: bytes) -> bytes:
    try:
        return jsonrpc.canonical(capabilities)
    except msgspec.MsgspecError as problem:
        raise UpstreamProblem("protocol", "The client's capabilities are not a JSON object.") from problem
