"""What a client of the handshake era sets for its session: log level, subscriptions, roots."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from proxy.engine import errors, messages, routing
from proxy.engine.call import Call
from proxy.engine.errors import RpcError
from proxy.engine.exchange import LEVELS
from proxy.engine.hub import Hub
from proxy.engine.outbox import channel
from proxy.engine.own_stream import SUBSCRIBED
from proxy.engine.ports import HubServer, Reply, UpstreamProblem
from proxy.engine.sessions import ClientSession
from proxy.engine.translate import Caller

if TYPE_CHECKING:
    from proxy.engine.parts import Parts

_EMPTY = Reply(result=msgspec.Raw(b"{}"))


class ClientSettings:
    """Kept in the client's session, and told to the servers that it has sessions of its own with."""

    def __init__(self, gateway: Parts) -> None:
        self._gateway = gateway

    async def set_level(self, call: Call, session: ClientSession) -> Reply:
        """Keep the level; servers that log get it with the client's next call. A lone server is told at once."""
        if "logging" not in call.hub.can:
            raise RpcError(errors.METHOD_NOT_FOUND, "No server of this hub logs.")
        level = messages.decode_text(call.fields.get("level", b""))
        if level not in LEVELS:
            raise RpcError(errors.INVALID_PARAMS, f'"{level[:50]}" is no log level.')

        def change(kept: ClientSession) -> None:
            kept.log_level, kept.private = level, True

        server = call.hub.one
        if server is None or not server.enabled or server.eras == ("stateless",):
            await self._gateway.sessions.change(session.id, change)
            return _EMPTY
        return await self._tell(call, session, server, {"level": level}, change)

    async def subscribe(self, call: Call, session: ClientSession) -> Reply:
        uri = messages.decode_text(call.fields.get("uri", b""))
        way = routing.resource(call.hub, uri, "handshake")
        server = way.server
        call.record.name = uri
        if not server.enabled:
            raise errors.paused(server)

        def change(kept: ClientSession) -> None:
            kept.private = True
            uris = kept.subscriptions.setdefault(server.server_id, set())
            (uris.add if call.method == "resources/subscribe" else uris.discard)(way.real)

        if server.eras == ("stateless",):
            await self._gateway.sessions.change(session.id, change)
            await self._gateway.store.publish(channel(session.id), SUBSCRIBED)  # the open stream listens for the client
            return _EMPTY
        return await self._tell(call, session, server, {"uri": way.real}, change)

    async def _tell(
        self,
        call: Call,
        session: ClientSession,
        server: HubServer,
        params: object,
        change: Callable[[ClientSession], None],
    ) -> Reply:
        """Say a setting to the client's own session with a server; keep it when the server took it."""
        gateway = self._gateway
        call.record.server_id = server.server_id
        try:
            link = await gateway.links.own(session, call.caller, server)
            reply = await link.request(call.method, messages.encode(params), peer=call.peer)
        except UpstreamProblem as problem:
            raise errors.upstream(server, problem) from problem
        if reply.error is None:
            changed = await gateway.sessions.change(session.id, change)
            if changed is not None:
                gateway.links.settled(changed, server, link)
        return reply

    async def roots_changed(self, session: ClientSession, hub: Hub, params: bytes) -> None:
        """Tell every server with which the client has a session of its own."""
        caller = Caller("handshake", session.version)
        for server_id in session.servers:
            server = hub.servers.get(server_id)
            if server is None or not server.enabled:
                continue
            try:
                link = await self._gateway.links.own(session, caller, server)
                await link.notify("notifications/roots/list_changed", params or b"{}")
            except UpstreamProblem:
                continue
