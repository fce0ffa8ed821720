"""Plain answers over HTTP: an empty one, a JSON-RPC message, an error."""

from __future__ import annotations

from proxy.engine import errors, messages, sse
from proxy.engine.errors import RpcError
from proxy.engine.http_rules import JSON, HeaderList, Send
from proxy.engine.ports import Reply
from proxy.engine.request import Request

_JSON_TYPE = (b"content-type", b"application/json")


async def empty(request: Request, status: int) -> None:
    """An answer without a body."""
    headers = [(b"content-length", b"0"), *request.out] if status != 204 else request.out
    await request.send({"type": "http.response.start", "status": status, "headers": headers})
    await request.send({"type": "http.response.body", "body": b""})


def reply_message(message_id: bytes, reply: Reply) -> bytes:
    if reply.error is not None:
        return messages.error(message_id, reply.error)
    return messages.result(message_id, reply.result or messages.EMPTY_OBJECT)


async def rpc_answer(request: Request, message_id: bytes, reply: Reply) -> int:
    """A JSON-RPC answer as a body, or as one event for a client that takes nothing else. Its size in bytes."""
    message = reply_message(message_id, reply)
    if request.accept & JSON:
        headers = [_JSON_TYPE, (b"content-length", b"%d" % len(message)), *request.out]
        body = message
    else:
        headers = [(b"content-type", b"text/event-stream"), *request.out]
        body = sse.encode(message)
    await request.send({"type": "http.response.start", "status": 200, "headers": headers})
    await request.send({"type": "http.response.body", "body": body})
    return len(message)


async def refuse(send: Send, error: RpcError, *, message_id: bytes = b"", more: HeaderList | None = None) -> None:
    """An error that HTTP itself tells, with a JSON-RPC error as its body."""
    body = messages.error(message_id, error.object())
    headers: HeaderList = [_JSON_TYPE, (b"content-length", b"%d" % len(body)), *(more or [])]
    if error.status == 401:
        headers.append((b"www-authenticate", challenge(error)))
    await send({"type": "http.response.start", "status": error.status or 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def challenge(error: RpcError) -> bytes:
    """What a 401 asks for (RFC 6750). A request without any key gets no error code."""
    reason = error.data.get("reason") if isinstance(error.data, dict) else ""
    if reason in ("", "missing"):
        return b'Bearer realm="crossroads"'
    words = error.message.replace("\\", "").replace('"', "'")
    text = f'Bearer realm="crossroads", error="invalid_token", error_description="{words}"'
    return text.encode("ascii", "replace")


def unauthorized(reason: str, sentence: str) -> RpcError:
    return RpcError(errors.UNAUTHORIZED, sentence, {"reason": reason}, status=401)
