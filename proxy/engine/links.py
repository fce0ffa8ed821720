"""Which session with a server a call takes: one shared by many, or one that belongs to a client session."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import msgspec

from core.decision import Principal
from proxy.engine import messages
from proxy.engine.exchange import Exchange
from proxy.engine.ports import (
    HANDSHAKE_VERSIONS,
    STATELESS_VERSIONS,
    Era,
    HubServer,
    Peer,
    Reply,
    UpstreamProblem,
    UpstreamSession,
    UpstreamSpec,
)
from proxy.engine.sessions import ASKS, ClientSession
from proxy.engine.translate import Caller
from proxy.engine.watches import is_list_changed

if TYPE_CHECKING:
    from proxy.engine.parts import Parts

log = logging.getLogger(__name__)

_SWEEP_S = 60.0
_IDLE_S = 300.0
_PONG = Reply(result=msgspec.Raw(b"{}"))


class Prepared(msgspec.Struct, frozen=True):
    """What was set in a session with a server."""

    session: Any
    generation: int
    level: str = ""
    uris: frozenset[str] = frozenset()


class SessionPeer(Peer):
    """The client of a handshake session, for what a server says outside of any request."""

    def __init__(self, gateway: Parts, session_id: str, server_id: str) -> None:
        self._gateway = gateway
        self._session_id = session_id
        self._server_id = server_id
        self.client: ClientSession | None = None
        self.exchanges: list[Exchange] = []
        """Calls of the client that are under way with the server in this process."""

    async def notification(self, method: str, params: bytes) -> None:
        if is_list_changed(method):
            self._gateway.hubs.stale(self._server_id)
        elif method != "notifications/progress":
            await self._gateway.outbox.put(self._session_id, messages.notification(method, params))

    async def request(self, method: str, params: bytes) -> Reply:
        if method == "ping":
            return _PONG
        if self.exchanges:
            # Many servers ask outside of the call that makes them ask; its client surely reads that call's answer.
            return await self.exchanges[-1].request(method, params)
        need = ASKS.get(method)
        if need is None or self.client is None or need not in self.client.capabilities:
            return Reply(error=messages.error_object(-32601, f"This client does not answer {method}."))
        timeout_s = self._gateway.config.ask_timeout_s
        return await self._gateway.asks.put(self._session_id, method, params, self._deliver, timeout_s)

    async def carrying(self, exchange: Exchange, answer: Awaitable[Reply]) -> Reply:
        """Wait for the answer to a call of the client; meanwhile the server's questions go with that call."""
        self.exchanges.append(exchange)
        try:
            return await answer
        finally:
            self.exchanges.remove(exchange)

    async def _deliver(self, message: bytes) -> None:
        await self._gateway.outbox.put(self._session_id, message)


class Links:
    """Finds or opens sessions with servers, and sets in them what their client had set."""

    def __init__(self, gateway: Parts) -> None:
        self._gateway = gateway
        self._peers: dict[str, dict[str, SessionPeer]] = {}
        self._prepared: dict[tuple[str, str], Prepared] = {}
        self._used: dict[str, float] = {}
        """Client session -> when a call of it was last carried out here."""
        gateway.sessions.ended_here.append(self._session_ended)

    async def session(
        self, principal: Principal, client: ClientSession | None, caller: Caller, server: HubServer, era: Era
    ) -> UpstreamSession:
        """Raises UpstreamProblem."""
        if client is not None:
            self._used[client.id] = time.monotonic()
        if server.transport == "internal":
            return await self._internal(principal, caller, server, era)
        if client is not None and era == "handshake" and is_private(client, server):
            return await self.own(client, caller, server)
        gateway = self._gateway
        spec = await self._spec(server)
        return await gateway.upstreams.session(
            spec,
            era=era,
            version=caller.version if caller.era == era else "",
            scope=_scope(principal, client, server),
            capabilities=caller.plain if era == "handshake" else b"{}",
            peer=gateway.watches.peer(server.server_id) if spec.transport != "http" else None,
        )

    async def _internal(self, principal: Principal, caller: Caller, server: HubServer, era: Era) -> UpstreamSession:
        spec = await self._spec(server)
        found = self._gateway.internal.get(spec.command)
        if found is None:
            raise UpstreamProblem("unsupported", "This process does not know that part of the installation.")
        newest = STATELESS_VERSIONS[0] if era == "stateless" else HANDSHAKE_VERSIONS[0]
        version = caller.version if caller.era == era and caller.version else newest
        return await found.session(spec, principal=principal, era=era, version=version)

    async def own(self, client: ClientSession, caller: Caller, server: HubServer) -> UpstreamSession:
        """The session that belongs to this client alone. Raises UpstreamProblem."""
        session = await self._gateway.upstreams.session(
            await self._spec(server),
            era="handshake",
            version=caller.version,
            scope=client.id,
            capabilities=bytes(client.forwarded),
            peer=self._peer(client, server),
        )
        await self._prepare(client, server, session)
        return session

    async def _spec(self, server: HubServer) -> UpstreamSpec:
        spec = await self._gateway.hubs.spec(server.server_id)
        if spec is None:
            raise UpstreamProblem("refused", "The server is not configured any more.")
        return spec

    def _peer(self, client: ClientSession, server: HubServer) -> SessionPeer:
        peers = self._peers.setdefault(client.id, {})
        peer = peers.get(server.server_id)
        if peer is None:
            peer = peers[server.server_id] = SessionPeer(self._gateway, client.id, server.server_id)
        peer.client = client
        return peer

    async def _prepare(self, client: ClientSession, server: HubServer, session: UpstreamSession) -> None:
        """Bring the log level and the subscriptions of a client into its session with a server, once for each."""
        key = (client.id, server.server_id)
        before = self._prepared.get(key)
        uris = frozenset(client.subscriptions.get(server.server_id, ()))
        now = Prepared(session, session.generation, client.log_level, uris)
        if before == now:
            return
        self._prepared[key] = now
        if before is None or before.session is not session or before.generation != session.generation:
            before = Prepared(session, session.generation)
        if server.server_id not in client.servers:
            client.servers.add(server.server_id)
            await self._gateway.sessions.change(client.id, lambda kept: kept.servers.add(server.server_id))
        if now.level and now.level != before.level and b'"logging"' in server.capabilities:
            await session.request("logging/setLevel", messages.encode({"level": now.level}))
        for uri in now.uris - before.uris:
            await session.request("resources/subscribe", messages.encode({"uri": uri}))
        for uri in before.uris - now.uris:
            await session.request("resources/unsubscribe", messages.encode({"uri": uri}))

    def peer_of(self, client: ClientSession | None, server: HubServer) -> SessionPeer | None:
        """Whom the server's session of this client's own talks to, if it has one here."""
        return self._peers.get(client.id, {}).get(server.server_id) if client is not None else None

    def settled(self, client: ClientSession, server: HubServer, session: UpstreamSession) -> None:
        """The session was just told what the client's record says now."""
        uris = frozenset(client.subscriptions.get(server.server_id, ()))
        self._prepared[(client.id, server.server_id)] = Prepared(session, session.generation, client.log_level, uris)

    async def sweep(self) -> None:
        """Client sessions end by themselves too, when nobody uses them: look which of ours are gone."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            oldest = time.monotonic() - _IDLE_S
            for session_id in [one for one, used in self._used.items() if used < oldest]:
                try:
                    if await self._gateway.sessions.exists(session_id):
                        self._used[session_id] = time.monotonic()
                    else:
                        self._gateway.sessions.forget(session_id)
                except Exception:
                    log.warning("the store is away: sessions are not swept", exc_info=True)
                    break

    def _session_ended(self, session_id: str) -> None:
        self._used.pop(session_id, None)
        for server_id in self._peers.pop(session_id, {}):
            self._prepared.pop((session_id, server_id), None)
        self._gateway.background(self._gateway.upstreams.end(session_id))


def is_private(client: ClientSession, server: HubServer) -> bool:
    """Must this client have a session of its own with this server? So that it can be asked back, or set things."""
    return client.asks or client.private or server.session_scope == "client"


def _scope(principal: Principal, client: ClientSession | None, server: HubServer) -> str:
    """Whose a session is that cannot ask back."""
    if server.session_scope == "workspace":
        return ""
    if server.session_scope == "client" and client is not None:
        return client.id
    return principal.user_id or principal.id
