"""The handshake era (2025-03-26, 2025-06-18, 2025-11-25) to clients: sessions, and what is sent within them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING

import msgspec

from proxy.engine import errors, messages
from proxy.engine.call import Call
from proxy.engine.client_settings import ClientSettings
from proxy.engine.errors import RpcError
from proxy.engine.exchange import Exchange
from proxy.engine.http_rules import SSE
from proxy.engine.own_stream import OwnStream, serve_own
from proxy.engine.ports import HANDSHAKE_VERSIONS, Reply
from proxy.engine.request import Request
from proxy.engine.respond import empty, rpc_answer
from proxy.engine.serve import serve
from proxy.engine.sessions import ClientSession, forwarded_capabilities, new_session_id
from proxy.engine.signals import Signal
from proxy.engine.translate import Caller

if TYPE_CHECKING:
    from proxy.engine.parts import Parts

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

    def __init__(self, gateway: Parts) -> None:
        self._gateway = gateway
        self._settings = ClientSettings(gateway)
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
            return self._settings.set_level(call, session)
        if call.method in _SUBSCRIBING:
            return self._settings.subscribe(call, session)
        return None

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
            self._gateway.background(self._settings.roots_changed(session, request.hub, bytes(message.params)))

    async def _told_to_cancel(self, signal: Signal) -> None:
        exchange = self._in_flight.get((signal.session, signal.id.encode()))
        if exchange is not None:
            exchange.stop("cancelled")

    # -- GET and DELETE

    async def get(self, request: Request) -> None:
        if not request.accept & SSE:
            raise RpcError(errors.NOT_ACCEPTABLE, "Accept text/event-stream to open a stream.", status=406)
        session = await self._session(request)
        decision = self._gateway.policy.decide(request.principal, "hub.use", request.hub.snapshot, None)
        if not decision.allowed:
            raise RpcError(errors.REFUSED, decision.sentence, {"reason": decision.reason}, status=403)
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
