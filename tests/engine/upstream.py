"""A server by hand that a test scripts: it notes what it was asked, and can do wrong or ask back as it likes."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
Json = dict[str, Any]
JSON_TYPE = (b"content-type", b"application/json")
SSE_TYPE = (b"content-type", b"text/event-stream")


class Fails(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any = None, *, status: int = 200) -> None:
        super().__init__(message)
        self.error: Json = {"code": code, "message": message, **({} if data is None else {"data": data})}
        self.status = status


class Asked:
    """One request, for a handler: what came, and what can be said before the answer."""

    def __init__(self, upstream: Upstream, message: Json, headers: dict[str, str], receive: Any, send: Any) -> None:
        self.upstream = upstream
        self.message = message
        self.params: Json = message.get("params") or {}
        self.arguments: Json = self.params.get("arguments") or {}
        self.meta: Json = self.params.get("_meta") or {}
        self.headers = headers
        self.session = headers.get("mcp-session-id", "")
        self.stateless = VERSION_KEY in self.meta
        self.receive = receive
        self.send = send
        self.streaming = False

    async def start(self, *more: tuple[bytes, bytes]) -> None:
        if not self.streaming:
            self.streaming = True
            await self.send({"type": "http.response.start", "status": 200, "headers": [SSE_TYPE, *more]})

    async def event(self, message: Json, event_id: str = "") -> None:
        """Say something before the answer."""
        await self.start()
        data = (f"id: {event_id}\n" if event_id else "") + f"data: {json.dumps(message)}\n\n"
        await self.send({"type": "http.response.body", "body": data.encode(), "more_body": True})

    async def notify(self, method: str, params: Json) -> None:
        await self.event({"jsonrpc": "2.0", "method": method, "params": params})

    async def ask(self, method: str, params: Json) -> Json:
        """Put a request to the client and wait for the message that answers it."""
        ask_id = f"ask-{next(self.upstream.numbers)}"
        future = self.upstream.answers[ask_id] = asyncio.get_running_loop().create_future()
        await self.event({"jsonrpc": "2.0", "id": ask_id, "method": method, "params": params})
        answer: Json = await future
        return answer

    async def hung_up(self) -> None:
        """Wait until the client hangs up."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


Handler = Callable[[Asked], Awaitable[Json | None]]


class Upstream:
    """ASGI. `tools`: name -> handler, `methods`: method -> handler; a handler that returns None has answered itself."""

    def __init__(self, *, eras: tuple[str, ...] = ("handshake", "stateless"), json_replies: bool = True) -> None:
        self.eras = eras
        self.json_replies = json_replies
        self.capabilities: Json = {"tools": {"listChanged": True}}
        self.instructions = ""
        self.definitions: list[Json] = []
        self.tools: dict[str, Handler] = {}
        self.methods: dict[str, Handler] = {}
        self.seen: list[tuple[Json, dict[str, str]]] = []
        self.sessions: set[str] = set()
        self.ended: list[str] = []
        self.opened = 0
        self.answers: dict[str, asyncio.Future[Json]] = {}
        self.streams: dict[str, asyncio.Queue[Json]] = {}
        self.numbers = itertools.count(1)
        self.has_stream = False
        self.lost_status = 404

    def tool(self, name: str, **definition: Any) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.tools[name] = handler
            made: Json = {"name": name, "inputSchema": {"type": "object"}, **definition}
            self.definitions.append(made)
            return handler

        return add

    def method(self, name: str) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.methods[name] = handler
            return handler

        return add

    def calls(self, method: str) -> list[Json]:
        """The messages of a method that came in."""
        return [message for message, _ in self.seen if message.get("method") == method]

    # -- ASGI

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["method"] == "GET":
            await self._stream(headers, receive, send)
        elif scope["method"] == "DELETE":
            self.ended.append(headers.get("mcp-session-id", ""))
            self.sessions.discard(headers.get("mcp-session-id", ""))
            await respond(send, 200, b"")
        else:
            await self._post(headers, receive, send)

    async def _stream(self, headers: dict[str, str], receive: Any, send: Any) -> None:
        if not self.has_stream:
            await respond(send, 405, b"")
            return
        queue = self.streams[headers["mcp-session-id"]] = asyncio.Queue()
        await send({"type": "http.response.start", "status": 200, "headers": [SSE_TYPE]})
        await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
        await receive()  # the request itself; what comes next is that the client hung up
        watch = asyncio.ensure_future(receive())
        while True:
            told = asyncio.ensure_future(queue.get())
            await asyncio.wait([told, watch], return_when=asyncio.FIRST_COMPLETED)
            if not told.done():
                told.cancel()
                return
            data = f"data: {json.dumps(told.result())}\n\n".encode()
            await send({"type": "http.response.body", "body": data, "more_body": True})

    async def _post(self, headers: dict[str, str], receive: Any, send: Any) -> None:
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        message: Json = json.loads(body)
        self.seen.append((message, headers))
        if "method" not in message:
            future = self.answers.get(str(message["id"]))
            if future is not None and not future.done():
                future.set_result(message)
            await respond(send, 202, b"")
        elif "id" not in message:
            await respond(send, 202, b"")
        else:
            await self._answer(Asked(self, message, headers, receive, send), send)

    async def _answer(self, asked: Asked, send: Any) -> None:
        more: list[tuple[bytes, bytes]] = []
        try:
            result = await self._result(asked, more)
        except Fails as failure:
            reply: Json = {"error": failure.error}
            status = failure.status
        else:
            if result is None:
                return
            reply, status = {"result": result}, 200
        message = {"jsonrpc": "2.0", "id": asked.message["id"], **reply}
        if asked.streaming or not self.json_replies:
            await asked.start(*more)
            data = f"event: message\ndata: {json.dumps(message)}\n\n".encode()
            await send({"type": "http.response.body", "body": data})
        else:
            await respond(send, status, json.dumps(message).encode(), *more)

    async def _result(self, asked: Asked, more: list[tuple[bytes, bytes]]) -> Json | None:
        method = asked.message["method"]
        if asked.stateless and "stateless" not in self.eras:
            raise Fails(-32601, f"Method not found: {method}", status=404)
        if method == "initialize":
            return self._initialize(asked, more)
        if not asked.stateless and asked.session not in self.sessions:
            raise Fails(-32001, "Session not found", status=self.lost_status)
        handler = self.tools.get(asked.params.get("name", "")) if method == "tools/call" else self.methods.get(method)
        if handler is not None:
            result = await handler(asked)
        elif method == "server/discover":
            result = {"supportedVersions": ["2026-07-28"], "capabilities": self.capabilities, "ttlMs": 0,
                      "cacheScope": "public", "instructions": self.instructions}  # fmt: skip
        elif method == "tools/list":
            result = {"tools": self.definitions}
        elif method == "ping":
            result = {}
        else:
            raise Fails(-32601, f"Method not found: {method}")
        if asked.stateless and result is not None:
            result = {"resultType": "complete", **result}
        return result

    def _initialize(self, asked: Asked, more: list[tuple[bytes, bytes]]) -> Json:
        if "handshake" not in self.eras:
            raise Fails(-32022, "Unsupported protocol version", {"supported": ["2026-07-28"]}, status=400)
        self.opened += 1
        session = f"up-{next(self.numbers)}"
        self.sessions.add(session)
        more.append((b"mcp-session-id", session.encode()))
        version = asked.params["protocolVersion"]
        return {
            "protocolVersion": version if version in HANDSHAKE else HANDSHAKE[0],
            "capabilities": self.capabilities,
            "serverInfo": {"name": "scripted", "version": "1"},
            "instructions": self.instructions,
        }


async def respond(send: Any, status: int, body: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [JSON_TYPE, (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def text(value: object, **more: Any) -> Json:
    return {"content": [{"type": "text", "text": str(value)}], **more}
