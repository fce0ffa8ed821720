"""The handshake era (2025-03-26, 2025-06-18, 2025-11-25) to clients: sessions, and what is sent within them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

import msgspec

from proxy.engine import errors, messages, routing
from proxy.engine.calls import Call
from proxy.engine.errors import RpcError
from proxy.engine.exchange import LEVELS, Exchange
from proxy.engine.http_rules import SSE
from proxy.engine.outbox import channel
from proxy.engine.own_stream import SUBSCRIBED, OwnStream, serve_own
from proxy.engine.ports import HANDSHAKE_VERSIONS, HubServer, Reply, UpstreamProblem
from proxy.engine.request import Request
from proxy.engine.respond import empty, rpc_answer
from proxy.engine.serve import serve
from proxy.engine.sessions import ClientSession, forwarded_capabilities, new_session_id
from proxy.engine.signals import Signal
from proxy.engine.translate import Caller

if TYPE_CHECKING:
    from proxy.engine.app import Gateway

_EMPTY = Reply(result=msgspec.Raw(b"{}"))
_SUBSCRIBING = ("resources/subscribe", "resources/unsubscribe")


class _Info(msgspec.Struct):
    name: str = ""
    version: str = ""


class _Initialize(msgspec.Struct):
    protocolVersion: str = ""
    capabilities: msgspec.Raw = msgspec.Raw(b"{}")
    clientInfo: msgspec.Raw = msgspec.Raw(b"{}")


class _Cancelled(msgspec.Struct):
    requestId: msgspec.Raw = messages.EMPTY


class Handshake:
    """POST, GET and DELETE of clients of this era."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._in_flight: dict[tuple[str, bytes], Exchange] = {}
        self._streams: dict[str, set[OwnStream]] = {}
        gateway.signals.on("cancel", self._told_to_cancel)
        gateway.sessions.ended_here.append(self._session_ended)

    async def post(self, request: Request, message: messages.Message) -> None:
        """Raises RpcError."""
        if message.method == "initialize" and message.id:
            await self._initialize(request, message)
            return
        session = await self._session(request)
        if not message.method:
            await self._gateway.asks.answered(session.id, message)
            await empty(request, 202)
        elif not message.id:
            await self._notified(session, request, message)
            await empty(request, 202)
        else:
            await self._request(session, request, message)

    async def _session(self, request: Request) -> ClientSession:
        session_id = request.headers.get(b"mcp-session-id", b"").decode("latin-1")
        if not session_id:
            raise RpcError(errors.INVALID_REQUEST, "Initialize first, then send the Mcp-Session-Id header.", status=400)
        return await self._gateway.sessions.get(session_id, request.principal, request.hub.snapshot)

    # -- the handshake

    async def _initialize(self, request: Request, message: messages.Message) -> None:
        try:
            asked = msgspec.json.decode(message.params or b"{}", type=_Initialize)
            capabilities = messages.decode_raws(asked.capabilities)
            info = msgspec.json.decode(asked.clientInfo, type=_Info)
        except messages.BROKEN:
            raise RpcError(errors.INVALID_PARAMS, "The parameters of initialize cannot be read.") from None
        version = asked.protocolVersion if asked.protocolVersion in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[0]
        caller = Caller("handshake", version, bytes(asked.clientInfo))
        call = Call(request.principal, request.hub, caller, "initialize", {}, started=request.started)
        session = ClientSession(
            id=new_session_id(),
            principal_id=request.principal.id,
            hub_id=request.hub.snapshot.hub_id,
            version=version,
            capabilities=capabilities,
            forwarded=msgspec.Raw(forwarded_capabilities(capabilities, asks=True)),
            plain=msgspec.Raw(forwarded_capabilities(capabilities, asks=False)),
            client_name=info.name[:200],
            client_version=info.version[:100],
            client_info=asked.clientInfo,
        )
        _sign(call, session, request)
        reply = await self._gateway.calls.execute(call, self._begun(session, request, version))
        if reply.error is None:
            request.out = [*request.out, (b"mcp-session-id", session.id.encode())]
        self._gateway.calls.close(call, await rpc_answer(request, bytes(message.id), reply))

    async def _begun(self, session: ClientSession, request: Request, version: str) -> Reply:
        await self._gateway.sessions.create(session)
        return Reply(result=msgspec.Raw(request.hub.initialize_result(version)))

    # -- requests

    async def _request(self, session: ClientSession, request: Request, message: messages.Message) -> None:
        gateway = self._gateway
        fields = messages.decode_raws(message.params) if message.params else {}
        exchange = Exchange(gateway, request, "handshake", session)
        caller = Caller(
            "handshake", session.version, bytes(session.client_info), bytes(session.plain), session.log_level
        )
        message_id = bytes(message.id)
        call = Call(
            request.principal, request.hub, caller, message.method, fields, message_id=message_id, session=session,
            exchange=exchange, started=request.started,
        )  # fmt: skip
        _sign(call, session, request)
        local = self._local(call, session)
        key = (session.id, message_id)
        self._in_flight[key] = exchange
        try:
            await serve(gateway, call, exchange, local)
        finally:
            if self._in_flight.get(key) is exchange:
                del self._in_flight[key]

    def _local(self, call: Call, session: ClientSession) -> Coroutine[None, None, Reply] | None:
        """What the gateway answers itself, as a coroutine; None for what `Calls` does."""
        if call.method == "ping":
            return _pong()
        if call.method == "logging/setLevel":
            return self._set_level(call, session)
        if call.method in _SUBSCRIBING:
            return self._subscribe(call, session)
        return None

    async def _set_level(self, call: Call, session: ClientSession) -> Reply:
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

    async def _subscribe(self, call: Call, session: ClientSession) -> Reply:
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

    # -- notifications

    async def _notified(self, session: ClientSession, request: Request, message: messages.Message) -> None:
        if message.method == "notifications/cancelled":
            cancelled = msgspec.json.decode(message.params or b"{}", type=_Cancelled).requestId
            exchange = self._in_flight.get((session.id, bytes(cancelled)))
            if exchange is not None:
                exchange.stop("cancelled")
            elif cancelled:
                await self._gateway.signals.tell_all(Signal("cancel", session.id, bytes(cancelled).decode()))
        elif message.method == "notifications/roots/list_changed" and session.servers:
            self._gateway.background(self._roots_changed(session, request, bytes(message.params)))

    async def _told_to_cancel(self, signal: Signal) -> None:
        exchange = self._in_flight.get((signal.session, signal.id.encode()))
        if exchange is not None:
            exchange.stop("cancelled")

    async def _roots_changed(self, session: ClientSession, request: Request, params: bytes) -> None:
        """Tell every server with which the client has a session of its own."""
        caller = Caller("handshake", session.version)
        for server_id in session.servers:
            server = request.hub.servers.get(server_id)
            if server is None or not server.enabled:
                continue
            try:
                link = await self._gateway.links.own(session, caller, server)
                await link.notify("notifications/roots/list_changed", params or b"{}")
            except UpstreamProblem:
                continue

    # -- GET and DELETE

    async def get(self, request: Request) -> None:
        if not request.accept & SSE:
            raise RpcError(errors.NOT_ACCEPTABLE, "Accept text/event-stream to open a stream.", status=406)
        session = await self._session(request)
        stream = OwnStream(self._gateway, request.token, request.principal, request.hub, request.find)
        last = request.headers.get(b"last-event-id", b"").decode("latin-1")
        self._streams.setdefault(session.id, set()).add(stream)
        try:
            await serve_own(stream, session, last, request.receive, request.send, request.out)
        finally:
            streams = self._streams.get(session.id, set())
            streams.discard(stream)
            if not streams:
                self._streams.pop(session.id, None)

    def _session_ended(self, session_id: str) -> None:
        """What is under way in a session ends with it."""
        for stream in self._streams.get(session_id, set()):
            stream.stop("ended")
        for (owner, _), exchange in list(self._in_flight.items()):
            if owner == session_id:
                exchange.stop("ended")

    async def delete(self, request: Request) -> None:
        session = await self._session(request)
        await self._gateway.sessions.end(session.id)
        await empty(request, 204)


def _sign(call: Call, session: ClientSession, request: Request) -> None:
    record = call.record
    record.client_name, record.client_version = session.client_name, session.client_version
    record.request_id = bytes(call.id).decode("utf-8", "replace")[:100]
    record.request_bytes = request.body_bytes


async def _pong() -> Reply:
    await asyncio.sleep(0)
    return _EMPTY
