"""A small server over Streamable HTTP whose insides can be read, and whose tools can break the connection.

    python -m tests.peers.plain --port 0 [--era handshake|stateless] [--need-header "X-Key: secret"]
                                         [--schema huge|loop] [--tools 3] [--keep-alive 5]

`GET /stats` tells what it saw: requests by method, open sessions, sessions opened and deleted, calls that the client
gave up (`abandoned`), the last request's headers, the clients' names. `POST /forget` drops every session, as a
restarted server does. `POST /rename?echo=say` renames a tool. `POST /hold` makes every later request wait until
`POST /release`.

Tools beside those of `rpc.Rpc`: `hang` never answers, `close` breaks the connection before the answer,
`close_stream` in the middle of a stream, `garbage` answers what is no JSON, `wrong_id` answers another request,
`page` answers HTML, `endless` never stops sending, `headers` gives back the request's headers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl

from tests.peers.breaking import BREAKING, SSE_TYPE, break_off, gone, read, reply
from tests.peers.rpc import VERSION_KEY, Json, Rpc, definition, text
from tests.peers.schemas import huge_schema, looping_schema
from tests.peers.serving import arguments, serve_asgi


class Plain:
    """The ASGI app."""

    def __init__(self, rpc: Rpc, *, need_header: str = "") -> None:
        self.rpc = rpc
        self.sessions: set[str] = set()
        self.opened = self.deleted = self.abandoned = 0
        self.last_headers: dict[str, str] = {}
        name, _, value = need_header.partition(":")
        self.needed = (name.strip().lower(), value.strip()) if need_header else None
        self.released = asyncio.Event()
        self.released.set()
        for tool, description in BREAKING.items():
            rpc.add_tool(definition(tool, description), lambda a: text(""))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        headers = {k.decode().lower(): v.decode("latin-1") for k, v in scope["headers"]}
        body = await read(receive)
        if scope["path"] != "/mcp":
            await self._control(scope, send)
            return
        self.last_headers = headers
        await self.released.wait()
        if self.needed and headers.get(self.needed[0]) != self.needed[1]:
            await reply(send, 401, b"{}", (b"www-authenticate", b'Bearer realm="plain"'))
        elif scope["method"] == "GET":
            await self._stream(headers, receive, send)
        elif scope["method"] == "DELETE":
            self._end(headers.get("mcp-session-id", ""))
            await reply(send, 200, b"")
        else:
            await self._post(headers, body, receive, send)

    async def _control(self, scope: Any, send: Any) -> None:
        if scope["path"] == "/forget":
            self.sessions.clear()
        elif scope["path"] == "/hold":
            self.released.clear()
        elif scope["path"] == "/release":
            self.released.set()
        elif scope["path"] == "/rename":
            for old, new in parse_qsl(scope["query_string"].decode()):
                made, tool = self.rpc.tools.pop(old)
                self.rpc.add_tool({**made, "name": new}, tool)
        elif scope["path"] != "/stats":
            await reply(send, 404, b"{}")
            return
        await reply(send, 200, json.dumps(self.stats()).encode())

    def stats(self) -> Json:
        return {
            "methods": self.rpc.counts,
            "sessions": len(self.sessions),
            "opened": self.opened,
            "deleted": self.deleted,
            "abandoned": self.abandoned,
            "headers": self.last_headers,
            "clients": self.rpc.clients,
        }

    def _end(self, session: str) -> None:
        if session in self.sessions:
            self.sessions.discard(session)
            self.deleted += 1

    async def _stream(self, headers: dict[str, str], receive: Any, send: Any) -> None:
        """The GET stream of a session: open and silent until the client goes away."""
        if headers.get("mcp-session-id") not in self.sessions:
            await reply(send, 404, b"{}")
            return
        await send({"type": "http.response.start", "status": 200, "headers": [SSE_TYPE]})
        await send({"type": "http.response.body", "body": b": open\n\n", "more_body": True})
        await gone(receive)

    async def _post(self, headers: dict[str, str], body: bytes, receive: Any, send: Any) -> None:
        try:
            message = json.loads(body)
        except ValueError:
            await reply(send, 400, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}')
            return
        params = message.get("params") or {}
        new: list[tuple[bytes, bytes]] = []
        if VERSION_KEY not in (params.get("_meta") or {}):
            if message.get("method") == "initialize" and self.rpc.eras != "stateless":
                session = secrets.token_hex(8)
                self.sessions.add(session)
                self.opened += 1
                new = [(b"mcp-session-id", session.encode())]
            elif self.rpc.eras != "stateless" and headers.get("mcp-session-id") not in self.sessions:
                await reply(send, 404, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"No session"}}')
                return
        await self._answer(message, headers, new, receive, send)

    async def _answer(self, message: Json, headers: dict[str, str], new: Any, receive: Any, send: Any) -> None:
        params = message.get("params") or {}
        tool = params.get("name") if message.get("method") == "tools/call" else None
        if tool in BREAKING and tool != "headers":
            self.abandoned += await break_off(str(tool), message, receive, send)
            return
        if tool == "slow":
            await asyncio.sleep(float((params.get("arguments") or {}).get("ms", 0)) / 1000)
            message = {**message, "params": {**params, "arguments": {}}}
        answer = self.rpc.answer(message)
        if answer is None:
            await reply(send, 202, b"", *new)
            return
        if tool == "headers" and "result" in answer:
            answer["result"].update(text(json.dumps(headers)))
        await reply(send, _status(answer, params), json.dumps(answer).encode(), *new)


def _status(answer: Json, params: Json) -> int:
    code = answer.get("error", {}).get("code")
    if code in (-32020, -32021, -32022):
        return 400
    return 404 if code == -32601 and VERSION_KEY in (params.get("_meta") or {}) else 200


async def _lifespan(receive: Any, send: Any) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return


def main() -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("--name", default="plain")
    parser.add_argument("--era", choices=("both", "handshake", "stateless"), default="both")
    parser.add_argument("--need-header", default="")
    parser.add_argument("--keep-alive", type=float, default=5, help="seconds until an idle connection is closed")
    parser.add_argument("--schema", choices=("", "huge", "loop"), default="")
    parser.add_argument("--tools", type=int, default=0, help="that many more tools, named more_0 and so on")
    options = parser.parse_args()
    rpc = Rpc(options.name, eras=options.era)
    for number in range(options.tools):
        rpc.add_tool(definition(f"more_{number}", f"Tool number {number}"), lambda a: text("more"))
    if options.schema:
        made = {"huge": huge_schema, "loop": looping_schema}[options.schema]()
        tool = {"name": options.schema, "description": "Has an unusual schema", "inputSchema": made}
        rpc.add_tool(tool, lambda a: text("called"))
    app = Plain(rpc, need_header=options.need_header)
    serve_asgi(app, options, log_config=None, timeout_keep_alive=options.keep_alive)


if __name__ == "__main__":
    main()
