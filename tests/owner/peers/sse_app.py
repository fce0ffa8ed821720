"""The old HTTP+SSE transport by hand, with a path for each way in which it can go wrong."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

Message = dict[str, Any]
ENDLESS = b"endless"
FLOOD = 60_000
NOTES = b"\n\ndata: ".join([b'{"jsonrpc":"2.0","method":"notifications/message","params":{}}'] * 1000)
"""A thousand events in one."""


class SseApp:
    """ASGI. `/good/sse` serves; the other paths fail. `streams` counts how often a stream was opened."""

    def __init__(self) -> None:
        self.streams = 0
        self.posts: list[Message] = []
        self.headers: list[dict[bytes, bytes]] = []
        self._numbers = itertools.count(1)
        self._queues: dict[str, asyncio.Queue[bytes | None]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.headers.append(dict(scope["headers"]))
        kind = scope["path"].split("/")[1]
        if scope["method"] == "POST":
            await self._post(kind, scope["path"].split("/")[2], receive, send)
        elif kind in ("401", "404", "405", "500"):
            await _reply(send, int(kind), b"no")
        elif kind == "page":
            await _reply(send, 200, b"<html>")
        elif kind == "moved":
            await _reply(send, 307, b"", [(b"location", b"/good/sse")])
        else:
            await self._stream(kind, receive, send)

    async def _stream(self, kind: str, receive: Any, send: Any) -> None:
        self.streams += 1
        number = str(next(self._numbers))
        queue = self._queues[number] = asyncio.Queue()
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if kind == "ends":
            await send({"type": "http.response.body"})
            return
        endpoint = "http://127.0.0.2:1/post" if kind == "elsewhere" else f"/{kind}/{number}"
        await _event(send, b"endpoint", endpoint.encode())
        gone = asyncio.create_task(_until_disconnect(receive, queue))
        while (data := await queue.get()) is not None:
            if data.startswith(b"http"):
                await _event(send, b"endpoint", data)
            elif data == ENDLESS:
                while not gone.done():
                    await send({"type": "http.response.body", "body": b"data:\n" * 100_000, "more_body": True})
            else:
                await _event(send, b"message", data)
        gone.cancel()
        await send({"type": "http.response.body"})

    async def _post(self, kind: str, number: str, receive: Any, send: Any) -> None:
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        message = json.loads(body)
        self.posts.append(message)
        if kind == "forgets" and message["method"] == "tools/call":
            await _reply(send, 404, b"no session")
            return
        if kind == "refuses" and message["method"] == "tools/call":
            await _reply(send, 500, b"too much")
            return
        await _reply(send, 202, b"")
        if "id" in message:
            version = {
                "protocolVersion": "2024-11-05",
                "capabilities": {},
                "serverInfo": {"name": "sse", "version": "1"},
            }
            result = version if message["method"] == "initialize" else {"method": message["method"]}
            answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
            if message["method"] == "ping":
                self._attack(kind, self._queues[number])
            self._queues[number].put_nowait(answer)
            if kind == "hangs_up" and message["method"] == "ping":
                self._queues[number].put_nowait(None)

    def _attack(self, kind: str, queue: asyncio.Queue[bytes | None]) -> None:
        """What a hostile server says before it answers a ping."""
        if kind == "giant":
            queue.put_nowait(b'{"jsonrpc":"2.0","method":"notifications/message","params":"%s"}' % (b"x" * (17 << 20)))
        elif kind == "endless":
            queue.put_nowait(ENDLESS)
        elif kind == "turns":
            queue.put_nowait(b"http://127.0.0.2:1/post")
        elif kind == "floods":
            for _ in range(FLOOD // 1000):
                queue.put_nowait(NOTES)


async def _until_disconnect(receive: Any, queue: asyncio.Queue[bytes | None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    queue.put_nowait(None)


async def _event(send: Any, kind: bytes, data: bytes) -> None:
    body = b"event: %s\ndata: %s\n\n" % (kind, data)
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _reply(send: Any, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    found = [(b"content-length", str(len(body)).encode()), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": found})
    await send({"type": "http.response.body", "body": body})
