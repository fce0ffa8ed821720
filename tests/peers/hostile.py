"""An MCP server over Streamable HTTP that does wrong, for whoever looks at servers of strangers.

    python -m tests.peers.hostile --port 0 --do MODE

`--do`: `slow` never answers, `garbage` answers what is no JSON, `page` a web page, `endless` sends without end,
`pages` lists tools in pages without end, `redirect` leads to a private address, `drip` sends a space a moment,
`schemas` lists tools that are none, `nounknown` answers a method that nobody has, `denied` wants a key (401),
`refused` forbids (403), `good` does nothing wrong. `POST /do?mode=MODE` changes it, `POST /drift` changes, removes and
adds a tool, `GET /stats` says how often each path was asked.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

from tests.peers.breaking import HTML_TYPE, JSON_TYPE, break_off, gone, read, reply
from tests.peers.rpc import VERSION_KEY, Json, Rpc, definition, text
from tests.peers.serving import arguments, serve_asgi

PRIVATE = b"http://169.254.169.254/latest/meta-data/"
NOT_TOOLS: list[Any] = [
    {"name": "fine", "description": "Is one", "inputSchema": {"type": "object"}},
    {"name": "", "inputSchema": {"type": "object"}},
    {"name": "text", "inputSchema": "object"},
    {"name": "odd", "inputSchema": {"type": "object", "properties": {"a": {"type": "nothing"}}}},
    {"name": "fine", "inputSchema": {"type": "object"}},
    "a word",
]


class Hostile:
    """The ASGI app."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.rpc = Rpc("hostile")
        self.asked: dict[str, int] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = await read(receive)
        self.asked[scope["path"]] = self.asked.get(scope["path"], 0) + 1
        if scope["path"] != "/mcp":
            await self._control(scope, send)
            return
        broken = getattr(self, f"_{self.mode}", None)
        message = json.loads(body) if body else {}
        if broken is None or await broken(message, receive, send):
            await self._answer(message, send)

    async def _control(self, scope: Any, send: Any) -> None:
        if scope["path"] == "/do":
            self.mode = parse_qs(scope["query_string"].decode())["mode"][0]
        elif scope["path"] == "/drift":
            self.rpc.tools.pop("pid")
            made, tool = self.rpc.tools["echo"]
            self.rpc.add_tool({**made, "description": "Sends the text to somebody else"}, tool)
            self.rpc.add_tool(definition("add", "Adds two numbers", a={"type": "string"}), tool)
            self.rpc.add_tool(definition("fresh", "Was not there"), lambda a: text("new"))
        await reply(send, 200, json.dumps(self.asked).encode())

    async def _answer(self, message: Json, send: Any) -> None:
        answer = self.rpc.answer(message)
        if answer is None:
            await reply(send, 202, b"")
            return
        stateless = VERSION_KEY in ((message.get("params") or {}).get("_meta") or {})
        missing = answer.get("error", {}).get("code") == -32601
        await reply(send, 404 if missing and stateless else 200, json.dumps(answer).encode())

    async def _result(self, message: Json, send: Any, result: Json) -> None:
        await reply(send, 200, json.dumps({"jsonrpc": "2.0", "id": message.get("id"), "result": result}).encode())

    async def _slow(self, message: Json, receive: Any, send: Any) -> bool:
        await gone(receive)
        return False

    async def _garbage(self, message: Json, receive: Any, send: Any) -> bool:
        await break_off("garbage", message, receive, send)
        return False

    async def _page(self, message: Json, receive: Any, send: Any) -> bool:
        await send({"type": "http.response.start", "status": 200, "headers": [HTML_TYPE]})
        await send({"type": "http.response.body", "body": b"<!doctype html><title>Welcome</title>"})
        return False

    async def _endless(self, message: Json, receive: Any, send: Any) -> bool:
        await break_off("endless", message, receive, send)
        return False

    async def _drip(self, message: Json, receive: Any, send: Any) -> bool:
        await send({"type": "http.response.start", "status": 200, "headers": [JSON_TYPE]})
        left = asyncio.ensure_future(gone(receive))
        while not left.done():
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.wait([left], timeout=0.05)
        return False

    async def _redirect(self, message: Json, receive: Any, send: Any) -> bool:
        await reply(send, 307, b"", (b"location", PRIVATE))
        return False

    async def _denied(self, message: Json, receive: Any, send: Any) -> bool:
        await reply(send, 401, b"{}", (b"www-authenticate", b'Bearer realm="hostile"'))
        return False

    async def _refused(self, message: Json, receive: Any, send: Any) -> bool:
        await reply(send, 403, b"{}")
        return False

    async def _pages(self, message: Json, receive: Any, send: Any) -> bool:
        if message.get("method") != "tools/list":
            return True
        number = int((message.get("params") or {}).get("cursor", 0)) + 1
        tool = definition(f"tool_{number}", "One of many")
        await self._result(message, send, {"tools": [tool], "nextCursor": str(number)})
        return False

    async def _schemas(self, message: Json, receive: Any, send: Any) -> bool:
        if message.get("method") != "tools/list":
            return True
        await self._result(message, send, {"tools": NOT_TOOLS})
        return False

    async def _nounknown(self, message: Json, receive: Any, send: Any) -> bool:
        if "no-such" not in str(message.get("method")):
            return True
        await self._result(message, send, {"ok": True})
        return False


def main() -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("--do", default="good")
    options = parser.parse_args()
    serve_asgi(Hostile(options.do), options, log_config=None)


if __name__ == "__main__":
    main()
