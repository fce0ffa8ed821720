"""The stateless era (2026-07-28) to clients: every request says who sends it, and its headers mirror its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from proxy.engine import errors, messages
from proxy.engine.call import Call
from proxy.engine.errors import RpcError
from proxy.engine.exchange import LEVELS, Exchange
from proxy.engine.headers import decode_header_value
from proxy.engine.http_rules import SSE, Headers, param_values
from proxy.engine.listen import ListenStream, Wanted, serve_listen
from proxy.engine.ports import STATELESS_VERSIONS, Reply
from proxy.engine.request import Request
from proxy.engine.respond import empty
from proxy.engine.serve import serve
from proxy.engine.sessions import forwarded_capabilities
from proxy.engine.translate import Caller

if TYPE_CHECKING:
    from proxy.engine.parts import Parts

_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


class _Info(msgspec.Struct):
    name: str = ""
    version: str = ""


class Stateless:
    """POST of clients of this era; it has no other."""

    def __init__(self, gateway: Parts) -> None:
        self._gateway = gateway

    async def post(self, request: Request, message: messages.Message) -> None:
        """Raises RpcError."""
        if not message.method:
            raise RpcError(errors.INVALID_REQUEST, "Answers are not posted in this protocol version.", status=400)
        if not message.id:
            _check_version(request.headers.get(b"mcp-protocol-version", b"").decode("latin-1"))
            await empty(request, 202)
            return
        fields = messages.decode_raws(message.params) if message.params else {}
        meta = _envelope(message.method, fields, request.headers)
        call = self._call(request, message, fields, meta)
        if message.method == "subscriptions/listen":
            await self._listen(call, request)
            return
        exchange = Exchange(self._gateway, request, "stateless")
        if meta.log_level:
            level = messages.decode_text(meta.log_level)
            exchange.log_level = level if level in LEVELS else ""
        call.exchange = call.peer = exchange
        local = _discovered(request) if message.method == "server/discover" else None
        await serve(self._gateway, call, exchange, local)

    def _call(self, request: Request, message: messages.Message, fields: messages.Raws, meta: messages.Meta) -> Call:
        caller = Caller("stateless", STATELESS_VERSIONS[0], bytes(meta.client or b"{}"))
        if bytes(meta.capabilities) != b"{}":
            caller.plain = forwarded_capabilities(messages.decode_raws(meta.capabilities), asks=False)
        call = Call(
            request.principal, request.hub, caller, message.method, fields, message_id=bytes(message.id),
            started=request.started, params_headers=_params(request) if message.method == "tools/call" else None,
        )  # fmt: skip
        record = call.record
        if meta.client:
            try:
                info = msgspec.json.decode(meta.client, type=_Info)
            except messages.BROKEN:
                info = _Info()
            record.client_name, record.client_version = info.name[:200], info.version[:100]
        record.request_id = call.id.decode("utf-8", "replace")[:100]
        record.request_bytes = request.body_bytes
        return call

    async def _listen(self, call: Call, request: Request) -> None:
        if not request.accept & SSE:
            raise RpcError(errors.NOT_ACCEPTABLE, "Accept text/event-stream to listen.", status=406)
        try:
            wanted = msgspec.json.decode(messages.encode(call.fields), type=Wanted).notifications
        except messages.BROKEN:
            raise RpcError(errors.INVALID_PARAMS, '"notifications" must say what to listen to.') from None
        reply = await self._gateway.calls.execute(call, _allowed())
        self._gateway.calls.close(call, 0)
        if reply.error is not None:
            found = messages.decode_error(reply.error)
            raise RpcError(found.code, found.message, status=errors.status_of("stateless", found.code))
        stream = ListenStream(self._gateway, request.token, request.principal, request.hub, request.find)
        await serve_listen(stream, call.id, wanted, request.receive, request.send, request.out)


async def _discovered(request: Request) -> Reply:
    return Reply(result=msgspec.Raw(request.hub.discover_result()))


async def _allowed() -> Reply:
    return Reply(result=msgspec.Raw(b"{}"))


def _params(request: Request) -> dict[str, list[str]]:
    for name in request.headers:
        if name.startswith(b"mcp-param-"):
            return param_values(request.raw_headers)
    return {}


def _envelope(method: str, fields: messages.Raws, headers: Headers) -> messages.Meta:
    """Check what every request of the era must carry, in the specification's order. Raises RpcError."""
    raw = fields.get("_meta")
    try:
        meta = messages.decode_meta(raw) if raw is not None else None
    except messages.BROKEN:
        meta = None
    if meta is None:
        raise RpcError(errors.INVALID_PARAMS, f"params._meta must hold {messages.PROTOCOL_VERSION} and more.")
    missing = [
        key
        for key, value in (
            (messages.PROTOCOL_VERSION, meta.version),
            (messages.CLIENT_CAPABILITIES, meta.capabilities),
        )
        if not value
    ]
    if missing:
        raise RpcError(errors.INVALID_PARAMS, f"params._meta lacks {' and '.join(missing)}.")
    if not messages.is_object(meta.capabilities):
        raise RpcError(errors.INVALID_PARAMS, f"{messages.CLIENT_CAPABILITIES} must be an object.")
    version = _text(meta.version)
    if version is None or headers.get(b"mcp-protocol-version", b"").decode("latin-1") != version:
        raise RpcError(errors.HEADER_MISMATCH, "The header MCP-Protocol-Version does not match the request's _meta.")
    if headers.get(b"mcp-method", b"").decode("latin-1") != method:
        raise RpcError(errors.HEADER_MISMATCH, "The header Mcp-Method does not match the request's method.")
    _check_name(method, fields, headers)
    _check_version(version)
    return meta


def _check_name(method: str, fields: messages.Raws, headers: Headers) -> None:
    field = _NAMED.get(method)
    if field is None or field not in fields:
        return
    sent = headers.get(b"mcp-name")
    if sent is None or decode_header_value(sent.decode("latin-1")) != _text(fields[field]):
        raise RpcError(errors.HEADER_MISMATCH, f'The header Mcp-Name does not match the parameter "{field}".')


def _check_version(version: str) -> None:
    if version not in STATELESS_VERSIONS:
        data = {"supported": list(STATELESS_VERSIONS), "requested": version}
        raise RpcError(errors.UNSUPPORTED_VERSION, f"The protocol version {version[:50]} is not served.", data)


def _text(raw: msgspec.Raw) -> str | None:
    try:
        return messages.decode_text(raw)
    except messages.BROKEN:
        return None
