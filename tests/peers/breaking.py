"""Ways to break an HTTP answer, and the few lines of ASGI that the peers written by hand share."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.peers.rpc import Json, text

BREAKING = {
    "hang": "Never answers",
    "close": "Breaks the connection",
    "close_stream": "Breaks the connection in the middle of a stream",
    "garbage": "Answers what is no JSON",
    "wrong_id": "Answers another request",
    "page": "Answers a web page",
    "endless": "Never stops sending",
    "headers": "The headers of the request",
}
JSON_TYPE = (b"content-type", b"application/json")
SSE_TYPE = (b"content-type", b"text/event-stream")
HTML_TYPE = (b"content-type", b"text/html")


class Broken(Exception):
    """Ends the connection without a proper end of the response."""


async def break_off(tool: str, message: Json, receive: Any, send: Any) -> int:
    """Answer as `tool` in BREAKING says. Returns 1 when it waited until the client gave up, else 0."""
    if tool == "hang":
        await gone(receive)
        return 1
    if tool == "endless":
        await _endless(receive, send)
        return 1
    if tool == "garbage":
        await reply(send, 200, b'{"jsonrpc": "2.0", "id": 1, "result": {]')
    elif tool == "wrong_id":
        await reply(send, 200, json.dumps({"jsonrpc": "2.0", "id": "somebody-elses", "result": text("x")}).encode())
    elif tool == "page":
        await send({"type": "http.response.start", "status": 200, "headers": [HTML_TYPE]})
        await send({"type": "http.response.body", "body": b"<!doctype html><title>Welcome</title>"})
    elif tool == "close_stream":
        await send({"type": "http.response.start", "status": 200, "headers": [SSE_TYPE]})
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "soon"}}
        line = b"event: message\ndata: " + json.dumps(note).encode() + b"\n\n"
        await send({"type": "http.response.body", "body": line + b"event: message\ndata: {", "more_body": True})
        raise Broken(tool)
    else:
        await send({"type": "http.response.start", "status": 200, "headers": [JSON_TYPE, (b"content-length", b"500")]})
        await send({"type": "http.response.body", "body": b'{"jsonrpc":', "more_body": True})
        raise Broken(tool)
    return 0


async def _endless(receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [JSON_TYPE]})
    left = asyncio.ensure_future(gone(receive))
    while not left.done():
        await send({"type": "http.response.body", "body": b" " * 65536, "more_body": True})
        await asyncio.sleep(0)


async def gone(receive: Any) -> None:
    """Wait until the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def read(receive: Any) -> bytes:
    """The whole body of a request."""
    body: bytes = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def reply(send: Any, status: int, body: bytes, *more: tuple[bytes, bytes]) -> None:
    """A whole response with a JSON body."""
    headers = [(b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": [JSON_TYPE, *headers]})
    await send({"type": "http.response.body", "body": body})
