"""Warm sessions with servers over Streamable HTTP, one handshake for all who wait; and the way to each transport."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import msgspec

from core.net import NetPolicy
from proxy.engine.http_client import HttpClient
from proxy.engine.http_handshake import HandshakeSession, Kept
from proxy.engine.http_scoped import Key, ScopedSession, stored_name
from proxy.engine.http_stateless import StatelessSession
from proxy.engine.ports import (
    HANDSHAKE_VERSIONS,
    STATELESS_VERSIONS,
    Era,
    Peer,
    Store,
    UpstreamProblem,
    Upstreams,
    UpstreamSession,
    UpstreamSpec,
)

Session = HandshakeSession | StatelessSession

CLIENT_INFO = b'{"name":"crossroads","title":"Crossroads","version":"1"}'
MAX_REPLY_BYTES = 32 * 1024 * 1024
_IDLE_S = 900.0
_SWEEP_S = 60.0
_LEASE_S = 15


class HttpUpstreams(Upstreams):
    """Sessions of transport `http`. With a store, a session that belongs to a scope is one for all processes."""

    def __init__(
        self,
        policy: NetPolicy,
        *,
        store: Store | None = None,
        client_info: bytes = CLIENT_INFO,
        max_bytes: int = MAX_REPLY_BYTES,
    ) -> None:
        self._client = HttpClient(policy, max_bytes=max_bytes)
        self._store = store
        self._client_info = client_info
        self._sessions: dict[Key, Session] = {}
        self._opening: dict[Key, asyncio.Task[Session]] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def session(
        self,
        spec: UpstreamSpec,
        *,
        era: Era,
        version: str = "",
        scope: str = "",
        capabilities: bytes = b"{}",
        peer: Peer | None = None,
    ) -> UpstreamSession:
        if not version:
            version = STATELESS_VERSIONS[0] if era == "stateless" else HANDSHAKE_VERSIONS[0]
        if era == "stateless":
            scope, capabilities = "", b"{}"  # a request carries its own, and nothing is kept between two
        key = (spec.server_id, spec.fingerprint, era, version, capabilities, scope)
        session = self._sessions.get(key)
        if session is None:
            session = await self._opened(key, spec)
        if peer is not None and isinstance(session, HandshakeSession):
            session.attach(peer)
        return session

    async def _opened(self, key: Key, spec: UpstreamSpec) -> Session:
        """Open a session, or wait for whoever is opening it. A waiter that leaves does not stop it for the others."""
        if not spec.fingerprint:
            return await self._open(key, spec)  # a draft that is being tried out: nobody else's
        task = self._opening.get(key)
        if task is None:
            task = self._opening[key] = asyncio.get_running_loop().create_task(self._open_and_keep(key, spec))
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    def _forget(self, key: Key, task: asyncio.Task[Session]) -> None:
        self._opening.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever waited has it; when nobody is left it is nobody's

    async def _open_and_keep(self, key: Key, spec: UpstreamSpec) -> Session:
        scope = key[5]
        if scope and self._store is not None and key[2] == "handshake":
            session: Session = await self._open_scoped(key, spec, self._store)
        else:
            session = await self._open(key, spec)
        self._sessions[key] = session
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)
        return session

    async def _open(self, key: Key, spec: UpstreamSpec) -> Session:
        session = self._made(key, spec)
        await session.open()
        return session

    def _made(self, key: Key, spec: UpstreamSpec) -> Session:
        _, _, era, version, capabilities, _ = key
        if era == "stateless":
            return StatelessSession(self._client, spec, version, capabilities, self._client_info)
        return HandshakeSession(self._client, spec, version, capabilities, self._client_info)

    # -- sessions of a scope: one for all processes

    async def _open_scoped(self, key: Key, spec: UpstreamSpec, store: Store) -> Session:
        name = stored_name(key)
        session = ScopedSession(self._client, spec, key[3], key[4], self._client_info)
        session.use(store, name)
        deadline = time.monotonic() + spec.timeout_ms / 1000
        while True:
            found = await store.get(name)
            if found is not None:
                session.adopt(msgspec.json.decode(found, type=Kept))
                return session
            if await store.add(name + ":opening", b"1", ttl_s=_LEASE_S) or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.05)
        try:
            await session.open()
            await session.renewed()
        finally:
            await store.delete(name + ":opening")
        return session

    # -- ends

    async def end(self, scope: str) -> None:
        if not scope:
            return
        found = self._taken(lambda key, _: key[5] == scope)
        if self._store is not None:
            for key in found:
                await self._store.delete(stored_name(key))
        await asyncio.gather(*(session.close() for session in found.values()), return_exceptions=True)

    async def close(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
        for task in list(self._opening.values()):
            task.cancel()
        await self._let_go(self._taken(lambda *_: True))
        self._client.close()

    def _taken(self, chosen: Callable[[Key, Session], bool]) -> dict[Key, Session]:
        found = {key: session for key, session in self._sessions.items() if chosen(key, session)}
        for key in found:
            del self._sessions[key]
        return found

    async def _let_go(self, found: dict[Key, Session]) -> None:
        """Close what is this process's own; leave to the others what belongs to a scope."""
        ends = [
            session.leave() if isinstance(session, ScopedSession) else session.close() for session in found.values()
        ]
        await asyncio.gather(*ends, return_exceptions=True)

    def _sweep(self) -> None:
        """Let go of sessions that nobody has used for a while."""
        loop = asyncio.get_running_loop()
        self._sweeper = loop.call_later(_SWEEP_S, self._sweep) if self._sessions else None
        oldest = time.monotonic() - _IDLE_S
        task = loop.create_task(self._let_go(self._taken(lambda _, session: _idle_since(session, oldest))))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _idle_since(session: Session, oldest: float) -> bool:
    watched = isinstance(session, HandshakeSession) and session.stream.wanted and not isinstance(session, ScopedSession)
    return not session.in_flight and not watched and session.last_used < oldest


class RoutedUpstreams(Upstreams):
    """Streamable HTTP from this process; stdio and the old SSE transport through the owner."""

    def __init__(self, *, http: Upstreams, owner: Upstreams | None = None) -> None:
        self._http = http
        self._owner = owner

    async def session(
        self,
        spec: UpstreamSpec,
        *,
        era: Era,
        version: str = "",
        scope: str = "",
        capabilities: bytes = b"{}",
        peer: Peer | None = None,
    ) -> UpstreamSession:
        chosen = self._http if spec.transport == "http" else self._owner
        if chosen is None:
            raise UpstreamProblem("unsupported", f"Servers over {spec.transport} cannot be reached from this process.")
        return await chosen.session(spec, era=era, version=version, scope=scope, capabilities=capabilities, peer=peer)

    async def end(self, scope: str) -> None:
        await self._http.end(scope)
        if self._owner is not None:
            with contextlib.suppress(UpstreamProblem):  # an owner that is away has ended them already
                await self._owner.end(scope)

    async def close(self) -> None:
        await self._http.close()
        if self._owner is not None:
            await self._owner.close()
