"""What stands before a peer: one era shut, or streams that open late, to see what a gateway does then."""

from __future__ import annotations

import asyncio
import json
from typing import Any

STATELESS_VERSION = "2026-07-28"


def only_era(app: Any, era: str) -> Any:
    """Wrap an ASGI app: `handshake` hides 2026-07-28 from clients, `stateless` hides sessions."""
    return app if era == "both" else _OneEra(app, era)


class _OneEra:
    def __init__(self, app: Any, era: str) -> None:
        self.app, self.era = app, era

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        is_stateless = headers.get(b"mcp-protocol-version", b"").decode() == STATELESS_VERSION
        if is_stateless == (self.era == "stateless"):
            await self.app(scope, receive, send)
            return
        await self._refuse(receive, send)

    async def _refuse(self, receive: Any, send: Any) -> None:
        """What a server without that era says: a bare 400, and which versions it has where the era knows the error."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        error: dict[str, Any] = {"code": -32600, "message": "Bad Request: no valid session"}
        if self.era == "stateless":
            data = {"supported": [STATELESS_VERSION], "requested": "handshake"}
            error = {"code": -32022, "message": "Unsupported protocol version", "data": data}
        reply = json.dumps({"jsonrpc": "2.0", "id": _request_id(body), "error": error}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(reply)).encode())]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": reply})


def late_streams(app: Any, seconds: float) -> Any:
    """Wrap an ASGI app: streams for what belongs to no request open late, as over a long way; calls do not."""
    return _LateStreams(app, seconds) if seconds else app


class _LateStreams:
    def __init__(self, app: Any, seconds: float) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            method = dict(scope["headers"]).get(b"mcp-method", b"")
            if scope["method"] == "GET" or method == b"subscriptions/listen":
                await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


def _request_id(body: bytes) -> Any:
    try:
        return json.loads(body).get("id")
    except (ValueError, AttributeError):
        return None
