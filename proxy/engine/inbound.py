"""The message in a POST: one JSON-RPC message, in the one form that the gateway takes."""

from __future__ import annotations

import msgspec

from proxy.engine import errors, http_rules, messages
from proxy.engine.errors import RpcError
from proxy.engine.ports import HANDSHAKE_VERSIONS


def is_handshake(headers: http_rules.Headers) -> bool:
    version = headers.get(b"mcp-protocol-version", b"").decode("latin-1")
    return not version or version in HANDSHAKE_VERSIONS


def read_message(body: bytes) -> messages.Message:
    """The one message of a body. Raises RpcError (400)."""
    try:
        message = messages.decode_message(body)
    except msgspec.ValidationError:
        if body.lstrip()[:1] == b"[":
            text = "Batches are not served: send each message in a request of its own."
        else:
            text = "The body must be one JSON-RPC message."
        raise RpcError(errors.INVALID_REQUEST, text, status=400) from None
    except messages.BROKEN:
        raise RpcError(errors.PARSE_ERROR, "The body is not JSON.", status=400) from None
    if message.jsonrpc != "2.0":
        raise RpcError(errors.INVALID_REQUEST, '"jsonrpc" must be "2.0".', status=400)
    if message.id and not messages.is_id(message.id):
        message.id = messages.EMPTY
        raise RpcError(errors.INVALID_REQUEST, '"id" must be a text or a whole number.', status=400)
    if message.params and not messages.is_object(message.params):
        raise RpcError(errors.INVALID_REQUEST, '"params" must be an object.', status=400)
    if not message.method and not (message.id and (message.result or message.error)):
        raise RpcError(errors.INVALID_REQUEST, "The body is neither a request nor an answer.", status=400)
    return message


async def preflight(send: http_rules.Send, headers: http_rules.HeaderList) -> None:
    headers = [*headers, (b"allow", b"GET, POST, DELETE, OPTIONS")]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
