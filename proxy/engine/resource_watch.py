"""Resource subscriptions that last as long as a client's stream: in the server's era, whatever the client's is."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from core.decision import Principal
from proxy.engine import messages
from proxy.engine.ports import Era, HubServer, Peer, Reply, UpstreamProblem
from proxy.engine.standing import OpeningPeer

if TYPE_CHECKING:
    from proxy.engine.parts import Parts

log = logging.getLogger(__name__)

_UPDATED = "notifications/resources/updated"
_SILENCE_MS = 3_600_000
_MAX_WAIT_S = 60.0

Wanted = Mapping[str, frozenset[str]]
"""Server id -> the URIs to hear of, as the server knows them."""


class _UpdatedPeer(Peer):
    """Hears of updated resources and of nothing else."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        self._heard = heard

    async def notification(self, method: str, params: bytes) -> None:
        if method == _UPDATED:
            uri = messages.decode_named(params).uri
            if isinstance(uri, str):
                self._heard(uri)

    async def request(self, method: str, params: bytes) -> Reply:
        if method == "ping":
            return Reply(result=msgspec.Raw(b"{}"))
        return Reply(error=messages.error_object(-32601, f"This client does not answer {method}."))


class ResourceWatches:
    """The subscriptions of one stream. `heard` is called with each URI that changed."""

    def __init__(self, gateway: Parts, principal: Principal, heard: Callable[[str], None]) -> None:
        self._gateway = gateway
        self._principal = principal
        self._peer = _UpdatedPeer(heard)
        self._tasks: dict[str, tuple[frozenset[str], asyncio.Task[None]]] = {}
        self.standing: dict[str, asyncio.Event] = {}
        """By server: set once what it tells is heard, or it turned out to tell nothing."""

    async def follow(self, servers: Mapping[str, HubServer], wanted: Wanted) -> None:
        """Hear of these URIs from now on, and of no others."""
        for server_id in list(self._tasks):
            uris, task = self._tasks[server_id]
            if wanted.get(server_id) != uris:
                task.cancel()
                del self._tasks[server_id]
        for server_id, uris in wanted.items():
            if uris and server_id in servers and server_id not in self._tasks:
                self._tasks[server_id] = (uris, self._begin(servers[server_id], uris))

    def _begin(self, server: HubServer, uris: frozenset[str]) -> asyncio.Task[None]:
        stands = self.standing[server.server_id] = asyncio.Event()
        task = asyncio.get_running_loop().create_task(self._watch(server, uris, stands))
        task.add_done_callback(lambda _: stands.set())
        return task

    def close(self) -> None:
        for _, task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    async def _watch(self, server: HubServer, uris: frozenset[str], stands: asyncio.Event) -> None:
        failures = 0
        while True:
            try:
                spec = await self._gateway.hubs.spec(server.server_id)
                if spec is None:
                    return
                era: Era = "handshake" if server.eras and "stateless" not in server.eras else "stateless"
                if era == "stateless":
                    session = await self._gateway.upstreams.session(spec, era=era)
                    reply = await session.request(
                        "subscriptions/listen",
                        messages.encode({"notifications": {"resourceSubscriptions": sorted(uris)}}),
                        peer=OpeningPeer(self._peer, stands),
                        timeout_ms=_SILENCE_MS,
                    )
                    if reply.error is not None:
                        return
                    failures = 0
                else:
                    await self._subscribed(server, uris, stands)
            except UpstreamProblem as problem:
                if problem.kind == "unsupported":
                    return
                failures += 1
            except Exception:
                log.exception("hearing of resources of %s failed", server.slug)
                failures += 1
            stands.set()
            await asyncio.sleep(min(2.0**failures, _MAX_WAIT_S))

    async def _subscribed(self, server: HubServer, uris: frozenset[str], stands: asyncio.Event) -> None:
        """Subscribe in a session of the stream's own, for as long as nobody cancels; made anew with the session."""
        gateway, scope = self._gateway, f"lsn_{secrets.token_hex(12)}"
        generation = -1
        try:
            while True:
                spec = await gateway.hubs.spec(server.server_id)
                if spec is None:
                    return
                session = await gateway.upstreams.session(spec, era="handshake", scope=scope, peer=self._peer)
                if session.generation != generation:
                    for uri in sorted(uris):
                        await session.request("resources/subscribe", messages.encode({"uri": uri}))
                    generation = session.generation
                    stands.set()
                await asyncio.sleep(_MAX_WAIT_S)
                await session.request("ping", b"{}")
        finally:
            gateway.background(gateway.upstreams.end(scope))
