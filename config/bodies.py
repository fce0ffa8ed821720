"""A limit on the bodies of requests, before Django sees them.

Django's own limit looks at Content-Length alone, and its ASGI handler first writes the whole body to a temporary file,
whoever sends it: without this, anybody could fill the disk. The engine counts what comes to `/mcp` by itself.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SENTENCE = "The body is larger than this site takes."


class _TooLarge(Exception):
    pass


class BodyLimit:
    """An ASGI application that answers 413 to bodies of more than `limit` bytes, and hands on all else."""

    def __init__(self, application: Application, limit: int) -> None:
        self._application = application
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _announced(scope) > self._limit:
            await _refuse(scope, send)
            return
        came, begun = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._limit:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._application(scope, counted, noted)
        except _TooLarge:
            if not begun:
                await _refuse(scope, send)


def _announced(scope: Scope) -> int:
    """What Content-Length says; 0 where it says nothing that can be read, since the bytes are counted anyway."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 19 else 0
    return 0


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["path"].startswith("/api/"):
        kind = b"application/problem+json"
        title = "Request Entity Too Large"
        problem = {"type": "about:blank", "title": title, "status": 413, "code": "too_large", "detail": SENTENCE}
        body = json.dumps(problem).encode()
    else:
        kind, body = b"text/plain; charset=utf-8", f"{SENTENCE}\n".encode()
    # The rest of the body is not read, so the connection cannot carry another request.
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
