"""Hearing from servers that their lists changed, once for all the open streams of this process that want to know.

What is heard has the server discovered again; clients are told when that changed what the hub offers, not before, so
that whoever asks after a notification gets the new list.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from proxy.engine import messages
from proxy.engine.ports import Era, HubServer, Peer, Reply, UpstreamProblem, UpstreamSession
from proxy.engine.standing import OpeningPeer

if TYPE_CHECKING:
    from proxy.engine.parts import Parts

log = logging.getLogger(__name__)

_ALL = b'{"notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true}}'
_SILENCE_MS = 3_600_000
_AGAIN_S = 60.0


def is_list_changed(method: str) -> bool:
    return method.startswith("notifications/") and method.endswith("/list_changed")


@runtime_checkable
class Detachable(Protocol):
    """A session that keeps a stream open for as long as a peer listens."""

    def detach(self, peer: Peer) -> None: ...


class ServerPeer(Peer):
    """Hears what a server says in sessions that are shared. It can be asked nothing."""

    def __init__(self, gateway: Parts, server_id: str) -> None:
        self._gateway = gateway
        self._server_id = server_id

    async def notification(self, method: str, params: bytes) -> None:
        if is_list_changed(method):
            self._gateway.hubs.stale(self._server_id)

    async def request(self, method: str, params: bytes) -> Reply:
        if method == "ping":
            return Reply(result=msgspec.Raw(b"{}"))
        return Reply(error=messages.error_object(-32601, f"This client does not answer {method}."))


class Watches:
    """One watch for each server and era that somebody listens to."""

    def __init__(self, gateway: Parts) -> None:
        self._gateway = gateway
        self._peers: dict[str, ServerPeer] = {}
        self._tasks: dict[tuple[str, Era], asyncio.Task[None]] = {}
        self._wanted: dict[tuple[str, Era], set[object]] = {}
        self._standing: dict[tuple[str, Era], asyncio.Event] = {}

    def peer(self, server_id: str) -> ServerPeer:
        """The one peer of a server's shared sessions."""
        peer = self._peers.get(server_id)
        if peer is None:
            peer = self._peers[server_id] = ServerPeer(self._gateway, server_id)
        return peer

    def add(self, server: HubServer, client_era: Era, listener: object) -> asyncio.Event | None:
        """Listen to a server for as long as somebody wants to know. Only servers over HTTP must be asked to speak.

        The event says that what the server tells from then on is heard, or that it tells nothing.
        """
        if server.transport != "http" or not server.enabled:
            return None
        era = client_era if client_era in server.eras or not server.eras else server.eras[0]
        key = (server.server_id, era)
        self._wanted.setdefault(key, set()).add(listener)
        if key not in self._tasks:
            stands = self._standing[key] = asyncio.Event()
            task = asyncio.get_running_loop().create_task(self._watch(server, era, stands))
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._forget(key, done, stands))
        return self._standing[key]

    def _forget(self, key: tuple[str, Era], task: asyncio.Task[None], stands: asyncio.Event) -> None:
        stands.set()
        if self._tasks.get(key) is task:
            del self._tasks[key]

    def remove(self, listener: object) -> None:
        for key, listeners in list(self._wanted.items()):
            listeners.discard(listener)
            if not listeners:
                del self._wanted[key]
                task = self._tasks.pop(key, None)
                if task is not None:
                    task.cancel()

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    async def _watch(self, server: HubServer, era: Era, stands: asyncio.Event) -> None:
        """Stay in touch with one server until nobody listens or it turns out to have nothing to say."""
        failures = 0
        while True:
            try:
                spec = await self._gateway.hubs.spec(server.server_id)
                if spec is None:
                    return
                peer = self.peer(server.server_id)
                session = await self._gateway.upstreams.session(
                    spec, era=era, peer=peer if era == "handshake" else None
                )
                failures = 0
                if era == "handshake":
                    await _attached(session, peer, stands)
                elif not await _listened(session, OpeningPeer(peer, stands)):
                    return
            except UpstreamProblem as problem:
                if problem.kind == "unsupported":
                    return
                failures += 1
            except Exception:
                log.exception("watching %s failed", server.slug)
                failures += 1
            stands.set()
            await asyncio.sleep(min(2.0**failures, _AGAIN_S))


async def _attached(session: UpstreamSession, peer: Peer, stands: asyncio.Event) -> None:
    """A handshake session keeps its own stream open while the peer is attached."""
    try:
        if not stands.is_set():
            await session.request("ping", b"{}")  # a session's first request waits for its stream
            stands.set()
        await asyncio.sleep(_AGAIN_S)
    except asyncio.CancelledError:
        if isinstance(session, Detachable):
            session.detach(peer)
        raise


async def _listened(session: UpstreamSession, peer: Peer) -> bool:
    """Listen until the server ends the stream. False when it has none."""
    reply = await session.request("subscriptions/listen", _ALL, peer=peer, timeout_ms=_SILENCE_MS)
    return reply.error is None
